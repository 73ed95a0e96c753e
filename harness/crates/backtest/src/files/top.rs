//! The values that most alerts of a rule have in common: what an exclusion would name.

use std::collections::HashMap;

use harness_model::event::Event;
use harness_model::value::keyword_text;
use harness_rule::model::Rule;
use harness_source::limits;

/// The fields that are counted for every rule, besides those that it groups by.
const FIELDS: [&str; 5] =
    ["host.name", "user.name", "process.executable", "source.ip", "event.action"];

/// How many different values of a field are counted.
const VALUES: usize = limits::BACKTEST_VALUES.most;

/// How many of them are told.
const TOLD: usize = 5;

/// Counts by field.
pub(super) struct Top {
    fields: Vec<(String, HashMap<String, u64>)>,
}

impl Top {
    pub(super) fn new(rule: &Rule) -> Self {
        let groups = rule.alert_suppression.iter().flat_map(|one| &one.group_by);
        let own = groups.map(|field| field.value.as_str());
        let mut fields: Vec<(String, HashMap<String, u64>)> = Vec::new();
        for field in own.chain(FIELDS) {
            if fields.iter().all(|(known, _)| known != field) {
                fields.push((field.to_owned(), HashMap::new()));
            }
        }
        Self { fields }
    }

    /// Counts the first values of an event that alerts.
    pub(super) fn add(&mut self, event: &Event) {
        for (field, counts) in &mut self.fields {
            let Some(text) = event.first(field).and_then(keyword_text) else { continue };
            if let Some(count) = counts.get_mut(&text) {
                *count += 1;
            } else if counts.len() < VALUES {
                counts.insert(text, 1);
            }
        }
    }

    /// By field the values of most alerts.
    pub(super) fn told(self) -> Vec<(String, Vec<(String, u64)>)> {
        let ranked = |counts: HashMap<String, u64>| {
            let mut all: Vec<(String, u64)> = counts.into_iter().collect();
            all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            all.truncate(TOLD);
            all
        };
        let fields = self.fields.into_iter().filter(|(_, counts)| !counts.is_empty());
        fields.map(|(field, counts)| (field, ranked(counts))).collect()
    }
}
