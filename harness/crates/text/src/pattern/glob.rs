//! Wildcard patterns over a whole string.
//!
//! A character is a Unicode code point, line breaks included
//! (docs/semantics.md, "Wildcards"). Matching is greedy: the first segment
//! between stars sits at the start, the last at the end, each other one at the
//! leftmost place after the one before. So it takes at most text × pattern
//! steps, and in practice one pass.

#[cfg(test)]
mod slow;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};

use super::Case;

/// A wildcard pattern: literals, any one character, any run of characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob {
    /// The parts, in order; literals are never empty and never adjacent, and
    /// of wildcards in a row there is at most one `Many`, the last.
    parts: Vec<GlobPart>,
}

/// One part of a wildcard pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GlobPart {
    /// These very characters.
    Literal(String),
    /// Exactly one character (Unicode code point), line breaks included: `?`.
    One,
    /// Any number of characters, line breaks included: `*`.
    Many,
}

/// What a backslash in the text of a pattern does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backslash {
    /// Makes the next character literal; at the end it stands for itself.
    Escapes,
    /// Stands for itself.
    Literal,
}

impl Glob {
    /// Reads a pattern of the Query DSL: a backslash escapes the next
    /// character; at the end it stands for itself.
    pub fn wildcard(text: &str) -> Self {
        Self::read(text, Backslash::Escapes)
    }

    /// Reads a pattern of EQL: a backslash stands for itself, so wildcards
    /// cannot be escaped.
    pub fn eql(text: &str) -> Self {
        Self::read(text, Backslash::Literal)
    }

    /// Reads a simple pattern: `*` is wild, everything else stands for itself.
    pub fn simple(text: &str) -> Self {
        let literals = text.split('*').map(|part| GlobPart::Literal(part.to_owned()));
        let mut parts = Vec::new();
        for literal in literals {
            parts.extend([literal, GlobPart::Many]);
        }
        parts.pop();
        Self::from_parts(parts)
    }

    fn read(text: &str, backslash: Backslash) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let wild = match c {
                '*' => GlobPart::Many,
                '?' => GlobPart::One,
                '\\' if backslash == Backslash::Escapes => {
                    literal.push(chars.next().unwrap_or('\\'));
                    continue;
                }
                _ => {
                    literal.push(c);
                    continue;
                }
            };
            parts.push(GlobPart::Literal(std::mem::take(&mut literal)));
            parts.push(wild);
        }
        parts.push(GlobPart::Literal(literal));
        Self::from_parts(parts)
    }

    /// Joins parts to a pattern; they may be in any state, the result is in
    /// normal form.
    pub fn from_parts(parts: impl IntoIterator<Item = GlobPart>) -> Self {
        let mut all: Vec<GlobPart> = Vec::new();
        for part in parts {
            match (part, all.last_mut()) {
                (GlobPart::Literal(text), _) if text.is_empty() => {}
                (GlobPart::Literal(text), Some(GlobPart::Literal(last))) => last.push_str(&text),
                (GlobPart::Many, Some(GlobPart::Many)) => {}
                (GlobPart::One, Some(last @ GlobPart::Many)) => {
                    *last = GlobPart::One;
                    all.push(GlobPart::Many);
                }
                (part, _) => all.push(part),
            }
        }
        Self { parts: all }
    }

    /// The parts, in order: literals are never empty and never adjacent, and
    /// of wildcards in a row there is at most one `Many`, the last.
    pub fn parts(&self) -> &[GlobPart] {
        &self.parts
    }

    /// The one string that matches, if the pattern has no wildcards.
    pub fn as_literal(&self) -> Option<String> {
        match self.parts.as_slice() {
            [] => Some(String::new()),
            [GlobPart::Literal(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// The pattern with each literal replaced, as normalizers do.
    #[must_use]
    pub fn normalize(&self, normalizer: impl Fn(&str) -> String) -> Self {
        Self::from_parts(self.parts.iter().map(|part| match part {
            GlobPart::Literal(text) => GlobPart::Literal(normalizer(text)),
            GlobPart::One => GlobPart::One,
            GlobPart::Many => GlobPart::Many,
        }))
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str, case: Case) -> bool {
        let mut segments = self.parts.split(|part| *part == GlobPart::Many);
        let first = segments.next().unwrap_or_default();
        let Some(mut rest) = strip_start(first, text, case) else {
            return false;
        };
        let Some(last) = segments.next_back() else {
            return rest.is_empty();
        };
        match strip_end(last, rest, case) {
            Some(before) => rest = before,
            None => return false,
        }
        for segment in segments {
            match skip_past(segment, rest, case) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        true
    }

    /// Whether the whole of `text` matches, by trying all ways; slow, and
    /// independent of `matches`.
    #[cfg(test)]
    pub(super) fn matches_slow(&self, text: &str, case: Case) -> bool {
        slow::matches(&self.parts, text, case)
    }
}

/// What is left of `text` after a segment at its start.
fn strip_start<'a>(segment: &[GlobPart], text: &'a str, case: Case) -> Option<&'a str> {
    segment.iter().try_fold(text, |text, part| match part {
        GlobPart::Literal(literal) => {
            let head = text.as_bytes().get(..literal.len())?;
            // Equal bytes, apart from ASCII case, end at a character's end.
            if equal(head, literal, case) { text.get(literal.len()..) } else { None }
        }
        GlobPart::One => {
            let mut chars = text.chars();
            chars.next()?;
            Some(chars.as_str())
        }
        GlobPart::Many => Some(text),
    })
}

/// What is left of `text` before a segment at its end.
fn strip_end<'a>(segment: &[GlobPart], text: &'a str, case: Case) -> Option<&'a str> {
    segment.iter().rev().try_fold(text, |text, part| match part {
        GlobPart::Literal(literal) => {
            let at = text.len().checked_sub(literal.len())?;
            if equal(&text.as_bytes()[at..], literal, case) { text.get(..at) } else { None }
        }
        GlobPart::One => {
            let mut chars = text.chars();
            chars.next_back()?;
            Some(chars.as_str())
        }
        GlobPart::Many => Some(text),
    })
}

/// What is left of `text` after the leftmost place of a segment.
fn skip_past<'a>(segment: &[GlobPart], text: &'a str, case: Case) -> Option<&'a str> {
    let mut rest = text;
    // Leading `?`s hold wherever there are characters: step over them once.
    let wild = segment.iter().take_while(|part| **part == GlobPart::One).count();
    let (wild, segment) = segment.split_at(wild);
    rest = strip_start(wild, rest, case)?;
    let Some((GlobPart::Literal(literal), tail)) = segment.split_first() else {
        return Some(rest);
    };
    loop {
        let at = find(rest, literal, case)?;
        rest = &rest[at..];
        let behind = rest.get(literal.len()..)?;
        if let Some(behind) = strip_start(tail, behind, case) {
            return Some(behind);
        }
        let mut chars = rest.chars();
        chars.next()?;
        rest = chars.as_str();
    }
}

/// Where a literal first occurs; always at a character's start.
fn find(text: &str, literal: &str, case: Case) -> Option<usize> {
    match case {
        Case::Sensitive => text.find(literal),
        Case::Insensitive => {
            let &first = literal.as_bytes().first()?;
            let last = text.len().checked_sub(literal.len())?;
            let heads = &text.as_bytes()[..=last];
            let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
            memchr::memchr2_iter(lower, upper, heads)
                .find(|&at| equal(&text.as_bytes()[at..at + literal.len()], literal, case))
        }
    }
}

fn equal(bytes: &[u8], literal: &str, case: Case) -> bool {
    match case {
        Case::Sensitive => bytes == literal.as_bytes(),
        Case::Insensitive => bytes.eq_ignore_ascii_case(literal.as_bytes()),
    }
}

/// Prints the pattern as the Query DSL reads it.
impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            GlobPart::Literal(text) => text.chars().try_for_each(|c| {
                if matches!(c, '\\' | '*' | '?') {
                    f.write_char('\\')?;
                }
                f.write_char(c)
            }),
            GlobPart::One => f.write_char('?'),
            GlobPart::Many => f.write_char('*'),
        })
    }
}
