//! `harness schema`.

use std::io;
use std::path::{Path, PathBuf};

use harness_backtest::target::mappings;
use harness_engine::EngineError;
use harness_model::schema::{Schema, table};
use harness_report::problem::{self, Styled};
use harness_report::{Lines, printable};
use harness_runner::config::Imported;
use harness_source::files;
use harness_source::likeness::nearest;
use harness_source::span::plural;

use crate::args::{ImportArgs, SchemaArgs, SchemaVerb};
use crate::engine::cluster;
use crate::exit::Exit;
use crate::project;

/// How many indices a line names.
const MAX_NAMED: usize = 4;

/// Says what fields are, or takes them from files or a cluster.
pub(crate) fn run(args: &SchemaArgs) -> io::Result<Exit> {
    match &args.verb {
        Some(SchemaVerb::Import(import)) => self::import(import),
        None => fields(args),
    }
}

fn fields(args: &SchemaArgs) -> io::Result<Exit> {
    let Some((project, folders)) = project::open(&args.folders) else { return Ok(Exit::Usage) };
    let mapped = folders.mappings.iter().chain(&folders.fills);
    let mapped: Vec<(String, Vec<(String, Schema)>)> =
        mapped.map(|path| (files::shown(path), harness_runner::config::mapped(path))).collect();
    let mut lines = Vec::new();
    let mut unknown = false;
    for name in &args.fields {
        let line = match project.schema.field(name) {
            Some(field) => {
                let by = mapped.iter().rev().find_map(|(path, parts)| by(path, parts, name));
                let by = by.unwrap_or_else(|| "the embedded table of fields".to_owned());
                let parent = &*field.source;
                let of =
                    if parent == &*field.name { String::new() } else { format!(", of {parent}") };
                format!("{name}  {}{of}  by {by}", field.ty.name())
            }
            None if project.schema.is_object(name) => format!("{name}  object"),
            None => {
                unknown = true;
                let known: Vec<String> = known(&project.schema);
                let near = nearest(name, known.iter().map(String::as_str));
                let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                format!("{name}  not known{near}")
            }
        };
        lines.push(format!("{}\n", printable(&line, Lines::Escape)));
    }
    project::deliver(lines.concat().as_bytes(), None)?;
    Ok(if unknown { Exit::Failed } else { Exit::Ok })
}

/// The file that says what a field is, and in which of its indices; `None` where it does
/// not.
fn by(path: &str, parts: &[(String, Schema)], name: &str) -> Option<String> {
    let has = |part: &&(String, Schema)| part.1.field(name).is_some();
    let own: Vec<&str> = parts.iter().filter(has).map(|(index, _)| index.as_str()).collect();
    let named: Vec<&str> = own.iter().copied().filter(|index| !index.is_empty()).collect();
    let first = named.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    match (own.len(), named.len().saturating_sub(MAX_NAMED)) {
        (0, _) => None,
        _ if named.is_empty() => Some(path.to_owned()),
        (_, 0) => Some(format!("{path}, in {first}")),
        (_, more) => Some(format!("{path}, in {first} and {more} more")),
    }
}

/// The names of all fields.
fn known(schema: &Schema) -> Vec<String> {
    let own = schema.fields().map(|field| field.name.to_string());
    own.chain(table::names()).collect()
}

fn import(args: &ImportArgs) -> io::Result<Exit> {
    let mut imported = Imported::default();
    args.sources.iter().for_each(|path| imported.add(path));
    if let Some(client) = cluster::connect(&args.engine).map_err(io::Error::other)? {
        let Some(index) = &args.index else {
            tell!("error: fields of a cluster need --index PATTERN");
            return Ok(Exit::Usage);
        };
        let answer = mappings(&client, index).map_err(EngineError::from);
        imported.add_answer(answer.map_err(io::Error::other)?);
    }
    for problem in &imported.problems {
        tell_styled!("{}", problem::render(problem, Styled::Ansi));
    }
    if !imported.problems.is_empty() {
        return Ok(Exit::Failed);
    }
    let first = args.sources.first().and_then(|path| path.file_stem());
    let name = first.map_or("cluster".into(), |stem| stem.to_string_lossy()).replace(".json", "");
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("mappings/{name}.json")));
    let (fields, all) = (imported.fields(), imported.mappings.len());
    project::deliver(imported.text().as_bytes(), Some(&out))?;
    tell!(
        "{} of {} written to {}",
        plural(fields, "field"),
        plural(all, "mapping"),
        files::shown(&out)
    );
    if out != Path::new("-") {
        tell!("name it in harness.toml:\n  [schema]\n  mappings = [{:?}]", files::shown(&out));
    }
    Ok(Exit::Ok)
}
