use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn parse(source: &str, case: Case) -> Regexp {
    Regexp::parse(source, Flags::ALL, case).unwrap_or_else(|error| panic!("{source:?}: {error}"))
}

/// Asserts both matchers' word on the texts that match and those that do not.
fn check(source: &str, case: Case, matching: &[&str], others: &[&str]) {
    let regexp = parse(source, case);
    let all =
        matching.iter().map(|text| (text, true)).chain(others.iter().map(|text| (text, false)));
    for (text, expected) in all {
        assert_eq!(regexp.matches(text), expected, "{source:?} on {text:?}, {case:?}");
        assert_eq!(regexp.matches_slow(text), expected, "slow: {source:?} on {text:?}, {case:?}");
    }
}

#[test]
fn expressions_match_whole_texts() {
    // Each line as Lucene 9.12 has it.
    let table: [(&str, &[&str], &[&str]); 46] = [
        ("", &[""], &["a"]),
        ("()", &[""], &["a"]),
        ("abc", &["abc"], &["ab", "abcd", "ABC"]),
        ("a|bc", &["a", "bc"], &["ac", "abc"]),
        ("a|b&c|d", &["a", "d"], &["b", "c"]),
        ("a*", &["", "aaa"], &["b"]),
        ("a+b?", &["a", "aab"], &["b", "abb"]),
        ("a{2}", &["aa"], &["a", "aaa"]),
        ("a{2,}", &["aa", "aaaa"], &["a"]),
        ("a{1,2}", &["a", "aa"], &["", "aaa"]),
        ("a{0}", &[""], &["a"]),
        ("(a?){3}b", &["b", "ab", "aaab"], &["aaaab", "a"]),
        (".", &["a", "\n", "é", "😀"], &["", "ab"]),
        ("#", &[], &["", "a"]),
        ("#{0}", &[""], &["#"]),
        ("@", &["", "a\nb"], &[]),
        ("@&~b", &["", "a", "bb"], &["b"]),
        ("~a", &["", "b", "aa"], &["a"]),
        ("~~a", &["a"], &["b"]),
        ("~a*", &["", "aa", "ab"], &["a"]),
        ("~(a*)", &["b", "ab"], &["", "a"]),
        ("a~b", &["a", "ac", "abb"], &["ab", "b"]),
        ("[abc]", &["a", "c"], &["d", "ab", ""]),
        ("[a-c]", &["a", "b", "c"], &["d", "-"]),
        ("[^a-c]", &["d", "\n", "😀"], &["a", "", "dd"]),
        (r"[\-\]]", &["-", "]"], &["\\"]),
        (r"[\\-a]", &["\\", "-", "a"], &["b", "_"]),
        (r"[a-\d]", &["a", "d"], &["0"]),
        (r"[\d-z]", &["5", "-", "z"], &["y"]),
        ("[]a]", &["]", "a"], &["b"]),
        ("[a.*]", &["a", ".", "*"], &["b"]),
        (r"\d\D", &["1a"], &["11", "a1"]),
        (r"\s\S", &[" a", "\ta", "\r\u{b}"], &["  ", "\u{b}a"]),
        (r"\w\W", &["a-", "_é", "0 "], &["aa", "é-"]),
        (r"\.\*\\", &[r".*\"], &["a*\\"]),
        (r"\é", &["é"], &["\\é"]),
        (r#""a.*""#, &["a.*"], &["ab"]),
        (r#""a"*"#, &["", "aa"], &["\"a\""]),
        ("|a", &["|a"], &["", "a"]),
        ("*a", &["*a"], &["a"]),
        ("&a", &["&a"], &["a"]),
        ("a||b", &["a", "|b"], &["", "b"]),
        ("<5-100>", &["5", "05", "0099", "100"], &["4", "101", "", "5a"]),
        ("<05-10>", &["05", "10"], &["5", "11", "005"]),
        ("<5-0>", &["0", "5"], &["05", "6"]),
        ("[[:digit:]]", &["d]", ":]"], &["5", "d"]),
    ];
    for (source, matching, others) in table {
        check(source, Case::Sensitive, matching, others);
    }
}

#[test]
fn literals_fold_and_ranges_do_not() {
    let table: [(&str, &[&str], &[&str]); 9] = [
        ("ab", &["AB", "aB"], &["a"]),
        (r#""ab""#, &["AB"], &[]),
        ("[ab]", &["A", "b"], &["c"]),
        ("[a-b]", &["a"], &["A"]),
        ("[^a]", &["b", "B"], &["a", "A"]),
        ("[^a-b]", &["A"], &["a"]),
        ("É", &["É"], &["é"]),
        ("k", &["K"], &["\u{212a}"]),
        ("~a", &["b"], &["a", "A"]),
    ];
    for (source, matching, others) in table {
        check(source, Case::Insensitive, matching, others);
    }
}

#[test]
fn without_case_the_empty_string_matches_nothing_unless_next_to_text() {
    let table: [(&str, &[&str], &[&str]); 12] = [
        ("", &[], &[""]),
        ("()", &[], &[""]),
        (r#""""#, &[], &[""]),
        ("~()", &["", "a"], &[]),
        ("()?", &[""], &["a"]),
        ("a()", &["a"], &[""]),
        (".()", &[], &["a"]),
        (".a()", &["aa"], &["a"]),
        (".()a", &["ba"], &["a"]),
        ("a(().)", &["ab"], &["a"]),
        ("a(().b)", &[], &["abb"]),
        ("[a]()", &["a"], &["b"]),
    ];
    for (source, matching, others) in table {
        check(source, Case::Insensitive, matching, others);
    }
}

#[test]
fn nothing_repeated_without_bound_is_nothing() {
    let table: [(&str, &[&str], &[&str]); 7] = [
        ("#*", &[], &[""]),
        ("#{0,}", &[], &[""]),
        ("#{0,3}", &[""], &["a"]),
        ("(#?)*", &[""], &["a"]),
        ("(a&b)*", &[], &[""]),
        ("(a{1,2}&b)*c|d", &["d"], &["c"]),
        (r"[^\d\D]*", &[], &[""]),
    ];
    for (source, matching, others) in table {
        check(source, Case::Sensitive, matching, others);
    }
}

#[test]
fn operators_that_are_off_are_literal() {
    let none = |source| Regexp::parse(source, Flags::NONE, Case::Sensitive).expect("valid");
    for source in ["a&b", "~a", "#", "@", "<1-2>", "<a>"] {
        assert!(none(source).matches(source), "{source}");
        assert!(none(source).matches_slow(source), "{source}");
    }
    assert!(none(r#""a"|b"#).matches("a"));
    let interval = Regexp::parse("~<1-2>", Flags::INTERVAL, Case::Sensitive).expect("valid");
    assert!(interval.matches("~2"));
    let both = Flags::INTERVAL.with(Flags::COMPLEMENT);
    let both = Regexp::parse("~<1-2>", both, Case::Sensitive).expect("valid");
    assert!(both.matches("3") && !both.matches("2"));
}

#[test]
fn what_lucene_rejects_is_an_error_with_a_place() {
    let table = [
        ("a|", "unexpected end of the regular expression", ""),
        ("(a|)", "expected `)` in the regular expression", "(a|)"),
        ("(ab", "expected `)` in the regular expression", "(ab"),
        ("a)b", "unmatched `)` in the regular expression", ")"),
        ("é)", "unmatched `)` in the regular expression", ")"),
        ("[", "unexpected end of the regular expression", ""),
        ("[]", "expected `]` in the regular expression", "[]"),
        ("x[ab", "expected `]` in the regular expression", "[ab"),
        ("[a-]", "range bounds out of order in the regular expression", "a-]"),
        ("x[cb-a]", "range bounds out of order in the regular expression", "b-a"),
        (r"a\", "unexpected end of the regular expression", ""),
        (r"a\bc", r"unknown escape `\b` in the regular expression", r"\b"),
        (r"[\x]", r"unknown escape `\x` in the regular expression", r"\x"),
        ("a{,3}", "expected a number after `{` in the regular expression", ","),
        ("a{2", "expected `}` in the regular expression", "{2"),
        ("a{2x}", "expected `}` in the regular expression", "{2x"),
        ("a{3,2}b", "repetition bounds out of order in the regular expression", "{3,2}"),
        ("a{2147483648}", "number too large in the regular expression", "2147483648"),
        ("<a>", "unknown named automaton `a` in the regular expression", "<a>"),
        ("<1-2-3>", "malformed numeric interval in the regular expression", "<1-2-3>"),
        ("<-5>", "malformed numeric interval in the regular expression", "<-5>"),
        (
            "x<1-2147483648>",
            "malformed numeric interval in the regular expression",
            "<1-2147483648>",
        ),
        ("<1-2", "expected `>` in the regular expression", "<1"),
        ("\"a", "expected `\"` in the regular expression", "\"a"),
        ("a{2147483647}", "regular expression too complex", "a{2147483647}"),
        (".*a.{20}", "regular expression too complex", ".*a.{20}"),
    ];
    for (source, message, place) in table {
        let error = Regexp::parse(source, Flags::ALL, Case::Sensitive).expect_err(source);
        assert_eq!(
            (error.to_string().as_str(), error.span.of(source)),
            (message, place),
            "{source}"
        );
    }
}

#[test]
fn large_expressions_that_lucene_takes_are_taken() {
    let tools = "aa bb cc dd ee ff".split(' ');
    let calls: Vec<String> =
        tools.map(|tool| format!(r"{tool}\s.*\s-{tool}|/{tool}/\S+")).collect();
    let table = [
        (format!(".*({}).*", calls.join("|")), "x bb c -bb", "x bb c -cc"),
        (".*(AK|AS)[A-Z0-9]{16}.*".to_owned(), "-AK0123456789ABCDEF-", "-AK0123456789ABCDE-"),
        (".*a.{10}".to_owned(), "xxa0123456789", "xxb0123456789"),
    ];
    for (source, text, other) in table {
        let regexp = parse(&source, Case::Sensitive);
        assert!(regexp.matches(text), "{source}");
        assert!(!regexp.matches(other), "{source}");
    }
}

#[test]
fn hostile_expressions_end_soon() {
    let hostile = [
        "((a{1000}){1000}){1000}".to_owned(),
        "(.*.*.*.*){50}a".to_owned(),
        "(a*b*c*d*){50}e".to_owned(),
        "((a|b)*(b|c)*(c|d)*){0,30}".to_owned(),
        "(a?){9999}b".to_owned(),
        "(.*a.{9}){5}&~(.*b.{9})".to_owned(),
        "~(~(~(.*a.{6})b.{6})c.{6})".to_owned(),
        "(".repeat(100_000),
        format!("{}a{}", "(".repeat(149), ")".repeat(149)),
        format!("{}a{}", "(".repeat(140), "*|b)".repeat(140)),
        format!("{}a{}", "(b?".repeat(140), "&c?)".repeat(140)),
        "a".to_owned() + &"*".repeat(100_000),
        "~".repeat(100_000) + "a",
        "a?".repeat(20_000),
        "a|".repeat(50_000) + "a",
        "[^a]".repeat(50_000),
        (0..50_000).filter_map(char::from_u32).filter(|c| c.is_alphabetic()).collect(),
        (0..20_000)
            .filter_map(|n| char::from_u32(0x4e00 + n))
            .flat_map(|c| ['[', '^', c, ']'])
            .collect(),
        "<0-2147483647>".repeat(200),
        format!("<{}1-{}2>", "0".repeat(100_000), "0".repeat(100_000)),
        format!("[{}]", "a-z".repeat(50_000)),
        "(a{0,100}b{0,100}){0,100}".to_owned(),
        "(.{0,300}x){0,300}".to_owned(),
    ];
    for source in hostile {
        let start = Instant::now();
        let result = Regexp::parse(&source, Flags::ALL, Case::Insensitive);
        let took = start.elapsed();
        let head: String = source.chars().take(30).collect();
        // Generous: this may be an unoptimised build on a busy machine.
        assert!(took < Duration::from_secs(10), "{head} took {took:?}");
        if let Ok(regexp) = result {
            regexp.matches(&"ab".repeat(10_000));
        }
    }
}

#[test]
fn an_expression_lies_within_another() {
    let (exact, any) = (Case::Sensitive, Case::Insensitive);
    for (a, b, within) in [
        (("ab", exact), ("a.", exact), true),
        (("a.", exact), ("ab", exact), false),
        (("a+", exact), ("a*", exact), true),
        (("a*", exact), ("a+", exact), false),
        ((".*a.*", exact), (".*(.*a.*)", exact), true),
        ((".*(.*a.*)", exact), (".*a.*", exact), true),
        (("[a-c]{2,3}", exact), ("[a-c]{1,3}", exact), true),
        (("[a-c]", exact), ("[abd]", exact), false),
        (("é", exact), ("[^a]", exact), true),
        (("#", exact), ("a", exact), true),
        (("a", exact), ("@", exact), true),
        (("ab", exact), ("ab", any), true),
        (("ab", any), ("ab", exact), false),
        (("1[a-z]", any), ("1[a-z]", exact), true),
    ] {
        let found = parse(a.0, a.1).is_within(&parse(b.0, b.1), 1_000);
        assert_eq!(found, within, "{a:?} within {b:?}");
    }
    // Who may take no step knows nothing.
    assert!(!parse("ab", exact).is_within(&parse("ab", exact), 0));
}

#[test]
fn equality_is_that_of_source_flags_and_case() {
    let one = parse("a", Case::Sensitive);
    assert_eq!(one, one.clone());
    assert_eq!(one, parse("a", Case::Sensitive));
    assert_ne!(one, parse("a", Case::Insensitive));
    assert_ne!(one, parse("(a)", Case::Sensitive));
    let none = Regexp::parse("a", Flags::NONE, Case::Sensitive).expect("valid");
    assert_ne!(one, none);
    assert_eq!(one.to_string(), "a");
}

#[test]
fn literals_are_found_where_every_match_has_one() {
    let table: [(&str, Option<&[&str]>); 16] = [
        ("abc", Some(&["abc"])),
        (".*Foo.*ab", Some(&["foo"])),
        (".*(foo|Bar).*", Some(&["bar", "foo"])),
        (".*(foo|b?).*", None),
        (".*", None),
        ("a(bc)d", Some(&["abcd"])),
        ("a(bc)+d", Some(&["bc"])),
        ("a(bc)*d", Some(&["a"])),
        ("ab&.*bcd", Some(&["bcd"])),
        ("~a", None),
        ("~(a)bc", Some(&["bc"])),
        ("[aA]b", Some(&["ab"])),
        ("[ab]", None),
        (r"\d+", None),
        ("<1-2>ab", Some(&["ab"])),
        (r"a\.exe", Some(&["a.exe"])),
    ];
    for (source, expected) in table {
        let found = parse(source, Case::Insensitive).required_literals();
        let found = found.as_ref().map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), expected, "{source}");
    }
}

/// Sources of valid expressions, operators in all combinations.
fn sources() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => "[abBé1]",
        1 => "\"[ab.]{0,2}\"",
        1 => Just(".".to_owned()),
        1 => Just("#".to_owned()),
        1 => Just("@".to_owned()),
        1 => Just("()".to_owned()),
        1 => r"\[\^?([abé]|a-b|A-Z|\\d|\\W){1,2}\]",
        1 => r"\\[dDwWsS.\\]",
        1 => "<[0-9]{1,2}-[0-9]{1,2}>",
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            3 => proptest::collection::vec(inner.clone(), 2..4).prop_map(|all| all.concat()),
            2 => proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|all| format!("({})", all.join("|"))),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}&{b})")),
            1 => inner.clone().prop_map(|one| format!("~({one})")),
            2 => (inner, r"[?*+]|\{[0-3]\}|\{[0-2],\}|\{[01],[1-3]\}")
                .prop_map(|(one, times)| format!("({one}){times}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    #[test]
    fn the_automaton_equals_the_slow_matcher(
        source in sources(),
        texts in proptest::collection::vec("[aAbBé1]{0,6}", 8),
    ) {
        for case in [Case::Sensitive, Case::Insensitive] {
            let Ok(regexp) = Regexp::parse(&source, Flags::ALL, case) else {
                return Err(TestCaseError::fail(format!("{source:?} is refused")));
            };
            let literals = regexp.required_literals();
            for text in &texts {
                let matches = regexp.matches(text);
                prop_assert_eq!(matches, regexp.matches_slow(text), "{:?} on {:?}", source, text);
                if let Some(literals) = &literals && matches {
                    let folded = text.to_ascii_lowercase();
                    prop_assert!(
                        literals.iter().any(|literal| folded.contains(literal.as_str())),
                        "{:?} matches {:?} without {:?}", source, text, literals,
                    );
                }
            }
        }
    }

    #[test]
    fn what_lies_within_matches_no_more(
        a in sources(), b in sources(),
        texts in proptest::collection::vec("[aAbBé1]{0,4}", 16),
    ) {
        let regexp = |source: &str| Regexp::parse(source, Flags::ALL, Case::Sensitive).ok();
        let steps = 1_000_000;
        let (Some(left), Some(right)) = (regexp(&a), regexp(&b)) else {
            return Err(TestCaseError::fail(format!("{a:?} or {b:?} is refused")));
        };
        let within = left.is_within(&right, steps);
        for text in &texts {
            prop_assert!(!within || !left.matches(text) || right.matches_slow(text), "{}", text);
        }
        // It is found wherever it is so: the one without the other is nothing.
        let rest = regexp(&format!("({a})&~({b})"));
        let nothing = regexp("#");
        if let (Some(rest), Some(nothing)) = (rest, nothing) {
            prop_assert_eq!(within, rest.is_within(&nothing, steps), "{:?} within {:?}", a, b);
        }
        if let Some(both) = regexp(&format!("({a})|({b})")) {
            prop_assert!(left.is_within(&both, steps), "{:?} within either", a);
            prop_assert_eq!(both.is_within(&right, steps), within);
        }
    }

    #[test]
    fn any_text_parses_or_fails_in_peace(source in any::<String>(), dense in r#"[ab(){}\[\]|&~*+?<>"\\,0-9^-]{0,24}"#) {
        for source in [source, dense] {
            for flags in [Flags::ALL, Flags::NONE, Flags::INTERVAL] {
                if let Err(error) = Regexp::parse(&source, flags, Case::Sensitive) {
                    prop_assert!(source.get(error.span.range()).is_some(), "{:?} {:?}", source, error);
                }
            }
        }
    }
}
