//! The indices of a backtest: their names, and their fields as the cluster maps them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use harness_cluster::client::Client;
use harness_cluster::error::ClusterError;
use harness_cluster::layout::{Layout, Node, Place, ROOT, Stored};
use harness_cluster::product::{Product, Version};
use harness_compile::program::RuleProgram;
use harness_detect::window::Clock;
use harness_model::schema::{Access, Base, Field, FieldType, Schema};
use harness_model::value::Resolution;

/// What an index pattern stands for.
#[derive(Debug)]
pub struct Target {
    /// The pattern, as an address takes it.
    pub pattern: String,
    /// The pattern, as it was given.
    pub named: String,
    /// The indices, by name.
    pub indices: Vec<String>,
    /// Their fields.
    pub schema: Schema,
    /// What is taken for granted.
    pub notes: Vec<String>,
    /// The product, where it may give points in time.
    pub(super) points: Option<Product>,
    /// Fields of more than one type, or that cannot be read, and why.
    obstacles: BTreeMap<String, String>,
}

impl Target {
    /// Asks for the mappings, or, without the privilege to see them, for the
    /// fields and their types.
    ///
    /// # Errors
    ///
    /// When the cluster does not answer, or has no such index.
    pub fn read(client: &Client, named: &str) -> Result<Self, ClusterError> {
        let pattern = encoded(named);
        let mut target = match client.get(&format!("{pattern}/_mapping")) {
            Ok(mappings) => Self::of_mappings(&mappings, &settings(client, &pattern)),
            Err(ClusterError::Refused { status: 403, .. }) => {
                Self::of_fields(&client.get(&format!("{pattern}/_field_caps?fields=*"))?)
            }
            Err(error) => return Err(error),
        };
        target.pattern = pattern;
        target.points = Version::ask(client)?.keeps_points();
        named.clone_into(&mut target.named);
        if target.indices.is_empty() {
            let message = "no index of the cluster has that name".to_owned();
            return Err(ClusterError::Config(message));
        }
        Ok(target)
    }

    /// Adds the fields of other indices, where there are such.
    ///
    /// # Errors
    ///
    /// When the cluster does not answer.
    pub(super) fn also(&mut self, client: &Client, named: &str) -> Result<(), ClusterError> {
        let path = format!("{}/_mapping?ignore_unavailable=true", encoded(named));
        match client.get(&path) {
            Ok(mappings) => self.map(&mappings, &settings(client, &encoded(named))),
            Err(ClusterError::Refused { status: 403, .. }) => {
                let path =
                    format!("{}/_field_caps?fields=*&ignore_unavailable=true", encoded(named));
                self.add_fields(&client.get(&path)?);
            }
            Err(ClusterError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What `_mapping` and `_settings` answer.
    fn of_mappings(mappings: &Value, settings: &Value) -> Self {
        let mut target = Self::empty();
        let names = mappings.as_object().into_iter().flatten();
        target.indices = names.map(|(index, _)| index.clone()).collect();
        target.indices.sort();
        target.map(mappings, settings);
        target
    }

    fn map(&mut self, mappings: &Value, settings: &Value) {
        let mut known: HashSet<String> = HashSet::new();
        for (index, found) in mappings.as_object().into_iter().flatten() {
            let mapping = found.get("mappings").unwrap_or(&Value::Null);
            let settings = settings.pointer(&format!("/{}/settings", pointer(index)));
            let settings = settings.unwrap_or(&Value::Null);
            // Thousands of indices of a stream have one mapping.
            if !known.insert(format!("{mapping}{:?}", settings.pointer("/index/analysis"))) {
                continue;
            }
            let mut own = Schema::new(Base::Empty);
            let (Ok(errors) | Err(errors)) = own.add_mapping(mapping, settings);
            for error in errors {
                let (path, why) = (error.path, error.message);
                let reason = format!("the mapping of `{path}` cannot be read: {why}");
                self.obstacles.entry(path).or_insert(reason);
            }
            for field in own.fields() {
                self.compare(field);
            }
            // Objects, nested ones above all, and aliases; what cannot be read is told above.
            let _ = self.schema.add_mapping(mapping, settings);
        }
    }

    /// What `_field_caps` answers.
    fn of_fields(answer: &Value) -> Self {
        let mut target = Self::empty();
        let indices = answer.get("indices").and_then(Value::as_array).into_iter().flatten();
        target.indices = indices.filter_map(|index| Some(index.as_str()?.to_owned())).collect();
        target.indices.sort();
        target.add_fields(answer);
        target.notes.push(
            "without the privilege `view_index_metadata` only the types of fields are known: text \
             is taken to be analyzed by `standard`, keywords to have no normalizer, and an alias \
             to be a field of its own"
                .to_owned(),
        );
        target
    }

    /// Fields that `_field_caps` names, as a mapping.
    fn add_fields(&mut self, answer: &Value) {
        let fields = answer.get("fields").and_then(Value::as_object);
        let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, types) in fields.into_iter().flatten() {
            let types = types.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
            let types: Vec<&str> = types.filter(|ty| *ty != "unmapped").collect();
            match types.as_slice() {
                _ if name.starts_with('_') => {}
                [] => {}
                [ty] => drop(kinds.insert(name, ty)),
                types => {
                    let reason =
                        format!("`{name}` is {} in different indices", types.join(" and "));
                    self.obstacles.insert(name.clone(), reason);
                }
            }
        }
        let mut mapping = json!({ "properties": {} });
        for (name, ty) in kinds.iter().filter(|(_, ty)| **ty != "object") {
            // What a field lies in, the outermost first: nested objects and, for one of its
            // multi-fields, the field itself. Dots within names are fine.
            let (mut at, mut key, mut own) = (&mut mapping, "properties", *name);
            for (dot, _) in name.match_indices('.') {
                let around = &name[..dot];
                let within = match kinds.get(around) {
                    None | Some(&"object") => continue,
                    Some(&"nested") => "properties",
                    Some(_) => "fields",
                };
                let step = &around[name.len() - own.len()..];
                at = &mut at[key][step];
                (key, own) = (within, &name[dot + 1..]);
            }
            at[key][own] = json!({ "type": ty });
        }
        self.map(&json!({ "": { "mappings": mapping } }), &Value::Null);
    }

    fn empty() -> Self {
        Self {
            pattern: String::new(),
            named: String::new(),
            indices: Vec::new(),
            schema: Schema::new(Base::Empty),
            notes: Vec::new(),
            points: None,
            obstacles: BTreeMap::new(),
        }
    }

    /// Takes note of a field that another index maps differently.
    fn compare(&mut self, field: &Arc<Field>) {
        let name = field.name.to_string();
        let Some(known) = self.schema.field(&name).filter(|known| !alike(known, field)) else {
            return;
        };
        let (a, b) = (known.ty.name().to_owned(), field.ty.name());
        let reason = if a == b {
            format!("`{name}` is mapped differently in different indices")
        } else {
            format!("`{name}` is {a} and {b} in different indices")
        };
        self.obstacles.entry(name).or_insert(reason);
    }

    /// Why a rule cannot be run on these indices.
    pub(super) fn obstacle(
        &self,
        text: &str,
        program: &RuleProgram,
        clock: &Clock,
    ) -> Option<String> {
        let columns = program.columns();
        let reads = |field: &str| columns.iter().any(|column| &*column.name == field);
        let named = |field: &&String| reads(field) || text.contains(field.as_str());
        if let Some(found) = self.obstacles.keys().find(named) {
            return self.obstacles.get(found).cloned();
        }
        let moment = |field: &str| match self.schema.field(field).map(|field| field.ty.clone()) {
            Some(FieldType::Date { .. }) => None,
            Some(_) => Some(format!("the timestamp field `{field}` is no date")),
            None if clock.fallback().is_some() && field != "@timestamp" => None,
            None => Some(format!("there is no timestamp field `{field}`")),
        };
        moment(clock.field()).or_else(|| moment(clock.fallback()?))
    }

    /// Where the columns of a plan are.
    pub(super) fn layout(&self, program: &RuleProgram) -> Layout {
        let mut layout = Layout::default();
        for column in program.columns() {
            let Some(field) = self.schema.field(&column.name) else { continue };
            let node = self.node(&mut layout, field.nested.as_ref());
            // Nested names are whole, whatever the node.
            let place = Place { field: field.name.to_string(), stored: stored(&field) };
            layout.add(node, column, place);
        }
        layout
    }

    fn node(&self, layout: &mut Layout, path: Option<&Arc<str>>) -> Node {
        // A mapping nests a few levels at most.
        let mut around: Vec<Arc<str>> = Vec::new();
        let mut next = path.cloned();
        while let Some(path) = next {
            next = self.schema.nested_around(&path);
            around.push(path);
        }
        around.iter().rev().fold(ROOT, |parent, path| layout.node_named(parent, path))
    }
}

/// Whether two indices map a field alike, as far as a query tells.
fn alike(a: &Field, b: &Field) -> bool {
    let constant = |field: &Field| matches!(field.ty, FieldType::ConstantKeyword { .. });
    let whole =
        |field: &Field| matches!(field.ty, FieldType::Keyword { .. } | FieldType::Wildcard { .. });
    let same = a.ty == b.ty
        || constant(a) && constant(b)
        || whole(a) && whole(b) && normal(a) == normal(b);
    same && a.nested == b.nested
}

fn normal(field: &Field) -> harness_text::analysis::Normalizer {
    match field.ty {
        FieldType::Keyword { normalizer, .. } => normalizer,
        _ => harness_text::analysis::Normalizer::None,
    }
}

fn stored(field: &Field) -> Stored {
    if matches!(&*field.name, "_id" | "_index") || field.access == Access::Source {
        return Stored::Elsewhere;
    }
    match field.ty {
        FieldType::Keyword { .. } | FieldType::Wildcard { .. } => Stored::Keyword,
        FieldType::ConstantKeyword { .. } => Stored::Constant,
        FieldType::Flattened { .. } | FieldType::FlattenedKey { .. } => Stored::Flattened,
        FieldType::Version => Stored::Version,
        FieldType::Text { .. } | FieldType::MatchOnlyText => Stored::Text,
        FieldType::Integer(_) => Stored::Long,
        FieldType::Date { resolution: Resolution::Millis, .. } => Stored::Date,
        FieldType::Boolean => Stored::Boolean,
        FieldType::Float(_) => Stored::Double,
        FieldType::Ip => Stored::Ip,
        // A date is asked for in milliseconds only; whoever reads the documents decides.
        FieldType::Date { resolution: Resolution::Nanos, .. }
        | FieldType::Unsigned
        | FieldType::Range { .. }
        | FieldType::Geometry(_)
        | FieldType::Object
        | FieldType::Nested
        | FieldType::Other(_)
        | FieldType::Refused(_) => Stored::Elsewhere,
    }
}

/// The analyzers of the indices, where one may see them.
fn settings(client: &Client, pattern: &str) -> Value {
    let path = format!("{pattern}/_settings?filter_path=*.settings.index.analysis");
    client.get(&path).unwrap_or(Value::Null)
}

/// The mappings of the indices of a pattern, as the cluster answers.
///
/// # Errors
///
/// A cluster that does not answer, or has no such index.
pub fn mappings(client: &Client, pattern: &str) -> Result<Value, ClusterError> {
    let answer = client.get(&format!("{}/_mapping", encoded(pattern)))?;
    if answer.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(ClusterError::Config(format!("no index fits {pattern}")));
    }
    Ok(answer)
}

/// A name inside a JSON pointer.
fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What an address cannot have plain of an index pattern.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b',');

/// An index pattern inside an address.
pub(super) fn encoded(pattern: &str) -> String {
    utf8_percent_encode(pattern, ENCODED).to_string()
}
