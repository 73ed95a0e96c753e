//! Backslash escapes, both ways.

/// An escape that cannot be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EscapeError {
    /// A character other than a hexadecimal digit within `\uXXXX`.
    NotHex(char),
    /// The text ends within `\uXXXX`.
    TruncatedUnicode,
    /// The text ends with a lone backslash.
    Dangling,
}

impl EscapeError {
    /// What is wrong.
    pub(super) fn message(self) -> String {
        match self {
            Self::NotHex(c) => {
                format!("`{}` is not a hexadecimal digit of a \\uXXXX escape", c.escape_debug())
            }
            Self::TruncatedUnicode => "a \\uXXXX escape needs four hexadecimal digits".to_owned(),
            Self::Dangling => "a backslash at the end escapes nothing".to_owned(),
        }
    }
}

/// Resolves `\uXXXX` (a UTF-16 unit; lone surrogates become U+FFFD) and `\c`.
pub(super) fn unescape(raw: &str) -> Result<String, EscapeError> {
    if !raw.contains('\\') {
        return Ok(raw.to_owned());
    }
    let mut units = Vec::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next().ok_or(EscapeError::Dangling)? {
                'u' => {
                    units.push(hex_unit(&mut chars)?);
                    continue;
                }
                escaped => escaped,
            },
            plain => plain,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    Ok(String::from_utf16_lossy(&units))
}

fn hex_unit(chars: &mut std::str::Chars<'_>) -> Result<u16, EscapeError> {
    let mut unit = 0;
    for _ in 0..4 {
        let c = chars.next().ok_or(EscapeError::TruncatedUnicode)?;
        let digit = c.to_digit(16).and_then(|digit| u16::try_from(digit).ok());
        unit = unit << 4 | digit.ok_or(EscapeError::NotHex(c))?;
    }
    Ok(unit)
}

/// A word that reads back as `text`.
pub(super) fn word(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    if matches!(text, "AND" | "OR" | "NOT" | "&&" | "||") {
        out.push('\\');
    }
    for c in text.chars() {
        if c < ' ' || ends_word(c) || matches!(c, '\\' | '+' | '-') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A phrase, without its quotes, that reads back as `text`.
pub(super) fn phrase(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A bound of a range that reads back as `text`.
pub(super) fn bound(text: &str) -> String {
    if text.contains([' ', ']', '}']) && !text.contains(['\\', '"']) {
        return format!("\"{text}\"");
    }
    let mut out = String::with_capacity(text.len() + 2);
    if text == "TO" {
        out.push('\\');
    }
    for c in text.chars() {
        match c {
            ' ' => out.push_str("\\u0020"),
            ']' => out.push_str("\\u005d"),
            '}' => out.push_str("\\u007d"),
            '\\' | '"' | '*' | '\t' | '\n' | '\r' | '\u{3000}' => {
                out.push('\\');
                out.push(c);
            }
            plain => out.push(plain),
        }
    }
    out
}

/// Whether `c`, unescaped, cannot be part of a word.
pub(super) fn ends_word(c: char) -> bool {
    is_space(c)
        || matches!(
            c,
            '!' | '(' | ')' | ':' | '^' | '[' | ']' | '"' | '{' | '}' | '~' | '*' | '?' | '/'
        )
}

/// White space of the grammar.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}
