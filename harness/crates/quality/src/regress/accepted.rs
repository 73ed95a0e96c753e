//! Changes that somebody has accepted: a committed file with a reason for each.
//!
//! ```toml
//! [[accepted]]
//! rule = "5c1f7a0e-…"         # the rule's id
//! hash = "9b2d1f0c8a7e6d54"   # of the new version; of the last one where it is removed
//! reason = "the scanner of the office is no finding"
//! ```
//!
//! The hash stands for every byte of the rule, so that no later change is accepted
//! unseen; line ends aside, which git may rewrite.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::model::{Change, Regression, RuleChange};
use super::revision::hash;
use harness_rule::tree::{Loaded, RuleTree};
use harness_source::diagnostic::Diagnostic;
use harness_source::keys;
use harness_source::span::Span;

/// A change that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The id of the rule.
    pub rule: String,
    /// Stands for the version that is accepted.
    pub hash: String,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accepted: Vec<toml::Spanned<Accepted>>,
}

/// Reads a file of accepted changes.
///
/// # Errors
///
/// What is no such file, and an acceptance without a reason.
pub fn read(text: &str) -> Result<Vec<Accepted>, Diagnostic> {
    let file: File = toml::from_str(text).map_err(|error| keys::fault("accepted", &error))?;
    let blank = file.accepted.iter().find(|one| one.get_ref().reason.trim().is_empty());
    if let Some(blank) = blank {
        let span = Span::new(blank.span().start, blank.span().end);
        return Err(Diagnostic::error("accepted", "the reason is empty", span));
    }
    Ok(file.accepted.into_iter().map(toml::Spanned::into_inner).collect())
}

/// What a file has to say to accept a change; nothing where there is nothing to accept.
pub fn entry(rule: &RuleChange, reason: &str) -> Option<String> {
    let hash = hash_of(rule)?;
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let (id, reason) = (text(&rule.rule_id), text(reason));
    let path: String = rule.path.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(format!("# {path}\n[[accepted]]\nrule = {id}\nhash = \"{hash}\"\nreason = {reason}\n"))
}

/// The hash of the version that is judged, where there is something to accept.
fn hash_of(rule: &RuleChange) -> Option<&str> {
    let edition = rule.after.as_ref().or(rule.before.as_ref())?;
    (rule.change != Change::Same).then_some(edition.hash.as_str())
}

/// Marks the changes that are accepted, and tells what is accepted in vain.
pub fn accept(regression: &mut Regression, accepted: &[Accepted], head: &RuleTree) {
    let by_id: BTreeMap<&str, &Loaded> = head
        .rules
        .iter()
        .filter_map(|loaded| Some((loaded.rule.as_ref()?.rule_id.value.as_str(), loaded)))
        .collect();
    for one in accepted {
        let changed = regression.rules.iter_mut().find(|rule| rule.rule_id == one.rule);
        let now = by_id.get(one.rule.as_str()).map(|loaded| hash(loaded));
        match changed {
            Some(rule) if hash_of(rule) == Some(&one.hash) => {
                rule.accepted = Some(one.reason.clone());
            }
            _ if now.as_ref() == Some(&one.hash) => {}
            _ => regression.stale.push(match now {
                Some(now) => format!(
                    "the accepted change of {} is of another version: {} was accepted, {now} is there",
                    one.rule, one.hash
                ),
                None => format!("the accepted change of {} is of no rule that there is", one.rule),
            }),
        }
    }
}
