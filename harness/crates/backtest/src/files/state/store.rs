//! Events that are kept until all are there: only the columns that a rule joins by.

use std::collections::BTreeSet;

use crate::Stop;
use crate::files::rule::Prepared;
use crate::files::seen::{Place, Seen};
use harness_detect::sequence::stream::Moment;
use harness_model::document::{ColumnId, Columns, Document, Row};
use harness_predicate::Column;
use harness_source::limits;

/// The most events that one rule keeps.
pub(super) const MOST: usize = limits::BACKTEST_KEPT.most;

/// Events by number.
#[derive(Default)]
pub(super) struct Store {
    columns: BTreeSet<ColumnId>,
    pub(super) documents: Vec<Document>,
    pub(super) moments: Vec<Option<Moment>>,
    /// When each happened by the rule's timestamp fields.
    pub(super) times: Vec<Option<i64>>,
    pub(super) places: Vec<Place>,
}

impl Store {
    /// One that keeps these columns.
    pub(super) fn of<'a>(kept: impl Iterator<Item = &'a Column>, columns: &Columns) -> Self {
        let columns = kept.filter_map(|column| columns.id(column)).collect();
        Self { columns, ..Self::default() }
    }

    /// The columns of a document that are kept.
    pub(super) fn kept(&self, document: &Document) -> Document {
        let cells = document.rows.first().map_or(&[][..], |row| row.cells.as_slice());
        let own = cells.iter().filter(|(column, _)| self.columns.contains(column));
        Document { rows: vec![Row { cells: own.cloned().collect(), ..Row::default() }] }
    }

    /// Adds an event; its number.
    pub(super) fn add(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) -> Result<u32, Stop> {
        if self.documents.len() == MOST {
            return Err(Stop::Unsupported(format!("more than {MOST} events take part in it")));
        }
        let number = u32::try_from(self.documents.len()).unwrap_or(u32::MAX);
        let field = rule.rule.eql.order();
        let tiebreaker = rule.rule.eql.tiebreaker.as_deref();
        let moment = match seen.event {
            Some(event) => event.date(field).map(|at| {
                let tiebreaker = tiebreaker.and_then(|field| event.first(field)?.as_i64());
                match event.nanos(field).filter(|_| rule.nanos) {
                    Some((timestamp_ms, nanos)) => Moment { timestamp_ms, nanos, tiebreaker },
                    None => Moment::new(at, tiebreaker),
                }
            }),
            None => seen.ordered.map(|at| Moment::new(at, None)),
        };
        self.moments.push(moment.filter(|_| !seen.times.is_empty()));
        self.documents.push(self.kept(seen.document));
        self.times.push(seen.time());
        self.places.push(seen.place.clone());
        Ok(number)
    }

    /// Gives up the events up to a moment; the new numbers of the others.
    pub(super) fn retain(&mut self, after: i64) -> Vec<Option<u32>> {
        let keeps: Vec<bool> =
            self.times.iter().map(|time| time.is_none_or(|time| time > after)).collect();
        let mut next = 0;
        let mut number = |keeps: &bool| {
            keeps.then(|| {
                next += 1;
                next - 1
            })
        };
        let numbers = keeps.iter().map(&mut number).collect();
        retain(&mut self.documents, &keeps);
        retain(&mut self.moments, &keeps);
        retain(&mut self.times, &keeps);
        retain(&mut self.places, &keeps);
        numbers
    }

    /// Gives the events without any time that of the newest.
    pub(super) fn date(&mut self, newest: i64) {
        for (moment, time) in self.moments.iter_mut().zip(&mut self.times) {
            if time.is_none() {
                *time = Some(newest);
                *moment = Some(Moment::new(newest, moment.and_then(|moment| moment.tiebreaker)));
            }
        }
    }
}

fn retain<T>(all: &mut Vec<T>, keeps: &[bool]) {
    let mut keeps = keeps.iter();
    all.retain(|_| keeps.next().copied().unwrap_or(true));
}
