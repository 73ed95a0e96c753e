//! Which rules do not pass the gates of their folder ([`Gates`]): how much coverage
//! and how many caught mutants a rule must have.

use crate::coverage::Coverage;
use crate::mutate::Mutants;
use harness_runner::case::Polarity;
use harness_runner::config::{Gate, Gates};
use harness_runner::run::{RuleRun, Run};
use harness_runner::verdict::{self, Pairing, Status};

/// A rule that does not pass a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The rule's key.
    pub key: String,
    /// What it lacks.
    pub reason: String,
}

/// The rules that do not pass. What was not measured is not asked for.
pub fn misses(
    gates: &Gates,
    run: &Run,
    coverage: Option<&Coverage>,
    mutants: Option<&Mutants>,
) -> Vec<Miss> {
    let mut misses = Vec::new();
    for (at, rule) in run.rules.iter().enumerate() {
        let gates = gates.of(&rule.key);
        let least = |pick: fn(&Gate) -> Option<u8>| {
            gates.iter().filter_map(|gate| pick(gate)).max().unwrap_or(0)
        };
        let mut miss = |reason| misses.push(Miss { key: rule.key.clone(), reason });
        let clauses = coverage.and_then(|coverage| coverage.rules.get(at));
        let is_gated = least(|gate| gate.min_clauses) > 0;
        if is_gated && clauses.is_some_and(crate::coverage::RuleCoverage::is_given_up) {
            miss("its coverage was given up".to_owned());
        }
        let covered = clauses.map(crate::coverage::RuleCoverage::covered);
        let least_clauses = least(|gate| gate.min_clauses);
        if let Some(reason) = short(covered, least_clauses, "clauses are covered") {
            miss(reason);
        }
        let caught = mutants.and_then(|mutants| mutants.rules.get(at));
        let is_gated = least(|gate| gate.min_mutants) > 0;
        if is_gated && caught.is_some_and(crate::mutate::RuleMutants::is_given_up) {
            miss("its mutants were given up".to_owned());
        }
        let score = caught.map(crate::mutate::RuleMutants::score);
        let least_mutants = least(|gate| gate.min_mutants);
        let is_asked = least_mutants > 0 && score.is_some();
        if is_asked && rule.status == Status::Untested {
            miss("there is no case, so no mutant is caught".to_owned());
        }
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

/// Gives up the rules whose coverage or mutants took too much work.
pub fn give_up(run: &mut Run, coverage: Option<&Coverage>, mutants: Option<&Mutants>) {
    for (at, rule) in run.rules.iter_mut().enumerate() {
        let covered = coverage.and_then(|coverage| coverage.rules.get(at));
        if covered.is_some_and(crate::coverage::RuleCoverage::is_given_up) {
            rule.give_up("measuring its coverage");
        }
        let caught = mutants.and_then(|mutants| mutants.rules.get(at));
        if caught.is_some_and(crate::mutate::RuleMutants::is_given_up) {
            rule.give_up("judging its mutants");
        }
    }
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
    use harness_predicate::Origin;

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
            about: harness_runner::run::About::default(),
            status: Status::Untested,
            problems: Vec::new(),
            program: None,
            cases: Vec::new(),
        }
    }

    #[test]
    fn a_rule_passes_all_gates_that_it_lies_behind() {
        let run =
            Run { rules: vec![rule("aws/a"), rule("aws/b"), rule("awsome/c")], ..Run::default() };
        let clauses = |covered: usize| (0..4).map(|at| clause(at < covered)).collect();
        let measured = |key: &str, covered| RuleCoverage {
            key: key.into(),
            clauses: clauses(covered),
            bounds: Vec::new(),
        };
        let coverage = Coverage {
            rules: vec![measured("aws/a", 4), measured("aws/b", 3), measured("awsome/c", 1)],
        };
        let gate = |min_clauses| Gate { min_clauses: Some(min_clauses), ..Gate::default() };
        let missed = |folders: &[(&str, Gate)]| {
            let folders = folders.iter().map(|(folder, gate)| ((*folder).to_owned(), *gate));
            let gates = Gates { folders: folders.collect() };
            let misses = super::misses(&gates, &run, Some(&coverage), None).into_iter();
            misses.map(|miss| miss.key).collect::<Vec<_>>()
        };
        assert_eq!(missed(&[("aws", gate(76))]), ["aws/b"]);
        assert_eq!(missed(&[("aws", gate(75))]), Vec::<String>::new());
        assert_eq!(missed(&[("", gate(50)), ("aws/", gate(100))]), ["aws/b", "awsome/c"]);
        let pairs = Gate { require_pairs: true, ..Gate::default() };
        assert_eq!(missed(&[("aws/a", pairs)]), ["aws/a"]);
    }
}
