//! Tests for Elastic detection rules: offline, on fixtures, with Elasticsearch's
//! verdicts.
//!
//! A repository keeps rules in `rules/`, and for each rule events that raise it and
//! events that do not in `cases/<rule>/{positive,negative}/`. `harness test` runs
//! them from the command line; this crate runs them from `cargo test`.
//!
//! # A repository of rules
//!
//! One line makes a test of every rule file:
//!
//! ```no_run
//! harness::rule_tests!("rules/**/*.toml");
//! ```
//!
//! With the crate `rstest` each rule is a test of its own:
//!
//! ```ignore
//! use harness::prelude::*;
//!
//! #[rstest::rstest]
//! fn rule(#[files("rules/**/*.toml")] path: std::path::PathBuf) {
//!     Suite::at(env!("CARGO_MANIFEST_DIR")).rule(path).assert_passes();
//! }
//! ```
//!
//! A rule that does not pass fails its test with the report that `harness test`
//! prints: the event, the clauses that decided, and the smallest change that would.
//!
//! # A rule in memory
//!
//! ```
//! use harness::prelude::*;
//!
//! let rule = Rule::from_toml(r#"
//! [rule]
//! author = ["Example"]
//! description = "Somebody logged in as root."
//! language = "kuery"
//! name = "Root login"
//! query = "event.action: ssh_login and user.name: root"
//! risk_score = 47
//! rule_id = "5f0a7dd2-7b1c-4d5c-9f5e-0a4b8f0c6f11"
//! severity = "medium"
//! type = "query"
//! "#)?;
//!
//! let login = |user| json!({"event.action": "ssh_login", "user.name": user});
//! rule.on([login("root")]).assert_alerts(1);
//! rule.on([login("alice"), login("bob")]).assert_alerts(0);
//! # Ok::<(), harness::InvalidRule>(())
//! ```
//!
//! # Speed
//!
//! A suite is read and run once in a process, however many tests ask for it. Dev
//! builds do not optimize dependencies unless the workspace of the tests says so:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 1
//! ```

#![warn(missing_docs)]

mod macros;
mod outcome;
mod single;
mod suite;

pub use harness_runner::verdict::Status;
pub use outcome::RuleOutcome;
pub use serde_json::json;
pub use single::{InvalidRule, NotJudged, OnEvents, Rule};
pub use suite::Suite;

/// What a test of rules needs, in one line.
pub mod prelude {
    pub use crate::{Rule, RuleOutcome, Status, Suite, json, rule_tests};
}

// The parts of the harness, for the tests and tools of its own repository: no
// promise is made about them.
#[doc(hidden)]
pub use {
    harness_backtest as backtest, harness_cluster as cluster, harness_compile as compile,
    harness_detect as detect, harness_engine as engine, harness_esql as esql,
    harness_predicate as ir, harness_query as query, harness_report as report,
    harness_rule as rule,
};
#[doc(hidden)]
pub use {
    harness_model::{column, document, event, index_pattern, lookup, schema, value},
    harness_quality::{coverage, explain, gate, lint, mutate, regress, synthesize},
    harness_report::snapshot,
    harness_rule::exception,
    harness_runner::{case, config, run, select, verdict},
    harness_source::{codes, diagnostic, effort, files, keys, likeness, limits, span},
    harness_text::{analysis, pattern},
};
