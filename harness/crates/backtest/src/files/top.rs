//! The values that most alerts of a rule have in common: what an exclusion would name.

use std::collections::HashMap;

use harness_model::event::Event;
use harness_model::value::keyword_text;
use harness_rule::model::Rule;
use harness_source::limits::{self, Limit};

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
    /// The limit past which values were not counted.
    pub(super) bound: Option<Limit>,
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
        Self { fields, bound: None }
    }

    /// Counts the first values of an event that alerts.
    pub(super) fn add(&mut self, event: &Event) {
        for (field, counts) in &mut self.fields {
            let Some(text) = event.first(field).and_then(keyword_text) else { continue };
            if let Some(count) = counts.get_mut(&text) {
                *count += 1;
            } else if counts.len() < VALUES {
                counts.insert(text, 1);
            } else {
                self.bound = Some(limits::BACKTEST_VALUES);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_past_the_limit_are_told() {
        let counts = vec![("user.name".to_owned(), HashMap::new())];
        let mut top = Top { fields: counts, bound: None };
        for number in 0..=VALUES {
            assert_eq!(top.bound, None, "{number}");
            let event = json!({ "user": { "name": format!("user-{number}") } });
            top.add(&Event::from_json(event, 1).expect("an event"));
        }
        assert_eq!(top.bound, Some(limits::BACKTEST_VALUES));
    }
}
