//! A plan: its steps, and what they take and give.

use std::sync::Arc;

use crate::dissect::Dissect;
use crate::eval::FieldUse;
use crate::expr::{Node, Register, Typed};
use crate::grok::Grok;
use crate::search::Search;
use crate::types::Type;
use crate::warning::Warnings;
use harness_source::span::Span;

/// What to make of a name that is no field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// An error, as Elasticsearch has it.
    #[default]
    Error,
    /// A column of nulls.
    Null,
}

/// A query that is ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The query.
    pub text: Arc<str>,
    /// The index patterns of `FROM`; empty for `ROW`.
    pub indices: Vec<String>,
    /// Metadata fields that `FROM` asks for.
    pub metadata: Vec<String>,
    /// The fields that are read, by ascending register.
    pub fields: Vec<FieldUse>,
    /// How many registers there are.
    pub registers: usize,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// What comes out.
    pub output: Output,
    /// The columns that `MV_EXPAND` names.
    pub expanded: Vec<Arc<str>>,
    /// Warnings that planning gives.
    pub warnings: Warnings,
}

/// The columns of the result.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Columns with a place of their own, in order.
    pub columns: Vec<OutputColumn>,
    /// Columns that stand where a field of the source stood, by name.
    pub replaced: Vec<OutputColumn>,
    /// When present: before them come all fields of the source in ascending
    /// order of name, but for these.
    pub all_fields_but: Option<Vec<Arc<str>>>,
}

/// One column of the result.
#[derive(Clone, Debug)]
pub struct OutputColumn {
    /// The name.
    pub name: Arc<str>,
    /// The type.
    pub ty: Type,
    /// Where it lives.
    pub register: Register,
}

/// One step of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The command.
    pub span: Span,
    /// Which registers are read after it.
    pub live: Vec<bool>,
}

impl Step {
    pub(super) fn new(kind: StepKind, span: Span) -> Self {
        Self { kind, span, live: Vec::new() }
    }

    /// The branches and queries that it runs, in their order.
    pub fn branches(&self) -> &[Branch] {
        match &self.kind {
            StepKind::Union { branches, .. } => branches,
            StepKind::Member { branch, .. } => std::slice::from_ref(branch),
            StepKind::Row(_)
            | StepKind::From
            | StepKind::Filter(_)
            | StepKind::Eval(_)
            | StepKind::Stats(_)
            | StepKind::InlineStats(_)
            | StepKind::Sort(_)
            | StepKind::Limit(_)
            | StepKind::LimitBy { .. }
            | StepKind::Sample(_)
            | StepKind::Indices(_)
            | StepKind::Join(_)
            | StepKind::Expand { .. }
            | StepKind::Dissect { .. }
            | StepKind::Grok { .. }
            | StepKind::Completion { .. } => &[],
        }
    }

    /// Where the pattern of `GROK` or `DISSECT` puts what it finds.
    pub fn pattern_outputs(&self) -> Vec<Register> {
        match &self.kind {
            StepKind::Grok { outputs, .. } => {
                outputs.iter().map(|(_, _, register)| *register).collect()
            }
            StepKind::Dissect { outputs, .. } => outputs.clone(),
            StepKind::Row(_)
            | StepKind::From
            | StepKind::Filter(_)
            | StepKind::Eval(_)
            | StepKind::Stats(_)
            | StepKind::InlineStats(_)
            | StepKind::Sort(_)
            | StepKind::Limit(_)
            | StepKind::LimitBy { .. }
            | StepKind::Sample(_)
            | StepKind::Indices(_)
            | StepKind::Union { .. }
            | StepKind::Join(_)
            | StepKind::Member { .. }
            | StepKind::Expand { .. }
            | StepKind::Completion { .. } => Vec::new(),
        }
    }

    /// Calls `visit` on every expression, in the order of the query.
    pub fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Typed)) {
        match &self.kind {
            StepKind::From
            | StepKind::Limit(_)
            | StepKind::Sample(_)
            | StepKind::Indices(_)
            | StepKind::Join(_)
            | StepKind::Expand { .. } => {}
            StepKind::LimitBy { keys, .. } => keys.iter().for_each(visit),
            StepKind::Union { branches, .. } => {
                let steps = branches.iter().flat_map(|branch| &branch.steps);
                steps.for_each(|step| step.expressions(visit));
            }
            StepKind::Member { value, branch, .. } => {
                branch.steps.iter().for_each(|step| step.expressions(visit));
                visit(value);
            }
            StepKind::Row(columns) | StepKind::Eval(columns) => {
                columns.iter().for_each(|(_, typed)| visit(typed));
            }
            StepKind::Filter(typed)
            | StepKind::Dissect { input: typed, .. }
            | StepKind::Grok { input: typed, .. }
            | StepKind::Completion { prompt: typed, .. } => visit(typed),
            StepKind::Sort(keys) => keys.iter().for_each(|key| visit(&key.expr)),
            StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => {
                grouping.before.iter().for_each(|(_, typed)| visit(typed));
                for call in &grouping.aggregates {
                    call.args.iter().chain(&call.filter).for_each(&mut *visit);
                }
                grouping.after.iter().for_each(|(_, typed)| visit(typed));
            }
        }
    }

    /// The registers that it reads.
    pub fn reads(&self) -> Vec<Register> {
        let mut found = Vec::new();
        self.expressions(&mut |typed| typed.registers(&mut |register| found.push(register)));
        match &self.kind {
            StepKind::Expand { from, .. } => found.push(*from),
            StepKind::Join(join) => found.extend(join.keys.iter().map(|key| key.left)),
            StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => {
                found.extend(grouping.keys.iter().map(|(row, ..)| *row));
            }
            _ => {}
        }
        found
    }
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// Begins with one row.
    Row(Vec<(Register, Typed)>),
    /// Begins with the rows of the source.
    From,
    /// Keeps the rows where a condition is true.
    Filter(Typed),
    /// Adds columns, in order.
    Eval(Vec<(Register, Typed)>),
    /// Groups rows: one row per group.
    Stats(Grouping),
    /// Groups rows: the values of its group in every row.
    InlineStats(Grouping),
    /// Orders rows.
    Sort(Vec<SortKey>),
    /// Keeps the first rows.
    Limit(usize),
    /// Keeps the first rows of each group.
    LimitBy {
        /// How many of each.
        count: usize,
        /// What the groups are made by.
        keys: Vec<Typed>,
    },
    /// Keeps a share of the rows, from 0 to 1.
    Sample(f64),
    /// Keeps the rows of indices by patterns.
    Indices(Vec<String>),
    /// Puts the rows of several branches one after the other.
    Union {
        /// The branches; each gives the same columns.
        branches: Vec<Branch>,
        /// Whether they begin with rows of the source, not with those at hand.
        anew: bool,
    },
    /// Adds columns of a table.
    Join(Join),
    /// Tells whether a value is among those of a query.
    Member {
        /// The value.
        value: Typed,
        /// The query, which has one column.
        branch: Branch,
        /// Where the answer goes.
        output: Register,
    },
    /// One row per value.
    Expand {
        /// The column.
        from: Register,
        /// The column of single values.
        to: Register,
    },
    /// Takes strings apart by delimiters.
    Dissect {
        /// The string.
        input: Typed,
        /// The pattern.
        dissect: Arc<Dissect>,
        /// A register per output of the pattern.
        outputs: Vec<Register>,
    },
    /// Takes strings apart by regular expressions.
    Grok {
        /// The string.
        input: Typed,
        /// The patterns: the first that matches counts.
        groks: Vec<Arc<Grok>>,
        /// Name, type and register of every output.
        outputs: Vec<(String, Type, Register)>,
    },
    /// Takes the answer of a model.
    Completion {
        /// The prompt.
        prompt: Typed,
        /// The answer.
        output: Register,
    },
}

/// Columns of a table, by equal values.
#[derive(Clone, Debug)]
pub struct Join {
    /// The table.
    pub table: Arc<JoinTable>,
    /// What has to be equal.
    pub keys: Vec<JoinKey>,
    /// The columns that are added: their places in the table, and where they go.
    pub outputs: Vec<(usize, Register)>,
    /// Whether all matches of a row become lists in it, not rows of their own.
    pub collect: bool,
}

/// A column of the rows, and the column of the table that it has to equal.
#[derive(Clone, Debug)]
pub struct JoinKey {
    /// The name of the former.
    pub name: Arc<str>,
    /// Where it lives.
    pub left: Register,
    /// Its type.
    pub ty: Type,
    /// The place of the latter.
    pub right: usize,
}

/// A table with typed columns.
#[derive(Clone, Debug, Default)]
pub struct JoinTable {
    /// The names of the columns.
    pub names: Vec<Arc<str>>,
    /// The columns.
    pub columns: Vec<crate::column::Column>,
    /// How many rows there are.
    pub rows: usize,
}

/// Steps beside the main ones.
#[derive(Clone, Debug, Default)]
pub struct Branch {
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// Where each column comes from, where it goes, and its type; one that the
    /// branch lacks is null.
    pub columns: Vec<(Option<Register>, Register, Type)>,
    /// Whether fields of the source without a place of their own are columns of it.
    pub shows_source: bool,
    /// Whether its values are compared as doubles.
    pub as_doubles: bool,
}

/// The keys and aggregates of `STATS`.
#[derive(Clone, Debug, Default)]
pub struct Grouping {
    /// Computes the keys in every row.
    pub before: Vec<(Register, Typed)>,
    /// A key in every row, and where its value per group goes.
    pub keys: Vec<(Register, Register, Type)>,
    /// The aggregates.
    pub aggregates: Vec<AggregateCall>,
    /// Computes columns from aggregates and keys, per group.
    pub after: Vec<(Register, Typed)>,
}

/// One call of an aggregate.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// Which one.
    pub kind: AggregateKind,
    /// Its columns.
    pub args: Vec<Typed>,
    /// The rows it counts; all when absent.
    pub filter: Option<Typed>,
    /// The type of its result.
    pub ty: Type,
    /// Where its result goes.
    pub output: Register,
    /// Its place.
    pub span: Span,
}

/// One key of `SORT`.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// What to sort by.
    pub expr: Typed,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

impl Plan {
    /// Whether Kibana takes the rule for an aggregating one: `STATS` makes it
    /// so, `INLINE STATS` does not.
    pub fn is_aggregating(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.kind, StepKind::Stats(_)))
    }

    /// Calls `visit` on every expression, in the order of the query.
    pub fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Typed)) {
        self.steps.iter().for_each(|step| step.expressions(visit));
    }

    /// All steps, those of branches behind the step that has them: in the order
    /// of [`Table::trace`](crate::run::Table).
    pub fn all_steps(&self) -> Vec<Placed<'_>> {
        let mut all = Vec::with_capacity(self.steps.len());
        place(&self.steps, None, &mut all);
        all
    }

    /// The full-text functions, in the order of the query.
    pub fn searches(&self) -> Vec<&Search> {
        let mut searches = Vec::new();
        self.expressions(&mut |typed| {
            typed.each(&mut |part| {
                if let Node::Search(search) = &part.node {
                    searches.push(&**search);
                }
            });
        });
        searches
    }

    /// Whether queries or branches stand in it.
    pub fn is_nested(&self) -> bool {
        self.steps.iter().any(|step| !step.branches().is_empty())
    }

    /// The conditions on source documents, before anything else happens to them;
    /// none where a query inside reads the documents as well.
    pub fn leading_filters(&self) -> Vec<&Typed> {
        if self.is_nested() {
            return Vec::new();
        }
        let steps = self.steps.iter().skip(1);
        let filters = steps.map_while(|step| match &step.kind {
            StepKind::Filter(condition) => Some(condition),
            _ => None,
        });
        filters.collect()
    }
}

/// An aggregate, with its constant arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AggregateKind {
    /// Rows, or values.
    Count,
    /// Different values.
    CountDistinct,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// The value at a share of the sorted values, from 0 to 100.
    Percentile(f64),
    /// The median of the distances from the median.
    MedianAbsoluteDeviation,
    /// The standard deviation of the whole.
    StdDev,
    /// The variance of the whole.
    Variance,
    /// The mean with weights.
    WeightedAvg,
    /// Different values, in the order of first occurrence.
    Values,
    /// The first values in an order.
    Top {
        /// How many.
        count: usize,
        /// The greatest first.
        descending: bool,
    },
    /// The value of the row that comes first.
    First,
    /// The value of the row that comes last.
    Last,
    /// Whether there is a value.
    Present,
    /// Whether there is none.
    Absent,
}

/// A step among all of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The step.
    pub step: &'a Step,
    /// The number of the step that it stands inside, and of the branch there.
    pub inside: Option<(usize, usize)>,
}

fn place<'a>(steps: &'a [Step], inside: Option<(usize, usize)>, all: &mut Vec<Placed<'a>>) {
    for step in steps {
        let at = all.len();
        all.push(Placed { step, inside });
        for (number, branch) in step.branches().iter().enumerate() {
            place(&branch.steps, Some((at, number)), all);
        }
    }
}
