//! Matches a regular expression by its tree, without an automaton.
//!
//! A node maps a set of positions where it may begin to the set of positions
//! where it may end. Simple enough to be believed, and slow.

use super::ast::{CharSet, Interval, Node};

/// Positions in a text; one flag a position, the end included.
type Positions = Vec<bool>;

/// Whether the whole of `text` matches.
pub(super) fn matches(root: &Node, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut start = vec![false; text.len() + 1];
    start[0] = true;
    ends(root, &text, &start)[text.len()]
}

/// Where `node` may end when it begins at one of `starts`.
fn ends(node: &Node, text: &[char], starts: &Positions) -> Positions {
    match node {
        Node::Nothing => vec![false; starts.len()],
        Node::AnyString => from_first(starts),
        Node::Class(set) => one_of(set, text, starts),
        Node::Text(sets) => {
            sets.iter().fold(starts.clone(), |starts, set| one_of(set, text, &starts))
        }
        Node::Concat(nodes) => {
            nodes.iter().fold(starts.clone(), |starts, node| ends(node, text, &starts))
        }
        Node::Union(nodes) => {
            let all = nodes.iter().map(|node| ends(node, text, starts));
            all.fold(vec![false; starts.len()], |all, one| zip(&all, &one, |a, b| a || b))
        }
        Node::Intersection(nodes) => by_start(starts, |start| {
            let all = nodes.iter().map(|node| ends(node, text, start));
            all.fold(vec![true; starts.len()], |all, one| zip(&all, &one, |a, b| a && b))
        }),
        Node::Complement(node) => by_start(starts, |start| {
            zip(&from_first(start), &ends(node, text, start), |here, taken| here && !taken)
        }),
        Node::Repeat { node, min, max } => repeat(node, *min, *max, text, starts),
        Node::Interval(interval) => by_start(starts, |start| {
            let first = start.iter().position(|&here| here).unwrap_or(text.len());
            (0..starts.len())
                .map(|end| end > first && is_within(*interval, &text[first..end]))
                .collect()
        }),
    }
}

/// One position on where a character of the set is.
fn one_of(set: &CharSet, text: &[char], starts: &Positions) -> Positions {
    let mut found = vec![false; starts.len()];
    for (at, &c) in text.iter().enumerate() {
        found[at + 1] = starts[at] && set.contains(c);
    }
    found
}

fn repeat(node: &Node, min: u32, max: Option<u32>, text: &[char], starts: &Positions) -> Positions {
    let mut now = starts.clone();
    for _ in 0..min {
        let next = ends(node, text, &now);
        if next == now {
            break;
        }
        now = next;
    }
    let (mut found, mut fresh, mut times) = (now.clone(), now, min);
    while max.is_none_or(|max| times < max) && fresh.contains(&true) {
        let next = ends(node, text, &fresh);
        fresh = zip(&next, &found, |reached, known| reached && !known);
        found = zip(&found, &fresh, |known, new| known || new);
        times = times.saturating_add(1);
    }
    found
}

/// Unites the results for each start alone, for nodes that relate a start and
/// its own ends.
fn by_start(starts: &Positions, ends: impl Fn(&Positions) -> Positions) -> Positions {
    let mut found = vec![false; starts.len()];
    for (at, _) in starts.iter().enumerate().filter(|&(_, &here)| here) {
        let mut start = vec![false; starts.len()];
        start[at] = true;
        found = zip(&found, &ends(&start), |known, new| known || new);
    }
    found
}

/// All positions from the first start on.
fn from_first(starts: &Positions) -> Positions {
    let first = starts.iter().position(|&here| here).unwrap_or(starts.len());
    (0..starts.len()).map(|at| at >= first).collect()
}

fn zip(a: &Positions, b: &Positions, join: impl Fn(bool, bool) -> bool) -> Positions {
    a.iter().zip(b).map(|(&a, &b)| join(a, b)).collect()
}

/// Whether digits spell a number of the interval.
fn is_within(interval: Interval, digits: &[char]) -> bool {
    if interval.digits.is_some_and(|count| count != digits.len()) {
        return false;
    }
    let mut value: u64 = 0;
    for c in digits {
        let Some(digit) = c.to_digit(10) else {
            return false;
        };
        value = value.saturating_mul(10).saturating_add(u64::from(digit));
    }
    (u64::from(interval.min)..=u64::from(interval.max)).contains(&value)
}
