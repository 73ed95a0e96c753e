//! How loud rules may be, and what has changed since an earlier run.

use std::collections::BTreeMap;
use std::path::Path;

use harness_backtest::Backtest;
use harness_report::{Lines, printable};
use harness_runner::config::Gates;
use harness_source::files;
use serde_json::Value;

/// Names the rules with more alerts than their gates allow; whether there are none.
pub(super) fn is_within(backtest: &Backtest, gates: &Gates) -> bool {
    let mut is_within = true;
    for rule in &backtest.rules {
        let (Some(alerts), Some(most)) = (rule.alerts(), gates.max_alerts(&rule.key)) else {
            continue;
        };
        if alerts > most {
            let key = printable(&rule.key, Lines::Escape);
            tell!("gate: {key}: {alerts} alerts, more than {most}");
            is_within = false;
        }
    }
    is_within
}

/// The rules whose alerts are others than in an earlier report; `None` where that cannot
/// be read, which was told.
pub(super) fn drift(backtest: &Backtest, baseline: Option<&Path>) -> Option<Vec<String>> {
    let Some(path) = baseline else { return Some(Vec::new()) };
    let text = match files::read(path) {
        Ok(text) => text,
        Err(found) => {
            tell!("error: --baseline: {}: {}", path.display(), found.message);
            return None;
        }
    };
    let before: Option<BTreeMap<String, u64>> = alerts(&text);
    let Some(before) = before else {
        tell!("error: --baseline: {} is no report of a backtest as JSON", path.display());
        return None;
    };
    let mut lines = Vec::new();
    for rule in &backtest.rules {
        let (now, then) = (rule.alerts().unwrap_or(0), before.get(&rule.key));
        if then.copied().unwrap_or(0) != now {
            let then = then.map_or_else(|| "not run".to_owned(), |then| format!("{then} alerts"));
            let key = printable(&rule.key, Lines::Escape);
            lines.push(format!("baseline: {key}: {then} before, {now} now"));
        }
    }
    lines.sort();
    Some(lines)
}

/// The alerts of each rule of a report.
fn alerts(text: &str) -> Option<BTreeMap<String, u64>> {
    let report: Value = serde_json::from_str(text).ok()?;
    let rules = report.get("rules")?.as_array()?;
    let one = |rule: &Value| {
        let alerts = rule.get("alerts").and_then(Value::as_u64).unwrap_or(0);
        Some((rule.get("rule")?.as_str()?.to_owned(), alerts))
    };
    rules.iter().map(one).collect()
}
