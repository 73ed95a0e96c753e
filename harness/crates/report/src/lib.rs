//! Renderers: a [`Run`](harness_runner::run::Run) to text for people or machines.
//!
//! A renderer decides nothing; it shows what the run holds. Text that comes
//! from rules or fixtures is made safe for the terminal by [`printable`].

pub mod attack;
pub mod backtest;
pub mod checkout;
pub mod coverage_json;
pub mod digest;
pub mod explain;
pub mod explain_json;
mod failure;
pub mod github;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod lint;
pub mod markdown;
pub mod mutants;
pub mod navigator;
pub mod new;
pub mod page;
pub mod problem;
pub mod regress;
pub mod schedule;
mod segments;
pub mod snapshot;
pub mod table;
mod told;
mod words;
mod xml;

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with control characters shown as escapes; line breaks stay where
/// `lines` says so.
pub fn printable(text: &str, lines: Lines) -> Cow<'_, str> {
    let keeps = |c: char| match c {
        '\n' => lines == Lines::Keep,
        // Overrides of the writing direction can make text look like other text.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        c => !c.is_control(),
    };
    if text.chars().all(keeps) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if keeps(c) {
            safe.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(safe, "{}", c.escape_unicode());
        }
    }
    Cow::Owned(safe)
}

/// Whether line breaks are content or danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// Line breaks stay.
    Keep,
    /// Line breaks become escapes.
    Escape,
}

/// How much is told to people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Amount {
    /// Sums, and what is wrong.
    Less,
    /// What a run is mostly read for.
    #[default]
    Usual,
    /// All that is known.
    More,
}

#[cfg(test)]
mod tests {
    use super::{Lines, printable};

    #[test]
    fn control_characters_become_escapes() {
        assert_eq!(printable("plain é", Lines::Escape), "plain é");
        assert_eq!(printable("a\u{1b}[31m", Lines::Escape), "a\\u{1b}[31m");
        assert_eq!(printable("a\nb", Lines::Keep), "a\nb");
        assert_eq!(printable("a\nb", Lines::Escape), "a\\u{a}b");
        assert_eq!(printable("\u{202e}x", Lines::Keep), "\\u{202e}x");
    }
}
