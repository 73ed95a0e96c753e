//! What the parser accepts, what it rejects and how it says so.

mod random;
mod rejected;

use super::ast::{Body, ExprKind, Literal, Presence, Query};
use super::{MAX_DEPTH, parse};

fn accepted(text: &str) -> Query {
    match parse(text) {
        Ok(query) => query,
        Err(errors) => panic!("`{text}` is rejected: {errors:?}"),
    }
}

/// The query parses, and prints as `expected`.
fn check(text: &str, expected: &str) {
    assert_eq!(accepted(text).to_string(), expected, "{text}");
}

/// The value of the string literal that is compared in `any where x == …`.
fn string_value(literal: &str) -> String {
    let query = accepted(&format!("any where x == {literal}"));
    let Body::Event(filter) = query.body else { panic!("not an event query") };
    let ExprKind::Compare { right, .. } = filter.condition.kind else { panic!("no comparison") };
    let ExprKind::Literal(Literal::String(value)) = right.kind else { panic!("no string") };
    value
}

#[test]
fn categories_are_bare_quoted_or_any() {
    check("process where true", "process where true");
    check("\"process\" where true", "process where true");
    check("\"my process\" where true", "\"my process\" where true");
    check("\"any\" where true", "\"any\" where true");
    check("any where true", "any where true");
}

#[test]
fn operators_bind_as_in_the_grammar() {
    for (text, expected) in [
        ("not a == 1 and b == 2 or c == 3", "(not a == 1 and b == 2) or c == 3"),
        ("not not a", "not not a"),
        ("not (a or b) and c", "not (a or b) and c"),
        ("(a and b) and c", "(a and b) and c"),
        ("a + b * c == d", "a + b * c == d"),
        ("(a + b) * c == d", "(a + b) * c == d"),
        ("a - b - c > 0", "a - b - c > 0"),
        ("a - (b - c) > 0", "a - (b - c) > 0"),
        ("-a * b < +3", "-a * b < 3"),
        ("-(a * b) < 3", "-(a * b) < 3"),
        ("x in (1, 2.5, null, true, \"s\") == true", "x in (1, 2.5, null, true, \"s\") == true"),
        ("x not in~ (\"a\")", "x not in~ (\"a\")"),
        ("x:\"a\"", "x : \"a\""),
        ("x : (\"a\")", "x : \"a\""),
        ("x like~ (\"a*\", \"b\")", "x like~ (\"a*\", \"b\")"),
        ("x not like \"a\"", "not x like \"a\""),
        ("x regex \"a\" or x regex~ \"b\"", "x regex \"a\" or x regex~ \"b\""),
        ("(a and b) == true", "(a and b) == true"),
        ("STARTSWITH~(a, \"x\")", "startsWith~(a, \"x\")"),
        ("string(length(a) + 1) : \"2\"", "string(length(a) + 1) : \"2\""),
        ("9223372036854775808 == a", "9.223372036854776e18 == a"),
        ("a == .5 or a == 1. or a == 1e3", "a == 0.5 or a == 1.0 or a == 1000.0"),
    ] {
        check(&format!("any where {text}"), &format!("any where {expected}"));
    }
}

#[test]
fn fields_are_dotted_words_or_backticks() {
    for (text, expected) in [
        ("process.name", "process.name"),
        ("?process . name", "?process.name"),
        ("@timestamp", "@timestamp"),
        ("`my-field`.x", "`my-field.x`"),
        ("`a.b`", "a.b"),
        ("`a/b.c`", "`a/b.c`"),
        ("`sequence`", "`sequence`"),
        ("?`a``b`", "?`a``b`"),
        ("a.`0`", "`a.0`"),
        ("head", "head"),
        ("length", "length"),
    ] {
        check(&format!("any where {text} == 1"), &format!("any where {expected} == 1"));
    }
}

#[test]
fn strings_resolve_their_escapes() {
    for (literal, expected) in [
        (r#""a\b\t\n\f\r\"\'\\z""#, "a\u{8}\t\n\u{c}\r\"'\\z"),
        (r#""\u{41}\u{1F600}\u{0000e9}""#, "A😀é"),
        (r#""it's // no /* comment""#, "it's // no /* comment"),
        (r#""""raw \n "quoted" text""""#, r#"raw \n "quoted" text"#),
        (r#"""""both""""""#, r#""both"""#),
        (r#""""""""#, ""),
        (r#""""C:\Windows\*""""#, r"C:\Windows\*"),
        ("\"\"", ""),
    ] {
        assert_eq!(string_value(literal), expected, "{literal}");
    }
}

#[test]
fn comments_are_skipped() {
    check("any // all of them\nwhere /* a /* nested */ b */ true // end", "any where true");
    check("any /* half /* open */ where true", "any where true");
}

#[test]
fn sequences_keep_their_parts() {
    check(
        "sequence by a, ?b with maxspan = 5m\n[any where x] by c with runs=3 \
         ![\"p\" where y] by ?d until [any where z] by e | head 5 | tail 2",
        "sequence by a, ?b with maxspan=5m [any where x] by c with runs=3 \
         ![p where y] by ?d until [any where z] by e | head 5 | tail 2",
    );
    check("sequence [any where true] with runs=2", "sequence [any where true] with runs=2");
    check(
        "sample by host [any where a] by b [any where c] by d",
        "sample by host [any where a] by b [any where c] by d",
    );
    let query = accepted("sequence with maxspan=2h ![any where a] [any where b]");
    let Body::Sequence(sequence) = query.body else { panic!("not a sequence") };
    assert_eq!(sequence.maxspan.map(|maxspan| maxspan.millis()), Some(7_200_000));
    assert_eq!(sequence.terms[0].presence, Presence::Missing);
}

#[test]
fn spans_cover_what_they_name() {
    let text = "process where not (a.b : \"x\") and length(c) > 3";
    let Body::Event(filter) = accepted(text).body else { panic!("not an event query") };
    assert_eq!(filter.span.of(text), text);
    let ExprKind::And(parts) = filter.condition.kind else { panic!("no `and`") };
    assert_eq!(parts[0].span.of(text), "not (a.b : \"x\")");
    assert_eq!(parts[1].span.of(text), "length(c) > 3");
    let ExprKind::Not(inner) = &parts[0].kind else { panic!("no `not`") };
    assert_eq!(inner.span.of(text), "a.b : \"x\"");
}

#[test]
fn errors_give_advice() {
    for (text, help) in [
        ("any where a = 1", "use `==` to compare"),
        ("any where a == 'x'", "use double quotes"),
        ("any where lenght(a) > 1", "did you mean `length`?"),
        ("any where wildcard(a, \"x\")", "use the `like` operator or `:`"),
        ("any where a : true", "use `==` to compare with a number, a boolean or null"),
        ("any where a AND b", "keywords are written in lower case: `and`"),
        ("any where a | hed 3", "did you mean `head`?"),
        (
            "sequence with maxspan=5 [any where a]",
            "write for instance `5s`; units are ms, s, m, h and d",
        ),
    ] {
        let errors = parse(text).expect_err(text);
        assert_eq!(errors[0].help.as_deref(), Some(help), "{text}");
    }
}

#[test]
fn independent_errors_are_reported_together() {
    let text = "sequence [any where foo(a)] with runs=0 [any where length(a, b) > 1] by k";
    let errors = parse(text).expect_err("four errors");
    assert_eq!(errors.len(), 4, "{errors:?}");
    let errors = parse("any where a == 'x' or b == \"\\q\"").expect_err("two errors");
    assert_eq!(errors.len(), 2, "{errors:?}");
}

#[test]
fn hostile_texts_end_in_an_error_or_a_tree() {
    let deep = |open: &str, close: &str| {
        let (open, close) = (open.repeat(100_000), close.repeat(100_000));
        parse(&format!("any where {open}a{close}")).expect_err("too deep")[0].code
    };
    assert_eq!(deep("(", ")"), "eql-nesting");
    assert_eq!(deep("not ", ""), "eql-nesting");
    assert_eq!(deep("-", ""), "eql-nesting");
    assert_eq!(deep("string(", ")"), "eql-nesting");
    assert_eq!(deep("1 + ", ""), "eql-nesting");
    let nested = |levels: usize| format!("any where {}a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(parse(&nested(MAX_DEPTH - 1)).is_ok());
    assert!(parse(&nested(MAX_DEPTH)).is_err());
    let long = |parts: usize, part: &str, between: &str| {
        parse(&format!("any where {}", vec![part; parts].join(between))).is_ok()
    };
    assert!(long(100_000, "a == 1", " or "));
    assert!(parse(&format!("any where a in ({}1)", "1, ".repeat(100_000))).is_ok());
    let stages = "[any where a] ".repeat(10_000);
    assert!(parse(&format!("sequence {stages}")).is_ok());
    assert!(parse(&"/*".repeat(100_000)).is_err());
    assert!(parse(&"/**/ /* ".repeat(20_000)).is_err());
    assert!(parse(&"\"".repeat(100_001)).is_err());
    assert!(parse(&"'".repeat(100_001)).is_err());
}
