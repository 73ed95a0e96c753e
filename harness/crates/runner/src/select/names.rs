//! What rules and cases are called.

use std::collections::BTreeMap;

use crate::case::{Case, CaseTree, Polarity};
use harness_rule::tree::{Loaded, key_of};
use harness_source::files;
use harness_text::pattern::Case as Fold;
use harness_text::pattern::glob::Glob;

/// How much of an id stands for a rule.
const MIN_ID: usize = 6;

/// A case without its rule.
pub(crate) fn named(case: &Case) -> String {
    format!("{}/{}", case.polarity.folder(), case.name)
}

/// Whether a name is one of a case without its rule.
pub(super) fn is_short(name: &str) -> bool {
    let polarities = [Polarity::Positive, Polarity::Negative];
    polarities.iter().any(|polarity| {
        let rest = name.strip_prefix(polarity.folder()).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
    })
}

/// Whether a path is one of a case with its rule.
pub(super) fn is_of_case(name: &str) -> bool {
    ["/positive/", "/negative/"].iter().any(|part| name.contains(part))
}

/// A path as people write it, as ours are.
pub(super) fn plain(name: &str) -> &str {
    name.trim_start_matches("./")
}

/// Whether a path is one of ours, or leads to it from wherever.
fn leads_to(path: &str, own: &str) -> bool {
    path.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// The rules that a name stands for: in the first of these ways in which it is that of
/// any rule, exactly, by its title, as a path from elsewhere, as a folder or a glob, as the beginning of an id, as a part.
pub(super) fn rules_named<'a>(name: &str, rules: &'a [Loaded]) -> Vec<&'a Loaded> {
    let plain = plain(name);
    let lower = plain.to_lowercase();
    let title = |loaded: &Loaded| loaded.rule.as_ref().map(|rule| rule.name.to_lowercase());
    let id = |loaded: &Loaded| loaded.rule.as_ref().map(|rule| rule.rule_id.value.clone());
    let exact = |loaded: &Loaded| {
        [&loaded.key, &loaded.path, &loaded.file].into_iter().any(|own| own == plain)
            || id(loaded).as_deref() == Some(plain)
    };
    let titled = |loaded: &Loaded| title(loaded).as_deref() == Some(lower.as_str());
    // …/rules/linux/a.toml, from wherever: that of linux/a, and not of a.
    let leads = |loaded: &&Loaded| !is_of_case(plain) && leads_to(key_of(plain), &loaded.key);
    let longest = rules.iter().filter(leads).map(|loaded| loaded.key.len()).max();
    let leads = |loaded: &Loaded| Some(loaded.key.len()) == longest && leads(&loaded);
    let folder = format!("{}/", plain.trim_end_matches('/'));
    let glob = plain.contains(['*', '?']).then(|| Glob::eql(plain));
    let within = |loaded: &Loaded| match &glob {
        Some(glob) => {
            [&loaded.key, &loaded.path, &loaded.file]
                .into_iter()
                .any(|own| glob.matches(own, Fold::Sensitive))
                || loaded
                    .rule
                    .as_ref()
                    .is_some_and(|rule| glob.matches(&rule.name, Fold::Insensitive))
        }
        None => [&loaded.key, &loaded.file].into_iter().any(|own| own.starts_with(&folder)),
    };
    let begins = |loaded: &Loaded| {
        plain.len() >= MIN_ID && id(loaded).is_some_and(|id| id.to_lowercase().starts_with(&lower))
    };
    let part = |loaded: &Loaded| {
        loaded.key.to_lowercase().contains(&lower)
            || title(loaded).is_some_and(|title| title.contains(&lower))
    };
    let ways: [&dyn Fn(&Loaded) -> bool; 6] = [&exact, &titled, &leads, &within, &begins, &part];
    let found = ways.iter().map(|way| rules.iter().filter(|rule| way(rule)).collect::<Vec<_>>());
    found.into_iter().find(|own| !own.is_empty()).unwrap_or_default()
}

/// The cases that a path stands for, by rule: that of a file, the rule's with
/// `positive/name` behind it, or that of a folder of cases; no names where all cases of
/// the rule lie in it.
pub(super) fn cases_named<'a>(
    name: &str,
    cases: &'a CaseTree,
) -> BTreeMap<&'a str, Option<Vec<String>>> {
    let plain = plain(name).trim_end_matches('/');
    let folder = format!("{plain}/");
    let mut found: BTreeMap<&str, Option<Vec<String>>> = BTreeMap::new();
    for (rule, own) in &cases.rules {
        let home = files::below(&cases.folder, rule);
        if home == plain || home.starts_with(&folder) {
            found.insert(rule, None);
            continue;
        }
        let is = |case: &&Case| {
            leads_to(plain, &case.path)
                || case.path.starts_with(&folder)
                || format!("{rule}/{}", named(case)) == key_of(plain)
        };
        let own: Vec<String> = own.iter().filter(is).map(named).collect();
        if !own.is_empty() {
            found.insert(rule, Some(own));
        }
    }
    found
}
