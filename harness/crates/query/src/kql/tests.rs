use proptest::prelude::*;

use super::parser::is_trimmed;
use super::*;
use harness_source::span::Span;

/// The tree without its spans, as compact text.
fn tree(ast: &Ast) -> String {
    let all = |parts: &[Ast]| parts.iter().map(tree).collect::<Vec<_>>().join(" ");
    match &ast.node {
        Node::All => "all".to_owned(),
        Node::Or(parts) => format!("(or {})", all(parts)),
        Node::And(parts) => format!("(and {})", all(parts)),
        Node::Not(inner) => format!("(not {})", tree(inner)),
        Node::Is { field, value } => {
            format!("{}={}", text(field.as_ref()), show(value))
        }
        Node::Range { field, operator, value } => {
            format!("{}{operator}{}", name(field), show(value))
        }
        Node::Nested { path, query } => format!("{}{{{}}}", name(path), tree(query)),
    }
}

fn text(field: Option<&Text>) -> &str {
    match field {
        Some(Text::Plain(text)) => text,
        Some(Text::Wildcard(_)) => "WILD",
        None => "",
    }
}

fn name(field: &Text) -> String {
    match field {
        Text::Plain(text) => text.clone(),
        Text::Wildcard(parts) => parts.join("★"),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(value) => value.to_string().to_uppercase(),
        Value::Quoted(text) => format!("{text:?}"),
        Value::Unquoted(text) => name(text),
    }
}

fn check(query: &str, expected: &str) {
    let ast = parse(query).unwrap_or_else(|errors| panic!("{query:?}: {}", errors[0]));
    assert_eq!(tree(&ast), expected, "{query:?}");
}

#[test]
fn clauses_and_precedence() {
    for (query, expected) in [
        ("", "all"),
        (" \n ", "all"),
        ("foo", "=foo"),
        ("foo bar", "=foo bar"),
        ("a:b", "a=b"),
        ("a : b", "a=b"),
        ("\"a b\" : c", "a b=c"),
        ("a:b or c:d and not e:f", "(or a=b (and c=d (not e=f)))"),
        ("(a:b OR c:d) AND e:f", "(and (or a=b c=d) e=f)"),
        ("a:(b or c and not d)", "(or a=b (and a=c (not a=d)))"),
        ("a:(b)", "a=b"),
        ("a:((b or c) and d)", "(and (or a=b a=c) a=d)"),
        ("a>=5 and b < \"x\"", "(and a>=5 b<\"x\")"),
        ("n:{ a:b and c > 1 }", "n{(and a=b c>1)}"),
        ("n:{ m:{ a:b } }", "n{m{a=b}}"),
        ("a.*:x", "WILD=x"),
        ("a:*", "a=★"),
        ("a:x*y", "a=x★y"),
        ("a:null", "a=NULL"),
        ("a:true or a:\"true\"", "(or a=TRUE a=\"true\")"),
        ("true:1", "true=1"),
        ("a:5.0", "a=5.0"),
        ("a:?.exe", "a=?.exe"),
    ] {
        check(query, expected);
    }
}

#[test]
fn traps_of_the_lexer() {
    for (query, expected) in [
        // Unquoted escapes, in this order of trial.
        ("a:b\\:c", "a=b:c"),
        ("a:\\*", "a=*"),
        ("a:x\\ty", "a=x\ty"),
        ("a:\\not", "a=ot"),
        ("a:b \\and c", "a=b and c"),
        ("a:\\u0041", "a=A"),
        ("\\or:x", "or=x"),
        // A backslash in quotes is literal unless it forms an escape.
        (r#"a:"C:\Windows""#, r#"a="C:\\Windows""#),
        (r#"a:"\Agent\tmp""#, r#"a="\\Agent\tmp""#),
        (r#"a:"\\\"""#, r#"a="\\\"""#),
        (r#"a:"\u00e9\uXY""#, r#"a="é\\uXY""#),
        // Keywords need their spaces.
        ("a:notable", "a=notable"),
        ("a:foo or(", ""),
        ("oracle:x", "oracle=x"),
        ("a:b  \n or\t c:d", "(or a=b c=d)"),
        ("a:b\u{a0}or\u{a0}c:d", "(or a=b c=d)"),
        ("a:and", "a=and"),
        // Without a space after it, a keyword is a word.
        ("a:b and", "a=b and"),
        ("and a:b", "and a=b"),
        ("not", "=not"),
        ("a:b or or c:d", "(or a=b or c=d)"),
        ("a:b //c", "a=b //c"),
        ("a:  b  ", "a=b"),
    ] {
        if expected.is_empty() {
            assert!(parse(query).is_err(), "{query:?}");
        } else {
            check(query, expected);
        }
    }
}

#[test]
fn what_kibana_rejects() {
    for query in [
        "a:",
        ":b",
        "a:(",
        "a:(b",
        "a:b)",
        "(a:b",
        "a:\"b",
        "a: foo \"bar\"",
        "a:(b) c",
        "a:cannot be",
        "not not a:b",
        "not(a:b)",
        "a:b and ",
        "a:b or  ",
        "a:b {",
        "a:{ b:c",
        "a < ",
        "a:\\x",
        "a::b",
        "a:b:c",
        "a:foo (bar)",
        "a:()",
        "n:{}",
        "not ",
        "a:b not c:d",
        "\"a\"\"b\"",
    ] {
        assert!(parse(query).is_err(), "{query:?}");
    }
}

#[test]
fn errors_say_where_and_what() {
    let message = |query: &str| {
        let errors = parse(query).expect_err("not KQL");
        format!(
            "{:?} {} ({})",
            errors[0].span.range(),
            errors[0],
            errors[0].help.clone().unwrap_or_default()
        )
    };
    insta::assert_snapshot!(
        [
            "a:\"b",
            "a:foo \"bar\"",
            "a:(b or c",
            "not(a:b)",
            "a:b and  ",
            "a = 1 and b:",
            "a:C:\\temp",
            "a:x\\y",
            "a:cannot be"
        ]
        .map(message)
        .join("\n")
    );
}

/// The texts of all clauses.
fn walk(ast: &Ast, query: &str, found: &mut Vec<String>) {
    match &ast.node {
        Node::Or(parts) | Node::And(parts) => {
            parts.iter().for_each(|part| walk(part, query, found));
        }
        Node::Not(inner) | Node::Nested { query: inner, .. } => walk(inner, query, found),
        Node::All | Node::Is { .. } | Node::Range { .. } => {
            found.push(ast.span.of(query).to_owned());
        }
    }
}

#[test]
fn spans_cover_the_text_that_was_read() {
    let query = "a:b and c : (d or \"e\")  and not f > 5";
    let ast = parse(query).expect("a query");
    let mut found = Vec::new();
    walk(&ast, query, &mut found);
    assert_eq!(found, ["a:b", "d", "\"e\"", "f > 5"]);
    assert_eq!(ast.span, Span::new(0, query.len()));
}

#[test]
fn hostile_input_ends_soon() {
    assert!(parse(&"(".repeat(100_000)).is_err());
    assert!(parse(&"a:{".repeat(100_000)).is_err());
    assert!(parse(&format!("a:{}", "(".repeat(100_000))).is_err());
    assert!(parse(&format!("a:b{}c", " ".repeat(1_000_000))).is_ok());
    assert!(parse(&format!("a:b{} or", " ".repeat(1_000_000))).is_ok());
    assert!(parse(&"\\".repeat(1_000_001)).is_err());
    assert!(parse(&"a:b or ".repeat(100_000)).is_err());
    let long = vec!["a:b"; 100_000].join(" or ");
    assert!(parse(&long).is_ok());
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9._ \\\\():<>\"*{}éß\u{a0}\t\n-]{1,8}",
        Just("and".to_owned()),
        Just("x not y".to_owned()),
        Just("or or".to_owned()),
        Just("null".to_owned()),
        Just("\u{feff}x\u{2003}".to_owned()),
    ]
}

fn plain() -> impl Strategy<Value = Text> {
    word()
        .prop_map(|text| text.trim_matches(is_trimmed).to_owned())
        .prop_filter("an empty or typed literal is another value", |text| {
            !matches!(text.as_str(), "" | "null" | "true" | "false")
        })
        .prop_map(Text::Plain)
}

fn wild() -> impl Strategy<Value = Text> {
    prop::collection::vec(prop_oneof![word(), Just(String::new())], 2..4).prop_map(|mut parts| {
        let last = parts.len() - 1;
        parts[0] = parts[0].trim_start_matches(is_trimmed).to_owned();
        parts[last] = parts[last].trim_end_matches(is_trimmed).to_owned();
        Text::Wildcard(parts)
    })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        word().prop_map(Value::Quoted),
        plain().prop_map(Value::Unquoted),
        wild().prop_map(Value::Unquoted),
    ]
}

fn ast() -> impl Strategy<Value = Ast> {
    let at = |node| Ast { node, span: Span::default() };
    let leaf = prop_oneof![
        (prop::option::of(prop_oneof![plain(), wild()]), value())
            .prop_map(|(field, value)| Node::Is { field, value }),
        (plain(), value()).prop_map(|(field, value)| Node::Range {
            field,
            operator: Comparison::AtLeast,
            value
        }),
    ]
    .prop_map(at);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let some = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            some.clone().prop_map(Node::Or),
            some.prop_map(Node::And),
            inner.clone().prop_map(|inner| Node::Not(Box::new(inner))),
            (plain(), inner)
                .prop_map(|(path, query)| Node::Nested { path, query: Box::new(query) }),
        ]
        .prop_map(at)
    })
}

fn without_spans(ast: &Ast) -> Ast {
    let all = |parts: &[Ast]| parts.iter().map(without_spans).collect();
    let node = match &ast.node {
        Node::Or(parts) => Node::Or(all(parts)),
        Node::And(parts) => Node::And(all(parts)),
        Node::Not(inner) => Node::Not(Box::new(without_spans(inner))),
        Node::Nested { path, query } => {
            Node::Nested { path: path.clone(), query: Box::new(without_spans(query)) }
        }
        other @ (Node::All | Node::Is { .. } | Node::Range { .. }) => other.clone(),
    };
    Ast { node, span: Span::default() }
}

proptest! {
    #[test]
    fn printed_queries_read_back_the_same(ast in ast()) {
        let printed = ast.to_string();
        let read = parse(&printed).map_err(|errors| TestCaseError::fail(format!("{printed:?}: {}", errors[0])))?;
        prop_assert_eq!(without_spans(&read), ast, "{:?}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z\\\\():<>\"*{} éornt]{0,40}") {
        drop(parse(&text));
    }
}
