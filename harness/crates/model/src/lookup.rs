//! Tables that a project states: what `LOOKUP JOIN` and `ENRICH` look into.
//!
//! `lookups/<name>.csv` has a header of names, each with its type after a
//! colon where it is not `keyword`; `lookups/<name>.ndjson` one flat object a
//! line, whose values have the types that a dynamic mapping gives them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use harness_source::diagnostic::Diagnostic;
use harness_source::files::{self, Problem};
use harness_source::span::Span;

/// The code of errors in tables.
const LOOKUP: &str = "lookup";

/// One table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// How many rows it has.
    pub rows: usize,
}

/// One column of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type as stated.
    pub ty: Option<String>,
    /// The values of each row.
    pub cells: Vec<Vec<Value>>,
}

/// Tables by name.
pub type Tables = BTreeMap<String, Arc<Table>>;

/// Reads all tables of a folder; one that does not exist has none.
pub fn read_folder(folder: &Path, problems: &mut Vec<Problem>) -> Tables {
    let mut tables = Tables::new();
    for found in files::find(folder, &["*.csv", "*.ndjson"], problems) {
        let (name, csv) = match found.relative.rsplit_once('.') {
            Some((name, extension)) => (name.to_owned(), extension == "csv"),
            None => continue,
        };
        let shown = files::shown(&found.path);
        let text = match files::read(&found.path) {
            Ok(text) => text,
            Err(diagnostic) => {
                problems.push(Problem::with_path(shown, diagnostic));
                continue;
            }
        };
        let parsed = if csv { parse_csv(&text) } else { parse_ndjson(&text) };
        let parsed = parsed.and_then(|table| {
            if tables.contains_key(&name) {
                return Err(error(format!("there are two tables `{name}`"), Span::default()));
            }
            Ok(table)
        });
        match parsed {
            Ok(table) => {
                tables.insert(name, Arc::new(table));
            }
            Err(diagnostic) => {
                problems.push(Problem { path: shown, diagnostic, text: text.into() });
            }
        }
    }
    tables
}

fn error(message: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error(LOOKUP, message, span)
}

/// Reads a table with a header; an empty cell is null.
///
/// # Errors
///
/// A row that does not fit the header, or quotes that are not closed.
pub fn parse_csv(text: &str) -> Result<Table, Diagnostic> {
    let mut rows = records(text)?.into_iter();
    let (span, header) = rows.next().ok_or_else(|| error("there is no header", Span::default()))?;
    let mut columns: Vec<Column> = Vec::with_capacity(header.len());
    for cell in header {
        let (name, ty) = match cell.rsplit_once(':') {
            Some((name, ty)) => (name.trim().to_owned(), Some(ty.trim().to_owned())),
            None => (cell.trim().to_owned(), None),
        };
        if name.is_empty() || columns.iter().any(|known| known.name == name) {
            return Err(error(format!("`{name}` is no name of a further column"), span));
        }
        columns.push(Column { name, ty, cells: Vec::new() });
    }
    let mut count = 0;
    for (span, row) in rows {
        if row.len() != columns.len() {
            let message = format!("the row has {} cells, the header {}", row.len(), columns.len());
            return Err(error(message, span));
        }
        for (column, cell) in columns.iter_mut().zip(row) {
            column.cells.push(if cell.is_empty() { Vec::new() } else { vec![Value::String(cell)] });
        }
        count += 1;
    }
    Ok(Table { columns, rows: count })
}

/// The lines of a CSV text as cells, with their places; empty lines are none.
fn records(text: &str) -> Result<Vec<(Span, Vec<String>)>, Diagnostic> {
    let mut records = Vec::new();
    let (mut row, mut cell) = (Vec::new(), String::new());
    let (mut start, mut quoted) = (0, false);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\n' if !quoted => {
                if !(row.is_empty() && cell.is_empty()) {
                    row.push(std::mem::take(&mut cell));
                    records.push((Span::new(start, at), std::mem::take(&mut row)));
                }
                start = at + 1;
            }
            other => cell.push(other),
        }
    }
    if quoted {
        return Err(error("quotes are not closed", Span::new(start, text.len())));
    }
    if !(row.is_empty() && cell.is_empty()) {
        row.push(cell);
        records.push((Span::new(start, text.len()), row));
    }
    Ok(records)
}

/// Reads one flat object a line.
///
/// # Errors
///
/// A line that is none.
pub fn parse_ndjson(text: &str) -> Result<Table, Diagnostic> {
    let mut columns: Vec<Column> = Vec::new();
    let (mut count, mut start) = (0, 0);
    for line in text.split_inclusive('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let Ok(Value::Object(object)) = serde_json::from_str(line) else {
            return Err(error("the line is no JSON object", span));
        };
        for (name, value) in object {
            let values = match value {
                Value::Array(values) => values,
                Value::Null => Vec::new(),
                value => vec![value],
            };
            if values.iter().any(|value| value.is_object() || value.is_array() || value.is_null()) {
                let message = format!("`{name}` holds what is no value: name it with dots");
                return Err(error(message, span));
            }
            let place = match columns.iter().position(|column| column.name == name) {
                Some(place) => place,
                None => {
                    columns.push(Column { name, ty: None, cells: vec![Vec::new(); count] });
                    columns.len() - 1
                }
            };
            columns[place].cells.push(values);
        }
        count += 1;
        columns.iter_mut().for_each(|column| column.cells.resize(count, Vec::new()));
    }
    Ok(Table { columns, rows: count })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, types and cells, a column a line; or the error.
    fn shown(table: Result<Table, Diagnostic>) -> String {
        match table {
            Err(error) => format!("! {}", error.message),
            Ok(table) => {
                let lines = table.columns.iter().map(|column| {
                    let ty = column.ty.as_deref().unwrap_or("-");
                    let cells = serde_json::to_string(&column.cells).expect("JSON");
                    format!("{} {ty} {cells}", column.name)
                });
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }

    #[test]
    fn csv_has_a_header_and_quotes() {
        for (text, expected) in [
            ("a,b:ip\n1,10.0.0.1\n\n\"x,\"\"y\"\n", "! the row has 1 cells, the header 2"),
            (
                "a,b:ip\r\n1,10.0.0.1\r\n\"x,\"\"y\"\"\",\n",
                "a - [[\"1\"],[\"x,\\\"y\\\"\"]]\nb ip [[\"10.0.0.1\"],[]]",
            ),
            ("a,a\n", "! `a` is no name of a further column"),
            ("a\n\"x", "! quotes are not closed"),
            ("", "! there is no header"),
        ] {
            assert_eq!(shown(parse_csv(text)), expected, "{text}");
        }
    }

    #[test]
    fn ndjson_has_flat_objects() {
        for (text, expected) in [
            ("{\"a\": 1}\n{\"b.c\": [\"x\", \"y\"]}\n\n", "a - [[1],[]]\nb.c - [[],[\"x\",\"y\"]]"),
            ("{\"a\": {\"b\": 1}}", "! `a` holds what is no value: name it with dots"),
            ("[1]", "! the line is no JSON object"),
        ] {
            assert_eq!(shown(parse_ndjson(text)), expected, "{text}");
        }
    }
}
