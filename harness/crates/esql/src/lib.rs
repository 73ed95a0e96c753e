//! ES|QL pipelines: typed plans over columns of documents.
//!
//! `plan` resolves a parsed query ([`harness_query::esql`]) against [`source::Fields`],
//! `run` takes the plan through a [`source::Source`] of rows. Values are typed,
//! may be null, and may be lists; the rules for both are those of
//! docs/semantics.md, "ES|QL". Full-text functions are asked of
//! [`search::SearchFunctions`], which the index implements.
//!
//! # Invariants
//!
//! - Nothing here prints, and no input makes it panic: what cannot be computed
//!   is null with a warning, or an error with a place.
//! - Warnings change no result.
//! - Work is bounded: rows by [`run::MAX_ROWS`], values and text by [`budget`], nesting by the parser's limit,
//!   regular expressions by automata.

pub mod alerts;
mod amount;
pub mod budget;
pub mod column;
pub mod convert;
pub mod dissect;
mod error;
pub mod eval;
pub mod expr;
pub mod fold;
mod functions;
pub mod grok;
pub mod like;
pub mod mapping;
pub mod memory;
pub mod plan;
mod regex;
pub mod run;
pub mod search;
pub mod source;
#[cfg(test)]
mod testing;
pub mod time;
mod trace;
mod truth;
mod turn;
pub mod types;
pub mod value;
pub mod warning;
