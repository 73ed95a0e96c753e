//! A predicate as numbered nodes, with their values and their care.
//!
//! The *value* of a node is the set of rows that fulfil it; its *care* the set
//! of rows on which the outcome of the whole would turn if the node's value on
//! that row alone did. One pass upwards gives the values, one pass downwards
//! the care: nothing is evaluated twice.

use std::collections::HashMap;

use super::bits::Bits;
use super::rows::Rows;
use harness_predicate::{Column, Leaf, Predicate, Test};
use harness_source::effort;

/// How many rows of a node are a step of the rule's watchdog.
const ROWS_OF_A_STEP: usize = 64;

/// A predicate, parents before their parts.
#[derive(Debug)]
pub(crate) struct Tree<'p> {
    pub(crate) nodes: Vec<Node<'p>>,
}

/// One node.
#[derive(Debug)]
pub(crate) struct Node<'p> {
    pub(crate) predicate: &'p Predicate,
    pub(crate) parent: Option<usize>,
    pub(crate) parts: Vec<usize>,
    /// The nested node around it, whose objects are its rows; `None` at the root.
    pub(crate) nested: Option<usize>,
}

/// What happens to parts of a list that say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coupling {
    /// They turn together: a clause stated twice is one condition.
    Coupled,
    /// Each turns alone.
    Independent,
}

impl<'p> Tree<'p> {
    pub(crate) fn new(predicate: &'p Predicate) -> Self {
        let mut tree = Self { nodes: Vec::new() };
        tree.add(predicate, None, None);
        tree
    }

    fn add(&mut self, predicate: &'p Predicate, parent: Option<usize>, nested: Option<usize>) {
        let at = self.nodes.len();
        if let Some(parent) = parent {
            self.nodes[parent].parts.push(at);
        }
        self.nodes.push(Node { predicate, parent, parts: Vec::new(), nested });
        match predicate {
            Predicate::Const(_) | Predicate::Leaf(_) => {}
            Predicate::Not(inner) => self.add(inner, Some(at), nested),
            Predicate::Nested { inner, .. } => self.add(inner, Some(at), Some(at)),
            Predicate::And(parts) | Predicate::Or(parts) | Predicate::AtLeast { of: parts, .. } => {
                parts.iter().for_each(|part| self.add(part, Some(at), nested));
            }
        }
    }

    /// A node and all below it.
    pub(crate) fn below(&self, node: usize) -> Vec<usize> {
        let mut found = vec![node];
        let mut at = 0;
        while at < found.len() {
            found.extend(&self.nodes[found[at]].parts);
            at += 1;
        }
        found
    }

    /// The rows that a node ranges over.
    pub(crate) fn universe(&self, node: usize, rows: &Rows) -> Bits {
        match self.nodes[node].nested.map(|nested| self.nodes[nested].predicate) {
            Some(Predicate::Nested { path, .. }) => rows.of(path),
            Some(_) | None => rows.roots().clone(),
        }
    }

    /// The value of every node; `truth` gives the rows that pass a leaf.
    pub(crate) fn values(&self, rows: &Rows, truth: &dyn Fn(&Leaf) -> Bits) -> Vec<Bits> {
        effort::spend(self.nodes.len() * (1 + rows.size() / ROWS_OF_A_STEP));
        let mut values = vec![Bits::default(); self.nodes.len()];
        for at in (0..self.nodes.len()).rev() {
            let universe = self.universe(at, rows);
            values[at] = self.value(at, rows, &universe, &values, truth);
        }
        values
    }

    /// The value of the whole where its root ranges over these rows.
    pub(crate) fn values_in(
        &self,
        rows: &Rows,
        universe: &Bits,
        truth: &dyn Fn(&Leaf) -> Bits,
    ) -> Bits {
        effort::spend(self.nodes.len() * (1 + rows.size() / ROWS_OF_A_STEP));
        let mut values = vec![Bits::default(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let inside = node.nested.map(|_| self.universe(at, rows));
            let universe = inside.as_ref().unwrap_or(universe);
            values[at] = self.value(at, rows, universe, &values, truth);
        }
        values.swap_remove(0)
    }

    /// The value of the whole where one node has another value.
    pub(crate) fn root_with(&self, rows: &Rows, values: &[Bits], node: usize, value: Bits) -> Bits {
        let mut values = values.to_vec();
        values[node] = value;
        let mut at = node;
        while let Some(parent) = self.nodes[at].parent {
            at = parent;
            let universe = self.universe(at, rows);
            let none = |_: &Leaf| Bits::none(rows.size());
            values[at] = self.value(at, rows, &universe, &values, &none);
        }
        values.swap_remove(0)
    }

    /// The value of a node from those of its parts.
    fn value(
        &self,
        at: usize,
        rows: &Rows,
        universe: &Bits,
        values: &[Bits],
        truth: &dyn Fn(&Leaf) -> Bits,
    ) -> Bits {
        let node = &self.nodes[at];
        let mut parts = node.parts.iter().map(|part| &values[*part]);
        match node.predicate {
            Predicate::Const(true) => universe.clone(),
            Predicate::Const(false) => Bits::none(rows.size()),
            Predicate::Leaf(leaf) => truth(leaf).and(universe),
            Predicate::Not(_) => parts.fold(universe.clone(), |left, part| left.minus(part)),
            Predicate::And(_) => parts.fold(universe.clone(), |left, part| left.and(part)),
            Predicate::Or(_) => parts.fold(Bits::none(rows.size()), |any, part| any.or(part)),
            Predicate::AtLeast { count, .. } => {
                let counts = counts(rows.size(), &parts.collect::<Vec<_>>());
                let enough = universe.iter().filter(|row| counts[*row] >= *count);
                Bits::of(rows.size(), enough)
            }
            Predicate::Nested { .. } => {
                let inner = parts.next().into_iter().flat_map(Bits::iter);
                let around = inner.filter_map(|row| rows.around(row, universe));
                Bits::of(rows.size(), around)
            }
        }
    }

    /// The care of every node.
    pub(crate) fn care(&self, rows: &Rows, values: &[Bits], coupling: Coupling) -> Vec<Bits> {
        effort::spend(self.nodes.len() * (1 + rows.size() / ROWS_OF_A_STEP));
        let mut care = vec![Bits::none(rows.size()); self.nodes.len()];
        if let Some(root) = care.first_mut() {
            root.clone_from(rows.roots());
        }
        for (at, node) in self.nodes.iter().enumerate() {
            let own = care[at].clone();
            let groups = self.groups(&node.parts, coupling);
            match node.predicate {
                Predicate::Const(_) | Predicate::Leaf(_) => {}
                Predicate::Not(_) => node.parts.iter().for_each(|part| care[*part] = own.clone()),
                Predicate::And(_) => {
                    others(&own, &groups, |left, part| left.and(&values[part]), &mut care);
                }
                Predicate::Or(_) => {
                    others(&own, &groups, |left, part| left.minus(&values[part]), &mut care);
                }
                Predicate::AtLeast { count, .. } => {
                    let parts: Vec<&Bits> = node.parts.iter().map(|part| &values[*part]).collect();
                    let counts = counts(rows.size(), &parts);
                    for group in groups {
                        let turns = |row: &usize| {
                            let size = group.len();
                            let held = group.iter().filter(|part| values[**part].has(*row));
                            let rest = counts[*row] - held.count();
                            rest < *count && rest + size >= *count
                        };
                        let decides = Bits::of(rows.size(), own.iter().filter(turns));
                        group.iter().for_each(|part| care[*part] = decides.clone());
                    }
                }
                Predicate::Nested { .. } => {
                    let universe = self.universe(at, rows);
                    for part in &node.parts {
                        let mut held = vec![0_usize; rows.size()];
                        for row in values[*part].iter() {
                            if let Some(around) = rows.around(row, &universe) {
                                held[around] += 1;
                            }
                        }
                        let inside = self.universe(*part, rows);
                        let decides = inside.iter().filter(|row| {
                            rows.around(*row, &universe).is_some_and(|around| {
                                let itself = usize::from(values[*part].has(*row));
                                own.has(around) && held[around] == itself
                            })
                        });
                        care[*part] = Bits::of(rows.size(), decides);
                    }
                }
            }
        }
        care
    }

    /// The parts of a list, those that turn together in one group.
    fn groups(&self, parts: &[usize], coupling: Coupling) -> Vec<Vec<usize>> {
        let mut known: HashMap<(&Column, &Test), usize> = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::with_capacity(parts.len());
        for part in parts {
            if let (Predicate::Leaf(leaf), Coupling::Coupled) =
                (self.nodes[*part].predicate, coupling)
            {
                let group = *known.entry((&leaf.column, &leaf.test)).or_insert(groups.len());
                if let Some(group) = groups.get_mut(group) {
                    group.push(*part);
                    continue;
                }
            }
            groups.push(vec![*part]);
        }
        groups
    }
}

/// Gives each group the rows that all other groups leave to it.
fn others(
    own: &Bits,
    groups: &[Vec<usize>],
    narrow: impl Fn(&Bits, usize) -> Bits,
    care: &mut [Bits],
) {
    let mut before = own.clone();
    let mut left: Vec<Bits> = Vec::with_capacity(groups.len());
    for group in groups {
        left.push(before.clone());
        before = narrow(&before, group[0]);
    }
    let mut behind = own.clone();
    for (group, left) in groups.iter().zip(left).rev() {
        let decides = left.and(&behind);
        group.iter().for_each(|part| care[*part].clone_from(&decides));
        behind = narrow(&behind, group[0]);
    }
}

/// How many of the sets hold each row.
fn counts(size: usize, sets: &[&Bits]) -> Vec<usize> {
    let mut counts = vec![0; size];
    sets.iter().flat_map(|set| set.iter()).for_each(|row| counts[row] += 1);
    counts
}
