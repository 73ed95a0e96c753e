//! Scenarios for ES|QL of production rules, where they are at hand: documents
//! made from the typed plan of a rule that make it fire, and the same with one
//! document or one value less, which just do not.

use crate::shared;
use crate::support::solver::Solver;
use harness::compile::esql::compile;
use harness::compile::{Context, Now};
use harness::ir::Part;
use harness::rule::names::Language;
use harness::rule::tree;
use harness::schema::{Base, Schema};
use rayon::prelude::*;

/// How many rules have to get a scenario.
const LEAST: usize = 40;

#[test]
#[ignore = "needs HARNESS_SHARED"]
#[expect(clippy::print_stdout, reason = "figures are the point")]
fn production_rules_fire_on_made_documents_and_just_do_not_on_less() {
    let shared = shared::folder("corpus/rules");
    let schema = Schema::new(Base::Embedded);
    let rules = tree::load_tree(&shared.join("corpus/rules")).rules.into_par_iter();
    let rules = rules.filter_map(|loaded| loaded.rule);
    let judged: Vec<(String, Option<bool>)> = rules
        .filter(|rule| rule.language == Some(Language::Esql))
        .filter_map(|rule| {
            let context = Context { schema: &schema, part: Part::Query, now: Now::at(0) };
            let query = rule.query.as_ref().map_or("", |query| query.text.as_str());
            let (_, pipeline) = compile(query, context, false, &[]).ok()?;
            let solver = Solver::new(&pipeline);
            let Some(documents) = solver.firing() else { return Some((rule.name, None)) };
            let less = solver.just_not(&documents);
            let less =
                less.unwrap_or_else(|| panic!("{}: nothing stops it: {documents:?}", rule.name));
            assert!(solver.alerts(&documents) > 0 && solver.alerts(&less) == 0, "{}", rule.name);
            Some((rule.name, Some(pipeline.plan.is_aggregating())))
        })
        .collect();
    let tried = judged.len();
    let fired = judged.iter().filter(|(_, fired)| fired.is_some()).count();
    let aggregating = judged.iter().filter(|(_, fired)| *fired == Some(true)).count();
    let left: Vec<&str> =
        judged.iter().filter(|(_, fired)| fired.is_none()).map(|(name, _)| &**name).collect();
    println!("{fired} of {tried} rules fire and just do not; {aggregating} of them aggregate");
    println!("without a scenario: {}", left.join("; "));
    assert!(fired >= LEAST, "{fired} of {tried}");
}
