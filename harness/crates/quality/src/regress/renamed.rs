//! Columns of an ES|QL query under the names that another query gives to its own.

use std::collections::BTreeMap;

use harness_model::schema::Schema;
use harness_query::esql::ast::{CommandKind, Field, Name, NamePattern};
use harness_query::esql::lexer::{Lexer, TokenKind};
use harness_query::esql::parse;
use harness_source::span::Span;

/// The new query with the columns that it makes named as the old one names those that it
/// makes, in their order; `None` where that would not mean the same, or is the same text.
pub(super) fn renamed(old: &str, new: &str, schema: &Schema) -> Option<String> {
    let (made, wanted) = (made(new)?, made(old)?);
    if made.len() != wanted.len() {
        return None;
    }
    let pairs = made.iter().zip(&wanted);
    let names: BTreeMap<&str, &str> = pairs
        .filter(|(own, other)| own != other)
        .map(|(own, other)| (own.as_str(), other.as_str()))
        .collect();
    let is_field = |name: &str| schema.field(name).is_some();
    if names.is_empty() || names.iter().any(|(own, other)| is_field(own) || is_field(other)) {
        return None;
    }
    let mentioned = mentioned(new);
    // A name that is taken already would mean two things.
    let is_taken =
        |name: &str| !names.contains_key(name) && mentioned.iter().any(|(own, _)| own == name);
    if names.values().any(|name| is_taken(name)) {
        return None;
    }
    let named = |name: &str| {
        let is_word = |part: &str| {
            part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && part.starts_with(|c: char| c.is_ascii_alphabetic())
        };
        let parts = name
            .split('.')
            .map(|part| if is_word(part) { part.to_owned() } else { format!("`{part}`") });
        parts.collect::<Vec<String>>().join(".")
    };
    let plain = mentioned.iter().filter_map(|(name, span)| {
        let other = names.get(name.as_str())?;
        Some((*span, named(other)))
    });
    // A pattern stands for the columns that it takes.
    let patterns = patterns(new).into_iter().filter_map(|pattern| {
        let taken = made.iter().zip(&wanted).filter(|(own, _)| pattern.matches(own));
        let taken: Vec<String> = taken.map(|(_, other)| named(other)).collect();
        (!taken.is_empty()).then(|| (pattern.span, taken.join(", ")))
    });
    let mut edits: Vec<(Span, String)> = patterns.collect();
    let inside = |span: Span, all: &[(Span, String)]| {
        all.iter().any(|(whole, _)| whole.start <= span.start && span.end <= whole.end)
    };
    let plain: Vec<(Span, String)> = plain.filter(|(span, _)| !inside(*span, &edits)).collect();
    edits.extend(plain);
    edits.sort_by_key(|(span, _)| span.start);
    let (mut text, mut at) = (String::new(), 0);
    for (span, other) in edits {
        text.push_str(Span::new(at, span.start).of(new));
        text.push_str(&other);
        at = span.end;
    }
    text.push_str(Span::new(at, new.len()).of(new));
    Some(text)
}

/// The patterns of columns that are kept, but for `*`.
fn patterns(query: &str) -> Vec<NamePattern> {
    let Ok(query) = parse(query) else { return Vec::new() };
    let kept = query.commands.into_iter().filter_map(|command| match command.kind {
        CommandKind::Keep(all) => Some(all),
        _ => None,
    });
    kept.flatten().filter(|one| one.plain().is_none() && !one.is_star()).collect()
}

/// The names of the columns that a query makes, in the order in which it first does; `None`
/// where it has commands that make columns in other ways.
fn made(query: &str) -> Option<Vec<String>> {
    let query = parse(query).ok()?;
    let mut found: Vec<String> = Vec::new();
    let mut add = |name: &Name| {
        if !found.contains(&name.text) {
            found.push(name.text.clone());
        }
    };
    for command in &query.commands {
        let mut fields = |fields: &mut dyn Iterator<Item = &Field>| {
            fields.filter_map(|field| field.name.as_ref()).for_each(&mut add);
        };
        match &command.kind {
            CommandKind::Eval(all) => fields(&mut all.iter()),
            CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
                let aggregates = stats.aggregates.iter().map(|aggregate| &aggregate.field);
                fields(&mut aggregates.chain(&stats.by));
            }
            CommandKind::Rename(all) => all.iter().for_each(|one| add(&one.to)),
            CommandKind::Completion { target, .. } => target.iter().for_each(&mut add),
            CommandKind::Where(_)
            | CommandKind::Keep(_)
            | CommandKind::Drop(_)
            | CommandKind::Sort(_)
            | CommandKind::Limit(_)
            | CommandKind::MvExpand(_)
            | CommandKind::Dissect { .. }
            | CommandKind::Grok { .. } => {}
            CommandKind::LimitBy { .. }
            | CommandKind::Dedup
            | CommandKind::FillNull { .. }
            | CommandKind::Sample(_)
            | CommandKind::Fork(_)
            | CommandKind::Enrich { .. }
            | CommandKind::LookupJoin { .. }
            | CommandKind::Other { .. }
            | CommandKind::Broken => return None,
        }
    }
    Some(found)
}

/// The names in a text, dotted parts joined, with their places; functions are none.
fn mentioned(text: &str) -> Vec<(String, Span)> {
    let mut lexer = Lexer::new(text);
    let mut found: Vec<(String, Span)> = Vec::new();
    let mut follows_dot = false;
    for _ in 0..=text.len() {
        let token = lexer.token();
        match token.kind {
            TokenKind::End => break,
            TokenKind::Word(part) | TokenKind::Quoted(part) => {
                match found.last_mut().filter(|_| follows_dot) {
                    Some((name, span)) => {
                        name.push('.');
                        name.push_str(&part);
                        span.end = token.span.end;
                    }
                    None => found.push((part, token.span)),
                }
                follows_dot = false;
            }
            TokenKind::Symbol(".") => follows_dot = !found.is_empty(),
            TokenKind::Symbol("(") => {
                // What stands right before is a function, or a keyword.
                let calls = found.last().is_some_and(|(_, span)| span.end == token.span.start);
                if calls {
                    found.pop();
                }
                follows_dot = false;
            }
            TokenKind::Text(_)
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Symbol(_)
            | TokenKind::Bad(_) => follows_dot = false,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::renamed;
    use harness_model::schema::{Base, Field, FieldType, Schema};

    #[track_caller]
    fn check(old: &str, new: &str, expected: Option<&str>) {
        let mut schema = Schema::new(Base::Empty);
        schema.insert(Field::plain("user.name", FieldType::KEYWORD));
        let found = renamed(old, new, &schema);
        assert_eq!(found.map(|text| text.replace('`', "")).as_deref(), expected, "{new}");
    }

    #[test]
    fn columns_are_named_as_the_other_query_names_them() {
        let old = "from a | eval len = length(user.name) | stats n = count(*) by len | where n > 3";
        check(
            old,
            "from a | eval Esql.len = length(user.name) | stats Esql.n = count(*) by Esql.len | where Esql.n > 3",
            Some(old),
        );
        check(
            "from a | eval x = 1 | keep user.name, x",
            "from a | eval E.x = 1 | keep user.name, E.*",
            Some("from a | eval x = 1 | keep user.name, x"),
        );
        // The same names need no other ones, and other numbers of columns have none.
        check(old, old, None);
        check(old, "from a | eval x = 1, y = 2, z = 3", None);
        // Names that are taken, and fields.
        check("from a | eval x = 1", "from a | eval y = 1 | where x > 1", None);
        check("from a | eval x = 1", "from a | eval user.name = 1", None);
        check("from a | eval user.name = 1", "from a | eval x = 1", None);
        // Two that change places.
        check(
            "from a | eval x = 1, y = 2 | where x > y",
            "from a | eval y = 1, x = 2 | where y > x",
            Some("from a | eval x = 1, y = 2 | where x > y"),
        );
        // A function is no column.
        check(
            "from a | eval c = count(z)",
            "from a | eval count = count(z)",
            Some("from a | eval c = count(z)"),
        );
    }
}
