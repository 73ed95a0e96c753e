//! What the value of an event or an indicator can be found by.

use super::super::Events;
use super::super::sequence::key::{KeyValue, Real};
use super::super::terms::{field_values, key_text};
use harness_model::document::Cell;
use harness_model::value::{ip_interval, parse_ip};
use harness_predicate::Kind;
use harness_predicate::plan::{Compare, KeyForm, TermField, ThreatEntry};

/// One of the things that have to be equal.
pub(super) enum Probe {
    /// A value or a token.
    Value(KeyValue),
    /// An address.
    Address(u128),
    /// The addresses from `low` to `low | open`.
    Network {
        /// The first.
        low: u128,
        /// The bits that differ.
        open: u128,
    },
}

/// Whether a document has a value in `field`.
pub(super) fn has_value(field: &TermField, events: Events<'_>, document: u32) -> bool {
    let row = events.documents.get(document as usize).and_then(|document| document.rows.first());
    let id = field.column.as_ref().and_then(|column| events.columns.id(column));
    match id.and_then(|id| row?.cell(id)) {
        Some(Cell::Keyword(values)) => !values.is_empty(),
        Some(Cell::Text(values)) => !values.is_empty(),
        Some(Cell::Long(values)) => !values.is_empty(),
        Some(Cell::Double(values)) => !values.is_empty(),
        Some(Cell::Ip(values)) => !values.is_empty(),
        None => false,
    }
}

/// Calls `visit` with all that a document's values in `field`, one of the two
/// fields of `entry`, can be found by.
pub(super) fn each(
    entry: &ThreatEntry,
    field: &TermField,
    events: Events<'_>,
    document: u32,
    visit: &mut dyn FnMut(Probe),
) {
    let token = |text: String| Probe::Value(KeyValue::Text(text.into()));
    match &entry.compare {
        Compare::Tokens(analyzer) => {
            let row = events.documents.get(document as usize).and_then(|d| d.rows.first());
            let id = field.column.as_ref().and_then(|column| events.columns.id(column));
            if let Some(Cell::Text(texts)) = id.and_then(|id| row?.cell(id)) {
                texts.iter().flatten().for_each(|own| visit(token(own.text.clone())));
            }
            for value in field_values(events, field, document) {
                let tokens = analyzer.tokens(&key_text(Some(&value)));
                tokens.into_iter().for_each(|own| visit(token(own.text)));
            }
        }
        Compare::Values => {
            let kind = |field: &TermField| field.column.as_ref().map(|column| column.kind);
            let kinds = [kind(&entry.field), kind(&entry.value)];
            let boolean =
                [&entry.field, &entry.value].iter().any(|own| own.form == KeyForm::Boolean);
            for value in field_values(events, field, document) {
                if let Some(probe) = plain(value, kinds, boolean) {
                    visit(probe);
                }
            }
        }
    }
}

/// A whole value, in the form that both fields of its entry have in common.
fn plain(value: KeyValue, kinds: [Option<Kind>; 2], boolean: bool) -> Option<Probe> {
    let has = |kind| kinds.contains(&Some(kind));
    match value {
        KeyValue::Ip(address) => Some(Probe::Address(address)),
        KeyValue::Text(text) if has(Kind::Ip) => match parse_ip(&text) {
            Ok(address) => Some(Probe::Address(address)),
            Err(_) => {
                let network = ip_interval(&text).ok()?;
                Some(Probe::Network { low: network.low, open: network.low ^ network.high })
            }
        },
        KeyValue::Text(text) if boolean => Some(Probe::Value(KeyValue::Bool(text.parse().ok()?))),
        KeyValue::Text(text) if has(Kind::Long) || has(Kind::Double) => {
            let whole = text.parse().ok().map(KeyValue::Long);
            let number = || text.parse().ok().map(number_value);
            whole.or_else(number).map(Probe::Value)
        }
        KeyValue::Double(Real(number)) => Some(Probe::Value(number_value(number))),
        value @ (KeyValue::Text(_) | KeyValue::Long(_) | KeyValue::Bool(_)) => {
            Some(Probe::Value(value))
        }
    }
}

/// A float, as an integer where it is one.
fn number_value(number: f64) -> KeyValue {
    #[expect(clippy::cast_possible_truncation, reason = "the range was tested")]
    #[expect(clippy::float_cmp, reason = "only exact integers are meant")]
    if number.abs() < 9e15 && number.trunc() == number {
        KeyValue::Long(number as i64)
    } else {
        KeyValue::Double(Real(number))
    }
}
