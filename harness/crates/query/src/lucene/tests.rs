use proptest::prelude::*;

use harness_source::span::Span;

use super::*;

/// The tree as a compact text, spans left out.
fn tree(text: &str) -> String {
    match parse(text) {
        Ok(Ast { root: None }) => "blank".to_owned(),
        Ok(Ast { root: Some(root) }) => clauses(&root),
        Err(errors) => {
            let error = &errors[0];
            format!("{} {}..{}: {error}", error.code, error.span.start, error.span.end)
        }
    }
}

fn clauses(list: &Clauses) -> String {
    let items: Vec<_> = list.items.iter().map(clause).collect();
    items.join(" | ")
}

fn clause(clause: &Clause) -> String {
    let conjunction = match clause.conjunction {
        Conjunction::None => "",
        Conjunction::And => "and ",
        Conjunction::Or => "or ",
    };
    let modifier = match clause.modifier {
        Modifier::None => "",
        Modifier::Required => "+",
        Modifier::Prohibited => "-",
    };
    let field = clause.field.as_ref().map_or(String::new(), |field| format!("{}=", field.name()));
    let boost = clause.boost.map_or(String::new(), |boost| format!("^{boost}"));
    format!("{conjunction}{modifier}{field}{}{boost}", body(&clause.body))
}

fn body(body: &Body) -> String {
    match body {
        Body::Words(words) => {
            let words: Vec<_> = words.iter().map(|word| format!("{:?}", word.text)).collect();
            words.join(",")
        }
        Body::Sign(sign) => format!("sign {sign}"),
        Body::Phrase { text, slop } => format!("phrase {text:?}~{slop}"),
        Body::Fuzzy { text, distance } => format!("fuzzy {text:?} {distance:?}"),
        Body::Prefix(text) => format!("prefix {text:?}"),
        Body::Wildcard(raw) => format!("wildcard {raw:?}"),
        Body::Regexp(raw) => format!("regexp {raw:?}"),
        Body::Range { low, high } => {
            format!("range {:?} {:?} to {:?} {:?}", low.edge, low.text, high.text, high.edge)
        }
        Body::Group(list) => format!("({})", clauses(list)),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(tree(text), *expected, "{text:?}");
    }
}

#[test]
fn consecutive_words_form_one_clause_until_something_claims_the_last() {
    check(&[
        ("a", r#""a""#),
        ("a b", r#""a","b""#),
        ("a b c AND d", r#""a","b" | "c" | and "d""#),
        ("a b AND c", r#""a" | "b" | and "c""#),
        ("a AND b c", r#""a" | and "b" | "c""#),
        ("a AND b c d", r#""a" | and "b" | "c","d""#),
        ("a b NOT c", r#""a","b" | -"c""#),
        ("a b^2", r#""a" | "b"^2"#),
        ("a b~", r#""a" | fuzzy "b" Auto"#),
        ("a b f:c d", r#""a","b" | f="c" | "d""#),
        ("a b c*", r#""a","b" | prefix "c""#),
        ("a b *", r#""a" | "b" | wildcard "*""#),
        ("f:(a b)", r#"f=("a","b")"#),
        ("a - b", r#""a" | sign - | "b""#),
    ]);
}

#[test]
fn operators_are_marks_on_clauses() {
    check(&[
        ("a OR b AND c", r#""a" | or "b" | and "c""#),
        ("a || b && !c", r#""a" | or "b" | and -"c""#),
        ("+a -b NOT c", r#"+"a" | -"b" | -"c""#),
        ("a&&b", r#""a&&b""#),
        ("a ||b", r#""a","||b""#),
        ("and or not", r#""and","or","not""#),
        (r"\AND", r#""AND""#),
        ("ANDx", r#""ANDx""#),
        ("a!b", r#""a" | -"b""#),
        ("a-b+c", r#""a-b+c""#),
    ]);
}

#[test]
fn terms_of_every_form() {
    check(&[
        ("*", r#"wildcard "*""#),
        ("*:*", r#"*=wildcard "*""#),
        ("**", r#"wildcard "**""#),
        ("a*", r#"prefix "a""#),
        (r"a\**", r#"prefix "a*""#),
        ("a*b", r#"wildcard "a*b""#),
        ("a?", r#"wildcard "a?""#),
        (r"a\:?", r#"wildcard "a\\:?""#),
        ("a*~1", r#"prefix "a""#),
        ("a~0", r#"fuzzy "a" Edits(0)"#),
        ("a~1.7", r#"fuzzy "a" Edits(1)"#),
        ("a~3", r#"fuzzy "a" Edits(2)"#),
        ("a~auto", r#"fuzzy "a" Auto"#),
        ("a^2~1", r#"fuzzy "a" Edits(1)^2"#),
        ("a~1^2.5", r#"fuzzy "a" Edits(1)^2.5"#),
        (r#""a \"b\" c""#, r#"phrase "a \"b\" c"~0"#),
        (r#""a b"~2^3"#, r#"phrase "a b"~2^3"#),
        (r#""a b"~1.7"#, r#"phrase "a b"~1"#),
        (r#""a b"~x"#, r#"phrase "a b"~0"#),
        (r#""""#, r#"phrase ""~0"#),
        ("/a b/", r#"regexp "a b""#),
        (r"/a\/b/ c", r#"regexp "a\\/b" | "c""#),
        ("//", r#"regexp """#),
        ("a/b/", r#""a" | regexp "b""#),
        (r"\u0041\ b", r#""A b""#),
        (r"\ud83d\ude00", "\"\u{1f600}\""),
        (r"\ud83d", "\"\u{fffd}\""),
        (r"f.\*:a", r#"f.*="a""#),
        ("f:>=5", r#"f=">=5""#),
        ("_exists_:f", r#"_exists_="f""#),
        ("f : a", r#"f="a""#),
    ]);
}

#[test]
fn ranges_have_a_scanner_of_their_own() {
    check(&[
        ("[a TO b]", r#"range Inclusive Some("a") to Some("b") Inclusive"#),
        ("f:{a TO *]^2", r#"f=range Exclusive Some("a") to None Inclusive^2"#),
        (r#"["a b" TO "*"}"#, r#"range Inclusive Some("a b") to None Exclusive"#),
        (r#"["a"b TO c]"#, r#"range Inclusive Some("\"a\"b") to Some("c") Inclusive"#),
        (r#"["" TO c]"#, r#"range Inclusive Some("\"\"") to Some("c") Inclusive"#),
        ("[TO TO TO]", r#"range Inclusive Some("TO") to Some("TO") Inclusive"#),
        ("[a:b(c TO /]", r#"range Inclusive Some("a:b(c") to Some("/") Inclusive"#),
        (r"[\u0020 TO \*]", r#"range Inclusive Some(" ") to None Inclusive"#),
        ("[\t a TO b]", r#"range Inclusive Some("a") to Some("b") Inclusive"#),
        ("[\ta TO b]", r#"range Inclusive Some("\ta") to Some("b") Inclusive"#),
    ]);
}

#[test]
fn blank_texts_have_no_clauses() {
    check(&[("", "blank"), (" \t\n", "blank"), ("\u{1}", "blank")]);
}

#[test]
fn errors_have_a_place() {
    let operator =
        |text: &str, span: &str| format!("lucene-syntax {span}: unexpected operator `{text}`");
    check(&[
        ("OR a", &operator("OR", "0..2")),
        ("a AND AND b", &operator("AND", "6..9")),
        ("NOT NOT a", &operator("NOT", "4..7")),
        ("!!a", &operator("!", "1..2")),
        ("a AND", "lucene-syntax 5..5: unexpected end of query, expected a clause"),
        ("\u{3000}", "lucene-syntax 3..3: unexpected end of query, expected a clause"),
        ("f:", "lucene-syntax 2..2: unexpected end of query, expected a clause"),
        ("+-a", "lucene-syntax 1..2: unexpected `-`"),
        ("a:b:c", "lucene-syntax 3..4: unexpected `:`"),
        ("a*:b", "lucene-syntax 2..3: unexpected `:`"),
        ("()", "lucene-syntax 1..2: unexpected `)`"),
        ("a)", "lucene-syntax 1..2: unexpected `)`"),
        ("(a", "lucene-syntax 0..1: this parenthesis is never closed"),
        ("(a)~", "lucene-syntax 3..4: unexpected `~`"),
        ("a]", "lucene-syntax 1..2: unexpected `]`"),
        (r#"a "b"#, "lucene-syntax 2..3: this quote is never closed"),
        (
            "a /b",
            "lucene-syntax 2..3: a slash begins a regular expression, and this one is never closed",
        ),
        ("a\\", "lucene-syntax 1..2: a backslash at the end escapes nothing"),
        (r"\u00g", "lucene-syntax 0..5: `g` is not a hexadecimal digit of a \\uXXXX escape"),
        (r"a \u00", r"lucene-syntax 2..6: a \uXXXX escape needs four hexadecimal digits"),
        ("a^ 2", "lucene-syntax 2..3: a number must directly follow `^`"),
        ("a^", "lucene-syntax 2..2: a number must directly follow `^`"),
        ("a~x", "lucene-syntax 1..3: `x` is not an edit distance"),
        ("a~-1", "lucene-syntax 1..4: `-1` is not an edit distance"),
        (r#""a b"~-1"#, "lucene-syntax 5..8: the slop must not be negative"),
        ("[a b]", "lucene-syntax 3..4: expected `TO` between the bounds of a range"),
        ("[a TO b", "lucene-syntax 0..1: the range is not complete"),
        ("[a TO b c]", "lucene-syntax 8..9: expected `]` or `}` at the end of a range"),
        ("[]", "lucene-syntax 1..2: expected a bound of a range"),
    ]);
}

#[test]
fn hints_say_what_to_do() {
    let help = |text: &str| {
        let mut errors = parse(text).expect_err("a syntax error");
        errors.remove(0).help.expect("has a hint")
    };
    assert_eq!(help("c:/x"), "escape the slash as `\\/`, or quote the text");
    assert_eq!(help("a:b:c"), "escape special characters with a backslash, or quote the text");
}

#[test]
fn groups_may_nest_a_hundred_deep() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(100)).is_ok());
    let errors = parse(&nested(101)).expect_err("too deep");
    assert_eq!((errors[0].code, errors[0].span), ("lucene-depth", Span::new(100, 101)));
    assert!(parse(&"(".repeat(1_000_000)).is_err());
}

#[test]
fn spans_point_at_clauses() {
    let text = "a b OR -f:(c \"d\"^2)";
    let root = parse(text).expect("valid").root.expect("not blank");
    let spans: Vec<_> = root.items.iter().map(|clause| clause.span.of(text)).collect();
    assert_eq!(spans, ["a", "b", "f:(c \"d\"^2)"]);
    let Body::Group(group) = &root.items[2].body else { panic!("a group") };
    let spans: Vec<_> = group.items.iter().map(|clause| clause.span.of(text)).collect();
    assert_eq!(spans, ["c", "\"d\"^2"]);
}

/// Pieces of which almost any order is a query, or nearly one.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-c]{1,3}",
        4 => Just(" ".to_owned()),
        4 => prop::sample::select(vec![
            "AND", "OR", "NOT", "&&", "||", "!", "+", "-", "(", ")", ":", "*", "?", "~", "~1", "^2",
            "[a TO b]", "{* TO c]", "\"a b\"", "\"", "/x/", "f:", "*:", "f.\\*:", "[", "]", "{", "TO",
            "\\u0041", "\\", "\\ ", "<5", ">=", "\t", "\u{3000}", "é", "\u{1f600}", "[\"a b\" TO x}",
            "[\\u005d TO c]", "(a b)", " - ", "\n",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn printing_and_parsing_gives_the_same_tree(text in pieces()) {
        if let Ok(ast) = parse(&text) {
            let printed = ast.to_string();
            prop_assert_eq!(tree(&printed), tree(&text), "printed as {:?}", printed);
        }
    }

    #[test]
    fn any_text_parses_or_errs_within_its_bounds(text in ".{0,40}") {
        if let Err(errors) = parse(&text) {
            prop_assert!(errors[0].span.start <= errors[0].span.end);
            prop_assert!(text.get(errors[0].span.range()).is_some());
        }
    }
}
