//! Which group, or groups, each row belongs to.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::{MAX_ROWS, too_many_rows};
use crate::column::{Builder, Column, Data};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// The groups of some rows.
pub(super) struct Groups {
    /// How many there are.
    pub(super) count: usize,
    members: Members,
    /// A row of each group, and which value of each key it has there.
    samples: Vec<(u32, Vec<Option<u32>>)>,
}

enum Members {
    /// All rows are in group 0.
    One(usize),
    /// Each row is in one group.
    Flat(Vec<u32>),
    /// Rows and groups; a row with lists for keys is in several.
    Pairs(Vec<(u32, u32)>),
}

impl Groups {
    /// One group of all rows.
    pub(super) fn one(rows: usize) -> Self {
        Self { count: 1, members: Members::One(rows), samples: Vec::new() }
    }

    /// Groups by the values of some columns, in the order of first occurrence.
    pub(super) fn by(keys: &[Arc<Column>], rows: usize, span: Span) -> Result<Self, Diagnostic> {
        if keys.iter().any(|key| key.may_have_lists()) {
            return Self::by_lists(keys, rows, span);
        }
        let mut groups: Vec<u32> = vec![0; rows];
        let mut count = u32::from(rows > 0);
        for (index, key) in keys.iter().enumerate() {
            let ids = Ids::new(key);
            let row_ids: Vec<u32> =
                (0..rows).map(|row| ids.of_row(key, row).next().unwrap_or(0)).collect();
            if index == 0 {
                groups = row_ids;
                (groups, count) = compact(&groups, ids.count);
                continue;
            }
            let mut seen: HashMap<(u32, u32), u32> = HashMap::new();
            for (group, id) in groups.iter_mut().zip(&row_ids) {
                let next = number(seen.len());
                *group = *seen.entry((*group, *id)).or_insert(next);
            }
            count = number(seen.len());
        }
        let mut samples = vec![None; count as usize];
        for (row, group) in (0_u32..).zip(&groups) {
            samples[*group as usize].get_or_insert(row);
        }
        let samples = samples.into_iter().flatten().map(|row| {
            let places = keys.iter().map(|key| {
                let range = key.range(row as usize);
                (!range.is_empty()).then_some(number(range.start))
            });
            (row, places.collect())
        });
        let samples = samples.collect();
        Ok(Self { count: count as usize, members: Members::Flat(groups), samples })
    }

    fn by_lists(keys: &[Arc<Column>], rows: usize, span: Span) -> Result<Self, Diagnostic> {
        let ids: Vec<_> = keys.iter().map(|key| Ids::new(key)).collect();
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut pairs = Vec::new();
        let mut samples = Vec::new();
        for (row, row_number) in (0..rows).zip(0_u32..) {
            // Each different value once; null counts as a value.
            let mut choices: Vec<Vec<(u32, Option<u32>)>> = Vec::with_capacity(keys.len());
            let mut product = 1_usize;
            for (key, ids) in keys.iter().zip(&ids) {
                let mut values: Vec<(u32, Option<u32>)> = Vec::new();
                let mut seen = std::collections::HashSet::new();
                let places = key.range(row).map(|place| Some(number(place)));
                for (id, place) in ids.of_row(key, row).zip(places.chain(std::iter::repeat(None))) {
                    if seen.insert(id) {
                        values.push((id, place));
                    }
                }
                product = product.saturating_mul(values.len());
                choices.push(values);
            }
            if pairs.len().saturating_add(product) > MAX_ROWS {
                return Err(too_many_rows(span));
            }
            let mut at = vec![0_usize; keys.len()];
            for _ in 0..product {
                let picked: Vec<_> =
                    at.iter().zip(&choices).map(|(i, values)| values[*i]).collect();
                let combination: Vec<u32> = picked.iter().map(|(id, _)| *id).collect();
                let next = number(known.len());
                let group = *known.entry(combination).or_insert(next);
                if group == next {
                    samples.push((row_number, picked.iter().map(|(_, place)| *place).collect()));
                }
                pairs.push((row_number, group));
                for (slot, values) in at.iter_mut().zip(&choices).rev() {
                    *slot += 1;
                    if *slot < values.len() {
                        break;
                    }
                    *slot = 0;
                }
            }
        }
        Ok(Self { count: known.len(), members: Members::Pairs(pairs), samples })
    }

    /// Calls `visit` on every row and group that pass a mask.
    pub(super) fn each(&self, mask: Option<&[bool]>, mut visit: impl FnMut(usize, usize)) {
        let passes = |row: usize| mask.is_none_or(|mask| mask.get(row).copied().unwrap_or(false));
        match &self.members {
            Members::One(rows) => {
                (0..*rows).filter(|row| passes(*row)).for_each(|row| visit(row, 0));
            }
            Members::Flat(groups) => {
                for (row, group) in groups.iter().enumerate() {
                    if passes(row) {
                        visit(row, *group as usize);
                    }
                }
            }
            Members::Pairs(pairs) => {
                for (row, group) in pairs {
                    if passes(*row as usize) {
                        visit(*row as usize, *group as usize);
                    }
                }
            }
        }
    }

    /// The one group of each row; `None` when a row is in several.
    pub(super) fn of_rows(&self) -> Option<Vec<u32>> {
        match &self.members {
            Members::One(rows) => Some(vec![0; *rows]),
            Members::Flat(groups) => Some(groups.clone()),
            Members::Pairs(_) => None,
        }
    }

    /// The values of a key, one per group.
    pub(super) fn key(&self, index: usize, column: &Column) -> Column {
        let mut builder = Builder::new(column.ty, self.count);
        for (_, places) in &self.samples {
            let place = places.get(index).copied().flatten();
            builder.optional(place.map(|place| column.value(place as usize)));
        }
        builder.finish()
    }
}

/// A count of rows or values, which fit 32 bits: [`MAX_ROWS`].
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Numbers groups anew, in the order of first occurrence.
fn compact(groups: &[u32], count: u32) -> (Vec<u32>, u32) {
    let mut names = vec![u32::MAX; count as usize];
    let mut next = 0;
    let renamed = groups.iter().map(|group| {
        let name = &mut names[*group as usize];
        if *name == u32::MAX {
            *name = next;
            next += 1;
        }
        *name
    });
    (renamed.collect(), next)
}

/// A number per different value of a column; 0 is null.
struct Ids {
    by_value: Vec<u32>,
    count: u32,
}

impl Ids {
    fn new(column: &Column) -> Self {
        match &column.data {
            Data::Null => Self { by_value: Vec::new(), count: 1 },
            Data::Bool(values) => {
                Self { by_value: values.iter().map(|v| 1 + u32::from(*v)).collect(), count: 3 }
            }
            Data::Int(values) => Self::hashed(values.iter().copied()),
            Data::Long(values) => Self::hashed(values.iter().copied()),
            Data::ULong(values) => Self::hashed(values.iter().copied()),
            Data::Double(values) => Self::hashed(values.iter().map(|v| (v + 0.0).to_bits())),
            Data::Ip(values) => Self::hashed(values.iter().copied()),
            Data::Point(values) => {
                Self::hashed(values.iter().map(|p| (p.x.to_bits(), p.y.to_bits())))
            }
            Data::Amount(values) => Self::hashed(values.iter().map(|amount| format!("{amount:?}"))),
            Data::Str { dict, codes } => {
                // Codes that have been seen need no look-up of their string.
                let mut by_code = vec![0_u32; dict.len()];
                let mut seen: HashMap<&str, u32> = HashMap::new();
                let by_value = codes.iter().map(|code| {
                    let known = by_code.get(*code as usize).copied().unwrap_or(0);
                    if known > 0 {
                        return known;
                    }
                    let next = number(seen.len()) + 1;
                    let id = *seen.entry(dict.get(*code)).or_insert(next);
                    if let Some(slot) = by_code.get_mut(*code as usize) {
                        *slot = id;
                    }
                    id
                });
                let by_value = by_value.collect();
                Self { by_value, count: number(seen.len()) + 1 }
            }
        }
    }

    fn hashed<T: Eq + Hash>(values: impl Iterator<Item = T>) -> Self {
        let mut seen: HashMap<T, u32> = HashMap::new();
        let by_value = values.map(|value| {
            let next = number(seen.len()) + 1;
            *seen.entry(value).or_insert(next)
        });
        let by_value = by_value.collect();
        Self { by_value, count: number(seen.len()) + 1 }
    }

    fn of_row(&self, column: &Column, row: usize) -> impl Iterator<Item = u32> {
        let range = column.range(row);
        let null = range.is_empty().then_some(0);
        null.into_iter().chain(range.map(|place| self.by_value[place]))
    }
}
