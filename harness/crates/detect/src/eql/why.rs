//! Why events did not become a sequence or sample although every stage has
//! some: the stage that a key lacks, the key that differs, the time that was
//! exceeded, the event that ended it.

use std::fmt::Write as _;

use super::{Dates, Error, Events, Fields, key_text, spec};
use crate::sequence::key::Key;
use crate::sequence::stream::{Filter, Hits, Source as _, Stream};
use crate::sequence::trace::{self, KeyTrace, Rejection, Trace};
use crate::window::span_text;
use harness_predicate::plan::{EqlPlan, EqlSearch, Stage};

/// How many keys, and how many rejections of each, are told.
const MAX_KEYS: usize = 5;

/// What became of the events that the filters of a plan match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Which events are of which stage, by time.
    pub steps: Vec<Step>,
    /// By join key, those that came furthest first; at most five. Of sequences.
    pub courses: Vec<Course>,
    /// The join fields, as the first stage names them.
    pub fields: Vec<String>,
    /// How many stages there are.
    pub stages: usize,
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
    /// What the longest sequence waits for; `None` where it is whole.
    pub next: Option<Next>,
    /// What stopped sequences; at most five.
    pub stops: Vec<Stop>,
}

/// The stage that a sequence waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The stage.
    pub stage: usize,
    /// How many events of it the sequence has.
    pub has: usize,
    /// How many it needs.
    pub needs: usize,
    /// Events that fit it and came too early; at most five.
    pub early: Vec<Early>,
}

/// An event that came before the one that it has to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Early {
    /// The event.
    pub event: u32,
    /// The one that it has to follow.
    pub before: u32,
    /// By how much it came too early, in milliseconds.
    pub by_ms: u64,
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
            (story.fields, story.stages) = (fields(stages), stages.len());
            return Ok(story);
        }
        EqlSearch::Sequence { stages, until, maxspan_ms } => (stages, until.as_ref(), *maxspan_ms),
    };
    let source = Fields { events, stages, until, dates: Dates::Text };
    story.steps = steps(&source, hits);
    (story.fields, story.stages) = (fields(stages), stages.len());
    if hits.iter().flatten().any(|event| events.moments[*event as usize].is_none()) {
        story.notes.push("an event without a timestamp takes no part in a sequence".to_owned());
        return Ok(story);
    }
    let spec = spec(stages, until, maxspan_ms, Vec::new());
    let (stage_hits, until_hits) = hits.split_at(stages.len());
    let until_hits = until_hits.first().map_or(&[][..], Vec::as_slice);
    let stream = Stream::build(&spec, Hits { stages: stage_hits, until: until_hits }, &source)?;
    let trace = trace::explain(&spec, &stream)?;
    let teller = Teller { stages, maxspan_ms, name, steps: &story.steps, events };
    let keyless = teller.keyless(&trace);
    // A key under which nothing begins is no news beside one that comes further.
    let begun = trace.keys.iter().filter(|key| !key.furthest.is_empty()).count();
    let told = trace.keys.iter().take(if begun > 0 { begun.min(MAX_KEYS) } else { MAX_KEYS });
    let courses = told.map(|key| teller.course(key)).collect();
    let elsewhere = trace.keys.first().and_then(|best| teller.elsewhere(best, &trace.keys));
    story.notes.extend(keyless);
    (story.courses, story.elsewhere) = (courses, elsewhere);
    Ok(story)
}

/// The join fields, as the first stage names them.
fn fields(stages: &[Stage]) -> Vec<String> {
    let keys = stages.iter().take(1).flat_map(|stage| &stage.keys);
    keys.map(|key| key.field.to_string()).collect()
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
    /// Its key with the names of the fields; empty for a rule without a key.
    pub fn named(&self, fields: &[String]) -> String {
        let pairs = fields.iter().zip(&self.key).map(|(field, value)| format!("{field} = {value}"));
        pairs.collect::<Vec<_>>().join(", ")
    }

    /// What the stage lacks that the longest sequence waits for.
    pub fn waiting(&self) -> Option<String> {
        let next = self.next.as_ref()?;
        let stage = next.stage + 1;
        let lacks = self.lacks == Some(next.stage);
        Some(match (next.needs, lacks, self.key.is_empty()) {
            (1, true, true) => format!("stage {stage} has no event"),
            (1, true, false) => format!("stage {stage} has no event of this key"),
            (1, false, _) => format!("stage {stage} has no event in its place"),
            (needs, ..) => format!("stage {stage} has {} of {needs} events in a row", next.has),
        })
    }

    /// It in words, a sentence each.
    pub fn tell(&self, fields: &[String], name: &dyn Fn(u32) -> String) -> Vec<String> {
        let under = match self.named(fields) {
            key if key.is_empty() => key,
            key => format!("{key}: "),
        };
        let mut first = format!("{under}{} of {} events in order", self.reached.len(), self.wanted);
        if !self.reached.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(first, " ({})", list(&self.reached, name));
        }
        if let Some(waiting) = self.waiting() {
            let _ = write!(first, "; {waiting}");
        }
        let early = self.next.iter().flat_map(|next| next.tell_early(name));
        let stops = self.stops.iter().map(|stop| stop.text.clone());
        std::iter::once(first).chain(early).chain(stops).collect()
    }
}

impl Next {
    /// The events that came too early, a sentence each.
    pub fn tell_early(&self, name: &dyn Fn(u32) -> String) -> Vec<String> {
        let tell = |early: &Early| {
            let (event, before) = (name(early.event), name(early.before));
            let when = match early.by_ms {
                0 => format!("stands before {before}, at the same time"),
                by => format!("came {} before {before}", span_text(by)),
            };
            format!("{event} fits stage {} but {when}", self.stage + 1)
        };
        self.early.iter().map(tell).collect()
    }
}

/// Events by their names; of many the first and the last.
pub fn list(events: &[u32], name: &dyn Fn(u32) -> String) -> String {
    match events {
        [first, .., last] if events.len() > 4 => format!("{} … {}", name(*first), name(*last)),
        _ => events.iter().map(|event| name(*event)).collect::<Vec<_>>().join(", "),
    }
}

/// Tells a trace in words.
struct Teller<'a> {
    stages: &'a [Stage],
    maxspan_ms: Option<u64>,
    name: &'a dyn Fn(u32) -> String,
    steps: &'a [Step],
    events: Events<'a>,
}

impl Teller<'_> {
    /// Stages whose events lack a join key.
    fn keyless(&self, trace: &Trace) -> Vec<String> {
        let counts = trace.stages.iter().enumerate().filter(|(_, count)| count.keyless > 0);
        let note = |(stage, count): (usize, &crate::sequence::stream::Count)| {
            let keys = self.stages[stage].keys.iter().filter(|key| !key.optional);
            let keys: Vec<&str> = keys.map(|key| &*key.field).collect();
            format!(
                "{} of {} events that match stage {} have no {}, by which events are joined",
                count.keyless,
                count.hits,
                stage + 1,
                keys.join(" or no ")
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
            next: self.next(trace),
            stops: trace.rejections.iter().take(MAX_KEYS).map(stop).collect(),
        }
    }

    /// What the longest sequence of a key waits for.
    fn next(&self, trace: &KeyTrace) -> Option<Next> {
        let mut has = trace.furthest.len();
        let present = self.stages.iter().enumerate().filter(|(_, stage)| !stage.missing);
        for (stage, own) in present {
            let needs = own.runs.max(1) as usize;
            if has >= needs {
                has -= needs;
                continue;
            }
            return Some(Next { stage, has, needs, early: self.early(trace, stage) });
        }
        None
    }

    /// Events of a stage that came before the end of the longest sequence.
    fn early(&self, trace: &KeyTrace, stage: usize) -> Vec<Early> {
        let Some(before) = trace.furthest.last().copied() else { return Vec::new() };
        let key = values(&trace.key);
        let own = self.steps.iter().filter(|step| {
            let fits = step.stage == Some(stage) && step.key == key;
            fits && !trace.furthest.contains(&step.event)
        });
        let early = own.filter_map(|step| {
            let time = |event: u32| self.events.moments.get(event as usize).copied().flatten();
            let (at, end) = (time(step.event)?.timestamp_ms, time(before)?.timestamp_ms);
            (at <= end).then(|| Early { event: step.event, before, by_ms: end.abs_diff(at) })
        });
        early.take(MAX_KEYS).collect()
    }

    /// The stages that want an event and have none under a key.
    fn unseen<'k>(&'k self, trace: &'k KeyTrace) -> impl Iterator<Item = usize> + 'k {
        let wanted = self.stages.iter().enumerate().filter(|(_, stage)| !stage.missing);
        wanted.map(|(stage, _)| stage).filter(|stage| !trace.seen.contains(stage))
    }

    fn rejection(&self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::Maxspan { events, next, excess_ms } => {
                let limit = self
                    .maxspan_ms
                    .map_or_else(String::new, |most| format!(": maxspan is {}", span_text(most)));
                let (next, first) = ((self.name)(*next), events.first().map(|at| (self.name)(*at)));
                let after = first.map_or_else(String::new, |first| format!(" after {first}"));
                format!("{next} came {} too late{after}{limit}", span_text(*excess_ms))
            }
            Rejection::Until { until, next, .. } => {
                let (until, next) = ((self.name)(*until), (self.name)(*next));
                format!("until ended the sequence: {until} matches it and came before {next}")
            }
            Rejection::Present { stage, event, .. } => {
                format!(
                    "stage {} wants no event, but {} matches it",
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
