//! Strings within an edit distance.
//!
//! The distance is that of optimal string alignment, over characters: no part
//! of a string is edited twice. As Lucene does, the prefix is compared as it
//! is, and only what follows it is edited (docs/semantics.md, "Fuzzy terms").

use super::Fuzzy;

impl Fuzzy {
    /// The number of edits that `AUTO` allows a term.
    pub fn auto(text: &str) -> u8 {
        match text.chars().take(6).count() {
            0..=2 => 0,
            3..=5 => 1,
            _ => 2,
        }
    }

    /// Whether `text` is near enough.
    pub fn matches(&self, text: &str) -> bool {
        if self.distance == 0 || self.text.is_empty() {
            return self.text == text;
        }
        let Some((wanted, given)) = self.behind_prefix(text) else {
            return false;
        };
        let wanted: Vec<char> = wanted.chars().collect();
        let limit = usize::from(self.distance);
        // One character too many tells as much as all of them.
        let given: Vec<char> = given.chars().take(wanted.len() + limit + 1).collect();
        if wanted.len().abs_diff(given.len()) > limit {
            return false;
        }
        self.edits(&wanted, &given, limit)
    }

    /// What follows the prefix in both strings, if they share it. A prefix
    /// longer than the term is the whole term.
    fn behind_prefix<'a>(&'a self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let (mut wanted, mut given) = (self.text.chars(), text.chars());
        for _ in 0..self.prefix {
            let Some(c) = wanted.next() else {
                break;
            };
            if given.next() != Some(c) {
                return None;
            }
        }
        Some((wanted.as_str(), given.as_str()))
    }

    /// Whether at most `limit` edits turn one into the other.
    fn edits(&self, wanted: &[char], given: &[char], limit: usize) -> bool {
        // `row[n]`: the edits from what is read of `given` to `n` characters of
        // `wanted`; `before` is the row above it.
        let mut before = vec![0; wanted.len() + 1];
        let mut row: Vec<usize> = (0..=wanted.len()).collect();
        for (m, &c) in given.iter().enumerate() {
            let mut next = Vec::with_capacity(row.len());
            next.push(m + 1);
            for (n, &w) in wanted.iter().enumerate() {
                let mut least = (row[n] + usize::from(c != w)).min(row[n + 1] + 1).min(next[n] + 1);
                let swapped = m > 0 && n > 0 && c == wanted[n - 1] && given[m - 1] == w;
                if self.transpositions && swapped {
                    least = least.min(before[n - 1] + 1);
                }
                next.push(least);
            }
            // A swap may look two rows back, so both have to be hopeless.
            let hopeless = |row: &[usize]| row.iter().all(|&edits| edits > limit);
            if hopeless(&next) && hopeless(&row) {
                return false;
            }
            before = std::mem::replace(&mut row, next);
        }
        row[wanted.len()] <= limit
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn fuzzy(text: &str, distance: u8, prefix: usize) -> Fuzzy {
        Fuzzy { text: text.to_owned(), distance, prefix, transpositions: true }
    }

    #[test]
    fn terms_within_the_distance_match() {
        // As a live engine answered; `-` is the empty term.
        let table = [
            ("a", 1, 0, "a b ab - é", "abc bc"),
            ("abc", 0, 0, "abc", "ab abcd"),
            ("abc", 1, 0, "acb bac abdc ab", "cab a ABC"),
            ("abc", 1, 3, "abc abcd", "ab abdc"),
            ("abc", 1, 5, "abc abcd", "ab"),
            ("abc", 2, 2, "abdc ab abcde", "acb bac a"),
            ("ca", 2, 0, "ac cab bca", "abc abcd"),
            ("", 2, 0, "-", "a ab"),
            ("é", 1, 0, "a aé -", "ab"),
        ];
        for (text, distance, prefix, near, far) in table {
            let fuzzy = fuzzy(text, distance, prefix);
            let terms = |terms: &'static str| {
                terms.split(' ').map(|term| if term == "-" { "" } else { term })
            };
            for term in terms(near) {
                assert!(fuzzy.matches(term), "{fuzzy:?} on {term:?}");
            }
            for term in terms(far) {
                assert!(!fuzzy.matches(term), "{fuzzy:?} on {term:?}");
            }
        }
    }

    #[test]
    fn without_transpositions_a_swap_is_two_edits() {
        let mut swap = fuzzy("bac", 1, 0);
        swap.transpositions = false;
        assert!(!swap.matches("abc"));
        swap.distance = 2;
        assert!(swap.matches("abc"));
    }

    #[test]
    fn auto_grows_with_the_term() {
        let table = [("", 0), ("ab", 0), ("abc", 1), ("éééé", 1), ("abcde", 1), ("abcdef", 2)];
        for (text, distance) in table {
            assert_eq!(Fuzzy::auto(text), distance, "{text:?}");
        }
    }

    /// All strings one edit away, over a small alphabet; each character carries
    /// whether an edit has made it, so that no part is edited twice.
    fn edited(text: &[(char, bool)], transpositions: bool) -> BTreeSet<Vec<(char, bool)>> {
        let mut all = BTreeSet::new();
        for at in 0..=text.len() {
            for c in ['a', 'b', 'c'] {
                let mut longer = text.to_vec();
                longer.insert(at, (c, true));
                all.insert(longer);
                if at < text.len() && !text[at].1 {
                    let mut changed = text.to_vec();
                    changed[at] = (c, true);
                    all.insert(changed);
                }
            }
            if at < text.len() && !text[at].1 {
                let mut shorter = text.to_vec();
                shorter.remove(at);
                all.insert(shorter);
            }
        }
        if transpositions {
            for at in 1..text.len() {
                if !text[at].1 && !text[at - 1].1 {
                    let mut swapped = text.to_vec();
                    swapped[at - 1] = (text[at].0, true);
                    swapped[at] = (text[at - 1].0, true);
                    all.insert(swapped);
                }
            }
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn one_edit_is_within_one(
            text in "[abc]{1,5}",
            term in "[abc]{0,6}",
            transpositions: bool,
        ) {
            let fuzzy = Fuzzy { text: text.clone(), distance: 1, prefix: 0, transpositions };
            let start: Vec<_> = text.chars().map(|c| (c, false)).collect();
            let near = edited(&start, transpositions);
            let expected = term == text
                || near.iter().any(|near| near.iter().map(|&(c, _)| c).eq(term.chars()));
            prop_assert_eq!(fuzzy.matches(&term), expected);
        }
    }
}
