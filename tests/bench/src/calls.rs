//! Polls too short for any clock.

use crate::measure::{self, Payloads};
use crate::operation::{Operation, Whose};
use crate::report::{self, Report, Table};
use crate::{cabi, Bench, Result};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use warmstart::Key;

const CALLS: u32 = 20_000;

pub fn measure(bench: &mut Bench, dir: &Path, report: &mut Report) -> Result<()> {
    let store = cabi::Store::open(&dir.join("polls"))?;
    let mut session = store.session(Key::from_bytes([1; 32]), true, 3600.0)?;
    session.queue(b"a state")?;
    session.flush()?;
    let answered = |expected: i32, objective: f64| {
        let session = &session;
        move |_: &[u8]| match session.should_checkpoint(black_box(&objective)) {
            answer if answer == expected => Ok(()),
            answer => Err(format!("warm_session_should_checkpoint answered {answer}").into()),
        }
    };
    let not_due = "`warm_session_should_checkpoint`, not due";
    let due = "`warm_session_should_checkpoint`, an improvement";
    let mut operations = vec![
        Operation::batch(Whose::Ours, "not-due", not_due, CALLS, answered(0, 1.0)),
        Operation::batch(Whose::Ours, "due", due, CALLS, answered(1, -1e9)),
        Operation::batch(
            Whose::Ours,
            "stop",
            "`warm_session_should_stop`, with a deadline",
            CALLS,
            |_| match session.should_stop() {
                0 => Ok(()),
                answer => Err(format!("warm_session_should_stop answered {answer}").into()),
            },
        ),
        Operation::batch(
            Whose::Yardstick,
            "empty",
            "_the emptiest call_",
            CALLS,
            |_| {
                black_box(warmstart::ffi::warm_abi_version());
                Ok(())
            },
        ),
        Operation::batch(
            Whose::Yardstick,
            "coarse",
            "_a coarse clock_",
            CALLS,
            |_| {
                let mut now = libc::timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                };
                // SAFETY: room for the time.
                unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &mut now) };
                black_box(now.tv_nsec);
                Ok(())
            },
        ),
        Operation::batch(
            Whose::Yardstick,
            "precise",
            "_the precise clock_",
            CALLS,
            |_| {
                black_box(Instant::now());
                Ok(())
            },
        ),
    ];
    let effort = bench.effort(0.2);
    let random = &mut bench.random;
    let timed = measure::rounds(
        &mut operations,
        effort,
        &mut [],
        Payloads::Same,
        random,
        None,
    )?;
    report.heading("Polls");
    let mut table = Table::new(&["poll", "median of batches, ns", "99th percentile"]);
    for (operation, timed) in operations.iter().zip(&timed) {
        let nanos = |micros: f64| report::figure(micros * 1e3);
        table.row(vec![
            operation.title.to_owned(),
            nanos(timed.whole.median()),
            nanos(timed.whole.p99()),
        ]);
        if operation.whose == Whose::Ours {
            report.target(operation.title, timed.whole.median() * 1e3, 20.0, " ns");
        }
    }
    report.table(&table);
    Ok(())
}
