//! Which rule of one revision is which of the other: by id, else by path.

use std::collections::{BTreeMap, BTreeSet};

use harness_rule::exception::{ExceptionTree, Item};
use harness_rule::model::Rule;
use harness_rule::tree::Loaded;
use harness_source::span::Span;

use super::revision::Revision;

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
    base: Revision<'a>,
    head: Revision<'a>,
    is_selected: &dyn Fn(&Loaded) -> bool,
) -> Paired<'a> {
    let id = |loaded: &'a Loaded| loaded.rule.as_ref().map(|rule| rule.rule_id.value.as_str());
    let mut by_id: BTreeMap<&str, &Loaded> = BTreeMap::new();
    let mut by_key: BTreeMap<&str, &Loaded> = BTreeMap::new();
    for loaded in &base.rules.rules {
        by_key.insert(&loaded.key, loaded);
        if let Some(id) = id(loaded) {
            by_id.entry(id).or_insert(loaded);
        }
    }
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut found = Paired { changed: Vec::new(), unchanged: 0 };
    for new in &head.rules.rules {
        let by_id = id(new).and_then(|id| by_id.get(id));
        let old = by_id.or_else(|| by_key.get(new.key.as_str())).copied();
        let old = old.filter(|old| taken.insert(&old.key));
        if !is_selected(new) {
            continue;
        }
        let pair = Pair { old, new: Some(new) };
        match old {
            Some(old) if is_same(old, new, [base.exceptions, head.exceptions]) => {
                found.unchanged += 1;
            }
            Some(_) | None => found.changed.push(pair),
        }
    }
    let gone =
        base.rules.rules.iter().filter(|old| !taken.contains(old.key.as_str()) && is_selected(old));
    found.changed.extend(gone.map(|old| Pair { old: Some(old), new: None }));
    let path = |pair: &Pair<'a>| pair.new.or(pair.old).map(|loaded| loaded.path.clone());
    found.changed.sort_by_key(path);
    found
}

/// Whether nothing of a rule changed. A file of several rules has one text.
fn is_same(old: &Loaded, new: &Loaded, [before, after]: [&ExceptionTree; 2]) -> bool {
    let mut lists = new.rule.iter().flat_map(|rule| &rule.exceptions_list);
    old.key == new.key
        && (old.text == new.text || old.rule.is_some() && old.rule == new.rule)
        && lists.all(|list| same_list(&list.list_id, before, after))
}

/// Whether the exception lists of a rule have the same items in both revisions.
pub(super) fn same_lists(rule: &Rule, before: Revision<'_>, after: Revision<'_>) -> bool {
    let mut lists = rule.exceptions_list.iter();
    lists.all(|list| same_list(&list.list_id, before.exceptions, after.exceptions))
}

/// Whether an exception list has the same items, wherever they stand.
pub(super) fn same_list(list: &str, before: &ExceptionTree, after: &ExceptionTree) -> bool {
    let of = |tree: &ExceptionTree| {
        let items = tree.lists.get(list).into_iter().flatten();
        let plain = items.map(|item| Item {
            name: String::new(),
            path: String::new(),
            span: Span::default(),
            at: (0, 0),
            ..item.clone()
        });
        plain.collect::<Vec<_>>()
    };
    of(before) == of(after) && before.values == after.values
}
