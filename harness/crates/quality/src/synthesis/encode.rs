//! Predicates as Boolean functions of their leaves, with the facts that tie
//! leaves together.
//!
//! A nested condition is one variable, told apart by the function of its
//! inside; that function has variables of its own, since it is about objects.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::bdd::{FALSE, Function, Manager, TRUE};
use super::implications::{self, Implications};
use super::sat::{self, Answer, Side, Sides};
use crate::clause::tree::{Node, Tree};
use harness_predicate::{Column, Leaf, Predicate, Test};

/// The most variables on one column that are compared with each other.
const MAX_COMPARED: usize = 1_000;

/// What a variable stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Atom {
    /// A leaf, at the root or inside a nested condition.
    Leaf(Leaf),
    /// Some object of the path fulfils a function.
    Nested(String, Function),
}

/// What ties a leaf to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// It never holds.
    Never,
    /// It stands there as well.
    Twice(usize),
    /// It follows from that.
    Follows(usize),
    /// That follows from it.
    Implies(usize),
}

/// Where a leaf is asked: on the root or on the objects of a path.
type Place = Option<Arc<str>>;

/// The variables of the leaves on one column.
#[derive(Default)]
struct Group {
    known: FxHashMap<Test, u32>,
    /// Those that are compared with each other, to find facts among them.
    compared: Vec<u32>,
}

/// Functions of one filter and its variants.
pub(crate) struct Encoder {
    pub(crate) manager: Manager,
    pub(crate) atoms: Vec<Atom>,
    nested: FxHashMap<(String, Function), u32>,
    /// Variables by place and column.
    groups: FxHashMap<(Place, Column), Group>,
    facts: Implications,
    /// The variables of the filter's own leaves, by node, once they are asked for.
    own: Option<Vec<u32>>,
    /// The functions of the filter's own nodes that were asked for.
    functions: FxHashMap<usize, Function>,
    /// Where these nodes decide on the filter.
    cares: FxHashMap<usize, Function>,
    /// Whether the filter is too large for diagrams.
    pub(crate) is_large: bool,
    /// The truth of the first variables on documents, by number.
    pub(crate) truths: FxHashMap<usize, Vec<bool>>,
}

/// A filter with another condition in place of one node.
#[derive(Clone, Copy)]
pub(crate) struct Replacement<'g> {
    pub(crate) tree: &'g Tree<'g>,
    pub(crate) node: usize,
    pub(crate) with: &'g Predicate,
    /// What holds of all events that matter.
    pub(crate) needed: &'g Predicate,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            manager: Manager::new(),
            atoms: Vec::new(),
            nested: FxHashMap::default(),
            groups: FxHashMap::default(),
            facts: Implications::default(),
            own: None,
            functions: FxHashMap::default(),
            cares: FxHashMap::default(),
            is_large: false,
            truths: FxHashMap::default(),
        }
    }

    /// The function of a node, with another in place of one at or below it;
    /// `None` where it is too large.
    fn node(
        &mut self,
        tree: &Tree<'_>,
        at: usize,
        change: Option<(usize, &Predicate)>,
    ) -> Option<Function> {
        if change.is_some() {
            return self.made(tree, at, change);
        }
        if let Some(known) = self.functions.get(&at) {
            return Some(*known);
        }
        let made = self.made(tree, at, change)?;
        self.functions.insert(at, made);
        Some(made)
    }

    fn made(
        &mut self,
        tree: &Tree<'_>,
        at: usize,
        change: Option<(usize, &Predicate)>,
    ) -> Option<Function> {
        let node = &tree.nodes[at];
        let place = node.nested.and_then(|nested| match tree.nodes[nested].predicate {
            Predicate::Nested { path, .. } => Some(path.clone()),
            _ => None,
        });
        if let Some((_, with)) = change.filter(|(changed, _)| *changed == at) {
            return self.free(with, &place);
        }
        let parts = node.parts.iter().rev();
        let parts: Option<Vec<Function>> =
            parts.map(|part| self.node(tree, *part, change)).collect();
        self.joined(node.predicate, &place, &parts?)
    }

    /// The function of a predicate; `None` where it is too large.
    pub(crate) fn condition(&mut self, predicate: &Predicate) -> Option<Function> {
        self.free(predicate, &None)
    }

    /// A predicate that is no node of the tree.
    fn free(&mut self, predicate: &Predicate, place: &Place) -> Option<Function> {
        let (parts, place) = match predicate {
            Predicate::Const(_) | Predicate::Leaf(_) => (&[][..], place),
            Predicate::Not(inner) => (std::slice::from_ref(&**inner), place),
            Predicate::And(parts) | Predicate::Or(parts) | Predicate::AtLeast { of: parts, .. } => {
                (&parts[..], place)
            }
            Predicate::Nested { path, inner } => {
                (std::slice::from_ref(&**inner), &Some(path.clone()))
            }
        };
        let parts: Option<Vec<Function>> =
            parts.iter().rev().map(|part| self.free(part, place)).collect();
        self.joined(predicate, place, &parts?)
    }

    /// A predicate of these parts.
    fn joined(
        &mut self,
        predicate: &Predicate,
        place: &Place,
        parts: &[Function],
    ) -> Option<Function> {
        match predicate {
            Predicate::Const(value) => Some(Function::from(*value)),
            Predicate::Leaf(leaf) => self.leaf(leaf, place),
            Predicate::Not(_) => self.manager.not(*parts.first()?),
            Predicate::And(_) => self.all(parts),
            Predicate::Or(_) => self.any(parts),
            Predicate::AtLeast { count, .. } => self.at_least(*count, parts),
            Predicate::Nested { path, .. } => self.some_object(path, *parts.first()?),
        }
    }

    fn at_least(&mut self, count: usize, parts: &[Function]) -> Option<Function> {
        // reached[n]: at least n of the parts so far.
        let mut reached = vec![FALSE; count + 1];
        reached[0] = TRUE;
        for part in parts {
            for n in (1..=count).rev() {
                let more = self.manager.and(*part, reached[n - 1])?;
                reached[n] = self.manager.or(reached[n], more)?;
            }
        }
        reached.pop()
    }

    fn leaf(&mut self, leaf: &Leaf, place: &Place) -> Option<Function> {
        let variable = self.leaf_variable(leaf, place)?;
        self.manager.variable(variable)
    }

    fn leaf_variable(&mut self, leaf: &Leaf, place: &Place) -> Option<u32> {
        let group = self.groups.entry((place.clone(), leaf.column.clone())).or_default();
        if let Some(known) = group.known.get(&leaf.test) {
            return Some(*known);
        }
        let variable = u32::try_from(self.atoms.len()).ok()?;
        self.atoms.push(Atom::Leaf(leaf.clone()));
        group.known.insert(leaf.test.clone(), variable);
        if implications::never(&leaf.test) {
            self.facts.never.push(variable);
        }
        let mut found = Vec::new();
        if group.compared.len() < MAX_COMPARED {
            for other in &group.compared {
                let Atom::Leaf(known) = &self.atoms[*other as usize] else { continue };
                if implications::implies(&leaf.test, &known.test) {
                    found.push((variable, *other));
                }
                if implications::implies(&known.test, &leaf.test) {
                    found.push((*other, variable));
                }
            }
            group.compared.push(variable);
        }
        found.into_iter().for_each(|(a, b)| self.facts.imply(a, b));
        Some(variable)
    }

    fn some_object(&mut self, path: &str, inner: Function) -> Option<Function> {
        let inner = self.constrained(inner)?;
        if inner == FALSE {
            return Some(FALSE);
        }
        let key = (path.to_owned(), inner);
        if let Some(known) = self.nested.get(&key) {
            return self.manager.variable(*known);
        }
        let variable = u32::try_from(self.atoms.len()).ok()?;
        let others: Vec<(u32, Function)> = self
            .atoms
            .iter()
            .enumerate()
            .filter_map(|(at, atom)| match atom {
                Atom::Nested(other, function) if other == path => {
                    Some((u32::try_from(at).ok()?, *function))
                }
                Atom::Nested(..) | Atom::Leaf(_) => None,
            })
            .collect();
        for (other, function) in others {
            let follows = self.manager.implication(inner, function)?;
            let against = self.manager.not(follows)?;
            if self.constrained(against)? == FALSE {
                self.facts.imply(variable, other);
            }
            let follows = self.manager.implication(function, inner)?;
            let against = self.manager.not(follows)?;
            if self.constrained(against)? == FALSE {
                self.facts.imply(other, variable);
            }
        }
        self.atoms.push(Atom::Nested(path.to_owned(), inner));
        self.nested.insert(key, variable);
        self.manager.variable(variable)
    }

    /// What is left of a function where all facts hold: false exactly when no
    /// combination of leaves that the facts allow makes it true.
    pub(crate) fn constrained(&mut self, function: Function) -> Option<Function> {
        let mut left = function;
        if left == FALSE {
            return Some(FALSE);
        }
        let support = self.manager.support(left);
        let has = |variable: &u32| support.binary_search(variable).is_ok();
        let facts: Vec<(u32, u32)> =
            self.facts.pairs.iter().filter(|(a, b)| has(a) && has(b)).copied().collect();
        let never: Vec<u32> =
            self.facts.never.iter().filter(|variable| has(variable)).copied().collect();
        for variable in never {
            let variable = self.manager.variable(variable)?;
            let not = self.manager.not(variable)?;
            left = self.manager.and(left, not)?;
        }
        for (a, b) in facts {
            let (a, b) = (self.manager.variable(a)?, self.manager.variable(b)?);
            let fact = self.manager.implication(a, b)?;
            left = self.manager.and(left, fact)?;
            if left == FALSE {
                break;
            }
        }
        Some(left)
    }

    /// What is left of a function on events that there can be: none has a field that
    /// nothing knows.
    pub(crate) fn present(&mut self, function: Function) -> Option<Function> {
        let atoms = (0_u32..).zip(&self.atoms);
        let absent = atoms.filter_map(|(variable, atom)| match atom {
            Atom::Leaf(leaf) => {
                let never = leaf.columns().is_empty() && !leaf.holds_without_values();
                never.then_some((variable, false))
            }
            Atom::Nested(..) => None,
        });
        let absent: Vec<(u32, bool)> = absent.collect();
        let none = self.all_of(&absent)?;
        self.manager.and(function, none)
    }

    /// A function without one combination of values.
    pub(crate) fn without(
        &mut self,
        function: Function,
        values: &[(u32, bool)],
    ) -> Option<Function> {
        let all = self.all_of(values)?;
        let not = self.manager.not(all)?;
        self.manager.and(function, not)
    }

    /// Where a filter has a value, given the facts; `None` where that is too
    /// large to tell.
    pub(crate) fn wanted(&mut self, tree: &Tree<'_>, value: bool) -> Option<Function> {
        let mut own = self.node(tree, 0, None)?;
        if !value {
            own = self.manager.not(own)?;
        }
        self.constrained(own)
    }

    /// Whether a filter and its change differ, given the facts; `None` where that
    /// is too large to tell.
    pub(crate) fn differs(&mut self, replacement: Replacement<'_>) -> Option<bool> {
        match self.search(replacement) {
            Answer::Differs(_) => Some(true),
            Answer::Same => Some(false),
            Answer::Unknown => Some(self.difference(replacement)? != FALSE),
        }
    }

    /// The same by search, which knows nothing of nested conditions.
    pub(crate) fn search(&mut self, replacement: Replacement<'_>) -> Answer {
        self.sought(replacement, &|_| false).unwrap_or(Answer::Unknown)
    }

    /// Values of leaves with which a filter and its change differ, with few
    /// changes to `base`, as a function; `None` where none are found.
    pub(crate) fn near(
        &mut self,
        replacement: Replacement<'_>,
        base: &dyn Fn(u32) -> bool,
    ) -> Option<Function> {
        let Answer::Differs(values) = self.sought(replacement, base)? else { return None };
        self.all_of(&values)
    }

    fn sought(
        &mut self,
        replacement: Replacement<'_>,
        base: &dyn Fn(u32) -> bool,
    ) -> Option<Answer> {
        if self.own.is_none() {
            self.own = Some(self.variables(replacement.tree)?);
        }
        let (with, needed) = (Tree::new(replacement.with), Tree::new(replacement.needed));
        let (of_with, of_needed) = (self.variables(&with)?, self.variables(&needed)?);
        let sides = Sides {
            own: Side { tree: replacement.tree, variables: self.own.as_deref()? },
            node: replacement.node,
            with: Side { tree: &with, variables: &of_with },
            needed: Side { tree: &needed, variables: &of_needed },
        };
        Some(sat::search(sides, &self.facts, self.atoms.len(), base))
    }

    /// The function that is true where all of these have their values.
    pub(crate) fn all_of(&mut self, values: &[(u32, bool)]) -> Option<Function> {
        // From the last on: each is on top of what is there already.
        let mut values = values.to_vec();
        values.sort_unstable_by_key(|(variable, _)| Reverse(*variable));
        let mut all = TRUE;
        for (variable, value) in &values {
            let mut literal = self.manager.variable(*variable)?;
            if !value {
                literal = self.manager.not(literal)?;
            }
            all = self.manager.and(literal, all)?;
        }
        Some(all)
    }

    /// The variables of leaves at the root, with the truth that each has to have.
    pub(crate) fn path<'l>(
        &mut self,
        mut leaves: impl Iterator<Item = (&'l Leaf, bool)>,
    ) -> Option<Vec<(u32, bool)>> {
        leaves.try_fold(Vec::new(), |mut path, (leaf, wanted)| {
            path.push((self.leaf_variable(leaf, &None)?, wanted));
            Some(path)
        })
    }

    /// The variables of a filter's leaves, by node; `None` where conditions are nested.
    fn variables(&mut self, tree: &Tree<'_>) -> Option<Vec<u32>> {
        let variable = |node: &Node<'_>| match node.predicate {
            Predicate::Leaf(leaf) => self.leaf_variable(leaf, &None),
            Predicate::Nested { .. } => None,
            Predicate::Const(_)
            | Predicate::Not(_)
            | Predicate::And(_)
            | Predicate::Or(_)
            | Predicate::AtLeast { .. } => Some(u32::MAX),
        };
        tree.nodes.iter().map(variable).collect()
    }

    /// Where a filter and its change differ, given the facts; `None` where that is
    /// too large to tell, which is not tried again then.
    pub(crate) fn difference(&mut self, replacement: Replacement<'_>) -> Option<Function> {
        if self.is_large {
            return None;
        }
        let found = self.whole_difference(replacement);
        if found.is_none() {
            *self = Self { is_large: true, ..Self::new() };
        }
        found
    }

    fn whole_difference(&mut self, replacement: Replacement<'_>) -> Option<Function> {
        let Replacement { tree, node, with, needed } = replacement;
        // A change to what is asked of objects is one of the condition on the event.
        let mut outer = node;
        while let Some(around) = tree.nodes[outer].nested {
            outer = around;
        }
        self.node(tree, 0, None)?;
        let own = self.node(tree, outer, None)?;
        let other = self.node(tree, outer, Some((node, with)))?;
        let differ = self.manager.xor(own, other)?;
        let care = self.care(tree, outer)?;
        let differ = self.manager.and(differ, care)?;
        let needed = self.free(needed, &None)?;
        let differ = self.manager.and(differ, needed)?;
        self.constrained(differ)
    }

    /// Where the filter turns with one of its nodes; `None` where that is too large.
    fn care(&mut self, tree: &Tree<'_>, at: usize) -> Option<Function> {
        let Some(parent) = tree.nodes[at].parent else { return Some(TRUE) };
        if let Some(known) = self.cares.get(&at) {
            return Some(*known);
        }
        let around = self.care(tree, parent)?;
        let parts = tree.nodes[parent].parts.iter().rev();
        let others: Vec<usize> = parts.copied().filter(|part| *part != at).collect();
        let others: Vec<Function> =
            others.into_iter().map(|part| self.node(tree, part, None)).collect::<Option<_>>()?;
        let decides = match tree.nodes[parent].predicate {
            Predicate::And(_) => self.all(&others)?,
            Predicate::Or(_) => {
                let nots = others.iter().map(|one| self.manager.not(*one));
                let nots: Vec<Function> = nots.collect::<Option<_>>()?;
                self.all(&nots)?
            }
            Predicate::AtLeast { count, .. } => {
                let before = match count.checked_sub(1) {
                    Some(less) => self.at_least(less, &others)?,
                    None => FALSE,
                };
                let enough = self.at_least(*count, &others)?;
                let not = self.manager.not(enough)?;
                self.manager.and(before, not)?
            }
            Predicate::Not(_)
            | Predicate::Nested { .. }
            | Predicate::Const(_)
            | Predicate::Leaf(_) => TRUE,
        };
        let care = self.manager.and(around, decides)?;
        self.cares.insert(at, care);
        Some(care)
    }

    /// Where all functions are true.
    fn all(&mut self, functions: &[Function]) -> Option<Function> {
        let mut functions = self.rising(functions).into_iter();
        functions.try_fold(TRUE, |all, one| self.manager.and(one, all))
    }

    /// Where one of them is.
    fn any(&mut self, functions: &[Function]) -> Option<Function> {
        let mut functions = self.rising(functions).into_iter();
        functions.try_fold(FALSE, |any, one| self.manager.or(one, any))
    }

    /// Functions in the order in which each comes on top of those before it.
    fn rising(&self, functions: &[Function]) -> Vec<Function> {
        let mut functions = functions.to_vec();
        functions.sort_by_key(|function| Reverse(self.manager.top(*function)));
        functions
    }

    /// By node, whether it is a leaf that a fact ties to another one, or that stands
    /// twice; `None` where conditions are nested.
    pub(crate) fn tied(&mut self, tree: &Tree<'_>) -> Option<Vec<bool>> {
        let variables = self.variables(tree)?;
        let mut count: FxHashMap<u32, usize> = FxHashMap::default();
        variables.iter().for_each(|variable| *count.entry(*variable).or_default() += 1);
        let is_tied = |variable: &u32| {
            *variable != u32::MAX
                && (count.get(variable).is_some_and(|count| *count > 1)
                    || self.facts.never.contains(variable)
                    || !self.facts.after(*variable).is_empty()
                    || !self.facts.before(*variable).is_empty())
        };
        Some(variables.iter().map(is_tied).collect())
    }

    /// Makes ready for questions about another filter: what is known of leaves stays.
    pub(crate) fn turn_to_another(&mut self) {
        self.own = None;
        self.functions.clear();
        self.cares.clear();
        self.tidy();
    }

    /// The fact that ties leaves of a part of a tree to a leaf beside it; `None` where
    /// there is none, or where conditions are nested.
    pub(crate) fn tie(&mut self, tree: &Tree<'_>, own: &[usize]) -> Option<Tie> {
        let variables = self.variables(tree)?;
        let is_leaf = |at: &usize| variables[*at] != u32::MAX;
        let leaves = || own.iter().copied().filter(is_leaf);
        if leaves().any(|at| self.facts.never.contains(&variables[at])) {
            return Some(Tie::Never);
        }
        let others = || (0..variables.len()).filter(is_leaf).filter(|at| !own.contains(at));
        leaves().find_map(|at| {
            let (after, before) =
                (self.facts.after(variables[at]), self.facts.before(variables[at]));
            let twice = others().find(|other| variables[*other] == variables[at]);
            let from = others().find(|other| before.contains(&variables[*other]));
            let to = others().find(|other| after.contains(&variables[*other]));
            twice.map(Tie::Twice).or(from.map(Tie::Follows)).or(to.map(Tie::Implies))
        })
    }

    /// Forgets all functions where they take much room, and the variables of changes.
    pub(crate) fn tidy(&mut self) {
        if self.manager.is_half_full() {
            *self = Self { is_large: self.is_large, ..Self::new() };
        }
    }
}
