//! Fixtures and expectations from disk.
//!
//! `cases/<domain>/<rule>/positive/<case>.json` must raise its rule,
//! `negative/<case>.json` must not. One file is one case: one document, an
//! array, or one document a line (`.ndjson`). A `case.toml` beside the two
//! folders states more, in a table per case such as `[negative.other_action]`.

mod options;

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::files::{self, Found, Problem};
use crate::span::Span;

pub use options::Options;

/// What a case expects of its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// At least one alert.
    Positive,
    /// No alert.
    Negative,
}

impl Polarity {
    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
        }
    }
}

/// One case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Relative to the cases folder, with `/`.
    pub path: String,
    /// The file's name without its extension.
    pub name: String,
    /// What it expects.
    pub polarity: Polarity,
    /// The events, in the order of the file; never empty.
    pub events: Vec<Event>,
    /// What `case.toml` says of it.
    pub options: Options,
}

/// All cases below a folder.
#[derive(Clone, Debug, Default)]
pub struct CaseTree {
    /// By rule: the path of the rule below the rules folder, without `.toml`.
    pub rules: BTreeMap<String, Vec<Case>>,
    /// What could not be used.
    pub problems: Vec<Problem>,
}

/// The largest single event, in bytes of JSON.
pub const MAX_EVENT: usize = 16 << 20;

/// Loads every case below `root`, in parallel.
pub fn load_tree(root: &Path) -> CaseTree {
    let mut problems = Vec::new();
    let files = files::find(root, &["**/*"], &mut problems);
    let (notes, fixtures): (Vec<Found>, Vec<Found>) =
        files.into_iter().partition(|file| file.relative.ends_with("/case.toml"));
    let loaded: Vec<Result<(String, Case), Problem>> = fixtures.par_iter().map(load).collect();
    let mut tree = CaseTree { rules: BTreeMap::new(), problems };
    for result in loaded {
        match result {
            Ok((rule, case)) => tree.rules.entry(rule).or_default().push(case),
            Err(problem) => tree.problems.push(problem),
        }
    }
    for note in notes {
        let rule = note.relative.trim_end_matches("/case.toml");
        let cases = tree.rules.get_mut(rule).map(Vec::as_mut_slice).unwrap_or_default();
        tree.problems.extend(options::apply(&note, cases));
    }
    for cases in tree.rules.values_mut() {
        cases.sort_by(|a, b| (a.polarity, &a.name).cmp(&(b.polarity, &b.name)));
    }
    tree.problems.extend(same_names(&tree.rules));
    tree
}

fn load(file: &Found) -> Result<(String, Case), Problem> {
    let whole = |message: &str| {
        Problem::with_path(&file.relative, Diagnostic::error("case-path", message, Span::default()))
    };
    let mut parts = file.relative.rsplitn(3, '/');
    let (name, folder, rule) = (parts.next(), parts.next(), parts.next());
    let polarity = match folder {
        Some("positive") => Polarity::Positive,
        Some("negative") => Polarity::Negative,
        Some(_) | None => {
            return Err(whole(
                "is no case: cases lie in cases/<domain>/<rule>/positive/ or …/negative/",
            ));
        }
    };
    let (Some(rule), Some((name, extension))) = (rule, name.and_then(|name| name.rsplit_once('.')))
    else {
        return Err(whole("is no case: a case is a .json or .ndjson file of a rule's folder"));
    };
    let lines = match extension {
        "json" => false,
        "ndjson" | "jsonl" => true,
        _ => return Err(whole("is no case: a case is a .json or .ndjson file")),
    };
    let text = files::read(&file.path)
        .map_err(|diagnostic| Problem::with_path(&file.relative, diagnostic))?;
    let events = if lines { parse_lines(&text) } else { parse_json(&text) };
    let events = events.map_err(|diagnostic| Problem {
        path: file.relative.clone(),
        diagnostic,
        text: if text.len() > MAX_EVENT { String::new() } else { text.clone() },
    })?;
    let (name, path) = (name.to_owned(), file.relative.clone());
    Ok((rule.to_owned(), Case { path, name, polarity, events, options: Options::default() }))
}

/// Reads a `.json` fixture: one document, or an array of documents.
///
/// # Errors
///
/// The first thing that is not an event.
pub fn parse_json(text: &str) -> Result<Vec<Event>, Diagnostic> {
    let value: Value = json(text, 0)?;
    let values = match value {
        Value::Array(values) => values,
        value => vec![value],
    };
    let span = Span::new(0, text.len().min(1));
    events(values.into_iter().map(|value| (value, span)))
}

/// Reads an `.ndjson` fixture: one document a line; blank lines are skipped.
///
/// # Errors
///
/// The first thing that is not an event.
pub fn parse_lines(text: &str) -> Result<Vec<Event>, Diagnostic> {
    let mut values = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            values.push((json(line, start)?, Span::new(start, start + line.trim_end().len())));
        }
        start += line.len();
    }
    events(values.into_iter())
}

fn json(text: &str, start: usize) -> Result<Value, Diagnostic> {
    if text.len() > MAX_EVENT {
        let message =
            format!("the JSON has {} bytes, more than the limit of {MAX_EVENT}", text.len());
        return Err(Diagnostic::error("too-large", message, Span::new(start, start)));
    }
    if text.trim().is_empty() {
        let help = "a case holds at least one event";
        return Err(
            Diagnostic::error("empty-case", "the file is empty", Span::default()).with_help(help)
        );
    }
    serde_json::from_str(text).map_err(|error| {
        let line_start: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        Diagnostic::error(
            "json-syntax",
            format!("not JSON: {message}"),
            Span::new(start + at, start + at),
        )
    })
}

fn events(values: impl Iterator<Item = (Value, Span)>) -> Result<Vec<Event>, Diagnostic> {
    let mut events: Vec<Event> = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    for (position, (value, span)) in (1..).zip(values) {
        let event = Event::from_json(value, position).map_err(|error| {
            Diagnostic::error("not-an-event", format!("event {position}: {error}"), span)
        })?;
        if !ids.insert(event.id.clone()) {
            let message = format!("two events have the id `{}`", event.id);
            return Err(Diagnostic::error("duplicate-event", message, span));
        }
        events.push(event);
    }
    if events.is_empty() {
        return Err(Diagnostic::error("empty-case", "the case has no event", Span::default()));
    }
    Ok(events)
}

/// `a.json` and `a.ndjson` in one folder would be one name for two cases.
fn same_names(rules: &BTreeMap<String, Vec<Case>>) -> Vec<Problem> {
    let pairs = rules.values().flat_map(|cases| cases.windows(2));
    let same =
        pairs.filter(|pair| pair[0].name == pair[1].name && pair[0].polarity == pair[1].polarity);
    same.map(|pair| {
        let message = format!("has the same case name as {}", pair[0].path);
        Problem::with_path(&pair[1].path, Diagnostic::error("case-name", message, Span::default()))
    })
    .collect()
}
