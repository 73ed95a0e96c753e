//! What the documents say of the code: paths, and which crate uses which.

use std::io;
use std::path::Path;

use harness::diagnostic::Diagnostic;
use harness::files::{self, Problem};
use harness::span::Span;

use super::crates::Member;

/// Documents whose paths have to exist.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/*.md"];

/// Where the crates are listed, with what they use.
const MAP: &str = "ARCHITECTURE.md";

/// Paths in backquotes that do not exist.
pub(super) fn stale_paths(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files::find(root, DOCUMENTS, &mut Vec::new()) {
        match files::read(&file.path) {
            Ok(text) => problems.extend(paths(root, &file.relative, &text)),
            Err(found) => problems.push(Problem::with_path(&file.relative, found)),
        }
    }
    problems
}

/// Rows of the map of crates that do not say what the manifests say; with `write`
/// they are mended instead.
pub(super) fn uses(root: &Path, crates: &[Member], write: bool) -> io::Result<Vec<Problem>> {
    let path = root.join(MAP);
    let text = match files::read(&path) {
        Ok(text) => text,
        Err(found) => return Ok(vec![Problem::with_path(MAP, found)]),
    };
    let (mended, problems) = columns(&text, crates);
    if write && mended != text {
        files::write_atomically(&path, mended.as_bytes())?;
        return Ok(Vec::new());
    }
    Ok(problems)
}

/// The map with right columns, and what is wrong with it.
fn columns(text: &str, crates: &[Member]) -> (String, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut problem = |message: String, span| {
        let diagnostic = Diagnostic::error("crate-map", message, span)
            .with_help("cargo xtask tidy --write mends it");
        problems.push(Problem { path: MAP.to_owned(), diagnostic, text: text.into() });
    };
    let mut mended = String::with_capacity(text.len());
    let mut missing: Vec<&str> = crates.iter().map(|member| member.name.as_str()).collect();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let member = crates.iter().find(|it| line.starts_with(&format!("| `{}` |", it.name)));
        let row: Vec<&str> = line.trim_end().trim_matches('|').split(" | ").collect();
        match (member, row.as_slice()) {
            (Some(member), [name, holds, stated]) => {
                missing.retain(|name| *name != member.name);
                let uses =
                    if member.uses.is_empty() { "–".into() } else { member.uses.join(", ") };
                if stated.trim() != uses {
                    let message = format!("{} uses {uses}", member.name);
                    problem(message, Span::new(at, at + line.trim_end().len()));
                }
                mended.extend(["|", name, " | ", holds, " | ", &uses, " |\n"]);
            }
            _ => mended.push_str(line),
        }
        at += line.len();
    }
    for name in missing {
        problem(format!("the map lacks the crate {name}"), Span::default());
    }
    (mended, problems)
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
    use super::super::crates;
    use super::*;

    #[test]
    fn a_path_that_is_not_there_is_found() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let found = paths(root, "x.md", "See `xtask/src/main.rs` and `harness/src/gone.rs`.");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].diagnostic.message, "there is no `harness/src/gone.rs`");
    }

    #[test]
    fn the_map_says_what_the_manifests_say() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let crates = crates::read(root, &mut Vec::new());
        let text = "| `text` | patterns | query |\n| other | row | stays |\n";
        let text_only: Vec<Member> =
            crates.into_iter().filter(|member| member.name == "text").collect();
        let (mended, problems) = columns(text, &text_only);
        assert_eq!(mended, "| `text` | patterns | source |\n| other | row | stays |\n");
        assert_eq!(problems[0].diagnostic.message, "text uses source");
        assert_eq!(columns(&mended, &text_only).1.len(), 0);
    }
}
