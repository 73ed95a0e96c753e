//! Findings of lint, a renderer a file.

mod github;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;
#[cfg(test)]
mod tests;

pub use github::github;
pub use human::{explain, human};
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;

use harness_quality::lint::{Finding, Level};

use crate::words::plural;

/// How many findings there are, in words; by level where there are some.
fn sum(findings: &[Finding], rules: usize) -> String {
    if findings.is_empty() {
        return format!("no findings in {}", plural(rules, "rule"));
    }
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let levels = Level::ALL.into_iter().map(|level| (count(level), level.name()));
    let levels: Vec<String> =
        levels.filter(|(count, _)| *count > 0).map(|(count, name)| plural(count, name)).collect();
    let all = plural(findings.len(), "finding");
    format!("{all} in {}: {}", plural(rules, "rule"), levels.join(", "))
}
