//! One clause on one field: what a field type makes of a value.
//!
//! Each function is one Query DSL clause and follows the `MappedFieldType` of
//! Elasticsearch (docs/semantics.md, "Clauses by field type"). An unmapped
//! field matches nothing and is no error; neither does a value that a field
//! cannot hold. Both stay in the predicate as a test of a column that no
//! document has, so that nothing that a rule states is lost.

use std::sync::Arc;

use super::Context;
use crate::analysis::{Analyzer, Normalizer, Token};
use crate::diagnostic::Diagnostic;
use crate::ir::{Column, DoubleInterval, Interval, Leaf, Origin, Phrase, Predicate, Test};
use crate::pattern::glob::Glob;
use crate::pattern::regexp::{Flags, Regexp};
use crate::pattern::{Case, Fuzzy, Order, Pattern, StringRange};
use crate::query::dsl::{Operator, Range, Scalar};
use crate::schema::{Field, FieldType};
use crate::span::Span;
use crate::value::{self, DateFormat};

/// The most terms a sloppy phrase may have; matching it is exponential in them.
const MAX_SLOPPY_TERMS: usize = 12;

/// `index.max_regex_length`.
const MAX_REGEXP_LENGTH: usize = 1000;

/// One clause compiled, or what is wrong with it.
pub type Compiled = Result<Predicate, Diagnostic>;

/// A multi-term pattern of a query string is normalized, that of the DSL is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalize {
    /// Text fields take the pattern as it is.
    No,
    /// Text fields apply their analyzer's character and token filters.
    Yes,
}

/// The clause under construction: its field and its place.
#[derive(Clone, Copy, Debug)]
pub struct Clause<'a> {
    /// The context of the query.
    pub context: Context<'a>,
    /// The field as the query names it.
    pub field: &'a str,
    /// The text that the clause stands for.
    pub span: Span,
}

impl Clause<'_> {
    fn resolve(&self) -> Option<Arc<Field>> {
        self.context.schema.field(self.field)
    }

    fn leaf(&self, column: Column, test: Test) -> Predicate {
        let origin = Origin { part: self.context.part, span: self.span };
        Predicate::Leaf(Leaf { column, test, origin })
    }

    fn on(&self, field: &Field, test: Test) -> Compiled {
        match field.column() {
            Some(column) => Ok(self.leaf(column, test)),
            None => Err(self.unsupported_type(field)),
        }
    }

    /// A test that holds nowhere: there is no such field, or it has no such values.
    pub(super) fn absent(&self, test: Test) -> Predicate {
        self.leaf(Column::absent(self.field), test)
    }

    fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error("value-type", message, self.span)
    }

    fn unsupported_type(&self, field: &Field) -> Diagnostic {
        let name = field.ty.name();
        Diagnostic::unsupported(
            "field-type",
            format!("`{}` has type {name}, which the harness does not query", field.name),
            self.span,
        )
    }

    /// `exists`: some value was indexed; on an object, below it.
    pub fn exists(&self) -> Compiled {
        match self.resolve() {
            Some(field) if field.ty == FieldType::Nested => Ok(self.absent(Test::Exists)),
            Some(field) => match (&field.ty, field.column()) {
                (_, Some(column)) => Ok(self.leaf(column, Test::Exists)),
                (FieldType::Object, None) => Ok(self.exists_below()),
                (_, None) => Err(self.unsupported_type(&field)),
            },
            None => Ok(self.exists_below()),
        }
    }

    fn exists_below(&self) -> Predicate {
        let fields = self.context.schema.below(self.field);
        let columns = fields.iter().filter_map(|field| field.column());
        let below: Vec<_> = columns.map(|column| self.leaf(column, Test::Exists)).collect();
        if below.is_empty() { self.absent(Test::Exists) } else { Predicate::or(below) }
    }

    /// `term`: the value as it is, not analyzed.
    pub fn term(&self, value: &Scalar, case: Case) -> Compiled {
        let text = scalar_text(value);
        let Some(field) = self.resolve() else { return Ok(self.absent(equal(text, case))) };
        match &field.ty {
            FieldType::Keyword { normalizer, .. } => {
                let text = normalizer.apply(&text).into_owned();
                self.on(&field, Test::Term(Pattern::Equals(text, case)))
            }
            FieldType::ConstantKeyword { .. } => self.constant(&field, &text, case),
            FieldType::Wildcard { .. }
            | FieldType::Flattened { .. }
            | FieldType::Version
            | FieldType::Text { .. }
            | FieldType::MatchOnlyText => self.on(&field, Test::Term(Pattern::Equals(text, case))),
            FieldType::Integer(ty) => match value::integer_term(&text, *ty) {
                Ok(Some(interval)) => self.on(&field, Test::Long(interval)),
                Ok(None) => Ok(self.absent(equal(text, case))),
                Err(error) => Err(self.error(error.to_string())),
            },
            FieldType::Float(ty) => match value::float_term(&text, *ty) {
                Ok(interval) => self.on(&field, Test::Double(DoubleInterval(interval))),
                Err(error) => Err(self.error(error.to_string())),
            },
            FieldType::Boolean => match value::boolean_from_query(&text) {
                Ok(wanted) => self.on(&field, Test::Bool(wanted)),
                Err(error) => Err(self.error(error.to_string())),
            },
            FieldType::Date { format } => {
                let bound = (value.clone(), true);
                let range =
                    Range { low: Some(bound.clone()), high: Some(bound), ..Range::default() };
                self.date_range(&field, format, &range)
            }
            FieldType::Ip => match value::ip_interval(&text) {
                Ok(interval) => self.on(&field, Test::Ip(interval)),
                Err(error) => Err(self.error(error.to_string())),
            },
            FieldType::Object | FieldType::Nested => Ok(self.absent(equal(text, case))),
            FieldType::Other(_) => Err(self.unsupported_type(&field)),
        }
    }

    /// A `constant_keyword` compares by simple wildcards whatever the clause.
    fn constant(&self, field: &Field, pattern: &str, case: Case) -> Compiled {
        self.on(field, glob_test(Glob::simple(pattern), case))
    }

    /// `match`: analyzed; one token (or every token) is enough.
    pub fn match_text(&self, value: &Scalar, operator: Operator) -> Compiled {
        let field = self.resolve();
        let Some((field, analyzer)) = analyzed(field.as_deref()) else {
            return self.term(value, Case::Sensitive);
        };
        let text = scalar_text(value);
        let tokens = analyzer.tokens(&text);
        if tokens.is_empty() {
            return Ok(self.absent(equal(text, Case::Sensitive)));
        }
        let leaves: Result<Vec<_>, _> =
            tokens.into_iter().map(|token| self.on(field, token_test(token))).collect();
        Ok(match operator {
            Operator::Or => Predicate::or(leaves?),
            Operator::And => Predicate::and(leaves?),
        })
    }

    /// `match_phrase`: analyzed; the tokens have to be consecutive.
    pub fn match_phrase(&self, value: &Scalar, slop: u32) -> Compiled {
        let field = self.resolve();
        let Some((field, analyzer)) = analyzed(field.as_deref()) else {
            return self.term(value, Case::Sensitive);
        };
        let text = scalar_text(value);
        let mut tokens = analyzer.tokens(&text);
        match tokens.len() {
            0 => Ok(self.absent(equal(text, Case::Sensitive))),
            1 => self.on(field, token_test(tokens.remove(0))),
            terms if slop > 0 && terms > MAX_SLOPPY_TERMS => Err(Diagnostic::unsupported(
                "sloppy-phrase",
                format!("a phrase with slop of more than {MAX_SLOPPY_TERMS} terms"),
                self.span,
            )),
            _ => {
                let terms = tokens.into_iter().map(|token| (token.text, token.position)).collect();
                self.on(field, Test::Phrase(Phrase { terms, slop }))
            }
        }
    }

    /// `wildcard`: `*` and `?` over the whole value, or over one token.
    pub fn wildcard(&self, pattern: &str, case: Case, normalize: Normalize) -> Compiled {
        let Some(field) = self.resolve() else {
            return Ok(self.absent(glob_test(Glob::wildcard(pattern), case)));
        };
        match &field.ty {
            FieldType::Keyword { normalizer, .. } => {
                let glob =
                    Glob::wildcard(pattern).normalize(|part| normalizer.apply(part).into_owned());
                self.on(&field, glob_test(glob, case))
            }
            // Query strings refuse what the DSL allows.
            FieldType::ConstantKeyword { value: Some(_) } if normalize == Normalize::Yes => {
                Err(self.only_strings("wildcard", &field))
            }
            FieldType::ConstantKeyword { .. } => self.constant(&field, pattern, case),
            FieldType::Wildcard { .. } | FieldType::Flattened { .. } | FieldType::Version => {
                self.on(&field, glob_test(Glob::wildcard(pattern), case))
            }
            FieldType::Text { .. } | FieldType::MatchOnlyText => {
                let glob = Glob::wildcard(pattern);
                let glob = match (normalize, field.ty.analyzer()) {
                    (Normalize::Yes, Some(analyzer)) => {
                        glob.normalize(|part| analyzer.normalize(part))
                    }
                    (Normalize::Yes, None) | (Normalize::No, _) => glob,
                };
                self.on(&field, glob_test(glob, case))
            }
            _ => Err(self.only_strings("wildcard", &field)),
        }
    }

    /// `prefix`: values, or tokens, that begin so.
    pub fn prefix(&self, prefix: &str, case: Case, normalize: Normalize) -> Compiled {
        let Some(field) = self.resolve() else {
            return Ok(self.absent(Test::Term(Pattern::Prefix(prefix.to_owned(), case))));
        };
        match string_term(&field, prefix, normalize) {
            Some(_) if matches!(field.ty, FieldType::ConstantKeyword { .. }) => {
                self.constant(&field, &format!("{prefix}*"), case)
            }
            Some(prefix) => self.on(&field, Test::Term(Pattern::Prefix(prefix, case))),
            None => Err(self.only_strings("prefix", &field)),
        }
    }

    /// `regexp`: a Lucene regular expression over the whole value, or one token.
    pub fn regexp(&self, source: &str, case: Case, normalize: Normalize) -> Compiled {
        let Some(field) = self.resolve() else {
            let pattern = Regexp::parse(source, Flags::ALL, case).map(Pattern::Regexp);
            // Without a field nobody reads the expression.
            let pattern = pattern.unwrap_or_else(|_| Pattern::Equals(source.to_owned(), case));
            return Ok(self.absent(Test::Term(pattern)));
        };
        let Some(source) = string_term(&field, source, normalize) else {
            return Err(self.only_strings("regexp", &field));
        };
        if matches!(field.ty, FieldType::ConstantKeyword { .. }) && normalize == Normalize::Yes {
            return Err(self.only_strings("regexp", &field));
        }
        if source.chars().count() > MAX_REGEXP_LENGTH {
            let message =
                format!("the regular expression is longer than {MAX_REGEXP_LENGTH} characters");
            return Err(Diagnostic::error("regexp-length", message, self.span));
        }
        let regexp = Regexp::parse(&source, Flags::ALL, case)
            .map_err(|error| Diagnostic::error("regexp-syntax", error.to_string(), self.span))?;
        self.on(&field, Test::Term(Pattern::Regexp(regexp)))
    }

    /// `fuzzy`: terms within an edit distance.
    pub fn fuzzy(&self, mut fuzzy: Fuzzy, normalize: Normalize) -> Compiled {
        let Some(field) = self.resolve() else {
            return Ok(self.absent(Test::Term(Pattern::Fuzzy(fuzzy))));
        };
        match string_term(&field, &fuzzy.text, normalize) {
            Some(text) if !matches!(field.ty, FieldType::ConstantKeyword { .. }) => {
                fuzzy.text = text;
                self.on(&field, Test::Term(Pattern::Fuzzy(fuzzy)))
            }
            Some(_) | None => Err(self.only_strings("fuzzy", &field)),
        }
    }

    fn only_strings(&self, clause: &str, field: &Field) -> Diagnostic {
        self.error(format!(
            "a {clause} query needs a keyword, text or wildcard field, and `{}` is of type {}",
            field.name,
            field.ty.name()
        ))
    }

    /// `range`.
    pub fn range(&self, range: &Range, normalize: Normalize) -> Compiled {
        let Some(field) = self.resolve() else { return Ok(self.absent(between(range))) };
        match &field.ty {
            FieldType::Keyword { normalizer, .. } => self.string_range(&field, range, *normalizer),
            FieldType::Text { .. } | FieldType::MatchOnlyText if normalize == Normalize::Yes => {
                let analyzer = field.ty.analyzer();
                let normal = |text: &str| analyzer.map_or(text.to_owned(), |a| a.normalize(text));
                self.on(
                    &field,
                    Test::Term(Pattern::Range(string_bounds(range, Order::Bytes, normal))),
                )
            }
            FieldType::Wildcard { .. }
            | FieldType::ConstantKeyword { .. }
            | FieldType::Flattened { .. }
            | FieldType::Text { .. }
            | FieldType::MatchOnlyText => self.string_range(&field, range, Normalizer::None),
            FieldType::Version => {
                let bounds = string_bounds(range, Order::Versions, str::to_owned);
                self.on(&field, Test::Term(Pattern::Range(bounds)))
            }
            FieldType::Integer(ty) => {
                let interval = value::integer_range(texts(range), *ty)
                    .map_err(|error| self.error(error.to_string()))?;
                self.on(&field, Test::Long(interval))
            }
            FieldType::Float(ty) => {
                let interval = value::float_range(texts(range), *ty)
                    .map_err(|error| self.error(error.to_string()))?;
                self.on(&field, Test::Double(DoubleInterval(interval)))
            }
            FieldType::Boolean => {
                let (low, high) = texts(range);
                let bound = |bound: Option<(String, bool)>| match bound {
                    None => Ok(None),
                    Some((text, inside)) => value::boolean_from_query(&text)
                        .map(|value| Some((i64::from(value), inside)))
                        .map_err(|error| self.error(error.to_string())),
                };
                let low = bound(low)?.map_or(0, |(value, inside)| value + i64::from(!inside));
                let high = bound(high)?.map_or(1, |(value, inside)| value - i64::from(!inside));
                self.on(&field, Test::Long(Interval { low, high }))
            }
            FieldType::Date { format } => self.date_range(&field, format, range),
            FieldType::Ip => {
                let interval =
                    value::ip_range(texts(range)).map_err(|error| self.error(error.to_string()))?;
                self.on(&field, Test::Ip(interval))
            }
            FieldType::Object | FieldType::Nested => Ok(self.absent(between(range))),
            FieldType::Other(_) => Err(self.unsupported_type(&field)),
        }
    }

    fn string_range(&self, field: &Field, range: &Range, normalizer: Normalizer) -> Compiled {
        let normal = |text: &str| normalizer.apply(text).into_owned();
        self.on(field, Test::Term(Pattern::Range(string_bounds(range, Order::Bytes, normal))))
    }

    fn date_range(&self, field: &Field, format: &str, range: &Range) -> Compiled {
        let format = range.format.as_deref().unwrap_or(format);
        let format = DateFormat::parse(format).map_err(|error| {
            Diagnostic::unsupported("date-format", error.to_string(), self.span)
        })?;
        let zone = range.time_zone.as_deref();
        let now = |text: &str| if text.starts_with("now") { self.context.now.millis() } else { 0 };
        let resolve = |(value, inside): &(Scalar, bool), rounding| {
            let text = scalar_text(value);
            format
                .resolve(&text, now(&text), rounding, zone)
                .map(|millis| (millis, *inside))
                .map_err(|error| self.error(error.to_string()))
        };
        let low = match &range.low {
            None => i64::MIN,
            Some(bound @ (_, true)) => resolve(bound, value::Rounding::Down)?.0,
            Some(bound @ (_, false)) => resolve(bound, value::Rounding::Up)?.0.saturating_add(1),
        };
        let high = match &range.high {
            None => i64::MAX,
            Some(bound @ (_, true)) => resolve(bound, value::Rounding::Up)?.0,
            Some(bound @ (_, false)) => resolve(bound, value::Rounding::Down)?.0.saturating_sub(1),
        };
        self.on(field, Test::Date(Interval { low, high }))
    }
}

/// The term as a string field indexes it; `None` on other types.
fn string_term(field: &Field, term: &str, normalize: Normalize) -> Option<String> {
    match &field.ty {
        FieldType::Keyword { normalizer, .. } => Some(normalizer.apply(term).into_owned()),
        FieldType::ConstantKeyword { .. }
        | FieldType::Wildcard { .. }
        | FieldType::Flattened { .. }
        | FieldType::Version => Some(term.to_owned()),
        FieldType::Text { .. } | FieldType::MatchOnlyText => match normalize {
            Normalize::Yes => field.ty.analyzer().map(|analyzer| analyzer.normalize(term)),
            Normalize::No => Some(term.to_owned()),
        },
        _ => None,
    }
}

/// A text field and how it takes words.
fn analyzed(field: Option<&Field>) -> Option<(&Field, &Analyzer)> {
    Some((field?, field?.ty.analyzer()?))
}

fn equal(text: String, case: Case) -> Test {
    Test::Term(Pattern::Equals(text, case))
}

/// A range of texts as they are stated.
fn between(range: &Range) -> Test {
    Test::Term(Pattern::Range(string_bounds(range, Order::Bytes, str::to_owned)))
}

fn token_test(token: Token) -> Test {
    Test::Term(Pattern::Equals(token.text, Case::Sensitive))
}

/// The simplest pattern with the meaning of a wildcard pattern.
fn glob_test(glob: Glob, case: Case) -> Test {
    Test::Term(match glob.as_literal() {
        Some(text) => Pattern::Equals(text, case),
        None => Pattern::Glob(glob, case),
    })
}

fn string_bounds(range: &Range, order: Order, normal: impl Fn(&str) -> String) -> StringRange {
    let (low, high) = texts(range);
    let bound = |bound: Option<(String, bool)>| bound.map(|(text, inside)| (normal(&text), inside));
    StringRange { order, low: bound(low), high: bound(high) }
}

/// The bounds as text, with whether they are inside.
fn texts(range: &Range) -> value::Bounds {
    let text = |bound: &Option<(Scalar, bool)>| {
        bound.as_ref().map(|(value, inside)| (scalar_text(value), *inside))
    };
    (text(&range.low), text(&range.high))
}

/// A scalar as Elasticsearch prints it: `5`, `5.0`, `true`, or the string itself.
pub fn scalar_text(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Float(value) => value::java_double(*value),
        Scalar::String(text) => text.clone(),
    }
}

impl FieldType {
    /// The analyzer of a text type.
    pub fn analyzer(&self) -> Option<&Analyzer> {
        match self {
            Self::Text { analyzer } => Some(analyzer),
            Self::MatchOnlyText => Some(&Analyzer::Standard),
            _ => None,
        }
    }
}
