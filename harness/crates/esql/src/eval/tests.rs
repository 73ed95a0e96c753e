//! Operators by example, and a law: filters agree with a row-by-row evaluator.

use proptest::prelude::*;

use crate::testing::{shown, value};

/// Evaluates each expression.
fn check(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(value(expression), *expected, "{expression}");
    }
}

#[test]
fn arithmetic_is_checked_at_the_width_of_its_type() {
    check(&[
        ("2147483647 + 1", "null (integer overflow)"),
        ("2147483648 + 1", "2147483649"),
        ("9223372036854775807 + 1", "null (long overflow)"),
        ("-7 / 2", "-3"),
        ("-7 % 2", "-1"),
        ("1 / 0", "null (/ by zero)"),
        ("1.0 / 0", "null (/ by zero)"),
        ("1e308 * 10", "null (not a finite double number: Infinity)"),
        ("1 + 2.5", "3.5"),
        ("1 + null", "null"),
        ("[1, 2] + 1", "null (single-value function encountered multi-value)"),
        (
            "9223372036854775808 + 9223372036854775807",
            "! [+] has arguments with incompatible types [unsigned_long] and [long]",
        ),
        (r#""2024-01-31" + 1 month"#, "2024-02-29T00:00:00.000Z"),
        (
            r#"1 + "a""#,
            "! second argument of [1 + \"a\"] must be [date_nanos, datetime or numeric], found value [\"a\"] type [keyword]",
        ),
        ("-(1 - 3)", "2"),
    ]);
}

#[test]
fn logic_is_three_valued() {
    check(&[
        ("null AND false", "false"),
        ("null AND true", "null"),
        ("null OR true", "true"),
        ("null OR false", "null"),
        ("NOT (null == 1)", "null"),
        ("1 IN (2, null)", "null"),
        ("1 IN (1, null)", "true"),
        ("1 NOT IN (2, 3.0)", "true"),
        ("[1, 2] IS NULL", "false"),
        ("null IS NULL", "true"),
        ("[1, 2] == 1", "null (single-value function encountered multi-value)"),
    ]);
}

#[test]
fn comparisons_cast_literals_but_never_to_numbers() {
    check(&[
        ("1 == 1.0", "true"),
        (r#""10.0.0.1"::ip == "10.0.0.1""#, "true"),
        (
            r#""10.0.0.1"::ip == "x""#,
            "! Cannot convert string [x] to [IP], error ['x' is not an IP string literal.]",
        ),
        (r#"true == "yes""#, "false"),
        (
            r#"1 == "1""#,
            "! first argument of [1 == \"1\"] is [numeric] so second argument must also be [numeric] but was [keyword]",
        ),
        (
            "true < false",
            "! first argument of [true < false] must be [date_nanos, datetime, ip, keyword, numeric, text or version], found value [true] type [boolean]",
        ),
        (
            r#"1 IN (1, "two")"#,
            "! 2nd argument of [1 IN (1, \"two\")] must be [integer], found value [\"two\"] type [keyword]",
        ),
        (r#""1.10"::version > "1.9""#, "true"),
    ]);
}

#[test]
fn patterns() {
    check(&[
        (r#""abc" LIKE "a*""#, "true"),
        (r#""abc" NOT LIKE ("x*", "?bc")"#, "false"),
        (r#""a*" LIKE "a\\*""#, "true"),
        (
            r#""a" LIKE "\\d""#,
            r"! Invalid pattern for LIKE [\d]: [Invalid sequence - escape character is not followed by special wildcard char]",
        ),
        (r#""abc" RLIKE "a.*""#, "true"),
        (r#""abc" RLIKE "b""#, "false"),
        (r#"null LIKE "a""#, "null"),
        (r#"null NOT LIKE ("*")"#, "true"),
        (
            r#"1 LIKE "a""#,
            "! argument of [1 LIKE \"a\"] must be [string], found value [1] type [integer]",
        ),
    ]);
}

#[test]
fn conditionals_are_lazy_and_take_the_first_true() {
    check(&[
        ("CASE(false, 1, true, 2, 3)", "2"),
        ("CASE(null, 1)", "null"),
        ("CASE(true, [1, 2], 3)", "[1,2]"),
        ("CASE([true, true], 1, 2)", "2 (single-value function encountered multi-value)"),
        ("CASE(true, 1, 1 / 0)", "1"),
        ("CASE(true, 1.0, 2)", "1.0"),
        (
            "CASE(true, 1, 2.5)",
            "! third argument of [CASE(true, 1, 2.5)] must be [integer], found value [2.5] type [double]",
        ),
        ("COALESCE(null, [1, 2], 3)", "[1,2]"),
        ("COALESCE(1, 1 / 0)", "1"),
        (
            "CASE(1, 2)",
            "! first argument of [CASE(1, 2)] must be [boolean], found value [1] type [integer]",
        ),
    ]);
}

#[test]
fn fields_come_in_the_order_of_doc_values() {
    assert_eq!(
        shown("FROM x | WHERE pid == 1 | KEEP args, ports, name, ip"),
        "args:keyword ports:integer name:keyword ip:ip\n[-c,bash] [80,80,443] bash 10.0.0.1"
    );
    // Longer than `ignore_above`: not there.
    assert_eq!(shown("FROM x | WHERE name IS NULL | KEEP pid"), "pid:long\n4\nnull");
}

/// A condition on `name` and `pid`, and what it is of one row.
#[derive(Clone, Debug)]
enum Condition {
    Name(String),
    Like(String),
    Pid(&'static str, i64),
    NameIsNull,
    In(Vec<i64>),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

impl Condition {
    fn text(&self) -> String {
        match self {
            Self::Name(name) => format!("name == \"{name}\""),
            Self::Like(prefix) => format!("name LIKE \"{prefix}*\""),
            Self::Pid(op, pid) => format!("pid {op} {pid}"),
            Self::NameIsNull => "name IS NULL".to_owned(),
            Self::In(pids) => {
                let pids: Vec<_> = pids.iter().map(ToString::to_string).collect();
                format!("pid IN ({})", pids.join(", "))
            }
            Self::Not(inner) => format!("NOT ({})", inner.text()),
            Self::And(a, b) => format!("({}) AND ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) OR ({})", a.text(), b.text()),
        }
    }

    fn of(&self, name: Option<&str>, pid: Option<i64>) -> Option<bool> {
        match self {
            Self::Name(wanted) => name.map(|name| name == wanted),
            Self::Like(prefix) => name.map(|name| name.starts_with(prefix.as_str())),
            Self::Pid(op, wanted) => pid.map(|pid| match *op {
                "<" => pid < *wanted,
                ">=" => pid >= *wanted,
                _ => pid != *wanted,
            }),
            Self::NameIsNull => Some(name.is_none()),
            Self::In(pids) => pid.map(|pid| pids.contains(&pid)),
            Self::Not(inner) => inner.of(name, pid).map(|truth| !truth),
            Self::And(a, b) => match (a.of(name, pid), b.of(name, pid)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.of(name, pid), b.of(name, pid)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        "bash|curl|x".prop_map(Condition::Name),
        // An empty prefix would match all, which is rewritten.
        "[bBc]".prop_map(Condition::Like),
        (prop_oneof![Just("<"), Just(">="), Just("!=")], 0_i64..6)
            .prop_map(|(op, pid)| Condition::Pid(op, pid)),
        Just(Condition::NameIsNull),
        prop::collection::vec(0_i64..6, 1..4).prop_map(Condition::In),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|a| Condition::Not(Box::new(a))),
            two.clone().prop_map(|(a, b)| Condition::And(Box::new(a), Box::new(b))),
            two.prop_map(|(a, b)| Condition::Or(Box::new(a), Box::new(b))),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_is_the_condition_row_by_row(condition in condition()) {
        let rows = [
            (Some("bash"), Some(1)), (Some("curl"), Some(2)), (Some("Bash"), Some(3)),
            (None, Some(4)), (None, None),
        ];
        let kept = (0..).zip(rows).filter(|(_, (name, pid))| condition.of(*name, *pid) == Some(true));
        let expected: Vec<String> = kept.map(|(row, _): (usize, _)| row.to_string()).collect();
        let found = shown(&format!("FROM x METADATA _id | WHERE {} | KEEP _id", condition.text()));
        let found: Vec<&str> = found.lines().skip(1).collect();
        prop_assert_eq!(found, expected);
    }
}
