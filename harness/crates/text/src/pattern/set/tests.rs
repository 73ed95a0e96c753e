use proptest::prelude::*;

use super::*;
use crate::pattern::regexp::{Flags, Regexp};
use crate::pattern::{Fuzzy, Order, StringRange};

/// Enough literals for the compact automaton.
#[test]
fn very_many_literals_agree() {
    let word = |n: usize| format!("{n}{}", "Ab".repeat(40));
    let patterns: Vec<Pattern> = (0..1_000)
        .map(|n| glob(&format!("*{}*", word(n)), [Case::Sensitive, Case::Insensitive][n % 2]))
        .collect();
    let all: Vec<&Pattern> = patterns.iter().collect();
    let set = PatternSet::new(&all);
    assert!(matches!(set.literals, Some(Literals::Compact(_))));
    let folded = word(123).to_lowercase();
    check(&patterns, &[&word(123), &folded, &word(12), "", "Ab"]).expect("same");
}

/// Asserts that a set says of each text what its patterns say one by one.
fn check(patterns: &[Pattern], texts: &[&str]) -> Result<(), TestCaseError> {
    let all: Vec<&Pattern> = patterns.iter().collect();
    let set = PatternSet::new(&all);
    let mut out = vec![7];
    for text in texts {
        set.matching(text, &mut out);
        let expected: Vec<usize> =
            (0..patterns.len()).filter(|&index| patterns[index].matches(text)).collect();
        prop_assert_eq!(&out, &expected, "{:?} on {:?}", patterns, text);
    }
    Ok(())
}

fn glob(text: &str, case: Case) -> Pattern {
    Pattern::Glob(Glob::wildcard(text), case)
}

#[test]
fn positions_ascend_and_none_repeats() {
    let patterns = [
        glob("*b*", Case::Sensitive),
        Pattern::Equals("ABAB".into(), Case::Insensitive),
        glob("*ab", Case::Insensitive),
        Pattern::Range(StringRange { order: Order::Bytes, low: None, high: None }),
        Pattern::Prefix("aB".into(), Case::Sensitive),
        Pattern::Prefix(String::new(), Case::Sensitive),
        glob("*a*b*", Case::Insensitive),
        glob("abab", Case::Sensitive),
        glob("*", Case::Sensitive),
    ];
    let all: Vec<&Pattern> = patterns.iter().collect();
    let set = PatternSet::new(&all);
    let mut out = Vec::new();
    set.matching("abab", &mut out);
    assert_eq!(out, [0, 1, 2, 3, 5, 6, 7, 8]);
    set.matching("aBx", &mut out);
    assert_eq!(out, [3, 4, 5, 6, 8]);
}

#[test]
fn an_empty_set_matches_nothing() {
    let mut out = vec![1];
    PatternSet::new(&[]).matching("a", &mut out);
    assert_eq!(out, [0_usize; 0]);
}

#[test]
fn a_later_place_may_match_where_the_first_does_not() {
    let patterns =
        [glob("*ab*", Case::Sensitive), glob("*ab", Case::Sensitive), glob("ab*", Case::Sensitive)];
    check(&patterns, &["ABab", "abAB", "AB", "ab", "xabx"]).expect("same");
}

#[test]
fn long_and_repetitive_texts_agree() {
    let patterns: Vec<Pattern> =
        (1..60).map(|n| glob(&format!("*{}*b", "a".repeat(n)), Case::Insensitive)).collect();
    check(&patterns, &[&"A".repeat(3_000), &format!("{}b", "a".repeat(3_000))]).expect("same");
    let long = "É".repeat(SHORT);
    check(&[Pattern::Equals(long.clone(), Case::Insensitive)], &[&long]).expect("same");
}

fn regexps() -> impl Strategy<Value = String> {
    let part = proptest::sample::select(vec![
        "a",
        "B",
        "ab",
        ".*",
        "(ab|b)",
        "(aB){2}",
        "b?",
        "~b",
        "é+",
        "[aA]b",
        "[^é]",
        "(a.*|bé&@)",
    ]);
    proptest::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

fn patterns() -> impl Strategy<Value = Pattern> {
    let case = || prop_oneof![Just(Case::Sensitive), Just(Case::Insensitive)];
    let text = || "[aAbBé]{0,3}";
    let bound = || proptest::option::of((text(), any::<bool>()));
    prop_oneof![
        (text(), case()).prop_map(|(text, case)| Pattern::Equals(text, case)),
        (text(), case()).prop_map(|(text, case)| Pattern::Prefix(text, case)),
        ("[aAbBé*?]{0,5}", case()).prop_map(|(text, case)| glob(&text, case)),
        ("[*]?[aAbBé]{0,2}[*]?", case()).prop_map(|(text, case)| glob(&text, case)),
        (regexps(), case()).prop_map(|(source, case)| {
            let regexp = Regexp::parse(&source, Flags::ALL, case).expect("a valid expression");
            Pattern::Regexp(regexp)
        }),
        (bound(), bound()).prop_map(|(low, high)| {
            Pattern::Range(StringRange { order: Order::Bytes, low, high })
        }),
        (text(), 0..3_u8).prop_map(|(text, distance)| {
            Pattern::Fuzzy(Fuzzy { text, distance, prefix: 1, transpositions: true })
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_set_equals_its_patterns_one_by_one(
        patterns in proptest::collection::vec(patterns(), 0..20),
        texts in proptest::collection::vec("[aAbBé]{0,7}", 1..8),
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        check(&patterns, &texts)?;
    }
}
