//! The arguments of `harness lint`.

use clap::{Args, ValueEnum};

use super::{RunArgs, SelectArgs};

/// `harness lint`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct LintArgs {
    /// Which rules.
    #[command(flatten)]
    pub which: SelectArgs,
    /// Where things are, and where the report goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: LintFormat,
    /// Tell only these kinds of findings, or families of them: proved, traps, fields, time,
    /// metadata, accepted; separate several with commas.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not tell these kinds of findings, or families of them.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Mend what can be mended without changing what a rule alerts on.
    #[arg(long)]
    pub fix: bool,
    /// With --fix: also change what a rule alerts on, as most likely meant; shows the
    /// changes and asks.
    #[arg(long = "unsafe", requires = "fix")]
    pub unsafe_fixes: bool,
    /// With --fix --unsafe: do not ask.
    #[arg(long, requires = "unsafe_fixes")]
    pub yes: bool,
    /// Explain a kind of finding instead, with a bad and a good example.
    #[arg(long, value_name = "CODE")]
    pub explain: Option<String>,
    /// Fail with exit code 3 where there is a warning.
    #[arg(long)]
    pub deny_warnings: bool,
}

/// Output formats of `lint`; see docs/formats.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// Annotations for GitHub Actions.
    Github,
    /// JUnit XML.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Markdown for pull requests and job summaries.
    Markdown,
}
