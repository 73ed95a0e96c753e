//! The arguments of `harness regress`.

use clap::{Args, ValueEnum};

use super::RunArgs;

/// `harness regress`.
#[derive(Debug, Args)]
pub struct RegressArgs {
    /// What to compare: a git revision with the work tree, BASE..HEAD, or a folder or file
    /// of rules with another; one folder or file alone is compared with the project.
    #[arg(value_name = "BASE", required = true, num_args = 1..=2)]
    pub revisions: Vec<String>,
    /// Only rules whose path or name contains this, or that have this rule id; may be
    /// repeated.
    #[arg(long, value_name = "RULE")]
    pub rule: Vec<String>,
    /// Where things are, and where the report goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: RegressFormat,
    /// Exit with code 5 where a rule changes in such a way.
    #[arg(long, value_enum, value_name = "CHANGE")]
    pub fail_on: Option<FailOn>,
}

/// Output formats of `regress`; see docs/formats.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RegressFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// Markdown for pull requests.
    Markdown,
}

/// Which changes fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Events are lost: a rule is narrower, or catches other events, or is gone.
    Lost,
    /// The same, and rules of which not all is known.
    Narrower,
    /// Any change that is not proved to be none.
    Any,
}
