//! EQL to predicates and plans.
//!
//! A filter becomes tests that the index answers, two-valued, and scripts that
//! compute with null (docs/semantics.md, "EQL"). [`condition`] keeps them apart
//! up to the point where the query combines them, [`test`] and [`text`] make the
//! tests, [`script`] the scripts, [`field`] decides what a field is.

mod compiler;
mod condition;
mod field;
mod script;
mod test;
#[cfg(test)]
mod tests;
mod text;

use super::Context;
use super::clause::Clause;
pub use compiler::CATEGORY_FIELD;
use compiler::Compiler;
pub use compiler::Options;
use field::Type;
use harness_predicate::Predicate;
use harness_predicate::plan::{
    EqlPlan, EqlSearch, KeyField, KeyForm, Limit, MAX_SAMPLE_STAGES, MAX_STAGES, Stage,
};
use harness_query::dsl::Scalar;
use harness_query::eql::ast::{self, Body, EventFilter, Pipe, Presence, Query, Term};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_text::pattern::Case;

/// Compiles a whole query.
///
/// # Errors
///
/// All that Elasticsearch would reject, and what the harness cannot judge.
pub fn compile(
    query: &Query,
    context: Context<'_>,
    options: &Options<'_>,
) -> Result<EqlPlan, Vec<Diagnostic>> {
    let mut compiler = Compiler { context, options: *options, errors: Vec::new() };
    let (stages, most) = match &query.body {
        Body::Event(_) => (1, 1),
        Body::Sequence(sequence) => {
            (sequence.terms.iter().map(|term| term.runs.max(1) as usize).sum(), MAX_STAGES)
        }
        Body::Sample(sample) => (sample.terms.len(), MAX_SAMPLE_STAGES),
    };
    if stages > most {
        let message = format!("{stages} stages are more than the {most} that the harness matches");
        return Err(vec![Diagnostic::unsupported("eql-size", message, Span::default())]);
    }
    let search = match &query.body {
        Body::Event(filter) => EqlSearch::Events(compiler.filter(filter)),
        Body::Sequence(sequence) => {
            let until = sequence.until.as_ref();
            let mut stages = compiler.stages(&sequence.by, sequence.terms.iter().chain(until));
            let until = until.and_then(|_| stages.pop());
            let maxspan_ms = sequence.maxspan.map(|maxspan| maxspan.millis());
            EqlSearch::Sequence { stages, until, maxspan_ms }
        }
        Body::Sample(sample) => {
            EqlSearch::Sample { stages: compiler.stages(&sample.by, sample.terms.iter()) }
        }
    };
    let limits = query.pipes.iter().map(|pipe| match pipe {
        Pipe::Head(count) => Limit::Head(*count),
        Pipe::Tail(count) => Limit::Tail(*count),
    });
    if compiler.errors.is_empty() {
        Ok(EqlPlan { search, limits: limits.collect() })
    } else {
        Err(compiler.errors)
    }
}

/// Compiles one event filter.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_filter(
    filter: &EventFilter,
    context: Context<'_>,
    options: &Options<'_>,
) -> Result<Predicate, Vec<Diagnostic>> {
    let mut compiler = Compiler { context, options: *options, errors: Vec::new() };
    let predicate = compiler.filter(filter);
    if compiler.errors.is_empty() { Ok(predicate) } else { Err(compiler.errors) }
}

impl Compiler<'_> {
    fn filter(&mut self, filter: &EventFilter) -> Predicate {
        let condition = self.condition(&filter.condition);
        let Some(condition) = self.predicate(condition) else { return Predicate::Const(false) };
        let Some(category) = &filter.category else { return condition };
        let clause = Clause {
            context: self.context,
            field: self.options.category_field,
            span: category.span,
        };
        let value = Scalar::String(category.name.clone());
        match clause.term(&value, Case::Sensitive) {
            Ok(category) => Predicate::and([category, condition]),
            Err(error) => {
                self.errors.push(error);
                condition
            }
        }
    }

    fn stages<'t>(
        &mut self,
        by: &[ast::Field],
        terms: impl Iterator<Item = &'t Term>,
    ) -> Vec<Stage> {
        let mut types: Vec<Option<Type>> = Vec::new();
        terms
            .map(|term| {
                let filter = self.filter(&term.filter);
                let keys = by.iter().chain(&term.by).enumerate();
                let keys = keys.map(|(at, key)| self.key(key, at, &mut types)).collect();
                let missing = term.presence == Presence::Missing;
                Stage { filter, keys, missing, runs: term.runs }
            })
            .collect()
    }

    /// A join key; all keys at one place need types that can be compared.
    fn key(&mut self, key: &ast::Field, at: usize, types: &mut Vec<Option<Type>>) -> KeyField {
        let field = self.resolve(key).field();
        let ty = field.as_ref().map(|field| Type::of(&field.ty));
        if types.len() <= at {
            types.resize(at + 1, None);
        }
        match (types[at], ty) {
            (Some(first), Some(ty)) if first != ty => {
                let message =
                    format!("join key `{}` is {ty}, that of the first stage is {first}", key.name);
                self.errors.push(Diagnostic::error("eql-key", message, key.span));
            }
            (None, ty) => types[at] = ty,
            (Some(_), _) => {}
        }
        let nanos = field.as_ref().is_some_and(|field| field.is_nanos());
        let form = match ty {
            Some(Type::Date) if nanos => KeyForm::Nanos,
            Some(Type::Boolean) => KeyForm::Boolean,
            Some(Type::Date) => KeyForm::Date,
            Some(Type::String | Type::Number | Type::Ip | Type::Version | Type::Null) | None => {
                KeyForm::Plain
            }
        };
        KeyField {
            field: key.name.as_str().into(),
            form,
            column: field.and_then(|field| field.column()),
            optional: key.demand == ast::Demand::Optional,
        }
    }
}
