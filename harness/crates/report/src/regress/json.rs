//! A regression as one JSON object. The schema is docs/schemas/regress.schema.json.

use std::io::{self, Write};

use harness_quality::regress::{
    AlertSample, Deciding, Edition, Example, OnData, Regression, RuleChange,
};
use serde_json::{Value, json};

use super::words::case;

/// Writes `{"rules": […], "unchanged": n, …}`.
///
/// # Errors
///
/// As `out`'s.
pub fn json(regression: &Regression, out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<Value> = regression.rules.iter().map(rule).collect();
    let whole = json!({
        "version": 1,
        "rules": rules,
        "unchanged": regression.unchanged,
        "stale": regression.stale,
        "data": regression.data,
    });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn rule(rule: &RuleChange) -> Value {
    let events = |example: &Option<Example>| example.as_ref().map(|example| case(&example.events));
    let by = |example: &Option<Example>| {
        let clauses = example.iter().flat_map(|example| &example.decided_by);
        clauses.map(deciding).collect::<Vec<_>>()
    };
    let hash = |edition: &Option<Edition>| edition.as_ref().map(|edition| edition.hash.clone());
    json!({
        "path": rule.path,
        "name": rule.name,
        "rule_id": rule.rule_id,
        "change": rule.change.name(),
        "gained": events(&rule.gained),
        "lost": events(&rule.lost),
        "gained_by": by(&rule.gained),
        "lost_by": by(&rule.lost),
        "notes": rule.notes,
        "cases": rule.cases.iter().map(|one| {
            json!({ "case": one.case, "before": one.before, "after": one.after })
        }).collect::<Vec<_>>(),
        "data": rule.data.as_ref().map(data),
        "reason": rule.reason,
        "accepted": rule.accepted,
        "hash_before": hash(&rule.before),
        "hash": hash(&rule.after),
    })
}

fn deciding(one: &Deciding) -> Value {
    json!({ "clause": one.text, "presence": one.presence.name(), "holds": one.holds })
}

fn data(data: &OnData) -> Value {
    let difference = data.difference.as_ref();
    let samples = |samples: &[AlertSample]| -> Vec<Value> {
        let told =
            |one: &AlertSample| json!({ "time": one.time, "events": one.events, "key": one.key });
        samples.iter().map(told).collect()
    };
    json!({
        "before": data.before,
        "after": data.after,
        "same": difference.map(|one| one.same),
        "lost": difference.map(|one| one.lost),
        "gained": difference.map(|one| one.gained),
        "lost_samples": difference.map_or_else(Vec::new, |one| samples(&one.lost_samples)),
        "gained_samples": difference.map_or_else(Vec::new, |one| samples(&one.gained_samples)),
        "reason": data.reason,
    })
}
