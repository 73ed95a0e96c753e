//! Steps that choose among rows: `LIMIT … BY`, `DEDUP`, `SAMPLE`, and the
//! indices of one `FROM` among several.

use std::collections::HashMap;

use crate::column::Column;
use crate::eval::Machine;
use crate::expr::Typed;
use crate::functions::key;
use crate::plan::Step;
use crate::value::Ref;
use harness_model::index_pattern;
use harness_source::diagnostic::Diagnostic;

/// Keeps the first rows of each group; a list is one key, null another.
pub(super) fn first_of_each(
    machine: &mut Machine<'_>,
    count: usize,
    keys: &[Typed],
    step: &Step,
) -> Result<(), Diagnostic> {
    let columns = keys.iter().map(|key| machine.eval(key)).collect::<Result<Vec<_>, _>>()?;
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut kept = Vec::new();
    for (number, row) in (0_u32..).zip(0..machine.len) {
        let mut bytes = Vec::new();
        columns.iter().for_each(|column| add_row(&mut bytes, column, row));
        let found = seen.entry(bytes).or_default();
        if *found < count {
            kept.push(number);
        }
        *found += 1;
    }
    keep(machine, &kept, step);
    Ok(())
}

/// The values of a row as bytes that tell rows apart.
fn add_row(bytes: &mut Vec<u8>, column: &Column, row: usize) {
    bytes.extend(column.range(row).len().to_le_bytes());
    for value in column.values(row) {
        let value = key(value);
        bytes.extend(value.len().to_le_bytes());
        bytes.extend(value);
    }
}

/// Keeps a share of the rows: the same ones in every run over the same rows.
pub(super) fn sample(machine: &mut Machine<'_>, share: f64, step: &Step) {
    let kept = (0_u32..).take(machine.len).filter(|row| fraction(u64::from(*row)) < share);
    let kept: Vec<u32> = kept.collect();
    keep(machine, &kept, step);
}

/// A number from 0 up to 1 that is scattered over the seeds (splitmix64).
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
fn fraction(seed: u64) -> f64 {
    let mut bits = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Keeps the rows of the indices that some patterns name.
pub(super) fn indices(machine: &mut Machine<'_>, patterns: &[String], step: &Step) {
    let column = machine.index();
    let seen = |row: usize| {
        let index = column.as_ref().and_then(|column| column.first(row)).map(Ref::str);
        // An event without an index is seen by every rule.
        let index = index.filter(|index| !index.is_empty());
        index_pattern::sees(patterns, index)
    };
    let kept = (0_u32..).zip(0..machine.len).filter(|(_, row)| seen(*row)).map(|(row, _)| row);
    let kept: Vec<u32> = kept.collect();
    keep(machine, &kept, step);
}

fn keep(machine: &mut Machine<'_>, kept: &[u32], step: &Step) {
    if kept.len() < machine.len {
        machine.select(kept, &step.live);
    }
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn fractions_are_spread_evenly() {
        for (share, least, most) in [(0.1, 900, 1_100), (0.5, 4_800, 5_200), (0.9, 8_900, 9_100)] {
            let below = (0..10_000).filter(|seed| fraction(*seed) < share).count();
            assert!((least..=most).contains(&below), "{share}: {below}");
        }
    }
}
