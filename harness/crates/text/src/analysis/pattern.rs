//! Elasticsearch's `pattern` analyzer: a regular expression names the separators.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use regex::Regex;

use super::java_regex::translate;
use super::lowercase;

/// What separates tokens unless a mapping says otherwise.
pub(super) const DEFAULT_PATTERN: &str = r"\W+";

/// A `pattern` analyzer, ready to run.
#[derive(Clone, Debug)]
pub struct PatternAnalyzer {
    /// The Java regular expression of the separators.
    pub(super) pattern: String,
    /// Whether tokens are lower-cased.
    pub(super) lowercase: bool,
    /// The expression, compiled.
    separator: Regex,
}

impl PatternAnalyzer {
    /// Compiles a Java regular expression of separators.
    pub(super) fn new(pattern: &str, lowercase: bool) -> Result<Self, String> {
        let separator = Regex::new(&translate(pattern)?)
            .map_err(|error| format!("cannot run the pattern `{pattern}`: {error}"))?;
        if separator.is_match("") {
            // Java would split between the halves of a surrogate pair.
            return Err(format!("unsupported empty match of the pattern `{pattern}`"));
        }
        Ok(Self { pattern: pattern.to_owned(), lowercase, separator })
    }

    /// The Java regular expression of the separators.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether tokens are lower-cased.
    pub fn lowercases(&self) -> bool {
        self.lowercase
    }

    pub(super) fn for_each<'a>(&self, text: &'a str, emit: &mut dyn FnMut(Cow<'a, str>)) {
        for term in self.separator.split(text).filter(|term| !term.is_empty()) {
            emit(if self.lowercase { lowercase(term) } else { Cow::Borrowed(term) });
        }
    }
}

/// Two analyzers are the same when their settings are.
impl PartialEq for PatternAnalyzer {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.lowercase == other.lowercase
    }
}

impl Eq for PatternAnalyzer {}

impl Hash for PatternAnalyzer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pattern.hash(state);
        self.lowercase.hash(state);
    }
}
