//! Words that several formats share.

use crate::run::{CaseRun, Clause};
pub(super) use crate::span::{flat, shorten};
use crate::verdict::Verdict;

/// A count and its noun.
pub(super) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// What a case did, as the end of a sentence; `None` for one that holds.
pub(super) fn outcome(run: &CaseRun) -> Option<String> {
    match &run.verdict {
        Verdict::Pass => None,
        Verdict::Missed => Some("raised no alert, and should".to_owned()),
        Verdict::Noisy => {
            Some(format!("raised {}, and should not", plural(run.alerts.len(), "alert")))
        }
        Verdict::Count { expected, found } => {
            Some(format!("raised {}, not {expected}", plural(*found, "alert")))
        }
        Verdict::Error(reason) => {
            Some(format!("fails: {}", super::printable(reason, super::Lines::Escape)))
        }
    }
}

/// The part that a clause plays in an outcome, as the beginning of a sentence.
pub(super) fn part(clause: &Clause, verdict: &Verdict) -> &'static str {
    match (*verdict == Verdict::Noisy, clause.holds) {
        (true, true) => "let through by",
        (true, false) => "not stopped by",
        (false, false) => "needs",
        (false, true) => "must not have",
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

/// What a clause found, at most 200 characters.
pub(super) fn found(clause: &Clause) -> String {
    match clause.found.as_slice() {
        [] => clause.unknown.clone().unwrap_or_else(|| "the event has no such field".to_owned()),
        values => format!("found {}", shorten(&values.join(", "), 200)),
    }
}

/// Why a case does not hold, one thought a line; for formats without layout.
pub(super) fn why(run: &CaseRun) -> Vec<String> {
    let mut lines: Vec<String> = run.warnings.iter().map(ToString::to_string).collect();
    for why in &run.explanations {
        lines.extend(why.event.as_ref().map(|event| format!("event {event}")));
        lines.extend(why.note.as_ref().map(|note| format!("  {note}")));
        for clause in &why.clauses {
            lines.push(format!("  {} {}", part(clause, &run.verdict), clause.clause));
            lines.push(format!("    {}", found(clause)));
        }
    }
    lines
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
    use super::*;

    #[test]
    fn a_long_text_is_cut_around_its_change() {
        let around = |text| around_change(text, 9);
        assert_eq!(around("a [-b-]"), "a [-b-]");
        assert_eq!(around("abcdefghi {+j+} klmno"), "…hi {+j+} …");
        assert_eq!(around("a {+b+} cdefghi"), "a {+b+} c…");
        assert_eq!(around("abcdefghijkl"), "abcdefghi…");
    }
}
