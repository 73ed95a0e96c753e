//! Character classes of the standard tokenizer.

mod table;

use std::sync::LazyLock;

/// What the word rules of UAX #29 see in a character (`Word_Break`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// In no word.
    Other,
    /// A letter but a Hebrew one.
    Letter,
    /// A Hebrew letter.
    Hebrew,
    /// A digit.
    Numeric,
    /// Katakana.
    Katakana,
    /// A mark, a format character or the zero-width joiner: sticks to what is before it.
    Extend,
    /// `_` and the like.
    ExtendNumLet,
    /// `:` and the like: may stand between letters.
    MidLetter,
    /// `,` and the like: may stand between digits.
    MidNum,
    /// `.` and the like: may stand between both.
    MidNumLet,
    /// The apostrophe.
    SingleQuote,
    /// The quotation mark.
    DoubleQuote,
    /// Half of a flag.
    Regional,
}

/// What else makes a token of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Also {
    /// Nothing.
    Nothing,
    /// A script without spaces, in South-East Asia: a run is a token.
    Complex,
    /// Han or Hiragana: a token by itself.
    Syllable,
    /// An emoji.
    Emoji,
    /// A skin tone of an emoji.
    Modifier,
}

/// The class of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) word: Word,
    pub(super) also: Also,
}

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
