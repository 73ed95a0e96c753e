//! A rule in ES|QL and one in another language: no proof, but events that are made of
//! either version are tried on both.

use harness_rule::tree::RuleTree;
use harness_runner::case::{Case, CaseTree};
use harness_runner::run::{Project, Session};
use serde_json::Value;

use super::direction::Direction;
use crate::synthesize::drafted;

/// Why a direction is not known.
const NOTHING: &str =
    "there is no proof between the languages, and events made of either version alert alike";

/// What the new version gains, and what it loses; each project has its version, and no cases.
pub(super) fn directions(old: &Project, new: &Project, reads: usize) -> [Direction; 2] {
    let cases: Vec<Case> = drafted(new, reads).into_iter().chain(drafted(old, reads)).collect();
    let unknown = || [Direction::Unknown(NOTHING), Direction::Unknown(NOTHING)];
    let (Some(was), Some(is)) = (alerts(old, &cases), alerts(new, &cases)) else {
        let why = "one of the two versions cannot be run";
        return [Direction::Unknown(why), Direction::Unknown(why)];
    };
    let [mut gained, mut lost] = unknown();
    for ((case, was), is) in cases.iter().zip(was).zip(is) {
        let direction = match (was, is) {
            (false, true) => &mut gained,
            (true, false) => &mut lost,
            (true, true) | (false, false) => continue,
        };
        if matches!(direction, Direction::Unknown(_)) {
            let events: Vec<Value> =
                case.events.iter().map(|event| Value::clone(&event.source)).collect();
            *direction = Direction::Shown(events);
        }
    }
    [gained, lost]
}

/// Whether the rule of a project alerts on each case; `None` where it cannot be run.
fn alerts(project: &Project, cases: &[Case]) -> Option<Vec<bool>> {
    let loaded = project.rules.rules.first()?;
    let (key, numbered) = (loaded.key(), cases.iter().enumerate());
    let named = numbered.map(|(number, case)| Case {
        path: format!("{key}/{}/{number:03}.json", case.polarity.folder()),
        name: format!("{number:03}"),
        ..case.clone()
    });
    let rules = [(key.clone(), named.collect())].into();
    let project = Project {
        rules: RuleTree { rules: vec![loaded.clone()], ..RuleTree::default() },
        cases: CaseTree { rules, ..CaseTree::default() },
        ..project.clone()
    };
    let session = Session::open(project);
    let run = session.judge(&session.hits().ok()?);
    let rule = run.rules.first().filter(|rule| rule.cases.len() == cases.len())?;
    let number = |path: &str| path.rsplit('/').next()?.strip_suffix(".json")?.parse::<usize>().ok();
    let mut found = vec![false; cases.len()];
    for case in &rule.cases {
        *found.get_mut(number(&case.case.path)?)? = !case.alerts.is_empty();
    }
    Some(found)
}
