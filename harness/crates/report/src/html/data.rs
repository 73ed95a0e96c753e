//! The data of the page, in the form that `page.js` reads.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::attack;
use crate::checkout::Checkout;
use crate::digest::{Digest, Row, Share, gap_in_full};
use crate::failure;
use crate::problem::with_help;
use crate::segments::{Segment, segments};
use crate::words;
use harness_predicate::Part;
use harness_quality::coverage::{ClauseCoverage, ClauseKind, Witness};
use harness_quality::lint;
use harness_quality::mutate::{Mutant, Outcome};
use harness_runner::run::{Alert, CaseRun, RuleRun, Run};
use harness_runner::verdict::{Status, Verdict};
use harness_source::diagnostic::Severity;
use harness_source::files::{self, Problem};

/// Bytes that all rules together may spend on missed mutants; a page of
/// thousands of rules that few cases test would otherwise be all mutants.
pub(super) const BUDGET: usize = 1 << 20;
/// The least that a rule may spend.
const LEAST: usize = 1 << 9;
/// The most alerts of a case, and lines about its failure.
const MAX_ALERTS: usize = 20;
/// The most clauses and cases of a rule.
const MAX_ITEMS: usize = 1_000;
/// The state of a clause that decides both ways.
const COVERED: &str = "covered";
/// Characters around the edit of a mutant.
const CONTEXT: usize = 120;

/// What the tables need of all rules.
#[derive(Serialize)]
pub(super) struct Index<'a> {
    clauses: bool,
    mutants: bool,
    tactics: Vec<[&'a str; 2]>,
    /// The names of the techniques of rules.
    techniques: BTreeMap<&'a str, &'a str>,
    /// The techniques of ATT&CK: id, name, ids of tactics.
    known: Vec<(&'static str, &'static str, Vec<&'static str>)>,
    rules: Vec<Entry<'a>>,
    problems: Vec<[String; 2]>,
}

#[derive(Serialize)]
struct Entry<'a> {
    key: &'a str,
    name: &'a str,
    id: &'a str,
    status: Status,
    severity: &'a str,
    kind: &'a str,
    language: &'a str,
    /// Its place in the order of worst first.
    rank: usize,
    cases: [usize; 2],
    clauses: [usize; 2],
    mutants: [usize; 2],
    tags: &'a [String],
    /// Positions of tactics, each with its techniques.
    threat: Vec<(usize, Vec<&'a str>)>,
}

/// Gathers the index.
pub(super) fn index<'a>(digest: &'a Digest<'a>) -> Index<'a> {
    let mut ranks: BTreeMap<&str, usize> = BTreeMap::new();
    for (rank, row) in digest.worst_first().into_iter().enumerate() {
        ranks.insert(&row.rule.key, rank);
    }
    // Rules name the tactics that they have; the others are those of the matrix.
    let mut tactics: Vec<[&str; 2]> =
        digest.tactics.iter().map(|(tactic, _)| [tactic.id, tactic.name]).collect();
    for (id, name) in lint::attack_tactics() {
        if !tactics.iter().any(|[known, _]| *known == id) {
            tactics.push([id, name]);
        }
    }
    tactics.sort_by_key(|[id, _]| attack::rank(id));
    let mut techniques = BTreeMap::new();
    for row in &digest.rows {
        for technique in row.rule.about.threat.iter().flat_map(|threat| &threat.techniques) {
            let known = &technique.technique;
            techniques.entry(known.id.as_str()).or_insert(known.name.as_str());
        }
    }
    let pair = |share: Share| [share.part, share.whole];
    let rules = digest.rows.iter().map(|row| {
        let rule = row.rule;
        let threat = rule.about.threat.iter().filter_map(|threat| {
            let at = tactics.iter().position(|[id, _]| *id == threat.tactic.id)?;
            let ids = threat.techniques.iter().map(|technique| technique.technique.id.as_str());
            Some((at, ids.filter(|id| attack::is_technique(id)).collect()))
        });
        Entry {
            key: &rule.key,
            name: &rule.name,
            id: &rule.rule_id,
            status: rule.status,
            severity: &rule.about.severity,
            kind: &rule.rule_type,
            language: &rule.language,
            rank: ranks.get(rule.key.as_str()).copied().unwrap_or_default(),
            cases: pair(row.totals.cases),
            clauses: pair(row.totals.clauses),
            mutants: pair(row.totals.mutants),
            tags: &rule.about.tags,
            threat: threat.collect(),
        }
    });
    Index {
        clauses: digest.measured.clauses,
        mutants: digest.measured.mutants,
        rules: rules.collect(),
        problems: digest.run.problems.iter().map(told).collect(),
        tactics,
        techniques,
        known: lint::attack_techniques().filter(|(id, ..)| !id.contains('.')).collect(),
    }
}

/// What a rule's own view needs.
#[derive(Serialize)]
pub(super) struct Detail<'a> {
    file: String,
    description: &'a str,
    risk: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The command that writes its first cases, where it has none.
    begin: Option<String>,
    /// The folder of its cases.
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Vec<Segment<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filters: Vec<Filter<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clauses: Vec<Clause<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cases: Vec<Case<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missed: Vec<Missed>,
    /// Missed mutants that the budget left out.
    left_out: usize,
    equivalent: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unviable: Vec<[&'a str; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<[String; 2]>,
}

#[derive(Serialize)]
struct Filter<'a> {
    text: &'a str,
    clauses: Vec<usize>,
}

#[derive(Serialize)]
struct Clause<'a> {
    #[serde(skip_serializing_if = "is_plain")]
    kind: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "is_covered")]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Cow<'static, str>>,
    holds: usize,
    fails: usize,
    #[serde(rename = "true", skip_serializing_if = "Option::is_none")]
    decides_true: Option<String>,
    #[serde(rename = "false", skip_serializing_if = "Option::is_none")]
    decides_false: Option<String>,
}

/// What most clauses are is left out.
fn is_plain(kind: &&str) -> bool {
    *kind == ClauseKind::Clause.name()
}

fn is_covered(state: &&str) -> bool {
    *state == COVERED
}

#[derive(Serialize)]
struct Case<'a> {
    name: &'a str,
    polarity: &'static str,
    /// Its file, where that does not follow from its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    events: usize,
    /// What it did, where it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    todo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<Shown<'a>>,
    alert_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    events: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    key: String,
    fields: Vec<(&'a str, String)>,
}

#[derive(Serialize)]
struct Missed {
    operator: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixture: Option<String>,
    /// Where the case goes, below the folder of the rule's cases.
    file: String,
}

/// Gathers what there is about one rule.
pub(super) fn detail<'a>(
    row: &Row<'a>,
    run: &Run,
    checkout: &Checkout,
    budget: usize,
) -> Detail<'a> {
    let (rule, places) = (row.rule, &run.places);
    let is_untested = rule.cases.is_empty() && rule.status == Status::Untested;
    let clauses = &row.told()[..row.told().len().min(MAX_ITEMS)];
    let query = rule.about.query.as_ref();
    let filters = rule.about.filters.iter().enumerate().map(|(number, text)| {
        let own = |clause: &ClauseCoverage| clause.origin.part == Part::Filter(number);
        let numbered = clauses.iter().enumerate().filter(|(_, clause)| own(clause));
        Filter { text, clauses: numbered.map(|(number, _)| number).collect() }
    });
    let folder = checkout.link(&files::below(&places.cases, &rule.key));
    let (missed, left_out) = missed(row, budget.max(LEAST));
    let unviable = row.mutants.iter().filter_map(|mutant| match &mutant.outcome {
        Outcome::Unviable { reason } => Some([mutant.operator.name(), reason.as_str()]),
        Outcome::Caught { .. } | Outcome::Missed { .. } | Outcome::Equivalent => None,
    });
    let ended = row.bounds.iter().map(|bound| ["warning".to_owned(), bound.told()]);
    Detail {
        file: checkout.link(&rule.file),
        description: rule.about.description.trim(),
        risk: rule.about.risk_score,
        at: folder.clone(),
        begin: is_untested
            .then(|| failure::shell(places.program, "new", &places.flags, &[&rule.key])),
        query: query.map(|query| {
            segments(&query.text, Part::Query, clauses.iter().map(|clause| clause.origin))
        }),
        filters: filters.collect(),
        clauses: clauses.iter().map(clause).collect(),
        cases: rule
            .cases
            .iter()
            .take(MAX_ITEMS)
            .map(|run| case(rule, run, &folder, checkout))
            .collect(),
        missed,
        left_out,
        equivalent: row.totals.equivalent,
        unviable: unviable.take(MAX_ITEMS).collect(),
        problems: rule.problems.iter().map(told).chain(ended).collect(),
    }
}

/// The severity of a finding, and it in words.
fn told(problem: &Problem) -> [String; 2] {
    let severity = match problem.diagnostic.severity {
        Severity::Error => "error",
        Severity::Unsupported => "unsupported",
        Severity::Warning => "warning",
    };
    [severity.to_owned(), with_help(problem)]
}

fn clause(clause: &ClauseCoverage) -> Clause<'_> {
    // A case by its folder and name, and its event.
    let shown = |witness: &Witness| {
        let ends = witness.case.rmatch_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
        format!("{} {}", &witness.case[ends..], witness.event).trim_end().to_owned()
    };
    Clause {
        kind: clause.kind.name(),
        text: &clause.text,
        state: match (&clause.decides_true, &clause.decides_false) {
            (Some(_), Some(_)) => COVERED,
            (Some(_), None) | (None, Some(_)) => "half",
            (None, None) => "open",
        },
        gap: gap_in_full(clause),
        holds: clause.holds_on,
        fails: clause.fails_on,
        decides_true: clause.decides_true.as_ref().map(shown),
        decides_false: clause.decides_false.as_ref().map(shown),
    }
}

fn case<'a>(rule: &RuleRun, run: &'a CaseRun, folder: &str, checkout: &Checkout) -> Case<'a> {
    let mut why = failure::why(rule, run, &str::to_owned);
    why.truncate(5 * MAX_ALERTS);
    // Those of a failure stand before its reasons.
    let warnings = run.warnings.iter().filter(|_| run.verdict == Verdict::Pass);
    let (name, polarity) = (&run.case.name, run.case.polarity.folder());
    let file = checkout.link(&run.case.path);
    Case {
        name,
        polarity,
        file: Some(file).filter(|file| *file != format!("{folder}/{polarity}/{name}.json")),
        events: run.case.events.len(),
        outcome: words::outcome(run),
        todo: run.case.options.todo.as_deref(),
        note: run.case.options.note.as_deref(),
        alerts: run.alerts.iter().take(MAX_ALERTS).map(alert).collect(),
        alert_count: run.alerts.len(),
        why,
        warnings: warnings.map(ToString::to_string).take(MAX_ITEMS).collect(),
    }
}

fn alert(alert: &Alert) -> Shown<'_> {
    let shorten = |values: &[String]| words::shorten(&values.join(", "), 300);
    Shown {
        events: shorten(&alert.events),
        key: shorten(&alert.key),
        fields: alert
            .fields
            .iter()
            .map(|(name, values)| (name.as_str(), shorten(values)))
            .collect(),
    }
}

/// The missed mutants, as many as fit, and how many do not.
fn missed(row: &Row<'_>, budget: usize) -> (Vec<Missed>, usize) {
    let mut shown = Vec::new();
    let (mut left, mut left_out) = (budget, 0);
    for (number, mutant) in row.missed().enumerate() {
        let Some(missed) = one_missed(mutant, number) else { continue };
        let size = missed.text.len() + missed.fixture.as_ref().map_or(0, String::len) + 100;
        if size > left {
            left_out += 1;
        } else {
            left -= size;
            shown.push(missed);
        }
    }
    (shown, left_out)
}

fn one_missed(mutant: &Mutant, number: usize) -> Option<Missed> {
    let Outcome::Missed { fixture, polarity } = &mutant.outcome else { return None };
    let operator = mutant.operator.name();
    let file = format!("{}/{}_{}.json", polarity.folder(), operator.replace('-', "_"), number + 1);
    let fixture = fixture.as_ref().map(ToString::to_string);
    Some(Missed { operator, text: window(&mutant.text), fixture, file })
}

/// The text around its marked edit.
fn window(text: &str) -> String {
    let start = text.find("[-").or_else(|| text.find("{+")).unwrap_or(0);
    let end = text.rfind("+}").or_else(|| text.rfind("-]")).map_or(start, |at| at + 2);
    let from = text[..start].char_indices().rev().nth(CONTEXT).map_or(0, |(at, _)| at);
    let rest = text.get(end.max(start)..).unwrap_or_default();
    let to = rest.char_indices().nth(CONTEXT).map_or(text.len(), |(at, _)| end.max(start) + at);
    let (before, after) = (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
    let inside = words::shorten(&text[from..to], 10 * CONTEXT);
    format!("{before}{inside}{after}")
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn a_window_shows_the_edit() {
        assert_eq!(window("a [-or-]{+and+} b"), "a [-or-]{+and+} b");
        let long = format!("{}[-é-]{}", "é".repeat(500), "x".repeat(500));
        let shown = window(&long);
        assert!(shown.contains("[-é-]") && shown.starts_with('…') && shown.ends_with('…'));
        assert_eq!(shown.chars().count(), 121 + 5 + 120 + 2);
        assert_eq!(window(""), "");
        assert_eq!(window("-] x [-"), "-] x [-");
    }
}
