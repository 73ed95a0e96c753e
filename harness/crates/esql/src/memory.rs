//! A source in memory: JSON documents read as an index reads them.
//!
//! Values take the order and the form that doc values have
//! (docs/semantics.md, "ES|QL, values of a field"): keywords, addresses and
//! versions ascending and once, numbers, dates and booleans ascending, text
//! as in the document.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;

use super::column::{Builder, Column};
use super::convert::{java_number, round_long};
use super::source::{FieldInfo, Fields, Source, Unread};
use super::types::Type;
use super::value::{Point, Ref, Value};
use harness_model::event::Event;
use harness_model::lookup::{Table, Tables};
use harness_model::value::{DateFormat, keyword_text, parse_ip};
use harness_text::analysis::Normalizer;

/// How a field is mapped.
#[derive(Clone, Debug, PartialEq)]
pub enum Mapped {
    /// `keyword`, `wildcard`
    Keyword {
        /// Longer strings are not kept.
        ignore_above: Option<usize>,
        /// Changes strings before they are kept.
        normalizer: Normalizer,
    },
    /// `constant_keyword` with its value: every document has it.
    Constant(String),
    /// `text`, `match_only_text`
    Text,
    /// `boolean`
    Boolean,
    /// `integer`, `short`, `byte`
    Integer,
    /// `long`
    Long,
    /// `unsigned_long`
    UnsignedLong,
    /// `double`
    Double,
    /// `float`
    Float,
    /// `half_float`
    HalfFloat,
    /// `scaled_float` with its factor
    ScaledFloat(f64),
    /// `date` with its format
    Date(DateFormat),
    /// `date_nanos` with its format, which counts nanoseconds
    DateNanos(DateFormat),
    /// `ip`
    Ip,
    /// `version`
    Version,
    /// `geo_point`
    GeoPoint,
    /// What is no column.
    Unsupported(Unread),
}

impl Mapped {
    /// The type of the column.
    pub fn ty(&self) -> Type {
        match self {
            Self::Keyword { .. } | Self::Constant(_) => Type::Keyword,
            Self::Text => Type::Text,
            Self::Boolean => Type::Boolean,
            Self::Integer => Type::Integer,
            Self::Long => Type::Long,
            Self::UnsignedLong => Type::UnsignedLong,
            Self::Double | Self::Float | Self::HalfFloat | Self::ScaledFloat(_) => Type::Double,
            Self::Date(_) => Type::Date,
            Self::DateNanos(_) => Type::DateNanos,
            Self::Ip => Type::Ip,
            Self::Version => Type::Version,
            Self::GeoPoint => Type::GeoPoint,
            Self::Unsupported(_) => Type::Unsupported,
        }
    }

    /// What planning knows of such a field.
    pub fn info(&self) -> FieldInfo {
        let unread = match self {
            Self::Unsupported(unread) => Some(unread.clone()),
            _ => None,
        };
        FieldInfo { ty: self.ty(), unread }
    }

    /// One value of a document; `None` when the index would not keep it.
    pub fn read(&self, json: &Json) -> Option<Value> {
        Some(match self {
            Self::Keyword { ignore_above, normalizer } => {
                let text = keyword_text(json)?;
                if ignore_above.is_some_and(|most| text.encode_utf16().count() > most) {
                    return None;
                }
                Value::Str(normalizer.apply(&text).into_owned())
            }
            Self::Constant(text) => Value::Str(text.clone()),
            Self::Text | Self::Version => Value::Str(keyword_text(json)?),
            Self::Boolean => Value::Bool(harness_model::value::boolean_from_json(json).ok()?),
            Self::Integer => Value::Int(i32::try_from(whole(json)?).ok()?),
            Self::Long => Value::Long(whole(json)?),
            Self::UnsignedLong => Value::ULong(match json {
                Json::Number(number) => number.as_u64()?,
                other => other.as_str()?.parse().ok()?,
            }),
            Self::Double => Value::Double(number(json)?),
            #[expect(clippy::cast_possible_truncation, reason = "a float field keeps 32 bits")]
            Self::Float => Value::Double(f64::from(number(json)? as f32)),
            Self::HalfFloat => Value::Double(half(number(json)?)),
            Self::ScaledFloat(factor) => Value::Double((number(json)? * factor).round() / factor),
            Self::Date(format) | Self::DateNanos(format) => {
                Value::Long(format.from_json(json).ok()?)
            }
            Self::Ip => Value::Ip(parse_ip(json.as_str()?).ok()?),
            Self::GeoPoint => Value::Point(point(json)?),
            Self::Unsupported(_) => return None,
        })
    }

    /// Brings the values of one document into the order of doc values.
    pub fn arrange(&self, values: &mut Vec<Value>) {
        let ty = self.ty();
        if let (Self::Constant(text), true) = (self, values.is_empty()) {
            values.push(Value::Str(text.clone()));
        }
        match self {
            Self::Text | Self::GeoPoint | Self::Unsupported(_) => {}
            _ => values.sort_by(|a, b| a.as_ref().compare(b.as_ref(), ty)),
        }
        if matches!(self, Self::Keyword { .. } | Self::Constant(_) | Self::Ip | Self::Version) {
            values.dedup();
        }
    }
}

fn number(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => java_number(text).filter(|number| number.is_finite()),
        _ => None,
    }
}

fn whole(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) if number.is_i64() => number.as_i64(),
        Json::String(text) if text.parse::<i64>().is_ok() => text.parse().ok(),
        other => round_long(number(other)?.trunc()),
    }
}

/// A number as 16 bits hold it: 11 significant bits.
fn half(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let exponent = value.abs().log2().floor().max(-14.0);
    let step = (exponent - 10.0).exp2();
    let quotient = value / step;
    let rounded = quotient.round();
    // Ties go to the even neighbour.
    let tie = (quotient - quotient.trunc()).abs().total_cmp(&0.5).is_eq() && rounded % 2.0 != 0.0;
    (if tie { rounded - quotient.signum() } else { rounded }) * step
}

fn point(json: &Json) -> Option<Point> {
    match json {
        Json::Object(map) => {
            Some(Point { x: number(map.get("lon")?)?, y: number(map.get("lat")?)? })
        }
        Json::Array(parts) => Some(Point { x: number(parts.first()?)?, y: number(parts.get(1)?)? }),
        Json::String(text) => {
            let (lat, lon) = text.split_once(',')?;
            Some(Point { x: lon.trim().parse().ok()?, y: lat.trim().parse().ok()? })
        }
        _ => None,
    }
}

/// One field to read from documents.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryField {
    /// The full name.
    pub name: Arc<str>,
    /// Where documents have its values: the name, or that of the parent of a multi-field.
    pub path: Arc<str>,
    /// Where values stand that are copied to it.
    pub copied: Vec<Arc<str>>,
    /// How it is mapped.
    pub mapped: Mapped,
    /// What the index keeps in place of a null that a document states.
    pub null_value: Option<Arc<str>>,
}

impl MemoryField {
    /// A field whose values stand under its name.
    pub fn new(name: &str, mapped: Mapped) -> Self {
        Self { name: name.into(), path: name.into(), copied: Vec::new(), mapped, null_value: None }
    }

    /// Where documents have its values, copied ones among them.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.path).chain(&self.copied).map(|path| &**path)
    }
}

/// One document and what an index adds to it.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// `_id`
    pub id: &'a str,
    /// `_index`
    pub index: &'a str,
    /// `_version`
    pub version: i64,
    /// `_source`
    pub source: &'a Json,
}

impl<'a> From<&'a Event> for Document<'a> {
    fn from(event: &'a Event) -> Self {
        let index = event.index.as_deref().unwrap_or_default();
        Self { id: &event.id, index, version: 1, source: &event.source }
    }
}

/// Documents in memory, with the fields of a mapping.
#[derive(Clone, Debug, Default)]
pub struct MemorySource {
    names: Vec<Arc<str>>,
    infos: HashMap<Arc<str>, FieldInfo>,
    columns: HashMap<Arc<str>, Arc<Column>>,
    rows: usize,
    /// Tables beside the documents.
    pub lookups: Tables,
}

impl MemorySource {
    /// Reads documents of one index, numbered from zero.
    pub fn new(index: &str, fields: &[MemoryField], sources: &[Json]) -> Self {
        let ids: Vec<_> = (0..sources.len()).map(|number| number.to_string()).collect();
        let documents = ids.iter().zip(sources);
        let documents = documents.map(|(id, source)| Document { id, index, version: 1, source });
        Self::read(fields, &documents.collect::<Vec<_>>())
    }

    /// Reads documents. `_ignored` names the fields among `fields` whose
    /// values an index would not keep.
    pub fn read(fields: &[MemoryField], documents: &[Document<'_>]) -> Self {
        let rows = documents.len();
        let mut source = Self { rows, ..Self::default() };
        let wanted = Wanted::new(fields);
        let found: Vec<_> = documents.iter().map(|document| wanted.of(document.source)).collect();
        let mut ignored: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); rows];
        for MemoryField { name, path, copied, mapped, null_value } in fields {
            let stated = null_value.as_ref().map(|text| Json::String(text.to_string()));
            let mut builder = Builder::new(mapped.ty(), rows);
            let (name_at, path_at) = (wanted.at(name), wanted.at(path));
            let copied: Vec<usize> = copied.iter().filter_map(|from| wanted.at(from)).collect();
            for (document, ignored) in found.iter().zip(&mut ignored) {
                let values_at = |at: usize| document[at].as_slice();
                let mut values = Vec::new();
                // A document may state a multi-field by its own name, as exports do.
                let stated_at = name_at.filter(|at| !values_at(*at).is_empty()).or(path_at);
                let all = stated_at.into_iter().chain(copied.iter().copied()).map(values_at);
                for json in all.flatten() {
                    let json = if json.is_null() { stated.as_ref() } else { Some(*json) };
                    let Some(json) = json else { continue };
                    match mapped.read(json) {
                        Some(value) => values.push(value),
                        None if !json.is_object() => {
                            ignored.insert(name);
                        }
                        None => {}
                    }
                }
                mapped.arrange(&mut values);
                values.iter().for_each(|value| builder.value(value.as_ref()));
                builder.end_row();
            }
            source.add(name, mapped.info(), builder.finish());
        }
        source.add_metadata(documents, &ignored);
        source
    }

    fn add_metadata(&mut self, documents: &[Document<'_>], ignored: &[BTreeSet<&str>]) {
        let rows = documents.len();
        let mut keywords = [(); 3].map(|()| Builder::new(Type::Keyword, rows));
        let mut sources = Builder::new(Type::Source, rows);
        let mut versions = Builder::new(Type::Long, rows);
        for (document, names) in documents.iter().zip(ignored) {
            keywords[0].one(Ref::Str(document.id));
            keywords[1].one(Ref::Str(document.index));
            names.iter().for_each(|name| keywords[2].value(Ref::Str(name)));
            keywords[2].end_row();
            sources.one(Ref::Str(&document.source.to_string()));
            versions.one(Ref::Long(document.version));
        }
        let names = ["_id", "_index", "_ignored"].into_iter();
        let columns = names.zip(keywords).chain([("_source", sources), ("_version", versions)]);
        for (name, builder) in columns {
            self.columns.insert(name.into(), Arc::new(builder.finish()));
        }
    }

    fn add(&mut self, name: &str, info: FieldInfo, column: Column) {
        let name: Arc<str> = name.into();
        if let Err(place) = self.names.binary_search(&name) {
            self.names.insert(place, name.clone());
        }
        self.infos.insert(name.clone(), info);
        self.columns.insert(name, Arc::new(column));
    }
}

impl Fields for MemorySource {
    fn field(&self, name: &str) -> Option<FieldInfo> {
        self.infos.get(name).cloned()
    }

    fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    fn lookup(&self, name: &str) -> Option<Arc<Table>> {
        self.lookups.get(name).cloned()
    }
}

impl Source for MemorySource {
    fn rows(&self) -> usize {
        self.rows
    }

    fn column(&self, name: &str) -> Option<Arc<Column>> {
        self.columns.get(name).cloned()
    }
}

/// The paths that somebody reads, in their order.
struct Wanted<'f>(Vec<&'f str>);

impl<'f> Wanted<'f> {
    fn new(fields: &'f [MemoryField]) -> Self {
        let paths = |field: &'f MemoryField| std::iter::once(&*field.name).chain(field.paths());
        let mut wanted: Vec<&str> = fields.iter().flat_map(paths).collect();
        wanted.sort_unstable();
        wanted.dedup();
        Self(wanted)
    }

    fn at(&self, path: &str) -> Option<usize> {
        self.0.binary_search(&path).ok()
    }

    /// Whether something below a path, which ends in a dot, is wanted.
    fn is_above(&self, path: &str) -> bool {
        let first = self.0.partition_point(|wanted| *wanted < path);
        self.0.get(first).is_some_and(|wanted| wanted.starts_with(path))
    }

    /// The values of a document by wanted path; an object is a value as well, and so is
    /// null.
    fn of<'j>(&self, document: &'j Json) -> Vec<Vec<&'j Json>> {
        let mut found = vec![Vec::new(); self.0.len()];
        self.walk(document, &mut String::new(), &mut found);
        found
    }

    /// JSON nests no deeper than its readers allow.
    fn walk<'j>(&self, json: &'j Json, path: &mut String, found: &mut [Vec<&'j Json>]) {
        if let Json::Array(items) = json {
            items.iter().for_each(|item| self.walk(item, path, found));
            return;
        }
        if let Some(at) = self.at(path) {
            found[at].push(json);
        }
        let Json::Object(map) = json else { return };
        let length = path.len();
        if length > 0 {
            path.push('.');
            if !self.is_above(path) {
                path.truncate(length);
                return;
            }
        }
        let start = path.len();
        for (key, value) in map {
            path.push_str(key);
            self.walk(value, path, found);
            path.truncate(start);
        }
        path.truncate(length);
    }
}
