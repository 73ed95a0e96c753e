//! Which operators of patterns are on.

use std::hash::Hash;

/// Which optional operators of the syntax are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flags(pub(super) u8);

impl Flags {
    /// Every operator: the default of the `regexp` query, of `query_string`,
    /// of EQL and of ES|QL.
    pub const ALL: Self = Self(0xff);
    /// None of them: `& ~ # @ <` are literal.
    pub const NONE: Self = Self(0);
    /// Intersection: `&`.
    pub const INTERSECTION: Self = Self(0x01);
    /// Complement: `~`.
    pub const COMPLEMENT: Self = Self(0x02);
    /// The empty language: `#`.
    pub const EMPTY: Self = Self(0x04);
    /// Any string: `@`.
    pub const ANY_STRING: Self = Self(0x08);
    /// Named automata, of which there are none: `<name>` is an error.
    pub const AUTOMATON: Self = Self(0x10);
    /// Numeric intervals: `<1-10>`.
    pub const INTERVAL: Self = Self(0x20);

    /// The operators of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all operators of `other` are on.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
