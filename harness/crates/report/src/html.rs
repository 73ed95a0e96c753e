//! The report as one page: overview, ATT&CK matrix, rules, and for each rule its failing
//! cases, its query by clause, the mutants that were missed, and its cases.
//!
//! Each rule has an element of data of its own that is parsed when the rule is opened or
//! its query is searched, so that thousands of them cost nothing at first.

mod data;

use std::io::{self, Write};

use super::checkout::Checkout;
use super::digest::{Digest, Share};
use super::human::{STATUSES, warnings_in_words, word};
use super::page::{Head, Page, block, figure};
use super::words::grouped;

const SCRIPT: &str = include_str!("html/report.js");

/// Writes the page.
///
/// # Errors
///
/// As `out`'s.
pub fn render(
    digest: &Digest<'_>,
    checkout: &Checkout,
    head: &Head,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = Page { title: "Detection rules", head, script: SCRIPT };
    page.open(out)?;
    overview(digest, &page, out)?;
    block("index", &data::index(digest), out)?;
    for (number, row) in digest.rows.iter().enumerate() {
        let budget = data::BUDGET / digest.rows.len();
        block(&format!("rule-{number}"), &data::detail(row, digest.run, checkout, budget), out)?;
    }
    page.close(out)
}

/// The first thing to see; it stands before all data, so that it shows at once.
fn overview(digest: &Digest<'_>, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let totals = &digest.totals;
    writeln!(out, r##"<a class="skip" href="#rules">Skip to the rules</a>"##)?;
    writeln!(out, r#"<div id="list"><header>"#)?;
    page.title(out)?;
    writeln!(out, r#"<p class="counts" id="counts">"#)?;
    for status in STATUSES {
        if let Some(count) = totals.statuses.get(&status) {
            let word = word(status);
            writeln!(out, r#"<span class="status {word}"><b>{count}</b> {word}</span>"#)?;
        }
    }
    if let Some(words) = warnings_in_words(digest.run) {
        writeln!(out, r#"<span class="status warning">{words}</span>"#)?;
    }
    writeln!(out, r#"</p><dl class="figures">"#)?;
    figure("Rules", &grouped(totals.rules() as u64), None, out)?;
    part("Cases that hold", totals.cases, out)?;
    if digest.measured.clauses {
        part("Clauses covered", totals.clauses, out)?;
    }
    if digest.measured.mutants {
        part("Mutants caught", totals.mutants, out)?;
    }
    writeln!(
        out,
        r#"</dl></header>
<noscript><p>The tables of this page need its script; the figures above do not.</p></noscript>
<main id="tables"></main></div>
<main id="detail" hidden></main>"#
    )
}

/// A share as a figure; none where there is nothing to share.
fn part(name: &str, share: Share, out: &mut dyn Write) -> io::Result<()> {
    match share.percent() {
        Some(percent) => figure(name, &percent.to_string(), Some((share.part, share.whole)), out),
        None => figure(name, "–", None, out),
    }
}
