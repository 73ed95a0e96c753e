//! Scenarios for ES|QL of production rules, where they are at hand: documents
//! made from the typed plan of a rule that make it fire, and the same with one
//! document or one value less, which just do not.

mod solver;

use std::path::{Path, PathBuf};

use harness::compile::{Context, Now};
use harness::compile::esql::compile;
use harness::ir::Part;
use harness::rule::names::Language;
use harness::rule::tree;
use harness::schema::{Base, Schema};
use solver::Solver;

/// How many rules have to get a scenario.
const LEAST: usize = 40;

#[test]
#[expect(clippy::print_stdout, reason = "figures are the point")]
fn production_rules_fire_on_made_documents_and_just_do_not_on_less() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("HARNESS_SHARED").map_or(beside, PathBuf::from);
    if !shared.is_dir() {
        println!("skipped: there is no folder {}", shared.display());
        return;
    }
    let schema = Schema::new(Base::Embedded);
    let context = Context { schema: &schema, part: Part::Query, now: Now::at(0) };
    let (mut tried, mut fired, mut aggregating, mut left) = (0, 0, 0, Vec::new());
    for loaded in tree::load_tree(&shared.join("corpus/rules")).rules {
        let Some(rule) = loaded.rule.filter(|rule| rule.language == Some(Language::Esql)) else {
            continue;
        };
        let query = rule.query.as_ref().map_or("", |query| query.text.as_str());
        let Ok((_, pipeline)) = compile(query, context, false, &[]) else { continue };
        tried += 1;
        let solver = Solver::new(&pipeline);
        let Some(documents) = solver.firing() else {
            left.push(rule.name);
            continue;
        };
        let less = solver.just_not(&documents);
        let less = less.unwrap_or_else(|| panic!("{}: nothing stops it: {documents:?}", rule.name));
        assert!(solver.alerts(&documents) > 0 && solver.alerts(&less) == 0, "{}", rule.name);
        fired += 1;
        aggregating += usize::from(pipeline.plan.is_aggregating());
    }
    println!("{fired} of {tried} rules fire and just do not; {aggregating} of them aggregate");
    println!("without a scenario: {}", left.join("; "));
    assert!(fired >= LEAST, "{fired} of {tried}");
}
