//! An ES|QL rule and its cases, to be run with other texts than its own, and
//! with rows that a step takes otherwise.

use std::ops::Range;
use std::sync::Arc;

use super::Fixtures;
use super::judge::{Judged, max_signals};
use super::pipeline::{Ask, Trial};
use super::work::Work;
use crate::case::Case;
use crate::compile::esql::Pipeline;
use crate::compile::rule::pipelined;
use crate::compile::{Context, Now};
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::esql::memory::MemorySource;
use crate::esql::run::{Table, Turn};
use crate::ir::eval::eval;
use crate::ir::plan::{PipelinePlan, Plan, Reach};
use crate::ir::{Part, Predicate};
use crate::rule::model::Rule;
use crate::schema::Schema;

/// An ES|QL rule that is judged, and its cases.
pub struct Flow<'a> {
    judged: Judged<'a>,
    fixtures: &'a Fixtures,
    schema: &'a Schema,
    ranges: &'a [Range<u32>],
    /// By case: the events that the pipeline reads.
    read: Vec<Vec<u32>>,
}

/// A query that is ready to run: once for all moments, or once for each
/// moment of the cases where it asks for the time.
pub struct Program {
    moments: Vec<(i64, PipelinePlan, Pipeline)>,
}

impl Program {
    /// The pipeline; at all moments its steps are the same.
    pub fn pipeline(&self) -> Option<&Pipeline> {
        self.moments.first().map(|(_, _, pipeline)| pipeline)
    }
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        work: &'a Work,
        ranges: &'a [Range<u32>],
        fixtures: &'a Fixtures,
        schema: &'a Schema,
    ) -> Option<Self> {
        let judged = Judged::of(work)?;
        let mut read = Vec::with_capacity(work.cases.len());
        for ((case, setting), range) in work.cases.iter().zip(&work.settings).zip(ranges) {
            let (plan, _) = work.planned(setting)?;
            let Plan::Pipeline(pipeline) = plan else { return None };
            let documents = &fixtures.documents[range.start as usize..range.end as usize];
            let holds = |condition: &Predicate, document: &Document| {
                eval(condition, document, &fixtures.columns)
            };
            let ground = judged.ground(case, setting, plan, &|exception, event| {
                documents.get(event).is_some_and(|own| holds(exception.condition, own))
            });
            let events = (0_u32..).zip(documents).filter(|(event, document)| {
                ground.reaches(*event as usize, Reach::Window) && holds(&pipeline.filter, document)
            });
            read.push(events.map(|(event, _)| event).collect());
        }
        matches!(work.plan(), Some(Plan::Pipeline(_))).then_some(Self {
            judged,
            fixtures,
            schema,
            ranges,
            read,
        })
    }

    /// The rule's key.
    pub fn key(&self) -> String {
        self.judged.work.loaded.key()
    }

    /// The rule.
    pub fn rule(&self) -> &'a Rule {
        self.judged.rule
    }

    /// Its query.
    pub fn text(&self) -> &'a str {
        self.judged.rule.query.as_ref().map_or("", |query| &query.text)
    }

    /// The cases, positives first.
    pub fn cases(&self) -> &'a [Arc<Case>] {
        &self.judged.work.cases
    }

    /// Compiles a text as the rule's query.
    ///
    /// # Errors
    ///
    /// As of the rule's own query.
    pub fn program(&self, text: &str) -> Result<Program, Vec<Diagnostic>> {
        let work = self.judged.work;
        let uses_now = work.compiled.as_ref().is_some_and(|compiled| compiled.uses_now);
        let mut nows: Vec<i64> = work.settings.iter().map(|setting| setting.now).collect();
        nows.sort_unstable();
        nows.dedup();
        nows.truncate(if uses_now { usize::MAX } else { 1 });
        let completion = self.cases().iter().all(|case| case.options.completion.is_some());
        let compile = |now| -> Result<_, Vec<Diagnostic>> {
            let context = Context { schema: self.schema, part: Part::Query, now: Now::at(now) };
            let (plan, pipeline) = pipelined(self.judged.rule, text, context, completion)?;
            Ok((now, plan, pipeline))
        };
        Ok(Program { moments: nows.into_iter().map(compile).collect::<Result<_, _>>()? })
    }

    /// Prepares a case to be run; `None` for one that is not there.
    pub fn prepare<'p>(&'p self, program: &'p Program, case: usize) -> Option<Prepared<'p>> {
        let setting = self.judged.work.settings.get(case)?;
        let at_its_moment = program.moments.iter().find(|(now, ..)| *now == setting.now);
        let (_, plan, pipeline) = at_its_moment.or(program.moments.first())?;
        let range = self.ranges.get(case)?;
        let documents = &self.fixtures.documents[range.start as usize..range.end as usize];
        let matched = |condition: &Predicate| -> Vec<u32> {
            let numbered = (0_u32..).zip(documents);
            let found =
                numbered.filter(|(_, document)| eval(condition, document, &self.fixtures.columns));
            found.map(|(event, _)| event).collect()
        };
        let mut hits = vec![self.read.get(case)?.clone()];
        hits.extend(plan.searches.iter().map(matched));
        let case = self.cases().get(case)?;
        let mut prepared = Prepared {
            rule: self.judged.rule,
            case,
            pipeline,
            now: setting.now,
            hits,
            source: MemorySource::default(),
        };
        prepared.source = prepared.trial().source(&case.events);
        Some(prepared)
    }
}

/// A case that is ready to be run.
pub struct Prepared<'a> {
    rule: &'a Rule,
    case: &'a Case,
    pipeline: &'a Pipeline,
    now: i64,
    hits: Vec<Vec<u32>>,
    source: MemorySource,
}

impl Prepared<'_> {
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
        let trial = self.trial();
        let rows = self.hits.first().cloned().unwrap_or_default();
        let table = trial.run(self.case, &self.source, Ask { rows, trace, turn })?;
        Ok((trial.found(&table, &self.source).len(), table))
    }
}
