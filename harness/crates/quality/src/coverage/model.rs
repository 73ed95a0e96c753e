//! What coverage finds of rules and clauses.

use crate::clause::ClauseKind;
use harness_predicate::Origin;
use harness_source::limits::{self, Limit};

/// The coverage of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCoverage {
    /// The rule's key.
    pub key: String,
    /// Its clauses, in the order of the rule; empty where it did not compile.
    pub clauses: Vec<ClauseCoverage>,
    /// The limits that ended the search for witnesses.
    pub bounds: Vec<Limit>,
}

impl RuleCoverage {
    /// Whether it took too much work, so that nothing is known.
    pub fn is_given_up(&self) -> bool {
        self.bounds.contains(&limits::RULE_WORK) && self.clauses.is_empty()
    }

    /// How many clauses are covered, and of how many.
    pub fn covered(&self) -> (usize, usize) {
        let covered = self.clauses.iter().filter(|clause| clause.is_covered()).count();
        (covered, self.clauses.len())
    }
}

/// One clause, or one other part of a rule that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseCoverage {
    /// Where the rule states it; an empty span where it has no place in a text.
    pub origin: Origin,
    /// What it is.
    pub kind: ClauseKind,
    /// It in words.
    pub text: String,
    /// Of a clause on a field that nothing knows: that, and what may be meant.
    pub unknown: Option<String>,
    /// On how many events it holds; for parts of a rule over time, in how many cases.
    pub holds_on: usize,
    /// On how many events it fails; for parts of a rule over time, in how many cases.
    pub fails_on: usize,
    /// An event on which it holds, and the outcome would differ if it failed.
    pub decides_true: Option<Witness>,
    /// An event on which it fails, and the outcome would differ if it held.
    pub decides_false: Option<Witness>,
}

impl ClauseCoverage {
    /// Whether it was decisive both ways.
    pub fn is_covered(&self) -> bool {
        self.decides_true.is_some() && self.decides_false.is_some()
    }
}

/// An event of a case that shows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The case's path below the cases folder.
    pub case: String,
    /// The event's id; empty where the case as a whole shows it.
    pub event: String,
}
