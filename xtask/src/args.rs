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
    after_help = "Exit codes: 0 ok, 1 internal error, 2 usage, 3 failed cases, 4 nothing ran, \
                  5 a gate was missed, 6 a cluster did not answer.",
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
  cargo xtask test --update                and write the snapshots
  cargo xtask test --schedule              and look for gaps between runs
  cargo xtask test --engine http://127.0.0.1:9200            on a cluster
  cargo xtask test --engine http://127.0.0.1:9200 --compare  and on the embedded engine")]
    Test(TestArgs),
    /// Show which clauses of the rules their cases have shown to matter.
    #[command(after_help = "\
Examples:
  cargo xtask coverage                                    a table, worst first
  cargo xtask coverage aws/                               these rules, and what each lacks
  cargo xtask coverage --format html --out coverage.html  one page that needs nothing else
  cargo xtask coverage --format markdown >> $GITHUB_STEP_SUMMARY")]
    Coverage(CoverageArgs),
    /// Change rules in small ways and show which changes no case notices.
    #[command(after_help = "\
Examples:
  cargo xtask mutants                      every rule of this repository
  cargo xtask mutants linux/ssh_keys       these rules
  cargo xtask mutants --in-diff main       rules that changed, or whose cases did, since main
  cargo xtask mutants --min-mutants 100    exit code 5 where one is missed

A missed mutant is shown with the case that would catch it, ready to save.")]
    Mutants(MutantsArgs),
    /// Show the clauses of a rule, and what each is on an event: true, false or
    /// unknown, by which value, and the smallest change that turns the outcome.
    #[command(after_help = "\
Examples:
  cargo xtask explain root_login_over_ssh             the clauses, with types and what they need
  cargo xtask explain root_login_over_ssh positive/by_key
                                                      on the events of one of its cases
  cargo xtask explain linux/root_login event.json     on events of a file (.json or .ndjson)
  jq .hits.hits found.json | cargo xtask explain root_login -
                                                      on events of standard input
  cargo xtask explain root_login event.json --format json

A rule is named by its path, its rule_id, its name, or a piece of these that no
other rule has.")]
    Explain(ExplainArgs),
    /// Judge this harness by recorded verdicts of a real engine.
    Conformance(ConformanceArgs),
    /// Run rules on the data of a cluster, read-only: what would have alerted.
    #[command(after_help = "\
Examples:
  cargo xtask backtest --engine http://127.0.0.1:9200 --index 'logs-*' --from now-7d --to now
  cargo xtask backtest --engine https://search.example.com --index 'logs-aws*' \\
      --from 2026-01-01 --to 2026-02-01 aws/ --format json --out backtest.json

Credentials come from HARNESS_ENGINE_API_KEY, or from HARNESS_ENGINE_USER and
HARNESS_ENGINE_PASSWORD; read privileges suffice.")]
    Backtest(BacktestArgs),
    /// Start or stop a node of `OpenSearch` or Elasticsearch on this machine, to test with.
    Opensearch(OpensearchArgs),
    /// Check the repository's own conventions.
    Tidy(TidyArgs),
    /// Measure how fast rules run; build with --release.
    Bench(BenchArgs),
}

/// Where rules, cases and snapshots are.
#[derive(Clone, Debug, Args)]
pub(crate) struct Folders {
    /// The repository: holds rules/, cases/, snapshots/ and harness.toml.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) root: PathBuf,
    /// The rules, if elsewhere.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
    /// The cases, if elsewhere.
    #[arg(long, value_name = "DIR")]
    pub(crate) cases: Option<PathBuf>,
    /// The snapshots, if elsewhere.
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots: Option<PathBuf>,
}

/// What every verb that runs rules takes.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) folders: Folders,
    /// Write the output to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// No progress bar.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Which cluster to ask, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct EngineArgs {
    /// A node of `OpenSearch` or Elasticsearch to run on; several, separated by commas.
    #[arg(long, value_name = "URL")]
    pub(crate) engine: Option<Secret>,
    /// An API key, encoded; better in `HARNESS_ENGINE_API_KEY`.
    #[arg(long, value_name = "KEY", requires = "engine")]
    pub(crate) api_key: Option<Secret>,
    /// A user and a password; better in `HARNESS_ENGINE_USER` and `HARNESS_ENGINE_PASSWORD`.
    #[arg(long, value_name = "USER:PASSWORD", requires = "engine", conflicts_with = "api_key")]
    pub(crate) user: Option<Secret>,
    /// Authorities to trust, as PEM; else `HARNESS_ENGINE_CA`, else the public ones.
    #[arg(long, value_name = "FILE", requires = "engine")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Take any certificate of the cluster.
    #[arg(long, requires = "engine")]
    pub(crate) insecure: bool,
    /// How long one request may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "engine",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) engine_timeout: u64,
}

/// A text that no message shows.
#[derive(Clone)]
#[cfg_attr(not(feature = "cluster"), expect(dead_code, reason = "nobody is asked"))]
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
    /// Only rules whose path or name contains this, or whose `rule_id` is this.
    pub(crate) filter: Option<String>,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// Which indices to read, as the cluster names them; wildcards and commas are fine.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) index: String,
    /// The first moment, as a date or date math: `now-7d`, `2026-01-31`.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: String,
    /// The moment after the last.
    #[arg(long, value_name = "TIME", default_value = "now")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// How many events of each rule to show.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) samples: usize,
    /// How many rules to ask about in one request; less for a weak cluster.
    #[arg(long, value_name = "N", default_value_t = 50,
          value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) batch: u8,
    /// How to print the outcome.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: BacktestFormat,
}

/// Output formats of `backtest`; see docs/cluster.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum BacktestFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// One page that holds everything.
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
    /// Start it, wait until it is ready, and print its address.
    Start {
        /// Product and version; those of Java 21 want `HARNESS_JAVA` where that is not installed.
        #[arg(long, value_enum, default_value_t)]
        version: Release,
        /// How many nodes.
        #[arg(long, value_name = "N", default_value_t = 1,
              value_parser = clap::value_parser!(u16).range(1..=9))]
        nodes: u16,
        /// The port of the first.
        #[arg(long, default_value_t = 19200)]
        port: u16,
    },
    /// Stop it and delete its data.
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
    /// Only rules whose path or name contains this, or whose `rule_id` is this.
    pub(crate) filter: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// How to print the outcome.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TestFormat,
    /// Write the snapshots of the rules that ran.
    #[arg(long)]
    pub(crate) update: bool,
    /// Also simulate consecutive runs, an interval apart, over every case
    /// (formats human and json).
    #[arg(long)]
    pub(crate) schedule: bool,
    /// One line a folder instead of one line a rule.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Run on the embedded engine as well, and report where they differ.
    #[arg(long, requires = "engine")]
    pub(crate) compare: bool,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

/// Output formats of `test`; see docs/formats.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// `JUnit` XML.
    Junit,
    /// Markdown for pull requests and job summaries.
    Markdown,
    /// Annotations for GitHub Actions.
    Github,
}

/// `cargo xtask coverage`.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// Only rules whose path or name contains this, or whose `rule_id` is this;
    /// shows what each lacks.
    pub(crate) filter: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: CoverageFormat,
    /// Only sums, no line a rule.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Clauses only, no mutants.
    #[arg(long)]
    pub(crate) no_mutants: bool,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
}

/// What rules have to reach, beside the gates of harness.toml.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct GateArgs {
    /// The least share of covered clauses of each rule, in percent.
    #[arg(long, value_name = "PCT", value_parser = clap::value_parser!(u8).range(..=100))]
    pub(crate) min_clauses: Option<u8>,
    /// The least share of caught mutants of each rule, in percent.
    #[arg(long, value_name = "PCT", value_parser = clap::value_parser!(u8).range(..=100))]
    pub(crate) min_mutants: Option<u8>,
    /// Each rule needs a positive and a negative case.
    #[arg(long)]
    pub(crate) require_pairs: bool,
}

/// `cargo xtask mutants`.
#[derive(Debug, Args)]
pub(crate) struct MutantsArgs {
    /// Only rules whose path or name contains this, or whose `rule_id` is this.
    pub(crate) filter: Option<String>,
    /// Only rules that changed, or whose cases did, since this commit of git.
    #[arg(long, value_name = "REF")]
    pub(crate) in_diff: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
}

/// Output formats of `coverage`; see docs/formats.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// `JUnit` XML.
    Junit,
    /// Markdown for pull requests and job summaries.
    Markdown,
    /// Annotations for GitHub Actions.
    Github,
    /// A layer for MITRE's ATT&CK Navigator.
    Navigator,
    /// One page that holds everything.
    Html,
}

/// Output formats for figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object; see docs/formats.md.
    Json,
}

/// `cargo xtask explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule.
    pub(crate) rule: String,
    /// A case of the rule, a file of events, or `-` for standard input.
    #[arg(value_name = "EVENT.json|CASE")]
    pub(crate) events: Option<String>,
    #[command(flatten)]
    pub(crate) folders: Folders,
    /// Write the output to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `cargo xtask conformance`.
#[derive(Debug, Args)]
pub(crate) struct ConformanceArgs {
    /// Suite files, or folders of them.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the rules of generated/<`rule_id>.json` are.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
    /// How many disagreements to show in full.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) show: usize,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// How to print the outcome.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `cargo xtask tidy`.
#[derive(Debug, Args)]
pub(crate) struct TidyArgs {
    #[command(flatten)]
    pub(crate) folders: Folders,
}

/// `cargo xtask bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// The rules to run.
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,
    /// A folder of generated documents, one file a rule named by its id, to run the rules on.
    #[arg(long, value_name = "DIR")]
    pub(crate) generated: Option<PathBuf>,
    /// How many synthetic events to index.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) events: usize,
    /// How many candidate events the sequences range over, with a tenth as many keys.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) candidates: usize,
    /// How many of the synthetic events the naive loop judges.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(crate) sample: usize,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// How to print the figures.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
