//! A field and a schema.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use super::dynamic::Dynamic;
use super::field_type::{Access, FieldType};
use crate::lookup::Tables;
use harness_text::pattern::glob::Glob;

/// One mapped field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The full dotted name; aliases resolved, `root.key` for a key of a flattened field.
    pub name: Arc<str>,
    /// Its type.
    pub ty: FieldType,
    /// The field whose source values it takes: itself, or the parent of a multi-field.
    pub source: Arc<str>,
    /// The innermost `nested` field above it.
    pub nested: Option<Arc<str>>,
    /// Stands in for an explicit `null`, as text.
    pub null_value: Option<Arc<str>>,
    /// Where queries find its values.
    pub access: Access,
    /// Whether a `match` on whole strings splits its text at white space.
    pub split_queries: bool,
}

/// All fields of a set of indices.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    pub(super) base: Base,
    /// Explicit and observed fields by name.
    pub(super) fields: BTreeMap<Arc<str>, Arc<Field>>,
    /// `alias` fields: name → path.
    pub(super) aliases: BTreeMap<Arc<str>, Arc<str>>,
    /// What becomes of fields without a mapping.
    pub(super) dynamic: Dynamic,
    /// Fields that took their type from their first value.
    pub(super) guessed: BTreeSet<Arc<str>>,
    /// Objects that were looked at for such a type.
    pub(super) objects: BTreeSet<Arc<str>>,
    /// Objects of which nothing is indexed; the empty name is the root.
    pub(super) disabled: BTreeSet<Arc<str>>,
    /// `copy_to`: where the values of a field go as well.
    pub(super) copy_targets: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Objects whose fields are fields of the root too, by falling priority.
    pub(super) passthrough: Vec<(i64, Arc<str>)>,
    /// What a field is to EQL and ES|QL that none of these knows.
    pub unmapped: Unmapped,
    /// Tables beside the indices.
    pub lookups: Tables,
    /// What to say of such a field.
    pub unknown_fields: UnknownFields,
    /// Names that are right although nothing else knows them.
    pub vouched: Vec<Glob>,
}

/// What to make of fields that nobody mapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// Only what was added explicitly.
    #[default]
    Empty,
    /// The embedded table of ECS and Elastic integrations.
    Embedded,
}

/// What to say of a field that nothing knows.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownFields {
    /// A warning.
    #[default]
    Warn,
    /// An error.
    Error,
    /// Nothing.
    Allow,
}

/// What a field without a mapping is to EQL.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Unmapped {
    /// A field that no event has, whether it is marked with `?` or not.
    #[default]
    Missing,
    /// As Elasticsearch has it for indices without the field: with `?` the
    /// constant null, which takes its surroundings with it, else an error.
    Strict,
}
