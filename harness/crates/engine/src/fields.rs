//! The tantivy fields of one column: their declaration, and how cells fill them.

use std::net::Ipv6Addr;

use harness_model::document::Cell;
use harness_predicate::{Column, Kind};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, NumericOptions, SchemaBuilder, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};

/// Longer terms do not fit the index; they are kept beside it.
pub(super) const MAX_INDEXED_TERM: usize = 65_000;

/// The tantivy fields of one column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// Holds the values.
    pub(super) values: Field,
    /// Of text: one entry for each value, whether it has tokens or not.
    pub(super) presence: Option<Field>,
}

/// The name of a column's tantivy field.
pub(super) fn name(column: usize) -> String {
    format!("c{column}")
}

/// Declares the tantivy fields of a column.
pub(super) fn add(builder: &mut SchemaBuilder, number: usize, column: &Column) -> Fields {
    let name = name(number);
    match column.kind {
        // Of an absent column there is nothing to fill in.
        Kind::Keyword | Kind::Absent => {
            let options = TextOptions::default().set_fast("raw");
            Fields { values: builder.add_text_field(&name, options), presence: None }
        }
        Kind::Text => {
            let indexing = TextFieldIndexing::default()
                .set_index_option(IndexRecordOption::WithFreqsAndPositions)
                .set_fieldnorms(false);
            let options = TextOptions::default().set_indexing_options(indexing);
            let presence = builder.add_u64_field(&format!("{name}p"), NumericOptions::from(FAST));
            Fields { values: builder.add_text_field(&name, options), presence: Some(presence) }
        }
        Kind::Long => Fields { values: builder.add_i64_field(&name, FAST), presence: None },
        Kind::Double => Fields { values: builder.add_f64_field(&name, FAST), presence: None },
        Kind::Ip => Fields { values: builder.add_ip_addr_field(&name, FAST), presence: None },
    }
}

/// Adds a cell to a document; returns the terms that are too long for it.
pub(super) fn fill<'a>(
    entry: &mut TantivyDocument,
    fields: Fields,
    cell: &'a Cell,
) -> Vec<&'a str> {
    let mut oversize = Vec::new();
    match cell {
        Cell::Keyword(values) => {
            for value in values {
                if value.len() > MAX_INDEXED_TERM {
                    oversize.push(value.as_str());
                } else {
                    entry.add_text(fields.values, value);
                }
            }
        }
        Cell::Text(values) => {
            for tokens in values {
                let (long, tokens): (Vec<_>, Vec<_>) =
                    tokens.iter().partition(|token| token.text.len() > MAX_INDEXED_TERM);
                oversize.extend(long.into_iter().map(|token| token.text.as_str()));
                let tokens = tokens.into_iter().map(|token| Token {
                    position: token.position as usize,
                    text: token.text.clone(),
                    ..Token::default()
                });
                let text = PreTokenizedString { text: String::new(), tokens: tokens.collect() };
                entry.add_pre_tokenized_text(fields.values, text);
                if let Some(presence) = fields.presence {
                    entry.add_u64(presence, 1);
                }
            }
        }
        Cell::Long(values) => values.iter().for_each(|value| entry.add_i64(fields.values, *value)),
        Cell::Double(values) => {
            values.iter().for_each(|value| entry.add_f64(fields.values, *value));
        }
        Cell::Ip(values) => {
            values
                .iter()
                .for_each(|value| entry.add_ip_addr(fields.values, Ipv6Addr::from(*value)));
        }
    }
    oversize
}
