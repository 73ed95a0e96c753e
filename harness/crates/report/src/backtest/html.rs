//! A backtest as a page: alerts over time, the noisiest rules, rules that alert on the
//! same events, and rules that are silent, with the cause.

mod data;

use std::io::{self, Write};

use super::{Counts, indices, read};
use crate::page::{Head, Page, block, figure};
use crate::words::grouped;
use crate::xml::escape;
use harness_backtest::Backtest;

const SCRIPT: &str = include_str!("html/backtest.js");

/// Writes the page; `budget` is how many alerts a rule may raise.
///
/// # Errors
///
/// As `out`'s.
pub fn html(
    backtest: &Backtest,
    budget: Option<u64>,
    head: &Head,
    out: &mut dyn Write,
) -> io::Result<()> {
    let title = format!("Backtest of {}", backtest.request.index);
    let page = Page { title: &title, head, script: SCRIPT };
    page.open(out)?;
    writeln!(out, r##"<a class="skip" href="#rules">Skip to the rules</a>"##)?;
    writeln!(out, r#"<div class="page"><header>"#)?;
    page.title(out)?;
    let days = data::extent(backtest);
    let period = days.as_ref().map(|(from, to)| format!(", {from} to {to}")).unwrap_or_default();
    writeln!(out, r#"<p class="soft">{}{}</p>"#, escape(&indices(backtest)), escape(&period))?;
    for line in read(&backtest.source).iter().chain(&backtest.notes) {
        writeln!(out, r#"<p class="soft">{}</p>"#, escape(line))?;
    }
    writeln!(out, r#"<dl class="figures">"#)?;
    let counts = Counts::of(backtest);
    for (name, count) in [
        ("Alerts", counts.alerts),
        ("Rules with alerts", counts.noisy as u64),
        ("Silent rules", (counts.silent + counts.no_index) as u64),
        ("Rules not run", (counts.unsupported + counts.invalid) as u64),
    ] {
        figure(name, &grouped(count), None, out)?;
    }
    writeln!(
        out,
        r#"</dl></header>
<noscript><p>The charts and tables of this page need its script; the figures above do not.</p></noscript>
<main id="main"></main></div>"#
    )?;
    block("backtest", &data::of(backtest, days, budget), out)?;
    page.close(out)
}
