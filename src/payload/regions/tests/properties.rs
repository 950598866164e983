//! Whatever a state is made of, and whatever becomes of its bytes.

use super::written;
use crate::key::Order;
use crate::payload::{ElementType, RegionFile, RegionSpec, Regions};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::SafeTensors;
use std::collections::HashMap;

fn elements() -> impl Strategy<Value = ElementType> {
    proptest::sample::select(ElementType::all().collect::<Vec<_>>())
}

fn orders() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::RowMajor), Just(Order::ColumnMajor)]
}

fn specs() -> impl Strategy<Value = RegionSpec> {
    let name = prop_oneof!["[a-c]", "\\PC{1,8}", "[\"\\\\\u{1}-\u{20}]{1,5}"];
    let dims = proptest::collection::vec(0u64..5, 0..4);
    (name, elements(), dims, orders()).prop_filter_map("no such region", |(n, e, d, o)| {
        RegionSpec::new(&n, e, &d, o).ok()
    })
}

type Model = (Regions, Vec<Vec<u8>>);

fn models() -> impl Strategy<Value = Model> {
    let notes = proptest::collection::btree_map("\\PC{1,6}", ".{0,12}", 0..4);
    let all = proptest::collection::vec(specs(), 1..8);
    (all, notes, any::<u64>()).prop_map(|(all, notes, seed)| {
        let mut regions = Regions::new();
        for s in all {
            regions.insert(s).unwrap();
        }
        for (k, v) in notes {
            let _ = regions.set_note(&k, &v);
        }
        let mut x = seed | 1;
        let mut byte = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (x >> 56) as u8
        };
        let bytes = |s: &RegionSpec| (0..s.bytes()).map(|_| byte()).collect();
        let data = regions.specs().iter().map(bytes).collect();
        (regions, data)
    })
}

proptest! {
    #[test]
    fn what_is_written_is_found_again_here_and_there((regions, data) in models()) {
        let payload = written(&regions, &data);
        let file = RegionFile::parse(&payload).unwrap();
        let places = regions.find_in(&file).unwrap();
        for (place, bytes) in places.into_iter().zip(&data) {
            prop_assert_eq!(&payload[place], &bytes[..]);
        }
        let theirs = SafeTensors::deserialize(&payload).unwrap();
        prop_assert_eq!(theirs.len(), regions.specs().len());
        for (s, bytes) in regions.specs().iter().zip(&data) {
            let view = theirs.tensor(s.name()).unwrap();
            prop_assert_eq!(view.data(), &bytes[..]);
            let shape: Vec<u64> = view.shape().iter().map(|n| *n as u64).collect();
            prop_assert_eq!(shape, s.stored_dims().collect::<Vec<_>>());
            prop_assert_eq!(view.dtype().to_string(), s.stored_element().name());
        }
        for (key, value) in regions.notes() {
            prop_assert!(file.notes().contains(&(key.to_owned(), value.to_owned())));
        }
        // Twice the same: nothing in it is by chance.
        prop_assert_eq!(written(&regions, &data), payload);
    }

    #[test]
    fn what_the_other_implementation_writes_is_read_here((regions, data) in models()) {
        let views: Vec<(String, TensorView)> = regions.specs().iter().zip(&data)
            .map(|(s, bytes)| {
                let dtype: Dtype = serde_json::from_value(s.stored_element().name().into()).unwrap();
                let shape = s.stored_dims().map(|n| n as usize).collect();
                (s.name().to_owned(), TensorView::new(dtype, shape, bytes).unwrap())
            })
            .collect();
        let notes: HashMap<String, String> = regions.specs().iter()
            .flat_map(|s| [
                (s.order() == Order::ColumnMajor).then(|| (format!("order.{}", s.name()), "F".to_owned())),
                s.element().part().map(|_| (format!("complex.{}", s.name()), String::new())),
            ])
            .flatten()
            .collect();
        let payload = safetensors::serialize(views, Some(notes)).unwrap();
        let file = RegionFile::parse(&payload).unwrap();
        for (place, bytes) in regions.find_in(&file).unwrap().into_iter().zip(&data) {
            prop_assert_eq!(&payload[place], &bytes[..]);
        }
    }

    #[test]
    fn damage_is_refused_or_is_a_file_there_too(
        (regions, data) in models(),
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut payload = written(&regions, &data);
        let header = payload.len() - regions.bytes();
        for (at, byte) in hits {
            payload[at.index(header)] = byte;
        }
        if let Some(cut) = cut {
            payload.truncate(cut.index(payload.len() + 1));
        }
        if let Ok(file) = RegionFile::parse(&payload) {
            let theirs = SafeTensors::deserialize(&payload);
            prop_assert!(theirs.is_ok(), "{:?}", theirs.err());
            let theirs = theirs.unwrap();
            prop_assert_eq!(theirs.len(), file.regions().len());
            for r in file.regions() {
                prop_assert_eq!(theirs.tensor(r.spec().name()).unwrap().data(), &payload[r.range()]);
            }
        }
    }
}
