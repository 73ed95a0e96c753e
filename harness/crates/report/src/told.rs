//! Findings of a run, the same ones together: one cause in a thousand files is
//! told once.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::problem::place;
use harness_runner::run::{CaseRun, Run};
use harness_runner::verdict::Status;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::files::Problem;
use harness_source::span::Span;

/// So many equal errors are still told one by one, each with its line.
const MAX_ALONE: usize = 3;
/// How many places a list names.
const MAX_NAMED: usize = 5;

/// A finding and everywhere that it is.
pub(super) struct Told<'a> {
    /// The first of them.
    pub(super) problem: Cow<'a, Problem>,
    /// The others: the path of each, and the place in it.
    pub(super) others: Vec<(String, String)>,
}

impl Told<'_> {
    /// Where else it is, in a few words; `None` for a single one.
    pub(super) fn also(&self) -> Option<String> {
        self.also_in(&str::to_owned)
    }

    /// The same with paths as `link` has them.
    pub(super) fn also_in(&self, link: &dyn Fn(&str) -> String) -> Option<String> {
        let others = self.others.iter().map(|(path, place)| format!("{}{place}", link(path)));
        let others: Vec<String> = others.collect();
        let more = match others.len() {
            0 => return None,
            1 => "1 more place".to_owned(),
            more => format!("{more} more places"),
        };
        Some(format!("the same in {more}: {}", named(&others)))
    }
}

/// The first few of a list, and how many more there are.
pub(super) fn named(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = names.iter().take(MAX_NAMED).map(AsRef::as_ref).collect();
    let rest = names.len().saturating_sub(MAX_NAMED);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// The errors of files and rules.
pub(super) fn errors(run: &Run) -> Vec<Told<'_>> {
    let all = of_files(run, Severity::Error);
    let mut told = Vec::new();
    for group in groups(all) {
        if group.len() > MAX_ALONE {
            told.extend(together(group));
        } else {
            let alone = group.into_iter();
            told.extend(alone.map(|(problem, _)| Told { problem, others: Vec::new() }));
        }
    }
    told
}

/// The warnings of files, rules and cases.
pub(super) fn warnings(run: &Run) -> Vec<Told<'_>> {
    let of_cases = run.rules.iter().flat_map(|rule| &rule.cases).flat_map(of_case);
    let all = of_files(run, Severity::Warning).chain(of_cases);
    groups(all).into_iter().filter_map(together).collect()
}

/// The warnings of cases alone.
pub(super) fn case_warnings(run: &Run) -> Vec<Told<'_>> {
    let all = run.rules.iter().flat_map(|rule| &rule.cases).flat_map(of_case);
    groups(all).into_iter().filter_map(together).collect()
}

/// Why rules are unsupported, most frequent first, with their files.
pub(super) fn unsupported(run: &Run) -> Vec<(&Diagnostic, Vec<&str>)> {
    let rules = run.rules.iter().filter(|rule| rule.status == Status::Unsupported);
    let mut reasons: BTreeMap<&str, (&Diagnostic, Vec<&str>)> = BTreeMap::new();
    for rule in rules {
        let found = rule.problems.iter().map(|problem| &problem.diagnostic);
        let mut found = found.filter(|found| found.severity == Severity::Unsupported);
        if let Some(found) = found.next() {
            let reason = reasons.entry(&found.message).or_insert((found, Vec::new()));
            reason.1.push(&rule.file);
        }
    }
    let mut reasons: Vec<_> = reasons.into_values().collect();
    reasons.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    reasons
}

/// A finding and its place in words.
type Placed<'a> = (Cow<'a, Problem>, String);

fn of_files(run: &Run, severity: Severity) -> impl Iterator<Item = Placed<'_>> {
    let of_rules = run.rules.iter().flat_map(|rule| &rule.problems);
    let all = run.problems.iter().chain(of_rules);
    all.filter(move |problem| problem.diagnostic.severity == severity)
        .map(|problem| (Cow::Borrowed(problem), place(problem)))
}

fn of_case(run: &CaseRun) -> impl Iterator<Item = Placed<'_>> {
    run.warnings.iter().map(|warning| {
        let path = &run.case.path;
        let mut found = Diagnostic::warning(warning.code, &warning.message, Span::default());
        found.help.clone_from(&warning.help);
        let place = match warning.about() {
            Some(events) => format!("{path} ({events})"),
            None => path.clone(),
        };
        (Cow::Owned(Problem::with_path(path, found)), place)
    })
}

/// Equal findings together, in the order of the first of each.
fn groups<'a>(all: impl Iterator<Item = Placed<'a>>) -> Vec<Vec<Placed<'a>>> {
    let mut groups: Vec<Vec<Placed<'a>>> = Vec::new();
    let mut known: HashMap<(String, Option<String>), usize> = HashMap::new();
    for placed in all {
        let found = &placed.0.diagnostic;
        let key = (format!("{}: {}", found.code, found.message), found.help.clone());
        let at = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            // One cause may be found by several rules.
            Some(group) if group.iter().any(|other| other.1 == placed.1) => {}
            Some(group) => group.push(placed),
            None => groups.push(vec![placed]),
        }
    }
    groups
}

fn together(group: Vec<Placed<'_>>) -> Option<Told<'_>> {
    let mut group = group.into_iter();
    let (mut problem, place) = group.next()?;
    let split = |(other, place): Placed<'_>| {
        let rest = place.strip_prefix(&other.path).unwrap_or_default().to_owned();
        (other.path.clone(), rest)
    };
    let others = group.map(split).collect();
    // Which events of a case are meant is told with the message.
    let events = place.strip_prefix(&problem.path).and_then(|rest| rest.strip_prefix(" ("));
    if let Some(events) = events.and_then(|rest| rest.strip_suffix(')')) {
        let message = &mut problem.to_mut().diagnostic.message;
        *message = format!("{events}: {message}");
    }
    Some(Told { problem, others })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(messages: &[&str]) -> Run {
        let problem = |(at, message): (usize, &&str)| {
            let found = Diagnostic::error("rule-key", *message, Span::default());
            Problem::with_path(format!("rules/{at}.toml"), found)
        };
        Run { problems: messages.iter().enumerate().map(problem).collect(), ..Run::default() }
    }

    #[test]
    fn many_equal_errors_are_one() {
        let few = run(&["a", "b", "a", "a"]);
        assert_eq!(errors(&few).len(), 4);
        let many = run(&["a", "b", "a", "a", "a", "a", "a", "a"]);
        let told = errors(&many);
        let also: Vec<_> = told.iter().map(Told::also).collect();
        let expected = "the same in 6 more places: rules/2.toml, rules/3.toml, rules/4.toml, \
                        rules/5.toml, rules/6.toml and 1 more";
        assert_eq!(also, [Some(expected.to_owned()), None]);
    }
}
