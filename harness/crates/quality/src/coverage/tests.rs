//! Care by bitmaps against plain re-evaluation with one value turned; which parts
//! a plan can do without.

use std::sync::Arc;

use proptest::prelude::*;

use crate::clause::bits::Bits;
use crate::clause::elements;
use crate::clause::rows::Rows;
use crate::clause::tree::{Coupling, Tree};
use harness_model::document::{Cell, Columns, Document, Row};
use harness_predicate::eval::{eval, eval_leaf};
use harness_predicate::plan::{EqlSearch, KeyField, KeyForm, Stage};
use harness_predicate::{Column, Interval, Kind, Leaf, Origin, Predicate, Test};

/// Fields at the root, in objects, and in objects of objects.
const FIELDS: [&str; 6] = ["a", "b", "n.a", "n.b", "n.m.a", "n.m.b"];

fn column(field: usize) -> Column {
    Column { name: FIELDS[field].into(), kind: Kind::Long }
}

fn columns() -> Columns {
    let mut columns = Columns::default();
    (0..FIELDS.len()).for_each(|field| {
        columns.intern(&column(field));
    });
    columns
}

fn leaf(field: usize, value: i64) -> Predicate {
    let test = Test::Long(Interval { low: value, high: value });
    Predicate::Leaf(Leaf { column: column(field), test, origin: Origin::default() })
}

/// Conditions joined in all ways.
pub(crate) fn combined(
    base: impl Strategy<Value = Predicate> + 'static,
) -> impl Strategy<Value = Predicate> {
    base.prop_recursive(3, 12, 4, |inner| {
        let parts = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            inner.prop_map(|inner| Predicate::Not(Box::new(inner))),
            parts.clone().prop_map(Predicate::And),
            parts.clone().prop_map(Predicate::Or),
            (0..4_usize, parts).prop_map(|(count, of)| Predicate::AtLeast { count, of }),
        ]
    })
}

/// Conditions on a row of depth `level`; below it they may be nested.
fn predicate(level: usize) -> BoxedStrategy<Predicate> {
    let leaf = (0..2_usize, 0..3_i64).prop_map(move |(at, value)| leaf(level * 2 + at, value));
    let simple = prop_oneof![9 => leaf, 1 => any::<bool>().prop_map(Predicate::Const)];
    let base = if level < 2 {
        let path: Arc<str> = if level == 0 { "n".into() } else { "n.m".into() };
        let nested = predicate(level + 1)
            .prop_map(move |inner| Predicate::Nested { path: path.clone(), inner: inner.into() });
        prop_oneof![4 => simple, 1 => nested].boxed()
    } else {
        simple.boxed()
    };
    combined(base).boxed()
}

/// Values of two fields, each present or not.
fn cells(level: usize) -> impl Strategy<Value = Vec<(usize, Cell)>> {
    prop::collection::vec(prop::option::of(0..3_i64), 2).prop_map(move |values| {
        let cells = values.into_iter().enumerate();
        let cell =
            |(at, value): (usize, Option<i64>)| Some((level * 2 + at, Cell::Long(vec![value?])));
        cells.filter_map(cell).collect()
    })
}

/// A root, and objects that hold objects.
fn document() -> impl Strategy<Value = Document> {
    let inner = prop::collection::vec(cells(2), 0..3);
    let objects = prop::collection::vec((cells(1), inner), 0..3);
    (cells(0), objects).prop_map(|(root, objects)| {
        let mut rows = vec![Row { path: None, parent: 0, cells: root }];
        for (cells, inner) in objects {
            let parent = rows.len();
            rows.push(Row { path: Some("n".into()), parent: 0, cells });
            let row = |cells| Row { path: Some("n.m".into()), parent, cells };
            rows.extend(inner.into_iter().map(row));
        }
        Document { rows }
    })
}

/// The plain evaluation, with the value of some nodes turned on one row.
struct Turned<'a> {
    document: &'a Document,
    columns: &'a Columns,
    /// Numbers of nodes, and a row of the document.
    flipped: Option<(&'a [usize], usize)>,
}

impl Turned<'_> {
    /// `next` is the number of the node.
    fn holds(&self, predicate: &Predicate, row: usize, next: &mut usize) -> bool {
        let own = *next;
        *next += 1;
        let value = match predicate {
            Predicate::Const(value) => *value,
            Predicate::Leaf(leaf) => eval_leaf(leaf, &self.document.rows[row], self.columns),
            Predicate::Not(inner) => !self.holds(inner, row, next),
            Predicate::And(parts) => self.held(parts, row, next) == parts.len(),
            Predicate::Or(parts) => self.held(parts, row, next) > 0,
            Predicate::AtLeast { count, of } => self.held(of, row, next) >= *count,
            Predicate::Nested { path, inner } => {
                let start = *next;
                // Numbers are counted even where there is no object.
                let mut held = false;
                self.holds(inner, row, next);
                for at in 0..self.document.rows.len() {
                    let inside = self.document.rows[at].path.as_ref() == Some(path);
                    if inside && self.lies_in(at, row) {
                        held |= self.holds(inner, at, &mut { start });
                    }
                }
                held
            }
        };
        let turns = self.flipped.is_some_and(|(nodes, at)| at == row && nodes.contains(&own));
        value != turns
    }

    fn held(&self, parts: &[Predicate], row: usize, next: &mut usize) -> usize {
        parts.iter().map(|part| usize::from(self.holds(part, row, next))).sum()
    }

    fn lies_in(&self, mut at: usize, around: usize) -> bool {
        while at != around {
            if at == 0 {
                return false;
            }
            at = self.document.rows[at].parent;
        }
        true
    }
}

/// The nodes that turn with a node: equal leaves of one list.
fn together(tree: &Tree<'_>, node: usize) -> Vec<usize> {
    let Some(parent) = tree.nodes[node].parent else { return vec![node] };
    let own = tree.nodes[node].predicate;
    let list =
        !matches!(tree.nodes[parent].predicate, Predicate::Not(_) | Predicate::Nested { .. });
    let equal = tree.nodes[parent].parts.iter().copied();
    let leaf = matches!(own, Predicate::Leaf(_));
    equal
        .filter(|part| *part == node || (list && leaf && tree.nodes[*part].predicate == own))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12_000))]

    #[test]
    fn care_is_what_turning_one_value_turns(
        predicate in predicate(0),
        documents in prop::collection::vec(document(), 1..4),
    ) {
        let columns = columns();
        let rows = Rows::new(&documents);
        let tree = Tree::new(&predicate);
        let all: Vec<&Row> = documents.iter().flat_map(|document| &document.rows).collect();
        let truth = |leaf: &Leaf| {
            let passed = all.iter().enumerate().filter(|(_, row)| eval_leaf(leaf, row, &columns));
            Bits::of(rows.size(), passed.map(|(at, _)| at))
        };
        let values = tree.values(&rows, &truth);
        let mut base = 0;
        for (number, document) in documents.iter().enumerate() {
            let outcome = eval(&predicate, document, &columns);
            prop_assert_eq!(rows.documents(&values[0]).has(number), outcome);
            for repeats in [Coupling::Coupled, Coupling::Independent] {
                let care = tree.care(&rows, &values, repeats);
                for (node, care) in care.iter().enumerate() {
                    let nodes = match repeats {
                        Coupling::Coupled => together(&tree, node),
                        Coupling::Independent => vec![node],
                    };
                    let universe = tree.universe(node, &rows);
                    for row in 0..document.rows.len() {
                        let flipped = Some((nodes.as_slice(), row));
                        let turned = Turned { document, columns: &columns, flipped };
                        let turns = turned.holds(&predicate, 0, &mut 0) != outcome;
                        // Where the node has no value there is nothing to turn.
                        let turns = turns && universe.has(base + row);
                        prop_assert_eq!(
                            care.has(base + row), turns,
                            "node {} on row {}, {:?}", node, row, repeats
                        );
                    }
                }
            }
            base += document.rows.len();
        }
    }
}

#[test]
fn what_a_search_needs_is_no_part_that_could_be_missing() {
    let key = KeyField { field: "a".into(), column: None, optional: false, form: KeyForm::Plain };
    let stage = |missing, keys: usize| Stage {
        filter: Predicate::Const(true),
        keys: vec![key.clone(); keys],
        missing,
        runs: 1,
    };
    let (some, none) = (stage(false, 1), stage(true, 1));
    for (stages, maxspan, each) in [
        (vec![&some, &some], true, vec![true, true]),
        (vec![&some, &none], false, vec![false, true]),
        (vec![&some, &none, &some], false, vec![true, true, true]),
        (vec![&some], true, vec![false]),
    ] {
        let stages: Vec<Stage> = stages.into_iter().cloned().collect();
        assert_eq!(elements::may_lack_maxspan(&stages), maxspan);
        let lacked = (0..stages.len()).map(|at| elements::may_lack_stage(&stages, at));
        assert_eq!(lacked.collect::<Vec<_>>(), each);
    }
    for (keys, may) in [(1, false), (2, true)] {
        let stages = vec![stage(false, keys), stage(false, keys)];
        assert_eq!(elements::may_lack_key(&EqlSearch::Sample { stages: stages.clone() }), may);
        let sequence = EqlSearch::Sequence { stages, until: None, maxspan_ms: None };
        assert!(elements::may_lack_key(&sequence));
    }
}
