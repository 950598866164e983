//! Records and artifacts out of JSON of every shape: refused, or read and written alike for ever.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmstart::{ErrorKind, FitArtifact, Record, RecordKind, RECORD_BYTES};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, json)) = bytes.split_first() else {
        return;
    };
    let kind = [
        RecordKind::WarmStart,
        RecordKind::Blocks,
        RecordKind::Artifact,
    ][usize::from(first % 3)];
    let read = match Record::from_json(kind, json) {
        Ok(read) => read,
        Err(why) => {
            assert!(matches!(
                why.kind(),
                ErrorKind::Incompatible | ErrorKind::TooLarge
            ));
            assert!(why.to_string().len() > 20);
            return;
        }
    };
    assert!(json.len() <= RECORD_BYTES && read.kind() == kind);
    // What was read is finite; what cannot be written again is a matrix without its numbers.
    let Ok(written) = read.to_json() else {
        let Record::Artifact(a) = &read else {
            panic!("read, and not to be written: {read:?}");
        };
        assert!(a.terms.iter().any(|t| t.joint_null_rotation.is_some()));
        assert!(a.usability().is_err());
        return;
    };
    let again = Record::from_json(kind, &written).expect("what was written is read");
    assert_eq!(again, read);
    assert_eq!(again.to_json().expect("and written again"), written);
    assert_eq!(again.store_key().ok(), read.store_key().ok());
    match &read {
        // A record either suits itself or says why not; and so it does after it was stored.
        Record::WarmStart(r) => {
            let suits = read.check(&again).is_ok();
            let sound = r.version == 1
                && r.beta.len() as u64 == r.n_cols
                && r.prev_rho.as_ref().is_none_or(|p| p.len() == r.rho.len())
                && r.prev_beta.as_ref().is_none_or(|p| p.len() == r.beta.len());
            assert_eq!(suits, sound);
        }
        Record::Blocks(_) => assert_eq!(read.check(&again).is_ok(), again.check(&read).is_ok()),
        Record::Artifact(a) => transfers(a),
    }
});

/// What is handed on lies in the box, and the rest is as it was.
fn transfers(from: &FitArtifact) {
    let mut to = from.clone();
    to.terms.reverse();
    to.descriptor.term_identities.reverse();
    for term in &mut to.terms {
        term.rho_for_term.iter_mut().for_each(|r| *r = 0.5);
    }
    let before = to.clone();
    if to.transfer_from(from).is_err() {
        assert!(from.usability().is_err());
        return assert_eq!(to, before);
    }
    for (term, was) in to.terms.iter().zip(&before.terms) {
        let source = term.source.map(|at| &from.terms[at as usize]);
        assert!(source.is_none_or(|s| s.identity == term.identity));
        assert_eq!((&term.raw_beta, term.role), (&was.raw_beta, was.role));
        for (at, rho) in term.rho_for_term.iter().enumerate() {
            let taught = source.map(|s| s.rho_for_term[at]).filter(|r| r.abs() < 9.0);
            assert_eq!(*rho, taught.map_or(0.5, |r| r.clamp(-8.0, 8.0)));
        }
    }
}
