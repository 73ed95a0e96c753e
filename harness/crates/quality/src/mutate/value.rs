//! Changes to the value of one clause: strings, wildcards, bounds, networks.

pub(super) use super::letters::other_case;
use super::{Operator, script};
use harness_predicate::{DoubleInterval, Interval, Leaf, Predicate, Test};
use harness_rule::names::Language;
use harness_text::pattern::glob::{Glob, GlobPart};
use harness_text::pattern::regexp::Regexp;
use harness_text::pattern::{Pattern, StringRange};

/// One change to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ValueEdit {
    /// Another value.
    Change,
    /// Letters match in either case, or no longer do.
    FlipCase,
    /// A star before it.
    WidenStart,
    /// A star after it.
    WidenEnd,
    /// The n-th part of a pattern, a question mark, becomes a star.
    WidenOne(usize),
    /// The n-th part of a pattern, a star, goes.
    Narrow(usize),
    /// A bound moves by this much.
    Move(End, i8),
    /// A network becomes larger or smaller by one bit.
    Network(i8),
    /// A change inside a script.
    Script(script::ScriptEdit),
}

/// The end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Low,
    High,
}

impl ValueEdit {
    /// What kind of change it is.
    pub(super) fn operator(&self) -> Operator {
        match self {
            Self::Change => Operator::ChangeValue,
            Self::FlipCase => Operator::FlipCase,
            Self::WidenStart | Self::WidenEnd | Self::WidenOne(_) => Operator::WidenWildcard,
            Self::Narrow(_) => Operator::NarrowWildcard,
            Self::Move(..) | Self::Network(_) => Operator::MoveBound,
            Self::Script(edit) => edit.operator(),
        }
    }
}

/// A predicate in words.
pub(super) fn words(predicate: &Predicate) -> String {
    let lines = predicate.to_string();
    lines.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The leaf that stands for a clause: its first.
pub(super) fn first_leaf(predicate: &Predicate) -> Option<&Leaf> {
    let mut first = None;
    predicate.leaves(&mut |leaf| {
        first.get_or_insert(leaf);
    });
    first
}

/// The changes to the value of a clause.
pub(super) fn edits(predicate: &Predicate, language: Option<Language>) -> Vec<ValueEdit> {
    let Some(leaf) = first_leaf(predicate) else { return Vec::new() };
    let mut edits = Vec::new();
    let moves = |edits: &mut Vec<ValueEdit>, low: bool, high: bool| {
        for (end, present) in [(End::Low, low), (End::High, high)] {
            if present {
                edits.extend([ValueEdit::Move(end, -1), ValueEdit::Move(end, 1)]);
            }
        }
    };
    match &leaf.test {
        Test::Exists | Test::Term(Pattern::Fuzzy(_)) => {}
        Test::Term(Pattern::Equals(..)) | Test::Phrase(_) | Test::Bool(_) => {
            edits.push(ValueEdit::Change);
        }
        Test::Term(Pattern::Prefix(..)) => {
            edits.extend([ValueEdit::WidenStart, ValueEdit::Narrow(1)]);
        }
        Test::Term(Pattern::Glob(glob, _)) => {
            let parts = glob.parts();
            let bare = |part: Option<&GlobPart>| part.is_some_and(|part| *part != GlobPart::Many);
            edits.extend(bare(parts.first()).then_some(ValueEdit::WidenStart));
            edits.extend(bare(parts.last()).then_some(ValueEdit::WidenEnd));
            for (at, part) in parts.iter().enumerate() {
                match part {
                    GlobPart::Literal(_) => {}
                    GlobPart::One => edits.push(ValueEdit::WidenOne(at)),
                    GlobPart::Many => edits.push(ValueEdit::Narrow(at)),
                }
            }
        }
        Test::Term(Pattern::Regexp(_)) => {
            edits.extend([ValueEdit::WidenStart, ValueEdit::WidenEnd]);
        }
        Test::Term(Pattern::Range(range)) => {
            moves(&mut edits, range.low.is_some(), range.high.is_some());
        }
        Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval) => {
            if interval.low == interval.high {
                edits.push(ValueEdit::Change);
            } else {
                moves(&mut edits, interval.low > i64::MIN, interval.high < i64::MAX);
            }
        }
        Test::Double(DoubleInterval(interval)) => {
            if interval.low.to_bits() == interval.high.to_bits() {
                edits.push(ValueEdit::Change);
            } else {
                moves(&mut edits, interval.low.is_finite(), interval.high.is_finite());
            }
        }
        Test::Ip(interval) => {
            if interval.low == interval.high {
                edits.push(ValueEdit::Change);
            } else if prefix_length(interval).is_some() {
                edits.extend([ValueEdit::Network(-1), ValueEdit::Network(1)]);
            } else {
                moves(&mut edits, interval.low > 0, interval.high < u128::MAX);
            }
        }
        Test::Script(script) => {
            edits.extend(script::edits(script).into_iter().map(ValueEdit::Script));
        }
    }
    if language == Some(Language::Eql) {
        edits.push(ValueEdit::FlipCase);
    }
    edits
}

/// A clause with its value changed; `None` where that changes nothing.
pub(super) fn changed(predicate: &Predicate, edit: &ValueEdit) -> Option<Predicate> {
    let (mut changed, mut any) = (predicate.clone(), false);
    changed.leaves_mut(&mut |leaf| {
        if let Some(new) = apply(&leaf.test, edit).filter(|new| *new != leaf.test) {
            leaf.test = new;
            any = true;
        }
    });
    any.then_some(changed)
}

fn apply(test: &Test, edit: &ValueEdit) -> Option<Test> {
    match (test, edit) {
        (Test::Term(pattern), edit) => term(pattern, edit).map(Test::Term),
        (Test::Phrase(phrase), ValueEdit::Change) => {
            let mut phrase = phrase.clone();
            phrase.terms.last_mut()?.0.push('x');
            Some(Test::Phrase(phrase))
        }
        (Test::Bool(value), ValueEdit::Change) => Some(Test::Bool(!value)),
        (Test::Long(interval), edit) => whole(*interval, edit).map(Test::Long),
        (Test::Date(interval), edit) => whole(*interval, edit).map(Test::Date),
        (Test::Nanos(interval), edit) => whole(*interval, edit).map(Test::Nanos),
        (Test::Double(DoubleInterval(interval)), edit) => {
            let Interval { mut low, mut high } = *interval;
            match edit {
                ValueEdit::Change => (low, high) = (low + 1.0, high + 1.0),
                ValueEdit::Move(End::Low, by) => low += f64::from(*by),
                ValueEdit::Move(End::High, by) => high += f64::from(*by),
                _ => return None,
            }
            Some(Test::Double(DoubleInterval(Interval { low, high })))
        }
        (Test::Ip(interval), edit) => address(*interval, edit).map(Test::Ip),
        (Test::Script(script), ValueEdit::Script(edit)) => {
            Some(Test::Script(script::apply(script, edit)?))
        }
        (Test::Script(script), ValueEdit::FlipCase) => Some(Test::Script(script::flipped(script)?)),
        (Test::Exists | Test::Phrase(_) | Test::Bool(_) | Test::Script(_), _) => None,
    }
}

fn whole(interval: Interval<i64>, edit: &ValueEdit) -> Option<Interval<i64>> {
    let Interval { low, high } = interval;
    Some(match edit {
        ValueEdit::Change => Interval { low: low.checked_add(1)?, high: high.checked_add(1)? },
        ValueEdit::Move(End::Low, by) => Interval { low: low.checked_add((*by).into())?, high },
        ValueEdit::Move(End::High, by) => Interval { low, high: high.checked_add((*by).into())? },
        _ => return None,
    })
}

fn address(interval: Interval<u128>, edit: &ValueEdit) -> Option<Interval<u128>> {
    let Interval { low, high } = interval;
    let moved = |value: u128, by: i8| value.checked_add_signed(by.into());
    Some(match edit {
        ValueEdit::Change => Interval { low: low.checked_add(1)?, high: high.checked_add(1)? },
        ValueEdit::Move(End::Low, by) => Interval { low: moved(low, *by)?, high },
        ValueEdit::Move(End::High, by) => Interval { low, high: moved(high, *by)? },
        ValueEdit::Network(by) => {
            let free = (high - low).checked_add(1)?.trailing_zeros();
            let free = free.checked_add_signed((-by).into())?;
            let size = 1_u128.checked_shl(free)?;
            let low = low & !(size - 1);
            Interval { low, high: low + (size - 1) }
        }
        _ => return None,
    })
}

/// The length of the prefix of a network of more than one address; of IPv4 in
/// the way that IPv4 is written.
pub(super) fn prefix_length(interval: &Interval<u128>) -> Option<u32> {
    let size = interval.high.checked_sub(interval.low)?.checked_add(1)?;
    if !size.is_power_of_two() || !interval.low.is_multiple_of(size) || size == 1 {
        return None;
    }
    let free = size.trailing_zeros();
    let is_v4 = interval.low >> 32 == 0xffff && free <= 32;
    Some(if is_v4 { 32 - free } else { 128 - free })
}

fn term(pattern: &Pattern, edit: &ValueEdit) -> Option<Pattern> {
    let star = || GlobPart::Many;
    let glob = |parts: Vec<GlobPart>, case| {
        let glob = Glob::from_parts(parts);
        match glob.as_literal() {
            Some(text) => Pattern::Equals(text, case),
            None => Pattern::Glob(glob, case),
        }
    };
    if *edit == ValueEdit::FlipCase {
        return recased(pattern);
    }
    Some(match pattern {
        Pattern::Equals(text, case) => match edit {
            ValueEdit::Change => Pattern::Equals(format!("{text}x"), *case),
            _ => return None,
        },
        Pattern::Prefix(text, case) => match edit {
            ValueEdit::WidenStart => {
                glob(vec![star(), GlobPart::Literal(text.clone()), star()], *case)
            }
            ValueEdit::Narrow(_) => Pattern::Equals(text.clone(), *case),
            _ => return None,
        },
        Pattern::Glob(old, case) => {
            let mut parts = old.parts().to_vec();
            match edit {
                ValueEdit::WidenStart => parts.insert(0, star()),
                ValueEdit::WidenEnd => parts.push(star()),
                ValueEdit::WidenOne(at) => *parts.get_mut(*at)? = star(),
                ValueEdit::Narrow(at) if *at < parts.len() => {
                    parts.remove(*at);
                }
                _ => return None,
            }
            glob(parts, *case)
        }
        Pattern::Regexp(old) => {
            let source = old.source();
            let source = match edit {
                ValueEdit::WidenStart => format!(".*({source})"),
                ValueEdit::WidenEnd => format!("({source}).*"),
                _ => return None,
            };
            Pattern::Regexp(Regexp::parse(&source, old.flags(), old.case()).ok()?)
        }
        Pattern::Range(old) => {
            let mut range = StringRange::clone(old);
            let (end, by) = match edit {
                ValueEdit::Move(End::Low, by) => (&mut range.low, -by),
                ValueEdit::Move(End::High, by) => (&mut range.high, *by),
                _ => return None,
            };
            // The nearest neighbours of a bound are the bound in and out.
            end.as_mut()?.1 = by > 0;
            Pattern::Range(range)
        }
        Pattern::Fuzzy(_) => return None,
    })
}

fn recased(pattern: &Pattern) -> Option<Pattern> {
    let lettered = |text: &str| text.bytes().any(|byte| byte.is_ascii_alphabetic());
    Some(match pattern {
        Pattern::Equals(text, case) if lettered(text) => {
            Pattern::Equals(text.clone(), other_case(*case))
        }
        Pattern::Prefix(text, case) if lettered(text) => {
            Pattern::Prefix(text.clone(), other_case(*case))
        }
        Pattern::Glob(glob, case) if lettered(&glob.to_string()) => {
            Pattern::Glob(glob.clone(), other_case(*case))
        }
        Pattern::Regexp(old) => {
            Pattern::Regexp(Regexp::parse(old.source(), old.flags(), other_case(old.case())).ok()?)
        }
        Pattern::Equals(..)
        | Pattern::Prefix(..)
        | Pattern::Glob(..)
        | Pattern::Range(_)
        | Pattern::Fuzzy(_) => return None,
    })
}
