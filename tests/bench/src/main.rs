//! libwarmstart beside its rivals: replacing and looking up, at many sizes, with many keys and by many
//! processes, in one run on one disk.
//!
//! ```text
//! cargo run --release --manifest-path tests/bench/Cargo.toml
//! ```
//!
//! Nothing is asserted of time: what is printed are medians and ratios, to be judged beside the
//! machine they were measured on.

mod allocations;
mod arguments;
mod blobs;
mod cabi;
mod calls;
mod child;
mod hit_ratio;
mod lookups;
mod machine;
mod measure;
mod operation;
mod ours;
mod plain;
mod plot;
mod policies;
mod processes;
mod random;
mod replacement;
mod report;
mod rivals;
mod rscript;
mod scale;
mod site;
mod syscalls;
mod tracer;

use arguments::{Arguments, Part};
use measure::Effort;
use random::Random;
use report::Report;
use site::Scratch;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

type Error = Box<dyn std::error::Error>;
type Result<T> = std::result::Result<T, Error>;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

const SIZES: [usize; 4] = [4 << 10, 64 << 10, 1 << 20, 16 << 20];

/// What every part of a run needs.
pub struct Bench {
    seconds: f64,
    quick: bool,
    random: Random,
}

impl Bench {
    /// Of a group of timings, which may take this share of the time that a whole one has.
    fn effort(&self, share: f64) -> Effort {
        Effort {
            limit: Duration::from_secs_f64(self.seconds(share)),
            fewest: self.few(20),
            warm_ups: self.few(4),
            in_a_row: 1,
        }
    }

    fn seconds(&self, share: f64) -> f64 {
        self.seconds * share
    }

    /// So many, or hardly any when it has to be quick.
    fn few(&self, many: usize) -> usize {
        if self.quick {
            many.min(2)
        } else {
            many
        }
    }

    /// Numbers of keys.
    fn scale(&self) -> Vec<usize> {
        let every = [100, 1_000, 10_000, 100_000];
        every[..if self.quick { 2 } else { 4 }].to_vec()
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.first().map(String::as_str) {
        Some(child::FLAG) => child::run(&words[1..]),
        _ => Arguments::parse(words.into_iter()).and_then(|arguments| match arguments {
            Some(arguments) => run(&arguments),
            None => {
                println!("{}", arguments::USAGE);
                Ok(())
            }
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("bench: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let scratch = Scratch::below(&arguments.root)?;
    let dir = &scratch.0;
    if let Some(name) = &arguments.perform {
        let took = syscalls::perform(name, &dir.join("site"), arguments.size, arguments.count)?;
        println!("median {} µs", report::figure(took));
        return Ok(());
    }
    let machine = machine::describe(dir)?;
    let mut bench = Bench {
        seconds: arguments.seconds,
        quick: arguments.quick,
        random: Random::new(1),
    };
    let mut report = Report::default();
    let mut panels = Vec::new();
    if arguments.wants(Part::Sizes) {
        panels.push(by_size(&mut bench, dir, &mut report)?);
    }
    if arguments.wants(Part::Calls) {
        say("polls, allocations and system calls");
        calls::measure(&mut bench, dir, &mut report)?;
        syscalls::count(&bench, dir, &mut report)?;
    }
    if arguments.wants(Part::Scale) {
        let medians = scale::measure(&mut bench, dir, &mut report)?;
        panels.push(scale::panel(&medians));
    }
    if arguments.wants(Part::Processes) {
        say("many processes");
        processes::measure(&mut bench, dir, &mut report)?;
    }
    if arguments.wants(Part::Blobs) {
        say("the blob cache");
        blobs::measure(&mut bench, dir, &mut report)?;
    }
    if arguments.wants(Part::Hits) {
        say("hits by eviction policy");
        hit_ratio::measure(&bench, &mut report);
    }

    let introduction = format!(
        "# libwarmstart beside its rivals\n\n{machine}\n- load after: {}",
        machine::load()
    );
    let mut document = report.document(&introduction);
    if machine::file_system(dir).is_some_and(|f| f == "tmpfs") {
        document +=
            "\nThis root lies in memory: nothing is durable here, and no figure means anything.\n";
    }
    println!("{document}");
    if let Some(path) = &arguments.markdown {
        std::fs::write(path, document)?;
    }
    if let Some(path) = &arguments.svg {
        plot::draw(path, &machine::in_a_line(dir)?, &panels)?;
    }
    say("removing what was written");
    Ok(())
}

fn say(part: &str) {
    eprintln!("bench: {part} ...");
}

/// Everything that depends on the payload's size.
fn by_size(bench: &mut Bench, dir: &Path, report: &mut Report) -> Result<plot::Panel> {
    let (mut saves, mut reads) = (Vec::new(), Vec::new());
    let (mut queued, mut first) = (Vec::new(), Vec::new());
    let passes = if bench.quick { 1 } else { replacement::PASSES };
    for pass in 1..=passes {
        for size in SIZES {
            say(&format!("{}, {pass} of {passes}", report::bytes(size)));
            let site = dir.join(size.to_string());
            replacement::measure(bench, &site, size, &mut saves, &mut reads, &mut queued)?;
            lookups::measure_first(bench, &site, size, &mut first)?;
            std::fs::remove_dir_all(site)?;
        }
    }
    replacement::describe(report, &saves)?;
    rscript::measure(bench, dir, report)?;
    syscalls::break_down(bench, dir, &saves, report)?;
    lookups::describe(report, &reads, &first, &queued)?;
    Ok(replacement::panel(&saves))
}
