//! What is compared.

use harness_rule::exception::ExceptionTree;
use harness_rule::tree::{Loaded, RuleTree};
use sha2::{Digest, Sha256};

/// The digits of a hash.
const DIGITS: usize = 16;

/// The rules of one revision, with what they read.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    /// The rules.
    pub rules: &'a RuleTree,
    /// The exception lists.
    pub exceptions: &'a ExceptionTree,
}

/// Stands for all that a rule's file says of it.
pub(super) fn hash(loaded: &Loaded) -> String {
    let mut text: &str = &loaded.text;
    // Each line of an export is a rule.
    if loaded.path.ends_with(".ndjson")
        && let Some(rule) = &loaded.rule
    {
        let (before, after) = text.split_at_checked(rule.rule_id.span.start).unwrap_or((text, ""));
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let end = before.len() + after.find('\n').unwrap_or(after.len());
        text = &text[start..end];
    }
    let plain: Vec<u8> = text.bytes().filter(|byte| *byte != b'\r').collect();
    let digest = Sha256::digest(&plain);
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.take(DIGITS).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
