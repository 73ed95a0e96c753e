//! Field → type: what Elasticsearch's mapping would say.
//!
//! A [`Schema`] answers three questions: which type a field has, which fields
//! a wildcard name stands for, and which columns a source value feeds.

mod analysis;
mod dynamic;
mod field_type;
pub mod mapping;
mod model;
pub mod table;
mod texts;

use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

use serde_json::Value;

use crate::column::Column;
use crate::value::Resolution;
use harness_source::effort;
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;

use dynamic::{KEYWORD_BESIDE, Made};

pub use dynamic::Home;
pub use field_type::{Access, FieldType};
pub use model::{Base, UnknownFields, Unmapped};
pub use model::{Field, Schema};

/// After the name of a `flattened` field: its keys with their values, as the
/// index holds them.
const KEYED: &str = "._keyed";

impl Field {
    /// The column that holds the field's values.
    pub fn column(&self) -> Option<Column> {
        Some(Column { name: self.name.clone(), kind: self.ty.kind()? })
    }
}

impl Schema {
    /// A schema over `base` without fields of its own. With the embedded base,
    /// unmapped fields are typed by the first value observed.
    pub fn new(base: Base) -> Self {
        let mut schema = Self { base, ..Self::default() };
        if base == Base::Embedded {
            schema.dynamic.enable();
        }
        schema
    }

    /// Adds or replaces one field.
    pub fn insert(&mut self, field: Field) {
        self.fields.insert(field.name.clone(), Arc::new(field));
    }

    /// The field of that exact name, aliases resolved; a key below a
    /// `flattened` field is a field of its own.
    pub fn field(&self, name: &str) -> Option<Arc<Field>> {
        let name = self.aliases.get(name).map_or(name, |path| path);
        if self.is_disabled(name) {
            return None;
        }
        if let Some(field) = self.fields.get(name) {
            return Some(field.clone());
        }
        if let Some(field) = self.passed_through(name) {
            return Some(field);
        }
        if let Some(meta) = metadata_field(name) {
            return Some(Arc::new(meta));
        }
        if let Some(field) = self.base_field(name) {
            return Some(Arc::new(field));
        }
        self.keyed(name).or_else(|| self.below_flattened(name)).map(Arc::new)
    }

    /// The names that a field pattern stands for (`*` crosses dots), in order:
    /// mapped fields, and of the embedded table those seen in events.
    pub fn matching(&self, pattern: &Glob) -> Vec<Arc<str>> {
        let names = self.names_matching(pattern);
        // Each becomes a condition.
        if effort::spend(names.len() * STEPS_OF_A_FIELD) { names } else { Vec::new() }
    }

    fn names_matching(&self, pattern: &Glob) -> Vec<Arc<str>> {
        let names = self.fields.keys().chain(self.aliases.keys());
        let passed = self.passthrough.iter().flat_map(|(_, object)| {
            let fields = self.below(object).into_iter();
            fields.filter_map(|field| field.name.get(object.len() + 1..).map(Arc::from))
        });
        let names = names.cloned().chain(passed);
        let mut names: Vec<Arc<str>> =
            names.filter(|name| pattern.matches(name, Case::Sensitive)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// All mapped fields that hold values, in order of their names.
    pub fn fields(&self) -> impl Iterator<Item = &Arc<Field>> {
        self.fields.values().filter(|field| field.ty.kind().is_some())
    }

    /// Fields below an object, in order of their names.
    pub fn below(&self, object: &str) -> Vec<Arc<Field>> {
        let prefix = format!("{object}.");
        let own = self.fields.range::<str, _>((Included(prefix.as_str()), Unbounded));
        own.take_while(|(name, _)| name.starts_with(&prefix))
            .map(|(_, field)| field.clone())
            .collect()
    }

    /// Whether mapped fields lie below a name, other than its multi-fields.
    pub fn is_object(&self, name: &str) -> bool {
        let own = |field: &Arc<Field>| field.source == field.name && !self.is_guessed(&field.name);
        let prefix = format!("{name}.");
        self.below(name).iter().any(own)
            || self.base == Base::Embedded
                && table::below(&prefix).any(|entry| entry.multi_field_of().is_none())
    }

    /// Takes note of the fields that an event has: those of the embedded table
    /// become visible to field patterns, unmapped ones get the type that
    /// Elasticsearch's dynamic mapping gives their first value where it lives.
    pub fn observe(&mut self, source: &Value, home: Home) {
        let mut seen = Vec::new();
        shapes(source, &mut String::new(), &mut |path, value| {
            let known = if value.is_object() {
                self.objects.contains(path)
            } else {
                value.is_null() || self.fields.contains_key(path) && !self.copies_from(path)
            };
            if !known {
                seen.push((Arc::<str>::from(path), value));
            }
        });
        // Where the embedded table has a multi-field of strings, an index may have none.
        let home = if self.has_embedded_fields() { home } else { Home::Index };
        for (path, value) in seen {
            if value.is_object() {
                self.observe_object(&path, home);
            } else {
                self.observe_value(&path, value, home);
                for target in self.copy_targets.get(&path).cloned().unwrap_or_default() {
                    self.observe_value(&target, value, home);
                }
            }
        }
    }

    fn copies_from(&self, path: &str) -> bool {
        self.copy_targets.contains_key(path)
    }

    fn observe_object(&mut self, path: &Arc<str>, home: Home) {
        if !self.objects.insert(path.clone())
            || self.is_disabled(path)
            || self.field(path).is_some()
            || self.has_below(path)
        {
            return;
        }
        if let Some(definition) = self.dynamic.object(path, home) {
            self.define(path, &definition);
            self.guessed.insert(path.clone());
        }
    }

    fn observe_value(&mut self, path: &Arc<str>, value: &Value, home: Home) {
        if self.fields.contains_key(path) || self.is_disabled(path) || self.is_within(path) {
            return;
        }
        if let Some(field) = self.field(path) {
            // The keys of a flattened field are no fields that a pattern finds.
            let path = match &field.ty {
                FieldType::FlattenedKey { root, .. } => root,
                _ => path,
            };
            if let (false, Some(field)) = (self.fields.contains_key(path), self.field(path))
                && field.name == *path
            {
                self.fields.insert(path.clone(), field);
                self.observe_multi_fields(path);
            }
            return;
        }
        match self.dynamic.leaf(path, value, home) {
            None => return,
            Some(Made::Defined(definition)) => self.define(path, &definition),
            Some(Made::Plain(ty)) => {
                let nested = self.nested_around(path);
                if matches!(ty, FieldType::Text { .. }) {
                    let beside = Field::plain(&format!("{path}.keyword"), KEYWORD_BESIDE);
                    let (source, nested) = (path.clone(), nested.clone());
                    self.insert(Field { source, nested, ..beside });
                }
                let access = self.dynamic.access(path);
                self.insert(Field { nested, access, ..Field::plain(path, ty) });
            }
        }
        self.guessed.insert(path.clone());
    }

    /// Whether a name is a part of a value: of a point or of a range.
    fn is_within(&self, name: &str) -> bool {
        name.rmatch_indices('.').any(|(dot, _)| {
            let around = self.fields.get(&name[..dot]).map(|field| &field.ty);
            matches!(around, Some(FieldType::Geometry(_) | FieldType::Range { .. }))
        })
    }

    /// Whether something is mapped below a name, in the embedded table too.
    fn has_below(&self, name: &str) -> bool {
        let prefix = format!("{name}.");
        let own = self.fields.range::<str, _>((Included(prefix.as_str()), Unbounded)).next();
        own.is_some_and(|(below, _)| below.starts_with(&prefix))
            || self.base == Base::Embedded && table::below(&prefix).next().is_some()
    }

    /// Whether an object around a name, or it itself, is neither read nor indexed.
    fn is_disabled(&self, name: &str) -> bool {
        let around = name.match_indices('.').map(|(dot, _)| &name[..dot]);
        !self.disabled.is_empty()
            && ([""].into_iter().chain(around).chain([name])).any(|o| self.disabled.contains(o))
    }

    /// Copies the values of a field to another one.
    fn add_copy(&mut self, from: &Arc<str>, to: Arc<str>) {
        let targets = self.copy_targets.entry(from.clone()).or_default();
        if !targets.contains(&to) {
            targets.push(to);
        }
    }

    /// The fields whose values are copied to a field.
    pub fn copied_to(&self, name: &str) -> impl Iterator<Item = &Arc<str>> {
        let copies = self.copy_targets.iter();
        copies
            .filter(move |(_, targets)| targets.iter().any(|target| **target == *name))
            .map(|(from, _)| from)
    }

    /// Shows what lies below an object at the root as well.
    fn add_passthrough(&mut self, priority: i64, object: &Arc<str>) {
        self.passthrough.retain(|(_, known)| known != object);
        self.passthrough.push((priority, object.clone()));
        self.passthrough.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    }

    /// The field of a passthrough object that a name at the root stands for.
    fn passed_through(&self, name: &str) -> Option<Arc<Field>> {
        let mut fields = self
            .passthrough
            .iter()
            .filter_map(|(_, object)| self.fields.get(format!("{object}.{name}").as_str()));
        fields.next().cloned()
    }

    /// Whether the fields of the embedded table are mapped, too.
    pub fn has_embedded_fields(&self) -> bool {
        self.base == Base::Embedded
    }

    /// Whether some mapping, the embedded table or an event has a field of that
    /// name, or one below it, or leaves open which there are.
    pub fn knows(&self, name: &str) -> bool {
        let prefix = format!("{name}.");
        let embedded = || {
            self.base == Base::Embedded
                && (table::below(&prefix).next().is_some() || table::is_open(name))
        };
        self.field(name).is_some() || !self.below(name).is_empty() || embedded()
    }

    /// Whether the project says that a name is right.
    pub fn is_vouched(&self, name: &str) -> bool {
        self.vouched.iter().any(|pattern| pattern.matches(name, Case::Sensitive))
    }

    /// Whether the indices may have a field of that name although nothing here
    /// knows it: not where the switch `unmapped` or a mapping's `dynamic` says
    /// that all fields are known, nor for objects and what lies in nested ones.
    pub fn may_have(&self, name: &str) -> bool {
        let guesses = self.dynamic.is_on() && self.unmapped == Unmapped::Missing;
        guesses && self.nested_around(name).is_none() && !self.knows(name)
    }

    /// Whether there are fields that nobody mapped.
    pub fn has_guessed_fields(&self) -> bool {
        !self.guessed.is_empty()
    }

    /// Whether nobody mapped a field, so that its first value decided.
    pub fn is_guessed(&self, name: &str) -> bool {
        self.guessed.contains(name)
    }

    /// The innermost nested field above a name.
    pub fn nested_around(&self, name: &str) -> Option<Arc<str>> {
        ancestors(name).find_map(|object| {
            let nested = match (self.fields.get(object), self.base) {
                (Some(field), _) => field.ty == FieldType::Nested,
                (None, Base::Empty) => false,
                (None, Base::Embedded) => table::is_nested(object),
            };
            nested.then(|| object.into())
        })
    }

    /// Whether `name` is a `flattened` field itself, not a key of one.
    pub fn is_flattened_root(&self, name: &str) -> bool {
        let field = self.fields.get(name).map(|field| Field::clone(field));
        field
            .or_else(|| self.base_field(name))
            .is_some_and(|field| matches!(field.ty, FieldType::Flattened { .. }))
    }

    fn observe_multi_fields(&mut self, parent: &Arc<str>) {
        if self.base == Base::Embedded {
            for entry in table::multi_fields(parent) {
                let field = Field::from(entry);
                let nested = self.nested_around(&field.name);
                self.insert(Field { nested, ..field });
            }
        }
    }

    fn base_field(&self, name: &str) -> Option<Field> {
        match self.base {
            Base::Empty => None,
            Base::Embedded => {
                table::known(name).map(|field| Field { nested: self.nested_around(name), ..field })
            }
        }
    }

    /// The `flattened` field whose keys with their values a name stands for: each
    /// value of that name is a key, a zero character and the key's value.
    pub fn keyed_root<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_suffix(KEYED).filter(|root| self.is_flattened_root(root))
    }

    /// All keys of a `flattened` field with their values. Patterns of query strings
    /// on one key go there.
    fn keyed(&self, name: &str) -> Option<Field> {
        let root = self.keyed_root(name)?;
        let field = self.fields.get(root).map(|field| Field::clone(field));
        let field = field.or_else(|| self.base_field(root))?;
        let ty = FieldType::Wildcard { ignore_above: None };
        Some(Field { name: name.into(), ty, ..field })
    }

    /// A key of a `flattened` field: the innermost ancestor decides.
    fn below_flattened(&self, name: &str) -> Option<Field> {
        ancestors(name).find_map(|root| {
            let mapped = self.fields.get(root).map(|field| Field::clone(field));
            let field = mapped.or_else(|| self.base_field(root))?;
            let FieldType::Flattened { ignore_above } = field.ty else { return None };
            let ty = FieldType::FlattenedKey { ignore_above, root: root.into() };
            Some(Field { name: name.into(), source: name.into(), ty, ..field })
        })
    }
}

/// The names above a field, the innermost first; no mapping nests deeper than
/// they go.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    let dots: Vec<usize> = name.match_indices('.').map(|(dot, _)| dot).take(MAX_LEVELS).collect();
    dots.into_iter().rev().map(move |dot| &name[..dot])
}

/// How many steps a field counts that a pattern stands for.
const STEPS_OF_A_FIELD: usize = 50;

/// How many names there may be above a field.
const MAX_LEVELS: usize = 200;

impl Field {
    /// A field that is its own source, outside nested objects.
    pub fn plain(name: &str, ty: FieldType) -> Self {
        let name: Arc<str> = name.into();
        Self {
            source: name.clone(),
            name,
            ty,
            nested: None,
            null_value: None,
            access: Access::Full,
            split_queries: false,
        }
    }

    /// Whether its values are moments in nanoseconds.
    pub fn is_nanos(&self) -> bool {
        matches!(self.ty, FieldType::Date { resolution: Resolution::Nanos, .. })
    }

    /// Where patterns of query strings look for its values: those of a key of a
    /// `flattened` field go over all keys, names and values (docs/semantics.md,
    /// "Clauses by field type").
    pub fn pattern_name(&self) -> Arc<str> {
        match &self.ty {
            FieldType::FlattenedKey { root, .. } => format!("{root}{KEYED}").into(),
            _ => self.name.clone(),
        }
    }
}

impl From<table::Entry> for Field {
    fn from(entry: table::Entry) -> Self {
        let name: Arc<str> = entry.name.as_str().into();
        let source = entry.multi_field_of().map_or_else(|| name.clone(), Arc::from);
        let access = table::access(&name);
        Self { source, access, ..Self::plain(&name, entry.ty) }
    }
}

/// The fields that every index has.
fn metadata_field(name: &str) -> Option<Field> {
    matches!(name, "_id" | "_index").then(|| Field::plain(name, FieldType::KEYWORD))
}

/// Calls `visit` with the dotted path of every object and of every value below the
/// root, array elements one by one.
fn shapes<'a>(value: &'a Value, path: &mut String, visit: &mut dyn FnMut(&str, &'a Value)) {
    match value {
        Value::Object(map) => {
            if !path.is_empty() {
                visit(path, value);
            }
            let length = path.len();
            for (key, value) in map {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                shapes(value, path, visit);
                path.truncate(length);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| shapes(value, path, visit)),
        leaf => visit(path, leaf),
    }
}
