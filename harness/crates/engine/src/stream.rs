//! The streaming engine: rows one after the other, no index.
//!
//! [`program::Program`] holds the distinct leaves of all predicates, each once, by
//! column, and the predicates over their numbers. A [`Matcher`] turns the values of a
//! row into the leaves that they pass. Rows that pass the same leaves have the same
//! answers, so a predicate is decided once for each such set, and only where a leaf
//! holds without which it cannot. What only the whole row can tell, scripts and
//! nested objects, is left [`Answer::open`] to whoever has the row.

mod cache;
mod fold;
pub mod layout;
mod node;
pub mod part;
pub mod program;
pub mod reader;
mod tests_of_column;

use std::collections::HashMap;
use std::sync::Arc;

use fold::Folding;

use harness_model::document::{Cell, ColumnId, Document};
use node::{Bits, Truth};
use program::Program;

/// What a row fulfils, as positions of predicates, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// These hold.
    pub sure: Vec<u32>,
    /// These may: the row itself has to be asked.
    pub open: Vec<u32>,
}

/// How many sets of leaves are kept with their answers.
const SETS: usize = 131_072;

/// A set of leaves, by number: that of a value. The first is the empty one.
pub type Class = u32;

/// The class of no leaves.
const EMPTY: Class = 0;

/// Answers the rows of one thread.
#[derive(Debug)]
pub struct Matcher<'a> {
    program: &'a Program,
    /// The leaves of each class.
    classes: Vec<Box<[u32]>>,
    numbers: HashMap<Box<[u32]>, Class, Folding>,
    /// By leaf: the class of it alone; the empty one where that was not seen yet.
    alone: Vec<Class>,
    /// By the classes of a row, ascending.
    answers: HashMap<Box<[Class]>, Arc<Answer>, Folding>,
    bits: Bits,
    passed: Vec<u32>,
    matching: Vec<usize>,
}

impl<'a> Matcher<'a> {
    /// With nothing seen yet.
    pub fn new(program: &'a Program) -> Self {
        Self {
            program,
            classes: vec![Box::default()],
            numbers: HashMap::default(),
            alone: vec![EMPTY; program.leaves()],
            answers: HashMap::default(),
            bits: Bits::new(program.leaves()),
            passed: Vec::new(),
            matching: Vec::new(),
        }
    }

    /// The class of a cell of a root row.
    pub fn class(&mut self, column: ColumnId, cell: &Cell) -> Class {
        self.add(column, cell);
        self.intern()
    }

    /// Adds the leaves that a cell passes to those of the class that is being made.
    fn add(&mut self, column: ColumnId, cell: &Cell) {
        self.program.passing(column, cell, &mut self.passed);
    }

    /// The same of the whole string of a keyword.
    fn add_text(&mut self, column: ColumnId, text: &str) {
        self.program.passing_text(column, text, &mut self.matching, &mut self.passed);
    }

    /// The class of an object of a nested field.
    pub fn class_of_object(&mut self, path: &str) -> Class {
        self.passed.extend(self.program.object(path));
        self.intern()
    }

    /// The class of the leaves that were added since the last one.
    fn intern(&mut self) -> Class {
        match self.passed[..] {
            [] => return EMPTY,
            [leaf] if self.alone[leaf as usize] != EMPTY => {
                self.passed.clear();
                return self.alone[leaf as usize];
            }
            _ => {}
        }
        self.passed.sort_unstable();
        self.passed.dedup();
        let class = self.numbered();
        if let [leaf] = self.passed[..] {
            self.alone[leaf as usize] = class;
        }
        self.passed.clear();
        class
    }

    fn numbered(&mut self) -> Class {
        if let Some(class) = self.numbers.get(self.passed.as_slice()) {
            return *class;
        }
        let class = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        self.classes.push(self.passed.as_slice().into());
        self.numbers.insert(self.passed.as_slice().into(), class);
        class
    }

    /// Whether so many different sets were seen that the memory of them should be
    /// given back between two rows: classes are no longer valid then.
    pub fn forget(&mut self) -> bool {
        let full = self.classes.len() > SETS;
        if full {
            *self = Self::new(self.program);
        } else if self.answers.len() > SETS {
            self.answers.clear();
        }
        full
    }

    /// What a row fulfils whose values have these classes; sorts them.
    pub fn row(&mut self, classes: &mut Vec<Class>) -> Arc<Answer> {
        classes.sort_unstable();
        classes.dedup();
        if let Some(answer) = self.answers.get(classes.as_slice()) {
            return answer.clone();
        }
        for class in classes.iter() {
            let leaves = self.classes.get(*class as usize).map_or(&[][..], AsRef::as_ref);
            leaves.iter().for_each(|leaf| self.bits.set(*leaf));
        }
        let mut answer = Answer::default();
        for predicate in self.program.triggered(&self.bits) {
            match self.program.truth(predicate, &self.bits) {
                Truth::True => answer.sure.push(predicate),
                Truth::Open => answer.open.push(predicate),
                Truth::False => {}
            }
        }
        self.bits.clear();
        let answer = Arc::new(answer);
        self.answers.insert(classes.as_slice().into(), answer.clone());
        answer
    }

    /// What a document fulfils.
    pub fn document(&mut self, document: &Document) -> Arc<Answer> {
        let mut classes = Vec::new();
        for row in &document.rows {
            match &row.path {
                None => {
                    for (column, cell) in &row.cells {
                        classes.push(self.class(*column, cell));
                    }
                }
                Some(path) => classes.push(self.class_of_object(path)),
            }
        }
        self.row(&mut classes)
    }
}
