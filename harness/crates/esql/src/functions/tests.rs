//! The functions by example: an expression and its value.

use crate::testing::value;

/// Evaluates each expression.
fn check(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(value(expression), *expected, "{expression}");
    }
}

#[test]
fn strings() {
    check(&[
        (r#"LENGTH("aé🐱")"#, "3"),
        (r#"BYTE_LENGTH("aé")"#, "3"),
        (r#"BIT_LENGTH("a")"#, "8"),
        (r#"SUBSTRING("hello", 2)"#, "ello"),
        (r#"SUBSTRING("hello", -3, 2)"#, "ll"),
        (r#"SUBSTRING("hello", 0, 1)"#, "h"),
        (r#"SUBSTRING("hello", -99)"#, "hello"),
        (r#"SUBSTRING("hello", 9)"#, ""),
        (r#"SUBSTRING("hello", 1, -1)"#, "! Length parameter cannot be negative, found [-1]"),
        (r#"LEFT("hello", 2)"#, "he"),
        (r#"LEFT("hello", -1)"#, ""),
        (r#"RIGHT("hello", 2)"#, "lo"),
        (r#"RIGHT("hello", 9)"#, "hello"),
        (r#"LOCATE("hello", "l")"#, "3"),
        (r#"LOCATE("hello", "l", 4)"#, "4"),
        (r#"LOCATE("hello", "x")"#, "0"),
        (r#"REPEAT("ab", 2)"#, "abab"),
        (r#"REPEAT("ab", -1)"#, "null (Number parameter cannot be negative, found [-1])"),
        (r#"CONCAT("a", "b", "c")"#, "abc"),
        (r#"CONCAT("a", ["b", "c"])"#, "null (single-value function encountered multi-value)"),
        (r#"REVERSE("abc")"#, "cba"),
        ("SPACE(2)", "  "),
    ]);
}

#[test]
fn text() {
    check(&[
        (r#"REPLACE("a1b22", "[0-9]+", "<$0>")"#, "a<1>b<22>"),
        (r#"REPLACE("a", "(", "")"#, "! Unclosed group near index 1\n("),
        (r#"REPLACE("a.b", "\\.", "")"#, "ab"),
        (r#"SPLIT("a,,b,", ",")"#, "[a,,b,]"),
        (r#"SPLIT("ab", ",")"#, "ab"),
        (r#"SPLIT("ab", ",,")"#, "! delimiter must be single byte for now"),
        ("TRIM(\" \\ta\u{a0} \")", "a\u{a0}"),
        (r#"STARTS_WITH("abc", "")"#, "true"),
        (r#"ENDS_WITH("abc", "BC")"#, "false"),
        (r#"CONTAINS("abc", "b")"#, "true"),
        (r#"TO_UPPER(["a", "ß"])"#, "[A,SS]"),
        (r#"MV_LIKE(["a", "bc"], "b*")"#, "true"),
        (r#"MV_LIKE(null, "b*")"#, "false"),
        (r#"MV_RLIKE(null::keyword, "b.*")"#, "false"),
    ]);
}

#[test]
fn encodings_and_digests() {
    check(&[
        (r#"URL_ENCODE("a b&é~")"#, "a+b%26%C3%A9~"),
        (r#"URL_DECODE("a+b%26")"#, "a b&"),
        (
            r#"URL_DECODE("%zz")"#,
            "null (URLDecoder: Illegal hex characters in escape (%) pattern - Error at index 0 in: \"zz\")",
        ),
        (r#"FROM_BASE64(TO_BASE64("é"))"#, "é"),
        (r#"FROM_BASE64("/w==")"#, "null (decoded bytes are not valid UTF-8)"),
        (r#"MD5("abc")"#, "900150983cd24fb0d6963f7d28e17f72"),
        (
            r#"HASH("nope", "abc")"#,
            "! invalid algorithm for [HASH(\"nope\", \"abc\")]: nope MessageDigest not available",
        ),
        (r#"JSON_EXTRACT("{\"a\":[1,{\"b\":\"c\"}]}", "a[1].b")"#, "c"),
    ]);
}

#[test]
fn lists() {
    check(&[
        ("MV_COUNT([1, 1])", "2"),
        ("MV_COUNT(null)", "null"),
        ("MV_FIRST([3, 1])", "3"),
        ("MV_LAST([3, 1])", "1"),
        ("MV_MIN([3, 1])", "1"),
        (r#"MV_MAX(["a", "b"])"#, "b"),
        ("MV_SUM([1, 2])", "3"),
        ("MV_SUM([2147483647, 1])", "null (integer overflow)"),
        ("MV_AVG([1, 2])", "1.5"),
        ("MV_MEDIAN([5, 1, 2, 3])", "2"),
        ("MV_DEDUPE([2, 1, 2])", "[2,1]"),
        (r#"MV_CONCAT(["a", "b"], "-")"#, "a-b"),
        (
            r#"MV_CONCAT([1, 2], "-")"#,
            "! first argument of [MV_CONCAT([1, 2], \"-\")] must be [string], found value [[1, 2]] type [integer]",
        ),
        ("MV_SLICE([1, 2, 3, 4], 1, 2)", "[2,3]"),
        ("MV_SLICE([1, 2, 3, 4], -2, -1)", "[3,4]"),
        ("MV_SLICE([1, 2], 5)", "null"),
        ("MV_SLICE([1, 2], 1, 0)", "! Start offset is greater than end offset"),
        (r#"MV_SORT([2, 3, 1], "DESC")"#, "[3,2,1]"),
        ("MV_APPEND([1], [2, 2])", "[1,2,2]"),
        ("MV_APPEND([1], null)", "null"),
        (r#"MV_ZIP(["a", "b"], ["1"])"#, "[a,1,b]"),
        ("MV_CONTAINS([1, 2], [2])", "true"),
        ("MV_CONTAINS([1, 2], null)", "true"),
        ("MV_CONTAINS(null, [1])", "false"),
        ("MV_INTERSECTION([1, 2, 2], [2, 3])", "2"),
        ("MV_UNION([1, 2], [2, 3])", "[1,2,3]"),
        ("MV_DIFFERENCE([1, 1, 2], [2])", "[1,1]"),
        ("MV_INTERSECTS([1], [2])", "false"),
        (
            r#"MV_APPEND([1], "a")"#,
            "! second argument of [MV_APPEND([1], \"a\")] must be [integer], found value [\"a\"] type [keyword]",
        ),
    ]);
}

#[test]
fn numbers() {
    check(&[
        ("ROUND(2.5)", "3.0"),
        ("ROUND(-2.5)", "-3.0"),
        ("ROUND(1.2345, 2)", "1.23"),
        ("ROUND(15, -1)", "20"),
        ("FLOOR(-1.5)", "-2.0"),
        ("CEIL(7)", "7"),
        ("ABS(-2147483648)", "null (integer overflow)"),
        ("POW(2, 10)", "1024.0"),
        ("POW(10.0, 400)", "null (not a finite double number: Infinity)"),
        ("LOG10(0)", "null (Log of non-positive number)"),
        ("LOG(2, 8)", "3.0"),
        ("SQRT(-1)", "null (Square root of negative)"),
        ("GREATEST(1, [5, 2])", "5"),
        ("LEAST(1, null)", "null"),
        (
            "GREATEST(1, 2.5)",
            "! second argument of [GREATEST(1, 2.5)] must be [integer], found value [2.5] type [double]",
        ),
        (
            r#"ROUND("a")"#,
            "! Cannot convert string [a] to [DOUBLE], error [Cannot parse number [a]]",
        ),
    ]);
}

/// Values by Python's `math` and `statistics`, and by hand.
#[test]
fn curves_and_bounds() {
    check(&[
        ("SINH(1)", "1.1752011936438014"),
        ("COSH(1.0)", "1.5430806348152437"),
        ("TANH(0)", "0.0"),
        ("SINH(1000)", "null (not a finite double number: Infinity)"),
        ("ASINH(1)", "0.881373587019543"),
        ("ACOSH(1)", "0.0"),
        ("ACOSH(0.5)", "null (not a finite double number: NaN)"),
        ("ATANH(0.5)", "0.5493061443340548"),
        ("ATANH(1)", "null (not a finite double number: Infinity)"),
        ("COPY_SIGN(2, -0.5)", "-2"),
        ("COPY_SIGN(-2.5, 1)", "2.5"),
        ("COPY_SIGN(3, 0)", "3"),
        ("COPY_SIGN(null, 1)", "null"),
        ("SCALB(3, 4)", "48.0"),
        ("SCALB(1.0, -1)", "0.5"),
        ("SCALB(1.0, 2000)", "null (not a finite double number: Infinity)"),
        ("CLAMP(5, 1, 3)", "3"),
        ("CLAMP(0, 1, 3)", "1"),
        ("CLAMP_MIN(2.5, 3)", "3.0"),
        ("CLAMP_MAX(7, 3)", "3"),
        (r#"CLAMP("m", "a", "k")"#, "k"),
        ("CLAMP(1, null, 3)", "null"),
        ("ROUND_TO(7, 0, 5, 10)", "5"),
        ("ROUND_TO(-3, 0, 5, 10)", "0"),
        ("ROUND_TO(99, 10, 0)", "10"),
        ("ROUND_TO(7.5, 0, 5)", "5.0"),
        ("ROUND_TO(7, 5.5, 6.5)", "6.5"),
        (
            r#"ROUND_TO("2024-05-06"::datetime, "2024-01-01", "2025-01-01")"#,
            "2024-01-01T00:00:00.000Z",
        ),
        (
            r#"ROUND_TO("x", "a")"#,
            "! first argument of [ROUND_TO(\"x\", \"a\")] must be [date, date_nanos, double, integer or long], found value [\"x\"] type [keyword]",
        ),
    ]);
}

#[test]
fn lists_of_numbers() {
    check(&[
        ("MV_PERCENTILE([5, 5, 10, 12, 5000], 50)", "10"),
        ("MV_PERCENTILE([1, 2, 3, 4], 50)", "2"),
        ("MV_PERCENTILE([1.0, 2.0], 25)", "1.25"),
        ("MV_PERCENTILE([-3.0, 1.0], 50)", "-1.0"),
        ("MV_PERCENTILE(7, 0)", "7"),
        (
            "MV_PERCENTILE([1, 2], 101)",
            "null (Percentile parameter must be a number between 0 and 100, found [101.0])",
        ),
        ("MV_PERCENTILE([1, 2], null)", "null"),
        ("MV_MEDIAN_ABSOLUTE_DEVIATION([0, 2, 5, 6])", "2"),
        ("MV_MEDIAN_ABSOLUTE_DEVIATION([1.0, 1.0, 4.0])", "0.0"),
        ("MV_MEDIAN_ABSOLUTE_DEVIATION(null)", "null"),
        ("MV_PSERIES_WEIGHTED_SUM([70.0, 45.0, 21.0, 21.0, 21.0], 1.5)", "94.45465156212452"),
        ("MV_PSERIES_WEIGHTED_SUM([1.0, 1.0], -1)", "3.0"),
        (
            "MV_PSERIES_WEIGHTED_SUM([1, 2], 1)",
            "! first argument of [MV_PSERIES_WEIGHTED_SUM([1, 2], 1)] must be [double], found value [[1, 2]] type [integer]",
        ),
    ]);
}

#[test]
fn directions() {
    let direction = |from: &str, to: &str, networks: &str| {
        value(&format!("NETWORK_DIRECTION(\"{from}\"::ip, \"{to}\"::ip, {networks})"))
    };
    for (from, to, networks, expected) in [
        ("10.0.0.1", "192.168.1.1", r#"["private"]"#, "internal"),
        ("10.0.0.1", "8.8.8.8", r#"["private"]"#, "outbound"),
        ("8.8.8.8", "10.0.0.1", r#""private""#, "inbound"),
        ("8.8.8.8", "1.1.1.1", r#"["loopback", "private"]"#, "external"),
        ("fd00::1", "fe80::1", r#"["private", "link_local_unicast"]"#, "internal"),
        ("1.2.3.4", "9.9.9.9", r#"["1.2.0.0/16"]"#, "outbound"),
        ("10.0.0.1", "8.8.8.8", r#"["public"]"#, "inbound"),
        ("10.0.0.1", "8.8.8.8", r#"["nope"]"#, "null ('nope' is not an IP string literal.)"),
    ] {
        assert_eq!(direction(from, to, networks), expected, "{from} {to} {networks}");
    }
}

#[test]
fn dates_and_addresses() {
    check(&[
        (r#"DATE_TRUNC(1 hour, "2024-01-01T10:30:00Z")"#, "2024-01-01T10:00:00.000Z"),
        (r#"DATE_TRUNC("1 week", "2024-01-07")"#, "2024-01-01T00:00:00.000Z"),
        (
            r#"DATE_TRUNC(0 days, "2024-01-07")"#,
            "! Zero, negative or mixed time interval is not supported: [0 days]",
        ),
        (r#"DATE_DIFF("hours", "2024-01-01", "2024-01-02T01:59:00Z")"#, "25"),
        (r#"DATE_EXTRACT("day_of_week", "2024-01-07")"#, "7"),
        (r#"DATE_FORMAT("yyyy/MM", "2024-01-07")"#, "2024/01"),
        (
            r#"DATE_PARSE("yyyy-MM-dd", "x")"#,
            "null (failed to parse date field [x] with format [yyyy-MM-dd])",
        ),
        (
            "BUCKET(7.5, 5.0)",
            "! cannot use grouping function [BUCKET(7.5, 5.0)] outside of a STATS command",
        ),
        (r#"TO_DATE_NANOS("2023-03-23T12:15:03.360103847")"#, "2023-03-23T12:15:03.360103847Z"),
        ("TO_DATE_NANOS(1724160894123456789::unsigned_long)", "2024-08-20T13:34:54.123456789Z"),
        ("TO_DATE_NANOS(-1)", "null (Nanosecond dates before 1970 are not supported.)"),
        (
            r#"TO_DATE_NANOS("1969-04-12")"#,
            "null (Nanosecond dates before 1970 are not supported.)",
        ),
        (r#"TO_DATE_NANOS("2262-04-12")"#, "null (Nanosecond dates after 2262 are not supported.)"),
        ("NOW()", "2024-01-01T00:00:00.000Z"),
        (r#"CIDR_MATCH("10.1.2.3", "10.0.0.0/8", "::1")"#, "true"),
        (r#"CIDR_MATCH("10.1.2.3", "11.0.0.0/8", "10.1.2.3")"#, "true"),
        (
            r#"CIDR_MATCH("10.1.2.3", "11.0.0.0/99")"#,
            "! '11.0.0.0/99' is not an IP string literal.",
        ),
        (r#"IP_PREFIX("10.1.2.3", 8, 0)"#, "10.0.0.0"),
        (
            r#"IP_PREFIX("10.1.2.3", 99, 0)"#,
            "null (Prefix length v4 must be in range [0, 32], found 99)",
        ),
        (r#"ST_X(TO_GEOPOINT("POINT(1.5 2)"))"#, "1.5"),
        (r#"ST_Y(TO_GEOPOINT("POINT(1.5 2)"))"#, "2.0"),
    ]);
}

#[test]
fn conversions() {
    check(&[
        (r#"TO_INTEGER("1.5")"#, "2"),
        (r#"TO_LONG(["1", "x", "3"])"#, "[1,3] (Cannot parse number [x])"),
        ("TO_STRING(1e7)", "1.0E7"),
        (r#"TO_BOOLEAN("yes")"#, "false"),
        (r#""10.0.0.1"::ip"#, "10.0.0.1"),
        (r#""x"::ip"#, "null ('x' is not an IP string literal.)"),
        (r#"TO_IP("1.1.010.1", {"leading_zeros": "octal"})"#, "1.1.8.1"),
        ("true::long", "1"),
        ("0::datetime", "1970-01-01T00:00:00.000Z"),
        (
            "1::ip",
            "! argument of [1::ip] must be convertible to [ip], found value [1] type [integer]",
        ),
        ("NOPE(1)", "! Unknown function [NOPE], did you mean any of [now, top]?"),
        ("ROUNDED(1)", "! Unknown function [ROUNDED], did you mean any of [round, round_to]?"),
        ("LENGTH()", "! error building [LENGTH]: function [LENGTH] expects exactly one argument"),
    ]);
}
