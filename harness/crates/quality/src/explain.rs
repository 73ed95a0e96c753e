//! Explains a rule: what each of its clauses asks, and what it is on the events
//! of one case: true, false or unknown, by which value, and what would have to
//! change. The types are plain data for renderers.

mod clauses;
mod failure;
mod findings;
mod hint;
mod lookup;
mod pipeline;
mod steps;
mod turn;

use rayon::prelude::*;
use serde_json::Value;

use crate::coverage::ClauseKind;
use crate::coverage::parts;
use harness_engine::EngineError;
use harness_model::event::Event;
use harness_predicate::eval::eval;
use harness_predicate::explain::flips;
use harness_predicate::plan::{EqlSearch, Plan, Reach};
use harness_predicate::{Origin, Predicate};
use harness_runner::case::{Case, CaseTree, Options, Polarity};
use harness_runner::run::{CaseRun, Hits, Project, RuleRun, Run, Session, Subject, home};
use harness_runner::verdict::{self, Verdict};
use turn::Conditions;

pub use harness_runner::run::FieldChange;

pub use findings::{Compared, Comparison, Findings, Group, Groups, Lacking, Term, Terms};
pub use lookup::{Unfound, find_case, find_rule};
pub use steps::{Apart, RowGroup, RowMark, Seen, StepView};

/// The most events of a case that are explained: those that alert, then those
/// that are nearest to it.
const MAX_EVENTS: usize = 100;
/// For so many events and filters of a case the smallest change is looked for.
const MAX_TURNS: usize = 40;

/// A rule, clause by clause, and what it makes of one case.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The rule, and its outcome on the case.
    pub rule: RuleRun,
    /// What the case expects; `None` without a case, and for events that are none.
    pub expects: Option<Polarity>,
    /// What each condition of the rule is about, such as `stage 2`; empty for
    /// the only one. No conditions where the rule cannot be judged.
    pub filters: Vec<String>,
    /// The clauses of all conditions, in the order of the rule.
    pub clauses: Vec<Clause>,
    /// What decides beside clauses.
    pub parts: Vec<Part>,
    /// The events of the case, in order; of many those that alert and those that
    /// are nearest to it.
    pub events: Vec<EventView>,
    /// What is not in them.
    pub left_out: LeftOut,
    /// The ids of all its events.
    pub ids: Vec<String>,
    /// What the commands of an ES|QL pipeline make of the case, in order, but for
    /// those that leave the rows as they are; empty for other rules.
    pub steps: Vec<StepView>,
    /// What the events are together.
    pub findings: Findings,
}

/// What an explanation leaves out of a large case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many events were not looked at.
    pub events: usize,
    /// How often what turns a condition on an event was not looked for.
    pub turns: usize,
}

/// A clause of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Of which condition: a position in [`Explained::filters`].
    pub filter: usize,
    /// Where the rule states it.
    pub origin: Origin,
    /// It in words.
    pub text: String,
    /// Whether it stands below a negation, so that it must not hold.
    pub negated: bool,
    /// What it tests; several for a clause over many fields.
    pub tests: Vec<Tested>,
    /// Of a clause on a field that nothing knows: that, and what may be meant.
    pub unknown: Option<String>,
}

/// One test of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The fields that it reads.
    pub fields: Vec<String>,
    /// What the field holds, such as `keyword`; `script` where values are computed.
    pub kind: &'static str,
    /// What the value has to be, in words.
    pub needs: String,
}

/// A part of a rule that is no condition on one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: ClauseKind,
    /// Where the rule states it.
    pub origin: Origin,
    /// It in words.
    pub text: String,
}

/// One event as the rule sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventView {
    /// Its number in the case, from zero.
    pub number: u32,
    /// Its id.
    pub id: String,
    /// When it happened by its own statement, in milliseconds since 1970.
    pub time: Option<i64>,
    /// The clauses, in the order of [`Explained::clauses`]; none for pipelines,
    /// whose clauses are about rows: see [`Explained::steps`].
    pub marks: Vec<Mark>,
    /// The conditions, in the order of [`Explained::filters`]; of a pipeline the
    /// first alone, which is about events.
    pub filters: Vec<Outcome>,
}

/// A clause on an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it is.
    pub truth: Truth,
    /// The fields that it reads, and their values as JSON.
    pub found: Vec<(String, Vec<String>)>,
    /// Whether the outcome of its condition would turn if it did.
    pub decides: bool,
}

/// What a clause is on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// There is no value to tell; that counts as false.
    Unknown,
}

impl Truth {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }
}

/// A condition on an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Whether the event fulfils it.
    pub holds: bool,
    /// Why the rule does not look at the event, whatever it holds.
    pub barrier: Option<String>,
    /// The least that turns it, where that was looked for and is possible.
    pub turn: Option<Turn>,
}

/// What turns a condition on an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Positions of the clauses that turn, in [`Explained::clauses`].
    pub clauses: Vec<usize>,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
    /// The changed event, as a case holds it, judged by the same rule; `None`
    /// where no such event was found and only the clauses are known.
    pub event: Option<Value>,
    /// Whether it is certain that there is no such event.
    pub is_impossible: bool,
}

/// What a rule is explained on.
#[derive(Clone, Debug)]
pub enum Question {
    /// Nothing: the rule alone.
    Rule,
    /// One of its cases.
    Case(Case),
    /// Events that are no case: where they came from, and they.
    Events(String, Vec<Event>),
}

/// Judges every rule on its cases, by the hits of its filters, and says of cases
/// that fail why.
pub fn judge(session: &Session, hits: &Hits) -> Run {
    let mut run = session.judge(hits);
    let fails = |case: &CaseRun| !matches!(case.verdict, Verdict::Pass | Verdict::Error(_));
    let failed = run.rules.par_iter_mut().enumerate();
    failed
        .filter(|(_, rule)| rule.cases.iter().any(fails))
        .for_each(|(at, rule)| failure::explain(session, at, rule));
    run
}

/// Runs every rule whose key or name contains `filter` on its cases, and says of
/// cases that fail why.
///
/// # Errors
///
/// When the engine fails; nothing was judged then.
pub fn run(project: Project, filter: Option<&str>) -> Result<Run, EngineError> {
    let session = Session::open(project, filter);
    let hits = session.hits()?;
    Ok(judge(&session, &hits))
}

/// Explains the rule of a key. `None` where there is no such rule.
///
/// # Errors
///
/// When the engine fails.
pub fn explain(
    project: Project,
    key: &str,
    question: Question,
) -> Result<Option<Explained>, EngineError> {
    let Project { mut rules, cases, exceptions, mut schema, problems } = project;
    let folder = cases.folder.clone();
    // The fixtures decide on fields without a mapping; events come after them.
    home::observe(&mut schema, &rules, &cases);
    rules.rules.retain(|rule| rule.key() == key);
    let mut own = { cases }.rules.remove(key).unwrap_or_default();
    let (asked, expects) = match question {
        Question::Rule => (None, None),
        Question::Case(case) => (Some(case.path), Some(case.polarity)),
        Question::Events(path, events) => {
            let (name, polarity) = (path.clone(), Polarity::Positive);
            let options = Options::default();
            own.push(Case { path: path.clone(), name, polarity, events, options });
            (Some(path), None)
        }
    };
    let mut cases = CaseTree { folder, ..CaseTree::default() };
    cases.rules.insert(key.to_owned(), own);
    let session = Session::open(Project { rules, cases, exceptions, schema, problems }, None);
    let Some(mut rule) = judge(&session, &session.hits()?).rules.pop() else { return Ok(None) };
    // Cases that no index takes are not among those that ran.
    let asked = asked.and_then(|path| rule.cases.iter().rposition(|run| run.case.path == path));
    // Events that are no case say nothing about the rule's cases.
    if expects.is_none() && asked.is_some() && !rule.cases.is_empty() {
        let cases = &rule.cases[..rule.cases.len() - 1];
        rule.status = verdict::status(cases.iter().map(|run| (&*run.case, &run.verdict)));
    }
    rule.problems.retain(|problem| problem.diagnostic.code != "unpaired");
    let cases = std::mem::take(&mut rule.cases).into_iter();
    rule.cases = asked.and_then(|at| { cases }.nth(at)).into_iter().collect();
    let mut explained = Explained::bare(rule, expects);
    if let Some(subject) = session.subjects().into_iter().next().flatten() {
        explained.judged(&subject, asked);
    }
    if let Some(flow) = session.flows().into_iter().next().flatten() {
        pipeline::explain(&mut explained, &flow, asked);
    }
    Ok(Some(explained))
}

impl Explained {
    /// A rule that has no conditions on single events, or cannot be judged.
    fn bare(rule: RuleRun, expects: Option<Polarity>) -> Self {
        let ids = rule.cases.iter().flat_map(|run| &run.case.events);
        Self {
            ids: ids.map(|event| event.id.clone()).collect(),
            rule,
            expects,
            filters: Vec::new(),
            clauses: Vec::new(),
            parts: Vec::new(),
            events: Vec::new(),
            left_out: LeftOut::default(),
            steps: Vec::new(),
            findings: Findings::None,
        }
    }

    /// The id of the n-th event of the case.
    pub fn name(&self, event: u32) -> String {
        self.ids.get(event as usize).cloned().unwrap_or_default()
    }

    /// `case` is the position of the case among those of the rule.
    fn judged(&mut self, subject: &Subject<'_>, case: Option<usize>) {
        let number = case.map_or(0, |case| subject.plan_of(case));
        let Some(plan) = subject.plans().get(number) else { return };
        self.filters = labels(plan);
        let mut conditions = Conditions::new(plan, subject);
        for (at, filter) in conditions.filters.iter().enumerate() {
            self.clauses.extend(filter.clauses(at));
        }
        let parts = parts::parts(plan, subject.rule()).into_iter();
        let part =
            |part: parts::Part| Part { kind: part.kind, origin: part.origin, text: part.text };
        self.parts = parts.map(part).collect();
        if let Some(case) = case {
            let hits = hits(plan, case, subject);
            (self.events, self.left_out) = events(plan, &mut conditions, case, &hits, subject);
            self.findings = findings::findings(plan, &hits, case, subject);
        }
    }
}

/// What each filter of a plan is about.
fn labels(plan: &Plan) -> Vec<String> {
    match plan {
        Plan::Filter(_) | Plan::Threshold(_) | Plan::NewTerms(_) => vec![String::new()],
        Plan::Threat(_) => vec!["an event".to_owned(), "an indicator".to_owned()],
        Plan::Pipeline(plan) => {
            let searches = (1..=plan.searches.len()).map(|number| format!("search {number}"));
            std::iter::once("events read".to_owned()).chain(searches).collect()
        }
        Plan::Eql(plan) => {
            let stage = |number: usize| format!("stage {number}");
            match &plan.search {
                EqlSearch::Events(_) => vec![String::new()],
                EqlSearch::Sample { stages } => (1..=stages.len()).map(stage).collect(),
                EqlSearch::Sequence { stages, until, .. } => {
                    let until = until.iter().map(|_| "until".to_owned());
                    (1..=stages.len()).map(stage).chain(until).collect()
                }
            }
        }
    }
}

/// The events of the case that each filter matches, by the evaluator.
fn hits(plan: &Plan, case: usize, subject: &Subject<'_>) -> Vec<Vec<u32>> {
    let documents = subject.events(case).documents;
    let filters = plan.filters().into_iter().zip(plan.reaches());
    let hits = filters.map(|(filter, reach)| {
        let numbered = (0_u32..).zip(documents);
        let hit = numbered.filter(|(number, document)| {
            subject.reaches(case, *number as usize, reach)
                && eval(filter, document, subject.columns())
        });
        hit.map(|(number, _)| number).collect()
    });
    hits.collect()
}

/// What each clause and each filter is on each event.
fn events(
    plan: &Plan,
    conditions: &mut Conditions<'_>,
    case: usize,
    hits: &[Vec<u32>],
    subject: &Subject<'_>,
) -> (Vec<EventView>, LeftOut) {
    let seen = subject.events(case);
    let reaches: Vec<Reach> = plan.reaches();
    let own = &subject.cases()[case].events;
    let taken = |event| hits.iter().any(|hits| hits.binary_search(&event).is_ok());
    let nearest = nearest(&plan.filters(), &taken, case, subject);
    let mut left_out = LeftOut { events: own.len().saturating_sub(MAX_EVENTS), turns: 0 };
    let mut turns = 0;
    let mut views = Vec::new();
    for number in nearest.into_iter().take(MAX_EVENTS) {
        let (event, document) = (&own[number], &seen.documents[number]);
        let filters = conditions.filters.iter();
        let marks: Vec<Vec<Mark>> = filters.map(|filter| filter.marks(document, event)).collect();
        let mut outcomes = Vec::with_capacity(marks.len());
        for (at, reach) in reaches.iter().enumerate() {
            let holds = eval(conditions.filters[at].predicate(), document, subject.columns());
            let barrier = subject.barrier(case, number, *reach);
            // A stage that has its events, or wants none, asks nothing of the others.
            let lacks = hits[at].is_empty() && plan.wants_event(at);
            let asks = barrier.is_none() && (holds || lacks);
            turns += usize::from(asks);
            let turn = (asks && turns <= MAX_TURNS)
                .then(|| conditions.turn(at, (case, number), &marks[at]));
            outcomes.push(Outcome { holds, barrier, turn: turn.flatten() });
        }
        views.push(EventView {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            id: event.id.clone(),
            time: subject.time(case, number),
            marks: marks.concat(),
            filters: outcomes,
        });
    }
    views.sort_by_key(|view| view.number);
    left_out.turns = turns.saturating_sub(MAX_TURNS);
    (views, left_out)
}

/// The events of a case by how much there is to say of them: those that are taken,
/// then those that come nearest to some filter; all in order where they are few.
fn nearest(
    filters: &[&Predicate],
    taken: &dyn Fn(u32) -> bool,
    case: usize,
    subject: &Subject<'_>,
) -> Vec<usize> {
    let documents = subject.events(case).documents;
    let mut order: Vec<usize> = (0..documents.len()).collect();
    if documents.len() <= MAX_TURNS {
        return order;
    }
    let far = |event: &usize| {
        if u32::try_from(*event).is_ok_and(taken) {
            return 0;
        }
        let document = &documents[*event];
        let flips = filters
            .iter()
            .filter_map(|filter| Some(flips(filter, document, subject.columns(), true)?.len()));
        flips.min().unwrap_or(usize::MAX).saturating_add(1)
    };
    order.sort_by_cached_key(far);
    order
}
