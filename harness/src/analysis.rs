//! Text analysis: strings to tokens, as Lucene's analyzers do.

use std::sync::Arc;

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
    /// Elasticsearch's `pattern` analyzer: text between matches of a Java regular expression.
    Pattern(Arc<PatternAnalyzer>),
}

/// Settings of a `pattern` analyzer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PatternAnalyzer {
    /// The Java regular expression of the separators.
    pub pattern: String,
    /// Whether tokens are lower-cased.
    pub lowercase: bool,
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
