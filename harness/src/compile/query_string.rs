//! Lucene query strings to predicates, as Elasticsearch's `query_string` does.
//!
//! A clause goes to each of its fields and matches when one of them does; a
//! group of prohibited clauses alone matches what none of them matches.

use std::sync::Arc;

use super::Context;
use super::clause::{Clause as FieldClause, Compiled, Normalize};
use crate::diagnostic::Diagnostic;
use crate::ir::Predicate;
use crate::pattern::glob::{Glob, GlobPart};
use crate::pattern::{Case, Fuzzy};
use crate::query::dsl::{Operator, QueryString, Range, Scalar};
use crate::query::lucene::{Clause, Group, Name, Node, Occur, parse};
use crate::span::Span;

/// Compiles a query string. Spans are those of its text where that text is the
/// rule's query, and `place` where it was made from something else.
///
/// # Errors
///
/// Syntax errors, and values that do not fit their fields.
pub fn compile(
    query: &QueryString,
    place: Option<Span>,
    context: Context<'_>,
) -> Result<Predicate, Vec<Diagnostic>> {
    let group = parse(&query.query, query.default_operator).map_err(|mut errors| {
        if let Some(place) = place {
            errors.iter_mut().for_each(|error| error.span = place);
        }
        errors
    })?;
    if group.clauses.is_empty() {
        return Ok(Predicate::Const(false));
    }
    let mut compiler = Compiler { query, place, context, errors: Vec::new() };
    let predicate = compiler.group(&group);
    if compiler.errors.is_empty() { Ok(predicate) } else { Err(compiler.errors) }
}

struct Compiler<'a> {
    query: &'a QueryString,
    place: Option<Span>,
    context: Context<'a>,
    errors: Vec<Diagnostic>,
}

impl Compiler<'_> {
    fn group(&mut self, group: &Group) -> Predicate {
        let (mut must, mut should, mut must_not) = (Vec::new(), Vec::new(), Vec::new());
        for clause in &group.clauses {
            let predicate = self.clause(clause);
            match clause.occur {
                Occur::Must => must.push(predicate),
                Occur::Should => should.push(predicate),
                Occur::MustNot => must_not.push(predicate.negate()),
            }
        }
        if must.is_empty() && !should.is_empty() {
            must.push(Predicate::or(should));
        }
        must.extend(must_not);
        Predicate::and(must)
    }

    fn clause(&mut self, clause: &Clause) -> Predicate {
        // Over all fields, a query string forgives values that do not fit.
        let lenient = self.query.lenient || self.query.fields.is_empty();
        let span = self.place.unwrap_or(clause.span);
        match (&clause.node, &clause.field) {
            (Node::Group(group), _) => self.group(group),
            (Node::Any, field) => self.any(field.as_ref(), span),
            (Node::Words(text) | Node::Phrase { text, .. }, Some(name)) if name.is("_exists_") => {
                self.on_field(text, span, false, &|clause| clause.exists())
            }
            (node, Some(name)) => {
                let fields = self.fields(name);
                self.on_fields(&fields, node, span, lenient)
            }
            (node, None) if !self.query.fields.is_empty() => {
                let fields: Vec<String> = self.query.fields.clone();
                self.on_fields(&fields, node, span, lenient)
            }
            (node, None) => {
                let fields = self.context.schema.fields();
                let fields: Vec<String> = fields.map(|field| field.name.to_string()).collect();
                self.on_fields(&fields, node, span, true)
            }
        }
    }

    /// `*` asks for any value, and without a field for every document.
    fn any(&mut self, field: Option<&Name>, span: Span) -> Predicate {
        let fields = match field {
            Some(name) if name.is_star() => return Predicate::Const(true),
            Some(name) => self.fields(name),
            None if self.query.fields.is_empty() => return Predicate::Const(true),
            None => self.query.fields.clone(),
        };
        let exists =
            fields.iter().map(|field| self.on_field(field, span, false, &|clause| clause.exists()));
        Predicate::or(exists.collect::<Vec<_>>())
    }

    fn fields(&self, name: &Name) -> Vec<String> {
        match name.parts.as_slice() {
            [only] => vec![only.clone()],
            parts => {
                let literals = parts.iter().map(|part| GlobPart::Literal(part.clone()));
                let mut pattern: Vec<_> =
                    literals.flat_map(|part| [part, GlobPart::Many]).collect();
                pattern.pop();
                let names: Vec<Arc<str>> = self.context.schema.matching(&Glob::from_parts(pattern));
                names.iter().map(ToString::to_string).collect()
            }
        }
    }

    fn on_fields(
        &mut self,
        fields: &[String],
        node: &Node,
        span: Span,
        lenient: bool,
    ) -> Predicate {
        let query = self.query;
        let each = fields.iter().map(|field| {
            self.on_field(field, span, lenient, &|clause| on_field(clause, node, query))
        });
        Predicate::or(each.collect::<Vec<_>>())
    }

    fn on_field(
        &mut self,
        field: &str,
        span: Span,
        lenient: bool,
        make: &dyn Fn(&FieldClause<'_>) -> Compiled,
    ) -> Predicate {
        make(&FieldClause { context: self.context, field, span }).unwrap_or_else(|error| {
            if !lenient {
                self.errors.push(error);
            }
            Predicate::Const(false)
        })
    }
}

impl Name {
    fn is(&self, name: &str) -> bool {
        self.parts.len() == 1 && self.parts[0] == name
    }

    fn is_star(&self) -> bool {
        self.parts.len() == 2 && self.parts.iter().all(String::is_empty)
    }
}

/// One clause on one field.
fn on_field(clause: &FieldClause<'_>, node: &Node, query: &QueryString) -> Compiled {
    match node {
        Node::Words(text) => match comparison(text) {
            Some(range) => clause.range(&range, Normalize::Yes),
            None => clause.match_text(&Scalar::String(text.clone()), query.default_operator),
        },
        Node::Phrase { text, slop } => clause.match_phrase(&Scalar::String(text.clone()), *slop),
        Node::Prefix(text) if query.analyze_wildcard => {
            analyzed_prefix(clause, text, query.default_operator)
        }
        Node::Prefix(text) => clause.prefix(text, Case::Sensitive, Normalize::Yes),
        Node::Wildcard(text) => clause.wildcard(text, Case::Sensitive, Normalize::Yes),
        Node::Regexp(text) => clause.regexp(text, Case::Sensitive, Normalize::Yes),
        Node::Fuzzy { text, distance } => {
            let distance = match distance {
                None => Fuzzy::auto(text),
                Some(distance) => edits(*distance, text.chars().count()),
            };
            let fuzzy = Fuzzy { text: text.clone(), distance, prefix: 0, transpositions: true };
            clause.fuzzy(fuzzy, Normalize::Yes)
        }
        Node::Range { low, high } => {
            let bound = |bound: &Option<(String, bool)>| {
                bound.as_ref().map(|(text, inside)| (Scalar::String(text.clone()), *inside))
            };
            clause.range(
                &Range { low: bound(low), high: bound(high), ..Range::default() },
                Normalize::Yes,
            )
        }
        Node::Any => clause.exists(),
        // Groups are taken apart before.
        Node::Group(_) => Ok(Predicate::Const(false)),
    }
}

/// `>5`, `>=5`, `<5`, `<=5` as a word.
fn comparison(text: &str) -> Option<Range> {
    let rest = text.strip_prefix(['<', '>']).filter(|rest| !rest.is_empty())?;
    let (value, inside) = match rest.strip_prefix('=') {
        Some(value) if !value.is_empty() => (value, true),
        Some(_) | None => (rest, false),
    };
    let bound = Some((Scalar::String(value.to_owned()), inside));
    Some(if text.starts_with('>') {
        Range { low: bound, ..Range::default() }
    } else {
        Range { high: bound, ..Range::default() }
    })
}

/// A similarity below 1 counts edits by length; from 1 on it is the number of edits.
fn edits(similarity: f32, length: usize) -> u8 {
    let edits = if similarity >= 1.0 {
        similarity
    } else if similarity == 0.0 {
        0.0
    } else {
        #[expect(clippy::cast_precision_loss, reason = "terms are short")]
        let length = length as f32;
        (1.0 - similarity) * length
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2")]
    let edits = edits.clamp(0.0, 2.0) as u8;
    edits
}

/// `analyze_wildcard`: the words before the last are terms, the last a prefix.
fn analyzed_prefix(clause: &FieldClause<'_>, text: &str, operator: Operator) -> Compiled {
    let field = clause.context.schema.field(clause.field);
    let Some(analyzer) = field.as_ref().and_then(|field| field.ty.analyzer()) else {
        return clause.prefix(text, Case::Sensitive, Normalize::Yes);
    };
    let mut tokens = analyzer.tokens(text);
    let Some(last) = tokens.pop() else {
        return clause.prefix(text, Case::Sensitive, Normalize::Yes);
    };
    let mut parts = Vec::new();
    for token in tokens {
        parts.push(clause.term(&Scalar::String(token.text), Case::Sensitive)?);
    }
    parts.push(clause.prefix(&last.text, Case::Sensitive, Normalize::No)?);
    Ok(match operator {
        Operator::Or => Predicate::or(parts),
        Operator::And => Predicate::and(parts),
    })
}
