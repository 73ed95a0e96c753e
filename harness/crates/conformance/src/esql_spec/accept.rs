//! Queries that Elasticsearch accepts or rejects, without a run.

use serde::Deserialize;

use super::{Datasets, patterns};
use crate::{NOW, Outcome};
use harness_compile::{Context, Now, esql};
use harness_predicate::Part;
use harness_query::esql::parse;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::span::Span;

/// A query and whether it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// `reject` or `accept` with its number.
    pub name: String,
    /// The query.
    pub text: String,
    /// Whether Elasticsearch's parser and verifier accept it.
    pub accepted: bool,
}

/// A file of queries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lists {
    #[serde(default)]
    reject: Vec<Entry>,
    #[serde(default)]
    accept: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    query: String,
    #[expect(dead_code, reason = "who says so; for readers")]
    source: String,
}

impl From<Lists> for Vec<Query> {
    fn from(lists: Lists) -> Self {
        let named = |word: &'static str, accepted, entries: Vec<Entry>| {
            entries.into_iter().enumerate().map(move |(number, entry)| Query {
                name: format!("{word} #{number}"),
                text: entry.query,
                accepted,
            })
        };
        named("reject", false, lists.reject).chain(named("accept", true, lists.accept)).collect()
    }
}

/// Compiles a query as a rule's and compares whether it is accepted.
pub fn judge(query: &Query, datasets: &Datasets) -> Outcome {
    let expected = if query.accepted { "accepted" } else { "an error" };
    match compile(&query.text, datasets) {
        Err(errors) => {
            let unsupported = errors.iter().find(|error| error.severity == Severity::Unsupported);
            match unsupported {
                Some(reason) => Outcome::Unsupported(reason.message.clone()),
                None if query.accepted => Outcome::differs(expected, super::judge::told(&errors)),
                None => Outcome::Agree,
            }
        }
        Ok(()) if query.accepted => Outcome::Agree,
        Ok(()) => Outcome::differs(expected, "accepted"),
    }
}

fn compile(text: &str, datasets: &Datasets) -> Result<(), Vec<Diagnostic>> {
    let tree = parse(text).map_err(|error| vec![error])?;
    // A query of an unknown index is planned like any other, without fields.
    let dataset = datasets.named(&patterns(&tree)).or_else(|_| datasets.named(&[]));
    let dataset =
        dataset.map_err(|why| vec![Diagnostic::error("csv-spec", why, Span::default())])?;
    let context = Context { schema: &dataset.schema, part: Part::Query, now: Now::at(NOW) };
    esql::compile(text, context, false, &[]).map(drop)
}
