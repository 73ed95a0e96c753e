//! Matches a wildcard pattern by dynamic programming, one cell for each pair
//! of a text prefix and a pattern prefix.

use super::GlobPart;
use crate::pattern::Case;

/// One step of a pattern.
#[derive(Clone, Copy)]
enum Token {
    Char(char),
    One,
    Many,
}

/// Whether the whole of `text` matches.
pub(super) fn matches(parts: &[GlobPart], text: &str, case: Case) -> bool {
    let tokens: Vec<Token> = parts
        .iter()
        .flat_map(|part| match part {
            GlobPart::Literal(text) => text.chars().map(Token::Char).collect(),
            GlobPart::One => vec![Token::One],
            GlobPart::Many => vec![Token::Many],
        })
        .collect();
    // `row[n]`: whether the first `n` tokens match the text read so far.
    let mut row = vec![false; tokens.len() + 1];
    row[0] = true;
    for (n, token) in tokens.iter().enumerate() {
        row[n + 1] = row[n] && matches!(token, Token::Many);
    }
    for c in text.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (n, token) in tokens.iter().enumerate() {
            next[n + 1] = match token {
                Token::Char(wanted) => row[n] && case.fold(*wanted) == case.fold(c),
                Token::One => row[n],
                Token::Many => next[n] || row[n + 1],
            };
        }
        row = next;
    }
    row[tokens.len()]
}
