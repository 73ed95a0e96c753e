//! Commands and aggregates by example.

use crate::esql::testing::{ran, shown};

/// Runs each query.
fn check(cases: &[(&str, &str)]) {
    for (query, expected) in cases {
        let shown = shown(query);
        let rows: Vec<_> = shown.lines().skip(usize::from(!shown.starts_with('!'))).collect();
        assert_eq!(rows.join(" | "), *expected, "{query}");
    }
}

#[test]
fn rows_are_kept_ordered_and_expanded() {
    check(&[
        ("FROM x | SORT name | KEEP pid", "3 | 1 | 2 | 4 | null"),
        ("FROM x | SORT name DESC | KEEP pid", "4 | null | 2 | 1 | 3"),
        ("FROM x | SORT ports DESC NULLS LAST, pid | KEEP pid", "1 | 3 | 2 | 4 | null"),
        ("FROM x | SORT ports, pid | KEEP pid | LIMIT 2", "3 | 1"),
        ("FROM x | WHERE NOT name == \"bash\" | KEEP pid", "2 | 3"),
        ("FROM x | WHERE message : \"hello\" | KEEP pid", "1"),
        (
            "FROM x | SORT pid DESC | WHERE NOT MATCH(message, \"hello\") | KEEP pid",
            "null | 4 | 3 | 2",
        ),
        (
            "FROM x | MV_EXPAND ports | WHERE pid <= 2 | KEEP pid, ports",
            "1 80 | 1 80 | 1 443 | 2 null",
        ),
        ("FROM x | WHERE pid == 2 | MV_EXPAND ip | KEEP ip", "::1 | 10.0.0.2"),
    ]);
}

#[test]
fn aggregates() {
    check(&[
        ("FROM x | STATS COUNT(*), COUNT(name), COUNT(ports)", "5 3 4"),
        ("FROM x | STATS MIN(pid), MAX(pid), SUM(pid), AVG(pid), MEDIAN(pid)", "1 4 10 2.5 2.5"),
        ("FROM x | STATS SUM(score), MIN(name), MAX(ip)", "-1.0 Bash 10.0.0.2"),
        ("FROM x | STATS v = MV_SORT(VALUES(ports)), d = COUNT_DISTINCT(ports)", "[22,80,443] 3"),
        (
            "FROM x | STATS TOP(pid, 2, \"desc\"), FIRST(name, @timestamp), LAST(name, @timestamp)",
            "[4,3] bash null",
        ),
        ("FROM x | STATS PRESENT(name), ABSENT(name)", "true false"),
        ("FROM x | STATS PERCENTILE(pid, 50), STD_DEV(pid)", "2.5 1.118033988749895"),
        (
            "FROM x | WHERE false | STATS COUNT(*), SUM(pid), COUNT_DISTINCT(pid), VALUES(pid)",
            "0 null 0 null",
        ),
        ("FROM x | WHERE false | STATS COUNT(*) BY host", ""),
        ("FROM x | WHERE false | STATS s = SUM(1)", "0"),
        ("FROM x | STATS s = SUM(9223372036854775807)", "null"),
    ]);
}

#[test]
fn groups() {
    check(&[
        ("FROM x | STATS c = COUNT(*) BY host | SORT host", "2 a | 2 b | 1 null"),
        ("FROM x | STATS c = COUNT(*) WHERE pid > 1 BY host | SORT host", "1 a | 2 b | 0 null"),
        (
            "FROM x | STATS s = SUM(ports) BY ports | SORT ports",
            "22 22 | 603 80 | 603 443 | null null",
        ),
        (
            "FROM x | STATS c = COUNT(*) BY ports, ip | SORT ports, ip",
            "1 22 null | 1 80 10.0.0.1 | 1 443 10.0.0.1 | 1 null ::1 | 1 null 10.0.0.2 | 2 null null",
        ),
        (
            "FROM x | STATS x = MAX(pid) + COUNT(*) * 10 BY host | SORT host",
            "22 a | 24 b | null null",
        ),
        (
            "FROM x | STATS c = COUNT(*) BY h = DATE_TRUNC(1 hour, @timestamp) | SORT h | LIMIT 1",
            "2 2024-01-01T00:00:00.000Z",
        ),
        (
            "FROM x | STATS e = LENGTH(h) + 1, c = COUNT(*) BY h = CONCAT(host, \"!\") | SORT h",
            "3 2 a! | 3 2 b! | null 1 null",
        ),
        ("FROM x | STATS BY host | SORT host DESC", "null | b | a"),
        (
            "FROM x | INLINE STATS m = MAX(pid) BY host | SORT pid | KEEP pid, m",
            "1 2 | 2 2 | 3 4 | 4 4 | null null",
        ),
        ("FROM x | INLINE STATS c = COUNT(*) | SORT pid | KEEP pid, c | LIMIT 1", "1 5"),
        (
            "FROM x | INLINE STATS c = COUNT(*) BY ports",
            "! INLINE STATS with a list among its keys",
        ),
    ]);
}

#[test]
fn strings_are_taken_apart() {
    check(&[
        (r#"ROW a = ["k=v", "x", "m=n"] | DISSECT a "%{b}=%{c}" | KEEP b, c"#, "[k,m] [v,n]"),
        (r#"ROW a = "x" | DISSECT a "%{b}=%{c}" | KEEP b, c"#, "null null"),
        (r#"ROW a = "id 12" | GROK a "%{INT:n:int}" | KEEP n"#, "12"),
        (r#"ROW a = "id x" | GROK a "%{INT:n:int}", "%{WORD:w}$" | KEEP n, w"#, "null x"),
        (r#"ROW a = "99999999999" | GROK a "%{INT:n:int}""#, "! For input string: \"99999999999\""),
        (
            r#"ROW p = "hi" | COMPLETION r = p WITH { "inference_id": "m" } | DISSECT r "re: %{x}" | KEEP x"#,
            "hi",
        ),
    ]);
}

#[test]
fn warnings_say_where_and_how_often() {
    let query = "FROM x | EVAL a = 1 / (pid - pid), b = LENGTH(args)";
    let table = ran(query).expect("runs");
    assert_eq!(
        table.warnings.lines(query),
        [
            "No limit defined, adding default limit of [1000]",
            "Line 1:19: evaluation of [1 / (pid - pid)] failed, treating result as null. Only first 20 failures recorded.",
            "Line 1:19: java.lang.ArithmeticException: / by zero",
            "Line 1:40: evaluation of [LENGTH(args)] failed, treating result as null. Only first 20 failures recorded.",
            "Line 1:40: java.lang.IllegalArgumentException: single-value function encountered multi-value",
        ]
    );
    let query = "ROW a = 1 | STATS h = COUNT(*), h = MAX(a) | LIMIT 1";
    let lines = ran(query).expect("runs").warnings.lines(query);
    assert_eq!(lines, ["Line 1:19: Field 'h' shadowed by field at line 1:33"]);
}

#[test]
fn the_trace_counts_rows_behind_each_step() {
    let query = "FROM x | WHERE pid > 1 | STATS c = COUNT(*) BY host | LIMIT 1";
    let table = ran(query).expect("runs");
    let trace: Vec<_> =
        table.trace.iter().map(|step| (step.span.of(query), step.rows_out)).collect();
    assert_eq!(
        trace,
        [
            ("FROM x", 5),
            ("WHERE pid > 1", 3),
            ("STATS c = COUNT(*) BY host", 2),
            ("LIMIT 1", 1),
            ("", 1)
        ]
    );
}

#[test]
fn the_deepest_expressions_plan_and_run() {
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    for (open, inner, close) in [
        ("TO_LOWER(", "name", ")"),
        ("CASE(ok, ", "name", ", name)"),
        ("COALESCE(", "name", ", host)"),
        ("MV_SORT(MV_DEDUPE(", "args", "))"),
        ("(", "pid", " + 1)"),
        ("NOT ", "ok", ""),
        ("- ", "pid", ""),
        ("(", "ok", " IS NULL)"),
        ("", "pid", "::long"),
    ] {
        let depth = 96 / (open.matches('(').count().max(1));
        let query = format!(
            "FROM x | EVAL y = {} | STATS c = COUNT(*) BY y",
            nested(open, inner, close, depth)
        );
        assert!(!shown(&query).starts_with('!'), "{query}: {}", shown(&query));
    }
}
