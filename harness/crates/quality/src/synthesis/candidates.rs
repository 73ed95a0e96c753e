//! Values that pass a test, and values that just miss it.

use serde_json::{Value, json};

use super::regexp::sample;
use harness_model::value::{format_date, format_nanos, ip_text};
use harness_predicate::script::{Expr, Script, ScriptValue};
use harness_predicate::{DoubleInterval, Interval, Test};
use harness_text::pattern::Pattern;
use harness_text::pattern::glob::GlobPart;

/// The longest text that is made up for a script that asks for a length.
const MAX_LENGTH: i64 = 4_096;

/// Values worth a try, those that pass before those that just miss.
pub(crate) fn samples(test: &Test) -> Vec<Value> {
    match test {
        Test::Exists => {
            vec![
                json!("any"),
                json!(1),
                json!(true),
                json!("2026-01-01T00:00:00Z"),
                json!("192.0.2.1"),
            ]
        }
        Test::Term(pattern) => strings(pattern).into_iter().map(Value::String).collect(),
        Test::Phrase(phrase) => {
            let words: Vec<&str> = phrase.terms.iter().map(|(term, _)| term.as_str()).collect();
            let text = words.join(" ");
            vec![json!(text), json!(words.join(" x ")), json!(format!("{text}x"))]
        }
        Test::Long(interval) => whole(*interval).into_iter().map(Value::from).collect(),
        Test::Date(interval) => {
            let dates = whole(*interval).into_iter().map(|millis| json!(format_date(millis)));
            dates.collect()
        }
        Test::Nanos(interval) => {
            let dates = whole(*interval).into_iter().map(|nanos| json!(format_nanos(nanos)));
            dates.collect()
        }
        Test::Bool(value) => vec![json!(value), json!(!value)],
        Test::Double(DoubleInterval(Interval { low, high })) => {
            let ends = [*low, *high, low - 1.0, high + 1.0, low + 0.5, high - 0.5];
            ends.into_iter().filter(|end| end.is_finite()).map(Value::from).collect()
        }
        Test::Ip(Interval { low, high }) => {
            let ends = [
                Some(*low),
                Some(*high),
                low.checked_add(1).filter(|at| at <= high),
                low.checked_sub(1),
                high.checked_add(1),
            ];
            ends.into_iter().flatten().map(|address| json!(ip_text(address))).collect()
        }
        Test::Script(script) => of_script(script),
    }
}

fn whole(interval: Interval<i64>) -> Vec<i64> {
    let Interval { low, high } = interval;
    let mut ends = Vec::new();
    if low > i64::MIN {
        ends.extend([low, low.saturating_add(1), low - 1]);
    }
    if high < i64::MAX {
        ends.extend([high, high.saturating_sub(1), high + 1]);
    }
    let inside = |value: &i64| !interval.contains(*value);
    ends.sort_by_key(inside);
    ends
}

fn strings(pattern: &Pattern) -> Vec<String> {
    let mut found = Vec::new();
    match pattern {
        Pattern::Equals(text, _) => {
            found.extend([text.clone(), format!("{text}x")]);
        }
        Pattern::Prefix(text, _) => {
            found.extend([format!("{text}x"), text.clone(), format!("x{text}")]);
        }
        Pattern::Glob(glob, _) => {
            let stars: Vec<usize> = glob
                .parts()
                .iter()
                .enumerate()
                .filter(|(_, part)| **part == GlobPart::Many)
                .map(|(at, _)| at)
                .collect();
            let make = |filled: &dyn Fn(usize) -> bool| -> String {
                let parts = glob.parts().iter().enumerate().map(|(at, part)| match part {
                    GlobPart::Literal(text) => text.as_str(),
                    GlobPart::One => "x",
                    GlobPart::Many if filled(at) => "x",
                    GlobPart::Many => "",
                });
                parts.collect()
            };
            found.push(make(&|_| true));
            found.push(make(&|_| false));
            found.extend(stars.iter().map(|star| make(&|at| at == *star)));
            found.extend(stars.iter().map(|star| make(&|at| at != *star)));
            let plain = make(&|_| false);
            found.extend([format!("x{plain}"), format!("{plain}x"), format!("x{plain}x")]);
        }
        Pattern::Regexp(regexp) => {
            found.extend(regexp.required_literals().unwrap_or_default());
            found.extend(sample(regexp.source()).filter(|text| regexp.matches(text)));
        }
        Pattern::Range(range) => {
            for (text, _) in range.low.iter().chain(&range.high) {
                found.extend([text.clone(), format!("{text}!")]);
            }
        }
        Pattern::Fuzzy(fuzzy) => {
            found.extend([fuzzy.text.clone(), format!("{}xxx", fuzzy.text)]);
        }
    }
    // Other spellings tell `==` from `:`, in either direction.
    let turned: Vec<String> = found.iter().map(|text| turned(text)).collect();
    found.extend(turned);
    found
}

/// The text with the case of its letters turned.
fn turned(text: &str) -> String {
    let turn = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    text.chars().map(turn).collect()
}

/// How many numbers of a script are multiplied with each other.
const MAX_FACTORS: usize = 6;

/// What is at and near the products and sums of the numbers of a script.
fn combined(script: &Script) -> Vec<Value> {
    let mut numbers: Vec<i64> = Vec::new();
    constants(&script.expr, &mut |value| {
        if let ScriptValue::Integer(value) = value
            && numbers.len() < MAX_FACTORS
        {
            numbers.push(*value);
        }
    });
    let pairs = numbers.iter().enumerate().flat_map(|(at, a)| {
        numbers
            .iter()
            .enumerate()
            .filter(move |(other, _)| *other != at)
            .map(move |(_, b)| (*a, *b))
    });
    let all = pairs.flat_map(|(a, b)| {
        let product = a.saturating_mul(b);
        [product, product.saturating_add(b), product.saturating_sub(b), a.saturating_add(b)]
    });
    all.map(Value::from).collect()
}

fn of_script(script: &Script) -> Vec<Value> {
    let mut found = Vec::new();
    constants(&script.expr, &mut |value| match value {
        ScriptValue::Integer(value) => {
            for near in [*value, value.saturating_sub(1), value.saturating_add(1)] {
                found.push(json!(near));
                if (0..=MAX_LENGTH).contains(&near) {
                    found.push(json!("x".repeat(usize::try_from(near).unwrap_or(0))));
                }
            }
        }
        ScriptValue::String(text) => {
            found.extend([json!(text), json!(format!("{text}x")), json!(turned(text))]);
        }
        ScriptValue::Float(value) => found.extend([json!(value), json!(value + 1.0)]),
        ScriptValue::Null | ScriptValue::Bool(_) => {}
    });
    found.extend(combined(script));
    found
}

fn constants(expr: &Expr, see: &mut dyn FnMut(&ScriptValue)) {
    match expr {
        Expr::Constant(value) => see(value),
        Expr::Input(_) => {}
        Expr::Call(_, args) => args.iter().for_each(|arg| constants(arg, see)),
    }
}
