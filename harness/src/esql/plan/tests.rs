//! Columns and errors of plans.

use crate::esql::testing::{planned, shown};
use crate::span::line_column;

/// The columns of the result.
fn columns(query: &str) -> String {
    let shown = shown(query);
    shown.lines().next().unwrap_or_default().to_owned()
}

/// Places and messages of all errors.
fn check(query: &str, expected: &[(usize, &str)]) {
    let errors = match planned(query) {
        Ok(_) => Vec::new(),
        Err(errors) => errors,
    };
    let found: Vec<_> = errors
        .iter()
        .map(|error| (line_column(query, error.span.start).1, error.message.as_str()))
        .collect();
    assert_eq!(found, expected, "{query}");
}

#[test]
fn every_command_orders_its_columns() {
    for (query, expected) in [
        ("ROW a = 1, b = 2 | EVAL a = 3, c = a", "b:integer a:integer c:integer"),
        ("ROW ab = 1, b = 2, ac = 3 | KEEP a*, b, ac", "ab:integer b:integer ac:integer"),
        ("ROW a = 1, b = 2, c = 3 | KEEP *, a", "b:integer c:integer a:integer"),
        ("ROW a = 1, b = 2, c = 3 | DROP b*, c", "a:integer"),
        ("ROW a = 1, b = 2, c = 3 | RENAME a AS c", "c:integer b:integer"),
        ("ROW a = 1 | STATS c = COUNT(*), d = MAX(a) BY k = a", "c:long d:integer k:integer"),
        (
            "ROW a = 1 | STATS COUNT(*) WHERE a > 0, a = MAX(a) BY a",
            "COUNT(*) WHERE a > 0:long a:integer",
        ),
        ("ROW a = 1, b = 2 | INLINE STATS c = COUNT(*) BY a", "b:integer c:long a:integer"),
        (r#"ROW a = "x y" | DISSECT a "%{b} %{a}""#, "b:keyword a:keyword"),
        (r#"ROW a = "x y" | GROK a "%{WORD:z} %{WORD:b}""#, "a:keyword b:keyword z:keyword"),
        ("ROW a = [1, 2], b = 1 | MV_EXPAND a", "a:integer b:integer"),
        ("ROW a = 1 | EVAL a + 1, (a) * 2", "a:integer a + 1:integer (a) * 2:integer"),
        ("FROM x | KEEP p* | LIMIT 0", "pid:long ports:integer"),
        (
            "FROM x METADATA _id | MV_EXPAND args | DROP @timestamp, [a-z]*",
            "! expected a column name or pattern, found `[`",
        ),
        (
            "FROM x METADATA _id | MV_EXPAND args | DROP m*, l*, @* | LIMIT 0",
            "args:keyword host:keyword ip:ip name:keyword ok:boolean pid:long ports:integer score:double _id:keyword",
        ),
        (
            "FROM x | RENAME ip AS zz | DROP m*, n*, o*, p*, s* | LIMIT 0",
            "@timestamp:datetime args:keyword host:keyword zz:ip labels:unsupported",
        ),
    ] {
        assert_eq!(columns(query), expected, "{query}");
    }
}

#[test]
fn errors_are_all_found_and_have_places() {
    check(
        "FROM x | WHERE nam == \"a\" AND pit > 1",
        &[
            (16, "Unknown column [nam], did you mean [name]?"),
            (31, "Unknown column [pit], did you mean [pid]?"),
        ],
    );
    check(
        "FROM x | KEEP zz*, pid | WHERE host",
        &[(15, "No matches found for pattern [zz*]"), (32, "Unknown column [host]")],
    );
    check("FROM x | WHERE pid", &[(16, "Condition expression needs to be boolean, found [LONG]")]);
    check(
        "FROM x | WHERE labels IS NULL",
        &[(16, "Cannot use field [labels] with unsupported type [flattened]")],
    );
    check(
        "FROM x | STATS pid BY host",
        &[(
            16,
            "column [pid] must appear in the STATS BY clause or be used in an aggregate function",
        )],
    );
    check(
        "FROM x | STATS host BY host",
        &[(16, "grouping key [host] already specified in the STATS BY clause")],
    );
    check(
        "FROM x | EVAL a = MAX(pid)",
        &[(19, "aggregate function [MAX(pid)] not allowed outside STATS command")],
    );
    check(
        "ROW a = 1 | RENAME a AS b, a AS c",
        &[(28, "Column [a] renamed to [b] and is no longer available [a AS c]")],
    );
    check(
        "FROM x | DISSECT pid \"%{a}\"",
        &[(18, "Dissect only supports KEYWORD or TEXT values, found expression [pid] type [LONG]")],
    );
    check("FROM x | DISSECT host \"a\"", &[(23, "Invalid pattern for dissect: [a]")]);
    check(
        "FROM x | STATS a = SUM(host), b = COUNT(*) BY name | KEEP a, b",
        &[(
            20,
            "argument of [SUM(host)] must be [numeric except unsigned_long or counter types], found value [host] type [keyword]",
        )],
    );
    check("FROM x METADATA _nope", &[(17, "unresolved metadata fields: [?_nope]")]);
    check(
        "FROM x | LIMIT 5 | INLINE STATS c = COUNT(*)",
        &[(20, "INLINE STATS cannot be used after an explicit or implicit LIMIT command")],
    );
    check(
        "FROM x | STATS TOP(pid, 0, \"asc\")",
        &[(16, "Limit must be greater than 0 in [TOP(pid, 0, \"asc\")]")],
    );
    check(
        "FROM x | EVAL a = name LIKE host",
        &[(29, "LIKE pattern must be a constant string, found [host]")],
    );
}

#[test]
fn full_text_functions_stand_before_what_changes_rows() {
    assert!(
        planned("FROM x | SORT pid | WHERE KQL(\"message: hello\") AND message : \"hello\"")
            .is_ok()
    );
    check(
        "FROM x | EVAL a = 1 | WHERE KQL(\"hello\")",
        &[(29, "[KQL] function cannot be used after EVAL")],
    );
    check(
        "FROM x | STATS a = COUNT(*) BY message | WHERE MATCH(message, \"hello\")",
        &[(48, "[MATCH] function cannot be used after STATS")],
    );
    check(
        "FROM x | WHERE MATCH(LENGTH(message), \"hello\")",
        &[(
            22,
            "[MATCH(LENGTH(message), \"hello\")] cannot operate on [LENGTH(message)], which is not a field from an index mapping",
        )],
    );
    check(
        "FROM x | WHERE KQL(null)",
        &[(20, "argument of [KQL(null)] cannot be null and must be a constant, received [null]")],
    );
}

#[test]
fn commands_that_need_more_are_unsupported() {
    for (query, message) in [
        ("FROM x | ENRICH policy ON host", "the command ENRICH is not run offline"),
        ("FROM x | LOOKUP JOIN t ON host", "the command LOOKUP JOIN is not run offline"),
        ("FROM x | FORK (WHERE a) (WHERE b)", "the command FORK is not run offline"),
        ("FROM x | STATS SAMPLE(pid, 1)", "the aggregate `SAMPLE`"),
    ] {
        let errors = planned(query).expect_err(query);
        assert_eq!(errors[0].message, message);
        assert_eq!(errors[0].severity, crate::diagnostic::Severity::Unsupported);
    }
}

#[test]
fn plans_know_their_kind_and_leading_filters() {
    let plan = planned("FROM x | WHERE pid > 1 | WHERE host == \"a\" | EVAL a = 1 | WHERE a == 1")
        .expect("valid");
    assert!(!plan.is_aggregating());
    let filters = plan.leading_filters();
    let texts: Vec<_> = filters.iter().map(|filter| filter.span.of(&plan.text)).collect();
    assert_eq!(texts, ["pid > 1", "host == \"a\""]);
    let names: Vec<_> = plan.fields.iter().map(|field| &*field.name).collect();
    assert_eq!(names, ["pid", "host"]);
    assert!(!planned("FROM x | INLINE STATS c = COUNT(*)").expect("valid").is_aggregating());
    assert!(planned("FROM x | STATS c = COUNT(*)").expect("valid").is_aggregating());
}
