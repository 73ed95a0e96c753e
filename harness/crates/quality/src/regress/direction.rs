//! What is known of one direction of a change.

use serde_json::Value;

/// Whether one version alerts where the other does not.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Direction {
    /// It never does: proved.
    Never,
    /// It does on these events, as the reference evaluator judged.
    Shown(Vec<Value>),
    /// Nobody knows, and why.
    Unknown(&'static str),
}

impl Direction {
    /// Of two causes of a difference, what is known of both together: the first that
    /// shows it, else what is not known.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Shown(events), _) | (_, Self::Shown(events)) => Self::Shown(events),
            (Self::Unknown(why), _) | (_, Self::Unknown(why)) => Self::Unknown(why),
            (Self::Never, Self::Never) => Self::Never,
        }
    }

    /// The same, of a cause that is looked for where this one does not show it.
    pub(super) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Shown(events) => Self::Shown(events),
            Self::Unknown(_) | Self::Never => self.or(other()),
        }
    }
}
