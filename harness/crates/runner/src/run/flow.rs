//! An ES|QL rule and its cases, to be run with other texts than its own, and
//! with rows that a step takes otherwise.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::judge::max_signals;
use super::pipeline::{Ask, Trial};
use super::subject::Subject;
use crate::case::Case;
use harness_compile::esql::Pipeline;
use harness_compile::rule::pipelined;
use harness_compile::{Context, Now};
use harness_esql::memory::{MemoryField, MemorySource};
use harness_esql::plan::Step;
use harness_esql::run::{RunOptions, Table, Turn, run};
use harness_esql::search::Matched;
use harness_model::document::Document;
use harness_model::event::Event;
use harness_model::schema::Schema;
use harness_predicate::eval::eval;
use harness_predicate::plan::{PipelinePlan, Reach};
use harness_predicate::{Part, Predicate};
use harness_rule::model::Rule;
use harness_source::diagnostic::Diagnostic;

/// An ES|QL rule that is judged, and its cases.
pub struct Flow<'a> {
    subject: Subject<'a>,
    schema: &'a Schema,
    /// By case: the events that the pipeline reads.
    read: Vec<Vec<u32>>,
    /// By case: what was made of its events last. The changes of a query mostly read the
    /// same fields.
    sources: Vec<Mutex<Option<Made>>>,
}

/// Events as columns, of these fields.
struct Made {
    fields: Vec<MemoryField>,
    source: Arc<MemorySource>,
}

/// A query that is ready to run: once for all moments, or once for each
/// moment of the cases where it asks for the time.
pub struct Program {
    moments: Vec<Moment>,
    uses_now: bool,
}

/// A query at a moment.
struct Moment {
    now: i64,
    documents: PipelinePlan,
    pipeline: Pipeline,
    deciding: Arc<Deciding>,
}

/// The fields that steps and suppression read.
struct Deciding {
    fields: Vec<MemoryField>,
    /// Whether it matters which fields there are beside.
    whole: bool,
}

impl Deciding {
    /// Whether a source with the fields of `other` will do.
    fn lies_in(&self, other: &Self) -> bool {
        let has = |name: &str| other.fields.iter().any(|field| &*field.name == name);
        let same = self.fields.len() == other.fields.len() && other.whole;
        (same || !self.whole) && self.fields.iter().all(|field| has(&field.name))
    }
}

impl Program {
    /// The pipeline; at all moments its steps are the same.
    pub fn pipeline(&self) -> Option<&Pipeline> {
        self.moments.first().map(|moment| &moment.pipeline)
    }

    /// What the index answers for it, at the first of its moments.
    pub fn documents(&self) -> Option<&PipelinePlan> {
        self.moments.first().map(|moment| &moment.documents)
    }

    /// The query at a moment; `None` where it was not compiled for it.
    fn at(&self, now: i64) -> Option<&Moment> {
        let own = self.moments.iter().find(|moment| moment.now == now);
        own.or(self.moments.first().filter(|_| !self.uses_now))
    }
}

impl<'a> Flow<'a> {
    pub(super) fn new(subject: Subject<'a>, schema: &'a Schema) -> Option<Self> {
        let sources = subject.cases().iter().map(|_| Mutex::default()).collect();
        let mut flow = Self { subject, schema, read: Vec::new(), sources };
        for case in 0..flow.cases().len() {
            let plan = flow.subject.asked(case)?;
            let documents = (0_u32..).zip(flow.subject.events(case).documents);
            let read = documents.filter(|(event, document)| {
                flow.subject.reaches(case, *event as usize, Reach::Window)
                    && flow.holds(&plan.filter, document)
            });
            let read = read.map(|(event, _)| event).collect();
            flow.read.push(read);
        }
        Some(flow)
    }

    fn holds(&self, condition: &Predicate, document: &Document) -> bool {
        eval(condition, document, self.subject.columns())
    }

    /// The rule as one of conditions on events: what the index answers.
    pub fn subject(&self) -> &Subject<'a> {
        &self.subject
    }

    /// The rule's key.
    pub fn key(&self) -> String {
        self.subject.key()
    }

    /// The rule.
    pub fn rule(&self) -> &'a Rule {
        self.subject.rule()
    }

    /// Its query.
    pub fn text(&self) -> &'a str {
        self.rule().query.as_ref().map_or("", |query| &query.text)
    }

    /// The cases, positives first.
    pub fn cases(&self) -> &'a [Arc<Case>] {
        self.subject.cases()
    }

    /// What the index answers for the rule's own query on a case.
    pub fn documents(&self, case: usize) -> Option<&PipelinePlan> {
        self.subject.asked(case)
    }

    /// The events of a case that the pipeline reads, by number.
    pub fn read(&self, case: usize) -> &[u32] {
        self.read.get(case).map_or(&[], Vec::as_slice)
    }

    /// Compiles a text as the rule's query.
    ///
    /// # Errors
    ///
    /// As of the rule's own query.
    pub fn program(&self, text: &str) -> Result<Program, Vec<Diagnostic>> {
        let prepared = self.subject.judged.prepared;
        let uses_now = prepared.compiled.as_ref().is_some_and(|compiled| compiled.uses_now);
        let mut nows: Vec<i64> = prepared.contexts.iter().map(|context| context.now).collect();
        nows.sort_unstable();
        nows.dedup();
        nows.truncate(if uses_now { usize::MAX } else { 1 });
        if nows.is_empty() {
            // Without cases the query is looked at and never run.
            nows.push(0);
        }
        let cases = self.cases();
        let completion =
            !cases.is_empty() && cases.iter().all(|case| case.options.completion.is_some());
        let compile = |now| -> Result<_, Vec<Diagnostic>> {
            let context = Context { schema: self.schema, part: Part::Query, now: Now::at(now) };
            let (documents, pipeline) = pipelined(self.rule(), text, context, completion)?;
            let deciding = Arc::new(self.deciding(&pipeline));
            Ok(Moment { now, documents, pipeline, deciding })
        };
        let moments = nows.into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Program { moments, uses_now })
    }

    /// Prepares a case to be run; `None` for one that is not there.
    pub fn prepare<'p>(&'p self, program: &'p Program, case: usize) -> Option<Prepared<'p>> {
        let now = self.subject.judged.prepared.contexts.get(case)?.now;
        let moment = program.at(now)?;
        let own = self.cases().get(case)?.clone();
        let source = self.source(case, &moment.pipeline.fields)?;
        let documents = self.subject.events(case).documents;
        let read = self.read(case).to_vec();
        Some(self.prepared(moment, (own, now), documents, read, source))
    }

    /// The events of a case as columns.
    fn source(&self, case: usize, fields: &[MemoryField]) -> Option<Arc<MemorySource>> {
        let events = &self.cases().get(case)?.events;
        let mut last = self.sources.get(case)?.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(made) if made.fields == fields => Some(made.source.clone()),
            Some(_) | None => {
                let source = Arc::new(Trial::source_of(fields, events));
                *last = Some(Made { fields: fields.to_vec(), source: source.clone() });
                Some(source)
            }
        }
    }

    /// A case with other events, read as `program` reads them; `None` where the
    /// query asks for the time and was not compiled for the moment of that case.
    pub fn variant(&self, program: &Program, case: usize, events: Vec<Event>) -> Option<Variant> {
        self.variant_at(program, case, events, None)
    }

    /// The same at a moment, where one is stated.
    pub fn variant_at(
        &self,
        program: &Program,
        case: usize,
        events: Vec<Event>,
        now: Option<i64>,
    ) -> Option<Variant> {
        let trial = match now {
            Some(now) => self.subject.trial_at(case, events, now),
            None => self.subject.trial(case, events),
        };
        let plan = self.subject.asked(case)?;
        let read = trial.hits(&plan.filter, Reach::Window, &|filter, own| self.holds(filter, own));
        let now = trial.now;
        let (case, documents) = trial.into_parts();
        let deciding = program.at(now)?.deciding.clone();
        // What is only put out decides nothing, and there may be much of it.
        let source = Arc::new(Trial::source_of(&deciding.fields, &case.events));
        Some(Variant { case: Arc::new(case), now, read, deciding, source, documents })
    }

    /// Prepares a variant, whatever program it was read for; `None` as above.
    pub fn on<'p>(&'p self, program: &'p Program, variant: &Variant) -> Option<Prepared<'p>> {
        let moment = program.at(variant.now)?;
        let documents = match moment.documents.searches.as_slice() {
            [] => &[],
            _ => self.subject.documents_in(&variant.case, &variant.documents),
        };
        let source = if moment.deciding.lies_in(&variant.deciding) {
            variant.source.clone()
        } else {
            Arc::new(Trial::source_of(&moment.deciding.fields, &variant.case.events))
        };
        let case = (variant.case.clone(), variant.now);
        Some(self.prepared(moment, case, documents, variant.read.clone(), source))
    }

    /// Takes events through a plan on the columns that a program reads, at the moment of
    /// a case: all of them, whatever the rule reads. `None` where it fails.
    pub fn through(
        &self,
        program: &Program,
        plan: &harness_esql::plan::Plan,
        case: usize,
        events: &[Event],
    ) -> Option<Table> {
        let now = self.subject.judged.prepared.contexts.get(case)?.now;
        let moment = program.at(now)?;
        let source = Trial::source_of(&moment.deciding.fields, events);
        let searches = &moment.documents.searches;
        let documents: Vec<Document> = match searches.as_slice() {
            [] => Vec::new(),
            _ => events.iter().map(|event| self.subject.document(event)).collect(),
        };
        let matched = searches.iter().map(|condition| {
            documents.iter().map(|document| self.holds(condition, document)).collect::<Vec<bool>>()
        });
        let matches = Matched(moment.pipeline.searches.iter().copied().zip(matched).collect());
        run(plan, &source, &matches, &RunOptions { now, ..RunOptions::default() }).ok()
    }

    /// The fields that steps and suppression read.
    fn deciding(&self, pipeline: &Pipeline) -> Deciding {
        let registers: BTreeSet<_> = pipeline.plan.steps.iter().flat_map(Step::reads).collect();
        let read = pipeline.plan.fields.iter().filter(|field| registers.contains(&field.register));
        let mut names: BTreeSet<&str> = read.map(|field| &*field.name).collect();
        let suppression = self.rule().alert_suppression.iter().flat_map(|one| &one.group_by);
        names.extend(suppression.map(|field| field.value.as_str()));
        // Which values an index does not keep shows in the fields that have them;
        // queries inside the query read fields of their own.
        let whole = names.contains("_ignored") || pipeline.plan.is_nested();
        let fields = pipeline.fields.iter();
        let fields = fields.filter(|field| whole || names.contains(&*field.name));
        Deciding { fields: fields.cloned().collect(), whole }
    }

    fn prepared<'p>(
        &'p self,
        moment: &'p Moment,
        (case, now): (Arc<Case>, i64),
        documents: &[Document],
        read: Vec<u32>,
        source: Arc<MemorySource>,
    ) -> Prepared<'p> {
        let matched = |condition: &Predicate| -> Vec<u32> {
            let numbered = (0_u32..).zip(documents);
            let found = numbered.filter(|(_, document)| self.holds(condition, document));
            found.map(|(event, _)| event).collect()
        };
        let mut hits = vec![read];
        hits.extend(moment.documents.searches.iter().map(matched));
        Prepared { rule: self.rule(), case, pipeline: &moment.pipeline, now, hits, source }
    }
}

/// A case with other events, which any query of the rule may be run on.
pub struct Variant {
    case: Arc<Case>,
    now: i64,
    /// The events that the pipeline reads.
    read: Vec<u32>,
    deciding: Arc<Deciding>,
    source: Arc<MemorySource>,
    documents: OnceCell<Vec<Document>>,
}

impl Variant {
    /// Its events.
    pub fn events(&self) -> &[Event] {
        &self.case.events
    }
}

/// A case that is ready to be run.
pub struct Prepared<'a> {
    rule: &'a Rule,
    case: Arc<Case>,
    pipeline: &'a Pipeline,
    now: i64,
    hits: Vec<Vec<u32>>,
    source: Arc<MemorySource>,
}

impl Prepared<'_> {
    /// Its events.
    pub fn events(&self) -> &[Event] {
        &self.case.events
    }

    fn trial(&self) -> Trial<'_> {
        Trial {
            rule: self.rule,
            pipeline: self.pipeline,
            now: self.now,
            hits: &self.hits,
            max_signals: max_signals(self.rule),
            warnings: Vec::new(),
        }
    }

    /// Runs it on all events that it reads: the number of alerts, and what the
    /// steps made of the rows.
    ///
    /// # Errors
    ///
    /// When the query fails.
    pub fn run(&self, trace: bool, turn: Option<&Turn>) -> Result<(usize, Table), Diagnostic> {
        self.asked(|rows| Ask { rows, trace, turn, save: false, base: None })
    }

    /// The same, traced, so that [`Self::turned`] goes on from it.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn base(&self) -> Result<(usize, Table), Diagnostic> {
        self.asked(|rows| Ask { rows, trace: true, turn: None, save: true, base: None })
    }

    /// The number of alerts with rows that a step takes otherwise; `base` is what
    /// [`Self::base`] made.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn turned(&self, turn: &Turn, base: &Table) -> Result<usize, Diagnostic> {
        let (turn, base) = (Some(turn), Some(base));
        let found = self.asked(|rows| Ask { rows, trace: false, turn, save: false, base });
        found.map(|(alerts, _)| alerts)
    }

    fn asked<'t>(
        &self,
        ask: impl FnOnce(Vec<u32>) -> Ask<'t>,
    ) -> Result<(usize, Table), Diagnostic> {
        let trial = self.trial();
        let rows = self.hits.first().cloned().unwrap_or_default();
        let table = trial.run(&self.case, &self.source, ask(rows))?;
        Ok((trial.found(&table, &self.source).len(), table))
    }
}
