//! The command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::verbs::opensearch::release::Release;

/// Runs Elastic detection rules on fixtures, offline.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    after_help = "\
Start with cargo xtask test: each failed case ends with the command that explains it.

Exit codes: 0 success, 1 internal error, 2 wrong usage, 3 a case failed, a file is
invalid or a denied warning was found, 4 nothing ran, 5 a gate was missed, 6 the cluster did not answer.",
    disable_version_flag = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run rules on their cases and judge the alerts.
    #[command(after_help = "\
Examples:
  cargo xtask test                         every rule of this repository
  cargo xtask test aws/                    rules whose path or name contains aws/
  cargo xtask test --root ../rules-repo    a foreign repository, as it is
  cargo xtask test --update                also write the snapshots
  cargo xtask test --schedule              also look for gaps between runs
  cargo xtask test --engine http://127.0.0.1:9200            on a cluster
  cargo xtask test --engine http://127.0.0.1:9200 --compare  on a cluster and embedded

Next: cargo xtask explain RULE CASE explains a failed case; cargo xtask coverage
shows what the cases leave untested.")]
    Test(TestArgs),
    /// Show which clauses are covered by cases (MC/DC), and which mutants they catch.
    #[command(after_help = "\
Examples:
  cargo xtask coverage                                    a table, worst first
  cargo xtask coverage aws/                               these rules, and what each lacks
  cargo xtask coverage --format html --out coverage.html  one self-contained page
  cargo xtask coverage --format markdown >> $GITHUB_STEP_SUMMARY

Next: cargo xtask mutants RULE proposes the cases that are missing.")]
    Coverage(CoverageArgs),
    /// Change rules in small ways, and show which changes no case catches.
    #[command(after_help = "\
Examples:
  cargo xtask mutants                      every rule of this repository
  cargo xtask mutants linux/ssh_keys       these rules
  cargo xtask mutants --in-diff main       rules that changed, or whose cases did, since main
  cargo xtask mutants --min-mutants 100    exit code 5 where one is missed

A missed mutant is shown with the case that would catch it, ready to save.")]
    Mutants(MutantsArgs),
    /// Explain how each clause of a rule evaluates on an event, and the smallest
    /// change that flips the result.
    #[command(after_help = "\
Examples:
  cargo xtask explain root_login_over_ssh             the clauses, with types and what they need
  cargo xtask explain root_login_over_ssh positive/by_key
                                                      on the events of one of its cases
  cargo xtask explain linux/root_login event.json     on events of a file (.json or .ndjson)
  jq .hits.hits found.json | cargo xtask explain root_login -
                                                      on events of standard input
  cargo xtask explain root_login event.json --format json

A rule is named by its path, its rule id, its name, or a part of these that no
other rule has.")]
    Explain(ExplainArgs),
    /// Compare the harness with recorded verdicts of a real engine.
    Conformance(ConformanceArgs),
    /// Run rules on the data of a cluster, read-only, and count the alerts.
    #[command(after_help = "\
Examples:
  cargo xtask backtest --engine http://127.0.0.1:9200 --index 'logs-*' --from now-7d --to now
  cargo xtask backtest --engine https://search.example.com --index 'logs-aws*' \\
      --from 2026-01-01 --to 2026-02-01 aws/ --format json --out backtest.json

Credentials come from HARNESS_ENGINE_API_KEY, or from HARNESS_ENGINE_USER and
HARNESS_ENGINE_PASSWORD; read privileges suffice.")]
    #[command(mut_arg("engine", |engine| engine.required(true)))]
    Backtest(BacktestArgs),
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

/// Where rules, cases and snapshots are.
#[derive(Clone, Debug, Args)]
pub(crate) struct Folders {
    /// The project folder, with rules/, cases/, snapshots/ and harness.toml.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) root: PathBuf,
    /// The folder of rules, if it is not in the project folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
    /// The folder of cases, if it is not in the project folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) cases: Option<PathBuf>,
    /// The folder of snapshots, if it is not in the project folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots: Option<PathBuf>,
}

/// What every verb that runs rules takes.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) folders: Folders,
    /// Write the report to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Show no progress bar.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// The heading of the arguments about a cluster.
const CLUSTER: &str = "Cluster";

/// Which cluster to ask, and how.
#[derive(Debug, Args)]
pub(crate) struct EngineArgs {
    /// The address of an OpenSearch or Elasticsearch node; separate several with commas.
    #[arg(long, help_heading = CLUSTER, value_name = "URL")]
    pub(crate) engine: Option<Secret>,
    /// The encoded API key; HARNESS_ENGINE_API_KEY keeps it out of the command line.
    #[arg(long, help_heading = CLUSTER, value_name = "KEY", requires = "engine")]
    pub(crate) api_key: Option<Secret>,
    /// The user and the password; HARNESS_ENGINE_USER and HARNESS_ENGINE_PASSWORD keep
    /// them out of the command line.
    #[arg(long, help_heading = CLUSTER, value_name = "USER:PASSWORD", requires = "engine", conflicts_with = "api_key")]
    pub(crate) user: Option<Secret>,
    /// The certificate authorities to trust, as PEM; by default HARNESS_ENGINE_CA, or the
    /// public ones.
    #[arg(long, help_heading = CLUSTER, value_name = "FILE", requires = "engine")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Accept any certificate of the cluster.
    #[arg(long, help_heading = CLUSTER, requires = "engine")]
    pub(crate) insecure: bool,
    /// The time limit of one request, in seconds.
    #[arg(long, help_heading = CLUSTER, value_name = "SECONDS", default_value_t = 60, requires = "engine",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) engine_timeout: u64,
}

/// A text that no message shows.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// `cargo xtask backtest`.
#[derive(Debug, Args)]
pub(crate) struct BacktestArgs {
    /// Only rules whose path or name contains this text, or that have this rule id.
    pub(crate) filter: Option<String>,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// The indices to read, as the cluster names them; may have wildcards and commas.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) index: String,
    /// The start of the period, a date or date math such as now-7d or 2026-01-31.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: String,
    /// The end of the period, exclusive.
    #[arg(long, value_name = "TIME", default_value = "now")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// The number of sample events to show for each rule.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) samples: usize,
    /// The number of rules in one request; use fewer on a small cluster.
    #[arg(long, value_name = "N", default_value_t = 50,
          value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) batch: u8,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: BacktestFormat,
}

/// Output formats of `backtest`; see docs/cluster.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum BacktestFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// One self-contained HTML page.
    Html,
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

/// `cargo xtask test`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct TestArgs {
    /// Only rules whose path or name contains this text, or that have this rule id.
    pub(crate) filter: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TestFormat,
    /// Write the snapshots of the rules that ran.
    #[arg(long)]
    pub(crate) update: bool,
    /// Also run each rule at every interval over the events of its cases
    /// (in the formats human and json).
    #[arg(long)]
    pub(crate) schedule: bool,
    /// Print one line for each folder instead of one for each rule.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Fail with exit code 3 where there is a warning.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Run on the embedded engine as well, and report where the two differ.
    #[arg(long, requires = "engine")]
    pub(crate) compare: bool,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

/// Output formats of `test`; see docs/formats.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// JUnit XML.
    Junit,
    /// Markdown for pull requests and job summaries.
    Markdown,
    /// Annotations for GitHub Actions.
    Github,
}

/// `cargo xtask coverage`.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// Only rules whose path or name contains this text, or that have this rule id;
    /// shows what each rule lacks.
    pub(crate) filter: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: CoverageFormat,
    /// Print the sums only, without a line for each rule.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Measure clauses only, without mutants.
    #[arg(long)]
    pub(crate) no_mutants: bool,
    /// Fail with exit code 3 where there is a warning.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
}

/// What rules have to reach, in addition to the gates of harness.toml.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct GateArgs {
    /// The share of clauses that must be covered in each rule, in percent.
    #[arg(long, value_name = "PCT", value_parser = clap::value_parser!(u8).range(..=100))]
    pub(crate) min_clauses: Option<u8>,
    /// The share of mutants that must be caught in each rule, in percent.
    #[arg(long, value_name = "PCT", value_parser = clap::value_parser!(u8).range(..=100))]
    pub(crate) min_mutants: Option<u8>,
    /// Require a positive and a negative case for each rule.
    #[arg(long)]
    pub(crate) require_pairs: bool,
}

/// `cargo xtask mutants`.
#[derive(Debug, Args)]
pub(crate) struct MutantsArgs {
    /// Only rules whose path or name contains this text, or that have this rule id.
    pub(crate) filter: Option<String>,
    /// Only rules that changed since this git commit, or whose cases did.
    #[arg(long, value_name = "REF")]
    pub(crate) in_diff: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Fail with exit code 3 where there is a warning.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
}

/// Output formats of `coverage`; see docs/formats.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// JUnit XML.
    Junit,
    /// Markdown for pull requests and job summaries.
    Markdown,
    /// Annotations for GitHub Actions.
    Github,
    /// A layer for the MITRE ATT&CK Navigator.
    Navigator,
    /// One self-contained HTML page.
    Html,
}

/// Output formats for figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object; see docs/formats.md.
    Json,
}

/// `cargo xtask explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule, by path, name or rule id, or by a part that no other rule has.
    pub(crate) rule: String,
    /// A case of the rule, a file of events, or - for standard input.
    #[arg(value_name = "EVENT.json|CASE")]
    pub(crate) events: Option<String>,
    #[command(flatten)]
    pub(crate) folders: Folders,
    /// Write the report to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
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
    /// The number of synthetic events that the naive loop judges.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(crate) sample: usize,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// The format of the figures.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
