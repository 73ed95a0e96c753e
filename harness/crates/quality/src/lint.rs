//! Lint: what is wrong with a rule before any event is seen.
//!
//! Each check is a file, or a family of checks on one kind of thing; [`codes`] is the
//! table of all kinds of findings, from which docs/lint.md is made. A check asks the
//! rule's text, the compiled rule and the schema; it never sees a fixture, so a mistake
//! that rule and fixture share is found.

mod accept;
pub mod codes;
mod evidence;
mod fields;
pub mod fix;
mod key;
mod metadata;
mod model;
mod proved;
mod settings;
mod target;
#[cfg(test)]
mod tests;
mod time;
mod traps;
mod uses;

use rayon::prelude::*;

use crate::moment::NOW;
use harness_compile::rule::compile_rule;
use harness_model::schema::Schema;
use harness_predicate::Part;
use harness_rule::exception::ExceptionTree;
use harness_rule::tree::{Loaded, RuleTree};
use harness_source::diagnostic::Diagnostic;
use harness_source::progress;

pub use codes::{About, Code, Example, Family};
pub use metadata::attack::{tactics as attack_tactics, techniques as attack_techniques};
pub use model::{Edit, Finding, Fix, Level, Safety};
pub use settings::{Accept, Settings};
use target::{Sink, Target};

/// What is wrong with the rules that `selects` takes, by rule and place.
pub fn lint(
    Rules { tree: rules, exceptions, schema }: Rules<'_>,
    settings: &Settings,
    selects: &(dyn Fn(&Loaded) -> bool + Sync),
) -> Vec<Finding> {
    let selected: Vec<&Loaded> = rules.rules.iter().filter(|loaded| selects(loaded)).collect();
    progress::begin(selected.len());
    let of_each = selected.par_iter().map(|loaded| {
        let found = of_file(loaded, schema);
        progress::tick();
        found
    });
    let (mut found, plans): (Vec<Vec<Finding>>, Vec<proved::Proved>) = of_each.unzip();
    let together = metadata::together(&selected);
    let overlap = proved::overlap(&selected, &plans, schema);
    for (at, finding) in together.into_iter().chain(overlap) {
        found[at].push(finding);
    }
    let mut used = settings.unused();
    let mut all = Vec::new();
    for (loaded, found) in selected.iter().zip(found) {
        all.extend(settings.judge(loaded, found, &mut used));
    }
    let about_lists = proved::exceptions(&selected, &plans, exceptions, schema);
    all.extend(settings.judge_rest(about_lists, &mut used));
    all.extend(settings.left(&used, rules, &selected));
    all
}

/// What is looked at.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The rules.
    pub tree: &'a RuleTree,
    /// Their exception lists.
    pub exceptions: &'a ExceptionTree,
    /// The fields, of which no fixture has a say.
    pub schema: &'a Schema,
}

/// The findings about one file, by place, and what is known of its rule.
fn of_file(loaded: &Loaded, schema: &Schema) -> (Vec<Finding>, proved::Proved) {
    let mut sink = Sink::new(loaded);
    let mut known = proved::Proved::default();
    for found in &loaded.diagnostics {
        sink.told(Part::File, found.clone());
    }
    if let Some(rule) = &loaded.rule {
        let compiled = compile_rule(rule, schema, NOW);
        let is_open = uses::is_open(rule);
        let own = |found: &Diagnostic| {
            fields::is_unknown_field(found) || is_open && found.code == "constant-clause"
        };
        for (part, found) in compiled.diagnostics.iter().filter(|(_, found)| !own(found)) {
            sink.told(*part, found.clone());
        }
        let uses = uses::of_rule(rule);
        let target = Target { loaded, rule, schema, compiled: &compiled, uses: &uses };
        traps::check(&target, &mut sink);
        fields::check(&target, &mut sink);
        time::check(&target, &mut sink);
        metadata::check(&target, &mut sink);
        if !is_open {
            let mut prover = proved::Prover::new(schema);
            proved::check(&target, &mut prover, &mut sink);
            known.event =
                compiled.plan().and_then(|plan| proved::witness(loaded, plan, &mut prover));
            known.plan = compiled.plan().cloned();
        }
    }
    (sink.into_findings(), known)
}
