//! How a condition came out on an event.

/// A clause on an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it is.
    pub truth: Truth,
    /// The fields that it reads, and their values as JSON.
    pub found: Vec<(String, Vec<String>)>,
    /// Whether the outcome of its condition would turn if it did.
    pub decides: bool,
}

/// What a clause is on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// There is no value to tell; that counts as false.
    Unknown,
}

impl Truth {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }
}
