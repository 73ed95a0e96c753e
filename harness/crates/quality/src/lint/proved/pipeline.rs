//! Conditions of one ES|QL pipeline that no row fulfils together.
//!
//! A comparison with null is null, and so is one with several values: what two
//! conditions leave no single value for, no row passes. Commands that make a column
//! anew begin with it anew. And parts of an `or`, and patterns of a list, that another
//! covers: both are null on the same rows, so one that is true makes the other true.

use harness_esql::like::Matcher;
use harness_model::schema::FieldType;
use harness_predicate::{Column, DoubleInterval, Interval, Kind, Test};
use harness_query::esql::ast::{
    CommandKind, CompareOp, Expr, ExprKind, Field, PatternSyntax, Query,
};
use harness_query::esql::read;
use harness_rule::names::Language;
use harness_source::span::{Span, flat, shorten};
use harness_text::pattern::{Case, Pattern};

use super::pairs::{Choice, excludes};
use super::stages::refuses;
use crate::lint::codes::Code;
use crate::lint::model::Level;
use crate::lint::target::{Sink, Target};

/// What a condition asks of one column.
enum Asked {
    /// To be one of some values, or to be none of them: a value it has to have.
    Values { column: Column, tests: Vec<Test>, held: bool },
    /// To have no value.
    Null,
    /// To have one.
    Present,
}

/// A condition on one column that has to hold.
struct Condition {
    name: String,
    asked: Asked,
    span: Span,
}

/// Two conditions that no row fulfils, and how bad that is.
pub(super) struct Conflict {
    pub(super) column: String,
    pub(super) first: Span,
    pub(super) second: Span,
    pub(super) level: Level,
}

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    if target.rule.language != Some(Language::Esql) {
        return;
    }
    let Some(query) = read(target.query()).query else { return };
    let text = target.query();
    let is_text = |name: &str| {
        target.field(name).is_some_and(|field| {
            matches!(
                field.ty,
                FieldType::Keyword { .. }
                    | FieldType::Wildcard { .. }
                    | FieldType::ConstantKeyword { .. }
                    | FieldType::Text { .. }
                    | FieldType::MatchOnlyText
            )
        })
    };
    let shown = |span: Span| shorten(&flat(span.of(text)), 60);
    let walk = walked(&query, &is_text);
    for Covered { wide, narrow } in walk.covered {
        let message = format!("`{}` covers `{}`", shown(wide), shown(narrow));
        sink.query(Code::CoveredValue, narrow, message)
            .help("leave it out, or mend what was meant");
    }
    for found in walk.found {
        let message = format!(
            "no value of `{}` is as `{}` and `{}` ask, and null is none",
            found.column,
            shown(found.first),
            shown(found.second)
        );
        sink.query(Code::Contradiction, found.second, message)
            .help("write `or`, or ask for one of them")
            .level(found.level);
    }
}

/// What is found in a pipeline; `is_text` tells the fields that hold strings.
fn walked<'a>(query: &Query, is_text: &'a dyn Fn(&str) -> bool) -> Walk<'a> {
    let mut walk = Walk { is_text, made: Vec::new(), found: Vec::new(), covered: Vec::new() };
    let mut known: Vec<Condition> = Vec::new();
    for command in &query.commands {
        match &command.kind {
            CommandKind::Where(expr) => walk.all(expr, &mut known, Level::Error),
            other => walk.forget(other, &mut known),
        }
    }
    walk
}

struct Walk<'a> {
    is_text: &'a dyn Fn(&str) -> bool,
    /// Columns that are no fields any more.
    made: Vec<String>,
    found: Vec<Conflict>,
    covered: Vec<Covered>,
}

/// A part that another of the same list covers.
struct Covered {
    wide: Span,
    narrow: Span,
}

impl Walk<'_> {
    /// Takes a condition that has to hold beside those that are known. The parser
    /// bounds the depth.
    fn all(&mut self, expr: &Expr, known: &mut Vec<Condition>, level: Level) {
        match &expr.kind {
            ExprKind::And(parts) => parts.iter().for_each(|part| self.all(part, known, level)),
            ExprKind::Or(parts) => {
                let all: Vec<Condition> =
                    parts.iter().filter_map(|part| self.condition(part, true)).collect();
                self.cover(&all);
                // Each choice stands by itself; what holds around it holds in it.
                for part in parts {
                    self.all(part, &mut Vec::new(), Level::Warning);
                }
            }
            _ => {
                self.list(expr);
                let Some(condition) = self.condition(expr, true) else { return };
                let same = known.iter().filter(|other| other.name == condition.name);
                let conflict = same.into_iter().find(|other| conflict(other, &condition));
                if let Some(other) = conflict {
                    self.found.push(Conflict {
                        column: condition.name.clone(),
                        first: other.span,
                        second: condition.span,
                        level,
                    });
                }
                known.push(condition);
            }
        }
    }

    /// Takes the patterns of a list, which stand for each other.
    fn list(&mut self, expr: &Expr) {
        let ExprKind::Like { value, patterns, syntax, negated, .. } = &expr.kind else { return };
        let alone = |pattern: &Expr| {
            let (name, asked) = self.liked(value, std::slice::from_ref(pattern), *syntax, true)?;
            Some(Condition { name, asked, span: pattern.span })
        };
        // A pattern that fits every string turns the negation into `IS NULL`.
        let all: Option<Vec<Condition>> = patterns.iter().map(alone).collect();
        let all = all.filter(|all| {
            !negated || all.iter().all(|one| matches!(one.asked, Asked::Values { .. }))
        });
        self.cover(&all.unwrap_or_default());
    }

    /// Finds conditions, of which one has to hold, that another covers.
    fn cover(&mut self, all: &[Condition]) {
        for (at, own) in all.iter().enumerate() {
            let others = all.iter().enumerate().filter(|(other, _)| *other != at);
            let covers = |(other, wide): &(usize, &Condition)| {
                // Of two that cover each other the second is told.
                covered(own, wide) && (!covered(wide, own) || *other < at)
            };
            if let Some((_, wide)) = others.into_iter().find(covers) {
                self.covered.push(Covered { wide: wide.span, narrow: own.span });
            }
        }
    }

    /// What a condition that has to be true, or false, asks of one column.
    fn condition(&self, expr: &Expr, held: bool) -> Option<Condition> {
        let of = |column: &Expr, asked: Asked| {
            let ExprKind::Column(name) = &column.kind else { return None };
            Some(Condition { name: name.clone(), asked, span: expr.span })
        };
        match &expr.kind {
            ExprKind::Not(inner) => {
                let inner = self.condition(inner, !held)?;
                Some(Condition { span: expr.span, ..inner })
            }
            ExprKind::IsNull { value, negated } => {
                of(value, if *negated == held { Asked::Present } else { Asked::Null })
            }
            ExprKind::Compare { op, left, right } => {
                let (column, value, op) = match &left.kind {
                    ExprKind::Column(_) => (left, right, *op),
                    _ => (right, left, turned(*op)),
                };
                let (tests, held) = match op {
                    CompareOp::Ne => (self.tests(column, [&**value], CompareOp::Eq)?, !held),
                    other => (self.tests(column, [&**value], other)?, held),
                };
                of(column, values(column, tests, held)?)
            }
            ExprKind::In { value, choices, negated } => {
                let tests = self.tests(value, choices, CompareOp::Eq)?;
                of(value, values(value, tests, held != *negated)?)
            }
            ExprKind::Like { value, patterns, syntax, negated, .. } => {
                let (_, asked) = self.liked(value, patterns, *syntax, held != *negated)?;
                of(value, asked)
            }
            _ => None,
        }
    }

    /// The column that wildcards are held against, and what they ask of it.
    fn liked(
        &self,
        value: &Expr,
        patterns: &[Expr],
        syntax: PatternSyntax,
        held: bool,
    ) -> Option<(String, Asked)> {
        let ExprKind::Column(name) = &value.kind else { return None };
        let is_text = !self.made.contains(name) && (self.is_text)(name);
        if syntax != PatternSyntax::Wildcard || !is_text {
            return None;
        }
        Some((name.clone(), like(value, patterns, held)?))
    }

    /// The tests on a column that compare it with constants.
    fn tests<'e>(
        &self,
        column: &Expr,
        constants: impl IntoIterator<Item = &'e Expr>,
        op: CompareOp,
    ) -> Option<Vec<Test>> {
        let ExprKind::Column(name) = &column.kind else { return None };
        let is_text = !self.made.contains(name) && (self.is_text)(name);
        let test = |constant: &Expr| match &constant.kind {
            ExprKind::Text(text) if is_text && op == CompareOp::Eq => {
                Some(Test::Term(Pattern::Equals(text.clone(), Case::Sensitive)))
            }
            ExprKind::Integer(number) | ExprKind::Decimal(number) if !is_text => {
                interval(number.parse().ok()?, op)
            }
            _ => None,
        };
        constants.into_iter().map(test).collect()
    }

    /// Forgets what is known of columns that a command makes, or may make.
    fn forget(&mut self, command: &CommandKind, known: &mut Vec<Condition>) {
        let made: Vec<&str> = match command {
            CommandKind::Eval(fields) => fields.iter().filter_map(named).collect(),
            CommandKind::MvExpand(name) => vec![&name.text],
            CommandKind::Rename(renames) => {
                renames.iter().flat_map(|own| [&*own.from.text, &*own.to.text]).collect()
            }
            CommandKind::Where(_)
            | CommandKind::Keep(_)
            | CommandKind::Drop(_)
            | CommandKind::Sort(_)
            | CommandKind::Limit(_)
            | CommandKind::LimitBy { .. }
            | CommandKind::Dedup
            | CommandKind::Sample(_) => return,
            // Of what these make the names are seldom plain.
            CommandKind::Stats(_)
            | CommandKind::InlineStats(_)
            | CommandKind::FillNull { .. }
            | CommandKind::Fork(_)
            | CommandKind::Dissect { .. }
            | CommandKind::Grok { .. }
            | CommandKind::Completion { .. }
            | CommandKind::Enrich { .. }
            | CommandKind::LookupJoin { .. }
            | CommandKind::Other { .. }
            | CommandKind::Broken => {
                self.made.extend(known.drain(..).map(|condition| condition.name));
                return;
            }
        };
        known.retain(|condition| !made.contains(&condition.name.as_str()));
        self.made.extend(made.into_iter().map(str::to_owned));
    }
}

fn named(field: &Field) -> Option<&str> {
    field.name.as_ref().map(|name| &*name.text)
}

/// The operator of the same comparison, its sides exchanged.
fn turned(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        CompareOp::Eq | CompareOp::Ne => op,
    }
}

fn values(column: &Expr, tests: Vec<Test>, held: bool) -> Option<Asked> {
    let ExprKind::Column(name) = &column.kind else { return None };
    Some(Asked::Values {
        column: Column { name: name.as_str().into(), kind: Kind::Keyword },
        tests,
        held,
    })
}

fn like(column: &Expr, patterns: &[Expr], held: bool) -> Option<Asked> {
    let texts: Option<Vec<&str>> = patterns
        .iter()
        .map(|pattern| match &pattern.kind {
            ExprKind::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let matcher = Matcher::wildcards(&texts?).ok()?;
    if matcher.matches_all() {
        return held.then_some(Asked::Present);
    }
    values(column, matcher.patterns().into_iter().map(Test::Term).collect(), held)
}

/// The numbers that pass a comparison; nothing where not all of them are told apart.
fn interval(number: f64, op: CompareOp) -> Option<Test> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let (low, high) = match op {
        CompareOp::Eq => (number, number),
        CompareOp::Lt => (f64::NEG_INFINITY, number.next_down()),
        CompareOp::Le => (f64::NEG_INFINITY, number),
        CompareOp::Gt => (number.next_up(), f64::INFINITY),
        CompareOp::Ge => (number, f64::INFINITY),
        CompareOp::Ne => return None,
    };
    let is_exact = number.abs() < EXACT;
    is_exact.then_some(Test::Double(DoubleInterval(Interval { low, high })))
}

/// Whether the first is true only where the second is, and both are null on the same rows.
fn covered(narrow: &Condition, wide: &Condition) -> bool {
    let (
        Asked::Values { column, tests, held: true },
        Asked::Values { tests: others, held: true, .. },
    ) = (&narrow.asked, &wide.asked)
    else {
        return false;
    };
    let (tests, others) = (tests.iter().collect(), others.iter().collect());
    let own = Choice { column, tests, span: narrow.span };
    let other = Choice { column, tests: others, span: wide.span };
    narrow.name == wide.name && refuses(&own, &other)
}

/// Whether no row fulfils both.
fn conflict(a: &Condition, b: &Condition) -> bool {
    match (&a.asked, &b.asked) {
        (Asked::Null, Asked::Values { .. } | Asked::Present)
        | (Asked::Values { .. } | Asked::Present, Asked::Null) => true,
        (
            Asked::Values { column, tests, held },
            Asked::Values { tests: others, held: other_held, .. },
        ) => {
            let (tests, others) = (tests.iter().collect(), others.iter().collect());
            let a = Choice { column, tests, span: a.span };
            let b = Choice { column, tests: others, span: b.span };
            match (held, other_held) {
                (true, true) => excludes(&a, &b),
                (true, false) => refuses(&a, &b),
                (false, true) => refuses(&b, &a),
                (false, false) => false,
            }
        }
        (Asked::Null, Asked::Null)
        | (Asked::Present, Asked::Values { .. } | Asked::Present)
        | (Asked::Values { .. }, Asked::Present) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness_compile::esql::compile;
    use harness_compile::{Context, Now};
    use harness_esql::memory::MemorySource;
    use harness_esql::run::{RunOptions, run};
    use harness_esql::search::NoSearch;
    use harness_model::schema::{Base, Schema};
    use harness_predicate::Part;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    /// The places of conflicts in a query on the strings `k`, `l` and the number `n`.
    fn found(text: &str) -> Vec<(&str, Level)> {
        let query = read(text).query.expect("a query");
        let all = walked(&query, &|name| name == "k" || name == "l").found;
        all.iter().map(|one| (one.second.of(text), one.level)).collect()
    }

    #[test]
    fn conditions_that_rule_each_other_out() {
        use Level::{Error, Warning};
        for (text, expected) in [
            ("where k == \"a\" and k == \"b\"", vec![("k == \"b\"", Error)]),
            ("where k == \"a\" | where k in (\"b\", \"c\")", vec![("k in (\"b\", \"c\")", Error)]),
            ("where k like \"a*\" and k == \"b\"", vec![("k == \"b\"", Error)]),
            ("where k == \"a\" and k != \"a\"", vec![("k != \"a\"", Error)]),
            ("where k == \"a\" and not k like \"a*\"", vec![("not k like \"a*\"", Error)]),
            ("where k is null and k != \"a\"", vec![("k != \"a\"", Error)]),
            ("where n > 5 and 3 >= n", vec![("3 >= n", Error)]),
            ("where n > 5 and n <= 5", vec![("n <= 5", Error)]),
            ("where l == \"a\" or (n == 1 and n == 2)", vec![("n == 2", Warning)]),
            ("where k == \"a\" or k == \"b\"", vec![]),
            ("where k == \"a\" and l == \"b\"", vec![]),
            ("where k like \"a*\" and k like \"*b\"", vec![]),
            ("where n >= 5 and n <= 5", vec![]),
            ("where k == \"a\" | eval k = \"b\" | where k == \"b\"", vec![]),
            ("where k == \"a\" | stats k = max(l) | where k == \"b\"", vec![]),
            ("where k == \"a\" | mv_expand k | where k == \"b\"", vec![]),
            ("where not (k == \"a\" and k == \"b\")", vec![]),
        ] {
            let query = format!("from x | {text}");
            assert_eq!(found(&query), expected, "{text}");
        }
    }

    /// The places of what another covers.
    fn covered_in(text: &str) -> Vec<&str> {
        let query = read(text).query.expect("a query");
        let all = walked(&query, &|name| name == "k" || name == "l").covered;
        all.iter().map(|one| one.narrow.of(text)).collect()
    }

    #[test]
    fn parts_that_others_cover() {
        for (text, expected) in [
            ("where k like (\"a*\", \"ab*\", \"b\")", vec!["\"ab*\""]),
            ("where k like \"a*\" or k == \"ab\"", vec!["k == \"ab\""]),
            ("where k in (\"ab\", \"ac\") or k like \"a*\"", vec!["k in (\"ab\", \"ac\")"]),
            ("where n > 5 or n > 7 or l == \"a\"", vec!["n > 7"]),
            ("where k not like (\"a*\", \"ab\")", vec!["\"ab\""]),
            ("where k in (\"ab\", \"b\") or k like \"a*\"", vec![]),
            ("where k like \"a*\" or l == \"ab\"", vec![]),
            ("where k like \"a*\" or k != \"ab\"", vec![]),
            ("where k like \"a*\" and k == \"ab\"", vec![]),
        ] {
            let query = format!("from x | {text}");
            assert_eq!(covered_in(&query), expected, "{text}");
        }
    }

    fn condition() -> impl Strategy<Value = String> {
        let one_of = |of: &'static [&'static str]| prop::sample::select(of);
        let text = one_of(&["\"a\"", "\"b\"", "\"ab\""]);
        let leaf = prop_oneof![
            (one_of(&["k", "l"]), one_of(&["==", "!="]), text.clone())
                .prop_map(|(k, op, t)| format!("{k} {op} {t}")),
            (one_of(&["k", "l"]), one_of(&["in", "not in"]), text.clone(), text)
                .prop_map(|(k, op, a, b)| format!("{k} {op} ({a}, {b})")),
            (one_of(&["k", "l"]), one_of(&["like", "not like"]), one_of(&["a*", "*b", "?", "*"]))
                .prop_map(|(k, op, t)| format!("{k} {op} \"{t}\"")),
            (one_of(&["k", "n"]), one_of(&["is null", "is not null"]))
                .prop_map(|(k, op)| format!("{k} {op}")),
            (one_of(&["<", "<=", ">", ">=", "==", "!="]), 0..3_i64)
                .prop_map(|(op, n)| format!("n {op} {n}")),
        ];
        leaf.prop_recursive(2, 6, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| format!("not ({inner})")),
                vec(inner.clone(), 2..3).prop_map(|parts| parts.join(" and ")),
                vec(inner, 2..3).prop_map(|parts| format!("(({}))", parts.join(") or ("))),
            ]
        })
    }

    /// The documents of a small domain, by number, that a query keeps.
    fn kept(text: &str) -> Vec<String> {
        let mut schema = Schema::new(Base::Empty);
        let mapping = json!({"properties": {
            "k": {"type": "keyword"}, "l": {"type": "keyword"}, "n": {"type": "long"},
        }});
        schema.add_mapping(&mapping, &json!({})).expect("a mapping");
        let context = Context { schema: &schema, part: Part::Query, now: Now::at(0) };
        let (_, pipeline) = compile(text, context, false, &["k", "l", "n"]).expect("a pipeline");
        let texts = [json!([]), json!("a"), json!("b"), json!("ab"), json!("c"), json!(["a", "b"])];
        let numbers = [json!([]), json!(-1), json!(0), json!(1), json!(2), json!(3), json!([0, 2])];
        let mut documents = Vec::new();
        for k in &texts {
            for l in &texts {
                documents.extend(numbers.iter().map(|n| json!({"k": k, "l": l, "n": n})));
            }
        }
        let source = MemorySource::new("x", &pipeline.fields, &documents);
        let table = run(&pipeline.plan, &source, &NoSearch, &RunOptions::default());
        let table = table.expect("no condition fails");
        let columns = table.all_columns(&source, &source);
        let row = |row: usize| {
            let cells = columns.iter().map(|column| {
                let values = column.column.values(row).map(|value| value.text(column.ty));
                values.collect::<Vec<_>>().join(",")
            });
            cells.collect::<Vec<_>>().join(" ")
        };
        (0..table.rows).map(row).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// A pipeline with a conflict of the worst level keeps no document of the domain.
        #[test]
        fn pipelines_with_conflicts_keep_nothing(conditions in vec(condition(), 1..4)) {
            let wheres: Vec<_> = conditions.iter().map(|one| format!("where {one}")).collect();
            let text = format!("from x | {} | keep k, l, n", wheres.join(" | "));
            if found(&text).iter().any(|(_, level)| *level == Level::Error) {
                prop_assert_eq!(kept(&text), Vec::<String>::new(), "{}", text);
            }
        }

        /// Without a part that another covers a pipeline keeps the same documents.
        #[test]
        fn what_is_covered_changes_nothing(conditions in vec(condition(), 2..5)) {
            let query = |parts: &[String]| {
                let parts: Vec<_> = parts.iter().map(|one| format!("({one})")).collect();
                format!("from x | where {} | keep k, l, n", parts.join(" or "))
            };
            let text = query(&conditions);
            for narrow in covered_in(&text) {
                let is_it = |part: &String| part == narrow || format!("({part})") == narrow;
                let Some(at) = conditions.iter().rposition(is_it) else { continue };
                let mut left = conditions.clone();
                left.remove(at);
                prop_assert_eq!(kept(&query(&left)), kept(&text), "{} without {}", text, narrow);
            }
        }
    }
}
