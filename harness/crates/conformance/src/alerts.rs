//! Alerts of threshold and new-terms rules, recorded and found.

use super::Outcome;
pub use super::model::Alerts;
use super::trial::Trial;
use harness_compile::program::RuleProgram;
use harness_detect::sequence::stream::Moment;
use harness_detect::terms::key_list;
use harness_detect::threshold::{self, Group};
use harness_detect::window::Window;
use harness_detect::{Detail, Detection, Events, Scope, detect, new_terms};
use harness_predicate::plan::Plan;

/// A group in words.
pub(super) fn group(values: &[String], count: u64, cardinality: Option<u64>) -> String {
    let distinct = cardinality.map_or_else(String::new, |count| format!(", {count} values"));
    format!("{} ({count} events{distinct})", tuple(values))
}

/// A combination of values in words.
pub(super) fn tuple(values: &[String]) -> String {
    format!("[{}]", values.join(", "))
}

impl Trial<'_> {
    /// The groups or new terms of a case, also by the slow twin.
    pub(super) fn alerts(
        &self,
        program: &RuleProgram,
        hits: &[Vec<usize>],
        expected: &Alerts,
    ) -> Outcome {
        let Some(plan) = program.plan() else {
            return self.disagree("no rule over many events".to_owned(), None);
        };
        let base = self.case.documents.start;
        let events = &self.suite.events[self.case.documents.clone()];
        let moments: Vec<Option<Moment>> =
            events.iter().map(|event| Some(Moment::new(event.timestamp()?, None))).collect();
        let all = Events {
            documents: &self.documents[self.case.documents.clone()],
            columns: self.columns,
            moments: &moments,
        };
        let seen = |at: &u32| {
            let moment = moments.get(*at as usize).copied().flatten();
            expected.history == Window::ALWAYS
                || moment.is_some_and(|moment| expected.history.contains(moment.timestamp_ms))
        };
        let hits = hits.iter().map(|hits| {
            let own = hits.iter().filter_map(|at| u32::try_from(at - base).ok());
            own.filter(seen).collect::<Vec<u32>>()
        });
        let hits: Vec<Vec<u32>> = hits.collect();
        let scope = Scope { window: expected.window, size: usize::MAX };
        let found = match detect(plan, &hits, all, scope) {
            Ok(found) => found,
            Err(error) => return self.disagree(format!("error: {error}"), None),
        };
        let hits = hits.first().map_or(&[][..], Vec::as_slice);
        let slow: Vec<Detection> = match plan {
            Plan::Threshold(plan) => {
                let groups: Vec<Group> = threshold::slow::find(plan, hits, all);
                groups.into_iter().map(Detection::from).collect()
            }
            Plan::NewTerms(plan) => {
                let terms = new_terms::slow::find(&plan.fields, hits, all, scope.window.from);
                terms.into_iter().map(Detection::from).collect()
            }
            Plan::Filter(_) | Plan::Eql(_) | Plan::Threat(_) => {
                return self.disagree("no rule over many events".to_owned(), None);
            }
        };
        if found != slow {
            let got = format!("{}, and the slow twin: {}", listed(&found), listed(&slow));
            return self.disagree(got, None);
        }
        if printed(&found) == expected.alerts {
            Outcome::Agree
        } else {
            self.disagree(listed(&found), None)
        }
    }
}

/// Detections as they are recorded.
fn printed(found: &[Detection]) -> Vec<String> {
    let print = |found: &Detection| match &found.detail {
        Detail::Group { count, cardinality } => {
            group(&[key_list(&found.key)], *count, *cardinality)
        }
        Detail::None | Detail::Indicators(_) => tuple(&[key_list(&found.key)]),
    };
    let mut printed: Vec<String> = found.iter().map(print).collect();
    printed.sort();
    printed
}

fn listed(found: &[Detection]) -> String {
    printed(found).join("; ")
}
