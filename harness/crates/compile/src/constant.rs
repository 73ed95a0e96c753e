//! Clauses of a query that no test is left of: those that are the same on every
//! event, such as `1 == 1`, and those that a clause beside them makes void. No
//! report could show them, so they are told.

#[cfg(test)]
mod tests;

use super::condition::compile_lucene;
use super::eql::{self, Options};
use super::program::RuleProgram;
use super::{Context, dsl, kql};
use harness_predicate::{Part, Predicate};
use harness_query as query;
use harness_query::eql::ast::{EventFilter, Expr, ExprKind, Literal};
use harness_query::kql::{Ast, Node};
use harness_query::lucene::{self, Clauses};
use harness_rule::model::Rule;
use harness_rule::names::Language;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::{Span, flat, shorten};

/// The code of these findings.
const CODE: &str = "constant-clause";

/// How much of a clause is shown.
const MAX_TEXT: usize = 80;

/// A clause, and what it is when it is asked alone.
type Alone<'a> = (Span, Box<dyn Fn() -> Option<Predicate> + 'a>);

/// The clauses of a rule's query that the plan has no test of.
pub(super) fn of_rule(
    rule: &Rule,
    program: Option<&RuleProgram>,
    context: Context<'_>,
    options: &Options<'_>,
) -> Vec<Diagnostic> {
    let (Some(program), Some(query)) = (program, &rule.query) else { return Vec::new() };
    let text = query.text.as_str();
    let tests = tests(program);
    let tell = |(span, alone): Alone<'_>| {
        let alone = if overlaps(&tests, span) { None } else { alone() };
        alone.map(|alone| finding(text, span, &alone))
    };
    let mut found = Vec::new();
    match rule.language {
        Some(Language::Eql) => {
            let Ok(query) = query::eql::parse(text) else { return Vec::new() };
            let conditions = query.body.filters().into_iter().flat_map(|it| clauses(&it.condition));
            for expr in conditions {
                let alone = || {
                    let filter =
                        EventFilter { category: None, condition: expr.clone(), span: expr.span };
                    eql::compile_filter(&filter, context, options).ok()
                };
                found.extend(tell((expr.span, Box::new(alone))));
            }
        }
        Some(Language::Kuery) => {
            let Ok(ast) = query::kql::parse(text) else { return Vec::new() };
            let alone =
                |ast: &Ast| dsl::compile(&kql::to_dsl(ast, context.schema).ok()?, context).ok();
            for clause in kql_clauses(&ast) {
                found.extend(tell((clause.span, Box::new(move || alone(clause)))));
            }
            // A query for all events is one on purpose.
            if !found.is_empty() && alone(&ast) == Some(Predicate::Const(true)) {
                found.clear();
            }
        }
        Some(Language::Lucene) => {
            let Ok(lucene::Ast { root: Some(root) }) = lucene::parse(text) else {
                return Vec::new();
            };
            let alone = |text: &str| compile_lucene(text, context).ok();
            for (span, field) in lucene_clauses(&root) {
                let own = span.of(text);
                let asked = field.map_or(own.to_owned(), |field| format!("{field}:({own})"));
                found.extend(tell((span, Box::new(move || alone(&asked)))));
            }
            if !found.is_empty() && alone(text) == Some(Predicate::Const(true)) {
                found.clear();
            }
        }
        Some(Language::Esql) | None => {}
    }
    found
}

fn finding(text: &str, span: Span, alone: &Predicate) -> Diagnostic {
    let clause = shorten(&flat(span.of(text)), MAX_TEXT);
    let mut has_leaf = false;
    alone.leaves(&mut |_| has_leaf = true);
    let message = if has_leaf {
        format!("`{clause}` decides nothing: another clause makes it void")
    } else {
        format!("`{clause}` is the same on every event, so no case can show what it decides")
    };
    Diagnostic::warning(CODE, message, span).with_help("leave it out, or mend it")
}

/// The places that the tests of a plan stand for: sorted, those that overlap as one.
fn tests(program: &RuleProgram) -> Vec<Span> {
    let mut tests = Vec::new();
    for filter in program.filters() {
        filter.leaves(&mut |leaf| {
            if leaf.origin.part == Part::Query {
                tests.push(leaf.origin.span);
            }
        });
    }
    tests.sort_unstable();
    tests.dedup_by(|next, last| {
        let overlap = next.start < last.end;
        if overlap {
            *last = last.to(*next);
        }
        overlap
    });
    tests
}

/// Whether a clause overlaps with some test.
fn overlaps(tests: &[Span], clause: Span) -> bool {
    let next = tests.partition_point(|test| test.end <= clause.start);
    tests.get(next).is_some_and(|test| test.start < clause.end)
}

/// The clauses below a condition; none of `true` alone, which asks for nothing.
fn clauses(condition: &Expr) -> Vec<&Expr> {
    if condition.kind == ExprKind::Literal(Literal::Bool(true)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut open = vec![condition];
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::Not(inner) => open.push(inner),
            ExprKind::And(parts) | ExprKind::Or(parts) => open.extend(parts.iter().rev()),
            ExprKind::Literal(_)
            | ExprKind::Field(_)
            | ExprKind::Call(_)
            | ExprKind::Negative(_)
            | ExprKind::Arithmetic { .. }
            | ExprKind::Compare { .. }
            | ExprKind::Match { .. }
            | ExprKind::In { .. } => found.push(expr),
        }
    }
    found
}

/// The clauses of a query; what nested objects have to fulfil is one.
fn kql_clauses(ast: &Ast) -> Vec<&Ast> {
    let mut found = Vec::new();
    let mut open = vec![ast];
    while let Some(ast) = open.pop() {
        match &ast.node {
            Node::Not(inner) => open.push(inner),
            Node::And(parts) | Node::Or(parts) => open.extend(parts.iter().rev()),
            Node::All | Node::Is { .. } | Node::Range { .. } | Node::Nested { .. } => {
                found.push(ast);
            }
        }
    }
    found
}

/// The clauses of a query string, and the fields that groups hand down to them.
fn lucene_clauses(root: &Clauses) -> Vec<(Span, Option<&str>)> {
    let mut found = Vec::new();
    let mut open = vec![(root, None)];
    while let Some((clauses, given)) = open.pop() {
        for clause in &clauses.items {
            let own = clause.field.as_ref().map(lucene::Field::name);
            match &clause.body {
                lucene::Body::Group(inner) => open.push((inner, own.or(given))),
                lucene::Body::Words(_)
                | lucene::Body::Sign(_)
                | lucene::Body::Phrase { .. }
                | lucene::Body::Fuzzy { .. }
                | lucene::Body::Prefix(_)
                | lucene::Body::Wildcard(_)
                | lucene::Body::Regexp(_)
                | lucene::Body::Range { .. } => {
                    found.push((clause.span, given.filter(|_| own.is_none())));
                }
            }
        }
    }
    found.sort_by_key(|(span, _)| *span);
    found
}
