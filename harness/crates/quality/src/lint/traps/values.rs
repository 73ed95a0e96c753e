//! Values that are not what they seem: blanks, repeats, letters that look alike.

use std::collections::BTreeMap;

use harness_compile::program::RuleProgram;
use harness_predicate::{Part, Predicate, Test};
use harness_rule::names::Language;
use harness_source::span::Span;
use harness_text::pattern::{Case, Pattern};

use crate::lint::codes::Code;
use crate::lint::evidence;
use crate::lint::model::Safety;
use crate::lint::target::{Sink, Target};
use crate::lint::uses::{Kind, Op, Use};

pub(super) fn check(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    if used.kind != Kind::Text {
        return;
    }
    blank(target, used, sink);
    look_alike(target, used, sink);
    case(target, used, sink);
}

/// A blank at an end of a value that is compared as a whole.
fn blank(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let value = &used.value;
    let trimmed = value.trim_matches(' ');
    let is_command = used.field.contains("command_line") || used.field.contains("script");
    if trimmed.len() == value.len() || trimmed.is_empty() || !used.is_exact() || is_command {
        return;
    }
    if target.is_text(&used.field) {
        return;
    }
    let leaves = target.leaves_at(used.span);
    let event = match target.rule.language {
        Some(Language::Esql) => None,
        _ => evidence::missed(target.schema, &leaves, &used.field, trimmed),
    };
    let end = if value.starts_with(' ') { "begins" } else { "ends" };
    let message = format!("the value {end} with a blank, which is a part of it");
    let raw = used.span.of(target.query());
    let told =
        sink.query(Code::EdgeBlank, used.span, message).help("leave the blank out").evidence(event);
    if raw.matches(value.as_str()).count() == 1 {
        let mended = raw.replacen(value.as_str(), trimmed, 1);
        told.fix("leave the blank out", Safety::Unsafe, &[(used.span, mended)]);
    }
}

/// Characters that nobody sees: zero width, the byte order mark, the soft hyphen, the
/// blank that does not break.
const UNSEEN: [char; 6] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{feff}', '\u{ad}', '\u{a0}'];

fn look_alike(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let Some(why) = odd(&used.value) else { return };
    let plain: String = used.value.chars().filter_map(latin).collect();
    let event = (plain.is_ascii() && used.is_exact())
        .then(|| {
            let leaves = target.leaves_at(used.span);
            evidence::missed(target.schema, &leaves, &used.field, &plain)
        })
        .flatten();
    sink.query(Code::LookAlike, used.span, why)
        .help("type the word anew; where the letter is what is looked for, accept the finding")
        .evidence(event);
}

/// What is odd about the letters of a text: a word that mixes scripts, or a character
/// that nobody sees.
pub(in crate::lint) fn odd(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    if let Some(unseen) = text.chars().find(|c| UNSEEN.contains(c)) {
        return Some(format!("the value has U+{:04X}, which nobody sees", u32::from(unseen)));
    }
    let other = |c: char| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}');
    let mut words = text.split(|c: char| !c.is_alphabetic());
    let mixed = words.find(|word| word.contains(other) && word.contains(|c: char| c.is_ascii()))?;
    let letter = mixed.chars().find(|c| other(*c))?;
    let script = if letter < '\u{400}' { "Greek" } else { "Cyrillic" };
    Some(format!("`{mixed}` has the {script} letter U+{:04X} among Latin ones", u32::from(letter)))
}

/// The Latin letter that a Cyrillic or Greek one looks like; nothing for what is not seen.
fn latin(c: char) -> Option<char> {
    Some(match c {
        'а' => 'a',
        'е' => 'e',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'у' => 'y',
        'х' => 'x',
        'і' | 'ι' => 'i',
        'ѕ' => 's',
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'Е' | 'Ε' => 'E',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Н' | 'Η' => 'H',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'С' => 'C',
        'Т' | 'Τ' => 'T',
        'Х' | 'Χ' => 'X',
        '\u{a0}' => ' ',
        c if UNSEEN.contains(&c) => return None,
        c => c,
    })
}

/// Fields that Windows fills with names as they were typed.
const TYPED: [&str; 9] = [
    "process.name",
    "process.executable",
    "process.parent.name",
    "process.parent.executable",
    "file.name",
    "file.path",
    "dll.name",
    "dll.path",
    "registry.path",
];

/// A comparison by case of a name that Windows writes in any.
fn case(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let by_case = used.case == Case::Sensitive
        && matches!(used.op, Op::Equal | Op::In | Op::Like)
        && target.rule.language == Some(Language::Eql);
    let on_windows = || {
        let filters = target.compiled.program.iter().flat_map(RuleProgram::filters);
        filters.into_iter().any(|filter| is_on_windows(filter, used.span, false))
    };
    let lettered = used.value.bytes().any(|byte| byte.is_ascii_alphabetic());
    // An exclusion that misses lets more through, and nothing by.
    if used.negated
        || !by_case
        || !lettered
        || !TYPED.contains(&used.field.as_str())
        || !on_windows()
    {
        return;
    }
    let turned = used.value.to_ascii_uppercase();
    let turned = if turned == used.value { turned.to_ascii_lowercase() } else { turned };
    let leaves = target.leaves_at(used.span);
    let meant = turned.replace('*', "x");
    let event = evidence::missed(target.schema, &leaves, &used.field, &meant);
    // Where another value of the list has the other spelling, case was thought of.
    let Some(event) = event else { return };
    let message = "the comparison is by case, and Windows logs the name as it was typed";
    sink.query(Code::CaseOnWindows, used.span, message.to_owned())
        .help("use `:`, `in~` or `like~`")
        .evidence(Some(event));
}

/// Whether a clause at a place of the query holds only where the system is Windows: a
/// condition beside it, or around it, says so. The compilers bound the depth.
fn is_on_windows(predicate: &Predicate, place: Span, known: bool) -> bool {
    match predicate {
        Predicate::Leaf(leaf) => {
            let own = leaf.origin.span;
            let meets = own.start < place.end && place.start < own.end;
            known && leaf.origin.part == Part::Query && meets
        }
        Predicate::And(parts) => {
            let known = known || parts.iter().any(says_windows);
            parts.iter().any(|part| is_on_windows(part, place, known))
        }
        Predicate::Or(parts) | Predicate::AtLeast { of: parts, .. } => {
            parts.iter().any(|part| is_on_windows(part, place, known))
        }
        Predicate::Not(inner) | Predicate::Nested { inner, .. } => {
            is_on_windows(inner, place, known)
        }
        Predicate::Const(_) => false,
    }
}

fn says_windows(part: &Predicate) -> bool {
    let Predicate::Leaf(leaf) = part else { return false };
    let is_windows = |text: &str| text.eq_ignore_ascii_case("windows");
    &*leaf.column.name == "host.os.type"
        && matches!(&leaf.test, Test::Term(Pattern::Equals(text, _)) if is_windows(text))
}

/// Values that a list has twice.
pub(super) fn duplicates(target: &Target<'_>, sink: &mut Sink<'_>) {
    let mut seen: BTreeMap<(usize, &str, &str, bool), &Use> = BTreeMap::new();
    let in_list = |used: &&Use| used.list > 0 && !matches!(used.op, Op::Part | Op::Argument);
    for used in target.uses.iter().filter(in_list) {
        let key = (used.list, used.field.as_str(), used.value.as_str(), used.negated);
        let Some(first) = seen.get(&key) else {
            seen.insert(key, used);
            continue;
        };
        if first.op != used.op || first.span == used.span || first.wild != used.wild {
            continue;
        }
        let message = format!("`{}` is in the list already", shown(&used.value));
        let told = sink.query(Code::DuplicateValue, used.span, message).help("leave it out");
        if let Some(cut) = cut(target, used.span) {
            told.fix("leave the second out", Safety::Safe, &[(cut, String::new())]);
        }
    }
}

/// Fields that a list beside the query names twice.
pub(super) fn fields(target: &Target<'_>, sink: &mut Sink<'_>) {
    let rule = target.rule;
    let threshold = rule.threshold.iter().map(|own| &own.fields);
    let new_terms = rule.new_terms.iter().map(|own| &own.fields);
    let groups = rule.alert_suppression.iter().map(|own| &own.group_by);
    for list in threshold.chain(new_terms).chain(groups) {
        for (at, field) in list.iter().enumerate() {
            if list[..at].iter().any(|before| before.value == field.value) {
                let message = format!("`{}` is in the list already", shown(&field.value));
                sink.file(Code::DuplicateValue, field.span, message).help("leave it out");
            }
        }
    }
}

fn shown(value: &str) -> String {
    harness_source::span::shorten(&harness_source::span::flat(value), 60)
}

/// The value with the separator before it, where it stands in a list of values.
pub(in crate::lint) fn cut(target: &Target<'_>, span: Span) -> Option<Span> {
    let text = target.query();
    let before = text.get(..span.start)?;
    let head = before.trim_end();
    let separator = if target.rule.language == Some(Language::Kuery) {
        let word = head.get(head.len().checked_sub(2)?..)?;
        let edge = head[..head.len() - 2].chars().next_back()?;
        (word.eq_ignore_ascii_case("or") && edge.is_whitespace()).then_some(2)?
    } else {
        head.ends_with(',').then_some(1)?
    };
    let start = head[..head.len() - separator].trim_end().len();
    // A comment between the values stays.
    let between = text.get(start..span.start)?;
    (!between.contains("//") && !between.contains("/*")).then(|| Span::new(start, span.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_several_scripts_are_odd() {
        assert!(odd("powershell").is_none());
        assert!(odd("пароль.txt").is_none(), "a word of one script");
        assert!(odd("p\u{43e}wershell").is_some());
        assert!(odd("cmd\u{200b}.exe").is_some());
        assert!(odd("α-β").is_none());
    }
}
