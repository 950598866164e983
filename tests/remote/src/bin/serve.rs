//! A server for programs that are other processes, until the standard input ends.
//! Arguments: a bucket's name, and milliseconds by which a network delays each request, one network for each.
//! Prints the environment that leads there as NAME=VALUE, then a line "MILLISECONDS ENDPOINT" for each network, then an empty
//! line; and for each line it reads, how many requests have come so far.

use std::io::{BufRead, Write};
use std::time::Duration;
use warmstart_remote_tests::Served;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bucket, delays @ ..] = &arguments[..] else {
        panic!("bucket, milliseconds...");
    };
    let delay = |ms: &String| Duration::from_millis(ms.parse().expect("milliseconds"));
    let delays: Vec<Duration> = delays.iter().map(delay).collect();
    let served = Served::start(bucket, &delays);
    let mut out = std::io::stdout();
    for (name, value) in served.environment() {
        writeln!(out, "{name}={value}").unwrap();
    }
    for (delay, endpoint) in served.endpoints() {
        writeln!(out, "{} {endpoint}", delay.as_millis()).unwrap();
    }
    writeln!(out).unwrap();
    out.flush().unwrap();
    for _ in std::io::stdin().lock().lines() {
        writeln!(out, "{}", served.requests(bucket)).unwrap();
        out.flush().unwrap();
    }
}
