//! The rules and cases that the command line means, the same for every verb.

use std::io;

use harness_report::{Lines, printable};
use harness_runner::config::Folders as Found;
use harness_runner::run::{Project, Session};
use harness_runner::select::{Selected, Selection, Unknown, Why};
use harness_runner::verdict::Status;

use crate::args::{SelectArgs, TraitArgs};
use crate::exit::Exit;
use crate::{changed, project};

/// What is asked for; `None` where git does not tell what changed, which is told.
pub(crate) fn selection(
    names: &[String],
    traits: &TraitArgs,
    project: &Project,
    folders: &Found,
) -> Option<Selection> {
    let mut selection = traits.selection(names);
    if let Some(reference) = &traits.changed {
        match changed::keys(&project.rules, folders, reference) {
            Ok(keys) => selection.keys = Some(keys),
            Err(error) => {
                tell!("error: --changed={reference}: {error}");
                return None;
            }
        }
    }
    Some(selection)
}

/// The rules and cases that are meant; says which names fit nothing. `None` where git
/// does not tell what changed, or rules cannot be run to tell their status.
pub(crate) fn select(args: &SelectArgs, project: &Project, folders: &Found) -> Option<Selected> {
    let selection = selection(&args.names, &args.traits, project, folders)?;
    let selected = selection.resolve(&project.rules, &project.cases);
    selected.unknown.iter().for_each(unknown);
    if args.traits.status.is_empty() || !selected.unknown.is_empty() {
        return Some(selected);
    }
    of_status(project, selected, &args.traits.status)
}

/// Those of the selected rules that come out so; `None` where they cannot be run, which
/// is told.
pub(crate) fn of_status(
    project: &Project,
    mut selected: Selected,
    statuses: &[Status],
) -> Option<Selected> {
    let session = Session::open_selected(project.clone(), &selected);
    let hits = session.hits().map_err(|error| tell!("error: --status: {error}")).ok()?;
    let mut run = session.judge(&hits);
    run.narrow(&selected);
    let such = run.rules.into_iter().filter(|rule| statuses.contains(&rule.status));
    selected.keys = Some(such.map(|rule| rule.key).collect());
    let keys = selected.keys.as_ref();
    selected.cases.retain(|rule, _| keys.is_some_and(|keys| keys.contains(rule)));
    Some(selected)
}

/// Says that a name fits nothing, and what was meant.
pub(crate) fn unknown(unknown: &Unknown) {
    let safe = |text: &str| format!("`{}`", printable(text, Lines::Escape));
    let name = safe(&unknown.name);
    match unknown.why {
        Why::NoRule => tell!("no rule has {name} in its path or name"),
        Why::NoCase => tell!("no case is named {name}"),
        Why::NotSuch => tell!("no rule that {name} names is what else is asked for"),
    }
    let offers: Vec<String> = unknown.close.iter().map(|offer| safe(offer)).collect();
    if !offers.is_empty() {
        tell!("  did you mean {}?", offers.join(" or "));
    }
}

/// The one rule that is meant; says which they are where they are several, and nothing
/// where a name fits none, which was told.
pub(crate) fn only(selected: &Selected, named: &str) -> Option<String> {
    let keys = selected.keys.iter().flatten();
    let offers: Vec<String> =
        keys.clone().take(5).map(|key| format!("`{}`", printable(key, Lines::Escape))).collect();
    match (offers.len(), selected.unknown.is_empty()) {
        (1, _) => return keys.into_iter().next().cloned(),
        (0, true) => tell!("error: no rule is what is asked for"),
        (0, false) => {}
        (_, _) => {
            tell!("error: `{}` is not one rule", printable(named, Lines::Escape));
            tell!("  it may be {}?", offers.join(" or "));
        }
    }
    None
}

/// Prints the rules that are meant, a line each.
pub(crate) fn list(project: &Project, selected: &Selected) -> io::Result<Exit> {
    let rules = project.rules.rules.iter().filter(|rule| selected.has(&rule.key));
    let lines: Vec<String> =
        rules.map(|rule| format!("{}\n", printable(&rule.key, Lines::Escape))).collect();
    project::deliver(lines.concat().as_bytes(), None)?;
    Ok(if lines.is_empty() { Exit::NothingRan } else { Exit::Ok })
}
