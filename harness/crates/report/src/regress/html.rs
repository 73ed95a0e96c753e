//! A regression as a page: the changed rules, those that lose events first, with the query
//! before and after and the events side by side.

use std::io::{self, Write};

use harness_quality::regress::{Change, Edition, Example, Regression, RuleChange};

use super::words::{case_line, decided, few, left_out, meaning, on_data, samples};
use super::{ORDER, ordered};
use crate::page::{Head, Page, figure};
use crate::words::{grouped, plural};
use crate::xml::escape;

/// What the page does beside: the queries' difference, and the search. All of it stands in
/// the page without.
const SCRIPT: &str = include_str!("html/regress.js");

/// Writes the page.
///
/// # Errors
///
/// As `out`'s.
pub fn html(regression: &Regression, head: &Head, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { title: "What the rules catch now", head, script: SCRIPT };
    page.open(out)?;
    writeln!(out, r#"<div class="page"><header>"#)?;
    page.title(out)?;
    let changed = plural(regression.rules.len(), "rule");
    let unchanged = grouped(regression.unchanged as u64);
    writeln!(out, r#"<p class="soft">{changed} changed, {unchanged} unchanged</p>"#)?;
    if let Some(data) = &regression.data {
        writeln!(out, r#"<p class="soft">Alerts compared on {}</p>"#, escape(data))?;
    }
    for line in &regression.stale {
        writeln!(out, "<p>{}</p>", escape(line))?;
    }
    writeln!(out, r#"<dl class="figures">"#)?;
    for change in ORDER {
        let count = regression.rules.iter().filter(|rule| rule.change == change).count();
        if count > 0 {
            figure(change.name(), &count.to_string(), None, out)?;
        }
    }
    writeln!(out, "</dl></header>\n<main>\n<h2>Rules</h2>")?;
    for rule in ordered(regression) {
        self::rule(rule, out)?;
    }
    writeln!(out, "</main></div>")?;
    page.close(out)
}

fn rule(rule: &RuleChange, out: &mut dyn Write) -> io::Result<()> {
    let open = if rule.change == Change::Same { "" } else { " open" };
    let (name, path, change) = (escape(&rule.name), breaking(&rule.path), rule.change.name());
    writeln!(
        out,
        r#"<details class="change" data-change="{change}"{open}><summary><b class="{change}">{change}</b>{name} <code>{path}</code></summary>
<p>{}</p>"#,
        escape(&meaning(rule))
    )?;
    let mut lines: Vec<String> =
        rule.accepted.iter().map(|why| format!("accepted: {why}")).collect();
    lines.extend(rule.notes.iter().cloned());
    lines.extend(rule.cases.iter().map(case_line));
    if let Some(data) = &rule.data {
        lines.push(format!("on the data: {}", on_data(data)));
        lines.extend(samples(data).into_iter().map(|(what, alert)| format!("{what}: {alert}")));
    }
    if !lines.is_empty() {
        writeln!(out, "<ul>")?;
        for line in lines {
            writeln!(out, "<li>{}</li>", escape(&line))?;
        }
        writeln!(out, "</ul>")?;
    }
    let query = |edition: &Option<Edition>| {
        edition.as_ref().map(|edition| edition.query.trim().to_owned()).unwrap_or_default()
    };
    let (before, after) = (query(&rule.before), query(&rule.after));
    if before != after {
        let queries = [("Query before", Some(before)), ("Query now", Some(after))];
        pair("versions queries", queries, out)?;
    }
    let text = |example: &Option<Example>| example.as_ref().map(shown);
    let examples = [("No longer caught", text(&rule.lost)), ("Newly caught", text(&rule.gained))];
    pair("versions", examples, out)?;
    writeln!(out, "</details>")
}

/// A path that may break after each of its words.
fn breaking(path: &str) -> String {
    escape(path).replace('/', "/<wbr>").replace('_', "_<wbr>")
}

/// What is there of two texts, side by side.
fn pair(class: &str, texts: [(&str, Option<String>); 2], out: &mut dyn Write) -> io::Result<()> {
    if texts.iter().all(|(_, text)| text.is_none()) {
        return Ok(());
    }
    writeln!(out, r#"<div class="{class}">"#)?;
    for (title, text) in texts {
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        writeln!(out, "<div><h3>{title}</h3><pre tabindex=\"0\">{}</pre></div>", escape(&text))?;
    }
    writeln!(out, "</div>")
}

/// An example as text: what decides, then the events.
fn shown(example: &Example) -> String {
    let (events, left) = few(example);
    let mut lines = decided(example, &str::to_owned);
    lines.push(serde_json::to_string_pretty(&events).unwrap_or_default());
    lines.extend(left_out(left));
    lines.join("\n")
}
