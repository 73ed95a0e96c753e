//! What a part of a rule is.

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
