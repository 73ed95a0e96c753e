//! Alerts: what a detection says to the one who reads it
//! (docs/semantics.md, "Alerts").

use std::sync::Arc;

use serde_json::Value;

use super::Alert;
pub use super::facts::{Facts, RiskScore, Stated, Suppressed};
use harness_detect::suppress::Merged;
use harness_detect::terms::key_text;
use harness_detect::{Detail, Detection};
use harness_model::event::Event;
use harness_predicate::plan::{Plan, TermField};
use harness_rule::model::{Rule, SeverityMapping};
use harness_rule::names::Severity;
use harness_source::span::plural;

/// What alerts are made of.
pub(super) struct Source<'a> {
    pub(super) rule: &'a Rule,
    pub(super) plan: &'a Plan,
    pub(super) events: &'a [Event],
    /// When each event happened.
    pub(super) times: &'a [Option<i64>],
    /// The fields that an alert shows.
    pub(super) fields: &'a [Arc<str>],
    /// The fields that suppression groups by.
    pub(super) grouped: &'a [TermField],
}

impl Source<'_> {
    /// The alert of a detection and of those that were suppressed for it.
    pub(super) fn alert(&self, merged: &Merged) -> Alert {
        let found = &merged.first;
        let members = self.members(found);
        let read = |field: &Arc<str>| {
            let values: Vec<String> = members
                .iter()
                .map(|event| {
                    let values: Vec<_> =
                        event.values(field).into_iter().map(ToString::to_string).collect();
                    values.join(", ")
                })
                .collect();
            let some = values.iter().any(|value| !value.is_empty());
            some.then(|| (field.to_string(), values))
        };
        let key: Vec<String> =
            found.key.iter().map(|value| key_text(value.as_ref()).to_string()).collect();
        let mut facts = facts(self.rule, members.first().copied());
        facts.terms = self.term_names().into_iter().zip(key.iter().cloned()).collect();
        match &found.detail {
            Detail::None => {}
            Detail::Group { count, cardinality } => {
                facts.count = Some(*count);
                facts.cardinality = *cardinality;
            }
            Detail::Indicators(indicators) => {
                facts.indicators = indicators.iter().filter_map(|at| self.id(*at)).collect();
            }
        }
        facts.suppressed = merged.values.as_ref().map(|values| self.suppressed(values, merged));
        let all = std::iter::once(found).chain(&merged.others);
        let times = all.flat_map(|one| one.stages.iter().flatten());
        let times: Vec<i64> =
            times.filter_map(|at| self.times.get(*at as usize).copied().flatten()).collect();
        facts.first = times.iter().min().copied();
        facts.last = times.iter().max().copied();
        facts.reason = self.reason(found, &facts);
        Alert {
            events: members.iter().map(|event| event.id.clone()).collect(),
            key,
            fields: self.fields.iter().filter_map(read).collect(),
            facts,
        }
    }

    fn members(&self, found: &Detection) -> Vec<&Event> {
        found.stages.iter().flatten().filter_map(|at| self.events.get(*at as usize)).collect()
    }

    fn id(&self, event: u32) -> Option<String> {
        self.events.get(event as usize).map(|event| event.id.clone())
    }

    /// The fields of the key of a group or of new terms.
    fn term_names(&self) -> Vec<String> {
        let fields = match self.plan {
            Plan::Threshold(plan) => plan.fields.as_slice(),
            Plan::NewTerms(plan) => plan.fields.as_slice(),
            Plan::Filter(_) | Plan::Eql(_) | Plan::Threat(_) => &[],
        };
        fields.iter().map(|field| field.field.to_string()).collect()
    }

    fn suppressed(
        &self,
        values: &[Vec<harness_detect::sequence::key::KeyValue>],
        merged: &Merged,
    ) -> Suppressed {
        let text = |values: &Vec<_>| {
            let texts: Vec<_> =
                values.iter().map(|value| key_text(Some(value)).to_string()).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        };
        let fields = self.grouped.iter().map(|field| field.field.to_string());
        let events = merged.others.iter().flat_map(|one| one.stages.iter().flatten());
        Suppressed {
            by: fields.zip(values.iter().map(text)).collect(),
            count: merged.others.len(),
            events: events.filter_map(|at| self.id(*at)).collect(),
        }
    }

    fn reason(&self, found: &Detection, facts: &Facts) -> String {
        let terms: Vec<String> =
            facts.terms.iter().map(|(field, value)| format!("{field} {value}")).collect();
        match (self.plan, &found.detail) {
            (Plan::Threshold(_), _) => {
                let of = if terms.is_empty() { String::new() } else { " of ".to_owned() };
                let count = plural(facts.count.unwrap_or_default(), "event");
                format!("{count}{of}{}", terms.join(", "))
            }
            (Plan::NewTerms(_), _) => format!("first seen: {}", terms.join(", ")),
            (Plan::Threat(_), _) => {
                format!("matches {}", plural(facts.indicators.len(), "indicator"))
            }
            (Plan::Eql(_), _) if found.stages.len() > 1 => {
                let events = found.stages.iter().flatten().count();
                format!("{events} events belong together")
            }
            (Plan::Filter(_) | Plan::Eql(_), _) => "matches the query".to_owned(),
        }
    }
}

/// What the rule says of every alert, and the event of this one.
pub(super) fn facts(rule: &Rule, event: Option<&Event>) -> Facts {
    let values = |field: &str| event.map_or_else(Vec::new, |event| event.values(field));
    let name = rule.rule_name_override.as_deref().and_then(|field| {
        let name = values(field).into_iter().find_map(Value::as_str)?;
        (!name.is_empty()).then(|| name.to_owned())
    });
    // Of several that fit, the worst counts.
    let severity = rule.severity_mapping.iter().filter_map(|mapping| {
        let mut found = values(&mapping.field).into_iter();
        found.any(|value| fits(mapping, value)).then_some(mapping.severity)
    });
    let mut scores = rule.risk_score_mapping.iter().filter_map(|mapping| {
        let scores = values(&mapping.field).into_iter().filter_map(RiskScore::of_event);
        scores.max_by(|a, b| a.0.total_cmp(&b.0))
    });
    Facts {
        name: stated(name, rule.name.clone()),
        severity: stated(
            severity.max().map(|severity: Severity| severity.to_string()),
            rule.severity.to_string(),
        ),
        risk_score: stated(scores.next(), RiskScore::of_rule(rule.risk_score)),
        building_block: rule.building_block_type.is_some(),
        reason: "matches the query".to_owned(),
        ..Facts::default()
    }
}

fn stated<T>(by_event: Option<T>, by_rule: T) -> Stated<T> {
    match by_event {
        Some(value) => Stated { value, by_event: true },
        None => Stated { value: by_rule, by_event: false },
    }
}

/// The field whose numbers Kibana compares as numbers, without its strings.
const NUMERIC_SEVERITY: &str = "event.severity";

/// Whether a value of the event is the one that a severity mapping names:
/// strings and numbers count, nothing else.
fn fits(mapping: &SeverityMapping, value: &Value) -> bool {
    match value {
        Value::Number(number) if mapping.field.value == NUMERIC_SEVERITY => {
            let wanted: Option<f64> = mapping.value.trim().parse().ok();
            wanted.is_some() && number.as_f64() == wanted
        }
        Value::String(_) if mapping.field.value == NUMERIC_SEVERITY => false,
        Value::String(text) => *text == mapping.value,
        Value::Number(number) => {
            let plain = || Some(number.as_f64()?.to_string());
            let whole = number.as_i64().map(|whole| whole.to_string());
            whole.or_else(plain).is_some_and(|text| text == mapping.value)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}
