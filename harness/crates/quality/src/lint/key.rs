//! Where a key stands in a rule file.

use harness_source::span::Span;

/// The value of a key at the start of a line; the first such line below `[rule]` where
/// there is one.
pub(super) fn key(text: &str, name: &str) -> Option<Span> {
    let from = text.find("[rule]").unwrap_or(0);
    find_key(text, name, from).or_else(|| find_key(text, name, 0))
}

fn find_key(text: &str, name: &str, from: usize) -> Option<Span> {
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let own = line.trim_end();
        if let Some(rest) = own.strip_prefix(name)
            && let Some(value) = rest.trim_start().strip_prefix('=')
        {
            let start = at + own.len() - value.trim_start().len();
            return Some(Span::new(start, at + own.len()));
        }
        at += line.len();
    }
    None
}
