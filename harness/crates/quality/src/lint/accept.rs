//! Acceptances in a rule file: `# lint: accept CODE: reason`.
//!
//! At the end of a line it is about that line; on a line of its own about what follows:
//! a key with all of its value, a table, or, before anything else, the whole file.

use harness_source::span::Span;

/// One acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// The kinds of findings, as written.
    pub(super) codes: Vec<String>,
    /// Why they are accepted; empty where nobody says.
    pub(super) reason: String,
    /// The comment.
    pub(super) span: Span,
    /// What it is about.
    pub(super) about: Span,
}

const MARK: &str = "lint: accept";

/// The acceptances of a file, in order.
pub(super) fn comments(text: &str) -> Vec<Comment> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let lines = lines(text);
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(at) = line.comment else { continue };
        let comment = text[at..line.span.end].trim_end();
        let Some(rest) = comment.trim_start_matches('#').trim_start().strip_prefix(MARK) else {
            continue;
        };
        let (codes, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let codes = codes.split([',', ' ']).filter(|code| !code.is_empty());
        let is_alone = text[line.span.start..at].trim().is_empty();
        let about = if is_alone { following(text, &lines, number) } else { line.span };
        found.push(Comment {
            codes: codes.map(str::to_owned).collect(),
            reason: reason.trim().to_owned(),
            span: Span::new(at, at + comment.len()),
            about,
        });
    }
    found
}

/// A line of TOML, or all lines of a value that goes over several.
struct Line {
    span: Span,
    /// Where its comment begins.
    comment: Option<usize>,
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut start, mut at, mut depth) = (0, 0, 0_usize);
    let mut comment = None;
    while at < text.len() {
        let rest = &text[at..];
        let step = match rest.as_bytes()[0] {
            b'"' | b'\'' => string(rest),
            b'#' => {
                comment = comment.or(Some(at));
                rest.find('\n').unwrap_or(rest.len())
            }
            b'[' | b'{' => {
                depth += 1;
                1
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                1
            }
            b'\n' if depth == 0 => {
                lines.push(Line { span: Span::new(start, at), comment });
                (start, comment) = (at + 1, None);
                1
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at += step;
    }
    lines.push(Line { span: Span::new(start, text.len()), comment });
    lines
}

/// How long the string is that a text begins with.
fn string(text: &str) -> usize {
    for marks in ["'''", "\"\"\""] {
        if let Some(rest) = text.strip_prefix(marks) {
            return rest.find(marks).map_or(text.len(), |end| end + 6);
        }
    }
    let quote = text.as_bytes()[0];
    let mut at = 1;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'\n' => return at,
            b'\\' if quote == b'"' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// What follows a comment on a line of its own.
fn following(text: &str, lines: &[Line], number: usize) -> Span {
    let is_blank = |line: &Line| {
        let own = line.span.of(text).trim();
        own.is_empty() || own.starts_with('#')
    };
    let Some(next) = (number + 1..lines.len()).find(|at| !is_blank(&lines[*at])) else {
        return Span::new(0, text.len());
    };
    let is_header = |line: &Line| line.span.of(text).trim_start().starts_with('[');
    if !is_header(&lines[next]) {
        return lines[next].span;
    }
    if lines[..number].iter().all(is_blank) {
        return Span::new(0, text.len());
    }
    let end = (next + 1..lines.len()).find(|at| is_header(&lines[*at]));
    Span::new(lines[next].span.start, end.map_or(text.len(), |at| lines[at].span.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, about: &str, codes: &[&str], reason: &str) {
        let found = comments(text);
        let [comment] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(comment.about.of(text), about, "{text}");
        assert_eq!(comment.codes, codes, "{text}");
        assert_eq!(comment.reason, reason, "{text}");
    }

    #[test]
    fn a_comment_is_about_what_it_stands_at() {
        let line = "a = 1 # lint: accept dates: so it came";
        check(&format!("[rule]\n{line}\nb = 2\n"), line, &["dates"], "so it came");
        let query = "query = '''\na:1 # no comment\n'''";
        let text = format!("[rule]\n# lint: accept x, y-z: why: so\n{query}\nb = 2\n");
        check(&text, query, &["x", "y-z"], "why: so");
        let list = "index = [\n  \"a\", # x\n]";
        check(&format!("[rule]\n# lint: accept x\n{list}\nb = 2"), list, &["x"], "");
        let whole = "# lint: accept x: all\n[rule]\na = 1\n";
        check(whole, whole, &["x"], "all");
        let text = "[rule]\na = 1\n# lint: accept x: it\n[[rule.threat]]\nb = 2\n[other]\nc = 1\n";
        check(text, "[[rule.threat]]\nb = 2\n", &["x"], "it");
    }

    #[test]
    fn strings_hold_no_comments() {
        assert!(comments("a = \"# lint: accept x: y\"\nb = '''\n# lint: accept x\n'''").is_empty());
    }
}
