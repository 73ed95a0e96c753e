//! Documents made for production rules, and mutants of them without one field.
//!
//! Needs the shared material: `HARNESS_SHARED`, or `../shared` beside the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use crate::shared;
use harness::document::{Columns, Ingest};
use harness::engine::Engine;
use harness::engine::embedded::Embedded;
use harness::event::Event;
use harness::ir::Predicate;
use harness::ir::eval::eval;
use harness::rule::model::Rule;
use harness::rule::names::Language;
use harness::rule::tree;
use harness_conformance::exceptions;
use harness_conformance::formats::{self, Around, Content};
use harness_conformance::{Expected, Outcome, Suite, judge};
use serde_json::Value;

/// The documents of the rules in KQL whose status is `agree`.
fn suites(shared: &std::path::Path) -> Vec<Suite> {
    let rules = tree::load_tree(&shared.join("corpus")).rules;
    let rules = rules.into_iter().filter_map(|loaded| loaded.rule);
    let rules: BTreeMap<String, Rule> =
        rules.map(|rule| (rule.rule_id.value.clone(), rule)).collect();
    let files = fs::read_dir(shared.join("conformance/generated")).expect("a folder");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    let mut suites = Vec::new();
    for path in paths {
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        if rules.get(&*id).is_none_or(|rule| rule.language != Some(Language::Kuery)) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a text file");
        let around = Around { rules: &rules, folder: shared };
        match formats::read(&text, around).expect("a suite") {
            Content::Suites(own) => suites.extend(own),
            Content::Pipelines(_) | Content::Queries(_) | Content::Unsupported(..) => {
                panic!("{}", path.display())
            }
        }
    }
    suites.retain(|suite| suite.cases.iter().all(|case| case.name.ends_with("(agree)")));
    suites
}

/// The suite's documents, each without the field of one leaf.
fn mutants(suite: &Suite, predicate: &Predicate) -> Vec<(String, Event)> {
    let mut fields = BTreeSet::new();
    predicate.leaves(&mut |leaf| {
        let field = suite.schema.field(&leaf.column.name);
        fields.insert(field.map_or_else(|| leaf.column.name.clone(), |field| field.source.clone()));
    });
    let mut mutants = Vec::new();
    for event in &suite.events {
        for field in &fields {
            let mut mutant = event.clone();
            if remove(Arc::make_mut(&mut mutant.source), field) {
                mutants.push((format!("{} without {field}", event.id), mutant));
            }
        }
    }
    mutants
}

/// Removes a field, however its name is split over objects; whether it was there.
fn remove(value: &mut Value, field: &str) -> bool {
    match value {
        Value::Array(values) => {
            values.iter_mut().fold(false, |removed, value| remove(value, field) | removed)
        }
        Value::Object(object) => {
            let mut removed = object.remove(field).is_some();
            for (key, inner) in object {
                let rest = field.strip_prefix(key.as_str()).and_then(|rest| rest.strip_prefix('.'));
                removed |= rest.is_some_and(|rest| remove(inner, rest));
            }
            removed
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
#[expect(clippy::print_stderr, reason = "counts are shown")]
fn every_branch_raises_its_rule_and_mutants_are_silent() {
    let shared = shared::folder("conformance/generated");
    let suites = suites(&shared);
    assert!(suites.len() > 300, "only {} rules", suites.len());

    // All mutants of all rules in one index.
    let mut columns = Columns::default();
    let mut documents = Vec::new();
    let mut plan: Vec<(&Suite, &Predicate, Vec<String>)> = Vec::new();
    for suite in &suites {
        let case = suite.cases.first().expect("a branch");
        if exceptions::find(&format!("{}.json", suite.name), &suite.name, &case.name)
            .is_some_and(|argued| argued.answer == "an error")
        {
            continue;
        }
        let whole = case.compiled.as_ref().unwrap_or_else(|e| panic!("{}: {e:?}", suite.name));
        let predicate = whole.filters()[0];
        let mut fields = BTreeSet::new();
        predicate.leaves(&mut |leaf| {
            fields.extend(suite.schema.field(&leaf.column.name).map(|field| field.name.clone()));
        });
        let fields: Vec<_> = fields.iter().filter_map(|name| suite.schema.field(name)).collect();
        let ingest = Ingest::new(&suite.schema, &fields, &mut columns);
        let (names, events): (Vec<_>, Vec<_>) = mutants(suite, predicate).into_iter().unzip();
        documents.extend(events.iter().map(|event| ingest.document(event, &mut Vec::new())));
        plan.push((suite, predicate, names));
    }
    let engine = Embedded::new(&documents, &columns).expect("an index");
    let predicates: Vec<_> = plan.iter().map(|(_, predicate, _)| *predicate).collect();
    let hits = engine.select(&predicates).expect("answers");
    let (mut at, mut silent) = (0_u32, 0);
    for ((suite, predicate, names), hits) in plan.iter().zip(hits) {
        for name in names {
            let expected = eval(predicate, &documents[at as usize], &columns);
            assert_eq!(hits.contains(at), expected, "{}: {name}", suite.name);
            silent += usize::from(!expected);
            at += 1;
        }
    }
    eprintln!("{} rules, {at} mutants, {silent} of them silent", suites.len());
    assert!(at > 3_000 && silent > 2_000, "{silent} of {at} mutants are silent");

    for judged in judge(suites).expect("answers") {
        for (case, outcome) in judged.suite.cases.iter().zip(judged.outcomes) {
            assert_eq!(case.expected, Expected::Any);
            let file = format!("{}.json", judged.suite.name);
            let argued = exceptions::find(&file, &judged.suite.name, &case.name).is_some();
            let agrees = outcome == Outcome::Agree;
            assert!(agrees != argued, "{file}, {}: {outcome:?}", case.name);
        }
    }
}
