//! Cases taken from events as they happened: those that raise a rule and those that
//! just miss it, few of them, with as little in them as shows the same.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Grown, RuleCases};
use super::scrub::{self, Replacements};
use super::verify::{judged, standing, with};
use super::{grow, pipeline, seed};
use crate::synthesis::events;
use harness_engine::EngineError;
use harness_model::event::{Event, flatten};
use harness_runner::case::Polarity;
use harness_runner::run::{Project, RuleUnderTest, Session};

/// What becomes of the events that are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// Fields go while the verdict and its reason stay.
    pub minimize: bool,
    /// People, machines and secrets are replaced.
    pub scrub: bool,
}

/// The cases that were taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The rules with them.
    pub rules: Vec<RuleCases>,
    /// What was replaced.
    pub replacements: Replacements,
    /// The fields in which something looks like a secret; then nothing is to be written.
    pub secrets: Vec<String>,
}

/// Takes cases for a rule from events.
///
/// # Errors
///
/// When the engine fails.
pub fn taken(
    mut project: Project,
    key: &str,
    events: Vec<Event>,
    treatment: Treatment,
) -> Result<Taken, EngineError> {
    harness_runner::run::home::observe(&mut project.schema, &project.rules, &project.cases);
    project.rules.rules.retain(|rule| rule.key() == key);
    project.cases.rules.retain(|own, _| own == key);
    project.cases.problems.clear();
    let kept = project.cases.rules.get(key).map_or(0, Vec::len);
    let case = seed::draft(key, Polarity::Positive, "events", numbered(events));
    let more = BTreeMap::from([(key.to_owned(), vec![case])]);
    let session = Session::open(with(&project, &more));
    let standing = standing(&session);
    let mut replacements = Replacements::default();
    let mut grown = Grown::default();
    {
        let treat =
            |events: &[Event], keeps: &dyn Fn(&[Event]) -> bool, reads: &BTreeSet<String>| {
                let mut events = events.to_vec();
                if treatment.minimize {
                    events = minimized(&events, keeps);
                }
                if treatment.scrub {
                    replacements.learn(&events);
                    events = scrubbed(&events, &replacements, keeps, reads);
                }
                events
            };
        match session.rule_under_test(0) {
            Some(RuleUnderTest::Conditions(subject)) => grown = grow::taken(&subject, kept, treat),
            Some(RuleUnderTest::Pipeline(flow)) => grown.made = pipeline::taken(&flow, kept, treat),
            None => {}
        }
    }
    let made = BTreeMap::from([(key.to_owned(), grown)]);
    let rules = judged(&project, made, &standing)?;
    let events: Vec<Event> = rules
        .iter()
        .flat_map(|rule| &rule.made)
        .flat_map(|made| made.events.iter().cloned())
        .collect();
    let secrets = if treatment.scrub { scrub::left(&events) } else { Vec::new() };
    Ok(Taken { rules, replacements, secrets })
}

/// The events without ids of their own: several files may have the same.
fn numbered(events: Vec<Event>) -> Vec<Event> {
    let numbered = (1_usize..).zip(events);
    numbered.map(|(number, event)| Event { id: format!("#{number}"), ..event }).collect()
}

/// The events without the fields that nothing depends on.
fn minimized(events: &[Event], keeps: &dyn Fn(&[Event]) -> bool) -> Vec<Event> {
    let mut names = BTreeSet::new();
    for event in events {
        flatten(&event.source, &mut |field, _| {
            names.insert(field.to_owned());
        });
    }
    let without = |events: &[Event], name: &str| -> Option<Vec<Event>> {
        let fewer = events.iter().map(|event| {
            events::with(event, name, Vec::new()).filter(|made| made.index == event.index)
        });
        fewer.collect()
    };
    let mut left = events.to_vec();
    for name in names.iter().filter(|name| *name != "@timestamp") {
        if let Some(fewer) = without(&left, name).filter(|fewer| keeps(fewer)) {
            left = fewer;
        }
    }
    left
}

/// The events with people, machines and secrets replaced; what the rule tests stays
/// where it has to, but for secrets.
fn scrubbed(
    events: &[Event],
    replacements: &Replacements,
    keeps: &dyn Fn(&[Event]) -> bool,
    reads: &BTreeSet<String>,
) -> Vec<Event> {
    let mut done = replacements.applied(events);
    if keeps(&done) {
        return done;
    }
    for field in reads {
        let restored = done.iter().zip(events).map(|(new, old)| {
            let values = old.values(field).into_iter().cloned().collect();
            events::with(new, field, values).unwrap_or_else(|| new.clone())
        });
        let restored: Vec<Event> = restored.collect();
        let fresh = scrub::left(&restored).is_empty();
        if fresh {
            done = restored;
        }
        if keeps(&done) {
            break;
        }
    }
    done
}
