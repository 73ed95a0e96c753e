//! Which events one condition catches and another does not: proved, or an event.
//!
//! Conditions become functions of their leaves ([`Encoder`]); where no combination of
//! leaves that the facts allow makes a function true, that is a proof. Else a
//! combination is turned into an event, and the reference evaluator judges it. What
//! cannot be had together is ruled out and the next combination is tried.

mod disjoint;
mod event;
#[cfg(test)]
pub(crate) mod tests;

use harness_model::schema::Schema;
use harness_predicate::{Leaf, Predicate};
use serde_json::Value;

pub(crate) use disjoint::disjoint;
pub(crate) use event::{Bench, Values, holds_lists};

use crate::synthesis::bdd::{FALSE, Function};
use crate::synthesis::encode::{Atom, Encoder};

/// How many combinations of leaves are tried.
const MAX_TRIES: usize = 64;

/// Whether an event is as wanted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// No event is: proved.
    Never,
    /// This one is, as the reference evaluator judged.
    Event(Value),
    /// The search was given up.
    Unknown,
}

impl Answer {
    /// The event, where there is one.
    pub(crate) fn event(&self) -> Option<&Value> {
        match self {
            Self::Event(event) => Some(event),
            Self::Never | Self::Unknown => None,
        }
    }
}

/// Asks about conditions under one schema.
pub(crate) struct Prover<'a> {
    schema: &'a Schema,
    pub(crate) encoder: Encoder,
}

impl<'a> Prover<'a> {
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self { schema, encoder: Encoder::new() }
    }

    /// An event that `a` catches and `b` does not.
    pub(crate) fn beyond(&mut self, a: &Predicate, b: &Predicate, values: Values) -> Answer {
        self.find(&Predicate::and([a.clone(), b.clone().negate()]), values)
    }

    /// Whether no event at all fulfils a condition; `None` where that is too large to tell.
    pub(crate) fn is_never(&mut self, condition: &Predicate) -> Option<bool> {
        Some(self.possible(condition)? == FALSE)
    }

    /// Whether no event at all fulfils a condition, and whether every event does; `None`
    /// where that is too large to tell.
    pub(crate) fn extremes(&mut self, condition: &Predicate) -> Option<(bool, bool)> {
        self.make_room();
        let whole = self.encoder.condition(condition)?;
        let not = self.encoder.manager.not(whole)?;
        Some((self.allowed(whole)? == FALSE, self.allowed(not)? == FALSE))
    }

    /// An event that fulfils a condition: of single values where there is one, since
    /// those are what people know.
    pub(crate) fn witness(&mut self, condition: &Predicate) -> Option<Value> {
        let all = [Values::One, Values::Many].into_iter();
        all.map(|values| self.find(condition, values)).find_map(|found| found.event().cloned())
    }

    /// An event that fulfils a condition.
    pub(crate) fn find(&mut self, condition: &Predicate, values: Values) -> Answer {
        let Some(mut left) = self.possible(condition) else { return Answer::Unknown };
        let mut leaves: Vec<&Leaf> = Vec::new();
        condition.leaves(&mut |leaf| leaves.push(leaf));
        let mut bench = None;
        let mut is_proof = true;
        for _ in 0..MAX_TRIES {
            if left == FALSE {
                return if is_proof { Answer::Never } else { Answer::Unknown };
            }
            let Some((_, path)) = self.encoder.manager.cheapest(left, &|_| false, &|_| 1) else {
                return Answer::Unknown;
            };
            let bench =
                bench.get_or_insert_with(|| Bench::new(self.schema, leaves.iter().copied()));
            let wanted: Option<Vec<(u32, &Leaf, bool)>> = path
                .iter()
                .map(|(variable, wanted)| match &self.encoder.atoms[*variable as usize] {
                    Atom::Leaf(leaf) => Some((*variable, leaf, *wanted)),
                    Atom::Nested(..) => None,
                })
                .collect();
            let failed = match wanted {
                Some(wanted) => match bench.build(&wanted, values) {
                    Ok(event) if bench.holds(condition, &event) == Some(true) => {
                        return Answer::Event(event);
                    }
                    Ok(_) => {
                        is_proof = false;
                        path
                    }
                    Err(conflict) => {
                        is_proof &= conflict.is_proved;
                        conflict.leaves
                    }
                },
                // Objects of nested fields are not made here.
                None => return Answer::Unknown,
            };
            let Some(rest) = self.encoder.without(left, &failed) else { return Answer::Unknown };
            left = rest;
        }
        Answer::Unknown
    }

    /// Where a condition holds of events that there can be; `None` where it is too large.
    fn possible(&mut self, condition: &Predicate) -> Option<Function> {
        self.make_room();
        let whole = self.encoder.condition(condition)?;
        self.allowed(whole)
    }

    /// What is left of a function where the facts hold, on events that there can be.
    fn allowed(&mut self, function: Function) -> Option<Function> {
        let whole = self.encoder.constrained(function)?;
        self.encoder.present(whole)
    }

    fn make_room(&mut self) {
        if self.encoder.manager.is_half_full() {
            self.encoder = Encoder::new();
        }
    }
}
