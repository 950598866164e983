//! What a run was asked to do.

use crate::{Result, SIZES};
use std::path::{Path, PathBuf};

pub const USAGE: &str = "\
usage: bench [--quick] [--seconds N] [--root DIR] [--only PARTS] [--markdown FILE] [--svg FILE]
       bench --perform NAME [--count N] [--size BYTES] [--root DIR]

  --quick           hardly any rounds, small stores: shows that everything runs, measures nothing
  --seconds N       time for a large group of timings, of which there are five; default 12
  --root DIR        where to write; default: beside the executable. What is written is removed.
  --only PARTS      some of sizes,calls,scale,processes,blobs,hits; default all
  --markdown FILE   write the tables there as well
  --svg FILE        draw the curves
  --perform NAME    perform only N operations of one name, for strace(1) or perf(1):
                    session, save, background, process, sqlite-full, sqlite-normal, lmdb, redb,
                    cacache, durable-file, file, overwrite, sha256, memcpy,
                    lookup, lookup-c, into, lookup-disk, should, queued-loop, queued-sleep, queued-idle
  --count N         default 1000
  --size BYTES      default 4096";

#[derive(Clone, Copy, PartialEq)]
pub enum Part {
    Sizes,
    Calls,
    Scale,
    Processes,
    Blobs,
    Hits,
}

impl Part {
    fn named(name: &str) -> Result<Part> {
        match name {
            "sizes" => Ok(Part::Sizes),
            "calls" => Ok(Part::Calls),
            "scale" => Ok(Part::Scale),
            "processes" => Ok(Part::Processes),
            "blobs" => Ok(Part::Blobs),
            "hits" => Ok(Part::Hits),
            _ => Err(format!("there is no part {name:?}\n{USAGE}").into()),
        }
    }
}

pub struct Arguments {
    pub root: PathBuf,
    pub seconds: f64,
    pub quick: bool,
    only: Option<Vec<Part>>,
    pub markdown: Option<PathBuf>,
    pub svg: Option<PathBuf>,
    pub perform: Option<String>,
    pub count: u64,
    pub size: usize,
}

impl Arguments {
    /// `None` when help was asked for.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Arguments>> {
        let executable = std::env::current_exe()?;
        let mut arguments = Arguments {
            root: executable.parent().unwrap_or(Path::new(".")).to_owned(),
            seconds: 12.0,
            quick: false,
            only: None,
            markdown: None,
            svg: None,
            perform: None,
            count: 1000,
            size: SIZES[0],
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => {
                    arguments.quick = true;
                    arguments.seconds = 0.1;
                }
                "--root" => arguments.root = value()?.into(),
                "--seconds" => arguments.seconds = seconds(&value()?)?,
                "--only" => {
                    let parts = value()?
                        .split(',')
                        .map(Part::named)
                        .collect::<Result<_>>()?;
                    arguments.only = Some(parts);
                }
                "--markdown" => arguments.markdown = Some(value()?.into()),
                "--svg" => arguments.svg = Some(value()?.into()),
                "--perform" => arguments.perform = Some(value()?),
                "--count" => arguments.count = value()?.parse()?,
                "--size" => arguments.size = value()?.parse()?,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("what is {word:?}?\n{USAGE}").into()),
            }
        }
        Ok(Some(arguments))
    }

    pub fn wants(&self, part: Part) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&part))
    }
}

fn seconds(text: &str) -> Result<f64> {
    match text.parse()? {
        seconds if (0.0..1e6).contains(&seconds) => Ok(seconds),
        _ => Err(format!("{text} is no number of seconds").into()),
    }
}
