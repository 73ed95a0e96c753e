//! Safe fixes of production rules: the verdicts on recorded documents stay as they are, and
//! no line changes but those that a fix names.
//!
//! Needs the shared material: `HARNESS_SHARED`, or `../shared` beside the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::shared;
use harness::lint::fix::{Fixed, fixed};
use harness::lint::{Finding, Rules, Safety, Settings, lint};
use harness::rule::exception::ExceptionTree;
use harness::rule::model::Rule;
use harness::rule::{self, tree};
use harness::schema::{Base, Schema};
use harness_conformance::formats::{self, Around, Content};
use harness_conformance::{Outcome, Suite, judge};

/// The recorded documents of rules.
fn suites(shared: &Path, rules: &BTreeMap<String, Rule>) -> Vec<Suite> {
    let mut suites = Vec::new();
    for id in rules.keys() {
        let path = shared.join(format!("conformance/generated/{id}.json"));
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let around = Around { rules, folder: shared };
        match formats::read(&text, around).expect("a suite") {
            Content::Suites(own) => suites.extend(own),
            Content::Pipelines(_) | Content::Queries(_) | Content::Unsupported(..) => {
                panic!("{}", path.display())
            }
        }
    }
    suites
}

/// The outcomes of all cases, by suite and case.
fn verdicts(suites: Vec<Suite>) -> BTreeMap<(String, String), Outcome> {
    let mut verdicts = BTreeMap::new();
    for judged in judge(suites).expect("answers") {
        for (case, outcome) in judged.suite.cases.iter().zip(judged.outcomes) {
            verdicts.insert((judged.suite.name.clone(), case.name.clone()), outcome);
        }
    }
    verdicts
}

/// The lines that the fixes of a file name, from zero.
fn named(findings: &[Finding], file: &Fixed) -> BTreeSet<usize> {
    let own = findings.iter().filter(|finding| finding.path == file.path);
    let edits = own.filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits);
    let line = |at: usize| file.before[..at].matches('\n').count();
    edits.flat_map(|edit| line(edit.span.start)..=line(edit.span.end)).collect()
}

/// The lines of a text that another one lacks, in order.
fn lost<'t>(before: &'t str, after: &str) -> Vec<(usize, &'t str)> {
    let mut rest = after.lines();
    let mut lost = Vec::new();
    for (at, line) in before.lines().enumerate() {
        let mut ahead = rest.clone();
        if ahead.any(|other| other == line) {
            rest = ahead;
        } else {
            lost.push((at, line));
        }
    }
    lost
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
#[expect(clippy::print_stderr, reason = "the figures are what it is run for")]
fn safe_fixes_change_no_verdict_and_no_other_line() {
    let shared = shared::folder("conformance/generated");
    let tree = tree::load_tree(&shared.join("corpus/rules"));
    let (exceptions, schema) = (&ExceptionTree::default(), &Schema::new(Base::Embedded));
    let rules = Rules { tree: &tree, exceptions, schema };
    let findings = lint(rules, &Settings::default(), &|_| true);
    let files = fixed(&findings, Safety::Safe);
    assert!(files.len() > 50, "only {} files", files.len());

    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    for file in &files {
        let lines = named(&findings, file);
        for (line, text) in lost(&file.before, &file.after) {
            assert!(lines.contains(&line), "{}:{}: {text}", file.path, line + 1);
        }
        for (text, rules) in [(&*file.before, &mut before), (&*file.after, &mut after)] {
            let rule = rule::parse(text).0.unwrap_or_else(|| panic!("{} is no rule", file.path));
            rules.insert(rule.rule_id.value.clone(), rule);
        }
    }
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let (was, is) = (verdicts(suites(&shared, &before)), verdicts(suites(&shared, &after)));
    assert_eq!(was.keys().collect::<Vec<_>>(), is.keys().collect::<Vec<_>>());
    for (case, outcome) in &was {
        assert_eq!(Some(outcome), is.get(case), "{case:?}");
    }
    let agree = was.values().filter(|outcome| **outcome == Outcome::Agree).count();
    let fixes: usize = files.iter().map(|file| file.fixes).sum();
    eprintln!("{fixes} fixes in {} files, {} cases, {agree} agree", files.len(), was.len());
    assert!(was.len() > 100 && agree * 10 > was.len() * 9, "{agree} of {}", was.len());
}
