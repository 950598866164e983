//! The same as a picture: medians on logarithmic axes.

use crate::Result;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

pub struct Curve {
    pub title: String,
    pub style: Style,
    pub points: Vec<(f64, f64)>,
}

/// How a curve is told from the others. The number chooses a shade.
#[derive(Clone, Copy)]
pub enum Style {
    Ours(usize),
    Rival(usize),
    Yardstick(usize),
}

pub struct Panel {
    pub title: String,
    /// What grows to the right.
    pub across: String,
    /// Whether that is in bytes.
    pub bytes_across: bool,
    /// In microseconds.
    pub curves: Vec<Curve>,
}

const WIDTH: u32 = 640;
const HEIGHT: u32 = 430;
const LEGEND_LINE: i32 = 20;
const LEFT: u32 = 62;
const INK: RGBColor = RGBColor(40, 40, 40);
const FAINT: RGBColor = RGBColor(225, 225, 225);

impl Style {
    /// Shades that the colour-blind can tell apart.
    fn color(self) -> RGBColor {
        const OURS: [RGBColor; 3] = [
            RGBColor(213, 94, 0),
            RGBColor(230, 159, 0),
            RGBColor(160, 40, 60),
        ];
        const RIVALS: [RGBColor; 4] = [
            RGBColor(0, 114, 178),
            RGBColor(86, 180, 233),
            RGBColor(0, 158, 115),
            RGBColor(204, 121, 167),
        ];
        const YARDSTICKS: [RGBColor; 2] = [RGBColor(90, 90, 90), RGBColor(160, 160, 160)];
        match self {
            Style::Ours(n) => OURS[n % OURS.len()],
            Style::Rival(n) => RIVALS[n % RIVALS.len()],
            Style::Yardstick(n) => YARDSTICKS[n % YARDSTICKS.len()],
        }
    }

    fn width(self) -> u32 {
        match self {
            Style::Ours(_) => 3,
            Style::Rival(_) => 2,
            Style::Yardstick(_) => 1,
        }
    }

    fn is_dashed(self) -> bool {
        matches!(self, Style::Yardstick(_))
    }
}

/// Panels side by side, each with its legend below.
pub fn draw(path: &Path, title: &str, panels: &[Panel]) -> Result<()> {
    if panels.is_empty() {
        return Err("nothing was measured that is drawn: sizes or scale".into());
    }
    let lines = panels.iter().map(|p| p.curves.len().div_ceil(2)).max();
    let legend = LEGEND_LINE * lines.unwrap_or(0) as i32 + 16;
    let size = (WIDTH * panels.len() as u32, HEIGHT + legend as u32 + 34);
    let root = SVGBackend::new(path, size).into_drawing_area();
    root.fill(&WHITE)?;
    let root = root.titled(title, ("sans-serif", 15).into_font().color(&INK))?;
    for (area, panel) in root.split_evenly((1, panels.len())).iter().zip(panels) {
        draw_panel(area, panel, legend)?;
    }
    root.present()?;
    Ok(())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_panel(area: &Area<'_>, panel: &Panel, legend: i32) -> Result<()> {
    let height = area.dim_in_pixel().1 as i32;
    let (above, below) = area.split_vertically(height - legend);
    let points = || panel.curves.iter().flat_map(|c| &c.points);
    let extent = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, 0.0_f64), |(low, high), v| {
            (low.min(v), high.max(v))
        })
    };
    let (left, right) = extent(&mut points().map(|p| p.0));
    let (low, high) = extent(&mut points().map(|p| p.1));
    if !(left < right && low > 0.0 && low <= high) {
        return Err(format!("there is nothing to plot of {:?}", panel.title).into());
    }
    let mut marks: Vec<f64> = points().map(|p| p.0).collect();
    marks.sort_by(f64::total_cmp);
    marks.dedup();
    let decades = decades(low, high);
    let (bottom, top) = (decades[0], decades[decades.len() - 1]);

    let title = ("sans-serif", 18).into_font().style(FontStyle::Bold);
    let mut chart = ChartBuilder::on(&above)
        .caption(&panel.title, title.color(&INK))
        .margin(8)
        .margin_right(22)
        .x_label_area_size(44)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(
            (left / 1.3..right * 1.3).log_scale().with_key_points(marks),
            (bottom..top).log_scale().with_key_points(decades),
        )?;
    let small = ("sans-serif", 14).into_font().color(&INK);
    let bytes_across = panel.bytes_across;
    chart
        .configure_mesh()
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(small.clone())
        .axis_desc_style(small.clone())
        .x_desc(&panel.across)
        .x_label_formatter(&|x| match bytes_across {
            true => crate::report::bytes(x.round() as usize),
            false => crate::report::figure(x.round()),
        })
        .y_label_formatter(&|y| duration(*y))
        .draw()?;
    for curve in &panel.curves {
        let color = curve.style.color();
        let line = color.stroke_width(curve.style.width());
        let points = curve.points.iter().copied();
        if curve.style.is_dashed() {
            chart.draw_series(DashedLineSeries::new(points.clone(), 6, 4, line))?;
        } else {
            chart.draw_series(LineSeries::new(points.clone(), line))?;
        }
        let dot = 1 + curve.style.width() as i32;
        chart.draw_series(points.map(|p| Circle::new(p, dot, color.filled())))?;
    }
    draw_legend(&below, panel)
}

fn draw_legend(area: &Area<'_>, panel: &Panel) -> Result<()> {
    let text = ("sans-serif", 14)
        .into_font()
        .color(&INK)
        .pos(Pos::new(HPos::Left, VPos::Center));
    for (i, curve) in panel.curves.iter().enumerate() {
        let x = 24 + (i % 2) as i32 * (WIDTH as i32 / 2);
        let y = (i / 2) as i32 * LEGEND_LINE + 10;
        let line = curve.style.color().stroke_width(curve.style.width());
        if curve.style.is_dashed() {
            for dash in 0..3 {
                let from = x + dash * 11;
                area.draw(&PathElement::new([(from, y), (from + 6, y)], line))?;
            }
        } else {
            area.draw(&PathElement::new([(x, y), (x + 28, y)], line))?;
        }
        let dot = 1 + curve.style.width() as i32;
        area.draw(&Circle::new((x + 14, y), dot, curve.style.color().filled()))?;
        area.draw(&Text::new(curve.title.clone(), (x + 38, y), &text))?;
    }
    Ok(())
}

/// The powers of ten that enclose a range.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let first = low.log10().floor() as i32;
    let last = (high.log10().ceil() as i32).max(first + 1);
    (first..=last).map(|e| 10f64.powi(e)).collect()
}

fn duration(micros: f64) -> String {
    match micros {
        m if m < 0.99 => format!("{:.0} ns", m * 1e3),
        m if m < 999.0 => format!("{m:.0} µs"),
        m if m < 999_000.0 => format!("{:.0} ms", m / 1e3),
        m => format!("{:.0} s", m / 1e6),
    }
}
