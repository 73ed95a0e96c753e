//! ATT&CK: techniques, tactics, and what was withdrawn.
//!
//! `techniques.txt` has a line for each technique: its id, the numbers of its tactics,
//! its name. The facts are those of MITRE ATT&CK, Enterprise, version [`VERSION`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use harness_rule::threat::Reference;
use harness_source::span::Span;

use crate::lint::codes::Code;
use crate::lint::model::{Level, Safety};
use crate::lint::target::{Sink, Target};

/// The version of ATT&CK that the table is of.
pub(in crate::lint) const VERSION: &str = "18.1";

static TECHNIQUES: &str = include_str!("attack/techniques.txt");

/// Techniques that were withdrawn, and where their matter went; empty where nowhere.
static REVOKED: &str = include_str!("attack/revoked.txt");

/// The greatest number of a technique in the table: later ones are newer than it.
const NEWEST: u32 = 1_681;

/// Tactics by number.
const TACTICS: [(&str, &str); 14] = [
    ("TA0001", "Initial Access"),
    ("TA0002", "Execution"),
    ("TA0003", "Persistence"),
    ("TA0004", "Privilege Escalation"),
    ("TA0005", "Defense Evasion"),
    ("TA0006", "Credential Access"),
    ("TA0007", "Discovery"),
    ("TA0008", "Lateral Movement"),
    ("TA0009", "Collection"),
    ("TA0010", "Exfiltration"),
    ("TA0011", "Command and Control"),
    ("TA0040", "Impact"),
    ("TA0042", "Resource Development"),
    ("TA0043", "Reconnaissance"),
];

struct Technique {
    tactics: &'static str,
    name: &'static str,
}

static TABLE: LazyLock<BTreeMap<&'static str, Technique>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (id, rest) = line.split_once(' ')?;
        let (tactics, name) = rest.split_once(' ')?;
        Some((id, Technique { tactics, name }))
    };
    TECHNIQUES.lines().filter_map(line).collect()
});

static WITHDRAWN: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let line = |line: &'static str| line.split_once(' ').unwrap_or((line, ""));
    REVOKED.lines().map(line).collect()
});

/// The tactics of the table: id and name.
pub fn tactics() -> impl Iterator<Item = (&'static str, &'static str)> {
    TACTICS.into_iter()
}

/// The techniques of the table: id, name and ids of tactics.
pub fn techniques() -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> {
    let tactics = |numbers: &'static str| {
        let ids = TACTICS.iter().map(|(id, _)| *id);
        ids.filter(|id| numbers.split(',').any(|number| id.ends_with(number))).collect()
    };
    TABLE.iter().map(move |(id, technique)| (*id, technique.name, tactics(technique.tactics)))
}

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    let mut check = Check { text: &target.loaded.text, from: 0, sink };
    let mut seen: Vec<&str> = Vec::new();
    for threat in &target.rule.threat {
        if !threat.framework.eq_ignore_ascii_case("MITRE ATT&CK") {
            continue;
        }
        let tactic = threat.tactic.id.as_str();
        check.tactic(&threat.tactic);
        if seen.contains(&tactic) {
            let place = check.last_place(tactic);
            let message = format!("the tactic {tactic} is stated twice");
            check
                .sink
                .file(Code::AttackDuplicate, place, message)
                .help("put its techniques below one entry");
        }
        seen.push(tactic);
        for entry in &threat.techniques {
            let is_known = check.technique(&entry.technique, tactic);
            for sub in &entry.subtechniques {
                if is_known && !sub.id.starts_with(&format!("{}.", entry.technique.id)) {
                    let place = check.place(&sub.id);
                    let message =
                        format!("{} is no subtechnique of {}", sub.id, entry.technique.id);
                    check.sink.file(Code::AttackMismatch, place, message);
                }
                check.technique(sub, tactic);
            }
        }
    }
}

struct Check<'c, 'a> {
    text: &'c str,
    from: usize,
    sink: &'c mut Sink<'a>,
}

impl Check<'_, '_> {
    /// Where an id stands in quotes.
    fn place(&mut self, id: &str) -> Span {
        let quoted = format!("\"{id}\"");
        let at = self.text.get(self.from..).and_then(|rest| rest.find(&quoted));
        let at = at.map(|at| at + self.from).or_else(|| self.text.find(&quoted));
        at.map_or_else(Span::default, |at| Span::new(at, at + quoted.len()))
    }

    /// The second place, or the first.
    fn last_place(&self, id: &str) -> Span {
        let quoted = format!("\"{id}\"");
        let places = self.text.match_indices(&quoted);
        places.last().map_or_else(Span::default, |(at, _)| Span::new(at, at + quoted.len()))
    }

    fn tactic(&mut self, tactic: &Reference) {
        let id = tactic.id.as_str();
        let place = self.place(id);
        let Some((_, name)) = TACTICS.iter().find(|(known, _)| *known == id) else {
            let near = TACTICS.iter().find(|(_, name)| *name == tactic.name);
            let message = format!("ATT&CK has no tactic {id:?}");
            let told = self.sink.file(Code::AttackUnknown, place, message);
            if let Some((right, _)) = near {
                told.help(format!("{} is {right}", tactic.name));
            }
            return;
        };
        if tactic.name != *name {
            let message = format!("{id} is {name}, not {:?}", tactic.name);
            self.sink.file(Code::AttackMismatch, place, message);
        }
        self.page(tactic, "tactics", place);
    }

    /// Whether the id is that of a technique of today.
    fn technique(&mut self, technique: &Reference, tactic: &str) -> bool {
        let id = technique.id.as_str();
        let place = self.place(id);
        if let Some(instead) = WITHDRAWN.get(id) {
            let message = format!("ATT&CK has withdrawn {id} {:?}", technique.name);
            let told = self.sink.file(Code::AttackRevoked, place, message);
            match TABLE.get(instead) {
                Some(new) => {
                    told.help(format!("{instead} {} took its place", new.name));
                }
                None if instead.is_empty() => {
                    told.help("nothing took its place: name what the rule finds");
                }
                None => {
                    told.help(format!("{instead} took its place"));
                }
            }
            return false;
        }
        let Some(known) = TABLE.get(id) else {
            self.unknown(technique, place);
            return false;
        };
        if technique.name != known.name {
            let other = TABLE.iter().find(|(_, other)| other.name == technique.name);
            let message = format!("{id} is {:?}, not {:?}", known.name, technique.name);
            let told = self.sink.file(Code::AttackMismatch, place, message);
            match other {
                Some((right, _)) => {
                    told.help(format!("{:?} is {right}", technique.name));
                }
                // Names change from version to version.
                None => {
                    told.level(Level::Note).help(format!("this is its name in ATT&CK {VERSION}"));
                }
            }
        }
        let number = tactic.strip_prefix("TA").unwrap_or_default();
        let is_tactic = TACTICS.iter().any(|(known, _)| *known == tactic);
        if is_tactic && !known.tactics.split(',').any(|own| own == number) {
            let names: Vec<&str> = TACTICS
                .iter()
                .filter(|(id, _)| known.tactics.split(',').any(|own| id.ends_with(own)))
                .map(|(_, name)| *name)
                .collect();
            let message = format!("{id} {:?} is no technique of {tactic}", known.name);
            self.sink
                .file(Code::AttackMismatch, place, message)
                .help(format!("it is one of {}", names.join(", ")));
        }
        self.page(technique, "techniques", place);
        true
    }

    /// An id that the table lacks: one that is newer than the table is let pass.
    fn unknown(&mut self, technique: &Reference, place: Span) {
        let id = technique.id.as_str();
        let (main, sub) = id.split_once('.').unwrap_or((id, ""));
        let number = main.strip_prefix('T').and_then(|number| number.parse::<u32>().ok());
        let formed = number.is_some() && main.len() == 5;
        let formed = formed && (sub.is_empty() || sub.len() == 3 && sub.parse::<u32>().is_ok());
        let is_newer = formed
            && (number.is_some_and(|number| (NEWEST..NEWEST + 100).contains(&number))
                || !sub.is_empty() && TABLE.contains_key(main) && may_be_newer(main, sub));
        if is_newer {
            return;
        }
        let named = TABLE.iter().find(|(_, other)| other.name == technique.name);
        let message = format!("ATT&CK {VERSION} has no technique {id:?}");
        let told = self.sink.file(Code::AttackUnknown, place, message);
        if let Some((right, _)) = named {
            told.help(format!("{:?} is {right}", technique.name));
        }
    }

    fn page(&mut self, entry: &Reference, folder: &str, place: Span) {
        let page = entry.reference.trim_end_matches('/');
        let own = format!("https://attack.mitre.org/{folder}/{}", entry.id.replace('.', "/"));
        if entry.reference.is_empty() || page == own || page.replace("http:", "https:") == own {
            return;
        }
        let message = format!("{} has the page {own}/, not {:?}", entry.id, entry.reference);
        let told = self.sink.file(Code::AttackMismatch, place, message);
        let rest = self.text.get(place.end..).unwrap_or_default();
        let quoted = format!("\"{}\"", entry.reference);
        if let Some(at) = rest.find(&quoted) {
            let start = place.end + at;
            let span = Span::new(start, start + quoted.len());
            told.fix("name its page", Safety::Safe, &[(span, format!("\"{own}/\""))]);
        }
    }
}

/// Whether a subtechnique may have come after the table: its number follows the last
/// one closely.
fn may_be_newer(main: &str, sub: &str) -> bool {
    const CLOSE: u32 = 4;
    let own = TABLE.keys().filter_map(|id| id.strip_prefix(main)?.strip_prefix('.'));
    let last = own.filter_map(|sub| sub.parse::<u32>().ok()).max().unwrap_or(0);
    sub.parse::<u32>().is_ok_and(|sub| sub > 0 && sub <= last + CLOSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_fit_together() {
        assert!(TABLE.len() > 600);
        for (id, technique) in TABLE.iter() {
            assert!(technique.tactics.split(',').all(|own| own.len() == 4), "{id}");
            assert!(!WITHDRAWN.contains_key(id), "{id}");
        }
        for (old, new) in WITHDRAWN.iter() {
            assert!(
                new.is_empty() || TABLE.contains_key(new) || WITHDRAWN.contains_key(new),
                "{old}"
            );
        }
        let newest = TABLE.keys().filter_map(|id| id[1..5].parse::<u32>().ok()).max();
        assert_eq!(newest, Some(NEWEST));
    }
}
