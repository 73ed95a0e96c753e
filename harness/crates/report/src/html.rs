//! One page that holds everything: overview, ATT&CK matrix, rules, and for each
//! rule its query by clause, its cases, and the mutants that were missed.
//!
//! The page needs nothing but itself: styles and script are inline, and a policy
//! in it forbids every request. What comes from rules and fixtures is data: JSON
//! in script elements that are not run, with `<` escaped, which `html/page.js`
//! turns into text nodes. Each rule has an element of its own that is parsed when
//! the rule is opened, so that thousands of them cost nothing at first.

mod data;

use std::io::{self, Write};

use serde::Serialize;

use super::checkout::Checkout;
use super::digest::{Digest, Share};
use super::human::{STATUSES, warnings_in_words, word};
use super::xml::escape;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// What the page may do: nothing beyond its own styles and script. Attributes
/// such as `onerror` never run under a policy with a nonce.
const POLICY: &str = "default-src 'none'; style-src 'nonce-harness'; \
    script-src 'nonce-harness'; base-uri 'none'; form-action 'none'";

/// Writes the page.
///
/// # Errors
///
/// As `out`'s.
pub fn render(digest: &Digest<'_>, checkout: &Checkout, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Detection rules</title>
<style nonce="harness">
{STYLE}</style>
</head>
<body>"#
    )?;
    overview(digest, out)?;
    block("index", &data::index(digest), out)?;
    for (number, row) in digest.rows.iter().enumerate() {
        let budget = data::BUDGET / digest.rows.len();
        block(&format!("rule-{number}"), &data::detail(row, digest.run, checkout, budget), out)?;
    }
    writeln!(out, "<script nonce=\"harness\">\n{SCRIPT}</script>\n</body>\n</html>")
}

/// Data in an element that no browser runs.
fn block(id: &str, data: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(data)?.replace('<', "\\u003c");
    writeln!(out, r#"<script type="application/json" id="{id}">{json}</script>"#)
}

/// The first thing to see; it stands before all data, so that it shows at once.
fn overview(digest: &Digest<'_>, out: &mut dyn Write) -> io::Result<()> {
    let totals = &digest.totals;
    writeln!(out, r##"<a class="skip" href="#rules">Skip to the rules</a>"##)?;
    writeln!(out, r#"<div id="list"><header class="top"><h1>Detection rules</h1>"#)?;
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
    writeln!(out, r#"</p></header><dl class="figures">"#)?;
    let rules = totals.rules().to_string();
    writeln!(out, r"<div><dt>Rules</dt><dd><b>{rules}</b></dd></div>")?;
    figure("Cases that hold", totals.cases, out)?;
    if digest.measured.clauses {
        figure("Clauses covered", totals.clauses, out)?;
    }
    if digest.measured.mutants {
        figure("Mutants caught", totals.mutants, out)?;
    }
    writeln!(
        out,
        r#"</dl>
<noscript><p>The tables of this page need its script; the figures above do not.</p></noscript>
<main id="tables"></main></div>
<main id="detail" hidden></main>"#
    )
}

fn figure(name: &str, share: Share, out: &mut dyn Write) -> io::Result<()> {
    let name = escape(name);
    let Share { part, whole } = share;
    let Some(percent) = share.percent() else {
        return writeln!(out, "<div><dt>{name}</dt><dd><b>–</b></dd></div>");
    };
    let class = if part == whole { "full" } else { "part" };
    writeln!(
        out,
        r#"<div><dt>{name}</dt><dd><b>{percent}<i>%</i></b> <span>{part} of {whole}</span><meter class="{class}" min="0" max="{whole}" value="{part}">{percent} %</meter></dd></div>"#
    )
}
