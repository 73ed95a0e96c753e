//! Why cases failed, for every format that people read: each cause once, with the
//! cases that fail by it.

use super::words::{in_shell, plural, shorten};
use harness_runner::run::{CaseRun, Clause, Explanation, Places, Role, RuleRun};
use harness_runner::verdict::Verdict;

/// The most cases of one cause that are named.
const MAX_NAMED: usize = 5;
/// How much of a value is shown.
const MAX_VALUE: usize = 200;

/// One line of an explanation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// How deep it stands.
    pub(super) indent: usize,
    pub(super) kind: Kind,
    pub(super) text: String,
    /// The place in the rule that it is about.
    pub(super) place: Option<String>,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of which event it is, or something about the case.
    Plain,
    /// A clause, and the words before it.
    Clause(&'static str),
    /// Something about the line before.
    Note,
}

/// Cases of a rule that fail by the same.
#[derive(Debug)]
pub(super) struct Cause<'a> {
    first: &'a CaseRun,
    others: Vec<&'a CaseRun>,
}

impl<'a> Cause<'a> {
    /// The case to tell of.
    pub(super) fn first(&self) -> &'a CaseRun {
        self.first
    }

    /// The other cases, in a sentence.
    pub(super) fn same(&self) -> Option<String> {
        let names = self.others.iter().take(MAX_NAMED);
        let names: Vec<String> = names.map(|run| name(run)).collect();
        let more = match self.others.len().checked_sub(MAX_NAMED) {
            None | Some(0) => String::new(),
            Some(more) => format!(" and {more} more"),
        };
        let cases = plural(self.others.len(), "more case");
        (!names.is_empty())
            .then(|| format!("{cases} for the same reason: {}{more}", names.join(", ")))
    }
}

/// The cases of a rule that do not hold, those of one cause together.
pub(super) fn causes(rule: &RuleRun) -> Vec<Cause<'_>> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let failed = rule.cases.iter().filter(|run| run.verdict != Verdict::Pass);
    for run in failed.filter(|run| run.case.options.todo.is_none()) {
        match causes.iter_mut().find(|cause| is_same(cause.first, run)) {
            Some(cause) => cause.others.push(run),
            None => causes.push(Cause { first: run, others: Vec::new() }),
        }
    }
    causes
}

/// Whether two cases fail by the same clauses and are told the same of: only
/// the events and what was found in them may differ.
fn is_same(a: &CaseRun, b: &CaseRun) -> bool {
    let alike = |a: &Explanation, b: &Explanation| {
        let clauses = a.clauses.iter().zip(&b.clauses);
        a.event.is_some() == b.event.is_some()
            && a.note == b.note
            && a.clauses.len() == b.clauses.len()
            && { clauses }.all(|(a, b)| {
                (a.origin, a.role, &a.clause, &a.hint) == (b.origin, b.role, &b.clause, &b.hint)
            })
    };
    let (ours, theirs) = (&a.explanations, &b.explanations);
    a.verdict == b.verdict
        && !ours.is_empty()
        && ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(a, b)| alike(a, b))
}

/// The folder and the name of a case, as `explain` takes it.
fn name(run: &CaseRun) -> String {
    format!("{}/{}", run.case.polarity.folder(), run.case.name)
}

/// The command that explains a case clause by clause, ready to be pasted; `flags` are
/// those that the run was given to find its folders. `None` where nobody has typed one.
pub(super) fn command(rule: &RuleRun, run: &CaseRun, places: &Places) -> Option<String> {
    let Places { flags, program, .. } = places;
    let named = [&*rule.key, &*name(run)];
    (!program.is_empty()).then(|| shell(program, "explain", flags, &named))
}

/// A command as a person types it.
pub(super) fn shell(program: &str, verb: &str, flags: &[String], named: &[&str]) -> String {
    let words = flags.iter().map(String::as_str).chain(named.iter().copied());
    let words: Vec<String> = words.map(in_shell).collect();
    [program, verb]
        .into_iter()
        .chain(words.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Why a case does not hold, a thought a line; its warnings are told elsewhere.
pub(super) fn lines(rule: &RuleRun, run: &CaseRun) -> Vec<Line> {
    let mut lines = Vec::new();
    for why in &run.explanations {
        explanation(rule, why, &mut lines);
    }
    lines
}

/// The same as plain text, indented; the warnings first, of many some. `link` names
/// the places as the format does.
pub(super) fn why(rule: &RuleRun, run: &CaseRun, link: &dyn Fn(&str) -> String) -> Vec<String> {
    let text = |line: Line| {
        let lead = match line.kind {
            Kind::Plain | Kind::Note => String::new(),
            Kind::Clause(lead) => format!("{lead} "),
        };
        let place = line.place.map_or_else(String::new, |place| format!("  ({})", link(&place)));
        format!("{}{lead}{}{place}", "  ".repeat(line.indent), line.text)
    };
    let warnings = run.warnings.iter().take(MAX_NAMED).map(|it| format!("warning: {it}"));
    let more = run.warnings.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| plural(more, "more warning"));
    warnings.chain(more).chain(lines(rule, run).into_iter().map(text)).collect()
}

fn explanation(rule: &RuleRun, why: &Explanation, lines: &mut Vec<Line>) {
    let file = |origin| {
        let (line, column) = rule.about.locate(origin)?;
        Some(format!("{}:{line}:{column}", rule.file))
    };
    let events = why.event.as_ref().map(|first| match why.also.as_slice() {
        [] => format!("event {first}"),
        others => {
            let shown: Vec<&str> = others.iter().take(MAX_NAMED).map(String::as_str).collect();
            let more = others.len() - shown.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("events {first}, {}{more}", shown.join(", "))
        }
    });
    let parts: Vec<String> = events.into_iter().chain(why.note.clone()).collect();
    if !parts.is_empty() {
        let place = why.origin.and_then(file);
        lines.push(Line { indent: 0, kind: Kind::Plain, text: parts.join(": "), place });
    }
    for own in &why.clauses {
        let lead = match own.role {
            Role::Needs => "needs",
            Role::MustNot => "must not have",
            Role::Exclusion => "not stopped by",
            Role::LetThrough => "let through by",
        };
        let (indent, text, place) = (1, clause(own), file(own.origin));
        lines.push(Line { indent, kind: Kind::Clause(lead), text, place });
        // What let an event through is what it asks for.
        if own.role != Role::LetThrough {
            lines.push(Line { indent: 2, kind: Kind::Note, text: found(own), place: None });
        }
    }
    lines.extend(example(why));
}

fn clause(clause: &Clause) -> String {
    match clause.others {
        0 => clause.clause.clone(),
        1 => format!("{} or 1 other value", clause.clause),
        others => format!("{} or one of {others} other values", clause.clause),
    }
}

fn found(clause: &Clause) -> String {
    let found = match clause.found.as_slice() {
        [] => clause.unknown.clone().unwrap_or_else(|| "the event has no such field".to_owned()),
        values => format!("found {}", shorten(&values.join(", "), MAX_VALUE)),
    };
    match &clause.hint {
        Some(hint) => format!("{found}, {hint}"),
        None => found,
    }
}

/// The change that makes the event match, where its clauses do not say it.
fn example(why: &Explanation) -> Option<Line> {
    let stated = |value: &String| why.clauses.iter().any(|clause| clause.clause.contains(value));
    let mut open = why.changes.iter().filter(|change| !change.to.iter().all(stated)).peekable();
    open.peek()?;
    let told = open.map(|change| {
        let values = |values: &[String], none: &str| match values {
            [] => none.to_owned(),
            values => shorten(&values.join(", "), MAX_VALUE),
        };
        let (from, to) = (values(&change.from, "nothing"), values(&change.to, "nothing"));
        format!("{}: {from} → {to}", change.field)
    });
    let text = format!("matches with {}", told.collect::<Vec<_>>().join("; "));
    Some(Line { indent: 1, kind: Kind::Note, text, place: None })
}
