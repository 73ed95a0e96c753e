//! A text that a regular expression matches, of the plain parts of the syntaxes of
//! Lucene and Java: literals, classes, groups, choices, repeats.
//!
//! It is a guess: whoever takes it asks the expression whether it matches.

/// The most characters of a text.
const MAX_TEXT: usize = 4_000;
/// How deep groups may nest.
const MAX_DEPTH: usize = 30;

/// A text; `None` for what is not read.
pub(crate) fn sample(source: &str) -> Option<String> {
    let chars: Vec<char> = source.chars().collect();
    let mut reader = Reader { chars: &chars, at: 0 };
    let text = reader.choice(MAX_DEPTH)?;
    (reader.at == chars.len()).then_some(text)
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn takes(&mut self, c: char) -> bool {
        let is = self.peek() == Some(c);
        self.at += usize::from(is);
        is
    }

    /// The first of alternatives that is not empty; the others are read, too.
    fn choice(&mut self, depth: usize) -> Option<String> {
        let mut text = self.sequence(depth.checked_sub(1)?)?;
        while self.takes('|') {
            let other = self.sequence(depth - 1)?;
            if text.is_empty() {
                text = other;
            }
        }
        Some(text)
    }

    fn sequence(&mut self, depth: usize) -> Option<String> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let atom = self.atom(depth)?;
            let count = self.count()?;
            if text.len() + atom.len() * count > MAX_TEXT {
                return None;
            }
            text.push_str(&atom.repeat(count));
        }
        Some(text)
    }

    fn atom(&mut self, depth: usize) -> Option<String> {
        let one = |c: char| Some(c.to_string());
        match self.next()? {
            '(' => {
                if self.takes('?') {
                    // `(?:`, `(?i)`, `(?<name>`; what looks around is not read.
                    while let Some(c) = self.next() {
                        match c {
                            ':' | '>' => break,
                            ')' => return Some(String::new()),
                            '=' | '!' => return None,
                            _ => {}
                        }
                    }
                }
                let inner = self.choice(depth)?;
                self.takes(')').then_some(inner)
            }
            '[' => one(self.class()?),
            '\\' => one(match self.next()? {
                'd' => '1',
                'w' => 'a',
                's' => ' ',
                'S' | 'D' => 'x',
                'W' => '-',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'b' | 'B' | 'A' | 'z' | 'Z' => return Some(String::new()),
                c => c,
            }),
            '.' => one('a'),
            '^' | '$' | '@' => Some(String::new()),
            '"' => {
                let start = self.at;
                match self.chars[start..].iter().position(|c| *c == '"') {
                    Some(length) => {
                        self.at = start + length + 1;
                        Some(self.chars[start..start + length].iter().collect())
                    }
                    None => one('"'),
                }
            }
            '~' | '&' | '#' => None,
            c => one(c),
        }
    }

    /// How often the last part stands there: as seldom as may be, but for what may be
    /// left out and is more telling when it is there.
    fn count(&mut self) -> Option<usize> {
        let count = match self.peek() {
            Some('*' | '?') => {
                self.at += 1;
                0
            }
            Some('+') => {
                self.at += 1;
                1
            }
            Some('{') => {
                let end = self.chars[self.at..].iter().position(|c| *c == '}')?;
                let inner: String = self.chars[self.at + 1..self.at + end].iter().collect();
                self.at += end + 1;
                let least = inner.split(',').next()?.trim();
                if least.is_empty() { 0 } else { least.parse().ok()? }
            }
            Some(_) | None => return Some(1),
        };
        // Lazy and possessive repeats.
        let _ = self.takes('?') || self.takes('+');
        Some(count)
    }

    /// A character of a class.
    fn class(&mut self) -> Option<char> {
        let negated = self.takes('^');
        let mut members: Vec<(char, char)> = Vec::new();
        let mut first = true;
        loop {
            let c = match self.next()? {
                ']' if !first => break,
                '\\' => match self.next()? {
                    'd' => {
                        members.push(('0', '9'));
                        continue;
                    }
                    'w' => {
                        members.extend([('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]);
                        continue;
                    }
                    's' => {
                        members.push((' ', ' '));
                        continue;
                    }
                    c => c,
                },
                c => c,
            };
            first = false;
            let is_range =
                self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            if is_range {
                self.at += 1;
                let high = match self.next()? {
                    '\\' => self.next()?,
                    c => c,
                };
                members.push((c, high));
            } else {
                members.push((c, c));
            }
        }
        let has = |c: char| members.iter().any(|(low, high)| (*low..=*high).contains(&c));
        if negated {
            return "ax1-_ .,/".chars().find(|c| !has(*c));
        }
        let plain = "a1".chars().find(|c| has(*c));
        plain.or(members.first().map(|(low, _)| *low))
    }
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn texts_are_made_of_expressions() {
        for (source, expected) in [
            ("http://[0-9]{1,3}\\.[0-9]{1,3}/cd", Some("http://1.1/cd")),
            ("(a|b)c+d*", Some("ac")),
            ("(?i)power(shell)?", Some("power")),
            ("[^a]x{3}", Some("xxxx")),
            (r"(\s?\+\s?['][A-Z]+[']){2,}", Some("+'A'+'A'")),
            ("a(?=b)", None),
            ("(a", None),
            ("\"a.b\"c", Some("a.bc")),
        ] {
            assert_eq!(sample(source).as_deref(), expected, "{source}");
        }
    }
}
