//! Mutants, operators and outcomes.

use std::fmt;

use serde_json::Value;

use harness_predicate::Origin;
use harness_runner::case::Polarity;
use harness_source::limits::{self, Limit};

/// The mutants of one rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleMutants {
    /// The rule's key.
    pub key: String,
    /// How many cases it has.
    pub cases: usize,
    /// In the order of the rule; empty where it did not compile.
    pub mutants: Vec<Mutant>,
    /// The limits that ended the search for a case, in the order met.
    pub bounds: Vec<Limit>,
}

impl RuleMutants {
    /// Whether it took too much work, so that nothing is known.
    pub fn is_given_up(&self) -> bool {
        self.bounds.contains(&limits::RULE_WORK) && self.mutants.is_empty()
    }

    /// How many viable mutants were caught, and of how many.
    pub fn score(&self) -> (usize, usize) {
        let (mut caught, mut viable) = (0, 0);
        for mutant in &self.mutants {
            match &mutant.outcome {
                Outcome::Caught { .. } => {
                    caught += 1;
                    viable += 1;
                }
                Outcome::Missed { .. } => viable += 1,
                Outcome::Equivalent | Outcome::Unviable { .. } => {}
            }
        }
        (caught, viable)
    }
}

/// One change to a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// What kind of change.
    pub operator: Operator,
    /// What the change replaces; an empty span where it has no place in a text.
    pub origin: Origin,
    /// What stands there instead; empty where something is dropped.
    pub replacement: String,
    /// The mutated query (or filter) with the change marked: `[-old-]{+new+}`.
    pub text: String,
    /// What the cases made of it.
    pub outcome: Outcome,
}

/// The kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// A clause or group of clauses is left out.
    DropClause,
    /// A clause is negated, or a negation left out.
    Negate,
    /// `and` becomes `or`.
    AndToOr,
    /// `or` becomes `and`.
    OrToAnd,
    /// A value of a list is left out.
    DropValue,
    /// A value becomes another.
    ChangeValue,
    /// A wildcard matches more.
    WidenWildcard,
    /// A wildcard matches less.
    NarrowWildcard,
    /// Letters match in either case or no longer do.
    FlipCase,
    /// A bound moves by one.
    MoveBound,
    /// A filter of the rule is left out.
    DropFilter,
    /// A stage is left out.
    DropStage,
    /// Two neighbouring stages change places.
    SwapStages,
    /// A join key is left out.
    DropKey,
    /// `maxspan` is left out.
    DropMaxspan,
    /// `maxspan` becomes longer or shorter.
    ChangeMaxspan,
    /// `until` is left out.
    DropUntil,
    /// A stage takes one event more or less in a row.
    ChangeRuns,
    /// `head` or `tail` is left out or changed.
    ChangeLimit,
    /// The least number of events of a group moves by one.
    ChangeCount,
    /// The least number of distinct values is left out or moves by one.
    ChangeCardinality,
    /// A field that forms groups is left out.
    DropGroup,
    /// A field whose values have to be new is left out.
    DropNewTerm,
    /// A comparison with an indicator is left out or negated.
    ChangeMapping,
    /// A command of a pipeline is left out.
    DropCommand,
    /// An aggregate becomes another.
    ChangeAggregate,
}

impl Operator {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DropClause => "drop-clause",
            Self::Negate => "negate",
            Self::AndToOr => "and-to-or",
            Self::OrToAnd => "or-to-and",
            Self::DropValue => "drop-value",
            Self::ChangeValue => "change-value",
            Self::WidenWildcard => "widen-wildcard",
            Self::NarrowWildcard => "narrow-wildcard",
            Self::FlipCase => "flip-case",
            Self::MoveBound => "move-bound",
            Self::DropFilter => "drop-filter",
            Self::DropStage => "drop-stage",
            Self::SwapStages => "swap-stages",
            Self::DropKey => "drop-key",
            Self::DropMaxspan => "drop-maxspan",
            Self::ChangeMaxspan => "change-maxspan",
            Self::DropUntil => "drop-until",
            Self::ChangeRuns => "change-runs",
            Self::ChangeLimit => "change-limit",
            Self::ChangeCount => "change-count",
            Self::ChangeCardinality => "change-cardinality",
            Self::DropGroup => "drop-group",
            Self::DropNewTerm => "drop-new-term",
            Self::ChangeMapping => "change-mapping",
            Self::DropCommand => "drop-command",
            Self::ChangeAggregate => "change-aggregate",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the cases made of a mutant.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A case that holds under the rule fails under the mutant.
    Caught {
        /// The first such case: its path below the cases folder.
        case: String,
    },
    /// No case fails, and the mutant is not proved to mean the same.
    Missed {
        /// A case that would fail: an event, or several as an array, checked
        /// under the rule and under the mutant; `None` where none was found.
        fixture: Option<Value>,
        /// Where the fixture belongs: what the rule makes of it.
        polarity: Polarity,
    },
    /// The mutant means the same as the rule, by proof.
    Equivalent,
    /// The mutant cannot be judged.
    Unviable {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// A stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Caught { .. } => "caught",
            Self::Missed { .. } => "missed",
            Self::Equivalent => "equivalent",
            Self::Unviable { .. } => "unviable",
        }
    }
}

/// What to do beside judging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixtures {
    /// Propose a case for every mutant that was missed, by changing the rule's own.
    Propose,
    /// Propose none.
    Skip,
}
