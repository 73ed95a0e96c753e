//! Judges one rule on its cases.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::prepared_rule::{CaseContext, Excepted, PreparedRule};
use super::visibility::Visibility;
use super::{Alert, CaseRun, Fixtures, Places, RuleRun, pipeline};
use super::{about, alert, warning};
use crate::case::{Case, Polarity};
use crate::verdict::{self, Pairing, Status, Verdict};
use harness_compile::program::RuleProgram;
use harness_detect::suppress::{self, Grouping, Merged};
use harness_detect::window::Clock;
use harness_detect::{self as detect, Events, Scope, anomaly};
use harness_model::event::Event;
use harness_predicate::Column;
use harness_predicate::plan::{Plan, Reach};
use harness_rule::model::{MachineLearning, Rule};
use harness_rule::names::{MissingFields, RuleType};
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::effort;
use harness_source::files::Problem;
use harness_source::limits::Limit;
use harness_source::span::Span;

/// Judges a rule within so many steps; `hits` are those of its filters over all documents,
/// `ranges` the documents of each case.
pub(super) fn rule(
    prepared: &PreparedRule,
    hits: &[RoaringBitmap],
    fixtures: &Fixtures,
    ranges: &[Range<u32>],
    places: &Places,
    most: Limit,
) -> RuleRun {
    let loaded = &prepared.loaded;
    let key = loaded.key();
    let mut problems = problems(prepared);
    let judged = Judged::standing(prepared, &problems).and_then(|judged| {
        let trial = Trial { judged, hits, fixtures };
        let cases = prepared.cases.iter().zip(&prepared.contexts).zip(ranges);
        let runs = cases.filter_map(|((case, context), range)| trial.case(case, context, range));
        effort::within(most, || runs.collect::<Vec<_>>()).ok_or_else(|| {
            let found = effort::given_up(most, "judging its cases", Span::default());
            problems.push(loaded.problem(found));
            Status::Unsupported
        })
    });
    let (status, cases) = match judged {
        Ok(runs) => {
            let mut status = verdict::status(runs.iter().map(|run| (&*run.case, &run.verdict)));
            if !prepared.broken.is_empty() {
                status = Status::Failed;
            }
            problems.extend(missing_polarity(prepared, &runs, places));
            (status, runs)
        }
        Err(status) => (status, Vec::new()),
    };
    problems.extend(prepared.broken.iter().map(|fault| fault.problem.clone()));
    let text = |pick: fn(&Rule) -> String| loaded.rule.as_ref().map(pick);
    RuleRun {
        name: text(|rule| rule.name.clone()).unwrap_or_else(|| key.clone()),
        rule_id: text(|rule| rule.rule_id.value.clone()).unwrap_or_default(),
        rule_type: text(|rule| rule.rule_type.to_string()).unwrap_or_default(),
        language: text(|rule| rule.language.map(|l| l.to_string()).unwrap_or_default())
            .unwrap_or_default(),
        file: loaded.file.clone(),
        key,
        about: about::about(loaded),
        status,
        problems,
        program: prepared.program().cloned(),
        cases,
    }
}

/// What is wrong with a rule, its lists of exceptions and its times.
fn problems(prepared: &PreparedRule) -> Vec<Problem> {
    let loaded = &prepared.loaded;
    let mut problems = loaded.problems();
    let found = prepared.compiled.iter().flat_map(|compiled| &compiled.diagnostics);
    problems.extend(found.map(|(part, found)| loaded.locate(*part, found.clone())));
    problems.extend(prepared.problems.iter().cloned());
    let errors = prepared.clock.as_ref().err().into_iter().flatten();
    problems.extend(errors.map(|error| loaded.problem(error.clone())));
    problems
}

/// A rule that can be judged, and when it looks.
#[derive(Clone, Copy)]
pub(super) struct Judged<'a> {
    pub(super) prepared: &'a PreparedRule,
    pub(super) rule: &'a Rule,
    pub(super) clock: &'a Clock,
}

impl<'a> Judged<'a> {
    /// The rule, where nothing keeps it from being judged.
    pub(super) fn of(prepared: &'a PreparedRule) -> Option<Self> {
        Self::standing(prepared, &problems(prepared)).ok()
    }

    /// The rule, or its status for what is wrong with it.
    fn standing(prepared: &'a PreparedRule, problems: &[Problem]) -> Result<Self, Status> {
        let worst = problems.iter().map(|problem| problem.diagnostic.severity).max();
        let clock = prepared.clock.as_ref().ok().and_then(Option::as_ref);
        let clock = clock.filter(|_| prepared.program().is_some());
        match (worst, &prepared.loaded.rule, clock) {
            (Some(Severity::Unsupported), ..) => Err(Status::Unsupported),
            (Some(Severity::Warning) | None, Some(rule), Some(clock)) => {
                Ok(Self { prepared, rule, clock })
            }
            (Some(Severity::Error | Severity::Warning) | None, ..) => Err(Status::Invalid),
        }
    }

    /// What a plan of the rule may look at in a case; `silenced` says whether
    /// the condition of an exception holds on an event.
    pub(super) fn visibility(
        self,
        case: &Case,
        context: &CaseContext,
        program: &RuleProgram,
        silenced: &dyn Fn(&Excepted<'_>, usize) -> bool,
    ) -> Visibility {
        let patterns = match program {
            RuleProgram::Conditions(_) => self.rule.patterns(),
            RuleProgram::Pipeline { pipeline, .. } => &pipeline.plan.indices,
        };
        let (clock, now, nanos) = (self.clock, context.now, self.prepared.nanos);
        let mut visibility = Visibility::new(case, self.rule, patterns, program, clock, now, nanos);
        for exception in self.prepared.excepted(context) {
            for (at, event) in case.events.iter().enumerate() {
                let worded = || exception.words.iter().all(|words| words.holds(event));
                if silenced(&exception, at) && worded() {
                    let Excepted { name, place, .. } = &exception;
                    visibility.bar(at, format!("the exception {name} ({place}) silences it"));
                }
            }
        }
        if let Some(learning) = self.machine_learning() {
            for (at, event) in case.events.iter().enumerate() {
                if let Some(reason) = anomaly::why_not(learning, event) {
                    visibility.bar(at, reason);
                }
            }
        }
        visibility
    }

    fn machine_learning(self) -> Option<&'a MachineLearning> {
        let learning = self.rule.machine_learning.as_ref();
        learning.filter(|_| self.rule.rule_type == RuleType::MachineLearning)
    }

    /// What a plan finds in the window of `visibility`, with the rule's suppression.
    pub(super) fn detect(
        self,
        plan: &Plan,
        hits: &[Vec<u32>],
        events: Events<'_>,
        visibility: &Visibility,
    ) -> Result<Vec<Merged>, detect::Error> {
        let scope = Scope { window: visibility.window, size: max_signals(self.rule) };
        let alone = |first| Merged { first, values: None, others: Vec::new() };
        let fields = self.prepared.grouping();
        let Some(suppression) = self.rule.alert_suppression.as_ref().filter(|_| !fields.is_empty())
        else {
            let found = detect::detect(plan, hits, events, scope)?;
            return Ok(found.into_iter().map(alone).collect());
        };
        // A query is searched by buckets; other rules merge what they found.
        let each_value = matches!(plan, Plan::Filter(_));
        let most = scope.size.saturating_mul(SUPPRESSED_FACTOR);
        let most = if each_value { usize::MAX } else { most };
        let found = detect::detect(plan, hits, events, Scope { size: most, ..scope })?;
        let group_missing = suppression.missing_fields == MissingFields::Suppress;
        let grouping = Grouping { fields, group_missing, each_value };
        suppress::suppress(grouping, found, events, scope.size)
    }
}

/// The kind of case that a rule lacks, where not even a broken one was meant to be it.
fn missing_polarity(
    prepared: &PreparedRule,
    cases: &[CaseRun],
    places: &Places,
) -> Option<Problem> {
    let broken = prepared.broken.iter().filter_map(|fault| fault.polarity);
    let polarities = cases.iter().map(|run| run.case.polarity).chain(broken);
    let Pairing::Lacks(polarity) = verdict::pairing(polarities) else { return None };
    let message = format!("the rule has no {} case", polarity.folder());
    let diagnostic = Diagnostic::error("unpaired", message, Span::default());
    let help = format!("add {}", places.new_case(&prepared.loaded.key(), polarity, "<case>"));
    Some(Problem::with_path(&prepared.loaded.file, diagnostic.with_help(help)))
}

/// One rule on its cases.
pub(super) struct Trial<'a> {
    pub(super) judged: Judged<'a>,
    /// The events that each of [`PreparedRule::filters`] matches, over the whole run.
    pub(super) hits: &'a [RoaringBitmap],
    pub(super) fixtures: &'a Fixtures,
}

impl Trial<'_> {
    /// Judges a case; `None` where the rule has no plan.
    pub(super) fn case(
        &self,
        case: &Arc<Case>,
        context: &CaseContext,
        range: &Range<u32>,
    ) -> Option<CaseRun> {
        let Judged { prepared, rule, .. } = self.judged;
        let (program, filters) = prepared.programmed(context)?;
        let visibility = self.judged.visibility(case, context, program, &|exception, event| {
            let hits = self.hits.get(exception.filter);
            hits.zip(range.clone().nth(event)).is_some_and(|(hits, at)| hits.contains(at))
        });
        let documents = range.start as usize..range.end as usize;
        let events = Events {
            documents: &self.fixtures.documents[documents.clone()],
            columns: &self.fixtures.columns,
            moments: &visibility.moments(),
        };
        let own = |(hits, reach): (&RoaringBitmap, Reach)| -> Vec<u32> {
            let numbered = (0..).zip(range.clone());
            let hit = numbered.filter(|(number, at)| {
                hits.contains(*at) && visibility.reaches(*number as usize, reach)
            });
            hit.map(|(number, _)| number).collect()
        };
        let hits = self.hits.get(filters).unwrap_or_default();
        let hits: Vec<Vec<u32>> = hits.iter().zip(program.reaches()).map(own).collect();
        let size = max_signals(rule);
        let mut warnings = self.fixtures.warnings[documents].concat();
        warnings.extend(visibility.warnings(case));
        let has = |names: &[&str], at: usize, event: &Event| {
            let read = |name: &&str| event.first(name).is_some();
            let known = |column: &&Column| {
                let told = !column.name.starts_with('_') && &*column.name != "@timestamp";
                let id = self.fixtures.columns.id(column).filter(|_| told);
                id.is_some_and(|id| {
                    events.documents[at].rows.iter().any(|row| row.cell(id).is_some())
                })
            };
            names.iter().any(read) || program.columns().iter().any(known)
        };
        let plan = match program {
            RuleProgram::Conditions(plan) => plan,
            RuleProgram::Pipeline { pipeline, .. } => {
                let (now, hits) = (context.now, hits.as_slice());
                let trial =
                    pipeline::Trial { rule, pipeline, now, hits, max_signals: size, warnings };
                let mut run = trial.case(case);
                let names: Vec<&str> = pipeline.fields.iter().map(|field| &*field.path).collect();
                warn(&mut run, &names, &|at, event| has(&names, at, event));
                return Some(run);
            }
        };
        let mut hits = hits;
        if self.judged.machine_learning().is_some() {
            hits.iter_mut().for_each(|hits| keep_oddest(hits, &case.events, size));
        }
        let found = self.judged.detect(plan, &hits, events, &visibility);
        let error = found.as_ref().err().map(ToString::to_string);
        let detections = found.unwrap_or_default();
        let fields = read_fields(plan, &self.fixtures.sources);
        let times: Vec<Option<i64>> =
            events.moments.iter().map(|moment| moment.map(|at| at.timestamp_ms)).collect();
        let source = alert::Source {
            rule,
            plan,
            events: &case.events,
            times: &times,
            fields: &fields,
            grouped: prepared.grouping(),
        };
        let alerts: Vec<Alert> = detections.iter().map(|found| source.alert(found)).collect();
        let verdict = match error {
            Some(reason) => verdict::failed(&reason),
            None => verdict::judge(case, alerts.len()),
        };
        let explanations = Vec::new();
        let mut run = CaseRun { case: case.clone(), verdict, alerts, explanations, warnings };
        let names: Vec<&str> = fields.iter().map(|field| &**field).collect();
        warn(&mut run, &names, &|at, event| has(&names, at, event));
        Some(run)
    }
}

/// Adds what events lack that have none of the fields that the rule reads; the same
/// is told once. A negative case of nothing but empty events and raw logs is no pass.
fn warn(run: &mut CaseRun, names: &[&str], has: &dyn Fn(usize, &Event) -> bool) {
    let alerting = run.alerts.iter().flat_map(|alert| &alert.events).map(String::as_str);
    let blank = warning::blank(&run.case, names, &alerting.collect(), has);
    // A missed alert says it all; the absence of one would be taken for a proof.
    if let (Verdict::Pass, Polarity::Negative, Some(blank)) =
        (&run.verdict, run.case.polarity, &blank)
        && let Some(reason) = warning::says_nothing(&run.case, blank)
    {
        run.verdict = verdict::failed(&reason);
    }
    let warnings = std::mem::take(&mut run.warnings).into_iter().chain(blank);
    run.warnings = warning::merged(warnings.collect());
}

/// Keeps the records of the highest scores.
fn keep_oddest(hits: &mut Vec<u32>, events: &[Event], size: usize) {
    let score = |at: u32| events.get(at as usize).and_then(anomaly::score).unwrap_or_default();
    hits.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
    hits.truncate(size);
    hits.sort_unstable();
}

/// How many times `max_signals` a rule with suppression looks at.
const SUPPRESSED_FACTOR: usize = 5;

/// How many alerts a rule raises at most.
pub(super) fn max_signals(rule: &Rule) -> usize {
    let stated = rule.max_signals.unwrap_or(DEFAULT_MAX_SIGNALS);
    usize::try_from(stated).unwrap_or(usize::MAX)
}

/// Kibana's default of `max_signals`.
const DEFAULT_MAX_SIGNALS: u64 = 100;

/// The fields that a plan reads, once each, in the order of the query.
fn read_fields(plan: &Plan, sources: &BTreeMap<Arc<str>, Arc<str>>) -> Vec<Arc<str>> {
    let mut fields: Vec<Arc<str>> = Vec::new();
    for column in plan.columns() {
        let source = sources.get(&column.name).unwrap_or(&column.name);
        if !fields.contains(source) {
            fields.push(source.clone());
        }
    }
    fields
}
