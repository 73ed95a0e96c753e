//! The file of accepted changes.

use std::io;
use std::path::{Path, PathBuf};

use harness_quality::regress::Regression;
use harness_quality::regress::accepted::{Accepted, accept, entry, read};
use harness_report::problem::{self, Styled};
use harness_rule::tree::RuleTree;
use harness_source::files::{self, Problem};
use harness_source::span::plural;

use crate::args::Folders;

/// Where it is.
pub(super) fn file(folders: &Folders, given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| folders.root().join("accepted.toml"), Path::to_path_buf)
}

/// The changes that a file accepts; `None` where it cannot be used, which is told.
pub(super) fn of(file: &Path) -> Option<Vec<Accepted>> {
    let text = files::read(file);
    let accepted = text.clone().and_then(|text| read(&text));
    accepted
        .map_err(|diagnostic| {
            let text = text.unwrap_or_default().into();
            let problem = Problem { path: files::shown(file), diagnostic, text };
            tell_styled!("{}", problem::render(&problem, Styled::Ansi));
        })
        .ok()
}

/// Marks what is accepted; whether the file could be used, which is told where not. One
/// that nobody has named need not be there.
pub(super) fn apply(
    regression: &mut Regression,
    rules: &RuleTree,
    folders: &Folders,
    given: Option<&Path>,
) -> bool {
    let file = file(folders, given);
    if given.is_none() && !file.exists() {
        return true;
    }
    let Some(accepted) = of(&file) else { return false };
    accept(regression, &accepted, rules);
    true
}

/// Accepts all changes that are told, but for those that are.
///
/// # Errors
///
/// A reason that is none, and a file that cannot be read or written.
pub(super) fn add(
    regression: &Regression,
    reason: &str,
    folders: &Folders,
    given: Option<&Path>,
) -> io::Result<()> {
    if reason.trim().is_empty() {
        return Err(io::Error::other("--accept takes a reason"));
    }
    let file = file(folders, given);
    let mut text = String::new();
    if file.exists() {
        text = files::read(&file).map_err(|found| io::Error::other(found.message))?;
    }
    let mut added = 0;
    for rule in regression.rules.iter().filter(|rule| rule.accepted.is_none()) {
        let Some(entry) = entry(rule, reason) else { continue };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&entry);
        added += 1;
    }
    if added > 0 {
        files::write_atomically(&file, text.as_bytes())?;
    }
    tell!("{} accepted in {}", plural(added, "change"), files::shown(&file));
    Ok(())
}
