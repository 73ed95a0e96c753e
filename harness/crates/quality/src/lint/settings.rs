//! What a project wants to hear: which kinds of findings, how bad they are where, and
//! which are accepted.

use std::sync::Arc;

use harness_rule::tree::{Loaded, RuleTree};
use harness_runner::config::{Folders, LintLevel};
use harness_source::span::Span;
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;

use super::accept::{self, Comment};
use super::codes::{Code, Family};
use super::model::{Finding, Level};

/// The choices of a project and of the command line.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Only these kinds or families; all where empty.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
    /// Levels by folder, a prefix of keys, and kind; `None` is off. The longest folder
    /// decides.
    pub levels: Vec<(String, String, Option<Level>)>,
    /// Findings that are accepted.
    pub accept: Vec<Accept>,
    /// Where `accept` is written.
    pub file: Option<(String, Arc<str>)>,
}

/// A list entry that accepts findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// The rules, by key; may have `*`.
    pub rule: String,
    /// The kind.
    pub code: String,
    /// Why.
    pub reason: String,
    /// Its place in the file.
    pub span: Span,
}

/// Which entries of the list have accepted something.
pub(super) type Used = Vec<bool>;

impl Settings {
    /// The choices of `harness.toml`.
    pub fn of(folders: &Folders) -> Self {
        let lint = &folders.lint;
        let level = |level: LintLevel| match level {
            LintLevel::Error => Some(Level::Error),
            LintLevel::Warning => Some(Level::Warning),
            LintLevel::Note => Some(Level::Note),
            LintLevel::Off => None,
        };
        let levels = lint.levels.iter();
        let levels = levels.map(|(folder, code, own)| (folder.clone(), code.clone(), level(*own)));
        let accept = lint.accept.iter().map(|own| Accept {
            rule: own.rule.clone(),
            code: own.code.clone(),
            reason: own.reason.clone(),
            span: own.span,
        });
        Self {
            select: lint.select.clone(),
            ignore: lint.ignore.clone(),
            levels: levels.collect(),
            accept: accept.collect(),
            file: Some(folders.file.clone()),
        }
    }

    pub(super) fn unused(&self) -> Used {
        vec![false; self.accept.len()]
    }

    /// Whether a name is a kind of findings, or a family of them.
    pub fn knows(name: &str) -> bool {
        Code::named(name).is_some() || family(name).is_some()
    }

    /// Whether findings of a kind are wanted.
    fn wants(&self, code: &str) -> bool {
        let own = Code::named(code).map(|code| code.about().family);
        let names =
            |name: &String| name == code || own.is_some() && family(name) == own || name == "all";
        (self.select.is_empty() || self.select.iter().any(names)) && !self.ignore.iter().any(names)
    }

    /// The level of a finding in a rule; `None` where it is off.
    fn level(&self, key: &str, finding: &Finding) -> Option<Level> {
        let below = |folder: &str| {
            let folder = folder.trim_end_matches('/');
            let rest = key.strip_prefix(folder);
            folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let stated =
            self.levels.iter().filter(|(folder, code, _)| *code == finding.code && below(folder));
        match stated.max_by_key(|(folder, _, _)| folder.len()) {
            Some((_, _, level)) => *level,
            None => Some(finding.level),
        }
    }

    /// What is left of the findings about one file, with what is wrong with the
    /// acceptances in it.
    pub(super) fn judge(
        &self,
        loaded: &Loaded,
        found: Vec<Finding>,
        used: &mut Used,
    ) -> Vec<Finding> {
        let key = loaded.key();
        let comments = accept::comments(&loaded.text);
        let mut hit = vec![Vec::new(); comments.len()];
        let mut left = Vec::new();
        for mut finding in found {
            let mut accepted = false;
            for (comment, hit) in comments.iter().zip(&mut hit) {
                if is_about(comment, &finding) {
                    hit.push(finding.code);
                    accepted = true;
                }
            }
            for (entry, used) in self.accept.iter().zip(used.iter_mut()) {
                if entry.code == finding.code && entry.takes(&key) {
                    *used = true;
                    accepted = true;
                }
            }
            if accepted || !self.wants(finding.code) {
                continue;
            }
            if let Some(level) = self.level(&key, &finding) {
                finding.level = level;
                left.push(finding);
            }
        }
        for (comment, hit) in comments.iter().zip(&hit) {
            let told = self.of_comment(comment, hit);
            left.extend(told.into_iter().filter(|(code, _)| self.wants(code.name())).map(
                |(code, message)| Finding {
                    code: code.name(),
                    level: code.about().level,
                    rule: key.clone(),
                    path: loaded.file.clone(),
                    text: loaded.text.clone(),
                    span: comment.span,
                    message,
                    help: None,
                    evidence: None,
                    fix: None,
                },
            ));
        }
        left.sort_by_key(|finding| finding.span);
        left
    }

    /// What is left of findings that are about no rule.
    pub(super) fn judge_rest(&self, found: Vec<Finding>, used: &mut Used) -> Vec<Finding> {
        let mut left = Vec::new();
        for mut finding in found {
            let mut accepted = false;
            for (entry, used) in self.accept.iter().zip(used.iter_mut()) {
                if entry.code == finding.code && entry.takes(&finding.rule) {
                    *used = true;
                    accepted = true;
                }
            }
            if let Some(level) = self.level(&finding.rule, &finding)
                && !accepted
                && self.wants(finding.code)
            {
                finding.level = level;
                left.push(finding);
            }
        }
        left
    }

    /// What is wrong with an acceptance in a file.
    fn of_comment(&self, comment: &Comment, hit: &[&str]) -> Vec<(Code, String)> {
        let mut told = Vec::new();
        if comment.reason.is_empty() {
            let message = "the acceptance does not say why".to_owned();
            told.push((Code::AcceptanceReason, message));
        }
        for code in &comment.codes {
            if !hit.contains(&code.as_str()) && self.wants(code) {
                let message = match Code::named(code) {
                    Some(_) => format!("there is no finding {code} here any more"),
                    None => format!("there is no finding {code}"),
                };
                told.push((Code::UnusedAcceptance, message));
            }
        }
        told
    }

    /// The entries of the list that have accepted nothing, where their rules were read.
    pub(super) fn left(&self, used: &Used, rules: &RuleTree, selected: &[&Loaded]) -> Vec<Finding> {
        let Some(file) = &self.file else { return Vec::new() };
        let mut found = Vec::new();
        for (entry, used) in self.accept.iter().zip(used) {
            let takes = |loaded: &&Loaded| entry.takes(&loaded.key());
            let is_read = rules.rules.iter().filter(|loaded| takes(loaded)).count()
                == selected.iter().filter(|loaded| takes(loaded)).count();
            let code = if entry.reason.trim().is_empty() {
                Code::AcceptanceReason
            } else if !used && is_read && self.wants(&entry.code) {
                Code::UnusedAcceptance
            } else {
                continue;
            };
            let message = match code {
                Code::AcceptanceReason => "the acceptance does not say why".to_owned(),
                _ => format!("`{}` has no finding {} any more", entry.rule, entry.code),
            };
            if !self.wants(code.name()) {
                continue;
            }
            found.push(Finding {
                code: code.name(),
                level: code.about().level,
                rule: String::new(),
                path: file.0.clone(),
                text: file.1.clone(),
                span: entry.span,
                message,
                help: None,
                evidence: None,
                fix: None,
            });
        }
        found
    }
}

impl Accept {
    fn takes(&self, key: &str) -> bool {
        let rule = self.rule.strip_suffix(".toml").unwrap_or(&self.rule);
        Glob::simple(rule).matches(key, Case::Sensitive)
    }
}

fn is_about(comment: &Comment, finding: &Finding) -> bool {
    let about = comment.about;
    comment.codes.iter().any(|code| code == finding.code)
        && about.start <= finding.span.start
        && finding.span.start <= about.end
}

/// The family of that name.
fn family(name: &str) -> Option<Family> {
    Family::ALL.into_iter().find(|family| family.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::tests::{findings_with, found_codes};

    const GAP: &str = "from = \"now-9m\"\ninterval = \"15m\"";

    fn rule(head: &str) -> String {
        let example = crate::lint::Example::Toml("@");
        example.rule().replace('@', &format!("{head}{GAP}"))
    }

    #[test]
    fn kinds_and_families_are_chosen() {
        let codes = |settings: &Settings| found_codes(&findings_with(&rule(""), settings));
        let of = |select: &[&str], ignore: &[&str]| Settings {
            select: select.iter().map(ToString::to_string).collect(),
            ignore: ignore.iter().map(ToString::to_string).collect(),
            ..Settings::default()
        };
        assert_eq!(codes(&Settings::default()), ["schedule-gap"]);
        assert_eq!(codes(&of(&["time"], &[])), ["schedule-gap"]);
        assert!(codes(&of(&["traps"], &[])).is_empty());
        assert!(codes(&of(&[], &["schedule-gap"])).is_empty());
    }

    #[test]
    fn the_longest_folder_sets_the_level() {
        let level = |folder: &str, level| (folder.to_owned(), "schedule-gap".to_owned(), level);
        let levels = vec![level("", Some(Level::Note)), level("r0", Some(Level::Warning))];
        let settings = Settings { levels, ..Settings::default() };
        assert_eq!(findings_with(&rule(""), &settings)[0].level, Level::Warning);
        let settings = Settings { levels: vec![level("", None)], ..Settings::default() };
        assert!(findings_with(&rule(""), &settings).is_empty());
    }

    #[test]
    fn what_is_accepted_is_not_told_and_an_idle_acceptance_is() {
        let accept = |code: &str, rule: &str| Settings {
            accept: vec![Accept {
                rule: rule.to_owned(),
                code: code.to_owned(),
                reason: "so it is".to_owned(),
                span: Span::default(),
            }],
            file: Some(("harness.toml".to_owned(), "".into())),
            ..Settings::default()
        };
        assert!(findings_with(&rule(""), &accept("schedule-gap", "r*")).is_empty());
        let idle = found_codes(&findings_with(&rule(""), &accept("edge-blank", "r*")));
        assert_eq!(idle, ["schedule-gap", "unused-acceptance"]);
        let comment = rule("# lint: accept schedule-gap: a sample is enough\n");
        // The finding is at the interval, the comment at the line before it.
        let codes = found_codes(&findings_with(&comment, &Settings::default()));
        assert_eq!(codes, ["unused-acceptance", "schedule-gap"]);
        let whole = format!("# lint: accept schedule-gap: a sample is enough\n{}", rule(""));
        assert!(findings_with(&whole, &Settings::default()).is_empty());
    }
}
