//! The distinct leaves of many predicates, and the predicates over their numbers.

use std::collections::HashMap;
use std::sync::Arc;

use super::fold::Folding;
use super::node::{Bits, Node, Truth};
use super::tests_of_column::ColumnTests;
use harness_model::document::{Cell, ColumnId, Columns};
use harness_predicate::{Column, Leaf, Predicate, Test};

/// Predicates, ready to be asked about rows.
#[derive(Debug)]
pub struct Program {
    columns: HashMap<ColumnId, ColumnTests, Folding>,
    /// The leaf that holds where a row has an object of a nested field.
    objects: HashMap<Arc<str>, u32>,
    leaves: usize,
    nodes: Vec<Node>,
    /// By leaf: the predicates that need it or another one to hold.
    triggers: Vec<Vec<u32>>,
    /// The predicates that may hold of a row that passes no leaf.
    always: Vec<u32>,
}

/// Numbers leaves on first sight.
#[derive(Default)]
struct Leaves<'a> {
    numbers: HashMap<&'a Column, HashMap<&'a Test, u32>>,
    objects: HashMap<Arc<str>, u32>,
    /// In how many places each is.
    uses: Vec<usize>,
}

const EXISTS: &Test = &Test::Exists;

impl<'a> Leaves<'a> {
    fn number(&mut self, column: &'a Column, test: &'a Test) -> u32 {
        let next = u32::try_from(self.uses.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(column).or_default().entry(test).or_insert(next);
        self.used(number)
    }

    fn object(&mut self, path: &Arc<str>) -> u32 {
        let next = u32::try_from(self.uses.len()).unwrap_or(u32::MAX);
        let number = *self.objects.entry(path.clone()).or_insert(next);
        self.used(number)
    }

    fn used(&mut self, number: u32) -> u32 {
        if number as usize == self.uses.len() {
            self.uses.push(0);
        }
        self.uses[number as usize] += 1;
        number
    }

    fn leaf(&mut self, leaf: &'a Leaf) -> Node {
        let Test::Script(_) = &leaf.test else {
            if leaf.column.is_absent() {
                return Node::Const(false);
            }
            return Node::Leaf(self.number(&leaf.column, &leaf.test));
        };
        let given = leaf.columns().into_iter().map(|column| self.number(column, EXISTS));
        Node::Open { given: given.collect(), without: leaf.holds_without_values() }
    }

    fn node(&mut self, predicate: &'a Predicate) -> Node {
        match predicate {
            Predicate::Const(holds) => Node::Const(*holds),
            Predicate::Leaf(leaf) => self.leaf(leaf),
            Predicate::Not(inner) => Node::Not(Box::new(self.node(inner))),
            Predicate::And(parts) => Node::And(parts.iter().map(|part| self.node(part)).collect()),
            Predicate::Or(parts) => Node::Or(parts.iter().map(|part| self.node(part)).collect()),
            Predicate::AtLeast { count, of } => {
                Node::AtLeast(*count, of.iter().map(|part| self.node(part)).collect())
            }
            Predicate::Nested { path, .. } => {
                Node::Open { given: vec![self.object(path)], without: false }
            }
        }
    }
}

impl Program {
    /// Prepares predicates over documents whose cells `columns` numbers.
    pub fn new(predicates: &[&Predicate], columns: &Columns) -> Self {
        let mut leaves = Leaves::default();
        let nodes: Vec<Node> = predicates.iter().map(|predicate| leaves.node(predicate)).collect();
        let mut triggers = vec![Vec::new(); leaves.uses.len()];
        let mut always = Vec::new();
        for (number, node) in (0..).zip(&nodes) {
            match node.needs(&|leaf| leaves.uses[leaf as usize]) {
                Some(needs) => {
                    needs.into_iter().for_each(|leaf| triggers[leaf as usize].push(number));
                }
                None => always.push(number),
            }
        }
        let Leaves { numbers, objects, uses } = leaves;
        let of_columns = numbers.into_iter().filter_map(|(column, tests)| {
            let mut tests: Vec<(&Test, u32)> = tests.into_iter().collect();
            tests.sort_unstable_by_key(|(_, leaf)| *leaf);
            Some((columns.id(column)?, ColumnTests::new(&tests)))
        });
        Self { columns: of_columns.collect(), objects, leaves: uses.len(), nodes, triggers, always }
    }

    /// How many distinct leaves there are.
    pub fn leaves(&self) -> usize {
        self.leaves
    }

    /// Whether some leaf tests a column.
    pub fn reads(&self, column: ColumnId) -> bool {
        self.columns.contains_key(&column)
    }

    /// Adds the leaves that a cell passes.
    pub(super) fn passing(&self, column: ColumnId, cell: &Cell, passed: &mut Vec<u32>) {
        if let Some(tests) = self.columns.get(&column) {
            tests.passing(cell, passed);
        }
    }

    /// The same of the whole string of a keyword.
    pub(super) fn passing_text(
        &self,
        column: ColumnId,
        text: &str,
        matching: &mut Vec<usize>,
        passed: &mut Vec<u32>,
    ) {
        if let Some(tests) = self.columns.get(&column) {
            tests.passing_text(text, matching, passed);
        }
    }

    /// The leaf of the objects of a nested field, where some predicate asks for them.
    pub(super) fn object(&self, path: &str) -> Option<u32> {
        self.objects.get(path).copied()
    }

    /// The predicates that may hold where these leaves do, ascending.
    pub(super) fn triggered(&self, bits: &Bits) -> Vec<u32> {
        let mut found = self.always.clone();
        for leaf in bits.all() {
            found.extend(&self.triggers[*leaf as usize]);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(super) fn truth(&self, predicate: u32, bits: &Bits) -> Truth {
        self.nodes[predicate as usize].truth(bits)
    }
}
