//! Why a case failed, as plain data. What there is to say is found by
//! [`explain`](harness_quality::explain).

use harness_predicate::Origin;

/// One thing to say of a case that failed: of one of its events, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The event's id; `None` for a statement about the case.
    pub event: Option<String>,
    /// More events of which the same is to be said.
    pub also: Vec<String>,
    /// What there is to say beside the clauses.
    pub note: Option<String>,
    /// Where the rule states what it is about, where no clause does.
    pub origin: Option<Origin>,
    /// The clauses to look at, those to look at first in front.
    pub clauses: Vec<Clause>,
    /// The smallest change of the event that makes it match: it was tried. Empty
    /// where none was looked for or found.
    pub changes: Vec<FieldChange>,
}

/// One clause on one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Where the rule states it.
    pub origin: Origin,
    /// The clause in words.
    pub clause: String,
    /// The part that it plays.
    pub role: Role,
    /// The truth that it has.
    pub holds: bool,
    /// The field.
    pub field: String,
    /// The field's values in the event, as JSON.
    pub found: Vec<String>,
    /// Of a field that nothing knows: that, and what may be meant.
    pub unknown: Option<String>,
    /// What is easily overlooked about them, such as a blank at the end.
    pub hint: Option<String>,
    /// How many other values of a list would do as well.
    pub others: usize,
}

/// The part that a clause plays in an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It would have to hold.
    Needs,
    /// It would have to fail.
    MustNot,
    /// It excludes events, and did not exclude this one.
    Exclusion,
    /// It let the event through.
    LetThrough,
}

impl Role {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Needs => "needs",
            Self::MustNot => "must-not",
            Self::Exclusion => "exclusion",
            Self::LetThrough => "let-through",
        }
    }
}

/// Values of a field before and after a change, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// Its values before; empty where the event had none.
    pub from: Vec<String>,
    /// Its values after.
    pub to: Vec<String>,
}
