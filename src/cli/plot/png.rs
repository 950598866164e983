//! A bitmap that can be written on: the letters come with the program, so that no font need be installed.

use noto_sans_mono_bitmap::{get_raster, get_raster_width, FontWeight, RasterHeight};
use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters_backend::{
    text_anchor::{HPos, VPos},
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

const HEIGHT: RasterHeight = RasterHeight::Size16;
const WEIGHT: FontWeight = FontWeight::Regular;
/// Of each letter.
const WIDTH: usize = get_raster_width(WEIGHT, HEIGHT);

pub struct Lettered<'a>(pub BitMapBackend<'a>);

type Drawn<E> = Result<(), DrawingErrorKind<E>>;

fn extent(text: &str) -> (i32, i32) {
    let wide = text.chars().count() * WIDTH;
    (i32::try_from(wide).unwrap_or(i32::MAX), HEIGHT.val() as i32)
}

impl DrawingBackend for Lettered<'_> {
    type ErrorType = <BitMapBackend<'static> as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.0.get_size()
    }

    fn ensure_prepared(&mut self) -> Drawn<Self::ErrorType> {
        self.0.ensure_prepared()
    }

    fn present(&mut self) -> Drawn<Self::ErrorType> {
        self.0.present()
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn<Self::ErrorType> {
        self.0.draw_pixel(at, color)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn<Self::ErrorType> {
        self.0.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        lower_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn<Self::ErrorType> {
        self.0.draw_rect(upper_left, lower_right, style, fill)
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        _: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
        let (wide, high) = extent(text);
        Ok((wide.unsigned_abs(), high.unsigned_abs()))
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        at: BackendCoord,
    ) -> Drawn<Self::ErrorType> {
        let color = style.color();
        let (wide, high) = extent(text);
        let left = match style.anchor().h_pos {
            HPos::Left => 0,
            HPos::Center => -wide / 2,
            HPos::Right => -wide,
        };
        let top = match style.anchor().v_pos {
            VPos::Top => 0,
            VPos::Center => -high / 2,
            VPos::Bottom => -high,
        };
        for (i, letter) in text.chars().enumerate() {
            let raster =
                get_raster(letter, WEIGHT, HEIGHT).or_else(|| get_raster('?', WEIGHT, HEIGHT));
            let Some(raster) = raster else { continue };
            for (row, cells) in raster.raster().iter().enumerate() {
                for (column, ink) in cells.iter().enumerate().filter(|(_, ink)| **ink > 0) {
                    let (x, y) = (left + (i * WIDTH + column) as i32, top + row as i32);
                    let (x, y) = style.transform().transform(x, y);
                    let alpha = color.alpha * f64::from(*ink) / 255.0;
                    let place = (at.0 + x, at.1 + y);
                    self.0.draw_pixel(place, BackendColor { alpha, ..color })?;
                }
            }
        }
        Ok(())
    }
}
