//! The crates of the library, and which of them may use which.

use std::path::Path;

use harness::diagnostic::Diagnostic;
use harness::files::{self, Problem};
use harness::span::Span;

/// The crates by rank: each may use those before it, and no others.
pub(super) const RANKS: [&str; 17] = [
    "source",
    "text",
    "model",
    "query",
    "rule",
    "predicate",
    "engine",
    "esql",
    "compile",
    "detect",
    "runner",
    "quality",
    "cluster",
    "backtest",
    "report",
    "conformance",
    "cli",
];

/// The folder of the crates.
pub(super) const FOLDER: &str = "harness/crates";

/// A crate of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name without `harness-`, which is that of its folder.
    pub(super) name: String,
    /// The crates of the library that it uses outside of tests, by rank.
    pub(super) uses: Vec<String>,
    /// Its manifest.
    manifest: String,
}

/// Reads the manifests of all crates, by rank.
pub(super) fn read(root: &Path, problems: &mut Vec<Problem>) -> Vec<Member> {
    let mut crates = Vec::new();
    for file in files::find(&root.join(FOLDER), &["*/Cargo.toml"], problems) {
        let name = file.relative.split('/').next().unwrap_or_default().to_owned();
        match files::read(&file.path) {
            Ok(manifest) => crates.push(Member { uses: uses(&manifest), name, manifest }),
            Err(found) => problems.push(Problem::with_path(&file.relative, found)),
        }
    }
    crates.sort_by_key(|member| rank(&member.name));
    crates
}

/// Crates that use what has no lower rank, and crates without a rank.
pub(super) fn upward(crates: &[Member]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for Member { name, uses, manifest } in crates {
        let mut problem = |message: String, at: &str| {
            let start = manifest.find(at).unwrap_or(0);
            let span = Span::new(start, start + if start == 0 { 0 } else { at.len() });
            problems.push(Problem {
                path: format!("{FOLDER}/{name}/Cargo.toml"),
                diagnostic: Diagnostic::error("crate-rank", message, span),
                text: manifest.as_str().into(),
            });
        };
        let Some(own) = rank(name) else {
            problem(format!("the crate {name} has no rank in xtask/src/verbs/tidy/crates.rs"), "");
            continue;
        };
        for used in uses.iter().filter(|used| rank(used).is_none_or(|rank| rank >= own)) {
            let at = format!("harness-{used}");
            problem(format!("{name} may not use {used}, which has no lower rank"), &at);
        }
    }
    problems
}

fn rank(name: &str) -> Option<usize> {
    RANKS.iter().position(|known| *known == name)
}

/// The crates of the library under `[dependencies]`, by rank.
fn uses(manifest: &str) -> Vec<String> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| {
        let name = line.strip_prefix("harness-")?.split(['.', ' ', '=']).next()?;
        Some(name.to_owned())
    });
    let mut uses: Vec<String> = names.collect();
    uses.sort_by_key(|name| rank(name));
    uses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, manifest: &str) -> Member {
        Member { name: name.to_owned(), uses: uses(manifest), manifest: manifest.to_owned() }
    }

    fn told(name: &str, manifest: &str) -> Vec<String> {
        let problems = upward(&[member(name, manifest)]);
        problems.into_iter().map(|problem| problem.diagnostic.message).collect()
    }

    #[test]
    fn a_crate_uses_lower_ranks_only() {
        let manifest = "[package]\n\n[dependencies]\nharness-source.workspace = true\n\n\
                        [dev-dependencies]\nharness-report.workspace = true\n";
        assert_eq!(told("text", manifest), Vec::<String>::new());
        let upward = told("source", manifest);
        assert_eq!(upward, ["source may not use source, which has no lower rank"]);
        let manifest = "[package]\n\n[dependencies]\nharness-report.workspace = true\n";
        assert_eq!(told("text", manifest), ["text may not use report, which has no lower rank"]);
    }

    #[test]
    fn a_crate_has_a_rank() {
        let told = told("parlour", "[package]\n\n[dependencies]\n");
        assert_eq!(told, ["the crate parlour has no rank in xtask/src/verbs/tidy/crates.rs"]);
    }
}
