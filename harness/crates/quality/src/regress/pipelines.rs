//! Two ES|QL pipelines, compared: by proof where their commands are alike but for the
//! conditions, else by trying.

use harness_detect::window::Clock;
use harness_model::event::Event;
use harness_model::schema::Schema;
use harness_query::esql;
use harness_query::esql::ast::CommandKind;
use harness_query::esql::lexer::{Lexer, TokenKind};
use harness_rule::model::Rule;
use harness_rule::tree::{Loaded, RuleTree};
use harness_runner::case::{CaseTree, Polarity};
use harness_runner::run::Project;
use serde_json::Value;

use super::direction::Direction;
use super::languages;
use super::pairs::same_lists;
use super::reach::{hit, reads_within, unread};
use super::renamed::renamed;
use super::revision::Revision;
use super::sight::Sight;
use crate::synthesize::{apart, drafted, index_patterns, within};

/// Why a direction is not known.
const NOTHING: &str = "no events were found by trying that tell the versions apart";

/// What the new version gains, and what it loses; each search for events reads at most
/// `reads` of them.
pub(super) fn directions(
    (old, base): (&Loaded, Revision<'_>),
    (new, head): (&Loaded, Revision<'_>),
    (schema, reads): (&Schema, usize),
) -> [Direction; 2] {
    let (Some(before), Some(after)) = (&old.rule, &new.rule) else {
        return [Direction::Unknown(NOTHING), Direction::Unknown(NOTHING)];
    };
    if before.language != after.language {
        let (old, new) = (project(old, base, schema), project(new, head, schema));
        return languages::directions(&old, &new, reads);
    }
    let lists = |rule: &Rule| -> Vec<String> {
        rule.exceptions_list.iter().map(|one| one.list_id.clone()).collect()
    };
    if lists(before) != lists(after) || !same_lists(after, base, head) {
        let why = "exceptions of a pipeline are not compared";
        return [Direction::Unknown(why), Direction::Unknown(why)];
    }
    let (Ok(was), Ok(is)) = (Clock::new(before), Clock::new(after)) else {
        let why = "the times of one of the versions cannot be read";
        return [Direction::Unknown(why), Direction::Unknown(why)];
    };
    let [was, is] = Sight::of([(before, &was), (after, &is)]);
    let seen = |own: &Sight, other: &Sight| {
        let alone = rows_alone(before) && rows_alone(after) && own.is_covered_by(other);
        // More rows may make fewer alerts.
        if alone || own.lies_in(other) && other.lies_in(own) {
            Direction::Never
        } else {
            Direction::Unknown("a pipeline at other times is not compared")
        }
    };
    let (later, earlier) = (seen(&is, &was), seen(&was, &is));
    let read = [index_patterns(before), index_patterns(after)];
    let [gained, lost] = queries((old, before), (new, after), head, (schema, reads));
    let gained = gained.or_else(|| indices(new, [&read[1], &read[0]], head, (schema, reads)));
    let lost = lost.or_else(|| indices(old, [&read[0], &read[1]], head, (schema, reads)));
    [gained.or(later), lost.or(earlier)]
}

/// Whether all commands of a query look at each row alone.
fn rows_alone(rule: &Rule) -> bool {
    let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
    let Ok(query) = esql::parse(text) else { return false };
    query.commands.iter().all(|command| match command.kind {
        CommandKind::Where(_)
        | CommandKind::Eval(_)
        | CommandKind::Keep(_)
        | CommandKind::Drop(_)
        | CommandKind::Rename(_)
        | CommandKind::Sort(_)
        | CommandKind::FillNull { .. }
        | CommandKind::Dissect { .. }
        | CommandKind::Grok { .. }
        | CommandKind::MvExpand(_) => true,
        CommandKind::Stats(_)
        | CommandKind::InlineStats(_)
        | CommandKind::Limit(_)
        | CommandKind::LimitBy { .. }
        | CommandKind::Dedup
        | CommandKind::Sample(_)
        | CommandKind::Fork(_)
        | CommandKind::Completion { .. }
        | CommandKind::Enrich { .. }
        | CommandKind::LookupJoin { .. }
        | CommandKind::Other { .. }
        | CommandKind::Broken => false,
    })
}

/// What an index that only one of two versions reads means.
fn indices(
    loaded: &Loaded,
    [own, other]: [&[String]; 2],
    head: Revision<'_>,
    (schema, reads): (&Schema, usize),
) -> Direction {
    if reads_within(own, other) {
        return Direction::Never;
    }
    let Some(index) = unread(own, other) else {
        return Direction::Unknown("the index patterns differ");
    };
    let drafted = drafted(&project(loaded, head, schema), reads).into_iter();
    match drafted.into_iter().find(|case| case.polarity == Polarity::Positive) {
        Some(case) => {
            let events = case.events.iter().map(|event| hit(&index, &event.source));
            Direction::Shown(events.collect())
        }
        None => Direction::Unknown("the index patterns differ"),
    }
}

/// A project of one rule.
fn project(loaded: &Loaded, head: Revision<'_>, schema: &Schema) -> Project {
    Project {
        rules: RuleTree { rules: vec![loaded.clone()], ..RuleTree::default() },
        exceptions: head.exceptions.clone(),
        schema: schema.clone(),
        cases: CaseTree::default(),
        problems: Vec::new(),
    }
}

fn queries(
    (old, before): (&Loaded, &Rule),
    (new, after): (&Loaded, &Rule),
    head: Revision<'_>,
    (schema, reads): (&Schema, usize),
) -> [Direction; 2] {
    let text = |rule: &Rule| rule.query.as_ref().map_or(String::new(), |query| query.text.clone());
    // What a column is called makes no alert.
    let named = renamed(&text(before), &text(after), schema).unwrap_or_else(|| text(after));
    if tokens(&text(before)) == tokens(&named) {
        return [Direction::Never, Direction::Never];
    }
    let from_old = project(old, head, schema);
    let Some([lost_never, gained_never]) = within(&from_old, &named) else {
        let why = "one of the two pipelines cannot be run";
        return [Direction::Unknown(why), Direction::Unknown(why)];
    };
    let mut gained = if gained_never { Direction::Never } else { Direction::Unknown(NOTHING) };
    let mut lost = if lost_never { Direction::Never } else { Direction::Unknown(NOTHING) };
    let own = project(new, head, schema);
    for (project, other, is_new) in [(&own, text(before), true), (&from_old, text(after), false)] {
        let is_open = |direction: &Direction| matches!(direction, Direction::Unknown(_));
        if !is_open(&gained) && !is_open(&lost) {
            break;
        }
        for found in apart(project, &other, reads).into_iter().flatten() {
            let direction = if found.is_own == is_new { &mut gained } else { &mut lost };
            if is_open(direction) {
                *direction = Direction::Shown(sources(&found.events));
            }
        }
    }
    [gained, lost]
}

fn sources(events: &[Event]) -> Vec<Value> {
    events.iter().map(|event| Value::clone(&event.source)).collect()
}

/// The words and signs of a query.
fn tokens(text: &str) -> Vec<TokenKind> {
    let mut lexer = Lexer::new(text);
    let plain = |kind| match kind {
        // A part of a name in backticks is that part.
        TokenKind::Quoted(part) => TokenKind::Word(part),
        other => other,
    };
    let tokens = std::iter::from_fn(|| Some(plain(lexer.token().kind)));
    tokens.take(text.len()).take_while(|kind| *kind != TokenKind::End).collect()
}
