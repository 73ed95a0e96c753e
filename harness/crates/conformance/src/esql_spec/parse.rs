//! Text of a `csv-spec` file → cases.

use super::Case;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// The code of errors in the file itself.
const MALFORMED: &str = "csv-spec";

struct Line<'a> {
    text: &'a str,
    number: usize,
    span: Span,
}

/// Reads all cases of a file.
///
/// # Errors
///
/// The first case that is cut short or malformed, and two cases of one name.
pub fn parse(text: &str) -> Result<Vec<Case>, Diagnostic> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let line = raw.trim_end_matches(['\n', '\r']);
        let span = Span::new(start, start + line.len());
        lines.push(Line { text: line, number: index + 1, span });
        start += raw.len();
    }
    let mut lines = lines.into_iter().peekable();
    let mut cases: Vec<Case> = Vec::new();
    while let Some(line) = lines.next() {
        let name = line.text.trim();
        if name.is_empty() || name.starts_with("//") {
            continue;
        }
        let is_name = !name.contains([' ', '|', '"', ';']);
        if !is_name {
            return Err(error(&line, "expected the name of a case"));
        }
        if cases.iter().any(|case| case.name == name) {
            return Err(error(&line, "a case of this name came before"));
        }
        cases.push(case(&line, &mut lines)?);
    }
    if cases.is_empty() {
        let span = Span::new(0, text.len());
        return Err(Diagnostic::error(MALFORMED, "the file holds no case", span));
    }
    Ok(cases)
}

fn error(line: &Line<'_>, message: &str) -> Diagnostic {
    Diagnostic::error(MALFORMED, message, line.span)
}

fn case<'a>(
    head: &Line<'_>,
    lines: &mut impl Iterator<Item = Line<'a>>,
) -> Result<Case, Diagnostic> {
    let short = || error(head, "the case is cut short");
    let mut query = String::new();
    loop {
        let line = lines.next().ok_or_else(short)?;
        if line.text.trim().is_empty() {
            return Err(error(&line, "expected the query, which ends in `;`"));
        }
        if !query.is_empty() {
            query.push('\n');
        }
        match line.text.trim_end().strip_suffix(';') {
            Some(last) => {
                query.push_str(last);
                break;
            }
            None => query.push_str(line.text),
        }
    }
    let mut case = Case {
        name: head.text.trim().to_owned(),
        line: head.number,
        query,
        ignore_order: false,
        warnings: Vec::new(),
        columns: Vec::new(),
        rows: Vec::new(),
    };
    let header = loop {
        let line = lines.next().ok_or_else(short)?;
        let text = line.text.trim();
        let directive = text.strip_prefix("//").map_or(text, str::trim);
        if text.is_empty() {
            continue;
        }
        if let Some(value) = directive.strip_prefix("ignoreOrder:") {
            case.ignore_order = value.trim() == "true";
        } else if let Some(warning) =
            directive.strip_prefix("warningRegex:").or_else(|| directive.strip_prefix("warning:"))
        {
            case.warnings.push(warning.trim().to_owned());
        } else if !text.starts_with("//") {
            break line;
        }
    };
    for column in cells(header.text) {
        let (name, ty) =
            column.rsplit_once(':').ok_or_else(|| error(&header, "a column is `name:type`"))?;
        case.columns.push((name.trim().to_owned(), ty.trim().to_owned()));
    }
    loop {
        let line = lines.next().ok_or_else(short)?;
        if line.text.trim() == ";" {
            return Ok(case);
        }
        let cells = cells(line.text);
        if cells.len() != case.columns.len() {
            let message = format!("{} cells, but {} columns", cells.len(), case.columns.len());
            return Err(error(&line, &message));
        }
        case.rows.push(cells);
    }
}

/// The cells of a row; bars inside double quotes do not count.
fn cells(text: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        if c == '|' && !quoted {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
    }
    cells.into_iter().map(|cell| cell.trim().to_owned()).collect()
}
