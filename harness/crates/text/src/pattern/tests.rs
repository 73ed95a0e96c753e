use super::regexp::Flags;
use super::*;

fn regexp(source: &str, case: Case) -> Pattern {
    Pattern::Regexp(Regexp::parse(source, Flags::ALL, case).expect("a valid expression"))
}

fn fuzzy(text: &str, prefix: usize, transpositions: bool) -> Pattern {
    Pattern::Fuzzy(Fuzzy { text: text.to_owned(), distance: 1, prefix, transpositions })
}

fn range(low: Option<(&str, bool)>, high: Option<(&str, bool)>) -> Pattern {
    let owned = |bound: Option<(&str, bool)>| bound.map(|(text, inside)| (text.to_owned(), inside));
    Pattern::Range(StringRange { order: Order::Bytes, low: owned(low), high: owned(high) })
}

#[test]
fn patterns_read_well() {
    use Case::{Insensitive, Sensitive};
    let table = [
        (Pattern::Equals("a\"\n".into(), Sensitive), r#"= "a\"\n""#),
        (Pattern::Equals("a".into(), Insensitive), r#"= "a" (any case)"#),
        (Pattern::Prefix(r"c:\*".into(), Sensitive), r#"~ "c:\\\**""#),
        (Pattern::Glob(Glob::eql(r"*\a?"), Insensitive), r#"~ "*\\a?" (any case)"#),
        (Pattern::Glob(Glob::eql("*\"\n*"), Sensitive), r#"~ "*\"\n*""#),
        (regexp("a/b.*", Sensitive), r"/a\/b.*/"),
        (regexp("a", Insensitive), "/a/ (any case)"),
        (range(Some(("a", true)), Some(("b", false))), r#">= "a" and < "b""#),
        (range(Some(("a", false)), None), r#"> "a""#),
        (range(None, Some(("b", true))), r#"<= "b""#),
        (range(None, None), "any"),
        (fuzzy("abc", 0, true), r#""abc"~1"#),
        (fuzzy("abc", 2, false), r#""abc"~1 (prefix 2) (no swaps)"#),
    ];
    for (pattern, expected) in table {
        assert_eq!(pattern.to_string(), expected);
    }
}

#[test]
fn both_matchers_agree_on_equality_prefixes_and_ranges() {
    use Case::{Insensitive, Sensitive};
    let equals = |text: &str, case| Pattern::Equals(text.to_owned(), case);
    let prefix = |text: &str, case| Pattern::Prefix(text.to_owned(), case);
    let table = [
        (equals("é", Sensitive), "é", true),
        (equals("aÉ", Insensitive), "AÉ", true),
        (equals("aÉ", Insensitive), "Aé", false),
        (equals("k", Insensitive), "\u{212a}", false),
        (equals("a", Sensitive), "A", false),
        (equals("a", Insensitive), "ab", false),
        (prefix("", Sensitive), "", true),
        (prefix("ab", Sensitive), "a", false),
        (prefix("aB", Insensitive), "Abé", true),
        (prefix("a", Insensitive), "é", false),
        (prefix("é", Sensitive), "éa", true),
        (range(Some(("a", true)), Some(("b", true))), "a", true),
        (range(Some(("a", false)), Some(("b", true))), "a", false),
        (range(Some(("a", false)), Some(("b", false))), "b", false),
        (range(None, Some(("\u{ffff}", true))), "\u{10000}", false),
        (range(None, None), "", true),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(pattern.matches(text), expected, "{pattern} on {text:?}");
        assert_eq!(pattern.matches_slow(text), expected, "slow: {pattern} on {text:?}");
    }
}

#[test]
fn versions_are_in_an_order_of_their_own() {
    let owned = |text: &str, inside| Some((text.to_owned(), inside));
    let range = |order| StringRange { order, low: owned("1.5.0", false), high: owned("2", true) };
    for (text, version, bytes) in [
        ("1.11.3", true, false),
        ("1.5.0", false, false),
        ("1.5.0-rc1", false, true),
        ("2.0", false, false),
        ("2", true, true),
        ("bad", false, false),
    ] {
        assert_eq!(range(Order::Versions).contains(text), version, "{text}");
        assert_eq!(range(Order::Bytes).contains(text), bytes, "{text}");
    }
}
