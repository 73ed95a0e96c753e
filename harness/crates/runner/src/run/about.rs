//! What reports show of a rule beside its outcome.

use std::sync::Arc;

use harness_predicate::{Origin, Part};
use harness_rule::located::{Located, QueryText};
use harness_rule::threat::Threat;
use harness_rule::tree::Loaded;
use harness_source::span::{Span, line_column};

/// A rule as its author describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What the rule finds and why it matters.
    pub description: String,
    /// `low`, `medium`, `high` or `critical`; empty where the rule did not load.
    pub severity: String,
    /// How bad an alert is, from 0 to 100.
    pub risk_score: u64,
    /// Free words to find the rule by.
    pub tags: Vec<String>,
    /// The tactics and techniques that the rule covers.
    pub threat: Vec<Threat>,
    /// The query; `None` for rules without one.
    pub query: Option<QuerySource>,
    /// The filters besides the query, as JSON.
    pub filters: Vec<String>,
    /// Where the rule's other texts are.
    pub texts: Texts,
}

/// The file of a rule and where it states what is not its query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    file: Arc<str>,
    threat_query: Option<QuerySource>,
    filters: Vec<Span>,
    threat_filters: Vec<Span>,
}

impl About {
    /// Line and column in the rule's file of a part of it, as far as they are known.
    pub fn locate(&self, origin: Origin) -> Option<(usize, usize)> {
        let Texts { file, threat_query, filters, threat_filters } = &self.texts;
        let in_text = |text: &QuerySource| text.locate(origin.span.start);
        let in_file = |span: &Span| line_column(file, span.start);
        match origin.part {
            Part::Query => self.query.as_ref().map(in_text),
            Part::ThreatQuery => threat_query.as_ref().map(in_text),
            Part::Filter(number) => filters.get(number).map(in_file),
            Part::ThreatFilter(number) => threat_filters.get(number).map(in_file),
            Part::File => Some(&origin.span).filter(|span| **span != Span::default()).map(in_file),
        }
    }
}

/// The text of a query and where it begins in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuerySource {
    /// The query.
    pub text: String,
    /// The line of its first byte in the file, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// Whether the query stands in the file byte for byte.
    pub verbatim: bool,
}

impl QuerySource {
    /// Line and column in the file of a byte of the query; those of its
    /// beginning where escapes come between.
    pub fn locate(&self, offset: usize) -> (usize, usize) {
        if !self.verbatim {
            return (self.line, self.column);
        }
        let (line, column) = line_column(&self.text, offset);
        (self.line + line - 1, if line == 1 { self.column + column - 1 } else { column })
    }
}

/// Gathers it from a rule's file.
pub(super) fn about(loaded: &Loaded) -> About {
    let Some(rule) = &loaded.rule else { return About::default() };
    let source = |query: &QueryText| {
        let (line, column) = line_column(&loaded.text, query.offset.unwrap_or(query.span.start));
        QuerySource { text: query.text.clone(), line, column, verbatim: query.offset.is_some() }
    };
    let threat = rule.threat_match.as_ref();
    let texts = Texts {
        file: Arc::clone(&loaded.text),
        threat_query: threat.map(|threat| source(&threat.query)),
        filters: spans(&rule.filters),
        threat_filters: threat.map_or_else(Vec::new, |threat| spans(&threat.filters)),
    };
    About {
        description: rule.description.clone(),
        severity: rule.severity.to_string(),
        risk_score: rule.risk_score,
        tags: rule.tags.clone(),
        threat: rule.threat.clone(),
        query: rule.query.as_ref().map(source),
        filters: rule.filters.iter().map(|filter| filter.value.to_string()).collect(),
        texts,
    }
}

fn spans<T>(all: &[Located<T>]) -> Vec<Span> {
    all.iter().map(|located| located.span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_query_is_a_place_in_the_file() {
        let query = |verbatim| QuerySource {
            text: "a: 1 or\n b: 2".to_owned(),
            line: 7,
            column: 10,
            verbatim,
        };
        assert_eq!(query(true).locate(3), (7, 13));
        assert_eq!(query(true).locate(9), (8, 2));
        assert_eq!(query(false).locate(9), (7, 10));
    }
}
