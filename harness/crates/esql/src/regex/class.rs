//! Sets of characters, as sorted ranges of code points.

/// A set of characters: sorted, disjoint, non-adjacent inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Class {
    ranges: Vec<(u32, u32)>,
}

const LAST: u32 = 0x10_FFFF;

impl Class {
    pub(super) fn new(ranges: &[(u32, u32)]) -> Self {
        let mut class = Self { ranges: ranges.to_vec() };
        class.normalize();
        class
    }

    pub(super) fn one(c: char) -> Self {
        Self { ranges: vec![(c.into(), c.into())] }
    }

    pub(super) fn of(chars: &str) -> Self {
        let ranges: Vec<_> = chars.chars().map(|c| (c.into(), c.into())).collect();
        Self::new(&ranges)
    }

    pub(super) fn all() -> Self {
        Self { ranges: vec![(0, LAST)] }
    }

    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    fn normalize(&mut self) {
        self.ranges.retain(|(low, high)| low <= high);
        self.ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(self.ranges.len());
        for &(low, high) in &self.ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        self.ranges = merged;
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let c = u32::from(c);
        let place = self.ranges.partition_point(|(_, high)| *high < c);
        self.ranges.get(place).is_some_and(|(low, _)| *low <= c)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        Self::new(&[self.ranges.as_slice(), other.ranges.as_slice()].concat())
    }

    pub(super) fn negate(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(low, high) in &self.ranges {
            if low > next {
                ranges.push((next, low - 1));
            }
            next = high + 1;
        }
        if next <= LAST {
            ranges.push((next, LAST));
        }
        Self { ranges }
    }

    pub(super) fn intersect(&self, other: &Self) -> Self {
        self.negate().union(&other.negate()).negate()
    }

    /// With the other case of each ASCII letter.
    pub(super) fn fold_ascii(&self) -> Self {
        let mut ranges = self.ranges.clone();
        for &(low, high) in &self.ranges {
            for (start, end, shift) in [(0x41_u32, 0x5A_u32, 32_i64), (0x61, 0x7A, -32)] {
                let (low, high) = (low.max(start), high.min(end));
                if low <= high {
                    let move_by = |c: u32| u32::try_from(i64::from(c) + shift).unwrap_or(c);
                    ranges.push((move_by(low), move_by(high)));
                }
            }
        }
        Self::new(&ranges)
    }

    /// `[0-9]`
    pub(super) fn digits() -> Self {
        Self::new(&[(0x30, 0x39)])
    }

    /// `[a-zA-Z0-9_]`
    pub(super) fn word() -> Self {
        Self::new(&[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
    }

    /// `[ \t\n\x0B\f\r]`
    pub(super) fn space() -> Self {
        Self::new(&[(0x09, 0x0D), (0x20, 0x20)])
    }

    /// A POSIX class by its lower-case name.
    pub(super) fn posix(name: &str) -> Option<Self> {
        Some(match name {
            "alpha" => Self::new(&[(0x41, 0x5A), (0x61, 0x7A)]),
            "digit" => Self::digits(),
            "alnum" => Self::new(&[(0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)]),
            "upper" => Self::new(&[(0x41, 0x5A)]),
            "lower" => Self::new(&[(0x61, 0x7A)]),
            "punct" => Self::new(&[(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)]),
            "graph" => Self::new(&[(0x21, 0x7E)]),
            "print" => Self::new(&[(0x20, 0x7E)]),
            "blank" => Self::of(" \t"),
            "cntrl" => Self::new(&[(0, 0x1F), (0x7F, 0x7F)]),
            "xdigit" => Self::new(&[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)]),
            "space" => Self::space(),
            "word" => Self::word(),
            "ascii" => Self::new(&[(0, 0x7F)]),
            _ => return None,
        })
    }
}
