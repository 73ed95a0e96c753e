//! The classes of values that were seen before at one place.

use std::collections::HashMap;

use super::Class;
use super::fold::Folding;

/// How many values are kept; those that come later are mostly ids, seen once.
const MOST: usize = 1_024;

/// The longest text that is kept, in bytes.
const LONGEST: usize = 512;

/// After so many questions a place is judged by its answers.
const TRIAL: u32 = 8_192;

/// What a value comes to: its class, and which of the fields that an index name stands
/// in for it fills, a bit each.
pub(super) type Known = (Class, u8);

/// A number or a truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bits {
    Signed(i64),
    Unsigned(u64),
    Float(u64),
    Bool(bool),
    Null,
}

/// What is known of the values of one place.
#[derive(Debug, Default)]
pub(super) struct Cache {
    texts: HashMap<Box<str>, Known, Folding>,
    others: HashMap<Bits, Known, Folding>,
    asked: u32,
    missed: u32,
    is_off: bool,
}

impl Cache {
    pub(super) fn text(&mut self, text: &str) -> Option<Known> {
        if self.is_off || text.len() > LONGEST {
            return None;
        }
        let known = self.texts.get(text).copied();
        self.count(known.is_some());
        known
    }

    pub(super) fn keep_text(&mut self, text: &str, known: Known) {
        if !self.is_off && text.len() <= LONGEST && self.texts.len() < MOST {
            self.texts.insert(text.into(), known);
        }
    }

    pub(super) fn other(&mut self, bits: Bits) -> Option<Known> {
        if self.is_off {
            return None;
        }
        let known = self.others.get(&bits).copied();
        self.count(known.is_some());
        known
    }

    pub(super) fn keep_other(&mut self, bits: Bits, known: Known) {
        if !self.is_off && self.others.len() < MOST {
            self.others.insert(bits, known);
        }
    }

    fn count(&mut self, hit: bool) {
        self.asked += 1;
        self.missed += u32::from(!hit);
        if self.asked == TRIAL {
            if self.missed > TRIAL / 2 {
                // Looking up costs more than it saves.
                *self = Self { is_off: true, ..Self::default() };
            }
            (self.asked, self.missed) = (0, 0);
        }
    }
}
