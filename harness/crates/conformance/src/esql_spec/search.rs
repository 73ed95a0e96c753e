//! Full-text functions over columns: just enough for the suites.
//!
//! An index answers these functions in earnest. Here keywords are compared
//! whole, text by its tokens, and of KQL and the query string syntax only
//! `field: value`, `AND`, parentheses, and ranges of numbers are read.

use harness_esql::convert::convert;
use harness_esql::search::{Search, SearchFunctions, SearchQuery};
use harness_esql::source::{Fields, Source};
use harness_esql::types::Type;
use harness_esql::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;
use harness_text::analysis::Analyzer;
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;

/// Searches the columns of a source.
pub(super) struct PlainSearch<'a> {
    pub(super) fields: &'a dyn Fields,
    pub(super) source: &'a dyn Source,
}

/// What one field is asked for.
enum Wanted<'a> {
    Value(&'a str),
    Range(f64, f64),
}

impl SearchFunctions for PlainSearch<'_> {
    fn matches(&self, search: &Search) -> Result<Vec<bool>, Diagnostic> {
        match &search.query {
            SearchQuery::Match { field, value } => {
                let ty = self.fields.field(field).map_or(Type::Null, |info| info.ty);
                let text = value.as_ref().text(ty);
                Ok(self.field(field, &Wanted::Value(&text), false))
            }
            SearchQuery::MultiMatch { fields, value } => {
                let mut any = vec![false; self.source.rows()];
                for field in fields {
                    let ty = self.fields.field(field).map_or(Type::Null, |info| info.ty);
                    let text = value.as_ref().text(ty);
                    let rows = self.field(field, &Wanted::Value(&text), false);
                    any.iter_mut().zip(rows).for_each(|(any, row)| *any |= row);
                }
                Ok(any)
            }
            SearchQuery::MatchPhrase { field, phrase } => {
                Ok(self.field(field, &Wanted::Value(phrase), false))
            }
            SearchQuery::Kql(query) | SearchQuery::QueryString(query) => {
                let mut all = vec![true; self.source.rows()];
                for clause in query.split(" AND ") {
                    let rows = self.clause(clause.trim(), search)?;
                    all.iter_mut().zip(rows).for_each(|(all, row)| *all &= row);
                }
                Ok(all)
            }
        }
    }
}

impl PlainSearch<'_> {
    fn clause(&self, clause: &str, search: &Search) -> Result<Vec<bool>, Diagnostic> {
        let fold = search.bool_option("case_insensitive").unwrap_or(false);
        let (field, value) = match clause.split_once(':') {
            Some((field, value)) => (field.trim(), value.trim()),
            None => (search.text_option("default_field").unwrap_or("*"), clause),
        };
        let value =
            value.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(value);
        let unsupported =
            || Diagnostic::unsupported("csv-spec", format!("the query `{clause}`"), search.span);
        let wanted = match value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            None if value.contains(['(', '*', '"', '<', '>']) => return Err(unsupported()),
            None => Wanted::Value(value),
            Some(range) => {
                let (low, high) = range.split_once(" TO ").ok_or_else(unsupported)?;
                let bound = |text: &str, open: f64| match text {
                    "*" => Some(open),
                    number => number.parse().ok(),
                };
                Wanted::Range(
                    bound(low, f64::NEG_INFINITY).ok_or_else(unsupported)?,
                    bound(high, f64::INFINITY).ok_or_else(unsupported)?,
                )
            }
        };
        let glob = Glob::wildcard(field);
        let mut any = vec![false; self.source.rows()];
        for name in self.fields.names().iter().filter(|name| glob.matches(name, Case::Sensitive)) {
            let rows = self.field(name, &wanted, fold);
            any.iter_mut().zip(rows).for_each(|(any, row)| *any |= row);
        }
        Ok(any)
    }

    /// The rows in which some value of a field is what is wanted.
    fn field(&self, name: &str, wanted: &Wanted<'_>, fold: bool) -> Vec<bool> {
        let rows = self.source.rows();
        let Some(column) = self.source.column(name) else { return vec![false; rows] };
        let test = |value: Ref<'_>| match wanted {
            Wanted::Range(low, high) => (*low..=*high).contains(&value.double()),
            Wanted::Value(text) => match (value, column.ty) {
                (Ref::Str(value), Type::Text) => {
                    let tokens = |text: &str| {
                        Analyzer::Standard
                            .tokens(text)
                            .into_iter()
                            .map(|t| t.text)
                            .collect::<Vec<_>>()
                    };
                    let known = tokens(value);
                    tokens(text).iter().any(|token| known.contains(token))
                }
                (Ref::Str(value), _) if fold => value.eq_ignore_ascii_case(text),
                (Ref::Str(value), _) => value == *text,
                (value, ty) => match convert(Ref::Str(text), Type::Keyword, ty) {
                    Ok(Some(Value::Int(_))) if ty == Type::Integer && text.contains('.') => {
                        text.parse() == Ok(value.double())
                    }
                    Ok(Some(wanted)) => value.compare(wanted.as_ref(), ty).is_eq(),
                    Ok(None) | Err(_) => false,
                },
            },
        };
        (0..rows).map(|row| column.values(row).any(test)).collect()
    }
}
