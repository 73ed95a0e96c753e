//! The command line of this repository: the verbs for authors, and its own.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use harness_cli::args::{AFTER_HELP, EngineArgs, Folders, Format};

use crate::verbs::opensearch::release::Release;

/// What people type.
pub(crate) const PROGRAM: &str = "cargo xtask";

/// Runs Elastic detection rules on fixtures, offline.
#[derive(Debug, Parser)]
#[command(
    name = PROGRAM,
    bin_name = PROGRAM,
    after_help = AFTER_HELP,
    disable_version_flag = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, and it is used once")]
pub(crate) enum Verb {
    #[command(flatten)]
    Author(harness_cli::args::Verb),
    /// Compare the harness with recorded verdicts of a real engine.
    Conformance(ConformanceArgs),
    /// Start or stop a node of OpenSearch or Elasticsearch on this machine, for tests.
    Opensearch(OpensearchArgs),
    /// Check the conventions of this repository: module order, paths in documents, snapshots.
    Tidy(TidyArgs),
    /// Measure how fast rules run; needs a release build.
    Bench(BenchArgs),
    /// Run random rules, cases and queries to find what breaks the harness.
    Fuzz(FuzzArgs),
}

/// What to fuzz, and for how long.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// One target; all of them share the time otherwise.
    pub(crate) target: Option<String>,
    /// How long, in seconds.
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) seconds: u64,
    /// The same seed makes the same inputs.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Run the inputs that were found before instead of new ones.
    #[arg(long)]
    pub(crate) replay: bool,
    /// Stop a target when so many inputs were found.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) most: usize,
    /// Show what the processes say.
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// The repository, whose rules and cases inputs are made of.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) root: PathBuf,
    /// Run one file.
    #[arg(long, value_name = "FILE", requires = "target")]
    pub(crate) input: Option<PathBuf>,
    /// Be the process that runs inputs.
    #[arg(long, hide = true)]
    pub(crate) inputs_from: Option<u64>,
    #[arg(long, hide = true, default_value_t = 1)]
    pub(crate) step: u64,
    #[arg(long, hide = true)]
    pub(crate) progress: Option<PathBuf>,
}

/// `cargo xtask opensearch`.
#[derive(Debug, Args)]
pub(crate) struct OpensearchArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: OpensearchAction,
}

/// What to do with a node.
#[derive(Debug, Subcommand)]
pub(crate) enum OpensearchAction {
    /// Start a node, wait until it is ready, and print its address.
    Start {
        /// The product and its version; versions that need Java 21 look for it in HARNESS_JAVA.
        #[arg(long, value_enum, default_value_t)]
        version: Release,
        /// The number of nodes.
        #[arg(long, value_name = "N", default_value_t = 1,
              value_parser = clap::value_parser!(u16).range(1..=9))]
        nodes: u16,
        /// The port of the first node.
        #[arg(long, default_value_t = 19200)]
        port: u16,
    },
    /// Stop the node and delete its data.
    Stop {
        /// The port of the first node.
        #[arg(long, default_value_t = 19200)]
        port: u16,
    },
}

/// `cargo xtask conformance`.
#[derive(Debug, Args)]
pub(crate) struct ConformanceArgs {
    /// The files of suites, or folders of them.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The folder with the rules of suites that name rules by id.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
    /// The number of disagreements to show in full.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) show: usize,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `cargo xtask tidy`.
#[derive(Debug, Args)]
pub(crate) struct TidyArgs {
    #[command(flatten)]
    pub(crate) folders: Folders,
    /// Mend the map of crates in ARCHITECTURE.md.
    #[arg(long)]
    pub(crate) write: bool,
}

/// `cargo xtask bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// The rules to run.
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,
    /// A folder of documents to run the rules on: one file for each rule, named by rule id.
    #[arg(long, value_name = "DIR")]
    pub(crate) generated: Option<PathBuf>,
    /// The number of synthetic events to index.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) events: usize,
    /// The number of candidate events of sequences; there are a tenth as many keys.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) candidates: usize,
    /// Measure backtests of files, and nothing else.
    #[arg(long)]
    pub(crate) files: bool,
    /// A folder of events, one a line, that are repeated with other values.
    #[arg(long, value_name = "DIR", requires = "files")]
    pub(crate) diverse: Option<PathBuf>,
    /// The number of synthetic events that the naive loop judges.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(crate) sample: usize,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// The format of the figures.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
