//! Sequences and samples.

use super::{Parsed, Parser};
use crate::eql::ast::{Field, Maxspan, Presence, Sample, Sequence, Term, TimeUnit};
use crate::eql::functions::closest;
use crate::eql::lexer::{Keyword, Kind};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::{Span, plural};

/// The most events of one term.
const MAX_RUNS: u32 = 100;
const _: () = assert!(MAX_RUNS as usize == limits::EQL_RUNS.most, "the table has it");

/// Where a term stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Sequence,
    Until,
    Sample,
}

impl Parser<'_> {
    pub(super) fn sequence(&mut self) -> Parsed<Sequence> {
        let start = self.advance().start;
        let mut by = self.keys()?;
        let maxspan = if self.is_keyword(Keyword::With) { Some(self.maxspan()?) } else { None };
        if by.is_empty() && self.is_keyword(Keyword::By) {
            let span = self.span();
            by = self.keys()?;
            self.note("`by` must come before `with`", span, "write `sequence by … with maxspan=…`");
        }
        let terms = self.terms(Place::Sequence)?;
        let until =
            if self.eat_keyword(Keyword::Until) { Some(self.term(Place::Until)?) } else { None };
        let sequence = Sequence { by, maxspan, terms, until, span: self.since(start) };
        self.check_sequence(&sequence, start);
        Ok(sequence)
    }

    pub(super) fn sample(&mut self) -> Parsed<Sample> {
        let start = self.advance().start;
        let by = self.keys()?;
        if self.is_keyword(Keyword::With) {
            let error = Diagnostic::error("eql-syntax", "a sample takes no `maxspan`", self.span());
            return Err(error.with_help("use `sequence` for events within a time span"));
        }
        let terms = self.terms(Place::Sample)?;
        if self.is_keyword(Keyword::Until) {
            let error = Diagnostic::error("eql-syntax", "a sample takes no `until`", self.span());
            return Err(error.with_help("use `sequence` for events in order"));
        }
        let sample = Sample { by, terms, span: self.since(start) };
        let head = Span::new(start, start + "sample".len());
        if sample.terms.len() < 2 {
            self.note("a sample needs at least two terms", head, "add another `[…]`");
        }
        if sample.terms.iter().all(|term| sample.by.is_empty() && term.by.is_empty()) {
            self.note("a sample needs a join key", head, "write `sample by …`");
        }
        self.check_keys(&sample.terms, None);
        Ok(sample)
    }

    fn check_sequence(&mut self, sequence: &Sequence, start: usize) {
        let head = Span::new(start, start + "sequence".len());
        let missing = sequence.terms.iter().filter(|term| term.presence == Presence::Missing);
        let missing: Vec<Span> = missing.map(|term| term.span).collect();
        let events: u32 = match sequence.terms.as_slice() {
            [only] => only.runs,
            _ => 2,
        };
        if events < 2 {
            let help = "add another `[…]`, or `with runs=` and a number";
            self.note("a sequence needs at least two events", head, help);
        }
        if missing.len() == sequence.terms.len() {
            self.note("a sequence needs an event that is present", head, "add a `[…]` without `!`");
        }
        if let (Some(first), None) = (missing.first(), sequence.maxspan) {
            let help = "write `sequence with maxspan=…`";
            self.note("a missing event needs a `maxspan`", *first, help);
        }
        self.check_keys(&sequence.terms, sequence.until.as_ref());
    }

    /// All terms need the same number of keys.
    fn check_keys(&mut self, terms: &[Term], until: Option<&Term>) {
        let Some(expected) = terms.first().map(|term| term.by.len()) else {
            return;
        };
        let odd = terms.iter().chain(until).find(|term| term.by.len() != expected);
        if let Some(term) = odd {
            let message = format!(
                "expected {} as in the first term, found {}",
                plural(expected, "join key"),
                term.by.len()
            );
            let keys = term.by.first().zip(term.by.last());
            let span = keys.map_or(term.span, |(first, last)| first.span.to(last.span));
            self.note(message, span, "give every term the same number of keys after `by`");
        }
    }

    /// `by field, …`; none without `by`.
    fn keys(&mut self) -> Parsed<Vec<Field>> {
        let mut keys = Vec::new();
        if self.eat_keyword(Keyword::By) {
            loop {
                keys.push(self.field()?);
                if !self.eat(",") {
                    break;
                }
            }
            if !matches!(
                self.kind(),
                Kind::End
                    | Kind::Symbol("[" | "![" | "|")
                    | Kind::Keyword(Keyword::With | Keyword::Until | Keyword::By)
            ) {
                let error = self.unexpected("`[` or `,`");
                return Err(error.with_help("join keys are plain fields"));
            }
        }
        Ok(keys)
    }

    /// `with maxspan=5m`.
    fn maxspan(&mut self) -> Parsed<Maxspan> {
        self.advance();
        if !self.eat_keyword(Keyword::Maxspan) {
            return Err(self.unexpected("`maxspan`"));
        }
        self.expect("=")?;
        let (span, text) = (self.span(), self.source());
        let error = |message: &str, span: Span, help: &str| {
            Diagnostic::error("eql-maxspan", message, span).with_help(help)
        };
        match self.kind() {
            Kind::Integer => self.advance(),
            Kind::Decimal => {
                return Err(error("`maxspan` must be a whole number", span, "use a smaller unit"));
            }
            Kind::Symbol("-") => {
                return Err(error("`maxspan` must be positive", span, "write for instance `5m`"));
            }
            _ => return Err(self.unexpected("a time span such as `5m`")),
        };
        if !matches!(self.kind(), Kind::Word) {
            let help = format!("write for instance `{text}s`; units are ms, s, m, h and d");
            return Err(error("`maxspan` has no unit", span, &help));
        }
        let name = self.source();
        let unit_span = self.advance();
        let Some((_, unit)) = TimeUnit::NAMES.into_iter().find(|(known, _)| *known == name) else {
            let message = format!("unknown time unit `{name}`");
            return Err(error(&message, unit_span, "units are ms, s, m, h and d"));
        };
        let span = span.to(unit_span);
        // Elasticsearch counts the span in signed 64-bit nanoseconds.
        let fits = |value: &u64| {
            let nanos = value.checked_mul(unit.millis()).and_then(|ms| ms.checked_mul(1_000_000));
            nanos.is_some_and(|nanos| i64::try_from(nanos).is_ok())
        };
        match text.parse::<u64>() {
            Ok(0) => Err(error("`maxspan` must be positive", span, "write for instance `5m`")),
            Ok(value) if fits(&value) => Ok(Maxspan { value, unit, span }),
            _ => Err(error("`maxspan` is too long", span, "at most 106751 days fit")),
        }
    }

    fn terms(&mut self, place: Place) -> Parsed<Vec<Term>> {
        let mut terms = Vec::new();
        while self.is("[") || self.is("![") {
            terms.push(self.term(place)?);
        }
        if terms.is_empty() {
            return Err(self.unexpected("`[`"));
        }
        Ok(terms)
    }

    fn term(&mut self, place: Place) -> Parsed<Term> {
        let start = self.span();
        let presence = if self.eat("![") {
            Presence::Missing
        } else {
            self.expect("[")?;
            Presence::Present
        };
        match (presence, place) {
            (Presence::Missing, Place::Until) => {
                self.note("`until` needs an event that is present", start, "remove the `!`");
            }
            (Presence::Missing, Place::Sample) => {
                self.note(
                    "a sample takes no missing events",
                    start,
                    "remove the `!`, or use `sequence`",
                );
            }
            (Presence::Missing, Place::Sequence) | (Presence::Present, _) => {}
        }
        let filter = self.event_filter()?;
        if !self.is("]") {
            return Err(self.unexpected("an operator or `]`"));
        }
        self.advance();
        if matches!(self.kind(), Kind::Word) && self.source() == "fork" {
            return Err(Diagnostic::error(
                "eql-unsupported",
                "`fork` is not supported",
                self.span(),
            ));
        }
        let by = self.keys()?;
        let runs = if self.is_keyword(Keyword::With) { self.runs(place)? } else { 1 };
        Ok(Term { presence, filter, by, runs, span: self.since(start.start) })
    }

    /// `with runs=3`.
    fn runs(&mut self, place: Place) -> Parsed<u32> {
        let start = self.advance().start;
        if self.source() != "runs" {
            return Err(match closest(self.source(), ["runs"].into_iter()) {
                Some(_) => self.unexpected("`runs`").with_help("did you mean `runs`?"),
                None => self.unexpected("`runs`"),
            });
        }
        self.advance();
        self.expect("=")?;
        let (span, text) = (self.span(), self.source());
        if !matches!(self.kind(), Kind::Integer) {
            return Err(self.unexpected("a whole number"));
        }
        self.advance();
        let whole = self.since(start);
        match place {
            Place::Until => self.note("`until` takes no `runs`", whole, "remove it"),
            Place::Sample => self.note("a sample takes no `runs`", whole, "remove it"),
            Place::Sequence => {}
        }
        if let Ok(runs @ 1..=MAX_RUNS) = text.parse::<u32>() {
            return Ok(runs);
        }
        let found = super::shortened(text);
        let message = format!("`runs` must be from 1 to {MAX_RUNS}, found {found}");
        self.errors.push(Diagnostic::error("eql-runs", message, span));
        Ok(1)
    }
}
