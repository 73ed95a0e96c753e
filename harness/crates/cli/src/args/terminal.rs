//! The arguments that say what is seen of a run, the same for all verbs.

use clap::{Args, ValueEnum};
use harness_report::Amount;

/// The heading of these arguments.
const HEADING: &str = "Terminal";

/// How much is printed, how, and on how many threads.
#[derive(Clone, Debug, Default, Args)]
pub struct TerminalArgs {
    /// Print sums and what is wrong, without a line for each rule.
    #[arg(short, long, help_heading = HEADING)]
    pub quiet: bool,
    /// Print each rule and each finding whole.
    #[arg(short, long, help_heading = HEADING, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Show no progress bar.
    #[arg(long, help_heading = HEADING)]
    pub no_progress: bool,
    /// When to colour what is printed.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, help_heading = HEADING)]
    pub color: Colour,
    /// How many threads to use; by default as many as there are cores.
    #[arg(short, long, value_name = "N", visible_alias = "threads", help_heading = HEADING,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
}

impl TerminalArgs {
    /// How much is told.
    pub fn amount(&self) -> Amount {
        match (self.quiet, self.verbose) {
            (true, _) => Amount::Less,
            (false, true) => Amount::More,
            (false, false) => Amount::Usual,
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// At terminals, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
