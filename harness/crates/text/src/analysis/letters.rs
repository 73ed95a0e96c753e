//! Lower case as Lucene has it.

use std::borrow::Cow;

/// Lower-cases one character at a time, without regard to its neighbours.
pub(super) fn lowercase(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        return Cow::Borrowed(text);
    }
    // The only character that becomes more than one is `İ`, and Java keeps its first: `i`.
    Cow::Owned(text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect())
}
