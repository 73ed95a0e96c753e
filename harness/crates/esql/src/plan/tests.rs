//! Columns and errors of plans.

use crate::testing::{planned, shown};
use harness_source::span::line_column;

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
        ("FROM x | ENRICH policy ON host", "the command ENRICH needs the table `policy`"),
        ("FROM x | LOOKUP JOIN t ON host", "the command LOOKUP JOIN needs the table `t`"),
        ("FROM x | CHANGE_POINT pid", "the command CHANGE_POINT is not run offline"),
        ("FROM x | STATS SAMPLE(pid, 1)", "the aggregate `SAMPLE`"),
    ] {
        let errors = planned(query).expect_err(query);
        assert_eq!(errors[0].message, message);
        assert_eq!(errors[0].severity, harness_source::diagnostic::Severity::Unsupported);
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

/// Whether each query is refused: `!` for an error, `?` for what is not run.
fn outcome(query: &str) -> &'static str {
    use harness_source::diagnostic::Severity;
    match planned(query) {
        Ok(_) => "ok",
        Err(errors) if errors.iter().any(|error| error.severity == Severity::Error) => "!",
        Err(_) => "?",
    }
}

#[test]
fn grouping_functions_stand_behind_by() {
    for (query, expected) in [
        ("FROM x | STATS COUNT(*) BY BUCKET(pid, 5.)", "ok"),
        ("FROM x | STATS COUNT(*) BY ROUND(BUCKET(pid, 5.), 1)", "ok"),
        ("FROM x | STATS 1 + BUCKET(pid, 5.) BY b = BUCKET(pid, 5.)", "ok"),
        ("FROM x | STATS MAX(pid) + BUCKET(pid, 5.) BY bucket(pid, 5.)", "ok"),
        ("FROM x | STATS MAX(pid) WHERE BUCKET(pid, 5.) > 1 BY BUCKET(pid, 5.)", "ok"),
        ("FROM x | STATS MAX(pid) WHERE BUCKET(pid, 6.) > 1 BY BUCKET(pid, 5.)", "!"),
        ("FROM x | STATS BUCKET(pid, 5.)", "!"),
        ("FROM x | STATS BUCKET(pid, 5.) BY BUCKET(pid, 5.)", "!"),
        ("FROM x | STATS b = BIN(pid, 5.) BY BUCKET(pid, 6.)", "!"),
        ("FROM x | STATS MAX(BUCKET(pid, 6.)) BY BUCKET(pid, 5.)", "!"),
        ("FROM x | STATS MAX(pid) BY BUCKET(BUCKET(pid, 5.), 6.)", "!"),
        ("FROM x | STATS MAX(pid) BY ABS(BUCKET(ABS(BUCKET(pid, 5.)), 6.))", "!"),
        ("FROM x | EVAL b = BUCKET(pid, 5.)", "!"),
        ("FROM x | WHERE ABS(BUCKET(pid, 5.)) > 0", "!"),
        ("FROM x | SORT BUCKET(pid, 5.)", "!"),
        ("FROM x | STATS MAX(pid) BY BUCKET(pid, \"5\")", "!"),
        ("FROM x | STATS MAX(pid) BY BUCKET(@timestamp, 5)", "!"),
        ("FROM x | STATS MAX(pid) BY BUCKET(@timestamp, 1 day, \"2024\", \"2025\")", "!"),
        ("FROM x | STATS MAX(pid) BY BUCKET(@timestamp, 5, 1 day, 1 month)", "!"),
        ("FROM x | STATS MAX(pid) BY BUCKET(@timestamp, 5, @timestamp, NOW())", "!"),
        ("FROM x | STATS MAX(pid) BY BUCKET(@timestamp, 25, NOW() - 1 day, NOW())", "ok"),
        (
            "FROM x | EVAL e = NOW() | STATS MAX(pid) BY BUCKET(@timestamp, 5, \"2024-01-01\", e)",
            "ok",
        ),
        ("FROM x | STATS MAX(pid) BY TBUCKET(1 hour)", "ok"),
        ("FROM x | STATS MAX(pid) BY TBUCKET(5, \"2024-01-01\", NOW())", "ok"),
        ("FROM x | KEEP pid | STATS MAX(pid) BY TBUCKET(1 hour)", "!"),
        ("FROM x | EVAL t = TBUCKET(1 hour)", "!"),
        ("FROM x | STATS c = COUNT(*) BY CATEGORIZE(message)", "?"),
        ("FROM x | EVAL c = CATEGORIZE(message)", "!"),
    ] {
        assert_eq!(outcome(query), expected, "{query}");
    }
}

#[test]
fn aggregates_stand_in_front_of_by() {
    for (query, expected) in [
        ("FROM x | STATS MAX(MAX(pid))", "!"),
        ("FROM x | STATS MAX(pid) WHERE MAX(pid) > 1", "!"),
        ("FROM x | STATS COUNT(*) BY MAX(pid)", "!"),
        ("FROM x | STATS pid + 1 WHERE pid > 1 BY pid", "!"),
        ("FROM x | STATS pid + score BY pid + score", "!"),
        ("FROM x | STATS 5 BY pid", "!"),
        ("FROM x | STATS pid + 1, COUNT(*) BY pid", "ok"),
        ("FROM x | WHERE COUNT(*) > 0", "!"),
        ("FROM x | STATS w = WEIGHTED_AVG(pid, null)", "!"),
        ("FROM x | EVAL w = null + null | STATS WEIGHTED_AVG(pid, w)", "!"),
        ("FROM x | STATS WEIGHTED_AVG(pid, 0.0)", "!"),
        ("FROM x | STATS WEIGHTED_AVG(pid, score)", "ok"),
    ] {
        assert_eq!(outcome(query), expected, "{query}");
    }
}

#[test]
fn full_text_functions_are_conditions() {
    for (query, expected) in [
        ("FROM x | WHERE KQL(\"a\") OR NOT MATCH(message, \"b\") AND pid > 1", "ok"),
        ("FROM x | WHERE MATCH_PHRASE(message, \"a b\", {\"slop\": 1})", "ok"),
        ("FROM x | WHERE MULTI_MATCH(\"a\", message, name)", "ok"),
        ("FROM x | STATS c = COUNT(*) WHERE KQL(\"a\") BY pid", "ok"),
        ("FROM x | EVAL y = KQL(\"a\")", "!"),
        ("FROM x | EVAL y = message : \"a\" AND ok", "!"),
        ("FROM x | SORT MATCH(message, \"a\")", "!"),
        ("FROM x | STATS COUNT(*) BY KQL(\"a\")", "!"),
        ("FROM x | STATS COUNT(MATCH(message, \"a\"))", "!"),
        ("FROM x | WHERE MATCH(message, \"a\") IS NOT NULL", "!"),
        ("FROM x | WHERE (message : \"a\") == true", "!"),
        ("FROM x | WHERE CASE(KQL(\"a\"), true, false)", "!"),
        ("FROM x | WHERE COALESCE(KQL(\"a\"), KQL(\"b\"))", "!"),
        ("FROM x | WHERE MATCH(message, \"a\") IN (true)", "!"),
        ("FROM x | WHERE MATCH(message, 5)", "!"),
        ("FROM x | WHERE MATCH(pid, 5)", "ok"),
        ("FROM x | WHERE MATCH_PHRASE(pid, \"5\")", "!"),
        ("FROM x | WHERE QSTR(\"a\", {\"nope\": 1})", "!"),
        ("FROM x | WHERE MATCH(message, \"a\", {\"boost\": \"abc\"})", "!"),
        ("FROM x | WHERE MATCH(message, \"a\", {\"boost\": \"1.5\", \"lenient\": \"true\"})", "ok"),
        ("FROM x | WHERE MATCH(message, \"a\", {\"max_expansions\": 1.5})", "!"),
        ("ROW a = ABS(1, {\"b\": 1})", "!"),
        ("FROM x | EVAL s = SCORE(MATCH(message, \"a\"))", "?"),
    ] {
        assert_eq!(outcome(query), expected, "{query}");
    }
}

#[test]
fn amounts_of_time_and_numbers_without_sign() {
    for (query, expected) in [
        ("ROW a = 1 hour", "!"),
        ("ROW a = 1 | EVAL b = TO_TIMEDURATION(\"1 hour\")", "!"),
        ("ROW a = 3 months + 5 days", "!"),
        ("ROW a = 1 | WHERE \"3 days\"::date_period == TO_DATEPERIOD(\"3 days\")", "!"),
        ("ROW a = 1 hour - NOW()", "!"),
        ("ROW a = NOW() - 1 hour", "ok"),
        ("ROW a = 1 | WHERE TO_UL(3) IN (1, 3)", "!"),
        ("ROW n = 1, u = TO_UL(1) | WHERE n < u", "!"),
        ("ROW u = TO_UL(1) | WHERE u == null AND u > TO_UL(0)", "ok"),
        ("ROW u = TO_UL(1) | EVAL y = -u", "!"),
        ("ROW n = 1, u = TO_UL(1) | EVAL u + n", "!"),
    ] {
        assert_eq!(outcome(query), expected, "{query}");
    }
}

#[test]
fn what_elasticsearch_knows_is_never_an_error() {
    use harness_query::esql::names;
    for query in [
        "FROM x | CHANGE_POINT pid ON @timestamp | WHERE type == \"spike\" | KEEP pvalue, pid",
        "FROM x | URI_PARTS p = name | WHERE p.domain == \"a\"",
        "FROM x | REGISTERED_DOMAIN d = name | KEEP d.*",
        "FROM x | USER_AGENT u = name | STATS COUNT(*) BY u.name",
        "FROM x | ENRICH p ON host WITH y | EVAL z = y",
        "FROM x | LOOKUP JOIN l ON host | RENAME y AS z | DROP z",
        "FROM x | EVAL a = ST_WITHIN(ip, ip) | WHERE a",
        "ROW a = \"POINT(0 0)\"::cartesian_point",
        "SHOW INFO",
        "TS x | STATS MAX(RATE(pid))",
        "SET time_zone = \"UTC\"; FROM x",
    ] {
        assert_eq!(outcome(query), "?", "{query}");
    }
    for name in names::FUNCTIONS {
        let query = format!("FROM x | EVAL a = {name}()");
        let errors = planned(&query).err().unwrap_or_default();
        let unknown = errors.iter().any(|error| error.message.starts_with("Unknown function"));
        assert!(!unknown, "{name}");
    }
}

#[test]
fn all_errors_of_a_query_are_told() {
    let query = "FROM x | WHERE nope == 1 AND COUNT_DISTNCT(pid) > 1 \
                 | EVAL a = ABS(b1) + NOPE2(pid), c = zzz | STATS SUMM(pid)";
    let errors = planned(query).expect_err("errors");
    let found: Vec<&str> = errors
        .iter()
        .map(|error| error.message.split_once(", did").map_or(&*error.message, |it| it.0))
        .collect();
    assert_eq!(
        found,
        [
            "Unknown column [nope]",
            "Unknown function [COUNT_DISTNCT]",
            "Unknown column [b1]",
            "Unknown function [NOPE2]",
            "Unknown column [zzz]",
            "Unknown function [SUMM]",
        ]
    );
}

#[test]
fn aggregates_of_null_keep_the_type_of_their_result() {
    assert_eq!(
        columns(
            "ROW n = null | STATS a = AVG(n), s = SUM(n), p = MEDIAN(n), x = MAX(n), v = VALUES(n), c = COUNT(n)"
        ),
        "a:double s:double p:double x:null v:null c:long"
    );
    for (query, expected) in [
        ("ROW u = TO_UL(1) | STATS AVG(u)", "!"),
        ("ROW u = TO_UL(1) | STATS SUM(u)", "!"),
        ("ROW u = TO_UL(1) | STATS MAX(u)", "ok"),
    ] {
        assert_eq!(outcome(query), expected, "{query}");
    }
}
