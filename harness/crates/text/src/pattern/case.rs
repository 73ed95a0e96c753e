//! Whether letters are told apart by case.

/// Whether ASCII letters match in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Case {
    /// Letters match exactly.
    Sensitive,
    /// ASCII letters match in either case; other letters match exactly.
    Insensitive,
}

impl Case {
    /// The character, in lower case if that makes no difference.
    #[cfg(test)]
    pub(super) fn fold(self, c: char) -> char {
        match self {
            Self::Sensitive => c,
            Self::Insensitive => c.to_ascii_lowercase(),
        }
    }

    /// The characters of a text, each folded.
    #[cfg(test)]
    pub(super) fn folded(self, text: &str) -> impl Iterator<Item = char> + '_ {
        text.chars().map(move |c| self.fold(c))
    }
}
