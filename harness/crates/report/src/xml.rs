//! Text for XML 1.0.

use super::{Lines, printable};

/// The text of an element or attribute: control characters, which XML cannot
/// hold, as escapes; line breaks stay.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in printable(text, Lines::Keep).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // A bare line break in an attribute would be read as a space.
            '\n' => safe.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => safe.push(char::REPLACEMENT_CHARACTER),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn what_xml_cannot_hold_is_escaped() {
        for (text, expected) in [
            ("a < b & \"c\" > d", "a &lt; b &amp; &quot;c&quot; &gt; d"),
            ("]]>", "]]&gt;"),
            ("a\nb", "a&#10;b"),
            ("\u{1b}[0m\u{0}", "\\u{1b}[0m\\u{0}"),
            ("\u{ffff}é", "\u{fffd}é"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }
}
