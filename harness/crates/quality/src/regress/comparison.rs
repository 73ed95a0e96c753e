//! Two versions under comparison: what one condition catches beyond another, and what is
//! tried where that is no proof.

use harness_predicate::Predicate;
use harness_predicate::plan::Plan;
use serde_json::Value;

use super::direction::Direction;
use super::judge::{Judge, Stream};
use super::sight::Sight;
use crate::compare::{Answer, Prover, Values};

/// Asks about two versions under one schema.
pub(super) struct Comparison<'a> {
    pub(super) prover: Prover<'a>,
    pub(super) judge: Judge<'a>,
    /// What the old version sees, and what the new one.
    pub(super) sights: [Sight; 2],
}

/// One condition and another.
pub(super) struct Relation {
    /// What the first catches and the second does not.
    pub(super) beyond: Answer,
    /// What the second catches and the first does not.
    pub(super) within: Answer,
    /// What both catch.
    pub(super) both: Option<Value>,
}

impl Comparison<'_> {
    /// What one condition catches beyond another: an event of single values where there
    /// is one, since those are what people know.
    pub(super) fn beyond(&mut self, a: &Predicate, b: &Predicate) -> Answer {
        match self.prover.beyond(a, b, Values::One) {
            Answer::Event(event) => Answer::Event(event),
            Answer::Never | Answer::Unknown => self.prover.beyond(a, b, Values::Many),
        }
    }

    pub(super) fn event(&mut self, condition: &Predicate) -> Option<Value> {
        self.prover.witness(condition)
    }

    pub(super) fn relation(&mut self, a: &Predicate, b: &Predicate) -> Relation {
        Relation {
            beyond: self.beyond(a, b),
            within: self.beyond(b, a),
            both: self.event(&Predicate::and([a.clone(), b.clone()])),
        }
    }

    /// Both directions between two plans, old and new: each proved never, or tried.
    pub(super) fn tried(
        &self,
        [gained_never, lost_never]: [bool; 2],
        (old, new): (&Plan, &Plan),
        [gained, lost]: [Vec<Stream>; 2],
    ) -> [Direction; 2] {
        let [was, is] = &self.sights;
        let (before, after) = ((old, was), (new, is));
        [
            self.direction(gained_never, after, before, gained),
            self.direction(lost_never, before, after, lost),
        ]
    }

    /// The direction in which `yes` alerts and `no` does not: proved never, or tried.
    pub(super) fn direction(
        &self,
        never: bool,
        yes: (&Plan, &Sight),
        no: (&Plan, &Sight),
        streams: Vec<Stream>,
    ) -> Direction {
        if never {
            return Direction::Never;
        }
        match self.judge.apart(yes, no, streams.into_iter()) {
            Some(events) => Direction::Shown(events),
            None => Direction::Unknown("no events were found that tell the versions apart"),
        }
    }
}
