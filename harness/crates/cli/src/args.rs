//! The arguments. Help texts name the program `{program}` until [`named`] has seen them.

mod lint;
mod regress;
mod select;
mod terminal;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Command, Subcommand, ValueEnum};

pub use lint::{LintArgs, LintFormat};
pub use regress::{DataArgs, FailOn, RegressArgs, RegressFormat};

pub use select::{SelectArgs, TraitArgs};
pub use terminal::{Colour, TerminalArgs};

/// Where to start, and the exit codes.
pub const AFTER_HELP: &str = "\
A first time: {program} init, then {program} test; each failed case ends with the command
that explains it. Daily: test, explain, new, lint. For coverage: coverage, mutants. For
changes: regress. On data: backtest.

Exit codes: 0 success, 1 internal error, 2 wrong usage, 3 a case failed, a file is
invalid or a denied warning was found, 4 nothing ran, 5 a gate was missed, 6 the cluster did not answer.";

/// The command with the name that it is called by in all its help texts.
pub fn named(command: Command, program: &'static str) -> Command {
    let help = command.get_after_help().map(|help| help.to_string().replace("{program}", program));
    let command = match help {
        Some(help) => command.after_help(help),
        None => command,
    };
    command.mut_subcommands(|verb| named(verb, program))
}

/// The verbs for authors of rules.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Prepare a repository of rules: a harness.toml, a first case, a workflow.
    #[command(after_help = "\
Examples:
  {program} init                         for the repository around the current folder
  {program} init --root ../rules-repo --no-ci

What is there stays as it is. Next: {program} test runs the rules on their cases.")]
    Init(InitArgs),
    /// Run rules on their cases and judge the alerts.
    #[command(after_help = "\
Examples:
  {program} test                         every rule of this repository
  {program} test aws/ rules/linux/*.toml  rules by folder, path, glob, name or id
  {program} test aws/s3/positive/first   one case
  {program} test --tag Linux --severity high --changed=origin/main
  {program} test --root ../rules-repo    a foreign repository, as it is
  {program} test --update                also write the snapshots; --check compares them
  {program} test --watch aws/s3          again whenever the rule or a case changes
  {program} test --junit run.xml --markdown run.md   several reports of one run
  {program} test --schedule              also look for gaps between runs
  {program} test --engine http://127.0.0.1:9200            on a cluster
  {program} test --engine http://127.0.0.1:9200 --compare  on a cluster and embedded

Next: {program} explain RULE CASE explains a failed case; {program} coverage
shows what the cases leave untested.")]
    Test(TestArgs),
    /// Show which clauses are covered by cases (MC/DC), and which mutants they catch.
    #[command(after_help = "\
Examples:
  {program} coverage                                    a table, worst first
  {program} coverage aws/                               these rules, and what each lacks
  {program} coverage --format html --out coverage.html  one self-contained page
  {program} coverage --format markdown >> $GITHUB_STEP_SUMMARY

Next: {program} mutants RULE proposes the cases that are missing.")]
    Coverage(CoverageArgs),
    /// Make the page of all rules: coverage, mutants, cases; or serve it while you work.
    #[command(after_help = "\
Examples:
  {program} report                       report.html, one page that needs nothing else
  {program} report linux/ --title 'Linux rules' --out linux.html
  {program} report --serve --watch       on this machine, anew whenever a file changes

The page is that of {program} coverage --format html.")]
    Report(ReportVerbArgs),
    /// Change rules in small ways, and show which changes no case catches.
    #[command(after_help = "\
Examples:
  {program} mutants                      every rule of this repository
  {program} mutants linux/ssh_keys       these rules
  {program} mutants --changed=main       rules that changed, or whose cases did, since main
  {program} mutants --min-mutants 100    exit code 5 where one is missed

  {program} mutants linux/ssh_keys -v    each whole, with the case that would catch it

Next: {program} new RULE writes the cases that are missing.")]
    Mutants(MutantsArgs),
    /// Explain how each clause of a rule evaluates on an event, and the smallest
    /// change that flips the result.
    #[command(after_help = "\
Examples:
  {program} explain root_login_over_ssh             the clauses, with types and what they need
  {program} explain root_login_over_ssh positive/by_key
                                                      on the events of one of its cases
  {program} explain linux/root_login event.json     on events of files (.json or .ndjson)
  {program} explain /elsewhere/rule.toml event.json  a rule of no project
  jq .hits.hits found.json | {program} explain root_login -
                                                      on events of standard input
  {program} explain root_login event.json --format json

A rule is named by its path, its rule id, its name, or a part of these that no
other rule has.")]
    Explain(ExplainArgs),
    /// Make cases for rules: events that raise them, and events that just miss them.
    #[command(after_help = "\
Examples:
  {program} new linux/ssh_keys           the cases that this rule lacks
  {program} new linux/ssh_keys --dry-run shows them and writes nothing
  {program} new --all                    every rule of this repository
  {program} new --all --root ../rules-repo --cases out
                                         a foreign repository, cases beside it
  {program} new linux/ssh_keys --from events/ --minimize --scrub
                                         takes them from real events
  {program} new linux/ssh_keys --engine http://127.0.0.1:9200 --index 'logs-*' --from-time now-7d
                                         takes them from a cluster's

Each case holds when it is written, and none that is there is changed.
Next: {program} test judges them, {program} coverage shows what they leave untested.")]
    New(NewArgs),
    /// Tell what is wrong with rules before any event is seen.
    #[command(after_help = "\
Examples:
  {program} lint                               every rule of this repository
  {program} lint aws/ linux/ssh_keys           these rules
  {program} lint --root ../rules-repo          a foreign repository, as it is
  {program} lint --explain schedule-gap        what a finding means, with examples
  {program} lint --fix                         mend what changes no alert
  {program} lint --format sarif --out lint.sarif

A finding is accepted by a comment in the rule: # lint: accept CODE: reason. All kinds of
findings are in docs/lint.md.")]
    Lint(LintArgs),
    /// Show what a change of rules changes: which events are caught now, which no longer.
    #[command(after_help = "\
Examples:
  {program} regress main                  the work tree against main
  {program} regress v1.2..v1.3            two revisions; the work tree stays as it is
  {program} regress old/rules new/rules   two folders, or two exports of Kibana
  {program} regress old.toml new.toml     two versions of a rule
  {program} regress --against main --fail-on lost
                                          exit code 5 where an event is no longer caught
  {program} regress main --format markdown --out changes.md
                                          a table for the pull request, details folded
  {program} regress --evidence            what reviewers of a tuning ask for, to paste
  {program} regress --release v1.2..v1.3  release notes by rule
  {program} regress main --events logs/   alerts of both versions on files
  {program} regress main --engine https://search.example.com --index 'logs-*' --from now-7d

same, narrower and wider are proved; each event that is shown was judged under both
versions. Changes that are accepted stand in accepted.toml: docs/regress.md.")]
    Regress(RegressArgs),
    /// Say what fields are, or import them from where they are defined.
    #[command(after_help = "\
Examples:
  {program} schema process.name user.id       what these fields are, and who says so
  {program} schema import mapping.json        of GET index/_mapping, or a template
  {program} schema import ../integrations/packages/aws/data_stream/cloudtrail
  {program} schema import --engine https://search.example.com --index 'logs-*'
  {program} schema import detection_rules/etc/integration-schemas.json.gz --out mappings/all.json

Next: name the file below [schema] in harness.toml.")]
    #[command(args_conflicts_with_subcommands = true)]
    Schema(SchemaArgs),
    /// Run rules on files of events, or on the data of a cluster, and count the alerts.
    #[command(after_help = "\
Examples:
  {program} backtest day.ndjson.gz               all rules over a file
  {program} backtest logs/ 'more/*.json'         over folders and globs
  zcat day.gz | {program} backtest - aws/        rules whose path contains aws/, on standard input
  {program} backtest logs/ --format json --out backtest.json
  {program} backtest --engine http://127.0.0.1:9200 --index 'logs-*' --from now-7d --to now
  {program} backtest --engine https://search.example.com --index 'logs-aws*' \\
      --from 2026-01-01 --to 2026-02-01 aws/

Events are JSON: one a line, in arrays or one after the other, packed by gzip or zstd or
not. Credentials of a cluster come from HARNESS_ENGINE_API_KEY, or from
HARNESS_ENGINE_USER and HARNESS_ENGINE_PASSWORD; read privileges suffice.

Next: {program} explain RULE EVENT.json explains a sample.")]
    Backtest(BacktestArgs),
}

/// Where rules, cases and snapshots are.
#[derive(Clone, Debug, Args)]
pub struct Folders {
    /// The project folder, with rules/, cases/, snapshots/ and harness.toml; by default
    /// the nearest one above with a harness.toml, or the current one.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration, if it is not the harness.toml of the project folder; paths in
    /// it are relative to the project folder, by default its own.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A folder or a file of rules, if they are not in the project folder; may be
    /// repeated.
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// The folder of cases, if it is not in the project folder.
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// The folder of snapshots, if it is not in the project folder.
    #[arg(long, value_name = "DIR")]
    pub snapshots: Option<PathBuf>,
}

/// What every verb that runs rules takes.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Where things are.
    #[command(flatten)]
    pub folders: Folders,
    /// Write the report to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What is seen of it.
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

/// The heading of further reports.
const REPORTS: &str = "Reports beside the one that is printed";

/// Reports beside the one that is printed.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = REPORTS)]
pub struct ReportArgs {
    /// Write a report in JUnit XML to a file as well.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a report in Markdown to a file as well.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Write a report in JSON to a file as well.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl ReportArgs {
    /// The files that are asked for, each with its format.
    pub fn files<F>(&self, junit: F, markdown: F, json: F) -> impl Iterator<Item = (F, &Path)> {
        let all = [(junit, &self.junit), (markdown, &self.markdown), (json, &self.json)];
        all.into_iter().filter_map(|(format, file)| Some((format, file.as_deref()?)))
    }
}

/// The heading of the arguments about a cluster.
const CLUSTER: &str = "Cluster";

/// Which cluster to ask, and how.
#[derive(Debug, Args)]
pub struct EngineArgs {
    /// The address of an OpenSearch or Elasticsearch node; separate several with commas.
    #[arg(long, help_heading = CLUSTER, value_name = "URL")]
    pub engine: Option<Secret>,
    /// The encoded API key; HARNESS_ENGINE_API_KEY keeps it out of the command line.
    #[arg(long, help_heading = CLUSTER, value_name = "KEY", requires = "engine")]
    pub api_key: Option<Secret>,
    /// The user and the password; HARNESS_ENGINE_USER and HARNESS_ENGINE_PASSWORD keep
    /// them out of the command line.
    #[arg(long, help_heading = CLUSTER, value_name = "USER:PASSWORD", requires = "engine", conflicts_with = "api_key")]
    pub user: Option<Secret>,
    /// The certificate authorities to trust, as PEM; by default HARNESS_ENGINE_CA, or the
    /// public ones.
    #[arg(long, help_heading = CLUSTER, value_name = "FILE", requires = "engine")]
    pub ca_file: Option<PathBuf>,
    /// Accept any certificate of the cluster.
    #[arg(long, help_heading = CLUSTER, requires = "engine")]
    pub insecure: bool,
    /// The time limit of one request, in seconds.
    #[arg(long, help_heading = CLUSTER, value_name = "SECONDS", default_value_t = 60, requires = "engine",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub engine_timeout: u64,
}

/// A text that no message shows.
#[derive(Clone)]
pub struct Secret(pub String);

impl Folders {
    /// The project folder.
    pub fn root(&self) -> PathBuf {
        if let Some(root) = &self.root {
            return root.clone();
        }
        let config = self.config.as_deref().and_then(Path::parent);
        match config.map(|folder| if folder == Path::new("") { Path::new(".") } else { folder }) {
            Some(folder) => folder.to_path_buf(),
            None => harness_runner::config::root(Path::new(".")),
        }
    }
}

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

/// `harness backtest`.
#[derive(Debug, Args)]
pub struct BacktestArgs {
    /// The events: files, folders, globs, or - for standard input. What is none of these,
    /// or a file or folder of rules, selects rules as for other verbs; with --engine all
    /// do.
    #[arg(value_name = "EVENTS|RULES")]
    pub operands: Vec<String>,
    /// Only these rules, by path, folder, glob, name or id, or a part of these; may be
    /// repeated.
    #[arg(long, value_name = "RULE")]
    pub rule: Vec<String>,
    /// Which rules by what they are.
    #[command(flatten)]
    pub traits: TraitArgs,
    /// The cluster.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// The indices to read, as the cluster names them; may have wildcards and commas.
    #[arg(long, value_name = "PATTERN", help_heading = CLUSTER, requires = "engine")]
    pub index: Option<String>,
    /// The start of the period, a date or date math such as now-7d or 2026-01-31; for
    /// files all of them by default.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// The end of the period, exclusive; on a cluster now by default.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// A file of indicators, read before the events: what indicator match rules compare
    /// them with; the files of events may hold such, too.
    #[arg(long, value_name = "FILE", conflicts_with = "engine")]
    pub indicators: Vec<PathBuf>,
    /// How many seconds later than others an event of a file may come; sequences leave out
    /// what comes later, and count it.
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    pub lateness: u32,
    /// Fail with exit code 5 where a rule has more alerts.
    #[arg(long, value_name = "N")]
    pub max_alerts: Option<u64>,
    /// A report of an earlier run, as JSON: the rules whose alerts are others now are told.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Where things are, and where the report goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// The number of sample events to show for each rule.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub samples: usize,
    /// The number of rules in one request; use fewer on a small cluster.
    #[arg(long, value_name = "N", default_value_t = 50, help_heading = CLUSTER,
          value_parser = clap::value_parser!(u8).range(1..=100))]
    pub batch: u8,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: BacktestFormat,
    /// The head of the page.
    #[command(flatten)]
    pub page: PageArgs,
}

/// Output formats of `backtest`; see docs/cluster.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BacktestFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// One self-contained HTML page.
    Html,
}

/// `harness schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The fields.
    #[arg(value_name = "FIELD", required = true)]
    pub fields: Vec<String>,
    /// Where things are.
    #[command(flatten)]
    pub folders: Folders,
    /// What is seen of it.
    #[command(flatten)]
    pub terminal: TerminalArgs,
    /// What else to do.
    #[command(subcommand)]
    pub verb: Option<SchemaVerb>,
}

/// What `harness schema` does beside saying what fields are.
#[derive(Debug, Subcommand)]
pub enum SchemaVerb {
    /// Write the fields of files as a mapping: of Elasticsearch's mappings and templates,
    /// fields.yml of packages, schemas of detection-rules, ECS and beats.
    Import(ImportArgs),
}

/// `harness schema import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The files, or folders with fields/*.yml below; packed by gzip or zstd or not.
    #[arg(value_name = "FILE|DIR", required_unless_present = "engine")]
    pub sources: Vec<PathBuf>,
    /// The mapping file, by default mappings/NAME.json; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The cluster.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// The indices of the cluster whose fields to take; may have wildcards and commas.
    #[arg(long, value_name = "PATTERN", help_heading = CLUSTER, requires = "engine")]
    pub index: Option<String>,
    /// What is seen of it.
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

/// `harness init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where things are.
    #[command(flatten)]
    pub folders: Folders,
    /// Write no workflow for continuous integration.
    #[arg(long)]
    pub no_ci: bool,
    /// What is seen of it.
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

/// `harness test`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct TestArgs {
    /// Which rules.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Where things are, and where the report goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: TestFormat,
    /// Write the snapshots of the rules that ran.
    #[arg(long)]
    pub update: bool,
    /// Also run each rule at every interval over the events of its cases
    /// (in the formats human and json).
    #[arg(long)]
    pub schedule: bool,
    /// Run again what a change of a rule or a case touches, without an end.
    #[arg(long, conflicts_with_all = ["update", "check", "schedule"])]
    pub watch: bool,
    /// Compare with the snapshots, and fail with exit code 3 where they differ.
    #[arg(long, conflicts_with = "update")]
    pub check: bool,
    /// Reports beside the one that is printed.
    #[command(flatten)]
    pub reports: ReportArgs,
    /// Fail with exit code 3 where there is a warning.
    #[arg(long)]
    pub deny_warnings: bool,
    /// Run on the embedded engine as well, and report where the two differ.
    #[arg(long, requires = "engine")]
    pub compare: bool,
    /// The cluster.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Output formats of `test`; see docs/formats.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
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

/// `harness coverage`.
#[derive(Debug, Args)]
pub struct CoverageArgs {
    /// Which rules.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Where things are, and where the report goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: CoverageFormat,
    /// Reports beside the one that is printed.
    #[command(flatten)]
    pub reports: ReportArgs,
    /// Write the page of coverage to a file as well.
    #[arg(long, value_name = "FILE", help_heading = REPORTS)]
    pub html: Option<PathBuf>,
    /// The head of the page.
    #[command(flatten)]
    pub page: PageArgs,
    /// Measure clauses only, without mutants.
    #[arg(long)]
    pub no_mutants: bool,
    /// Fail with exit code 3 where there is a warning.
    #[arg(long)]
    pub deny_warnings: bool,
    /// The gates.
    #[command(flatten)]
    pub gate: GateArgs,
}

/// `harness report`.
#[derive(Debug, Args)]
pub struct ReportVerbArgs {
    /// Which rules.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Where things are, and where the page goes; report.html by default.
    #[command(flatten)]
    pub run: RunArgs,
    /// Serve the page on this machine instead of writing it.
    #[arg(long, conflicts_with = "out")]
    pub serve: bool,
    /// Make the page anew whenever a file changes.
    #[arg(long, requires = "serve")]
    pub watch: bool,
    /// The port to serve on; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8765, requires = "serve")]
    pub port: u16,
    /// Measure clauses only, without mutants.
    #[arg(long)]
    pub no_mutants: bool,
    /// The head of the page.
    #[command(flatten)]
    pub page: PageArgs,
}

/// What a page says of itself.
#[derive(Debug, Default, Args)]
pub struct PageArgs {
    /// The title of the page, which then also states when it was made; without it the
    /// same data make the same bytes.
    #[arg(long, value_name = "TEXT", help_heading = "Page")]
    pub title: Option<String>,
}

/// What rules have to reach, in addition to the gates of harness.toml.
#[derive(Clone, Copy, Debug, Args)]
pub struct GateArgs {
    /// The share of clauses that must be covered in each rule, in percent.
    #[arg(long, value_name = "PCT", value_parser = clap::value_parser!(u8).range(..=100))]
    pub min_clauses: Option<u8>,
    /// The share of mutants that must be caught in each rule, in percent.
    #[arg(long, value_name = "PCT", value_parser = clap::value_parser!(u8).range(..=100))]
    pub min_mutants: Option<u8>,
    /// Require a positive and a negative case for each rule.
    #[arg(long)]
    pub require_pairs: bool,
}

/// `harness mutants`.
#[derive(Debug, Args)]
pub struct MutantsArgs {
    /// Which rules.
    #[command(flatten)]
    pub select: SelectArgs,
    /// As --changed=REF.
    #[arg(long, value_name = "REF", conflicts_with = "changed")]
    pub in_diff: Option<String>,
    /// Where things are, and where the report goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Fail with exit code 3 where there is a warning.
    #[arg(long)]
    pub deny_warnings: bool,
    /// The gates.
    #[command(flatten)]
    pub gate: GateArgs,
}

/// Output formats of `coverage`; see docs/formats.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CoverageFormat {
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
pub enum Format {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object; see docs/formats.md.
    Json,
}

/// `harness new`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct NewArgs {
    /// The rules.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Make cases for all rules.
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Take other names, addresses and ids; the same number makes the same bytes.
    #[arg(long, value_name = "NUMBER", default_value_t)]
    pub seed: u64,
    /// Take the cases of one rule from events: files, folders, or - for standard input.
    #[arg(long, value_name = "EVENTS", num_args = 1.., conflicts_with_all = ["all", "engine"])]
    pub from: Vec<String>,
    /// The cluster to take the cases of one rule from.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// The indices to take events from, as the cluster names them.
    #[arg(long, value_name = "PATTERN", help_heading = CLUSTER, requires = "engine")]
    pub index: Option<String>,
    /// The start of the period of events, a date or date math such as now-7d.
    #[arg(long, value_name = "TIME", help_heading = CLUSTER, requires = "engine")]
    pub from_time: Option<String>,
    /// The end of the period, exclusive; now by default.
    #[arg(long, value_name = "TIME", help_heading = CLUSTER, requires = "engine")]
    pub to_time: Option<String>,
    /// Leave out the fields of events without which the verdict and its reasons stay.
    #[arg(long)]
    pub minimize: bool,
    /// Replace people, machines, addresses, ids and secrets in events, alike everywhere.
    #[arg(long)]
    pub scrub: bool,
    /// Where things are, and where the report goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// Show the cases, and write none.
    #[arg(long)]
    pub dry_run: bool,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `harness explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The rule, by path, glob, name or id, or a part of these that no other rule has; or
    /// one of its cases, as linux/keys/positive/first.
    pub rule: String,
    /// A case of the rule, files of events, or - for standard input.
    #[arg(value_name = "EVENT.json|CASE")]
    pub events: Vec<String>,
    /// Which rules by what they are.
    #[command(flatten)]
    pub traits: TraitArgs,
    /// Where things are.
    #[command(flatten)]
    pub folders: Folders,
    /// Write the report to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What is seen of it.
    #[command(flatten)]
    pub terminal: TerminalArgs,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
