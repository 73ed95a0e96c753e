use super::*;
use harness_query::dsl::{Range, Scalar};

/// `m` and `t` are text, `k`, `n` and `o.a` are not, `c` is constant, `o` is an object.
struct Table;

impl Fields for Table {
    fn role(&self, name: &str) -> Role {
        match name {
            "m" | "t" => Role::Text,
            "k" | "n" | "o.a" => Role::Exact,
            "c" => Role::Constant,
            _ => Role::Unmapped,
        }
    }

    fn searchable(&self) -> Vec<String> {
        ["k", "m"].map(str::to_owned).to_vec()
    }

    fn matching(&self, pattern: &str) -> Vec<String> {
        let prefix = pattern.trim_end_matches('*');
        let all = ["k", "m", "n", "o.a", "t"].into_iter();
        all.filter(|name| name.starts_with(prefix)).map(str::to_owned).collect()
    }

    fn tokens(&self, _: &str, text: &str) -> Vec<Token> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let texts = words.map(str::to_lowercase);
        (0..).zip(texts).map(|(position, text)| Token { text, position }).collect()
    }

    fn pattern_name(&self, name: &str) -> String {
        name.to_owned()
    }

    fn normalize(&self, _: &str, text: &str) -> String {
        text.to_lowercase()
    }
}

fn options(text: &str, fields: &[&str]) -> QueryString {
    QueryString {
        query: text.to_owned(),
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
        default_operator: Operator::Or,
        analyze_wildcard: true,
        lenient: false,
    }
}

fn show(options: &QueryString) -> String {
    match expand(options, &Table, Place::Own) {
        Ok(query) => node(&query.node),
        Err(errors) => format!("{}: {}", errors[0].code, errors[0]),
    }
}

fn node(query: &Node) -> String {
    let text = |value: &Scalar| match value {
        Scalar::String(text) => text.clone(),
        other => format!("{other:?}"),
    };
    match query {
        Node::MatchAll => "all".to_owned(),
        Node::MatchNone => "none".to_owned(),
        Node::Term { field, value, .. } => format!("{field}={}", text(value)),
        Node::Match { field, value, operator, lenient } => {
            let sign = if *lenient { "?" } else { "" };
            match operator {
                Operator::Or => format!("{field}:{}{sign}", text(value)),
                Operator::And => format!("{field}:and:{}{sign}", text(value)),
            }
        }
        Node::MatchPhrase { field, value, slop, .. } => {
            format!("{field}:'{}'~{slop}", text(value))
        }
        Node::Range { field, range: Range { low, high, .. } } => {
            let end = |end: &Option<(Scalar, bool)>| match end {
                None => "*".to_owned(),
                Some((value, true)) => text(value),
                Some((value, false)) => format!("!{}", text(value)),
            };
            format!("{field}:{}..{}", end(low), end(high))
        }
        Node::Wildcard { field, value, .. } => format!("{field}:wild:{value}"),
        Node::Prefix { field, value, .. } => format!("{field}:{value}*"),
        Node::Regexp { field, value, .. } => format!("{field}:/{value}/"),
        Node::Fuzzy { field, value, fuzziness } => {
            format!("{field}:{}~{}", text(value), fuzziness.as_deref().unwrap_or_default())
        }
        Node::Exists { field } => format!("exists:{field}"),
        Node::Lenient(inner) => format!("{}?", node(&inner.node)),
        Node::Bool(parts) => {
            let part = |sign: &'static str, list: &[Query]| {
                list.iter().map(|query| format!("{sign}{}", node(&query.node))).collect::<Vec<_>>()
            };
            let all = [part("+", &parts.must), part("", &parts.should), part("-", &parts.must_not)];
            format!("({})", all.concat().join(" "))
        }
        other => format!("{other:?}"),
    }
}

fn check(fields: &[&str], cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(show(&options(text, fields)), *expected, "{text:?}");
    }
}

fn check_and(fields: &[&str], cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let options = QueryString { default_operator: Operator::And, ..options(text, fields) };
        assert_eq!(show(&options), *expected, "{text:?}");
    }
}

#[test]
fn operators_mark_clauses_as_lucene_does() {
    check(
        &["k"],
        &[
            ("a^2 OR b AND c", "(+k:b +k:c k:a)"),
            ("a AND b OR c", "(+k:a +k:b k:c)"),
            ("a AND NOT b", "(+k:a -k:b)"),
            ("a NOT b", "(k:a -k:b)"),
            ("NOT a AND b", "(+k:b -k:a)"),
            ("NOT a", "(-k:a)"),
            ("+a -b \"c\"", "(+k:a k:'c'~0 -k:b)"),
            ("(+a) \"b\"", "((+k:a) k:'b'~0)"),
            ("((a))", "k:a"),
        ],
    );
    check_and(
        &["k"],
        &[
            ("a^2 OR b AND c", "(+k:and:b +k:and:c k:and:a)"),
            ("a AND b OR c", "(+k:and:a k:and:b k:and:c)"),
            ("a OR b^2 c^2", "(+k:and:c k:and:a k:and:b)"),
            ("NOT a NOT b", "(-k:and:a -k:and:b)"),
        ],
    );
}

#[test]
fn words_go_to_the_analyzer_together_in_each_field() {
    check(
        &["k", "m"],
        &[
            ("a b", "(k:a b m:a b)"),
            ("a b (c d)", "((k:a b m:a b) (k:c d m:c d))"),
            ("\"a b\"~2", "(k:'a b'~2 m:'a b'~2)"),
            ("o:a", "o:a"),
            ("k:a b", "(k:a (k:b m:b))"),
        ],
    );
    check_and(&["k", "m"], &[("a b", "(k:and:a b m:and:a b)")]);
    check(&["m"], &[("a-b c", "(m=a m=b m=c)"), ("a-b", "m:a-b")]);
    check_and(&["m"], &[("a-b c", "(+m=a +m=b +m=c)")]);
}

#[test]
fn clauses_without_words_disappear() {
    check(
        &["k", "m"],
        &[
            ("m:... AND m:b", "(+m:b)"),
            ("+m:... b", "((k:b m:b))"),
            ("NOT m:...", "none"),
            ("NOT (m:...)", "none"),
            ("a NOT m:\"...\"", "(k:a m:a)"),
            ("... b", "(k:... b m:... b)"),
            ("\"...\"", "k:'...'~0"),
            ("m:\\-*", "none"),
            ("m:a m:... AND m:c", "(+m:a +m:c)"),
            ("m:(a b ... AND c)", "(+m=b +m:c m=a)"),
            (" ", "none"),
        ],
    );
}

#[test]
fn without_fields_all_are_searched_and_leniently() {
    check(
        &[],
        &[
            ("a", "(k:a? m:a?)"),
            ("n:a", "n:a?"),
            ("A*", "(k:A*? m:a*?)"),
            (">A", "(k:!A..*? m:!a..*?)"),
            ("*", "all"),
        ],
    );
    check(&["k"], &[(">a", "k:>a"), ("*", "exists:k"), ("*:*", "all"), ("*:a", "(k:a m:a)")]);
    check(&["*"], &[("a", "(k:a? m:a?)"), ("*", "(exists:k exists:m)")]);
}

#[test]
fn patterns_name_the_fields_they_match() {
    check(
        &["k"],
        &[
            ("o.\\*:a", "o.a:a"),
            ("x\\*:a", "x*:a"),
            ("o.\\*:*", "exists:o.a"),
            ("_exists_:o.\\*", "exists:o.a"),
            ("_exists_:\"m\"", "exists:m"),
            ("_exists_:(a b)", "exists:a b"),
            ("_exists_:x\\*", "exists:x*"),
            ("m:*", "exists:m"),
        ],
    );
    check(&["o.*^2", "k^3", "gone"], &[("a", "(k:a o.a:a)")]);
    let gone = [("a", "gone:a"), ("a*", "gone:a*"), ("a NOT b", "(gone:a -gone:b)")];
    check(&["gone"], &gone);
}

#[test]
fn patterns_on_text_are_normalized_or_analyzed() {
    check(
        &["k"],
        &[
            ("m:Foo-Bar*", "(m=foo m:bar*)"),
            ("m:Foo*", "m:foo*"),
            ("k:Foo-Bar*", "k:Foo-Bar*"),
            (r"m:F\*O?", r"m:wild:f\*o?"),
            (r"m:\F?", r"m:wild:\F?"),
            (r"k:F\*O?", r"k:wild:F\*O?"),
            ("m:/F\\D/", "m:/F\\D/"),
            ("m:[A TO B}", "m:a..!b"),
            ("k:[A TO *}", "k:A..*"),
            ("m:Foo~", "m:foo~1"),
            ("m:Fo~", "m:fo~0"),
            ("m:Foobar~", "m:foobar~2"),
            ("m:Foobar~1", "m:foobar~1"),
        ],
    );
    check_and(&["k"], &[("m:Foo-Bar*", "(+m=foo +m:bar*)")]);
    let plain = QueryString { analyze_wildcard: false, ..options("m:Foo-Bar*", &["k"]) };
    assert_eq!(show(&plain), "m:foo-bar*");
}

#[test]
fn comparisons_are_ranges() {
    check(
        &["k"],
        &[
            ("n:>5", "n:!5..*"),
            ("n:>=5", "n:5..*"),
            ("n:<5", "n:*..!5"),
            ("n:<=5", "n:*..5"),
            ("n:(>5 AND <9)", "(+n:!5..* +n:*..!9)"),
            ("n:(>5 <9)", "n:!5 <9..*"),
            ("n:>", "n:>"),
            ("n:>=", "n:!=..*"),
            ("n:<*", "n:<*"),
            (r"n:<\*", "n:*..*"),
        ],
    );
}

#[test]
fn constant_fields_take_prefixes_but_no_patterns() {
    let refused = |clause| {
        format!(
            "value-type: a {clause} query needs a keyword, text or wildcard field, and `c` is of \
             type constant_keyword"
        )
    };
    check(
        &["k"],
        &[
            ("c:a*", "c:a*"),
            ("c:a", "c:a"),
            ("c:*a", &refused("wildcard")),
            ("c:/a/", &refused("regexp")),
        ],
    );
    check(&[], &[("c:*a", "none"), ("c:/a/", "none")]);
}

#[test]
fn lenient_clauses_are_marked() {
    let lenient = |text| show(&QueryString { lenient: true, ..options(text, &["k"]) });
    assert_eq!(lenient("n:[1 TO 2]"), "n:1..2?");
    assert_eq!(lenient("n:a~"), "n:a~0?");
    assert_eq!(lenient("n:/a/"), "n:/a/?");
    assert_eq!(lenient("n:a?"), "n:wild:a??");
}

#[test]
fn places_are_those_of_the_text_or_the_one_given() {
    let query = expand(&options("x:a AND k:b", &[]), &Table, Place::Own).expect("valid");
    let Node::Bool(parts) = &query.node else { panic!("a bool") };
    let spans: Vec<_> = parts.must.iter().map(|query| query.span).collect();
    assert_eq!(spans, [Span::new(0, 3), Span::new(8, 11)]);

    let place = Span::new(40, 44);
    let query = expand(&options("k:a", &[]), &Table, Place::At(place)).expect("valid");
    assert_eq!(query.span, place);
    let errors = expand(&options("k:", &[]), &Table, Place::At(place)).expect_err("invalid");
    assert_eq!((errors[0].code, errors[0].span), ("lucene-syntax", place));
}

#[test]
fn long_regular_expressions_are_rejected() {
    let regexp = |length: usize| show(&options(&format!("/{}/", "a".repeat(length)), &[]));
    assert!(regexp(1000).starts_with("(k:/aaa"));
    assert_eq!(regexp(1001), "regexp-length: regular expressions may have 1000 characters at most");
}
