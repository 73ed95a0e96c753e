//! Commands and aggregates by example.

use super::{Change, RunOptions, Table, Turn, run, run_turned};
use crate::testing::Contains;
use crate::testing::{planned, ran, shown, source};

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

/// Runs each query and compares columns and rows.
fn check_rows(cases: &[(&str, &str)]) {
    for (query, expected) in cases {
        assert_eq!(shown(query), *expected, "{query}");
    }
}

#[test]
fn rows_are_chosen_by_group() {
    check_rows(&[
        (
            "FROM logs-* | SORT pid | LIMIT 1 BY host | KEEP pid, host",
            "pid:long host:keyword\n1 a\n3 b\nnull null",
        ),
        ("FROM logs-* | SORT pid DESC | LIMIT 2 BY 1 | KEEP pid", "pid:long\nnull\n4"),
        ("FROM logs-* | KEEP host | DEDUP | SORT host", "host:keyword\na\nb\nnull"),
        ("FROM logs-* | DEDUP | STATS c = COUNT(*)", "c:long\n5"),
        ("FROM logs-* | KEEP host | DROP host | DEDUP | EVAL a = 1", "a:integer\n1"),
        ("ROW a = [1, 2] | DEDUP", "a:integer\n[1,2]"),
        ("FROM logs-* | SAMPLE 0.5 | STATS c = COUNT(*)", "c:long\n3"),
        (
            "ROW a = 1 | SAMPLE 1.0",
            "! invalid value for SAMPLE probability [1.0], expecting a number between 0 and 1, exclusive",
        ),
    ]);
}

#[test]
fn nulls_are_filled_in_place() {
    check_rows(&[
        (
            "FROM logs-* | FILLNULL \"?\" ON name | SORT @timestamp | KEEP name",
            "name:keyword\nbash\ncurl\nBash\n?\n?",
        ),
        (
            "ROW a = null, b = 1 | EVAL a = a::long | FILLNULL DEFAULT ON a, b",
            "b:integer a:long\n1 0",
        ),
        (
            "ROW i = 1 | EVAL i = null::integer, k = null::keyword | FILLNULL 0 ON *",
            "i:integer k:keyword\n0 null",
        ),
        (
            "ROW i = 1 | EVAL i = null::integer, l = null::long | FILLNULL 9999999999999 ON *",
            "i:integer l:long\nnull 9999999999999",
        ),
        (
            "ROW d = 1 | EVAL d = null::datetime, b = null::boolean | FILLNULL \"2025-04-11\" ON d | FILLNULL true ON b",
            "d:datetime b:boolean\n2025-04-11T00:00:00.000Z true",
        ),
        ("ROW a = null, b = 1 | FILLNULL \"x\" ON a", "a:null b:integer\nnull 1"),
        ("ROW a = [1, 2] | FILLNULL 0 ON a", "a:integer\n[1,2]"),
        (
            "ROW a = 1 | FILLNULL \"x\" ON a",
            "! FILLNULL cannot fill [a] of type [integer] with [\"x\"] of type [keyword]",
        ),
    ]);
}

#[test]
fn branches_are_put_together() {
    check_rows(&[
        (
            "FROM logs-* | FORK (WHERE pid == 1 | EVAL x = \"a\") (STATS c = COUNT(*)) \
             | KEEP _fork, pid, x, c | SORT _fork",
            "_fork:keyword pid:long x:keyword c:long\nfork1 1 a null\nfork2 null null 5",
        ),
        (
            "FROM logs-* | KEEP pid, host | FORK (SORT pid | LIMIT 1) (DROP host | WHERE pid == 4) | SORT _fork",
            "pid:long host:keyword _fork:keyword\n1 a fork1\n4 null fork2",
        ),
        (
            "FROM logs-* | FORK (WHERE ok) (DROP host | RENAME pid AS p | WHERE p == 4) \
             | KEEP host, pid, p, score | SORT p NULLS FIRST",
            "host:keyword pid:long p:long score:double\na 1 null 1.5\nnull null 4 0.0",
        ),
        (
            "FROM logs-* | FORK (EVAL x = 1) (EVAL x = \"a\")",
            "! Column [x] has conflicting data types in FORK branches: [integer] and [keyword]",
        ),
        (
            "FROM logs-*, (FROM logs-* | WHERE pid > 2 | KEEP pid) \
             | STATS c = COUNT(*), n = COUNT(pid), h = COUNT(host)",
            "c:long n:long h:long\n7 6 4",
        ),
        ("FROM (FROM logs-* | KEEP pid | WHERE pid > 3)", "pid:long\n4"),
        ("FROM logs-*, (FROM other) | STATS c = COUNT(*)", "c:long\n5"),
        (
            "FROM other, (FROM logs-test | KEEP pid) | STATS c = COUNT(*), h = COUNT(host)",
            "c:long h:long\n5 0",
        ),
        (
            "FROM logs-*, (FROM logs-* | STATS pid = MAX(pid)) | WHERE pid == 4 | KEEP pid, host | SORT host",
            "pid:long host:keyword\n4 b\n4 null",
        ),
    ]);
}

#[test]
fn values_are_looked_for_in_a_query() {
    check_rows(&[
        (
            "FROM logs-* | WHERE host IN (FROM logs-* | WHERE ok | KEEP host) | SORT pid | KEEP pid",
            "pid:long\n1\n2",
        ),
        (
            "FROM logs-* | WHERE pid NOT IN (FROM logs-* | WHERE host == \"b\" | KEEP pid) | KEEP pid | SORT pid",
            "pid:long\n1\n2",
        ),
        // A null among the choices leaves open what is not found.
        (
            "FROM logs-* | WHERE pid NOT IN (FROM logs-* | WHERE pid IS NULL OR pid > 1 | KEEP pid) | KEEP pid",
            "pid:long",
        ),
        ("FROM logs-* | WHERE pid IN (ROW x = 2.0) | KEEP pid", "pid:long\n2"),
        (
            "FROM logs-* | WHERE pid == 1 | WHERE host IN (FROM logs-* | WHERE pid == 2 | KEEP host) | KEEP pid",
            "pid:long\n1",
        ),
        (
            "FROM logs-* | WHERE pid IN (FROM logs-* | WHERE host IN (FROM logs-* | WHERE pid == 4 | KEEP host) | KEEP pid) \
             OR pid IN (ROW x = 1) | KEEP pid | SORT pid",
            "pid:long\n1\n3\n4",
        ),
        ("FROM logs-* | WHERE pid IN (FROM other | KEEP pid) | KEEP pid", "pid:long"),
        (
            "FROM logs-* | WHERE pid IN (FROM logs-* | KEEP pid, host)",
            "! a query after IN has exactly one column",
        ),
        (
            "FROM logs-* | WHERE pid IN (FROM logs-* | KEEP host)",
            "! the column of a query after IN must be [long], found value [host] type [keyword]",
        ),
    ]);
}

#[test]
fn time_is_that_of_the_run() {
    check_rows(&[
        ("FROM logs-* | WHERE TRANGE(1 day) | STATS c = COUNT(*)", "c:long\n1"),
        (
            "FROM logs-* | WHERE TRANGE(\"2024-01-01T00:00:00Z\", \"2024-01-01T01:00:00Z\") | STATS c = COUNT(*)",
            "c:long\n2",
        ),
        (
            "FROM logs-* | WHERE TRANGE(1704067200000, 1704070800000) | STATS c = COUNT(*)",
            "c:long\n2",
        ),
        (
            "FROM logs-* | STATS c = COUNT(*) BY b = TBUCKET(1 day) | SORT b",
            "c:long b:datetime\n3 2024-01-01T00:00:00.000Z\n1 2024-01-02T00:00:00.000Z\n1 2024-01-08T00:00:00.000Z",
        ),
        (
            "FROM logs-* | EVAL e = NOW() | STATS c = COUNT(*) BY b = BUCKET(@timestamp, 25, e - 1 day, e) | SORT b | LIMIT 2",
            "c:long b:datetime\n2 2024-01-01T00:00:00.000Z\n1 2024-01-01T01:00:00.000Z",
        ),
    ]);
}

#[test]
fn spread_of_numbers() {
    check_rows(&[
        (
            "ROW a = [2, 4, 4, 4, 5, 5, 7, 9] | MV_EXPAND a | STATS v = VARIANCE(a), s = STD_DEV(a)",
            "v:double s:double\n4.0 2.0",
        ),
        (
            "ROW a = 1 | STATS p = PERCENTILE(a, 110), q = PERCENTILE(a, -1)",
            "p:double q:double\nnull null",
        ),
        ("ROW a = null | STATS v = VARIANCE(a::double)", "v:double\nnull"),
    ]);
}

#[test]
fn tables_are_looked_into() {
    check_rows(&[
        (
            "FROM logs-* | LOOKUP JOIN owners ON host | SORT pid, owner | KEEP pid, host, owner, rank | LIMIT 5",
            "pid:long host:keyword owner:keyword rank:integer\n1 a ann 1\n1 a bob 2\n2 a ann 1\n2 a bob 2\n3 b null null",
        ),
        (
            "FROM logs-* | RENAME host AS h | LOOKUP JOIN owners ON h == host | WHERE rank == 2 | KEEP pid, h, host | SORT pid",
            "pid:long h:keyword host:keyword\n1 a a\n2 a a",
        ),
        ("FROM logs-* | LOOKUP JOIN owners ON args == host | STATS c = COUNT(owner)", "c:long\n0"),
        (
            "FROM logs-* | ENRICH owners ON host WITH who = owner | SORT pid | KEEP pid, who | LIMIT 3",
            "pid:long who:keyword\n1 [ann,bob]\n2 [ann,bob]\n3 null",
        ),
        (
            "ROW host = [\"a\", \"c\"] | ENRICH _any:owners",
            "host:keyword owner:keyword rank:integer\n[a,c] [ann,bob,eve] [1,2,3]",
        ),
        (
            "FROM logs-* | LOOKUP JOIN nope ON host | WHERE x == 1",
            "! the command LOOKUP JOIN needs the table `nope`",
        ),
        (
            "FROM logs-* | LOOKUP JOIN owners ON pid == host",
            "! JOIN left field [pid] of type [long] is incompatible with right field [host] of type [keyword]",
        ),
        ("FROM logs-* | LOOKUP JOIN owners ON pid", "! Unknown column [pid] in right side of join"),
        (
            "FROM logs-* | ENRICH owners ON host WITH nope",
            "! Enrich field [nope] not found in enrich policy [owners]",
        ),
    ]);
}

/// All values of a table, as text.
fn cells(table: &Table) -> Vec<Vec<Vec<String>>> {
    let source = source();
    let columns = table.all_columns(&source, &source);
    let values = |row: usize| {
        let texts = columns.iter().map(|column| {
            column.column.values(row).map(|value| value.text(column.ty)).collect::<Vec<_>>()
        });
        texts.collect()
    };
    (0..table.rows).map(values).collect()
}

#[test]
fn a_turned_run_goes_on_from_the_step_as_one_that_begins_anew() {
    let mut differing = 0;
    for query in [
        "FROM x | WHERE pid > 1 | KEEP pid, name",
        "FROM x | WHERE pid > 1 AND name == \"bash\" | WHERE host IS NOT NULL | STATS c = COUNT(*) BY name",
        "FROM x | EVAL y = pid * 2 | SORT y DESC | WHERE y < 7 | MV_EXPAND ports | WHERE ports > 22 | LIMIT 3",
        "FROM x | STATS c = COUNT(*) WHERE pid > 2, d = COUNT(name) BY host | WHERE c > 0 | KEEP d",
        "FROM x | DISSECT name \"%{a}s%{b}\" | WHERE a == \"ba\" | EVAL z = CONCAT(a, b)",
        "FROM x | WHERE pid == 1 | FORK (WHERE true) (WHERE false) | KEEP pid",
    ] {
        let plan = planned(query).expect(query);
        let first = RunOptions { trace: true, save: true, ..RunOptions::default() };
        let base = run(&plan, &source(), &Contains, &first).expect(query);
        for step in 0..plan.steps.len() {
            for row in 0..base.trace[step].rows_in {
                for change in [
                    Change::Keep(true),
                    Change::Keep(false),
                    Change::Count(0, true),
                    Change::Count(0, false),
                    Change::Outputs(vec![Vec::new(); plan.steps[step].pattern_outputs().len()]),
                ] {
                    let turn = Turn { step, rows: vec![row], change };
                    let options = RunOptions { turn: Some(&turn), ..RunOptions::default() };
                    let anew = run(&plan, &source(), &Contains, &options).expect(query);
                    let on = run_turned(&plan, &source(), &Contains, &options, &base);
                    let on = on.expect(query);
                    assert_eq!(cells(&on), cells(&anew), "{query}: {turn:?}");
                    assert_eq!((on.origin.as_ref(), on.rows), (anew.origin.as_ref(), anew.rows));
                    differing += usize::from(cells(&on) != cells(&base));
                }
            }
        }
    }
    assert!(differing > 30, "turns that change something: {differing}");
}
