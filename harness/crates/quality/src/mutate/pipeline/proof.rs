//! Proofs that a mutant of a pipeline means the same.
//!
//! Two pipelines mean the same where their commands are the same, but for `WHERE`s
//! that are true of the same rows, and limits after which a tighter one stands. A
//! command that is written alike after alike commands does the same. One lies within
//! another where its `WHERE`s are true of fewer rows, and the commands after them keep
//! fewer rows fewer. All else is not claimed.

mod rising;

use crate::clause::tree::Tree;
use crate::synthesis::bdd::FALSE;
use crate::synthesis::encode::{Encoder, Replacement};
use harness_compile::esql::exact::exact;
use harness_esql::expr::{Node, Typed};
use harness_esql::plan::{DEFAULT_LIMIT, MAX_LIMIT, Plan, StepKind};
use harness_predicate::Predicate;
use harness_query::esql;
use harness_query::esql::ast::{Command, CommandKind, Stats};
use harness_runner::run::Program;
use harness_source::span::{Span, flat};

/// Whether one query alerts on no events but those that another one alerts on as well, by
/// proof: the indices that they read and the number of rows aside.
pub(crate) fn is_within(own: &Program, other: &Program) -> bool {
    match (Side::of(own), Side::of(other)) {
        (Some(own), Some(other)) => own.trimmed().lies_in(&other.trimmed()),
        _ => false,
    }
}

/// Whether two queries give the same rows of the same events, by proof.
pub(crate) fn is_equivalent(own: &Program, other: &Program) -> bool {
    match (Side::of(own), Side::of(other)) {
        (Some(own), Some(other)) => own.equals(&other),
        _ => false,
    }
}

/// A query, cut at its commands.
struct Side<'a> {
    plan: &'a Plan,
    /// The places of its full-text functions, and what they match.
    searches: Vec<(Span, &'a Predicate)>,
    /// The source, then the commands but for `WHERE`, each with those after it.
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    head: Head,
    keeps: Keeps,
    /// Its place.
    span: Span,
    /// The conditions of its aggregates.
    counted: Vec<&'a Typed>,
    wheres: Vec<&'a Typed>,
}

impl Part<'_> {
    fn bare(head: Head, keeps: Keeps) -> Self {
        let span = Span::default();
        Self { head, keeps, span, counted: Vec::new(), wheres: Vec::new() }
    }
}

/// What a command makes of fewer rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeps {
    /// Fewer rows, each as it was: it looks at each alone.
    Each,
    /// Fewer rows, some columns of them.
    Choice,
    /// Fewer rows, with columns under other names, or with more.
    Columns,
    /// Fewer rows, in whatever order.
    Order,
    /// Fewer groups, of fewer rows.
    Groups,
    /// Nobody knows.
    Nothing,
}

impl Keeps {
    fn of(kind: &CommandKind) -> Self {
        match kind {
            CommandKind::Keep(_) | CommandKind::Drop(_) => Self::Choice,
            CommandKind::Rename(_) | CommandKind::Eval(_) => Self::Columns,
            CommandKind::Where(_)
            | CommandKind::FillNull { .. }
            | CommandKind::Dissect { .. }
            | CommandKind::Grok { .. }
            | CommandKind::MvExpand(_)
            | CommandKind::Enrich { .. }
            | CommandKind::LookupJoin { .. } => Self::Each,
            CommandKind::Sort(_) => Self::Order,
            CommandKind::Stats(_) => Self::Groups,
            CommandKind::InlineStats(_)
            | CommandKind::Limit(_)
            | CommandKind::LimitBy { .. }
            | CommandKind::Dedup
            | CommandKind::Sample(_)
            | CommandKind::Fork(_)
            | CommandKind::Completion { .. }
            | CommandKind::Other { .. }
            | CommandKind::Broken => Self::Nothing,
        }
    }
}

#[derive(PartialEq, Eq)]
enum Head {
    /// At most so many rows.
    Limit(usize),
    /// Columns are chosen or named; rows stay as they are.
    Columns(String),
    /// Any other command.
    Other(String),
}

impl<'a> Side<'a> {
    fn of(program: &'a Program) -> Option<Self> {
        let (pipeline, documents) = (program.pipeline()?, program.documents()?);
        Self::cut(
            &pipeline.plan,
            pipeline.searches.iter().copied().zip(&documents.searches).collect(),
        )
    }

    fn cut(plan: &'a Plan, searches: Vec<(Span, &'a Predicate)>) -> Option<Self> {
        let query = esql::parse(&plan.text).ok()?;
        let settings = query.settings.iter().map(|setting| setting.value.span.of(&plan.text));
        let source = format!("{} {}", settings.collect::<String>(), query.source);
        let mut parts = vec![Part::bare(Head::Other(source), Keeps::Nothing)];
        let mut filters = plan.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Filter(condition) => Some(condition),
            _ => None,
        });
        let mut limits = plan.steps.iter().filter_map(|step| match step.kind {
            StepKind::Limit(count) => Some(count),
            _ => None,
        });
        for Command { kind, span } in &query.commands {
            let head = match kind {
                CommandKind::Where(_) => {
                    parts.last_mut()?.wheres.push(filters.next()?);
                    continue;
                }
                CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
                    let keeps = Keeps::of(kind);
                    parts.push(Part { keeps, ..aggregation(plan, stats, *span) });
                    continue;
                }
                CommandKind::Limit(_) => Head::Limit(limits.next()?),
                CommandKind::Keep(_) | CommandKind::Drop(_) | CommandKind::Rename(_) => {
                    Head::Columns(span.of(&plan.text).to_owned())
                }
                _ => Head::Other(span.of(&plan.text).to_owned()),
            };
            parts.push(Part::bare(head, Keeps::of(kind)));
        }
        let limited = query.commands.iter().any(|it| matches!(it.kind, CommandKind::Limit(_)));
        let last = if limited { MAX_LIMIT } else { DEFAULT_LIMIT };
        parts.push(Part::bare(Head::Limit(last), Keeps::Nothing));
        Some(Self { plan, searches, parts: merged(parts) })
    }

    fn equals(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|(own, part)| {
                own.head == part.head
                    && own.counted.len() == part.counted.len()
                    && own
                        .counted
                        .iter()
                        .zip(&part.counted)
                        .all(|(a, b)| self.same_rows(&[a], other, &[b]))
                    && self.same_rows(&own.wheres, other, &part.wheres)
            })
    }

    /// Without the commands that change no alert: those that choose columns, those that
    /// order rows that are all kept, and at the end a limit above what a run may raise.
    fn trimmed(mut self) -> Self {
        if self
            .parts
            .last()
            .is_some_and(|last| matches!(last.head, Head::Limit(most) if most >= DEFAULT_LIMIT))
        {
            self.parts.pop();
        }
        let order_matters = self.parts.iter().skip(1).any(|part| part.keeps == Keeps::Nothing);
        let mut parts: Vec<Part<'a>> = Vec::with_capacity(self.parts.len());
        for part in self.parts {
            match (part.keeps, parts.last_mut()) {
                (Keeps::Choice, Some(last)) => last.wheres.extend(part.wheres),
                (Keeps::Order, Some(last)) if !order_matters => last.wheres.extend(part.wheres),
                _ => parts.push(part),
            }
        }
        self.parts = parts;
        if let Some(Part { head: Head::Other(source), .. }) = self.parts.first_mut() {
            *source = self.plan.is_nested().to_string();
        }
        self
    }

    /// Whether each row of this query has one of the other, by proof; see [`is_within`].
    fn lies_in(&self, other: &Self) -> bool {
        if self.plan.is_nested() || other.plan.is_nested() || self.parts.len() != other.parts.len()
        {
            return false;
        }
        let mut are_fewer = false;
        let mut groups: Option<rising::Rising> = None;
        for (own, part) in self.parts.iter().zip(&other.parts) {
            let counted = || {
                let pairs = own.counted.iter().zip(&part.counted);
                own.counted.len() == part.counted.len()
                    && pairs.into_iter().all(|(a, b)| self.same_rows(&[a], other, &[b]))
            };
            if !same_head(&own.head, &part.head) || !counted() {
                return false;
            }
            if are_fewer {
                match (own.keeps, &groups) {
                    (Keeps::Each, None) | (Keeps::Choice | Keeps::Columns | Keeps::Order, _) => {}
                    (Keeps::Groups, None) => {
                        groups = Some(rising::Rising::of(other.plan, part.span));
                    }
                    (Keeps::Each | Keeps::Groups, Some(_)) | (Keeps::Nothing, _) => return false,
                }
            }
            let is_same = self.same_rows(&own.wheres, other, &part.wheres);
            if !is_same && !self.implies(&own.wheres, other, &part.wheres) {
                return false;
            }
            if let Some(rising) = &groups
                && !part.wheres.iter().all(|condition| rising.has(condition))
            {
                return false;
            }
            are_fewer |= !is_same;
        }
        true
    }

    /// Whether all of some conditions are true only where all of others are.
    fn implies(&self, own: &[&Typed], other: &Self, others: &[&Typed]) -> bool {
        let own = conjuncts(own);
        let texts: Vec<String> = own.iter().map(|one| flat(one.span.of(&self.plan.text))).collect();
        let known: Vec<Predicate> =
            own.iter().filter_map(|one| self.holds(std::slice::from_ref(one))).collect();
        let known = if known.is_empty() { Predicate::Const(true) } else { Predicate::and(known) };
        conjuncts(others).iter().all(|wanted| {
            if texts.contains(&flat(wanted.span.of(&other.plan.text))) {
                return true;
            }
            let Some(wanted) = other.holds(std::slice::from_ref(wanted)) else { return false };
            is_never(&Predicate::and([known.clone(), wanted.negate()]))
        })
    }

    /// Whether all of some conditions are true of the same rows.
    fn same_rows(&self, own: &[&Typed], other: &Self, others: &[&Typed]) -> bool {
        let text = |side: &Self, list: &[&Typed]| -> Vec<String> {
            list.iter().map(|one| one.span.of(&side.plan.text).to_owned()).collect()
        };
        if text(self, own) == text(other, others) {
            return true;
        }
        // What no predicate says exactly may stand on both sides.
        if self.implies(own, other, others) && other.implies(others, self, own) {
            return true;
        }
        let (Some(own), Some(others)) = (self.holds(own), other.holds(others)) else {
            return false;
        };
        let (tree, always) = (Tree::new(&own), Predicate::Const(true));
        let replacement = Replacement { tree: &tree, node: 0, with: &others, needed: &always };
        Encoder::new().differs(replacement) == Some(false)
    }

    /// Where all of some conditions are true.
    fn holds(&self, conditions: &[&Typed]) -> Option<Predicate> {
        let search = |span: Span| {
            let found = self.searches.iter().find(|(at, _)| *at == span);
            found.map(|(_, predicate)| (*predicate).clone())
        };
        let exact = conditions.iter().map(|it| Some(exact(it, &self.plan.text, &search)?.holds));
        let all: Vec<Predicate> = exact.collect::<Option<_>>()?;
        Some(if all.is_empty() { Predicate::Const(true) } else { Predicate::and(all) })
    }
}

/// The conditions that have to be true together.
pub(crate) fn conjuncts<'a>(conditions: &[&'a Typed]) -> Vec<&'a Typed> {
    let mut found = Vec::new();
    let mut open: Vec<&Typed> = conditions.iter().rev().copied().collect();
    while let Some(condition) = open.pop() {
        match &condition.node {
            Node::And(parts) => open.extend(parts.iter().rev()),
            _ => found.push(condition),
        }
    }
    found
}

/// Whether no row fulfils a condition, by proof.
fn is_never(condition: &Predicate) -> bool {
    let mut encoder = Encoder::new();
    let whole = encoder.condition(condition);
    let whole = whole.and_then(|whole| encoder.constrained(whole));
    whole.and_then(|whole| encoder.present(whole)) == Some(FALSE)
}

/// Whether two commands are written alike, blanks aside.
fn same_head(own: &Head, other: &Head) -> bool {
    match (own, other) {
        (Head::Columns(own), Head::Columns(other)) | (Head::Other(own), Head::Other(other)) => {
            flat(own) == flat(other)
        }
        (own, other) => own == other,
    }
}

/// An aggregation, its conditions apart.
fn aggregation<'a>(plan: &'a Plan, stats: &Stats, span: Span) -> Part<'a> {
    let typed = |at: Span| {
        let groupings = plan.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => Some(grouping),
            _ => None,
        });
        let mut filters =
            groupings.flat_map(|it| &it.aggregates).filter_map(|call| call.filter.as_ref());
        filters.find(|filter| filter.span == at)
    };
    // The text of a condition is a part of a name that is not stated.
    let named = stats.aggregates.iter().filter(|aggregate| aggregate.field.name.is_some());
    let conditions = named.filter_map(|aggregate| aggregate.filter.as_ref());
    let mut part = Part::bare(Head::Other(String::new()), Keeps::Groups);
    part.span = span;
    let (mut text, mut at) = (String::new(), span.start);
    for condition in conditions {
        // What was not planned where it stands stays a part of the text.
        let Some(condition) = typed(condition.span) else { continue };
        text.push_str(Span::new(at, condition.span.start).of(&plan.text));
        text.push('\0');
        at = condition.span.end;
        part.counted.push(condition);
    }
    text.push_str(Span::new(at, span.end).of(&plan.text));
    part.head = Head::Other(text);
    part
}

/// Limits moved after commands on columns, and of neighbours the tightest.
fn merged(parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    let mut merged: Vec<Part<'_>> = Vec::with_capacity(parts.len());
    for part in parts {
        let before = merged.last().and_then(|last| match last.head {
            Head::Limit(count) if last.wheres.is_empty() => Some(count),
            _ => None,
        });
        match (before, &part.head) {
            (Some(count), Head::Limit(other)) => {
                let least = count.min(*other);
                merged.pop();
                merged.push(Part { head: Head::Limit(least), ..part });
            }
            (Some(count), Head::Columns(_)) if part.wheres.is_empty() => {
                let at = merged.len() - 1;
                merged.insert(at, part);
                debug_assert!(merged[at + 1].head == Head::Limit(count));
            }
            _ => merged.push(part),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::clause::esql_text::edited;
    use crate::mutate::pipeline::edits::edits;
    use harness_compile::esql::{Pipeline, compile};
    use harness_compile::{Context, Now};
    use harness_esql::memory::MemorySource;
    use harness_esql::run::{RunOptions, Table, run};
    use harness_esql::search::NoSearch;
    use harness_model::schema::{Base, Schema};
    use harness_predicate::Part as RulePart;

    fn compiled(query: &str) -> Option<Pipeline> {
        let mut schema = Schema::new(Base::Empty);
        let mapping = json!({"properties": {
            "k": {"type": "keyword"}, "l": {"type": "keyword"},
            "n": {"type": "long"}, "b": {"type": "boolean"}, "d": {"type": "date"},
            "i": {"type": "ip"},
        }});
        schema.add_mapping(&mapping, &json!({})).expect("a mapping");
        let context = Context { schema: &schema, part: RulePart::Query, now: Now::at(0) };
        Some(compile(query, context, false, &[]).ok()?.1)
    }

    fn proved(own: &Pipeline, other: &Pipeline) -> bool {
        let side = |pipeline| Side::cut(pipeline, Vec::new()).expect("commands");
        side(&own.plan).equals(&side(&other.plan))
    }

    #[test]
    fn what_is_the_same_and_what_is_not() {
        for (own, other, same) in [
            // A condition that follows from another.
            ("where k == \"a\" and k like \"a*\"", "where k == \"a\"", true),
            ("where k == \"a\" | where k like \"a*\"", "where k == \"a\"", true),
            ("where n > 5 and n > 3", "where n > 5", true),
            ("where n > 5 and n > 6", "where n > 5", false),
            (
                "where k in (\"a\", \"b\") or k like \"b*\"",
                "where k == \"a\" or k like \"b*\"",
                true,
            ),
            ("where k == \"a\" and k is not null", "where k == \"a\"", true),
            ("where k like \"*\"", "where k is not null", true),
            // Null is neither: of no value, and of several.
            ("where k == \"a\" or k != \"a\"", "where true", false),
            ("where k == \"a\" or k != \"a\"", "where k is not null", false),
            ("where not (k == \"a\")", "where k != \"a\"", true),
            ("where not (k == \"a\" and n > 1)", "where k != \"a\" or n <= 1", true),
            ("where not (k == \"a\") and k is not null", "where k != \"a\"", true),
            ("where b or not b", "where true", false),
            ("where b == false", "where not b", true),
            ("where n > 5 and n < 3", "where false", true),
            ("where n > 2", "where n >= 3", true),
            ("where b and true", "where b", true),
            // Computed leaves are unknown, but alike where they are written alike.
            ("where length(k) > 1 and n > 5 and n > 3", "where n > 5 and length(k) > 1", true),
            ("where length(k) > 1", "where length(k) > 2", false),
            // Of a value that is not there most functions make null, which passes nothing.
            (
                "where k is not null and not to_lower(k) == \"a\"",
                "where not to_lower(k) == \"a\"",
                true,
            ),
            (
                "where i is not null and not cidr_match(i, \"::1/128\")",
                "where not cidr_match(i, \"::1/128\")",
                true,
            ),
            ("where n is not null | where k == to_string(n)", "where k == to_string(n)", true),
            ("where n is not null and k == to_string(n)", "where k == to_string(n)", true),
            (
                "where k is not null and not (to_lower(k) == \"a\" and b)",
                "where not (to_lower(k) == \"a\" and b)",
                false,
            ),
            (
                "where k is not null and coalesce(k, l) == \"a\"",
                "where coalesce(k, l) == \"a\"",
                false,
            ),
            ("where n is null or k == to_string(n)", "where k == to_string(n)", false),
            // What no predicate says exactly may stand on both sides.
            (
                "where split(k, l) == \"a\" and n > 5 and n > 3",
                "where n > 5 and split(k, l) == \"a\"",
                true,
            ),
            // What could fail is not left out.
            ("where n > 5 and n > to_long(k)", "where n > 5", false),
            (
                "where split(k, l) == \"a\" or n > 5 or n > 6",
                "where split(k, l) == \"a\" or n > 5",
                false,
            ),
            // A bound of an aggregate, where rows are the same.
            (
                "stats c = count(*) by k | where c > 2 and c > 1",
                "stats c = count(*) by k | where c > 2",
                true,
            ),
            (
                "stats c = count(*) by k | where c > 2",
                "stats c = count(*) by l | where c > 2",
                false,
            ),
            (
                "stats c = count(*) where n > 5 and n > 3, d = count(*) | where c > 1",
                "stats c = count(*) where n > 5, d = count(*) | where c > 1",
                true,
            ),
            (
                "stats c = count(*) where n > 5, d = count(*) where n > 3 | where c > 1",
                "stats c = count(*) where n > 3, d = count(*) where n > 5 | where c > 1",
                false,
            ),
            (
                "stats count(*) where n > 5 and n > 3 | limit 3",
                "stats count(*) where n > 5 | limit 3",
                false,
            ),
            ("stats c = count(*) where true", "stats c = count(*)", false),
            // A name means what the commands before make of it.
            ("eval m = n | where m > 5 and n > 5", "eval m = n | where m > 5", false),
            ("where n > 5 | eval n = 1 | where n > 3", "where n > 5 | eval n = 1", false),
            // The limit that is there anyway.
            ("where n > 1 | limit 1000", "where n > 1", true),
            ("where n > 1 | limit 1000 | keep k", "where n > 1 | keep k", true),
            ("where n > 1 | limit 999", "where n > 1", false),
            ("limit 1000 | where n > 1", "where n > 1", false),
            ("limit 1000 | stats c = count(*)", "stats c = count(*)", false),
            ("limit 5 | limit 7", "limit 5", true),
            ("keep k, n", "keep k", false),
        ] {
            let (own, other) = (format!("from x | {own}"), format!("from x | {other}"));
            let plans = compiled(&own).zip(compiled(&other));
            let (a, b) = plans.unwrap_or_else(|| panic!("{own} or {other} does not compile"));
            assert_eq!(proved(&a, &b), same, "{own} and {other}");
            assert_eq!(proved(&b, &a), same, "{other} and {own}");
        }
    }

    fn one_of<T: Clone + std::fmt::Debug + 'static>(of: &[T]) -> impl Strategy<Value = T> + use<T> {
        prop::sample::select(of.to_vec())
    }

    fn condition() -> impl Strategy<Value = String> {
        let op = || one_of(&["==", "!=", "<", "<=", ">", ">="]);
        let leaf = prop_oneof![
            (one_of(&["k", "l"]), op(), one_of(&["a", "ab", "b"]))
                .prop_map(|(field, op, word)| format!("{field} {op} {word:?}")),
            one_of(&["a*", "*", "?", "*b"]).prop_map(|glob| format!("k like {glob:?}")),
            one_of(&["a", "ab"]).prop_map(|word| format!("k in ({word:?}, \"b\")")),
            (op(), 0..3_i64).prop_map(|(op, value)| format!("n {op} {value}")),
            one_of(&[
                "k is null",
                "n is not null",
                "b",
                "length(k) > 1",
                "k == l",
                "true",
                "to_lower(k) == \"a\"",
                "l == to_string(n)",
                "n + 1 > 2",
                "coalesce(k, l) == \"a\"",
            ])
            .prop_map(str::to_owned),
        ];
        leaf.prop_recursive(4, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| format!("not ({inner})")),
                vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(") and ("))),
                vec(inner, 2..4).prop_map(|parts| format!("({})", parts.join(") or ("))),
            ]
        })
    }

    fn document() -> impl Strategy<Value = Json> {
        let some = |of: [Json; 3]| prop::sample::subsequence(of.to_vec(), 0..=2);
        let words = move || some([json!("a"), json!("ab"), json!("b")]);
        let numbers = some([json!(0), json!(1), json!(2)]);
        let booleans = some([json!(true), json!(false), json!(true)]);
        (words(), words(), numbers, booleans)
            .prop_map(|(k, l, n, b)| json!({"k": k, "l": l, "n": n, "b": b}))
    }

    /// The rows of a result.
    fn rows(pipeline: &Pipeline, documents: &[Json]) -> Vec<String> {
        let source = MemorySource::new("x", &pipeline.fields, documents);
        let table = run(&pipeline.plan, &source, &NoSearch, &RunOptions::default());
        let table: Table = table.expect("no condition fails");
        let shown = |row| {
            let cells = table.columns.iter().map(|it| {
                let values = it.column.values(row).map(|value| value.text(it.ty));
                format!("{}={:?}", it.name, values.collect::<Vec<_>>())
            });
            cells.collect::<String>()
        };
        (0..table.rows).map(shown).collect()
    }

    fn lies_in(own: &Pipeline, other: &Pipeline) -> bool {
        let side = |pipeline| Side::cut(pipeline, Vec::new()).expect("commands").trimmed();
        side(&own.plan).lies_in(&side(&other.plan))
    }

    #[test]
    fn what_lies_within_what() {
        for (own, other, there, back) in [
            ("where n > 5", "where n > 3", true, false),
            ("where n > 5 and k == \"a\"", "where n > 5", true, false),
            ("where n > 5 | sort k | keep n", "where n > 5", true, true),
            ("where n > 5 | limit 5", "where n > 5", false, false),
            (
                "where n > 5 | eval m = n | where m < 9",
                "where n > 3 | eval m = n | where m < 9",
                true,
                false,
            ),
            (
                "stats c = count(*) by k | where c >= 5",
                "stats c = count(*) by k | where c >= 3",
                true,
                false,
            ),
            (
                "where n > 5 | stats c = count(*) by k | where c >= 3",
                "where n > 3 | stats c = count(*) by k | where c >= 3",
                true,
                false,
            ),
            // Fewer rows may be too few, or few enough.
            (
                "where n > 5 | stats c = count(*) by k | where c <= 3",
                "where n > 3 | stats c = count(*) by k | where c <= 3",
                false,
                false,
            ),
            (
                "where n > 5 | stats c = avg(n) by k | where c >= 3",
                "where n > 3 | stats c = avg(n) by k | where c >= 3",
                false,
                false,
            ),
            (
                "where n > 5 | stats c = max(n), d = count_distinct(l) by k | where c >= 3 and d > 1 and k != \"b\"",
                "where n > 3 | stats c = max(n), d = count_distinct(l) by k | where c >= 3 and d > 1 and k != \"b\"",
                true,
                false,
            ),
            (
                "where n > 5 | stats c = count(*) by k | sort c | limit 3",
                "where n > 3 | stats c = count(*) by k | sort c | limit 3",
                false,
                false,
            ),
            ("where to_lower(k) == \"a\" and n > 1", "where to_lower(k) == \"a\"", true, false),
        ] {
            let (own, other) = (format!("from x | {own}"), format!("from x | {other}"));
            let plans = compiled(&own).zip(compiled(&other));
            let (a, b) = plans.unwrap_or_else(|| panic!("{own} or {other} does not compile"));
            assert_eq!(lies_in(&a, &b), there, "{own} in {other}");
            assert_eq!(lies_in(&b, &a), back, "{other} in {own}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn a_mutant_that_is_proved_gives_the_same_rows(
            conditions in vec(condition(), 1..3),
            behind in one_of(&["keep _id", "stats c = count(*) by k | where c >= 1 and c > 0",
                "stats c = count(*) where n > 0 and n >= 1, d = max(n) by k | where c > 0", "limit 1000 | keep _id"]),
            documents in vec(document(), 1..8),
        ) {
            let wheres: Vec<_> = conditions.iter().map(|it| format!("where {it}")).collect();
            let query = format!("from x metadata _id | {} | {behind}", wheres.join(" | "));
            let own = compiled(&query).expect("the query is one");
            let expected = rows(&own, &documents);
            for edit in edits(&query) {
                let text = edited(&query, &edit.tried[0]);
                let Some(other) = compiled(&text) else { continue };
                if proved(&own, &other) {
                    prop_assert_eq!(&rows(&other, &documents), &expected, "{} and {}", query, text);
                }
            }
        }

        #[test]
        fn what_lies_within_gives_no_other_rows(
            a in condition(), b in condition(), c in condition(),
            behind in one_of(&["where n > 0", "eval m = n | where m >= 1", "sort k | keep _id, k",
                "stats c = count(*) by k | where c >= 2", "stats c = max(n), d = count_distinct(l) by k | where c >= 1 and d >= 1"]),
            documents in vec(document(), 1..8),
        ) {
            for (own, other) in [(format!("({a}) and ({b})"), a.clone()), (a.clone(), b.clone()),
                (format!("({a}) and ({c})"), format!("({a}) or ({b})"))] {
                let query = |condition: &str| {
                    compiled(&format!("from x metadata _id | where {condition} | {behind} | keep _id, k"))
                        .or_else(|| compiled(&format!("from x metadata _id | where {condition} | {behind} | keep k")))
                        .expect("the query is one")
                };
                let (one, another) = (query(&own), query(&other));
                if lies_in(&one, &another) {
                    let all = rows(&another, &documents);
                    let inside = rows(&one, &documents).iter().all(|row| all.contains(row));
                    prop_assert!(inside, "{} in {} | {}", own, other, behind);
                }
            }
        }
    }
}
