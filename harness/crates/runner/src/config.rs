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

mod gates;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::case;
use crate::run::Project;
use harness_model::lookup;
use harness_model::schema::mapping::MappingError;
use harness_model::schema::{Base, Schema, UnknownFields, Unmapped};
use harness_rule::exception;
use harness_rule::tree::{self, Loaded, RuleTree};
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::files::table::Table;
use harness_source::files::{self, Problem};
use harness_source::keys;
use harness_source::span::Span;
use harness_text::pattern::glob::Glob;

pub use gates::{Gate, Gates};

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

/// Folders that the command line names in place of those of `harness.toml`.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Detection rules.
    pub rules: Option<PathBuf>,
    /// Fixtures.
    pub cases: Option<PathBuf>,
    /// Snapshots.
    pub snapshots: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConfig {
    rules: Option<toml::Spanned<PathBuf>>,
    cases: Option<toml::Spanned<PathBuf>>,
    snapshots: Option<toml::Spanned<PathBuf>>,
    exceptions: Option<toml::Spanned<PathBuf>>,
    lookups: Option<toml::Spanned<PathBuf>>,
    schema: Table<RawSchema>,
    /// By folder, as it is named from the root.
    gates: BTreeMap<String, Table<Gate>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSchema {
    mappings: Vec<toml::Spanned<PathBuf>>,
    unmapped: Unmapped,
    unknown_fields: UnknownFields,
    known_fields: Vec<String>,
}

/// The root of the project that a folder belongs to: the nearest folder at or above it
/// with a `harness.toml`, within its repository; else the folder itself.
pub fn root(folder: &Path) -> PathBuf {
    let Ok(real) = folder.canonicalize() else { return folder.to_path_buf() };
    let mut root = folder.to_path_buf();
    for above in real.ancestors() {
        if above.join("harness.toml").exists() {
            return root;
        }
        if above.join(".git").exists() {
            break;
        }
        root.push("..");
    }
    folder.to_path_buf()
}

/// Reads `harness.toml` at `root`, where there is one; every part defaults to
/// the folder of its name.
///
/// # Errors
///
/// A file that is no such configuration, or that names a place outside `root`.
pub fn folders(root: &Path) -> Result<Folders, Problem> {
    folders_with(root, Given::default())
}

/// The same with folders of the command line, which may lie anywhere.
///
/// # Errors
///
/// As [`folders`].
pub fn folders_with(root: &Path, given: Given) -> Result<Folders, Problem> {
    let path = root.join("harness.toml");
    let name = files::shown(&path);
    let refused = |diagnostic| Problem::with_path(&name, diagnostic);
    let text: Arc<str> = if files::exists_below(root, &path).map_err(refused)? {
        files::read(&path).map_err(refused)?.into()
    } else {
        Arc::default()
    };
    let problem = |message: &str, span: Span| Problem {
        path: name.clone(),
        diagnostic: Diagnostic::error("config", message, span),
        text: Arc::clone(&text),
    };
    let raw: RawConfig = toml::from_str(&text).map_err(|error| Problem {
        path: name.clone(),
        diagnostic: keys::fault("config", &error),
        text: Arc::clone(&text),
    })?;
    let below = |path: PathBuf| match files::exists_below(root, &path) {
        Ok(_) => Ok(path),
        Err(found) => Err(Problem::with_path(files::shown(&path), found)),
    };
    let stated = |given: toml::Spanned<PathBuf>, what: &str, is: fn(&Path) -> bool| {
        let span = Span::new(given.span().start, given.span().end);
        let given = given.into_inner();
        let leaves =
            given.components().any(|part| !matches!(part, std::path::Component::Normal(_)));
        if leaves {
            let message = format!("{} is not a plain path below the root", given.display());
            return Err(problem(&message, span));
        }
        let path = below(root.join(given))?;
        if is(&path) {
            return Ok(path);
        }
        Err(problem(&format!("there is no {what} {}", files::shown(&path)), span))
    };
    let folder = |given: Option<toml::Spanned<PathBuf>>, default: &str| match given {
        Some(given) => stated(given, "folder", Path::is_dir),
        None => below(root.join(default)),
    };
    let rules = raw.rules.as_ref().map_or_else(|| "rules".into(), |rules| rules.get_ref().clone());
    let mut gates = Gates::default();
    for (folder, Table(gate)) in raw.gates {
        if let Some(fault) = gate.fault() {
            return Err(problem(&format!("gates.\"{folder}\": {fault}"), Span::default()));
        }
        let Ok(below) = Path::new(&folder).strip_prefix(&rules) else {
            let message = format!("gates.\"{folder}\" is no folder below {}", rules.display());
            return Err(problem(&message, Span::default()));
        };
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        if parts.iter().any(|part| part == "..") {
            let message = format!("gates.\"{folder}\" is not a plain path");
            return Err(problem(&message, Span::default()));
        }
        gates.folders.push((parts.join("/"), gate));
    }
    let Table(schema) = raw.schema;
    let mappings = schema.mappings.into_iter();
    let mappings = mappings.map(|mapping| stated(mapping, "mapping file", Path::exists));
    let snapshots = match (given.snapshots, raw.snapshots) {
        (Some(given), _) => given,
        // They are written where there are none yet.
        (None, Some(named)) => stated(named, "folder", |_| true)?,
        (None, None) => below(root.join("snapshots"))?,
    };
    let named = |given: Option<PathBuf>, raw, default: &str| match given {
        Some(given) => Ok(given),
        None => folder(raw, default),
    };
    Ok(Folders {
        rules: named(given.rules, raw.rules, "rules")?,
        cases: named(given.cases, raw.cases, "cases")?,
        snapshots,
        exceptions: folder(raw.exceptions, "exceptions")?,
        lookups: folder(raw.lookups, "lookups")?,
        mappings: mappings.collect::<Result<_, _>>()?,
        unmapped: schema.unmapped,
        unknown_fields: schema.unknown_fields,
        known_fields: schema.known_fields,
        gates,
    })
}

/// Loads the rules, the cases and the schema of a project.
///
/// # Errors
///
/// What is wrong with the mapping files, or that there is no folder of rules;
/// problems of rules and cases are part of the project.
pub fn open(folders: &Folders) -> Result<Project, Vec<Problem>> {
    if !folders.rules.is_dir() {
        let (what, help) = if folders.rules.exists() {
            ("is no folder", "name the folder, and the rule as a filter")
        } else {
            ("is not there", "name the folder of the rules with --rules or in harness.toml")
        };
        let path = files::shown(&folders.rules);
        let message = format!("the folder of rules, {path}, {what}");
        let error = Diagnostic::error("config", message, Span::default()).with_help(help);
        return Err(vec![Problem::with_path(path, error)]);
    }
    let mut schema = Schema::new(Base::Embedded);
    schema.unmapped = folders.unmapped;
    schema.unknown_fields = folders.unknown_fields;
    schema.vouched = folders.known_fields.iter().map(|name| Glob::simple(name)).collect();
    let mut problems = Vec::new();
    for path in &folders.mappings {
        problems.extend(overlay(&mut schema, path));
    }
    schema.lookups = lookup::read_folder(&folders.lookups, &mut problems);
    if problems.iter().any(|problem| problem.diagnostic.severity == Severity::Error) {
        return Err(problems);
    }
    let (rules, cases) =
        rayon::join(|| tree::load_tree(&folders.rules), || case::load_tree(&folders.cases));
    let unused = unused_gates(&folders.gates, &rules);
    if !unused.is_empty() {
        return Err(unused);
    }
    let exceptions = exception::load_tree(&folders.exceptions);
    Ok(Project { rules, cases, exceptions, schema, problems })
}

/// Gates on folders that hold no rule: they would never fire.
fn unused_gates(gates: &Gates, rules: &RuleTree) -> Vec<Problem> {
    let keys: Vec<String> = rules.rules.iter().map(Loaded::key).collect();
    let unused = gates.folders.iter().filter(|(folder, _)| {
        !keys.is_empty() && !keys.iter().any(|key| gates::is_below(key, folder))
    });
    let problem = |(folder, _): &(String, Gate)| {
        let message = format!("there is no rule in `{folder}`, the folder of a gate");
        let help = "name a folder of rules, as in gates.\"rules/aws\"";
        let diagnostic = Diagnostic::error("config", message, Span::default()).with_help(help);
        Problem::with_path("harness.toml", diagnostic)
    };
    unused.map(problem).collect()
}

/// Adds a mapping file: `{"mappings": …, "settings": …}`, the same by index as
/// `GET index/_mapping` shows it, or the bare mapping. What cannot be read is told:
/// as a warning where it concerns single fields.
fn overlay(schema: &mut Schema, path: &Path) -> Vec<Problem> {
    let name = files::shown(path);
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
    add(schema, &name, &value)
}

/// Adds what a mapping file holds; what of it cannot be read.
fn add(schema: &mut Schema, name: &str, file: &Value) -> Vec<Problem> {
    let problem = |error: &MappingError| {
        let error = Diagnostic::error("mapping", error.to_string(), Span::default());
        Problem::with_path(name, error)
    };
    let refused = |error: &MappingError| {
        let help = "rules that read it are unsupported, others are not touched";
        let warning = Diagnostic::warning("mapping", error.to_string(), Span::default());
        Problem::with_path(name, warning.with_help(help))
    };
    let mut problems = Vec::new();
    for part in mappings(file) {
        let mapping = part.get("mappings").unwrap_or(part);
        let settings = part.get("settings").unwrap_or(&Value::Null);
        match schema.add_mapping(mapping, settings) {
            Ok(parts) => problems.extend(parts.iter().map(refused)),
            Err(errors) => problems.extend(errors.iter().map(problem)),
        }
    }
    problems
}

/// The mappings of a file: one, or one of each index.
fn mappings(file: &Value) -> Vec<&Value> {
    let by_index = file.as_object().filter(|parts| {
        !parts.is_empty() && parts.values().all(|part| part.get("mappings").is_some())
    });
    by_index.map_or_else(|| vec![file], |parts| parts.values().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mapping_files_have_several_forms() {
        let mapping = json!({"properties": {"a": {"type": "keyword"}}});
        let other = json!({"properties": {"b": {"type": "ip"}}});
        for file in [
            mapping.clone(),
            json!({"mappings": mapping, "settings": {}}),
            json!({"logs-x": {"mappings": mapping}, "logs-y": {"mappings": other}}),
        ] {
            let mut schema = Schema::new(Base::Empty);
            assert!(add(&mut schema, "m.json", &file).is_empty(), "{file}");
            assert!(schema.field("a").is_some(), "{file}");
            assert_eq!(schema.field("b").is_some(), file.get("logs-y").is_some());
        }
    }

    #[test]
    fn what_of_a_mapping_is_not_obeyed_is_told() {
        let found = |file: &Value| -> Vec<(Severity, String)> {
            let problems = add(&mut Schema::new(Base::Empty), "m.json", file);
            let told = |problem: Problem| {
                (problem.diagnostic.severity, problem.diagnostic.message.clone())
            };
            problems.into_iter().map(told).collect()
        };
        let odd = json!({"properties": {"a": {"type": "long", "coerce": false}}});
        let message = "a: `coerce: false` is not supported".to_owned();
        assert_eq!(found(&odd), [(Severity::Warning, message)]);
        let broken = json!({"properties": {"a": 5}});
        let message = "a: expected an object, found 5".to_owned();
        assert_eq!(found(&broken), [(Severity::Error, message)]);
    }
}
