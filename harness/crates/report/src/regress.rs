//! What a change of rules changes, a renderer a file.

mod evidence;
mod html;
mod human;
mod json;
mod markdown;
mod release;
mod words;

pub use evidence::evidence;
pub use html::html;
pub use human::human;
pub use json::json;
pub use markdown::markdown;
pub use release::release;

use harness_quality::regress::{Change, Regression, RuleChange};

use crate::words::plural;

/// In the order in which they are told: what is lost comes first.
const ORDER: [Change; 7] = [
    Change::Removed,
    Change::Both,
    Change::Narrower,
    Change::Unknown,
    Change::Wider,
    Change::Added,
    Change::Same,
];

/// The rules, those that lose events first.
fn ordered(regression: &Regression) -> Vec<&RuleChange> {
    let of = |change| regression.rules.iter().filter(move |rule| rule.change == change);
    ORDER.into_iter().flat_map(of).collect()
}

/// How many rules changed, in words; how where some did.
fn sum(regression: &Regression) -> String {
    let unchanged = plural(regression.unchanged, "rule");
    if regression.rules.is_empty() {
        return format!("no rule changed; {unchanged} unchanged");
    }
    let count = |change| regression.rules.iter().filter(|rule| rule.change == change).count();
    let counts = ORDER.into_iter().map(|change| (count(change), change.name()));
    let counts: Vec<String> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let all = plural(regression.rules.len(), "rule");
    format!("{all} changed: {}; {unchanged} unchanged", counts.join(", "))
}
