//! What can be asked for.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Look into, check, mend and plot stores of checkpoints.
///
/// A KEY is the 64 hexadecimal digits of a fingerprint, or as many of its first ones as tell it from the
/// others (at least 4). An ENTRY is a run under a key: KEY/RUN, RUN too as far as it takes. Where a KEY will
/// do for an ENTRY, its best run is meant.
#[derive(Parser)]
#[command(
    name = "warmstart",
    version,
    max_term_width = 100,
    after_long_help = "EXIT STATUS\n  0  done\n  1  nothing was found, or what was checked is damaged\n  2  the \
                       arguments make no sense\n  3  it could not be done; standard error says why and what to \
                       do\n\nEXAMPLES\n  warmstart ls --sort size --limit 20\n  warmstart show 3f9a\n  warmstart plot \
                       3f9a --out fit.svg\n  warmstart gc --dry-run\n  warmstart cat 3f9a --region beta > \
                       beta.raw"
)]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Args)]
pub struct Common {
    /// The store's directory; unless named, that of WARMSTART_DIR, else the user's own.
    #[arg(long, short, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// One JSON document per line instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Colours; NO_COLOR is honoured as well.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On terminals.
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub enum Command {
    /// List the keys, or the runs under one.
    Ls(Ls),
    /// Everything about a key or an entry.
    Show(Show),
    /// An entry's payload, byte for byte, or one region of it.
    Cat(Cat),
    /// Objective against iteration or time: as SVG or PNG, or in the terminal.
    Plot(Plot),
    /// Which stored key is nearest to a key, and what differs.
    Why(Why),
    /// Figures of the store.
    Stats,
    /// Read and check everything; change nothing.
    Verify(Check),
    /// Set damage aside and remove what dead writers left. Nothing intact is lost.
    Repair(Check),
    /// Expire and evict now.
    Gc(Gc),
    /// Remove keys, or entries.
    Rm(Rm),
    /// Keep an entry from expiring, and from eviction while anything else is left.
    Pin(Pin),
    /// Let an entry expire again.
    Unpin(Pin),
    /// Write entries into a tar archive, or an archive for each.
    ///
    /// Each entry is two members of an archive: KEY/RUN.json, its metadata, and KEY/RUN.bin, its payload byte for
    /// byte. What was exported before is not overwritten.
    Export(Export),
    /// Take in entries from such archives, checked.
    ///
    /// Every name and length of all archives is checked before anything is written, and each entry, its length and
    /// its SHA-256, before it is. An entry keeps its key, run, objective and dates. One that is there already, or a
    /// newer one of its run, stays. The store is made if there is none.
    Import(Import),
    /// Watch the sessions that are running.
    ///
    /// What a session reports with its checkpoints, at most once a second. A session appears with its first
    /// checkpoint that is written, and goes when it ends or its process dies. End with Ctrl-C.
    Top(Top),
    /// Entries shared by machines through an object store.
    ///
    /// A URL is s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, gs://BUCKET/PREFIX or file:///DIRECTORY. Credentials
    /// come from the environment that is customary for each (AWS_*, AZURE_*, GOOGLE_*).
    #[cfg(feature = "remote")]
    #[command(subcommand)]
    Remote(Remote),
    /// Bring entries of a remote tier here before a job asks for them.
    ///
    /// What the prefetch worker of an engine does while it computes, done at once: several fetches at a time. The
    /// URL is that of warmstart remote.
    #[cfg(feature = "remote")]
    #[command(subcommand)]
    Prefetch(Prefetch),
    /// What a checkpoint costs on this file system, and whether its syncs look honest.
    Bench(Bench),
    /// Completions for a shell.
    Completions {
        /// Whose.
        shell: clap_complete::Shell,
    },
    /// The manual page.
    Man {
        /// Write a page for each command below this directory.
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

#[derive(Args)]
#[command(
    after_long_help = "EXAMPLES\n  warmstart ls\n  warmstart ls --label 'model 3' --older-than 7d\n  warmstart ls \
                       3f9a --json | jq .objective"
)]
pub struct Ls {
    /// List the runs under this key.
    pub key: Option<String>,
    /// Read all, then print in this order; without it, lines are printed as they are found.
    #[arg(long, value_name = "BY")]
    pub sort: Option<Sort>,
    /// The other way round.
    #[arg(long, requires = "sort")]
    pub reverse: bool,
    /// At most so many lines.
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
    /// Only those whose label contains this text.
    #[arg(long, value_name = "TEXT")]
    pub label: Option<String>,
    /// Only keys with an answer, or only those with checkpoints alone.
    #[arg(long)]
    pub kind: Option<KindArg>,
    /// Only what was written longer ago: 90, 30m, 12h, 7d.
    #[arg(long, value_name = "AGE", value_parser = super::output::parse_age)]
    pub older_than: Option<f64>,
    /// Only what was written more recently.
    #[arg(long, value_name = "AGE", value_parser = super::output::parse_age)]
    pub newer_than: Option<f64>,
    /// Only what holds at least so many bytes: 4096, 64k, 10M, 1G.
    #[arg(long, value_name = "SIZE", value_parser = super::output::parse_size)]
    pub larger_than: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Newest first.
    Age,
    /// Largest first.
    Size,
    /// Lowest first.
    Objective,
    /// Most first.
    Entries,
    /// In the alphabet's order.
    Label,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    Final,
    Checkpoint,
}

#[derive(Args)]
pub struct Show {
    /// KEY or KEY/RUN.
    #[arg(value_name = "KEY|ENTRY")]
    pub what: String,
    /// Read the payload as well: regions with names, types and shapes, the fields of records.
    #[arg(long)]
    pub payload: bool,
}

#[derive(Args)]
pub struct Cat {
    /// KEY or KEY/RUN.
    #[arg(value_name = "KEY|ENTRY")]
    pub what: String,
    /// Of a key, the newest run instead of the best.
    #[arg(long)]
    pub latest: bool,
    /// Only the bytes of this region.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Write into this file, which must not exist.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct Plot {
    /// Keys, or entries; all runs of a key are drawn.
    #[arg(required = true, value_name = "KEY|ENTRY")]
    pub what: Vec<String>,
    /// Against seconds instead of iterations.
    #[arg(long)]
    pub time: bool,
    /// The distance to the lowest objective drawn, on a logarithmic axis.
    #[arg(long)]
    pub log: bool,
    /// Write a file, SVG or PNG by its name, instead of drawing in the terminal.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// At most so many runs, the newest.
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub runs: usize,
}

#[derive(Args)]
pub struct Why {
    pub key: String,
    /// Answer from what was seen by then.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    pub timeout: f64,
}

#[derive(Args)]
pub struct Check {
    /// Say nothing of what is right.
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args)]
pub struct Gc {
    /// Say what would go, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Rm {
    /// Keys, or entries.
    #[arg(required = true, value_name = "KEY|ENTRY")]
    pub what: Vec<String>,
    /// Say what would go, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Pin {
    /// Entries; of a key, all of its runs.
    #[arg(required = true, value_name = "KEY|ENTRY")]
    pub what: Vec<String>,
}

#[derive(Args)]
#[command(
    after_long_help = "EXIT STATUS\n  0  all is exported\n  1  nothing is stored there, or an entry is damaged \
                       and was left out\n  2  the arguments make no sense\n  3  it could not be done; an \
                       unfinished archive is removed\n\nEXAMPLES\n  warmstart export 3f9a --to fit.tar\n  warmstart \
                       export 3f9a 77c0/r12 --to archives/\n  warmstart export 3f9a --to - | ssh other warmstart \
                       import -"
)]
pub struct Export {
    /// Keys, with all their runs, or entries.
    #[arg(required = true, value_name = "KEY|ENTRY")]
    pub what: Vec<String>,
    /// One archive of this name, which must not exist; in an existing directory, an archive for each entry;
    /// - for standard output.
    #[arg(long, value_name = "FILE|DIR")]
    pub to: PathBuf,
}

#[derive(Args)]
#[command(
    after_long_help = "EXIT STATUS\n  0  all are in the store now\n  1  an entry is damaged, or too old for the \
                       store; the others are taken in\n  2  the arguments make no sense\n  3  it could not be \
                       done; of an archive that is cut short or holds anything else, nothing is taken \
                       in\n\nEXAMPLES\n  warmstart import fit.tar\n  warmstart import --root /scratch/store \
                       archives/"
)]
pub struct Import {
    /// Archives; of a directory, all files in it that end in .tar; - for standard input.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub from: Vec<PathBuf>,
}

#[derive(Args)]
#[command(
    after_long_help = "COLUMNS\n  RATE       iterations a second, lately\n  DURABLE    since the last checkpoint \
                       became durable\n  OVERHEAD   share of its time that the fit waited for checkpoints\n  \
                       WRITES     checkpoints written; those that failed behind a !\n  REPORTED   how old all of \
                       this is\n\nEXIT STATUS\n  0  with --once: sessions are running\n  1  with --once: none \
                       is\n  2  the arguments make no sense\n  3  it could not be done\n\nEXAMPLES\n  warmstart \
                       top\n  warmstart top --once --json | jq .objective\n  warmstart top --interval 10 >> log"
)]
pub struct Top {
    /// Print what there is now, and end.
    #[arg(long)]
    pub once: bool,
    /// Look again after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = interval)]
    pub interval: f64,
}

fn interval(text: &str) -> Result<f64, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|s| (0.1..=86_400.0).contains(s))
        .ok_or_else(|| "not a number of seconds between 0.1 and 86400".into())
}

#[cfg(feature = "remote")]
#[derive(Subcommand)]
#[command(
    after_long_help = "EXIT STATUS\n  0  done\n  1  nothing was found there, or here to be uploaded\n  2  the \
                       arguments make no sense\n  3  it could not be done, in time\n\nEXAMPLES\n  warmstart \
                       remote push s3://lab/fits 3f9a\n  warmstart remote ls s3://lab/fits\n  warmstart remote \
                       pull s3://lab/fits\n  warmstart remote retain s3://lab/fits --max-bytes 50G --dry-run"
)]
pub enum Remote {
    /// List what there is, by run.
    Ls(RemotePlace),
    /// How much there is.
    Stats(RemotePlace),
    /// Upload what is stored here; what is there already is not uploaded again.
    Push(Push),
    /// Bring what a lookup would answer, of some keys or of all. The store is made if there is none.
    Pull(Pull),
    /// Remove what exceeds limits, the oldest first. Safe beside other writers.
    Retain(Retain),
}

#[cfg(feature = "remote")]
#[derive(Args)]
pub struct RemotePlace {
    pub url: String,
    /// Give up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub timeout: std::time::Duration,
}

#[cfg(feature = "remote")]
#[derive(Args)]
pub struct Push {
    #[command(flatten)]
    pub place: RemotePlace,
    /// Keys, with all their runs, or entries; all there are unless any is named.
    #[arg(value_name = "KEY|ENTRY")]
    pub what: Vec<String>,
    /// Only answers of fits.
    #[arg(long)]
    pub finals: bool,
}

#[cfg(feature = "remote")]
#[derive(Args)]
pub struct Pull {
    #[command(flatten)]
    pub place: RemotePlace,
    /// Keys, or as many of their first digits as tell them from the others there; all unless any is named.
    #[arg(value_name = "KEY")]
    pub keys: Vec<String>,
}

#[cfg(feature = "remote")]
#[derive(Subcommand)]
#[command(
    after_long_help = "EXIT STATUS\n  0  done; with warm: all of it is here\n  1  there is nothing to bring; with \
                       warm: some of it is not here\n  2  the arguments make no sense\n  3  it could not be done, \
                       in time\n\nEXAMPLES\n  warmstart prefetch plan s3://lab/fits\n  warmstart prefetch warm \
                       s3://lab/fits --root /scratch/store\n  warmstart prefetch warm s3://lab/fits 3f9a 77c0 \
                       --parallel 32"
)]
pub enum Prefetch {
    /// What a worker would bring, the likeliest first; nothing is fetched.
    ///
    /// Only what is not here. The score is that of a worker that was just started: of recency, by the last upload,
    /// and of being the last of a chain.
    Plan(Plan),
    /// Bring entries until all are here. The store is made if there is none.
    Warm(Warm),
}

#[cfg(feature = "remote")]
#[derive(Args)]
pub struct Plan {
    #[command(flatten)]
    pub place: RemotePlace,
    /// At most so many lines, 2048 at most.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    pub most: usize,
}

#[cfg(feature = "remote")]
#[derive(Args)]
pub struct Warm {
    #[command(flatten)]
    pub place: RemotePlace,
    /// These keys only, in this order, or as many of their first digits as tell them from the others there.
    #[arg(value_name = "KEY")]
    pub keys: Vec<String>,
    /// Fetches at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(i64).range(1..=64))]
    pub parallel: i64,
}

#[cfg(feature = "remote")]
#[derive(Args)]
#[group(skip)]
#[command(group(clap::ArgGroup::new("limits").required(true).multiple(true).args(["max_bytes", "max_age", "keep"])))]
pub struct Retain {
    #[command(flatten)]
    pub place: RemotePlace,
    /// Most bytes of all there is: 64k, 10M, 1G.
    #[arg(long, value_name = "SIZE", value_parser = super::output::parse_size)]
    pub max_bytes: Option<u64>,
    /// The longest since an entry was uploaded: 12h, 7d.
    #[arg(long, value_name = "AGE", value_parser = super::output::parse_age)]
    pub max_age: Option<f64>,
    /// Most runs under one key.
    #[arg(long, value_name = "N")]
    pub keep: Option<u64>,
    /// Say what would go, and remove nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[cfg(feature = "remote")]
fn seconds(text: &str) -> Result<std::time::Duration, String> {
    const YEAR: f64 = 365.0 * 86_400.0;
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|s| (0.0..=YEAR).contains(s))
        .map(std::time::Duration::from_secs_f64)
        .ok_or_else(|| "not a number of seconds".into())
}

#[derive(Args)]
pub struct Bench {
    /// On the file system of this directory; the store's unless named.
    pub directory: Option<PathBuf>,
    /// Checkpoints of each size.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub rounds: usize,
}
