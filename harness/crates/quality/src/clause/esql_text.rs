//! Places in the text of an ES|QL query, and the text with changes in it.

use harness_query::esql;
use harness_query::esql::ast::{Command, CommandKind, Field, Query, Source, Stats};
use harness_query::esql::lexer::{Lexer, TokenKind};
use harness_source::span::Span;

/// What stands at a place instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) span: Span,
    pub(crate) with: String,
}

impl Mark {
    pub(crate) fn new(span: Span, with: impl Into<String>) -> Self {
        Self { span, with: with.into() }
    }

    /// Nothing is replaced.
    pub(crate) fn insert(at: usize, with: impl Into<String>) -> Self {
        Self::new(Span::new(at, at), with)
    }
}

/// The text with all marks carried out; they do not overlap.
pub(crate) fn edited(text: &str, marks: &[Mark]) -> String {
    rewritten(text, marks, |_, new| new.to_owned())
}

/// The text with what `make` says of the old and the new text at each mark;
/// marks do not overlap.
pub(crate) fn rewritten(text: &str, marks: &[Mark], make: impl Fn(&str, &str) -> String) -> String {
    let mut marks: Vec<&Mark> = marks.iter().collect();
    marks.sort_by_key(|mark| mark.span);
    let mut out = String::with_capacity(text.len() + 16);
    let mut at = 0;
    for mark in marks {
        out.push_str(text.get(at..mark.span.start).unwrap_or_default());
        out.push_str(&make(mark.span.of(text), &mark.with));
        at = mark.span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// The places of a word outside strings and comments, within a range.
pub(crate) fn words(text: &str, range: Span, word: &str) -> Vec<Span> {
    let mut lexer = Lexer::new(text);
    lexer.seek(range.start);
    let mut found = Vec::new();
    loop {
        let token = lexer.token();
        if token.span.end > range.end {
            return found;
        }
        match token.kind {
            TokenKind::Word(own) if own.eq_ignore_ascii_case(word) => found.push(token.span),
            TokenKind::End | TokenKind::Bad(_) => return found,
            _ => {}
        }
    }
}

/// A key of `STATS … BY`, and what leaves it out.
pub(crate) struct Key {
    /// The key as written.
    pub(crate) span: Span,
    /// Its name.
    pub(crate) name: String,
    /// What is left out, a comma or `BY` with it.
    pub(crate) removed: Span,
    /// Changes that leave it out, to be tried in this order: some may not be
    /// valid, as later commands may ask for the key.
    pub(crate) without: Vec<Vec<Mark>>,
}

/// The keys of all groupings, in the order of the query.
pub(crate) fn keys(text: &str) -> Vec<Key> {
    let Ok(query) = esql::parse(text) else { return Vec::new() };
    let commands = Numbered::all(&query).into_iter().filter_map(|numbered| numbered.command);
    commands.flat_map(|command| keys_of(text, command)).collect()
}

/// A command, and how it is called by its number.
pub(crate) struct Numbered<'a> {
    /// `command 2`, or `command 2, branch 1, command 3`.
    pub(crate) name: String,
    /// Its place.
    pub(crate) span: Span,
    /// It, but for the first of a query.
    pub(crate) command: Option<&'a Command>,
}

impl<'a> Numbered<'a> {
    /// The commands of a query as they are written, with those inside others
    /// behind them.
    pub(crate) fn all(query: &'a Query) -> Vec<Self> {
        let mut all = Vec::new();
        Self::add(query, "", &mut all);
        all
    }

    fn add(query: &'a Query, prefix: &str, all: &mut Vec<Self>) {
        let name = format!("{prefix}command 1");
        all.push(Self { name: name.clone(), span: query.source.span(), command: None });
        if let Source::From { subqueries, .. } = &query.source {
            for (number, inner) in (1..).zip(subqueries) {
                Self::add(inner, &format!("{name}, query {number}, "), all);
            }
        }
        Self::add_commands(&query.commands, (2, prefix), all);
    }

    fn add_commands(commands: &'a [Command], (first, prefix): (usize, &str), all: &mut Vec<Self>) {
        for (number, command) in (first..).zip(commands) {
            let name = format!("{prefix}command {number}");
            all.push(Self { name: name.clone(), span: command.span, command: Some(command) });
            if let CommandKind::Fork(branches) = &command.kind {
                for (number, branch) in (1..).zip(branches) {
                    Self::add_commands(branch, (1, &format!("{name}, branch {number}, ")), all);
                }
            }
            if let CommandKind::Where(condition) = &command.kind {
                for (number, inner) in (1..).zip(condition.queries()) {
                    Self::add(inner, &format!("{name}, query {number}, "), all);
                }
            }
        }
    }
}

fn keys_of(text: &str, command: &Command) -> Vec<Key> {
    let (stats, inline) = match &command.kind {
        CommandKind::Stats(stats) => (stats, false),
        CommandKind::InlineStats(stats) => (stats, true),
        _ => return Vec::new(),
    };
    let keys = (0..stats.by.len()).filter_map(|at| key(text, command, stats, (at, inline)));
    keys.collect()
}

fn whole(field: &Field) -> Span {
    field.name.as_ref().map_or(field.span, |name| name.span.to(field.span))
}

fn key(text: &str, command: &Command, stats: &Stats, (at, inline): (usize, bool)) -> Option<Key> {
    let span = whole(&stats.by[at]);
    let removed = match (at.checked_sub(1), stats.by.get(at + 1)) {
        (None, None) => {
            words(text, Span::new(command.span.start, span.start), "by").pop()?.to(span)
        }
        (_, Some(next)) => Span::new(span.start, whole(next).start),
        (Some(before), None) => Span::new(whole(&stats.by[before]).end, span.end),
    };
    let plain = Mark::new(removed, "");
    // Some value of the key, where later commands ask for it.
    let field = &stats.by[at];
    let name = field.name.as_ref().map_or(field.span, |name| name.span).of(text);
    let value = format!("{name} = min({})", field.span.of(text));
    let some = match stats.aggregates.last() {
        Some(last) => vec![plain.clone(), Mark::insert(last.span.end, format!(", {value}"))],
        None => vec![Mark::new(removed, value)],
    };
    // Of `INLINE STATS` the columns stay, and must not change.
    let without = if inline { vec![vec![plain]] } else { vec![vec![plain], some] };
    Some(Key { span, name: name.to_owned(), removed, without })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_left_out_with_their_commas() {
        for (query, expected) in [
            ("from x | stats c = count(*) by k", vec!["from x | stats c = count(*) "]),
            (
                "from x | stats c = count(*) by k, w = date_trunc(1 day, @timestamp) // by",
                vec![
                    "from x | stats c = count(*) by w = date_trunc(1 day, @timestamp) // by",
                    "from x | stats c = count(*) by k // by",
                ],
            ),
            ("from x | INLINE STATS c = max(n) BY k", vec!["from x | INLINE STATS c = max(n) "]),
            ("from x | where a == \"by\"", vec![]),
            (
                "from x | fork (stats c = count(*) by k) (where a in (from y | stats by m | keep m))",
                vec![
                    "from x | fork (stats c = count(*) ) (where a in (from y | stats by m | keep m))",
                    "from x | fork (stats c = count(*) by k) (where a in (from y | stats  | keep m))",
                ],
            ),
        ] {
            let found = keys(query);
            let found: Vec<_> = found.iter().map(|key| edited(query, &key.without[0])).collect();
            assert_eq!(found, expected, "{query}");
        }
        let query = "from x, (from y | where b) | keep k | where k in (from z | limit 1) | fork (limit 2) (where c)";
        let query = esql::parse(query).expect("a query");
        let names: Vec<_> = Numbered::all(&query).into_iter().map(|one| one.name).collect();
        assert_eq!(
            names,
            [
                "command 1",
                "command 1, query 1, command 1",
                "command 1, query 1, command 2",
                "command 2",
                "command 3",
                "command 3, query 1, command 1",
                "command 3, query 1, command 2",
                "command 4",
                "command 4, branch 1, command 1",
                "command 4, branch 2, command 1",
            ]
        );
        let query = "from x | stats c = count(*) by w = n + 1 | keep w";
        let found = keys(query);
        let kept = edited(query, &found[0].without[1]);
        assert_eq!(kept, "from x | stats c = count(*), w = min(n + 1)  | keep w");
        assert_eq!(found[0].span.of(query), "w = n + 1");
    }
}
