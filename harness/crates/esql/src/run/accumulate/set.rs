//! Different values.

use std::collections::HashSet;
use std::hash::Hash;

use super::Input;
use crate::column::{Builder, Column, Data, Layout};
use crate::types::Type;
use crate::value::Ref;

pub(super) fn count_distinct(input: &Input<'_>) -> Column {
    let mut counts = vec![0_i64; input.groups.count];
    each_new(input, |group, _| counts[group] += 1);
    Column { ty: Type::Long, len: counts.len(), data: Data::Long(counts), layout: Layout::Flat }
}

pub(super) fn values(input: &Input<'_>, ty: Type) -> Column {
    let mut lists: Vec<Vec<Ref<'_>>> = vec![Vec::new(); input.groups.count];
    each_new(input, |group, value| lists[group].push(value));
    let mut builder = Builder::new(ty, lists.len());
    for list in lists {
        list.into_iter().for_each(|value| builder.value(value));
        builder.end_row();
    }
    builder.finish()
}

/// Calls `visit` on every value that is new in its group.
fn each_new<'a>(input: &Input<'a>, visit: impl FnMut(usize, Ref<'a>)) {
    let Some(column) = input.args.first() else { return };
    match &column.data {
        Data::Null | Data::Amount(_) => {}
        Data::Bool(values) => keyed(input, |place| values[place], visit),
        Data::Int(values) => keyed(input, |place| values[place], visit),
        Data::Long(values) => keyed(input, |place| values[place], visit),
        Data::ULong(values) => keyed(input, |place| values[place], visit),
        Data::Double(values) => keyed(input, |place| (values[place] + 0.0).to_bits(), visit),
        Data::Ip(values) => keyed(input, |place| values[place], visit),
        Data::Point(values) => {
            keyed(input, |place| (values[place].x.to_bits(), values[place].y.to_bits()), visit);
        }
        Data::Str { dict, codes } => {
            // Different codes may stand for one string.
            let mut first: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
            let mut canonical = vec![u32::MAX; dict.len()];
            for code in codes {
                if let Some(slot) = canonical.get_mut(*code as usize)
                    && *slot == u32::MAX
                {
                    *slot = *first.entry(dict.get(*code)).or_insert(*code);
                }
            }
            keyed(input, |place| canonical.get(codes[place] as usize).copied(), visit);
        }
    }
}

fn keyed<'a, K: Eq + Hash>(
    input: &Input<'a>,
    key: impl Fn(usize) -> K,
    mut visit: impl FnMut(usize, Ref<'a>),
) {
    let Some(column) = input.args.first() else { return };
    let mut seen: HashSet<(usize, K)> = HashSet::new();
    input.groups.each(input.mask, |row, group| {
        for place in column.range(row) {
            if seen.insert((group, key(place))) {
                visit(group, column.value(place));
            }
        }
    });
}
