//! Every code of a finding, and what it says; docs/codes.md is made of it.
//!
//! Findings about style and sense of rules have a table of their own, docs/lint.md. Codes
//! stay: people filter by them. `cargo xtask tidy` finds those that are not here.

/// The codes, in order.
pub const CODES: &[(&str, &str)] = &[
    ("accepted", "the file of accepted changes cannot be read"),
    ("case-name", "two cases of a rule have one name"),
    ("case-path", "a file does not lie where cases lie"),
    ("case-toml", "`case.toml` states something else than a case has"),
    ("config", "`harness.toml` or the command line names something that is not there"),
    ("constant-clause", "a clause is the same on every event, or void beside another"),
    ("csv-spec", "a recorded specification of ES|QL cannot be read"),
    ("date-format", "a date does not fit the format of its field"),
    ("dsl-syntax", "Query DSL that Elasticsearch refuses"),
    ("dsl-unsupported", "Query DSL that is not judged here"),
    ("duplicate-event", "two events of a case have one id"),
    ("duplicate-key", "an object has a key twice, so Elasticsearch refuses the document"),
    ("empty-case", "a case holds no event"),
    ("eql-field", "a field that EQL cannot use"),
    ("eql-function", "a function that EQL lacks, or has with other arguments"),
    ("eql-key", "the join keys of an EQL query do not fit together"),
    ("eql-maxspan", "a `maxspan` that is no duration"),
    ("eql-nesting", "an EQL query is nested too deep"),
    ("eql-pipe", "a pipe that EQL lacks, or has with other arguments"),
    ("eql-regex", "a regular expression of EQL that Lucene refuses"),
    ("eql-runs", "a number of runs that EQL refuses"),
    ("eql-size", "a condition of EQL is larger than can be judged"),
    ("eql-syntax", "EQL that Elasticsearch refuses"),
    ("eql-type", "a value of EQL has another type than its field"),
    ("eql-unsupported", "EQL that is not judged here"),
    ("esql-column", "a query names a column that does not exist"),
    ("esql-completion", "`COMPLETION` asks a model, and the case does not state its answer"),
    ("esql-evaluation", "a value of ES|QL cannot be computed: it is null, with a warning"),
    ("esql-lookup", "a lookup index, or an enrich policy, has no file"),
    ("esql-note", "what Elasticsearch adds to its answer"),
    ("esql-search", "a full-text function has no answer of the index"),
    ("esql-syntax", "ES|QL that Elasticsearch refuses"),
    ("esql-unsupported", "ES|QL that is not judged here"),
    ("esql-verification", "ES|QL that Elasticsearch's verifier refuses"),
    ("exception", "an exception is no item that Kibana takes"),
    ("exception-entry", "an entry of an exception cannot be read"),
    ("exception-list", "an exception list is missing, or not applied"),
    ("field-not-in-indices", "events of other indices alone have a field that a rule reads"),
    ("field-not-searchable", "a field that queries cannot read"),
    ("field-type", "a type of field that a clause cannot ask"),
    ("foreign-rules", "a folder holds rules of another product"),
    ("fuzziness", "a fuzziness that Elasticsearch refuses"),
    ("gave-up", "a rule takes more steps than it may"),
    ("group-by-text", "a field that forms groups is text"),
    ("json-syntax", "JSON that cannot be read"),
    ("kql-nested", "a KQL query asks a nested object as if it were none"),
    ("kql-null", "a KQL query asks for `null`"),
    ("kql-syntax", "KQL that Kibana refuses"),
    ("lone-surrogate", "a text has half a pair of surrogates"),
    ("lucene-depth", "a Lucene query is nested too deep"),
    ("lucene-syntax", "a Lucene query that Elasticsearch refuses"),
    ("mapping", "a mapping that cannot be read"),
    ("nested-path", "a path is of no nested object"),
    ("no-document", "a bulk action has no document"),
    ("no-rules", "a folder has no rules"),
    ("not-an-event", "a document is no event"),
    ("not-json", "a file of events is no JSON"),
    ("not-utf-8", "a file is no UTF-8"),
    ("orphan-cases", "cases lie in a folder that is no rule's"),
    ("refused-document", "Elasticsearch refuses a document, so no rule sees it"),
    ("regexp-length", "a regular expression is longer than Elasticsearch takes"),
    ("regexp-syntax", "a regular expression that Lucene refuses"),
    ("rule-data-view", "a rule reads a data view, which is not at hand"),
    ("rule-empty", "a file of rules is empty"),
    ("rule-encoding", "a file of rules is no UTF-8"),
    ("rule-id-duplicate", "two rules have one `rule_id`"),
    ("rule-key", "a key of a rule is told by another product's name"),
    ("rule-key-missing", "a rule lacks a key"),
    ("rule-key-unknown", "a rule has a key that nothing reads"),
    ("rule-key-unused", "a rule has a key that its type does not read"),
    ("rule-language", "a language that the type of the rule does not take"),
    ("rule-link", "a link leads out of the folder of rules"),
    ("rule-none", "a file holds no rule"),
    ("rule-path", "two files have one key"),
    ("rule-time", "a time of a rule that cannot be read"),
    ("rule-type", "a type of rule that cannot be judged, or lacks a part"),
    ("rule-value-range", "a value of a rule lies out of its range"),
    ("rule-value-type", "a value of a rule has another type"),
    ("rule-value-unknown", "a value of a rule is none of those known"),
    ("schema", "an imported mapping cannot be used"),
    ("sloppy-phrase", "a phrase with slop has too many terms"),
    ("snapshot", "a snapshot has no rule, or a rule no snapshot"),
    ("suite-format", "a recorded suite cannot be read"),
    ("toml-syntax", "TOML that cannot be read"),
    ("too-deep", "folders are nested too deep"),
    ("too-large", "a file or an event is larger than is read"),
    ("too-many", "there are more files than are read"),
    ("too-many-fields", "the rules of a run read more fields than an index has"),
    ("unexplained", "more cases of a rule fail than are explained"),
    ("unknown-field", "no mapping and no event has a field"),
    ("unpaired", "a rule has cases of one kind alone"),
    ("unreadable", "a file cannot be read"),
    ("usage", "a name on the command line fits nothing"),
    ("value-type", "a value cannot be one of its field's"),
    ("yaml-syntax", "YAML that cannot be read"),
];

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::CODES;

    #[test]
    fn codes_are_in_order() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn the_document_is_made_of_the_table() {
        let mut text = "# Codes\n\n\
            What a finding is about, in a word that stays. Those of `harness lint` are in\n\
            [lint.md](lint.md).\n\n\
            This page is made of `harness/crates/source/src/codes.rs`; after a change,\n\
            `UPDATE_PAGES=1 cargo test --workspace --lib codes` writes it anew.\n\n\
            | code | says |\n|---|---|\n"
            .to_owned();
        for (code, says) in CODES {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| `{code}` | {} |", says.replace('|', "\\|"));
        }
        crate::page::check("codes.md", &text);
    }
}
