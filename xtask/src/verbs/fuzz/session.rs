//! Whole sessions: a rule on cases, judged, measured, changed and explained.

use std::io;
use std::sync::Arc;

use harness::case::{self, CaseTree, Options, Polarity};
use harness::detect::eql::{self, Matcher};
use harness::engine::Engine;
use harness::exception::ExceptionTree;
use harness::explain::{Question, explain as explain_rule};
use harness::ir::eval::eval;
use harness::ir::plan::Plan;
use harness::mutate::{Fixtures, measure};
use harness::report::Amount;
use harness::report::digest::Digest;
use harness::report::human::{self, Detail};
use harness::report::page::Head;
use harness::report::problem::Styled;
use harness::report::{
    coverage_json, explain as explain_text, explain_json, github, html, json, junit, markdown,
    navigator, schedule,
};
use harness::rule::tree::{Loaded, RuleTree};
use harness::run::{Project, Session, Subject};
use harness::schema::{Base, Schema};

use super::random::Random;
use super::seeds::Seeds;
use harness_cli::project;

/// Between the rule and its cases.
const CUT: &str = "\n==== case\n";

const HEAD: &str = r#"[metadata]
maturity = "production"
[rule]
author = ["t"]
name = "T"
description = "d"
risk_score = 21
rule_id = "9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01"
severity = "low"
from = "now-2h"
index = ["logs-*"]
"#;

/// A rule of some type, or one of the project's, and two cases.
pub(super) fn make(seeds: &Seeds, random: &mut Random) -> String {
    let mut rule = if !seeds.rules.is_empty() && random.once_in(4) {
        seeds.rules[random.below(seeds.rules.len())].clone()
    } else {
        let (kind, language, query) = match random.below(8) {
            0 => ("query", "lucene", Seeds::clause(random, 3)),
            1..=2 => ("eql", "eql", Seeds::eql_query(random)),
            3 => ("esql", "esql", Seeds::pipeline(random)),
            4 => ("threshold", "kuery", Seeds::clause(random, 1)),
            5 => ("new_terms", "kuery", Seeds::clause(random, 1)),
            6 => ("threat_match", "kuery", Seeds::clause(random, 1)),
            _ => ("query", "kuery", Seeds::clause(random, 3)),
        };
        let index = if kind == "esql" {
            HEAD.replace("index = [\"logs-*\"]\n", "")
        } else {
            HEAD.to_owned()
        };
        let more = match kind {
            "threshold" => {
                "[rule.threshold]\nfield = [\"host.name\"]\nvalue = 2\n[[rule.threshold.cardinality]]\nfield = \"user.name\"\nvalue = 2\n"
            }
            "new_terms" => {
                "[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\", \"host.name\"]\n[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n"
            }
            "threat_match" => {
                "threat_index = [\"logs-ti_*\"]\nthreat_query = \"*:*\"\nthreat_language = \"kuery\"\n[[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"user.name\"\ntype = \"mapping\"\nvalue = \"host.name\"\n"
            }
            _ => "",
        };
        format!(
            "{index}type = \"{kind}\"\nlanguage = \"{language}\"\nquery = '''{query}'''\n{more}"
        )
    };
    if random.once_in(3) {
        rule = random.changed(&rule, &seeds.rules);
    }
    let case = |random: &mut Random| {
        let own = !seeds.cases.is_empty() && random.once_in(3);
        let text = if own {
            seeds.cases[random.below(seeds.cases.len())].clone()
        } else {
            Seeds::events(random)
        };
        if random.once_in(4) { random.changed(&text, &seeds.cases) } else { text }
    };
    [rule, case(random), case(random)].join(CUT)
}

/// The project of an input; `None` where one of its cases is none.
fn parsed(input: &str) -> Option<Project> {
    let mut parts = input.split(CUT);
    let text: Arc<str> = parts.next()?.into();
    let (rule, diagnostics) = harness::rule::parse(&text);
    let loaded = Loaded {
        path: "a/r.toml".to_owned(),
        key: "a/r".to_owned(),
        file: "a/r.toml".to_owned(),
        text,
        rule,
        diagnostics,
    };
    let mut cases = Vec::new();
    for (text, polarity) in parts.zip([Polarity::Positive, Polarity::Negative]) {
        let (name, events) = ("c".to_owned(), case::parse(text).ok()?);
        let path = format!("a/r/{}/c.json", polarity.folder());
        cases.push(harness::case::Case {
            path,
            name,
            polarity,
            events,
            options: Options::default(),
        });
    }
    let mut tree = CaseTree::default();
    tree.rules.insert("a/r".to_owned(), cases);
    Some(Project {
        rules: RuleTree { folder: "rules".to_owned(), rules: vec![loaded], ..RuleTree::default() },
        cases: tree,
        exceptions: ExceptionTree::default(),
        schema: Schema::new(Base::Embedded),
        problems: Vec::new(),
    })
}

/// Judges, holds the engine against the evaluator and sequences against their
/// slow twin, and renders.
pub(super) fn run(input: &str) -> Result<(), String> {
    let Some(project) = parsed(input) else { return Ok(()) };
    let session = Session::open(project);
    let engine = session.engine().map_err(|error| error.to_string())?;
    let hits = session.ask(&engine).map_err(|error| error.to_string())?;
    for rule in session.rules_under_test().iter().flatten() {
        let Some(subject) = rule.conditions() else { continue };
        compare(subject, &engine)?;
        sequences(subject)?;
    }
    let mut run = session.judge(&hits);
    let schedules = session.schedule(&hits, &mut run);
    let digest = Digest::new(&run, None, None);
    let checkout = project::checkout();
    let options = human::Options {
        styled: Styled::Plain,
        detail: Detail::All,
        elapsed: std::time::Duration::ZERO,
    };
    let out = &mut io::sink();
    let rendered = human::render(&run, options, out)
        .and_then(|()| schedule::render(&schedules, out))
        .and_then(|()| json::render(&run, Some(&schedules), out))
        .and_then(|()| junit::render(&digest, out))
        .and_then(|()| markdown::render(&digest, out))
        .and_then(|()| github::render(&digest, &checkout, out));
    run.rules.iter().for_each(|rule| drop(harness::snapshot::render(rule)));
    rendered.map_err(|error| error.to_string())
}

/// The engine says what the evaluator says.
fn compare(subject: &Subject<'_>, engine: &dyn Engine) -> Result<(), String> {
    let start = subject.range().start;
    for plan in subject.plans() {
        let filters = plan.filters();
        let found = engine.select(&filters).map_err(|error| error.to_string())?;
        for (filter, found) in filters.iter().zip(found) {
            for (at, document) in (start..).zip(subject.documents()) {
                let (one, other) = (found.contains(at), eval(filter, document, subject.columns()));
                if one != other {
                    return Err(format!("{filter}: engine {one}, evaluator {other} on {at}"));
                }
            }
        }
    }
    Ok(())
}

/// The machine of sequences finds what its slow twin finds.
fn sequences(subject: &Subject<'_>) -> Result<(), String> {
    for case in 0..subject.cases().len() {
        let Some(Plan::Eql(plan)) = subject.plan(case) else { continue };
        let events = subject.events(case);
        let hits = |filter: &&harness::ir::Predicate| -> Vec<u32> {
            let numbered = (0..).zip(events.documents);
            let held = numbered.filter(|(_, document)| eval(filter, document, events.columns));
            held.map(|(at, _)| at).collect()
        };
        let hits: Vec<Vec<u32>> = plan.filters().iter().map(hits).collect();
        let found = |matcher| eql::find(plan, &hits, events, 100, matcher);
        let (machine, slow) = (found(Matcher::Machine), found(Matcher::Slow));
        if machine != slow {
            return Err(format!("sequences: {machine:?}, by the slow twin {slow:?}"));
        }
    }
    Ok(())
}

/// Explains the rule alone and on each of its cases.
pub(super) fn explain(input: &str) -> Result<(), String> {
    let Some(whole) = parsed(input) else { return Ok(()) };
    let cases = whole.cases.rules.values().flatten().cloned();
    let questions = cases.map(Question::Case).chain([Question::Rule]);
    for question in questions.collect::<Vec<_>>() {
        let explained = explain_rule(&whole, "a/r", question).map_err(|e| e.to_string())?;
        if let Some(explained) = explained {
            explain_text::render(&explained, (Styled::Plain, Amount::More), &mut io::sink())
                .and_then(|()| explain_json::render(&explained, &mut io::sink()))
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Measures coverage and mutants, and renders both.
pub(super) fn mutants(input: &str) -> Result<(), String> {
    let Some(project) = parsed(input) else { return Ok(()) };
    let session = Session::open(project);
    let engine = session.engine().map_err(|error| error.to_string())?;
    let run = session.judge(&session.ask(&engine).map_err(|error| error.to_string())?);
    let (coverage, mutants) =
        measure(&session, &engine, Fixtures::Propose).map_err(|error| error.to_string())?;
    let digest = Digest::new(&run, Some(&coverage), Some(&mutants));
    let checkout = project::checkout();
    let out = &mut io::sink();
    coverage_json::render(&digest, out)
        .and_then(|()| navigator::render(&digest, out))
        .and_then(|()| html::render(&digest, &checkout, &Head::default(), out))
        .map_err(|error| error.to_string())
}
