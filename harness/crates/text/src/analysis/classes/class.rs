//! Classes of characters for word boundaries.

/// What the word rules of UAX #29 see in a character (`Word_Break`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
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
pub(crate) enum Also {
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
pub(crate) struct Class {
    pub(crate) word: Word,
    pub(crate) also: Also,
}
