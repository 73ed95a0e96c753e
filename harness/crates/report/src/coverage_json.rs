//! Coverage for machines. The schema is docs/schemas/coverage.schema.json.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::digest::{Digest, Row, Share, Totals, gap};
use super::human::STATUSES;
use super::json::Head;
use harness_predicate::{Origin, Part};
use harness_quality::coverage::{ClauseCoverage, Witness};
use harness_quality::mutate::{Mutant, Outcome};
use harness_rule::threat::{Reference, Threat};
use harness_runner::verdict::Status;
use harness_source::limits::Limit;

/// Goes up when a reader of the older form would misread the newer.
const VERSION: u32 = 2;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    totals: Sums,
    folders: Vec<Folder<'a>>,
    tactics: Vec<Tactic<'a>>,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Sums {
    statuses: Vec<Count>,
    cases: Ratio,
    clauses: Option<Ratio>,
    mutants: Option<Ratio>,
    equivalent: usize,
    unviable: usize,
}

#[derive(Serialize)]
struct Count {
    status: Status,
    rules: usize,
}

#[derive(Serialize)]
struct Ratio {
    part: usize,
    whole: usize,
    percent: Option<usize>,
}

#[derive(Serialize)]
struct Folder<'a> {
    name: &'a str,
    totals: Sums,
}

#[derive(Serialize)]
struct Tactic<'a> {
    id: &'a str,
    name: &'a str,
    totals: Sums,
}

#[derive(Serialize)]
struct Rule<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    severity: &'a str,
    status: Status,
    tags: &'a [String],
    threat: Vec<Tactical<'a>>,
    query: Option<&'a str>,
    totals: Sums,
    clauses: Vec<Clause<'a>>,
    mutants: Vec<Change<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bounds: Vec<Bound>,
}

#[derive(Serialize)]
struct Bound {
    name: &'static str,
    most: usize,
    beyond: &'static str,
}

#[derive(Serialize)]
struct Tactical<'a> {
    framework: &'a str,
    tactic: Entry<'a>,
    techniques: Vec<Technical<'a>>,
}

#[derive(Serialize)]
struct Technical<'a> {
    id: &'a str,
    name: &'a str,
    subtechniques: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
pub(super) struct Place {
    part: &'static str,
    number: Option<usize>,
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct Clause<'a> {
    place: Place,
    kind: &'static str,
    text: &'a str,
    covered: bool,
    gap: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
    holds_on: usize,
    fails_on: usize,
    decides_true: Option<Shown<'a>>,
    decides_false: Option<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    case: &'a str,
    event: Option<&'a str>,
}

#[derive(Serialize)]
struct Change<'a> {
    place: Place,
    operator: &'static str,
    replacement: &'a str,
    text: &'a str,
    outcome: &'static str,
    caught_by: Option<&'a str>,
    polarity: Option<&'static str>,
    fixture: Option<&'a Value>,
    reason: Option<&'a str>,
}

/// Writes the coverage as one JSON object.
///
/// # Errors
///
/// As `out`'s.
pub fn render(digest: &Digest<'_>, out: &mut dyn Write) -> io::Result<()> {
    let sums = |totals: &Totals| sums(totals, digest);
    let report = Report {
        version: VERSION,
        totals: sums(&digest.totals),
        folders: digest
            .folders
            .iter()
            .map(|(name, totals)| Folder { name, totals: sums(totals) })
            .collect(),
        tactics: digest
            .tactics
            .iter()
            .map(|(tactic, totals)| Tactic {
                id: tactic.id,
                name: tactic.name,
                totals: sums(totals),
            })
            .collect(),
        rules: digest.rows.iter().map(|row| rule(row, sums(&row.totals))).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn sums(totals: &Totals, digest: &Digest<'_>) -> Sums {
    let counts = STATUSES
        .iter()
        .filter_map(|status| Some(Count { status: *status, rules: *totals.statuses.get(status)? }));
    Sums {
        statuses: counts.collect(),
        cases: ratio(totals.cases),
        clauses: digest.measured.clauses.then(|| ratio(totals.clauses)),
        mutants: digest.measured.mutants.then(|| ratio(totals.mutants)),
        equivalent: totals.equivalent,
        unviable: totals.unviable,
    }
}

fn ratio(share: Share) -> Ratio {
    Ratio { part: share.part, whole: share.whole, percent: share.percent() }
}

fn rule<'a>(row: &Row<'a>, totals: Sums) -> Rule<'a> {
    let rule = row.rule;
    Rule {
        head: rule.into(),
        severity: &rule.about.severity,
        status: rule.status,
        tags: &rule.about.tags,
        threat: rule.about.threat.iter().map(threat).collect(),
        query: rule.about.query.as_ref().map(|query| query.text.as_str()),
        totals,
        clauses: row.told().iter().map(clause).collect(),
        mutants: row.mutants.iter().map(change).collect(),
        bounds: row.bounds.iter().map(bound).collect(),
    }
}

fn bound(limit: &Limit) -> Bound {
    let Limit { name, beyond, .. } = *limit;
    let most = limit.now();
    Bound { name, most, beyond }
}

fn threat(threat: &Threat) -> Tactical<'_> {
    let techniques = threat.techniques.iter().map(|technique| Technical {
        id: &technique.technique.id,
        name: &technique.technique.name,
        subtechniques: technique.subtechniques.iter().map(entry).collect(),
    });
    Tactical {
        framework: &threat.framework,
        tactic: entry(&threat.tactic),
        techniques: techniques.collect(),
    }
}

fn entry(reference: &Reference) -> Entry<'_> {
    Entry { id: &reference.id, name: &reference.name }
}

/// Where a rule states something.
pub(super) fn place(origin: Origin) -> Place {
    let (part, number) = match origin.part {
        Part::Query => ("query", None),
        Part::Filter(number) => ("filter", Some(number)),
        Part::ThreatQuery => ("threat_query", None),
        Part::ThreatFilter(number) => ("threat_filter", Some(number)),
        Part::File => ("file", None),
    };
    Place { part, number, start: origin.span.start, end: origin.span.end }
}

fn clause(clause: &ClauseCoverage) -> Clause<'_> {
    Clause {
        place: place(clause.origin),
        kind: clause.kind.name(),
        text: &clause.text,
        covered: clause.is_covered(),
        gap: gap(clause),
        unknown: clause.unknown.as_deref(),
        holds_on: clause.holds_on,
        fails_on: clause.fails_on,
        decides_true: clause.decides_true.as_ref().map(shown),
        decides_false: clause.decides_false.as_ref().map(shown),
    }
}

fn shown(witness: &Witness) -> Shown<'_> {
    let event = (!witness.event.is_empty()).then_some(witness.event.as_str());
    Shown { case: &witness.case, event }
}

fn change(mutant: &Mutant) -> Change<'_> {
    let mut change = Change {
        place: place(mutant.origin),
        operator: mutant.operator.name(),
        replacement: &mutant.replacement,
        text: &mutant.text,
        outcome: mutant.outcome.name(),
        caught_by: None,
        polarity: None,
        fixture: None,
        reason: None,
    };
    match &mutant.outcome {
        Outcome::Caught { case } => change.caught_by = Some(case),
        Outcome::Missed { fixture, polarity } => {
            change.polarity = Some(polarity.folder());
            change.fixture = fixture.as_ref();
        }
        Outcome::Equivalent => {}
        Outcome::Unviable { reason } => change.reason = Some(reason),
    }
    change
}
