//! Checkpoint intervals in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::status::{WARM_INTERVAL_DALY, WARM_INTERVAL_YOUNG};
use crate::session::IntervalFormula;

/// The formula a caller names.
pub(crate) fn interval_formula(formula: i32) -> Result<IntervalFormula, Error> {
    let known = match formula {
        WARM_INTERVAL_YOUNG => Some(IntervalFormula::Young),
        WARM_INTERVAL_DALY => Some(IntervalFormula::Daly),
        _ => None,
    };
    args::constant("formula", "WARM_INTERVAL", formula, known)
}

/// Seconds of work between the end of a checkpoint and the next that cost the least time, where a durable
/// checkpoint takes `cost_seconds` and failures come at random, every `mean_time_between_failures` seconds
/// on average. `formula`: `WARM_INTERVAL_YOUNG` or `WARM_INTERVAL_DALY`. A session computes it from what
/// it measures: `warm_session_options_set_mean_time_between_failures`. Any thread.
///
/// `WARM_ERR_INVALID`: NULL, another formula, a cost that is negative or not finite, or a mean time that
/// is not above 0.
#[no_mangle]
pub unsafe extern "C" fn warm_interval_seconds(
    formula: i32,
    cost_seconds: f64,
    mean_time_between_failures: f64,
    seconds: *mut f64,
) -> i32 {
    call("warm_interval_seconds", || {
        // SAFETY: the caller passes room for a number.
        let out = unsafe { args::out("seconds", seconds)? };
        let formula = interval_formula(formula)?;
        out.write(formula.seconds(cost_seconds, mean_time_between_failures)?);
        Ok(OK)
    })
}
