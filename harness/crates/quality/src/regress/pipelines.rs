//! Two ES|QL pipelines, compared: by proof where their commands are alike but for the
//! conditions, else by trying.

use harness_model::event::Event;
use harness_model::schema::Schema;
use harness_query::esql::lexer::{Lexer, TokenKind};
use harness_rule::model::Rule;
use harness_rule::tree::{Loaded, RuleTree};
use harness_runner::case::CaseTree;
use harness_runner::run::Project;
use serde_json::Value;

use super::direction::Direction;
use super::pairs::same_list;
use super::revision::Revision;
use super::settings;
use crate::synthesize::{apart, index_patterns, within};

/// Why a direction is not known.
const NOTHING: &str = "no proof, and no events were found by trying that tell the versions apart";

/// What the new version gains, and what it loses.
pub(super) fn directions(
    (old, base): (&Loaded, Revision<'_>),
    (new, head): (&Loaded, Revision<'_>),
    schema: &Schema,
) -> [Direction; 2] {
    let (Some(before), Some(after)) = (&old.rule, &new.rule) else {
        return [Direction::Unknown(NOTHING), Direction::Unknown(NOTHING)];
    };
    if before.language != after.language {
        let why = "a rule of another language has no common measure";
        return [Direction::Unknown(why), Direction::Unknown(why)];
    }
    let lists = |rule: &Rule| -> Vec<String> {
        rule.exceptions_list.iter().map(|one| one.list_id.clone()).collect()
    };
    let is_excepted = lists(before) != lists(after)
        || !lists(after).iter().all(|list| same_list(list, base.exceptions, head.exceptions));
    if is_excepted || !settings::same_times(before, after) {
        let why = "exceptions or times of a pipeline are not compared";
        return [Direction::Unknown(why), Direction::Unknown(why)];
    }
    let read = [index_patterns(before), index_patterns(after)];
    let reach = |own: &[String], other: &[String]| {
        if settings::reads_within(own, other) {
            Direction::Never
        } else {
            Direction::Unknown("the index patterns differ")
        }
    };
    let (more, less) = (reach(&read[1], &read[0]), reach(&read[0], &read[1]));
    let [gained, lost] = queries((old, before), (new, after), head, schema);
    [gained.or(more), lost.or(less)]
}

fn queries(
    (old, before): (&Loaded, &Rule),
    (new, after): (&Loaded, &Rule),
    head: Revision<'_>,
    schema: &Schema,
) -> [Direction; 2] {
    if tokens(before) == tokens(after) {
        return [Direction::Never, Direction::Never];
    }
    let project = |loaded: &Loaded| {
        let rules = RuleTree { rules: vec![loaded.clone()], ..RuleTree::default() };
        Project {
            rules,
            exceptions: head.exceptions.clone(),
            schema: schema.clone(),
            cases: CaseTree::default(),
            problems: Vec::new(),
        }
    };
    let text = |rule: &Rule| rule.query.as_ref().map_or(String::new(), |query| query.text.clone());
    let (own, other) = (project(new), text(before));
    let Some([gained_never, lost_never]) = within(&own, &other) else {
        let why = "one of the two pipelines cannot be run";
        return [Direction::Unknown(why), Direction::Unknown(why)];
    };
    let mut gained = if gained_never { Direction::Never } else { Direction::Unknown(NOTHING) };
    let mut lost = if lost_never { Direction::Never } else { Direction::Unknown(NOTHING) };
    let from_old = project(old);
    for (project, other, is_new) in [(&own, other, true), (&from_old, text(after), false)] {
        let is_open = |direction: &Direction| matches!(direction, Direction::Unknown(_));
        if !is_open(&gained) && !is_open(&lost) {
            break;
        }
        for found in apart(project, &other).into_iter().flatten() {
            let direction = if found.is_own == is_new { &mut gained } else { &mut lost };
            if is_open(direction) {
                *direction = Direction::Shown(sources(&found.events));
            }
        }
    }
    [gained, lost]
}

fn sources(events: &[Event]) -> Vec<Value> {
    events.iter().map(|event| event.source.clone()).collect()
}

/// The words and signs of a query.
fn tokens(rule: &Rule) -> Vec<TokenKind> {
    let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
    let mut lexer = Lexer::new(text);
    let tokens = std::iter::from_fn(|| Some(lexer.token().kind));
    tokens.take(text.len()).take_while(|kind| *kind != TokenKind::End).collect()
}
