//! Character classes of the standard tokenizer.

mod class;
mod table;

pub(super) use class::{Also, Class, Word};
use std::sync::LazyLock;

const OTHER: Class = Class { word: Word::Other, also: Also::Nothing };

/// Characters below this are looked up directly.
const DIRECT: usize = 0x3000;

static CLASSES: LazyLock<Box<[Class]>> =
    LazyLock::new(|| (0..DIRECT).map(|c| u32::try_from(c).map_or(OTHER, search)).collect());

/// The class of a character.
pub(super) fn classify(c: char) -> Class {
    let code = u32::from(c);
    match CLASSES.get(code as usize) {
        Some(class) => *class,
        None => search(code),
    }
}

fn search(code: u32) -> Class {
    let at = table::RANGES.partition_point(|(_, last, _)| *last < code);
    match table::RANGES.get(at) {
        Some((first, _, class)) if *first <= code => *class,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_ascend_and_do_not_overlap() {
        assert!(table::RANGES.iter().all(|(first, last, _)| first <= last));
        assert!(table::RANGES.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn direct_and_searched_classes_agree() {
        for c in ('\0'..='\u{4000}').step_by(7) {
            assert_eq!(classify(c), search(u32::from(c)), "{c:?}");
        }
    }
}
