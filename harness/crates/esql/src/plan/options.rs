//! The options of functions: `{"boost": 1.5}`.

use super::Planner;
use crate::fold::fold_value;
use crate::value::Value;
use harness_query::esql::ast::{Expr, Text};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// What the value of an option is converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Keyword,
    Boolean,
    Integer,
    Float,
}

type Known = &'static [(&'static str, Kind)];

const KQL: Known = &[
    ("boost", Kind::Float),
    ("case_insensitive", Kind::Boolean),
    ("default_field", Kind::Keyword),
    ("time_zone", Kind::Keyword),
];

const QSTR: Known = &[
    ("allow_leading_wildcard", Kind::Boolean),
    ("analyze_wildcard", Kind::Boolean),
    ("analyzer", Kind::Keyword),
    ("auto_generate_synonyms_phrase_query", Kind::Boolean),
    ("boost", Kind::Float),
    ("default_field", Kind::Keyword),
    ("default_operator", Kind::Keyword),
    ("enable_position_increments", Kind::Boolean),
    ("fuzziness", Kind::Keyword),
    ("fuzzy_max_expansions", Kind::Integer),
    ("fuzzy_prefix_length", Kind::Integer),
    ("fuzzy_rewrite", Kind::Keyword),
    ("fuzzy_transpositions", Kind::Boolean),
    ("lenient", Kind::Boolean),
    ("max_determinized_states", Kind::Integer),
    ("minimum_should_match", Kind::Keyword),
    ("phrase_slop", Kind::Integer),
    ("quote_analyzer", Kind::Keyword),
    ("quote_field_suffix", Kind::Keyword),
    ("rewrite", Kind::Keyword),
    ("time_zone", Kind::Keyword),
];

const MATCH: Known = &[
    ("analyzer", Kind::Keyword),
    ("auto_generate_synonyms_phrase_query", Kind::Boolean),
    ("boost", Kind::Float),
    ("fuzziness", Kind::Keyword),
    ("fuzzy_rewrite", Kind::Keyword),
    ("fuzzy_transpositions", Kind::Boolean),
    ("lenient", Kind::Boolean),
    ("max_expansions", Kind::Integer),
    ("minimum_should_match", Kind::Keyword),
    ("operator", Kind::Keyword),
    ("prefix_length", Kind::Integer),
    ("zero_terms_query", Kind::Keyword),
];

const MATCH_PHRASE: Known = &[
    ("analyzer", Kind::Keyword),
    ("boost", Kind::Float),
    ("slop", Kind::Integer),
    ("zero_terms_query", Kind::Keyword),
];

/// What `MULTI_MATCH` takes besides the options of `MATCH`.
const MULTI: Known =
    &[("slop", Kind::Integer), ("tie_breaker", Kind::Float), ("type", Kind::Keyword)];

const TO_IP: Known = &[("leading_zeros", Kind::Keyword)];

/// The options of a function by its name in lower case; most have none.
fn known(function: &str) -> Vec<(&'static str, Kind)> {
    let mut known = match function {
        "kql" => KQL.to_vec(),
        "qstr" => QSTR.to_vec(),
        "match" => MATCH.to_vec(),
        "match_phrase" => MATCH_PHRASE.to_vec(),
        "multi_match" => [MATCH, MULTI].concat(),
        "to_ip" => TO_IP.to_vec(),
        _ => Vec::new(),
    };
    known.sort_unstable_by_key(|(name, _)| *name);
    known
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Float => "float",
        }
    }

    /// The value as one of this kind; text is read where the kind is another.
    fn convert(self, value: &Value) -> Option<Value> {
        Some(match (self, value) {
            (
                Self::Keyword,
                Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Double(_) | Value::Str(_),
            )
            | (Self::Boolean, Value::Bool(_))
            | (Self::Integer, Value::Int(_))
            | (Self::Float, Value::Int(_) | Value::Long(_) | Value::Double(_)) => value.clone(),
            (Self::Boolean, Value::Str(text)) if text.eq_ignore_ascii_case("true") => {
                Value::Bool(true)
            }
            (Self::Boolean, Value::Str(text)) if text.eq_ignore_ascii_case("false") => {
                Value::Bool(false)
            }
            (Self::Integer, Value::Str(text)) => Value::Int(text.parse().ok()?),
            (Self::Float, Value::Str(text)) => {
                Value::Double(text.parse().ok().filter(|number: &f64| number.is_finite())?)
            }
            _ => return None,
        })
    }
}

impl Planner<'_> {
    /// The options of a call, each of the kind that the function takes.
    pub(super) fn options(
        &mut self,
        function: &str,
        options: &[(Text, Expr)],
        call: Span,
    ) -> Result<Vec<(String, Value)>, Diagnostic> {
        let known = known(function);
        let mut out: Vec<(String, Value)> = Vec::with_capacity(options.len());
        for (key, value) in options {
            let names = known.iter().map(|(name, _)| *name);
            let Some((_, kind)) = known.iter().find(|(name, _)| *name == key.text) else {
                let message = format!(
                    "Invalid option [{}] in [{}], expected one of [{}]",
                    key.text,
                    self.source(call),
                    names.collect::<Vec<_>>().join(", ")
                );
                return Err(Self::error(key.span, message));
            };
            let typed = self.expr(value)?;
            let Some(constant) = fold_value(&typed) else {
                return Err(Self::error(value.span, "options are constants"));
            };
            let Some(converted) = kind.convert(&constant) else {
                let message = format!(
                    "Invalid option [{}] in [{}], cannot cast [{}] to [{}]",
                    key.text,
                    self.source(call),
                    self.source(value.span),
                    kind.name()
                );
                return Err(Self::error(value.span, message));
            };
            out.push((key.text.clone(), converted));
        }
        Ok(out)
    }
}
