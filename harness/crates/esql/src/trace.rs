//! What a traced run keeps.

use std::sync::Arc;

use harness_source::span::Span;

use crate::column::Column;
use crate::truth::Truth;
use harness_source::limits;

/// The most rows of the source that lineage names, over all rows together;
/// beyond it, tracing ends.
pub(crate) const MAX_LINEAGE: usize = limits::ESQL_LINEAGE.most;

/// The groups of an aggregation, in the order of its result.
#[derive(Clone, Debug, Default)]
pub struct GroupTrace {
    /// By key: its value in each group.
    pub keys: Vec<Arc<Column>>,
    /// How many rows are in each group.
    pub sizes: Vec<usize>,
}

/// One condition of a step: a part that `AND`, `OR` and `NOT` do not divide.
#[derive(Clone, Debug)]
pub struct TestTrace {
    /// Its place.
    pub span: Span,
    /// Its truth in every row.
    pub truths: Vec<Truth>,
    /// The columns that it reads: where it names them, and their values.
    pub inputs: Vec<(Span, Arc<Column>)>,
    /// The two sides of a comparison.
    pub sides: Option<[Arc<Column>; 2]>,
    /// What a pattern gave, by its outputs; empty for conditions.
    pub outputs: Vec<Arc<Column>>,
}

/// What one step of a plan did.
#[derive(Clone, Debug, Default)]
pub struct StepTrace {
    /// The command.
    pub span: Span,
    /// The number of the step whose rows it was given; none where they are those
    /// of the source.
    pub before: Option<usize>,
    /// How many rows it was given.
    pub rows_in: usize,
    /// How many rows it left.
    pub rows_out: usize,
    /// The conditions of `WHERE`, of aggregates, and the patterns of `GROK`
    /// and `DISSECT`, on the rows that it was given; empty when not traced.
    pub tests: Vec<TestTrace>,
    /// The rows of the source behind each row that it left, ascending; empty
    /// when not traced.
    pub lineage: Vec<Vec<u32>>,
    /// What `STATS` and `INLINE STATS` counted together, when traced.
    pub groups: Option<GroupTrace>,
}

impl StepTrace {
    /// The truth of a test in a row; null where it is not known.
    pub fn truth(&self, test: usize, row: usize) -> Truth {
        let truths = self.tests.get(test).map(|test| test.truths.as_slice()).unwrap_or_default();
        truths.get(row).copied().unwrap_or(Truth::Null)
    }
}
