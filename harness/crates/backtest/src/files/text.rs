//! Where values begin and end in JSON text, without reading them.

use std::ops::Range;

/// Follows objects and strings; what stands between objects, and the arrays around
/// them, are passed over.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanner {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scanner {
    /// Whether no object is open.
    pub(super) fn is_between(&self) -> bool {
        self.depth == 0
    }

    /// Reads on; where the last object that was closed ends.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut end = None;
        for (at, byte) in bytes.iter().enumerate() {
            if self.step(*byte) {
                end = Some(at + 1);
            }
        }
        end
    }

    /// Whether the byte closes an object that lies in no other.
    fn step(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' if self.depth > 0 => self.in_string = true,
            b'{' => self.depth += 1,
            b'}' if self.depth > 0 => {
                self.depth -= 1;
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

/// The pieces of a text: its objects, and what else is no blank, comma or bracket
/// between them.
pub(super) fn pieces(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut scanner = Scanner::default();
    let mut start: Option<usize> = None;
    for (at, byte) in bytes.iter().enumerate() {
        let was_between = scanner.is_between();
        let closed = scanner.step(*byte);
        if closed {
            pieces.push(start.take().unwrap_or(at)..at + 1);
        } else if was_between {
            let between = byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']');
            match (start, between || *byte == b'{') {
                // Something else ends where the next thing begins.
                (Some(from), true) => {
                    pieces.push(from..at);
                    start = (*byte == b'{').then_some(at);
                }
                (None, _) if !between => start = Some(at),
                (Some(_) | None, _) => {}
            }
        }
    }
    if let Some(from) = start {
        pieces.push(from..bytes.len());
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn objects_are_found_wherever_they_stand() {
        for (text, wanted) in [
            ("", vec![]),
            (" [ ] \n", vec![]),
            ("{\"a\":1}{\"b\":2}", vec!["{\"a\":1}", "{\"b\":2}"]),
            ("[{\"a\":\"}\"},\n {\"b\":{}}]", vec!["{\"a\":\"}\"}", "{\"b\":{}}"]),
            ("[{\"a\":\"\\\"}\"}]", vec!["{\"a\":\"\\\"}\"}"]),
            ("1, {\"a\":1} x{}", vec!["1", "{\"a\":1}", "x", "{}"]),
            ("{\"a\":[1,{", vec!["{\"a\":[1,{"]),
            ("}{}", vec!["}", "{}"]),
        ] {
            let found: Vec<&str> =
                pieces(text.as_bytes()).into_iter().map(|piece| &text[piece]).collect();
            assert_eq!(found, wanted, "{text:?}");
        }
    }
}
