//! Snapshots: what a rule does on its cases, written for a reviewer.
//!
//! One file a rule, `snapshots/<domain>/<rule>.snap`, in insta's format, so
//! that `cargo insta review` shows and accepts changes. It holds the plan in
//! readable form and the alerts of every case: no absolute paths, no order that
//! depends on the machine.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Lines, printable};
use harness_model::value::format_date;
use harness_runner::run::{CaseRun, Facts, RuleRun, Run};
use harness_runner::verdict::{Status, Verdict};
use harness_source::diagnostic::Diagnostic;
use harness_source::files::{self, Problem};
use harness_source::span::{Span, plural};

/// The text of a rule's snapshot.
pub fn render(rule: &RuleRun) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "{}", printable(&rule.name, Lines::Escape));
    let hidden = rule.cases.iter().flat_map(|case| &case.alerts);
    let hidden = hidden.map(|alert| &alert.facts).any(|facts| facts.building_block);
    let hidden = if hidden { ", building block" } else { "" };
    let status = status(rule.status);
    let _ = writeln!(text, "{} {}{hidden}: {status}", rule.rule_type, rule.language);
    if let Some(program) = &rule.program {
        let _ = write!(text, "\n{}", printable(&program.to_string(), Lines::Keep));
    }
    for case in &rule.cases {
        render_case(case, &mut text);
    }
    text
}

fn status(status: Status) -> &'static str {
    crate::human::word(status)
}

fn render_case(run: &CaseRun, text: &mut String) {
    let verdict = match &run.verdict {
        Verdict::Pass => "as expected",
        Verdict::Missed => "MISSED",
        Verdict::Noisy => "NOISY",
        Verdict::Count { .. } => "WRONG COUNT",
        Verdict::Error(_) => "ERROR",
    };
    let folder = run.case.polarity.folder();
    let name = printable(&run.case.name, Lines::Escape);
    let (events, alerts) = (run.case.events.len(), run.alerts.len());
    let _ = writeln!(text, "\n{folder}/{name}: {alerts} of {events} alert, {verdict}");
    for alert in &run.alerts {
        let key = match alert.key.as_slice() {
            [] => String::new(),
            key => format!(" by {}", key.join(", ")),
        };
        let line = format!("{}{key}", alert.events.join(", "));
        let _ = writeln!(text, "  {}", printable(&line, Lines::Escape));
        for note in notes(&alert.facts) {
            let _ = writeln!(text, "    {}", printable(&note, Lines::Escape));
        }
        for (field, values) in &alert.fields {
            let values = printable(&values.join(" | "), Lines::Escape).into_owned();
            let _ = writeln!(text, "    {}: {values}", printable(field, Lines::Escape));
        }
    }
}

/// What an alert says beside its events and the rule's own words.
fn notes(facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(count) = facts.count {
        let values = facts.cardinality.map(|values| format!(" with {}", plural(values, "value")));
        notes.push(format!("{}{}", plural(count, "event"), values.unwrap_or_default()));
    }
    if let (Some(first), Some(last)) = (facts.first, facts.last)
        && first != last
    {
        notes.push(format!("from {} to {}", format_date(first), format_date(last)));
    }
    if !facts.indicators.is_empty() {
        notes.push(format!("indicators {}", facts.indicators.join(", ")));
    }
    if let Some(suppressed) = facts.suppressed.as_ref().filter(|suppressed| suppressed.count > 0) {
        let by: Vec<_> =
            suppressed.by.iter().map(|(field, value)| common(field, value.as_deref())).collect();
        let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
        let events = suppressed.events.join(", ");
        let events = if events.is_empty() { events } else { format!(": {events}") };
        notes.push(format!("{} suppressed{by}{events}", suppressed.count));
    }
    if facts.severity.by_event {
        notes.push(format!("severity {}", facts.severity.value));
    }
    if facts.risk_score.by_event {
        notes.push(format!("risk score {}", facts.risk_score.value));
    }
    if facts.name.by_event {
        notes.push(format!("named {}", facts.name.value));
    }
    notes
}

/// What a group has in common in a field.
fn common(field: &str, value: Option<&str>) -> String {
    format!("{field} {}", value.unwrap_or("null"))
}

/// Whether a rule has a snapshot: it ran on cases.
pub fn wanted(rule: &RuleRun) -> bool {
    !rule.cases.is_empty()
}

/// Where a rule's snapshot lies.
pub fn path(snapshots: &Path, key: &str) -> PathBuf {
    snapshots.join(format!("{key}.snap"))
}

/// Writes the snapshots of all rules that ran; returns how many changed. What
/// interrupted runs left is removed.
///
/// # Errors
///
/// As the file system's, with the path; a link on the way.
pub fn write(run: &Run, snapshots: &Path) -> io::Result<usize> {
    let mut written = 0;
    let mut swept = std::collections::BTreeSet::new();
    for rule in run.rules.iter().filter(|rule| wanted(rule)) {
        let path = path(snapshots, &rule.key);
        let folder = path.parent().unwrap_or(snapshots);
        if swept.insert(folder.to_path_buf()) {
            files::sweep(folder, None);
        }
        let text = format!(
            "---\nsource: snapshots/rules.rs\ninput_file: rules/{}.toml\n---\n{}\n",
            rule.key,
            render(rule).trim_end()
        );
        let relative = format!("{}.snap", rule.key);
        if files::read(&path).is_ok_and(|old| old == text) {
            continue;
        }
        files::write_below(snapshots, &relative, text.as_bytes())?;
        written += 1;
    }
    Ok(written)
}

/// Snapshots that say something else than the run; the first line that differs.
pub fn differing(run: &Run, snapshots: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in run.rules.iter().filter(|rule| wanted(rule)) {
        let path = path(snapshots, &rule.key);
        let Ok(written) = files::read(&path) else { continue };
        // What insta keeps about a snapshot stands between two lines of dashes.
        let body = written.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        let body = body.map_or(&*written, |(_, body)| body);
        let rendered = render(rule);
        let (old, new) = (body.trim_end(), rendered.trim_end());
        if old == new {
            continue;
        }
        let mut start = written.len() - body.len();
        let (mut lines, mut others) = (old.split('\n'), new.split('\n'));
        let (old, new) = loop {
            match (lines.next(), others.next()) {
                (Some(old), Some(new)) if old == new => start += old.len() + 1,
                (old, new) => break (old.unwrap_or_default(), new.unwrap_or_default()),
            }
        };
        start = start.min(written.len());
        let message = format!("the snapshot differs: now `{}`", new.trim());
        let help = format!("write it with `{} test --update`, then read it", run.places.program);
        let span = Span::new(start, start + old.len());
        let diagnostic = Diagnostic::error("snapshot", message, span).with_help(help);
        problems.push(Problem { path: files::shown(&path), diagnostic, text: written.into() });
    }
    problems
}

/// Snapshots that belong to no rule with cases, and rules without a snapshot.
pub fn unpaired(run: &Run, snapshots: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let folder = files::shown(snapshots);
    let found = files::find(snapshots, &["**/*.snap", "**/*.snap.*.part"], &mut problems);
    for problem in &mut problems {
        problem.path = files::below(&folder, &problem.path);
    }
    let error = |path: &str, message: &str, help: &str| {
        let diagnostic = Diagnostic::error("snapshot", message, Span::default()).with_help(help);
        Problem::with_path(files::below(&folder, path), diagnostic)
    };
    let keys: std::collections::BTreeSet<&str> =
        run.rules.iter().filter(|rule| wanted(rule)).map(|rule| rule.key.as_str()).collect();
    for file in &found {
        if file.relative.strip_suffix(".part").is_some() {
            let message = "an interrupted run left this file";
            problems.push(error(&file.relative, message, "delete it"));
        } else if !keys.contains(file.relative.trim_end_matches(".snap")) {
            problems.push(error(
                &file.relative,
                "the snapshot belongs to no rule with cases",
                "delete it",
            ));
        }
    }
    for key in keys {
        if !found.iter().any(|file| file.relative.strip_suffix(".snap") == Some(key)) {
            let help =
                format!("write it with `{} test --update`, then read it", run.places.program);
            problems.push(error(&format!("{key}.snap"), "the rule has no snapshot", &help));
        }
    }
    problems
}
