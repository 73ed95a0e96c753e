//! ES|QL of production rules, where they are at hand: every query parses, and
//! what does not plan is known by name.

#[path = "support/shared.rs"]
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use harness::compile::esql::{Pipeline, compile};
use harness::compile::{Context, Now};
use harness::diagnostic::Severity;
use harness::esql::memory::{Document, MemorySource};
use harness::esql::run::{RunOptions, run};
use harness::esql::search::{Search, SearchFunctions};
use harness::event::Event;
use harness::files;
use harness::ir::Part;
use harness::rule::model::Rule;
use harness::rule::names::Language;
use harness::rule::tree;
use harness::schema::{Base, Schema};

fn rules(shared: &Path) -> Vec<Rule> {
    let tree = tree::load_tree(&shared.join("corpus/rules"));
    let rules = tree.rules.into_iter().filter_map(|loaded| loaded.rule);
    rules.filter(|rule| rule.language == Some(Language::Esql)).collect()
}

fn events(shared: &Path) -> Vec<Event> {
    let mut events = Vec::new();
    for file in files::find(&shared.join("corpus/events"), &["*.ndjson"], &mut Vec::new()) {
        let text = files::read(&file.path).expect("readable events");
        events.extend(harness::case::parse_lines(&text).expect("events"));
    }
    events
}

/// Finds nothing, or everything.
struct Always(bool, usize);

impl SearchFunctions for Always {
    fn matches(&self, _: &Search) -> Result<Vec<bool>, harness::diagnostic::Diagnostic> {
        Ok(vec![self.0; self.1])
    }
}

fn text(rule: &Rule) -> &str {
    rule.query.as_ref().map_or("", |query| query.text.as_str())
}

/// Runs a pipeline over events; its errors, with full-text functions that find
/// nothing and everything.
fn failures(pipeline: &Pipeline, events: &[Event]) -> Vec<String> {
    let documents: Vec<_> = events
        .iter()
        .map(|event| Document {
            id: &event.id,
            index: event.index.as_deref().unwrap_or_default(),
            version: 1,
            source: &event.source,
        })
        .collect();
    let source = MemorySource::read(&pipeline.fields, &documents);
    let options = RunOptions { now: 1_767_225_600_000, ..RunOptions::default() };
    let search = [false, true].map(|found| Always(found, events.len()));
    let runs = search.iter().map(|search| run(&pipeline.plan, &source, search, &options));
    runs.filter_map(|result| result.err().map(|error| error.to_string())).collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "the list is the point")]
fn queries_of_production_rules_plan_and_run() {
    let Some(shared) = shared::shared("corpus/rules") else { return };
    let events = events(&shared);
    let mut schema = Schema::new(Base::Embedded);
    events.iter().for_each(|event| schema.observe(&event.source));
    let context = Context { schema: &schema, part: Part::Query, now: Now::at(0) };
    let mut causes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut parsed, mut planned, mut completion, mut refused) = (0, 0, 0, 0);
    for rule in rules(&shared) {
        let query = text(&rule);
        harness::query::esql::parse(query).unwrap_or_else(|error| panic!("{}: {error}", rule.name));
        parsed += 1;
        let whole = compile(query, context, false, &[]);
        if let Err(errors) = &whole
            && errors.iter().all(|error| error.severity == Severity::Unsupported)
        {
            assert!(errors.iter().all(|error| error.code == "esql-completion"), "{errors:?}");
            completion += 1;
        }
        // With an answer at hand, the rule has to run.
        match whole.or_else(|_| compile(query, context, true, &[])) {
            Err(errors) => {
                for error in errors {
                    let cause = error.message.split(", did you mean").next().unwrap_or_default();
                    let rules: &mut BTreeSet<String> = causes.entry(cause.to_owned()).or_default();
                    rules.insert(rule.name.clone());
                }
                refused += 1;
            }
            Ok((_, pipeline)) => {
                planned += 1;
                for events in [&[][..], &events] {
                    let failed = failures(&pipeline, events);
                    assert_eq!(failed, Vec::<String>::new(), "{}", rule.name);
                }
            }
        }
    }
    println!("{parsed} parsed, {planned} planned and run, {completion} ask a model");
    println!("{refused} name columns whose type no source states:");
    for (cause, rules) in &causes {
        let rules: Vec<_> = rules.iter().map(String::as_str).collect();
        println!("  {cause}: {}", rules.join("; "));
        assert!(cause.starts_with("Unknown column ["), "{cause}");
    }
    assert_eq!(parsed, planned + refused);
    assert!(planned >= 110, "{planned} of {parsed}");
}
