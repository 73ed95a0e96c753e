//! What one version sees and another does not: other indices, other times.

use harness_model::index_pattern::sees;
use harness_predicate::plan::{EqlPlan, EqlSearch, NewTermsPlan, Plan};
use serde_json::Value;

use super::comparison::Comparison;
use super::conditions::Version;
use super::direction::Direction;
use super::judge::Stream;
use super::raising::{raising, single};
use super::sight::Sight;
use super::streams;

/// Whether one version alerts for what the other does not see: by the index patterns, and
/// by when both run.
pub(super) fn reach(
    (own, mine): (&Version<'_>, &Sight),
    (other, theirs): (&Version<'_>, &Sight),
    comparison: &mut Comparison<'_>,
) -> Direction {
    indices((own, mine), (other, theirs), comparison)
        .or_else(|| times((own, mine), (other, theirs), comparison))
}

fn indices(
    (own, mine): (&Version<'_>, &Sight),
    (other, theirs): (&Version<'_>, &Sight),
    comparison: &mut Comparison<'_>,
) -> Direction {
    let unread = unread(&mine.patterns, &theirs.patterns);
    let more = self::unread(&theirs.patterns, &mine.patterns);
    if unread.is_none() && more.is_none() {
        return if excludes(&mine.patterns) == excludes(&theirs.patterns) {
            Direction::Never
        } else {
            Direction::Unknown("the index patterns take other indices away")
        };
    }
    // Where events keep an alert from being raised, those of more indices may as well.
    let mut streams: Vec<Stream> = Vec::new();
    let mut never = unread.is_none();
    if let Some(more) = &more
        && !is_rising(&own.plan)
    {
        never = false;
        streams.extend(known(&own.plan, mine.now().window.from, comparison).map(|mut stream| {
            stream.events[0] = hit(more, &stream.events[0]);
            stream
        }));
    }
    if let Some(unread) = &unread {
        let raised = raising(comparison, &own.plan, None).into_iter();
        streams.extend(raised.map(|mut stream| {
            stream.events = stream.events.iter().map(|event| hit(unread, event)).collect();
            stream
        }));
    }
    match comparison.direction(never, (&own.plan, mine), (&other.plan, theirs), streams) {
        Direction::Unknown(_) => Direction::Unknown("the index patterns differ"),
        found => found,
    }
}

/// Whether more events make no fewer alerts.
fn is_rising(plan: &Plan) -> bool {
    match plan {
        Plan::Filter(_) | Plan::Threshold(_) | Plan::Threat(_) => true,
        Plan::NewTerms(_) => false,
        Plan::Eql(plan) => match &plan.search {
            EqlSearch::Events(_) | EqlSearch::Sample { .. } => true,
            EqlSearch::Sequence { stages, until, .. } => {
                until.is_none() && stages.iter().all(|stage| !stage.missing)
            }
        },
    }
}

/// An event of a new-terms plan after such a one before the window.
fn known(plan: &Plan, from: i64, comparison: &mut Comparison<'_>) -> Option<Stream> {
    let Plan::NewTerms(terms) = plan else { return None };
    let event = comparison.event(&terms.filter)?;
    Some(streams::again(&streams::filled(&event, &names(terms)), from))
}

fn names(plan: &NewTermsPlan) -> Vec<&str> {
    plan.fields.iter().map(|field| &*field.field).collect()
}

fn times(
    (own, mine): (&Version<'_>, &Sight),
    (other, theirs): (&Version<'_>, &Sight),
    comparison: &mut Comparison<'_>,
) -> Direction {
    let single_events = match &own.plan {
        Plan::NewTerms(_) | Plan::Threat(_) => true,
        plan => single(plan).is_some(),
    };
    let forgets = theirs.now().history.from >= mine.now().history.from;
    let is_covered = match (&own.plan, &other.plan) {
        (Plan::NewTerms(_), Plan::NewTerms(_)) => mine.is_covered_by(theirs) && forgets,
        _ if single_events => mine.is_covered_by(theirs),
        // What takes no longer than windows overlap, one run sees as a whole.
        (Plan::Eql(plan), _) if is_rising(&own.plan) && theirs.holds(span(plan)) => true,
        // More events end more sequences.
        plans if !is_rising(plans.0) => mine.lies_in(theirs) && theirs.lies_in(mine),
        _ => mine.lies_in(theirs),
    };
    if is_covered {
        return Direction::Never;
    }
    let mut streams: Vec<Stream> = Vec::new();
    for stream in raising(comparison, &own.plan, None) {
        streams.extend(streams::placed(&stream, mine, theirs));
    }
    if !forgets && let Some(event) = known(&own.plan, theirs.now().history.from, comparison) {
        streams.push(event);
    }
    match comparison.direction(false, (&own.plan, mine), (&other.plan, theirs), streams) {
        Direction::Unknown(_) => {
            Direction::Unknown("they run at other times, or look at other times")
        }
        found => found,
    }
}

/// The longest that a sequence takes, in milliseconds.
fn span(plan: &EqlPlan) -> Option<u64> {
    match &plan.search {
        EqlSearch::Sequence { maxspan_ms, .. } => *maxspan_ms,
        EqlSearch::Events(_) | EqlSearch::Sample { .. } => None,
    }
}

/// Whether all that some patterns read others read as well.
pub(super) fn reads_within(own: &[String], other: &[String]) -> bool {
    unread(own, other).is_none() && excludes(own) == excludes(other)
}

/// An index that some patterns read and others do not.
pub(super) fn unread(own: &[String], other: &[String]) -> Option<String> {
    let named = |patterns: &[String]| -> Vec<String> {
        patterns.iter().flat_map(|pattern| pattern.split(',')).map(str::to_owned).collect()
    };
    let (mine, theirs) = (named(own), named(other));
    let taken = theirs.iter().filter_map(|pattern| pattern.trim().strip_prefix('-'));
    let given = mine.iter().map(String::as_str).chain(taken);
    let mut indices = given.flat_map(indices_of);
    indices.find(|index| sees(own, Some(index)) && !sees(other, Some(index)))
}

/// The patterns that take indices away.
fn excludes(patterns: &[String]) -> Vec<&String> {
    let mut all: Vec<&String> = patterns.iter().filter(|one| one.starts_with('-')).collect();
    all.sort();
    all
}

/// What may stand for any part of a name; the last is in no pattern.
const PARTS: [&str; 2] = ["default", "q7z"];

/// Indices that a pattern names.
fn indices_of(pattern: &str) -> impl Iterator<Item = String> {
    let pattern = pattern.trim();
    let is_one = !pattern.starts_with('-') && !pattern.is_empty();
    PARTS.into_iter().filter(move |_| is_one).map(|part| pattern.replace('*', part))
}

/// The event in an index.
pub(super) fn hit(index: &str, source: &Value) -> Value {
    serde_json::json!({"_index": index, "_source": source})
}
