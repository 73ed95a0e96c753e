use super::*;

fn check(analyzer: &Analyzer, text: &str, expected: &[&str]) {
    let tokens = analyzer.tokens(text);
    let terms: Vec<_> = tokens.iter().map(|token| token.text.as_str()).collect();
    assert_eq!(terms, expected, "{text:?} by {analyzer:?}");
    for (position, token) in tokens.iter().enumerate() {
        assert_eq!(token.position as usize, position, "{text:?}");
    }
}

#[test]
fn standard_words() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        (" \t\n", &[]),
        ("quick-brown", &["quick", "brown"]),
        ("can't Fox's", &["can't", "fox's"]),
        ("3.14 1,000 3. .5", &["3.14", "1,000", "3", "5"]),
        ("foo_bar _ __ _a_", &["foo_bar", "_a_"]),
        ("x.y.z u.s.a. a..b", &["x.y.z", "u.s.a", "a", "b"]),
        ("a:b 1:2 a,b 1.a a.1", &["a:b", "1", "2", "a", "b", "1", "a", "a", "1"]),
        ("foo@bar.com", &["foo", "bar.com"]),
        ("don’t", &["don’t"]),
        ("'quoted' \"x\"", &["quoted", "x"]),
        (r"C:\Windows\cmd.exe /c", &["c", "windows", "cmd.exe", "c"]),
    ];
    for (text, expected) in cases {
        check(&Analyzer::Standard, text, expected);
    }
}

#[test]
fn standard_scripts() {
    let cases: &[(&str, &[&str])] = &[
        ("日本語 ひらが", &["日", "本", "語", "ひ", "ら", "が"]),
        ("カタカナ 한국어", &["カタカナ", "한국어"]),
        ("カa カ_a", &["カ", "a", "カ_a"]),
        ("ภาษาไทย ລາວ", &["ภาษาไทย", "ລາວ"]),
        ("ÀÉ ΣΑΣ ẞ İI", &["àé", "σασ", "ß", "ii"]),
        ("e\u{301}te\u{301} \u{301}", &["e\u{301}te\u{301}"]),
        ("a\u{200d}b a\u{200b}c", &["a\u{200d}b", "a", "c"]),
        ("א'ב א' א\"ב א\" a:א\"ב", &["א'ב", "א'", "א\"ב", "א", "a:א", "ב"]),
    ];
    for (text, expected) in cases {
        check(&Analyzer::Standard, text, expected);
    }
}

#[test]
fn standard_emoji() {
    let cases: &[(&str, &[&str])] = &[
        ("a😀b", &["a", "😀", "b"]),
        ("😀😀", &["😀", "😀"]),
        ("👍🏽 🏽", &["👍🏽", "🏽"]),
        ("👩‍👩‍👧", &["👩‍👩‍👧"]),
        ("🇩🇪🇫🇷 🇩", &["🇩🇪", "🇫🇷"]),
        ("1️⃣ #️⃣ # *", &["1️⃣", "#️⃣"]),
        ("❤️ ©", &["❤️", "©"]),
    ];
    for (text, expected) in cases {
        check(&Analyzer::Standard, text, expected);
    }
}

#[test]
fn long_words_are_split_after_255_units() {
    let long = "a".repeat(600);
    check(&Analyzer::Standard, &long, &[&long[..255], &long[..255], &long[..90]]);
    check(&Analyzer::Whitespace, &long, &[&long[..255], &long[..255], &long[..90]]);
}

#[test]
fn joiners_before_an_emoji_count_as_units() {
    let long = format!("{}😀", "\u{200d}".repeat(300));
    check(&Analyzer::Standard, &long, &[&format!("{}😀", "\u{200d}".repeat(253))]);
    check(&Analyzer::Standard, &"\u{200d}".repeat(300), &[]);
}

#[test]
fn pattern_separators() {
    let cases: &[(&str, &str, &[&str])] = &[
        (r"\W+", "Foo-bar_baz É1", &["foo", "bar_baz", "1"]),
        (r"[\W&&[^-]]+", "[Reflection.Assembly]::Load-X", &["reflection", "assembly", "load-x"]),
        (r"\s+", "a\u{a0}b c", &["a\u{a0}b", "c"]),
        (",", ",a,,B,", &["a", "b"]),
        ("x+?y?", "axyxb", &["a", "b"]),
        (r"[^\p{L}\d]+", "é1, b", &["é1", "b"]),
        (r"\Q.\E|\x2d", "a.b-c", &["a", "b", "c"]),
        ("[]x]", "a]bxc", &["a", "b", "c"]),
        ("[a-c-]", "1a2-3", &["1", "2", "3"]),
        ("[^a-z&&[^0-9]]+", "ab-1C", &["ab"]),
    ];
    for (pattern, text, expected) in cases {
        let analyzer = Analyzer::pattern(pattern, true).expect(pattern);
        check(&analyzer, text, expected);
    }
    let exact = Analyzer::pattern(",", false).expect("a valid pattern");
    check(&exact, "A,b", &["A", "b"]);
}

#[test]
fn patterns_that_are_refused() {
    let cases = [
        ("(?=a)", "unsupported look-around in the pattern `(?=a)`"),
        ("(?<!a)b", "unsupported look-around in the pattern `(?<!a)b`"),
        (r"(a)\1", r"unsupported back-reference in the pattern `(a)\1`"),
        ("a++", "unsupported possessive quantifier in the pattern `a++`"),
        ("x*", "unsupported empty match of the pattern `x*`"),
        ("[&&a]", "unsupported empty side of `&&` in the pattern `[&&a]`"),
        (r"\b", r"unsupported escape `\b` in the pattern `\b`"),
        ("*", "dangling `*` in the pattern `*`"),
        ("(", "unclosed group in the pattern `(`"),
        (")", "unmatched `)` in the pattern `)`"),
        ("[a", "unclosed character class in the pattern `[a`"),
        ("a$", "unsupported `$` in the pattern `a$`"),
        (r"\", r"a trailing backslash in the pattern `\`"),
        ("(?i)a", "unsupported inline flag in the pattern `(?i)a`"),
        (r"\p{InGreek}", r"unsupported property `InGreek` in the pattern `\p{InGreek}`"),
    ];
    for (pattern, expected) in cases {
        assert_eq!(Analyzer::pattern(pattern, true), Err(expected.to_owned()), "{pattern}");
    }
    let deep = "(".repeat(10_000);
    assert!(Analyzer::pattern(&deep, true).is_err());
    let deep = "[".repeat(10_000);
    assert!(Analyzer::pattern(&deep, true).is_err());
}

#[test]
fn named_analyzers() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("standard", "A b-c", &["a", "b", "c"]),
        ("simple", "A1b é", &["a", "b", "é"]),
        ("whitespace", "A b-c\u{a0}d", &["A", "b-c\u{a0}d"]),
        ("keyword", "A b-c", &["A b-c"]),
        ("pattern", "A b-c", &["a", "b", "c"]),
    ];
    for (name, text, expected) in cases {
        check(&Analyzer::by_name(name).expect(name), text, expected);
    }
    assert_eq!(Analyzer::by_name("english"), None);
}

#[test]
fn normalizers_lower_one_character_at_a_time() {
    for (text, expected) in [("ẞΣİ", "ßσi"), ("ABC", "abc"), ("abc", "abc"), ("ΑΣ", "ας")]
    {
        // A final sigma is not special.
        let expected = expected.replace('ς', "σ");
        assert_eq!(Normalizer::Lowercase.apply(text), expected);
    }
    assert_eq!(Normalizer::None.apply("ABC"), "ABC");
}
