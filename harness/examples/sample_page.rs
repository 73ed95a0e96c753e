//! Writes the report page of made-up rules: `cargo run --example sample_page N`,
//! for the browser test in `.ci/browser`. One of them is named
//! `<img src=x onerror=alert(1)>`.

#[path = "../tests/reports/sample.rs"]
mod sample;

use std::io::{self, BufWriter};

use harness::report::checkout::Checkout;
use harness::report::digest::Digest;
use harness::report::html;

fn main() -> io::Result<()> {
    let usage = || io::Error::other("usage: sample_page <number of rules, 6 or more>");
    let rules: usize =
        std::env::args().nth(1).and_then(|text| text.parse().ok()).ok_or_else(usage)?;
    let sample = sample::sample(rules);
    let digest = Digest::new(&sample.run, Some(&sample.coverage), Some(&sample.mutants));
    let checkout = Checkout::default();
    html::render(&digest, &checkout, &mut BufWriter::new(io::stdout().lock()))
}
