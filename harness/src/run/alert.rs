//! Alerts: what a detection says to the one who reads it
//! (docs/semantics.md, "Alerts").

use std::sync::Arc;

use serde_json::Value;

use super::Alert;
use crate::detect::suppress::Merged;
use crate::detect::terms::key_text;
use crate::detect::{Detail, Detection};
use crate::event::Event;
use crate::ir::plan::{Plan, TermField};
use crate::rule::model::Rule;
use crate::rule::names::Severity;

/// What an alert says beside its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `rule.name`, or as its event says.
    pub name: Stated<String>,
    /// `rule.severity`, or as its event says.
    pub severity: Stated<String>,
    /// `rule.risk_score`, or as its event says.
    pub risk_score: Stated<u64>,
    /// Whether analysts see it only as part of others.
    pub building_block: bool,
    /// Why it was raised, in a few words.
    pub reason: String,
    /// The values of a group or the new values, by field.
    pub terms: Vec<(String, String)>,
    /// How many events a group counted.
    pub count: Option<u64>,
    /// How many distinct values a group has of the field that the rule counts.
    pub cardinality: Option<u64>,
    /// The ids of the matching indicators.
    pub indicators: Vec<String>,
    /// The alerts that were suppressed for this one.
    pub suppressed: Option<Suppressed>,
    /// When its first event happened, in milliseconds since 1970.
    pub first: Option<i64>,
    /// When its last event happened, suppressed ones included.
    pub last: Option<i64>,
}

/// A value of the rule, or of the event in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated<T> {
    /// The value.
    pub value: T,
    /// Whether the event decided it.
    pub by_event: bool,
}

/// The alerts of one group that were suppressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// What the group has in common, by field; `null` where it is missing.
    pub by: Vec<(String, String)>,
    /// How many alerts were suppressed.
    pub count: usize,
    /// The ids of their events.
    pub events: Vec<String>,
}

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

    /// The fields behind the key of a group or of new terms.
    fn term_names(&self) -> Vec<String> {
        let fields = match self.plan {
            Plan::Threshold(plan) => plan.fields.as_slice(),
            Plan::NewTerms(plan) => plan.fields.as_slice(),
            Plan::Filter(_) | Plan::Eql(_) | Plan::Threat(_) | Plan::Pipeline(_) => &[],
        };
        fields.iter().map(|field| field.field.to_string()).collect()
    }

    fn suppressed(
        &self,
        values: &[Vec<crate::detect::sequence::key::KeyValue>],
        merged: &Merged,
    ) -> Suppressed {
        let text = |values: &Vec<_>| {
            let texts: Vec<_> =
                values.iter().map(|value| key_text(Some(value)).to_string()).collect();
            if texts.is_empty() { key_text(None).to_string() } else { texts.join(", ") }
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
                format!("{} events{of}{}", facts.count.unwrap_or_default(), terms.join(", "))
            }
            (Plan::NewTerms(_), _) => format!("first seen: {}", terms.join(", ")),
            (Plan::Threat(_), _) => format!("matches {} indicators", facts.indicators.len()),
            (Plan::Eql(_), _) if found.stages.len() > 1 => {
                let events = found.stages.iter().flatten().count();
                format!("{events} events belong together")
            }
            (Plan::Filter(_) | Plan::Eql(_) | Plan::Pipeline(_), _) => {
                "matches the query".to_owned()
            }
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
        let severity = mapping.severity?;
        let found = values(&mapping.field);
        found.into_iter().any(|value| text(value) == mapping.value).then_some(severity)
    });
    let mut scores = rule
        .risk_score_mapping
        .iter()
        .filter_map(|mapping| values(&mapping.field).into_iter().filter_map(score).max());
    Facts {
        name: stated(name, rule.name.clone()),
        severity: stated(
            severity.max().map(|severity: Severity| severity.to_string()),
            rule.severity.to_string(),
        ),
        risk_score: stated(scores.next(), rule.risk_score),
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

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number from 0 to 100, also as text; fractions are cut.
fn score(value: &Value) -> Option<u64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    (0.0..=100.0).contains(&number).then_some(number as u64)
}
