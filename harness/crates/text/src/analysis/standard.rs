//! Lucene's standard tokenizer: the words of UAX #29, as its grammar has them.
//!
//! Lucene departs from the annex in a few places, all kept: Han and Hiragana
//! are single characters, runs of South-East Asian scripts are one token, an
//! emoji sequence is a token, and no token is longer than 255 UTF-16 units.
//! What follows the 255th unit starts afresh, so a text costs linear time.

use std::cell::Cell;

use super::MAX_TOKEN_UNITS;
use super::classes::{Also, Class, Word, classify};

const ZWJ: char = '\u{200d}';
const EMOJI_PRESENTATION: char = '\u{fe0f}';
const TEXT_PRESENTATION: char = '\u{fe0e}';
const KEYCAP: char = '\u{20e3}';

/// Calls `emit` with every word of a text, in order.
pub(super) fn words<'a>(text: &'a str, emit: &mut dyn FnMut(&'a str)) {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = longest(rest);
        if length > 0 {
            emit(&rest[..length]);
            at += length;
        } else {
            at += skip(rest);
        }
    }
}

/// How many bytes at the start of `rest`, where no token starts, to pass over.
fn skip(rest: &str) -> usize {
    let joiner = ZWJ.len_utf8();
    let behind = rest.trim_start_matches(ZWJ);
    let joiners = (rest.len() - behind.len()) / joiner;
    let next = behind.chars().next();
    if joiners == 0 {
        return next.map_or(1, char::len_utf8);
    }
    // Joiners start a token with an emoji only: do not look for it from each of them.
    if next.is_some_and(|c| classify(c).also == Also::Emoji) {
        joiner * joiners.saturating_sub(MAX_TOKEN_UNITS - 1).max(1)
    } else {
        joiner * joiners
    }
}

/// The length in bytes of the longest token at the start of `rest`; 0 if there is none.
fn longest(rest: &str) -> usize {
    // Measuring the 255 units of every window would cost more than the scan:
    // try a short one first, and see whether its end mattered.
    let short = &rest[..rest.floor_char_boundary(64)];
    let scanner = Scanner { window: short, touched: Cell::new(false) };
    let length = scanner.longest();
    if !scanner.touched.get() || short.len() == rest.len() {
        return length;
    }
    Scanner { window: window(rest), touched: Cell::new(false) }.longest()
}

/// The part of `rest` that one token may take.
fn window(rest: &str) -> &str {
    if rest.len() <= MAX_TOKEN_UNITS {
        return rest;
    }
    let mut units = 0;
    for (at, c) in rest.char_indices() {
        units += c.len_utf16();
        if units > MAX_TOKEN_UNITS {
            return &rest[..at];
        }
    }
    rest
}

/// Where a word can be: after which kind of character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Only connectors (`_`) so far.
    Start,
    /// After a letter.
    Letter,
    /// After a Hebrew letter.
    Hebrew,
    /// After `א"א`, whose last letter takes no punctuation.
    HebrewPair,
    /// After a Hebrew letter and an apostrophe, which may end the word.
    HebrewQuote,
    /// After a Hebrew letter and a double quote, which may not.
    HebrewDoubleQuote,
    /// After a letter and a character that needs another letter.
    MidLetter,
    /// After a digit.
    Number,
    /// After a digit and a character that needs another digit.
    MidNumber,
    /// After Katakana.
    Katakana,
    /// After a connector that follows any of them.
    Connector,
}

impl State {
    /// The state after one more character; `None` where the word has to end.
    fn next(self, word: Word) -> Option<Self> {
        use State::{
            Connector, Hebrew, HebrewDoubleQuote, HebrewPair, HebrewQuote, Katakana, Letter,
            MidLetter, MidNumber, Number, Start,
        };
        let after_letter = matches!(self, Letter | Hebrew);
        match word {
            Word::Letter if !matches!(self, MidNumber | HebrewDoubleQuote | Katakana) => {
                Some(Letter)
            }
            Word::Hebrew if self == HebrewDoubleQuote => Some(HebrewPair),
            // Claimed by the letter before the punctuation: no quote may follow.
            Word::Hebrew if self == MidLetter => Some(Letter),
            Word::Hebrew if !matches!(self, MidNumber | Katakana) => Some(Hebrew),
            Word::Numeric if !matches!(self, MidLetter | HebrewDoubleQuote | Katakana) => {
                Some(Number)
            }
            Word::Katakana if matches!(self, Start | Connector | Katakana) => Some(Katakana),
            Word::ExtendNumLet if self == Start => Some(Start),
            Word::ExtendNumLet if !matches!(self, MidLetter | MidNumber | HebrewDoubleQuote) => {
                Some(Connector)
            }
            Word::SingleQuote if self == Hebrew => Some(HebrewQuote),
            Word::MidLetter | Word::MidNumLet | Word::SingleQuote if after_letter => {
                Some(MidLetter)
            }
            Word::MidNum | Word::MidNumLet | Word::SingleQuote if self == Number => Some(MidNumber),
            Word::DoubleQuote if self == Hebrew => Some(HebrewDoubleQuote),
            Word::Other
            | Word::Extend
            | Word::Regional
            | Word::Letter
            | Word::Hebrew
            | Word::Numeric
            | Word::Katakana
            | Word::ExtendNumLet
            | Word::MidLetter
            | Word::MidNum
            | Word::MidNumLet
            | Word::SingleQuote
            | Word::DoubleQuote => None,
        }
    }

    /// Whether a word may end here.
    fn accepts(self) -> bool {
        !matches!(self, Self::Start | Self::MidLetter | Self::MidNumber | Self::HebrewDoubleQuote)
    }
}

/// Measures tokens at the start of a window.
struct Scanner<'a> {
    window: &'a str,
    /// Whether the end of the window was reached.
    touched: Cell<bool>,
}

impl Scanner<'_> {
    /// The length in bytes of the longest token; 0 if there is none.
    fn longest(&self) -> usize {
        let Some((first, class)) = self.at(0) else {
            return 0;
        };
        let mut longest = self.word();
        if first.is_ascii() && !first.is_ascii_digit() && first != '#' && first != '*' {
            return longest;
        }
        if class.also == Also::Complex {
            longest = longest.max(self.complex());
        }
        if class.also == Also::Syllable {
            longest = longest.max(self.extended(first.len_utf8()));
        }
        longest.max(self.emoji())
    }

    /// The character at `at` and its class.
    fn at(&self, at: usize) -> Option<(char, Class)> {
        let Some(c) = self.window.get(at..).and_then(|rest| rest.chars().next()) else {
            self.touched.set(true);
            return None;
        };
        Some((c, classify(c)))
    }

    /// The end of the marks (Extend, Format, ZWJ) that start at `at`.
    fn extended(&self, at: usize) -> usize {
        self.skip(at, |c| classify(c).word == Word::Extend)
    }

    /// As [`Self::extended`], but stopping at a presentation selector.
    fn extended_sans_selectors(&self, at: usize) -> usize {
        self.skip(at, |c| {
            !matches!(c, TEXT_PRESENTATION | EMOJI_PRESENTATION) && classify(c).word == Word::Extend
        })
    }

    /// Letters, digits and Katakana, and what may stand between them.
    fn word(&self) -> usize {
        let (mut at, mut end, mut state) = (0, 0, State::Start);
        while let Some((c, class)) = self.at(at) {
            let Some(next) = state.next(class.word) else {
                break;
            };
            state = next;
            at = self.extended(at + c.len_utf8());
            if state.accepts() {
                end = at;
            }
        }
        end
    }

    /// A run of South-East Asian characters.
    fn complex(&self) -> usize {
        let mut at = 0;
        while let Some((c, class)) = self.at(at) {
            if class.also != Also::Complex {
                break;
            }
            at = self.extended(at + c.len_utf8());
        }
        at
    }

    /// An emoji sequence, a keycap or a flag.
    fn emoji(&self) -> usize {
        self.emoji_sequence().or_else(|| self.keycap()).or_else(|| self.flag()).unwrap_or(0)
    }

    fn flag(&self) -> Option<usize> {
        let mut at = 0;
        for _ in 0..2 {
            let (c, _) = self.at(at).filter(|(_, class)| class.word == Word::Regional)?;
            at = self.extended(at + c.len_utf8());
        }
        Some(at)
    }

    fn keycap(&self) -> Option<usize> {
        let (base, _) = self.at(0)?;
        if !matches!(base, '0'..='9' | '#' | '*') {
            return None;
        }
        // The keycap itself is a mark: the last one of the run counts.
        let marks = self.window.get(1..self.extended(1))?;
        let keycap = 1 + marks.rfind(KEYCAP)?;
        let before = self.window.get(1..keycap)?;
        let before = before.strip_suffix(EMOJI_PRESENTATION).unwrap_or(before);
        if before.contains([EMOJI_PRESENTATION, TEXT_PRESENTATION]) {
            return None;
        }
        Some(self.extended_sans_selectors(keycap + KEYCAP.len_utf8()))
    }

    fn emoji_sequence(&self) -> Option<usize> {
        let first = self.emoji_element(0)?;
        let mut end = first;
        // Zero-width joiners before an element belong to the marks of the one before it.
        while let Some(joined) = self.joined_element(end) {
            end = joined;
        }
        Some(self.tags(first).map_or(end, |tagged| tagged.max(end)))
    }

    /// One emoji that starts at `at`, joiners before it included.
    fn emoji_element(&self, at: usize) -> Option<usize> {
        let start = self.skip(at, |c| c == ZWJ);
        let (c, class) = self.at(start)?;
        let marked = self.extended_sans_selectors(start + c.len_utf8());
        if class.also == Also::Emoji {
            let selector = self.at(marked).filter(|(c, _)| *c == EMOJI_PRESENTATION);
            return Some(selector.map_or(marked, |(c, _)| marked + c.len_utf8()));
        }
        // A modifier by itself takes no joiners before it.
        if start == at { self.emoji_modifier(start) } else { None }
    }

    /// The end of a skin tone that starts at `at`.
    fn emoji_modifier(&self, at: usize) -> Option<usize> {
        let (c, class) = self.at(at)?;
        let end = at + c.len_utf8();
        (class.also == Also::Modifier).then(|| self.extended_sans_selectors(end))
    }

    /// The end of an emoji joined to the one that ends at `end`.
    fn joined_element(&self, end: usize) -> Option<usize> {
        match self.at(end)? {
            (ZWJ, _) => self.emoji_element(end + ZWJ.len_utf8()),
            // The joiner may have been taken as a mark of the emoji before.
            _ if self.window.get(..end)?.ends_with(ZWJ) => self.emoji_element(end),
            _ => None,
        }
    }

    /// The end of a tag sequence that starts at `at`.
    fn tags(&self, at: usize) -> Option<usize> {
        let end = self.skip(at, |c| ('\u{e0020}'..='\u{e007e}').contains(&c));
        let (term, _) = self.at(end)?;
        (end > at && term == '\u{e007f}').then(|| end + term.len_utf8())
    }

    /// The first place from `at` on where `condition` does not hold.
    fn skip(&self, mut at: usize, condition: impl Fn(char) -> bool) -> usize {
        while let Some((c, _)) = self.at(at) {
            if !condition(c) {
                break;
            }
            at += c.len_utf8();
        }
        at
    }
}
