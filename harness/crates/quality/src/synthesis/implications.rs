//! Which tests follow from which: facts that hold on every document.
//!
//! A leaf holds when *some* value of its column passes, so a test that passes
//! fewer values implies one that passes more; nothing else follows, since a
//! column may hold several values.

use rustc_hash::FxHashMap;

use super::tokens::{Token, tokens};
use harness_predicate::{Interval, Test};
use harness_source::limits;
use harness_text::pattern::glob::GlobPart;
use harness_text::pattern::{Case, Pattern};

/// The longest product of two patterns that is compared.
const MAX_STEPS: usize = limits::PROOF_PATTERNS.most;

/// What ties variables together that stand for leaves.
#[derive(Debug, Default)]
pub(crate) struct Implications {
    /// The first implies the second.
    pub(crate) pairs: Vec<(u32, u32)>,
    /// The variables that never hold.
    pub(crate) never: Vec<u32>,
    after: FxHashMap<u32, Vec<u32>>,
    before: FxHashMap<u32, Vec<u32>>,
}

impl Implications {
    /// The first implies the second.
    pub(crate) fn imply(&mut self, a: u32, b: u32) {
        self.pairs.push((a, b));
        self.after.entry(a).or_default().push(b);
        self.before.entry(b).or_default().push(a);
    }

    /// Those that hold where this one does.
    pub(crate) fn after(&self, variable: u32) -> &[u32] {
        self.after.get(&variable).map_or(&[], Vec::as_slice)
    }

    /// Those that fail where this one does.
    pub(crate) fn before(&self, variable: u32) -> &[u32] {
        self.before.get(&variable).map_or(&[], Vec::as_slice)
    }
}

/// Whether no value at all passes.
pub(crate) fn never(test: &Test) -> bool {
    match test {
        Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval) => {
            interval.low > interval.high
        }
        Test::Double(interval) => interval.0.low > interval.0.high,
        Test::Ip(interval) => interval.low > interval.high,
        Test::Exists | Test::Term(_) | Test::Phrase(_) | Test::Bool(_) | Test::Script(_) => false,
    }
}

/// Whether a column that passes `a` passes `b`. Sound, not complete.
pub(crate) fn implies(a: &Test, b: &Test) -> bool {
    match (a, b) {
        // A script may hold without a value.
        (Test::Script(_), _) | (_, Test::Script(_)) => a == b,
        (_, Test::Exists) => true,
        (Test::Term(a), Test::Term(b)) => contained(a, b),
        (Test::Phrase(phrase), Test::Term(Pattern::Equals(word, _))) => {
            phrase.terms.iter().any(|(term, _)| term == word)
        }
        (Test::Double(a), Test::Double(b)) => inside(&a.0, &b.0),
        (Test::Ip(a), Test::Ip(b)) => inside(a, b),
        (a, b) => match (whole(a), whole(b)) {
            (Some(a), Some(b)) => inside(&a, &b),
            _ => a == b,
        },
    }
}

/// A test of integers, dates or booleans as an interval.
fn whole(test: &Test) -> Option<Interval<i64>> {
    match test {
        Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval) => Some(*interval),
        Test::Bool(value) => Some(Interval { low: i64::from(*value), high: i64::from(*value) }),
        Test::Exists
        | Test::Term(_)
        | Test::Phrase(_)
        | Test::Double(_)
        | Test::Ip(_)
        | Test::Script(_) => None,
    }
}

fn inside<T: PartialOrd + Copy>(a: &Interval<T>, b: &Interval<T>) -> bool {
    a.low > a.high || (b.low <= a.low && a.high <= b.high)
}

/// Whether every string of `a` matches `b`.
fn contained(a: &Pattern, b: &Pattern) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        (Pattern::Equals(text, case), b) => {
            let lettered = text.bytes().any(|byte| byte.is_ascii_alphabetic());
            if *case == Case::Insensitive && lettered {
                // All spellings have to match: so `b` has to be blind for case.
                matches!(
                    b,
                    Pattern::Equals(_, Case::Insensitive)
                        | Pattern::Prefix(_, Case::Insensitive)
                        | Pattern::Glob(_, Case::Insensitive)
                ) && b.matches(text)
            } else {
                b.matches(text)
            }
        }
        (Pattern::Prefix(..) | Pattern::Glob(..), _) => {
            // Seldom all that `b` states is in `a`.
            let own = literals(a);
            literals(b).iter().all(|text| own.iter().any(|own| has(own, text)))
                && matches!((tokens(a), tokens(b)), (Some(a), Some(b)) if covers(&a, &b))
        }
        (Pattern::Regexp(a), Pattern::Regexp(b)) => a.is_within(b, MAX_STEPS),
        (Pattern::Regexp(_) | Pattern::Range(_) | Pattern::Fuzzy(_), _) => false,
    }
}

/// The texts that a pattern states.
fn literals<'p>(pattern: &'p Pattern) -> Vec<&'p str> {
    match pattern {
        Pattern::Equals(text, _) | Pattern::Prefix(text, _) => vec![text],
        Pattern::Glob(glob, _) => {
            let parts = glob.parts().iter();
            let literal = |part: &'p GlobPart| match part {
                GlobPart::Literal(text) => Some(text.as_str()),
                GlobPart::One | GlobPart::Many => None,
            };
            parts.filter_map(literal).collect()
        }
        Pattern::Regexp(_) | Pattern::Range(_) | Pattern::Fuzzy(_) => Vec::new(),
    }
}

/// Whether a text is in another, letters in either case.
fn has(text: &str, part: &str) -> bool {
    let mut places = text.as_bytes().windows(part.len().max(1));
    part.is_empty() || places.any(|place| place.eq_ignore_ascii_case(part.as_bytes()))
}

/// Whether `b` matches the tokens of `a` as if they were characters: its stars
/// take any of them, its question marks any but stars.
fn covers(a: &[Token], b: &[Token]) -> bool {
    if a.len().saturating_mul(b.len()) > MAX_STEPS {
        return false;
    }
    let takes = |b: Token, a: Token| match (b, a) {
        (Token::Many, _) => true,
        (Token::One, a) => a != Token::Many,
        (Token::Char(b, Case::Insensitive), Token::Char(a, _)) => a.eq_ignore_ascii_case(&b),
        (Token::Char(b, Case::Sensitive), Token::Char(a, case)) => {
            a == b && (case == Case::Sensitive || !a.is_ascii_alphabetic())
        }
        (Token::Char(..), Token::One | Token::Many) => false,
    };
    // reached[i]: the tokens of `b` so far can take the first i of `a`.
    let mut reached = vec![false; a.len() + 1];
    reached[0] = true;
    for token in b {
        let mut next = vec![false; a.len() + 1];
        for i in 0..=a.len() {
            let own = if *token == Token::Many {
                reached[i] || (i > 0 && next[i - 1])
            } else {
                i > 0 && reached[i - 1] && takes(*token, a[i - 1])
            };
            next[i] = own;
        }
        reached = next;
    }
    reached[a.len()]
}
