//! How many alerts of single events are left after suppression: in each run one
//! for each group that has events which no alert has told before.

use serde_json::{Value, json};

use super::composite::{Fields, Slots, path};
use super::filters::{Candidate, scan};
use super::schedule::{Need, Slot};
use super::tally::{self, Held, Tally};
use super::{Ground, Stop, Work, within};
use harness_cluster::dsl::Query;
use harness_compile::program::RuleProgram;
use harness_detect::sequence::key::KeyValue;
use harness_detect::terms::key_text;
use harness_predicate::Predicate;
use harness_predicate::plan::{Plan, TermField};
use harness_rule::model::Rule;
use harness_rule::names::MissingFields;
use harness_source::limits;

/// The most events that are read to see what is suppressed, where an array is
/// one value and no aggregation tells.
const EVENTS: u64 = limits::BACKTEST_SUPPRESSED.most as u64;

/// The alerts of a rule that finds `alerts` events, after its suppression;
/// `None` where it has none, or where that cannot be told within bounds.
pub(super) fn after(
    ground: Ground<'_>,
    work: &Work<'_>,
    query: &Query,
    filter: &Predicate,
    alerts: u64,
) -> Result<Option<u64>, Stop> {
    let Some(group_missing) = groups_missing(work.rule, &work.grouping) else { return Ok(None) };
    let outcome =
        if !matches!(work.program, RuleProgram::Conditions(Plan::Filter(_))) || !query.exact {
            if alerts > EVENTS {
                return Ok(None);
            }
            Groups::new(ground, work).and_then(|mut groups| {
                scan(ground, work, query, filter, &mut |candidate| groups.take(&candidate))?;
                Ok(groups.left())
            })
        } else {
            counted(ground, work, query, alerts, group_missing)
        };
    match outcome {
        Ok(left) => Ok(Some(left)),
        Err(Stop::Unsupported(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether events that lack a field are grouped; `None` where nothing is suppressed.
pub(super) fn groups_missing(rule: &Rule, grouping: &[TermField]) -> Option<bool> {
    let suppression = rule.alert_suppression.as_ref().filter(|_| !grouping.is_empty())?;
    Some(suppression.missing_fields == MissingFields::Suppress)
}

/// The groups of an event that has these values in the fields of the groups; `None`
/// where it stands for itself.
pub(super) fn keys(
    program: &RuleProgram,
    values: Vec<Vec<KeyValue>>,
    groups_missing: bool,
) -> Result<Option<Vec<Vec<String>>>, Stop> {
    if !groups_missing && values.iter().any(Vec::is_empty) {
        return Ok(None);
    }
    if !matches!(program, RuleProgram::Conditions(Plan::Filter(_))) {
        let list = |own: Vec<_>| {
            let texts: Vec<String> =
                own.iter().map(|value| key_text(Some(value)).to_string()).collect();
            json!(texts).to_string()
        };
        return Ok(Some(vec![values.into_iter().map(list).collect()]));
    }
    // A missing field is a group of its own, told from the text `null` by its length.
    let missing = |own: Vec<_>| if own.is_empty() { None } else { Some(own) };
    let there: Vec<Option<Vec<_>>> = values.into_iter().map(missing).collect();
    let shape: Vec<String> = there.iter().map(|own| u8::from(own.is_some()).to_string()).collect();
    let own: Vec<Vec<_>> = there.into_iter().flatten().collect();
    let mut keys = tally::combinations(&own)?;
    keys.iter_mut().for_each(|key| key.push(shape.concat()));
    keys.sort();
    keys.dedup();
    Ok(Some(keys))
}

fn need(work: &Work<'_>) -> Need {
    Need { count: 1, values: None, open_ms: tally::open_ms(work.rule) }
}

/// By aggregations: each value of an array is a group.
fn counted(
    ground: Ground<'_>,
    work: &Work<'_>,
    query: &Query,
    alerts: u64,
    group_missing: bool,
) -> Result<u64, Stop> {
    let mut tally = Tally::new(ground, work, need(work))?;
    let there = |field: &&TermField| path(ground, field).is_some();
    let fields: Vec<TermField> = work.grouping.iter().filter(there).cloned().collect();
    let mut alone = 0;
    if !group_missing {
        tally.sees_all()?;
        if fields.len() < work.grouping.len() {
            // All lack a field: each stands for itself.
            return Ok(alerts);
        }
        let names = fields.iter().filter_map(|field| path(ground, field));
        let mut filter: Vec<Value> =
            names.map(|name| json!({ "exists": { "field": name } })).collect();
        filter.push(query.clause.clone());
        let grouped = json!({ "bool": { "filter": filter } });
        alone = alerts.saturating_sub(ground.count(&within(work, ground.period(), &grouped))?);
    }
    let Some(sources) = Fields::new(ground, &fields, group_missing) else { return Ok(alerts) };
    let (clause, width) = (&query.clause, tally.width);
    tally.take(&Slots { ground, work, clause, fields: &sources, width }, None)?;
    Ok(tally.left + alone)
}

/// Groups of events that are read.
pub(super) struct Groups<'a> {
    work: &'a Work<'a>,
    tally: Tally,
    held: Held,
    alone: u64,
}

impl<'a> Groups<'a> {
    pub(super) fn new(ground: Ground<'_>, work: &'a Work<'a>) -> Result<Self, Stop> {
        let tally = Tally::new(ground, work, need(work))?;
        if groups_missing(work.rule, &work.grouping) == Some(false) {
            tally.sees_all()?;
        }
        Ok(Self { work, tally, held: Held::default(), alone: 0 })
    }

    /// Takes an event that alerts.
    pub(super) fn take(&mut self, candidate: &Candidate<'_>) -> Result<(), Stop> {
        let values = tally::values(&self.work.grouping, candidate.document, candidate.columns);
        let missing = groups_missing(self.work.rule, &self.work.grouping) == Some(true);
        let keys = keys(&self.work.program, values, missing)?;
        let Some((time, keys)) = candidate.time.zip(keys) else {
            self.alone += 1;
            return Ok(());
        };
        for key in keys {
            let at = self.tally.slot(time);
            self.held.add(key, Slot { at, count: 1, newest: time, values: Vec::new() })?;
        }
        Ok(())
    }

    /// The alerts that are left.
    pub(super) fn left(mut self) -> u64 {
        self.tally.take_held(self.held);
        self.tally.left + self.alone
    }
}
