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
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!((error.span.start, error.message.as_str()), (at, message), "{text}");
    }
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
            "FROM a | EVAL {name} = {a} | WHERE {b} | STATS {name} = max({a}) WHERE {b} BY {name} \
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
