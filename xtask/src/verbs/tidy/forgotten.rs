//! Source files that no `mod` names: their code is never compiled, their tests never run.

use std::path::Path;

use harness::diagnostic::Diagnostic;
use harness::files::{self, Problem};
use harness::span::Span;

use super::crates::{FOLDER, Member};

/// What Cargo starts from in a folder of sources, one of tests, and one of an example.
const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "it.rs"];

/// The files of all packages that no file around them names.
pub(super) fn forgotten(root: &Path, crates: &[Member]) -> Vec<Problem> {
    let packages = crates.iter().map(|one| format!("{FOLDER}/{}", one.name));
    let packages = packages.chain(["harness".to_owned(), "xtask".to_owned()]);
    let mut folders: Vec<String> =
        packages.flat_map(|own| [format!("{own}/src"), format!("{own}/tests")]).collect();
    folders.push("harness/examples/sample_page".to_owned());
    folders.retain(|folder| root.join(folder).is_dir());
    let mut problems = Vec::new();
    for folder in &folders {
        for file in files::find(&root.join(folder), &["**/*.rs"], &mut problems) {
            let path = file.relative.as_str();
            let read =
                |parent: &str| files::read(&root.join(folder).join(parent)).unwrap_or_default();
            let is_named = || parents(path).iter().any(|parent| names(&read(parent), module(path)));
            if !ROOTS.contains(&path) && !is_named() {
                let message = "no `mod` names this file, so it is never compiled";
                let found = Diagnostic::error("forgotten-file", message, Span::default());
                problems.push(Problem::with_path(format!("{folder}/{path}"), found));
            }
        }
    }
    problems
}

/// The name of the module of a file.
fn module(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".rs").unwrap_or(file)
}

/// The files that may name the one at this path.
fn parents(path: &str) -> Vec<String> {
    match path.rsplit_once('/') {
        Some((folder, _)) => vec![format!("{folder}.rs")],
        None => ROOTS.map(str::to_owned).to_vec(),
    }
}

/// Whether a text has `mod name;`.
fn names(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let declared = line.trim().strip_suffix(';').and_then(|line| line.split_once("mod "));
        declared.is_some_and(|(before, own)| {
            own == name && matches!(before.trim(), "" | "pub" | "pub(crate)" | "pub(super)")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_those_around_them() {
        assert_eq!((parents("a.rs")[2].as_str(), module("a.rs")), ("it.rs", "a"));
        assert_eq!((parents("a/b/c.rs"), module("a/b/c.rs")), (vec!["a/b.rs".to_owned()], "c"));
        for (text, expected) in [
            ("//! A.\n\nmod a;\n", true),
            ("mod tests {\n    pub(crate) mod a;\n}", true),
            ("mod ab;", false),
            ("// mod a;", false),
        ] {
            assert_eq!(names(text, "a"), expected, "{text}");
        }
    }
}
