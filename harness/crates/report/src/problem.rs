//! One problem for people: message, place, the line with a caret, advice.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::Style;

use super::{Lines, printable};
use harness_source::diagnostic::Severity;
use harness_source::files::Problem;
use harness_source::span::line_column;

/// Longer lines are cut around the place.
const CONTEXT: usize = 120;

/// Renders a problem; `styled` adds ANSI colours.
pub fn render(problem: &Problem, styled: Styled) -> String {
    with_note(problem, None, styled)
}

/// The same with a note, such as where else it is.
pub(super) fn with_note(problem: &Problem, note: Option<&str>, styled: Styled) -> String {
    let level = match problem.diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Unsupported => Level::NOTE.with_name("unsupported"),
        Severity::Warning => Level::WARNING,
    };
    at_level(problem, level, note, styled)
}

/// The same under another word for how bad it is.
pub(super) fn at_level(
    problem: &Problem,
    level: Level<'_>,
    note: Option<&str>,
    styled: Styled,
) -> String {
    let diagnostic = &problem.diagnostic;
    let message = printable(&diagnostic.message, Lines::Escape);
    let path = printable(&problem.path, Lines::Escape);
    let window = Window::around(&problem.text, diagnostic.span.start, diagnostic.span.end);
    let title = level.primary_title(&*message).id(diagnostic.code);
    let mut group = if problem.text.is_empty() {
        Group::with_title(title).element(annotate_snippets::Origin::path(&*path))
    } else {
        let annotation = AnnotationKind::Primary.span(window.start..window.end);
        let snippet = Snippet::source(&*window.text).line_start(window.line).annotation(annotation);
        let group = Group::with_title(title);
        if window.is_whole {
            group.element(snippet.path(&*path))
        } else {
            let origin = annotate_snippets::Origin::path(&*path);
            let origin = origin.line(window.line).char_column(window.column);
            group.element(origin).element(snippet)
        }
    };
    let help = diagnostic.help.as_deref().map(|help| printable(help, Lines::Escape));
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(&**help));
    }
    let note = note.map(|note| printable(note, Lines::Escape));
    if let Some(note) = &note {
        group = group.element(Level::NOTE.message(&**note));
    }
    let renderer = match styled {
        Styled::Ansi => Renderer::styled(),
        Styled::Plain => Renderer::plain(),
    };
    renderer.render(&[group])
}

/// Whether output carries ANSI colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Styled {
    /// With escape sequences.
    Ansi,
    /// Text only.
    Plain,
}

impl Styled {
    /// The text in a style, where styles are wanted.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self {
            Self::Ansi => format!("{style}{text}{style:#}"),
            Self::Plain => text.to_owned(),
        }
    }

    /// The text dimmed.
    pub(super) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }
}

/// A problem in one line: `path:line:column: message`.
pub fn one_line(problem: &Problem) -> String {
    let message = printable(&problem.diagnostic.message, Lines::Escape);
    format!("{}: {message}", place(problem))
}

/// The same with what to do about it.
pub(super) fn with_help(problem: &Problem) -> String {
    let line = one_line(problem);
    match &problem.diagnostic.help {
        Some(help) => format!("{line} (help: {})", printable(help, Lines::Escape)),
        None => line,
    }
}

/// Where a problem is: `path:line:column`.
pub(super) fn place(problem: &Problem) -> String {
    let path = printable(&problem.path, Lines::Escape);
    if problem.text.is_empty() {
        return path.into_owned();
    }
    let (line, column) = line_column(&problem.text, problem.diagnostic.span.start);
    format!("{path}:{line}:{column}")
}

/// The lines of a span, made safe, with the span inside them.
struct Window {
    text: String,
    line: usize,
    column: usize,
    start: usize,
    end: usize,
    /// Whether the line stands here as it does in the file, up to the span.
    is_whole: bool,
}

impl Window {
    fn around(text: &str, start: usize, end: usize) -> Self {
        let start = floor(text, start);
        let end = floor(text, end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let from = floor(text, line_start.max(start.saturating_sub(CONTEXT)));
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        // The line end of Windows is no part of the line.
        let line_end = if text[start..line_end].ends_with('\r') { line_end - 1 } else { line_end };
        let to = floor(text, line_end.min(start.saturating_add(2 * CONTEXT)));
        let cut = if from > line_start { "…" } else { "" };
        let before = format!("{cut}{}", printable(&text[from..start], Lines::Escape));
        let inside = printable(&text[start..end.clamp(start, to)], Lines::Escape);
        let after = printable(&text[end.clamp(start, to)..to], Lines::Escape);
        let (line, column) = line_column(text, start);
        Self {
            line,
            column,
            is_whole: before == text[line_start..start],
            start: before.len(),
            end: before.len() + inside.len(),
            text: format!("{before}{inside}{after}"),
        }
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness_source::diagnostic::Diagnostic;
    use harness_source::span::Span;

    /// The place that is shown is that of the file, however much of its line is.
    #[test]
    fn a_cut_line_keeps_its_column() {
        let long = format!("a\n{}here", "é".repeat(500));
        for (text, place) in [
            ("a\n  here".to_owned(), "f:2:3"),
            (long, "f:2:501"),
            ("\u{1b}here".to_owned(), "f:1:2"),
        ] {
            let start = text.find("here").expect("it is there");
            let diagnostic = Diagnostic::error("code", "message", Span::new(start, start + 4));
            let problem = Problem { path: "f".to_owned(), diagnostic, text: text.into() };
            let shown = render(&problem, Styled::Plain);
            assert!(shown.lines().any(|line| line.trim() == format!("--> {place}")), "{shown}");
            assert!(one_line(&problem).starts_with(&format!("{place}: ")), "{shown}");
            let (above, below) = shown.split_once("here").expect("the text is shown");
            let column = above.lines().last().expect("its line").chars().count();
            let carets =
                below.lines().nth(1).expect("the carets").chars().take_while(|c| *c != '^');
            assert_eq!(carets.count(), column, "{shown}");
        }
    }
}
