//! A rule under test: by its conditions, or by running its pipeline again.

use std::sync::Arc;

use super::flow::Flow;
use super::prepared_rule::PreparedRule;
use super::subject::Subject;
use crate::case::Case;
use harness_compile::program::RuleProgram;
use harness_model::schema::Schema;
use harness_rule::model::Rule;

/// A rule that is judged, to be judged otherwise than it is.
pub enum RuleUnderTest<'a> {
    /// By the bitmaps of its clauses.
    Conditions(Subject<'a>),
    /// By running it again.
    Pipeline(Flow<'a>),
}

impl<'a> RuleUnderTest<'a> {
    pub(super) fn new(
        prepared: &PreparedRule,
        subject: Subject<'a>,
        schema: &'a Schema,
    ) -> Option<Self> {
        match prepared.program()? {
            RuleProgram::Conditions(_) => Some(Self::Conditions(subject)),
            RuleProgram::Pipeline { .. } => Some(Self::Pipeline(Flow::new(subject, schema)?)),
        }
    }

    /// The rule and its cases, however it is judged.
    pub fn subject(&self) -> &Subject<'a> {
        match self {
            Self::Conditions(subject) => subject,
            Self::Pipeline(flow) => flow.subject(),
        }
    }

    /// The rule, where it has conditions.
    pub fn conditions(&self) -> Option<&Subject<'a>> {
        match self {
            Self::Conditions(subject) => Some(subject),
            Self::Pipeline(_) => None,
        }
    }

    /// The rule, where it has a pipeline.
    pub fn pipeline(&self) -> Option<&Flow<'a>> {
        match self {
            Self::Conditions(_) => None,
            Self::Pipeline(flow) => Some(flow),
        }
    }

    /// The rule's key.
    pub fn key(&self) -> String {
        self.subject().key()
    }

    /// The rule.
    pub fn rule(&self) -> &'a Rule {
        self.subject().rule()
    }

    /// The cases, positives first.
    pub fn cases(&self) -> &'a [Arc<Case>] {
        self.subject().cases()
    }
}
