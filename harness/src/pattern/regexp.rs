//! Lucene regular expressions over a whole string.

use super::Case;

/// A parsed Lucene regular expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Regexp {
    source: String,
}

impl Regexp {
    /// Whether the whole of `text` matches.
    pub fn matches(&self, _text: &str, _case: Case) -> bool {
        unimplemented!("{}", self.source)
    }
}
