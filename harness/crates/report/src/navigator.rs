//! A layer for MITRE's ATT&CK Navigator, format 4.5: techniques with the share
//! of covered clauses as their score, and their rules as the comment.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::digest::{Digest, Row, Share};
use super::words::plural;
use super::{Lines, attack, printable};
use harness_rule::threat::Threat;
use harness_source::limits::Limit;

/// Rules that a comment names; more are counted.
const MAX_NAMED: usize = 20;

#[derive(Serialize)]
struct Layer {
    name: &'static str,
    versions: Versions,
    domain: &'static str,
    description: String,
    sorting: u8,
    layout: Layout,
    #[serde(rename = "hideDisabled")]
    hide_disabled: bool,
    techniques: Vec<Technique>,
    gradient: Gradient,
    #[serde(rename = "legendItems")]
    legend: [Legend; 3],
}

#[derive(Serialize)]
struct Versions {
    attack: &'static str,
    navigator: &'static str,
    layer: &'static str,
}

#[derive(Serialize)]
struct Layout {
    #[serde(rename = "layout")]
    name: &'static str,
    #[serde(rename = "aggregateFunction")]
    aggregate: &'static str,
    #[serde(rename = "showID")]
    show_id: bool,
    #[serde(rename = "showName")]
    show_name: bool,
    #[serde(rename = "expandedSubtechniques")]
    expanded: &'static str,
}

#[derive(Serialize)]
struct Technique {
    #[serde(rename = "techniqueID")]
    id: String,
    tactic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<usize>,
    comment: String,
    metadata: Vec<Metadata>,
    #[serde(rename = "showSubtechniques")]
    show_subtechniques: bool,
}

#[derive(Serialize)]
struct Metadata {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Gradient {
    colors: [&'static str; 3],
    #[serde(rename = "minValue")]
    min: usize,
    #[serde(rename = "maxValue")]
    max: usize,
}

#[derive(Serialize)]
struct Legend {
    label: &'static str,
    color: &'static str,
}

/// The rules of one technique, and whether some name a subtechnique.
#[derive(Default)]
struct Entry<'a> {
    rows: BTreeMap<&'a str, &'a Row<'a>>,
    parent: bool,
}

/// Writes the layer.
///
/// # Errors
///
/// As `out`'s.
pub fn render(digest: &Digest<'_>, out: &mut dyn Write) -> io::Result<()> {
    let colors = ["#d7263d", "#f4b942", "#2e8b57"];
    let layer = Layer {
        name: "Detection rules",
        versions: Versions { attack: "18", navigator: "5.2.0", layer: "4.5" },
        domain: "enterprise-attack",
        description: description(digest),
        sorting: 0,
        layout: Layout {
            name: "side",
            aggregate: "average",
            show_id: true,
            show_name: true,
            expanded: "annotated",
        },
        hide_disabled: false,
        techniques: techniques(digest),
        gradient: Gradient { colors, min: 0, max: 100 },
        legend: [
            Legend { label: "no clause covered", color: colors[0] },
            Legend { label: "half of the clauses covered", color: colors[1] },
            Legend { label: "every clause covered", color: colors[2] },
        ],
    };
    serde_json::to_writer_pretty(&mut *out, &layer)?;
    writeln!(out)
}

fn description(digest: &Digest<'_>) -> String {
    let Share { part, whole } = digest.totals.clauses;
    let rules = plural(digest.totals.rules(), "rule");
    let score = if digest.measured.clauses {
        format!(
            "{rules}; {part} of {whole} clauses covered. The score is the share of covered clauses in percent."
        )
    } else {
        format!("{rules}; the score is the share of cases that hold in percent.")
    };
    score + &ended(digest)
}

/// The limits that ended measurements, by rule.
fn ended(digest: &Digest<'_>) -> String {
    let rows: Vec<&Row<'_>> = digest.rows.iter().filter(|row| !row.bounds.is_empty()).collect();
    let mut text = String::new();
    for row in rows.iter().take(MAX_NAMED) {
        let bounds: Vec<String> = row.bounds.iter().map(Limit::told).collect();
        let key = printable(&row.rule.key, Lines::Escape);
        // Writing to a string cannot fail.
        let _ = write!(text, " Measuring {key} was ended: {}.", bounds.join("; "));
    }
    if rows.len() > MAX_NAMED {
        let more = plural(rows.len() - MAX_NAMED, "other rule");
        let _ = write!(text, " Measuring {more} was ended, too.");
    }
    text
}

fn techniques(digest: &Digest<'_>) -> Vec<Technique> {
    // By tactic and technique; each rule once.
    let mut entries: BTreeMap<Place<'_>, Entry<'_>> = BTreeMap::new();
    for row in &digest.rows {
        for threat in row.rule.about.threat.iter().filter(|threat| is_attack(threat)) {
            let tactic = attack::rank(&threat.tactic.id);
            let mut add = |id, parent| {
                if attack::is_technique(id) {
                    let place = Place { tactic, id, name: &threat.tactic.name };
                    let entry = entries.entry(place).or_default();
                    entry.rows.insert(&row.rule.key, row);
                    entry.parent |= parent;
                }
            };
            for technique in &threat.techniques {
                add(&technique.technique.id, !technique.subtechniques.is_empty());
                technique.subtechniques.iter().for_each(|sub| add(&sub.id, false));
            }
        }
    }
    let technique = |(place, entry): (Place<'_>, Entry<'_>)| {
        let mut shares = (Share::default(), Share::default(), Share::default());
        for row in entry.rows.values() {
            shares.0.add(row.totals.cases);
            shares.1.add(row.totals.clauses);
            shares.2.add(row.totals.mutants);
        }
        let (cases, clauses, mutants) = shares;
        let measured = digest.measured;
        let share =
            |name, Share { part, whole }| Metadata { name, value: format!("{part}/{whole}") };
        let mut metadata = vec![
            Metadata { name: "rules", value: entry.rows.len().to_string() },
            share("cases that hold", cases),
        ];
        metadata.extend(measured.clauses.then(|| share("clauses covered", clauses)));
        metadata.extend(measured.mutants.then(|| share("mutants caught", mutants)));
        Technique {
            id: place.id.to_owned(),
            tactic: attack::short_name(place.name),
            score: if measured.clauses { clauses.percent() } else { cases.percent() },
            comment: comment(&entry.rows),
            metadata,
            show_subtechniques: entry.parent,
        }
    };
    entries.into_iter().map(technique).collect()
}

/// A cell of the matrix.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    tactic: (usize, &'a str),
    id: &'a str,
    name: &'a str,
}

fn is_attack(threat: &Threat) -> bool {
    threat.framework == "MITRE ATT&CK"
}

fn comment(rows: &BTreeMap<&str, &Row<'_>>) -> String {
    let named = rows.values().take(MAX_NAMED).map(|row| printable(&row.rule.name, Lines::Escape));
    let mut lines: Vec<String> = named.map(std::borrow::Cow::into_owned).collect();
    if rows.len() > MAX_NAMED {
        lines.push(format!("and {} more", rows.len() - MAX_NAMED));
    }
    lines.join("\n")
}
