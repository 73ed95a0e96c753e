//! What all renderers say in the same words.

use harness_quality::regress::{
    AlertSample, CaseChange, Change, Deciding, Difference, Example, OnData, Presence, RuleChange,
};
use serde_json::Value;

use crate::words::{flat, plural, shorten};

/// Events of longer lists are told by the first and the last of them.
const MOST_EVENTS: usize = 4;
/// Characters of a clause.
const MAX_CLAUSE: usize = 200;

/// What a change means, in words.
pub(super) fn meaning(rule: &RuleChange) -> String {
    match rule.change {
        Change::Same => match &rule.reason {
            Some(reason) => format!("alerts on the same events: {reason}"),
            None => "alerts on the same events: proved".to_owned(),
        },
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
pub(super) fn case_line(one: &CaseChange) -> String {
    let CaseChange { case, before, after } = one;
    format!("{case}: {} now (was {before})", plural(*after, "alert"))
}

/// The events of a case: one alone, or a list.
pub(super) fn case(events: &[Value]) -> Value {
    match events {
        [one] => one.clone(),
        all => Value::Array(all.to_vec()),
    }
}

/// The events that are shown to people, and how many are not.
pub(super) fn few(example: &Example) -> (Value, usize) {
    match example.events.as_slice() {
        [first, .., last] if example.events.len() > MOST_EVENTS => {
            (Value::Array(vec![first.clone(), last.clone()]), example.events.len() - 2)
        }
        events => (case(events), 0),
    }
}

/// How many events are not shown, in words; nothing where all are.
pub(super) fn left_out(count: usize) -> Option<String> {
    let verb = if count == 1 { "is" } else { "are" };
    (count > 0).then(|| format!("{} between them {verb} not shown", plural(count, "event")))
}

fn clause(one: &Deciding) -> String {
    shorten(&flat(&one.text), MAX_CLAUSE)
}

/// Which clauses decide, each in words, `code` around what is of the rule.
pub(super) fn decided(example: &Example, code: &dyn Fn(&str) -> String) -> Vec<String> {
    let line = |one: &Deciding| {
        let clause = code(&clause(one));
        let holds = if one.holds { "holds" } else { "does not hold" };
        match one.presence {
            Presence::New => format!("the new clause {clause} {holds}"),
            Presence::Gone => format!("the former clause {clause} {holds}"),
            Presence::Kept => format!("{clause} {holds}"),
        }
    };
    example.decided_by.iter().map(line).collect()
}

/// Which events these are, by the clauses that decide: `with a: x`, or `without b: y`
/// where none of them holds.
pub(super) fn kind(example: &Example, code: &dyn Fn(&str) -> String) -> Option<String> {
    let part = |one: &Deciding| {
        let word = if one.holds { "with" } else { "without" };
        format!("{word} {}", code(&clause(one)))
    };
    let holds = example.decided_by.iter().any(|one| one.holds);
    let told = example.decided_by.iter().filter(|one| one.holds == holds);
    let parts: Vec<String> = told.map(part).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// The alerts of both versions on the given data, in words.
pub(super) fn on_data(data: &OnData) -> String {
    let count = |alerts: Option<u64>| alerts.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let alerts = match (data.before, data.after) {
        (Some(1), _) => "1 alert before".to_owned(),
        (before, _) => format!("{} alerts before", count(before)),
    };
    let mut text = format!("{alerts}, {} now", count(data.after));
    if let Some(Difference { same, lost, gained, .. }) = &data.difference {
        text = format!("{text}: {lost} lost, {gained} new, {same} the same");
    }
    match &data.reason {
        Some(reason) => format!("{text}; {reason}"),
        None => text,
    }
}

/// The samples of alerts that only one version raises, each after what it is.
pub(super) fn samples(data: &OnData) -> Vec<(&'static str, String)> {
    let Some(difference) = &data.difference else { return Vec::new() };
    let lost = difference.lost_samples.iter().map(|one| ("lost", alert(one)));
    let gained = difference.gained_samples.iter().map(|one| ("new", alert(one)));
    lost.chain(gained).collect()
}

fn alert(sample: &AlertSample) -> String {
    let mut parts: Vec<String> = sample.time.iter().cloned().collect();
    if !sample.key.is_empty() {
        parts.push(sample.key.join(", "));
    }
    parts.extend(sample.events.iter().cloned());
    parts.join("  ")
}
