//! Exception lists from disk: what a rule must not alert on.
//!
//! `exceptions/<list_id>.ndjson` as Kibana exports it, `.json` with an item or an
//! array of items, `.toml` as detection-rules keeps them; value lists are
//! `exceptions/lists/<id>.txt`, one value a line (docs/cases.md, "Exceptions"). This module only reads; `compile`
//! makes conditions of it.

mod model;
mod read;
pub mod words;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use harness_source::diagnostic::Diagnostic;
use harness_source::files::{self, Problem};
use harness_source::span::Span;
pub use model::{Entry, Item, Test};

/// All exception lists of a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExceptionTree {
    /// The items by `list_id`, in the order of their files.
    pub lists: BTreeMap<String, Vec<Item>>,
    /// The values of each value list.
    pub values: BTreeMap<String, Vec<String>>,
    /// The folder as it opens from the current one.
    pub folder: String,
    /// The files of the items, by path.
    pub texts: BTreeMap<String, Arc<str>>,
    /// What is wrong with the items of each list.
    pub broken: BTreeMap<String, Vec<Problem>>,
    /// What else could not be used.
    pub problems: Vec<Problem>,
}

/// Why a list cannot be applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Unapplied<'a> {
    /// Items of it cannot be read; those that were read are not all.
    Broken(&'a [Problem]),
    /// No file has it.
    Missing(String),
}

impl std::fmt::Display for Unapplied<'_> {
    /// The first reason.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken(problems) => problems
                .first()
                .map_or(Ok(()), |first| write!(f, "{}: {}", first.path, first.diagnostic.message)),
            Self::Missing(message) => f.write_str(message),
        }
    }
}

impl ExceptionTree {
    /// The items of a list, which may lie in several files.
    ///
    /// # Errors
    ///
    /// Why it cannot be applied.
    pub fn items(&self, list: &str) -> Result<&[Item], Unapplied<'_>> {
        if let Some(broken) = self.broken.get(list).filter(|broken| !broken.is_empty()) {
            return Err(Unapplied::Broken(broken));
        }
        let missing = || {
            Unapplied::Missing(format!("the exception list `{list}` is not in {}", self.list(list)))
        };
        self.lists.get(list).map(Vec::as_slice).ok_or_else(missing)
    }

    /// A finding about an item, at its place.
    pub fn problem(&self, item: &Item, found: Diagnostic) -> Problem {
        let text = self.texts.get(&item.path).cloned().unwrap_or_default();
        let diagnostic = Diagnostic { span: item.span, ..found };
        Problem { path: item.path.clone(), diagnostic, text }
    }

    /// Adds the lists of a file, by its path as it is shown.
    pub fn add(&mut self, path: &str, text: Arc<str>) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let found = read::contents(path, stem, &text);
        for list in &found.lists {
            self.lists.entry(list.clone()).or_default();
        }
        for (list, item) in found.items {
            self.lists.entry(list).or_default().push(item);
        }
        let mut broken: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
        for (list, error) in found.errors {
            let all = found.lists.iter().filter(|_| list.is_none());
            for list in all.chain(&list) {
                broken.entry(list.clone()).or_default().push(error.clone());
            }
        }
        for (list, errors) in broken {
            let broken = self.broken.entry(list).or_default();
            broken.extend(Problem::of_file(path, &text, errors));
        }
        self.texts.insert(path.to_owned(), text);
    }

    /// The file of a value list.
    pub fn value_list(&self, id: &str) -> String {
        files::below(&self.folder, &format!("lists/{id}.txt"))
    }

    /// The file in which a list is looked for first.
    pub fn list(&self, id: &str) -> String {
        files::below(&self.folder, &format!("{id}.ndjson"))
    }
}

/// Endings of files that hold lists; what they hold is told by their content.
const ENDINGS: [&str; 6] = ["json", "jsonl", "ndjson", "toml", "yaml", "yml"];

/// Loads the lists below `root`; a root that does not exist has none.
pub fn load_tree(root: &Path) -> ExceptionTree {
    let folder = files::shown(root);
    let mut problems = Vec::new();
    let found = files::find(root, &["**/*", "**/*.json", "**/*.ndjson", "**/*.txt"], &mut problems);
    for problem in &mut problems {
        problem.path = files::below(&folder, &problem.path);
    }
    let mut tree = ExceptionTree { problems, ..ExceptionTree::default() };
    for file in found.iter().filter(|file| !files::is_aside(&file.relative)) {
        let path = files::below(&folder, &file.relative);
        let problem = |diagnostic| Problem::with_path(&path, diagnostic);
        let text = match files::read(&file.path) {
            Ok(text) => text,
            Err(found) => {
                tree.problems.push(problem(found));
                continue;
            }
        };
        let (stem, ending) = file.relative.rsplit_once('.').unwrap_or((file.relative.as_str(), ""));
        match (stem.strip_prefix("lists/"), ending) {
            (Some(id), "txt") => {
                let values = text.lines().map(str::trim).filter(|line| !line.is_empty());
                tree.values.insert(id.to_owned(), values.map(str::to_owned).collect());
            }
            (None, ending) if ENDINGS.contains(&ending) => tree.add(&path, text.into()),
            _ => {
                let message = "the file is no exception list";
                let help =
                    "lists are <list_id>.json, .ndjson, .toml or .yaml, values lists/<id>.txt";
                let error = Diagnostic::error("exception", message, Span::default());
                tree.problems.push(problem(error.with_help(help)));
            }
        }
    }
    tree.folder = folder;
    tree
}

#[cfg(test)]
mod tests;
