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
            match atom {
                Atom::Text(atom) => {
                    if text.len() + atom.len() * count > MAX_TEXT {
                        return None;
                    }
                    text.push_str(&atom.repeat(count));
                }
                Atom::Class(members) => {
                    if text.len() + count > MAX_TEXT {
                        return None;
                    }
                    text.extend(members.iter().cycle().take(count));
                }
            }
        }
        Some(text)
    }

    fn atom(&mut self, depth: usize) -> Option<Atom> {
        let text = |text: String| Some(Atom::Text(text));
        let one = |c: char| text(c.to_string());
        match self.next()? {
            '(' => {
                if self.takes('?') {
                    // `(?:`, `(?i)`, `(?<name>`; what looks around is not read.
                    while let Some(c) = self.next() {
                        match c {
                            ':' | '>' => break,
                            ')' => return text(String::new()),
                            '=' | '!' => return None,
                            _ => {}
                        }
                    }
                }
                let inner = self.choice(depth)?;
                if self.takes(')') { text(inner) } else { None }
            }
            '[' => Some(Atom::Class(self.class()?)),
            '\\' => one(match self.next()? {
                'd' => return Some(Atom::Class(DIGITS.chars().collect())),
                'w' => return Some(Atom::Class(LETTERS.chars().collect())),
                's' => ' ',
                'S' | 'D' => 'x',
                'W' => '-',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'b' | 'B' | 'A' | 'z' | 'Z' => return text(String::new()),
                c => c,
            }),
            '.' => one('a'),
            '^' | '$' | '@' => text(String::new()),
            '"' => {
                let start = self.at;
                match self.chars[start..].iter().position(|c| *c == '"') {
                    Some(length) => {
                        self.at = start + length + 1;
                        text(self.chars[start..start + length].iter().collect())
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

    /// Characters of a class, in the order in which repeats take them.
    fn class(&mut self) -> Option<Vec<char>> {
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
        let plain = || LETTERS.chars().chain(DIGITS.chars()).chain(CAPITALS.chars());
        let found: Vec<char> = if negated {
            let other = "-_ .,/".chars();
            plain().take(MAX_CYCLE).chain(other).filter(|c| !has(*c)).collect()
        } else {
            let (letters, digits): (Vec<char>, Vec<char>) =
                plain().filter(|c| has(*c)).partition(|c| c.is_alphabetic());
            let start = letters.into_iter().take(MAX_CYCLE);
            let found: Vec<char> = start.chain(digits).collect();
            if found.is_empty() {
                members.iter().map(|(low, _)| *low).take(1).collect()
            } else {
                found
            }
        };
        (!found.is_empty()).then_some(found)
    }
}

/// A part of an expression: a text, or characters of which each repeat takes the next.
enum Atom {
    Text(String),
    Class(Vec<char>),
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "1234567890";
/// The most letters that are taken before digits.
const MAX_CYCLE: usize = 8;

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn texts_are_made_of_expressions() {
        for (source, expected) in [
            ("http://[0-9]{1,3}\\.[0-9]{1,3}/cd", Some("http://1.1/cd")),
            ("(a|b)c+d*", Some("ac")),
            ("(?i)power(shell)?", Some("power")),
            ("[^a]x{3}", Some("bxxx")),
            ("[0-9]{12}:[A-Z0-9]{10}", Some("123456789012:ABCDEFGH12")),
            (r"(\s?\+\s?['][A-Z]+[']){2,}", Some("+'A'+'A'")),
            ("a(?=b)", None),
            ("(a", None),
            ("\"a.b\"c", Some("a.bc")),
        ] {
            assert_eq!(sample(source).as_deref(), expected, "{source}");
        }
    }
}
