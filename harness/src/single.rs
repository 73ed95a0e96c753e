//! One rule and some events, in memory.

use std::fmt;
use std::sync::Arc;

use harness_model::schema::{Base, Schema};
use harness_quality::explain;
use harness_report::problem::{self, Styled};
use harness_rule::exception::ExceptionTree;
use harness_rule::tree::{self, Loaded, RuleTree};
use harness_runner::case::{self, Case, CaseTree, Options, Polarity};
use harness_runner::run::{Project, RuleRun, Run};
use harness_runner::verdict::Verdict;
use harness_source::files::Problem;
use serde_json::Value;

use crate::outcome;

/// What reports call the file of the rule, and of the events.
const FILE: &str = "rule.toml";
const EVENTS: &str = "events";

/// A detection rule in memory.
///
/// Its fields have the types of the embedded table of ECS and integrations; rules
/// that need mappings, exception lists or other cases live in a
/// [`Suite`](crate::Suite).
#[derive(Clone, Debug)]
pub struct Rule(Loaded);

/// Why a text is no rule, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidRule {
    /// Every error, with its line.
    pub report: String,
}

/// Why a rule cannot be judged on events, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotJudged {
    /// What is in the way, with its place.
    pub report: String,
}

/// A rule and the events that it is to judge.
#[derive(Clone, Debug)]
#[must_use]
pub struct OnEvents<'a> {
    rule: &'a Rule,
    events: Vec<Value>,
}

impl Rule {
    /// Reads a rule in the TOML format of detection-rules.
    ///
    /// # Errors
    ///
    /// All errors of the text, where there is one.
    pub fn from_toml(text: &str) -> Result<Self, InvalidRule> {
        let (rule, diagnostics) = harness_rule::parse(text);
        let (path, file, text) = (FILE.to_owned(), FILE.to_owned(), Arc::from(text));
        let key = tree::key_of(&path).to_owned();
        let loaded = Loaded { path, key, file, text, rule, diagnostics };
        if loaded.has_errors() {
            return Err(InvalidRule { report: told(&loaded.problems()) });
        }
        Ok(Self(loaded))
    }

    /// The rule on these events: documents, or hits with `_source`, `_id` and `_index`.
    ///
    /// The rule runs at the time of the newest event.
    pub fn on(&self, events: impl IntoIterator<Item = Value>) -> OnEvents<'_> {
        OnEvents { rule: self, events: events.into_iter().collect() }
    }
}

impl OnEvents<'_> {
    /// The number of alerts.
    ///
    /// # Errors
    ///
    /// Why the rule cannot be judged on them: it is invalid or unsupported, there is
    /// no event, or Elasticsearch would refuse one.
    pub fn alerts(&self) -> Result<usize, NotJudged> {
        self.judge(None).map(|run| run.rules[0].cases[0].alerts.len())
    }

    /// Asserts that the rule raises so many alerts.
    ///
    /// # Panics
    ///
    /// With the explanation, where it raises more or fewer; and where the rule cannot
    /// be judged.
    #[track_caller]
    pub fn assert_alerts(&self, expected: usize) {
        let run = self.judge(Some(expected)).unwrap_or_else(|error| panic!("{error}"));
        let rule = &run.rules[0];
        let holds = rule.cases.iter().all(|case| case.verdict == Verdict::Pass);
        assert!(holds, "{}", outcome::report(rule, &run.places).trim());
    }

    /// A run with the rule and its only case.
    fn judge(&self, expected: Option<usize>) -> Result<Run, NotJudged> {
        let text = Value::Array(self.events.clone()).to_string();
        let events = case::parse(&text)
            .map_err(|found| NotJudged { report: told(&[Problem::with_path(EVENTS, found)]) })?;
        let polarity = match expected {
            Some(0) => Polarity::Negative,
            Some(_) | None => Polarity::Positive,
        };
        let options = Options { alerts: expected.filter(|all| *all > 0), ..Options::default() };
        let (path, name) = (EVENTS.to_owned(), EVENTS.to_owned());
        let case = Case { path, name, polarity, events, options };
        let rules = vec![self.rule.0.clone()];
        let project = Project {
            cases: CaseTree {
                rules: [(self.rule.0.key(), vec![case])].into(),
                ..CaseTree::default()
            },
            rules: RuleTree { rules, ..RuleTree::default() },
            exceptions: ExceptionTree::default(),
            schema: Schema::new(Base::Embedded),
            problems: Vec::new(),
        };
        let mut run =
            explain::run(project).map_err(|error| NotJudged { report: error.to_string() })?;
        // There is no file for `explain` to open.
        run.places.program = "";
        match run.rules.first_mut() {
            Some(rule) => {
                rule.problems.retain(|problem| problem.diagnostic.code != "unpaired");
                let judged = |rule: &RuleRun| match rule.cases.first() {
                    Some(case) => !matches!(case.verdict, Verdict::Error(_)),
                    None => false,
                };
                if !judged(rule) {
                    let report = outcome::report(&run.rules[0], &run.places);
                    return Err(NotJudged { report: report.trim().to_owned() });
                }
            }
            None => return Err(NotJudged { report: "nothing was judged".to_owned() }),
        }
        Ok(run)
    }
}

fn told(problems: &[Problem]) -> String {
    let told = problems.iter().map(|one| problem::render(one, Styled::Plain));
    told.collect::<Vec<_>>().join("\n")
}

impl fmt::Display for InvalidRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl fmt::Display for NotJudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl std::error::Error for InvalidRule {}

impl std::error::Error for NotJudged {}
