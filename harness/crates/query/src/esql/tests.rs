use proptest::prelude::*;

use super::*;

/// Parses and prints.
fn check(text: &str, expected: &str) {
    match parse(text) {
        Ok(query) => assert_eq!(query.to_string(), expected, "{text}"),
        Err(error) => panic!("{text}: {error} at {:?}", error.span),
    }
}

#[test]
fn precedence_and_forms() {
    for (text, expected) in [
        ("row a=1|eval b=a+2*3", "ROW a = 1 | EVAL b = a + (2 * 3)"),
        ("row a = -1::long", "ROW a = -(1::long)"),
        ("from x | where not a == 1 and b or c", "FROM \"x\" | WHERE ((NOT (a == 1)) AND b) OR c"),
        ("from a-*,\"b\" metadata _id, _index", "FROM \"a-*\", \"b\" METADATA _id, _index"),
        ("from a [metadata _id]", "FROM \"a\" METADATA _id"),
        ("from a | where x not like (\"a*\")", "FROM \"a\" | WHERE x NOT LIKE (\"a*\")"),
        (
            "from a | where x : \"q\" and y in (1, null)",
            "FROM \"a\" | WHERE (x : \"q\") AND (y IN (1, null))",
        ),
        ("from a | stats by k", "FROM \"a\" | STATS BY k"),
        (
            "from a | stats x = max(b) where c > 1, count(*) by k, j = d + 1",
            "FROM \"a\" | STATS x = max(b) WHERE c > 1, count(*) BY k, j = d + 1",
        ),
        (
            "from a | keep *, a*b, `a-b`*, @timestamp",
            "FROM \"a\" | KEEP *, a*b, `a-b`*, @timestamp",
        ),
        ("from a | rename a as b, c = d", "FROM \"a\" | RENAME a AS b, d AS c"),
        (
            "from a | eval t = date_trunc(5m, `source.as`.x)",
            "FROM \"a\" | EVAL t = date_trunc(5 m, source.as.x)",
        ),
        ("from a | sort a desc nulls last, b", "FROM \"a\" | SORT a DESC NULLS LAST, b ASC"),
        ("from a // one\n| /* two /* nested */ */ limit 5", "FROM \"a\" | LIMIT 5"),
        (
            r#"row a = """x\y"""" | grok a "%{WORD:b}", "c""#,
            r#"ROW a = "x\\y\"" | GROK a "%{WORD:b}", "c""#,
        ),
        ("from a | inlinestats c = count() by k", "FROM \"a\" | INLINE STATS c = count() BY k"),
        ("row x = kql(\"a: b\", {\"boost\": 1.5})", "ROW x = kql(\"a: b\", {\"boost\": 1.5})"),
        ("row a = first(b, c)", "ROW a = first(b, c)"),
        ("from a, (from b | where c), d*", "FROM \"a\", \"d*\", (FROM \"b\" | WHERE c)"),
        ("from (from b) metadata _id", "FROM (FROM \"b\") METADATA _id"),
        (
            "from a | where x not in (from b | keep y) and z",
            "FROM \"a\" | WHERE (x NOT IN (FROM \"b\" | KEEP y)) AND z",
        ),
        (
            "from a | fork (where b | limit 1) ( stats c = count(*) by d )",
            "FROM \"a\" | FORK (WHERE b | LIMIT 1) (STATS c = count(*) BY d)",
        ),
        ("from a | where x in (from, row, ts.y)", "FROM \"a\" | WHERE x IN (from, row, ts.y)"),
        ("from a | limit 2 by b, c + 1", "FROM \"a\" | LIMIT 2 BY b, c + 1"),
        ("from a | dedup | sample .5", "FROM \"a\" | DEDUP | SAMPLE .5"),
        ("from a | fillnull -1 on b, c*", "FROM \"a\" | FILLNULL (-1) ON b, c*"),
        ("from a | fillnull default on *", "FROM \"a\" | FILLNULL DEFAULT ON *"),
        (
            "from a | lookup join b on c, d.e | enrich p-1 on f with g = h, i",
            "FROM \"a\" | LOOKUP JOIN \"b\" ON c, d.e | ENRICH \"p-1\" ON f WITH g = h, i",
        ),
        ("from a | lookup join b on c == d", "FROM \"a\" | LOOKUP JOIN \"b\" ON c == d"),
        ("set unmapped_fields=\"load\"; from a", "SET unmapped_fields = \"load\"; FROM \"a\""),
    ] {
        check(text, expected);
        check(expected, expected);
    }
}

#[test]
fn errors_have_a_place() {
    for (text, at, message) in [
        ("", 0, "expected FROM or ROW, found the end"),
        ("from a | wher x", 9, "unknown command `wher`"),
        ("from a | where x = 1", 17, "expected an operator, found `=`"),
        ("from a | where x == \"a", 20, "string is not closed"),
        ("row a = \"\\q\"", 9, "unknown escape `\\q`"),
        ("from a | where first == 1", 15, "expected an expression, found `first`"),
        ("from a | where a == 1 == 2", 22, "expected `|` or the end of the query, found `==`"),
        ("from a /* b", 7, "comment is not closed"),
        ("from a | where (x", 17, "expected `)`, found the end"),
        ("from a | rename a* as b", 16, "wildcards are not allowed here: `a*`"),
        ("from a metadata _id, _index, _id", 29, "metadata field [_id] already declared"),
        ("from a | fork", 13, "expected `(`, found the end"),
        ("from a | where b in (from c", 27, "expected `)`, found the end"),
        ("from a | fillnull 0", 19, "expected `ON`, found the end"),
        ("from a | lookup join b", 22, "expected `ON`, found the end"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!((error.span.start, error.message.as_str()), (at, message), "{text}");
    }
}

/// Places, messages and hints of all errors.
#[test]
fn each_broken_command_is_told() {
    for (text, expected) in [
        (
            "from a | kep b | where c = 1 | limit 1 | srt d",
            "9 unknown command `kep` (did you mean `keep`?)\n\
             25 expected an operator, found `=` (equality is `==`)\n\
             41 unknown command `srt` (did you mean `sort`?)",
        ),
        (
            "form a | limit",
            "0 expected FROM or ROW, found `form` (did you mean `from`?)\n14 expected an expression, found the end",
        ),
        (
            "from a | eval (b | limit 1 | keep",
            "17 expected `)`, found `|`\n33 expected a column name or pattern, found the end",
        ),
        ("from a | qqqqqqq", "9 unknown command `qqqqqqq`"),
    ] {
        let lines = read(text).errors.into_iter().map(|error| {
            let hint = error.help.map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{} {}{hint}", error.span.start, error.message)
        });
        assert_eq!(lines.collect::<Vec<_>>().join("\n"), expected, "{text}");
    }
    let query = read("from a | kep b | limit 1").query.expect("a query");
    assert_eq!(query.commands.len(), 2);
    assert_eq!(query.commands[0].kind, ast::CommandKind::Broken);
}

#[test]
fn names_of_indices_are_checked() {
    for good in [
        "a",
        "a-*,-a-b",
        "*, -x",
        ".ds-a-000001",
        "a::data",
        "eu:_x",
        "<a-{now/d}>",
        "-<a-{now/d}>",
        "\"a, b\"",
        "\"\"\"a\"\"\"",
        "*,--x",
    ] {
        assert!(parse(&format!("from {good}")).is_ok(), "{good}");
    }
    for bad in ["+a", "--a", "a, --b", "_a", "\"a b\"", "a?", "a#b", "..", "\"a\"b\"", "a, +b"] {
        assert!(parse(&format!("from {bad}")).is_err(), "{bad}");
    }
}

#[test]
fn queries_nest_to_a_limit() {
    let nested = |levels: usize| {
        format!(
            "from a | where b{} in (1){}",
            " in (from c | where d".repeat(levels),
            ")".repeat(levels)
        )
    };
    assert!(parse(&nested(8)).is_ok());
    let error = parse(&nested(9)).expect_err("too deep");
    assert!(error.message.contains("levels deep"), "{}", error.message);
    assert!(parse(&format!("from a | {}", "fork (".repeat(5000))).is_err());
    assert!(parse(&format!("from {}", "(from ".repeat(5000))).is_err());
}

#[test]
fn depth_is_limited_and_chains_are_not() {
    for text in [
        format!("row a = {}1{}", "(".repeat(5000), ")".repeat(5000)),
        format!("row a = {}1", "-".repeat(5000)),
        format!("from a | where {} b", "not ".repeat(5000)),
        format!("row a = 1{}", " + 1".repeat(5000)),
        format!("row a = 1{}", "::long".repeat(5000)),
        format!("row a = {}1{}", "f(".repeat(5000), ")".repeat(5000)),
    ] {
        let error = parse(&text).expect_err("too deep");
        assert!(error.message.contains("levels deep"), "{}", error.message);
    }
    assert!(parse(&format!("from a | where b{}", " or c == 1".repeat(5000))).is_ok());
    assert!(parse(&format!("row a = {}1{}", "(".repeat(98), ")".repeat(98))).is_ok());
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,4}(\\.[a-z]{1,3})?", "[@_][a-z]{1,3}", "[ -~]{1,5}"]
        .prop_map(|name| name.replace('.', ".x"))
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "[0-9]{1,12}",
        "[0-9]{1,3}\\.[0-9]{0,3}",
        "[0-9]{1,3} (days|m|hour)",
        "\"[a-z*?%{}:]{0,6}\"",
        word().prop_map(|name| format!("`{}`", name.replace('`', "``"))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (two.clone(), "\\+|-|\\*|/|%|==|!=|<|<=|>|>=| AND | OR | IN | LIKE | RLIKE ")
                .prop_map(|((a, b), op)| format!("({a}){op}({b})")),
            two.clone().prop_map(|(a, b)| format!("NOT {a} AND -({b})")),
            two.clone().prop_map(|(a, b)| format!("f({a}, {b}, [1, 2])")),
            inner.clone().prop_map(|a| format!("({a}) IS NOT NULL")),
            inner.clone().prop_map(|a| format!("({a})::keyword")),
            two.prop_map(|(a, b)| format!("({a}) NOT IN ({b}, {b})")),
            inner.prop_map(|a| format!("x.y::ip : ({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn printing_and_parsing_again_changes_nothing(a in expression(), b in expression(), name in word()) {
        let name = format!("`{}`", name.replace('`', "``"));
        let text = format!(
            "FROM a, (FROM b | WHERE {a}) | EVAL {name} = {a} | WHERE {b} OR x IN (FROM c | KEEP {name}) \
             | FORK (WHERE {b}) (EVAL {name} = {a} | LIMIT 1) | LIMIT 2 BY {a}, {name} | DEDUP \
             | FILLNULL 1 ON {name}, {name}* | SAMPLE 0.5 | LOOKUP JOIN l ON {name} \
             | ENRICH p ON {name} WITH x = {name}, {name} | STATS {name} = max({a}) WHERE {b} BY {name} \
             | KEEP {name}, {name}* | RENAME {name} AS x | SORT {b} DESC | DROP *{name}"
        );
        let once = parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?.to_string();
        let twice = parse(&once).map_err(|e| TestCaseError::fail(format!("{once}: {e}")))?.to_string();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn no_text_panics(text in "(from a \\| )?[ -~\\n]{0,40}") {
        // The outcome does not matter: a panic or a hang would fail the test.
        let parsed = parse(&text);
        if let Err(error) = parsed {
            prop_assert!(error.span.end <= text.len());
        }
    }
}
