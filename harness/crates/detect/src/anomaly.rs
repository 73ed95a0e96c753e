//! Anomalies that a machine-learning job recorded: what a `machine_learning`
//! rule alerts on (docs/semantics.md, "Machine learning").

use harness_model::event::Event;
use harness_rule::model::MachineLearning;

/// The indices of records, by how their names begin.
pub const INDEX: &str = ".ml-anomalies-";

/// Whether an event lies among the records of jobs.
pub fn is_record(event: &Event) -> bool {
    let index = event.index.as_deref();
    event.index_stated && index.is_some_and(|index| index.starts_with(INDEX))
}

/// Why an event is no anomaly of the rule; `None` where it is one.
pub fn why_not(rule: &MachineLearning, event: &Event) -> Option<String> {
    if !is_record(event) {
        return Some(format!("its index is none of {INDEX}*"));
    }
    let text = |field: &str| event.first(field).and_then(|value| value.as_str());
    if let Some(kind) = text("result_type").filter(|kind| *kind != "record") {
        return Some(format!("it is a {kind}, not a record"));
    }
    if event.first("is_interim").and_then(serde_json::Value::as_bool) == Some(true) {
        return Some("it is an interim result".to_owned());
    }
    let Some(job) = text("job_id") else { return Some("it names no job".to_owned()) };
    if !rule.job_ids.iter().any(|id| id == job) {
        return Some(format!("the rule does not read the job {job}"));
    }
    let score = score(event);
    #[expect(clippy::cast_precision_loss, reason = "a threshold is at most 100")]
    let threshold = rule.anomaly_threshold as f64;
    // No number is not enough either.
    if score.is_some_and(|score| score >= threshold) {
        return None;
    }
    let score = score.map_or_else(|| "no record_score".to_owned(), |score| score.to_string());
    Some(format!("its score is {score}, and the rule asks for {threshold}"))
}

/// How odd a record is, from 0 to 100.
pub fn score(event: &Event) -> Option<f64> {
    event.first("record_score").and_then(serde_json::Value::as_f64)
}
