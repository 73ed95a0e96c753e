use proptest::prelude::*;

use super::ScriptValue::{Bool, Float, Integer, Null};
use super::*;
use crate::Kind;
use harness_text::pattern::Case;

const S: Case = Case::Sensitive;
const I: Case = Case::Insensitive;

fn text(value: &str) -> ScriptValue {
    ScriptValue::String(value.to_owned())
}

/// The function of constants has this value.
fn check(function: &Function, args: &[ScriptValue], expected: &ScriptValue) {
    let call = Expr::Call(function.clone(), args.iter().cloned().map(Expr::Constant).collect());
    assert_eq!(call.eval(&[]).as_ref(), Ok(expected), "{function:?} of {args:?}");
}

fn fails(function: &Function, args: &[ScriptValue]) {
    let call = Expr::Call(function.clone(), args.iter().cloned().map(Expr::Constant).collect());
    assert!(call.eval(&[]).is_err(), "{function:?} of {args:?}");
}

#[test]
fn logic_is_three_valued() {
    for (function, args, expected) in [
        (Function::And, [Bool(true), Null], Null),
        (Function::And, [Null, Bool(false)], Bool(false)),
        (Function::And, [Bool(true), Bool(true)], Bool(true)),
        (Function::Or, [Null, Bool(true)], Bool(true)),
        (Function::Or, [Bool(false), Null], Null),
        (Function::Or, [Bool(false), Bool(false)], Bool(false)),
    ] {
        check(&function, &args, &expected);
    }
    check(&Function::Not, &[Null], &Null);
    check(&Function::Not, &[Bool(false)], &Bool(true));
    check(&Function::IsNull, &[Null], &Bool(true));
    check(&Function::IsNull, &[text("")], &Bool(false));
}

#[test]
fn comparisons_need_one_kind() {
    let compare = |op, left: ScriptValue, right: ScriptValue, expected: ScriptValue| {
        check(&Function::Compare(op), &[left, right], &expected);
    };
    compare(Comparison::Less, Integer(1), Float(1.5), Bool(true));
    compare(Comparison::Equal, Integer(1), Float(1.0), Bool(true));
    compare(Comparison::Greater, text("b"), text("a"), Bool(true));
    compare(Comparison::Equal, text("a"), text("A"), Bool(false));
    compare(Comparison::Equal, text("1"), Integer(1), Null);
    compare(Comparison::GreaterEqual, Null, Integer(1), Null);
    // In UTF-16 a character beyond the basic plane sorts before U+FFFF.
    compare(Comparison::Less, text("😀"), text("\u{ffff}"), Bool(true));
    check(&Function::In, &[Integer(1), Integer(2), Float(1.0)], &Bool(true));
    check(&Function::In, &[Integer(1), Null], &Null);
    check(&Function::In, &[Null, Null], &Null);
    check(&Function::EqualsInsensitive, &[text("ÉTÉ"), text("été")], &Bool(true));
}

#[test]
fn arithmetic_is_that_of_java() {
    use super::Arithmetic::{Add, Divide, Modulo, Multiply, Subtract};
    for (op, left, right, expected) in [
        (Add, Integer(1), Integer(2), Integer(3)),
        (Add, Integer(1), Float(0.5), Float(1.5)),
        (Subtract, Integer(1), Integer(2), Integer(-1)),
        (Multiply, Integer(-3), Integer(2), Integer(-6)),
        (Divide, Integer(-7), Integer(2), Integer(-3)),
        (Divide, Integer(7), Float(2.0), Float(3.5)),
        (Modulo, Integer(-7), Integer(2), Integer(-1)),
        (Divide, Float(1.0), Integer(0), Float(f64::INFINITY)),
        (Add, Null, Integer(1), Null),
    ] {
        check(&Function::Arithmetic(op), &[left, right], &expected);
    }
    fails(&Function::Arithmetic(Add), &[Integer(i64::MAX), Integer(1)]);
    fails(&Function::Arithmetic(Divide), &[Integer(1), Integer(0)]);
    fails(&Function::Arithmetic(Modulo), &[Integer(1), Integer(0)]);
    fails(&Function::Arithmetic(Divide), &[Integer(i64::MIN), Integer(-1)]);
    fails(&Function::Arithmetic(Add), &[text("1"), Integer(1)]);
    fails(&Function::Negative, &[Integer(i64::MIN)]);
    check(&Function::Negative, &[Float(1.5)], &Float(-1.5));
}

#[test]
fn positions_count_utf_16_units() {
    check(&Function::Length, &[text("a😀")], &Integer(3));
    check(&Function::Length, &[text("")], &Integer(0));
    check(&Function::Length, &[Null], &Null);
    for (start, end, expected) in [
        (Integer(1), Null, "bcde"),
        (Integer(1), Integer(3), "bc"),
        (Integer(-2), Null, "de"),
        (Integer(-3), Integer(-1), "cd"),
        (Integer(0), Integer(-1), "abcd"),
        (Integer(-9), Integer(2), "ab"),
        (Integer(3), Integer(2), ""),
        (Integer(9), Null, ""),
        (Integer(0), Integer(99), "abcde"),
    ] {
        check(&Function::Substring, &[text("abcde"), start, end], &text(expected));
    }
    check(&Function::Substring, &[Null, Integer(1)], &Null);
    check(&Function::Substring, &[text("x😀y"), Integer(3)], &text("y"));
    for (case, part, from, expected) in [
        (S, "b", Null, Integer(1)),
        (S, "b", Integer(2), Integer(4)),
        (S, "B", Null, Null),
        (I, "B", Null, Integer(1)),
        (S, "b", Integer(-5), Integer(1)),
        (S, "", Null, Integer(0)),
        (S, "z", Null, Null),
    ] {
        check(&Function::IndexOf(case), &[text("abcab"), text(part), from], &expected);
    }
    check(&Function::IndexOf(S), &[Null, text("a")], &Null);
}

#[test]
fn strings_are_tested_as_in_java() {
    check(&Function::StartsWith(S), &[text("abc"), text("ab")], &Bool(true));
    check(&Function::StartsWith(S), &[text("abc"), text("AB")], &Bool(false));
    check(&Function::StartsWith(I), &[text("ÄBC"), text("äb")], &Bool(true));
    check(&Function::StartsWith(S), &[text(""), text("")], &Bool(true));
    check(&Function::StartsWith(S), &[Null, text("a")], &Null);
    check(&Function::EndsWith(S), &[text("abc"), text("bc")], &Bool(true));
    check(&Function::EndsWith(S), &[text("abc"), Null], &Null);
    check(&Function::StringContains(I), &[text("aBc"), text("Bc")], &Bool(true));
    check(&Function::StringContains(S), &[text("abc"), text("")], &Bool(false));
    check(&Function::Concat, &[text("a"), Integer(1), Float(1.0), Bool(true)], &text("a11.0true"));
    check(&Function::Concat, &[text("a"), Null], &Null);
    check(&Function::String, &[Float(1e7)], &text("1.0E7"));
    check(&Function::String, &[Null], &Null);
}

#[test]
fn between_takes_the_first_or_the_longest() {
    let between = |case, greedy: Option<bool>, left: &str, right: &str, expected: &str| {
        let mut args = vec![text("one TWO one two"), text(left), text(right)];
        args.extend(greedy.map(Bool));
        check(&Function::Between(case), &args, &text(expected));
    };
    between(S, None, "one ", " t", "TWO one");
    between(I, None, "ONE ", " o", "TWO");
    between(S, Some(true), "o", "o", "ne TWO one tw");
    between(S, Some(false), "n", "e", "");
    between(S, None, "x", "o", "");
    between(S, None, "two", "o", "");
    between(S, None, "", "o", "one TWO one two");
    check(&Function::Between(S), &[Null, text("a"), text("b")], &Null);
}

#[test]
fn texts_are_read_as_numbers() {
    for (value, base, expected) in [
        ("17", Null, Integer(17)),
        ("-1.5", Null, Float(-1.5)),
        ("0x1F", Null, Integer(31)),
        ("0x1f", Integer(16), Integer(31)),
        ("1f", Integer(16), Integer(31)),
        ("101", Integer(2), Integer(5)),
        ("1e3", Integer(10), Float(1000.0)),
    ] {
        check(&Function::Number, &[text(value), base], &expected);
    }
    check(&Function::Number, &[Null, Null], &Null);
    fails(&Function::Number, &[text("x"), Null]);
    fails(&Function::Number, &[text("inf"), Null]);
    fails(&Function::Number, &[text("12"), Integer(2)]);
    fails(&Function::Number, &[text("1"), Integer(99)]);
}

#[test]
fn expressions_are_those_of_java() {
    let check = |source: &str, case, value: &str, expected: bool| {
        let regex = JavaRegex::parse(source, case).expect(source);
        assert_eq!(regex.matches(value), expected, "/{source}/ on {value:?}");
    };
    check("a.c", S, "abc", true);
    check("a.c", S, "xabc", false);
    check("a.c", S, "a\nc", false);
    check("A[b-d]+", I, "aCB", true);
    check(r"\d+\.\w*", S, "12.ab", true);
    check("a#b@c&d~<>", S, "a#b@c&d~<>", true);
    check("x|y z", S, "y z", true);
    check("[^a&~]", S, "&", false);
    for bad in ["(", "(?=a)", r"(a)\1", "[a&&b]", "[a[b]]", "a*+", "[]a]", r"\pL", "a\\"] {
        assert!(JavaRegex::parse(bad, S).is_err(), "{bad}");
    }
    let like = JavaRegex::like("a*.?", I).expect("a pattern");
    assert!(like.matches("AAA.b"));
    assert!(!like.matches("aXb"));
    assert!(!like.matches("a\n.b"));
}

fn input(name: &str) -> Input {
    let column = Column { name: name.into(), kind: Kind::Keyword };
    Input { column, reading: Reading::Plain }
}

/// `a < b`, both read from columns.
fn less() -> Script {
    let args = vec![Expr::Input(0), Expr::Input(1)];
    let expr = Expr::Call(Function::Compare(Comparison::Less), args);
    Script { expr, inputs: vec![input("a"), input("b")] }
}

#[test]
fn some_combination_of_values_is_enough() {
    let script = less();
    let values = |values: &[i64]| values.iter().copied().map(Integer).collect::<Vec<_>>();
    assert!(script.eval(&[values(&[9, 5, 7]), values(&[1, 6])]));
    assert!(!script.eval(&[values(&[9, 7]), values(&[1, 6])]));
    assert!(!script.eval(&[values(&[1]), values(&[])]));
}

#[test]
fn combinations_are_bounded() {
    let many: Vec<ScriptValue> = (0..5_000).map(|_| Integer(1)).collect();
    assert!(!less().eval(&[many.clone(), many]));
}

#[test]
fn cells_become_values() {
    let mut date = input("d");
    date.reading = Reading::Date;
    let mut flag = input("f");
    flag.reading = Reading::Boolean;
    let cell = Cell::Long(vec![0]);
    assert_eq!(flag.values(Some(&cell)), [Bool(false)]);
    assert_eq!(date.values(Some(&cell)), [text("1970-01-01T00:00:00.000Z")]);
    assert_eq!(input("x").values(None), [Null]);
    assert_eq!(input("x").values(Some(&Cell::Ip(vec![1]))), [text("::1")]);
}

proptest! {
    #[test]
    fn a_script_holds_as_the_plain_loop_says(
        a in prop::collection::vec(-3..3_i64, 0..4),
        b in prop::collection::vec(-3..3_i64, 0..4),
    ) {
        let expected = a.iter().any(|a| b.iter().any(|b| a < b));
        let values = |of: &[i64]| of.iter().copied().map(Integer).collect::<Vec<_>>();
        prop_assert_eq!(less().eval(&[values(&a), values(&b)]), expected);
    }

    #[test]
    fn strings_never_panic(
        value in ".{0,8}",
        part in ".{0,3}",
        start in any::<i64>(),
        end in any::<i64>(),
    ) {
        for function in [Function::Substring, Function::IndexOf(I), Function::Number] {
            let args = [text(&value), Integer(start), Integer(end)].map(Expr::Constant);
            let _ = Expr::Call(function, args.to_vec()).eval(&[]);
        }
        let args = [text(&value), text(&part), text(&part), Bool(true)].map(Expr::Constant);
        for function in [Function::Between(I), Function::Between(S), Function::IndexOf(I)] {
            let _ = Expr::Call(function, args.to_vec()).eval(&[]);
        }
        let _ = JavaRegex::parse(&value, I);
    }
}
