//! Whether a phrase stands in a text, with slop as Lucene's sloppy matcher has it.
//!
//! Each term takes an occurrence, no occurrence twice, and the spread of
//! `position − wanted position` is at most the slop. Nothing backtracks: a
//! window of that width moves over the text and never back.

use std::collections::BTreeMap;

use super::Phrase;
use harness_text::analysis::Token;

impl Phrase {
    /// Whether the phrase's terms stand in `tokens`.
    pub fn occurs(&self, tokens: &[Token]) -> bool {
        let mut places: BTreeMap<&str, Vec<i64>> =
            self.terms.iter().map(|(term, _)| (term.as_str(), Vec::new())).collect();
        for token in tokens {
            if let Some(places) = places.get_mut(token.text.as_str()) {
                places.push(i64::from(token.position));
            }
        }
        places.values_mut().for_each(|places| places.sort_unstable());
        let mut terms: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for (term, wanted) in &self.terms {
            terms.entry(term).or_default().push(i64::from(*wanted));
        }
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (term, mut wanted) in terms {
            wanted.sort_unstable();
            let places = places.get(term).map_or(&[][..], Vec::as_slice);
            groups.push(Group { wanted, places });
        }
        let slop = i64::from(self.slop);
        let first = |group: &Group<'_>| Some(group.places.first()? - group.wanted.first()?);
        // The window holds an occurrence of every term, so it ends at or after the
        // first of each.
        let Some(firsts) = groups.iter().map(first).collect::<Option<Vec<i64>>>() else {
            return false;
        };
        let mut low = firsts.iter().max().map_or(0, |first| first - slop);
        loop {
            match groups.iter().try_for_each(|group| group.fits(low, slop)) {
                Ok(()) => return true,
                Err(Next::Low(next)) => low = next,
                Err(Next::Never) => return false,
            }
        }
    }
}

/// One term: where the phrase wants it and where the text has it, both ascending.
struct Group<'a> {
    wanted: Vec<i64>,
    places: &'a [i64],
}

/// What follows when a window holds too few occurrences of a term.
enum Next {
    /// No window before the one that begins here holds enough.
    Low(i64),
    /// No later window does either.
    Never,
}

impl Group<'_> {
    /// Whether the window that begins at `low` has an occurrence for each wanted place.
    ///
    /// Windows are equally wide, so to give each wanted place in turn the first
    /// occurrence that is left fails only where everything would. A later window
    /// gives no place an earlier occurrence, hence how far the window has to move.
    fn fits(&self, low: i64, slop: i64) -> Result<(), Next> {
        let mut free = 0;
        for wanted in &self.wanted {
            let from = self.places[free..].partition_point(|place| place - wanted < low) + free;
            let Some(place) = self.places.get(from) else { return Err(Next::Never) };
            if place - wanted > low + slop {
                return Err(Next::Low(place - wanted - slop));
            }
            free = from + 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phrase(text: &str, slop: u32) -> Phrase {
        let terms = (0..).zip(text.split_whitespace());
        Phrase { terms: terms.map(|(at, term)| (term.to_owned(), at)).collect(), slop }
    }

    fn tokens(text: &str) -> Vec<Token> {
        let terms = (0..).zip(text.split_whitespace());
        terms.map(|(position, term)| Token { text: term.to_owned(), position }).collect()
    }

    /// Every assignment of tokens to terms, one after the other.
    fn occurs_slow(phrase: &Phrase, tokens: &[Token], taken: &mut Vec<usize>) -> bool {
        let shift = |next: usize, index: usize| {
            i64::from(tokens[index].position) - i64::from(phrase.terms[next].1)
        };
        let next = taken.len();
        let Some((term, _)) = phrase.terms.get(next) else {
            let shifts = taken.iter().enumerate().map(|(next, index)| shift(next, *index));
            let (low, high) = (shifts.clone().min(), shifts.max());
            return low.zip(high).is_none_or(|(low, high)| high - low <= phrase.slop.into());
        };
        (0..tokens.len()).any(|index| {
            if tokens[index].text != *term || taken.contains(&index) {
                return false;
            }
            taken.push(index);
            let found = occurs_slow(phrase, tokens, taken);
            taken.pop();
            found
        })
    }

    #[test]
    fn slop_moves_terms_and_takes_no_occurrence_twice() {
        let check = |wanted: &str, slop, text: &str, expected| {
            assert_eq!(
                phrase(wanted, slop).occurs(&tokens(text)),
                expected,
                "{wanted}~{slop} {text}"
            );
        };
        check("a b", 0, "x a b", true);
        check("a b", 0, "a x b", false);
        check("a b", 1, "a x b", true);
        check("a b", 1, "b a", false);
        check("a b", 2, "b a", true);
        check("a a", 2, "a", false);
        check("a a", 1, "a x a", true);
        check("a b", 0, "", false);
        check("", 0, "a", true);
    }

    #[test]
    fn a_phrase_that_never_fits_takes_no_time() {
        let text = "a ".repeat(20_000);
        assert!(!phrase("a a a a a a a b", 14).occurs(&tokens(&text)));
        let other = "the a of to in ".repeat(4_000);
        assert!(!phrase("the a of to in zz", 100).occurs(&tokens(&other)));
        assert!(!phrase("the of in to a a a a a", 1).occurs(&tokens(&format!("zz {other}"))));
    }

    proptest! {
        #[test]
        fn the_window_finds_what_trying_everything_finds(
            terms in prop::collection::vec(("[a-c]", 0..6_u32), 0..5),
            words in prop::collection::vec(("[a-d]", 0..3_u32), 0..9),
            slop in 0..5_u32,
        ) {
            let phrase = Phrase { terms, slop };
            let mut position = 0;
            let mut tokens = Vec::new();
            for (text, step) in words {
                position += step;
                tokens.push(Token { text, position });
            }
            prop_assert_eq!(phrase.occurs(&tokens), occurs_slow(&phrase, &tokens, &mut Vec::new()));
        }
    }
}
