//! What folders of rules hold beside rules, in a few lines.

use std::collections::BTreeMap;

use crate::file::Contents;
use crate::kind::Foreign;
use harness_source::diagnostic::Diagnostic;
use harness_source::files::Problem;
use harness_source::span::{Span, plural};

/// How many files a line names.
const MAX_NAMED: usize = 3;

/// Files by what they hold.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// By the name of what they are.
    foreign: BTreeMap<&'static str, Kept>,
    unknown: Vec<String>,
}

/// Rules of one kind.
#[derive(Debug)]
struct Kept {
    foreign: &'static Foreign,
    rules: usize,
    files: usize,
    first: String,
}

impl Summary {
    pub(super) fn add(&mut self, file: &str, contents: &Contents) {
        let mut seen: Vec<&Foreign> = Vec::new();
        for foreign in &contents.foreign {
            let new = || Kept { foreign, rules: 0, files: 0, first: file.to_owned() };
            let kept = self.foreign.entry(foreign.many).or_insert_with(new);
            kept.rules += 1;
            if !seen.contains(foreign) {
                seen.push(foreign);
                kept.files += 1;
            }
        }
        if contents.is_unknown {
            self.unknown.push(file.to_owned());
        }
    }

    /// A warning for each kind of file that is not judged, and one where nothing is.
    pub(super) fn problems(self, folders: &[String], is_empty: bool) -> Vec<Problem> {
        let place = folders.first().cloned().unwrap_or_default();
        let warning = |code, message: String, help: &str| {
            let warning = Diagnostic::warning(code, message, Span::default());
            Problem::with_path(place.clone(), warning.with_help(help))
        };
        let mut problems = Vec::new();
        for Kept { foreign, rules, files, first } in self.foreign.into_values() {
            let others = if files > 1 { ", …" } else { "" };
            let (noun, verb) = if rules == 1 { (foreign.one, "is") } else { (foreign.many, "are") };
            let message = format!("{rules} {noun} {verb} not judged ({first}{others})");
            problems.push(warning("foreign-rules", message, foreign.help));
        }
        if is_empty {
            let message = format!("there are no rules in {}", folders.join(", "));
            let help = "rules are TOML files of detection-rules, Kibana's exports (.ndjson), or \
                        the same as JSON or YAML; name their folder or file with --rules";
            problems.push(warning("no-rules", message, help));
        }
        if !self.unknown.is_empty() {
            let mut named =
                self.unknown.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
            let more = self.unknown.len().saturating_sub(MAX_NAMED);
            if more > 0 {
                named = format!("{named} and {more} more");
            }
            let verb = if self.unknown.len() == 1 { "holds" } else { "hold" };
            let message =
                format!("{} {verb} no rules: {named}", plural(self.unknown.len(), "file"));
            problems.push(warning("no-rules", message, "keep them outside the folder of rules"));
        }
        problems
    }
}
