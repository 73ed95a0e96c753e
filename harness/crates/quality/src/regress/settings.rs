//! What changed beside the query: indices, times, suppression, what an alert says.

use harness_detect::window::span_text;
use harness_rule::exception::ExceptionTree;
use harness_rule::located::Located;
use harness_rule::model::{AlertSuppression, Duration, Rule};
use harness_rule::names::{MissingFields, Severity};
use harness_source::span::plural;

use super::pairs::same_list;

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
    if let (Some(was), Some(is)) = (&old.machine_learning, &new.machine_learning) {
        lists(&mut notes, "reads the job", &was.job_ids, &is.job_ids);
        if was.anomaly_threshold != is.anomaly_threshold {
            let (now, was) = (is.anomaly_threshold, was.anomaly_threshold);
            notes.push(format!("an anomaly alerts from a score of {now} on now (was {was})"));
        }
    }
    if let (Some(was), Some(is)) = (&old.threat_match, &new.threat_match) {
        lists(&mut notes, "reads the indicators of", &was.index, &is.index);
    }
    if let (Some(was), Some(is)) = (&old.new_terms, &new.new_terms) {
        let names = |fields: &[Located<String>]| -> Vec<String> {
            fields.iter().map(|field| field.value.clone()).collect()
        };
        lists(&mut notes, "watches", &names(&was.fields), &names(&is.fields));
    }
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

pub(super) fn lists(notes: &mut Vec<String>, verb: &str, old: &[String], new: &[String]) {
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
    let text = |text: &Option<Located<String>>, default: &str| {
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
    if old.timestamp_override_fallback_disabled != new.timestamp_override_fallback_disabled {
        let strict = new.timestamp_override_fallback_disabled;
        let what = if strict { "are left out now" } else { "happen by @timestamp now" };
        notes.push(format!("events without that field {what}"));
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
    let names = |fields: &[Located<String>]| -> Vec<String> {
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
