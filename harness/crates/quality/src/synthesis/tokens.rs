//! Patterns of characters and wildcards, taken apart.

use harness_text::pattern::glob::{Glob, GlobPart};
use harness_text::pattern::{Case, Pattern};

/// One part of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// A character, and whether its case counts.
    Char(char, Case),
    /// Any one character.
    One,
    /// Any characters.
    Many,
}

/// The parts of a pattern; `None` of one that has others.
pub(crate) fn tokens(pattern: &Pattern) -> Option<Vec<Token>> {
    let literal =
        |text: &str, case: Case| text.chars().map(|c| Token::Char(c, case)).collect::<Vec<_>>();
    let of = |glob: &Glob, case| {
        let parts = glob.parts().iter().flat_map(|part| match part {
            GlobPart::Literal(text) => literal(text, case),
            GlobPart::One => vec![Token::One],
            GlobPart::Many => vec![Token::Many],
        });
        parts.collect()
    };
    match pattern {
        Pattern::Equals(text, case) => Some(literal(text, *case)),
        Pattern::Prefix(text, case) => {
            let mut tokens = literal(text, *case);
            tokens.push(Token::Many);
            Some(tokens)
        }
        Pattern::Glob(glob, case) => Some(of(glob, *case)),
        Pattern::Regexp(_) | Pattern::Range(_) | Pattern::Fuzzy(_) => None,
    }
}
