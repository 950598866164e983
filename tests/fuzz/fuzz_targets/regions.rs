//! The reader of regions, against the format's own implementation: what is read here is read there, and
//! is the same; and what was read is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use safetensors::SafeTensors;
use warmstart::{ErrorKind, RegionFile, Regions};

fuzz_target!(|bytes: &[u8]| {
    let Some((how, rest)) = bytes.split_first() else {
        return;
    };
    let file = match how % 4 {
        // A file as it is.
        0 => rest.to_vec(),
        // A header of the length that it has, and so many bytes of arrays.
        n => {
            let mut file = (rest.len() as u64).to_le_bytes().to_vec();
            file.extend_from_slice(rest);
            file.resize(file.len() + usize::from(how / 4) * usize::from(n), *how);
            file
        }
    };
    let read = match RegionFile::parse(&file) {
        Ok(read) => read,
        Err(e) => {
            assert_eq!(e.kind(), ErrorKind::Incompatible);
            return;
        }
    };
    let theirs = SafeTensors::deserialize(&file).expect("what is read here is read there");
    assert_eq!(theirs.len(), read.regions().len());
    let mut end = file.len()
        - read
            .regions()
            .iter()
            .map(|r| r.range().len())
            .sum::<usize>();
    let mut regions = Regions::new();
    for (i, region) in read.regions().iter().enumerate() {
        let spec = region.spec();
        assert_eq!(region.range().start, end, "a gap, or an overlap");
        end = region.range().end;
        assert_eq!(region.range().len(), spec.bytes());
        assert_eq!(read.position(spec.name()), Some(i));
        let view = theirs.tensor(spec.name()).expect("of that name");
        assert_eq!(view.data(), &file[region.range()]);
        let elements: usize = view.shape().iter().product();
        let parts = if view.dtype().to_string() == spec.element().name() {
            1
        } else {
            2
        };
        assert_eq!(elements as u64, spec.elements() * parts);
        assert_eq!(
            regions
                .insert(spec.clone())
                .expect("there was room for all"),
            i
        );
    }
    assert_eq!(end, file.len());
    if regions.specs().is_empty() {
        return;
    }
    for (key, value) in read.notes() {
        // The library's own notes are not the caller's.
        let _ = regions.set_note(key, value);
    }
    let mut written = Vec::new();
    let data = |i: usize| &file[read.regions()[i].range()];
    regions
        .write(data, Some(0.5), None, &mut written)
        .expect("what was read can be written");
    let again = RegionFile::parse(&written).expect("what was written can be read");
    let places = regions.find_in(&again).expect("the same regions");
    for (i, place) in places.into_iter().enumerate() {
        assert_eq!(&written[place], data(i));
    }
    assert!(SafeTensors::deserialize(&written).is_ok());
});
