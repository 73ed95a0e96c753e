//! Text analysis: strings to tokens, as Lucene's analyzers do.
//!
//! [`Analyzer`] and [`Normalizer`] are what a mapping names; [`standard`] and
//! [`pattern`] hold the two analyzers that take more than a line.

mod bounds;
mod classes;
mod java_regex;
mod letters;
mod pattern;
mod standard;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use bounds::MAX_TOKEN_UNITS;
use letters::lowercase;
pub use pattern::PatternAnalyzer;

/// One token of an analyzed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The term as indexed.
    pub text: String,
    /// Its position in the token stream, from zero.
    pub position: u32,
}

/// How a text becomes tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Analyzer {
    /// Lucene's standard analyzer: UAX #29 words, lower case, no stop words.
    Standard,
    /// Runs of letters, in lower case.
    Simple,
    /// Text between white space.
    Whitespace,
    /// The whole text as one token.
    Keyword,
    /// Elasticsearch's `pattern` analyzer: text between matches of a Java regular expression.
    Pattern(Arc<PatternAnalyzer>),
}

impl Analyzer {
    /// The built-in analyzer of that name; `None` for those that are not supported.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "standard" | "default" => Some(Self::Standard),
            "simple" => Some(Self::Simple),
            "whitespace" => Some(Self::Whitespace),
            "keyword" => Some(Self::Keyword),
            "pattern" => Self::pattern(pattern::DEFAULT_PATTERN, true).ok(),
            _ => None,
        }
    }

    /// A `pattern` analyzer; an error says what of the Java expression cannot be run.
    pub fn pattern(pattern: &str, lowercase: bool) -> Result<Self, String> {
        Ok(Self::Pattern(Arc::new(PatternAnalyzer::new(pattern, lowercase)?)))
    }

    /// The tokens of a text, in order.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        self.for_each(text, &mut |term| {
            let position = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
            tokens.push(Token { text: term.into_owned(), position });
        });
        tokens
    }

    /// Calls `emit` with every term of a text, in order; the n-th call is position n.
    ///
    /// Borrows where the term is a part of the text as it stands.
    pub fn for_each<'a>(&self, text: &'a str, emit: &mut dyn FnMut(Cow<'a, str>)) {
        match self {
            Self::Standard => standard::words(text, &mut |word| emit(lowercase(word))),
            Self::Simple => {
                for word in LETTERS.find_iter(text) {
                    chunks(word.as_str(), MAX_TOKEN_UNITS, &mut |part| {
                        emit(lowercase(part));
                    });
                }
            }
            Self::Whitespace => {
                for word in text.split(is_java_whitespace) {
                    chunks(word, MAX_TOKEN_UNITS, &mut |part| emit(Cow::Borrowed(part)));
                }
            }
            Self::Keyword => emit(Cow::Borrowed(text)),
            Self::Pattern(analyzer) => analyzer.for_each(text, emit),
        }
    }

    /// What a query applies to a term that it does not split, such as a
    /// wildcard: lower case where the analyzer lower-cases, else nothing.
    pub fn normalize(&self, term: &str) -> String {
        let lowers = match self {
            Self::Standard | Self::Simple => true,
            Self::Whitespace | Self::Keyword => false,
            Self::Pattern(analyzer) => analyzer.lowercase,
        };
        if lowers { lowercase(term).into_owned() } else { term.to_owned() }
    }
}

/// How a keyword is changed before it is indexed or compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Normalizer {
    /// Not at all.
    #[default]
    None,
    /// Lower-cased, all of Unicode, one character at a time (Java's `Character.toLowerCase`).
    Lowercase,
}

impl Normalizer {
    /// The keyword as it is indexed and compared.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::None => Cow::Borrowed(text),
            Self::Lowercase => lowercase(text),
        }
    }
}

/// Java's `Character.isLetter`, in runs.
static LETTERS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\p{L}+").expect("a constant expression that tests compile"));

/// Java's `Character.isWhitespace`: Unicode white space but for the no-break spaces,
/// and the four ASCII separators.
fn is_java_whitespace(c: char) -> bool {
    match c {
        '\u{1c}'..='\u{1f}' => true,
        '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => false,
        _ => c.is_whitespace(),
    }
}

/// Splits a non-empty word into parts of at most `limit` UTF-16 units.
fn chunks<'a>(word: &'a str, limit: usize, emit: &mut dyn FnMut(&'a str)) {
    if word.len() <= limit {
        if !word.is_empty() {
            emit(word);
        }
        return;
    }
    let (mut start, mut units) = (0, 0);
    for (at, c) in word.char_indices() {
        if units >= limit {
            emit(&word[start..at]);
            (start, units) = (at, 0);
        }
        units += c.len_utf16();
    }
    emit(&word[start..]);
}

#[cfg(test)]
mod tests;
