//! Regular expressions of Java (`REPLACE`) and of Oniguruma (`GROK`), by automata.
//!
//! An expression is parsed here and then runs on the `regex` crate; what that
//! crate leaves out and an automaton can still do (look-arounds of bounded
//! width, possessive repeats of one class, Java's `$`) runs on a small virtual
//! machine. Both take time linear in the text. Everything else, such as
//! back-references, is refused as unsupported.

mod class;
mod machine;
mod model;
mod native;
mod node;
mod parse;
mod program;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use harness_source::{effort, limits};
pub(super) use model::{Captures, Dialect, RegexError};
use node::Node;
use program::Program;

/// A text on which an expression takes more steps than are allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the expression takes more than {steps} steps on a text of {0} bytes", steps = limits::JAVA_REGEX_STEPS.now())]
pub(super) struct TooManySteps(usize);

/// Why a replacement is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReplaceError {
    /// Java refuses the replacement.
    #[error("{0}")]
    Replacement(String),
    /// It takes too long.
    #[error(transparent)]
    Steps(#[from] TooManySteps),
}

/// The greatest number of steps of the virtual machine for one search.
fn max_steps() -> usize {
    limits::JAVA_REGEX_STEPS.now()
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Regex {
    node: Node,
    names: Vec<(String, usize)>,
    groups: usize,
    native: Option<regex::Regex>,
    /// Where the virtual machine may find something at all.
    loose: OnceLock<Option<regex::Regex>>,
    /// Java's `$` occurs: the native form takes it as the very end.
    java_end: bool,
    program: OnceLock<Result<Program, RegexError>>,
}

impl Regex {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// What the dialect refuses, and what no automaton does.
    pub(super) fn new(source: &str, dialect: Dialect) -> Result<Self, RegexError> {
        let parse::Parsed { node, names, groups } = parse::parse(source, dialect)?;
        let native = native::compile(&node);
        let java_end = node.has_java_end();
        let (loose, program) = (OnceLock::new(), OnceLock::new());
        let regex = Self { node, names, groups, native, loose, java_end, program };
        if regex.native.is_none() || java_end {
            regex.program()?;
        }
        Ok(regex)
    }

    fn program(&self) -> Result<&Program, RegexError> {
        let program = self.program.get_or_init(|| Program::compile(&self.node, self.groups));
        program.as_ref().map_err(Clone::clone)
    }

    /// Names of groups and their numbers, in the order of the expression; a name may recur.
    pub(super) fn names(&self) -> &[(String, usize)] {
        &self.names
    }

    /// The leftmost match at or after a byte offset.
    ///
    /// # Errors
    ///
    /// A search that takes too many steps.
    pub(super) fn captures_at(
        &self,
        text: &str,
        start: usize,
    ) -> Result<Option<Captures>, TooManySteps> {
        let by_machine =
            self.java_end && text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        match &self.native {
            Some(native) if !by_machine => {
                let found = native.captures_at(text, start);
                let groups = |found: regex::Captures<'_>| {
                    found.iter().map(|group| group.map(|m| (m.start(), m.end()))).collect()
                };
                Ok(found.map(groups))
            }
            _ => match self.program() {
                // Past the watchdog of the rule nothing that is found is used.
                Ok(_) if !effort::spend(text.len()) => Ok(None),
                Ok(program) => {
                    let loose = self.loose.get_or_init(|| native::loose(&self.node));
                    let first = loose.as_ref().map_or(Some(start), |loose| {
                        loose.find_at(text, start).map(|found| found.start())
                    });
                    let Some(first) = first else { return Ok(None) };
                    machine::run(program, text, first, max_steps())
                        .map_err(|_| TooManySteps(text.len()))
                }
                Err(_) => Ok(None),
            },
        }
    }

    /// Every match replaced, as `Matcher.replaceAll` does.
    ///
    /// # Errors
    ///
    /// A replacement that names a group there is none of, or ends in `\` or `$`; a
    /// search that takes too many steps.
    pub(super) fn replace_all(
        &self,
        text: &str,
        replacement: &str,
        limit: usize,
    ) -> Result<Option<String>, ReplaceError> {
        let template = Template::parse(replacement, self).map_err(ReplaceError::Replacement)?;
        let mut out = String::new();
        let mut copied = 0;
        let mut at = 0;
        while at <= text.len() {
            let Some(groups) = self.captures_at(text, at)? else { break };
            let Some(Some((start, end))) = groups.first().copied() else { break };
            out.push_str(&text[copied..start]);
            for piece in &template.pieces {
                match piece {
                    Piece::Text(literal) => out.push_str(literal),
                    Piece::Group(index) => {
                        if let Some(Some((start, end))) = groups.get(*index) {
                            out.push_str(&text[*start..*end]);
                        }
                    }
                }
            }
            if out.len() > limit {
                return Ok(None);
            }
            copied = end;
            // After an empty match the search goes on one character later.
            at = if end > start {
                end
            } else {
                end + text[end..].chars().next().map_or(1, char::len_utf8)
            };
        }
        out.push_str(&text[copied..]);
        Ok((out.len() <= limit).then_some(out))
    }
}

struct Template {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Group(usize),
}

impl Template {
    fn parse(replacement: &str, regex: &Regex) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut chars = replacement.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some(c) => literal.push(c),
                    None => return Err("character to be escaped is missing".into()),
                },
                '$' => {
                    if !literal.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut literal)));
                    }
                    pieces.push(Piece::Group(group_number(&mut chars, regex)?));
                }
                other => literal.push(other),
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self { pieces })
    }
}

fn group_number(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    regex: &Regex,
) -> Result<usize, String> {
    if chars.next_if_eq(&'{').is_some() {
        let name: String =
            std::iter::from_fn(|| chars.next_if(char::is_ascii_alphanumeric)).collect();
        if chars.next() != Some('}') {
            return Err("named capturing group is missing trailing '}'".into());
        }
        let found = regex.names.iter().find(|(known, _)| *known == name);
        return found.map(|(_, index)| *index).ok_or(format!("No group with name {{{name}}}"));
    }
    let Some(first) = chars.next() else {
        return Err("Illegal group reference: group index is missing".into());
    };
    let Some(first) = first.to_digit(10) else { return Err("Illegal group reference".into()) };
    let mut index = first as usize;
    if index >= regex.groups {
        return Err(format!("No group {index}"));
    }
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        let longer = index * 10 + digit as usize;
        if longer >= regex.groups {
            break;
        }
        index = longer;
        chars.next();
    }
    Ok(index)
}
