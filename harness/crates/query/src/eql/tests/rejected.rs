//! What the parser rejects, where, and in which words.

use crate::eql::parse;

/// The query is rejected; the first error covers `offender` and reads `message`.
fn check_error(text: &str, offender: &str, message: &str) {
    match parse(text) {
        Ok(query) => panic!("`{text}` is accepted as `{query}`"),
        Err(errors) => {
            let found = (errors[0].span.of(text), errors[0].message.as_str());
            assert_eq!(found, (offender, message), "{text}");
        }
    }
}

#[test]
fn wrong_expressions_are_rejected() {
    for (text, offender, message) in [
        ("any where a = 1", "=", "expected an operator or the end of the query, found `=`"),
        ("any where a == 'x'", "'x'", "single-quoted string"),
        ("any where a == ?\"x\"", "?\"x\"", "raw string of an older EQL"),
        ("any where a == \"\\d\"", "\\d", "unknown escape `\\d`"),
        ("any where a == \"\\u{d800}\"", "\\u{d800}", "`d800` is not a unicode character"),
        ("any where a == \"\\u0041\"", "\\u", "malformed unicode escape"),
        ("any where a == \"x", "\"x", "string without closing quote"),
        ("any where a == \"x\ny\"", "\"x", "line break in a string"),
        ("any where a == \"\"\"x\ny\"\"\"", "\"\"\"x", "raw string without end"),
        ("any where `a == 1", "`a == 1", "name without closing backtick"),
        ("any where a /* b", "/* b", "comment without end"),
        ("any where a && b", "&&", "unexpected character `&`"),
        ("any where a-\u{a0}b", "\u{a0}", "unexpected character `\u{a0}`"),
        ("any where lenght(a) > 1", "lenght", "unknown function `lenght`"),
        ("any where length() > 1", "length", "`length` takes 1 argument, found 0"),
        ("any where cidrMatch(a)", "cidrMatch", "`cidrMatch` takes at least 2 arguments, found 1"),
        ("any where length~(a) > 1", "length~", "`length` has no case-insensitive form"),
        ("any where a < b < c", "<", "comparisons cannot be chained"),
        ("any where a : 1", "1", "expected a string after `:`, found `1`"),
        ("any where a not : \"x\"", "not", "`not` is not allowed before `:`"),
        ("any where a in \"x\"", "\"x\"", "expected `(`, found `\"x\"`"),
        ("any where a in ()", ")", "expected at least one value, found `)`"),
        ("any where a[0] == 1", "[", "elements of an array cannot be addressed"),
        ("any where child of [any where a]", "child", "`child of` is not supported"),
        ("any where a AND b", "AND", "expected an operator or the end of the query, found `AND`"),
        (
            "any where sequence == 1",
            "sequence",
            "expected a field, a value or `(`, found `sequence`",
        ),
        ("any where 1e999 == a", "1e999", "the number `1e999` is too large"),
        ("any where (a", "", "unexpected end of query, expected an operator or `)`"),
        ("any where", "", "unexpected end of query, expected a field, a value or `(`"),
        ("process", "", "unexpected end of query, expected `where`"),
        ("", "", "the query is empty"),
        ("`process` where a", "`process`", "expected an event category, found ``process``"),
        ("any where a !: \"x\"", "!", "expected an operator or the end of the query, found `!`"),
    ] {
        check_error(text, offender, message);
    }
}

#[test]
fn wrong_sequences_are_rejected() {
    for (text, offender, message) in [
        ("sequence [any where a]", "sequence", "a sequence needs at least two events"),
        ("sequence [any where a] with runs=1", "sequence", "a sequence needs at least two events"),
        ("sequence", "", "unexpected end of query, expected `[`"),
        (
            "sequence with maxspan=0s [any where a] [any where b]",
            "0s",
            "`maxspan` must be positive",
        ),
        ("sequence with maxspan=-1s [any where a]", "-", "`maxspan` must be positive"),
        ("sequence with maxspan=1.5s [any where a]", "1.5", "`maxspan` must be a whole number"),
        ("sequence with maxspan=5 [any where a]", "5", "`maxspan` has no unit"),
        ("sequence with maxspan=5w [any where a]", "w", "unknown time unit `w`"),
        ("sequence with maxspan=106752d [any where a]", "106752d", "`maxspan` is too long"),
        (
            "sequence with maxspan=99999999999999999999d [any where a]",
            "99999999999999999999d",
            "`maxspan` is too long",
        ),
        (
            "sequence with maxspan=1m by a [any where a] [any where b]",
            "by",
            "`by` must come before `with`",
        ),
        (
            "sequence [any where a] with runs=0 [any where b]",
            "0",
            "`runs` must be from 1 to 100, found 0",
        ),
        (
            "sequence [any where a] with runs=101 [any where b]",
            "101",
            "`runs` must be from 1 to 100, found 101",
        ),
        (
            "sequence [any where a] by x [any where b]",
            "[any where b]",
            "expected 1 join key as in the first term, found 0",
        ),
        (
            "sequence [any where a] by x [any where b] by y, z",
            "y, z",
            "expected 1 join key as in the first term, found 2",
        ),
        (
            "sequence [any where a] [any where b] until [any where c] by k",
            "k",
            "expected 0 join keys as in the first term, found 1",
        ),
        (
            "sequence [any where a] ![any where b]",
            "![any where b]",
            "a missing event needs a `maxspan`",
        ),
        (
            "sequence with maxspan=1s ![any where a] ![any where b]",
            "sequence",
            "a sequence needs an event that is present",
        ),
        (
            "sequence [any where a] [any where b] until ![any where c]",
            "![",
            "`until` needs an event that is present",
        ),
        (
            "sequence [any where a] [any where b] until [any where c] with runs=2",
            "with runs=2",
            "`until` takes no `runs`",
        ),
        (
            "sequence by length(a) [any where a] [any where b]",
            "(",
            "expected `[` or `,`, found `(`",
        ),
        ("sequence [any where a] fork [any where b]", "fork", "`fork` is not supported"),
        ("sample by a [any where a]", "sample", "a sample needs at least two terms"),
        ("sample [any where a] [any where b]", "sample", "a sample needs a join key"),
        ("sample by a with maxspan=1s [any where a]", "with", "a sample takes no `maxspan`"),
        (
            "sample by a [any where a] [any where b] until [any where c]",
            "until",
            "a sample takes no `until`",
        ),
        ("sample by a [any where a] ![any where b]", "![", "a sample takes no missing events"),
        (
            "sample by a [any where a] [any where b] with runs=2",
            "with runs=2",
            "a sample takes no `runs`",
        ),
        ("sample by a [any where a] [any where b] | head 1", "|", "a sample takes no pipes"),
        ("join by a [any where a] [any where b]", "join", "`join` is not supported"),
        ("any where a | hed 3", "hed", "unknown pipe `hed`"),
        ("any where a | count", "count", "pipe `count` is not supported"),
        ("any where a | head", "head", "`head` takes one whole number"),
        ("any where a | head -1", "-", "`head` takes one whole number"),
        ("any where a | tail 1, 2", ",", "`tail` takes one whole number"),
        ("any where a || b", "|", "expected the name of a pipe, found `|`"),
    ] {
        check_error(text, offender, message);
    }
}
