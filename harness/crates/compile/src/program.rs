//! What a rule does with events: the end of compilation.

use std::sync::Arc;

use super::esql::Pipeline;
use harness_predicate::plan::{PipelinePlan, Plan, Reach};
use harness_predicate::{Column, Predicate};

/// What a rule does with events.
#[derive(Clone, Debug)]
pub enum RuleProgram {
    /// Conditions on events, and what the type of the rule makes of those that match.
    Conditions(Plan),
    /// The rows that an ES|QL pipeline makes of events: an alert each.
    Pipeline {
        /// Which events it reads, and what else the index answers.
        documents: PipelinePlan,
        /// What it does with them.
        pipeline: Arc<Pipeline>,
    },
}

impl RuleProgram {
    /// The plan of a rule that has conditions.
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Conditions(plan) => Some(plan),
            Self::Pipeline { .. } => None,
        }
    }

    /// The pipeline of an ES|QL rule.
    pub fn pipeline(&self) -> Option<&Arc<Pipeline>> {
        match self {
            Self::Conditions(_) => None,
            Self::Pipeline { pipeline, .. } => Some(pipeline),
        }
    }

    /// What the index answers for a pipeline.
    pub fn documents(&self) -> Option<&PipelinePlan> {
        match self {
            Self::Conditions(_) => None,
            Self::Pipeline { documents, .. } => Some(documents),
        }
    }

    /// The conditions on single events, in the order of the query; that on indicators, and
    /// that which narrows a pipeline, is the last.
    pub fn filters(&self) -> Vec<&Predicate> {
        match self {
            Self::Conditions(plan) => plan.filters(),
            Self::Pipeline { documents, .. } => documents.filters(),
        }
    }

    /// The same, to change them.
    pub fn filters_mut(&mut self) -> Vec<&mut Predicate> {
        match self {
            Self::Conditions(plan) => plan.filters_mut(),
            Self::Pipeline { documents, .. } => documents.filters_mut(),
        }
    }

    /// Which events each of [`Self::filters`] is asked about.
    pub fn reaches(&self) -> Vec<Reach> {
        match self {
            Self::Conditions(plan) => plan.reaches(),
            Self::Pipeline { documents, .. } => vec![Reach::Window; documents.filters().len()],
        }
    }

    /// The columns that are read, repeated where read repeatedly.
    pub fn columns(&self) -> Vec<&Column> {
        match self {
            Self::Conditions(plan) => plan.columns(),
            Self::Pipeline { documents, .. } => documents.columns(),
        }
    }

    /// Those of groups, of values that are compared, and of join keys.
    pub fn keys(&self) -> Vec<&Column> {
        match self {
            Self::Conditions(plan) => plan.keys(),
            Self::Pipeline { .. } => Vec::new(),
        }
    }

    /// The same on events that fulfil `condition` as well.
    #[must_use]
    pub fn restrict(self, condition: &Predicate) -> Self {
        match self {
            Self::Conditions(plan) => Self::Conditions(plan.restrict(condition)),
            Self::Pipeline { documents, pipeline } => {
                Self::Pipeline { documents: documents.restrict(condition), pipeline }
            }
        }
    }
}

impl std::fmt::Display for RuleProgram {
    /// An indented tree, one leaf a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conditions(plan) => plan.fmt(f),
            Self::Pipeline { documents, .. } => documents.fmt(f),
        }
    }
}
