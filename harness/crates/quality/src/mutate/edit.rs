//! One change to a plan, before anybody judged it.

use std::collections::BTreeMap;

use super::Operator;
use crate::clause::clauses::text_of;
pub(super) use crate::clause::esql_text::Mark;
use crate::clause::esql_text::rewritten;
use harness_predicate::plan::Plan;
use harness_predicate::{Origin, Part, Predicate};
use harness_rule::model::Rule;
use harness_source::span::Span;

/// The longest text that is shown whole with a change in it, in bytes.
const MAX_SHOWN: usize = 4_000;
/// How much is shown before and after a change of a longer one, in bytes.
const CONTEXT: usize = 400;

/// One change.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(super) operator: Operator,
    pub(super) origin: Origin,
    /// What the change replaces, in words where it has no text.
    pub(super) old: String,
    /// What stands there instead.
    pub(super) new: String,
    /// Where the text changes; empty where the change has no place in it.
    pub(super) marks: Vec<Mark>,
    pub(crate) change: Change,
}

/// What becomes of the plan.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Some of its filters change, each at one node.
    Filters(Vec<Replaced>),
    /// It becomes another, whose filters are these of the old one.
    Plan(Box<Plan>, Vec<usize>),
}

/// A node of a filter and what stands there instead.
#[derive(Clone, Debug)]
pub(crate) struct Replaced {
    pub(crate) filter: usize,
    pub(crate) node: usize,
    pub(crate) with: Predicate,
}

impl Edit {
    /// The changed text with the change marked, or the change in words.
    pub(super) fn text(&self, rule: &Rule) -> String {
        let text = text_of(rule, self.origin.part);
        if !self.marks.is_empty() && !text.is_empty() {
            return marked(text, &self.marks).trim().to_owned();
        }
        let place = match self.origin.part {
            Part::Filter(number) => format!("filter {}: ", number + 1),
            Part::ThreatFilter(number) => format!("threat filter {}: ", number + 1),
            Part::Query | Part::ThreatQuery | Part::File => String::new(),
        };
        format!("{place}{}", change(&self.old, &self.new))
    }
}

/// An edit without marks, whose change is still to be filled in.
pub(super) fn blank(operator: Operator, origin: Origin, old: String, new: String) -> Edit {
    Edit { operator, origin, old, new, marks: Vec::new(), change: Change::Filters(Vec::new()) }
}

/// Joins the changes to the same filter of the rule in several stages: it is
/// one statement.
pub(super) fn joined(lists: Vec<Vec<Edit>>) -> Vec<Edit> {
    let mut known: BTreeMap<(Part, usize), usize> = BTreeMap::new();
    let mut joined: Vec<Edit> = Vec::new();
    for list in lists {
        let mut counts: BTreeMap<Part, usize> = BTreeMap::new();
        for edit in list {
            let part = edit.origin.part;
            if !matches!(part, Part::Filter(_)) {
                joined.push(edit);
                continue;
            }
            let count = counts.entry(part).or_default();
            let key = (part, *count);
            *count += 1;
            match known.get(&key) {
                Some(at) => {
                    if let (Change::Filters(all), Change::Filters(more)) =
                        (&mut joined[*at].change, edit.change)
                    {
                        all.extend(more);
                    }
                }
                None => {
                    known.insert(key, joined.len());
                    joined.push(edit);
                }
            }
        }
    }
    joined
}

fn change(old: &str, new: &str) -> String {
    let old = if old.is_empty() { String::new() } else { format!("[-{old}-]") };
    let new = if new.is_empty() { String::new() } else { format!("{{+{new}+}}") };
    old + &new
}

/// The text with all marks in it; they do not overlap. Of a long text, what is
/// around them.
pub(super) fn marked(text: &str, marks: &[Mark]) -> String {
    let spans = || marks.iter().map(|mark| mark.span);
    let (Some(first), Some(last)) =
        (spans().map(|span| span.start).min(), spans().map(|span| span.end).max())
    else {
        return rewritten(text, marks, change);
    };
    if text.len() <= MAX_SHOWN {
        return rewritten(text, marks, change);
    }
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(first.min(text.len()).saturating_sub(CONTEXT));
    let end = boundary(text.len().min(last.saturating_add(CONTEXT)));
    let moved = marks.iter().map(|mark| {
        let span = Span::new(mark.span.start - start, mark.span.end.saturating_sub(start));
        Mark::new(span, mark.with.clone())
    });
    let shown = rewritten(&text[start..end.max(start)], &moved.collect::<Vec<_>>(), change);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    format!("{before}{}{after}", shown.trim())
}

/// A plan with its n-th filter changed by `make`.
pub(super) fn with_filter(plan: &mut Plan, number: usize, make: &dyn Fn(&Predicate) -> Predicate) {
    if let Some(filter) = plan.filters_mut().into_iter().nth(number) {
        *filter = make(filter);
    }
}

impl Change {
    /// The changed plan.
    pub(super) fn apply(&self, plan: &Plan) -> Plan {
        match self {
            Self::Plan(changed, _) => Plan::clone(changed),
            Self::Filters(replaced) => {
                let mut plan = plan.clone();
                for one in replaced {
                    with_filter(&mut plan, one.filter, &|filter| one.apply(filter));
                }
                plan
            }
        }
    }
}

impl Replaced {
    /// The changed filter.
    pub(crate) fn apply(&self, filter: &Predicate) -> Predicate {
        self.rebuilt(filter, &mut 0)
    }

    fn rebuilt(&self, predicate: &Predicate, next: &mut usize) -> Predicate {
        let own = *next;
        *next += 1;
        if own == self.node {
            *next += size(predicate) - 1;
            return self.with.clone();
        }
        let mut all =
            |parts: &[Predicate]| parts.iter().map(|part| self.rebuilt(part, next)).collect();
        match predicate {
            Predicate::Const(_) | Predicate::Leaf(_) => predicate.clone(),
            Predicate::And(parts) => Predicate::And(all(parts)),
            Predicate::Or(parts) => Predicate::Or(all(parts)),
            Predicate::AtLeast { count, of } => Predicate::AtLeast { count: *count, of: all(of) },
            Predicate::Not(inner) => Predicate::Not(Box::new(self.rebuilt(inner, next))),
            Predicate::Nested { path, inner } => {
                Predicate::Nested { path: path.clone(), inner: Box::new(self.rebuilt(inner, next)) }
            }
        }
    }
}

/// How many nodes a predicate has.
fn size(predicate: &Predicate) -> usize {
    1 + match predicate {
        Predicate::Const(_) | Predicate::Leaf(_) => 0,
        Predicate::Not(inner) | Predicate::Nested { inner, .. } => size(inner),
        Predicate::And(parts) | Predicate::Or(parts) | Predicate::AtLeast { of: parts, .. } => {
            parts.iter().map(size).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_what_is_around_the_change_is_shown() {
        let text = format!("{}é or b or {}", "a or ".repeat(1_000), "c or ".repeat(1_000));
        let at = text.find(" b ").expect("it is there") + 1;
        let shown = marked(&text, &[Mark::new(Span::new(at, at + 1), "x")]);
        assert!(shown.contains("é or [-b-]{+x+} or c or"), "{shown}");
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.len() < 1_000, "{shown}");
        let first = marked(&text, &[Mark::new(Span::new(0, 1), "")]);
        assert!(first.starts_with("[-a-] or a") && first.ends_with('…'), "{first}");
        assert_eq!(marked("a or b", &[Mark::new(Span::new(5, 6), "c")]), "a or [-b-]{+c+}");
    }
}
