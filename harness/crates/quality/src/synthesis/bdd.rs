//! Binary decision diagrams: Boolean functions in canonical form.
//!
//! Two functions are the same exactly when their diagrams are. Everything is
//! bounded; beyond the bounds there is no answer.

use std::collections::hash_map::Entry;

use harness_source::limits;
use rustc_hash::{FxHashMap, FxHashSet};

/// A diagram: a number of its manager.
pub(crate) type Function = u32;

/// The function that is false everywhere.
pub(crate) const FALSE: Function = 0;
/// The function that is true everywhere.
pub(crate) const TRUE: Function = 1;

/// The most nodes of all diagrams of a manager.
const MAX_NODES: usize = limits::PROOF_NODES.most;
/// The most variables: diagrams are walked by recursion.
const MAX_VARIABLES: u32 = 2_000;
const _: () = assert!(MAX_VARIABLES as usize == limits::PROOF_VARIABLES.most, "the table has it");

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Node {
    variable: u32,
    low: Function,
    high: Function,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Op {
    And,
    Or,
    Xor,
}

/// Holds diagrams over numbered variables, the lowest at the top.
#[derive(Debug)]
pub(crate) struct Manager {
    nodes: Vec<Node>,
    unique: FxHashMap<Node, Function>,
    known: FxHashMap<(Op, Function, Function), Function>,
}

impl Manager {
    pub(crate) fn new() -> Self {
        let leaf = Node { variable: u32::MAX, low: FALSE, high: FALSE };
        Self { nodes: vec![leaf, leaf], unique: FxHashMap::default(), known: FxHashMap::default() }
    }

    /// Whether half of the room is taken.
    pub(crate) fn is_half_full(&self) -> bool {
        self.nodes.len() > MAX_NODES / 2
    }

    /// The first variable that a function depends on.
    pub(crate) fn top(&self, function: Function) -> u32 {
        self.nodes[function as usize].variable
    }

    /// The function of one variable.
    pub(crate) fn variable(&mut self, variable: u32) -> Option<Function> {
        (variable < MAX_VARIABLES).then_some(())?;
        self.node(Node { variable, low: FALSE, high: TRUE })
    }

    fn node(&mut self, node: Node) -> Option<Function> {
        if node.low == node.high {
            return Some(node.low);
        }
        match self.unique.entry(node) {
            Entry::Occupied(known) => Some(*known.get()),
            Entry::Vacant(place) => {
                let number = u32::try_from(self.nodes.len()).ok()?;
                (self.nodes.len() < MAX_NODES).then_some(())?;
                self.nodes.push(node);
                Some(*place.insert(number))
            }
        }
    }

    pub(crate) fn and(&mut self, a: Function, b: Function) -> Option<Function> {
        self.apply(Op::And, a, b)
    }

    pub(crate) fn or(&mut self, a: Function, b: Function) -> Option<Function> {
        self.apply(Op::Or, a, b)
    }

    pub(crate) fn xor(&mut self, a: Function, b: Function) -> Option<Function> {
        self.apply(Op::Xor, a, b)
    }

    pub(crate) fn not(&mut self, a: Function) -> Option<Function> {
        self.xor(a, TRUE)
    }

    /// Implication: whether `b` holds wherever `a` does.
    pub(crate) fn implication(&mut self, a: Function, b: Function) -> Option<Function> {
        let not = self.not(a)?;
        self.or(not, b)
    }

    fn apply(&mut self, op: Op, a: Function, b: Function) -> Option<Function> {
        let (a, b) = (a.min(b), a.max(b));
        match (op, a, b) {
            (Op::And, FALSE, _) => return Some(FALSE),
            (Op::And, TRUE, other) | (Op::Or | Op::Xor, FALSE, other) => return Some(other),
            (Op::Or, TRUE, _) => return Some(TRUE),
            (Op::And | Op::Or, _, _) if a == b => return Some(a),
            (Op::Xor, _, _) if a == b => return Some(FALSE),
            (Op::And | Op::Or | Op::Xor, _, _) => {}
        }
        if let Some(known) = self.known.get(&(op, a, b)) {
            return Some(*known);
        }
        let (left, right) = (self.nodes[a as usize], self.nodes[b as usize]);
        let variable = left.variable.min(right.variable);
        let side = |node: Node, own: Function, high: bool| match node.variable == variable {
            true if high => node.high,
            true => node.low,
            false => own,
        };
        let low = self.apply(op, side(left, a, false), side(right, b, false))?;
        let high = self.apply(op, side(left, a, true), side(right, b, true))?;
        let made = self.node(Node { variable, low, high })?;
        self.known.insert((op, a, b), made);
        Some(made)
    }

    /// The variables that a function depends on, ascending.
    pub(crate) fn support(&self, function: Function) -> Vec<u32> {
        let mut seen: FxHashSet<Function> = FxHashSet::default();
        let mut found = std::collections::BTreeSet::new();
        let mut open = vec![function];
        while let Some(at) = open.pop() {
            if at > TRUE && seen.insert(at) {
                let node = self.nodes[at as usize];
                found.insert(node.variable);
                open.extend([node.low, node.high]);
            }
        }
        found.into_iter().collect()
    }

    /// The value of a function.
    pub(crate) fn value(&self, function: Function, of: &dyn Fn(u32) -> bool) -> bool {
        let mut at = function;
        while at > TRUE {
            let node = self.nodes[at as usize];
            at = if of(node.variable) { node.high } else { node.low };
        }
        at == TRUE
    }

    /// Values of variables that make a function true with the least changes to
    /// `base`: which have to be what, and how many of them change.
    pub(crate) fn nearest(
        &self,
        function: Function,
        base: &dyn Fn(u32) -> bool,
    ) -> Option<(usize, Vec<(u32, bool)>)> {
        let (cost, path) = self.cheapest(function, base, &|_| 1)?;
        Some((usize::try_from(cost).unwrap_or(usize::MAX), path))
    }

    /// Values of variables that make a function true at the least cost: a
    /// variable that differs from `base` costs its weight.
    pub(crate) fn cheapest(
        &self,
        function: Function,
        base: &dyn Fn(u32) -> bool,
        weight: &dyn Fn(u32) -> u64,
    ) -> Option<(u64, Vec<(u32, bool)>)> {
        if function == FALSE {
            return None;
        }
        let prices = Prices { base, weight };
        let mut costs = FxHashMap::from_iter([(FALSE, u64::MAX), (TRUE, 0)]);
        let total = self.cost(function, prices, &mut costs);
        let mut path = Vec::new();
        let mut at = function;
        while at > TRUE {
            let node = self.nodes[at as usize];
            let (low, high) = prices.choices(node, &costs);
            let value = high < low || (high == low && base(node.variable));
            path.push((node.variable, value));
            at = if value { node.high } else { node.low };
        }
        Some((total, path))
    }

    fn cost(
        &self,
        function: Function,
        prices: Prices<'_>,
        costs: &mut FxHashMap<Function, u64>,
    ) -> u64 {
        if let Some(known) = costs.get(&function) {
            return *known;
        }
        let node = self.nodes[function as usize];
        self.cost(node.low, prices, costs);
        self.cost(node.high, prices, costs);
        let (low, high) = prices.choices(node, costs);
        costs.insert(function, low.min(high));
        low.min(high)
    }
}

/// What it costs to give variables values.
#[derive(Clone, Copy)]
struct Prices<'p> {
    /// What variables are.
    base: &'p dyn Fn(u32) -> bool,
    /// What it costs to change one.
    weight: &'p dyn Fn(u32) -> u64,
}

impl Prices<'_> {
    /// The cost of a node where its variable is false, and where it is true.
    fn choices(self, node: Node, costs: &FxHashMap<Function, u64>) -> (u64, u64) {
        let is = (self.base)(node.variable);
        let cost = |next: Function, value: bool| {
            let own = if is == value { 0 } else { (self.weight)(node.variable) };
            costs.get(&next).copied().unwrap_or(u64::MAX).saturating_add(own)
        };
        (cost(node.low, false), cost(node.high, true))
    }
}
