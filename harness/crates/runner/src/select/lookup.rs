//! Finds the case that a person names, and what is called nearly like a name.

use super::names::{named, plain, rules_named};
use crate::case::{Case, CaseTree};
use harness_rule::tree::RuleTree;
use harness_source::likeness::{Likeness, ranked};

/// The most names that are offered.
const MAX_OFFERED: usize = 5;

/// A name that does not resolve to one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfound {
    /// Nothing has it; these are close, the closest first.
    Unknown(Vec<String>),
    /// These all have it, and maybe more; at most five.
    Ambiguous(Vec<String>),
}

/// The case of a rule that a name (with its folder or without) or a path stands
/// for; the position in `cases`.
///
/// # Errors
///
/// When it is not exactly one.
pub fn find_case(cases: &[Case], text: &str) -> Result<usize, Unfound> {
    let bare = |path: &str| match path.rsplit_once('.') {
        Some((stem, "json" | "ndjson" | "jsonl")) => stem.to_owned(),
        Some(_) | None => path.to_owned(),
    };
    let wanted = bare(plain(text));
    let ways: [&dyn Fn(&Case) -> bool; 3] =
        [&|case| is_path_of(&wanted, &bare(&case.path)), &|case| named(case) == wanted, &|case| {
            is_path_of(&bare(&case.path), &wanted)
        }];
    let mut found = ways.iter().map(|way| {
        let own = cases.iter().enumerate().filter(|(_, case)| way(case));
        own.map(|(at, _)| at).collect::<Vec<_>>()
    });
    match found.find(|found| !found.is_empty()).as_deref() {
        Some([one]) => Ok(*one),
        Some(all) => {
            let all = all.iter().take(MAX_OFFERED);
            Err(Unfound::Ambiguous(all.map(|at| named(&cases[*at])).collect()))
        }
        None => {
            let names = cases
                .iter()
                .flat_map(|case| [(named(case), named(case)), (case.name.clone(), named(case))]);
            Err(Unfound::Unknown(close(text, names)))
        }
    }
}

/// The rules whose keys or names are most like a text.
pub(super) fn close_rules(rules: &RuleTree, text: &str) -> Vec<String> {
    let names = rules.rules.iter().flat_map(|loaded| {
        let title = loaded.rule.as_ref().map(|rule| (rule.name.clone(), loaded.key.clone()));
        [Some((loaded.key.clone(), loaded.key.clone())), title]
    });
    close(text, names.flatten())
}

/// The cases that a text may mean: of the rule that it begins with, or of any.
pub(super) fn close_cases(rules: &RuleTree, cases: &CaseTree, text: &str) -> Vec<String> {
    let at = ["/positive/", "/negative/"].iter().find_map(|part| text.find(part));
    let own: Vec<&str> = match at {
        Some(at) => {
            let own = rules_named(&text[..at], &rules.rules).into_iter();
            own.map(|loaded| loaded.key.as_str()).collect()
        }
        None => cases.rules.keys().map(String::as_str).collect(),
    };
    let all = own.iter().flat_map(|rule| {
        let own = cases.rules.get(*rule).into_iter().flatten();
        own.map(move |case| (named(case), format!("{rule}/{}", named(case))))
    });
    close(at.map_or(text, |at| &text[at + 1..]), all)
}

/// Whether a text is a path, or the end of one that leads to it.
fn is_path_of(text: &str, path: &str) -> bool {
    text.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// What has a name like `text`: pairs of a name and what to offer for it.
fn close(text: &str, names: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let wanted = text.to_lowercase();
    let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let (whole, short) = (Likeness::new(&wanted), last(&wanted));
    let short = Likeness::new(&short);
    let found = ranked(names.map(|(name, offer)| {
        let name = name.to_lowercase();
        (whole.to(&name).max(short.to(&last(&name))), offer)
    }));
    // Beside a name that is nearly the same, one that is half the same is noise.
    let least = found.first().map_or(0.0, |(best, _)| best - 0.25);
    let mut offers: Vec<String> = Vec::new();
    for (_, offer) in found.into_iter().filter(|(likeness, _)| *likeness >= least) {
        if !offers.contains(&offer) && offers.len() < MAX_OFFERED {
            offers.push(offer);
        }
    }
    offers
}
