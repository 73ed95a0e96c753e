//! Release notes by rule: what is caught now, and what no longer.

use std::io::{self, Write};

use harness_quality::regress::{Change, Example, Regression, RuleChange};

use super::words::{kind, on_data};
use crate::markdown::{code, sentence};
use crate::words::plural;

/// Fields of an event that are named.
const MAX_FIELDS: usize = 4;

/// Writes the notes; `title` says of which versions.
///
/// # Errors
///
/// As `out`'s.
pub fn release(regression: &Regression, title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Detection rules: {}", sentence(title))?;
    let of = |changes: &[Change]| -> Vec<&RuleChange> {
        let mut own: Vec<&RuleChange> =
            regression.rules.iter().filter(|rule| changes.contains(&rule.change)).collect();
        own.sort_by_key(|rule| (rule.name.as_str(), rule.path.as_str()));
        own
    };
    let line = |rule: &RuleChange| format!("- {} ({})", sentence(&rule.name), code(&rule.path));
    for (heading, changes) in [("New rules", Change::Added), ("Removed rules", Change::Removed)] {
        let own = of(&[changes]);
        if !own.is_empty() {
            writeln!(out, "\n## {heading}\n")?;
        }
        for rule in own {
            writeln!(out, "{}", line(rule))?;
        }
    }
    let changed = of(&[Change::Both, Change::Narrower, Change::Wider, Change::Unknown]);
    if !changed.is_empty() {
        writeln!(out, "\n## Changed rules")?;
    }
    for rule in changed {
        writeln!(out, "\n### {}\n\n{}\n", sentence(&rule.name), code(&rule.path))?;
        for note in told(rule) {
            writeln!(out, "- {note}")?;
        }
    }
    let same = of(&[Change::Same]);
    if !same.is_empty() {
        writeln!(out, "\n## Alerts on the same events as before\n")?;
    }
    for rule in same {
        writeln!(out, "{}", line(rule))?;
        for note in &rule.notes {
            writeln!(out, "  - {}", sentence(note))?;
        }
    }
    writeln!(out, "\n{} unchanged.", plural(regression.unchanged, "rule"))
}

/// The lines of a changed rule.
fn told(rule: &RuleChange) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if let Some(gained) = &rule.gained {
        lines.push(format!("now also catches {}", events(gained)));
    }
    if let Some(lost) = &rule.lost {
        lines.push(format!("no longer alerts on {}", events(lost)));
    }
    if let (Change::Unknown, Some(reason)) = (rule.change, &rule.reason) {
        lines.push(format!("not all is known: {}", sentence(reason)));
    }
    lines.extend(rule.notes.iter().map(|note| sentence(note)));
    lines.extend(rule.data.iter().map(|data| sentence(&on_data(data))));
    lines.extend(rule.accepted.iter().map(|reason| format!("why: {}", sentence(reason))));
    lines
}

/// Which events these are, in words.
fn events(example: &Example) -> String {
    if let Some(kind) = kind(example, &code) {
        return format!("events {kind}");
    }
    let count = example.events.len();
    let first = example.events.first().map(fields).unwrap_or_default();
    match count {
        1 => format!("an event such as {first}"),
        _ => format!("{} together, the first such as {first}", plural(count, "event")),
    }
}

/// Some fields of an event, those of the whole document last.
fn fields(event: &serde_json::Value) -> String {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = vec![(String::new(), event)];
    while let Some((path, value)) = open.pop() {
        match value {
            serde_json::Value::Object(parts) => {
                for (key, inner) in parts.iter().rev() {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    open.push((path, inner));
                }
            }
            serde_json::Value::String(text) => found.push((path, text.clone())),
            other => found.push((path, other.to_string())),
        }
    }
    // What every event has says nothing of one.
    let common = [
        "@timestamp",
        "ecs.",
        "data_stream.",
        "agent.",
        "event.kind",
        "event.module",
        "event.dataset",
        "host.os",
    ];
    found.retain(|(path, _)| !common.iter().any(|prefix| path.starts_with(prefix)));
    let named =
        found.iter().take(MAX_FIELDS).map(|(path, value)| code(&format!("{path}: {value}")));
    named.collect::<Vec<_>>().join(", ")
}
