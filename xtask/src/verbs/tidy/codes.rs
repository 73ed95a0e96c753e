//! Codes of findings that are not in their table, and codes of the table that nothing has.

use std::path::Path;

use harness::codes::CODES;
use harness::diagnostic::Diagnostic;
use harness::files::{self, Problem};
use harness::span::Span;

use super::crates::FOLDER;

/// Where the table is.
const TABLE: &str = "harness/crates/source/src/codes.rs";

/// How the sources name a code.
const BEFORE: [&str; 3] =
    ["Diagnostic::error(", "Diagnostic::warning(", "Diagnostic::unsupported("];

/// What the table lacks, and what it has for nothing.
pub(super) fn unlisted(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut texts = Vec::new();
    for file in files::find(&root.join(FOLDER), &["*/src/**/*.rs"], &mut problems) {
        let path = format!("{FOLDER}/{}", file.relative);
        if path == TABLE || path.ends_with("tests.rs") || path.contains("/tests/") {
            continue;
        }
        match files::read(&file.path) {
            Ok(text) => texts.push((path, text)),
            Err(found) => problems.push(Problem::with_path(path, found)),
        }
    }
    for (path, text) in &texts {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
        for span in named(code) {
            if CODES.iter().all(|(known, _)| *known != span.of(code)) {
                let message = format!("the code `{}` is not in {TABLE}", span.of(code));
                let diagnostic = Diagnostic::error("unlisted-code", message, span);
                let text = text.as_str().into();
                problems.push(Problem { path: path.clone(), diagnostic, text });
            }
        }
    }
    for (code, _) in CODES {
        let literal = format!("\"{code}\"");
        if !texts.iter().any(|(_, text)| text.contains(&literal)) {
            let message = format!("no finding has the code `{code}`");
            let found = Diagnostic::error("unlisted-code", message, Span::default());
            problems.push(Problem::with_path(TABLE, found));
        }
    }
    problems
}

/// The codes that are stated where findings are made.
fn named(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for before in BEFORE {
        for (at, _) in text.match_indices(before) {
            let start = at + before.len();
            let rest = &text[start..];
            let Some(own) = rest.trim_start().strip_prefix('"') else { continue };
            let start = start + rest.len() - own.len();
            let Some(length) = own.find('"') else { continue };
            found.push(Span::new(start, start + length));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_where_findings_are_made() {
        let text = "Diagnostic::error(\n    \"a-b\", x); Diagnostic::warning(CODE, y)";
        let found: Vec<&str> = named(text).iter().map(|span| span.of(text)).collect();
        assert_eq!(found, ["a-b"]);
    }
}
