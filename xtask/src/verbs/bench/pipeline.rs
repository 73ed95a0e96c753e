//! `stats … by` over many rows, beside the same aggregation written by hand.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use harness::esql::column::{Builder, Column};
use harness::esql::plan::{PlanOptions, Unknown, plan};
use harness::esql::run::{RunOptions, run};
use harness::esql::search::NoSearch;
use harness::esql::source::{FieldInfo, Fields, Source};
use harness::esql::types::Type;
use harness::esql::value::Ref;
use harness::query::esql::parse;
use serde::Serialize;

/// How many rows are grouped.
const ROWS: usize = 1_000_000;

const QUERY: &str = "from logs-* | stats events = count(*), total = sum(bytes), largest = max(bytes), \
                     users = count_distinct(user.name) by host.name | where events >= 2 | limit 10000";

/// Rows a second of a pipeline, and by hand.
#[derive(Serialize)]
pub(super) struct Pipeline {
    rows: usize,
    groups: usize,
    rows_per_second: f64,
    by_hand_rows_per_second: f64,
    /// How many times faster it is by hand.
    ratio: f64,
}

/// Three columns of rows, as an index would give them.
struct Rows {
    names: [Arc<str>; 3],
    columns: [Arc<Column>; 3],
}

impl Fields for Rows {
    fn field(&self, name: &str) -> Option<FieldInfo> {
        let ty = self.column(name)?.ty;
        Some(FieldInfo { ty, unread: None })
    }

    fn names(&self) -> &[Arc<str>] {
        &self.names
    }
}

impl Source for Rows {
    fn rows(&self) -> usize {
        ROWS
    }

    fn column(&self, name: &str) -> Option<Arc<Column>> {
        let place = self.names.iter().position(|known| &**known == name)?;
        self.columns.get(place).cloned()
    }
}

/// Groups a million rows in both ways.
pub(super) fn measure(below: &mut dyn FnMut(u64) -> u64) -> io::Result<Pipeline> {
    let rows: Vec<(i64, String, String)> = (0..ROWS)
        .map(|_| {
            let bytes = i64::try_from(below(1 << 20)).unwrap_or(0);
            (bytes, format!("host-{}", below(2_000)), format!("user{}", below(500)))
        })
        .collect();
    let mut builders = [Type::Long, Type::Keyword, Type::Keyword].map(|ty| Builder::new(ty, ROWS));
    for (bytes, host, user) in &rows {
        builders[0].one(Ref::Long(*bytes));
        builders[1].one(Ref::Str(host));
        builders[2].one(Ref::Str(user));
    }
    let source = Rows {
        names: ["bytes", "host.name", "user.name"].map(Arc::from),
        columns: builders.map(|builder| Arc::new(builder.finish())),
    };

    let started = Instant::now();
    let tree = parse(QUERY).map_err(io::Error::other)?;
    let options = PlanOptions { fields: &source, unknown: Unknown::Error, completion: false };
    let plan = plan(&tree, QUERY, options).map_err(|_| io::Error::other("the plan fails"))?;
    let table = run(&plan, &source, &NoSearch, &RunOptions::default()).map_err(io::Error::other)?;
    let pipeline = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let mut groups: HashMap<&str, (u64, i64, i64, HashSet<&str>)> = HashMap::new();
    for (bytes, host, user) in &rows {
        let group = groups.entry(host).or_default();
        group.0 += 1;
        group.1 += bytes;
        group.2 = group.2.max(*bytes);
        group.3.insert(user);
    }
    let kept: Vec<_> = groups.iter().filter(|(_, group)| group.0 >= 2).collect();
    let by_hand = started.elapsed().as_secs_f64();

    let total: i64 = kept.iter().map(|(_, group)| group.1).sum();
    let users: usize = kept.iter().map(|(_, group)| group.3.len()).sum();
    let sum = |name: &str| {
        let column = table.column(name, &source, &source);
        column.map_or(0, |column| {
            (0..table.rows).filter_map(|row| column.column.first(row)).map(Ref::long).sum::<i64>()
        })
    };
    if kept.len() != table.rows || sum("total") != total || i64::try_from(users) != Ok(sum("users"))
    {
        return Err(io::Error::other("the pipeline and the loop by hand differ"));
    }
    let rate = |seconds: f64| u32::try_from(ROWS).map_or(0.0, f64::from) / seconds;
    Ok(Pipeline {
        rows: ROWS,
        groups: table.rows,
        rows_per_second: rate(pipeline),
        by_hand_rows_per_second: rate(by_hand),
        ratio: pipeline / by_hand,
    })
}

/// Says it in words.
pub(super) fn print(found: &Pipeline, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nES|QL stats by: {} rows, {} groups", found.rows, found.groups)?;
    writeln!(out, "  pipeline          {:>8.1} million rows/s", found.rows_per_second / 1e6)?;
    writeln!(
        out,
        "  by hand           {:>8.1} million rows/s: {:.1} times the speed",
        found.by_hand_rows_per_second / 1e6,
        found.ratio
    )
}
