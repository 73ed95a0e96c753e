//! What happened on the way: for explanations, and for coverage.
//!
//! A traced run keeps, for every condition of a step, its truth in every row,
//! and for every row the rows of the source that it was made of. Neither
//! changes a result: conditions are tested apart, and their warnings dropped.

use std::sync::Arc;

use super::groups::Groups;
use crate::column::Column;
use crate::eval::{Machine, Origin, Truth};
use crate::expr::{Node, Typed};
use crate::plan::{Step, StepKind};
use crate::trace::MAX_LINEAGE;
pub use crate::trace::{GroupTrace, StepTrace, TestTrace};
use harness_source::span::Span;

impl Machine<'_> {
    /// Begins to keep the rows of the source behind each row.
    pub(super) fn trace_rows(&mut self) {
        let rows: Vec<u32> = match &self.origin {
            Origin::All => (0_u32..).take(self.len).collect(),
            Origin::Rows(rows) => rows.clone(),
            Origin::None => Vec::new(),
        };
        self.lineage = Some(rows.into_iter().map(|row| vec![row]).collect());
    }

    /// Tests the conditions of a step before it is taken.
    pub(super) fn test_step(&mut self, step: &Step) {
        if let StepKind::Filter(condition) = &step.kind {
            self.test(condition);
        }
    }

    /// Tests every leaf of a condition on the current rows.
    pub(super) fn test(&mut self, condition: &Typed) {
        if self.lineage.is_none() {
            return;
        }
        let warnings = self.warnings.clone();
        for leaf in condition.leaves() {
            // A condition that fails on rows that others keep from it has no truth.
            let truths = self.truth(leaf).unwrap_or_default();
            let mut inputs: Vec<(Span, usize)> = Vec::new();
            leaf.each(&mut |part| {
                if let Node::Column { register, constant: None } = &part.node
                    && !inputs.iter().any(|(_, known)| known == register)
                {
                    inputs.push((part.span, *register));
                }
            });
            let inputs = inputs.into_iter().map(|(span, register)| (span, self.register(register)));
            let inputs = inputs.collect();
            let sides = match &leaf.node {
                Node::Compare { left, right, .. } => {
                    self.eval(left).and_then(|left| Ok([left, self.eval(right)?])).ok()
                }
                _ => None,
            };
            let (span, outputs) = (leaf.span, Vec::new());
            self.tests.push(TestTrace { span, truths, inputs, sides, outputs });
        }
        self.warnings = warnings;
    }

    /// Notes in which rows the pattern of a step matched, after it was taken.
    pub(super) fn test_patterns(&mut self, step: &Step) {
        let (StepKind::Grok { input, .. } | StepKind::Dissect { input, .. }) = &step.kind else {
            return;
        };
        let outputs = step.pattern_outputs();
        if self.lineage.is_none() {
            return;
        }
        let columns: Vec<_> = outputs.into_iter().map(|register| self.register(register)).collect();
        let matched = |row| columns.iter().any(|column| !column.range(row).is_empty());
        let truths = (0..self.len).map(|row| Truth::from(matched(row))).collect();
        let inputs = match &input.node {
            // The pattern may have replaced its own input.
            Node::Column { register, .. } if !step.pattern_outputs().contains(register) => {
                vec![(input.span, self.register(*register))]
            }
            _ => Vec::new(),
        };
        let (span, sides, outputs) = (step.span, None, columns);
        self.tests.push(TestTrace { span, truths, inputs, sides, outputs });
    }

    /// Keeps the groups of the current step.
    pub(super) fn trace_groups(&mut self, keys: Vec<Arc<Column>>, groups: &Groups) {
        if self.lineage.is_some() {
            let mut sizes = vec![0; groups.count];
            groups.each(None, |_, group| sizes[group] += 1);
            self.groups = Some(GroupTrace { keys, sizes });
        }
    }

    /// Joins the lineage of the rows of each group.
    pub(super) fn group_lineage(
        &mut self,
        count: usize,
        each: impl Fn(&mut dyn FnMut(usize, usize)),
    ) {
        let Some(lineage) = self.lineage.take() else { return };
        let mut grouped: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut total = 0_usize;
        each(&mut |row, group| {
            if let (Some(from), Some(to)) = (lineage.get(row), grouped.get_mut(group)) {
                total = total.saturating_add(from.len());
                if total <= MAX_LINEAGE {
                    to.extend(from);
                }
            }
        });
        if total > MAX_LINEAGE {
            return;
        }
        for rows in &mut grouped {
            rows.sort_unstable();
            rows.dedup();
        }
        self.lineage = Some(grouped);
    }
}

/// The conditions of a step that decide together on a row.
#[derive(Clone, Debug)]
pub struct Joined {
    /// How they do.
    pub shape: Shape,
    /// The first of its tests in the step's trace, and the end of them.
    pub tests: std::ops::Range<usize>,
    /// The number of the aggregate that they are the condition of.
    pub aggregate: Option<usize>,
}

impl Joined {
    /// Those of a step, in the order of its trace.
    pub fn of(step: &Step) -> Vec<Self> {
        match &step.kind {
            StepKind::Filter(condition) => vec![Self::numbered(condition, &mut 0, None)],
            StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => {
                let mut next = 0;
                let calls = grouping.aggregates.iter().enumerate();
                let filters =
                    calls.filter_map(|(number, call)| Some((number, call.filter.as_ref()?)));
                filters
                    .map(|(number, filter)| Self::numbered(filter, &mut next, Some(number)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn numbered(condition: &Typed, next: &mut usize, aggregate: Option<usize>) -> Self {
        let start = *next;
        let shape = Shape::numbered(condition, next);
        Self { shape, tests: start..*next, aggregate }
    }
}

/// How conditions are joined; its leaves are numbers of tests.
#[derive(Clone, Debug)]
pub enum Shape {
    /// One test.
    Leaf(usize),
    /// All of them.
    And(Vec<Shape>),
    /// Any of them.
    Or(Vec<Shape>),
    /// The negation.
    Not(Box<Shape>),
}

impl Shape {
    /// The shape of a condition whose leaves are tests in their order.
    pub fn of(condition: &Typed) -> Self {
        Self::numbered(condition, &mut 0)
    }

    fn numbered(condition: &Typed, next: &mut usize) -> Self {
        match &condition.node {
            Node::And(parts) => {
                Self::And(parts.iter().map(|part| Self::numbered(part, next)).collect())
            }
            Node::Or(parts) => {
                Self::Or(parts.iter().map(|part| Self::numbered(part, next)).collect())
            }
            Node::Not(inner) => Self::Not(Box::new(Self::numbered(inner, next))),
            _ => {
                *next += 1;
                Self::Leaf(*next - 1)
            }
        }
    }

    /// Three-valued truth, given that of every test.
    pub fn truth(&self, test: &dyn Fn(usize) -> Truth) -> Truth {
        let join = |parts: &[Self], strong: Truth, weak: Truth| {
            let truths: Vec<_> = parts.iter().map(|part| part.truth(test)).collect();
            match truths.contains(&strong) {
                true => strong,
                false if truths.contains(&Truth::Null) => Truth::Null,
                false => weak,
            }
        };
        match self {
            Self::Leaf(number) => test(*number),
            Self::And(parts) => join(parts, Truth::False, Truth::True),
            Self::Or(parts) => join(parts, Truth::True, Truth::False),
            Self::Not(inner) => match inner.truth(test) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Null => Truth::Null,
            },
        }
    }

    /// A small set of tests that would have to come out otherwise for the
    /// condition to be `wanted`, in order; empty when it is.
    pub fn blame(&self, test: &dyn Fn(usize) -> Truth, wanted: Truth) -> Vec<usize> {
        if self.truth(test) == wanted {
            return Vec::new();
        }
        match self {
            Self::Leaf(number) => vec![*number],
            Self::Not(inner) => {
                let opposite = if wanted == Truth::True { Truth::False } else { Truth::True };
                inner.blame(test, opposite)
            }
            Self::And(parts) | Self::Or(parts) => {
                let blames = parts.iter().map(|part| part.blame(test, wanted));
                if matches!(self, Self::And(_)) == (wanted == Truth::True) {
                    blames.flatten().collect()
                } else {
                    blames.min_by_key(Vec::len).unwrap_or_default()
                }
            }
        }
    }

    /// The tests that make the condition what it is, in order.
    pub fn support(&self, test: &dyn Fn(usize) -> Truth) -> Vec<usize> {
        let truth = self.truth(test);
        match self {
            Self::Leaf(number) => vec![*number],
            Self::Not(inner) => inner.support(test),
            Self::And(parts) | Self::Or(parts) => {
                let agreeing = parts.iter().filter(|part| part.truth(test) == truth);
                agreeing.flat_map(|part| part.support(test)).collect()
            }
        }
    }
}
