//! Finds the rule or the case that a person names.

use harness_rule::tree::{Loaded, RuleTree, key_of};
use harness_runner::case::Case;
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

/// The key of the rule that a key, a path, an id, a name or a piece of a key or
/// name stands for.
///
/// # Errors
///
/// When it is not exactly one.
pub fn find_rule(tree: &RuleTree, text: &str) -> Result<String, Unfound> {
    let plain = key_of(text).trim_start_matches("./");
    let name = |rule: &Loaded| rule.rule.as_ref().map_or("", |rule| &rule.name).to_owned();
    let id = |rule: &Loaded| rule.rule.as_ref().map_or("", |rule| &rule.rule_id.value).to_owned();
    let lower = text.to_lowercase();
    let ways: [&dyn Fn(&Loaded) -> bool; 4] = [
        &|rule| is_path_of(plain, &rule.key()),
        &|rule| id(rule) == text,
        &|rule| name(rule).to_lowercase() == lower,
        &|rule| rule.key().contains(plain) || name(rule).to_lowercase().contains(&lower),
    ];
    let keys = tree.rules.iter().map(Loaded::key);
    let found = ways.iter().map(|way| {
        let own = tree.rules.iter().filter(|rule| way(rule));
        own.map(Loaded::key).collect::<Vec<_>>()
    });
    one(found, || {
        let named = tree.rules.iter().map(|rule| (name(rule), rule.key()));
        close(text, keys.map(|key| (key.clone(), key)).chain(named))
    })
}

/// The case of a rule that a name (with its folder or without) or a path stands
/// for; the position in `cases`.
///
/// # Errors
///
/// When it is not exactly one.
pub fn find_case(cases: &[Case], text: &str) -> Result<usize, Unfound> {
    let plain = |path: &str| match path.rsplit_once('.') {
        Some((stem, "json" | "ndjson" | "jsonl")) => stem.to_owned(),
        Some(_) | None => path.to_owned(),
    };
    let wanted = plain(text.trim_start_matches("./"));
    let short = |case: &Case| format!("{}/{}", case.polarity.folder(), case.name);
    let ways: [&dyn Fn(&Case) -> bool; 3] =
        [&|case| is_path_of(&wanted, &plain(&case.path)), &|case| short(case) == wanted, &|case| {
            is_path_of(&plain(&case.path), &wanted)
        }];
    let found = ways.iter().map(|way| {
        let own = cases.iter().filter(|case| way(case));
        own.map(short).collect::<Vec<_>>()
    });
    let offers = || {
        let names = cases
            .iter()
            .flat_map(|case| [(short(case), short(case)), (case.name.clone(), short(case))]);
        close(text, names)
    };
    let found = one(found, offers)?;
    let position = cases.iter().position(|case| short(case) == found);
    position.ok_or_else(|| Unfound::Unknown(Vec::new()))
}

/// Whether a text is a path, or the end of one that leads to it.
fn is_path_of(text: &str, path: &str) -> bool {
    text.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// The one thing that the first way that leads anywhere leads to.
fn one(
    mut found: impl Iterator<Item = Vec<String>>,
    close: impl FnOnce() -> Vec<String>,
) -> Result<String, Unfound> {
    match found.find(|found| !found.is_empty()) {
        Some(mut found) if found.len() == 1 => Ok(found.remove(0)),
        Some(mut found) => {
            found.truncate(MAX_OFFERED);
            Err(Unfound::Ambiguous(found))
        }
        None => Err(Unfound::Unknown(close())),
    }
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
