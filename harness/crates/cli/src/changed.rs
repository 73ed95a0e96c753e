//! Rules that changed since a commit, by git.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use crate::git::git;
use harness_rule::tree::RuleTree;
use harness_runner::config::Folders;

/// The keys of the rules whose files or cases differ from a commit, or are new.
pub(crate) fn keys(
    rules: &RuleTree,
    folders: &Folders,
    reference: &str,
) -> io::Result<BTreeSet<String>> {
    if reference.is_empty() || reference.starts_with('-') {
        return Err(io::Error::other("is no name of a commit"));
    }
    let mut keys = BTreeSet::new();
    for folder in &folders.rules {
        let is_file = folder.path.is_file();
        let around = if is_file { folder.path.parent() } else { Some(folder.path.as_path()) };
        let differing = differing(around.unwrap_or(Path::new("")), reference)?;
        let paths: BTreeSet<String> =
            differing.iter().map(|path| format!("{}{path}", folder.prefix)).collect();
        let changed = rules.rules.iter().filter(|rule| paths.contains(&rule.path));
        keys.extend(changed.map(|rule| rule.key.clone()));
    }
    if folders.cases.is_dir() {
        // …/<rule>/positive/<case>.json, or …/<rule>/case.toml.
        let rule_of = |path: &String| {
            let folder = path.rsplit_once('/')?.0;
            let polarity = ["positive", "negative"];
            let inner = folder.rsplit_once('/').filter(|(_, last)| polarity.contains(last));
            Some(inner.map_or(folder, |(rule, _)| rule).to_owned())
        };
        let differing = differing(&folders.cases, reference)?;
        keys.extend(differing.iter().filter_map(rule_of));
    }
    Ok(keys)
}

/// The files below a folder that differ from a commit or are not known to git yet, as
/// paths below it.
fn differing(folder: &Path, reference: &str) -> io::Result<Vec<String>> {
    let diff = ["diff", "--name-only", "--no-ext-diff", "--relative", "-z", reference, "--", "."];
    let fresh = ["ls-files", "--others", "--exclude-standard", "-z", "--", "."];
    let texts = [git(folder, &diff, None)?, git(folder, &fresh, None)?];
    let paths = texts.iter().flat_map(|text| text.split('\0'));
    Ok(paths.filter(|path| !path.is_empty()).map(str::to_owned).collect())
}
