//! Fixes, applied: other texts at the places of findings, all else as it is.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::model::{Edit, Finding, Safety};

/// A file with the fixes of its findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The file as it opens from the current folder.
    pub path: String,
    /// Its text.
    pub before: Arc<str>,
    /// Its text with the fixes.
    pub after: String,
    /// How many fixes it has.
    pub fixes: usize,
}

/// A file, its text, and the edits of each of its fixes.
type File<'f> = (&'f str, &'f Arc<str>, Vec<&'f [Edit]>);

/// The files with their fixes, in the order of the findings. Of fixes that meet in one
/// place the first is taken; a fix after which the file is no rule is left out, and so is one
/// of a file that is no TOML.
pub fn fixed(findings: &[Finding], most: Safety) -> Vec<Fixed> {
    let mut files: Vec<File<'_>> = Vec::new();
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        let is_toml = Path::new(&finding.path).extension().is_some_and(|ending| ending == "toml");
        if !is_toml || fix.safety == Safety::Unsafe && most == Safety::Safe {
            continue;
        }
        match files.iter_mut().find(|(path, ..)| *path == finding.path) {
            Some((_, _, fixes)) => fixes.push(&fix.edits),
            None => files.push((&finding.path, &finding.text, vec![&fix.edits])),
        }
    }
    let mut all = Vec::new();
    for (path, text, fixes) in files {
        let mut taken: Vec<&Edit> = Vec::new();
        let mut count = 0;
        let mut after = text.to_string();
        for edits in fixes {
            let meets = |edit: &Edit| {
                taken.iter().any(|other| {
                    edit.span.start < other.span.end && other.span.start < edit.span.end
                })
            };
            if edits.iter().any(meets) {
                continue;
            }
            let mut with = taken.clone();
            with.extend(edits);
            let Some(changed) = applied(text, &with) else { continue };
            let (rule, found) = harness_rule::parse(&changed);
            let broken = found
                .iter()
                .any(|found| found.severity == harness_source::diagnostic::Severity::Error);
            if rule.is_some() && !broken {
                (taken, after) = (with, changed);
                count += 1;
            }
        }
        if count > 0 {
            let (path, before) = (path.to_owned(), text.clone());
            all.push(Fixed { path, before, after, fixes: count });
        }
    }
    all
}

/// The text with edits that do not meet.
fn applied(text: &str, edits: &[&Edit]) -> Option<String> {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| edit.span);
    let (mut changed, mut at) = (String::new(), 0);
    for edit in edits {
        changed.push_str(text.get(at..edit.span.start)?);
        changed.push_str(&edit.text);
        at = edit.span.end;
    }
    changed.push_str(text.get(at..)?);
    Some(changed)
}

/// The lines that differ, as a unified diff without context. Writing to a string cannot
/// fail.
pub fn diff(fixed: &Fixed) -> String {
    let before: Vec<&str> = fixed.before.lines().collect();
    let after: Vec<&str> = fixed.after.lines().collect();
    let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let tail = before[head..].iter().rev().zip(after[head..].iter().rev());
    let tail = tail.take_while(|(a, b)| a == b).count();
    let (old, new) = (&before[head..before.len() - tail], &after[head..after.len() - tail]);
    let mut text = format!("--- {}\n+++ {}\n", fixed.path, fixed.path);
    // Where as many lines are left, each is beside its own.
    if old.len() == new.len() {
        for (at, (old, new)) in old.iter().zip(new).enumerate().filter(|(_, (a, b))| a != b) {
            let line = head + at + 1;
            let _ = write!(text, "@@ -{line} +{line} @@\n-{old}\n+{new}\n");
        }
        return text;
    }
    let line = head + 1;
    let _ = writeln!(text, "@@ -{line},{} +{line},{} @@", old.len(), new.len());
    for (sign, lines) in [('-', old), ('+', new)] {
        for line in lines {
            let _ = writeln!(text, "{sign}{line}");
        }
    }
    text
}
