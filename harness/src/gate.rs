//! Gates: how much coverage and how many caught mutants a rule must have.
//!
//! ```toml
//! [gates."rules/aws"]      # in harness.toml; all rules below that folder
//! min_clauses = 90         # percent
//! min_mutants = 80
//! require_pairs = true     # a positive and a negative case
//! ```
//!
//! A rule has to pass every gate that it lies behind.

use serde::Deserialize;

use crate::case::Polarity;
use crate::coverage::Coverage;
use crate::mutate::Mutants;
use crate::run::{RuleRun, Run};
use crate::verdict::{self, Pairing, Status};

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

/// A rule that does not pass a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The rule's key.
    pub key: String,
    /// What it lacks.
    pub reason: String,
}

impl Gates {
    /// Whether some gate asks for mutants.
    pub fn need_mutants(&self) -> bool {
        self.folders.iter().any(|(_, gate)| gate.min_mutants.is_some())
    }

    /// The rules that do not pass. What was not measured is not asked for.
    pub fn misses(
        &self,
        run: &Run,
        coverage: Option<&Coverage>,
        mutants: Option<&Mutants>,
    ) -> Vec<Miss> {
        let mut misses = Vec::new();
        for (at, rule) in run.rules.iter().enumerate() {
            let behind = self.folders.iter().filter(|(folder, _)| is_below(&rule.key, folder));
            let gates: Vec<&Gate> = behind.map(|(_, gate)| gate).collect();
            let least = |pick: fn(&Gate) -> Option<u8>| {
                gates.iter().filter_map(|gate| pick(gate)).max().unwrap_or(0)
            };
            let mut miss = |reason| misses.push(Miss { key: rule.key.clone(), reason });
            let clauses = coverage.and_then(|coverage| coverage.rules.get(at));
            let covered = clauses.map(crate::coverage::RuleCoverage::covered);
            let least_clauses = least(|gate| gate.min_clauses);
            if let Some(reason) = short(covered, least_clauses, "clauses are covered") {
                miss(reason);
            }
            let caught = mutants.and_then(|mutants| mutants.rules.get(at));
            let score = caught.map(crate::mutate::RuleMutants::score);
            let least_mutants = least(|gate| gate.min_mutants);
            if let Some(reason) = short(score, least_mutants, "mutants are caught") {
                miss(reason);
            }
            if gates.iter().any(|gate| gate.require_pairs)
                && let Some(reason) = unpaired(rule)
            {
                miss(reason.to_owned());
            }
        }
        misses
    }
}

/// Whether a key lies below a folder; every key lies below the empty one.
pub(crate) fn is_below(key: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    let rest = key.strip_prefix(folder);
    folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn short(share: Option<(usize, usize)>, least: u8, what: &str) -> Option<String> {
    let (part, whole) = share?;
    // An empty set meets any threshold.
    let enough = part * 100 >= whole * usize::from(least);
    (!enough).then(|| format!("{part} of {whole} {what}, less than {least} %"))
}

fn unpaired(rule: &RuleRun) -> Option<&'static str> {
    if matches!(rule.status, Status::Unsupported | Status::Invalid) {
        return None;
    }
    match verdict::pairing(rule.cases.iter().map(|run| run.case.polarity)) {
        Pairing::Paired => None,
        Pairing::Lacks(Polarity::Negative) => Some("there is no negative case"),
        Pairing::Lacks(Polarity::Positive) => Some("there is no positive case"),
        Pairing::Empty => Some("there is no case"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::{ClauseCoverage, ClauseKind, RuleCoverage, Witness};
    use crate::ir::Origin;

    fn clause(covered: bool) -> ClauseCoverage {
        let witness = covered.then(|| Witness { case: "c".into(), event: "#1".into() });
        ClauseCoverage {
            origin: Origin::default(),
            kind: ClauseKind::Clause,
            text: "a".into(),
            unknown: None,
            holds_on: 1,
            fails_on: 1,
            decides_true: witness.clone(),
            decides_false: witness,
        }
    }

    fn rule(key: &str) -> RuleRun {
        RuleRun {
            key: key.into(),
            file: String::new(),
            name: String::new(),
            rule_id: String::new(),
            rule_type: String::new(),
            language: String::new(),
            about: crate::run::About::default(),
            status: Status::Untested,
            problems: Vec::new(),
            plan: None,
            cases: Vec::new(),
        }
    }

    #[test]
    fn a_rule_passes_all_gates_that_it_lies_behind() {
        let run =
            Run { rules: vec![rule("aws/a"), rule("aws/b"), rule("awsome/c")], ..Run::default() };
        let clauses = |covered: usize| (0..4).map(|at| clause(at < covered)).collect();
        let measured =
            |key: &str, covered| RuleCoverage { key: key.into(), clauses: clauses(covered) };
        let coverage = Coverage {
            rules: vec![measured("aws/a", 4), measured("aws/b", 3), measured("awsome/c", 1)],
        };
        let gate = |min_clauses| Gate { min_clauses: Some(min_clauses), ..Gate::default() };
        let missed = |folders: &[(&str, Gate)]| {
            let folders = folders.iter().map(|(folder, gate)| ((*folder).to_owned(), *gate));
            let gates = Gates { folders: folders.collect() };
            let misses = gates.misses(&run, Some(&coverage), None).into_iter();
            misses.map(|miss| miss.key).collect::<Vec<_>>()
        };
        assert_eq!(missed(&[("aws", gate(76))]), ["aws/b"]);
        assert_eq!(missed(&[("aws", gate(75))]), Vec::<String>::new());
        assert_eq!(missed(&[("", gate(50)), ("aws/", gate(100))]), ["aws/b", "awsome/c"]);
        let pairs = Gate { require_pairs: true, ..Gate::default() };
        assert_eq!(missed(&[("aws/a", pairs)]), ["aws/a"]);
    }
}
