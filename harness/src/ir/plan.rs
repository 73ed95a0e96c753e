//! Plans over several events, as data: what `detect` matches.

use std::sync::Arc;

use super::{Column, Predicate};

/// The most stages of a sequence, each run counted.
pub const MAX_STAGES: usize = 4_096;

/// The most stages of a sample.
pub const MAX_SAMPLE_STAGES: usize = 16;

/// What an EQL query looks for, and which of the results it keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct EqlPlan {
    /// What it looks for.
    pub search: EqlSearch,
    /// `head` and `tail`, in order.
    pub limits: Vec<Limit>,
}

/// What an EQL query looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum EqlSearch {
    /// Single events.
    Events(Predicate),
    /// Events in order.
    Sequence {
        /// The stages, in order; never empty.
        stages: Vec<Stage>,
        /// What ends a sequence before it is complete.
        until: Option<Stage>,
        /// The longest time from first to last event, in milliseconds.
        maxspan_ms: Option<u64>,
    },
    /// Events in any order.
    Sample {
        /// The terms; at least two.
        stages: Vec<Stage>,
    },
}

/// One event of a sequence or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The condition on the event.
    pub filter: Predicate,
    /// The join keys; every stage has the same number.
    pub keys: Vec<KeyField>,
    /// Whether no event may match instead of one.
    pub missing: bool,
    /// How many events in a row: 1 to 100.
    pub runs: u32,
}

/// One join key of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyField {
    /// The field as the query names it.
    pub field: Arc<str>,
    /// Where its values are; `None` for an unmapped field, whose value is always null.
    pub column: Option<Column>,
    /// Whether null is a value.
    pub optional: bool,
    /// What its integers are.
    pub form: KeyForm,
}

/// What the integers of a join key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// Numbers, or there are none.
    Plain,
    /// Booleans.
    Boolean,
    /// Moments.
    Date,
}

/// Which of the results are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The first so many.
    Head(u32),
    /// The last so many.
    Tail(u32),
}

impl EqlPlan {
    /// The filters, in the order of the query; that of `until` is the last.
    pub fn filters(&self) -> Vec<&Predicate> {
        match &self.search {
            EqlSearch::Events(filter) => vec![filter],
            EqlSearch::Sequence { stages, until, .. } => {
                stages.iter().chain(until).map(|stage| &stage.filter).collect()
            }
            EqlSearch::Sample { stages } => stages.iter().map(|stage| &stage.filter).collect(),
        }
    }

    /// The columns that tests and keys read, repeated where read repeatedly.
    pub fn columns(&self) -> Vec<&Column> {
        let mut columns = Vec::new();
        for filter in self.filters() {
            filter.leaves(&mut |leaf| columns.extend(leaf.columns()));
        }
        let stages: Vec<&Stage> = match &self.search {
            EqlSearch::Events(_) => Vec::new(),
            EqlSearch::Sequence { stages, until, .. } => stages.iter().chain(until).collect(),
            EqlSearch::Sample { stages } => stages.iter().collect(),
        };
        columns.extend(
            stages.iter().flat_map(|stage| &stage.keys).filter_map(|key| key.column.as_ref()),
        );
        columns
    }
}

/// What a rule asks of a set of events.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// A condition on single events: an alert each.
    Filter(Predicate),
    /// An EQL query.
    Eql(EqlPlan),
}

impl Plan {
    /// The conditions on single events, in the order of the query.
    pub fn filters(&self) -> Vec<&Predicate> {
        match self {
            Self::Filter(filter) => vec![filter],
            Self::Eql(plan) => plan.filters(),
        }
    }

    /// The columns that the plan reads, repeated where read repeatedly.
    pub fn columns(&self) -> Vec<&Column> {
        match self {
            Self::Filter(filter) => {
                let mut columns = Vec::new();
                filter.leaves(&mut |leaf| columns.extend(leaf.columns()));
                columns
            }
            Self::Eql(plan) => plan.columns(),
        }
    }

    /// The same plan on events that fulfil `condition` as well.
    #[must_use]
    pub fn restrict(self, condition: &Predicate) -> Self {
        let narrow = |filter: Predicate| Predicate::and([filter, condition.clone()]);
        let narrow_stage = |stage: Stage| Stage { filter: narrow(stage.filter), ..stage };
        match self {
            Self::Filter(filter) => Self::Filter(narrow(filter)),
            Self::Eql(EqlPlan { search, limits }) => {
                let search = match search {
                    EqlSearch::Events(filter) => EqlSearch::Events(narrow(filter)),
                    EqlSearch::Sequence { stages, until, maxspan_ms } => EqlSearch::Sequence {
                        stages: stages.into_iter().map(narrow_stage).collect(),
                        until: until.map(narrow_stage),
                        maxspan_ms,
                    },
                    EqlSearch::Sample { stages } => {
                        EqlSearch::Sample { stages: stages.into_iter().map(narrow_stage).collect() }
                    }
                };
                Self::Eql(EqlPlan { search, limits })
            }
        }
    }
}

impl std::fmt::Display for Plan {
    /// An indented tree, one leaf a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plan = match self {
            Self::Filter(filter) => return filter.fmt(f),
            Self::Eql(plan) => plan,
        };
        match &plan.search {
            EqlSearch::Events(filter) => filter.fmt(f)?,
            EqlSearch::Sequence { stages, until, maxspan_ms } => {
                write!(f, "a sequence")?;
                if let Some(span) = maxspan_ms {
                    write!(f, " within {span} ms")?;
                }
                writeln!(f)?;
                stages.iter().try_for_each(|stage| stage.describe("then", f))?;
                until.iter().try_for_each(|stage| stage.describe("until", f))?;
            }
            EqlSearch::Sample { stages } => {
                writeln!(f, "a sample")?;
                stages.iter().try_for_each(|stage| stage.describe("and", f))?;
            }
        }
        plan.limits.iter().try_for_each(|limit| match limit {
            Limit::Head(count) => writeln!(f, "the first {count}"),
            Limit::Tail(count) => writeln!(f, "the last {count}"),
        })
    }
}

impl Stage {
    fn describe(&self, word: &str, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{word}{}", if self.missing { " no event" } else { "" })?;
        if self.runs > 1 {
            write!(f, " {} times", self.runs)?;
        }
        for (at, key) in self.keys.iter().enumerate() {
            let mark = if key.optional { "?" } else { "" };
            write!(f, "{}{mark}{}", if at == 0 { " by " } else { ", " }, key.field)?;
        }
        writeln!(f)?;
        for line in self.filter.to_string().lines() {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}
