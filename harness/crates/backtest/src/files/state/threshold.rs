//! Groups of events that are large enough in one of the runs.

use crate::files::rule::Prepared;
use crate::files::seen::{End, Seen};
use crate::schedule::{Need, Slot};
use crate::tally::{self, Held, Tally};
use crate::{Found, Stop};
use harness_detect::terms::key_text;
use harness_predicate::plan::{Plan, ThresholdPlan};

/// The groups so far, each event a slot of its own moment.
#[derive(Default)]
pub(in crate::files) struct Threshold {
    held: Held,
    /// Those of events without a time.
    undated: Vec<(Vec<String>, Vec<u32>)>,
}

impl Threshold {
    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) -> Result<(), Stop> {
        let Some(plan) = plan(rule) else { return Ok(()) };
        let own = tally::values(&plan.fields, seen.document, seen.columns);
        let mut numbers = Vec::new();
        if let Some((field, _)) = &plan.cardinality {
            let fields = std::slice::from_ref(field);
            for value in tally::values(fields, seen.document, seen.columns).concat() {
                numbers.push(self.held.number(key_text(Some(&value)).to_string()));
            }
        }
        for key in tally::combinations(&own)? {
            match seen.time() {
                Some(at) => {
                    let slot = Slot { at, count: 1, newest: at, values: numbers.clone() };
                    self.held.add(key, slot)?;
                }
                None => self.undated.push((key, numbers.clone())),
            }
        }
        Ok(())
    }

    /// How many moments of groups it keeps.
    pub(super) fn slots(&self) -> usize {
        self.held.slots()
    }

    pub(super) fn finish(mut self, rule: &Prepared<'_>, end: End<'_>) -> Result<Found, Stop> {
        let Some(plan) = plan(rule) else { return Ok(Found::default()) };
        let at = end.runs.newest;
        for (key, values) in self.undated {
            self.held.add(key, Slot { at, count: 1, newest: at, values })?;
        }
        let need = Need {
            count: plan.count,
            values: plan.cardinality.as_ref().map(|(_, needed)| *needed),
            open_ms: tally::open_ms(rule.rule),
        };
        let runs = end.runs.seeing(self.held.times());
        let mut tally = Tally::over(runs, need, end.samples);
        tally.take_held(self.held);
        let left = rule.rule.alert_suppression.is_some().then_some(tally.left);
        Ok(Found { after_suppression: left, ..tally.found })
    }
}

fn plan<'a>(rule: &'a Prepared<'_>) -> Option<&'a ThresholdPlan> {
    match rule.program.plan()? {
        Plan::Threshold(plan) => Some(plan),
        Plan::Filter(_) | Plan::Eql(_) | Plan::NewTerms(_) | Plan::Threat(_) => None,
    }
}
