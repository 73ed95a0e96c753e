//! `case.toml`: what a case states beside its events.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

pub use super::model::Options;
use super::{Case, Polarity};
use harness_model::value::{DateFormat, Rounding};
use harness_source::diagnostic::Diagnostic;
use harness_source::files::table::Table;
use harness_source::files::{self, Problem};
use harness_source::keys;
use harness_source::likeness::nearest;
use harness_source::span::Span;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    positive: BTreeMap<String, toml::Spanned<Table<RawOptions>>>,
    #[serde(default)]
    negative: BTreeMap<String, toml::Spanned<Table<RawOptions>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOptions {
    now: Option<toml::Spanned<String>>,
    alerts: Option<usize>,
    outside: Option<usize>,
    completion: Option<String>,
    exceptions: Option<Vec<String>>,
    note: Option<String>,
    todo: Option<String>,
}

/// Reads a `case.toml` into its cases, but for those whose files are `broken`;
/// returns what is wrong with it. `path` is how the file is shown.
pub(super) fn apply(
    file: &Path,
    path: &str,
    cases: &mut [Case],
    broken: &[String],
) -> Vec<Problem> {
    let text = match files::read(file) {
        Ok(text) => text,
        Err(diagnostic) => return vec![Problem::with_path(path, diagnostic)],
    };
    let diagnostics = match toml::from_str::<RawFile>(&text) {
        Err(error) => vec![keys::fault("case-toml", &error)],
        Ok(raw) => {
            let positive = raw.positive.into_iter().map(|entry| (Polarity::Positive, entry));
            let negative = raw.negative.into_iter().map(|entry| (Polarity::Negative, entry));
            let known = positive.chain(negative).filter(|(polarity, (name, _))| {
                !broken.contains(&format!("{}/{name}", polarity.folder()))
            });
            known.flat_map(|(polarity, (name, raw))| entry(polarity, &name, raw, cases)).collect()
        }
    };
    Problem::of_file(path, &text.as_str().into(), diagnostics)
}

fn entry(
    polarity: Polarity,
    name: &str,
    raw: toml::Spanned<Table<RawOptions>>,
    cases: &mut [Case],
) -> Vec<Diagnostic> {
    let span = Span::new(raw.span().start, raw.span().end);
    let Table(raw) = raw.into_inner();
    let mut errors = Vec::new();
    let folder = polarity.folder();
    let Some(at) = cases.iter().position(|case| case.polarity == polarity && case.name == name)
    else {
        let message = format!("there is no case `{folder}/{name}`");
        let names: Vec<String> =
            cases.iter().map(|case| format!("{}/{}", case.polarity.folder(), case.name)).collect();
        let near = nearest(&format!("{folder}/{name}"), names.iter().map(String::as_str));
        let mut error = Diagnostic::error("case-toml", message, span);
        error.help = near.map(|near| format!("did you mean `{near}`?"));
        return vec![error];
    };
    let case = &mut cases[at];
    match (polarity, raw.alerts) {
        (Polarity::Positive, Some(0)) => {
            errors.push(Diagnostic::error(
                "case-toml",
                "a positive case raises at least one alert",
                span,
            ));
        }
        (Polarity::Negative, Some(1..)) => {
            errors.push(Diagnostic::error("case-toml", "a negative case raises no alert", span));
        }
        (Polarity::Positive, _) | (Polarity::Negative, Some(0) | None) => {}
    }
    let now = raw.now.as_ref().and_then(|now| {
        let at = Span::new(now.span().start, now.span().end);
        let parsed = DateFormat::parse(harness_model::value::DEFAULT_DATE_FORMAT)
            .and_then(|format| format.resolve(now.get_ref(), 0, Rounding::Down, None));
        match parsed {
            Ok(millis) => Some(millis),
            Err(error) => {
                errors.push(Diagnostic::error("case-toml", error.to_string(), at));
                None
            }
        }
    });
    let RawOptions { now: _, alerts, outside, completion, exceptions, note, todo } = raw;
    case.options = Options { now, alerts, outside, completion, exceptions, note, todo };
    errors
}
