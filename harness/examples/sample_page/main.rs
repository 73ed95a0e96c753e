//! Writes pages of made-up data, for the browser test in `.ci/browser`:
//! `cargo run --example sample_page N` the report of N rules, `… N untested` of rules without cases, `… backtest` a backtest,
//! `… regress` a change of rules. One rule of each is named `<img src=x onerror=alert(1)>`.

mod backtest;
mod regress;
#[path = "../../tests/reports/sample.rs"]
mod sample;

use std::io::{self, BufWriter};

use harness::report::checkout::Checkout;
use harness::report::digest::Digest;
use harness::report::html;
use harness::report::page::Head;
use harness::verdict::Status;

fn main() -> io::Result<()> {
    let usage = || {
        io::Error::other(
            "usage: sample_page <number of rules, 6 or more> [untested]|backtest|regress",
        )
    };
    let which = std::env::args().nth(1).ok_or_else(usage)?;
    let head = Head { project: "sample".to_owned(), ..Head::default() };
    let mut out = BufWriter::new(io::stdout().lock());
    if which == "backtest" {
        return harness::report::backtest::html(&backtest::sample(), Some(500), &head, &mut out);
    }
    if which == "regress" {
        return harness::report::regress::html(&regress::sample(), &head, &mut out);
    }
    let mut sample = sample::sample(which.parse().map_err(|_| usage())?);
    if std::env::args().nth(2).as_deref() == Some("untested") {
        for rule in &mut sample.run.rules {
            rule.status = Status::Untested;
            rule.cases.clear();
        }
        (sample.coverage, sample.mutants) = Default::default();
    }
    let digest = Digest::new(&sample.run, Some(&sample.coverage), Some(&sample.mutants));
    html::render(&digest, &Checkout::default(), &head, &mut out)
}
