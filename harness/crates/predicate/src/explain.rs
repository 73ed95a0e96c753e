//! Why a predicate holds on a document, and what would change it.
//!
//! [`flips`] finds a smallest set of leaves whose change turns the outcome,
//! [`support`] the leaves that made it what it is. Both decide leaves with the
//! reference evaluator and take them as independent of each other: a measure and no
//! advice. `harness_quality::mutate::turn` finds changes that work.

use super::eval::eval_leaf;
use super::{Column, Leaf, Predicate, Test};
use harness_model::document::{Columns, Document, Row};

/// One leaf, as it is and as it would have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flip<'a> {
    /// The leaf.
    pub leaf: &'a Leaf,
    /// The truth that it needs; it has the other one.
    pub needed: bool,
}

/// The truth of a leaf on a row; `None` where the row has no value that could
/// tell, which counts as false.
pub fn known(leaf: &Leaf, row: &Row, columns: &Columns) -> Option<bool> {
    let cell = |column: &Column| columns.id(column).and_then(|id| row.cell(id));
    match &leaf.test {
        Test::Script(script) => script.outcome(&cell),
        Test::Exists => Some(eval_leaf(leaf, row, columns)),
        Test::Term(_)
        | Test::Phrase(_)
        | Test::Long(_)
        | Test::Date(_)
        | Test::Nanos(_)
        | Test::Bool(_)
        | Test::Double(_)
        | Test::Ip(_) => cell(&leaf.column).map(|_| eval_leaf(leaf, row, columns)),
    }
}

/// A smallest set of leaves that have to change for `predicate` to become
/// `wanted` on `document`: empty when it is so already, `None` when no change
/// of leaves can make it so.
pub fn flips<'a>(
    predicate: &'a Predicate,
    document: &Document,
    columns: &Columns,
    wanted: bool,
) -> Option<Vec<Flip<'a>>> {
    Explainer { document, columns }.flips(predicate, 0, wanted)
}

/// The leaves that make `predicate` what it is on `document`, in query order.
pub fn support<'a>(
    predicate: &'a Predicate,
    document: &Document,
    columns: &Columns,
) -> Vec<(&'a Leaf, bool)> {
    let mut found = Vec::new();
    Explainer { document, columns }.support(predicate, 0, &mut found);
    found
}

struct Explainer<'a> {
    document: &'a Document,
    columns: &'a Columns,
}

impl Explainer<'_> {
    fn flips<'p>(
        &self,
        predicate: &'p Predicate,
        row: usize,
        wanted: bool,
    ) -> Option<Vec<Flip<'p>>> {
        match predicate {
            Predicate::Const(value) => (*value == wanted).then(Vec::new),
            Predicate::Leaf(leaf) => Some(if self.leaf(leaf, row) == wanted {
                Vec::new()
            } else {
                vec![Flip { leaf, needed: wanted }]
            }),
            Predicate::Not(inner) => self.flips(inner, row, !wanted),
            Predicate::And(parts) if wanted => self.cheapest(parts, row, wanted, parts.len()),
            Predicate::And(parts) => self.cheapest(parts, row, wanted, 1),
            Predicate::Or(parts) if wanted => self.cheapest(parts, row, wanted, 1),
            Predicate::Or(parts) => self.cheapest(parts, row, wanted, parts.len()),
            Predicate::AtLeast { count, of } if wanted => self.cheapest(of, row, wanted, *count),
            Predicate::AtLeast { count, of } => {
                self.cheapest(of, row, wanted, (of.len() + 1).saturating_sub(*count))
            }
            Predicate::Nested { path, inner } => {
                let objects = self.objects(path);
                if wanted {
                    let choices = objects.iter().filter_map(|row| self.flips(inner, *row, true));
                    choices.min_by_key(Vec::len).or_else(|| {
                        let mut leaves = Vec::new();
                        inner.leaves(&mut |leaf| leaves.push(Flip { leaf, needed: true }));
                        Some(leaves)
                    })
                } else {
                    let all: Option<Vec<_>> =
                        objects.iter().map(|row| self.flips(inner, *row, false)).collect();
                    all.map(|flips| flips.concat())
                }
            }
        }
    }

    /// The cheapest way to bring `count` of the parts to `wanted`, in query order.
    fn cheapest<'p>(
        &self,
        parts: &'p [Predicate],
        row: usize,
        wanted: bool,
        count: usize,
    ) -> Option<Vec<Flip<'p>>> {
        let choices = parts.iter().enumerate();
        let mut choices: Vec<_> =
            choices.filter_map(|(at, part)| Some((at, self.flips(part, row, wanted)?))).collect();
        if choices.len() < count {
            return None;
        }
        // What no event can have is no advice where there is another.
        let barred = |flips: &[Flip<'_>]| flips.iter().any(|flip| flip.leaf.columns().is_empty());
        choices.sort_by_key(|(at, flips)| (barred(flips), flips.len(), *at));
        choices.truncate(count);
        choices.sort_by_key(|(at, _)| *at);
        Some(choices.into_iter().flat_map(|(_, flips)| flips).collect())
    }

    fn support<'p>(&self, predicate: &'p Predicate, row: usize, found: &mut Vec<(&'p Leaf, bool)>) {
        match predicate {
            Predicate::Const(_) => {}
            Predicate::Leaf(leaf) => found.push((leaf, self.leaf(leaf, row))),
            Predicate::Not(inner) => self.support(inner, row, found),
            Predicate::And(parts) | Predicate::Or(parts) | Predicate::AtLeast { of: parts, .. } => {
                let outcome = self.holds(predicate, row);
                for part in parts {
                    if self.holds(part, row) == outcome {
                        self.support(part, row, found);
                    }
                }
            }
            Predicate::Nested { path, inner } => {
                let objects = self.objects(path);
                let proof = objects.iter().find(|row| self.holds(inner, **row));
                if let Some(row) = proof.or_else(|| objects.first()) {
                    self.support(inner, *row, found);
                }
            }
        }
    }

    fn holds(&self, predicate: &Predicate, row: usize) -> bool {
        self.flips(predicate, row, true).is_some_and(|flips| flips.is_empty())
    }

    fn leaf(&self, leaf: &Leaf, row: usize) -> bool {
        eval_leaf(leaf, &self.document.rows[row], self.columns)
    }

    fn objects(&self, path: &str) -> Vec<usize> {
        let rows = self.document.rows.iter().enumerate();
        rows.filter(|(_, row)| row.path.as_deref() == Some(path)).map(|(at, _)| at).collect()
    }
}
