//! R's own way of keeping an object, where R is installed: a process that times itself, apart from
//! the rounds.

use crate::report::{self, Report, Table};
use crate::{Bench, Result, SIZES};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = r#"
words <- commandArgs(trailingOnly = TRUE)
part <- file.path(words[1], "part.rds")
name <- file.path(words[1], "slot.rds")
runs <- as.integer(words[2])
for (size in as.numeric(words[-(1:2)])) {
  took <- numeric(runs)
  for (i in seq_len(runs)) {
    state <- as.raw(sample.int(256L, size, replace = TRUE) - 1L)
    start <- Sys.time()
    saveRDS(state, part, compress = FALSE)
    file.rename(part, name)
    took[i] <- as.numeric(difftime(Sys.time(), start, units = "secs")) * 1e6
  }
  cat(quantile(took, 0.5, type = 1), quantile(took, 0.99, type = 1), "\n")
}
"#;

pub fn measure(bench: &Bench, dir: &Path, report: &mut Report) -> Result<()> {
    report.heading("R");
    let mut words = vec![
        dir.to_string_lossy().into_owned(),
        bench.few(20).to_string(),
    ];
    words.extend(SIZES.map(|s| s.to_string()));
    let program = ["--vanilla", "-e", PROGRAM];
    let output = match Command::new("Rscript").args(program).args(words).output() {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            report.paragraph("R is not installed here: `saveRDS` was not measured.");
            return Ok(());
        }
        output => output?,
    };
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let text = String::from_utf8(output.stdout)?;
    let mut table = Table::with_head(crate::replacement::size_head("replacement, not durable"));
    let mut cells = vec!["`saveRDS(compress = FALSE)` + `file.rename`".to_owned()];
    for line in text.lines() {
        let figures = line.split_whitespace().map(str::parse::<f64>);
        let figures = figures.collect::<std::result::Result<Vec<f64>, _>>()?;
        let text: Vec<String> = figures.into_iter().map(report::figure).collect();
        cells.push(text.join(" / "));
    }
    table.row(cells);
    report.paragraph(
        "Microseconds, median / 99th percentile, by one process of R that timed itself.",
    );
    report.table(&table);
    Ok(())
}
