//! Which rules, and which of their cases, a person asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Case, CaseTree, Polarity};
use harness_rule::names::{RuleType, Severity};
use harness_rule::tree::{Loaded, RuleTree, key_of};
use harness_text::pattern::Case as Fold;
use harness_text::pattern::glob::Glob;

/// What a person asks for: rules by what they are called, and of these those that have
/// all that is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Paths of rules, cases or folders, globs, ids, names, or parts of these; all
    /// rules where there is none.
    pub names: Vec<String>,
    /// One of these tags, with `*`; that of a kind by its last part: `Linux` is
    /// `OS: Linux`.
    pub tags: Vec<String>,
    /// One of these severities.
    pub severities: Vec<Severity>,
    /// One of these types.
    pub types: Vec<RuleType>,
    /// Only rules of these keys.
    pub keys: Option<BTreeSet<String>>,
}

/// The rules and cases that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// Their keys; `None` for all rules.
    pub keys: Option<BTreeSet<String>>,
    /// Where not all cases of a rule were asked for: those that were, as
    /// `positive/name`.
    pub cases: BTreeMap<String, BTreeSet<String>>,
    /// The names that fit nothing.
    pub unknown: Vec<String>,
}

impl Selection {
    /// Whether it asks for all rules.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// The rules and cases of a project that it asks for; none where a name fits nothing.
    pub fn resolve(&self, rules: &RuleTree, cases: &CaseTree) -> Selected {
        if self.is_all() {
            return Selected::default();
        }
        let has_all = |loaded: &&Loaded| self.has_all(loaded);
        let among: Vec<&Loaded> = rules.rules.iter().filter(has_all).collect();
        let mut found = Selected::default();
        let mut keys: BTreeSet<String> = BTreeSet::new();
        // A case of the rules that are named beside it.
        let (loose, names): (Vec<&String>, Vec<&String>) =
            self.names.iter().partition(|name| is_short(name));
        if names.is_empty() && loose.is_empty() {
            keys.extend(among.iter().map(|loaded| loaded.key.clone()));
        }
        for name in names {
            let own = rules_named(name, &rules.rules);
            let own: Vec<&str> =
                own.into_iter().filter(|own| has_all(own)).map(|own| own.key.as_str()).collect();
            if own.is_empty()
                && let Some((rule, case)) = case_named(name, cases)
                && among.iter().any(|loaded| loaded.key == rule)
            {
                found.cases.entry(rule.clone()).or_default().insert(case);
                keys.insert(rule);
                continue;
            }
            if own.is_empty() {
                found.unknown.push(name.clone());
            }
            keys.extend(own.into_iter().map(str::to_owned));
        }
        for name in loose {
            let short = key_of(name.trim_start_matches("./"));
            let all =
                cases.rules.iter().filter(|(rule, _)| keys.is_empty() || keys.contains(*rule));
            let own = all.filter(|(_, cases)| cases.iter().any(|case| named(case) == short));
            let own: Vec<String> = own.map(|(rule, _)| rule.clone()).collect();
            if own.is_empty() {
                found.unknown.push(name.clone());
            }
            for rule in own {
                found.cases.entry(rule).or_default().insert(short.to_owned());
            }
        }
        keys.extend(found.cases.keys().cloned());
        if !found.unknown.is_empty() {
            (keys, found.cases) = (BTreeSet::new(), BTreeMap::new());
        }
        found.keys = Some(keys);
        found
    }

    fn has_all(&self, loaded: &Loaded) -> bool {
        let Self { names: _, tags, severities, types, keys } = self;
        let rule = loaded.rule.as_ref();
        let tagged = || rule.is_some_and(|rule| tags.iter().any(|tag| has_tag(&rule.tags, tag)));
        let severe = || rule.is_some_and(|rule| severities.contains(&rule.severity));
        let typed = || rule.is_some_and(|rule| types.contains(&rule.rule_type));
        (tags.is_empty() || tagged())
            && (severities.is_empty() || severe())
            && (types.is_empty() || typed())
            && keys.as_ref().is_none_or(|keys| keys.contains(&loaded.key))
    }
}

impl Selected {
    /// Whether a rule was asked for.
    pub fn has(&self, key: &str) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.contains(key))
    }
}

/// A case without its rule.
pub(crate) fn named(case: &Case) -> String {
    format!("{}/{}", case.polarity.folder(), case.name)
}

/// Whether a name is one of a case without its rule.
fn is_short(name: &str) -> bool {
    let polarities = [Polarity::Positive, Polarity::Negative];
    polarities.iter().any(|polarity| {
        let rest = name.strip_prefix(polarity.folder()).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
    })
}

/// The rules that a name stands for: in the first of these ways in which it is that of
/// any rule, exactly, as a folder or a glob, as the beginning of an id, as a part.
fn rules_named<'a>(name: &str, rules: &'a [Loaded]) -> Vec<&'a Loaded> {
    let plain = name.trim_start_matches("./");
    let lower = plain.to_lowercase();
    let title = |loaded: &Loaded| loaded.rule.as_ref().map(|rule| rule.name.to_lowercase());
    let id = |loaded: &Loaded| loaded.rule.as_ref().map(|rule| rule.rule_id.value.clone());
    let exact = |loaded: &Loaded| {
        [&loaded.key, &loaded.path, &loaded.file].into_iter().any(|own| own == plain)
            || id(loaded).as_deref() == Some(plain)
            || title(loaded).as_deref() == Some(lower.as_str())
            // …/rules/linux/a.toml, from wherever.
            || plain.ends_with(&format!("/{}", loaded.path)) && plain.ends_with(&loaded.file)
    };
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
        plain.len() >= 6 && id(loaded).is_some_and(|id| id.to_lowercase().starts_with(&lower))
    };
    let part = |loaded: &Loaded| {
        loaded.key.to_lowercase().contains(&lower)
            || title(loaded).is_some_and(|title| title.contains(&lower))
    };
    let ways: [&dyn Fn(&Loaded) -> bool; 4] = [&exact, &within, &begins, &part];
    let found = ways.iter().map(|way| rules.iter().filter(|rule| way(rule)).collect::<Vec<_>>());
    found.into_iter().find(|own| !own.is_empty()).unwrap_or_default()
}

/// The rule and the case that a path stands for: that of a file, or the rule's with
/// `positive/name` behind it.
fn case_named(name: &str, cases: &CaseTree) -> Option<(String, String)> {
    let plain = name.trim_start_matches("./");
    let all =
        cases.rules.iter().flat_map(|(rule, cases)| cases.iter().map(move |case| (rule, case)));
    let is = |rule: &str, case: &Case| {
        case.path == plain || format!("{rule}/{}", named(case)) == key_of(plain)
    };
    let mut found = all.filter(|(rule, case)| is(rule, case));
    let (rule, case) = found.next()?;
    Some((rule.clone(), named(case)))
}

fn has_tag(tags: &[String], wanted: &str) -> bool {
    let glob = Glob::eql(&wanted.to_lowercase());
    tags.iter().any(|tag| {
        let tag = tag.to_lowercase();
        let last = tag.rsplit(": ").next().unwrap_or(&tag);
        glob.matches(&tag, Fold::Sensitive) || glob.matches(last, Fold::Sensitive)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Options;

    fn loaded(key: &str, name: &str, id: &str, more: &str) -> Loaded {
        let text = format!(
            "[rule]\nname = '{name}'\nrule_id = '{id}'\ndescription = 'D'\nrisk_score = 1\n\
             {more}\nlanguage = 'kuery'\nquery = 'a: 1'\n"
        );
        let (rule, found) = harness_rule::parse(&text);
        assert!(rule.is_some(), "{found:?}");
        let (path, file) = (format!("{key}.toml"), format!("rules/{key}.toml"));
        let key = key.to_owned();
        Loaded { path, key, file, text: text.into(), rule, diagnostics: Vec::new() }
    }

    fn tree() -> (RuleTree, CaseTree) {
        let rules = vec![
            loaded(
                "linux/ssh",
                "Root Login",
                "aaaaaa11",
                "type = 'query'\nseverity = 'low'\ntags = ['OS: Linux']",
            ),
            loaded("linux/ssh_keys", "Keys", "bbbbbb22", "type = 'query'\nseverity = 'high'"),
            loaded(
                "windows/ssh",
                "Login",
                "cccccc33",
                "type = 'query'\nseverity = 'high'\ntags = ['OS: Windows', 'Beta']",
            ),
        ];
        let case = |rule: &str, polarity: Polarity, name: &str| Case {
            path: format!("cases/{rule}/{}/{name}.json", polarity.folder()),
            name: name.to_owned(),
            polarity,
            events: Vec::new(),
            options: Options::default(),
        };
        let own = |rule: &str| {
            vec![case(rule, Polarity::Positive, "p"), case(rule, Polarity::Negative, "n")]
        };
        let cases = ["linux/ssh", "windows/ssh"].map(|rule| (rule.to_owned(), own(rule)));
        let cases = CaseTree { rules: cases.into(), ..CaseTree::default() };
        (RuleTree { rules, ..RuleTree::default() }, cases)
    }

    /// The keys and the cases, where not all.
    fn found(selection: &Selection) -> String {
        let (rules, cases) = tree();
        let found = selection.resolve(&rules, &cases);
        let keys =
            found.keys.map_or_else(|| vec!["all".to_owned()], |keys| keys.into_iter().collect());
        let cases = found.cases.iter().map(|(rule, cases)| format!("{rule}: {cases:?}"));
        let unknown = found.unknown.iter().map(|name| format!("?{name}"));
        keys.into_iter().chain(cases).chain(unknown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_understood() {
        for (names, expected) in [
            (&[][..], "all"),
            (&["linux/ssh"], "linux/ssh"),
            (&["./rules/linux/ssh.toml"], "linux/ssh"),
            (&["rules/linux"], "linux/ssh linux/ssh_keys"),
            (&["linux/"], "linux/ssh linux/ssh_keys"),
            (&["linux/*"], "linux/ssh linux/ssh_keys"),
            (&["*keys"], "linux/ssh_keys"),
            (&["root login"], "linux/ssh"),
            (&["cccccc33"], "windows/ssh"),
            (&["bbbbbb"], "linux/ssh_keys"),
            (&["SSH"], "linux/ssh linux/ssh_keys windows/ssh"),
            (&["_keys", "windows/ssh"], "linux/ssh_keys windows/ssh"),
            (&["shs"], "?shs"),
            (&["linux/ssh", "nothing"], "?nothing"),
            (&["cases/linux/ssh/positive/p.json"], "linux/ssh linux/ssh: {\"positive/p\"}"),
            (&["linux/ssh/positive/p"], "linux/ssh linux/ssh: {\"positive/p\"}"),
            (&["linux/ssh", "negative/n"], "linux/ssh linux/ssh: {\"negative/n\"}"),
            (
                &["negative/n.json"],
                "linux/ssh windows/ssh linux/ssh: {\"negative/n\"} windows/ssh: {\"negative/n\"}",
            ),
            (&["linux/ssh", "negative/x"], "?negative/x"),
        ] {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(found(&Selection { names, ..Selection::default() }), expected);
        }
    }

    #[test]
    fn what_is_stated_has_to_hold() {
        let of = |selection: Selection| found(&selection);
        let tagged = |tag: &str| Selection { tags: vec![tag.to_owned()], ..Selection::default() };
        assert_eq!(of(tagged("linux")), "linux/ssh");
        assert_eq!(of(tagged("OS: *")), "linux/ssh windows/ssh");
        assert_eq!(of(tagged("beta")), "windows/ssh");
        let severe = Selection { severities: vec![Severity::High], ..Selection::default() };
        assert_eq!(of(severe.clone()), "linux/ssh_keys windows/ssh");
        assert_eq!(of(Selection { names: vec!["linux/".to_owned()], ..severe }), "linux/ssh_keys");
        let typed = Selection { types: vec![RuleType::Eql], ..Selection::default() };
        assert_eq!(of(typed), "");
    }
}
