//! Whether some combination of leaves makes a changed filter differ: a search
//! by demands on nodes.
//!
//! A demand on a node is one on its parts. Where it is a choice among them,
//! one is tried, then the others; the facts that tie leaves together decide
//! most choices before. The search is whole: where it ends, it is right.

use super::implications::Implications;
use crate::clause::tree::Tree;
use harness_predicate::Predicate;
use harness_source::limits;

/// The most choices that are tried.
const MAX_STEPS: usize = limits::PROOF_CHOICES.most;

/// A predicate without nested conditions.
#[derive(Clone, Copy)]
pub(crate) struct Side<'t> {
    pub(crate) tree: &'t Tree<'t>,
    /// The variables of leaves, by node; of other nodes it says nothing.
    pub(crate) variables: &'t [u32],
}

/// This node has to have this value.
#[derive(Clone, Copy)]
struct Demand<'s> {
    side: Side<'s>,
    node: usize,
    value: bool,
}

/// So many of these nodes have to have this value.
#[derive(Clone)]
struct Choice<'s> {
    side: Side<'s>,
    of: Vec<usize>,
    value: bool,
    count: usize,
}

/// A filter with another condition in place of one node.
#[derive(Clone, Copy)]
pub(crate) struct Sides<'s> {
    pub(crate) own: Side<'s>,
    pub(crate) node: usize,
    pub(crate) with: Side<'s>,
    /// What holds of all events that matter.
    pub(crate) needed: Side<'s>,
}

/// Whether a filter and its change differ.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// They do wherever these variables have these values.
    Differs(Vec<(u32, bool)>),
    /// They do not.
    Same,
    /// The search was given up.
    Unknown,
}

/// What is found so far.
struct Search<'s> {
    facts: &'s Implications,
    /// What variables are to be if it does not matter.
    base: &'s dyn Fn(u32) -> bool,
    /// By variable.
    values: Vec<Option<bool>>,
    /// The variables that have a value, in the order in which they got it.
    set: Vec<u32>,
    steps: usize,
}

/// Whether a filter and its change differ: of two ways found, that with fewer
/// changes to `base`, which is right for so many variables.
pub(crate) fn search(
    sides: Sides<'_>,
    facts: &Implications,
    variables: usize,
    base: &dyn Fn(u32) -> bool,
) -> Answer {
    let Sides { own, node, with, needed } = sides;
    let mut ways = Vec::new();
    let mut is_whole = true;
    for value in [true, false] {
        let mut demands = vec![
            Demand { side: needed, node: 0, value: true },
            Demand { side: with, node: 0, value: !value },
            Demand { side: own, node, value },
        ];
        let mut choices = Vec::new();
        expose(own, node, &mut demands, &mut choices);
        let values = vec![None; variables];
        let mut search = Search { facts, base, values, set: Vec::new(), steps: 0 };
        match search.can_be(demands, choices) {
            Some(true) => ways.push(search.found()),
            Some(false) => {}
            None => is_whole = false,
        }
    }
    let changes = |way: &Vec<(u32, bool)>| {
        way.iter().filter(|(variable, value)| base(*variable) != *value).count()
    };
    match ways.into_iter().min_by_key(changes) {
        Some(way) => Answer::Differs(way),
        None if is_whole => Answer::Same,
        None => Answer::Unknown,
    }
}

/// Demands of all around a node that it decides.
fn expose<'s>(
    side: Side<'s>,
    node: usize,
    demands: &mut Vec<Demand<'s>>,
    choices: &mut Vec<Choice<'s>>,
) {
    let mut below = node;
    while let Some(above) = side.tree.nodes[below].parent {
        let parts = side.tree.nodes[above].parts.iter().copied();
        let others: Vec<usize> = parts.filter(|part| *part != below).collect();
        let all = |value| others.iter().map(move |node| Demand { side, node: *node, value });
        match side.tree.nodes[above].predicate {
            Predicate::And(_) => demands.extend(all(true)),
            Predicate::Or(_) => demands.extend(all(false)),
            // One less than enough of them hold.
            Predicate::AtLeast { count, .. } => {
                let held = count.saturating_sub(1);
                let failed = (others.len() + 1).saturating_sub(*count);
                choices.push(Choice { side, of: others.clone(), value: true, count: held });
                choices.push(Choice { side, of: others, value: false, count: failed });
            }
            Predicate::Not(_)
            | Predicate::Const(_)
            | Predicate::Leaf(_)
            | Predicate::Nested { .. } => {}
        }
        below = above;
    }
}

impl<'s> Search<'s> {
    /// Whether all that is demanded can be at once.
    fn can_be(
        &mut self,
        mut demands: Vec<Demand<'s>>,
        mut choices: Vec<Choice<'s>>,
    ) -> Option<bool> {
        loop {
            while let Some(demand) = demands.pop() {
                if !self.demand(demand, &mut demands, &mut choices) {
                    return Some(false);
                }
            }
            let Some(left) = self.left(choices, &mut demands) else { return Some(false) };
            choices = left;
            if demands.is_empty() {
                break;
            }
        }
        let Some(narrowest) = (0..choices.len()).min_by_key(|at| choices[*at].of.len()) else {
            // Leaves that nobody asked for fail.
            return Some(true);
        };
        let Choice { side, value: wanted, count, .. } = choices[narrowest];
        let of = &mut choices[narrowest].of;
        let is_so = |node: &usize| value(side, *node, &|it| Some((self.base)(it))) == Some(wanted);
        let node = of.swap_remove(of.iter().position(is_so).unwrap_or(0));
        for value in [wanted, !wanted] {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return None;
            }
            choices[narrowest].count = if value == wanted { count - 1 } else { count };
            let before = self.set.len();
            let found = self.can_be(vec![Demand { side, node, value }], choices.clone());
            if found != Some(false) {
                return found;
            }
            for variable in self.set.drain(before..) {
                self.values[variable as usize] = None;
            }
        }
        Some(false)
    }

    /// Makes a demand one on parts, or on a leaf; whether that can be.
    fn demand(
        &mut self,
        Demand { side, node, value }: Demand<'s>,
        demands: &mut Vec<Demand<'s>>,
        choices: &mut Vec<Choice<'s>>,
    ) -> bool {
        let parts = &side.tree.nodes[node].parts;
        let mut some = |count| choices.push(Choice { side, of: parts.clone(), value, count });
        match side.tree.nodes[node].predicate {
            Predicate::Const(is) => return *is == value,
            Predicate::Leaf(_) => return self.set(side.variables[node], value),
            // A side has none.
            Predicate::Nested { .. } => return false,
            Predicate::Not(_) => {
                demands.extend(parts.iter().map(|node| Demand {
                    side,
                    node: *node,
                    value: !value,
                }));
            }
            Predicate::And(_) => some(if value { parts.len() } else { 1 }),
            Predicate::Or(_) => some(if value { 1 } else { parts.len() }),
            Predicate::AtLeast { count, .. } if value => some(*count),
            Predicate::AtLeast { count, .. } => some((parts.len() + 1).saturating_sub(*count)),
        }
        true
    }

    /// Gives a variable a value, and others what follows; whether that can be.
    fn set(&mut self, variable: u32, value: bool) -> bool {
        let mut open = vec![variable];
        while let Some(variable) = open.pop() {
            match self.values[variable as usize] {
                Some(is) if is == value => continue,
                Some(_) => return false,
                None => {}
            }
            if value && self.facts.never.contains(&variable) {
                return false;
            }
            self.values[variable as usize] = Some(value);
            self.set.push(variable);
            open.extend(if value {
                self.facts.after(variable)
            } else {
                self.facts.before(variable)
            });
        }
        true
    }

    /// The choices that are still open; those that are none any more become
    /// demands. `None` where one cannot be met.
    fn left(
        &self,
        choices: Vec<Choice<'s>>,
        demands: &mut Vec<Demand<'s>>,
    ) -> Option<Vec<Choice<'s>>> {
        let mut left = Vec::new();
        for mut choice in choices {
            let (side, value) = (choice.side, choice.value);
            choice.of.retain(|node| match self.known(side, *node) {
                Some(is) => {
                    choice.count = choice.count.saturating_sub(usize::from(is == value));
                    false
                }
                None => true,
            });
            if choice.count > choice.of.len() {
                return None;
            }
            if choice.count == choice.of.len() {
                demands.extend(choice.of.iter().map(|node| Demand { side, node: *node, value }));
            } else if choice.count > 0 {
                left.push(choice);
            }
        }
        Some(left)
    }

    /// What has a value.
    fn found(&self) -> Vec<(u32, bool)> {
        let value = |variable: &u32| Some((*variable, self.values[*variable as usize]?));
        self.set.iter().filter_map(value).collect()
    }

    /// The value of a node, where the values of leaves so far tell it.
    fn known(&self, side: Side<'_>, node: usize) -> Option<bool> {
        value(side, node, &|variable| self.values[variable as usize])
    }
}

/// The value of a node, where those of variables tell it.
fn value(side: Side<'_>, node: usize, of: &dyn Fn(u32) -> Option<bool>) -> Option<bool> {
    let parts = &side.tree.nodes[node].parts;
    let enough = |count: usize| {
        let (mut held, mut open) = (0, 0);
        if count == 0 {
            return Some(true);
        }
        for part in parts {
            match value(side, *part, of) {
                Some(true) => held += 1,
                Some(false) => {}
                None => open += 1,
            }
            if held >= count {
                return Some(true);
            }
        }
        (held + open < count).then_some(false)
    };
    match side.tree.nodes[node].predicate {
        Predicate::Const(is) => Some(*is),
        Predicate::Leaf(_) => of(side.variables[node]),
        Predicate::Nested { .. } => None,
        Predicate::Not(_) => value(side, *parts.first()?, of).map(|is| !is),
        Predicate::And(_) => enough(parts.len()),
        Predicate::Or(_) => enough(1),
        Predicate::AtLeast { count, .. } => enough(*count),
    }
}
