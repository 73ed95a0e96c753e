//! Typed documents as documents of an index of our own.
//!
//! A column is a field `c<number>`, a nested field an object `n<number>`, so
//! that no two names get in each other's way. Numbers, addresses and keywords go
//! in as they are typed; texts as they stand in the event, to be analyzed by the
//! cluster.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::dsl::address;
use super::layout::{Layout, Node, Place, ROOT, Stored};
use harness_model::document::{Cell, Columns, Document, Ingest, Row, verbatim};
use harness_model::event::Event;
use harness_model::schema::{Field, Schema};
use harness_predicate::{Column, Kind};
use harness_text::analysis::Analyzer;

/// The field that numbers documents.
pub(super) const NUMBER: &str = "number";

/// The longest term that an index takes, in bytes.
const MAX_TERM: usize = 32_766;

/// Documents and what a cluster has to know of them.
#[derive(Debug)]
pub struct Corpus<'a> {
    /// The documents, as every engine gets them.
    pub documents: &'a [Document],
    /// The columns of their cells.
    pub columns: &'a Columns,
    /// Their texts; the groups cover all documents, in order.
    pub groups: Vec<Group>,
}

/// Documents of one mapping.
#[derive(Debug)]
pub struct Group {
    /// Which documents.
    pub documents: Range<usize>,
    /// The same documents with their texts as keywords.
    texts: Vec<Document>,
    /// The columns of `texts`.
    columns: Columns,
    /// How each text field is analyzed.
    pub(super) analyzers: HashMap<Arc<str>, Analyzer>,
}

impl Group {
    /// The texts of `events`, whose documents are numbered from `start` on and
    /// hold `fields`.
    pub fn new(schema: &Schema, fields: &[Arc<Field>], events: &[&Event], start: usize) -> Self {
        let mut columns = Columns::default();
        let ingest = Ingest::new(schema, &verbatim(fields), &mut columns);
        let text = |event: &&Event| ingest.document(event, &mut Vec::new());
        let analyzer =
            |field: &Arc<Field>| Some((field.name.clone(), field.ty.analyzer()?.clone()));
        Self {
            documents: start..start + events.len(),
            texts: events.par_iter().map(text).collect(),
            columns,
            analyzers: fields.iter().filter_map(analyzer).collect(),
        }
    }
}

/// A corpus in the form of an index.
pub(super) struct Prepared {
    pub(super) layout: Layout,
    /// The fields of each node.
    fields: BTreeMap<Node, BTreeMap<String, Value>>,
    /// The nested fields of each node, by their own name.
    nested: BTreeMap<Node, BTreeMap<String, Node>>,
    /// Settings of analyzers.
    analysis: Map<String, Value>,
    /// The document of each number; `None` where it holds what no index takes.
    pub(super) sources: Vec<Option<Value>>,
}

impl Prepared {
    /// `analyzes` says whether the cluster has an analyzer.
    pub(super) fn new(corpus: &Corpus<'_>, analyzes: &dyn Fn(&Analyzer) -> bool) -> Self {
        let mut prepared = Self {
            layout: Layout::default(),
            fields: BTreeMap::new(),
            nested: BTreeMap::new(),
            analysis: Map::new(),
            sources: Vec::with_capacity(corpus.documents.len()),
        };
        let mut writer = Writer {
            corpus,
            analyzes,
            analyzers: Vec::new(),
            known: HashSet::new(),
            prepared: &mut prepared,
        };
        for group in &corpus.groups {
            for (at, texts) in group.documents.clone().zip(&group.texts) {
                let source =
                    corpus.documents.get(at).and_then(|it| writer.document(it, texts, group));
                let source = source.map(|mut source| {
                    source.insert(NUMBER.to_owned(), json!(at));
                    Value::Object(source)
                });
                writer.prepared.sources.push(source);
            }
        }
        let analyzers = writer.analyzers;
        for (number, analyzer) in analyzers.iter().enumerate() {
            let settings = settings(analyzer);
            prepared.analysis.extend(settings.map(|settings| (format!("a{number}"), settings)));
        }
        prepared
    }

    /// Settings and mapping of the index; `meta` says whose it is.
    pub(super) fn index(&self, meta: &Value) -> Value {
        let mut properties = self.properties(ROOT);
        properties.insert(NUMBER.to_owned(), json!({ "type": "long" }));
        json!({
            "settings": {
                "number_of_shards": 1,
                "auto_expand_replicas": "0-1",
                "refresh_interval": "-1",
                "mapping.total_fields.limit": 1_000_000,
                "mapping.nested_fields.limit": 10_000,
                "mapping.nested_objects.limit": 1_000_000,
                "analysis": { "analyzer": self.analysis },
            },
            "mappings": { "dynamic": "strict", "_meta": meta, "properties": properties },
        })
    }

    fn properties(&self, node: Node) -> Map<String, Value> {
        let own = self.fields.get(&node).into_iter().flatten();
        let mut all: Map<String, Value> =
            own.map(|(name, ty)| (name.clone(), ty.clone())).collect();
        // Nodes lie below their parents, so this ends.
        for (name, inner) in self.nested.get(&node).into_iter().flatten() {
            let inner = json!({ "type": "nested", "properties": self.properties(*inner) });
            all.insert(name.clone(), inner);
        }
        all
    }
}

struct Writer<'a, 'b> {
    corpus: &'a Corpus<'a>,
    analyzes: &'b dyn Fn(&Analyzer) -> bool,
    analyzers: Vec<Analyzer>,
    known: HashSet<(Node, String)>,
    prepared: &'b mut Prepared,
}

impl Writer<'_, '_> {
    fn document(
        &mut self,
        document: &Document,
        texts: &Document,
        group: &Group,
    ) -> Option<Map<String, Value>> {
        let mut nodes: Vec<Node> = Vec::with_capacity(document.rows.len());
        let mut objects: Vec<Map<String, Value>> = Vec::with_capacity(document.rows.len());
        for (at, row) in document.rows.iter().enumerate() {
            let node = match &row.path {
                None => ROOT,
                Some(path) => self.node(*nodes.get(row.parent)?, path),
            };
            nodes.push(node);
            objects.push(self.row(row, texts.rows.get(at), node, group)?);
        }
        // Parents come before their children.
        for at in (1..objects.len()).rev() {
            let object = Value::Object(std::mem::take(&mut objects[at]));
            let name = self.own_name(nodes[at]);
            let list = objects[document.rows[at].parent].entry(name).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(object);
            }
        }
        objects.into_iter().next()
    }

    fn node(&mut self, parent: Node, path: &Arc<str>) -> Node {
        let nested = self.prepared.nested.entry(parent).or_default();
        let name = format!("n{}", nested.len());
        let node = self.prepared.layout.node(parent, path, || name.clone());
        if !nested.values().any(|known| *known == node) {
            nested.insert(name, node);
        }
        node
    }

    fn own_name(&self, node: Node) -> String {
        let full = self.prepared.layout.within(node, "");
        full.trim_end_matches('.').rsplit('.').next().unwrap_or_default().to_owned()
    }

    /// The fields of a row; `None` where a value does not fit an index.
    fn row(
        &mut self,
        row: &Row,
        texts: Option<&Row>,
        node: Node,
        group: &Group,
    ) -> Option<Map<String, Value>> {
        let mut fields = Map::new();
        for (id, cell) in &row.cells {
            let column = self.corpus.columns.list().get(*id)?;
            let value = match cell {
                Cell::Keyword(values) if values.iter().any(|value| value.len() > MAX_TERM) => {
                    return None;
                }
                Cell::Keyword(values) => json!(values),
                Cell::Long(values) => json!(values),
                Cell::Double(values) => json!(values),
                Cell::Ip(values) => {
                    values.iter().map(|value| Value::from(address(*value))).collect()
                }
                Cell::Text(values) => {
                    let long = |token: &harness_text::analysis::Token| token.text.len() > MAX_TERM;
                    if values.iter().flatten().any(long) {
                        return None;
                    }
                    match self.text(column, texts, node, group) {
                        Some((name, values)) => {
                            fields.insert(name, values);
                            continue;
                        }
                        None => continue,
                    }
                }
            };
            let name = format!("c{id}");
            let ty = match column.kind {
                Kind::Keyword => "keyword",
                Kind::Long => "long",
                Kind::Double => "double",
                Kind::Ip => "ip",
                Kind::Text | Kind::Absent => continue,
            };
            self.field(node, column, &name, column.kind.into(), json!({ "type": ty }));
            fields.insert(name, value);
        }
        Some(fields)
    }

    /// A text as it stands, in the field of its analyzer; `None` where the
    /// cluster does not have that.
    fn text(
        &mut self,
        column: &Column,
        texts: Option<&Row>,
        node: Node,
        group: &Group,
    ) -> Option<(String, Value)> {
        let verbatim = Column { name: column.name.clone(), kind: Kind::Keyword };
        let cell = group.columns.id(&verbatim).and_then(|id| texts?.cell(id));
        let analyzer =
            group.analyzers.get(&column.name).filter(|analyzer| (self.analyzes)(analyzer));
        let (Some(Cell::Keyword(values)), Some(analyzer)) = (cell, analyzer) else {
            let place = Place { field: String::new(), stored: Stored::Elsewhere };
            self.prepared.layout.add(node, column, place);
            return None;
        };
        let number =
            self.analyzers.iter().position(|known| known == analyzer).unwrap_or_else(|| {
                self.analyzers.push(analyzer.clone());
                self.analyzers.len() - 1
            });
        let id = self.corpus.columns.id(column)?;
        let name = format!("c{id}a{number}");
        let own = || format!("a{number}");
        let analyzer = built_in(analyzer).map_or_else(own, str::to_owned);
        let ty = json!({ "type": "text", "analyzer": analyzer });
        self.field(node, column, &name, Stored::Text, ty);
        Some((name, json!(values)))
    }

    fn field(&mut self, node: Node, column: &Column, name: &str, stored: Stored, ty: Value) {
        if self.known.insert((node, name.to_owned())) {
            let field = self.prepared.layout.within(node, name);
            self.prepared.layout.add(node, column, Place { field, stored });
            self.prepared.fields.entry(node).or_default().insert(name.to_owned(), ty);
        }
    }
}

/// The name of an analyzer that every index has; patterns have to be defined.
fn built_in(analyzer: &Analyzer) -> Option<&'static str> {
    match analyzer {
        Analyzer::Standard => Some("standard"),
        Analyzer::Simple => Some("simple"),
        Analyzer::Whitespace => Some("whitespace"),
        Analyzer::Keyword => Some("keyword"),
        Analyzer::Pattern(_) => None,
    }
}

/// The settings of an analyzer that no index has by itself.
fn settings(analyzer: &Analyzer) -> Option<Value> {
    let Analyzer::Pattern(pattern) = analyzer else { return None };
    Some(json!({
        "type": "pattern",
        "pattern": pattern.pattern(),
        "lowercase": pattern.lowercases(),
    }))
}
