//! The cases of both revisions, under both versions of their rules.

use std::collections::{BTreeMap, BTreeSet};

use harness_engine::EngineError;
use harness_rule::tree::{Loaded, RuleTree};
use harness_runner::case::{Case, CaseTree};
use harness_runner::run::{Project, Session};
use harness_runner::select::Selected;

use super::model::{CaseChange, Regression};

/// Judges the cases of changed rules under both versions, and tells those whose alerts
/// differ. A case that only one revision has counts as well.
///
/// # Errors
///
/// When the engine fails.
pub fn judge_cases(
    regression: &mut Regression,
    base: &Project,
    head: &Project,
) -> Result<(), EngineError> {
    let changed: BTreeSet<&str> =
        regression.rules.iter().map(|rule| rule.rule_id.as_str()).collect();
    let of = |rules: &RuleTree| -> BTreeMap<String, String> {
        let own = rules.rules.iter().filter_map(|loaded| Some((id(loaded)?, loaded.key.clone())));
        own.filter(|(id, _)| changed.contains(id.as_str())).collect()
    };
    let (before, after) = (of(&base.rules), of(&head.rules));
    // The cases of a rule by its id: those of the new revision, then what it lost.
    let mut cases: BTreeMap<&String, Vec<Case>> = BTreeMap::new();
    for (id, key) in &after {
        let old = before.get(id).and_then(|key| base.cases.rules.get(key));
        let own = head.cases.rules.get(key).into_iter().flatten();
        let mut all: Vec<Case> = own.cloned().collect();
        for case in old.into_iter().flatten() {
            let known =
                all.iter().any(|one| one.name == case.name && one.polarity == case.polarity);
            if !known {
                all.push(case.clone());
            }
        }
        if before.contains_key(id) && !all.is_empty() {
            cases.insert(id, all);
        }
    }
    if cases.is_empty() {
        return Ok(());
    }
    let was = alerts(base, &cases, &before)?;
    let is = alerts(head, &cases, &after)?;
    for rule in &mut regression.rules {
        let own = cases.get(&rule.rule_id).into_iter().flatten();
        for case in own {
            let key = (rule.rule_id.clone(), case.path.clone());
            let (Some(before), Some(after)) = (was.get(&key), is.get(&key)) else { continue };
            if before != after {
                let (case, before, after) = (case.path.clone(), *before, *after);
                rule.cases.push(CaseChange { case, before, after });
            }
        }
    }
    Ok(())
}

fn id(loaded: &Loaded) -> Option<String> {
    loaded.rule.as_ref().map(|rule| rule.rule_id.value.clone())
}

/// How many alerts each case raises, by the id of its rule and its path.
fn alerts(
    project: &Project,
    cases: &BTreeMap<&String, Vec<Case>>,
    keys: &BTreeMap<String, String>,
) -> Result<BTreeMap<(String, String), usize>, EngineError> {
    let named = cases.iter().filter_map(|(id, all)| Some((keys.get(*id)?.clone(), all.clone())));
    let rules: BTreeMap<String, Vec<Case>> = named.collect();
    let ids: BTreeMap<&String, &String> = keys.iter().map(|(id, key)| (key, id)).collect();
    let selected = Selected { keys: Some(rules.keys().cloned().collect()), ..Selected::default() };
    let cases = CaseTree { rules, problems: Vec::new(), ..project.cases.clone() };
    let session = Session::open_selected(Project { cases, ..project.clone() }, &selected);
    let run = session.judge(&session.hits()?);
    let mut found = BTreeMap::new();
    for rule in run.rules {
        let Some(id) = ids.get(&rule.key) else { continue };
        for case in rule.cases {
            found.insert(((*id).clone(), case.case.path.clone()), case.alerts.len());
        }
    }
    Ok(found)
}
