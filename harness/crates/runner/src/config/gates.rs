//! Gates as `harness.toml` states them.
//!
//! ```toml
//! [gates."rules/aws"]      # all rules below that folder
//! min_clauses = 90         # percent
//! min_mutants = 80
//! require_pairs = true     # a positive and a negative case
//! max_alerts = 100         # in a backtest
//! ```
//!
//! A rule has to pass every gate that it lies behind.

use serde::Deserialize;

/// What rules have to reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// The least share of clauses that are covered, in percent.
    pub min_clauses: Option<u8>,
    /// The least share of viable mutants that are caught, in percent.
    pub min_mutants: Option<u8>,
    /// Whether a rule needs a case of each polarity.
    pub require_pairs: bool,
    /// The most alerts of a rule in a backtest.
    pub max_alerts: Option<u64>,
}

impl Gate {
    /// What is wrong with it, if anything.
    pub fn fault(&self) -> Option<String> {
        let stated = [("min_clauses", self.min_clauses), ("min_mutants", self.min_mutants)];
        let over = stated.into_iter().find(|(_, percent)| percent.is_some_and(|p| p > 100));
        over.map(|(name, _)| format!("{name} is a percentage, 0 to 100"))
    }
}

/// Gates by folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gates {
    /// The prefix of the keys of rules behind a gate, and the gate.
    pub folders: Vec<(String, Gate)>,
}

impl Gates {
    /// Whether some gate asks for mutants.
    pub fn need_mutants(&self) -> bool {
        self.folders.iter().any(|(_, gate)| gate.min_mutants.is_some())
    }

    /// The most alerts that a rule may have in a backtest: the least of what its gates say.
    pub fn max_alerts(&self, key: &str) -> Option<u64> {
        self.of(key).into_iter().filter_map(|gate| gate.max_alerts).min()
    }

    /// The gates that a rule lies behind.
    pub fn of(&self, key: &str) -> Vec<&Gate> {
        let behind = self.folders.iter().filter(|(folder, _)| is_below(key, folder));
        behind.map(|(_, gate)| gate).collect()
    }
}

/// Whether a key lies below a folder; every key lies below the empty one.
pub(crate) fn is_below(key: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    let rest = key.strip_prefix(folder);
    folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
