//! Why events did not become a sequence or sample although every stage has
//! some: the stage that a key lacks, the key that differs, the time that was
//! exceeded, the event that ended it.

use std::fmt::Write as _;

use super::{Dates, Events, Fields, key_text, spec};
use crate::detect::sequence::key::Key;
use crate::detect::sequence::stream::{Hits, Stream};
use crate::detect::sequence::trace::{self, KeyTrace, Rejection, Trace};
use crate::ir::plan::{EqlPlan, EqlSearch, Stage};

/// How many keys, and how many rejections of each, are told.
const MAX_KEYS: usize = 5;

/// What there is to say about events that did not form a sequence; `hits` are
/// those of [`EqlPlan::filters`], and `name` gives the id of an event.
pub fn why_not(
    plan: &EqlPlan,
    hits: &[Vec<u32>],
    events: Events<'_>,
    name: &dyn Fn(u32) -> String,
) -> Vec<String> {
    let (stages, until, maxspan_ms) = match &plan.search {
        EqlSearch::Events(_) => return Vec::new(),
        EqlSearch::Sample { .. } => return vec!["no events share a join key".to_owned()],
        EqlSearch::Sequence { stages, until, maxspan_ms } => (stages, until.as_ref(), *maxspan_ms),
    };
    if hits.iter().flatten().any(|event| events.moments[*event as usize].is_none()) {
        return vec!["an event without a timestamp takes no part in a sequence".to_owned()];
    }
    let spec = spec(stages, until, maxspan_ms, Vec::new());
    let source = Fields { events, stages, until, dates: Dates::Text };
    let (stage_hits, until_hits) = hits.split_at(stages.len());
    let until_hits = until_hits.first().map_or(&[][..], Vec::as_slice);
    let stream = Stream::build(&spec, Hits { stages: stage_hits, until: until_hits }, &source);
    let trace = match stream.and_then(|stream| trace::explain(&spec, &stream)) {
        Ok(trace) => trace,
        Err(error) => return vec![error.to_string()],
    };
    let story = Story { stages, name };
    let mut notes = story.keyless(&trace);
    for key in trace.keys.iter().take(MAX_KEYS) {
        notes.extend(story.key(key));
    }
    notes.extend(trace.keys.first().and_then(|best| story.elsewhere(best, &trace.keys)));
    notes
}

/// Tells a trace in words.
struct Story<'a> {
    stages: &'a [Stage],
    name: &'a dyn Fn(u32) -> String,
}

impl Story<'_> {
    fn list(&self, events: &[u32]) -> String {
        events.iter().map(|event| (self.name)(*event)).collect::<Vec<_>>().join(", ")
    }

    /// Stages whose events lack a join key.
    fn keyless(&self, trace: &Trace) -> Vec<String> {
        let counts = trace.stages.iter().enumerate().filter(|(_, count)| count.keyless > 0);
        let note = |(stage, count): (usize, &crate::detect::sequence::stream::Count)| {
            let keys = self.stages[stage].keys.iter().filter(|key| !key.optional);
            let keys: Vec<&str> = keys.map(|key| &*key.field).collect();
            format!(
                "stage {}: {} of {} matching events lack a join key ({}) and take no part",
                stage + 1,
                count.keyless,
                count.hits,
                keys.join(", ")
            )
        };
        counts.map(note).collect()
    }

    /// How far the events of a key came, and what stopped them.
    fn key(&self, trace: &KeyTrace) -> Vec<String> {
        let under = match values(&trace.key).as_slice() {
            [] => String::new(),
            values => format!("key {}: ", values.join(", ")),
        };
        let present = self.stages.iter().filter(|stage| !stage.missing);
        let wanted: usize = present.map(|stage| stage.runs.max(1) as usize).sum();
        let mut first = format!("{under}{} of {wanted} events in order", trace.furthest.len());
        if !trace.furthest.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(first, " ({})", self.list(&trace.furthest));
        }
        if let Some(stage) = self.unseen(trace).next() {
            let _ = write!(first, ", no event for stage {}", stage + 1);
        }
        let rejections = trace.rejections.iter().take(MAX_KEYS);
        let rejections =
            rejections.map(|rejection| format!("{under}{}", self.rejection(rejection)));
        std::iter::once(first).chain(rejections).collect()
    }

    /// The stages that want an event and have none under a key.
    fn unseen<'k>(&'k self, trace: &'k KeyTrace) -> impl Iterator<Item = usize> + 'k {
        let wanted = self.stages.iter().enumerate().filter(|(_, stage)| !stage.missing);
        wanted.map(|(stage, _)| stage).filter(|stage| !trace.seen.contains(stage))
    }

    fn rejection(&self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::Maxspan { events, next, excess_ms } => format!(
                "{} came {excess_ms} ms too late for maxspan after {}",
                (self.name)(*next),
                self.list(events)
            ),
            Rejection::Until { until, next, .. } => {
                format!("until matched {} before {}", (self.name)(*until), (self.name)(*next))
            }
            Rejection::Present { stage, event, .. } => {
                format!(
                    "stage {} asks for no event, and there is {}",
                    stage + 1,
                    (self.name)(*event)
                )
            }
        }
    }

    /// The join field in which the event of a stage that `best` lacks differs.
    fn elsewhere(&self, best: &KeyTrace, keys: &[KeyTrace]) -> Option<String> {
        let stage = self.unseen(best).next()?;
        let others = keys.iter().filter(|other| other.seen.contains(&stage));
        let differing = |other: &KeyTrace| -> Vec<usize> {
            (0..best.key.len()).filter(|at| best.key[*at] != other.key[*at]).collect()
        };
        let (other, fields) =
            others.map(|other| (other, differing(other))).min_by_key(|(_, fields)| fields.len())?;
        let (ours, theirs) = (values(&best.key), values(&other.key));
        let differ = fields.iter().map(|at| {
            let field = &self.stages[stage].keys[*at].field;
            format!("{field} is {}, not {}", theirs[*at], ours[*at])
        });
        let differ: Vec<String> = differ.collect();
        Some(format!("stage {} has its event where {}", stage + 1, differ.join(" and ")))
    }
}

/// The values of a join key, as text.
fn values(key: &Key) -> Vec<String> {
    key.iter().map(|value| key_text(value.as_ref()).to_string()).collect()
}
