//! The arguments of `harness regress`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{EngineArgs, PageArgs, RunArgs, TraitArgs};

/// The heading of what data is compared on.
const DATA: &str = "On data";
/// The heading of what is accepted.
const ACCEPTED: &str = "Accepted changes";

/// `harness regress`.
#[derive(Debug, Args)]
pub struct RegressArgs {
    /// What to compare: a git revision with the work tree, BASE..HEAD, or a folder or file
    /// of rules with another; one folder or file alone is compared with the project.
    /// Without any, the work tree is compared with where it left the main branch.
    #[arg(value_name = "BASE", num_args = 0..=2)]
    pub revisions: Vec<String>,
    /// Compare the work tree with where it left this branch.
    #[arg(long, value_name = "BRANCH", conflicts_with = "revisions")]
    pub against: Option<String>,
    /// Only these rules, by path, folder, glob, name or id, or a part of these; may be
    /// repeated.
    #[arg(long, value_name = "RULE")]
    pub rule: Vec<String>,
    /// Which rules by what they are.
    #[command(flatten)]
    pub traits: TraitArgs,
    /// On what data alerts are compared.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where things are, and where the report goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: RegressFormat,
    /// The page.
    #[command(flatten)]
    pub page: PageArgs,
    /// Write what a reviewer asks for, as a block of a pull request: no longer caught,
    /// newly caught, which clause decides, the same on data.
    #[arg(long, conflicts_with_all = ["format", "release"])]
    pub evidence: bool,
    /// Write release notes by rule.
    #[arg(long, conflicts_with = "format")]
    pub release: bool,
    /// Exit with code 5 where a rule changes in such a way.
    #[arg(long, value_enum, value_name = "CHANGE")]
    pub fail_on: Option<FailOn>,
    /// The file of accepted changes, by default accepted.toml in the project folder.
    #[arg(long, value_name = "FILE", help_heading = ACCEPTED)]
    pub accepted: Option<PathBuf>,
    /// Accept all changes that are told, for this reason: add them to that file.
    #[arg(long, value_name = "REASON", help_heading = ACCEPTED)]
    pub accept: Option<String>,
}

/// On what data the alerts of both versions are compared.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// Events on which the alerts of both versions are compared: files, folders or globs.
    #[arg(long, value_name = "EVENTS", num_args = 1.., help_heading = DATA,
          conflicts_with = "engine")]
    pub events: Vec<String>,
    /// The cluster.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// The indices of the cluster to read; may have wildcards and commas.
    #[arg(long, value_name = "PATTERN", help_heading = DATA, requires = "engine")]
    pub index: Option<String>,
    /// The start of the period, a date or date math such as now-7d; for files all of them
    /// by default.
    #[arg(long, value_name = "TIME", help_heading = DATA)]
    pub from: Option<String>,
    /// The end of the period, exclusive; on a cluster now by default.
    #[arg(long, value_name = "TIME", help_heading = DATA)]
    pub to: Option<String>,
    /// The number of lost and of new alerts to show for each rule.
    #[arg(long, value_name = "N", default_value_t = 3, help_heading = DATA)]
    pub samples: usize,
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
    /// One self-contained HTML page.
    Html,
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
    /// The same, but for accepted changes.
    Unreviewed,
}
