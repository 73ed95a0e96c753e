use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The whole first match and its groups.
fn check(dialect: Dialect, pattern: &str, text: &str, expected: Option<&[Option<&str>]>) {
    let regex = Regex::new(pattern, dialect).expect(pattern);
    let found = regex.captures_at(text, 0).expect("few steps");
    let found: Option<Vec<_>> =
        found.map(|groups| groups.iter().map(|group| group.map(|(a, b)| &text[a..b])).collect());
    assert_eq!(found.as_deref(), expected, "{pattern} on {text}");
}

#[test]
fn the_dialects_differ() {
    use Dialect::{Java, Oniguruma};
    check(Java, "^b", "a\nb", None);
    check(Oniguruma, "^b", "a\nb", Some(&[Some("b")]));
    check(Java, "a$", "a\n", Some(&[Some("a")]));
    check(Java, "a$", "a\nb", None);
    check(Java, "(a)(?<n>b)", "ab", Some(&[Some("ab"), Some("a"), Some("b")]));
    check(Oniguruma, "(a)(?<n>b)", "ab", Some(&[Some("ab"), Some("b")]));
    check(Oniguruma, r"\h+", "xfa9z", Some(&[Some("fa9")]));
    check(Java, r"\h+", "x \ty", Some(&[Some(" \t")]));
    check(Java, ".", "\r", None);
    check(Oniguruma, ".", "\r", Some(&[Some("\r")]));
    check(Oniguruma, "a{b}", "a{b}", Some(&[Some("a{b}")]));
    assert!(matches!(Regex::new("a{b}", Java), Err(RegexError::Syntax(_))));
}

#[test]
fn what_only_the_machine_runs() {
    use Dialect::Java;
    check(Java, "(?<![0-9.])[0-9]+(?![0-9])", ".12 34", Some(&[Some("34")]));
    check(Java, "a(?=b|cd)", "ac acd", Some(&[Some("a")]));
    check(Java, "(?<=ab|c)x", "bx abx", Some(&[Some("x")]));
    check(Java, r"\w++b", "aab", None);
    check(Java, r"\w++!", "aab!", Some(&[Some("aab!")]));
    check(Java, "(?>a+)b", "caab", Some(&[Some("aab")]));
    check(Java, "(?>a+|b)c", "aabc", Some(&[Some("bc")]));
    check(Java, "a(?!.*)", "ab", None);
    check(Java, r"\Bb", "ab b", Some(&[Some("b")]));
    check(Java, "[a-z&&[^aeiou]]+", "aeixyz", Some(&[Some("xyz")]));
    check(Java, r"(a+?)(a*)$", "aaa", Some(&[Some("aaa"), Some("a"), Some("aa")]));
}

#[test]
fn errors_and_limits() {
    for (pattern, syntax) in [
        ("(", true),
        (")", true),
        ("[a", true),
        ("a**", false),
        ("*a", true),
        (r"(a)\1", false),
        ("(?=a*b)c", false),
        ("(?:ab)++", false),
        ("(?>a|ab)c", false),
        (r"\p{L}", false),
    ] {
        let error = Regex::new(pattern, Dialect::Java).err();
        match error {
            Some(RegexError::Syntax(_)) => assert!(syntax, "{pattern}"),
            Some(RegexError::Unsupported(_)) => assert!(!syntax, "{pattern}"),
            None => assert_eq!(pattern, "a**", "{pattern}"),
        }
    }
    let deep = format!("{}a{}", "(".repeat(500), ")".repeat(500));
    assert!(Regex::new(&deep, Dialect::Java).is_err());
    assert!(Regex::new("((a{1,1000}){1,1000}){1,1000}(?!b)", Dialect::Java).is_err());
}

#[test]
fn what_repeats_is_written_within_limits() {
    let refused = |pattern: &str| match Regex::new(pattern, Dialect::Oniguruma) {
        Ok(_) => panic!("{pattern} is taken"),
        Err(error) => error.to_string(),
    };
    let nested = |body: &str, count: &str, depth: usize| {
        format!("(?=x){}{body}{}", "(?:".repeat(depth), format!("){count}").repeat(depth))
    };
    // What writes nothing is written once, however often it repeats.
    assert!(Regex::new(&nested("", "{1000}", 60), Dialect::Oniguruma).is_ok());
    let large = "an expression of this size cannot be run by an automaton";
    assert_eq!(refused(&nested("a", "{2}", 60)), large);
    assert_eq!(refused(&nested("", "{0,9}", 60)), large);
    assert_eq!(
        refused(&format!("a{}", "?".repeat(100_000))),
        "more than 10 repeats of one part cannot be run by an automaton"
    );
    let wide = format!("(?:(?={})a){{9000}}", vec!["[a-cx-z]{31}"; 120].join("|"));
    assert_eq!(refused(&wide), large);
}

#[test]
fn a_search_ends_after_so_many_steps() {
    let pattern = "(?!b)(?:a?){2000}a(?![ab])";
    let regex = Regex::new(pattern, Dialect::Oniguruma).expect("it is small");
    let text = format!("{}b", "a".repeat(99_999));
    let error = regex.captures_at(&text, 0).expect_err("it takes long").to_string();
    assert_eq!(error, "the expression takes more than 20000000 steps on a text of 100000 bytes");
    let java = Regex::new(pattern, Dialect::Java).expect("it is small");
    assert!(matches!(java.replace_all(&text, "", 1000), Err(ReplaceError::Steps(_))));
}

#[test]
fn replacing_as_java_does() {
    let replace = |pattern: &str, text: &str, new: &str| {
        let regex = Regex::new(pattern, Dialect::Java).expect(pattern);
        regex.replace_all(text, new, 1000)
    };
    let check = |pattern, text, new, expected: &str| {
        assert_eq!(replace(pattern, text, new), Ok(Some(expected.to_owned())), "{pattern}");
    };
    check("a*", "aaa", "X", "XX");
    check("", "ab", "-", "-a-b-");
    check("(b)(c)?", "abcb", "[$1$2]", "a[bc][b]");
    check("(?<n>b)", "ab", "${n}$12", "abb2");
    check("b", "abc", r"\$1\\", r"a$1\c");
    check(":[0-9]+$", "host:80\n", "", "host\n");
    check("é", "aéb", "", "ab");
    assert!(replace("a", "a", "$1").is_err());
    assert!(replace("a", "a", "\\").is_err());
    assert_eq!(replace("a", &"a".repeat(600), "bb"), Ok(None));
}

/// What repeats is never empty: engines differ on passes that take nothing.
fn pattern() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[ab]",
        Just("[^a]".to_owned()),
        Just(r"\w".to_owned()),
        Just(r"\b".to_owned()),
        Just("^".to_owned())
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(?:{a}|{b})")),
            (inner.clone(), "\\*|\\+|\\?|\\*\\?|\\{1,2\\}")
                .prop_map(|(a, q)| format!("(?:[abc]{a}){q}")),
            inner.prop_map(|a| format!("({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn the_machine_agrees_with_the_regex_crate(pattern in pattern(), text in "[abc \\n]{0,12}") {
        let regex = Regex::new(&pattern, Dialect::Oniguruma).expect("valid");
        prop_assume!(regex.native.is_some());
        let program = Program::compile(&regex.node, regex.groups).expect("small");
        let by_machine = machine::run(&program, &text, 0, max_steps()).expect("few steps");
        let by_crate = regex.captures_at(&text, 0).expect("few steps");
        prop_assert_eq!(by_machine.as_ref().map(|g| g[0]), by_crate.as_ref().map(|g| g[0]), "{}", pattern);
    }

    #[test]
    fn the_machine_starts_where_it_may_find_something(
        parts in vec(pattern(), 1..3),
        around in "\\(\\?(=|!|<=|<!)[abc]\\)",
        text in "[abc \\n]{0,12}",
    ) {
        for dialect in [Dialect::Java, Dialect::Oniguruma] {
            let pattern = parts.join(&around);
            let pattern = format!("{pattern}{around}");
            let regex = Regex::new(&pattern, dialect).expect("valid");
            let program = regex.program().expect("small");
            let all = machine::run(program, &text, 0, max_steps()).expect("few steps");
            prop_assert_eq!(regex.captures_at(&text, 0).expect("few steps"), all, "{}", pattern);
        }
    }

    #[test]
    fn no_pattern_panics(pattern in "[ab(?:<!=>)\\[\\]^&|*+{1,2}\\\\dwQE$.-]{0,16}", text in "[ab1\\n-]{0,8}") {
        for dialect in [Dialect::Java, Dialect::Oniguruma] {
            if let Ok(regex) = Regex::new(&pattern, dialect)
                && let Ok(Some(groups)) = regex.captures_at(&text, 0)
            {
                prop_assert!(groups[0].is_some_and(|(a, b)| a <= b && b <= text.len()));
            }
        }
    }
}
