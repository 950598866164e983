//! What is to be written: there already, or made only when it is written.

use crate::error::Result;

/// Makes a payload in a buffer, whose contents it replaces.
pub(crate) type Build<'a> = dyn FnMut(&mut Vec<u8>) -> Result<()> + 'a;

/// A payload.
pub(crate) enum Contents<'a> {
    Bytes(&'a [u8]),
    /// Called at most once, in the caller's thread, and not at all when the rate limit holds the
    /// checkpoint back.
    Built(&'a mut Build<'a>),
}
