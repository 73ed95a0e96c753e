//! The fields of a [`Schema`] as columns of ES|QL.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, OnceLock};

use super::memory::{Mapped, MemoryField};
use super::source::{FieldInfo, Fields, Unread};
use harness_model::lookup::Table;
use harness_model::schema::{Base, Field, FieldType, Schema, table};
use harness_model::value::{DateFormat, Resolution};
use harness_model::value::{FloatType, IntegerType};
use harness_text::analysis::Normalizer;
use harness_text::pattern::glob::Glob;

/// The names of the embedded table in order, and whether each is a column
/// where nothing else is mapped.
static EMBEDDED: LazyLock<Vec<(Arc<str>, bool)>> = LazyLock::new(|| {
    let schema = Schema::new(Base::Embedded);
    let fields = SchemaFields::new(&schema);
    let names = table::names().map(|name| (fields.memory_field(&name).is_some(), name));
    names.map(|(is_column, name)| (name.into(), is_column)).collect()
});

/// Looks fields up in a schema.
///
/// Fields inside `nested` ones and keys of `flattened` ones are no columns.
/// Patterns see every mapped field, whether or not a document has it.
#[derive(Clone, Debug)]
pub struct SchemaFields<'a> {
    schema: &'a Schema,
    /// All names, listed when a pattern first asks for them.
    names: OnceLock<Vec<Arc<str>>>,
}

impl<'a> SchemaFields<'a> {
    /// The fields of a schema.
    pub fn new(schema: &'a Schema) -> Self {
        Self { schema, names: OnceLock::new() }
    }

    /// The embedded columns, but where the schema has a say: on its own fields and all below them.
    fn all_names(&self) -> Vec<Arc<str>> {
        let mut doubtful: BTreeSet<Arc<str>> =
            self.schema.matching(&Glob::wildcard("*")).into_iter().collect();
        let mut names = Vec::new();
        if self.schema.has_embedded_fields() {
            let below = |own: &Arc<str>| {
                let prefix = format!("{own}.");
                let from = EMBEDDED.partition_point(|(name, _)| **name < *prefix);
                let names = EMBEDDED[from..].iter().map(|(name, _)| name);
                names.take_while(move |name| name.starts_with(&prefix)).cloned()
            };
            doubtful = doubtful.iter().flat_map(below).chain(doubtful.iter().cloned()).collect();
            let settled =
                EMBEDDED.iter().filter(|(name, is_column)| *is_column && !doubtful.contains(name));
            names.extend(settled.map(|(name, _)| name.clone()));
        }
        names.extend(doubtful.into_iter().filter(|name| self.memory_field(name).is_some()));
        names.sort();
        names
    }

    /// How to read a field from documents; `None` for a name that is no column.
    pub fn memory_field(&self, name: &str) -> Option<MemoryField> {
        let field = self.schema.field(name)?;
        let key = matches!(field.ty, FieldType::FlattenedKey { .. })
            || self.schema.keyed_root(&field.name).is_some();
        if key || field.nested.is_some() {
            return None;
        }
        let mapped = mapped(&field)?;
        let (path, null_value) = (field.source.clone(), field.null_value.clone());
        let copied = self.schema.copied_to(&path).cloned().collect();
        Some(MemoryField { name: name.into(), path, copied, mapped, null_value })
    }
}

impl Fields for SchemaFields<'_> {
    fn field(&self, name: &str) -> Option<FieldInfo> {
        self.memory_field(name).map(|field| field.mapped.info())
    }

    fn names(&self) -> &[Arc<str>] {
        self.names.get_or_init(|| self.all_names())
    }

    fn may_have(&self, name: &str) -> bool {
        self.schema.may_have(name)
    }

    fn lookup(&self, name: &str) -> Option<Arc<Table>> {
        self.schema.lookups.get(name).cloned()
    }
}

/// Types of fields that ES|QL does not read.
const NO_COLUMN: [&str; 9] = [
    "binary",
    "completion",
    "join",
    "percolator",
    "rank_feature",
    "rank_features",
    "rank_vectors",
    "search_as_you_type",
    "sparse_vector",
];

/// A field that the harness does not read.
fn here(why: String) -> Mapped {
    Mapped::Unsupported(Unread::Here(why.into()))
}

/// How ES|QL reads a field; `None` for containers.
fn mapped(field: &Field) -> Option<Mapped> {
    let plain = |ignore_above| Mapped::Keyword { ignore_above, normalizer: Normalizer::None };
    Some(match &field.ty {
        FieldType::Keyword { ignore_above, normalizer } => {
            Mapped::Keyword { ignore_above: *ignore_above, normalizer: *normalizer }
        }
        FieldType::ConstantKeyword { value: Some(value) } => Mapped::Constant(value.clone()),
        FieldType::ConstantKeyword { value: None } => plain(None),
        FieldType::Wildcard { ignore_above } => plain(*ignore_above),
        FieldType::Text { .. } | FieldType::MatchOnlyText => Mapped::Text,
        FieldType::Integer(IntegerType::Long) => Mapped::Long,
        FieldType::Integer(IntegerType::Integer | IntegerType::Short | IntegerType::Byte) => {
            Mapped::Integer
        }
        FieldType::Float(FloatType::Double) => Mapped::Double,
        FieldType::Float(FloatType::Float) => Mapped::Float,
        FieldType::Float(FloatType::Half) => Mapped::HalfFloat,
        FieldType::Float(FloatType::Scaled(factor)) => Mapped::ScaledFloat(*factor),
        FieldType::Boolean => Mapped::Boolean,
        FieldType::Date { format, resolution } => match DateFormat::parse(format) {
            Ok(format) => match resolution {
                Resolution::Millis => Mapped::Date(format),
                Resolution::Nanos => Mapped::DateNanos(format.with(Resolution::Nanos)),
            },
            Err(error) => here(error.to_string()),
        },
        FieldType::Ip => Mapped::Ip,
        FieldType::Version => Mapped::Version,
        FieldType::Flattened { .. } | FieldType::FlattenedKey { .. } => {
            Mapped::Unsupported(Unread::Type("flattened".into()))
        }
        FieldType::Unsigned => Mapped::UnsignedLong,
        FieldType::Geometry(name) if **name == *"geo_point" => Mapped::GeoPoint,
        FieldType::Range { name, .. } => Mapped::Unsupported(Unread::Type(name.clone())),
        FieldType::Other(name) if NO_COLUMN.contains(&&**name) => {
            Mapped::Unsupported(Unread::Type(name.clone()))
        }
        FieldType::Geometry(name) | FieldType::Other(name) => {
            here(format!("columns of the type {name} are not run"))
        }
        FieldType::Refused(why) => here(format!("its mapping is not read: {why}")),
        FieldType::Object | FieldType::Nested => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::memory::{Document, MemorySource};
    use crate::source::Source;
    use crate::types::Type;

    #[test]
    fn what_the_harness_does_not_read_is_not_what_esql_does_not() {
        let mut schema = Schema::new(Base::Empty);
        let mapping = json!({ "properties": {
            "odd": { "type": "keyword", "normalizer": "unknown" },
            "flat": { "type": "flattened" },
            "bytes": { "type": "binary" },
            "span": { "type": "date_range" },
            "area": { "type": "geo_shape" },
            "vector": { "type": "dense_vector" },
            "day": { "type": "date", "format": "yyyy-'Q'Q" },
        } });
        schema.add_mapping(&mapping, &json!({})).expect("a mapping");
        let fields = SchemaFields::new(&schema);
        for (name, here) in [
            ("odd", true),
            ("flat", false),
            ("bytes", false),
            ("span", false),
            ("area", true),
            ("vector", true),
            ("day", true),
        ] {
            let unread = fields.field(name).and_then(|info| info.unread);
            assert_eq!(matches!(unread, Some(Unread::Here(_))), here, "{name}: {unread:?}");
            assert!(unread.is_some(), "{name}");
        }
    }

    #[test]
    fn fields_of_the_embedded_table_are_columns() {
        let schema = Schema::new(Base::Embedded);
        let fields = SchemaFields::new(&schema);
        let listed = |name: &str| fields.names().binary_search(&Arc::from(name)).is_ok();
        assert!(listed("process.name") && listed("host.ip") && !listed("process"));
        assert!(fields.names().is_sorted());
        for (name, expected) in [
            ("process.name", Some(Type::Keyword)),
            ("process.name.text", Some(Type::Text)),
            ("process.pid", Some(Type::Long)),
            ("source.ip", Some(Type::Ip)),
            ("source.geo.location", Some(Type::GeoPoint)),
            ("@timestamp", Some(Type::Date)),
            ("labels", None),
            ("process", None),
            ("no.such.field", None),
        ] {
            assert_eq!(fields.field(name).map(|info| info.ty), expected, "{name}");
        }
    }

    #[test]
    fn a_field_of_the_project_changes_what_lies_below_it() {
        let mut schema = Schema::new(Base::Embedded);
        for (name, ty) in [
            ("process", FieldType::Nested),
            ("file.path", FieldType::Object),
            ("shop", FieldType::Nested),
            ("shop.item", FieldType::Integer(IntegerType::Long)),
            ("till", FieldType::Integer(IntegerType::Long)),
        ] {
            let nested = schema.nested_around(name);
            schema.insert(Field { nested, ..Field::plain(name, ty) });
        }
        let fields = SchemaFields::new(&schema);
        let mut expected: Vec<Arc<str>> = table::names()
            .map(Arc::from)
            .chain(["till".into(), "shop.item".into()])
            .filter(|name| fields.memory_field(name).is_some())
            .collect();
        expected.sort();
        assert_eq!(fields.names(), expected);
        let listed = |name: &str| fields.names().iter().any(|known| &**known == name);
        assert!(listed("till") && listed("host.name") && listed("file.path.text"));
        assert!(!listed("process.name") && !listed("file.path") && !listed("shop.item"));
    }

    #[test]
    fn documents_are_read_by_the_mapping() {
        let schema = Schema::new(Base::Embedded);
        let fields = SchemaFields::new(&schema);
        let names = ["process.name", "process.name.text", "process.pid"];
        let read: Vec<_> = names.iter().filter_map(|name| fields.memory_field(name)).collect();
        let long = "x".repeat(2000);
        let sources = [
            json!({"process": {"name": ["b", "a", "b"], "pid": "7"}}),
            json!({"process.name": long}),
        ];
        let documents =
            sources.each_ref().map(|source| Document { id: "1", index: "i", version: 1, source });
        let source = MemorySource::read(&read, &documents);
        let texts = |name: &str, row: usize| {
            let column = source.column(name).expect("the field was read");
            column.values(row).map(|value| value.text(column.ty)).collect::<Vec<_>>()
        };
        assert_eq!(texts("process.name", 0), ["a", "b"]);
        assert_eq!(texts("process.name.text", 0), ["b", "a", "b"]);
        assert_eq!(texts("process.pid", 0), ["7"]);
        assert_eq!(texts("process.name", 1), Vec::<String>::new());
        assert_eq!(texts("_ignored", 1), ["process.name"]);
    }
}
