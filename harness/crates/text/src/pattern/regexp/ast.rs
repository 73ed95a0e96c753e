//! The tree of a regular expression, with case and escapes resolved.

/// The greatest Unicode code point.
pub(super) const MAX: u32 = char::MAX as u32;

/// A set of characters as sorted, disjoint, non-adjacent ranges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CharSet {
    ranges: Vec<(u32, u32)>,
}

impl CharSet {
    /// The union of inclusive ranges, in any order.
    pub(super) fn new(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self { ranges: merged }
    }

    /// Every character.
    pub(super) fn any() -> Self {
        Self { ranges: vec![(0, MAX)] }
    }

    /// Every other character.
    pub(super) fn negated(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(low, high) in &self.ranges {
            if next < low {
                ranges.push((next, low - 1));
            }
            next = high + 1;
        }
        if next <= MAX {
            ranges.push((next, MAX));
        }
        Self { ranges }
    }

    /// Whether `c` belongs to the set.
    #[cfg(test)]
    pub(super) fn contains(&self, c: char) -> bool {
        let c = u32::from(c);
        let at = self.ranges.partition_point(|&(_, high)| high < c);
        self.ranges.get(at).is_some_and(|&(low, _)| low <= c)
    }

    /// The ranges, ascending.
    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// The one character of the set, in lower case, if it has but one apart
    /// from ASCII case.
    pub(super) fn single(&self) -> Option<char> {
        let char_of = |&(low, high): &(u32, u32)| (low == high).then(|| char::from_u32(low))?;
        match self.ranges.as_slice() {
            [one] => char_of(one).map(|c| c.to_ascii_lowercase()),
            [upper, lower] => {
                let (upper, lower) = (char_of(upper)?, char_of(lower)?);
                (upper.to_ascii_lowercase() == lower).then_some(lower)
            }
            _ => None,
        }
    }
}

/// A regular expression.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Matches nothing, not even the empty string: `#`.
    Nothing,
    /// Any string: `@`.
    AnyString,
    /// One character of a set.
    Class(CharSet),
    /// Literal characters, each as the set of its cases.
    Text(Vec<CharSet>),
    /// One after the other.
    Concat(Vec<Node>),
    /// Any of them.
    Union(Vec<Node>),
    /// All of them at once.
    Intersection(Vec<Node>),
    /// Whatever the operand does not match.
    Complement(Box<Node>),
    /// The operand `min` to `max` times; without `max`, any number from `min`.
    Repeat {
        /// The operand.
        node: Box<Node>,
        /// The least number of times.
        min: u32,
        /// The greatest number of times.
        max: Option<u32>,
    },
    /// A decimal number.
    Interval(Interval),
}

/// Decimal numbers from `min` to `max`, both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    /// The least number.
    pub(super) min: u32,
    /// The greatest number.
    pub(super) max: u32,
    /// The exact number of digits; `None` allows any number of leading zeros.
    pub(super) digits: Option<usize>,
}
