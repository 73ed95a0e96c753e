//! Two engines on one session: where they differ, and who is right.

use super::{Hits, Session};
use harness_predicate::Predicate;
use harness_predicate::eval::eval;
use harness_predicate::explain::support;

/// How far two engines agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The filters of all rules that were asked.
    pub filters: usize,
    /// Filters by events: how many answers were compared.
    pub answers: u64,
    /// The answers that differ, in the order of rules and events.
    pub differences: Vec<Difference>,
}

/// One event that two engines judge otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The rule's key.
    pub rule: String,
    /// Which of its filters, from zero.
    pub filter: usize,
    /// The path of the event's case.
    pub case: String,
    /// The event's id.
    pub event: String,
    /// What the second engine says; the first says the opposite.
    pub second: bool,
    /// What the reference evaluator says.
    pub reference: bool,
    /// The clauses that decide for the evaluator, with their truth.
    pub clauses: Vec<(String, bool)>,
}

impl Comparison {
    /// The share of answers that agree, in percent.
    pub fn agreement(&self) -> f64 {
        let (all, differ) = (self.answers, self.differences.len());
        if all == 0 {
            return 100.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let share = 1.0 - differ as f64 / all as f64;
        share * 100.0
    }
}

impl Session {
    /// Compares the answers of two engines.
    pub fn compare(&self, first: &Hits, second: &Hits) -> Comparison {
        let mut comparison = Comparison::default();
        let events = self.prepared.iter().flat_map(|prepared| &prepared.cases);
        let events: Vec<(&str, &str)> = events
            .flat_map(|case| {
                case.events.iter().map(|event| (case.path.as_str(), event.id.as_str()))
            })
            .collect();
        for (prepared, (first, second)) in self.prepared.iter().zip(first.iter().zip(second)) {
            let filters: Vec<&Predicate> = prepared.filters();
            for (at, (filter, (first, second))) in
                filters.iter().zip(first.iter().zip(second)).enumerate()
            {
                comparison.filters += 1;
                comparison.answers += events.len() as u64;
                for number in &(first ^ second) {
                    let document = self.fixtures.documents.get(number as usize);
                    let event = events.get(number as usize);
                    let (Some(document), Some((case, event))) = (document, event) else { continue };
                    let columns = &self.fixtures.columns;
                    let clauses = support(filter, document, columns).into_iter();
                    comparison.differences.push(Difference {
                        rule: prepared.loaded.key(),
                        filter: at,
                        case: (*case).to_owned(),
                        event: (*event).to_owned(),
                        second: second.contains(number),
                        reference: eval(filter, document, columns),
                        clauses: clauses.map(|(leaf, holds)| (leaf.to_string(), holds)).collect(),
                    });
                }
            }
        }
        comparison
    }
}
