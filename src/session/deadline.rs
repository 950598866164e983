//! When the job ends, as the caller or the scheduler says.

use std::path::Path;
use std::time::Duration;

/// As the caller named it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Deadline {
    /// After the session was opened.
    After(Duration),
    /// Unix seconds.
    Unix(i64),
}

/// Who set a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeadlineSource {
    /// The caller, by an option.
    Caller,
    /// `WARMSTART_DEADLINE`, Unix seconds: what a job script can set under any scheduler.
    Environment,
    /// Slurm: `SLURM_JOB_END_TIME`, Unix seconds.
    Slurm,
    /// Cobalt: `COBALT_ENDTIME`, Unix seconds.
    Cobalt,
    /// OAR: `OAR_JOB_WALLTIME_SECONDS` after the node file, `OAR_NODE_FILE`, was written, which is when
    /// the job began.
    Oar,
}

impl DeadlineSource {
    /// Where it was read, in words.
    pub(super) fn name(self) -> &'static str {
        match self {
            DeadlineSource::Caller => "the session's options",
            DeadlineSource::Environment => "WARMSTART_DEADLINE",
            DeadlineSource::Slurm => "SLURM_JOB_END_TIME",
            DeadlineSource::Cobalt => "COBALT_ENDTIME",
            DeadlineSource::Oar => "OAR_JOB_WALLTIME_SECONDS",
        }
    }
}

/// The earliest end that the environment names, in Unix seconds. What is no number is passed over, and
/// so is what a scheduler says has passed already: it is the environment of another job.
///
/// PBS, Grid Engine, LSF, HTCondor and Flux name no end in the environment: PBS and Torque at most a
/// length without a beginning, the others answer only their own commands. `WARMSTART_DEADLINE`, or the
/// signal they send before the end, serves there.
pub(super) fn from_environment(
    variable: impl Fn(&str) -> Option<String>,
    modified: impl Fn(&Path) -> Option<i64>,
    now: i64,
) -> Option<(i64, DeadlineSource)> {
    use DeadlineSource::{Cobalt, Environment, Oar, Slurm};
    let number = |name: &str| variable(name)?.trim().parse::<i64>().ok();
    let own = number(Environment.name()).map(|at| (at, Environment));
    let oar = || {
        let length = number(Oar.name())?;
        let file = variable("OAR_NODE_FILE").or_else(|| variable("OAR_NODEFILE"))?;
        modified(Path::new(&file))?.checked_add(length)
    };
    let schedulers = [
        (number(Slurm.name()), Slurm),
        (number(Cobalt.name()), Cobalt),
        (oar(), Oar),
    ];
    schedulers
        .into_iter()
        .filter_map(|(at, source)| Some((at?, source)))
        .filter(|(at, _)| *at > now)
        .chain(own)
        .min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Option<(i64, DeadlineSource)> {
        let get = |name: &str| {
            let hit = variables.iter().find(|(n, _)| *n == name);
            hit.map(|(_, v)| (*v).to_owned())
        };
        from_environment(get, |p| (p == Path::new("/nodes")).then_some(1000), 1500)
    }

    #[test]
    fn each_scheduler_is_understood_and_the_earliest_end_counts() {
        use DeadlineSource::*;
        assert_eq!(found(&[]), None);
        assert_eq!(
            found(&[("SLURM_JOB_END_TIME", "2000")]),
            Some((2000, Slurm))
        );
        assert_eq!(
            found(&[("COBALT_ENDTIME", " 1900\n")]),
            Some((1900, Cobalt))
        );
        let oar = [
            ("OAR_JOB_WALLTIME_SECONDS", "800"),
            ("OAR_NODE_FILE", "/nodes"),
        ];
        assert_eq!(found(&oar), Some((1800, Oar)));
        assert_eq!(
            found(&[
                ("WARMSTART_DEADLINE", "1700"),
                ("SLURM_JOB_END_TIME", "2000")
            ]),
            Some((1700, Environment))
        );
    }

    #[test]
    fn nonsense_and_the_environment_of_a_job_that_has_ended_are_passed_over() {
        for (name, value) in [
            ("SLURM_JOB_END_TIME", "Unknown"),
            ("SLURM_JOB_END_TIME", ""),
            ("SLURM_JOB_END_TIME", "1500"),
            ("COBALT_ENDTIME", "99999999999999999999"),
            ("OAR_JOB_WALLTIME_SECONDS", "800"),
            ("WARMSTART_DEADLINE", "12:00"),
        ] {
            assert_eq!(found(&[(name, value)]), None, "{name}={value}");
        }
        let gone = [
            ("OAR_JOB_WALLTIME_SECONDS", "800"),
            ("OAR_NODE_FILE", "/gone"),
        ];
        assert_eq!(found(&gone), None);
        // What the caller's own script says is believed.
        let passed = found(&[("WARMSTART_DEADLINE", "1400")]);
        assert_eq!(passed, Some((1400, DeadlineSource::Environment)));
    }
}
