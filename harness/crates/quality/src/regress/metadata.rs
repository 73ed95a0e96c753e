//! What a rule says of itself: changes of it change no verdict.

use harness_rule::located::Located;
use harness_rule::model::Rule;
use harness_rule::threat::Threat;
use serde_json::Value;

use super::settings::lists;

/// Whether nothing of a rule changed that decides about verdicts: what it asks, where and
/// when. Exception lists are compared by their names alone.
pub(super) fn same_verdicts(old: &Rule, new: &Rule) -> bool {
    let text = |text: &Option<Located<String>>| text.as_ref().map(|text| text.value.clone());
    let query = |rule: &Rule| rule.query.as_ref().map(|query| query.text.clone());
    let values = |all: &[Located<Value>]| -> Vec<Value> {
        all.iter().map(|one| one.value.clone()).collect()
    };
    let sources = |rule: &Rule| {
        let lists: Vec<String> =
            rule.exceptions_list.iter().map(|list| list.list_id.clone()).collect();
        (rule.index.clone(), rule.data_view_id.clone(), rule.saved_id.clone(), lists)
    };
    let times = |rule: &Rule| {
        let bounds = [&rule.from, &rule.to, &rule.interval, &rule.timestamp_override].map(text);
        (bounds, rule.timestamp_override_fallback_disabled)
    };
    let names = |fields: &[Located<String>]| -> Vec<String> {
        fields.iter().map(|field| field.value.clone()).collect()
    };
    let threshold = |rule: &Rule| {
        let own = rule.threshold.as_ref()?;
        let counted = own.cardinality.iter().map(|one| (one.field.value.clone(), one.value));
        Some((names(&own.fields), own.value, counted.collect::<Vec<_>>()))
    };
    let terms = |rule: &Rule| {
        let own = rule.new_terms.as_ref()?;
        Some((names(&own.fields), own.history_window_start.value.clone()))
    };
    let threat = |rule: &Rule| {
        let own = rule.threat_match.as_ref()?;
        let groups = own.mapping.iter().map(|group| {
            let entries = group.entries.iter();
            entries
                .map(|one| (one.field.value.clone(), one.value.value.clone(), one.negate))
                .collect::<Vec<_>>()
        });
        let groups: Vec<_> = groups.collect();
        Some((
            own.index.clone(),
            own.query.text.clone(),
            own.language,
            values(&own.filters),
            groups,
        ))
    };
    let eql = |rule: &Rule| {
        [&rule.eql.event_category, &rule.eql.timestamp, &rule.eql.tiebreaker].map(text)
    };
    old.rule_type == new.rule_type
        && old.language == new.language
        && query(old) == query(new)
        && values(&old.filters) == values(&new.filters)
        && sources(old) == sources(new)
        && times(old) == times(new)
        && threshold(old) == threshold(new)
        && terms(old) == terms(new)
        && threat(old) == threat(new)
        && old.machine_learning == new.machine_learning
        && eql(old) == eql(new)
}

/// What changed of it, a sentence each; the last names what has no sentence of its own.
pub(super) fn notes(old: &Rule, new: &Rule) -> Vec<String> {
    let mut notes = Vec::new();
    lists(&mut notes, "covers", &techniques(&old.threat), &techniques(&new.threat));
    lists(&mut notes, "has the tag", &old.tags, &new.tags);
    let (was, is) = (&old.metadata, &new.metadata);
    if was.min_stack_version != is.min_stack_version {
        notes.push(match &is.min_stack_version {
            Some(version) => format!("the oldest stack is {version} now"),
            None => "no oldest stack is stated any more".to_owned(),
        });
    }
    if was.maturity != is.maturity && !new.is_deprecated() {
        let maturity = is.maturity.as_deref().unwrap_or("not stated");
        notes.push(format!("the maturity is {maturity} now"));
    }
    if old.enabled.unwrap_or(false) != new.enabled.unwrap_or(false) {
        let word = if new.enabled == Some(true) { "on" } else { "off" };
        notes.push(format!("it is installed switched {word} now"));
    }
    let changed = [
        ("description", old.description != new.description),
        ("investigation guide", old.note != new.note),
        ("setup", old.setup != new.setup),
        (
            "ATT&CK mapping",
            old.threat != new.threat && techniques(&old.threat) == techniques(&new.threat),
        ),
        ("tags", old.tags != new.tags && sorted(&old.tags) == sorted(&new.tags)),
        ("references", old.references != new.references),
        ("false positives", old.false_positives != new.false_positives),
        ("author", old.author != new.author),
        ("license", old.license != new.license),
        ("version", old.version != new.version),
        ("investigation fields", old.investigation_fields != new.investigation_fields),
        ("required fields", old.required_fields != new.required_fields),
        (
            "integrations",
            old.related_integrations != new.related_integrations
                || was.integration != is.integration,
        ),
        ("stack comments", was.min_stack_comments != is.min_stack_comments),
        (
            "other keys",
            old.other != new.other || was.other != is.other || old.transform != new.transform,
        ),
    ];
    let changed: Vec<&str> =
        changed.into_iter().filter(|(_, is_other)| *is_other).map(|(name, _)| name).collect();
    if !changed.is_empty() {
        notes.push(format!("metadata changed: {}", changed.join(", ")));
    }
    notes
}

/// That only its dates changed, as with each new version, where they did.
pub(super) fn dates(old: &Rule, new: &Rule) -> Option<String> {
    let of = |rule: &Rule| {
        let own = &rule.metadata;
        (own.creation_date.clone(), own.updated_date.clone(), own.deprecation_date.clone())
    };
    (of(old) != of(new)).then(|| "metadata changed: dates".to_owned())
}

fn sorted(all: &[String]) -> Vec<&String> {
    let mut all: Vec<&String> = all.iter().collect();
    all.sort();
    all
}

/// The ids of all techniques, each once; of tactics without one their own.
fn techniques(threats: &[Threat]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for threat in threats {
        let techniques = threat.techniques.iter();
        let ids = techniques.flat_map(|one| {
            std::iter::once(&one.technique).chain(&one.subtechniques).map(|own| own.id.clone())
        });
        found.push(threat.tactic.id.clone());
        found.extend(ids);
    }
    found.sort();
    found.dedup();
    found
}
