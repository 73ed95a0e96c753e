//! What coverage finds of rules and clauses.

use harness_predicate::Origin;
use harness_source::limits::Limit;

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

/// What a part of a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClauseKind {
    /// A condition on one event.
    Clause,
    /// A stage of a sequence or sample.
    Stage,
    /// A join key.
    Key,
    /// The longest time of a sequence.
    Maxspan,
    /// What ends a sequence early.
    Until,
    /// How many events in a row a stage takes.
    Runs,
    /// The least number of events of a group.
    Count,
    /// The least number of distinct values.
    Cardinality,
    /// A field that forms groups.
    Group,
    /// A field whose values have to be new.
    NewTerm,
    /// A comparison with an indicator.
    Mapping,
    /// A pattern that takes texts apart.
    Pattern,
}

impl ClauseKind {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clause => "clause",
            Self::Stage => "stage",
            Self::Key => "key",
            Self::Maxspan => "maxspan",
            Self::Until => "until",
            Self::Runs => "runs",
            Self::Count => "count",
            Self::Cardinality => "cardinality",
            Self::Group => "group",
            Self::NewTerm => "new-term",
            Self::Mapping => "mapping",
            Self::Pattern => "pattern",
        }
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
