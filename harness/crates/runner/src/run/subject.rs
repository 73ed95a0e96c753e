//! A rule and its cases, to be judged under other plans than its own.

use std::ops::Range;
use std::sync::Arc;

use super::Fixtures;
use super::ground::Ground;
use super::judge::Judged;
use super::work::{self, Idle, Setting, Work};
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
    grounds: Vec<Ground>,
    moments: Vec<Vec<Option<Moment>>>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        work: &'a Work,
        ranges: &'a [Range<u32>],
        fixtures: &'a Fixtures,
    ) -> Option<Self> {
        let judged = Judged::of(work)?;
        let mut grounds = Vec::with_capacity(work.cases.len());
        for ((case, setting), range) in work.cases.iter().zip(&work.settings).zip(ranges) {
            let documents = &fixtures.documents[range.start as usize..range.end as usize];
            let (program, _) = work.programmed(setting)?;
            grounds.push(ground(judged, case, setting, program, documents, fixtures));
        }
        let moments = grounds.iter().map(Ground::moments).collect();
        let programs = work.programs().map(grouped).collect();
        Some(Self { judged, fixtures, ranges, programs, grounds, moments })
    }

    /// The rule's key.
    pub fn key(&self) -> String {
        self.judged.work.loaded.key()
    }

    /// The rule.
    pub fn rule(&self) -> &'a Rule {
        self.judged.rule
    }

    /// The field of a leaf that nothing knows.
    pub fn unknown(&self, leaf: &Leaf) -> Option<&'a UnknownField> {
        self.judged.work.unknown(leaf)
    }

    /// The field of that name, where nothing knows it.
    pub fn unknown_field(&self, name: &str) -> Option<&'a UnknownField> {
        let mut unknown = self.judged.work.compiled.iter().flat_map(|compiled| &compiled.unknown);
        unknown.find(|unknown| &*unknown.field == name)
    }

    /// What the rule asks for, clause by clause; more than one plan where that
    /// depends on the moment of a case, none of an ES|QL rule.
    pub fn plans(&self) -> Vec<&Plan> {
        self.programs.iter().filter_map(RuleProgram::plan).collect()
    }

    /// Which of [`Self::plans`] is that of a case.
    pub fn plan_of(&self, case: usize) -> usize {
        self.judged.work.settings[case].program
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
        self.programs.get(self.judged.work.settings.get(case)?.program)
    }

    /// The conditions of all its programs.
    pub fn filters(&self) -> Vec<&Predicate> {
        self.programs.iter().flat_map(RuleProgram::filters).collect()
    }

    /// The cases, positives first.
    pub fn cases(&self) -> &'a [Arc<Case>] {
        &self.judged.work.cases
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
        self.grounds[case].reaches(event, reach)
    }

    /// Why a filter of that reach may not match the n-th event of a case.
    pub fn barrier(&self, case: usize, event: usize, reach: Reach) -> Option<String> {
        self.grounds[case].barrier(event, reach)
    }

    /// The exceptions of a case that do not silence its n-th event.
    pub fn idle_exceptions(&self, case: usize, event: usize) -> Vec<Idle<'a>> {
        let (Some(own), documents) = (self.cases()[case].events.get(event), self.events(case))
        else {
            return Vec::new();
        };
        let document = &documents.documents[event];
        self.judged.work.idle(case, own, &|condition| eval(condition, document, self.columns()))
    }

    /// When an event of a case happened by its own statement.
    pub fn time(&self, case: usize, event: usize) -> Option<i64> {
        self.grounds[case].stated_time(event)
    }

    /// The events of a case, as what detects sees them.
    pub fn events(&self, case: usize) -> Events<'_> {
        let documents = &self.documents()[self.documents_of(case)];
        Events { documents, columns: self.columns(), moments: &self.moments[case] }
    }

    /// The window that a case is run in.
    pub fn window(&self, case: usize) -> Window {
        self.grounds[case].window
    }

    /// How many alerts a plan raises on a case; `hits` are those of its
    /// filters, by number of the event, within their reach.
    pub fn alerts(
        &self,
        plan: &Plan,
        case: usize,
        hits: &[Vec<u32>],
    ) -> Result<usize, detect::Error> {
        Ok(self.judged.detect(plan, hits, self.events(case), &self.grounds[case])?.len())
    }

    /// The document of an event that no file holds.
    pub fn document(&self, event: &Event) -> Document {
        self.fixtures.ingest.document(event, &mut Vec::new())
    }

    /// The conditions on which exceptions silence an event of a case, but for those
    /// that need a list of texts.
    pub fn exceptions(&self, case: usize) -> Vec<(String, &'a Predicate)> {
        let work = self.judged.work;
        let all = work.settings.get(case).map_or_else(Vec::new, |own| work.excepted(own));
        let plain = all.into_iter().filter(|own| own.words.is_empty());
        plain.map(|own| (own.name, own.condition)).collect()
    }

    /// A case with other events, ready to be judged.
    pub fn trial(&self, number: usize, events: Vec<Event>) -> Trial<'_> {
        self.tried(number, self.judged.work.cases[number].with_events(events))
    }

    /// The same at a moment; the program stays.
    pub fn trial_at(&self, number: usize, events: Vec<Event>, now: i64) -> Trial<'_> {
        let mut case = self.judged.work.cases[number].with_events(events);
        case.options.now = Some(now);
        self.tried(number, case)
    }

    fn tried(&self, number: usize, case: Case) -> Trial<'_> {
        let Judged { work, clock, .. } = self.judged;
        let setting = work.settings[number].at(work::now(&case, Some(clock)));
        let documents: Vec<Document> =
            case.events.iter().map(|event| self.document(event)).collect();
        let program = &self.programs[setting.program];
        let ground = ground(self.judged, &case, &setting, program, &documents, self.fixtures);
        let moments = ground.moments();
        Trial { subject: self, case, now: setting.now, documents, moments, ground }
    }
}

/// What a rule may look at in a case, by the evaluator.
fn ground(
    judged: Judged<'_>,
    case: &Case,
    setting: &Setting,
    program: &RuleProgram,
    documents: &[Document],
    fixtures: &Fixtures,
) -> Ground {
    judged.ground(case, setting, program, &|exception, event| {
        let document = documents.get(event);
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
    documents: Vec<Document>,
    moments: Vec<Option<Moment>>,
    ground: Ground,
}

impl Trial<'_> {
    /// Its events.
    pub fn events(&self) -> &[Event] {
        &self.case.events
    }

    /// Its events as rows.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Whether a filter of that reach may match its n-th event.
    pub fn reaches(&self, event: usize, reach: Reach) -> bool {
        self.ground.reaches(event, reach)
    }

    /// How many alerts a plan raises; `hits` are those of its filters, within their
    /// reach.
    pub fn detected(&self, plan: &Plan, hits: &[Vec<u32>]) -> Result<usize, detect::Error> {
        let events = Events {
            documents: &self.documents,
            columns: self.subject.columns(),
            moments: &self.moments,
        };
        Ok(self.subject.judged.detect(plan, hits, events, &self.ground)?.len())
    }

    /// The case.
    pub(super) fn into_case(self) -> Case {
        self.case
    }

    /// The events within reach that fulfil a filter.
    pub(super) fn hits(
        &self,
        filter: &Predicate,
        reach: Reach,
        holds: &dyn Fn(&Predicate, &Document) -> bool,
    ) -> Vec<u32> {
        let numbered = (0..).zip(&self.documents);
        let hit = numbered.filter(|(number, document)| {
            self.ground.reaches(*number as usize, reach) && holds(filter, document)
        });
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
