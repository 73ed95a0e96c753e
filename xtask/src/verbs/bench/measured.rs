//! Coverage and mutants of the rules, on the documents generated for each:
//! every branch is a positive case, and the first branch without one of its
//! fields a negative one.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use harness::case::{Case, CaseTree, Options, Polarity};
use harness::event::{Event, flatten};
use harness::exception::ExceptionTree;
use harness::files;
use harness::mutate::{self, Fixtures};
use harness::report::digest::{Digest, Share};
use harness::rule::model::Rule;
use harness::rule::tree::{Loaded, RuleTree};
use harness::run::{Project, Session};
use harness::schema::{Base, Schema};
use harness_conformance::Suite;
use harness_conformance::formats::{self, Around, Content};
use serde::Serialize;
use serde_json::Value;

/// The most negative cases of a rule.
const MAX_NEGATIVE: usize = 12;

/// Figures of coverage and mutants.
#[derive(Serialize)]
pub(super) struct Measured {
    rules: usize,
    cases: usize,
    clauses: usize,
    covered: usize,
    mutants: usize,
    caught: usize,
    missed: usize,
    equivalent: usize,
    unviable: usize,
    /// Compiling, typing, indexing, and judging the rules themselves.
    run_seconds: f64,
    /// Coverage, and all mutants judged and proved.
    measure_seconds: f64,
    /// All of it.
    seconds: f64,
    mutants_per_second: f64,
}

/// Measures the rules that have documents in `folder`.
pub(super) fn measure(
    folder: &Path,
    loaded: &[Loaded],
    rules: &BTreeMap<String, Rule>,
) -> io::Result<Measured> {
    let mut cases = CaseTree::default();
    let mut own = Vec::new();
    for rule in loaded {
        let Some(id) = rule.rule.as_ref().map(|rule| &rule.rule_id.value) else { continue };
        let path = folder.join(format!("{id}.json"));
        if !rules.contains_key(id) || !path.exists() {
            continue;
        }
        let text = files::read(&path).map_err(|found| io::Error::other(found.to_string()))?;
        let read = formats::read(&text, Around { rules, folder });
        if let Content::Suites(suites) =
            read.map_err(|found| io::Error::other(found.to_string()))?
        {
            let made = suites.iter().flat_map(cases_of).collect::<Vec<Case>>();
            cases.rules.insert(rule.key(), made);
            own.push(rule.clone());
        }
    }
    let project = Project {
        rules: RuleTree { rules: own, ..RuleTree::default() },
        cases,
        exceptions: ExceptionTree::default(),
        schema: Schema::new(Base::Embedded),
        problems: Vec::new(),
    };
    let started = Instant::now();
    let session = Session::open(project);
    let engine = session.engine().map_err(io::Error::other)?;
    let run = session.judge(&session.ask(&engine).map_err(io::Error::other)?);
    let run_seconds = started.elapsed().as_secs_f64();
    let (coverage, mutants) =
        mutate::measure(&session, &engine, Fixtures::Skip).map_err(io::Error::other)?;
    let seconds = started.elapsed().as_secs_f64();
    let totals = Digest::new(&run, Some(&coverage), Some(&mutants)).totals;
    let Share { part: caught, whole: viable } = totals.mutants;
    let all = viable + totals.equivalent + totals.unviable;
    Ok(Measured {
        rules: coverage.rules.iter().filter(|rule| !rule.clauses.is_empty()).count(),
        cases: totals.cases.whole,
        clauses: totals.clauses.whole,
        covered: totals.clauses.part,
        mutants: all,
        caught,
        missed: viable - caught,
        equivalent: totals.equivalent,
        unviable: totals.unviable,
        run_seconds,
        measure_seconds: seconds - run_seconds,
        seconds,
        mutants_per_second: u32::try_from(all).map_or(0.0, f64::from) / (seconds - run_seconds),
    })
}

/// The branches of a suite as cases.
fn cases_of(suite: &Suite) -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, branch) in suite.cases.iter().enumerate() {
        let events = &suite.events[branch.documents.clone()];
        cases.push(case(suite, Polarity::Positive, &format!("branch_{number}"), events.to_vec()));
    }
    let first = suite.cases.first().map_or(0..0, |branch| branch.documents.clone());
    let first = &suite.events[first];
    let mut fields: Vec<String> = Vec::new();
    for event in first {
        flatten(&event.source, &mut |field, _| {
            if field != "@timestamp" && fields.iter().all(|known| known != field) {
                fields.push(field.to_owned());
            }
        });
    }
    for field in fields.iter().take(MAX_NEGATIVE) {
        let mut events: Vec<Event> = first.to_vec();
        events.iter_mut().for_each(|event| remove(Arc::make_mut(&mut event.source), field));
        cases.push(case(suite, Polarity::Negative, &format!("without_{field}"), events));
    }
    cases
}

fn case(suite: &Suite, polarity: Polarity, name: &str, events: Vec<Event>) -> Case {
    let path = format!("{}/{}/{name}.json", suite.name, polarity.folder());
    Case { path, name: name.to_owned(), polarity, events, options: Options::default() }
}

/// Removes a field, however its name is split over objects.
fn remove(value: &mut Value, field: &str) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| remove(value, field)),
        Value::Object(object) => {
            object.remove(field);
            for (key, inner) in object {
                let rest = field.strip_prefix(key.as_str()).and_then(|rest| rest.strip_prefix('.'));
                rest.into_iter().for_each(|rest| remove(inner, rest));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Says it in words.
pub(super) fn print(found: &Measured, out: &mut dyn Write) -> io::Result<()> {
    let Measured { rules, cases, clauses, covered, mutants, .. } = found;
    writeln!(out, "\ncoverage and mutants: {rules} rules, {cases} cases of generated documents")?;
    writeln!(out, "  run               {:>8.3} s", found.run_seconds)?;
    writeln!(
        out,
        "  measure           {:>8.3} s: {covered} of {clauses} clauses covered",
        found.measure_seconds
    )?;
    writeln!(
        out,
        "  {mutants} mutants: {} caught, {} missed, {} equivalent, {} unviable",
        found.caught, found.missed, found.equivalent, found.unviable
    )?;
    writeln!(out, "  mutants           {:>8.0} mutants/s", found.mutants_per_second)?;
    writeln!(out, "  in all            {:>8.3} s", found.seconds)
}
