//! The case that would have caught a mutant of a pipeline: a case of the rule,
//! changed a little, that the rule and the mutant judge differently.
//!
//! A change of the leading `WHERE` aims at where both differ, as for other
//! languages. All else is tried, within limits: see [`super::vary`]. A proposal
//! is run through both pipelines before it is made.

use std::cell::{Cell, OnceCell, RefCell};

use serde_json::Value;

use crate::clause::tree::Tree;
use crate::synthesis::encode::{Encoder, Replacement};
use crate::synthesis::events::fixture;
use crate::synthesis::pipeline_variants::PipelineVariants;
use crate::synthesis::search::Search;
use harness_model::event::Event;
use harness_predicate::Predicate;
use harness_predicate::plan::Plan;
use harness_runner::case::Polarity;
use harness_runner::run::{Flow, Program, Variant};
use harness_source::limits::{self, Limit};

/// How many variants of its cases are tried for one rule.
const MAX_VARIANTS: usize = limits::MUTANT_VARIANTS.most;
/// Of one case, how many of them with several events changed.
const MAX_TOGETHER: usize = limits::MUTANT_TOGETHER.most;
/// The most events of all variants together.
const MAX_EVENTS: usize = limits::MUTANT_VARIED.most;
/// How many events all runs for one rule may read; a run counts as some more.
fn max_read() -> usize {
    limits::MUTANT_READS.now()
}
/// What a run takes beside its events, as events.
const RUN: usize = 8;

/// Looks for cases.
pub(crate) struct Proposer<'a> {
    flow: &'a Flow<'a>,
    program: &'a Program,
    /// Made when they are first asked for.
    variants: OnceCell<Vec<Judged>>,
    left: Cell<usize>,
    most: usize,
    /// The limits of which more was wanted, once each.
    bounds: RefCell<Vec<Limit>>,
}

/// A case with other events, and whether the rule alerts.
struct Judged {
    variant: Variant,
    alerts: bool,
}

impl<'a> Proposer<'a> {
    pub(crate) fn new(flow: &'a Flow<'a>, program: &'a Program) -> Self {
        Self::within(flow, program, max_read(), MAX_VARIANTS)
    }

    /// The same, where all runs read so many events, of so many variants.
    pub(crate) fn within(
        flow: &'a Flow<'a>,
        program: &'a Program,
        reads: usize,
        most: usize,
    ) -> Self {
        let (left, bounds) = (Cell::new(reads), RefCell::default());
        Self { flow, program, variants: OnceCell::new(), left, most, bounds }
    }

    /// A case that a mutant judges otherwise than the rule, and what the rule
    /// makes of it; `None` where none was found.
    pub(crate) fn find(&self, mutant: &Program) -> Option<(Value, Polarity)> {
        self.aimed(mutant).or_else(|| {
            let variants = self.variants.get_or_init(|| self.variants());
            variants.iter().find_map(|Judged { variant, alerts }| {
                let other = self.alerts(mutant, variant)?;
                (other != *alerts).then(|| told(variant.events(), *alerts))
            })
        })
    }

    /// The limits that ended the search for some mutant.
    pub(super) fn into_bounds(self) -> Vec<Limit> {
        self.bounds.into_inner()
    }

    fn wants(&self, more: Limit) {
        let mut bounds = self.bounds.borrow_mut();
        if !bounds.contains(&more) {
            bounds.push(more);
        }
    }

    /// Whether so many events may be read once more.
    fn affords(&self, events: usize) -> bool {
        let affords = self.left.get() >= events + RUN;
        if !affords {
            self.wants(limits::MUTANT_READS);
        }
        affords
    }

    /// Whether a pipeline alerts; `None` where it fails.
    fn alerts(&self, program: &Program, variant: &Variant) -> Option<bool> {
        let read = variant.events().len();
        if !self.affords(read) {
            return None;
        }
        self.left.set(self.left.get().saturating_sub(read + RUN));
        let (alerts, _) = self.flow.on(program, variant)?.run(false, None).ok()?;
        Some(alerts > 0)
    }

    fn differs(
        &self,
        mutant: &Program,
        case: usize,
        events: Vec<Event>,
    ) -> Option<(Value, Polarity)> {
        if !self.affords(events.len()) {
            return None;
        }
        let variant = self.flow.variant(self.program, case, events)?;
        let own = self.alerts(self.program, &variant)?;
        let other = self.alerts(mutant, &variant)?;
        (own != other).then(|| told(variant.events(), own))
    }

    /// By what the index can tell of the leading `WHERE` of both.
    fn aimed(&self, mutant: &Program) -> Option<(Value, Polarity)> {
        let subject = self.flow.subject();
        let own = self.flow.documents(0)?;
        let plan = Plan::Filter(own.narrow.clone());
        let other = &mutant.documents()?.narrow;
        let search = Search::new(subject, &plan, &plan, 0);
        let mut encoder = Encoder::new();
        let (tree, needed) = (Tree::new(&own.narrow), Predicate::Const(true));
        let replacement = Replacement { tree: &tree, node: 0, with: other, needed: &needed };
        search.find_by(&mut encoder, replacement, &|case, at, changed| {
            let alone = self.differs(mutant, case, vec![changed.clone()]);
            alone.or_else(|| {
                let own = &self.flow.cases()[case].events;
                if !self.affords(own.len()) {
                    return None;
                }
                let mut events = own.clone();
                *events.get_mut(at)? = changed;
                self.differs(mutant, case, events)
            })
        })
    }

    fn variants(&self) -> Vec<Judged> {
        let Some(pipeline) = self.program.pipeline() else { return Vec::new() };
        let vary = PipelineVariants::new(self.flow, pipeline, &pipeline.plan.steps);
        let cases = || self.flow.cases().iter().enumerate();
        let together = cases().flat_map(|(case, own)| {
            let variants = vary.together(&own.events).take(MAX_TOGETHER).enumerate();
            variants.map(move |(number, events)| {
                if number + 1 == MAX_TOGETHER {
                    self.wants(limits::MUTANT_TOGETHER);
                }
                (case, events)
            })
        });
        let alone = cases()
            .flat_map(|(case, own)| vary.alone(&own.events).map(move |events| (case, events)));
        let mut events_left = MAX_EVENTS;
        let mut found = Vec::new();
        for (number, (case, events)) in together.chain(alone).enumerate() {
            if number == self.most {
                self.wants(limits::MUTANT_VARIANTS);
                break;
            }
            let Some(left) = events_left.checked_sub(events.len()) else {
                self.wants(limits::MUTANT_VARIED);
                break;
            };
            events_left = left;
            if !self.affords(events.len()) {
                break;
            }
            let variant = self.flow.variant(self.program, case, events);
            let judged = variant.and_then(|variant| {
                let alerts = self.alerts(self.program, &variant)?;
                Some(Judged { variant, alerts })
            });
            found.extend(judged);
        }
        found
    }
}

fn told(events: &[Event], alerts: bool) -> (Value, Polarity) {
    let polarity = if alerts { Polarity::Positive } else { Polarity::Negative };
    (fixture(events), polarity)
}
