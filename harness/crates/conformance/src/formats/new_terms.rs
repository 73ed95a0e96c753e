//! New-terms cases in which documents of a history come before others.

use serde::Deserialize;
use serde_json::{Value, json};

use super::aggregations::terms;
use super::{Content, Read, SIZE, error, events, home, place};
use crate::{Alerts, Case, Expected, Suite};
use harness_compile::program::RuleProgram;
use harness_detect::window::Window;
use harness_model::schema::{Base, Schema};
use harness_model::value::format_date;
use harness_source::diagnostic::Diagnostic;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTermsFile {
    inline_cases: Vec<Inline>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inline {
    name: String,
    query_extra: Option<String>,
    history: Vec<Value>,
    exec: Vec<Value>,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    fields: Vec<String>,
    expected: Vec<Vec<Value>>,
}

pub(super) fn new_terms(file: NewTermsFile, text: &str) -> Read<Content> {
    let suites = file.inline_cases.into_iter().map(|raw| {
        let span = place(text, &raw.name);
        suite(raw).map_err(|found| Diagnostic { span, ..found })
    });
    let suites = suites.collect::<Read<_>>()?;
    Ok(Content::Suites(suites))
}

/// When the history happens, the window begins, and the rest happens.
const MOMENTS: [i64; 3] = [1000, 2000, 3000];

fn suite(raw: Inline) -> Read<Suite> {
    let name = raw.name;
    let [before, from, to] = MOMENTS;
    let mut documents = Vec::new();
    for (list, moment) in [(raw.history, before), (raw.exec, to)] {
        for mut document in list {
            if let Some(object) = document.as_object_mut() {
                if object.contains_key("@timestamp") {
                    return Err(error(format!("suite {name}: its documents have no time")));
                }
                object.insert("@timestamp".to_owned(), json!(format_date(moment)));
            }
            documents.push(document);
        }
    }
    let events = events(documents).map_err(|found| error(format!("suite {name}: {found}")))?;
    let mut schema = Schema::new(Base::Embedded);
    events.iter().for_each(|event| schema.observe(&event.source, home(event)));
    let query = raw.query_extra.unwrap_or_else(|| "*".to_owned());
    let window = Window { from, to };
    let history = Window { from: before, to };
    let cases = raw.checks.into_iter().map(|check| {
        let (compiled, alerts) =
            terms(&check.fields, &check.expected, &query, &schema).map_err(|found| {
                error(format!("suite {name}, {}: {found}", check.fields.join(", ")))
            })?;
        Ok(Case {
            name: check.fields.join(", "),
            query: query.clone(),
            compiled: compiled.map(RuleProgram::Conditions),
            documents: 0..events.len(),
            expected: Expected::Alerts(Alerts { window, history, alerts }),
        })
    });
    let cases = cases.collect::<Read<_>>()?;
    Ok(Suite { name, schema, events, tiebreaker: None, size: SIZE, cases })
}
