//! Curves in a file.

use super::super::cat::write_new;
use super::super::{failed, invalid, Result};
use super::png::Lettered;
use super::Chart;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::fmt::Debug;
use std::io;
use std::path::Path;
use warmstart::Error;

const SIZE: (u32, u32) = (960, 600);
const FONT: &str = "sans-serif";

/// Writes `path`, which must not exist, in the format that its name says.
pub fn write(chart: &Chart, path: &Path) -> Result<()> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    match extension.to_ascii_lowercase().as_str() {
        "svg" => {
            let mut text = String::new();
            draw(
                chart,
                &SVGBackend::with_string(&mut text, SIZE).into_drawing_area(),
            )?;
            write_new(path, text.as_bytes())
        }
        "png" => {
            if path.exists() {
                let exists = io::Error::from(io::ErrorKind::AlreadyExists);
                return Err(failed(format!("writing {}", path.display()), exists));
            }
            draw(
                chart,
                &Lettered(BitMapBackend::new(path, SIZE)).into_drawing_area(),
            )
        }
        _ => Err(invalid(
            format!("plotting into {}", path.display()),
            "its name ends neither in .svg nor in .png",
            "Choose one of them",
        )),
    }
}

fn drawn(e: impl std::fmt::Display) -> Error {
    failed("drawing a plot", io::Error::other(e.to_string()))
}

fn draw<B: DrawingBackend>(chart: &Chart, area: &DrawingArea<B, Shift>) -> Result<()> {
    let (x, y) = chart.extent();
    area.fill(&WHITE).map_err(drawn)?;
    let mut builder = ChartBuilder::on(area);
    builder
        .margin(16)
        .set_label_area_size(LabelAreaPosition::Left, 90)
        .set_label_area_size(LabelAreaPosition::Bottom, 44);
    if chart.log {
        let context = builder.build_cartesian_2d(x.0..x.1, (y.0..y.1).log_scale());
        curves(chart, context.map_err(drawn)?)?;
    } else {
        let room = (y.1 - y.0) * 0.04;
        let context = builder.build_cartesian_2d(x.0..x.1, y.0 - room..y.1 + room);
        curves(chart, context.map_err(drawn)?)?;
    }
    area.present().map_err(drawn)
}

fn curves<'a, B, X, Y>(
    chart: &Chart,
    mut context: ChartContext<'a, B, Cartesian2d<X, Y>>,
) -> Result<()>
where
    B: DrawingBackend + 'a,
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    f64: Debug,
{
    context
        .configure_mesh()
        .x_desc(chart.x)
        .y_desc(chart.y.as_str())
        .label_style((FONT, 14))
        .axis_desc_style((FONT, 16))
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|v| super::super::output::number(Some(*v)))
        .y_label_formatter(&|v| short(*v))
        .draw()
        .map_err(drawn)?;
    for (i, series) in chart.series.iter().enumerate() {
        let color = Palette99::pick(i).stroke_width(2);
        let line = LineSeries::new(series.points.iter().copied(), color);
        context
            .draw_series(line)
            .map_err(drawn)?
            .label(series.name.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
        if let [only] = series.points.as_slice() {
            let dot = Circle::new(*only, 3, color.filled());
            context.draw_series([dot]).map_err(drawn)?;
        }
    }
    context
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 17))
        .draw()
        .map_err(drawn)
}

/// Six digits beside the axis.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    super::super::output::number(Some(rounded))
}
