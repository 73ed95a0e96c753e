//! Regular expressions where there are none, and what Lucene's lack.

use harness_rule::names::Language;
use harness_text::pattern::Case;

use crate::lint::codes::Code;
use crate::lint::model::Safety;
use crate::lint::target::{Sink, Target};
use crate::lint::uses::{Kind, Op, Use};

pub(super) fn check(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    if used.kind != Kind::Text {
        return;
    }
    match used.op {
        Op::Regex => {
            anchor(target, used, sink);
            range(used, sink);
        }
        Op::Colon | Op::Like | Op::Bare => in_wildcard(target, used, sink),
        Op::Equal | Op::In | Op::Quoted | Op::Order | Op::Part | Op::Argument | Op::Search => {}
    }
}

fn anchor(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let value = &used.value;
    let at_end = value.ends_with('$') && !value.ends_with("\\$") && !value.ends_with("[$");
    let at_start = value.starts_with('^');
    if !at_start && !at_end {
        return;
    }
    let (sign, place) = if at_start { ("^", "begin") } else { ("$", "end") };
    let message =
        format!("`{sign}` is no anchor but a character: only values that {place} with it match");
    let raw = used.span.of(target.query());
    let told = sink
        .query(Code::RegexAnchor, used.span, message)
        .help("leave the anchors out: the whole value has to match anyway");
    let quotes = raw.len() - raw.trim_start_matches('"').len();
    if quotes > 0 && raw.len() > 2 * quotes {
        let inner = &raw[quotes..raw.len() - quotes];
        let inner = inner.strip_prefix('^').unwrap_or(inner);
        let inner = if at_end { inner.strip_suffix('$').unwrap_or(inner) } else { inner };
        let marks = "\"".repeat(quotes);
        let mended = format!("{marks}{inner}{marks}");
        told.fix("leave the anchors out", Safety::Unsafe, &[(used.span, mended)]);
    }
}

/// A class with a range of letters of one case only.
fn range(used: &Use, sink: &mut Sink<'_>) {
    if used.case == Case::Sensitive {
        return;
    }
    if let Some((low, high)) = lone_range(&used.value) {
        let message = format!(
            "`{low}-{high}` stays sensitive to case under `regex~`: letters of the other case do \
             not match"
        );
        let other = |c: char| {
            if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
        };
        sink.query(Code::RegexCaseRange, used.span, message).help(format!(
            "add `{}-{}` to the class",
            other(low),
            other(high)
        ));
    }
}

/// The first range of letters in a class that lacks its counterpart.
fn lone_range(pattern: &str) -> Option<(char, char)> {
    let mut rest = pattern;
    while let Some(open) = rest.find('[') {
        let escaped = rest[..open].chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
        let body = &rest[open + 1..];
        if escaped {
            rest = body;
            continue;
        }
        let close = body.find(']').unwrap_or(body.len());
        let class: Vec<char> = body[..close].chars().collect();
        let ranges: Vec<(char, char)> = class
            .windows(3)
            .filter(|w| w[1] == '-' && w[0].is_ascii_alphabetic() && w[2].is_ascii_alphabetic())
            .map(|w| (w[0], w[2]))
            .collect();
        for (low, high) in &ranges {
            let same = low.is_ascii_lowercase() == high.is_ascii_lowercase();
            let paired = ranges.iter().any(|(a, b)| {
                a != low && a.eq_ignore_ascii_case(low) && b.eq_ignore_ascii_case(high)
            });
            if same && !paired {
                return Some((*low, *high));
            }
        }
        rest = body.get(close..).unwrap_or_default();
    }
    None
}

/// Signs of regular expressions where only wildcards are special.
fn in_wildcard(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let value = &used.value;
    if target.is_text(&used.field) && used.op == Op::Bare {
        return;
    }
    let class = || {
        // A command may have an expression in it.
        let ranges = if value.contains(' ') { &[][..] } else { &["[a-z", "[A-Z", "[0-9", "[^"] };
        ranges.iter().any(|range| value.find(range).is_some_and(|at| value[at..].contains(']')))
    };
    let escape = || {
        ["\\d+", "\\d*", "\\w+", "\\w*", "\\s+", "\\s*", "\\d{", "\\w{"]
            .iter()
            .any(|sign| value.contains(sign) && !is_path(value))
    };
    let anchored =
        value.starts_with('^') && value.len() > 1 || value.ends_with('$') && value.contains(".*");
    let group = value.contains(".*)") || value.contains("(?:") || value.contains("(?i)");
    let slashes = used.op == Op::Bare
        && value.len() > 2
        && value.starts_with('/')
        && value.ends_with('/')
        && value.contains(".*");
    let both = value.starts_with(".*") && value.len() > 2 && value.ends_with(".*");
    if !(class() || escape() || anchored || group || slashes || both) {
        return;
    }
    let help = match target.rule.language {
        Some(Language::Eql) => "use `regex`, or write the pattern with `*` and `?`",
        Some(Language::Esql) => "use RLIKE, or write the pattern with `*` and `?`",
        Some(Language::Kuery | Language::Lucene) | None => "write the pattern with `*`",
    };
    let message = "only `*` and `?` are special in this pattern: signs of a regular expression \
                   stand for themselves";
    let message = match used.op {
        Op::Bare => {
            "only `*` is special in KQL: signs of a regular expression stand for themselves"
        }
        _ => message,
    };
    sink.query(Code::RegexInWildcard, used.span, message.to_owned()).help(help);
}

fn is_path(value: &str) -> bool {
    value.contains(":\\") || value.matches('\\').count() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_without_their_counterpart_are_found() {
        assert_eq!(lone_range("[a-z0-9]\\.exe"), Some(('a', 'z')));
        assert_eq!(lone_range("[a-zA-Z]"), None);
        assert_eq!(lone_range("[0-9]+"), None);
        assert_eq!(lone_range("\\[a-z\\]"), None);
        assert_eq!(lone_range("[a-fA-F0-9]{8}[A-Z]"), Some(('A', 'Z')));
    }
}
