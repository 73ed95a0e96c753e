//! What a change of rules changes, a renderer a file.

mod human;
mod json;
mod markdown;

pub use human::human;
pub use json::json;
pub use markdown::markdown;

use harness_quality::regress::{CaseChange, Change, Regression, RuleChange};
use serde_json::Value;

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

/// What a change means, in words.
fn meaning(rule: &RuleChange) -> String {
    match rule.change {
        Change::Same => "alerts on the same events: proved".to_owned(),
        Change::Narrower => "alerts on fewer events, and on no others: proved".to_owned(),
        Change::Wider => "alerts on more events, and on all of before: proved".to_owned(),
        Change::Both => "alerts on other events, and no longer on some".to_owned(),
        Change::Unknown => match &rule.reason {
            Some(reason) => format!("not all is known: {reason}"),
            None => "not all is known".to_owned(),
        },
        Change::Added => "is new".to_owned(),
        Change::Removed => "is gone".to_owned(),
    }
}

/// What became of a case, in words.
fn case_line(one: &CaseChange) -> String {
    let CaseChange { case, before, after } = one;
    format!("{case}: {} now (was {before})", plural(*after, "alert"))
}

/// The events of a case: one alone, or a list.
fn case(events: &[Value]) -> Value {
    match events {
        [one] => one.clone(),
        all => Value::Array(all.to_vec()),
    }
}
