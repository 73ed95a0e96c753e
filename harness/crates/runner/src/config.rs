//! `harness.toml`: where things are, and what fields are called.
//!
//! ```toml
//! rules = "rules"            # folders, relative to the file; several as an array
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
//!
//! [limits]
//! mutant_tries = 4_000                  # a bound of docs/limits.md
//! ```

mod gates;
mod import;
mod layout;
mod lint;
mod mapping;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{SeqAccess, Visitor};

use crate::case;
use crate::run::Project;
use harness_model::lookup;
use harness_model::schema::{Base, Schema, UnknownFields, Unmapped};
use harness_rule::exception;
use harness_rule::tree::{self, Folder, Loaded, RuleTree};
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::files::table::Table;
use harness_source::files::{self, Problem};
use harness_source::span::Span;
use harness_source::{keys, limits};
use harness_text::pattern::glob::Glob;

pub use gates::{Gate, Gates};
pub use import::Imported;
pub use lint::{Lint, LintAccept, LintLevel};

/// Where a project's parts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Detection rules.
    pub rules: Vec<Folder>,
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
    /// Files that say what fields are of which the schema knows nothing.
    pub fills: Vec<PathBuf>,
    /// What fields without a mapping are to EQL.
    pub unmapped: Unmapped,
    /// What to say of fields that nothing knows.
    pub unknown_fields: UnknownFields,
    /// Names that are right although nothing else knows them, with `*`.
    pub known_fields: Vec<String>,
    /// What rules have to reach.
    pub gates: Gates,
    /// What to tell of them.
    pub lint: Lint,
    /// The bounds that are raised, by their keys.
    pub limits: BTreeMap<String, usize>,
    /// The configuration as it opens from the current folder, and its text.
    pub file: (String, Arc<str>),
}

/// Folders that the command line names in place of those of `harness.toml`.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The configuration, in place of `harness.toml` at the root.
    pub config: Option<PathBuf>,
    /// Detection rules: folders, or files that hold them.
    pub rules: Vec<PathBuf>,
    /// Fixtures.
    pub cases: Option<PathBuf>,
    /// Snapshots.
    pub snapshots: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConfig {
    rules: Option<toml::Spanned<Paths>>,
    cases: Option<toml::Spanned<PathBuf>>,
    snapshots: Option<toml::Spanned<PathBuf>>,
    exceptions: Option<toml::Spanned<PathBuf>>,
    lookups: Option<toml::Spanned<PathBuf>>,
    schema: Table<RawSchema>,
    /// By folder, as it is named from the root.
    gates: BTreeMap<String, Table<Gate>>,
    lint: Table<lint::RawLint>,
    limits: BTreeMap<String, toml::Spanned<usize>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSchema {
    mappings: Vec<toml::Spanned<PathBuf>>,
    unmapped: Unmapped,
    unknown_fields: UnknownFields,
    known_fields: Vec<String>,
}

/// One path, or several.
struct Paths(Vec<PathBuf>);

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Paths;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, or an array of paths")
            }

            fn visit_str<E>(self, path: &str) -> Result<Paths, E> {
                Ok(Paths(vec![path.into()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Paths, A::Error> {
                let mut paths = Vec::new();
                while let Some(path) = access.next_element::<PathBuf>()? {
                    paths.push(path);
                }
                Ok(Paths(paths))
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

/// The root of the project that a folder belongs to: the nearest folder at or above it
/// with a `harness.toml`, within its repository; else the nearest one that keeps rules as
/// repositories commonly do; else the folder itself.
pub fn root(folder: &Path) -> PathBuf {
    let configured = |folder: &Path| folder.join("harness.toml").exists();
    let found = above(folder, &configured).or_else(|| above(folder, &layout::is_root));
    found.unwrap_or_else(|| folder.to_path_buf())
}

/// The nearest folder at or above one, within its repository, that is such.
fn above(folder: &Path, is_such: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    let real = folder.canonicalize().ok()?;
    let mut root = folder.to_path_buf();
    for above in real.ancestors() {
        if is_such(above) {
            return Some(root);
        }
        if above.join(".git").exists() {
            break;
        }
        root.push("..");
    }
    None
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
    let path = given.config.clone().unwrap_or_else(|| root.join("harness.toml"));
    let name = files::shown(&path);
    let refused = |diagnostic| Problem::with_path(&name, diagnostic);
    let is_there = given.config.is_some() || files::exists_below(root, &path).map_err(refused)?;
    let text: Arc<str> =
        if is_there { files::read(&path).map_err(refused)?.into() } else { Arc::default() };
    let raw: RawConfig = toml::from_str(&text).map_err(|error| Problem {
        path: name.clone(),
        diagnostic: keys::fault("config", &error),
        text: Arc::clone(&text),
    })?;
    let file = File { root, name, text };
    let is_told = raw.rules.is_some() || !given.rules.is_empty();
    let mut layout = if is_told { None } else { layout::stated(root)? };
    let mut fills = layout.as_mut().map_or_else(Vec::new, |own| std::mem::take(&mut own.schemas));
    let mut exceptions = layout.as_mut().and_then(|own| own.exceptions.take());
    let stated = |raw: toml::Spanned<Paths>| {
        let span = Span::new(raw.span().start, raw.span().end);
        let paths = raw.into_inner().0.into_iter();
        paths.map(|path| file.stated(&path, span, "folder", Path::exists)).collect::<Result<_, _>>()
    };
    let rules: Vec<Folder> = match (given.rules, raw.rules, layout) {
        (given, raw, None) if !given.is_empty() || raw.is_some() => {
            let paths: Vec<PathBuf> = match raw.filter(|_| given.is_empty()) {
                Some(raw) => stated(raw)?,
                None => given,
            };
            // A repository that says itself where its rules are.
            let mut named = Vec::new();
            for path in paths {
                match layout::stated(&path).ok().flatten().filter(|_| path.is_dir()) {
                    Some(own) => {
                        named.extend(own.rules);
                        fills.extend(own.schemas);
                        exceptions = exceptions.or(own.exceptions);
                    }
                    None => named.push(path),
                }
            }
            layout::named(root, named)
        }
        (_, _, Some(layout)) => layout::named(root, layout.rules),
        _ => {
            file.below(root.join("rules"))?;
            layout::usual(root)
        }
    };
    let gates = file.gates(raw.gates, &rules)?;
    let Table(lint) = raw.lint;
    let lint = lint.read(|folder| file.key_below(folder, &rules));
    let lint = lint.map_err(|message| file.problem(&message, Span::default()))?;
    let mut limits = BTreeMap::new();
    for (key, most) in raw.limits {
        let span = Span::new(most.span().start, most.span().end);
        limits::checked(&key, *most.get_ref()).map_err(|fault| file.problem(&fault, span))?;
        limits.insert(key, most.into_inner());
    }
    let Table(schema) = raw.schema;
    let mappings = schema.mappings.into_iter();
    let mappings = mappings.map(|mapping| file.one(&mapping, "mapping file", Path::exists));
    let snapshots = match (given.snapshots, raw.snapshots) {
        (Some(given), _) => given,
        // They are written where there are none yet, and never outside.
        (None, Some(named)) => file.inside(&named)?,
        (None, None) => file.below(root.join("snapshots"))?,
    };
    let folder = |raw: Option<toml::Spanned<PathBuf>>, default: &str| match raw {
        Some(raw) => file.one(&raw, "folder", Path::is_dir),
        None => file.below(root.join(default)),
    };
    let exceptions = match exceptions.filter(|_| raw.exceptions.is_none()) {
        Some(own) => own,
        None => folder(raw.exceptions, "exceptions")?,
    };
    Ok(Folders {
        rules,
        cases: match given.cases {
            Some(given) => given,
            None => folder(raw.cases, "cases")?,
        },
        snapshots,
        exceptions,
        lookups: folder(raw.lookups, "lookups")?,
        mappings: mappings.collect::<Result<_, _>>()?,
        fills,
        unmapped: schema.unmapped,
        unknown_fields: schema.unknown_fields,
        known_fields: schema.known_fields,
        gates,
        lint,
        limits,
        file: (file.name, file.text),
    })
}

/// A configuration, and what is said of it.
struct File<'a> {
    root: &'a Path,
    name: String,
    text: Arc<str>,
}

impl File<'_> {
    fn problem(&self, message: &str, span: Span) -> Problem {
        let diagnostic = Diagnostic::error("config", message, span);
        Problem { path: self.name.clone(), diagnostic, text: Arc::clone(&self.text) }
    }

    /// A path below the root, unless it is a link that leads out of it.
    fn below(&self, path: PathBuf) -> Result<PathBuf, Problem> {
        match files::exists_below(self.root, &path) {
            Ok(_) => Ok(path),
            Err(found) => Err(Problem::with_path(files::shown(&path), found)),
        }
    }

    /// A place that the file names: below the root, or beside it by steps back.
    fn stated(
        &self,
        given: &Path,
        span: Span,
        what: &str,
        is: fn(&Path) -> bool,
    ) -> Result<PathBuf, Problem> {
        if given.is_absolute() {
            let message = format!("{} is no path from the root", given.display());
            return Err(self.problem(&message, span));
        }
        let path = layout::plain(&self.root.join(given));
        let goes_back = given.components().any(|part| part == Component::ParentDir);
        let path = if goes_back { path } else { self.below(path)? };
        if is(&path) {
            return Ok(path);
        }
        Err(self.problem(&format!("there is no {what} {}", files::shown(&path)), span))
    }

    fn one(
        &self,
        given: &toml::Spanned<PathBuf>,
        what: &str,
        is: fn(&Path) -> bool,
    ) -> Result<PathBuf, Problem> {
        let span = Span::new(given.span().start, given.span().end);
        self.stated(given.get_ref(), span, what, is)
    }

    /// A place below the root, which need not be there.
    fn inside(&self, given: &toml::Spanned<PathBuf>) -> Result<PathBuf, Problem> {
        let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if given.get_ref().components().all(plain) {
            return self.one(given, "folder", |_| true);
        }
        let message = format!("{} is not a plain path below the root", given.get_ref().display());
        Err(self.problem(&message, Span::new(given.span().start, given.span().end)))
    }

    /// The gates, by what the keys of their rules begin with.
    fn gates(
        &self,
        raw: BTreeMap<String, Table<Gate>>,
        rules: &[Folder],
    ) -> Result<Gates, Problem> {
        let error = |message: String| self.problem(&message, Span::default());
        let mut gates = Gates::default();
        for (folder, Table(gate)) in raw {
            if let Some(fault) = gate.fault() {
                return Err(error(format!("gates.\"{folder}\": {fault}")));
            }
            let path = Path::new(&folder);
            if path.components().any(|part| part == Component::ParentDir) {
                return Err(error(format!("gates.\"{folder}\" is not a plain path")));
            }
            let Some(below) = self.key_below(&folder, rules) else {
                let first = rules.first().map_or_else(String::new, |own| files::shown(&own.path));
                return Err(error(format!("gates.\"{folder}\" is no folder below {first}")));
            };
            gates.folders.push((below, gate));
        }
        Ok(gates)
    }

    /// What the keys of the rules in a folder begin with.
    fn key_below(&self, folder: &str, rules: &[Folder]) -> Option<String> {
        let path = layout::plain(&self.root.join(folder));
        rules.iter().find_map(|own| {
            let below = path.strip_prefix(layout::plain(&own.path)).ok()?;
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            Some(format!("{}{}", own.prefix, parts.join("/")))
        })
    }
}

/// Loads the rules, the cases and the schema of a project.
///
/// # Errors
///
/// What is wrong with the mapping files, or that there is no folder of rules;
/// problems of rules and cases are part of the project.
pub fn open(folders: &Folders) -> Result<Project, Vec<Problem>> {
    limits::set(&folders.limits).map_err(|fault| {
        let error = Diagnostic::error("config", fault, Span::default());
        vec![Problem::with_path(&folders.file.0, error)]
    })?;
    if let Some(missing) = folders.rules.iter().find(|folder| !folder.path.exists()) {
        return Err(vec![no_rules(&missing.path)]);
    }
    let mut schema = Schema::new(Base::Embedded);
    schema.unmapped = folders.unmapped;
    schema.unknown_fields = folders.unknown_fields;
    schema.vouched = folders.known_fields.iter().map(|name| Glob::simple(name)).collect();
    let mut problems = Vec::new();
    for path in &folders.mappings {
        problems.extend(mapping::overlay(&mut schema, path));
    }
    for path in &folders.fills {
        problems.extend(mapping::fill(&mut schema, path));
    }
    schema.lookups = lookup::read_folder(&folders.lookups, &mut problems);
    if problems.iter().any(|problem| problem.diagnostic.severity == Severity::Error) {
        return Err(problems);
    }
    let (mut rules, mut cases) =
        rayon::join(|| tree::load_trees(&folders.rules), || case::load_tree(&folders.cases));
    let guess = folders.rules.iter().find(|folder| folder.is_guess);
    if let Some(guess) = guess.filter(|_| rules.rules.is_empty() && cases.rules.is_empty()) {
        let mut told = vec![no_rules(&guess.path.join("rules"))];
        told.extend(rules.problems.into_iter().filter(|it| it.diagnostic.code == "foreign-rules"));
        return Err(told);
    }
    let unused = unused_gates(&folders.gates, &rules);
    if !unused.is_empty() {
        return Err(unused);
    }
    let mut exceptions = exception::load_tree(&folders.exceptions);
    for (path, text) in std::mem::take(&mut rules.exports) {
        exceptions.add(&path, text);
    }
    problems.append(&mut rules.problems);
    case::named_by_id(&mut cases, &rules);
    case::without_alerts(&mut cases, &rules);
    Ok(Project { rules, cases, exceptions, schema, problems })
}

/// What a mapping file alone says of fields, by the indices or files that it names; all
/// under an empty name where it names none.
pub fn mapped(path: &Path) -> Vec<(String, Schema)> {
    let mut imported = Imported::default();
    imported.add(path);
    let named = |name: &String| *name != files::shown(path);
    let by_name = imported.mappings.iter().filter(|(name, _)| named(name));
    let mut all: Vec<(String, Schema)> = by_name
        .map(|(name, mapping)| {
            let mut schema = Schema::new(Base::Empty);
            drop(mapping::add(&mut schema, name, mapping));
            (name.clone(), schema)
        })
        .collect();
    if all.is_empty() {
        let mut schema = Schema::new(Base::Empty);
        drop(mapping::overlay(&mut schema, path));
        all.push((String::new(), schema));
    }
    all
}

/// That there is no folder of rules.
fn no_rules(path: &Path) -> Problem {
    let path = files::shown(path);
    let message = format!("the folder of rules, {path}, is not there");
    let help = "name the folder of the rules with --rules or in harness.toml";
    let error = Diagnostic::error("config", message, Span::default()).with_help(help);
    Problem::with_path(path, error)
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
