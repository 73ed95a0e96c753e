//! Spells out numeric intervals as digits.

use super::ast::{CharSet, Interval, Node};

/// An expression for the numbers of an interval.
pub(super) fn expand(interval: Interval) -> Node {
    let Interval { min, max, digits } = interval;
    if let Some(digits) = digits {
        // No number has more than ten digits of its own.
        let own = digits.min(10);
        let (low, high) = (format!("{min:0own$}"), format!("{max:0own$}"));
        let zeros = repeated(digit(b'0', b'0'), digits - own);
        return Node::Concat(vec![zeros, between(low.as_bytes(), high.as_bytes())]);
    }
    let lengths = length(min)..=length(max);
    let by_length = lengths.map(|length| {
        let least = if length == 1 { 0 } else { 10_u64.pow(length - 1) };
        let most = 10_u64.pow(length) - 1;
        let low = u64::from(min).max(least).to_string();
        let high = u64::from(max).min(most).to_string();
        between(low.as_bytes(), high.as_bytes())
    });
    let zeros = Node::Repeat { node: Box::new(digit(b'0', b'0')), min: 0, max: None };
    Node::Concat(vec![zeros, Node::Union(by_length.collect())])
}

/// How many digits a number has.
fn length(number: u32) -> u32 {
    number.checked_ilog10().unwrap_or(0) + 1
}

/// Digit strings from `low` to `high`, all three of one length.
fn between(low: &[u8], high: &[u8]) -> Node {
    let (Some((&first, low)), Some((&last, high))) = (low.split_first(), high.split_first()) else {
        return Node::Text(Vec::new());
    };
    let all_zeros = first == b'0' && low.iter().all(|&digit| digit == b'0');
    if all_zeros && last == b'9' && high.iter().all(|&digit| digit == b'9') {
        return repeated(digit(first, last), low.len() + 1);
    }
    if first == last {
        return Node::Concat(vec![digit(first, last), between(low, high)]);
    }
    let mut ways = vec![
        Node::Concat(vec![digit(first, first), between(low, &vec![b'9'; low.len()])]),
        Node::Concat(vec![digit(last, last), between(&vec![b'0'; high.len()], high)]),
    ];
    if first + 1 < last {
        let middle = digit(first + 1, last - 1);
        ways.push(Node::Concat(vec![middle, repeated(digit(b'0', b'9'), low.len())]));
    }
    Node::Union(ways)
}

fn digit(low: u8, high: u8) -> Node {
    Node::Class(CharSet::new(vec![(u32::from(low), u32::from(high))]))
}

fn repeated(node: Node, times: usize) -> Node {
    let times = u32::try_from(times).unwrap_or(u32::MAX);
    Node::Repeat { node: Box::new(node), min: times, max: Some(times) }
}
