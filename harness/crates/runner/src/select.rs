//! Which rules, and which of their cases, a person asks for: the same for every verb.

mod lookup;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use crate::case::CaseTree;
use harness_rule::names::{RuleType, Severity};
use harness_rule::tree::{Loaded, RuleTree, key_of};
use harness_text::pattern::Case as Fold;
use harness_text::pattern::glob::Glob;

pub use lookup::{Unfound, find_case};
pub(crate) use names::named;
use names::{cases_named, is_of_case, is_short, plain, rules_named};

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
    pub unknown: Vec<Unknown>,
}

/// A name that fits nothing that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The name.
    pub name: String,
    /// Why it fits nothing.
    pub why: Why,
    /// What is called nearly so, the nearest first.
    pub close: Vec<String>,
}

/// Why a name fits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No rule is called so.
    NoRule,
    /// No case is called so.
    NoCase,
    /// Rules are called so, and none of them is what else is asked for.
    NotSuch,
}

impl Selection {
    /// Whether it asks for all rules.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// The same once for each name.
    pub fn each(&self) -> Vec<Self> {
        if self.names.is_empty() {
            return vec![self.clone()];
        }
        let names = self.names.iter();
        names.map(|name| Self { names: vec![name.clone()], ..self.clone() }).collect()
    }

    /// The rules and cases of a project that it asks for; none where a name fits nothing.
    pub fn resolve(&self, rules: &RuleTree, cases: &CaseTree) -> Selected {
        if self.is_all() {
            return Selected::default();
        }
        let mut found = Selected::default();
        let mut keys: BTreeSet<String> = BTreeSet::new();
        // A case of the rules that are named beside it.
        let (loose, names): (Vec<&String>, Vec<&String>) =
            self.names.iter().partition(|name| is_short(name));
        if names.is_empty() && loose.is_empty() {
            let among = rules.rules.iter().filter(|loaded| self.has_all(loaded));
            keys.extend(among.map(|loaded| loaded.key.clone()));
        }
        for name in names {
            if !self.add(name, rules, cases, &mut keys, &mut found.cases) {
                found.unknown.push(unknown(name, rules, cases));
            }
        }
        for name in loose {
            let short = key_of(plain(name));
            let all =
                cases.rules.iter().filter(|(rule, _)| keys.is_empty() || keys.contains(*rule));
            let own = all.filter(|(_, cases)| cases.iter().any(|case| named(case) == short));
            let own: Vec<String> = own.map(|(rule, _)| rule.clone()).collect();
            if own.is_empty() {
                let close = lookup::close_cases(rules, cases, name);
                found.unknown.push(Unknown { name: name.clone(), why: Why::NoCase, close });
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

    /// Adds what a name stands for; whether it is anything.
    fn add(
        &self,
        name: &str,
        rules: &RuleTree,
        cases: &CaseTree,
        keys: &mut BTreeSet<String>,
        only: &mut BTreeMap<String, BTreeSet<String>>,
    ) -> bool {
        let own = rules_named(name, &rules.rules);
        let mut own: Vec<&str> =
            own.into_iter().filter(|own| self.has_all(own)).map(|own| own.key.as_str()).collect();
        if own.is_empty() {
            for (rule, some) in cases_named(name, cases) {
                if !rules.rules.iter().any(|loaded| loaded.key == rule && self.has_all(loaded)) {
                    continue;
                }
                own.push(rule);
                if let Some(some) = some {
                    only.entry(rule.to_owned()).or_default().extend(some);
                }
            }
        }
        keys.extend(own.iter().map(|key| (*key).to_owned()));
        !own.is_empty()
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

/// What is wrong with a name that fits nothing.
fn unknown(name: &str, rules: &RuleTree, cases: &CaseTree) -> Unknown {
    let (why, close) =
        if !rules_named(name, &rules.rules).is_empty() || !cases_named(name, cases).is_empty() {
            (Why::NotSuch, Vec::new())
        } else if is_of_case(name) {
            (Why::NoCase, lookup::close_cases(rules, cases, name))
        } else {
            (Why::NoRule, lookup::close_rules(rules, name))
        };
    Unknown { name: name.to_owned(), why, close }
}

impl Selected {
    /// Whether a rule was asked for.
    pub fn has(&self, key: &str) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.contains(key))
    }
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
    use crate::case::{Case, Options, Polarity};

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
        let folder = "cases".to_owned();
        let cases = CaseTree { folder, rules: cases.into(), ..CaseTree::default() };
        (RuleTree { rules, ..RuleTree::default() }, cases)
    }

    /// The keys and the cases, where not all.
    fn found(selection: &Selection) -> String {
        let (rules, cases) = tree();
        let found = selection.resolve(&rules, &cases);
        let keys =
            found.keys.map_or_else(|| vec!["all".to_owned()], |keys| keys.into_iter().collect());
        let cases = found.cases.iter().map(|(rule, cases)| format!("{rule}: {cases:?}"));
        let unknown = found.unknown.iter().map(|it| {
            let Unknown { name, why, close } = it;
            format!("{why:?} {name}: {}", close.first().map_or("", String::as_str))
        });
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
            (&["shs"], "NoRule shs: "),
            (&["linux/shs"], "NoRule linux/shs: linux/ssh"),
            (&["linux/ssh/positive/q"], "NoCase linux/ssh/positive/q: linux/ssh/positive/p"),
            (&["cases/linux/ssh/"], "linux/ssh"),
            (&["cases/linux"], "linux/ssh"),
            (&["cases/linux/ssh/negative"], "linux/ssh linux/ssh: {\"negative/n\"}"),
            (&["/home/a/cases/linux/ssh/negative/n.json"], "linux/ssh linux/ssh: {\"negative/n\"}"),
            (&["/home/a/rules/linux/ssh.toml"], "linux/ssh"),
            (&["../elsewhere/linux/ssh"], "linux/ssh"),
            (&["linux/ssh", "nothing"], "NoRule nothing: "),
            (&["cases/linux/ssh/positive/p.json"], "linux/ssh linux/ssh: {\"positive/p\"}"),
            (&["linux/ssh/positive/p"], "linux/ssh linux/ssh: {\"positive/p\"}"),
            (&["linux/ssh", "negative/n"], "linux/ssh linux/ssh: {\"negative/n\"}"),
            (
                &["negative/n.json"],
                "linux/ssh windows/ssh linux/ssh: {\"negative/n\"} windows/ssh: {\"negative/n\"}",
            ),
            (&["linux/ssh", "negative/x"], "NoCase negative/x: linux/ssh/negative/n"),
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
        let names = vec!["windows/ssh".to_owned()];
        assert_eq!(of(Selection { names, ..tagged("linux") }), "NotSuch windows/ssh: ");
    }
}
