//! How far the values of an event are from passing a test that they fail.

use harness_model::document::{Cell, Columns, Row};
use harness_predicate::{Interval, Leaf, Test};
use harness_source::likeness::Likeness;
use harness_text::pattern::Pattern;
use harness_text::pattern::glob::GlobPart;

/// The distance of a value that is not there.
pub(crate) const MAX_UNLIKE: u64 = 1_000;
/// Of a value that has nothing in common.
const STRANGE: u64 = 900;
/// Of a value that has all of the text that is looked for in it, or lies in it.
const CONTAINED: u64 = 50;
/// Of a value that differs in the case of letters, or in blanks around it.
const SPELLING: u64 = 1;
/// The longest text that is searched for another.
const MAX_TEXT: usize = 4_096;

/// From 0, alike, to [`MAX_UNLIKE`].
pub(crate) fn unlike(leaf: &Leaf, row: &Row, columns: &Columns) -> u64 {
    let cell = columns.id(&leaf.column).and_then(|column| row.cell(column));
    let Some(cell) = cell else { return MAX_UNLIKE };
    let least = match &leaf.test {
        Test::Exists => return MAX_UNLIKE,
        Test::Bool(_) | Test::Script(_) => return STRANGE,
        Test::Term(pattern) => text_of(pattern, cell),
        Test::Phrase(phrase) => {
            let words: Vec<&str> = phrase.terms.iter().map(|(term, _)| term.as_str()).collect();
            text(&words.join(" "), cell)
        }
        Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval) => {
            longs(cell).iter().map(|found| share(outside(*interval, *found))).min()
        }
        Test::Double(interval) => {
            let Interval { low, high } = interval.0;
            doubles(cell).iter().map(|at| share((low - at).max(at - high))).min()
        }
        Test::Ip(Interval { low, high }) => {
            let common = |at: u128| (at ^ low).leading_zeros().max((at ^ high).leading_zeros());
            ips(cell).iter().map(|at| STRANGE * u64::from(128 - common(*at)) / 128).min()
        }
    };
    least.unwrap_or(MAX_UNLIKE)
}

fn longs(cell: &Cell) -> &[i64] {
    if let Cell::Long(values) = cell { values } else { &[] }
}

fn doubles(cell: &Cell) -> &[f64] {
    if let Cell::Double(values) = cell { values } else { &[] }
}

fn ips(cell: &Cell) -> &[u128] {
    if let Cell::Ip(values) = cell { values } else { &[] }
}

/// How far a whole number is outside of an interval.
#[expect(clippy::cast_precision_loss, reason = "distances are only compared")]
fn outside(interval: Interval<i64>, at: i64) -> f64 {
    let (low, high) = (interval.low.saturating_sub(at), at.saturating_sub(interval.high));
    low.max(high).max(0) as f64
}

/// A distance between numbers on the scale of all distances.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "it is in 0..=900"
)]
fn share(distance: f64) -> u64 {
    let distance = distance.max(0.0);
    if distance.is_finite() {
        (STRANGE as f64 * distance / (distance + 10.0)) as u64
    } else {
        STRANGE
    }
}

fn text_of(pattern: &Pattern, cell: &Cell) -> Option<u64> {
    match pattern {
        Pattern::Equals(wanted, _) | Pattern::Prefix(wanted, _) => text(wanted, cell),
        Pattern::Glob(glob, _) => {
            let literal = glob.parts().iter().map(|part| match part {
                GlobPart::Literal(text) => text.as_str(),
                GlobPart::One | GlobPart::Many => "",
            });
            text(&literal.collect::<String>(), cell)
        }
        Pattern::Fuzzy(fuzzy) => text(&fuzzy.text, cell),
        Pattern::Regexp(_) | Pattern::Range(_) => Some(STRANGE),
    }
}

/// How unlike a text the value of a cell is that is most like it.
fn text(wanted: &str, cell: &Cell) -> Option<u64> {
    let wanted = Wanted::new(wanted);
    match cell {
        Cell::Keyword(values) => values.iter().map(|found| wanted.to(found)).min(),
        Cell::Text(values) => values.iter().flatten().map(|token| wanted.to(&token.text)).min(),
        Cell::Long(_) | Cell::Double(_) | Cell::Ip(_) => None,
    }
}

/// A text that values are compared with.
struct Wanted {
    lower: String,
    /// What stands between wildcards may be literal stars.
    bare: String,
    likeness: Likeness,
}

impl Wanted {
    fn new(text: &str) -> Self {
        let lower = text.trim().to_ascii_lowercase();
        let bare = lower.trim_matches(['*', '?']).to_owned();
        let likeness = Likeness::new(&lower);
        Self { lower, bare, likeness }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "it is in 0..=900"
    )]
    fn to(&self, found: &str) -> u64 {
        let found = found.trim().to_ascii_lowercase();
        if found == self.lower {
            return SPELLING;
        }
        let short = found.len() <= MAX_TEXT;
        let holds = |outer: &str, inner: &str| inner.len() > 2 && outer.contains(inner);
        if short && (holds(&found, &self.bare) || holds(&self.bare, &found)) {
            return CONTAINED;
        }
        STRANGE - ((STRANGE - CONTAINED) as f64 * self.likeness.to(&found)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(wanted: &str, found: &[&str]) {
        let wanted = Wanted::new(wanted);
        let distances: Vec<u64> = found.iter().map(|found| wanted.to(found)).collect();
        assert!(distances.is_sorted(), "{distances:?}");
        assert!(distances.iter().all(|distance| *distance < MAX_UNLIKE));
    }

    #[test]
    fn what_is_more_alike_is_nearer() {
        ordered("certreq.exe", &["certreq.exe ", "xcertreq.exe", "certreg.exe", "cmd.exe"]);
        ordered("*decrypt*", &["powershell decrypt it", "decrapt", "frombase64string"]);
        ordered("Success", &["success", "successx", "sucess", "failure"]);
    }

    #[test]
    fn numbers_are_as_far_as_they_lie_apart() {
        let interval = Interval { low: 5, high: 9 };
        let far: Vec<u64> =
            [5, 10, 20, i64::MAX].iter().map(|at| share(outside(interval, *at))).collect();
        assert!(far.is_sorted() && far[0] == 0 && far[3] <= STRANGE, "{far:?}");
        assert!(share(outside(interval, i64::MIN)) <= STRANGE);
    }
}
