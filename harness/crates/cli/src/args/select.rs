//! The arguments that say which rules are meant, the same for all verbs.

use clap::Args;
use harness_report::human::{self, STATUSES};
use harness_rule::names::{RuleType, Severity, of_name};
use harness_runner::select::Selection;
use harness_runner::verdict::Status;

/// The heading of these arguments.
const HEADING: &str = "Which rules";

/// Which rules are meant.
#[derive(Clone, Debug, Default, Args)]
pub struct SelectArgs {
    /// Only these rules, by path, folder, glob, name or id, or a part of these; also
    /// single cases, as linux/keys/positive/first.
    #[arg(value_name = "RULES")]
    pub names: Vec<String>,
    /// What they are.
    #[command(flatten)]
    pub traits: TraitArgs,
}

/// Which rules are meant by what they are, beside their names.
#[derive(Clone, Debug, Default, Args)]
pub struct TraitArgs {
    /// Only rules with this tag; "OS: Linux" also by Linux; may be repeated.
    #[arg(long, value_name = "TAG", value_delimiter = ',', help_heading = HEADING)]
    pub tag: Vec<String>,
    /// Only rules of this severity; may be repeated.
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',', help_heading = HEADING,
          value_parser = of_name::<Severity>)]
    pub severity: Vec<Severity>,
    /// Only rules of this type, such as eql or threshold; may be repeated.
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', help_heading = HEADING,
          value_parser = of_name::<RuleType>)]
    pub types: Vec<RuleType>,
    /// Only rules that come out like this: passed, failed, todo, untested, unsupported or
    /// invalid; may be repeated.
    #[arg(long, value_name = "STATUS", value_delimiter = ',', help_heading = HEADING,
          value_parser = status)]
    pub status: Vec<Status>,
    /// Only rules that changed since this git commit, or whose cases did; by default
    /// since the last one.
    #[arg(long, value_name = "REF", num_args = 0..=1, require_equals = true,
          default_missing_value = "HEAD", help_heading = HEADING)]
    pub changed: Option<String>,
    /// Print the rules that are meant, and do nothing else.
    #[arg(long, help_heading = HEADING)]
    pub list: bool,
}

/// A status by its word.
fn status(word: &str) -> Result<Status, String> {
    let found = STATUSES.into_iter().find(|status| human::word(*status) == word);
    let words: Vec<&str> = STATUSES.into_iter().map(human::word).collect();
    found.ok_or_else(|| format!("one of {}", words.join(", ")))
}

impl TraitArgs {
    /// The rules of these names that are all this, but for changes and statuses.
    pub fn selection(&self, names: &[String]) -> Selection {
        Selection {
            names: names.to_vec(),
            tags: self.tag.clone(),
            severities: self.severity.clone(),
            types: self.types.clone(),
            keys: None,
        }
    }
}
