//! All rule files below a folder.
//!
//! A tree is untrusted: symbolic links are never followed, special files never
//! opened, and large files never read. Hidden files are left alone, as in a shell.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use glob::{MatchOptions, Pattern};
use rayon::prelude::*;

use crate::Part;
use crate::model::Rule;
use crate::parse;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::files::{self, Problem};
use harness_source::limits;
use harness_source::span::Span;

/// Which files are rules, by their path below the root.
const FILES: &str = "**/*.toml";

/// Files larger than this are refused.
const MAX_BYTES: u64 = limits::RULE_BYTES.most as u64;

/// Folders deeper than this are refused.
const MAX_DEPTH: usize = limits::FOLDER_DEPTH.most;

/// How many other users of a rule id a message names.
const MAX_NAMED: usize = 3;

/// The rule files of a folder, in the byte order of their paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleTree {
    /// The folder as it opens from the current one.
    pub folder: String,
    /// The files, also those that could not be read.
    pub rules: Vec<Loaded>,
}

/// One rule file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// Its path below the root, with `/`; `.` for the root itself.
    pub path: String,
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
        Self { path, file, text: Arc::default(), rule: None, diagnostics: vec![error] }
    }

    /// The path without `.toml`: what cases and snapshots are named after.
    pub fn key(&self) -> String {
        self.path.strip_suffix(".toml").unwrap_or(&self.path).to_owned()
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

/// A file to read, or why it is not read.
struct Found {
    path: String,
    outcome: Result<PathBuf, Diagnostic>,
}

/// Loads all rule files below a folder, in parallel.
pub fn load_tree(root: &Path) -> RuleTree {
    let mut found = find(root);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let folder = files::shown(root);
    let mut rules: Vec<Loaded> = found.into_par_iter().map(|found| load(found, &folder)).collect();
    reject_duplicates(&mut rules);
    RuleTree { folder, rules }
}

/// All files that look like rules, and all places that could not be searched.
fn find(root: &Path) -> Vec<Found> {
    let pattern = Pattern::new(FILES).expect("the pattern is a constant");
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let root_real = root.canonicalize().ok();
    let mut found = Vec::new();
    let mut folders = vec![(root.to_path_buf(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        let entries = match read_sorted(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                let path = if prefix.is_empty() { "." } else { prefix.trim_end_matches('/') };
                found.push(Found { path: path.to_owned(), outcome: Err(unreadable(&error)) });
                continue;
            }
        };
        for entry in entries {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let is_rule = pattern.matches_with(&path, options);
            let outcome = match fs::symlink_metadata(&entry) {
                Ok(about) if about.is_symlink() => {
                    let real = entry.canonicalize();
                    let leads_to_folder = real.as_ref().is_ok_and(|real| real.is_dir());
                    if !is_rule && (name.starts_with('.') || !leads_to_folder) {
                        continue;
                    }
                    Err(link(real, root_real.as_deref().unwrap_or(root)))
                }
                Ok(about) if about.is_dir() => {
                    if name.starts_with('.') {
                        continue;
                    }
                    if depth < MAX_DEPTH {
                        folders.push((entry, format!("{path}/"), depth + 1));
                        continue;
                    }
                    Err(refused("rule-io", format!("folders are nested deeper than {MAX_DEPTH}")))
                }
                _ if !is_rule => continue,
                Ok(about) if !about.is_file() => {
                    Err(refused("rule-io", "not a regular file".to_owned()))
                }
                Ok(_) => Ok(entry),
                Err(error) => Err(unreadable(&error)),
            };
            found.push(Found { path, outcome });
        }
    }
    found
}

fn read_sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

fn refused(code: &'static str, message: String) -> Diagnostic {
    Diagnostic::error(code, message, Span::default())
}

fn unreadable(error: &io::Error) -> Diagnostic {
    refused("rule-io", format!("cannot be read: {error}"))
}

/// The finding about a symbolic link; what it leads to inside the root is read there anyway.
fn link(real: io::Result<PathBuf>, root: &Path) -> Diagnostic {
    match real {
        Ok(real) if real.starts_with(root) => {
            let message = "symbolic links are not followed";
            Diagnostic::warning("rule-link", message, Span::default())
        }
        Ok(_) => refused("rule-link", "symbolic link that leads out of the folder".to_owned()),
        Err(error) => refused("rule-link", format!("symbolic link that leads nowhere: {error}")),
    }
}

fn load(found: Found, folder: &str) -> Loaded {
    let Found { path, outcome } = found;
    let file = if path == "." { folder.to_owned() } else { files::below(folder, &path) };
    let bytes = match outcome.and_then(|file| read_limited(&file)) {
        Ok(bytes) => bytes,
        Err(error) => return Loaded::failed(path, file, error),
    };
    match String::from_utf8(bytes) {
        Ok(text) => {
            let (rule, diagnostics) = parse(&text);
            Loaded { path, file, text: text.into(), rule, diagnostics }
        }
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            // The replacement character stands where the fault was.
            let text: Arc<str> = String::from_utf8_lossy(error.as_bytes()).into();
            let span = Span::new(start, start + char::REPLACEMENT_CHARACTER.len_utf8());
            let diagnostics = vec![Diagnostic::error("rule-encoding", "invalid UTF-8", span)];
            Loaded { path, file, text, rule: None, diagnostics }
        }
    }
}

fn read_limited(file: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("larger than {} MiB", MAX_BYTES >> 20);
        return Err(refused("rule-too-large", message));
    }
    Ok(bytes)
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
