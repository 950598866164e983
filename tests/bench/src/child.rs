//! This program run again, for what needs a process of its own.

use crate::{lookups, processes, scale, syscalls, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// What makes this program take the words that follow as a role.
pub const FLAG: &str = "--as-child";

pub fn command(words: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(FLAG).args(words);
    Ok(command)
}

/// Runs a child to its end, and answers the words it printed.
pub fn ask(words: &[&str]) -> Result<Vec<String>> {
    let output = command(words)?.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("a child that was to do {words:?} failed").into());
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

pub fn number(words: &[String], at: usize) -> Result<f64> {
    let word = words.get(at).ok_or("a child said too little")?;
    Ok(word.parse()?)
}

/// The child's side.
pub fn run(words: &[String]) -> Result<()> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["first", name, dir] => println!("{}", lookups::first(name, Path::new(dir))?),
        ["sweep", dir] => println!("{}", scale::sweep(Path::new(dir))?),
        ["known", how, dir, keys] => {
            println!("{}", scale::known(how, Path::new(dir), keys.parse()?)?)
        }
        ["write", engine, keys, dir, index, seconds] => {
            let keys = processes::Keys::named(keys)?;
            let (index, seconds) = (index.parse()?, seconds.parse()?);
            processes::write(engine, keys, Path::new(dir), index, seconds)?
        }
        ["operations", name, dir, size, count] => {
            let took = syscalls::perform(name, Path::new(dir), size.parse()?, count.parse()?)?;
            println!("{took}")
        }
        _ => return Err(format!("there is no role {words:?}").into()),
    }
    Ok(())
}
