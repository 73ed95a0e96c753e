//! Text analysis: strings to tokens, as Lucene's analyzers do.
//!
//! See docs/semantics.md, "Analyzers".

mod pattern;
mod standard;

use std::borrow::Cow;
use std::sync::Arc;

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
    /// UAX #29 words, lower case, no stop words.
    Standard,
    /// Runs of letters, lower case.
    Simple,
    /// Text between white space.
    Whitespace,
    /// The whole text as one token.
    Keyword,
    /// Text between matches of a Java regular expression.
    Pattern(Arc<PatternAnalyzer>),
}

impl Analyzer {
    /// A built-in analyzer by Elasticsearch's name of it.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "standard" => Some(Self::Standard),
            "simple" => Some(Self::Simple),
            "whitespace" => Some(Self::Whitespace),
            "keyword" => Some(Self::Keyword),
            "pattern" => Self::pattern("\\W+", true).ok(),
            _ => None,
        }
    }

    /// A `pattern` analyzer.
    ///
    /// # Errors
    ///
    /// A Java regular expression that has no equal among automata, and why.
    pub fn pattern(pattern: &str, lowercase: bool) -> Result<Self, String> {
        PatternAnalyzer::new(pattern, lowercase).map(|analyzer| Self::Pattern(Arc::new(analyzer)))
    }

    /// The tokens of a text.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let lower = |part: &str| lowercase(part).into_owned();
        let texts: Vec<String> = match self {
            Self::Standard => standard::words(text).into_iter().map(lower).collect(),
            Self::Simple => text
                .split(|c: char| !c.is_alphabetic())
                .filter(|part| !part.is_empty())
                .map(lower)
                .collect(),
            Self::Whitespace => text.split_whitespace().map(str::to_owned).collect(),
            Self::Keyword => vec![text.to_owned()],
            Self::Pattern(analyzer) => analyzer.split(text),
        };
        (0..).zip(texts).map(|(position, text)| Token { text, position }).collect()
    }

    /// A part of a wildcard, prefix, regexp or fuzzy term as a query string
    /// changes it: lower-cased, not split.
    pub fn normalize(&self, term: &str) -> String {
        match self {
            Self::Standard | Self::Simple => lowercase(term).into_owned(),
            Self::Pattern(analyzer) => analyzer.normalize(term),
            Self::Whitespace | Self::Keyword => term.to_owned(),
        }
    }
}

/// How a keyword is changed before it is indexed or compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Normalizer {
    /// Not at all.
    #[default]
    None,
    /// Lower-cased, all of Unicode, one character at a time.
    Lowercase,
}

impl Normalizer {
    /// The value as it is indexed and compared.
    pub fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(text),
            Self::Lowercase => lowercase(text),
        }
    }
}

/// Lower case, one character for one (Java's `Character.toLowerCase`): `İ`
/// becomes `i`, and a final `Σ` is no exception.
pub fn lowercase(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_uppercase() || !c.is_ascii()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(analyzer: &Analyzer, text: &str, expected: &[&str]) {
        let tokens = analyzer.tokens(text);
        let texts: Vec<_> = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts, expected, "{text:?}");
        assert!((0..).zip(&tokens).all(|(at, token)| token.position == at), "{text:?}");
    }

    #[test]
    fn standard_words() {
        for (text, expected) in [
            ("", &[][..]),
            ("- _ ...", &[]),
            ("Quick-Brown", &["quick", "brown"]),
            ("can't Fox's", &["can't", "fox's"]),
            ("3.14 1,000 5.", &["3.14", "1,000", "5"]),
            ("foo_bar _x_ x.y.z a:b", &["foo_bar", "_x_", "x.y.z", "a:b"]),
            ("u.s.a.", &["u.s.a"]),
            ("foo@bar.com", &["foo", "bar.com"]),
            ("日本語", &["日", "本", "語"]),
            ("ひら", &["ひ", "ら"]),
            ("カタカナ 한국어", &["カタカナ", "한국어"]),
            ("a😀b", &["a", "😀", "b"]),
            ("ÉTÉ İstanbul ΣΑΣ", &["été", "istanbul", "σασ"]),
            ("ภาษาไทย", &["ภาษาไทย"]),
        ] {
            check(&Analyzer::Standard, text, expected);
        }
    }

    #[test]
    fn long_words_are_cut_at_255() {
        let tokens = Analyzer::Standard.tokens(&"x".repeat(300));
        assert_eq!(tokens.iter().map(|token| token.text.len()).collect::<Vec<_>>(), [255, 45]);
    }

    #[test]
    fn pattern_splits_at_its_separators() {
        let script = Analyzer::pattern("[\\W&&[^-]]+", true).expect("a supported pattern");
        check(
            &script,
            "[Reflection.Assembly]::Load-X(y_z)",
            &["reflection", "assembly", "load-x", "y_z"],
        );
        check(&script, "É日a", &["a"]);
        let kept = Analyzer::pattern("\\s", false).expect("a supported pattern");
        check(&kept, " A  b", &["A", "b"]);
        assert!(Analyzer::pattern("(?=x)", true).is_err());
        assert!(Analyzer::pattern("(a)\\1", true).is_err());
    }

    #[test]
    fn others() {
        check(&Analyzer::Simple, "Ab1c-D", &["ab", "c", "d"]);
        check(&Analyzer::Whitespace, " A b ", &["A", "b"]);
        check(&Analyzer::Keyword, "A b", &["A b"]);
    }

    #[test]
    fn lower_case_keeps_the_number_of_characters() {
        assert_eq!(lowercase("ẞΣİ"), "ßσi");
    }
}
