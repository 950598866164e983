//! The command `warmstart`: looks into a store, checks and mends it, and tidies it up.
//!
//! It uses the library's public interface alone. What it prints goes to standard output, one JSON document
//! per line where that is asked for; progress and errors go to standard error.

mod args;
mod bench;
mod cat;
mod check;
mod export;
mod find;
mod import;
mod ls;
mod output;
mod plot;
#[cfg(feature = "remote")]
mod prefetch;
#[cfg(feature = "remote")]
mod remote;
mod show;
mod stats;
mod tidy;
mod top;
mod why;

use args::{Arguments, Command};
use clap::{CommandFactory, Parser};
use output::Output;
use std::io::{self, Write};
use std::process::ExitCode;
use warmstart::{Error, ErrorKind, Store, StoreOptions};

/// How a command ended that did not fail.
enum Ended {
    Well,
    /// Nothing was found, or what was checked is damaged.
    Badly,
}

type Result<T, E = Error> = std::result::Result<T, E>;

/// Nothing was found, or damage was.
const BADLY: u8 = 1;
/// It could not be done. 2 is for arguments that are none.
const FAILED: u8 = 3;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::new(&arguments.common);
    let ended = run(&arguments, &mut output).and_then(|ended| {
        output.finish()?;
        Ok(ended)
    });
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Badly) => ExitCode::from(BADLY),
        // Whoever reads has seen enough.
        Err(e) if output.is_closed() => {
            drop(e);
            ExitCode::SUCCESS
        }
        Err(e) => {
            let _ = writeln!(io::stderr(), "warmstart: {e}");
            ExitCode::from(FAILED)
        }
    }
}

fn run(arguments: &Arguments, output: &mut Output) -> Result<Ended> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Ls(a) => ls::run(&reader(common)?, a, output),
        Command::Show(a) => show::run(&reader(common)?, a, output),
        Command::Cat(a) => cat::run(&reader(common)?, a, output),
        Command::Plot(a) => plot::run(&reader(common)?, a, output),
        Command::Why(a) => why::run(&reader(common)?, a, output),
        Command::Stats => stats::run(&limited(common, true)?, output),
        Command::Verify(a) => check::verify(&reader(common)?, a, output),
        Command::Repair(a) => check::repair(&limited(common, false)?, a, output),
        Command::Gc(a) => check::gc(&limited(common, a.dry_run)?, a, output),
        Command::Rm(a) => tidy::rm(&reader(common)?, &limited(common, a.dry_run)?, a, output),
        Command::Pin(a) => tidy::pin(&reader(common)?, &limited(common, false)?, a, true, output),
        Command::Unpin(a) => {
            tidy::pin(&reader(common)?, &limited(common, false)?, a, false, output)
        }
        Command::Export(a) => export::run(&reader(common)?, a, output),
        Command::Import(a) => {
            let store = Store::open(common.root.as_deref(), &StoreOptions::new())?;
            import::run(&store, a, output)
        }
        Command::Top(a) => top::run(&reader(common)?, a, output),
        #[cfg(feature = "remote")]
        Command::Remote(a) => remote::run(common, a, output),
        #[cfg(feature = "remote")]
        Command::Prefetch(a) => prefetch::run(common, a, output),
        Command::Bench(a) => bench::run(common, a, output),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command, "warmstart", &mut text);
            output.bytes(&text)?;
            Ok(Ended::Well)
        }
        Command::Man { directory } => man(directory.as_deref(), output),
    }
}

/// The store as someone who only looks wants it: nothing is written, and nothing is hidden for its age.
fn reader(common: &args::Common) -> Result<Store> {
    let mut options = StoreOptions::new();
    options.read_only(true).ttl_seconds(0.0)?;
    Store::open(common.root.as_deref(), &options)
}

/// The store with the limits that it has recorded. One that is not there is not made.
fn limited(common: &args::Common, read_only: bool) -> Result<Store> {
    let mut options = StoreOptions::new();
    options.read_only(true);
    Store::open(common.root.as_deref(), &options)?;
    options.read_only(read_only);
    Store::open(common.root.as_deref(), &options)
}

/// The manual page, or one for each command below `directory`.
fn man(directory: Option<&std::path::Path>, output: &mut Output) -> Result<Ended> {
    match directory {
        Some(directory) => {
            clap_mangen::generate_to(Arguments::command(), directory).map_err(|e| {
                failed(
                    format!("writing manual pages below {}", directory.display()),
                    e,
                )
            })?
        }
        None => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Arguments::command())
                .render(&mut text)
                .map_err(|e| failed("writing the manual page", e))?;
            output.bytes(&text)?;
        }
    }
    Ok(Ended::Well)
}

/// A failure of the system's.
fn failed(attempt: impl Into<std::borrow::Cow<'static, str>>, e: io::Error) -> Error {
    Error::from_io(attempt, e)
}

/// What was asked for cannot be meant.
fn invalid(attempt: String, reason: impl Into<String>, advice: &'static str) -> Error {
    Error::new(ErrorKind::Invalid, attempt, reason.into(), advice)
}
