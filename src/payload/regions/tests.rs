//! Against the format's own implementation: what is written here is read there, and what it writes is
//! read here; nothing is taken for a file of regions that it refuses.

mod properties;

use super::*;
use crate::error::ErrorKind;
use crate::key::Order;
use safetensors::tensor::Dtype;
use safetensors::SafeTensors;

fn spec(name: &str, element: ElementType, dims: &[u64], order: Order) -> RegionSpec {
    RegionSpec::new(name, element, dims, order).unwrap()
}

fn written(regions: &Regions, data: &[Vec<u8>]) -> Vec<u8> {
    let mut buffer = b"what was there before".to_vec();
    regions
        .write(|i| &data[i], Some(0.1), Some(7), &mut buffer)
        .unwrap();
    buffer
}

/// One region, and bytes for it.
fn one(spec: RegionSpec) -> (Regions, Vec<u8>) {
    let mut regions = Regions::new();
    let data = (0..spec.bytes()).map(|i| i as u8).collect();
    regions.insert(spec).unwrap();
    let payload = written(&regions, &[data]);
    (regions, payload)
}

/// A file whose header is this text, padded, and as many bytes of arrays.
fn file_of(header: &str, bytes: usize) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.resize(file.len() + bytes, 7);
    file
}

fn refused(payload: &[u8]) -> String {
    let e = RegionFile::parse(payload).err().unwrap();
    assert_eq!(e.kind(), ErrorKind::Incompatible);
    e.to_string()
}

// ---- what is written ----

#[test]
fn a_column_major_array_is_written_reversed_as_it_lies() {
    let a = spec("a", ElementType::F64, &[2, 3, 5], Order::ColumnMajor);
    let (_, payload) = one(a.clone());
    let theirs = SafeTensors::deserialize(&payload).unwrap();
    let view = theirs.tensor("a").unwrap();
    assert_eq!(view.shape(), [5, 3, 2]);
    assert_eq!(view.dtype(), Dtype::F64);
    assert!(view.data().iter().copied().eq((0..240).map(|i| i as u8)));
    let (_, metadata) = SafeTensors::read_metadata(&payload).unwrap();
    let notes = metadata.metadata().as_ref().unwrap();
    assert_eq!(notes["order.a"], "F");
    assert_eq!(notes["libwarmstart"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&*notes["objective"], &*notes["iteration"]), ("0.1", "7"));
    assert_eq!(notes.len(), 4);
    let ours = RegionFile::parse(&payload).unwrap();
    assert_eq!(ours.regions()[0].spec(), &a);
}

#[test]
fn a_complex_array_has_a_last_dimension_of_two() {
    for order in [Order::RowMajor, Order::ColumnMajor] {
        let z = spec("z", ElementType::C64, &[4, 3], order);
        let (_, payload) = one(z.clone());
        let theirs = SafeTensors::deserialize(&payload).unwrap();
        let want = match order {
            Order::RowMajor => [4, 3, 2],
            Order::ColumnMajor => [3, 4, 2],
        };
        assert_eq!(theirs.tensor("z").unwrap().shape(), want);
        assert_eq!(theirs.tensor("z").unwrap().dtype(), Dtype::F32);
        let ours = RegionFile::parse(&payload).unwrap();
        assert_eq!(ours.regions()[0].spec(), &z);
        assert!(ours.notes().contains(&("complex.z".into(), "true".into())));
    }
    // The format has a type for one of them by now.
    let header = r#"{"z":{"dtype":"C64","shape":[3],"data_offsets":[0,24]}}"#;
    let native = RegionFile::parse(&file_of(header, 24)).unwrap();
    let want = spec("z", ElementType::C64, &[3], Order::RowMajor);
    assert_eq!(native.regions()[0].spec(), &want);
}

#[test]
fn scalars_and_vectors_have_no_order() {
    for dims in [&[][..], &[5]] {
        let f = spec("x", ElementType::I32, dims, Order::ColumnMajor);
        assert_eq!(f, spec("x", ElementType::I32, dims, Order::RowMajor));
        let (_, payload) = one(f);
        let ours = RegionFile::parse(&payload).unwrap();
        assert!(ours.notes().iter().all(|(k, _)| !k.starts_with("order.")));
    }
}

#[test]
fn each_array_is_aligned_for_its_type() {
    let mut regions = Regions::new();
    for (name, element, n) in [
        ("bytes", ElementType::U8, 3),
        ("z", ElementType::C64, 1),
        ("half", ElementType::F16, 1),
        ("x", ElementType::F64, 5),
        ("k", ElementType::I32, 7),
    ] {
        regions
            .insert(spec(name, element, &[n], Order::RowMajor))
            .unwrap();
    }
    let data: Vec<Vec<u8>> = regions.specs().iter().map(|s| vec![1; s.bytes()]).collect();
    let file = RegionFile::parse(&written(&regions, &data)).unwrap();
    let names: Vec<&str> = file.regions().iter().map(|r| r.spec().name()).collect();
    assert_eq!(names, ["x", "z", "k", "half", "bytes"]);
    assert_eq!(file.regions()[0].range().start % 64, 0);
    for r in file.regions() {
        let align = r.spec().stored_element().bits() as usize / 8;
        assert_eq!(r.range().start % align, 0, "{}", r.spec().name());
    }
}

#[test]
fn a_buffer_is_allocated_once_and_then_never() {
    let mut regions = Regions::new();
    for i in 0..100 {
        let name = format!("\u{1}\"{i}\u{1f600}");
        let z = spec(&name, ElementType::C128, &[1, 1, 2], Order::ColumnMajor);
        regions.insert(z).unwrap();
        regions
            .set_note(&format!("n{i}"), &"\u{2}".repeat(50))
            .unwrap();
    }
    let data = vec![vec![0; 32]; 100];
    let mut buffer = Vec::new();
    let mut write = |iteration| {
        let objective = Some(f64::MIN_POSITIVE);
        regions
            .write(|i| &data[i], objective, Some(iteration), &mut buffer)
            .unwrap();
        (buffer.as_ptr(), buffer.capacity())
    };
    let first = write(0);
    assert!(first.1 <= regions.header_room() + regions.bytes() + 64);
    assert_eq!(write(u64::MAX), first, "its header had no room");
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let f64s =
        |name: &str, dims: &[u64]| RegionSpec::new(name, ElementType::F64, dims, Order::RowMajor);
    for (name, kind) in [
        ("", ErrorKind::Invalid),
        ("a\0b", ErrorKind::Invalid),
        ("__metadata__", ErrorKind::Invalid),
        (&"x".repeat(256), ErrorKind::TooLarge),
    ] {
        assert_eq!(f64s(name, &[1]).unwrap_err().kind(), kind, "{name}");
    }
    assert!(f64s(&"x".repeat(255), &[1]).is_ok());
    for dims in [
        &[1 << 60][..],
        &[1 << 32, 1 << 32],
        &[0, 1 << 40, 1 << 40],
        &[1; 65],
    ] {
        assert_eq!(f64s("x", dims).unwrap_err().kind(), ErrorKind::TooLarge);
    }
    assert!(f64s("x", &[1; 64]).is_ok());
    for (element, whole, broken) in [(ElementType::F4, 2, 3), (ElementType::F6E2M3, 4, 6)] {
        let of = |n| RegionSpec::new("x", element, &[n], Order::RowMajor);
        assert!(of(whole).is_ok() && of(broken).is_err());
    }

    let mut regions = Regions::new();
    for key in [
        "",
        "a\0",
        "libwarmstart",
        "objective",
        "iteration",
        "order.x",
        "complex.x",
    ] {
        let e = regions.set_note(key, "x").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Invalid, "{key}");
    }
    let e = regions
        .set_note("long", &"x".repeat(HEADER_BYTES))
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooLarge);
    let mut buffer = Vec::new();
    let e = regions.write(|_| &[], None, None, &mut buffer).unwrap_err();
    assert!(e.to_string().contains("none is protected"), "{e}");
    regions.insert(f64s("x", &[2]).unwrap()).unwrap();
    let e = regions
        .write(|_| &[0; 8], None, None, &mut buffer)
        .unwrap_err();
    assert!(e.to_string().contains("16 bytes, and 8 were"), "{e}");
}

#[test]
fn a_region_of_the_same_name_takes_the_others_place() {
    let mut regions = Regions::new();
    for (name, n) in [("a", 1), ("b", 2), ("a", 3)] {
        let s = spec(name, ElementType::U8, &[n], Order::RowMajor);
        regions.insert(s).unwrap();
    }
    let lengths = |r: &Regions| r.specs().iter().map(RegionSpec::bytes).collect::<Vec<_>>();
    assert_eq!(lengths(&regions), [3, 2]);
    assert_eq!(regions.remove("a"), Some(0));
    assert_eq!((lengths(&regions), regions.remove("a")), (vec![2], None));
    regions.set_note("k", "1").unwrap();
    regions.set_note("k", "2").unwrap();
    assert!(regions.notes().eq([("k", "2")]));
    assert!(regions.remove_note("k") && !regions.remove_note("k"));
}

// ---- what fits ----

#[test]
fn each_difference_is_named_with_both_sides() {
    let stored = || spec("x", ElementType::F64, &[2, 3], Order::RowMajor);
    let (_, payload) = one(stored());
    let file = RegionFile::parse(&payload).unwrap();
    let fits = |specs: &[RegionSpec]| {
        let mut regions = Regions::new();
        for s in specs {
            regions.insert(s.clone()).unwrap();
        }
        regions.find_in(&file)
    };
    let places = fits(&[stored()]).unwrap();
    assert_eq!(places.len(), 1);
    assert_eq!(places[0], payload.len() - 48..payload.len());
    let row = Order::RowMajor;
    for (specs, words) in [
        (
            vec![spec("y", ElementType::F64, &[2, 3], row)],
            "`y`: it is protected, and not stored",
        ),
        (
            vec![stored(), spec("y", ElementType::F64, &[], row)],
            "`y`: it is protected, and not stored",
        ),
        (
            vec![spec("x", ElementType::I64, &[2, 3], row)],
            "[2, 3] of F64 is stored, and [2, 3] of I64 is protected",
        ),
        (
            vec![spec("x", ElementType::F64, &[6], row)],
            "[2, 3] with 2 dimensions is stored, and [6] with 1",
        ),
        (
            vec![spec("x", ElementType::F64, &[2, 3, 1], row)],
            "[2, 3] with 2 dimensions is stored, and [2, 3, 1] with 3",
        ),
        (
            vec![spec("x", ElementType::F64, &[3, 2], row)],
            "they differ in dimension 1 of 2",
        ),
        (
            vec![spec("x", ElementType::F64, &[2, 4], row)],
            "they differ in dimension 2 of 2",
        ),
        (
            vec![spec("x", ElementType::F64, &[2, 3], Order::ColumnMajor)],
            "stored row-major (C), and is protected column-major",
        ),
    ] {
        let e = fits(&specs).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Incompatible);
        assert!(e.to_string().contains(words), "{e}");
    }
    let e = Regions::new().find_in(&file).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);

    let mut two = Regions::new();
    for name in ["x", "surplus"] {
        let s = spec(name, ElementType::U8, &[1], row);
        two.insert(s).unwrap();
    }
    let file = RegionFile::parse(&written(&two, &[vec![1], vec![2]])).unwrap();
    two.remove("surplus");
    let e = two.find_in(&file).unwrap_err();
    assert!(
        e.to_string()
            .contains("`surplus`: it is stored, and not protected"),
        "{e}"
    );
}

// ---- hostile bytes ----

#[test]
fn a_header_that_is_not_utf_8_is_refused_even_where_nobody_reads_it() {
    let header = r#"{"x":{"dtype":"U8","unknown":"?","shape":[0],"data_offsets":[0,0]}}"#;
    assert!(RegionFile::parse(&file_of(header, 0)).is_ok());
    let mut file = file_of(header, 0);
    let at = file.iter().position(|b| *b == b'?').unwrap();
    file[at] = 0xff;
    assert!(refused(&file).contains("utf-8"), "{}", refused(&file));
}

#[test]
fn a_header_that_lies_is_refused_in_words() {
    let x = |shape: &str, from: u64, to: u64| {
        format!(r#"{{"x":{{"dtype":"F64","shape":{shape},"data_offsets":[{from},{to}]}}}}"#)
    };
    let two = |a: &str, b: &str| {
        format!(
            r#"{{"x":{{"dtype":"U8","shape":[4],"data_offsets":{a}}},"y":{{"dtype":"U8","shape":[4],"data_offsets":{b}}}}}"#
        )
    };
    let huge = u64::MAX;
    for (header, bytes, words) in [
        (x("[2]", 0, 16), 15, "1 bytes behind the end"),
        (x("[2]", 0, 16), 17, "1 bytes at its end"),
        (x("[2]", 0, 8), 16, "take 16 bytes, and it lies from 0 to 8"),
        (x("[2]", 16, 0), 16, "leaves a gap"),
        (x("[2]", 8, 24), 24, "leaves a gap"),
        (x("[2]", huge - 15, huge), 16, "leaves a gap"),
        (x("[2]", 0, huge), 16, "lies from 0 to"),
        (
            x("[18446744073709551615]", 0, huge - 7),
            16,
            "exceed the address space",
        ),
        (
            x("[4294967296,4294967296]", 0, 0),
            0,
            "exceed the address space",
        ),
        (
            x("[0,4294967296,4294967296]", 0, 0),
            0,
            "exceed the address space",
        ),
        (
            x("[18446744073709551616]", 0, 16),
            16,
            "its header is wrong",
        ),
        (x("[-2]", 0, 16), 16, "its header is wrong"),
        (x("[2.0]", 0, 16), 16, "its header is wrong"),
        (x("2", 0, 16), 16, "its header is wrong"),
        (
            x(&format!("[{}1]", "1,".repeat(64)), 0, 8),
            8,
            "65 dimensions",
        ),
        (two("[0,4]", "[3,7]"), 7, "`y`: it begins at 3 and overlaps"),
        (two("[0,4]", "[0,4]"), 4, "overlaps"),
        (
            two("[0,4]", "[5,9]"),
            9,
            "`y`: it begins at 5 and leaves a gap",
        ),
        (
            two("[0,4]", "[4,8]").replace(r#""y""#, r#""x""#),
            8,
            "region `x` is there twice",
        ),
        (
            two("[0,4]", "[4,8]").replace(r#""y""#, r#""""#),
            8,
            "the name is empty",
        ),
        (
            x("[2]", 0, 16).replace("F64", "F128"),
            16,
            "type `F128` is not known",
        ),
        (
            x("[1]", 0, 16).replace("F64", "C128"),
            16,
            "type `C128` is not known",
        ),
        (
            x("[3]", 0, 1).replace("F64", "F4"),
            1,
            "do not fill their last byte",
        ),
        (
            x("[2]", 0, 16).replace("dtype", "type"),
            16,
            "missing field `dtype`",
        ),
        (
            r#"{"__metadata__":{"a":"1","a":"2"}}"#.to_owned(),
            0,
            "note `a` is there twice",
        ),
        (
            r#"{"__metadata__":{},"__metadata__":{}}"#.to_owned(),
            0,
            "it has its notes twice",
        ),
        (
            r#"{"__metadata__":{"a":1}}"#.to_owned(),
            0,
            "its header is wrong",
        ),
        (
            r#"{"__metadata__":[]}"#.to_owned(),
            0,
            "its header is wrong",
        ),
        ("{".to_owned(), 1, "its header is wrong"),
        ("{} x".to_owned(), 0, "its header is wrong"),
        (" {}".to_owned(), 0, "does not begin with {"),
        ("[]".to_owned(), 0, "does not begin with {"),
        (
            format!("{}{}", "{\"a\":".repeat(200), "}".repeat(200)),
            0,
            "its header is wrong",
        ),
        (
            format!("{{\"x\":{{\"dtype\":\"U8\",\"a\":{}", "[".repeat(200)),
            0,
            "its header is wrong",
        ),
    ] {
        let text = refused(&file_of(&header, bytes));
        assert!(text.contains(words), "{header}: {text}");
    }
    for (length, file, words) in [
        (
            huge,
            40,
            "is to have 18446744073709551615 bytes, and 32 follow",
        ),
        (33, 40, "is to have 33 bytes, and 32 follow"),
        (0, 40, "does not begin with {"),
        (
            HEADER_BYTES as u64 + 1,
            HEADER_BYTES + 100,
            "are read at most",
        ),
    ] {
        let mut bytes = vec![b'{'; file];
        bytes[..8].copy_from_slice(&u64::to_le_bytes(length));
        let text = refused(&bytes);
        assert!(text.contains(words), "{text}");
    }
    for short in [&[][..], &[0; 7], &[0; 9], b"\x02\0\0\0\0\0\0\0{"] {
        refused(short);
    }
}

#[test]
fn notes_that_contradict_the_arrays_are_refused() {
    let header = |note: &str, dtype: &str, shape: &str, end: usize| {
        format!(
            r#"{{"__metadata__":{{{note}}},"x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{end}]}}}}"#
        )
    };
    for (note, dtype, shape, end, words) in [
        (
            r#""order.x":"K""#,
            "F64",
            "[2]",
            16,
            "its order is noted as `K`",
        ),
        (
            r#""complex.x":"true""#,
            "F64",
            "[3]",
            24,
            "which [3] of F64 cannot be",
        ),
        (
            r#""complex.x":"true""#,
            "F64",
            "[]",
            8,
            "which a scalar of F64 cannot be",
        ),
        (
            r#""complex.x":"true""#,
            "I64",
            "[2]",
            16,
            "which [2] of I64 cannot be",
        ),
    ] {
        let text = refused(&file_of(&header(note, dtype, shape, end), end));
        assert!(text.contains(words), "{text}");
    }
    // What concerns no array is somebody else's.
    let strange = header(r#""order.y":"K","complex.":"""#, "F64", "[2]", 16);
    let file = RegionFile::parse(&file_of(&strange, 16)).unwrap();
    assert_eq!(file.notes().len(), 2);
    let none = RegionFile::parse(&file_of(r#"{"__metadata__":null}  "#, 0)).unwrap();
    assert!(none.regions().is_empty() && none.notes().is_empty());
}
