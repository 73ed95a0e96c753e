//! What a change of rules changes: which events a rule catches now and did not before,
//! which it no longer catches, proved where it can be.
//!
//! The conditions of the two versions are compared by the prover; what lies around them
//! (groups, sequences, histories, indicators) by rules of its own, and by streams of
//! events that both versions are tried on. An event is told only after the reference
//! evaluator has judged it under both. The types are plain data for renderers.

mod cases;
mod comparison;
mod conditions;
mod direction;
mod judge;
mod model;
mod pairs;
mod plans;
mod sequences;
mod settings;
mod streams;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use harness_model::schema::Schema;
use harness_query::esql::lexer::{Lexer, TokenKind};
use harness_rule::exception::ExceptionTree;
use harness_rule::model::Rule;
use harness_rule::names::Language;
use harness_rule::tree::{Loaded, RuleTree};

pub use cases::judge_cases;
use conditions::Version;
use direction::Direction;
pub use model::{CaseChange, Change, Regression, RuleChange};
use pairs::Pair;

/// The rules of one revision, with what they read.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    /// The rules.
    pub rules: &'a RuleTree,
    /// The exception lists.
    pub exceptions: &'a ExceptionTree,
}

/// Compares the rules of two revisions that are selected, under one schema.
pub fn regress(
    base: Revision<'_>,
    head: Revision<'_>,
    schema: &Schema,
    is_selected: &(dyn Fn(&Loaded) -> bool + Sync),
) -> Regression {
    let paired = pairs::paired(base.rules, head.rules, is_selected);
    let rules = paired.changed.par_iter().map(|pair| change(pair, base, head, schema));
    Regression { rules: rules.collect(), unchanged: paired.unchanged }
}

/// Compares two rules, whatever their ids.
pub fn between(
    old: &Loaded,
    new: &Loaded,
    exceptions: &ExceptionTree,
    schema: &Schema,
) -> RuleChange {
    let tree = RuleTree::default();
    let revision = Revision { rules: &tree, exceptions };
    change(&Pair { old: Some(old), new: Some(new) }, revision, revision, schema)
}

fn change(pair: &Pair<'_>, base: Revision<'_>, head: Revision<'_>, schema: &Schema) -> RuleChange {
    let mut told = RuleChange::of(pair);
    let (Some(old), Some(new)) = (pair.old, pair.new) else { return told };
    let (Some(before), Some(after)) = (&old.rule, &new.rule) else {
        told.unknown("one of the two versions cannot be read");
        return told;
    };
    told.notes.extend(settings::notes(before, after));
    if before.language == Some(Language::Esql) || after.language == Some(Language::Esql) {
        pipelines(before, after, &mut told);
        return told;
    }
    let versions = (
        Version::new(before, base.exceptions, schema),
        Version::new(after, head.exceptions, schema),
    );
    let (old, new) = match versions {
        (Ok(old), Ok(new)) => (old, new),
        (Err(reason), _) => {
            told.unknown(format!("the version before cannot be judged: {reason}"));
            return told;
        }
        (_, Err(reason)) => {
            told.unknown(format!("the new version cannot be judged: {reason}"));
            return told;
        }
    };
    let [gained, lost] = plans::directions(&old, &new, schema);
    told.decide(gained, lost);
    told
}

/// Pipelines are the same where their texts are, blanks and comments aside.
fn pipelines(old: &Rule, new: &Rule, told: &mut RuleChange) {
    let same = old.language == new.language && tokens(old) == tokens(new);
    if same && settings::same_reach(old, new) {
        told.decide(Direction::Never, Direction::Never);
    } else {
        told.unknown("changes of ES|QL pipelines are not proved");
    }
}

/// The words and signs of a query.
fn tokens(rule: &Rule) -> Vec<TokenKind> {
    let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
    let mut lexer = Lexer::new(text);
    let tokens = std::iter::from_fn(|| Some(lexer.token().kind));
    tokens.take(text.len()).take_while(|kind| *kind != TokenKind::End).collect()
}
