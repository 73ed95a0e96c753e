//! Writes the report page of a made-up run with so many rules to standard
//! output, for the test in a browser (`.ci/browser`).
#![expect(clippy::print_stderr, reason = "an example is its own output layer")]

#[path = "../tests/reports/sample.rs"]
mod sample;

use std::io;

use harness::report::digest::Digest;
use harness::report::html;
use harness::report::places::Places;

fn main() -> io::Result<()> {
    let rules = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(8);
    let sample = sample::sample(rules);
    let digest = Digest::new(&sample.run, Some(&sample.coverage), Some(&sample.mutants));
    let places = Places { rules: "rules", cases: "cases" };
    html::render(&digest, places, &mut io::stdout().lock())?;
    eprintln!("{} rules, {}", digest.rows.len(), sample::HOSTILE);
    Ok(())
}
