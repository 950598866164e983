//! Frames for what R, Julia and data frames hold: integers, logicals, factors, dates, missing
//! values, matrices in either order. Equal data gives equal keys in every language, so here −0.0 is
//! +0.0, every NaN is one NaN, and whatever a missing element's slot holds is not looked at.
//!
//! `valid` has one byte per element, 0 for missing and anything else for present; `None` says
//! that nothing is missing and gives the same key as all present.

use super::fingerprint::{absorbing, check_shape, Fingerprinter, Open};
use crate::error::{Error, Result};

/// How the caller's matrix lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Rows one after the other (C, NumPy's default).
    RowMajor,
    /// Columns one after the other (Fortran, R, Julia).
    ColumnMajor,
}

/// Missing elements, for data as R, Julia and data frames hold it.
///
/// All fail with [`Invalid`](crate::error::ErrorKind::Invalid) when `valid` has another length than
/// the values, and as [`Fingerprinter`] says.
impl Fingerprinter {
    /// Absorbs 32-bit integers.
    pub fn absorb_i32_slice(
        &mut self,
        tag: &str,
        values: &[i32],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        self.absorb_values("an i32 slice", 16, tag, values, valid, i32::to_le_bytes)
    }

    /// Absorbs 64-bit integers.
    pub fn absorb_i64_slice(
        &mut self,
        tag: &str,
        values: &[i64],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        self.absorb_values("an i64 slice", 17, tag, values, valid, i64::to_le_bytes)
    }

    /// Absorbs single-precision numbers; −0.0 is +0.0 and every NaN the same.
    pub fn absorb_f32_slice(
        &mut self,
        tag: &str,
        values: &[f32],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        self.absorb_values("an f32 slice", 18, tag, values, valid, canonical_f32)
    }

    /// Absorbs logical values.
    pub fn absorb_bool_slice(
        &mut self,
        tag: &str,
        values: &[bool],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        self.absorb_values("a bool slice", 19, tag, values, valid, |v| [v.into()])
    }

    /// Absorbs logical values held as bytes, 0 for false and anything else for true: the same frame
    /// as [`Fingerprinter::absorb_bool_slice`].
    pub fn absorb_bool_bytes(
        &mut self,
        tag: &str,
        values: &[u8],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        self.absorb_values("a bool slice", 19, tag, values, valid, |v| {
            [u8::from(v != 0)]
        })
    }

    /// Absorbs numbers of which some may be missing; −0.0 is +0.0 and every NaN the same. A NaN
    /// is a value: what is missing is for `valid` to say.
    pub fn absorb_f64_na_slice(
        &mut self,
        tag: &str,
        values: &[f64],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        let what = "an f64 slice with missing values";
        self.absorb_values(what, 20, tag, values, valid, canonical_f64)
    }

    /// Absorbs texts, as they are: not normalised. A missing text is not an empty one.
    pub fn absorb_str_list<S: AsRef<str>>(
        &mut self,
        tag: &str,
        texts: &[S],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        let what = "a list of texts";
        let missing = missing(what, tag, "texts", texts.len(), valid)?;
        let mut frame = self.open(what, 21, tag)?;
        frame.put_texts(texts, missing);
        frame.close();
        Ok(())
    }

    /// Absorbs a factor: the texts of its levels and, for every element, its level's number counted
    /// from 0. (R counts from 1.) A level itself may be missing, as a factor of R may have a level
    /// `NA`.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::error::ErrorKind::Invalid) also when the code of a present element
    /// is not below the number of levels.
    pub fn absorb_factor<S: AsRef<str>>(
        &mut self,
        tag: &str,
        levels: &[S],
        levels_valid: Option<&[u8]>,
        codes: &[i64],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        let what = "a factor";
        let missing_levels = missing(what, tag, "levels", levels.len(), levels_valid)?;
        let missing_codes = missing(what, tag, "codes", codes.len(), valid)?;
        let outside = |code: &i64| usize::try_from(*code).map_or(true, |code| code >= levels.len());
        let present = |at: usize| missing_codes.map_or(true, |valid| valid[at] != 0);
        let bad = (codes.iter().enumerate()).find(|(at, code)| outside(code) && present(*at));
        if let Some((at, code)) = bad {
            return Err(Error::invalid(
                absorbing(what, tag),
                format!(
                    "element {at} has code {code}, and there are {} levels",
                    levels.len()
                ),
                "Count codes from 0 (R counts from 1) and mark missing elements as not valid",
            ));
        }
        let mut frame = self.open(what, 22, tag)?;
        frame.put_texts(levels, missing_levels);
        frame.put_values(codes, missing_codes, i64::to_le_bytes);
        frame.close();
        Ok(())
    }

    /// Absorbs dates: days since 1970-01-01.
    pub fn absorb_date_slice(
        &mut self,
        tag: &str,
        days: &[i64],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        self.absorb_values("a date slice", 23, tag, days, valid, i64::to_le_bytes)
    }

    /// Absorbs time stamps: nanoseconds since 1970-01-01 00:00 UTC.
    pub fn absorb_timestamp_slice(
        &mut self,
        tag: &str,
        nanoseconds: &[i64],
        valid: Option<&[u8]>,
    ) -> Result<()> {
        let what = "a timestamp slice";
        self.absorb_values(what, 24, tag, nanoseconds, valid, i64::to_le_bytes)
    }

    /// Absorbs a matrix of `rows` × `cols` numbers of which some may be missing. `values` and
    /// `valid` both lie in `order`; either order of the same matrix gives the same key. −0.0 is
    /// +0.0 and every NaN the same.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::error::ErrorKind::Invalid) also when `values` does not hold
    /// `rows * cols` numbers.
    pub fn absorb_f64_matrix(
        &mut self,
        tag: &str,
        rows: usize,
        cols: usize,
        values: &[f64],
        valid: Option<&[u8]>,
        order: Order,
    ) -> Result<()> {
        let what = "an f64 matrix";
        check_shape(what, tag, rows, cols, values.len())?;
        let missing = missing(what, tag, "values", values.len(), valid)?;
        let mut frame = self.open(what, 25, tag)?;
        frame.put_u64(rows as u64);
        frame.put_u64(cols as u64);
        let layout = match order {
            Order::ColumnMajor => Layout::InOrder,
            Order::RowMajor => Layout::Transposed { rows, cols },
        };
        frame.put_nullable(values, missing, layout, canonical_f64);
        frame.close();
        Ok(())
    }

    fn absorb_values<T: Copy + Default, const N: usize>(
        &mut self,
        what: &str,
        type_byte: u8,
        tag: &str,
        values: &[T],
        valid: Option<&[u8]>,
        encode: impl Fn(T) -> [u8; N],
    ) -> Result<()> {
        let missing = missing(what, tag, "values", values.len(), valid)?;
        let mut frame = self.open(what, type_byte, tag)?;
        frame.put_values(values, missing, encode);
        frame.close();
        Ok(())
    }
}

impl Open<'_> {
    /// Count, validity, values.
    fn put_values<T: Copy + Default, const N: usize>(
        &mut self,
        values: &[T],
        missing: Option<&[u8]>,
        encode: impl Fn(T) -> [u8; N],
    ) {
        self.put_u64(values.len() as u64);
        self.put_nullable(values, missing, Layout::InOrder, encode);
    }

    /// Count, validity, each length and text.
    fn put_texts<S: AsRef<str>>(&mut self, texts: &[S], missing: Option<&[u8]>) {
        self.put_u64(texts.len() as u64);
        self.put_validity(missing, Layout::InOrder);
        for (at, text) in texts.iter().enumerate() {
            let present = missing.map_or(true, |valid| valid[at] != 0);
            let text = if present { text.as_ref() } else { "" };
            self.put_u64(text.len() as u64);
            self.put(text.as_bytes());
        }
    }

    /// Validity, then the values with zero for the missing ones.
    fn put_nullable<T: Copy + Default, const N: usize>(
        &mut self,
        values: &[T],
        missing: Option<&[u8]>,
        layout: Layout,
        encode: impl Fn(T) -> [u8; N],
    ) {
        self.put_validity(missing, layout);
        if missing.is_none() && layout == Layout::InOrder {
            return self.put_slice(values, encode);
        }
        let mut slots = [T::default(); PIECE];
        let mut marks = [1; PIECE];
        for start in (0..values.len()).step_by(PIECE) {
            let count = PIECE.min(values.len() - start);
            let slots = &mut slots[..count];
            layout.pick(values, start, slots);
            if let Some(valid) = missing {
                let marks = &mut marks[..count];
                layout.pick(valid, start, marks);
                for (slot, mark) in slots.iter_mut().zip(marks) {
                    *slot = if *mark == 0 { T::default() } else { *slot };
                }
            }
            self.put_slice(slots, &encode);
        }
    }

    /// Byte 0, or byte 1 and the bitmap, least significant bit first.
    fn put_validity(&mut self, missing: Option<&[u8]>, layout: Layout) {
        self.put(&[missing.is_some().into()]);
        let valid = missing.unwrap_or_default();
        let mut marks = [0; PIECE];
        let mut bitmap = [0; PIECE / 8];
        for start in (0..valid.len()).step_by(PIECE) {
            let marks = &mut marks[..PIECE.min(valid.len() - start)];
            layout.pick(valid, start, marks);
            for (byte, marks) in bitmap.iter_mut().zip(marks.chunks(8)) {
                let bits = marks.iter().enumerate();
                *byte = bits.fold(0, |byte, (bit, mark)| byte | u8::from(*mark != 0) << bit);
            }
            self.put(&bitmap[..marks.len().div_ceil(8)]);
        }
    }
}

/// Elements rearranged or blanked at a time; a multiple of 8, so that bitmaps continue.
const PIECE: usize = 256;

/// How elements lie, as seen from the order in which they are absorbed.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    InOrder,
    /// Row after row, while columns are absorbed one after the other.
    Transposed {
        rows: usize,
        cols: usize,
    },
}

impl Layout {
    /// Fills `into` with the elements that are absorbed from the `start`th on.
    fn pick<T: Copy>(self, from: &[T], start: usize, into: &mut [T]) {
        match self {
            Layout::InOrder => into.copy_from_slice(&from[start..start + into.len()]),
            Layout::Transposed { rows, cols } => {
                let (mut col, mut row) = (start / rows, start % rows);
                for slot in into {
                    *slot = from[row * cols + col];
                    row += 1;
                    if row == rows {
                        (row, col) = (0, col + 1);
                    }
                }
            }
        }
    }
}

/// `valid`, checked to have `count` bytes; `None` when nothing is missing.
fn missing<'v>(
    what: &str,
    tag: &str,
    of: &str,
    count: usize,
    valid: Option<&'v [u8]>,
) -> Result<Option<&'v [u8]>> {
    match valid {
        Some(valid) if valid.len() != count => Err(Error::invalid(
            absorbing(what, tag),
            format!(
                "there are {count} {of} and {} bytes that say which are valid",
                valid.len()
            ),
            "Pass one byte per element, or none at all when nothing is missing",
        )),
        Some(valid) if valid.contains(&0) => Ok(Some(valid)),
        _ => Ok(None),
    }
}

fn canonical_f64(value: f64) -> [u8; 8] {
    const NAN: u64 = 0x7ff8_0000_0000_0000;
    let bits = if value.is_nan() {
        NAN
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    };
    bits.to_le_bytes()
}

fn canonical_f32(value: f32) -> [u8; 4] {
    const NAN: u32 = 0x7fc0_0000;
    let bits = if value.is_nan() {
        NAN
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    };
    bits.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::key::Key;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    fn key(absorb: impl FnOnce(&mut Fingerprinter) -> Result<()>) -> Key {
        let mut f = Fingerprinter::new();
        absorb(&mut f).unwrap();
        assert_eq!(f.frames().len(), 1);
        f.finish()
    }

    /// The sentence of a failure, which must have changed nothing.
    fn refused(absorb: impl FnOnce(&mut Fingerprinter) -> Result<()>) -> String {
        let mut f = Fingerprinter::new();
        let e = absorb(&mut f).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Invalid);
        assert_eq!(f.finish(), Fingerprinter::new().finish());
        assert!(f.frames().is_empty());
        e.to_string()
    }

    /// Type byte, tag `t`, then `parts`.
    fn plainly(type_byte: u8, parts: &[&[u8]]) -> Key {
        let bytes = [&[type_byte, 1, 0, 0, 0, b't'], parts.concat().as_slice()].concat();
        Key::from_bytes(Sha256::digest(bytes).into())
    }

    /// The bitmap, in the obvious way.
    fn bitmap(valid: &[u8]) -> Vec<u8> {
        let mut map = vec![0; valid.len().div_ceil(8)];
        for (at, valid) in valid.iter().enumerate() {
            if *valid != 0 {
                map[at / 8] |= 1 << (at % 8);
            }
        }
        map
    }

    #[test]
    fn another_length_of_valid_is_refused_everywhere() {
        let v: Option<&[u8]> = Some(&[1]);
        for sentence in [
            refused(|f| f.absorb_i32_slice("t", &[1, 2], v)),
            refused(|f| f.absorb_i64_slice("t", &[1, 2], v)),
            refused(|f| f.absorb_f32_slice("t", &[1., 2.], v)),
            refused(|f| f.absorb_bool_slice("t", &[true, true], v)),
            refused(|f| f.absorb_bool_bytes("t", &[1, 2], v)),
            refused(|f| f.absorb_f64_na_slice("t", &[1., 2.], v)),
            refused(|f| f.absorb_str_list("t", &["a", "b"], v)),
            refused(|f| f.absorb_factor("t", &["a", "b"], v, &[0], None)),
            refused(|f| f.absorb_factor("t", &["a"], None, &[0, 0], v)),
            refused(|f| f.absorb_date_slice("t", &[1, 2], v)),
            refused(|f| f.absorb_timestamp_slice("t", &[1, 2], v)),
            refused(|f| f.absorb_f64_matrix("t", 2, 1, &[1., 2.], v, Order::RowMajor)),
        ] {
            assert!(
                sentence.contains("under the tag \"t\": there are 2"),
                "{sentence}"
            );
            assert!(sentence.contains("and 1 bytes"), "{sentence}");
            assert!(sentence.contains("one byte per element"), "{sentence}");
        }
    }

    #[test]
    fn codes_without_a_level_are_refused_unless_missing() {
        let levels = ["a", "b"];
        for bad in [2, -1, i64::MIN, i64::MAX] {
            let codes = [0, bad, 1];
            let sentence = refused(|f| f.absorb_factor("t", &levels, None, &codes, None));
            assert!(
                sentence.contains(&format!("element 1 has code {bad}")),
                "{sentence}"
            );
            assert!(sentence.contains("2 levels"), "{sentence}");
            key(|f| f.absorb_factor("t", &levels, None, &codes, Some(&[1, 0, 1])));
        }
        refused(|f| f.absorb_factor::<&str>("t", &[], None, &[0], None));
        key(|f| f.absorb_factor::<&str>("t", &[], None, &[0], Some(&[0])));
        key(|f| f.absorb_factor("t", &levels, Some(&[1, 0]), &[1], None));
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        for (rows, cols) in [(2, 2), (0, 3), (usize::MAX, 2), (usize::MAX, usize::MAX)] {
            for order in [Order::RowMajor, Order::ColumnMajor] {
                let sentence =
                    refused(|f| f.absorb_f64_matrix("t", rows, cols, &[0.; 3], None, order));
                assert!(sentence.contains("3 values do not make"), "{sentence}");
            }
        }
    }

    #[test]
    fn empty_matrices_keep_their_shape_and_take_no_time() {
        let empty = |rows, cols, order| {
            key(|f| f.absorb_f64_matrix("t", rows, cols, &[], Some(&[]), order))
        };
        for (rows, cols) in [(0, 0), (0, usize::MAX), (usize::MAX, 0)] {
            assert_eq!(
                empty(rows, cols, Order::RowMajor),
                empty(rows, cols, Order::ColumnMajor)
            );
        }
        assert_ne!(empty(0, 3, Order::RowMajor), empty(3, 0, Order::RowMajor));
    }

    #[test]
    fn zeros_have_no_sign_and_nans_no_payload() {
        let f64s = |v: &[f64]| key(|f| f.absorb_f64_na_slice("t", v, None));
        assert_eq!(f64s(&[-0.0]), f64s(&[0.0]));
        let odd = [0x7ff0_0000_0000_0001, 0x7ff0_0000_0000_07a2, u64::MAX].map(f64::from_bits);
        odd.iter()
            .for_each(|v| assert_eq!(f64s(&[*v]), f64s(&[f64::NAN])));
        assert_ne!(f64s(&[f64::INFINITY]), f64s(&[f64::NEG_INFINITY]));

        let f32s = |v: &[f32]| key(|f| f.absorb_f32_slice("t", v, None));
        assert_eq!(f32s(&[-0.0]), f32s(&[0.0]));
        let odd = [0x7f80_0001, 0xffc0_0000, u32::MAX].map(f32::from_bits);
        odd.iter()
            .for_each(|v| assert_eq!(f32s(&[*v]), f32s(&[f32::NAN])));
    }

    #[test]
    fn equal_numbers_of_distinct_types_have_distinct_keys() {
        let mut keys = vec![
            key(|f| f.absorb_bytes("t", &[])),
            key(|f| f.absorb_f64_slice("t", &[])),
            key(|f| f.absorb_i32_slice("t", &[], None)),
            key(|f| f.absorb_i64_slice("t", &[], None)),
            key(|f| f.absorb_f32_slice("t", &[], None)),
            key(|f| f.absorb_bool_slice("t", &[], None)),
            key(|f| f.absorb_f64_na_slice("t", &[], None)),
            key(|f| f.absorb_str_list::<&str>("t", &[], None)),
            key(|f| f.absorb_factor::<&str>("t", &[], None, &[], None)),
            key(|f| f.absorb_date_slice("t", &[], None)),
            key(|f| f.absorb_timestamp_slice("t", &[], None)),
            key(|f| f.absorb_f64_matrix("t", 0, 0, &[], None, Order::RowMajor)),
        ];
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    /// Values, each with whether it is present and what a careless caller leaves in its place.
    fn column<T: std::fmt::Debug + Clone + 'static>(
        value: impl Strategy<Value = T> + Clone,
        size: usize,
    ) -> impl Strategy<Value = (Vec<T>, Vec<T>, Vec<u8>)> {
        let element = (
            value.clone(),
            value,
            prop_oneof![Just(0u8), Just(1), any::<u8>()],
        );
        vec(element, 0..size).prop_map(|elements| {
            let valid: Vec<u8> = elements.iter().map(|e| e.2).collect();
            let first = elements.iter().map(|e| e.0.clone()).collect();
            let other = elements
                .into_iter()
                .map(|(a, b, valid)| if valid == 0 { b } else { a })
                .collect();
            (first, other, valid)
        })
    }

    proptest! {
        #[test]
        fn integers_are_framed_as_documented((values, _, valid) in column(any::<i64>(), 700)) {
            let mut slots = Vec::new();
            for (v, valid) in values.iter().zip(&valid) {
                slots.extend(if *valid == 0 { [0; 8] } else { v.to_le_bytes() });
            }
            let count = (values.len() as u64).to_le_bytes();
            let mut map = vec![0];
            if valid.contains(&0) {
                map = [vec![1], bitmap(&valid)].concat();
            }
            let expected = plainly(17, &[&count, &map, &slots]);
            prop_assert_eq!(key(|f| f.absorb_i64_slice("t", &values, Some(&valid))), expected);
        }

        #[test]
        fn what_a_missing_slot_holds_does_not_show(
            (i, j, iv) in column(any::<i64>(), 40),
            (x, y, xv) in column(any::<f64>(), 40),
            (s, t, sv) in column("[aé]{0,3}", 20),
            (b, c, bv) in column(any::<bool>(), 40),
        ) {
            let (iv, xv, sv, bv) = (Some(&iv[..]), Some(&xv[..]), Some(&sv[..]), Some(&bv[..]));
            prop_assert_eq!(
                key(|f| f.absorb_i64_slice("t", &i, iv)), key(|f| f.absorb_i64_slice("t", &j, iv)));
            prop_assert_eq!(
                key(|f| f.absorb_f64_na_slice("t", &x, xv)),
                key(|f| f.absorb_f64_na_slice("t", &y, xv)));
            prop_assert_eq!(
                key(|f| f.absorb_str_list("t", &s, sv)), key(|f| f.absorb_str_list("t", &t, sv)));
            prop_assert_eq!(
                key(|f| f.absorb_bool_slice("t", &b, bv)), key(|f| f.absorb_bool_slice("t", &c, bv)));
        }

        #[test]
        fn which_elements_are_missing_does_show(
            valid in vec(0u8..2, 1..40), other in vec(0u8..2, 1..40),
        ) {
            let zeros = |valid: &[u8]| {
                key(|f| f.absorb_i32_slice("t", &vec![0; valid.len()], Some(valid)))
            };
            prop_assert_eq!(zeros(&valid) == zeros(&other), valid == other);
        }

        #[test]
        fn all_present_is_as_if_nothing_had_been_said(
            x in vec(any::<f64>(), 0..40), mark in 1..=u8::MAX,
        ) {
            let present = vec![mark; x.len()];
            prop_assert_eq!(
                key(|f| f.absorb_f64_na_slice("t", &x, Some(&present))),
                key(|f| f.absorb_f64_na_slice("t", &x, None)));
        }

        #[test]
        fn logical_values_may_come_as_bytes(bytes in vec(any::<u8>(), 0..40)) {
            let bools: Vec<bool> = bytes.iter().map(|b| *b != 0).collect();
            prop_assert_eq!(
                key(|f| f.absorb_bool_bytes("t", &bytes, None)),
                key(|f| f.absorb_bool_slice("t", &bools, None)));
        }

        #[test]
        fn a_matrix_has_one_key_in_either_order(
            rows in 0usize..40, cols in 0usize..40, seed: u64, missing: bool,
        ) {
            let at = |row: usize, col: usize| {
                let mixed = seed.wrapping_mul((row * 64 + col + 1) as u64 * 2 + 1);
                (f64::from_bits(mixed), u8::from(!missing || mixed >> 60 != 0))
            };
            let by_row: (Vec<f64>, Vec<u8>) =
                (0..rows).flat_map(|r| (0..cols).map(move |c| at(r, c))).unzip();
            let by_col: (Vec<f64>, Vec<u8>) =
                (0..cols).flat_map(|c| (0..rows).map(move |r| at(r, c))).unzip();
            let a = key(|f| f.absorb_f64_matrix(
                "t", rows, cols, &by_row.0, Some(&by_row.1), Order::RowMajor));
            let b = key(|f| f.absorb_f64_matrix(
                "t", rows, cols, &by_col.0, Some(&by_col.1), Order::ColumnMajor));
            prop_assert_eq!(a, b);
        }
    }
}
