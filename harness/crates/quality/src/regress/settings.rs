//! What changed beside the query: indices, times, suppression, what an alert says.

use harness_detect::window::span_text;
use harness_model::index_pattern::sees;
use harness_predicate::plan::Plan;
use harness_rule::exception::ExceptionTree;
use harness_rule::model::{AlertSuppression, Duration, Rule};
use harness_rule::names::{MissingFields, Severity};
use harness_source::span::plural;
use serde_json::Value;

use super::comparison::Comparison;
use super::conditions::Version;
use super::direction::Direction;
use super::pairs::same_list;
use crate::moment::NOW;
use crate::synthesis::fields;

/// Whether two rules look at the same times.
pub(super) fn same_times(old: &Rule, new: &Rule) -> bool {
    let times = |rule: &Rule| {
        let text = |text: &Option<harness_rule::located::Located<String>>| {
            text.as_ref().map(|text| text.value.clone())
        };
        (text(&rule.from), text(&rule.to), text(&rule.interval), text(&rule.timestamp_override))
    };
    times(old) == times(new)
}

/// Whether all that some patterns read others read as well.
pub(super) fn reads_within(own: &[String], other: &[String]) -> bool {
    unread(own, other).is_none() && excludes(own) == excludes(other)
}

/// An index that some patterns read and others do not.
fn unread(own: &[String], other: &[String]) -> Option<String> {
    let indices = own.iter().flat_map(|pattern| pattern.split(',')).flat_map(indices_of);
    indices.into_iter().find(|index| sees(own, Some(index)) && !sees(other, Some(index)))
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

/// Whether one version reads events that the other does not: by the index patterns, and
/// where the windows of runs leave gaps.
pub(super) fn reach(
    own: &Version<'_>,
    other: &Version<'_>,
    comparison: &mut Comparison<'_>,
) -> Direction {
    let (patterns, theirs) = (own.rule.patterns(), other.rule.patterns());
    if let Some(index) = unread(patterns, theirs) {
        let filter = own.plan.filters().into_iter().next().cloned();
        let event = filter.and_then(|filter| comparison.event(&filter));
        return match (event, &own.plan) {
            (Some(source), Plan::Filter(_)) => Direction::Shown(vec![hit(&index, &source)]),
            (_, _) => Direction::Unknown("the index patterns differ"),
        };
    }
    if excludes(patterns) != excludes(theirs) {
        return Direction::Unknown("the index patterns take other indices away");
    }
    gap(own, other, comparison)
}

fn hit(index: &str, source: &Value) -> Value {
    serde_json::json!({"_index": index, "_source": source})
}

/// Time that the runs of `other` never look at and those of `own` do.
fn gap(own: &Version<'_>, other: &Version<'_>, comparison: &mut Comparison<'_>) -> Direction {
    let length = |version: &Version<'_>| {
        let window = version.clock.window(NOW);
        i64::try_from(window.to.abs_diff(window.from)).unwrap_or(i64::MAX)
    };
    let unseen = |version: &Version<'_>| version.clock.interval_ms() - length(version);
    let (mine, theirs) = (unseen(own), unseen(other));
    if theirs <= 0 || theirs <= mine {
        return Direction::Never;
    }
    let Plan::Filter(filter) = &own.plan else {
        return Direction::Unknown("the windows of runs leave other gaps");
    };
    // Just before the window of the run at `NOW`, and after the one before it.
    let time = other.clock.window(NOW).from - 1;
    match comparison.event(filter) {
        Some(mut source) => {
            let time = harness_model::value::format_date(time);
            fields::set(&mut source, "@timestamp", vec![Value::String(time)]);
            Direction::Shown(vec![source])
        }
        None => Direction::Unknown("the windows of runs leave other gaps"),
    }
}

/// The exception lists whose items changed, a sentence each.
pub(super) fn excepted(
    rule: &Rule,
    before: &ExceptionTree,
    after: &ExceptionTree,
) -> impl Iterator<Item = String> {
    let lists = rule.exceptions_list.iter().map(|list| &list.list_id);
    let changed = lists.filter(|list| !same_list(list, before, after));
    changed.map(|list| format!("the items of the exception list {list} changed"))
}

/// What changed beside the query, a sentence each.
pub(super) fn notes(old: &Rule, new: &Rule) -> Vec<String> {
    let mut notes = Vec::new();
    if old.rule_type != new.rule_type {
        notes.push(format!("the type is {} now (was {})", new.rule_type, old.rule_type));
    }
    lists(&mut notes, "reads", old.patterns(), new.patterns());
    times(&mut notes, old, new);
    counts(&mut notes, old, new);
    if suppression(old) != suppression(new) {
        notes.push(suppressed(new.alert_suppression.as_ref()));
    }
    let ids = |rule: &Rule| -> Vec<String> {
        rule.exceptions_list.iter().map(|list| list.list_id.clone()).collect()
    };
    lists(&mut notes, "has the exception list", &ids(old), &ids(new));
    if old.severity != new.severity {
        notes.push(format!("the severity is {} now (was {})", new.severity, old.severity));
    }
    if old.risk_score != new.risk_score {
        notes.push(format!("the risk score is {} now (was {})", new.risk_score, old.risk_score));
    }
    if severities(old) != severities(new) {
        notes.push("alerts have another severity for some values".to_owned());
    }
    if scores(old) != scores(new) {
        notes.push("alerts have another risk score for some values".to_owned());
    }
    let override_of = |rule: &Rule| rule.rule_name_override.as_ref().map(|name| name.value.clone());
    if override_of(old) != override_of(new) {
        notes.push(match override_of(new) {
            Some(field) => format!("alerts are named by {field} now"),
            None => "alerts are named by the rule now".to_owned(),
        });
    }
    if old.building_block_type != new.building_block_type {
        notes.push(match new.building_block_type {
            Some(_) => "alerts are hidden now: it is a building block".to_owned(),
            None => "alerts are shown now: it is no building block any more".to_owned(),
        });
    }
    if old.max_signals != new.max_signals {
        let most = |rule: &Rule| rule.max_signals.unwrap_or(100);
        let (now, was) = (plural(most(new), "alert"), most(old));
        notes.push(format!("a run raises at most {now} (was {was})"));
    }
    if !old.is_deprecated() && new.is_deprecated() {
        notes.push("the rule is deprecated now".to_owned());
    }
    notes
}

/// What suppression does, wherever the file says it.
fn suppression(rule: &Rule) -> Option<(Vec<&str>, Option<Duration>, MissingFields)> {
    let own = rule.alert_suppression.as_ref()?;
    let groups = own.group_by.iter().map(|field| field.as_str()).collect();
    Some((groups, own.duration, own.missing_fields))
}

fn severities(rule: &Rule) -> Vec<(&str, &str, Severity)> {
    let all = rule.severity_mapping.iter();
    all.map(|one| (one.field.as_str(), one.value.as_str(), one.severity)).collect()
}

fn scores(rule: &Rule) -> Vec<(&str, &str, Option<u64>)> {
    let all = rule.risk_score_mapping.iter();
    all.map(|one| (one.field.as_str(), one.value.as_str(), one.risk_score)).collect()
}

fn lists(notes: &mut Vec<String>, verb: &str, old: &[String], new: &[String]) {
    let missing = |of: &[String], from: &[String]| -> Vec<String> {
        of.iter().filter(|one| !from.contains(one)).cloned().collect()
    };
    let (more, less) = (missing(new, old), missing(old, new));
    if !more.is_empty() {
        notes.push(format!("{verb} {} now", more.join(", ")));
    }
    if !less.is_empty() {
        notes.push(format!("no longer {verb} {}", less.join(", ")));
    }
}

fn times(notes: &mut Vec<String>, old: &Rule, new: &Rule) {
    let text = |text: &Option<harness_rule::located::Located<String>>, default: &str| {
        text.as_ref().map_or_else(|| default.to_owned(), |text| text.value.clone())
    };
    for (what, was, is) in [
        ("a run looks back to", text(&old.from, "now-6m"), text(&new.from, "now-6m")),
        ("a run looks up to", text(&old.to, "now"), text(&new.to, "now")),
        ("it runs every", text(&old.interval, "5m"), text(&new.interval, "5m")),
        (
            "an event happens by",
            text(&old.timestamp_override, "@timestamp"),
            text(&new.timestamp_override, "@timestamp"),
        ),
    ] {
        if was != is {
            notes.push(format!("{what} {is} now (was {was})"));
        }
    }
    if let (Some(was), Some(is)) = (&old.new_terms, &new.new_terms) {
        let (was, is) = (&was.history_window_start.value, &is.history_window_start.value);
        if was != is {
            notes.push(format!("the history begins at {is} now (was {was})"));
        }
    }
}

fn counts(notes: &mut Vec<String>, old: &Rule, new: &Rule) {
    let (Some(was), Some(is)) = (&old.threshold, &new.threshold) else { return };
    if was.value != is.value {
        notes.push(format!("{} are needed now (was {})", plural(is.value, "event"), was.value));
    }
    let names = |fields: &[harness_rule::located::Located<String>]| -> Vec<String> {
        fields.iter().map(|field| field.value.clone()).collect()
    };
    lists(notes, "groups by", &names(&was.fields), &names(&is.fields));
    let counted = |threshold: &harness_rule::model::Threshold| {
        threshold.cardinality.first().map(|one| (one.field.value.clone(), one.value))
    };
    if counted(was) != counted(is) {
        notes.push(match counted(is) {
            Some((field, least)) => format!("{} of {field} are needed now", plural(least, "value")),
            None => "no number of distinct values is needed any more".to_owned(),
        });
    }
}

fn suppressed(suppression: Option<&AlertSuppression>) -> String {
    let Some(suppression) = suppression else {
        return "alerts are no longer suppressed".to_owned();
    };
    let groups: Vec<&str> = suppression.group_by.iter().map(|field| field.as_str()).collect();
    let often = match suppression.duration {
        Some(duration) => format!("once in {}", span_text(duration.millis().unsigned_abs())),
        None => "once a run".to_owned(),
    };
    if groups.is_empty() {
        format!("an alert comes at most {often} now")
    } else {
        format!("an alert comes at most {often} for each {} now", groups.join(", "))
    }
}
