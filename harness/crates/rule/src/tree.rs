//! All rules below folders.
//!
//! A tree is untrusted: symbolic links are never followed, special files never
//! opened, and large files never read. Hidden files are left alone, as in a shell.

mod find;
mod folder;
mod summary;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::Part;
use crate::file::{self, Contents, Outcome};
use crate::kind::{self, Foreign};
use crate::model::Rule;
use find::Found;
use folder::is_ending;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::files::{self, Problem};
use harness_source::span::Span;
use summary::Summary;

pub use folder::Folder;

/// How many other users of a rule id a message names.
const MAX_NAMED: usize = 3;

/// The rules of folders, in the byte order of their paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleTree {
    /// The first folder as it opens from the current one.
    pub folder: String,
    /// The rules, also those that could not be read.
    pub rules: Vec<Loaded>,
    /// The files that hold exception lists beside rules, with their texts.
    pub exports: Vec<(String, Arc<str>)>,
    /// What else the folders hold, in a few lines.
    pub problems: Vec<Problem>,
}

impl RuleTree {
    /// The same with the rule of a key alone.
    #[must_use]
    pub fn only(&self, key: &str) -> Self {
        Self {
            folder: self.folder.clone(),
            rules: self.rules.iter().filter(|rule| rule.key() == key).cloned().collect(),
            exports: self.exports.clone(),
            problems: self.problems.clone(),
        }
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The path of its file below the root, with `/`; `.` for the root itself.
    pub path: String,
    /// What cases and snapshots are named after: the path without its ending, or the
    /// folder and the name of the rule in files that hold several.
    pub key: String,
    /// The file as it opens from the current folder.
    pub file: String,
    /// Its text, which spans refer to; empty where it was not read.
    pub text: Arc<str>,
    /// The rule; `None` where there is an error.
    pub rule: Option<Rule>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    fn failed(path: String, file: String, error: Diagnostic) -> Self {
        let (key, text) = (key_of(&path).to_owned(), Arc::default());
        Self { path, key, file, text, rule: None, diagnostics: vec![error] }
    }

    /// What cases and snapshots are named after.
    pub fn key(&self) -> String {
        self.key.clone()
    }

    /// The findings with their file.
    pub fn problems(&self) -> Vec<Problem> {
        Problem::of_file(&self.file, &self.text, self.diagnostics.clone())
    }

    /// A finding about a part of the rule, at its place in the file.
    pub fn locate(&self, part: Part, mut found: Diagnostic) -> Problem {
        let rule = self.rule.as_ref();
        let threat = rule.and_then(|rule| rule.threat_match.as_ref());
        let span = match part {
            Part::Query => {
                rule.and_then(|rule| rule.query.as_ref()).map(|query| query.locate(found.span))
            }
            Part::Filter(number) => {
                rule.and_then(|rule| rule.filters.get(number)).map(|filter| filter.span)
            }
            Part::ThreatQuery => threat.map(|threat| threat.query.locate(found.span)),
            Part::ThreatFilter(number) => {
                threat.and_then(|threat| threat.filters.get(number)).map(|filter| filter.span)
            }
            Part::File => Some(found.span),
        };
        found.span = span.unwrap_or_default();
        self.problem(found)
    }

    /// A finding with its place in the file.
    pub fn problem(&self, diagnostic: Diagnostic) -> Problem {
        Problem { path: self.file.clone(), diagnostic, text: self.text.clone() }
    }

    /// Whether the file cannot be used.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// The key of a rule that is alone in its file: the path without its ending.
pub fn key_of(path: &str) -> &str {
    let stem = path.rsplit_once('.').filter(|(_, ending)| is_ending(ending));
    stem.map_or(path, |(stem, _)| stem)
}

/// Whether a path is that of a file that may hold rules.
pub fn is_file_of_rules(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    is_ending(&ending) && path.is_file()
}

/// Loads all rules below a folder, in parallel.
pub fn load_tree(root: &Path) -> RuleTree {
    load_trees(&[Folder::at(root)])
}

/// The same for several folders.
pub fn load_trees(folders: &[Folder]) -> RuleTree {
    let mut tree = RuleTree::default();
    let mut summary = Summary::default();
    for folder in folders {
        let shown = files::shown(&folder.path);
        let found = find::find(folder);
        let read: Vec<Read> =
            found.into_par_iter().map(|found| read(found, &shown, folder.is_guess)).collect();
        for Read { file, text, rules, contents } in read {
            summary.add(&file, &contents);
            if contents.has_exceptions {
                tree.exports.push((file, text));
            }
            tree.rules.extend(rules);
        }
        if tree.folder.is_empty() {
            tree.folder = shown;
        }
    }
    tree.rules.sort_by(|a, b| a.path.cmp(&b.path));
    tell_apart(&mut tree.rules);
    reject_duplicates(&mut tree.rules);
    let shown: Vec<String> = folders.iter().map(|folder| files::shown(&folder.path)).collect();
    tree.problems = summary.problems(&shown, tree.rules.is_empty());
    tree
}

/// What a file gave.
struct Read {
    file: String,
    text: Arc<str>,
    rules: Vec<Loaded>,
    contents: Contents,
}

fn read(found: Found, folder: &str, is_guess: bool) -> Read {
    let Found { path, file, outcome } = found;
    let file = file.unwrap_or_else(|| folder.to_owned());
    let none = |rules: Vec<Loaded>, contents: Contents| {
        let file = file.clone();
        Read { file, text: Arc::default(), rules, contents }
    };
    let failed =
        |error| none(vec![Loaded::failed(path.clone(), file.clone(), error)], Contents::default());
    let opened = match outcome {
        Ok(opened) => opened,
        Err(error) => return failed(error),
    };
    let foreign = |foreign: &'static Foreign| {
        none(Vec::new(), Contents { foreign: vec![foreign], ..Contents::default() })
    };
    if let Some(by_ending) = find::foreign(&path) {
        return foreign(by_ending);
    }
    let bytes = match find::read_limited(&opened) {
        Ok(bytes) => bytes,
        Err(error) => return failed(error),
    };
    let (text, fault) = decoded(bytes);
    if let Some(fault) = fault {
        let key = key_of(&path).to_owned();
        let diagnostics = vec![fault];
        let rule = Loaded { path, key, file: file.clone(), text, rule: None, diagnostics };
        return none(vec![rule], Contents::default());
    }
    if find::is_terraform(&path) {
        let is_rule = text.contains("elasticstack_kibana_security_detection_rule");
        let kept = if is_rule { vec![&kind::TERRAFORM] } else { Vec::new() };
        return none(Vec::new(), Contents { foreign: kept, ..Contents::default() });
    }
    let mut contents = file::contents(&path, &text, is_guess);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let outcomes = std::mem::take(&mut contents.rules);
    let several = contents.is_export;
    let loaded = |(position, outcome): (usize, Outcome)| {
        let Outcome { rule, name, diagnostics } = outcome;
        let key = match (several, name) {
            (false, _) => key_of(&path).to_owned(),
            (true, Some(name)) => files::below(folder, &file::slug(&name)),
            (true, None) => format!("{}_{position}", key_of(&path)),
        };
        let (path, file, text) = (path.clone(), file.clone(), Arc::clone(&text));
        Loaded { path, key, file, text, rule, diagnostics }
    };
    let rules = (1..).zip(outcomes).map(loaded).collect();
    Read { file: file.clone(), text, rules, contents }
}

/// A text of UTF-8 or UTF-16, or what is wrong with it.
fn decoded(bytes: Vec<u8>) -> (Arc<str>, Option<Diagnostic>) {
    // The place of a fault is told in the text as far as there is one.
    let lossy: Option<(usize, String)> = match std::str::from_utf8(&bytes) {
        Ok(_) => None,
        Err(error) => Some((error.valid_up_to(), String::from_utf8_lossy(&bytes).into_owned())),
    };
    match (files::decode(bytes), lossy) {
        (Ok(text), _) => (text.into(), None),
        (Err(_), Some((start, text))) => {
            // The replacement character stands where the fault was.
            let span = Span::new(start, start + char::REPLACEMENT_CHARACTER.len_utf8());
            (text.into(), Some(Diagnostic::error("rule-encoding", "invalid UTF-8", span)))
        }
        (Err(error), None) => (Arc::default(), Some(error)),
    }
}

/// Gives rules of one key keys of their own: by their ids where they are of one file,
/// else those after the first are errors.
fn tell_apart(rules: &mut [Loaded]) {
    let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, loaded) in rules.iter().enumerate() {
        users.entry(loaded.key.clone()).or_default().push(index);
    }
    let mut taken: std::collections::BTreeSet<String> = users.keys().cloned().collect();
    for indices in users.values().filter(|indices| indices.len() > 1) {
        for index in &indices[1..] {
            let first = rules[indices[0]].file.clone();
            let loaded = &mut rules[*index];
            if loaded.path != "." && key_of(&loaded.path) == loaded.key {
                let message =
                    format!("the rule has the same path as that of {first}, but for its ending");
                loaded.rule = None;
                let error = Diagnostic::error("rule-path", message, Span::default());
                loaded.diagnostics.push(error.with_help("rename one of the files"));
            }
            let id = loaded.rule.as_ref().map(|rule| file::slug(&rule.rule_id.value));
            let id = id.unwrap_or_else(|| index.to_string().into());
            loaded.key = format!("{}_{id}", loaded.key);
            while !taken.insert(loaded.key.clone()) {
                loaded.key.push('_');
            }
        }
    }
}

/// Turns all rules that share an id into errors that name each other.
fn reject_duplicates(rules: &mut [Loaded]) {
    let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, loaded) in rules.iter().enumerate() {
        if let Some(rule) = &loaded.rule {
            users.entry(rule.rule_id.value.clone()).or_default().push(index);
        }
    }
    for (id, indices) in users.into_iter().filter(|(_, indices)| indices.len() > 1) {
        let named: Vec<String> =
            indices.iter().take(MAX_NAMED + 1).map(|index| rules[*index].file.clone()).collect();
        for (place, index) in indices.iter().enumerate() {
            let others: Vec<&str> = named
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place)
                .map(|(_, path)| path.as_str())
                .take(MAX_NAMED)
                .collect();
            let more = indices.len() - 1 - others.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let message = format!("rule id `{id}` is also that of {}{more}", others.join(", "));
            let loaded = &mut rules[*index];
            let span = loaded.rule.take().map_or_else(Span::default, |rule| rule.rule_id.span);
            loaded.diagnostics.push(Diagnostic::error("rule-id-duplicate", message, span));
        }
    }
}

#[cfg(test)]
mod tests;
