//! What a rule says of itself.

pub(super) mod attack;
mod index;
mod rule;

use std::collections::BTreeMap;

use harness_rule::tree::Loaded;

#[cfg(test)]
pub(super) use attack::VERSION as ATTACK_VERSION;

use super::codes::Code;
use super::key::key;
use super::model::Finding;
use super::target::{Sink, Target};

/// The findings about one rule's metadata.
pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    attack::check(target, sink);
    index::check(target, sink);
    rule::check(target, sink);
}

/// The findings about rules beside each other, with the number of their file.
pub(super) fn together(rules: &[&Loaded]) -> Vec<(usize, Finding)> {
    let mut names: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, loaded) in rules.iter().enumerate() {
        if let Some(rule) = &loaded.rule {
            names.entry(rule.name.trim()).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    for (name, users) in names.into_iter().filter(|(_, users)| users.len() > 1) {
        for at in &users {
            let loaded = rules[*at];
            let mut others = users.iter().filter(|other| *other != at);
            let other = others.next().map_or("", |other| rules[*other].file.as_str());
            let message = format!("`{name}` is also the name of {other}");
            let mut sink = Sink::new(loaded);
            sink.file(Code::DuplicateName, key(&loaded.text, "name").unwrap_or_default(), message);
            found.extend(sink.into_findings().into_iter().map(|finding| (*at, finding)));
        }
    }
    found
}
