//! Golden fingerprints: the keys of version-1 engines, and those an independent program computed
//! for the frames of data with missing values. Both come as JSON and as lines of text.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::str::SplitWhitespace;

use serde_json::Value;
use warmstart::{Fingerprinter, Key, Order};

const VERSION_1: &str = include_str!("data/vectors/fingerprints.json");
const NATIVE: &str = include_str!("data/native-fingerprints.json");
const LINES: &str = include_str!("data/fingerprints.txt");

/// Operations as lines of `fingerprints.txt`, and what is expected after them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sequence {
    name: String,
    ops: Vec<String>,
    key: String,
    number: String,
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".into();
    }
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    if digits == "-" {
        return Vec::new();
    }
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// One operation of the JSON files as a line of `fingerprints.txt`.
fn line(op: &Value) -> String {
    let text = |v: &Value| v.as_str().map_or("*".into(), |text| hex(text.as_bytes()));
    let bytes = |v: &Value| v.as_str().map_or("*".into(), |v| hex(&unhex(v)));
    let list = |v: &Value, item: &dyn Fn(&Value) -> String| -> Vec<String> {
        array(v).iter().map(item).collect()
    };
    let same = |v: &Value| string(v).to_owned();
    let nullable = |values: &Value, valid: &Value, item: &dyn Fn(&Value) -> String| {
        let mut line = vec![array(values).len().to_string(), bytes(valid)];
        line.extend(list(values, item));
        line
    };

    let (name, args) = array(op).split_first().unwrap();
    let name = string(name);
    let (tag, args) = match args.split_first() {
        Some((tag, args)) if name.starts_with("absorb_") => (text(tag), args),
        _ => ("-".into(), args),
    };
    let mut words = vec!["op".to_owned(), name.to_owned(), tag];
    words.extend(match (name, args) {
        (_, []) => vec![],
        ("absorb_bytes" | "write_bytes", [v]) => vec![bytes(v)],
        ("absorb_str" | "write_str", [v]) => vec![text(v)],
        ("write_bool", [v]) => vec![u8::from(v.as_bool().unwrap()).to_string()],
        (_, [Value::Array(v)]) => [vec![v.len().to_string()], list(&args[0], &same)].concat(),
        (_, [v]) => vec![same(v)],
        ("absorb_f64_2d", [rows, cols, v]) => {
            [vec![same(rows), same(cols)], list(v, &same)].concat()
        }
        ("absorb_bool_slice", [v, valid]) => {
            let count = string(v).len() / 2;
            vec![count.to_string(), bytes(valid), bytes(v)]
        }
        ("absorb_str_list", [v, valid]) => nullable(v, valid, &text),
        ("absorb_factor", [levels, levels_valid, codes, valid]) => [
            nullable(levels, levels_valid, &text),
            nullable(codes, valid, &same),
        ]
        .concat(),
        ("absorb_f64_matrix", [rows, cols, v, valid, order]) => {
            let order = match string(order) {
                "row_major" => "0",
                "column_major" => "1",
                other => panic!("order {other}"),
            };
            let head = vec![same(rows), same(cols), bytes(valid), order.into()];
            [head, list(v, &same)].concat()
        }
        (_, [v, valid]) => nullable(v, valid, &same),
        _ => panic!("{op}"),
    });
    words.join(" ")
}

fn read_json(text: &str) -> Vec<Sequence> {
    let sequences: Value = serde_json::from_str(text).unwrap();
    let read = |s: &Value| {
        let number: u64 = string(&s["u64"]).parse().unwrap();
        assert_eq!(string(&s["hex16"]), format!("{number:016x}"));
        Sequence {
            name: string(&s["name"]).replace(' ', "_"),
            ops: array(&s["ops"]).iter().map(line).collect(),
            key: string(&s["key"]).into(),
            number: number.to_string(),
        }
    };
    array(&sequences).iter().map(read).collect()
}

fn read_lines(text: &str) -> Vec<Sequence> {
    let mut done = Vec::new();
    let mut current = Sequence::default();
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["seq", name] => current.name = name.into(),
            ["op", ..] => current.ops.push(line.into()),
            ["key", key, number] => {
                (current.key, current.number) = (key.into(), number.into());
                done.push(std::mem::take(&mut current));
            }
            _ => assert!(line.is_empty() || line.starts_with('#'), "{line}"),
        }
    }
    assert_eq!(current, Sequence::default());
    done
}

/// The rest of a line, read from left to right.
struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn word(&mut self) -> &'a str {
        self.0.next().unwrap()
    }
    fn number<T: std::str::FromStr>(&mut self) -> T {
        let word = self.word();
        word.parse().unwrap_or_else(|_| panic!("{word}"))
    }
    fn f64(&mut self) -> f64 {
        f64::from_bits(u64::from_str_radix(self.word(), 16).unwrap())
    }
    fn f32(&mut self) -> f32 {
        f32::from_bits(u32::from_str_radix(self.word(), 16).unwrap())
    }
    fn bytes(&mut self) -> Vec<u8> {
        unhex(self.word())
    }
    fn text(&mut self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }
    /// No text at all is only there for missing elements, whose text does not count.
    fn text_or_none(&mut self) -> String {
        let mut ahead = Words(self.0.clone());
        if ahead.word() == "*" {
            *self = ahead;
            return "what nobody sees".into();
        }
        self.text()
    }
    fn valid(&mut self) -> Option<Vec<u8>> {
        let word = self.word();
        (word != "*").then(|| unhex(word))
    }
    fn list<T>(&mut self, count: usize, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..count).map(|_| item(self)).collect()
    }
    fn counted<T>(&mut self, item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.number();
        self.list(count, item)
    }
    fn nullable<T>(&mut self, item: impl FnMut(&mut Self) -> T) -> (Vec<T>, Option<Vec<u8>>) {
        let count = self.number();
        let valid = self.valid();
        (self.list(count, item), valid)
    }
}

fn replay(ops: &[String]) -> Fingerprinter {
    let mut f = Fingerprinter::new();
    for op in ops {
        let mut words = Words(op.split_whitespace());
        assert_eq!(words.word(), "op");
        let name = words.word();
        let tag = &words.text();
        call(&mut f, name, tag, &mut words);
        assert_eq!(words.0.next(), None, "{op}");
    }
    f
}

fn call(f: &mut Fingerprinter, name: &str, tag: &str, words: &mut Words) {
    match name {
        "absorb_tag" => f.absorb_tag(tag),
        "absorb_bytes" => f.absorb_bytes(tag, &words.bytes()),
        "absorb_str" => f.absorb_str(tag, &words.text()),
        "absorb_u64" => f.absorb_u64(tag, words.number()),
        "absorb_f64" => f.absorb_f64(tag, words.f64()),
        "absorb_f64_slice" => f.absorb_f64_slice(tag, &words.counted(Words::f64)),
        "absorb_f64_2d" => {
            let (rows, cols) = (words.number(), words.number());
            f.absorb_f64_2d(tag, rows, cols, &words.list(rows * cols, Words::f64))
        }
        "absorb_i32_slice" => {
            let (values, valid) = words.nullable(Words::number);
            f.absorb_i32_slice(tag, &values, valid.as_deref())
        }
        "absorb_i64_slice" => {
            let (values, valid) = words.nullable(Words::number);
            f.absorb_i64_slice(tag, &values, valid.as_deref())
        }
        "absorb_f32_slice" => {
            let (values, valid) = words.nullable(Words::f32);
            f.absorb_f32_slice(tag, &values, valid.as_deref())
        }
        "absorb_bool_slice" => {
            let (count, valid): (usize, _) = (words.number(), words.valid());
            let values = words.bytes();
            assert_eq!(values.len(), count);
            let bools: Vec<bool> = values.iter().map(|v| *v != 0).collect();
            let mut other = f.clone();
            other
                .absorb_bool_bytes(tag, &values, valid.as_deref())
                .unwrap();
            let result = f.absorb_bool_slice(tag, &bools, valid.as_deref());
            assert_eq!(f.finish(), other.finish());
            result
        }
        "absorb_f64_na_slice" => {
            let (values, valid) = words.nullable(Words::f64);
            f.absorb_f64_na_slice(tag, &values, valid.as_deref())
        }
        "absorb_str_list" => {
            let (texts, valid) = words.nullable(Words::text_or_none);
            f.absorb_str_list(tag, &texts, valid.as_deref())
        }
        "absorb_factor" => {
            let (levels, levels_valid) = words.nullable(Words::text_or_none);
            let (codes, valid) = words.nullable(Words::number);
            let (levels_valid, valid) = (levels_valid.as_deref(), valid.as_deref());
            f.absorb_factor(tag, &levels, levels_valid, &codes, valid)
        }
        "absorb_date_slice" => {
            let (days, valid) = words.nullable(Words::number);
            f.absorb_date_slice(tag, &days, valid.as_deref())
        }
        "absorb_timestamp_slice" => {
            let (stamps, valid) = words.nullable(Words::number);
            f.absorb_timestamp_slice(tag, &stamps, valid.as_deref())
        }
        "absorb_f64_matrix" => {
            let (rows, cols) = (words.number(), words.number());
            let valid = words.valid();
            let order = match words.word() {
                "0" => Order::RowMajor,
                "1" => Order::ColumnMajor,
                other => panic!("order {other}"),
            };
            let values = words.list(rows * cols, Words::f64);
            f.absorb_f64_matrix(tag, rows, cols, &values, valid.as_deref(), order)
        }
        _ => {
            assert_eq!(tag, "");
            write(f, name, words);
            Ok(())
        }
    }
    .unwrap();
}

fn write(f: &mut Fingerprinter, name: &str, words: &mut Words) {
    match name {
        "write_bytes" => f.write_bytes(&words.bytes()),
        "write_u8" => f.write_u8(words.number()),
        "write_bool" => f.write_bool(words.number::<u8>() == 1),
        "write_u64" => f.write_u64(words.number()),
        "write_usize" => f.write_usize(words.number()),
        "write_f64" => f.write_f64(words.f64()),
        "write_str" => f.write_str(&words.text()),
        "write_f64_slice" => f.write_f64_slice(&words.counted(Words::f64)),
        other => panic!("operation {other}"),
    }
}

fn check(sequences: &[Sequence]) {
    for s in sequences {
        let f = replay(&s.ops);
        let number: u64 = s.number.parse().unwrap();
        assert_eq!(f.finish(), Key::from_hex(&s.key).unwrap(), "{}", s.name);
        assert_eq!(f.finish().to_hex(), s.key, "{}", s.name);
        assert_eq!(f.finish_u64(), number, "{}", s.name);
        assert_eq!(f.finish_hex(), format!("{number:016x}"), "{}", s.name);
    }
}

#[test]
fn every_version_1_sequence_gives_its_key() {
    let sequences = read_json(VERSION_1);
    assert_eq!(sequences.len(), 52);
    check(&sequences);
}

#[test]
fn every_sequence_of_native_data_gives_its_key() {
    let sequences = read_json(NATIVE);
    assert_eq!(sequences.len(), 200);
    check(&sequences);
}

#[test]
fn frames_of_native_data_have_their_tags_and_digests() {
    let sequences: Value = serde_json::from_str(NATIVE).unwrap();
    for (s, read) in array(&sequences).iter().zip(read_json(NATIVE)) {
        let f = replay(&read.ops);
        let frames: Vec<_> = f
            .frames()
            .iter()
            .map(|f| (f.tag(), hex(f.digest())))
            .collect();
        let expected: Vec<_> = array(&s["frames"])
            .iter()
            .map(|f| (string(&f[0]), string(&f[1]).to_owned()))
            .collect();
        assert_eq!(frames, expected, "{}", read.name);
    }
}

#[test]
fn the_lines_say_what_the_json_says() {
    let lines = read_lines(LINES);
    check(&lines);
    let json = [read_json(VERSION_1), read_json(NATIVE)].concat();
    assert_eq!(lines.len(), json.len());
    for (line, json) in lines.iter().zip(&json) {
        assert_eq!(line, json);
    }
}

#[test]
fn the_same_data_has_one_key_however_it_is_held() {
    let keys: HashMap<_, _> = read_json(NATIVE)
        .into_iter()
        .map(|s| (s.name, s.key))
        .collect();
    for (a, b) in [
        ("matrix_3x2_by_row", "matrix_3x2_by_column"),
        ("matrix_23x29_by_row", "matrix_23x29_by_column"),
        ("matrix_0x3_by_row", "matrix_0x3_by_column"),
        ("i32_NA_as_R_holds_it", "i32_NA_as_zero"),
        ("i64_all_present", "i64_nothing_said"),
        ("f64_na_zero", "f64_na_negative_zero"),
        ("f64_na_NaN", "f64_na_NaN_with_a_payload"),
    ] {
        assert_eq!(keys[a], keys[b], "{a} and {b}");
    }
    for (a, b) in [
        ("matrix_3x2_by_column", "matrix_2x3_by_column"),
        ("f64_na_two_NaN", "f64_na_missing_and_NaN"),
        ("str_list_of_one_empty", "str_list_of_one_missing"),
        ("str_list_joined", "str_list_split"),
        ("factor", "factor_with_other_levels"),
        ("date_nothing_said", "timestamp_nothing_said"),
    ] {
        assert_ne!(keys[a], keys[b], "{a} and {b}");
    }
}
