//! What is timed.

use crate::Result;

/// Whose an operation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    Ours,
    Rivals,
    /// No rival: a lower bound, which promises less.
    Yardstick,
}

/// A run that was handed what it has to write or to find. It answers the microseconds after which
/// its caller was free to go on, where that is before everything was durable.
type Run<'a> = Box<dyn FnMut(&[u8]) -> Result<Option<f64>> + 'a>;

/// One thing to time.
pub struct Operation<'a> {
    /// For the command line.
    pub id: &'static str,
    pub title: &'static str,
    pub whose: Whose,
    /// How often a run does what is timed; the time is divided by it.
    pub calls: u32,
    /// Data are left that nobody asked to be synced.
    pub leaves_data: bool,
    pub run: Run<'a>,
    /// Done after each run, untimed.
    pub after: Option<Box<dyn FnMut() -> Result<()> + 'a>>,
}

impl<'a> Operation<'a> {
    pub fn new(
        whose: Whose,
        id: &'static str,
        title: &'static str,
        mut run: impl FnMut(&[u8]) -> Result<()> + 'a,
    ) -> Operation<'a> {
        Operation::in_two(whose, id, title, move |payload| run(payload).map(|()| None))
    }

    /// One whose caller is free before it is over.
    pub fn in_two(
        whose: Whose,
        id: &'static str,
        title: &'static str,
        run: impl FnMut(&[u8]) -> Result<Option<f64>> + 'a,
    ) -> Operation<'a> {
        Operation {
            id,
            title,
            whose,
            calls: 1,
            leaves_data: false,
            run: Box::new(run),
            after: None,
        }
    }

    /// One too short for the clock: its `run` does it `calls` times.
    pub fn batch(
        whose: Whose,
        id: &'static str,
        title: &'static str,
        calls: u32,
        mut once: impl FnMut(&[u8]) -> Result<()> + 'a,
    ) -> Operation<'a> {
        let run = move |payload: &[u8]| (0..calls).try_for_each(|_| once(payload));
        Operation {
            calls,
            ..Operation::new(whose, id, title, run)
        }
    }

    pub fn leaving_data(self) -> Operation<'a> {
        Operation {
            leaves_data: true,
            ..self
        }
    }

    pub fn followed_by(self, after: impl FnMut() -> Result<()> + 'a) -> Operation<'a> {
        Operation {
            after: Some(Box::new(after)),
            ..self
        }
    }

    /// A run with what follows it.
    pub fn whole(&mut self, payload: &[u8]) -> Result<()> {
        (self.run)(payload)?;
        self.after.as_mut().map_or(Ok(()), |after| after())
    }
}
