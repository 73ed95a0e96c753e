//! How one rule came out, for a test to ask.

use std::fmt;
use std::sync::Arc;

use harness_report::human;
use harness_report::problem::Styled;
use harness_report::snapshot;
use harness_runner::case::Polarity;
use harness_runner::run::{Places, RuleRun, Run};
use harness_runner::verdict::Status;

/// How one rule of a [`Suite`](crate::Suite) came out on its cases.
///
/// Its [`Display`](fmt::Display) is the report for people.
#[derive(Clone, Debug)]
#[must_use]
pub struct RuleOutcome(Found);

#[derive(Clone, Debug)]
enum Found {
    /// The rule of a run at an index.
    Judged(Arc<Run>, usize),
    /// What was asked for, and why there is no such rule.
    Missing { named: String, why: String },
}

impl RuleOutcome {
    pub(crate) fn judged(run: &Arc<Run>, rule: usize) -> Self {
        Self(Found::Judged(Arc::clone(run), rule))
    }

    pub(crate) fn missing(named: &str, why: String) -> Self {
        Self(Found::Missing { named: named.to_owned(), why })
    }

    fn rule(&self) -> Result<(&RuleRun, &Places), (&str, &str)> {
        match &self.0 {
            Found::Judged(run, rule) => Ok((&run.rules[*rule], &run.places)),
            Found::Missing { named, why } => Err((named, why)),
        }
    }

    /// The path of the rule below the folder of rules, without `.toml`; what was
    /// asked for, where there is no such rule.
    pub fn key(&self) -> &str {
        self.rule().map_or_else(|(named, _)| named, |(rule, _)| &rule.key)
    }

    /// The status of the rule; [`Status::Invalid`] where it is not there.
    pub fn status(&self) -> Status {
        self.rule().map_or(Status::Invalid, |(rule, _)| rule.status)
    }

    /// What the rule asks and which alerts its cases raise, as `harness test --update`
    /// writes it; the report, where there is no such rule.
    pub fn snapshot(&self) -> String {
        self.rule().map_or_else(|_| self.to_string(), |(rule, _)| snapshot::render(rule))
    }

    /// The findings about the rule and its cases, a line each; warnings are among them.
    pub fn findings(&self) -> Vec<String> {
        match self.rule() {
            Ok((rule, _)) => rule.problems.iter().map(harness_report::problem::one_line).collect(),
            Err((_, why)) => vec![why.to_owned()],
        }
    }

    /// Asserts that the rule has a positive and a negative case, and that all its
    /// cases hold.
    ///
    /// # Panics
    ///
    /// With the report, where the rule does not pass.
    #[track_caller]
    pub fn assert_passes(&self) {
        assert!(self.status() == Status::Passed, "{self}");
    }
}

impl fmt::Display for RuleOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rule, places) = match self.rule() {
            Ok(found) => found,
            Err((named, why)) => return write!(f, "{named}: {why}"),
        };
        write!(f, "{} {}", rule.file, human::word(rule.status))?;
        if rule.status == Status::Untested {
            let case = places.new_case(&rule.key, Polarity::Positive, "a_name");
            write!(f, "\nput an event that raises the rule into {case}")?;
        }
        f.write_str(report(rule, places).trim_end())
    }
}

/// What is to be said of a rule, in lines, each after a line break.
pub(crate) fn report(rule: &RuleRun, places: &Places) -> String {
    let mut text = vec![b'\n'];
    // Nothing that is written to memory fails.
    let _ = human::rule(rule, places, Styled::Plain, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
