//! Why events did not become a sequence or sample although every stage has
//! some: the stage that a key lacks, the key that differs, the time that was
//! exceeded, the event that ended it.

use std::fmt::Write as _;

use super::{Dates, Error, Events, Fields, key_text, spec};
use crate::detect::sequence::key::Key;
use crate::detect::sequence::stream::{Filter, Hits, Source as _, Stream};
use crate::detect::sequence::trace::{self, KeyTrace, Rejection, Trace};
use crate::ir::plan::{EqlPlan, EqlSearch, Stage};

/// How many keys, and how many rejections of each, are told.
const MAX_KEYS: usize = 5;

/// What became of the events that the filters of a plan match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Which events are of which stage, by time.
    pub steps: Vec<Step>,
    /// By join key, those that came furthest first; at most five. Of sequences.
    pub courses: Vec<Course>,
    /// What there is to say first.
    pub notes: Vec<String>,
    /// Where the event is that the best key lacks.
    pub elsewhere: Option<String>,
}

/// An event that a stage takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The event.
    pub event: u32,
    /// The stage; `None` for `until`.
    pub stage: Option<usize>,
    /// Its values of the join fields; of a field with several all in one.
    pub key: Vec<String>,
}

/// How far the events of a join key came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The key.
    pub key: Vec<String>,
    /// The events of the longest sequence, in order.
    pub reached: Vec<u32>,
    /// How many events a whole sequence has.
    pub wanted: usize,
    /// How many sequences are whole.
    pub whole: usize,
    /// The first stage that has no event under this key.
    pub lacks: Option<usize>,
    /// What stopped sequences; at most five.
    pub stops: Vec<Stop>,
}

/// What stopped a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// By what.
    pub by: StoppedBy,
    /// The same in words, with its events.
    pub text: String,
}

/// What stops sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoppedBy {
    /// The longest time.
    Maxspan,
    /// The event that ends them.
    Until,
    /// An event of a stage that wants none.
    Present,
}

impl StoppedBy {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Maxspan => "maxspan",
            Self::Until => "until",
            Self::Present => "present",
        }
    }
}

/// What there is to say about events that did not form a sequence; `hits` are
/// those of [`EqlPlan::filters`], and `name` gives the id of an event.
pub fn why_not(
    plan: &EqlPlan,
    hits: &[Vec<u32>],
    events: Events<'_>,
    name: &dyn Fn(u32) -> String,
) -> Vec<String> {
    if let EqlSearch::Sample { .. } = plan.search {
        return vec!["no events share a join key".to_owned()];
    }
    let story = match story(plan, hits, events, name) {
        Ok(story) => story,
        Err(error) => return vec![error.to_string()],
    };
    let courses = story.courses.iter().flat_map(|course| course.tell(name));
    story.notes.iter().cloned().chain(courses).chain(story.elsewhere.clone()).collect()
}

/// What became of the events that the filters of a plan match.
///
/// # Errors
///
/// As [`super::find`].
pub fn story(
    plan: &EqlPlan,
    hits: &[Vec<u32>],
    events: Events<'_>,
    name: &dyn Fn(u32) -> String,
) -> Result<Story, Error> {
    let mut story = Story::default();
    let (stages, until, maxspan_ms) = match &plan.search {
        EqlSearch::Events(_) => return Ok(story),
        EqlSearch::Sample { stages } => {
            let source = Fields { events, stages, until: None, dates: Dates::Millis };
            story.steps = steps(&source, hits);
            return Ok(story);
        }
        EqlSearch::Sequence { stages, until, maxspan_ms } => (stages, until.as_ref(), *maxspan_ms),
    };
    let source = Fields { events, stages, until, dates: Dates::Text };
    story.steps = steps(&source, hits);
    if hits.iter().flatten().any(|event| events.moments[*event as usize].is_none()) {
        story.notes.push("an event without a timestamp takes no part in a sequence".to_owned());
        return Ok(story);
    }
    let spec = spec(stages, until, maxspan_ms, Vec::new());
    let (stage_hits, until_hits) = hits.split_at(stages.len());
    let until_hits = until_hits.first().map_or(&[][..], Vec::as_slice);
    let stream = Stream::build(&spec, Hits { stages: stage_hits, until: until_hits }, &source)?;
    let trace = trace::explain(&spec, &stream)?;
    let teller = Teller { stages, name };
    story.notes.extend(teller.keyless(&trace));
    story.courses = trace.keys.iter().take(MAX_KEYS).map(|key| teller.course(key)).collect();
    story.elsewhere = trace.keys.first().and_then(|best| teller.elsewhere(best, &trace.keys));
    Ok(story)
}

/// The events of all stages and of `until`, by time.
fn steps(source: &Fields<'_>, hits: &[Vec<u32>]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (filter, hits) in hits.iter().enumerate() {
        let (place, stage) = match source.stages.get(filter) {
            Some(stage) => (Filter::Stage(filter), stage),
            None => match source.until {
                Some(until) => (Filter::Until, until),
                None => continue,
            },
        };
        let key = |event: u32| {
            let values = (0..stage.keys.len()).map(|term| {
                let mut values = Vec::new();
                source.values(place, event, term, &mut values);
                let texts: Vec<_> = values.iter().map(|value| key_text(Some(value))).collect();
                if texts.is_empty() { key_text(None).to_string() } else { texts.join(", ") }
            });
            values.collect()
        };
        let number = matches!(place, Filter::Stage(_)).then_some(filter);
        steps.extend(hits.iter().map(|event| Step {
            event: *event,
            stage: number,
            key: key(*event),
        }));
    }
    steps.sort_by_key(|step| {
        (source.events.time(step.event).unwrap_or(i64::MAX), step.event, step.stage)
    });
    steps
}

impl Course {
    /// It in words, a sentence each.
    pub fn tell(&self, name: &dyn Fn(u32) -> String) -> Vec<String> {
        let under = match self.key.as_slice() {
            [] => String::new(),
            values => format!("key {}: ", values.join(", ")),
        };
        let mut first = format!("{under}{} of {} events in order", self.reached.len(), self.wanted);
        if !self.reached.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(first, " ({})", list(&self.reached, name));
        }
        if let Some(stage) = self.lacks {
            let _ = write!(first, ", no event for stage {}", stage + 1);
        }
        let stops = self.stops.iter().map(|stop| format!("{under}{}", stop.text));
        std::iter::once(first).chain(stops).collect()
    }
}

fn list(events: &[u32], name: &dyn Fn(u32) -> String) -> String {
    events.iter().map(|event| name(*event)).collect::<Vec<_>>().join(", ")
}

/// Tells a trace in words.
struct Teller<'a> {
    stages: &'a [Stage],
    name: &'a dyn Fn(u32) -> String,
}

impl Teller<'_> {
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
    fn course(&self, trace: &KeyTrace) -> Course {
        let present = self.stages.iter().filter(|stage| !stage.missing);
        let stop = |rejection: &Rejection| Stop {
            by: match rejection {
                Rejection::Maxspan { .. } => StoppedBy::Maxspan,
                Rejection::Until { .. } => StoppedBy::Until,
                Rejection::Present { .. } => StoppedBy::Present,
            },
            text: self.rejection(rejection),
        };
        Course {
            key: values(&trace.key),
            reached: trace.furthest.clone(),
            wanted: present.map(|stage| stage.runs.max(1) as usize).sum(),
            whole: trace.matches,
            lacks: self.unseen(trace).next(),
            stops: trace.rejections.iter().take(MAX_KEYS).map(stop).collect(),
        }
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
                list(events, self.name)
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
