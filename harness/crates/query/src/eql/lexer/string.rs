//! Strings: escapes, raw strings, and forms that are not EQL any more.

use super::{Kind, Lexer};

impl Lexer<'_> {
    /// Skips a string of a form that is not EQL any more.
    pub(super) fn foreign_string(&mut self, quote: char) {
        let mut escaped = true;
        let rest = self.rest();
        let length = rest.char_indices().find_map(|(at, c)| match c {
            '\r' | '\n' => Some(at),
            _ if at == 0 => {
                escaped = false;
                None
            }
            _ if escaped => {
                escaped = false;
                None
            }
            '\\' => {
                escaped = true;
                None
            }
            c if c == quote => Some(at + 1),
            _ => None,
        });
        self.at += length.unwrap_or(rest.len());
    }

    pub(super) fn string(&mut self) {
        let start = self.at;
        if self.rest().starts_with("\"\"\"") {
            return self.raw_string();
        }
        self.at += 1;
        let mut value = String::new();
        loop {
            let rest = self.rest();
            let Some(stop) = rest.find(['"', '\\', '\r', '\n']) else {
                self.at = self.text.len();
                return self.error("string without closing quote", start, "close it with `\"`");
            };
            value.push_str(&rest[..stop]);
            let stopper = rest.as_bytes()[stop];
            self.at += stop;
            match stopper {
                b'"' => {
                    self.at += 1;
                    return self.push(Kind::String(value), start);
                }
                b'\\' => {
                    if let Some(c) = self.escape() {
                        value.push(c);
                    }
                }
                _ => {
                    return self.error(
                        "line break in a string",
                        start,
                        r"close the string with a quote, or write the line break as `\n`",
                    );
                }
            }
        }
    }

    /// Reads an escape; `None` after an error.
    fn escape(&mut self) -> Option<char> {
        let start = self.at;
        self.at += 1;
        let c = self.rest().chars().next()?;
        let value = match c {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '"' | '\'' | '\\' => c,
            'u' => return self.unicode(start),
            '\r' | '\n' => return None,
            _ => {
                self.at += c.len_utf8();
                let help =
                    r#"write `\\` for a backslash, or use """…""" for a string without escapes"#;
                self.error(format!("unknown escape `\\{c}`"), start, help);
                return None;
            }
        };
        self.at += 1;
        Some(value)
    }

    fn unicode(&mut self, start: usize) -> Option<char> {
        const HELP: &str = r"write `\u{…}` with two to eight hexadecimal digits";
        self.at += 1;
        let digits = self.rest().strip_prefix('{').and_then(|rest| {
            let length = rest.find(|c: char| !c.is_ascii_hexdigit())?;
            rest[length..].starts_with('}').then(|| rest[..length].to_owned())
        });
        let Some(digits) = digits else {
            self.error("malformed unicode escape", start, HELP);
            return None;
        };
        self.at += digits.len() + 2;
        let code = (2..=8).contains(&digits.len()).then(|| u32::from_str_radix(&digits, 16).ok());
        match code.flatten().map(char::from_u32) {
            Some(Some(c)) => Some(c),
            Some(None) => {
                self.error(format!("`{digits}` is not a unicode character"), start, HELP);
                None
            }
            None => {
                self.error("malformed unicode escape", start, HELP);
                None
            }
        }
    }

    fn raw_string(&mut self) {
        let start = self.at;
        self.at += 3;
        // One pass over the string only: the rest of the text may be long.
        let bytes = self.rest().as_bytes();
        let stop = (0..bytes.len())
            .find(|at| matches!(bytes[*at], b'\r' | b'\n') || bytes[*at..].starts_with(b"\"\"\""))
            .unwrap_or(bytes.len());
        if bytes.get(stop) != Some(&b'"') {
            self.at += stop;
            let help = r#"close it with `"""` on the same line"#;
            return self.error("raw string without end", start, help);
        }
        // Up to two more quotes belong to the string.
        let tail = self.rest()[stop + 3..].bytes().take(2).take_while(|byte| *byte == b'"');
        let length = stop + tail.count();
        let value = self.rest()[..length].to_owned();
        self.at += length + 3;
        self.push(Kind::String(value), start);
    }
}
