//! Wildcards that are none.

use harness_model::schema::FieldType;
use harness_rule::names::Language;
use serde_json::Value;

use crate::lint::codes::Code;
use crate::lint::evidence::{self, Bench};
use crate::lint::model::Safety;
use crate::lint::target::{Sink, Target};
use crate::lint::uses::{Kind, Op, Use};

pub(super) fn check(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    match used.op {
        Op::Quoted if used.value.contains('*') => quoted(target, used, sink),
        Op::Equal | Op::In | Op::Part if used.kind == Kind::Text && used.value.contains('*') => {
            equals(target, used, sink);
        }
        Op::Bare => {
            question_mark(target, used, sink);
            spaced(target, used, sink);
        }
        Op::Quoted
        | Op::Equal
        | Op::In
        | Op::Colon
        | Op::Like
        | Op::Regex
        | Op::Order
        | Op::Part
        | Op::Argument
        | Op::Search => {}
    }
}

/// What the author expects to match: the text without its wildcards.
fn meant(value: &str) -> String {
    value.replace('*', "x")
}

fn quoted(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let value = &used.value;
    if target.is_text(&used.field) {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let beside = value.match_indices('*').any(|(at, _)| {
            letter(value[..at].chars().next_back()) || letter(value[at + 1..].chars().next())
        });
        if beside {
            let message = format!(
                "in this phrase the `*` is dropped: `{}` is analyzed text and is searched for \
                 whole words",
                used.field
            );
            sink.query(Code::WildcardInPhrase, used.span, message)
                .help("write the words without `*`");
        }
        return;
    }
    // A lone asterisk is a value of its own, as in roles that grant everything, and
    // so are those of shares and of policies.
    if !has_wish(value) {
        return;
    }
    let message = "in quotes `*` is an asterisk: only a value with one in it matches".to_owned();
    let bare = unquoted(value);
    let leaves = target.leaves_at(used.span);
    let event = evidence::missed(target.schema, &leaves, &used.field, &meant(value));
    let help = match &bare {
        Some(bare) => format!("without quotes it is a pattern: {bare}"),
        None => "write the pattern without quotes".to_owned(),
    };
    let told = sink.query(Code::QuotedWildcard, used.span, message).help(help).evidence(event);
    if let Some(bare) = bare {
        told.fix("write the pattern without quotes", Safety::Unsafe, &[(used.span, bare)]);
    }
}

/// Whether asterisks in a value look like wildcards: beside letters, not in the name
/// of a share or of a resource.
fn has_wish(value: &str) -> bool {
    if value.starts_with("\\\\*\\") || value.starts_with("arn:") || value.contains(" * ") {
        return false;
    }
    let rest = value.trim_matches('*');
    // Signs around it, as in crontab and in globs of commands, are no words.
    rest.chars().any(char::is_alphanumeric) && !value.contains("**/") && !is_cron(value)
}

/// Whether all asterisks of a value stand beside words, paths or names: after a sign such
/// as `=` one may well be what is looked for.
fn beside_words(value: &str) -> bool {
    let wordy = |c: char| c.is_alphanumeric() || "._-/\\ *".contains(c);
    value.match_indices('*').all(|(at, _)| {
        let before = value[..at].chars().next_back();
        let after = value[at + 1..].chars().next();
        before.is_none_or(wordy) && after.is_none_or(wordy)
    })
}

fn is_cron(value: &str) -> bool {
    value.contains("* *")
}

/// The pattern as KQL reads it without quotes.
fn unquoted(value: &str) -> Option<String> {
    if value.chars().any(char::is_control) || value.trim() != value {
        return None;
    }
    let mut text = String::new();
    for c in value.chars() {
        if "\\():<>\"{}".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    let words = text
        .split(' ')
        .any(|word| ["and", "or", "not"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword)));
    (!words).then_some(text)
}

fn equals(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    if !has_wish(&used.value) || used.op == Op::Part && !beside_words(&used.value) {
        return;
    }
    let language = target.rule.language;
    let (here, instead) = match (used.op, language) {
        (Op::Part, Some(Language::Esql)) => ("the function", "LIKE"),
        (Op::Part, _) => ("the function", "`:` or `like`"),
        (Op::In, Some(Language::Esql)) => ("IN", "LIKE with a list"),
        (Op::In, _) => ("`in`", "`:` or `like`"),
        (_, Some(Language::Esql)) => ("`==`", "LIKE"),
        (_, _) => ("`==`", "`:` or `like`"),
    };
    let message = format!("{here} compares letter by letter, so the `*` stands for itself");
    let leaves = target.leaves_at(used.span);
    let event = match language {
        Some(Language::Esql) => None,
        _ => evidence::missed(target.schema, &leaves, &used.field, &meant(&used.value)),
    };
    sink.query(Code::WildcardInEquals, used.span, message)
        .help(format!("use {instead}, which take `*` for any text"))
        .evidence(event);
}

fn question_mark(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let value = &used.value;
    let wish = value.match_indices('?').any(|(at, _)| !begins_query(&value[at + 1..]));
    if !wish || value.contains("://") {
        return;
    }
    let leaves = target.leaves_at(used.span);
    let event =
        evidence::missed(target.schema, &leaves, &used.field, &meant(value).replace('?', "x"));
    let message = "KQL has no `?`: it stands for itself, so only a value with one matches";
    sink.query(Code::LiteralQuestionMark, used.span, message.to_owned())
        .help("write `*`, the only wildcard of KQL")
        .evidence(event)
        .fix(
            "write `*` for `?`",
            Safety::Unsafe,
            &[(used.span, used.span.of(target.query()).replace("??", "*").replace('?', "*"))],
        );
}

/// Whether a text goes on as the query of a URL does: a name and its value.
fn begins_query(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_alphanumeric() || "_-[]%".contains(c));
    name.len() < rest.len() && (name.is_empty() || name.starts_with(['=', '&', '*']))
        || rest.is_empty()
}

fn spaced(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    if used.value.contains(['\n', '\r']) {
        let message = "the value goes over a line end: `and` or `or` is missing between the lines";
        let raw = used.span.of(target.query());
        let lines: Vec<&str> = raw.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let leaves = target.leaves_at(used.span);
        let first = lines.first().map(|line| meant(line)).unwrap_or_default();
        let event = evidence::missed(target.schema, &leaves, &used.field, &first);
        sink.query(Code::MissingOperator, used.span, message.to_owned())
            .help("write the operator, or quote the value")
            .evidence(event);
        return;
    }
    if !used.wild || !used.value.trim().contains([' ', '\t']) || !target.is_text(&used.field) {
        return;
    }
    let Some(word) =
        used.value.split_whitespace().find(|word| word.contains(char::is_alphanumeric))
    else {
        return;
    };
    let message = format!(
        "`{}` is analyzed text: the pattern becomes a query string, where one of its words is \
         enough",
        used.field
    );
    let event = matched(target, used, &word.replace('*', ""));
    sink.query(Code::WildcardWithSpace, used.span, message)
        .help("quote the words to look for them in order")
        .evidence(event);
}

/// The event with that value, where some leaf at the place of the use holds on it.
fn matched(target: &Target<'_>, used: &Use, value: &str) -> Option<Value> {
    use harness_predicate::{Leaf, Predicate};
    let leaves = target.leaves_at(used.span);
    let bench = Bench::new(target.schema, leaves.iter().copied());
    let event = evidence::event(&used.field, Value::String(value.to_owned()));
    let any = Predicate::or(leaves.iter().map(|leaf| Predicate::Leaf(Leaf::clone(leaf))));
    (bench.holds(&any, &event)?).then_some(event)
}

/// Whether patterns on a field run over the keys of its root.
pub(super) fn is_flattened(target: &Target<'_>, field: &str) -> bool {
    let known = target.field(field);
    known.is_some_and(|field| matches!(field.ty, FieldType::FlattenedKey { .. }))
}
