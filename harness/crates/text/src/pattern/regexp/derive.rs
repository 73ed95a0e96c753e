//! Brzozowski derivatives of regular expressions.
//!
//! The derivative of a term by a character is a term for what may follow that
//! character. Terms are interned and kept in a normal form (unions and
//! intersections flat, sorted, without duplicates), which makes the set of all
//! derivatives of a term finite.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::alphabet::{Alphabet, Class};
use super::ast::Node;
use super::interval;
use harness_source::limits;

/// The number of an interned term.
pub(super) type TermId = u32;

/// The empty language.
pub(super) const NOTHING: TermId = 0;
/// All strings.
pub(super) const ALL: TermId = 1;
/// The empty string.
const EPSILON: TermId = 2;

/// A derivative yet to be taken.
const UNKNOWN: TermId = TermId::MAX;

/// The most steps that all derivatives of an expression may take.
const MAX_WORK: usize = limits::REGEXP_DERIVATIVES.most;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Term {
    Nothing,
    Epsilon,
    /// One character of these classes.
    Class(Rc<[u64]>),
    /// The head, which is no concatenation itself, and the rest.
    Concat(TermId, TermId),
    Union(Rc<[TermId]>),
    Intersection(Rc<[TermId]>),
    Complement(TermId),
    Repeat(TermId, u32, Option<u32>),
}

/// Interned terms. Where a method returns `None`, the work has gone out of
/// bounds.
pub(super) struct Terms {
    all: Vec<Term>,
    /// Which terms match the empty string.
    nullable: Vec<bool>,
    ids: HashMap<Term, TermId>,
    /// Known derivatives by term, then by class; a row is empty until needed.
    derivatives: Vec<Box<[TermId]>>,
    /// How many classes of characters there are.
    classes: usize,
    work: usize,
}

impl Terms {
    /// Only the basic terms.
    pub(super) fn new(alphabet: &Alphabet) -> Self {
        let mut terms = Self {
            all: Vec::new(),
            nullable: Vec::new(),
            ids: HashMap::new(),
            derivatives: Vec::new(),
            classes: alphabet.count(),
            work: 0,
        };
        terms.intern(Term::Nothing, false);
        terms.intern(Term::Complement(NOTHING), true);
        terms.intern(Term::Epsilon, true);
        terms
    }

    /// How many steps were taken.
    pub(super) fn work(&self) -> usize {
        self.work
    }

    /// Whether a term matches the empty string.
    pub(super) fn nullable(&self, id: TermId) -> bool {
        self.nullable[id as usize]
    }

    /// The term of an expression.
    pub(super) fn translate(&mut self, node: &Node, alphabet: &Alphabet) -> Option<TermId> {
        match node {
            Node::Nothing => Some(NOTHING),
            Node::AnyString => Some(ALL),
            Node::Class(set) => Some(self.class(alphabet.bits(set))),
            Node::Text(text) => {
                let mut term = EPSILON;
                for set in text.iter().rev() {
                    let head = self.class(alphabet.bits(set));
                    term = self.concat(head, term)?;
                }
                Some(term)
            }
            Node::Concat(nodes) => {
                let mut term = EPSILON;
                for node in nodes.iter().rev() {
                    let head = self.translate(node, alphabet)?;
                    term = self.concat(head, term)?;
                }
                Some(term)
            }
            Node::Union(nodes) => {
                let operands = self.translate_all(nodes, alphabet)?;
                self.union(&operands)
            }
            Node::Intersection(nodes) => {
                let operands = self.translate_all(nodes, alphabet)?;
                self.intersection(&operands)
            }
            Node::Complement(node) => {
                let operand = self.translate(node, alphabet)?;
                Some(self.complement(operand))
            }
            Node::Repeat { node, min, max } => {
                let operand = self.translate(node, alphabet)?;
                Some(self.repeat(operand, *min, *max))
            }
            Node::Interval(interval) => self.translate(&interval::expand(*interval), alphabet),
        }
    }

    fn translate_all(&mut self, nodes: &[Node], alphabet: &Alphabet) -> Option<Vec<TermId>> {
        nodes.iter().map(|node| self.translate(node, alphabet)).collect()
    }

    /// What may follow a character of `class`, without remembering it.
    pub(super) fn step(&mut self, id: TermId, class: Class) -> Option<TermId> {
        self.spend(1)?;
        match self.all[id as usize].clone() {
            Term::Nothing | Term::Epsilon => Some(NOTHING),
            Term::Class(bits) => Some(if has(&bits, class) { EPSILON } else { NOTHING }),
            Term::Concat(..) => self.step_concat(id, class),
            Term::Union(operands) => {
                let next = self.derive_all(&operands, class)?;
                self.union(&next)
            }
            Term::Intersection(operands) => {
                let next = self.derive_all(&operands, class)?;
                self.intersection(&next)
            }
            Term::Complement(operand) => {
                let next = self.derive(operand, class)?;
                Some(self.complement(next))
            }
            Term::Repeat(operand, min, max) => {
                let next = self.derive(operand, class)?;
                // An operand that may be empty has no minimum: see `repeat`.
                let max = max.map(|max| max.saturating_sub(1));
                let rest = self.repeat(operand, min.saturating_sub(1), max);
                self.concat(next, rest)
            }
        }
    }

    /// Each part of a chain may begin the match as long as all before it may
    /// be empty.
    fn step_concat(&mut self, id: TermId, class: Class) -> Option<TermId> {
        let mut ways = Vec::new();
        let mut rest = id;
        while let Term::Concat(head, tail) = self.all[rest as usize] {
            self.spend(1)?;
            let next = self.derive(head, class)?;
            ways.push(self.concat(next, tail)?);
            rest = tail;
            if !self.nullable(head) {
                return self.union(&ways);
            }
        }
        ways.push(self.derive(rest, class)?);
        self.union(&ways)
    }

    /// Whether a term matches nothing at all.
    pub(super) fn is_empty(&mut self, id: TermId) -> Option<bool> {
        let classes = Class::try_from(self.classes).ok()?;
        let mut seen = HashSet::from([id]);
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if self.nullable(id) {
                return Some(false);
            }
            for class in 0..classes {
                self.spend(1)?;
                let next = self.derive(id, class)?;
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        Some(true)
    }

    fn derive(&mut self, id: TermId, class: Class) -> Option<TermId> {
        if let Term::Class(bits) = &self.all[id as usize] {
            return Some(if has(bits, class) { EPSILON } else { NOTHING });
        }
        let (row, at) = (id as usize, usize::from(class));
        match self.derivatives[row].get(at) {
            Some(&UNKNOWN) => {}
            Some(&known) => return Some(known),
            None => {
                self.spend(self.classes)?;
                self.derivatives[row] = vec![UNKNOWN; self.classes].into();
            }
        }
        let next = self.step(id, class)?;
        self.derivatives[row][at] = next;
        Some(next)
    }

    fn derive_all(&mut self, operands: &[TermId], class: Class) -> Option<Vec<TermId>> {
        self.spend(operands.len())?;
        operands.iter().map(|&operand| self.derive(operand, class)).collect()
    }

    fn spend(&mut self, work: usize) -> Option<()> {
        self.work += work;
        (self.work <= MAX_WORK).then_some(())
    }

    fn intern(&mut self, term: Term, nullable: bool) -> TermId {
        if let Some(&known) = self.ids.get(&term) {
            return known;
        }
        let id = TermId::try_from(self.all.len()).unwrap_or(TermId::MAX);
        self.all.push(term.clone());
        self.nullable.push(nullable);
        self.derivatives.push(Box::default());
        self.ids.insert(term, id);
        id
    }

    fn class(&mut self, bits: Vec<u64>) -> TermId {
        if bits.iter().all(|&word| word == 0) {
            return NOTHING;
        }
        self.intern(Term::Class(bits.into()), false)
    }

    fn concat(&mut self, head: TermId, tail: TermId) -> Option<TermId> {
        // The head may be a chain: hang its parts before the tail, last first.
        let mut parts = Vec::new();
        let mut rest = head;
        while let Term::Concat(part, next) = self.all[rest as usize] {
            parts.push(part);
            rest = next;
        }
        parts.push(rest);
        self.spend(parts.len())?;
        Some(parts.into_iter().rev().fold(tail, |tail, part| self.link(part, tail)))
    }

    /// A chain of one part more.
    fn link(&mut self, head: TermId, tail: TermId) -> TermId {
        if head == NOTHING || tail == NOTHING {
            return NOTHING;
        }
        if head == EPSILON {
            return tail;
        }
        if tail == EPSILON {
            return head;
        }
        let (head_nullable, tail_nullable) = (self.nullable(head), self.nullable(tail));
        if (head == ALL && tail_nullable) || (tail == ALL && head_nullable) {
            return ALL;
        }
        let next = match self.all[tail as usize] {
            Term::Concat(next, _) => next,
            _ => tail,
        };
        if head == next
            && (head == ALL || matches!(self.all[head as usize], Term::Repeat(_, 0, None)))
        {
            return tail;
        }
        self.intern(Term::Concat(head, tail), head_nullable && tail_nullable)
    }

    fn complement(&mut self, operand: TermId) -> TermId {
        if let Term::Complement(inner) = self.all[operand as usize] {
            return inner;
        }
        self.intern(Term::Complement(operand), !self.nullable(operand))
    }

    fn repeat(&mut self, operand: TermId, min: u32, max: Option<u32>) -> TermId {
        // Empty matches make up for any that are missing.
        let min = if self.nullable(operand) { 0 } else { min };
        if max == Some(0) || operand == EPSILON || (operand == NOTHING && min == 0) {
            return EPSILON;
        }
        if operand == NOTHING || operand == ALL || (min, max) == (1, Some(1)) {
            return operand;
        }
        let operand = match self.all[operand as usize] {
            // Repeating what repeats without end adds nothing.
            Term::Repeat(_, 0, None) => return operand,
            Term::Repeat(inner, 0 | 1, inner_max) if (min, max) == (0, None) => {
                debug_assert_ne!(inner_max, Some(0), "would be the empty string");
                inner
            }
            _ => operand,
        };
        if (min, max) == (0, None)
            && let Term::Class(bits) = &self.all[operand as usize]
            && bits.iter().map(|word| word.count_ones() as usize).sum::<usize>() == self.classes
        {
            return ALL;
        }
        self.intern(Term::Repeat(operand, min, max), min == 0)
    }

    fn union(&mut self, operands: &[TermId]) -> Option<TermId> {
        let mut all = Vec::with_capacity(operands.len());
        for &operand in operands {
            match &self.all[operand as usize] {
                Term::Nothing => {}
                Term::Union(inner) => all.extend_from_slice(inner),
                _ => all.push(operand),
            }
        }
        self.spend(all.len())?;
        all.sort_unstable();
        all.dedup();
        // Classes become one.
        let classes = all.iter().filter(|&&id| matches!(self.all[id as usize], Term::Class(_)));
        if classes.count() > 1 {
            let mut class: Option<Vec<u64>> = None;
            all.retain(|&id| {
                let Term::Class(bits) = &self.all[id as usize] else {
                    return true;
                };
                match &mut class {
                    None => class = Some(bits.to_vec()),
                    Some(class) => {
                        for (to, from) in class.iter_mut().zip(bits.iter()) {
                            *to |= from;
                        }
                    }
                }
                false
            });
            let id = self.class(class.unwrap_or_default());
            let at = all.partition_point(|&other| other < id);
            all.insert(at, id);
        }
        if all.contains(&ALL) {
            return Some(ALL);
        }
        Some(match all.as_slice() {
            [] => NOTHING,
            &[only] => only,
            _ => {
                let nullable = all.iter().any(|&id| self.nullable(id));
                self.intern(Term::Union(all.into()), nullable)
            }
        })
    }

    fn intersection(&mut self, operands: &[TermId]) -> Option<TermId> {
        let mut all = Vec::with_capacity(operands.len());
        for &operand in operands {
            match &self.all[operand as usize] {
                Term::Nothing => return Some(NOTHING),
                Term::Intersection(inner) => all.extend_from_slice(inner),
                _ if operand == ALL => {}
                _ => all.push(operand),
            }
        }
        self.spend(all.len())?;
        all.sort_unstable();
        all.dedup();
        Some(match all.as_slice() {
            [] => ALL,
            &[only] => only,
            _ => {
                let nullable = all.iter().all(|&id| self.nullable(id));
                self.intern(Term::Intersection(all.into()), nullable)
            }
        })
    }
}

fn has(bits: &[u64], class: Class) -> bool {
    let class = usize::from(class);
    bits[class / 64] >> (class % 64) & 1 == 1
}
