//! `harness.toml`: where things are, and what fields are called.
//!
//! ```toml
//! rules = "rules"            # folders, relative to the file
//! cases = "cases"
//! snapshots = "snapshots"
//! exceptions = "exceptions"
//! lookups = "lookups"        # tables of LOOKUP JOIN and ENRICH
//!
//! [schema]
//! mappings = ["mappings/custom.json"]   # Elasticsearch mapping JSON, later ones win
//! unmapped = "missing"                  # or "strict": what EQL and ES|QL make of other fields
//! unknown_fields = "warn"               # or "error", "allow": what is said of other fields
//! known_fields = ["my.custom.*"]        # names of which nothing is said
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::case;
use crate::diagnostic::Diagnostic;
use crate::exception;
use crate::files::{self, Problem};
use crate::gate::{Gate, Gates};
use crate::lookup;
use crate::pattern::glob::Glob;
use crate::rule::tree;
use crate::run::Project;
use crate::schema::{Base, Schema, UnknownFields, Unmapped};
use crate::span::Span;

/// Where a project's parts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Detection rules.
    pub rules: PathBuf,
    /// Fixtures.
    pub cases: PathBuf,
    /// Snapshots.
    pub snapshots: PathBuf,
    /// Exception lists.
    pub exceptions: PathBuf,
    /// Tables of `LOOKUP JOIN` and `ENRICH`.
    pub lookups: PathBuf,
    /// Mapping files over the embedded schema.
    pub mappings: Vec<PathBuf>,
    /// What fields without a mapping are to EQL.
    pub unmapped: Unmapped,
    /// What to say of fields that nothing knows.
    pub unknown_fields: UnknownFields,
    /// Names that are right although nothing else knows them, with `*`.
    pub known_fields: Vec<String>,
    /// What rules have to reach.
    pub gates: Gates,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConfig {
    rules: Option<PathBuf>,
    cases: Option<PathBuf>,
    snapshots: Option<PathBuf>,
    exceptions: Option<PathBuf>,
    lookups: Option<PathBuf>,
    schema: RawSchema,
    /// By folder, as it is named from the root.
    gates: BTreeMap<String, Gate>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSchema {
    mappings: Vec<PathBuf>,
    unmapped: Unmapped,
    unknown_fields: UnknownFields,
    known_fields: Vec<String>,
}

/// Reads `harness.toml` at `root`, where there is one; every part defaults to
/// the folder of its name.
///
/// # Errors
///
/// A file that is no such configuration, or that names a place outside `root`.
pub fn folders(root: &Path) -> Result<Folders, Problem> {
    let path = root.join("harness.toml");
    let name = "harness.toml";
    let text = if path.exists() {
        files::read(&path).map_err(|diagnostic| Problem::with_path(name, diagnostic))?
    } else {
        String::new()
    };
    let problem = |message: &str, span: Span| Problem {
        path: name.to_owned(),
        diagnostic: Diagnostic::error("config", message, span),
        text: text.clone(),
    };
    let raw: RawConfig = toml::from_str(&text).map_err(|error| {
        let span = error.span().map_or(Span::default(), |span| Span::new(span.start, span.end));
        problem(error.message(), span)
    })?;
    let place = |given: Option<PathBuf>, default: &str| {
        let given = given.unwrap_or_else(|| default.into());
        let leaves =
            given.components().any(|part| !matches!(part, std::path::Component::Normal(_)));
        if leaves {
            let message = format!("{} is not a plain path below the root", given.display());
            return Err(problem(&message, Span::default()));
        }
        Ok(root.join(given))
    };
    let rules = raw.rules.clone().unwrap_or_else(|| "rules".into());
    let mut gates = Gates::default();
    for (folder, gate) in raw.gates {
        if let Some(fault) = gate.fault() {
            return Err(problem(&format!("gates.\"{folder}\": {fault}"), Span::default()));
        }
        let Ok(below) = Path::new(&folder).strip_prefix(&rules) else {
            let message = format!("gates.\"{folder}\" is no folder below {}", rules.display());
            return Err(problem(&message, Span::default()));
        };
        let below: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        gates.folders.push((below.join("/"), gate));
    }
    let mappings = raw.schema.mappings.into_iter().map(|mapping| place(Some(mapping), ""));
    Ok(Folders {
        rules: place(raw.rules, "rules")?,
        cases: place(raw.cases, "cases")?,
        snapshots: place(raw.snapshots, "snapshots")?,
        exceptions: place(raw.exceptions, "exceptions")?,
        lookups: place(raw.lookups, "lookups")?,
        mappings: mappings.collect::<Result<_, _>>()?,
        unmapped: raw.schema.unmapped,
        unknown_fields: raw.schema.unknown_fields,
        known_fields: raw.schema.known_fields,
        gates,
    })
}

/// Loads the rules, the cases and the schema of a project.
///
/// # Errors
///
/// What is wrong with the mapping files; problems of rules and cases are part
/// of the project.
pub fn open(folders: &Folders) -> Result<Project, Vec<Problem>> {
    let mut schema = Schema::new(Base::Embedded);
    schema.unmapped = folders.unmapped;
    schema.unknown_fields = folders.unknown_fields;
    schema.vouched = folders.known_fields.iter().map(|name| Glob::simple(name)).collect();
    let mut problems = Vec::new();
    for path in &folders.mappings {
        problems.extend(overlay(&mut schema, path));
    }
    schema.lookups = lookup::read_folder(&folders.lookups, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let (rules, cases) =
        rayon::join(|| tree::load_tree(&folders.rules), || case::load_tree(&folders.cases));
    let exceptions = exception::load_tree(&folders.exceptions);
    Ok(Project { rules, cases, exceptions, schema })
}

/// Adds a mapping file: `{"mappings": …, "settings": …}` or the bare mapping.
fn overlay(schema: &mut Schema, path: &Path) -> Vec<Problem> {
    let name = path.display().to_string();
    let problem = |message: String| {
        Problem::with_path(&name, Diagnostic::error("mapping", message, Span::default()))
    };
    let text = match files::read(path) {
        Ok(text) => text,
        Err(diagnostic) => return vec![Problem::with_path(&name, diagnostic)],
    };
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) => return vec![problem(format!("not JSON: {error}"))],
    };
    let mapping = value.get("mappings").unwrap_or(&value);
    let settings = value.get("settings").unwrap_or(&Value::Null);
    match schema.add_mapping(mapping, settings) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.iter().map(|error| problem(error.to_string())).collect(),
    }
}
