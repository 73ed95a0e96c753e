//! Fixtures and expectations from disk.
//!
//! `cases/<domain>/<rule>/positive/<case>.json` must raise its rule,
//! `negative/<case>.json` must not. One file is one case: documents, hits or
//! answers of Elasticsearch that hold them, in arrays or one after the other. A
//! `case.toml` beside the two folders states more, in a table per case such as
//! `[negative.other_action]`.

mod model;
mod options;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use harness_rule::tree::RuleTree;
use harness_source::diagnostic::Diagnostic;
use harness_source::files::{self, Found, Problem};
use harness_source::likeness;
use harness_source::span::Span;

use harness_model::events::{self, parse_file};
pub use harness_model::events::{max_event, parse};
pub use model::{Case, Polarity};
pub use options::Options;

/// All cases below a folder.
#[derive(Clone, Debug, Default)]
pub struct CaseTree {
    /// The folder as it opens from the current one.
    pub folder: String,
    /// By rule: the path of the rule below the rules folder, without `.toml`.
    pub rules: BTreeMap<String, Vec<Case>>,
    /// What could not be used.
    pub problems: Vec<Fault>,
}

/// What is wrong with a file of the cases folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, below the cases folder.
    pub relative: String,
    /// What kind of case it was meant to be, as far as one can tell.
    pub polarity: Option<Polarity>,
    /// The finding.
    pub problem: Problem,
}

impl Fault {
    /// Whether the file lies in the folder of a rule.
    pub fn belongs_to(&self, rule: &str) -> bool {
        self.relative.strip_prefix(rule).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The case that the file was meant to be, as `positive/name`.
    fn name(&self) -> Option<String> {
        let file = self.relative.rsplit('/').next()?;
        Some(format!("{}/{}", self.polarity?.folder(), name_of(file)))
    }
}

/// All files, and no folders with names of files.
const PATTERNS: [&str; 5] = ["**/*", "**/*.json", "**/*.ndjson", "**/*.jsonl", "**/case.toml"];

/// Endings that are not part of a case's name.
const PACKED: [&str; 3] = [".gz", ".zst", ".zstd"];

/// Loads every case below `root`, in parallel.
pub fn load_tree(root: &Path) -> CaseTree {
    let folder = files::shown(root);
    let mut problems = Vec::new();
    let mut found = files::find(root, &PATTERNS, &mut problems);
    found.retain(|file| !files::is_aside(&file.relative));
    let problems = problems.into_iter().map(|mut problem| {
        let relative = std::mem::take(&mut problem.path);
        problem.path = files::below(&folder, &relative);
        Fault { polarity: polarity_of(&relative), relative, problem }
    });
    let mut tree = CaseTree { rules: BTreeMap::new(), problems: problems.collect(), folder };
    let (notes, fixtures): (Vec<Found>, Vec<Found>) =
        found.into_iter().partition(|file| file.relative.ends_with("/case.toml"));
    let loaded: Vec<Result<(String, Case), Fault>> =
        fixtures.par_iter().map(|file| load(file, &tree.folder)).collect();
    for result in loaded {
        match result {
            Ok((rule, case)) => tree.rules.entry(rule).or_default().push(case),
            Err(fault) => tree.problems.push(fault),
        }
    }
    for note in notes {
        let rule = note.relative.trim_end_matches("/case.toml");
        let cases = tree.rules.get_mut(rule).map(Vec::as_mut_slice).unwrap_or_default();
        let own = tree.problems.iter().filter(|fault| fault.belongs_to(rule));
        let broken: Vec<String> = own.filter_map(Fault::name).collect();
        let path = files::below(&tree.folder, &note.relative);
        let problems = options::apply(&note.path, &path, cases, &broken);
        tree.problems.extend(problems.into_iter().map(|problem| Fault {
            relative: note.relative.clone(),
            polarity: None,
            problem,
        }));
    }
    for cases in tree.rules.values_mut() {
        cases.sort_by(|a, b| (a.polarity, &a.name).cmp(&(b.polarity, &b.name)));
    }
    let same: Vec<Fault> =
        tree.rules.iter().flat_map(|(rule, own)| same_names(rule, own)).collect();
    tree.problems.extend(same);
    tree
}

/// Gives the cases of folders that are named after the id of a rule to that rule.
pub(crate) fn named_by_id(cases: &mut CaseTree, rules: &RuleTree) {
    let keys: BTreeSet<&str> = rules.rules.iter().map(|loaded| loaded.key.as_str()).collect();
    if cases.rules.keys().all(|key| keys.contains(key.as_str())) {
        return;
    }
    for loaded in &rules.rules {
        let Some(rule) = &loaded.rule else { continue };
        if let Some(own) = cases.rules.remove(&rule.rule_id.value) {
            let all = cases.rules.entry(loaded.key.clone()).or_default();
            all.extend(own);
            all.sort_by(|a, b| (a.polarity, &a.name).cmp(&(b.polarity, &b.name)));
        }
    }
}

/// Takes alerts of Kibana for the events that they were raised by, in the cases of rules
/// that read no alerts.
pub(crate) fn without_alerts(cases: &mut CaseTree, rules: &RuleTree) {
    for loaded in &rules.rules {
        let Some(rule) = &loaded.rule else { continue };
        let query = rule.query.as_ref().map_or("", |query| query.text.as_str());
        let marks = ["alerts-security", ".siem-signals", "kibana.alert", "signal."];
        let mut texts = rule.index.iter().map(String::as_str).chain([query]);
        if texts.any(|text| marks.iter().any(|mark| text.contains(mark))) {
            continue;
        }
        let own = cases.rules.get_mut(&loaded.key);
        for event in own.into_iter().flatten().flat_map(|case| &mut case.events) {
            if let Some(original) = events::original(event) {
                *event = original;
            }
        }
    }
}

/// What kind of case a file is meant to be, by its folder.
fn polarity_of(relative: &str) -> Option<Polarity> {
    let folder = relative.rsplit('/').nth(1)?;
    match likeness::nearest(folder, ["positive", "negative"].into_iter())? {
        "positive" => Some(Polarity::Positive),
        _ => Some(Polarity::Negative),
    }
}

fn load(file: &Found, folder: &str) -> Result<(String, Case), Fault> {
    let path = files::below(folder, &file.relative);
    let fault = |diagnostic, text: Arc<str>| Fault {
        relative: file.relative.clone(),
        polarity: polarity_of(&file.relative),
        problem: Problem { path: path.clone(), diagnostic, text },
    };
    let (rule, polarity, name) =
        place(&file.relative).map_err(|misplaced| fault(misplaced, Arc::default()))?;
    let text = files::read(&file.path).map_err(|found| fault(found, "".into()))?;
    match parse_file(&text, &file.path) {
        Ok(events) => {
            let options = Options::default();
            Ok((rule, Case { path, name, polarity, events, options }))
        }
        Err(found) => {
            Err(fault(found, if text.len() > max_event() { "".into() } else { text.into() }))
        }
    }
}

/// The name of the case that a file is: its own without its endings.
fn name_of(file: &str) -> &str {
    let name = PACKED.iter().find_map(|ending| file.strip_suffix(ending)).unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(name, _)| name)
}

/// The rule, the kind and the name of the case that a file is.
fn place(relative: &str) -> Result<(String, Polarity, String), Diagnostic> {
    let misplaced = |message: String, help: String| {
        Diagnostic::error("case-path", message, Span::default()).with_help(help)
    };
    let mut parts = relative.rsplitn(3, '/');
    let (name, folder, rule) = (parts.next(), parts.next(), parts.next());
    let polarity = match folder {
        Some("positive") => Polarity::Positive,
        Some("negative") => Polarity::Negative,
        Some(_) | None => {
            let near = polarity_of(relative).map(Polarity::folder);
            let help = near.map_or_else(
                || "cases lie in cases/<domain>/<rule>/positive/ or …/negative/".to_owned(),
                |near| format!("did you mean {near}/?"),
            );
            let message = match folder {
                Some(folder) => {
                    format!(
                        "the file is not a case: its folder is {folder}/, not positive/ or negative/"
                    )
                }
                None => "the file is not a case: it lies in no folder of a rule".to_owned(),
            };
            return Err(misplaced(message, help));
        }
    };
    let Some(rule) = rule else {
        return Err(misplaced(
            "the file is not a case: its folder belongs to no rule".to_owned(),
            "cases lie in cases/<domain>/<rule>/positive/ or …/negative/".to_owned(),
        ));
    };
    // What the file holds is told by its content.
    Ok((rule.to_owned(), polarity, name_of(name.unwrap_or_default()).to_owned()))
}

/// `a.json` and `a.ndjson` in one folder would be one name for two cases.
fn same_names(rule: &str, cases: &[Case]) -> Vec<Fault> {
    let same = cases
        .windows(2)
        .filter(|pair| pair[0].name == pair[1].name && pair[0].polarity == pair[1].polarity);
    same.map(|pair| {
        let message = format!("the case has the same name as {}", pair[0].path);
        let diagnostic = Diagnostic::error("case-name", message, Span::default());
        let (polarity, name) = (pair[1].polarity, &pair[1].name);
        Fault {
            relative: format!("{rule}/{}/{name}", polarity.folder()),
            polarity: Some(polarity),
            problem: Problem::with_path(&pair[1].path, diagnostic),
        }
    })
    .collect()
}
