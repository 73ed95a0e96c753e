//! Fields whose type makes a clause mean something else.

use harness_model::schema::{Access, FieldType};
use harness_predicate::Part;
use harness_rule::names::Language;

use super::wildcard::is_flattened;
use crate::lint::codes::Code;
use crate::lint::target::{Sink, Target};
use crate::lint::uses::{Kind, Op, Use};

pub(super) fn check(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    address(target, used, sink);
    flattened(target, used, sink);
    text(target, used, sink);
}

/// A wildcard in what looks like an address.
fn address(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let parts = used.value.split('.').count();
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '*');
    let is_address = used.value.contains('*')
        && used.value.contains(|c: char| c.is_ascii_digit())
        && used.value.contains('.')
        && parts <= 4
        && digits(&used.value);
    let is_ip = target.field(&used.field).is_some_and(|field| field.ty == FieldType::Ip);
    let named = used.field.ends_with(".address") || used.field.ends_with("ip") || is_ip;
    if used.kind == Kind::Text && is_address && named && !matches!(used.op, Op::Regex) {
        let message = "a pattern compares the address as a text, and no network is one pattern";
        sink.query(Code::AddressWildcard, used.span, message.to_owned())
            .help("name the network as CIDR on a field of type ip");
    }
}

/// A pattern on one key of a flattened field.
fn flattened(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    if used.op != Op::Bare || !used.wild || !is_flattened(target, &used.field) {
        return;
    }
    let inner = used.value.strip_suffix('*').unwrap_or(&used.value);
    // A lone star asks whether there is a value.
    if inner.contains('*') && !used.value.chars().all(|c| c == '*') {
        let message = format!(
            "`{}` is a key of a flattened field: the pattern runs over all keys of it, names and \
             values",
            used.field
        );
        sink.query(Code::FlattenedPattern, used.span, message)
            .help("compare a whole value, or a beginning with a `*` after it");
    }
}

/// An analyzed text that ES|QL compares as a whole.
fn text(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let compared = matches!(used.op, Op::Equal | Op::In) && used.kind == Kind::Text;
    if target.rule.language == Some(Language::Esql) && compared && target.is_text(&used.field) {
        let message = format!(
            "`{}` is analyzed text, and this compares all of it, letter by letter",
            used.field
        );
        sink.query(Code::TextAsKeyword, used.span, message)
            .help("use `:` or MATCH to look for words, LIKE for a part");
    }
}

/// Fields that are kept and not indexed.
pub(super) fn source_only(target: &Target<'_>, sink: &mut Sink<'_>) {
    let mut told = Vec::new();
    for used in target.uses {
        let is_esql = target.rule.language == Some(Language::Esql);
        let hidden = target.field(&used.field).is_some_and(|field| field.access == Access::Source);
        if !is_esql && hidden && !told.contains(&used.span) {
            told.push(used.span);
            let message = format!("`{}` is not indexed, so no query finds its values", used.field);
            sink.at(Code::SourceOnlyField, Part::Query, used.span, message)
                .help("ask for a field that the event is parsed into, or for `message`");
        }
    }
}
