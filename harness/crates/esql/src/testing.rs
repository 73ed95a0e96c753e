//! What the tests of ES|QL share: a small table, and queries run over it.

use serde_json::json;

use super::memory::{Mapped, MemoryField, MemorySource};
use super::plan::{Plan, PlanOptions, Unknown, plan};
use super::run::{RunOptions, Table, run};
use super::search::{Search, SearchFunctions};
use super::source::Unread;
use harness_model::lookup;
use harness_model::value::DateFormat;
use harness_query::esql::parse;
use harness_source::diagnostic::Diagnostic;
use harness_text::analysis::Normalizer;

const KEYWORD: Mapped = Mapped::Keyword { ignore_above: Some(20), normalizer: Normalizer::None };

/// Five processes.
pub(super) fn source() -> MemorySource {
    let date = DateFormat::parse("strict_date_optional_time").expect("a format");
    let fields = [
        ("@timestamp", Mapped::Date(date)),
        ("args", KEYWORD),
        ("host", KEYWORD),
        ("ip", Mapped::Ip),
        ("labels", Mapped::Unsupported(Unread::Type("flattened".into()))),
        ("message", Mapped::Text),
        ("name", KEYWORD),
        ("ok", Mapped::Boolean),
        ("pid", Mapped::Long),
        ("ports", Mapped::Integer),
        ("score", Mapped::Double),
    ];
    let documents = [
        json!({"@timestamp": "2024-01-01T00:00:00Z", "name": "bash", "pid": 1, "host": "a",
            "args": ["bash", "-c", "bash"], "ip": "10.0.0.1", "ok": true, "score": 1.5,
            "message": "Hello World", "ports": [80, 443, 80]}),
        json!({"@timestamp": "2024-01-01T00:01:00Z", "name": "curl", "pid": 2, "host": "a",
            "args": "curl", "ip": ["10.0.0.2", "::1"], "ok": false, "score": -2.5}),
        json!({"@timestamp": "2024-01-01T01:00:00Z", "name": "Bash", "pid": 3, "host": "b",
            "ports": 22, "labels": {"x": "y"}}),
        json!({"@timestamp": "2024-01-02T00:00:00Z", "pid": 4, "host": "b", "score": 0.0}),
        json!({"@timestamp": "2024-01-08T00:00:00Z", "name": "a name that is too long for its field"}),
    ];
    let fields = fields.map(|(name, mapped)| MemoryField::new(name, mapped));
    let mut source = MemorySource::new("logs-test", &fields, &documents);
    let owners = "host,owner,rank:integer\na,ann,1\na,bob,2\nc,eve,3\n";
    let owners = lookup::parse_csv(owners).expect("a table");
    source.lookups.insert("owners".to_owned(), owners.into());
    source
}

/// Finds rows whose `message` holds the text.
pub(super) struct Contains;

impl SearchFunctions for Contains {
    fn matches(&self, search: &Search) -> Result<Vec<bool>, Diagnostic> {
        let text = format!("{:?}", search.query);
        Ok((0..5).map(|row| row == 0 && text.contains("hello")).collect())
    }
}

/// Plans over the table.
pub(super) fn planned(query: &str) -> Result<Plan, Vec<Diagnostic>> {
    let source = source();
    let tree = parse(query).map_err(|error| vec![error])?;
    let options = PlanOptions { fields: &source, unknown: Unknown::Error, completion: true };
    plan(&tree, query, options)
}

/// Runs over the table.
pub(super) fn ran(query: &str) -> Result<Table, Vec<Diagnostic>> {
    let plan = planned(query)?;
    let options = RunOptions {
        now: 1_704_067_200_000,
        completion: Some(&|prompt: &str| Some(format!("re: {prompt}"))),
        ..RunOptions::default()
    };
    run(&plan, &source(), &Contains, &options).map_err(|error| vec![error])
}

/// Columns with types, then rows, as one line each; errors as their messages.
pub(super) fn shown(query: &str) -> String {
    match ran(query) {
        Err(errors) => {
            let lines = errors.iter().map(|error| format!("! {}", error.message));
            lines.collect::<Vec<_>>().join("\n")
        }
        Ok(table) => {
            let source = source();
            let columns = table.all_columns(&source, &source);
            let head = columns.iter().map(|column| format!("{}:{}", column.name, column.ty));
            let mut lines = vec![head.collect::<Vec<_>>().join(" ")];
            for row in 0..table.rows {
                let cells = columns.iter().map(|column| {
                    let values = column.column.values(row).map(|value| value.text(column.ty));
                    let values: Vec<_> = values.collect();
                    match values.as_slice() {
                        [] => "null".to_owned(),
                        [one] => one.clone(),
                        many => format!("[{}]", many.join(",")),
                    }
                });
                lines.push(cells.collect::<Vec<_>>().join(" "));
            }
            lines.join("\n")
        }
    }
}

/// The one value of `ROW x = …`, and the causes of its warnings.
pub(super) fn value(expression: &str) -> String {
    let query = format!("ROW x = {expression}");
    match ran(&query) {
        Err(errors) => format!("! {}", errors[0].message),
        Ok(table) => {
            let source = source();
            let column = table.column("x", &source, &source).expect("the row has a column x");
            let values: Vec<_> =
                column.column.values(0).map(|value| value.text(column.ty)).collect();
            let shown = match values.as_slice() {
                [] => "null".to_owned(),
                [one] => one.clone(),
                many => format!("[{}]", many.join(",")),
            };
            let causes = table.warnings.lines(&query).into_iter().filter_map(|line| {
                line.split_once("Exception: ").map(|(_, cause)| format!(" ({cause})"))
            });
            format!("{shown}{}", causes.collect::<String>())
        }
    }
}
