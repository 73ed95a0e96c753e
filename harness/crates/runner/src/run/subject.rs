//! A rule and its cases, to be judged under other plans than its own.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use super::Fixtures;
use super::judge::Judged;
use super::prepared_rule::{self, CaseContext, Idle, PreparedRule};
use super::visibility::Visibility;
use crate::case::Case;
use harness_compile::program::RuleProgram;
use harness_compile::unknown::UnknownField;
use harness_detect::sequence::stream::Moment;
use harness_detect::window::Window;
use harness_detect::{self as detect, Events};
use harness_model::document::{Columns, Document};
use harness_model::event::Event;
use harness_predicate::eval::eval;
use harness_predicate::plan::{PipelinePlan, Plan, Reach};
use harness_predicate::{Column, Leaf, Predicate};
use harness_rule::model::Rule;

/// A rule that is judged, and its cases.
pub struct Subject<'a> {
    pub(super) judged: Judged<'a>,
    fixtures: &'a Fixtures,
    ranges: &'a [Range<u32>],
    programs: Vec<RuleProgram>,
    visibilities: Vec<Visibility>,
    moments: Vec<Vec<Option<Moment>>>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        prepared: &'a PreparedRule,
        ranges: &'a [Range<u32>],
        fixtures: &'a Fixtures,
    ) -> Option<Self> {
        let judged = Judged::of(prepared)?;
        let mut visibilities = Vec::with_capacity(prepared.cases.len());
        for ((case, context), range) in prepared.cases.iter().zip(&prepared.contexts).zip(ranges) {
            let documents = &fixtures.documents[range.start as usize..range.end as usize];
            let (program, _) = prepared.programmed(context)?;
            let all = || documents;
            visibilities.push(visibility(judged, case, context, program, &all, fixtures));
        }
        let moments = visibilities.iter().map(Visibility::moments).collect();
        let programs = prepared.programs().map(grouped).collect();
        Some(Self { judged, fixtures, ranges, programs, visibilities, moments })
    }

    /// The rule's key.
    pub fn key(&self) -> String {
        self.judged.prepared.loaded.key()
    }

    /// The rule.
    pub fn rule(&self) -> &'a Rule {
        self.judged.rule
    }

    /// The field of a leaf that nothing knows.
    pub fn unknown(&self, leaf: &Leaf) -> Option<&'a UnknownField> {
        self.judged.prepared.unknown(leaf)
    }

    /// The field of that name, where nothing knows it.
    pub fn unknown_field(&self, name: &str) -> Option<&'a UnknownField> {
        let mut unknown =
            self.judged.prepared.compiled.iter().flat_map(|compiled| &compiled.unknown);
        unknown.find(|unknown| &*unknown.field == name)
    }

    /// What the rule asks for, clause by clause; more than one plan where that
    /// depends on the moment of a case, none of an ES|QL rule.
    pub fn plans(&self) -> Vec<&Plan> {
        self.programs.iter().filter_map(RuleProgram::plan).collect()
    }

    /// Which of [`Self::plans`] is that of a case.
    pub fn plan_of(&self, case: usize) -> usize {
        self.judged.prepared.contexts[case].program
    }

    /// The plan of a case; none of an ES|QL rule.
    pub fn plan(&self, case: usize) -> Option<&Plan> {
        self.program(case)?.plan()
    }

    /// What the index answers for an ES|QL rule on a case.
    pub(super) fn asked(&self, case: usize) -> Option<&PipelinePlan> {
        self.program(case)?.documents()
    }

    fn program(&self, case: usize) -> Option<&RuleProgram> {
        self.programs.get(self.judged.prepared.contexts.get(case)?.program)
    }

    /// The conditions of all its programs.
    pub fn filters(&self) -> Vec<&Predicate> {
        self.programs.iter().flat_map(RuleProgram::filters).collect()
    }

    /// The cases, positives first.
    pub fn cases(&self) -> &'a [Arc<Case>] {
        &self.judged.prepared.cases
    }

    /// The numbers that the documents of all cases have in the session.
    pub fn range(&self) -> Range<u32> {
        let start = self.ranges.first().map_or(0, |range| range.start);
        start..self.ranges.last().map_or(start, |range| range.end)
    }

    /// The documents of all cases, in order.
    pub fn documents(&self) -> &'a [Document] {
        let range = self.range();
        &self.fixtures.documents[range.start as usize..range.end as usize]
    }

    /// Which of [`Self::documents`] are those of a case.
    pub fn documents_of(&self, case: usize) -> Range<usize> {
        let start = self.range().start;
        let range = &self.ranges[case];
        (range.start - start) as usize..(range.end - start) as usize
    }

    /// The columns of the documents' cells.
    pub fn columns(&self) -> &'a Columns {
        &self.fixtures.columns
    }

    /// The field that a column's values come from.
    pub fn field(&self, column: &Column) -> Arc<str> {
        self.fixtures.sources.get(&column.name).unwrap_or(&column.name).clone()
    }

    /// Whether a filter of that reach may match the n-th event of a case.
    pub fn reaches(&self, case: usize, event: usize, reach: Reach) -> bool {
        self.visibilities[case].reaches(event, reach)
    }

    /// Why a filter of that reach may not match the n-th event of a case.
    pub fn barrier(&self, case: usize, event: usize, reach: Reach) -> Option<String> {
        self.visibilities[case].barrier(event, reach)
    }

    /// The exceptions of a case that do not silence its n-th event.
    pub fn idle_exceptions(&self, case: usize, event: usize) -> Vec<Idle<'a>> {
        let (Some(own), documents) = (self.cases()[case].events.get(event), self.events(case))
        else {
            return Vec::new();
        };
        let document = &documents.documents[event];
        self.judged.prepared.idle(case, own, &|condition| eval(condition, document, self.columns()))
    }

    /// When an event of a case happened by its own statement.
    pub fn time(&self, case: usize, event: usize) -> Option<i64> {
        self.visibilities[case].stated_time(event)
    }

    /// The events of a case, as what detects sees them.
    pub fn events(&self, case: usize) -> Events<'_> {
        let documents = &self.documents()[self.documents_of(case)];
        Events { documents, columns: self.columns(), moments: &self.moments[case] }
    }

    /// The window that a case is run in.
    pub fn window(&self, case: usize) -> Window {
        self.visibilities[case].window
    }

    /// How many alerts a plan raises on a case; `hits` are those of its
    /// filters, by number of the event, within their reach.
    pub fn alerts(
        &self,
        plan: &Plan,
        case: usize,
        hits: &[Vec<u32>],
    ) -> Result<usize, detect::Error> {
        Ok(self.judged.detect(plan, hits, self.events(case), &self.visibilities[case])?.len())
    }

    /// The document of an event that no file holds.
    pub fn document(&self, event: &Event) -> Document {
        self.fixtures.ingest.document(event, &mut Vec::new())
    }

    /// The conditions on which exceptions silence an event of a case, but for those
    /// that need a list of texts.
    pub fn exceptions(&self, case: usize) -> Vec<(String, &'a Predicate)> {
        let prepared = self.judged.prepared;
        let all = prepared.contexts.get(case).map_or_else(Vec::new, |own| prepared.excepted(own));
        let plain = all.into_iter().filter(|own| own.words.is_empty());
        plain.map(|own| (own.name, own.condition)).collect()
    }

    /// A case with other events, ready to be judged.
    pub fn trial(&self, number: usize, events: Vec<Event>) -> Trial<'_> {
        self.tried(number, self.judged.prepared.cases[number].with_events(events))
    }

    /// The same at a moment; the program stays.
    pub fn trial_at(&self, number: usize, events: Vec<Event>, now: i64) -> Trial<'_> {
        let mut case = self.judged.prepared.cases[number].with_events(events);
        case.options.now = Some(now);
        self.tried(number, case)
    }

    fn tried(&self, number: usize, case: Case) -> Trial<'_> {
        let Judged { prepared, clock, .. } = self.judged;
        let context = prepared.contexts[number].at(prepared_rule::now(&case, Some(clock)));
        let documents = OnceCell::new();
        let program = &self.programs[context.program];
        let all = || self.documents_in(&case, &documents);
        let visibility = visibility(self.judged, &case, &context, program, &all, self.fixtures);
        let moments = visibility.moments();
        Trial { subject: self, case, now: context.now, documents, moments, visibility }
    }

    /// The documents of a case, once somebody asks for them.
    pub(super) fn documents_in<'t>(
        &self,
        case: &Case,
        documents: &'t OnceCell<Vec<Document>>,
    ) -> &'t [Document] {
        documents.get_or_init(|| case.events.iter().map(|event| self.document(event)).collect())
    }
}

/// What a rule may look at in a case, by the evaluator.
fn visibility<'d>(
    judged: Judged<'_>,
    case: &Case,
    context: &CaseContext,
    program: &RuleProgram,
    documents: &dyn Fn() -> &'d [Document],
    fixtures: &Fixtures,
) -> Visibility {
    judged.visibility(case, context, program, &|exception, event| {
        let document = documents().get(event);
        document.is_some_and(|own| eval(exception.condition, own, &fixtures.columns))
    })
}

/// The program with each clause over many fields in one piece.
fn grouped(program: &RuleProgram) -> RuleProgram {
    let mut program = program.clone();
    for filter in program.filters_mut() {
        let whole = std::mem::replace(filter, Predicate::Const(true));
        *filter = whole.grouped();
    }
    program
}

/// A case with events that no file holds.
pub struct Trial<'a> {
    subject: &'a Subject<'a>,
    case: Case,
    /// When it is run.
    pub(super) now: i64,
    documents: OnceCell<Vec<Document>>,
    moments: Vec<Option<Moment>>,
    visibility: Visibility,
}

impl Trial<'_> {
    /// Its events.
    pub fn events(&self) -> &[Event] {
        &self.case.events
    }

    /// Its events as rows.
    pub fn documents(&self) -> &[Document] {
        self.subject.documents_in(&self.case, &self.documents)
    }

    /// Whether a filter of that reach may match its n-th event.
    pub fn reaches(&self, event: usize, reach: Reach) -> bool {
        self.visibility.reaches(event, reach)
    }

    /// How many alerts a plan raises; `hits` are those of its filters, within their
    /// reach.
    pub fn detected(&self, plan: &Plan, hits: &[Vec<u32>]) -> Result<usize, detect::Error> {
        let events = Events {
            documents: self.documents(),
            columns: self.subject.columns(),
            moments: &self.moments,
        };
        Ok(self.subject.judged.detect(plan, hits, events, &self.visibility)?.len())
    }

    /// The case, and its events as rows where somebody asked for them.
    pub(super) fn into_parts(self) -> (Case, OnceCell<Vec<Document>>) {
        (self.case, self.documents)
    }

    /// The events within reach that fulfil a filter.
    pub(super) fn hits(
        &self,
        filter: &Predicate,
        reach: Reach,
        holds: &dyn Fn(&Predicate, &Document) -> bool,
    ) -> Vec<u32> {
        let holds = |event: usize| match filter {
            Predicate::Const(value) => *value,
            _ => holds(filter, &self.documents()[event]),
        };
        let numbered = (0_u32..).zip(0..self.case.events.len());
        let hit = numbered.filter(|(_, at)| self.visibility.reaches(*at, reach) && holds(*at));
        hit.map(|(number, _)| number).collect()
    }

    /// How many alerts a plan raises; `holds` says whether an event fulfils a
    /// filter of the plan.
    pub fn alerts(
        &self,
        plan: &Plan,
        holds: &dyn Fn(&Predicate, &Document) -> bool,
    ) -> Result<usize, detect::Error> {
        let filters = plan.filters().into_iter().zip(plan.reaches());
        let hits: Vec<Vec<u32>> =
            filters.map(|(filter, reach)| self.hits(filter, reach, holds)).collect();
        self.detected(plan, &hits)
    }
}
