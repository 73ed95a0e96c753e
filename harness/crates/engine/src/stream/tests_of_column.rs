//! The tests on one column: the leaves that a cell passes.

use harness_model::document::Cell;
use harness_predicate::{Phrase, Test};
use harness_text::pattern::Pattern;
use harness_text::pattern::set::PatternSet;

/// The distinct tests on one column, with the numbers of their leaves.
#[derive(Debug)]
pub(super) struct ColumnTests {
    exists: Option<u32>,
    patterns: PatternSet,
    /// By position in the set.
    pattern_leaves: Vec<u32>,
    phrases: Vec<(Phrase, u32)>,
    /// Tests of numbers and addresses.
    others: Vec<(Test, u32)>,
}

impl ColumnTests {
    pub(super) fn new(tests: &[(&Test, u32)]) -> Self {
        let mut patterns: Vec<&Pattern> = Vec::new();
        let mut pattern_leaves = Vec::new();
        let (mut exists, mut phrases, mut others) = (None, Vec::new(), Vec::new());
        for (test, leaf) in tests {
            match test {
                Test::Exists => exists = Some(*leaf),
                Test::Term(pattern) => {
                    patterns.push(pattern);
                    pattern_leaves.push(*leaf);
                }
                Test::Phrase(phrase) => phrases.push((phrase.clone(), *leaf)),
                Test::Long(_)
                | Test::Date(_)
                | Test::Nanos(_)
                | Test::Bool(_)
                | Test::Double(_)
                | Test::Ip(_) => others.push(((*test).clone(), *leaf)),
                // Only the whole row tells.
                Test::Script(_) => {}
            }
        }
        Self { exists, patterns: PatternSet::new(&patterns), pattern_leaves, phrases, others }
    }

    /// Adds the leaves that some value of a cell passes; some may be added twice.
    pub(super) fn passing(&self, cell: &Cell, passed: &mut Vec<u32>) {
        passed.extend(self.exists);
        let mut matching = Vec::new();
        match cell {
            Cell::Keyword(values) => {
                values.iter().for_each(|value| self.term(value, &mut matching, passed));
            }
            Cell::Text(values) => {
                for tokens in values {
                    tokens.iter().for_each(|token| self.term(&token.text, &mut matching, passed));
                    let holding = self.phrases.iter().filter(|(phrase, _)| phrase.occurs(tokens));
                    passed.extend(holding.map(|(_, leaf)| *leaf));
                }
            }
            Cell::Long(values) => self.each(values, passed, |test, value| match test {
                Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval) => {
                    interval.contains(*value)
                }
                Test::Bool(wanted) => *value == i64::from(*wanted),
                _ => false,
            }),
            Cell::Double(values) => self.each(values, passed, |test, value| match test {
                Test::Double(interval) => interval.0.contains(*value),
                _ => false,
            }),
            Cell::Ip(values) => self.each(values, passed, |test, value| match test {
                Test::Ip(interval) => interval.contains(*value),
                _ => false,
            }),
        }
    }

    /// The same of the whole string of a keyword; `matching` is memory that is reused.
    pub(super) fn passing_text(
        &self,
        text: &str,
        matching: &mut Vec<usize>,
        passed: &mut Vec<u32>,
    ) {
        passed.extend(self.exists);
        self.term(text, matching, passed);
    }

    fn term(&self, text: &str, matching: &mut Vec<usize>, passed: &mut Vec<u32>) {
        if !self.pattern_leaves.is_empty() {
            self.patterns.matching(text, matching);
            passed.extend(matching.iter().map(|at| self.pattern_leaves[*at]));
        }
    }

    fn each<T>(&self, values: &[T], passed: &mut Vec<u32>, passes: impl Fn(&Test, &T) -> bool) {
        for (test, leaf) in &self.others {
            if values.iter().any(|value| passes(test, value)) {
                passed.push(*leaf);
            }
        }
    }
}
