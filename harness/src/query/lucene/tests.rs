use super::*;

/// A group as compact text: `+` must, `-` must not.
fn show(group: &Group) -> String {
    let clause = |clause: &Clause| {
        let sign = match clause.occur {
            Occur::Must => "+",
            Occur::Should => "",
            Occur::MustNot => "-",
        };
        let field = clause
            .field
            .as_ref()
            .map_or(String::new(), |name| format!("{}:", name.parts.join("★")));
        let bound = |bound: &Option<(String, bool)>| {
            bound.clone().map_or("*".into(), |(text, inside)| {
                format!("{text}{}", if inside { "=" } else { "" })
            })
        };
        let body = match &clause.node {
            Node::Words(text) => text.clone(),
            Node::Phrase { text, slop } => format!("{text:?}~{slop}"),
            Node::Any => "★".to_owned(),
            Node::Prefix(text) => format!("{text}★"),
            Node::Wildcard(text) => format!("wild {text}"),
            Node::Regexp(text) => format!("/{text}/"),
            Node::Fuzzy { text, distance } => {
                format!("{text}~{}", distance.map_or("auto".into(), |d| d.to_string()))
            }
            Node::Range { low, high } => format!("[{} {}]", bound(low), bound(high)),
            Node::Group(group) => format!("({})", show(group)),
        };
        format!("{sign}{field}{body}")
    };
    group.clauses.iter().map(clause).collect::<Vec<_>>().join(" | ")
}

fn check(query: &str, expected: &str) {
    let group =
        parse(query, Operator::Or).unwrap_or_else(|errors| panic!("{query}: {}", errors[0]));
    assert_eq!(show(&group), expected, "{query}");
}

#[test]
fn clauses() {
    for (query, expected) in [
        ("", ""),
        ("a", "a"),
        ("a b c", "a b c"),
        ("a b:c", "a | b:c"),
        ("a b AND c", "a | +b | +c"),
        ("a OR b AND c", "a | +b | +c"),
        ("a AND NOT b", "+a | -b"),
        ("a && !b || c", "+a | -b | c"),
        ("+a -b", "+a | -b"),
        ("a - b", "a | - | b"),
        ("f:(a b) c", "f:(f:a b) | c"),
        ("f:(a OR g:b)", "f:(f:a | g:b)"),
        ("\"a b\"~3 c~ d~1 e^2", "\"a b\"~3 | c~auto | d~1 | e"),
        ("f:* *:* *", "f:★ | ★:★ | ★"),
        ("a* *b a?c d*e*", "a★ | wild *b | wild a?c | wild d*e*"),
        ("f:/a\\/b/", "f:/a/b/"),
        ("f:[1 TO 5] {a TO b] [* TO \"x y\"}", "f:[1= 5=] | [a b=] | [* x y]"),
        ("f.\\*:v", "f.★:v"),
        ("a\\ b c\\:d", "a b c:d"),
        ("\\u0041", "A"),
        ("f:>=5", "f:>=5"),
        ("and or not", "and or not"),
    ] {
        check(query, expected);
    }
}

#[test]
fn refused() {
    for query in [
        "a AND",
        "AND a",
        "(a",
        "a)",
        "\"a",
        "/a",
        "[a TO b",
        "f:",
        "a^",
        "a]",
        "\\",
        "\\u00",
        "[TO b]",
        "()",
        "a OR OR b",
        "f:g:h",
    ] {
        assert!(parse(query, Operator::Or).is_err(), "{query}");
    }
    assert!(parse(&"(".repeat(100_000), Operator::Or).is_err());
}

#[test]
fn the_default_operator_changes_occurrence() {
    let group = parse("a b OR c", Operator::And).expect("a query");
    assert_eq!(show(&group), "a | c".replace("a | c", "+a | b | c"));
}
