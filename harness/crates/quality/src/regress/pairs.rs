//! Which rule of one revision is which of the other: by id, else by path.

use std::collections::{BTreeMap, BTreeSet};

use harness_rule::tree::{Loaded, RuleTree};

/// A rule before and after.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) old: Option<&'a Loaded>,
    pub(super) new: Option<&'a Loaded>,
}

/// The pairs of two revisions.
pub(super) struct Paired<'a> {
    /// Those that differ in some byte, by path.
    pub(super) changed: Vec<Pair<'a>>,
    pub(super) unchanged: usize,
}

pub(super) fn paired<'a>(
    base: &'a RuleTree,
    head: &'a RuleTree,
    is_selected: &dyn Fn(&Loaded) -> bool,
) -> Paired<'a> {
    let id = |loaded: &'a Loaded| loaded.rule.as_ref().map(|rule| rule.rule_id.value.as_str());
    let mut by_id: BTreeMap<&str, &Loaded> = BTreeMap::new();
    let mut by_key: BTreeMap<&str, &Loaded> = BTreeMap::new();
    for loaded in &base.rules {
        by_key.insert(&loaded.key, loaded);
        if let Some(id) = id(loaded) {
            by_id.entry(id).or_insert(loaded);
        }
    }
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut found = Paired { changed: Vec::new(), unchanged: 0 };
    for new in &head.rules {
        let by_id = id(new).and_then(|id| by_id.get(id));
        let old = by_id.or_else(|| by_key.get(new.key.as_str())).copied();
        let old = old.filter(|old| taken.insert(&old.key));
        if !is_selected(new) {
            continue;
        }
        let pair = Pair { old, new: Some(new) };
        match old {
            Some(old) if is_same(old, new) => found.unchanged += 1,
            Some(_) | None => found.changed.push(pair),
        }
    }
    let gone =
        base.rules.iter().filter(|old| !taken.contains(old.key.as_str()) && is_selected(old));
    found.changed.extend(gone.map(|old| Pair { old: Some(old), new: None }));
    let path = |pair: &Pair<'a>| pair.new.or(pair.old).map(|loaded| loaded.path.clone());
    found.changed.sort_by_key(path);
    found
}

/// Whether nothing of a rule changed. A file of several rules has one text.
fn is_same(old: &Loaded, new: &Loaded) -> bool {
    old.key == new.key && (old.text == new.text || old.rule.is_some() && old.rule == new.rule)
}
