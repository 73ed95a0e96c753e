//! Conventions of the repository that a test can hold.
//!
//! Two of them: a module uses only the modules that its row allows, so that
//! nothing reaches back along the one way from rule to report; and every path
//! that the documents name exists.

use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::files::{self, Problem};
use crate::span::Span;

/// What each module of the library may use, beside itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("analysis", &[]),
    (
        "backtest",
        &[
            "analysis",
            "cluster",
            "compile",
            "detect",
            "diagnostic",
            "document",
            "esql",
            "event",
            "exception",
            "index_pattern",
            "ir",
            "query",
            "rule",
            "schema",
            "value",
        ],
    ),
    ("case", &["diagnostic", "event", "files", "keys", "likeness", "limits", "span", "value"]),
    (
        "cluster",
        &["analysis", "document", "engine", "event", "ir", "limits", "pattern", "run", "schema"],
    ),
    ("column", &[]),
    (
        "compile",
        &[
            "analysis",
            "diagnostic",
            "effort",
            "esql",
            "exception",
            "ir",
            "likeness",
            "pattern",
            "query",
            "rule",
            "schema",
            "span",
            "value",
        ],
    ),
    (
        "config",
        &[
            "case",
            "diagnostic",
            "exception",
            "files",
            "keys",
            "lookup",
            "pattern",
            "rule",
            "run",
            "schema",
            "span",
        ],
    ),
    (
        "conformance",
        &[
            "analysis",
            "cluster",
            "compile",
            "config",
            "detect",
            "diagnostic",
            "document",
            "engine",
            "esql",
            "event",
            "files",
            "index_pattern",
            "ir",
            "pattern",
            "query",
            "rule",
            "run",
            "schema",
            "span",
            "value",
            "verdict",
        ],
    ),
    (
        "coverage",
        &["detect", "document", "engine", "esql", "ir", "limits", "query", "rule", "run", "span"],
    ),
    ("detect", &["diagnostic", "document", "event", "ir", "limits", "rule", "value"]),
    ("diagnostic", &["span"]),
    ("document", &["analysis", "column", "event", "schema", "value"]),
    ("effort", &["limits"]),
    ("engine", &["document", "ir", "pattern"]),
    (
        "esql",
        &[
            "analysis",
            "diagnostic",
            "effort",
            "event",
            "index_pattern",
            "limits",
            "lookup",
            "pattern",
            "query",
            "schema",
            "span",
            "value",
        ],
    ),
    ("event", &["limits", "value"]),
    ("exception", &["analysis", "diagnostic", "event", "files", "span", "value"]),
    (
        "explain",
        &[
            "case", "coverage", "detect", "document", "engine", "esql", "event", "ir", "likeness",
            "mutate", "pattern", "query", "rule", "run", "span", "value", "verdict",
        ],
    ),
    ("files", &["diagnostic", "limits", "span"]),
    ("gate", &["case", "config", "coverage", "mutate", "run", "verdict"]),
    ("index_pattern", &["pattern"]),
    ("ir", &["analysis", "column", "document", "limits", "pattern", "rule", "span", "value"]),
    ("keys", &["diagnostic", "likeness", "span"]),
    ("likeness", &[]),
    ("limits", &[]),
    ("lookup", &["diagnostic", "files", "span"]),
    (
        "mutate",
        &[
            "case", "compile", "coverage", "document", "engine", "esql", "event", "ir", "likeness",
            "limits", "pattern", "query", "rule", "run", "span", "value", "verdict",
        ],
    ),
    ("pattern", &["effort", "limits", "span"]),
    ("query", &["diagnostic", "likeness", "limits", "pattern", "span"]),
    (
        "report",
        &[
            "backtest",
            "case",
            "coverage",
            "detect",
            "diagnostic",
            "explain",
            "files",
            "ir",
            "mutate",
            "rule",
            "run",
            "span",
            "value",
            "verdict",
        ],
    ),
    ("rule", &["diagnostic", "files", "limits", "span"]),
    (
        "run",
        &[
            "case",
            "compile",
            "detect",
            "diagnostic",
            "document",
            "engine",
            "esql",
            "event",
            "exception",
            "files",
            "index_pattern",
            "ir",
            "likeness",
            "limits",
            "rule",
            "schema",
            "span",
            "verdict",
        ],
    ),
    ("schema", &["analysis", "column", "effort", "lookup", "pattern", "value"]),
    ("snapshot", &["diagnostic", "files", "report", "run", "span", "value", "verdict"]),
    ("span", &[]),
    ("tidy", &["diagnostic", "files", "span"]),
    ("value", &[]),
    ("verdict", &["case"]),
];

/// Documents whose paths have to exist.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/*.md"];

/// Everything that is out of order below `root`.
pub fn check(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let sources = root.join("harness/src");
    for file in files::find(&sources, &["**/*.rs"], &mut problems.clone()) {
        match files::read(&file.path) {
            Ok(text) => problems.extend(uses(&file.relative, &text)),
            Err(found) => problems.push(Problem::with_path(&file.relative, found)),
        }
    }
    for file in files::find(root, DOCUMENTS, &mut Vec::new()) {
        match files::read(&file.path) {
            Ok(text) => problems.extend(paths(root, &file.relative, &text)),
            Err(found) => problems.push(Problem::with_path(&file.relative, found)),
        }
    }
    problems
}

/// The module that a source file belongs to.
fn module(relative: &str) -> &str {
    let head = relative.split('/').next().unwrap_or(relative);
    head.strip_suffix(".rs").unwrap_or(head)
}

/// `use crate::…` lines that the table does not allow. Tests may use anything.
fn uses(relative: &str, text: &str) -> Vec<Problem> {
    let own = module(relative);
    if own == "lib" || relative.ends_with("tests.rs") || relative.contains("/tests/") {
        return Vec::new();
    }
    let problem = |message: String, span| Problem {
        path: format!("harness/src/{relative}"),
        diagnostic: Diagnostic::error("module-order", message, span),
        text: text.into(),
    };
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == own) else {
        return vec![problem(format!("`{own}` has no row in tidy.rs"), Span::default())];
    };
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let used = code.match_indices("use crate::").map(|(at, found)| (at, &code[at + found.len()..]));
    used.filter_map(|(at, rest)| {
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let fine = name.is_empty() || name == own || allowed.contains(&name.as_str());
        let span = Span::new(at, at + "use crate::".len() + name.len());
        (!fine).then(|| problem(format!("`{own}` may not use `{name}`"), span))
    })
    .collect()
}

/// Paths in backquotes, with a slash and an ending, that do not exist.
fn paths(root: &Path, relative: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut at = 0;
    for (number, part) in text.split('`').enumerate() {
        let span = Span::new(at, at + part.len());
        at += part.len() + 1;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
        let names_file =
            part.contains('/') && part.rsplit('/').next().is_some_and(|n| n.contains('.'));
        let ours =
            ["harness/", "xtask/", "snapshots/", "rules/", "cases/", "docs/", ".github/", ".ci/"];
        if number % 2 == 0 || !part.chars().all(plain) || !names_file {
            continue;
        }
        if ours.iter().any(|folder| part.starts_with(folder)) && !root.join(part).exists() {
            let message = format!("there is no `{part}`");
            let diagnostic = Diagnostic::error("stale-path", message, span);
            problems.push(Problem { path: relative.to_owned(), diagnostic, text: text.into() });
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_against_the_order_is_found() {
        assert_eq!(uses("span.rs", "use crate::run::Run;\n").len(), 1);
        assert_eq!(uses("run/explain.rs", "use crate::ir::Leaf;\nuse crate::run::Run;\n"), []);
        assert_eq!(uses("unknown.rs", "").len(), 1);
    }

    #[test]
    fn a_path_that_is_not_there_is_found() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let found = paths(root, "x.md", "See `harness/src/tidy.rs` and `harness/src/gone.rs`.");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].diagnostic.message, "there is no `harness/src/gone.rs`");
    }
}
