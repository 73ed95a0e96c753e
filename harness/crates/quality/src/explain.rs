//! Explains a rule: what each of its clauses asks, and what it is on the events
//! of one case: true, false or unknown, by which value, and what would have to
//! change. The types are plain data for renderers.

mod clauses;
mod failure;
mod findings;
mod hint;
mod hits;
mod mark;
mod model;
mod pipeline;
mod steps;
mod turn;

use rayon::prelude::*;

use crate::clause::elements;
use harness_engine::EngineError;
use harness_model::event::Event;
use harness_predicate::eval::eval;
use harness_predicate::plan::{Plan, Reach};
use harness_runner::case::{Case, CaseTree, Options, Polarity};
use harness_runner::run::{
    CaseRun, Hits, Project, RuleRun, RuleUnderTest, Run, Session, Subject, home,
};
use harness_runner::verdict::{self, Verdict};
use harness_source::{effort, limits};
use turn::Conditions;

pub use harness_runner::run::FieldChange;

pub use findings::{Compared, Comparison, Findings, Group, Groups, Lacking, Term, Terms};
use hits::{hits, labels};
pub use model::{Clause, EventView, Explained, LeftOut, Mark, Outcome, Part, Tested, Truth, Turn};
use model::{MAX_EVENTS, MAX_TURNS, nearest};
pub use steps::{Apart, RowGroup, RowMark, Seen, StepView};

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
    failed.filter(|(_, rule)| rule.cases.iter().any(fails)).for_each(|(at, rule)| {
        let most = limits::RULE_WORK;
        if effort::within(most, || failure::explain(session, at, rule)).is_none() {
            rule.cases.iter_mut().for_each(|case| case.explanations.clear());
            rule.give_up("explaining what fails");
        }
    });
    run
}

/// Runs every rule on its cases, and says of cases that fail why.
///
/// # Errors
///
/// When the engine fails; nothing was judged then.
pub fn run(project: Project) -> Result<Run, EngineError> {
    let session = Session::open(project);
    let hits = session.hits()?;
    Ok(judge(&session, &hits))
}

/// Explains the rule of a key. `None` where there is no such rule.
///
/// # Errors
///
/// When the engine fails.
pub fn explain(
    project: &Project,
    key: &str,
    question: Question,
) -> Result<Option<Explained>, EngineError> {
    let folder = project.cases.folder.clone();
    // The fixtures decide on fields without a mapping; events come after them.
    let mut schema = project.schema.clone();
    home::observe(&mut schema, &project.rules, &project.cases);
    let rules = project.rules.only(key);
    let mut own = project.cases.rules.get(key).cloned().unwrap_or_default();
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
    let session = Session::open(Project {
        rules,
        cases,
        schema,
        exceptions: project.exceptions.clone(),
        problems: project.problems.clone(),
    });
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
    if effort::within(limits::RULE_WORK, || explained.by(&session, asked)).is_none() {
        explained.rule.give_up("explaining it");
        explained = Explained::bare(explained.rule, expects);
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

    /// Explains the one rule of a session; `case` is the position of the case among its own.
    fn by(&mut self, session: &Session, case: Option<usize>) {
        match session.rule_under_test(0) {
            Some(RuleUnderTest::Conditions(subject)) => self.judged(&subject, case),
            Some(RuleUnderTest::Pipeline(flow)) => pipeline::explain(self, &flow, case),
            None => {}
        }
    }

    fn judged(&mut self, subject: &Subject<'_>, case: Option<usize>) {
        let number = case.map_or(0, |case| subject.plan_of(case));
        let Some(plan) = subject.plans().into_iter().nth(number) else { return };
        self.filters = labels(plan);
        let mut conditions = Conditions::new(plan, subject);
        for (at, filter) in conditions.filters.iter().enumerate() {
            self.clauses.extend(filter.clauses(at));
        }
        let parts = elements::parts(plan, subject.rule()).into_iter();
        let part =
            |part: elements::Part| Part { kind: part.kind, origin: part.origin, text: part.text };
        self.parts = parts.map(part).collect();
        if let Some(case) = case {
            let hits = hits(plan, case, subject);
            (self.events, self.left_out) = events(plan, &mut conditions, case, &hits, subject);
            self.findings = findings::findings(plan, &hits, case, subject);
        }
    }
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
    left_out.turns = turns.saturating_sub(MAX_TURNS);
    (views, left_out)
}
