//! A query cut where its clauses begin and end.

use serde::{Serialize, Serializer};

use harness_predicate::{Origin, Part};
use harness_source::span::Span;

/// A piece of a query and the clauses that state it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    /// The piece.
    pub(super) text: &'a str,
    /// Positions of the innermost clauses; empty between clauses.
    pub(super) clauses: Vec<usize>,
}

/// The text, or where clauses state it the text and their positions.
impl Serialize for Segment<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { text, clauses } = self;
        if clauses.is_empty() {
            text.serialize(serializer)
        } else {
            (text, clauses).serialize(serializer)
        }
    }
}

/// Cuts a part of a rule; where clauses contain each other the innermost counts.
pub(super) fn segments(
    text: &str,
    part: Part,
    origins: impl Iterator<Item = Origin>,
) -> Vec<Segment<'_>> {
    let fits = |span: Span| span.start < span.end && text.get(span.range()).is_some();
    let mut spans: Vec<(Span, usize)> = origins
        .enumerate()
        .filter(|(_, origin)| origin.part == part && fits(origin.span))
        .map(|(number, origin)| (origin.span, number))
        .collect();
    // Outer spans before the spans in them.
    spans.sort_by_key(|(span, number)| (span.start, usize::MAX - span.end, *number));
    let mut sweep = Sweep { text, at: 0, open: Vec::new(), segments: Vec::new() };
    for (span, number) in spans {
        sweep.close(span.start);
        match sweep.open.last_mut() {
            Some((open, numbers)) if *open == span => numbers.push(number),
            Some(_) | None => {
                sweep.cut(span.start);
                sweep.open.push((span, vec![number]));
            }
        }
    }
    sweep.close(text.len());
    sweep.cut(text.len());
    sweep.segments
}

struct Sweep<'a> {
    text: &'a str,
    at: usize,
    open: Vec<(Span, Vec<usize>)>,
    segments: Vec<Segment<'a>>,
}

impl Sweep<'_> {
    /// Ends the spans that end at or before `at`.
    fn close(&mut self, at: usize) {
        while let Some(end) = self.open.last().map(|(span, _)| span.end) {
            if end > at {
                break;
            }
            self.cut(end);
            self.open.pop();
        }
    }

    /// Puts the text up to `end` into a segment.
    fn cut(&mut self, end: usize) {
        // Spans that cross end late; their rest is text already taken.
        let Some(text) = self.text.get(self.at..end).filter(|text| !text.is_empty()) else {
            return;
        };
        let clauses = self.open.last().map_or_else(Vec::new, |(_, numbers)| numbers.clone());
        self.segments.push(Segment { text, clauses });
        self.at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The segments of a text as `text:clauses`, for clauses at `spans`.
    fn check(text: &str, spans: &[(usize, usize)], expected: &[&str]) {
        let origins = spans
            .iter()
            .map(|(start, end)| Origin { part: Part::Query, span: Span::new(*start, *end) });
        let segments = segments(text, Part::Query, origins);
        let shown: Vec<String> =
            segments.iter().map(|s| format!("{}{:?}", s.text, s.clauses)).collect();
        assert_eq!(shown, expected);
        assert_eq!(segments.iter().map(|s| s.text).collect::<String>(), text);
    }

    #[test]
    fn a_query_is_cut_at_its_clauses() {
        check("a:1 or b:2", &[(0, 3), (7, 10)], &["a:1[0]", " or []", "b:2[1]"]);
        check("a:1 or b:2", &[(7, 10), (0, 3)], &["a:1[1]", " or []", "b:2[0]"]);
        check("é:1", &[(0, 4)], &["é:1[0]"]);
        check("", &[(0, 0)], &[]);
    }

    #[test]
    fn one_text_may_state_several_clauses() {
        check("u.*:x", &[(0, 5), (0, 5)], &["u.*:x[0, 1]"]);
    }

    #[test]
    fn the_innermost_clause_counts() {
        check("[a b c]", &[(0, 7), (3, 4), (5, 6)], &["[a [0]", "b[1]", " [0]", "c[2]", "][0]"]);
        check("[[a]]", &[(0, 5), (1, 4), (2, 3)], &["[[0]", "[[1]", "a[2]", "][1]", "][0]"]);
    }

    #[test]
    fn spans_that_do_not_fit_lose_no_text() {
        check("éa", &[(1, 3), (0, 9), (3, 2)], &["éa[]"]);
        check("abcdef", &[(0, 4), (2, 6)], &["ab[0]", "cdef[1]"]);
    }
}
