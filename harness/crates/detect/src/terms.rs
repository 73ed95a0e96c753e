//! Values of fields, and the combinations that the values of one event form.

use std::collections::HashMap;
use std::sync::Arc;

pub use super::bounds::max_combinations;
use super::sequence::key::{Key, KeyValue, Real};
use super::{Error, Events};
use harness_model::document::Cell;
use harness_model::value::ip_text;
use harness_predicate::Column;
use harness_predicate::plan::{KeyForm, TermField};

/// Appends the values of a column in an event, as stored. Text has none.
pub(super) fn values(events: Events<'_>, column: &Column, event: u32, values: &mut Vec<KeyValue>) {
    let row = events.documents.get(event as usize).and_then(|document| document.rows.first());
    let cell = events.columns.id(column).and_then(|id| row?.cell(id));
    match cell {
        Some(Cell::Keyword(texts)) => {
            values.extend(texts.iter().map(|text| KeyValue::Text(text.as_str().into())));
        }
        Some(Cell::Long(numbers)) => values.extend(numbers.iter().map(|n| KeyValue::Long(*n))),
        Some(Cell::Double(numbers)) => {
            values.extend(numbers.iter().map(|n| KeyValue::Double(Real(*n))));
        }
        Some(Cell::Ip(addresses)) => values.extend(addresses.iter().map(|a| KeyValue::Ip(*a))),
        Some(Cell::Text(_)) | None => {}
    }
}

/// The values of a field in an event, ascending. Elasticsearch keeps numbers,
/// dates and booleans as often as they are stated, and everything else once.
pub fn field_values(events: Events<'_>, field: &TermField, event: u32) -> Vec<KeyValue> {
    let mut found = stated_values(events, field, event);
    found.sort_unstable();
    found.dedup_by(|a, b| matches!(a, KeyValue::Text(_) | KeyValue::Ip(_)) && a == b);
    found
}

/// The values of a field in an event, as the event lists them.
pub(super) fn stated_values(events: Events<'_>, field: &TermField, event: u32) -> Vec<KeyValue> {
    let mut found = Vec::new();
    if let Some(column) = &field.column {
        values(events, column, event, &mut found);
    }
    if field.form == KeyForm::Boolean {
        for value in &mut found {
            if let KeyValue::Long(number) = value {
                *value = KeyValue::Bool(*number != 0);
            }
        }
    }
    found
}

/// Numbers the distinct values of one field.
#[derive(Debug, Default)]
struct Numbers {
    ids: HashMap<KeyValue, u32>,
    values: Vec<KeyValue>,
}

impl Numbers {
    fn number(&mut self, value: KeyValue) -> u32 {
        let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let Self { ids, values } = self;
        *ids.entry(value).or_insert_with_key(|value| {
            values.push(value.clone());
            next
        })
    }
}

/// Numbers the values of several fields, and multiplies them.
#[derive(Debug)]
pub(super) struct Combinations<'a> {
    events: Events<'a>,
    fields: &'a [TermField],
    numbers: Vec<Numbers>,
    left: u64,
}

impl<'a> Combinations<'a> {
    /// Starts with no values.
    pub(super) fn new(events: Events<'a>, fields: &'a [TermField]) -> Self {
        let numbers = fields.iter().map(|_| Numbers::default()).collect();
        Self { events, fields, numbers, left: max_combinations() }
    }

    /// Calls `visit` with every combination of an event's values, one for each
    /// field; with none where a field has no value. `weight` is what one of
    /// them costs.
    pub(super) fn each(
        &mut self,
        event: u32,
        weight: u64,
        mut visit: impl FnMut(&[u32]),
    ) -> Result<(), Error> {
        let mut rows: Vec<Vec<u32>> = Vec::with_capacity(self.fields.len());
        for (field, numbers) in self.fields.iter().zip(&mut self.numbers) {
            let values = field_values(self.events, field, event);
            if values.is_empty() {
                return Ok(());
            }
            rows.push(values.into_iter().map(|value| numbers.number(value)).collect());
        }
        let cost = rows.iter().try_fold(weight, |cost, row| {
            cost.checked_mul(u64::try_from(row.len()).unwrap_or(u64::MAX))
        });
        let left = cost.and_then(|cost| self.left.checked_sub(cost));
        self.left = left.ok_or(Error::Combinations)?;
        let mut odometer = vec![0; rows.len()];
        let mut current: Vec<u32> = rows.iter().map(|row| row[0]).collect();
        loop {
            visit(&current);
            // The last field turns fastest.
            let turning =
                (0..rows.len()).rev().find(|&field| odometer[field] + 1 < rows[field].len());
            let Some(field) = turning else { return Ok(()) };
            odometer[field] += 1;
            odometer[field + 1..].fill(0);
            for field in field..rows.len() {
                current[field] = rows[field][odometer[field]];
            }
        }
    }

    /// The values of the numbers.
    pub(super) fn key(&self, combination: &[u32]) -> Key {
        let value =
            |(numbers, number): (&Numbers, &u32)| numbers.values.get(*number as usize).cloned();
        self.numbers.iter().zip(combination).map(value).collect()
    }
}

/// A value for people and reports.
pub fn key_text(value: Option<&KeyValue>) -> Arc<str> {
    match value {
        None => "null".into(),
        Some(KeyValue::Bool(value)) => value.to_string().into(),
        Some(KeyValue::Long(value)) => value.to_string().into(),
        Some(KeyValue::Double(Real(value))) => value.to_string().into(),
        Some(KeyValue::Text(text)) => text.clone(),
        Some(KeyValue::Ip(address)) => ip_text(*address).into(),
    }
}

/// A key for people: its values in a row.
pub fn key_list(key: &Key) -> String {
    let values: Vec<_> = key.iter().map(|value| key_text(value.as_ref()).to_string()).collect();
    values.join(", ")
}
