//! The reference evaluator: one predicate on one document, by the book.
//!
//! It shares no code with the engines but the typed documents, single patterns
//! and phrases, whose fast ways are held against slow twins in their own tests.

use crate::{Column, Leaf, Predicate, Test};
use harness_model::document::{Cell, Columns, Document, Row};
use harness_source::effort;

/// How many bytes that a pattern reads are a step of the rule's watchdog.
const BYTES_OF_A_STEP: usize = 32;

/// Whether `document` fulfils `predicate`.
pub fn eval(predicate: &Predicate, document: &Document, columns: &Columns) -> bool {
    Evaluator { document, columns }.row(predicate, 0)
}

/// Whether the root of `document` fulfils one leaf.
pub fn eval_leaf(leaf: &Leaf, row: &Row, columns: &Columns) -> bool {
    effort::spend(1);
    let cell = |column: &Column| columns.id(column).and_then(|id| row.cell(id));
    match &leaf.test {
        Test::Script(script) => script.holds(&cell),
        other => cell(&leaf.column).is_some_and(|cell| test(other, cell)),
    }
}

struct Evaluator<'a> {
    document: &'a Document,
    columns: &'a Columns,
}

impl Evaluator<'_> {
    fn row(&self, predicate: &Predicate, row: usize) -> bool {
        match predicate {
            Predicate::Const(value) => *value,
            Predicate::Leaf(leaf) => eval_leaf(leaf, &self.document.rows[row], self.columns),
            Predicate::Not(inner) => !self.row(inner, row),
            Predicate::And(parts) => parts.iter().all(|part| self.row(part, row)),
            Predicate::Or(parts) => parts.iter().any(|part| self.row(part, row)),
            Predicate::AtLeast { count, of } => {
                of.iter().filter(|part| self.row(part, row)).count() >= *count
            }
            Predicate::Nested { path, inner } => {
                let rows = self.document.rows.iter().enumerate();
                rows.filter(|(_, candidate)| candidate.path.as_ref() == Some(path))
                    .any(|(index, _)| self.is_below(index, row) && self.row(inner, index))
            }
        }
    }

    /// Whether the nested row `index` lies somewhere inside `ancestor`.
    fn is_below(&self, mut index: usize, ancestor: usize) -> bool {
        while index != ancestor {
            if index == 0 {
                return false;
            }
            index = self.document.rows[index].parent;
        }
        true
    }
}

/// Whether some value of a cell passes a test.
fn test(test: &Test, cell: &Cell) -> bool {
    match (test, cell) {
        (Test::Exists, _) => true,
        (Test::Term(pattern), Cell::Keyword(values)) => values.iter().any(|value| {
            effort::spend(value.len() / BYTES_OF_A_STEP);
            pattern.matches(value)
        }),
        (Test::Term(pattern), Cell::Text(values)) => {
            effort::spend(values.iter().map(Vec::len).sum());
            values.iter().flatten().any(|token| pattern.matches(&token.text))
        }
        (Test::Phrase(phrase), Cell::Text(values)) => {
            values.iter().any(|tokens| phrase.occurs(tokens))
        }
        (
            Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval),
            Cell::Long(values),
        ) => values.iter().any(|value| interval.contains(*value)),
        (Test::Bool(wanted), Cell::Long(values)) => values.contains(&i64::from(*wanted)),
        (Test::Double(interval), Cell::Double(values)) => {
            values.iter().any(|value| interval.0.contains(*value))
        }
        (Test::Ip(interval), Cell::Ip(values)) => {
            values.iter().any(|value| interval.contains(*value))
        }
        // A test on a column of another kind; `compile` makes none.
        (
            Test::Term(_)
            | Test::Phrase(_)
            | Test::Long(_)
            | Test::Date(_)
            | Test::Nanos(_)
            | Test::Bool(_)
            | Test::Double(_)
            | Test::Ip(_)
            | Test::Script(_),
            _,
        ) => false,
    }
}
