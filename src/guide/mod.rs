//! The guide: what the library is, page by page, after `README.md` and before the header.
//!
//! | page | for whoever |
//! |---|---|
//! | [`concepts`] | wants to know what the words mean, and what is written when |
//! | [`guarantees`] | wants to know what is promised, what holds it, and what is not promised |
//! | [`format`](mod@format) | reads or writes the directories with another program |
//! | [`integrate`] | puts it into an engine: by language, by solver |
//! | [`cache`] | wants computed bytes kept, not fits: the blob cache |
//! | [`operations`] | runs it on clusters, in containers, on shared file systems |
//! | [`scale`] | shares one bucket among many machines, and pays for it |
//! | [`limits`] | wants the numbers |
//! | [`upgrade`] | has stores and programs that are to outlive a version |
//! | [`changelog`] | has used it before |
//!
//! Each page is a Markdown file beside this one, which reads the same on a code host. Whatever is shown as
//! code there is compiled, and run where it is a whole program, by `tests/run.sh`. The state of particular
//! solvers, as lists of arrays, is in [`recipes`](crate::recipes).

// `links.md` says where links lead in here. At the end of each page they are defined a second time, for
// who reads the file: of two definitions the first holds.

#[doc = include_str!("links.md")]
#[doc = include_str!("concepts.md")]
pub mod concepts {}

#[doc = include_str!("links.md")]
#[doc = include_str!("guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("links.md")]
#[doc = include_str!("format.md")]
pub mod format {}

#[doc = include_str!("links.md")]
#[doc = include_str!("integrate.md")]
pub mod integrate {}

#[doc = include_str!("links.md")]
#[doc = include_str!("cache.md")]
pub mod cache {}

#[doc = include_str!("links.md")]
#[doc = include_str!("operations.md")]
pub mod operations {}

#[doc = include_str!("links.md")]
#[doc = include_str!("scale.md")]
pub mod scale {}

#[doc = include_str!("links.md")]
#[doc = include_str!("limits.md")]
pub mod limits {}

#[doc = include_str!("links.md")]
#[doc = include_str!("upgrade.md")]
pub mod upgrade {}

#[doc = include_str!("links.md")]
#[doc = include_str!("changelog.md")]
pub mod changelog {}
