//! The filters of a plan: what they are called, and what they take.

use harness_predicate::eval::eval;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_runner::run::Subject;

/// What each filter of a plan is about.
pub(super) fn labels(plan: &Plan) -> Vec<String> {
    match plan {
        Plan::Filter(_) | Plan::Threshold(_) | Plan::NewTerms(_) => vec![String::new()],
        Plan::Threat(_) => vec!["an event".to_owned(), "an indicator".to_owned()],
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
pub(super) fn hits(plan: &Plan, case: usize, subject: &Subject<'_>) -> Vec<Vec<u32>> {
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
