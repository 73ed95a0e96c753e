//! Where a repository keeps its rules: as it says itself in the `_config.yaml` of
//! detection-rules, else as repositories commonly do.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use harness_rule::tree::Folder;
use harness_source::diagnostic::Diagnostic;
use harness_source::files::{self, Problem};
use harness_source::span::Span;

/// Configurations of detection-rules, of a repository and of the original.
const CONFIGS: [&str; 3] = ["_config.yaml", "_config.yml", "detection_rules/etc/_config.yaml"];

/// Schemas of detection-rules that it names nowhere.
const SCHEMAS: [&str; 2] = ["non-ecs-schema.json", "etc/non-ecs-schema.json"];

/// Parts of a stack's schema that are no files.
const RESERVED: [&str; 3] = ["beats", "ecs", "endgame"];

/// Folders that never hold rules, where the root itself may.
const OTHERS: [&str; 12] = [
    "action_connectors",
    "actions",
    "cases",
    "exceptions",
    "lookups",
    "mappings",
    "node_modules",
    "snapshots",
    "target",
    "tests",
    "venv",
    "vendor",
];

/// What a repository says of itself.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) rules: Vec<PathBuf>,
    pub(super) exceptions: Option<PathBuf>,
    /// Fields beside those of the embedded table.
    pub(super) schemas: Vec<PathBuf>,
}

/// Whether a folder is the root of a repository of rules.
pub(super) fn is_root(folder: &Path) -> bool {
    let is_there = |name: &&str| folder.join(name).is_dir();
    ["rules", "cases"].iter().any(is_there)
        || CONFIGS.iter().any(|config| folder.join(config).is_file())
}

/// What the configurations at a root, or in a folder below it, say.
///
/// # Errors
///
/// One that cannot be read.
pub(super) fn stated(root: &Path) -> Result<Option<Layout>, Problem> {
    let at = CONFIGS.iter().map(|config| root.join(config)).find(|file| file.is_file());
    let mut configs: Vec<PathBuf> = at.into_iter().collect();
    if configs.is_empty() && !root.join("rules").is_dir() {
        let below = std::fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
        let below = below.map(|entry| entry.path().join("_config.yaml"));
        configs.extend(below.filter(|file| file.is_file()));
        configs.sort();
    }
    let mut layout: Option<Layout> = None;
    for config in configs {
        let found = read(&config)?;
        let Some(found) = found else { continue };
        let layout = layout.get_or_insert_default();
        layout.rules.extend(found.rules);
        layout.schemas.extend(found.schemas);
        layout.exceptions = layout.exceptions.take().or(found.exceptions);
    }
    Ok(layout)
}

/// Reads a configuration; `None` for a file of something else.
fn read(config: &Path) -> Result<Option<Layout>, Problem> {
    let name = files::shown(config);
    let text: Arc<str> =
        files::read(config).map_err(|found| Problem::with_path(&name, found))?.into();
    if !text.contains("rule_dirs") {
        return Ok(None);
    }
    let problem = |diagnostic| Problem { path: name.clone(), diagnostic, text: Arc::clone(&text) };
    let values = harness_rule::yaml(&text).map_err(problem)?;
    let value = values.into_iter().next().unwrap_or_default();
    let base = config.parent().unwrap_or(Path::new(""));
    let stated = |keys: &[&str]| {
        keys.iter().try_fold(&value, |inner, key| inner.get(key)).map(|value| paths(base, value))
    };
    let mut rules: Vec<PathBuf> = ["rule_dirs", "bbr_rules_dirs"]
        .iter()
        .flat_map(|key| stated(&[*key]).unwrap_or_default())
        .collect();
    let mut seen = BTreeSet::new();
    rules.retain(|folder| folder.is_dir() && seen.insert(folder.clone()));
    if rules.is_empty() {
        let message = "`rule_dirs` names no folder that is there";
        return Err(problem(Diagnostic::error("config", message, Span::default())));
    }
    let one = |keys: &[&str]| stated(keys).unwrap_or_default().into_iter().next();
    let mut schemas: Vec<PathBuf> = SCHEMAS.iter().map(|schema| base.join(schema)).collect();
    let by_stack = one(&["files", "stack_schema_map"]);
    schemas.extend(by_stack.iter().flat_map(|map| custom_schemas(map)));
    schemas.extend(one(&["auto_gen_schema_file"]));
    schemas.extend(one(&["files", "auto_gen_schema_file"]));
    schemas.retain(|schema| schema.is_file());
    let exceptions = one(&["directories", "exception_dir"]).filter(|folder| folder.is_dir());
    Ok(Some(Layout { rules, exceptions, schemas }))
}

/// The files of schemas that a map by version of the stack names.
fn custom_schemas(map: &Path) -> Vec<PathBuf> {
    let base = map.parent().unwrap_or(Path::new(""));
    let text = files::read(map).unwrap_or_default();
    let values = harness_rule::yaml(&text).unwrap_or_default();
    let versions =
        values.first().and_then(Value::as_object).into_iter().flat_map(|map| map.values());
    let parts = versions.filter_map(Value::as_object).flatten();
    let custom = parts.filter(|(key, _)| !RESERVED.contains(&key.as_str()));
    let found: BTreeSet<PathBuf> = custom.flat_map(|(_, value)| paths(base, value)).collect();
    found.into_iter().collect()
}

/// The paths that a text, or an array of texts, names.
fn paths(base: &Path, value: &Value) -> Vec<PathBuf> {
    let texts = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    texts.iter().filter_map(Value::as_str).map(|text| plain(&base.join(text))).collect()
}

/// A path without the steps back that it can do without.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if plain.file_name().is_some() && !plain.ends_with(Component::ParentDir) =>
            {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The folders of rules of a root that says nothing of them.
pub(super) fn usual(root: &Path) -> Vec<Folder> {
    let rules = root.join("rules");
    if rules.is_dir() || !root.is_dir() {
        let blocks = root.join("rules_building_block");
        let blocks = Some(blocks).filter(|folder| folder.is_dir());
        return named(root, std::iter::once(rules).chain(blocks).collect());
    }
    let without = OTHERS.iter().map(|name| root.join(name)).collect();
    vec![Folder { is_guess: true, without, ..Folder::at(root) }]
}

/// Folders of rules by their paths: those of the first are named by their paths below
/// it, those of the others have the folder before.
pub(super) fn named(root: &Path, paths: Vec<PathBuf>) -> Vec<Folder> {
    let folder = |(at, path): (usize, PathBuf)| {
        let below = path
            .strip_prefix(root)
            .ok()
            .filter(|below| below.components().all(|part| matches!(part, Component::Normal(_))));
        let name = below.or(path.file_name().map(Path::new)).unwrap_or(Path::new(""));
        let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        let is_first = at == 0 || path.is_file();
        let prefix = if is_first { String::new() } else { format!("{}/", parts.join("/")) };
        Folder { prefix, ..Folder::at(path) }
    };
    paths.into_iter().enumerate().map(folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_plain() {
        for (path, expected) in [
            ("a/b/../../rules", "rules"),
            ("./a/./b", "a/b"),
            ("../x/rules", "../x/rules"),
            ("a/../../x", "../x"),
            ("/a/../b", "/b"),
        ] {
            assert_eq!(plain(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn folders_after_the_first_have_their_names() {
        let root = Path::new("/r");
        let paths = ["/r/rules", "/r/custom/rules", "/other/rules"].map(PathBuf::from);
        let folders = named(root, paths.into());
        let prefixes: Vec<&str> = folders.iter().map(|folder| folder.prefix.as_str()).collect();
        assert_eq!(prefixes, ["", "custom/rules/", "rules/"]);
    }
}
