//! `harness regress`.

mod accepted;
mod data;
mod revisions;

use std::collections::BTreeSet;
use std::io;

use harness_quality::regress::{self, Change, Regression, Revision, RuleChange, mappings};
use harness_report::regress as report;
use harness_rule::tree::Loaded;
use harness_runner::config::Folders as Found;
use harness_runner::run::{Project, home};
use harness_runner::select::Selected;

use crate::args::{FailOn, Folders, RegressArgs, RegressFormat};
use crate::exit::Exit;
use crate::{project, select};

/// Tells what a change of rules changes.
pub(crate) fn run(args: &RegressArgs) -> io::Result<Exit> {
    let bar = project::progress(args.run.terminal.no_progress, "comparing rules");
    let compared = revisions::compared(args)?;
    let found = between(&compared.base, &compared.head, args);
    bar.finish_and_clear();
    let regression = match found? {
        Ok(regression) => regression,
        Err(exit) => return Ok(exit),
    };
    let mut output = Vec::new();
    let (told, out) = (&regression, &mut output);
    match args.format {
        _ if args.evidence => report::evidence(told, out)?,
        _ if args.release => report::release(told, &compared.title, out)?,
        RegressFormat::Human => {
            let styled = project::styled(project::is_file(args.run.out.as_deref()));
            report::human(told, (styled, args.run.terminal.amount()), out)?;
        }
        RegressFormat::Json => report::json(told, out)?,
        RegressFormat::Markdown => report::markdown(told, out)?,
        RegressFormat::Html => {
            let head = project::head(&args.run.folders.root(), &args.page);
            report::html(told, &head, out)?;
        }
    }
    project::deliver(&output, args.run.out.as_deref())?;
    if args.format != RegressFormat::Human || args.evidence || args.release {
        regression.stale.iter().for_each(|line| tell!("{line}"));
    }
    let fails = |rule: &RuleChange| args.fail_on.is_some_and(|on| fails(on, rule));
    Ok(if regression.rules.iter().any(fails) { Exit::Gate } else { Exit::Ok })
}

fn fails(on: FailOn, rule: &RuleChange) -> bool {
    match on {
        FailOn::Lost => {
            rule.lost.is_some() || matches!(rule.change, Change::Removed | Change::Narrower)
        }
        FailOn::Narrower => rule.change.may_lose(),
        FailOn::Any => rule.change != Change::Same,
        FailOn::Unreviewed => rule.change != Change::Same && rule.accepted.is_none(),
    }
}

/// The regression between two folders; the exit code where the rules are listed only, or
/// the arguments or a configuration cannot be used, which is told.
fn between(
    base: &Folders,
    head: &Folders,
    args: &RegressArgs,
) -> io::Result<Result<Regression, Exit>> {
    let opened = (project::open(base), project::open(head));
    let (Some((base, _)), Some((mut head, folders))) = opened else {
        return Ok(Err(Exit::Usage));
    };
    let remapped = mappings::remapped(&base.schema, &head.schema);
    // Fields that nobody mapped have the types that the cases give them.
    for project in [&head.clone(), &base] {
        home::observe(&mut head.schema, &project.rules, &project.cases);
    }
    // Two rules are two versions of one, whatever their ids.
    let id = |loaded: &Loaded| loaded.rule.as_ref().map(|rule| rule.rule_id.value.clone());
    let mut found = match (base.rules.rules.as_slice(), head.rules.rules.as_slice()) {
        ([old], [new]) if id(old) != id(new) => {
            let change = regress::between(old, new, &head.exceptions, &head.schema);
            Regression { rules: vec![change], ..Regression::default() }
        }
        _ => {
            let selected = match selected(args, &base, &head, &folders) {
                Ok(selected) => selected,
                Err(exit) => return Ok(Err(exit)),
            };
            if args.traits.list {
                return select::list(&head, &selected).map(Err);
            }
            let is_selected = |loaded: &Loaded| selected.has(&loaded.key);
            let (before, after) = (revision(&base), revision(&head));
            let mut found = regress::regress(before, after, &head.schema, &is_selected);
            mappings::tell(&mut found, [before, after], &remapped, &is_selected);
            regress::judge_cases(&mut found, &base, &head).map_err(io::Error::other)?;
            found
        }
    };
    let (own, given) = (&args.run.folders, args.accepted.as_deref());
    let is_usable = accepted::apply(&mut found, &head.rules, own, given)
        && data::add(&mut found, &base, &head, args)?;
    if let Some(reason) = args.accept.as_ref().filter(|_| is_usable) {
        accepted::add(&found, reason, own, given)?;
        found.stale.clear();
        accepted::apply(&mut found, &head.rules, own, given);
    }
    Ok(if is_usable { Ok(found) } else { Err(Exit::Usage) })
}

/// The rules of both versions that are meant; an exit code where that cannot be told, or a
/// name fits nothing, which is told.
fn selected(
    args: &RegressArgs,
    base: &Project,
    head: &Project,
    folders: &Found,
) -> Result<Selected, Exit> {
    let selection =
        select::selection(&args.rule, &args.traits, head, folders).ok_or(Exit::Usage)?;
    if selection.is_all() && args.traits.status.is_empty() {
        return Ok(Selected::default());
    }
    let mut keys = BTreeSet::new();
    for one in selection.each() {
        let of = |project: &Project| one.resolve(&project.rules, &project.cases);
        let (before, after) = (of(base), of(head));
        if let (false, Some(unknown)) = (before.unknown.is_empty(), after.unknown.first()) {
            select::unknown(unknown);
            return Err(Exit::NothingRan);
        }
        for (project, found) in [(base, before), (head, after)] {
            let own = project.rules.rules.iter().filter(|loaded| found.has(&loaded.key));
            keys.extend(own.map(Loaded::key));
        }
    }
    let selected = Selected { keys: Some(keys), ..Selected::default() };
    match args.traits.status.as_slice() {
        [] => Ok(selected),
        statuses => select::of_status(head, selected, statuses).ok_or(Exit::Usage),
    }
}

fn revision(project: &Project) -> Revision<'_> {
    Revision { rules: &project.rules, exceptions: &project.exceptions }
}
