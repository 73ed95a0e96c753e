use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::formats::{Around, Content, read};
use crate::{Outcome, judge};
use harness_source::span::line_column;

/// A file with one threshold case and one for new terms.
fn file() -> Value {
    json!({"engine": "by hand", "suites": [{
        "suite": "logins",
        "mappings": {"properties": {
            "@timestamp": {"type": "date"}, "user": {"type": "keyword"}, "port": {"type": "long"},
            "note": {"type": "text"}
        }},
        "docs": [
            {"_id": "1", "user": "ann", "port": [22, 22], "@timestamp": "2026-01-01T00:00:00Z"},
            {"_id": "2", "user": ["ann", "bob"], "port": 23, "@timestamp": "2026-01-02T00:00:00Z"}
        ],
        "cases": [
            {
                "query": "*",
                "threshold": {
                    "field": ["user"], "value": 2, "cardinality": [{"field": "port", "value": 1}]
                },
                "buckets": [{"key": {"user": "ann"}, "count": 2, "cardinality": 2}]
            },
            {
                "query": "user:*",
                "new_terms": {
                    "fields": ["user"], "history_start": "2026-01-01T00:00:00.000Z",
                    "from": "2026-01-01T12:00:00.000Z", "to": "2026-01-03T00:00:00.000Z"
                },
                "new": [["bob"]]
            }
        ]
    }]})
}

fn outcomes(file: &Value) -> Vec<Outcome> {
    let text = serde_json::to_string_pretty(file).expect("JSON");
    let around = Around { rules: &BTreeMap::new(), folder: Path::new(".") };
    let Ok(Content::Suites(suites)) = read(&text, around) else { panic!("{text}") };
    let judged = judge(suites).expect("the engine runs");
    judged.into_iter().flat_map(|judged| judged.outcomes).collect()
}

#[test]
fn recorded_alerts_are_compared_whole() {
    assert_eq!(outcomes(&file()), [Outcome::Agree, Outcome::Agree]);
    for (at, field, other) in [
        (0, "buckets", json!([])),
        (0, "buckets", json!([{"key": {"user": "ann"}, "count": 3, "cardinality": 2}])),
        (0, "buckets", json!([{"key": {"user": "ann"}, "count": 2, "cardinality": 1}])),
        (0, "buckets", json!([{"key": {"user": "bob"}, "count": 2, "cardinality": 2}])),
        (1, "new", json!([])),
        (1, "new", json!([["ann"], ["bob"]])),
    ] {
        let mut wrong = file();
        wrong["suites"][0]["cases"][at][field] = other;
        assert!(matches!(outcomes(&wrong)[at], Outcome::Disagree(_)), "{wrong}");
    }
}

/// The error's message, and the line that it points at.
fn error(text: &str) -> (String, String) {
    let around = Around { rules: &BTreeMap::new(), folder: Path::new(".") };
    match read(text, around) {
        Ok(_) => panic!("a wrong file is read: {text}"),
        Err(found) => {
            let (line, _) = line_column(text, found.span.start);
            let line = text.lines().nth(line - 1).unwrap_or_default();
            (found.message, line.trim().to_owned())
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let case = |at: usize, change: &dyn Fn(&mut Value)| {
        let mut wrong = file();
        change(&mut wrong["suites"][0]["cases"][at]);
        error(&serde_json::to_string_pretty(&wrong).expect("JSON"))
    };
    let remove = |at, key: &'static str| {
        case(at, &|case: &mut Value| drop(case.as_object_mut().expect("a case").remove(key)))
    };
    let pair = "a case has `threshold` and `buckets`, or `new_terms` and `new`";
    for ((message, line), expected) in [
        (remove(0, "buckets"), format!("suite logins, case 0: {pair}")),
        (remove(1, "new"), format!("suite logins, case 1: {pair}")),
        (remove(1, "new_terms"), format!("suite logins, case 1: {pair}")),
        (
            case(0, &|case| case["buckets"][0]["key"] = json!({"host": "a"})),
            "suite logins, case 0: a bucket's key has other fields than its threshold".to_owned(),
        ),
        (
            case(0, &|case| case["buckets"][0]["cardinality"] = json!(null)),
            "suite logins, case 0: a bucket has a `cardinality` where its threshold has one"
                .to_owned(),
        ),
        (
            case(1, &|case| case["new"] = json!([["a", "b"]])),
            "suite logins, case 1: a combination has one value for each field".to_owned(),
        ),
    ] {
        assert_eq!((message, line.as_str()), (expected, "\"suite\": \"logins\""));
    }
    let (message, line) = case(1, &|case| case["new_terms"]["from"] = json!("soon"));
    assert!(message.contains("failed to parse date field [soon]"), "{message}");
    assert_eq!(line, "\"suite\": \"logins\"");
    let (message, line) = case(0, &|case| case["size"] = json!(1));
    assert!(message.starts_with("unknown field `size`"), "{message}");
    assert!(line.starts_with("\"size\""), "{line}");
    let whole = serde_json::to_string_pretty(&file()).expect("JSON");
    let cut = &whole[..whole.len() - 40];
    assert!(error(cut).0.starts_with("EOF while parsing"), "a file that is cut short");
}

#[test]
fn text_forms_no_groups() {
    let mut wrong = file();
    wrong["suites"][0]["cases"][0]["threshold"]["field"] = json!(["note"]);
    wrong["suites"][0]["cases"][0]["buckets"] = json!([]);
    let Outcome::Disagree(found) = &outcomes(&wrong)[0] else { panic!("text is grouped") };
    assert_eq!(found.got, "error: `note` is a text field, which cannot form groups");
}
