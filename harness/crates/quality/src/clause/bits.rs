//! A set of rows of one rule, as bits.

/// A set of small numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// No number, with room for those below `size`.
    pub(crate) fn none(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    /// These numbers, with room for those below `size`.
    pub(crate) fn of(size: usize, numbers: impl IntoIterator<Item = usize>) -> Self {
        let mut bits = Self::none(size);
        numbers.into_iter().for_each(|number| bits.insert(number));
        bits
    }

    /// Adds a number; one beyond the size is left out.
    pub(crate) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Whether a number is inside.
    pub(crate) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The numbers, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(at * 64 + bit)
            })
        })
    }

    /// Those in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & b)
    }

    /// Those in either.
    pub(crate) fn or(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a | b)
    }

    /// Those in this and not in the other.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & !b)
    }

    /// Those in exactly one.
    pub(crate) fn xor(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a ^ b)
    }

    fn combine(&self, other: &Self, op: impl Fn(u64, u64) -> u64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| op(*a, *b)).collect())
    }
}
