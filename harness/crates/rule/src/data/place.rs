//! Where the parts of a text stand in the file that states it, whatever quotes,
//! escapes and indentation are between.

use harness_source::span::Span;

/// The places of a text's bytes, as runs that stand in the file as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// Where a run begins in the text, and where in the file.
    runs: Vec<(usize, usize)>,
}

impl Places {
    /// Finds a text in what a file has of it, which begins at `start`; `None` where the
    /// two do not fit.
    pub(crate) fn find(raw: &str, start: usize, text: &str) -> Option<Self> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        for (offset, wanted) in text.char_indices() {
            let (from, to) = loop {
                let rest = raw.get(at..)?;
                let next = rest.chars().next()?;
                if let Some((meant, length)) = escape(rest)
                    && meant == Some(wanted)
                {
                    break (at, at + length);
                }
                // A folded line has a blank in place of its break.
                if next == wanted || wanted == ' ' && next == '\n' {
                    let doubled = next == '\'' && rest.starts_with("''");
                    break (at, at + next.len_utf8() * if doubled { 2 } else { 1 });
                }
                // Quotes, marks of a block, indentation, a break that is no part of it.
                let skipped =
                    matches!(next, ' ' | '\t' | '\r' | '\n' | '\\' | '|' | '>' | '-' | '+')
                        || at == 0 && matches!(next, '"' | '\'')
                        || runs.is_empty() && (matches!(next, '"' | '\'') || next.is_ascii_digit());
                if !skipped {
                    return None;
                }
                at += next.len_utf8();
            };
            let goes_on =
                runs.last().is_some_and(|(text, file)| offset - text == from + start - file);
            if !goes_on {
                runs.push((offset, from + start));
            }
            at = to;
        }
        Some(Self { runs })
    }

    /// Where a byte of the text stands in the file.
    fn of(&self, offset: usize) -> Option<usize> {
        let run = self.runs.partition_point(|(text, _)| *text <= offset).checked_sub(1)?;
        let (text, file) = self.runs.get(run)?;
        Some(file + (offset - text))
    }

    /// Where a part of the text stands in the file.
    pub(crate) fn locate(&self, part: Span) -> Option<Span> {
        let start = self.of(part.start)?;
        // The end is behind the last byte, which may be of another run.
        let end = match part.end.checked_sub(1).filter(|last| *last >= part.start) {
            Some(last) => self.of(last)? + 1,
            None => start,
        };
        Some(Span::new(start, end.max(start)))
    }
}

/// The character that an escape at the start of a text means, none for a break that is
/// no part of it, and its length.
fn escape(rest: &str) -> Option<(Option<char>, usize)> {
    let mut chars = rest.chars();
    if chars.next()? != '\\' {
        return None;
    }
    let hex = |digits: usize| {
        let code = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
        Some((code, 2 + digits))
    };
    let (code, length) = match chars.next()? {
        'n' => (10, 2),
        't' => (9, 2),
        'r' => (13, 2),
        'b' => (8, 2),
        'f' => (12, 2),
        'e' => (27, 2),
        'x' => hex(2)?,
        'u' => match hex(4)? {
            // Two halves of one character.
            (high @ 0xd800..0xdc00, _) => {
                let low = u32::from_str_radix(rest.get(8..12)?, 16).ok()?;
                (0x1_0000 + ((high - 0xd800) << 10) + low.checked_sub(0xdc00)?, 12)
            }
            other => other,
        },
        'U' => hex(8)?,
        mark @ ('"' | '\\' | '/') => (u32::from(mark), 2),
        _ => return None,
    };
    Some((char::from_u32(code), length))
}
