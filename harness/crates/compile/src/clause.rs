//! One clause on one field: what a field type makes of a value.
//!
//! Each function is one Query DSL clause and follows the `MappedFieldType` of
//! Elasticsearch (docs/semantics.md, "Clauses by field type"). An unmapped
//! field matches nothing and is no error; neither does a value that a field
//! cannot hold. Both stay in the predicate as a test of a column that no
//! document has, so that nothing that a rule states is lost.

use std::sync::Arc;

use super::{Context, query_string};
use harness_model::schema::{Access, Field, FieldType};
use harness_model::value::{self, DateFormat, Resolution, Scale};
use harness_predicate::script::{Expr, Function, Input, Reading, Script};
use harness_predicate::{Column, DoubleInterval, Interval, Leaf, Origin, Phrase, Predicate, Test};
use harness_query::dsl::{Operator, Range, Scalar};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;
use harness_text::analysis::{Analyzer, Normalizer, Token};
use harness_text::pattern::glob::Glob;
use harness_text::pattern::regexp::{Flags, Regexp};
use harness_text::pattern::{Case, Fuzzy, Order, Pattern, StringRange};

/// The most terms a sloppy phrase may have; matching it is exponential in them.
const MAX_SLOPPY_TERMS: usize = limits::PHRASE_TERMS.most;

/// The format of dates that are numbers.
const MILLIS: &str = "epoch_millis";

/// `index.max_regex_length`.
const MAX_REGEXP_LENGTH: usize = limits::REGEXP_LENGTH.most;

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
    /// The field, where it is mapped and can be searched.
    fn resolve(&self) -> Result<Option<Arc<Field>>, Diagnostic> {
        let Some(field) = self.context.schema.field(self.field) else { return Ok(None) };
        if let FieldType::Refused(_) = field.ty {
            return Err(self.unsupported_type(&field));
        }
        if field.access == Access::Source {
            let message = format!(
                "`{}` is neither indexed nor has doc values: no query finds it",
                field.name
            );
            let error = Diagnostic::error("field-not-searchable", message, self.span);
            return Err(error.with_help("only ES|QL reads such a field, from the documents"));
        }
        let root = matches!(field.ty, FieldType::Flattened { .. })
            || self.context.schema.keyed_root(&field.name).is_some();
        if root {
            self.needs_index(&field)?;
        }
        Ok(Some(field))
    }

    /// Of a `flattened` field that is not indexed, doc values know whole values of keys only.
    fn needs_index(&self, field: &Field) -> Result<(), Diagnostic> {
        if field.access != Access::Values {
            return Ok(());
        }
        let message = format!("`{}` is not indexed, and this query needs its index", field.name);
        let error = Diagnostic::error("field-not-searchable", message, self.span);
        Err(error.with_help("ask for whole values of its keys"))
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
        unsupported_type(field, self.span)
    }

    /// The keys of flattened fields take no patterns but prefixes.
    fn no_key(&self, clause: &str, field: &Field) -> Result<(), Diagnostic> {
        if !matches!(field.ty, FieldType::FlattenedKey { .. }) {
            return Ok(());
        }
        let message = format!("a {clause} query on a key of a flattened field, `{}`", field.name);
        Err(self.error(message).with_help("map the key by itself, or compare with whole values"))
    }

    /// `exists`: some value was indexed; on an object, below it.
    pub fn exists(&self) -> Compiled {
        if self.field.contains('*') {
            let names = query_string::Fields::matching(self.context.schema, self.field);
            let found: Result<Vec<_>, _> =
                names.iter().map(|field| Clause { field, ..*self }.exists()).collect();
            return match found? {
                found if found.is_empty() => Ok(self.absent(Test::Exists)),
                found => Ok(Predicate::or(found)),
            };
        }
        let nowhere = |field: &Field| match (&field.ty, field.access) {
            (FieldType::Nested, _) | (_, Access::Source) => true,
            (FieldType::FlattenedKey { .. }, access) => access == Access::Values,
            (_, Access::Full | Access::Indexed | Access::Values | Access::Runtime) => false,
        };
        match self.context.schema.field(self.field) {
            Some(field) if nowhere(&field) => Ok(self.absent(Test::Exists)),
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
        let Some(field) = self.resolve()? else { return Ok(self.absent(equal(text, case))) };
        match &field.ty {
            FieldType::Keyword { normalizer, .. } => {
                let text = normalizer.apply(&text).into_owned();
                self.on(&field, Test::Term(Pattern::Equals(text, case)))
            }
            FieldType::ConstantKeyword { .. } => self.constant(&field, &text, case),
            FieldType::Wildcard { .. }
            | FieldType::Flattened { .. }
            | FieldType::FlattenedKey { .. }
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
            FieldType::Date { format, resolution } => {
                let bound = Some((value.clone(), true));
                let range = Range { low: bound.clone(), high: bound, ..Range::default() };
                let mut interval = self.date_interval(format, MILLIS, *resolution, &range)?;
                // A runtime field is asked for one moment, not for what the text leaves open.
                if field.access == Access::Runtime {
                    interval.high = interval.low;
                }
                self.moments(&field, *resolution, interval)
            }
            FieldType::Ip => match value::ip_interval(&text) {
                Ok(interval) => self.on(&field, Test::Ip(interval)),
                Err(error) => {
                    let refused = self.error(error.to_string());
                    Err(match network(&text) {
                        Some(network) => refused.with_help(format!("write the network {network}")),
                        None => refused,
                    })
                }
            },
            FieldType::Unsigned => match value::unsigned_term(&text) {
                Ok(Some(number)) => self.meets(&field, Scale::Unsigned, number),
                Ok(None) => Ok(Predicate::Const(false)),
                Err(error) => Err(self.error(error.to_string())),
            },
            FieldType::Range { scale, format, .. } => {
                let bound = Some((value.clone(), true));
                let range = Range { low: bound.clone(), high: bound, ..Range::default() };
                self.extent_range(&field, *scale, format, &range)
            }
            FieldType::Geometry(_) => Err(self.no_values(&field)),
            FieldType::Object | FieldType::Nested => Ok(self.absent(equal(text, case))),
            FieldType::Other(_) | FieldType::Refused(_) => Err(self.unsupported_type(&field)),
        }
    }

    /// An extent meets another one: they have a value in common.
    fn meets(&self, field: &Field, scale: Scale, asked: Interval<u128>) -> Compiled {
        let Some(column) = field.column() else { return Err(self.unsupported_type(field)) };
        if asked.low > asked.high {
            return Ok(Predicate::Const(false));
        }
        let expr = Expr::Call(Function::Meets(scale, asked), vec![Expr::Input(0)]);
        let inputs = vec![Input { column: column.clone(), reading: Reading::Plain }];
        Ok(self.leaf(column, Test::Script(Script { expr, inputs })))
    }

    fn extent_range(&self, field: &Field, scale: Scale, format: &str, range: &Range) -> Compiled {
        let asked = if scale == Scale::Date {
            let Interval { low, high } =
                self.date_interval(format, format, Resolution::Millis, range)?;
            Scale::moments(low, high)
        } else {
            scale.asked(texts(range)).map_err(|error| self.error(error.to_string()))?
        };
        self.meets(field, scale, asked)
    }

    /// Points and shapes are asked for by queries of their own.
    fn no_values(&self, field: &Field) -> Diagnostic {
        let (name, ty) = (&field.name, field.ty.name());
        let message = format!("`{name}` is of type {ty}, which has no values to compare with");
        self.error(message)
            .with_help("ask whether it exists, or use the spatial functions of ES|QL")
    }

    /// A `constant_keyword` compares by simple wildcards whatever the clause.
    fn constant(&self, field: &Field, pattern: &str, case: Case) -> Compiled {
        self.on(field, glob_test(Glob::simple(pattern), case))
    }

    /// `match`: analyzed; one token (or every token) is enough.
    pub fn match_text(&self, value: &Scalar, operator: Operator) -> Compiled {
        let field = self.resolve()?;
        let text = scalar_text(value);
        let leaves: Result<Vec<_>, _> = match (analyzed(field.as_deref()), field.as_deref()) {
            (Some((field, analyzer)), _) => {
                let tokens = analyzer.tokens(&text).into_iter();
                tokens.map(|token| self.on(field, token_test(token))).collect()
            }
            (None, Some(field)) if field.split_queries => {
                let word =
                    |word: &str| self.term(&Scalar::String(word.to_owned()), Case::Sensitive);
                text.split_whitespace().map(word).collect()
            }
            (None, _) => return self.term(value, Case::Sensitive),
        };
        let leaves = leaves?;
        if leaves.is_empty() {
            return Ok(self.absent(equal(text, Case::Sensitive)));
        }
        Ok(match operator {
            Operator::Or => Predicate::or(leaves),
            Operator::And => Predicate::and(leaves),
        })
    }

    /// `match_phrase`: analyzed; the tokens have to be consecutive.
    pub fn match_phrase(&self, value: &Scalar, slop: u32) -> Compiled {
        let field = self.resolve()?;
        let Some((field, analyzer)) = analyzed(field.as_deref()) else {
            // A keyword takes a phrase as it is; a `flattened` field splits it, and is no text.
            let splits = |field: &Field| {
                field.split_queries && !matches!(field.ty, FieldType::Keyword { .. })
            };
            let several = scalar_text(value).split_whitespace().nth(1).is_some();
            if several && field.as_deref().is_some_and(splits) {
                return Err(self.error(format!(
                    "a phrase of several words on `{}`, which splits queries at white space and \
                     is no text field",
                    self.field
                )));
            }
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
        let Some(field) = self.resolve()? else {
            return Ok(self.absent(glob_test(Glob::wildcard(pattern), case)));
        };
        self.no_key("wildcard", &field)?;
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
        let Some(field) = self.resolve()? else {
            return Ok(self.absent(Test::Term(Pattern::Prefix(prefix.to_owned(), case))));
        };
        if matches!(field.ty, FieldType::FlattenedKey { .. }) {
            self.needs_index(&field)?;
        }
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
        let Some(field) = self.resolve()? else {
            let pattern = Regexp::parse(source, Flags::ALL, case).map(Pattern::Regexp);
            // Without a field nobody reads the expression.
            let pattern = pattern.unwrap_or_else(|_| Pattern::Equals(source.to_owned(), case));
            return Ok(self.absent(Test::Term(pattern)));
        };
        self.no_key("regexp", &field)?;
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
        let Some(field) = self.resolve()? else {
            return Ok(self.absent(Test::Term(Pattern::Fuzzy(fuzzy))));
        };
        self.no_key("fuzzy", &field)?;
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
        let known = self.context.schema.field(self.field);
        // That no part of the index has such dates is seen before it is seen that none can.
        let is_date = |field: &Field| matches!(field.ty, FieldType::Date { .. });
        if known.is_some_and(|field| field.access == Access::Source && is_date(&field)) {
            return Ok(self.absent(between(range)));
        }
        let Some(field) = self.resolve()? else { return Ok(self.absent(between(range))) };
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
            FieldType::FlattenedKey { .. } => {
                self.needs_index(&field)?;
                self.string_range(&field, range, Normalizer::None)
            }
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
                let (low, high) = (bound(low)?, bound(high)?);
                let above = low.map_or(0, |(value, inside)| value + i64::from(!inside));
                let (low, high) = match (high, field.access) {
                    // Elasticsearch takes no bound for `false` here,
                    (None, Access::Runtime) => (above, 0),
                    // and moves the other bound here.
                    (Some((value, false)), Access::Values) => ((value - 1).max(0), value),
                    (None, _) => (above, 1),
                    (Some((value, inside)), _) => (above, value - i64::from(!inside)),
                };
                self.on(&field, Test::Long(Interval { low, high }))
            }
            FieldType::Date { format, resolution } => {
                self.date_range(&field, format, *resolution, range)
            }
            FieldType::Ip => {
                let interval =
                    value::ip_range(texts(range)).map_err(|error| self.error(error.to_string()))?;
                self.on(&field, Test::Ip(interval))
            }
            FieldType::Unsigned => {
                let asked = Scale::Unsigned.asked(texts(range));
                let asked = asked.map_err(|error| self.error(error.to_string()))?;
                self.meets(&field, Scale::Unsigned, asked)
            }
            FieldType::Range { scale, format, .. } => {
                self.extent_range(&field, *scale, format, range)
            }
            FieldType::Geometry(_) => Err(self.no_values(&field)),
            FieldType::Object | FieldType::Nested => Ok(self.absent(between(range))),
            FieldType::Other(_) | FieldType::Refused(_) => Err(self.unsupported_type(&field)),
        }
    }

    fn string_range(&self, field: &Field, range: &Range, normalizer: Normalizer) -> Compiled {
        let normal = |text: &str| normalizer.apply(text).into_owned();
        self.on(field, Test::Term(Pattern::Range(string_bounds(range, Order::Bytes, normal))))
    }

    fn date_range(
        &self,
        field: &Field,
        format: &str,
        resolution: Resolution,
        range: &Range,
    ) -> Compiled {
        let interval = self.date_interval(format, MILLIS, resolution, range)?;
        self.moments(field, resolution, interval)
    }

    fn moments(&self, field: &Field, resolution: Resolution, interval: Interval<i64>) -> Compiled {
        self.on(
            field,
            match resolution {
                Resolution::Millis => Test::Date(interval),
                Resolution::Nanos => Test::Nanos(interval),
            },
        )
    }

    /// The moments that a range means: `texts` is the format of dates as text,
    /// `numbers` that of numbers, where the range states none.
    fn date_interval(
        &self,
        texts: &str,
        numbers: &str,
        resolution: Resolution,
        range: &Range,
    ) -> Result<Interval<i64>, Diagnostic> {
        let format = |value: &Scalar| {
            let format = range.format.as_deref().unwrap_or(match value {
                Scalar::Integer(_) | Scalar::Float(_) => numbers,
                Scalar::String(_) | Scalar::Bool(_) => texts,
            });
            DateFormat::parse(format).map(|format| format.with(resolution)).map_err(|error| {
                Diagnostic::unsupported("date-format", error.to_string(), self.span)
            })
        };
        let zone = range.time_zone.as_deref();
        let now = |text: &str| if text.starts_with("now") { self.context.now.millis() } else { 0 };
        let resolve = |(value, inside): &(Scalar, bool), rounding| {
            let text = scalar_text(value);
            format(value)?
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
        Ok(Interval { low, high })
    }
}

/// Says that the harness does not query a field.
pub fn unsupported_type(field: &Field, span: Span) -> Diagnostic {
    let name = &field.name;
    let message = match &field.ty {
        FieldType::Refused(why) => format!("the mapping of `{name}` is not read: {why}"),
        ty => format!("`{name}` has type {}, which the harness does not query", ty.name()),
    };
    Diagnostic::unsupported("field-type", message, span)
}

/// The term as a string field indexes it; `None` on other types.
fn string_term(field: &Field, term: &str, normalize: Normalize) -> Option<String> {
    match &field.ty {
        FieldType::Keyword { normalizer, .. } => Some(normalizer.apply(term).into_owned()),
        FieldType::ConstantKeyword { .. }
        | FieldType::Wildcard { .. }
        | FieldType::Flattened { .. }
        | FieldType::FlattenedKey { .. }
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

/// The network that an address with `*` at its end means.
pub(crate) fn network(text: &str) -> Option<String> {
    let known: Vec<&str> = text.split('.').take_while(|part| part.parse::<u8>().is_ok()).collect();
    let mut rest = text.split('.').skip(known.len()).peekable();
    if !(1..=3).contains(&known.len()) || rest.peek().is_none() || rest.any(|part| part != "*") {
        return None;
    }
    let zeros = ".0".repeat(4 - known.len());
    Some(format!("{}{zeros}/{}", known.join("."), known.len() * 8))
}
