//! All leaves on one column, in one pass over it.

use std::net::Ipv6Addr;
use std::ops::Range;

use roaring::RoaringBitmap;
use tantivy::collector::DocSetCollector;
use tantivy::query::PhraseQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Searcher, SegmentReader, TERMINATED, Term};

use super::EngineError;
use super::embedded::Fields;
use super::rows::Rows;
use harness_model::document::{Cell, Document};
use harness_predicate::{Kind, Phrase, Test};
use harness_text::pattern::set::PatternSet;
use harness_text::pattern::{Case, Pattern};

/// Where a column's values are.
pub(super) struct Source<'a> {
    pub(super) documents: &'a [Document],
    pub(super) rows: &'a Rows,
    pub(super) id: usize,
    pub(super) name: String,
    pub(super) fields: Fields,
    pub(super) segment: &'a SegmentReader,
    pub(super) searcher: &'a Searcher,
    pub(super) oversize: &'a [(u32, &'a str)],
}

/// The distinct tests on one column.
pub(super) struct ColumnLeaves<'a> {
    pub(super) source: Source<'a>,
    pub(super) tests: &'a [&'a Test],
}

/// The string patterns among the tests, and which test each belongs to.
struct Patterns {
    set: PatternSet,
    tests: Vec<usize>,
}

impl Patterns {
    fn new<'a>(entries: impl Iterator<Item = (usize, &'a Pattern)>) -> Self {
        let (tests, patterns): (Vec<_>, Vec<_>) = entries.unzip();
        Self { set: PatternSet::new(&patterns), tests }
    }

    /// The tests that `term` passes.
    fn passing(&self, term: &str) -> Vec<usize> {
        let mut matching = Vec::new();
        self.set.matching(term, &mut matching);
        matching.into_iter().map(|pattern| self.tests[pattern]).collect()
    }
}

impl<'a> ColumnLeaves<'a> {
    /// The rows that pass each test, in the order of the tests.
    pub(super) fn evaluate(&self, kind: Kind) -> Result<Vec<RoaringBitmap>, EngineError> {
        let mut results = vec![RoaringBitmap::new(); self.tests.len()];
        match kind {
            Kind::Keyword => self.keywords(&mut results)?,
            Kind::Text => self.text(&mut results)?,
            Kind::Long => {
                let column = self.source.segment.fast_fields().i64(&self.source.name)?;
                self.scan(&mut results, |row, visit| {
                    column.values_for_doc(row).for_each(|value| visit(Value::Long(value)));
                });
            }
            Kind::Double => {
                let column = self.source.segment.fast_fields().f64(&self.source.name)?;
                self.scan(&mut results, |row, visit| {
                    column.values_for_doc(row).for_each(|value| visit(Value::Double(value)));
                });
            }
            Kind::Ip => {
                let column = self.source.segment.fast_fields().ip_addr(&self.source.name)?;
                self.scan(&mut results, |row, visit| {
                    column
                        .values_for_doc(row)
                        .for_each(|value: Ipv6Addr| visit(Value::Ip(value.into())));
                });
            }
            // No document has it.
            Kind::Absent => {}
        }
        Ok(results)
    }

    fn all_rows(&self) -> Range<u32> {
        0..self.source.segment.max_doc()
    }

    /// The term tests, with their positions.
    fn terms(&self) -> impl Iterator<Item = (usize, &'a Pattern)> {
        self.tests.iter().enumerate().filter_map(|(test, kind)| match kind {
            Test::Term(pattern) => Some((test, pattern)),
            Test::Exists
            | Test::Phrase(_)
            | Test::Long(_)
            | Test::Date(_)
            | Test::Nanos(_)
            | Test::Bool(_)
            | Test::Double(_)
            | Test::Ip(_)
            | Test::Script(_) => None,
        })
    }

    fn exists(&self) -> Option<usize> {
        self.tests.iter().position(|test| **test == Test::Exists)
    }

    /// Streams the dictionary once: each distinct value names the tests that it passes.
    fn keywords(&self, results: &mut [RoaringBitmap]) -> Result<(), EngineError> {
        let patterns = Patterns::new(self.terms());
        let exists = self.exists();
        if let Some(column) = self.source.segment.fast_fields().str(&self.source.name)? {
            let mut by_ordinal: Vec<Vec<usize>> = Vec::with_capacity(column.num_terms());
            let mut stream = column.dictionary().stream()?;
            while stream.advance() {
                by_ordinal.push(match std::str::from_utf8(stream.key()) {
                    Ok(term) => patterns.passing(term),
                    Err(_) => Vec::new(),
                });
            }
            for row in self.all_rows() {
                for ordinal in column.term_ords(row) {
                    if let Some(test) = exists {
                        results[test].insert(row);
                    }
                    let tests = usize::try_from(ordinal).ok().and_then(|at| by_ordinal.get(at));
                    for test in tests.into_iter().flatten() {
                        results[*test].insert(row);
                    }
                }
            }
        }
        for (row, value) in self.source.oversize {
            for test in patterns.passing(value).into_iter().chain(exists) {
                results[test].insert(*row);
            }
        }
        Ok(())
    }

    /// Plain terms are looked up, other patterns walk the term dictionary,
    /// phrases ask tantivy.
    fn text(&self, results: &mut [RoaringBitmap]) -> Result<(), EngineError> {
        let index = self.source.segment.inverted_index(self.source.fields.values)?;
        let mut others = Vec::new();
        if !self.source.oversize.is_empty() {
            let patterns = Patterns::new(self.terms());
            for (row, term) in self.source.oversize {
                for test in patterns.passing(term) {
                    results[test].insert(*row);
                }
            }
        }
        for (test, pattern) in self.terms() {
            match pattern {
                Pattern::Equals(text, Case::Sensitive) => {
                    let term = Term::from_field_text(self.source.fields.values, text);
                    if let Some(postings) = index.read_postings(&term, IndexRecordOption::Basic)? {
                        collect(postings, &mut results[test]);
                    }
                }
                other => others.push((test, other)),
            }
        }
        if !others.is_empty() {
            let patterns = Patterns::new(others.into_iter());
            let mut stream = index.terms().stream()?;
            while stream.advance() {
                let Ok(term) = std::str::from_utf8(stream.key()) else { continue };
                for test in patterns.passing(term) {
                    let info = stream.value();
                    let postings =
                        index.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
                    collect(postings, &mut results[test]);
                }
            }
        }
        for (test, kind) in self.tests.iter().enumerate() {
            if let Test::Phrase(phrase) = kind {
                results[test] = self.phrase(phrase)?;
                let rows = self.source.oversize.iter().map(|(row, _)| *row);
                results[test].extend(rows.filter(|row| self.holds_phrase(*row, phrase)));
            }
        }
        if let Some(test) = self.exists() {
            let presence =
                self.source.segment.fast_fields().u64(&format!("{}p", self.source.name))?;
            results[test] = self.all_rows().filter(|row| presence.first(*row).is_some()).collect();
        }
        Ok(())
    }

    /// Plain phrases run in the index; the others, sloppy or with gaps, are
    /// decided on the tokens of the rows that hold all terms.
    fn phrase(&self, phrase: &Phrase) -> Result<RoaringBitmap, EngineError> {
        let field = self.source.fields.values;
        // Over a gap the index would match across two values.
        let gapless = phrase.terms.windows(2).all(|pair| pair[0].1 + 1 == pair[1].1);
        if phrase.slop == 0 && gapless && phrase.terms.len() > 1 {
            let terms = phrase.terms.iter();
            let terms = terms.map(|(text, at)| (*at as usize, Term::from_field_text(field, text)));
            let query = PhraseQuery::new_with_offset(terms.collect());
            let hits = self.source.searcher.search(&query, &DocSetCollector)?;
            let mut rows: Vec<u32> = hits.into_iter().map(|hit| hit.doc_id).collect();
            rows.sort_unstable();
            return Ok(rows.into_iter().collect());
        }
        let index = self.source.segment.inverted_index(field)?;
        let mut rows: RoaringBitmap = self.all_rows().collect();
        for (text, _) in &phrase.terms {
            let mut with_term = RoaringBitmap::new();
            let term = Term::from_field_text(field, text);
            if let Some(postings) = index.read_postings(&term, IndexRecordOption::Basic)? {
                collect(postings, &mut with_term);
            }
            rows &= with_term;
        }
        Ok(rows.into_iter().filter(|row| self.holds_phrase(*row, phrase)).collect())
    }

    fn holds_phrase(&self, row: u32, phrase: &Phrase) -> bool {
        let (document, position) = self.source.rows.position(row);
        match self.source.documents[document].rows[position].cell(self.source.id) {
            Some(Cell::Text(values)) => values.iter().any(|tokens| phrase.occurs(tokens)),
            Some(Cell::Keyword(_) | Cell::Long(_) | Cell::Double(_) | Cell::Ip(_)) | None => false,
        }
    }

    /// Tests every value of a numeric column.
    fn scan(&self, results: &mut [RoaringBitmap], values: impl Fn(u32, &mut dyn FnMut(Value))) {
        for row in self.all_rows() {
            values(row, &mut |value| {
                for (test, rows) in self.tests.iter().zip(results.iter_mut()) {
                    if value.passes(test) {
                        rows.insert(row);
                    }
                }
            });
        }
    }
}

fn collect(mut postings: impl DocSet, into: &mut RoaringBitmap) {
    let mut row = postings.doc();
    while row != TERMINATED {
        into.insert(row);
        row = postings.advance();
    }
}

/// A value of a numeric column.
#[derive(Clone, Copy)]
enum Value {
    Long(i64),
    Double(f64),
    Ip(u128),
}

impl Value {
    fn passes(self, test: &Test) -> bool {
        match (test, self) {
            (Test::Exists, _) => true,
            (
                Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval),
                Self::Long(value),
            ) => interval.contains(value),
            (Test::Bool(wanted), Self::Long(value)) => value == i64::from(*wanted),
            (Test::Double(interval), Self::Double(value)) => interval.0.contains(value),
            (Test::Ip(interval), Self::Ip(value)) => interval.contains(value),
            // Tests on a column of another kind; `compile` makes none.
            (
                Test::Term(_)
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
}
