//! Folders of small projects: rules with cases whose alerts are known, and
//! rules of which is known whether they load.
//!
//! A project is a folder with `rules` and `cases`, or with `rules` and
//! `expected.json`. Only verdicts count: a rule that lacks a case of one
//! polarity is judged by those that it has.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;

use super::Outcome;
use harness_runner::config;
use harness_runner::run::{CaseRun, RuleRun, Run, Session};
use harness_runner::verdict::{Status, Verdict};
use harness_source::diagnostic::Severity;
use harness_source::files::{self, Problem};

/// One case of a project, or one rule, as it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The case or the rule.
    pub name: String,
    /// The rule, and what its case says of itself.
    pub about: String,
    /// How it came out.
    pub outcome: Outcome,
}

/// Rules of which is known whether they load, by key.
const EXPECTED: &str = "expected.json";

/// Projects whose rules are known to be refused, and to load, by the beginnings
/// of their names; what their cases say does not count.
const BY_NAME: [(&str, Standing); 2] = [("seq_r_", Standing::Invalid), ("seq_a_", Standing::Ok)];

/// What becomes of a rule before any event is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    Ok,
    Invalid,
    Unsupported,
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "loads",
            Self::Invalid => "is invalid",
            Self::Unsupported => "is unsupported",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    expected: Standing,
    #[expect(dead_code, reason = "who says so; for readers")]
    source: String,
}

/// The projects at and below a folder; none lies within another.
pub fn roots(folder: &Path) -> Vec<PathBuf> {
    let is_root = |root: &Path| {
        root.join("rules").is_dir()
            && (root.join("cases").is_dir() || root.join(EXPECTED).is_file())
    };
    let rules = files::find(folder, &["**/rules/**/*.toml"], &mut Vec::new());
    let mut roots: Vec<PathBuf> = Vec::new();
    for rule in rules {
        let within = |root: &PathBuf| rule.path.starts_with(root);
        if roots.last().is_some_and(within) {
            continue;
        }
        let mut around: Vec<&Path> = rule.path.ancestors().skip(1).collect();
        around.reverse();
        let root = around.into_iter().find(|root| root.starts_with(folder) && is_root(root));
        roots.extend(root.map(Path::to_path_buf));
    }
    roots
}

/// Runs the projects, each as [`judge`] does.
pub fn judge_all(roots: &[PathBuf]) -> Vec<Vec<Judgement>> {
    roots.par_iter().map(|root| judge(root)).collect()
}

/// Runs a project and compares with what it states.
pub fn judge(root: &Path) -> Vec<Judgement> {
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let failed = |why: String| {
        let outcome = Outcome::differs("a project that runs", format!("error: {why}"));
        vec![Judgement { name: name.to_string(), about: root.display().to_string(), outcome }]
    };
    let told = |problems: &[Problem]| {
        let told = problems.iter().map(|it| format!("{}: {}", it.path, it.diagnostic.message));
        told.collect::<Vec<_>>().join("; ")
    };
    let expected = match expected(root) {
        Ok(expected) => expected,
        Err(why) => return failed(format!("{EXPECTED}: {why}")),
    };
    let project = config::folders(root).map_err(|problem| vec![problem]);
    let project = match project.and_then(|folders| config::open(&folders)) {
        Ok(project) => project,
        Err(problems) => return failed(told(&problems)),
    };
    let session = Session::open(project);
    let run = match session.hits() {
        Ok(hits) => session.judge(&hits),
        Err(error) => return failed(error.to_string()),
    };
    let broken: Vec<Problem> = run.problems.iter().filter(|it| is_error(it)).cloned().collect();
    if !broken.is_empty() {
        return failed(told(&broken));
    }
    let by_name = BY_NAME.iter().find(|(start, _)| name.starts_with(start));
    let judged = match (&expected, by_name) {
        (Some(expected), _) => standings(&run, expected),
        (None, Some((_, standing))) => {
            let rules = run.rules.iter();
            rules.map(|rule| judgement(&name, rule, compare(rule, *standing))).collect()
        }
        (None, None) => run.rules.iter().flat_map(|rule| cases(&name, rule)).collect(),
    };
    if judged.is_empty() { failed("it has no case".to_owned()) } else { judged }
}

fn is_error(problem: &Problem) -> bool {
    problem.diagnostic.severity == Severity::Error
}

fn judgement(name: &str, rule: &RuleRun, outcome: Outcome) -> Judgement {
    Judgement { name: name.to_owned(), about: rule.name.clone(), outcome }
}

/// What `expected.json` states, where there is one.
fn expected(root: &Path) -> Result<Option<BTreeMap<String, Expected>>, String> {
    let path = root.join(EXPECTED);
    if !path.is_file() {
        return Ok(None);
    }
    let text = files::read(&path).map_err(|found| found.to_string())?;
    serde_json::from_str(&text).map(Some).map_err(|error| error.to_string())
}

/// Every rule that is stated, and every rule that is not.
fn standings(run: &Run, expected: &BTreeMap<String, Expected>) -> Vec<Judgement> {
    let rules: BTreeMap<&str, &RuleRun> =
        run.rules.iter().map(|rule| (rule.key.as_str(), rule)).collect();
    let stated = expected.iter().map(|(key, expected)| match rules.get(key.as_str()) {
        Some(rule) => judgement(key, rule, compare(rule, expected.expected)),
        None => Judgement {
            name: key.clone(),
            about: String::new(),
            outcome: Outcome::differs(expected.expected.word(), "there is no such rule"),
        },
    });
    let rest = run.rules.iter().filter(|rule| !expected.contains_key(&rule.key));
    let rest = rest.map(|rule| {
        judgement(&rule.key, rule, Outcome::differs(format!("a word in {EXPECTED}"), "none"))
    });
    stated.chain(rest).collect()
}

fn compare(rule: &RuleRun, expected: Standing) -> Outcome {
    let found = match rule.status {
        Status::Invalid => Standing::Invalid,
        Status::Unsupported => Standing::Unsupported,
        Status::Passed | Status::Failed | Status::Todo | Status::Untested => Standing::Ok,
    };
    if found == expected {
        return Outcome::Agree;
    }
    let reason = reason(rule);
    match found {
        Standing::Unsupported => Outcome::Unsupported(reason),
        Standing::Ok | Standing::Invalid => {
            let reason = if reason.is_empty() { reason } else { format!(": {reason}") };
            Outcome::differs(expected.word(), format!("{}{reason}", found.word()))
        }
    }
}

/// Why a rule is not judged.
fn reason(rule: &RuleRun) -> String {
    let worst = rule.problems.iter().max_by_key(|problem| problem.diagnostic.severity);
    worst.map_or_else(String::new, |problem| problem.diagnostic.message.clone())
}

/// The cases of a rule.
fn cases(project: &str, rule: &RuleRun) -> Vec<Judgement> {
    let one = |name: String, about: String, outcome| Judgement { name, about, outcome };
    let about = |note: Option<&String>| {
        let note = note.map_or_else(String::new, |note| format!(": {note}"));
        format!("{}{note}", rule.name)
    };
    match rule.status {
        Status::Unsupported => {
            return vec![one(project.to_owned(), about(None), Outcome::Unsupported(reason(rule)))];
        }
        Status::Invalid => {
            let got = format!("is invalid: {}", reason(rule));
            return vec![one(project.to_owned(), about(None), Outcome::differs("loads", got))];
        }
        Status::Passed | Status::Failed | Status::Todo | Status::Untested => {}
    }
    let judged = rule.cases.iter().map(|run| {
        let case = &run.case;
        let name = format!("{project} {} {}", case.polarity.folder(), case.name);
        let outcome = match differs(run).or_else(|| note_differs(run)) {
            None => Outcome::Agree,
            Some((expected, got)) => Outcome::differs(expected, got),
        };
        one(name, about(case.options.note.as_ref()), outcome)
    });
    // A case that cannot be read is none of the rule's cases.
    let unread = rule.problems.iter().filter(|it| is_error(it) && it.diagnostic.code != "unpaired");
    let unread = unread.map(|it| {
        let path = Path::new(&it.path).with_extension("");
        let mut parts: Vec<_> = path.iter().rev().take(2).map(OsStr::to_string_lossy).collect();
        parts.reverse();
        let got = format!("error: {}", it.diagnostic.message);
        let name = format!("{project} {}", parts.join(" "));
        one(name, about(None), Outcome::differs("a case", got))
    });
    judged.chain(unread).collect()
}

/// What the verdict says against a case.
fn differs(run: &CaseRun) -> Option<(String, String)> {
    let (expected, got) = match &run.verdict {
        Verdict::Pass => return None,
        Verdict::Missed => (None, "no alert".to_owned()),
        Verdict::Noisy => (Some(0), counted(run.alerts.len())),
        Verdict::Count { expected, found } => (Some(*expected), counted(*found)),
        Verdict::Error(reason) => (run.case.options.alerts, format!("error: {reason}")),
    };
    let stated = expected.or(run.case.options.alerts);
    Some((stated.map_or_else(|| "an alert".to_owned(), counted), got))
}

fn counted(alerts: usize) -> String {
    format!("{alerts} {}", if alerts == 1 { "alert" } else { "alerts" })
}

/// What alerts say otherwise than the end of the case's note: `: the alert has
/// risk_score N`, `: the alert has severity WORD`, `: alerts for ID, …`.
fn note_differs(run: &CaseRun) -> Option<(String, String)> {
    let (_, stated) = run.case.options.note.as_ref()?.rsplit_once(": ")?;
    let facts = run.alerts.iter().map(|alert| &alert.facts);
    let mut got: Vec<String> = if stated.starts_with("the alert has risk_score ") {
        facts.map(|f| format!("the alert has risk_score {}", f.risk_score.value)).collect()
    } else if stated.starts_with("the alert has severity ") {
        facts.map(|f| format!("the alert has severity {}", f.severity.value)).collect()
    } else if stated.starts_with("alerts for ") {
        let mut ids: Vec<&str> =
            run.alerts.iter().flat_map(|alert| &alert.events).map(String::as_str).collect();
        ids.sort_unstable();
        vec![format!("alerts for {}", ids.join(", "))]
    } else {
        return None;
    };
    got.retain(|got| got.trim_end() != stated.trim_end());
    got.into_iter().next().map(|got| (stated.to_owned(), got))
}
