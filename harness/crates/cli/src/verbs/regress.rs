//! `harness regress`.

use std::io;
use std::path::Path;

use harness_quality::regress::{self, Change, Regression, Revision, RuleChange};
use harness_report::regress as report;
use harness_rule::tree::Loaded;
use harness_runner::run::{Project, selects};

use crate::args::{FailOn, Folders, RegressArgs, RegressFormat};
use crate::exit::Exit;
use crate::project;
use crate::revision::Checkout;

/// Tells what a change of rules changes.
pub(crate) fn run(args: &RegressArgs) -> io::Result<Exit> {
    let bar = project::progress(args.run.no_progress, "comparing rules");
    let found = compared(args);
    bar.finish_and_clear();
    let Some(regression) = found? else { return Ok(Exit::Usage) };
    let mut output = Vec::new();
    match args.format {
        RegressFormat::Human => {
            let styled = project::styled(project::is_file(args.run.out.as_deref()));
            report::human(&regression, styled, &mut output)?;
        }
        RegressFormat::Json => report::json(&regression, &mut output)?,
        RegressFormat::Markdown => report::markdown(&regression, &mut output)?,
    }
    project::deliver(&output, args.run.out.as_deref())?;
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
    }
}

/// The regression between what the arguments name; `None` where a configuration cannot
/// be used, which is told.
fn compared(args: &RegressArgs) -> io::Result<Option<Regression>> {
    let folders = &args.run.folders;
    match args.revisions.as_slice() {
        [one] if one.contains("..") && !Path::new(one).exists() => {
            let (base, head) = one.split_once("..").unwrap_or((one, ""));
            let head = if head.is_empty() { "HEAD" } else { head.trim_start_matches('.') };
            let base = Checkout::new(&folders.root(), base)?;
            let head = Checkout::new(&folders.root(), head)?;
            between(&elsewhere(folders, &base), &elsewhere(folders, &head), args)
        }
        [one] if Path::new(one).exists() => between(&at(folders, one), folders, args),
        [one] => {
            let base = Checkout::new(&folders.root(), one)?;
            between(&elsewhere(folders, &base), folders, args)
        }
        [base, head] => {
            for path in [base, head] {
                if !Path::new(path).exists() {
                    return Err(io::Error::other(format!("{path} does not exist")));
                }
            }
            between(&at(folders, base), &at(folders, head), args)
        }
        [] | [_, _, _, ..] => Ok(None),
    }
}

/// The same folders in a revision.
fn elsewhere(folders: &Folders, checkout: &Checkout) -> Folders {
    Folders {
        root: Some(checkout.place(&folders.root())),
        config: folders.config.as_deref().map(|path| checkout.place(path)),
        rules: folders.rules.iter().map(|path| checkout.place(path)).collect(),
        cases: folders.cases.as_deref().map(|path| checkout.place(path)),
        snapshots: None,
    }
}

/// A project with its own rules, or the rules of a folder or file alone.
fn at(folders: &Folders, path: &str) -> Folders {
    let path = Path::new(path);
    let is_project = path.join("harness.toml").is_file() || path.join("rules").is_dir();
    if is_project {
        let root = Some(path.to_path_buf());
        return Folders { root, config: None, rules: Vec::new(), ..folders.clone() };
    }
    Folders { rules: vec![path.to_path_buf()], ..folders.clone() }
}

fn between(base: &Folders, head: &Folders, args: &RegressArgs) -> io::Result<Option<Regression>> {
    let opened = (project::open(base), project::open(head));
    let (Some((base, _)), Some((head, _))) = opened else { return Ok(None) };
    let selected =
        |loaded: &Loaded| args.rule.is_empty() || args.rule.iter().any(|one| selects(loaded, one));
    // Two rules are two versions of one, whatever their ids.
    let id = |loaded: &Loaded| loaded.rule.as_ref().map(|rule| rule.rule_id.value.clone());
    if let ([old], [new]) = (base.rules.rules.as_slice(), head.rules.rules.as_slice())
        && id(old) != id(new)
    {
        let change = regress::between(old, new, &head.exceptions, &head.schema);
        return Ok(Some(Regression { rules: vec![change], unchanged: 0 }));
    }
    let (before, after) = (revision(&base), revision(&head));
    let mut found = regress::regress(before, after, &head.schema, &selected);
    regress::judge_cases(&mut found, &base, &head).map_err(io::Error::other)?;
    Ok(Some(found))
}

fn revision(project: &Project) -> Revision<'_> {
    Revision { rules: &project.rules, exceptions: &project.exceptions }
}
