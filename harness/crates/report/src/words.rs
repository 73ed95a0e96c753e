//! Words that several formats share.

use harness_runner::run::CaseRun;
use harness_runner::verdict::Verdict;
pub(super) use harness_source::span::{flat, plural, shorten};

/// A number with its thousands apart: `12,345`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A word as a shell takes it.
pub(super) fn in_shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What a case did, as the end of a sentence; `None` for one that holds.
pub(super) fn outcome(run: &CaseRun) -> Option<String> {
    match &run.verdict {
        Verdict::Pass => None,
        Verdict::Missed => Some("raised no alert but should have".to_owned()),
        Verdict::Noisy => {
            Some(format!("raised {} but should not have", plural(run.alerts.len(), "alert")))
        }
        Verdict::Count { expected, found } => {
            Some(format!("raised {}, not {expected}", plural(*found, "alert")))
        }
        Verdict::Error(reason) => {
            Some(format!("fails: {}", super::printable(reason, super::Lines::Escape)))
        }
    }
}

/// A verdict's stable name.
pub(super) fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Missed => "missed",
        Verdict::Noisy => "noisy",
        Verdict::Count { .. } => "count",
        Verdict::Error(_) => "error",
    }
}

/// A text with a change marked, in one line: where that is longer than `limit`
/// characters, what stands around the change.
pub(super) fn around_change(text: &str, limit: usize) -> String {
    let text = flat(text);
    let marks = ["[-", "{+"].iter().filter_map(|mark| text.find(mark));
    let before = text[..marks.min().unwrap_or(0)].chars().count();
    let cut = before.saturating_sub(limit / 3);
    match text.char_indices().nth(cut) {
        Some((start, _)) if cut > 0 && text.chars().nth(limit).is_some() => {
            format!("…{}", shorten(&text[start..], limit))
        }
        _ => shorten(&text, limit),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_stand_apart() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (65_432, "65,432"), (1_234_567, "1,234,567")]
        {
            assert_eq!(super::grouped(number), text);
        }
    }

    use super::*;

    #[test]
    fn a_shell_takes_a_word_as_it_is() {
        for (word, expected) in [
            ("linux/r_1", "linux/r_1"),
            ("--root=../é", "--root=../é"),
            ("my rules", "'my rules'"),
            ("it's $HOME", r"'it'\''s $HOME'"),
            ("~", "'~'"),
            ("", "''"),
        ] {
            assert_eq!(in_shell(word), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_around_its_change() {
        let around = |text| around_change(text, 9);
        assert_eq!(around("a [-b-]"), "a [-b-]");
        assert_eq!(around("abcdefghi {+j+} klmno"), "…hi {+j+} …");
        assert_eq!(around("a {+b+} cdefghi"), "a {+b+} c…");
        assert_eq!(around("abcdefghijkl"), "abcdefghi…");
    }
}
