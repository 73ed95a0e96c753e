use proptest::prelude::*;

use super::*;

/// Asserts both matchers' word on a DSL pattern.
fn check(pattern: &str, text: &str, case: Case, expected: bool) {
    let glob = Glob::wildcard(pattern);
    assert_eq!(glob.matches(text, case), expected, "{pattern:?} on {text:?}, {case:?}");
    assert_eq!(glob.matches_slow(text, case), expected, "slow: {pattern:?} on {text:?}, {case:?}");
}

#[test]
fn patterns_match_whole_texts() {
    let table = [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "a\nb", true),
        ("?", "", false),
        ("?", "é", true),
        ("?", "😀", true),
        ("?", "\n", true),
        ("??", "é", false),
        ("?*", "", false),
        ("*?", "ab", true),
        ("a*", "abc", true),
        ("a*", "ba", false),
        ("*c", "abc", true),
        ("*b*", "abc", true),
        ("*b*", "ac", false),
        ("a*c", "ac", true),
        ("ab*ba", "aba", false),
        ("ab*ba", "abba", true),
        ("*ab*ab*", "abab", true),
        ("*ab*ab*", "aab", false),
        ("*a?c*", "abbabc", true),
        ("*a?c", "xaacc", true),
        ("*a?c", "xabbc", false),
        ("*?a*", "a", false),
        ("*?a*", "éa", true),
        ("a?*?b", "axb", false),
        ("a?*?b", "axéb", true),
        ("*aab*", "aaab", true),
        (r"\*", "*", true),
        (r"\*", "a", false),
        (r"\?\\", r"?\", true),
        (r"a\", r"a\", true),
        (r"\a", "a", true),
        (r"\\*", r"\b", true),
    ];
    for (pattern, text, expected) in table {
        check(pattern, text, Case::Sensitive, expected);
    }
}

#[test]
fn only_ascii_letters_fold() {
    let table = [
        ("AbC*", "aBcd", true),
        ("*É*", "é", false),
        ("*É*x", "aÉX", true),
        ("k", "\u{212a}", false),
        ("*s", "ſ", false),
        ("*[*", "a{b", false),
        ("*xY*", "zzXyz", true),
    ];
    for (pattern, text, expected) in table {
        check(pattern, text, Case::Insensitive, expected);
    }
    check("A", "a", Case::Sensitive, false);
}

#[test]
fn a_backslash_of_eql_is_literal() {
    let glob = Glob::eql(r"c:\*\?.exe");
    assert!(glob.matches(r"c:\a\b.exe", Case::Sensitive));
    assert!(!glob.matches("c:*?.exe", Case::Sensitive));
    assert_eq!(glob.to_string(), r"c:\\*\\?.exe");
}

#[test]
fn a_pattern_without_wildcards_is_a_literal() {
    assert_eq!(Glob::wildcard("").as_literal().as_deref(), Some(""));
    assert_eq!(Glob::wildcard(r"a\*").as_literal().as_deref(), Some("a*"));
    assert_eq!(Glob::wildcard("a*").as_literal(), None);
    assert_eq!(Glob::eql("a?").as_literal(), None);
}

#[test]
fn wildcards_in_a_row_have_one_form() {
    assert_eq!(Glob::wildcard("a**?*b").to_string(), "a?*b");
    assert_eq!(Glob::wildcard("?*?"), Glob::wildcard("*??"));
    let literals = ["a", "", "b"].map(|text| GlobPart::Literal(text.to_owned()));
    assert_eq!(Glob::from_parts(literals).parts(), [GlobPart::Literal("ab".to_owned())]);
}

#[test]
fn normalizers_leave_wildcards_alone() {
    let glob = Glob::wildcard(r"*A\*B?").normalize(str::to_lowercase);
    assert_eq!(glob, Glob::wildcard(r"*a\*b?"));
    assert_eq!(Glob::wildcard("*a*").normalize(|_| String::new()), Glob::wildcard("*"));
}

#[test]
fn many_stars_on_a_long_text_stay_cheap() {
    let glob = Glob::wildcard(&format!("{}b", "a*".repeat(1_000)));
    assert!(!glob.matches(&"a".repeat(100_000), Case::Insensitive));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_fast_matcher_equals_the_slow_one(
        pattern in r"[aAbé?*]{0,8}",
        text in r"[aAbBéÉ]{0,10}",
    ) {
        let glob = Glob::wildcard(&pattern);
        for case in [Case::Sensitive, Case::Insensitive] {
            prop_assert_eq!(glob.matches(&text, case), glob.matches_slow(&text, case));
        }
    }

    #[test]
    fn a_printed_pattern_reads_the_same(text in r"[ab*?\\é]{0,10}") {
        for glob in [Glob::wildcard(&text), Glob::eql(&text)] {
            prop_assert_eq!(Glob::wildcard(&glob.to_string()), glob);
        }
    }

    #[test]
    fn a_text_without_wildcards_matches_itself(text in r"[^*?\\]{0,12}") {
        let glob = Glob::wildcard(&text);
        prop_assert!(glob.matches(&text, Case::Sensitive));
        prop_assert_eq!(glob.as_literal(), Some(text));
    }
}
