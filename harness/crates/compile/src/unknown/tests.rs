//! Rules that name fields which nothing knows.

use serde_json::json;

use super::*;
use crate::rule::compile_rule;
use harness_model::schema::{Base, Home, Unmapped};
use harness_rule::parse;
use harness_source::diagnostic::Severity;

fn rule(more: &str) -> Rule {
    let text = format!(
        "[metadata]\nmaturity = 'production'\n[rule]\nauthor = ['a']\nname = 'n'\n\
         description = 'd'\nrisk_score = 1\nseverity = 'low'\n\
         rule_id = '9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01'\n{more}\n"
    );
    let (rule, found) = parse(&text);
    rule.unwrap_or_else(|| panic!("{more}: {found:?}"))
}

fn query(language: &str, text: &str) -> String {
    let ty = if language == "eql" { "eql" } else { "query" };
    format!("type = '{ty}'\nlanguage = '{language}'\nquery = '''{text}'''\n")
}

fn schema() -> Schema {
    let mut schema = Schema::new(Base::Embedded);
    schema.observe(&json!({"seen": {"by": {"event": "x"}}}), Home::Index);
    schema
}

/// Each unknown field of a rule, with the text at its place and the name that is offered.
fn found(more: &str, schema: &Schema) -> Vec<String> {
    let rule = rule(more);
    let compiled = compile_rule(&rule, schema, 0);
    let worst = compiled.diagnostics.iter().map(|(_, found)| found.severity).max();
    assert!(worst <= Some(Severity::Warning), "{more}: {:?}", compiled.diagnostics);
    let line = |unknown: &UnknownField| {
        let at = unknown.span.of(text_of(&rule, unknown.part));
        format!("{} at [{at}] {}", unknown.field, unknown.near.as_deref().unwrap_or("-"))
    };
    compiled.unknown.iter().map(line).collect()
}

#[test]
fn every_language_names_its_unknown_fields() {
    let sorce = "sorce.ip at [sorce.ip] source.ip";
    let nmae = "user.nmae at [user.nmae] user.name";
    for (language, text, expected) in [
        ("kuery", "user.name: root and not sorce.ip: 10.0.0.1", &[sorce][..]),
        ("kuery", "user.nmae: (a or b) and user.nmae: *", &[nmae]),
        ("kuery", "sorce.ip >= 5 or user.nmae: \"user.nmae\"", &[sorce, nmae]),
        ("kuery", "nothing.like.this: x", &["nothing.like.this at [nothing.like.this] -"]),
        ("kuery", "seen.by.event: x and process: x and process.*: x", &[]),
        ("kuery", "nothing.like.*: x", &["nothing.like.* at [nothing.like.*] -"]),
        ("lucene", "sorce.ip:[1 TO 5] AND NOT user.nmae:/a.*/", &[sorce, nmae]),
        ("lucene", "_exists_:sorce.ip OR user.nmae:(a b*) OR user.name:x~", &[sorce, nmae]),
        ("eql", "any where sorce.ip == \"x\" or user.nmae : \"a*\"", &[sorce, nmae]),
        ("eql", "any where user.nmae in (\"a\", \"b\") and not ?sorce.ip == null", &[nmae, sorce]),
        ("eql", "any where length(user.nmae) > 5", &[nmae]),
        ("eql", "any where concat(user.name, user.nmae) == \"ab\"", &[nmae]),
        ("eql", "any where cidrMatch(sorce.ip, \"10.0.0.0/8\")", &[sorce]),
        (
            "eql",
            "any where user.nmae like~ (\"a\", \"b\") or sorce.ip regex \"1.*\"",
            &[nmae, sorce],
        ),
        ("eql", "sequence by user.nmae [any where true] [any where true]", &[nmae]),
    ] {
        assert_eq!(found(&query(language, text), &schema()), expected, "{language}: {text}");
    }
}

#[test]
fn every_part_of_a_rule_names_its_unknown_fields() {
    let login = query("kuery", "event.action: login");
    for (more, expected) in [
        (
            format!("{login}timestamp_override = 'event.ingestd'"),
            "event.ingestd at [] event.ingested",
        ),
        (format!("{login}rule_name_override = 'event.acton'"), "event.acton at [] event.action"),
        (
            format!("{login}[rule.alert_suppression]\ngroup_by = ['user.nmae', 'user.name']"),
            "user.nmae at [] user.name",
        ),
        (
            format!(
                "{login}[[rule.severity_mapping]]\nfield = 'event.severty'\noperator = 'equals'\n\
                 value = '7'\nseverity = 'high'"
            ),
            "event.severty at [] event.severity",
        ),
        (
            format!(
                "{login}[[rule.risk_score_mapping]]\nfield = 'event.risk_scor'\n\
                 operator = 'equals'\nvalue = ''"
            ),
            "event.risk_scor at [] event.risk_score",
        ),
        (
            format!(
                "{login}[[rule.filters]]\n[rule.filters.query.match_phrase]\n'user.nmae' = 'a'"
            ),
            "user.nmae at [] user.name",
        ),
    ] {
        assert_eq!(found(&more, &schema()), [expected], "{more}");
    }
}

#[test]
fn a_project_may_vouch_for_names_and_choose_what_is_said() {
    let rule = rule(&query("kuery", "my.custom.field: x and sorce.ip: y"));
    for (policy, vouched, expected) in [
        (UnknownFields::Warn, "", &[Severity::Warning, Severity::Warning][..]),
        (UnknownFields::Error, "my.*", &[Severity::Error]),
        (UnknownFields::Warn, "*.*", &[]),
        (UnknownFields::Allow, "", &[]),
    ] {
        let mut schema = schema();
        schema.unknown_fields = policy;
        schema.vouched = vec![Glob::simple(vouched)];
        let compiled = compile_rule(&rule, &schema, 0);
        let found = compiled.diagnostics.iter();
        assert!(found.clone().all(|(_, found)| found.code == CODE));
        let found: Vec<Severity> = found.map(|(_, found)| found.severity).collect();
        assert_eq!(found, expected, "{policy:?} {vouched}");
        assert_eq!(compiled.unknown.len(), 2, "coverage tells them all the same");
    }
}

#[test]
fn a_field_that_is_null_by_the_strict_switch_stays_null() {
    let mut schema = schema();
    schema.unmapped = Unmapped::Strict;
    let rule = rule(&query("eql", "any where not (?sorce.ip : \"x\" and user.name == \"a\")"));
    let compiled = compile_rule(&rule, &schema, 0);
    let plan = compiled.plan();
    let Some(Plan::Eql(eql)) = plan else { panic!("{plan:?}") };
    assert_eq!(eql.search, EqlSearch::Events(harness_predicate::Predicate::Const(false)));
}

#[test]
fn only_what_may_be_meant_is_offered() {
    for (name, other, expected) in [
        ("sorce.ip", "source.ip", true),
        ("user.nmae", "user.name", true),
        ("process.parent.exectuable", "process.parent.executable", true),
        ("m365_defender.alert.severity", "m365_defender.alerts.severity", true),
        ("m365_defender.alert.id", "m365_defender.alerts.userSid", false),
        ("a.additional_details.key", "a.additional_details.value", false),
        ("powershell.file.script_block_length", "powershell.file.script_block_text", false),
        ("okta.target.id", "host.target.id", false),
        ("kibana.alert.rule.tags", "kibana.alert.rule.name", false),
    ] {
        assert_eq!(may_be(name, other), expected, "{name} {other}");
    }
}

#[test]
fn places_are_whole_names_before_the_end_of_their_clause() {
    let text = "a.b: \"a.b\" or xa.b: 1 or a.b: 2 or a.bc: 3";
    for (clause, expected) in [((0, 10), (0, 3)), ((25, 31), (25, 28)), ((35, 42), (25, 28))] {
        let found = place(text, Span::new(clause.0, clause.1), "a.b");
        assert_eq!(found, Span::new(expected.0, expected.1), "{clause:?}");
    }
    assert_eq!(place(text, Span::new(4, 10), "no"), Span::new(4, 10));
}
