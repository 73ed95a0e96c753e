//! Query DSL and a schema to a predicate.

use std::collections::HashMap;
use std::sync::Arc;

use super::Context;
use super::clause::{Clause, Compiled, Normalize};
use super::query_string::{Place, expand};
use harness_model::schema::{FieldType, Schema};
use harness_predicate::{Origin, Predicate};
use harness_query::dsl::{Bool, Node, Query, QueryString, Scalar};
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::span::Span;
use harness_text::pattern::{Case, Fuzzy};

/// Compiles a query.
///
/// # Errors
///
/// Every clause that Elasticsearch would reject on this schema, or that the
/// harness does not support.
pub fn compile(query: &Query, context: Context<'_>) -> Result<Predicate, Vec<Diagnostic>> {
    let mut compiler = Compiler { context, errors: Vec::new() };
    let predicate = compiler.query(query);
    if compiler.errors.is_empty() { Ok(predicate) } else { Err(compiler.errors) }
}

/// Compiles a query string. Spans are those of its text where that text is the
/// rule's query, and `place` where it was made from something else.
///
/// # Errors
///
/// Syntax errors, and values that do not fit their fields.
pub fn compile_query_string(
    query: &QueryString,
    place: Option<Span>,
    context: Context<'_>,
) -> Result<Predicate, Vec<Diagnostic>> {
    let place = place.map_or(Place::Own, Place::At);
    compile(&expand(query, context.schema, place)?, context)
}

struct Compiler<'a> {
    context: Context<'a>,
    errors: Vec<Diagnostic>,
}

impl Compiler<'_> {
    fn query(&mut self, query: &Query) -> Predicate {
        let span = query.span;
        match &query.node {
            Node::MatchAll => Predicate::Const(true),
            Node::MatchNone => Predicate::Const(false),
            Node::Bool(parts) => self.bool(parts, span),
            Node::ConstantScore(inner) => self.query(inner),
            Node::Nested { path, query, ignore_unmapped } => {
                self.nested(path, query, *ignore_unmapped, span)
            }
            Node::Term { field, value, case_insensitive } => {
                self.clause(field, span, |clause| clause.term(value, case(*case_insensitive)))
            }
            Node::Terms { field, values } => {
                let terms = values.iter().map(|value| {
                    self.clause(field, span, |clause| clause.term(value, Case::Sensitive))
                });
                Predicate::or(terms.collect::<Vec<_>>())
            }
            Node::Match { field, value, operator, lenient } => {
                self.lenient(*lenient, field, span, |clause| clause.match_text(value, *operator))
            }
            Node::MatchPhrase { field, value, slop, lenient } => {
                self.lenient(*lenient, field, span, |clause| clause.match_phrase(value, *slop))
            }
            Node::MultiMatch { fields, value, phrase, lenient } => {
                self.multi_match(fields, value, *phrase, *lenient, span)
            }
            Node::Range { field, range } => {
                self.clause(field, span, |clause| clause.range(range, Normalize::No))
            }
            Node::Wildcard { field, value, case_insensitive } => {
                self.clause(field, span, |clause| {
                    clause.wildcard(value, case(*case_insensitive), Normalize::No)
                })
            }
            Node::Prefix { field, value, case_insensitive } => self.clause(field, span, |clause| {
                clause.prefix(value, case(*case_insensitive), Normalize::No)
            }),
            Node::Regexp { field, value, case_insensitive } => self.clause(field, span, |clause| {
                clause.regexp(value, case(*case_insensitive), Normalize::No)
            }),
            Node::Fuzzy { field, value, fuzziness } => {
                self.fuzzy(field, value, fuzziness.as_deref(), span)
            }
            Node::Exists { field } => self.clause(field, span, exists),
            Node::Ids { values } => {
                let terms = values.iter().map(|id| {
                    let id = Scalar::String(id.clone());
                    self.clause("_id", span, |clause| clause.term(&id, Case::Sensitive))
                });
                Predicate::or(terms.collect::<Vec<_>>())
            }
            Node::Lenient(inner) => self.forgiving(inner),
            Node::QueryString(inner) => compile_query_string(inner, Some(span), self.context)
                .unwrap_or_else(|errors| {
                    self.errors.extend(errors);
                    Predicate::Const(false)
                }),
        }
    }

    /// A clause whose errors make it match nothing; what the harness does not
    /// support stays an error.
    fn forgiving(&mut self, inner: &Query) -> Predicate {
        let before = self.errors.len();
        let predicate = self.query(inner);
        let failed = self.errors.len() > before;
        let mut at = 0;
        self.errors.retain(|error| {
            at += 1;
            at <= before || error.severity != Severity::Error
        });
        if failed { self.unfit(inner) } else { predicate }
    }

    /// What a query states, of fields that no document has: it has to match
    /// nothing, and stays to be seen.
    fn unfit(&self, query: &Query) -> Predicate {
        let schema = &Schema::default();
        let context = Context { schema, ..self.context };
        Compiler { context, errors: Vec::new() }.query(query)
    }

    fn clause(
        &mut self,
        field: &str,
        span: Span,
        make: impl Fn(&Clause<'_>) -> Compiled,
    ) -> Predicate {
        let clause = Clause { context: self.context, field, span };
        make(&clause).unwrap_or_else(|error| {
            self.errors.push(error);
            Predicate::Const(false)
        })
    }

    /// A clause whose type errors match nothing when `lenient`.
    fn lenient(
        &mut self,
        lenient: bool,
        field: &str,
        span: Span,
        make: impl Fn(&Clause<'_>) -> Compiled,
    ) -> Predicate {
        if !lenient {
            return self.clause(field, span, make);
        }
        let clause = Clause { context: self.context, field, span };
        match make(&clause) {
            Ok(predicate) => predicate,
            Err(error) if error.severity == Severity::Error => {
                let schema = &Schema::default();
                let context = Context { schema, ..self.context };
                make(&Clause { context, ..clause }).unwrap_or(Predicate::Const(false))
            }
            // What is unsupported is so for lenient clauses, too.
            Err(error) => {
                self.errors.push(error);
                Predicate::Const(false)
            }
        }
    }

    /// All parts of a `bool`, with its rules on how many `should` clauses it needs.
    fn bool(&mut self, parts: &Bool, span: Span) -> Predicate {
        let mut all: Vec<_> =
            parts.must.iter().chain(&parts.filter).map(|query| self.query(query)).collect();
        let should = parts.should.iter().map(|query| self.query(query)).collect();
        let should = self.alternatives(should);
        let alone = usize::from(all.is_empty() && !should.is_empty());
        let needed = match &parts.minimum_should_match {
            Some(spec) => match minimum(spec, should.len()) {
                // Without other clauses one has to match, whatever is stated.
                Some(count) => count.max(alone),
                None => {
                    let message = format!("`{spec}` is not a minimum_should_match");
                    self.errors.push(Diagnostic::error("dsl-syntax", message, span));
                    0
                }
            },
            None => alone,
        };
        all.push(match needed {
            0 if should.is_empty() => Predicate::Const(true),
            1 => Predicate::or(should),
            count if count > 0 && count == should.len() => Predicate::and(should),
            // More than there are never hold.
            count => Predicate::AtLeast { count: count.min(should.len() + 1), of: should },
        });
        all.extend(parts.must_not.iter().map(|query| self.query(query).negate()));
        Predicate::and(all)
    }

    /// A clause over many fields says nothing by those that cannot hold its
    /// value, as long as there are others.
    fn alternatives(&self, mut parts: Vec<Predicate>) -> Vec<Predicate> {
        let unfit = |part: &Predicate| match part {
            Predicate::Leaf(leaf) if leaf.column.is_absent() => {
                let known = self.context.schema.field(&leaf.column.name).is_some();
                known.then_some(leaf.origin).filter(|origin| origin.span != Span::default())
            }
            _ => None,
        };
        let mut others: HashMap<Origin, usize> = HashMap::new();
        for part in &parts {
            part.leaves(&mut |leaf| *others.entry(leaf.origin).or_default() += 1);
        }
        parts.retain(|part| {
            let left = unfit(part).and_then(|origin| others.get_mut(&origin));
            left.is_none_or(|left| {
                let alone = *left == 1;
                *left -= usize::from(!alone);
                alone
            })
        });
        parts
    }

    fn nested(
        &mut self,
        path: &str,
        query: &Query,
        ignore_unmapped: bool,
        span: Span,
    ) -> Predicate {
        match self.context.schema.field(path) {
            Some(field) if field.ty == FieldType::Nested => {
                let inner = self.query(query);
                Predicate::Nested { path: field.name.clone(), inner: Box::new(inner) }
            }
            _ if ignore_unmapped => {
                Predicate::Nested { path: path.into(), inner: Box::new(self.unfit(query)) }
            }
            Some(_) | None => {
                let message = format!("`{path}` is not a nested field");
                self.errors.push(Diagnostic::error("nested-path", message, span));
                Predicate::Const(false)
            }
        }
    }

    fn multi_match(
        &mut self,
        fields: &[String],
        value: &Scalar,
        phrase: bool,
        lenient: bool,
        span: Span,
    ) -> Predicate {
        let all: Vec<Arc<str>>;
        let fields: Vec<&str> = if fields.is_empty() {
            all = self.context.schema.fields().map(|field| field.name.clone()).collect();
            all.iter().map(|name| &**name).collect()
        } else {
            fields.iter().map(String::as_str).collect()
        };
        let matches = fields.into_iter().map(|field| {
            self.lenient(lenient, field, span, |clause| {
                if phrase {
                    clause.match_phrase(value, 0)
                } else {
                    clause.match_text(value, harness_query::dsl::Operator::Or)
                }
            })
        });
        let matches = matches.collect();
        Predicate::or(self.alternatives(matches))
    }

    fn fuzzy(
        &mut self,
        field: &str,
        value: &Scalar,
        fuzziness: Option<&str>,
        span: Span,
    ) -> Predicate {
        let text = super::clause::scalar_text(value);
        let distance = match fuzziness {
            None | Some("AUTO" | "auto") => Fuzzy::auto(&text),
            Some("0") => 0,
            Some("1") => 1,
            Some("2") => 2,
            Some(other) => {
                let message = format!("fuzziness `{other}` is not supported");
                self.errors.push(Diagnostic::unsupported("fuzziness", message, span));
                return Predicate::Const(false);
            }
        };
        let fuzzy = Fuzzy { text, distance, prefix: 0, transpositions: true };
        self.clause(field, span, |clause| clause.fuzzy(fuzzy.clone(), Normalize::No))
    }
}

fn exists(clause: &Clause<'_>) -> Compiled {
    clause.exists()
}

fn case(insensitive: bool) -> Case {
    if insensitive { Case::Insensitive } else { Case::Sensitive }
}

/// Elasticsearch's `minimum_should_match` (a number, a percentage, either
/// negative) as a count of `clauses`; conditional forms are not read.
fn minimum(spec: &str, clauses: usize) -> Option<usize> {
    let clauses = i64::try_from(clauses).ok()?;
    let count = if let Some(percent) = spec.strip_suffix('%') {
        let percent: i64 = percent.trim().parse().ok().filter(|p: &i64| p.abs() <= 1_000_000)?;
        let part = clauses * percent / 100;
        if percent < 0 { clauses + part } else { part }
    } else {
        let number: i64 = spec.trim().parse().ok()?;
        if number < 0 { clauses.saturating_add(number) } else { number }
    };
    usize::try_from(count.max(0)).ok()
}

#[cfg(test)]
mod tests {
    use super::minimum;

    #[test]
    fn minimum_should_match_counts_clauses() {
        for (spec, clauses, expected) in [
            ("1", 3, Some(1)),
            ("-1", 3, Some(2)),
            ("5", 3, Some(5)),
            ("-5", 3, Some(0)),
            ("75%", 4, Some(3)),
            ("-25%", 4, Some(3)),
            ("50%", 3, Some(1)),
            ("-50%", 3, Some(2)),
            ("2<75%", 3, None),
            ("x", 3, None),
        ] {
            assert_eq!(minimum(spec, clauses), expected, "{spec} of {clauses}");
        }
    }
}
