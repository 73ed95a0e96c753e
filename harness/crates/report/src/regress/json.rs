//! A regression as one JSON object.

use std::io::{self, Write};

use harness_quality::regress::{Regression, RuleChange};
use serde_json::{Value, json};

use super::case;

/// Writes `{"rules": […], "unchanged": n}`.
///
/// # Errors
///
/// As `out`'s.
pub fn json(regression: &Regression, out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<Value> = regression.rules.iter().map(rule).collect();
    let whole = json!({ "rules": rules, "unchanged": regression.unchanged });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn rule(rule: &RuleChange) -> Value {
    json!({
        "path": rule.path,
        "name": rule.name,
        "rule_id": rule.rule_id,
        "change": rule.change.name(),
        "gained": rule.gained.as_deref().map(case),
        "lost": rule.lost.as_deref().map(case),
        "notes": rule.notes,
        "cases": rule.cases.iter().map(|one| {
            json!({ "case": one.case, "before": one.before, "after": one.after })
        }).collect::<Vec<_>>(),
        "reason": rule.reason,
    })
}
