//! The documents that the suites query.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use harness_esql::mapping::SchemaFields;
use harness_esql::memory::{MemoryField, MemorySource};
use harness_esql::source::Fields;
use harness_model::index_pattern;
use harness_model::schema::{Base, Schema, Unmapped};

/// The mapping of each index that the suites know.
static MAPPINGS: LazyLock<BTreeMap<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("datasets.json")).expect("a test reads it"));

/// Indices by name.
#[derive(Clone, Debug)]
pub struct Datasets {
    indices: BTreeMap<String, Dataset>,
    empty: Dataset,
}

/// The documents of one index and how they are mapped.
#[derive(Clone, Debug)]
pub(super) struct Dataset {
    pub(super) schema: Schema,
    pub(super) source: MemorySource,
}

impl Default for Datasets {
    fn default() -> Self {
        let empty = Dataset { schema: strict(), source: MemorySource::default() };
        Self { indices: BTreeMap::new(), empty }
    }
}

impl Datasets {
    /// The indices that the suites know.
    pub const INDICES: [&'static str; 2] = ["employees", "hosts"];

    /// Reads the documents of an index, one JSON object a line.
    ///
    /// # Errors
    ///
    /// An index that the suites do not know, or a line that is no JSON.
    pub fn add(&mut self, index: &str, ndjson: &str) -> Result<(), String> {
        let mapping = MAPPINGS.get(index);
        let mapping =
            mapping.ok_or_else(|| format!("no mapping is known for the index `{index}`"))?;
        let mut schema = strict();
        schema.add_mapping(mapping, &Value::Null).map_err(|errors| {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            errors.join("; ")
        })?;
        let mut documents = Vec::new();
        for (number, line) in ndjson.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
        {
            let document = serde_json::from_str(line)
                .map_err(|error| format!("{index}, line {}: {error}", number + 1))?;
            documents.push(document);
        }
        let fields = SchemaFields::new(&schema);
        let fields: Vec<MemoryField> =
            fields.names().iter().filter_map(|name| fields.memory_field(name)).collect();
        let source = MemorySource::new(index, &fields, &documents);
        self.indices.insert(index.to_owned(), Dataset { schema, source });
        Ok(())
    }

    /// What index patterns name, exactly one; the empty one for no patterns.
    pub(super) fn named(&self, patterns: &[String]) -> Result<&Dataset, String> {
        if patterns.is_empty() {
            return Ok(&self.empty);
        }
        let named =
            self.indices.iter().filter(|(name, _)| index_pattern::sees(patterns, Some(name)));
        match named.collect::<Vec<_>>().as_slice() {
            [(_, dataset)] => Ok(dataset),
            [] => Err(format!("no dataset for `{}`", patterns.join(", "))),
            [_, ..] => Err(format!("several datasets for `{}`", patterns.join(", "))),
        }
    }
}

/// A schema in which a field without a mapping is an error.
fn strict() -> Schema {
    let mut schema = Schema::new(Base::Empty);
    schema.unmapped = Unmapped::Strict;
    schema
}
