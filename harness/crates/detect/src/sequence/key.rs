//! Join keys: the values that the events of one sequence have in common.

use harness_source::limits;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One value of a join field; case matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyValue {
    /// A boolean.
    Bool(bool),
    /// An integer or a date in milliseconds.
    Long(i64),
    /// A float.
    Double(Real),
    /// Everything else, as text.
    Text(Arc<str>),
    /// An address of a grouping field; join keys hold it as text.
    Ip(u128),
}

/// A float that is equal to itself and has a place in the order.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A tuple of join values, one per `by` field; `None` is a null of an optional field.
pub type Key = Arc<[Option<KeyValue>]>;

/// The order of two keys in the output: text by UTF-16 units, as Java compares it.
pub(super) fn compare(left: &Key, right: &Key) -> Ordering {
    let fields = left.iter().zip(right.iter());
    fields
        .map(|(left, right)| compare_values(left.as_ref(), right.as_ref()))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_values(left: Option<&KeyValue>, right: Option<&KeyValue>) -> Ordering {
    match (left, right) {
        (Some(KeyValue::Text(left)), Some(KeyValue::Text(right))) => {
            left.encode_utf16().cmp(right.encode_utf16())
        }
        (left, right) => left.cmp(&right),
    }
}

/// Numbers the distinct keys in the order of their first appearance.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    ids: HashMap<Key, u32>,
    keys: Vec<Key>,
}

impl Interner {
    /// The number of `key`.
    pub(crate) fn intern(&mut self, key: &[Option<KeyValue>]) -> u32 {
        if let Some(&id) = self.ids.get(key) {
            return id;
        }
        let id = u32::try_from(self.keys.len()).expect("fewer than 2^32 keys fit into memory");
        let key = Key::from(key);
        self.keys.push(key.clone());
        self.ids.insert(key, id);
        id
    }

    /// The keys by number.
    pub(crate) fn into_keys(self) -> Vec<Key> {
        self.keys
    }
}

/// Lists one event's keys: the Cartesian product of its values per field.
#[derive(Debug, Default)]
pub(crate) struct Product {
    /// Distinct values per field, in ascending order; a lone `None` is a null.
    fields: Vec<Vec<Option<KeyValue>>>,
    current: Vec<Option<KeyValue>>,
    odometer: Vec<usize>,
}

/// The product has more tuples than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Product {
    /// Forgets all values and starts over with `fields` fields.
    pub(crate) fn reset(&mut self, fields: usize) {
        self.fields.resize_with(fields, Vec::new);
        self.fields.iter_mut().for_each(Vec::clear);
    }

    /// Sets the values of one field; no values are a null.
    pub(crate) fn set(&mut self, field: usize, values: &mut Vec<KeyValue>) {
        let slot = &mut self.fields[field];
        slot.extend(values.drain(..).map(Some));
        slot.sort_unstable();
        slot.dedup();
        if slot.is_empty() {
            slot.push(None);
        }
    }

    /// Calls `visit` with each tuple in ascending order, unless there are more than [`MAX_KEYS_PER_EVENT`].
    /// The values are used up.
    pub(crate) fn each(
        &mut self,
        mut visit: impl FnMut(&[Option<KeyValue>]),
    ) -> Result<(), TooMany> {
        let count =
            self.fields.iter().try_fold(1_usize, |count, values| count.checked_mul(values.len()));
        if count.is_none_or(|count| count > MAX_KEYS_PER_EVENT) {
            return Err(TooMany);
        }
        self.current.clear();
        if count == Some(1) {
            self.current.extend(self.fields.iter_mut().filter_map(Vec::pop));
            visit(&self.current);
            return Ok(());
        }
        self.odometer.clear();
        self.odometer.resize(self.fields.len(), 0);
        self.current.extend(self.fields.iter().filter_map(|values| values.first().cloned()));
        loop {
            visit(&self.current);
            let Some(field) = (0..self.fields.len())
                .rev()
                .find(|&field| self.odometer[field] + 1 < self.fields[field].len())
            else {
                return Ok(());
            };
            self.odometer[field] += 1;
            self.odometer[field + 1..].fill(0);
            for field in field..self.fields.len() {
                self.current[field].clone_from(&self.fields[field][self.odometer[field]]);
            }
        }
    }
}

/// The most join keys that one event may give to one stage.
pub const MAX_KEYS_PER_EVENT: usize = limits::JOIN_KEYS.most;
