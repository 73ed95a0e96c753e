//! What a rule keeps of the events so far, by its type.

mod new_terms;
mod rows;
mod sample;
mod sequence;
mod single;
mod store;
mod suppressed;
mod threat;
mod threshold;

use super::request::Request;
use super::rule::Prepared;
use super::seen::{End, Seen};
use crate::{Found, Stop};
use harness_compile::program::RuleProgram;
use harness_model::document::Columns;
use harness_predicate::plan::{EqlPlan, EqlSearch, Plan};

/// About how many bytes a moment of a group takes, a stretch of time of a combination of
/// values, and an event with the fields that it is joined by.
const SLOT: usize = 96;
const STRETCH: usize = 256;
const EVENT: usize = 420;

/// What a rule keeps.
pub(super) enum State {
    Single(single::Single),
    Threshold(threshold::Threshold),
    NewTerms(new_terms::NewTerms),
    Sequence(sequence::Sequence),
    Sample(sample::Sample),
    Threat(threat::Threat),
    Rows(Box<rows::Rows>),
}

impl State {
    /// Of a rule that has seen nothing yet.
    pub(super) fn new(
        rule: &Prepared<'_>,
        columns: &Columns,
        request: &Request,
    ) -> Result<Self, Stop> {
        let samples = request.samples;
        let plan = match &rule.program {
            RuleProgram::Conditions(plan) => plan,
            RuleProgram::Pipeline { pipeline, .. } => {
                return Ok(Self::Rows(Box::new(rows::Rows::new(rule, pipeline, samples)?)));
            }
        };
        Ok(match plan {
            Plan::Filter(_) => Self::Single(single::Single::new(rule, samples)),
            Plan::Threshold(_) => Self::Threshold(threshold::Threshold::default()),
            Plan::NewTerms(_) => Self::NewTerms(new_terms::NewTerms::default()),
            Plan::Threat(plan) => Self::Threat(threat::Threat::new(plan, columns)),
            Plan::Eql(EqlPlan { search, limits }) => match search {
                EqlSearch::Events(_) if limits.is_empty() => {
                    Self::Single(single::Single::new(rule, samples))
                }
                EqlSearch::Events(_) | EqlSearch::Sequence { .. } => {
                    Self::Sequence(sequence::Sequence::new(rule, columns, request))
                }
                EqlSearch::Sample { .. } => Self::Sample(sample::Sample::new(rule, columns)),
            },
        })
    }

    /// Whether each event that it takes is an alert.
    pub(super) fn is_single(&self) -> bool {
        matches!(self, Self::Single(_))
    }

    /// About how many bytes it keeps.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Single(state) => state.slots() * SLOT,
            Self::Threshold(state) => state.slots() * SLOT,
            Self::NewTerms(state) => state.stretches() * STRETCH,
            Self::Sequence(state) => state.events() * EVENT,
            Self::Sample(state) => state.events() * EVENT,
            Self::Threat(state) => state.documents() * EVENT,
            Self::Rows(state) => state.held(),
        }
    }

    /// Takes an event.
    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) -> Result<(), Stop> {
        match self {
            Self::Single(state) => {
                state.take(rule, seen);
                Ok(())
            }
            Self::Threshold(state) => state.take(rule, seen),
            Self::NewTerms(state) => state.take(rule, seen),
            Self::Sequence(state) => state.take(rule, seen),
            Self::Sample(state) => state.take(rule, seen),
            Self::Threat(state) => state.take(seen),
            Self::Rows(state) => state.take(rule, seen),
        }
    }

    /// What the rule found.
    pub(super) fn finish(self, rule: &Prepared<'_>, end: End<'_>) -> Result<Found, Stop> {
        match self {
            Self::Single(state) => Ok(state.finish(rule, end)),
            Self::Threshold(state) => state.finish(rule, end),
            Self::NewTerms(state) => state.finish(rule, end),
            Self::Sequence(state) => state.finish(rule, end),
            Self::Sample(state) => state.finish(rule, end),
            Self::Threat(state) => state.finish(rule, end),
            Self::Rows(state) => state.finish(rule, end),
        }
    }
}
