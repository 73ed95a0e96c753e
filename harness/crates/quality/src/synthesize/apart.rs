//! Two texts of an ES|QL rule: which lies within the other, and events that tell them apart.

use super::choice::Seed;
use super::finish::finished;
use super::seed;
use super::verify::with;
use super::{drafts, seeds};
use crate::mutate::pipeline::Proposer;
use crate::mutate::pipeline::proof::is_within;
use crate::synthesis::events;
use harness_model::event::Event;
use harness_runner::case::Case;
use harness_runner::run::{Flow, Program, Project, Session};

/// The most events of a case that are given what they have beside.
const MAX_FINISHED: usize = 12;

/// How many events a trial reads on average, beside what it takes.
const EVENTS_OF_A_TRIAL: usize = 10;

/// Events on which one of two texts alerts.
pub(crate) struct Apart {
    pub(crate) events: Vec<Event>,
    /// Whether it is the rule's own.
    pub(crate) is_own: bool,
}

/// Which of two texts lies within the other, by proof: the rule's own within the other, and
/// the other within the own one. `None` where a text cannot be run.
///
/// `project` has one rule, and no cases.
pub(crate) fn within(project: &Project, other: &str) -> Option<[bool; 2]> {
    let session = Session::open(project.clone());
    let rule = session.rule_under_test(0)?;
    let flow = rule.pipeline()?;
    let (own, other) = (flow.program(flow.text()).ok()?, flow.program(other).ok()?);
    Some([is_within(&own, &other), is_within(&other, &own)])
}

/// Events on which the pipeline of a rule alerts and another text of it does not, or the
/// other way round, by trying; `None` where a text cannot be run.
///
/// `project` has one rule, and no cases; each search reads at most `reads` events.
pub(crate) fn apart(project: &Project, other: &str, reads: usize) -> Option<Vec<Apart>> {
    let drafts = drafts(project, &seeds(project), Seed::default(), reads).0;
    let session = Session::open(with(project, &drafts));
    let rule = session.rule_under_test(0)?;
    let flow = rule.pipeline()?;
    let (own, other) = (flow.program(flow.text()).ok()?, flow.program(other).ok()?);
    let judge = Judge { flow, own: &own, other: &other };
    let drafted = flow.cases().iter().enumerate();
    let mut tried: Vec<(usize, Vec<Event>)> =
        drafted.map(|(number, case)| (number, case.events.clone())).collect();
    let proposed = Proposer::within(flow, &own, reads, reads / EVENTS_OF_A_TRIAL).find(&other);
    let proposed = proposed.and_then(|(fixture, _)| events::of_fixture(fixture));
    // It is of one of the cases, which differ in when the rule runs.
    let cases = 0..flow.cases().len();
    tried.extend(
        proposed.into_iter().flat_map(|events| cases.clone().map(move |at| (at, events.clone()))),
    );
    Some(tried.into_iter().filter_map(|(case, events)| judge.apart(case, events)).collect())
}

/// Cases that raise the rule of a project, and such that just do not; it has one rule, and
/// no cases.
pub(crate) fn drafted(project: &Project, reads: usize) -> Vec<Case> {
    drafts(project, &seeds(project), Seed::default(), reads).0.into_values().flatten().collect()
}

struct Judge<'a> {
    flow: &'a Flow<'a>,
    own: &'a Program,
    other: &'a Program,
}

impl Judge<'_> {
    /// Whether each of the texts alerts.
    fn alerts(&self, case: usize, events: &[Event]) -> Option<[bool; 2]> {
        let variant = self.flow.variant(self.own, case, events.to_vec())?;
        let alerts = |program| Some(self.flow.on(program, &variant)?.run(false, None).ok()?.0 > 0);
        Some([alerts(self.own)?, alerts(self.other)?])
    }

    /// The events with what they have beside, where only one of the texts alerts.
    fn apart(&self, case: usize, events: Vec<Event>) -> Option<Apart> {
        let told = self.alerts(case, &events)?;
        if told[0] == told[1] {
            return None;
        }
        let context = seed::context(self.flow.rule(), Seed::default());
        let pipelines = [self.own, self.other].into_iter().filter_map(Program::pipeline);
        let read: Vec<_> = pipelines.flat_map(|pipeline| &pipeline.fields).collect();
        let reads = |field: &str| read.iter().any(|own| &*own.path == field);
        let keeps = |events: &[Event]| self.alerts(case, events) == Some(told);
        let few = events.len() <= MAX_FINISHED;
        let events = if few { finished(&events, &context, &reads, &keeps) } else { events };
        Some(Apart { events, is_own: told[0] })
    }
}
