//! Many patterns against one string at a time.
//!
//! A set looks a string up instead of trying each pattern on it: equality is
//! one look-up in a table, and one pass of an Aho-Corasick automaton finds the
//! literals of wildcards, prefixes and regular expressions. Only patterns whose
//! literal occurs are tried, and most are settled by where it occurs. Both
//! tables ignore ASCII case; the case of a pattern is checked afterwards.

mod literals;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use literals::Literals;

use super::glob::{Glob, GlobPart};
use super::{Case, Pattern};

/// Patterns by which strings are looked up.
#[derive(Debug)]
pub struct PatternSet {
    patterns: Vec<Pattern>,
    /// Equality by its value in lower case.
    equals: HashMap<Box<str>, Vec<usize>>,
    /// Finds the literals, all in lower case; none where there are none.
    literals: Option<Literals>,
    /// Which of the uses belong to each literal.
    uses_of: Vec<Range<usize>>,
    uses: Vec<Use>,
    /// Patterns that have to be tried on every string.
    rest: Vec<usize>,
}

/// A pattern that a literal may settle.
#[derive(Debug)]
struct Use {
    pattern: usize,
    check: Check,
}

/// What is left to check where a literal occurs.
#[derive(Debug)]
enum Check {
    /// Where it is and, when case matters, its exact letters.
    Place {
        /// Whether it has to be at the start.
        start: bool,
        /// Whether it has to be at the end.
        end: bool,
        /// The letters, when case matters.
        exact: Option<Box<str>>,
    },
    /// The whole pattern.
    Pattern,
}

/// Strings no longer than this are folded without an allocation.
const SHORT: usize = 128;

/// How many candidates may pile up before duplicates are removed.
const PILE: usize = 4_096;

impl PatternSet {
    /// A set of the patterns, which keep their positions.
    pub fn new(patterns: &[&Pattern]) -> Self {
        let mut equals: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        let mut by_literal: BTreeMap<String, Vec<Use>> = BTreeMap::new();
        let mut rest = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            if let Some(value) = equal_value(pattern) {
                equals.entry(value.to_ascii_lowercase().into()).or_default().push(index);
                continue;
            }
            match literals(pattern) {
                Some(literals) => {
                    for (literal, check) in literals {
                        by_literal.entry(literal).or_default().push(Use { pattern: index, check });
                    }
                }
                None => rest.push(index),
            }
        }
        let automaton = Literals::new(by_literal.keys());
        if automaton.is_none() {
            let uses = by_literal.values().flatten().map(|one| one.pattern);
            rest.extend(uses);
            rest.sort_unstable();
            rest.dedup();
            by_literal.clear();
        }
        let (mut uses, mut uses_of) = (Vec::new(), Vec::with_capacity(by_literal.len()));
        for group in by_literal.into_values() {
            let start = uses.len();
            uses.extend(group);
            uses_of.push(start..uses.len());
        }
        let patterns = patterns.iter().map(|&pattern| pattern.clone()).collect();
        Self { patterns, equals, literals: automaton, uses_of, uses, rest }
    }

    /// Replaces `out` by the positions of all patterns that match `term`,
    /// ascending.
    pub fn matching(&self, term: &str, out: &mut Vec<usize>) {
        out.clear();
        self.collect_literals(term, out);
        let mut unsorted = !out.is_empty();
        if let Some(indices) = self.equal_to(term) {
            unsorted |= !out.is_empty();
            let matching = indices.iter().filter(|&&index| self.patterns[index].matches(term));
            out.extend(matching.copied());
        }
        for &index in &self.rest {
            if self.patterns[index].matches(term) {
                unsorted |= !out.is_empty();
                out.push(index);
            }
        }
        if unsorted {
            out.sort_unstable();
        }
    }

    /// The patterns of equality with `term`, apart from case.
    fn equal_to(&self, term: &str) -> Option<&Vec<usize>> {
        if self.equals.is_empty() {
            return None;
        }
        let mut short = [0; SHORT];
        if let Some(folded) = short.get_mut(..term.len()) {
            folded.copy_from_slice(term.as_bytes());
            folded.make_ascii_lowercase();
            return self.equals.get(std::str::from_utf8(folded).ok()?);
        }
        self.equals.get(term.to_ascii_lowercase().as_str())
    }

    /// Adds the patterns that match thanks to a literal, each once.
    fn collect_literals(&self, term: &str, out: &mut Vec<usize>) {
        let Some(literals) = &self.literals else {
            return;
        };
        // While candidates are collected, each is twice its position, and one
        // more where the pattern has still to be tried.
        let mut pile = PILE;
        literals.find(term, |literal, place| {
            for one in &self.uses[self.uses_of[literal].clone()] {
                if one.check.passes(term, &place) {
                    let open = matches!(one.check, Check::Pattern);
                    out.push(one.pattern * 2 + usize::from(open));
                }
            }
            if out.len() > pile {
                distinct(out);
                pile = PILE.max(out.len() * 2);
            }
        });
        distinct(out);
        out.retain_mut(|candidate| {
            let settled = candidate.is_multiple_of(2);
            *candidate /= 2;
            settled || self.patterns[*candidate].matches(term)
        });
    }
}

impl Check {
    /// Whether a pattern may still match, given a place of its literal.
    fn passes(&self, term: &str, place: &Range<usize>) -> bool {
        match self {
            Self::Pattern => true,
            Self::Place { start, end, exact } => {
                (!start || place.start == 0)
                    && (!end || place.end == term.len())
                    && exact
                        .as_deref()
                        .is_none_or(|exact| term.as_bytes()[place.clone()] == *exact.as_bytes())
            }
        }
    }
}

/// Sorts candidates and keeps the first, most settled one of each pattern.
fn distinct(candidates: &mut Vec<usize>) {
    if candidates.len() > 1 {
        candidates.sort_unstable();
        candidates.dedup_by_key(|candidate| *candidate / 2);
    }
}

/// The one string that a pattern matches, apart from case.
fn equal_value(pattern: &Pattern) -> Option<String> {
    match pattern {
        Pattern::Equals(value, _) => Some(value.clone()),
        Pattern::Glob(glob, _) => glob.as_literal(),
        Pattern::Prefix(..) | Pattern::Regexp(_) | Pattern::Range(_) | Pattern::Fuzzy(_) => None,
    }
}

/// Literals in lower case of which every match holds one, and what there is to
/// check at each.
fn literals(pattern: &Pattern) -> Option<Vec<(String, Check)>> {
    match pattern {
        Pattern::Prefix(prefix, case) if !prefix.is_empty() => {
            let check = Check::Place { start: true, end: false, exact: exact(prefix, *case) };
            Some(vec![(prefix.to_ascii_lowercase(), check)])
        }
        Pattern::Glob(glob, case) => {
            let (literal, check) = glob_literal(glob, *case)?;
            Some(vec![(literal.to_ascii_lowercase(), check)])
        }
        Pattern::Regexp(regexp) => {
            let literals = regexp.required_literals()?;
            Some(literals.into_iter().map(|literal| (literal, Check::Pattern)).collect())
        }
        Pattern::Equals(..) | Pattern::Prefix(..) | Pattern::Range(_) | Pattern::Fuzzy(_) => None,
    }
}

/// The longest literal of a wildcard pattern that has wildcards.
fn glob_literal(glob: &Glob, case: Case) -> Option<(&str, Check)> {
    let place = |start, end, literal| {
        let exact = exact(literal, case);
        Some((literal, Check::Place { start, end, exact }))
    };
    match glob.parts() {
        [GlobPart::Literal(literal), GlobPart::Many] => place(true, false, literal),
        [GlobPart::Many, GlobPart::Literal(literal)] => place(false, true, literal),
        [GlobPart::Many, GlobPart::Literal(literal), GlobPart::Many] => {
            place(false, false, literal)
        }
        parts => {
            let literals = parts.iter().filter_map(|part| match part {
                GlobPart::Literal(literal) => Some(literal.as_str()),
                GlobPart::One | GlobPart::Many => None,
            });
            literals.max_by_key(|literal| literal.len()).map(|literal| (literal, Check::Pattern))
        }
    }
}

fn exact(literal: &str, case: Case) -> Option<Box<str>> {
    match case {
        Case::Sensitive => Some(literal.into()),
        Case::Insensitive => None,
    }
}
