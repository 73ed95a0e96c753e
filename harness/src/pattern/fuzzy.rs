//! Strings within an edit distance.

use super::Fuzzy;

impl Fuzzy {
    /// Whether `text` is near enough.
    pub fn matches(&self, text: &str) -> bool {
        self.distance == 0 && self.text == text
    }
}
