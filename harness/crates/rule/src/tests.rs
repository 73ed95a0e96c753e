use std::fmt::Write;

use proptest::prelude::*;

use harness_source::diagnostic::Severity;

use super::*;
use crate::names::{self, DurationUnit, Language, MissingFields, RuleType};

/// A rule of `type` query that lacks nothing.
const HEAD: &str = "[rule]\nname = \"N\"\nrule_id = \"r-1\"\ndescription = \"D\"\n\
                    risk_score = 21\nseverity = \"low\"\n";

/// [`HEAD`] and more lines.
fn rule_text(lines: &str) -> String {
    format!("{HEAD}{lines}\n")
}

/// The rule of a text without findings.
fn rule(lines: &str) -> Rule {
    let (rule, diagnostics) = parse(&rule_text(lines));
    assert_eq!(diagnostics, [], "{lines}");
    rule.expect("there are no findings")
}

/// All findings, one a line: severity, code, offending text, message, help.
fn findings(text: &str) -> String {
    let (rule, diagnostics) = parse(text);
    let failed = diagnostics.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(rule.is_none(), failed, "a rule or an error: {text}");
    let mut lines = String::new();
    for found in diagnostics {
        let severity = if found.severity == Severity::Error { "error" } else { "warning" };
        let part = found.span.of(text);
        write!(lines, "{severity} {} [{part}] {}", found.code, found.message).expect("a string");
        if let Some(help) = found.help {
            write!(lines, " ({help})").expect("a string");
        }
        lines.push('\n');
    }
    lines
}

fn check(lines: &str, expected: &str) {
    assert_eq!(findings(&rule_text(lines)).trim_end(), expected, "{lines}");
}

#[test]
fn the_least_rule_of_each_type_loads() {
    let cases = [
        ("query", "query = 'a:1'", Some(Language::Kuery)),
        ("query", "query = 'a:1'\nlanguage = 'lucene'", Some(Language::Lucene)),
        ("saved_query", "saved_id = 's'", Some(Language::Kuery)),
        ("eql", "query = 'any where true'\nlanguage = 'eql'", Some(Language::Eql)),
        ("esql", "query = 'from a'\nlanguage = 'esql'", Some(Language::Esql)),
        ("threshold", "query = ''\nthreshold = {field = [], value = 3}", Some(Language::Kuery)),
        (
            "new_terms",
            "query = ''\nnew_terms_fields = ['a']\nhistory_window_start = 'now-7d'",
            Some(Language::Kuery),
        ),
        (
            "threat_match",
            "query = ''\nthreat_index = ['ti-*']\nthreat_query = '*'\n[[rule.threat_mapping]]\n\
             entries = [{field = 'a', type = 'mapping', value = 'b'}]",
            Some(Language::Kuery),
        ),
        ("machine_learning", "machine_learning_job_id = 'j'\nanomaly_threshold = 50", None),
    ];
    for (name, lines, language) in cases {
        let rule = rule(&format!("type = '{name}'\n{lines}"));
        assert_eq!((rule.rule_type.as_str(), rule.language), (name, language));
        assert_eq!((rule.name.as_str(), rule.rule_id.as_str()), ("N", "r-1"));
        assert_eq!((rule.severity, rule.risk_score), (names::Severity::Low, 21));
    }
}

#[test]
fn the_parts_of_a_rule_arrive_as_written() {
    let rule = rule(
        "type = 'threshold'\nquery = 'a:1'\nindex = ['logs-*', '-logs-b*']\nfrom = 'now-9m'\n\
         interval = '5m'\nmax_signals = 33\ntimestamp_override = 'event.ingested'\n\
         filters = [{meta = {negate = true}, query = {term = {a = 1}}}]\n\
         threshold = {field = 'host.id', value = 2, cardinality = [{field = 'b', value = 4}]}\n\
         [rule.alert_suppression]\nduration = {value = 6, unit = 'h'}\n\
         [[rule.threat]]\nframework = 'F'\ntactic = {id = 'TA1', name = 'T', reference = 'u'}\n\
         [[rule.threat.technique]]\nid = 'T1'\nname = 't'\nreference = 'v'\n\
         [[rule.threat.technique.subtechnique]]\nid = 'T1.1'\nname = 's'\nreference = 'w'\n\
         [metadata]\nmaturity = 'deprecated'\nintegration = 'aws'\n[transform]\nx = [1.5]",
    );
    assert_eq!(rule.index, ["logs-*", "-logs-b*"]);
    assert_eq!(rule.from.as_ref().map(|from| from.value.as_str()), Some("now-9m"));
    assert_eq!((rule.max_signals, rule.interval.map(|i| i.value)), (Some(33), Some("5m".into())));
    assert_eq!(rule.filters[0].value["query"]["term"]["a"], 1);
    let threshold = rule.threshold.as_ref().expect("it was given");
    assert_eq!((threshold.fields[0].as_str(), threshold.value), ("host.id", 2));
    assert_eq!((threshold.cardinality[0].field.as_str(), threshold.cardinality[0].value), ("b", 4));
    let suppression = rule.alert_suppression.as_ref().expect("it was given");
    assert_eq!(suppression.duration.map(|d| (d.value, d.unit)), Some((6, DurationUnit::Hours)));
    assert_eq!(suppression.missing_fields, MissingFields::Suppress);
    let threat = &rule.threat[0];
    assert_eq!((threat.framework.as_str(), threat.tactic.id.as_str()), ("F", "TA1"));
    assert_eq!(threat.techniques[0].technique.id, "T1");
    assert_eq!(threat.techniques[0].subtechniques[0].reference, "w");
    assert_eq!(rule.metadata.integration, ["aws"]);
    assert!(rule.metadata.maturity.as_deref() == Some("deprecated"));
    assert_eq!(rule.transform.expect("it was given")["x"][0], 1.5);
}

#[test]
fn new_terms_of_both_forms_are_the_same() {
    let flat = rule(
        "type = 'new_terms'\nquery = ''\nnew_terms_fields = ['a', 'b']\n\
         history_window_start = 'now-7d'",
    );
    let nested = rule(
        "type = 'new_terms'\nquery = ''\n\
         [rule.new_terms]\nfield = 'new_terms_fields'\nvalue = ['a', 'b']\n\
         [[rule.new_terms.history_window_start]]\nfield = 'history_window_start'\nvalue = 'now-7d'",
    );
    for rule in [flat, nested] {
        assert_eq!(rule.rule_type, RuleType::NewTerms);
        let terms = rule.new_terms.expect("it was given");
        assert!(terms.fields.iter().map(|field| field.value.as_str()).eq(["a", "b"]));
        assert_eq!(terms.history_window_start.value, "now-7d");
    }
}

#[test]
fn faults_are_found_with_their_place() {
    check(
        "type = 'query'\nquery = 'a'\nseverity_mapping = 3",
        "error rule-value-type [3] `rule.severity_mapping` is an integer, expected an array",
    );
    check(
        "type = 'query'\nquery = 'a'\ntags = ['x', 1, true]",
        "error rule-value-type [1] `rule.tags` is an integer, expected a string\n\
         error rule-value-type [true] `rule.tags` is a boolean, expected a string",
    );
    check(
        "type = 'querry'\nquery = 'a'",
        "error rule-value-unknown ['querry'] unknown `rule.type` \"querry\" \
         (did you mean `query`?)",
    );
    check(
        "type = 'eql'\nlanguage = 'eql'",
        "error rule-key-missing [[rule]] `rule.query` is missing",
    );
    check(
        "type = 'eql'\nquery = 'a'\nlanguage = 'kuery'",
        "error rule-language ['kuery'] language `kuery` in a rule of type `eql` \
         (the type takes eql)",
    );
    check(
        "type = 'esql'\nquery = 'a'",
        "error rule-key-missing [[rule]] `rule.language` is missing; rules of type `esql` state it",
    );
    check(
        "type = 'threshold'\nquery = 'a'\nthreshold = {field = [], value = 0}",
        "error rule-value-range [0] `rule.threshold.value` is 0, expected at least 1",
    );
    check(
        "type = 'query'\nquery = 'a'\ninterval = '5 minutes'",
        "error rule-value-range ['5 minutes'] malformed interval \"5 minutes\" \
         (write a number and one of the units s, m, h, d)",
    );
    check(
        "type = 'query'\nquery = 'a'\nalert_suppression = {missing_fields_strategy = 'suppress'}",
        "error rule-key-missing [{missing_fields_strategy = 'suppress'}] \
         `rule.alert_suppression.group_by` is missing",
    );
    check(
        "type = 'new_terms'\nquery = 'a'\nhistory_window_start = 'now-7d'\n\
         new_terms_fields = ['a', 'b', 'c', 'd']",
        "error rule-value-range [['a', 'b', 'c', 'd']] `rule.new_terms_fields` has 4 items, \
         expected 1 to 3",
    );
    check(
        "type = 'threat_match'\nquery = 'a'\nthreat_index = []\nthreat_query = '*'\n\
         threat_mapping = [{entries = [{field = 'a', type = 'map', value = 'b'}]}]",
        "error rule-value-range [[]] `rule.threat_index` has 0 items, expected at least 1\n\
         error rule-value-unknown ['map'] unknown value \"map\" of \
         `rule.threat_mapping.entries.type` (one of mapping)",
    );
    check(
        "type = 'query'\nquery = 'a'\nversion = 99999999999999999999",
        "error rule-value-range [99999999999999999999] `rule.version` does not fit 64 bits",
    );
    check("type = 'query'\nquery = 'a'\nname = 'again'", "error toml-syntax [name] duplicate key");
}

/// What Kibana's schema and its checks beyond it refuse.
#[test]
fn what_kibana_refuses_is_refused() {
    let mapping = |entries: &str| {
        format!(
            "type = 'threat_match'\nquery = 'a'\nthreat_index = ['i']\nthreat_query = '*'\n\
             threat_mapping = [{{entries = [{entries}]}}]"
        )
    };
    let entry = |field: &str, more: &str| {
        format!("{{field = '{field}', type = 'mapping', value = 'v'{more}}}")
    };
    let negated = ", negate = true";
    for (lines, message) in [
        (mapping(&entry("a", negated)), "every entry of the group is negated"),
        (
            mapping(&format!("{}, {}", entry("a", ""), entry("a", negated))),
            "`a` has to match `v` and not to match it",
        ),
        (mapping(&entry("", "")), "`rule.threat_mapping.entries.field` is empty"),
        (
            "type = 'threshold'\nquery = 'a'\nthreshold = {field = ['a', 'b', 'c', 'd', 'e', 'f'], \
             value = 1}"
                .to_owned(),
            "`rule.threshold.field` has 6 items, expected 0 to 5",
        ),
        (
            "type = 'threshold'\nquery = 'a'\nthreshold = {field = ['a', 'b', 'c', 'd'], value = 1}\n\
             [metadata]\nmin_stack_version = '9.1.0'"
                .to_owned(),
            "`rule.threshold.field` has 4 items, 9.1 takes 3",
        ),
        (
            "type = 'threshold'\nquery = 'a'\n\
             threshold = {field = ['a'], value = 1, cardinality = [{field = 'a', value = 2}]}"
                .to_owned(),
            "`a` has one value in each of its groups",
        ),
        (
            "type = 'query'\nexceptions_list = [{id = '1', list_id = 'l', namespace_type = 'x', \
             type = 'detection'}]"
                .to_owned(),
            "unknown value \"x\" of `rule.exceptions_list.namespace_type`",
        ),
        (
            "type = 'query'\nseverity_mapping = [{field = 'a', operator = 'equals', value = '1'}]"
                .to_owned(),
            "`rule.severity_mapping.severity` is missing",
        ),
        (
            "type = 'query'\nrisk_score_mapping = [{field = 'a', operator = 'equals'}]".to_owned(),
            "`rule.risk_score_mapping.value` is missing",
        ),
        (
            "type = 'query'\ninvestigation_fields = {field_names = []}".to_owned(),
            "`rule.investigation_fields.field_names` has 0 items, expected at least 1",
        ),
        (
            "type = 'query'\nrequired_fields = [{name = '', type = 'keyword'}]".to_owned(),
            "`rule.required_fields.name` is empty",
        ),
        ("type = 'query'\nmeta = 'x'".to_owned(), "`rule.meta` is a string, expected a table"),
        (
            "type = 'query'\ntimeline_id = 'x'".to_owned(),
            "`rule.timeline_title` is missing, and `timeline_id` needs it",
        ),
        ("type = 'correlation'".to_owned(), "`rule.correlation` is missing"),
    ] {
        let (rule, found) = parse(&rule_text(&lines));
        assert_eq!(rule, None, "{lines}");
        assert!(found.iter().any(|found| found.message == message), "{lines}: {found:?}");
    }
    for lines in [
        mapping(&format!("{}, {}", entry("a", ""), entry("b", negated))),
        "type = 'threshold'\nquery = 'a'\nthreshold = {field = ['a', 'b', 'c', 'd'], value = 1}\n\
         [metadata]\nmin_stack_version = '9.2.0'"
            .to_owned(),
        "type = 'query'\nthreat_mappings = [{framework = 'F'}]\nmeta = {from = '1m'}".to_owned(),
        "type = 'correlation'\ncorrelation = {rules = ['a']}".to_owned(),
    ] {
        check(&lines, "");
    }
    let view = "type = 'query'\nindex = ['logs-*']\ndata_view_id = 'v'";
    let (rule, found) = parse(&rule_text(view));
    assert_eq!(rule.expect("it loads").index, Vec::<String>::new());
    assert_eq!(found[0].code, "rule-data-view");
}

#[test]
fn all_faults_of_a_file_are_found_at_once() {
    let text = "[rule]\nname = ''\nrule_id = ' '\ntype = 'query'\nrisk_score = 101\n\
                severity = 'dire'\nlanguage = 'sql'\n";
    let expected = "\
        error rule-key-missing [[rule]] `rule.description` is missing\n\
        error rule-value-range [''] `rule.name` is empty\n\
        error rule-value-range [' '] `rule.rule_id` is empty\n\
        error rule-value-range [101] `rule.risk_score` is 101, expected from 0 to 100\n\
        error rule-value-unknown ['dire'] unknown `rule.severity` \"dire\" \
        (one of low, medium, high, critical)\n\
        error rule-value-unknown ['sql'] unknown `rule.language` \"sql\" \
        (did you mean `eql`?)\n";
    assert_eq!(findings(text), expected);
    assert_eq!(findings(" \n"), "error rule-empty [ \n] the file is empty\n");
    assert_eq!(findings("[rulez]\n").lines().count(), 2);
}

#[test]
fn keys_without_effect_are_warnings() {
    check(
        "type = 'query'\nquery = 'a'\nmax_signal = 3\nzzz = 1",
        "warning rule-key-unknown [max_signal] unknown key `rule.max_signal` \
         (did you mean `max_signals`?)\n\
         warning rule-key-unknown [zzz] unknown key `rule.zzz`",
    );
    check(
        "type = 'query'\nquery = 'a'\nthreshold = {field = [], value = 1}\nactions = []",
        "warning rule-key-unused [threshold] `rule.threshold` has no effect in a rule of type \
         `query`",
    );
    check(
        "type = 'query'\nquery = 'a'\n[metadata]\nmaturity = 'ripe'",
        "warning rule-value-unknown ['ripe'] unknown maturity \"ripe\" \
         (one of beta, development, experimental, deprecated, production)",
    );
}

#[test]
fn findings_beyond_the_limit_are_counted() {
    let mut lines = String::from("type = 'query'\nquery = 'a'\n");
    for number in 0..1_500 {
        writeln!(lines, "k{number} = 0").expect("a string");
    }
    let (rule, diagnostics) = parse(&rule_text(&lines));
    assert!(rule.is_some());
    assert_eq!(diagnostics.len(), 1_001);
    assert_eq!(diagnostics[1_000].message, "500 more findings are not listed");
}

#[test]
fn positions_in_a_query_are_positions_in_the_file() {
    let at = |lines: &str, part: &str| {
        let text = rule_text(&format!("type = 'query'\n{lines}"));
        let query = parse(&text).0.and_then(|rule| rule.query).expect("it is well-formed");
        let start = query.text.find(part).expect("the query has it");
        query.locate(Span::new(start, start + part.len())).of(&text).to_owned()
    };
    assert_eq!(at("query = 'a:1 or b'", "or"), "or");
    assert_eq!(at("query = \"é:1 or b\"", "or"), "or");
    assert_eq!(at("query = '''\na:1\nor b'''", "or"), "or");
    assert_eq!(at("query = '''\r\na:1 or b\n'''", "or"), "or");
    assert_eq!(at("query = \"\"\"a:1 or b\"\"\"", "or"), "or");
    assert_eq!(at("query = \"a:\\\"1\\\" or b\"", "or"), "or");
}

proptest! {
    #[test]
    fn any_text_gives_a_rule_or_an_error(text in "\\PC*|([a-z_.\\[\\]={}'\", \n0-9#-]|rule)*") {
        let (rule, diagnostics) = parse(&text);
        let failed = diagnostics.iter().any(|found| found.severity == Severity::Error);
        prop_assert_eq!(rule.is_none(), failed);
    }

    #[test]
    fn any_damaged_rule_gives_a_rule_or_an_error(at in 0_usize..400, cut in 0_usize..30, put in "\\PC{0,3}") {
        let mut text = rule_text(
            "type = 'threshold'\nquery = '''\na:1\n'''\nthreshold = {field = ['a'], value = 2}\n\
             [[rule.threat]]\nframework = 'F'\ntactic = {id = 'i', name = 'n', reference = 'r'}",
        );
        let start = at.min(text.len());
        text.replace_range(start..(start + cut).min(text.len()), &put);
        let (rule, diagnostics) = parse(&text);
        let failed = diagnostics.iter().any(|found| found.severity == Severity::Error);
        prop_assert_eq!(rule.is_none(), failed);
        for found in diagnostics {
            prop_assert!(text.get(found.span.range()).is_some(), "{:?}", found);
        }
    }

    #[test]
    fn any_literal_query_is_located(query in "[^'\r\u{0}-\u{8}\u{b}-\u{1f}\u{7f}]{0,40}") {
        let text = rule_text(&format!("type = 'query'\nquery = '''\n{query}'''"));
        let found = parse(&text).0.and_then(|rule| rule.query).expect("it is well-formed");
        prop_assert_eq!(&found.text, &query);
        prop_assert_eq!(found.locate(Span::new(0, query.len())).of(&text), query);
    }
}
