//! Tests that no single value passes together. Sound, not complete.

use harness_predicate::{Column, Interval, Kind, Test};
use harness_text::pattern::{Case, Pattern};

use crate::synthesis::tokens::{Token, tokens};

/// The longest product of two patterns that is compared.
const MAX_STEPS: usize = 1 << 14;

/// Whether no value of a column passes both tests.
pub(crate) fn disjoint(column: &Column, a: &Test, b: &Test) -> bool {
    // One text has many tokens, and each may pass another test.
    if column.kind == Kind::Text {
        return false;
    }
    match (a, b) {
        (Test::Term(a), Test::Term(b)) => patterns(a, b),
        (Test::Ip(a), Test::Ip(b)) => apart(a, b),
        (Test::Double(a), Test::Double(b)) => apart(&a.0, &b.0),
        (Test::Long(a), Test::Long(b))
        | (Test::Date(a), Test::Date(b))
        | (Test::Nanos(a), Test::Nanos(b)) => apart(a, b),
        (Test::Bool(a), Test::Bool(b)) => a != b,
        (
            Test::Exists
            | Test::Term(_)
            | Test::Phrase(_)
            | Test::Long(_)
            | Test::Date(_)
            | Test::Nanos(_)
            | Test::Bool(_)
            | Test::Double(_)
            | Test::Ip(_)
            | Test::Script(_),
            _,
        ) => false,
    }
}

fn apart<T: PartialOrd + Copy>(a: &Interval<T>, b: &Interval<T>) -> bool {
    a.high < b.low || b.high < a.low
}

fn patterns(a: &Pattern, b: &Pattern) -> bool {
    match (a, b) {
        (Pattern::Equals(text, Case::Sensitive), other)
        | (other, Pattern::Equals(text, Case::Sensitive)) => !other.matches(text),
        (
            Pattern::Equals(..) | Pattern::Prefix(..) | Pattern::Glob(..),
            Pattern::Equals(..) | Pattern::Prefix(..) | Pattern::Glob(..),
        ) => match (tokens(a), tokens(b)) {
            (Some(a), Some(b)) => !meet(&a, &b),
            _ => false,
        },
        (
            Pattern::Equals(..)
            | Pattern::Prefix(..)
            | Pattern::Glob(..)
            | Pattern::Regexp(_)
            | Pattern::Range(_)
            | Pattern::Fuzzy(_),
            _,
        ) => false,
    }
}

/// Whether some text may match both; yes where that is too long to tell.
fn meet(a: &[Token], b: &[Token]) -> bool {
    if a.len().saturating_mul(b.len()) > MAX_STEPS {
        return true;
    }
    let same = |a: Token, b: Token| match (a, b) {
        (Token::Char(a, of_a), Token::Char(b, of_b)) => {
            let blind = of_a == Case::Insensitive || of_b == Case::Insensitive;
            a == b || blind && a.eq_ignore_ascii_case(&b)
        }
        (Token::Char(..) | Token::One | Token::Many, _) => true,
    };
    // reached[j]: some text takes the tokens of `a` so far and the first j of `b`.
    let mut reached = vec![false; b.len() + 1];
    reached[0] = true;
    let stars = |row: &mut Vec<bool>| {
        for j in 0..b.len() {
            row[j + 1] |= row[j] && b[j] == Token::Many;
        }
    };
    stars(&mut reached);
    for token in a {
        let mut next = vec![false; b.len() + 1];
        if *token == Token::Many {
            // It takes nothing, or what any number of tokens of `b` takes.
            let mut any = false;
            for j in 0..=b.len() {
                any |= reached[j];
                next[j] = any;
            }
        } else {
            for j in 0..=b.len() {
                // A star of `b` takes the token and stays.
                let held = j > 0 && b[j - 1] == Token::Many && reached[j];
                let held = held || j < b.len() && b[j] == Token::Many && reached[j];
                let step =
                    j > 0 && b[j - 1] != Token::Many && reached[j - 1] && same(*token, b[j - 1]);
                next[j] = held || step;
            }
            stars(&mut next);
        }
        reached = next;
    }
    reached[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness_text::pattern::glob::Glob;
    use proptest::prelude::*;

    fn glob(text: &str, case: Case) -> Pattern {
        let glob = Glob::simple(text);
        match glob.as_literal() {
            Some(text) => Pattern::Equals(text, case),
            None => Pattern::Glob(glob, case),
        }
    }

    proptest! {
        /// Against all short texts of a small alphabet.
        #[test]
        fn what_is_disjoint_has_no_text_in_common(a in "[aAb*]{0,4}", b in "[aAb*]{0,4}", blind: bool) {
            let case = if blind { Case::Insensitive } else { Case::Sensitive };
            let (a, b) = (glob(&a, Case::Sensitive), glob(&b, case));
            let letters = ["", "a", "A", "b"];
            let mut common = false;
            for x in letters { for y in letters { for z in letters { for w in letters { for v in letters { for u in letters {
                let text = [x, y, z, w, v, u].concat();
                common |= a.matches(&text) && b.matches(&text);
            } } } } } }
            prop_assert_eq!(patterns(&a, &b), !common);
        }
    }
}
