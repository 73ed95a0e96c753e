//! Where an index of a cluster keeps the values of columns.
//!
//! The nested fields of an index form a tree of [`Node`]s below the root; the
//! values of a column lie in one or more [`Place`]s of a node. Predicates know
//! neither; [`super::dsl`] joins both.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use harness_predicate::{Column, Kind};

/// The root of documents, or a nested field: a position in the layout.
pub type Node = usize;

/// The root of documents.
pub const ROOT: Node = 0;

/// One field of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its full dotted name.
    pub field: String,
    /// How it is mapped.
    pub stored: Stored,
}

/// How a field is mapped, as far as queries have to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// `keyword`, or `wildcard`.
    Keyword,
    /// `constant_keyword`.
    Constant,
    /// A key of a `flattened` field, or its root.
    Flattened,
    /// `version`.
    Version,
    /// Analyzed text.
    Text,
    /// An integer type.
    Long,
    /// A moment, in milliseconds.
    Date,
    /// `true` or `false`.
    Boolean,
    /// A floating-point type.
    Double,
    /// An address.
    Ip,
    /// Not at all in a way that can be asked: whoever reads the documents decides.
    Elsewhere,
}

impl From<Kind> for Stored {
    /// How an index of our own keeps a kind of values.
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Keyword => Self::Keyword,
            Kind::Text => Self::Text,
            Kind::Long => Self::Long,
            Kind::Double => Self::Double,
            Kind::Ip => Self::Ip,
            Kind::Absent => Self::Elsewhere,
        }
    }
}

/// A nested field.
#[derive(Clone, Debug)]
struct NestedField {
    parent: Node,
    /// The path as predicates name it; empty at the root.
    path: Arc<str>,
    /// The path as the index names it; empty at the root.
    name: String,
}

/// Where an index keeps what.
#[derive(Clone, Debug)]
pub struct Layout {
    nodes: Vec<NestedField>,
    places: HashMap<Column, BTreeMap<Node, Vec<Place>>>,
}

impl Default for Layout {
    /// An index without fields.
    fn default() -> Self {
        let root = NestedField { parent: ROOT, path: "".into(), name: String::new() };
        Self { nodes: vec![root], places: HashMap::new() }
    }
}

impl Layout {
    /// The node of a nested field below `parent`, added on first sight; `name`
    /// is its own name in the index.
    pub fn node(&mut self, parent: Node, path: &Arc<str>, name: impl FnOnce() -> String) -> Node {
        let known =
            self.nodes.iter().skip(1).position(|node| node.parent == parent && node.path == *path);
        if let Some(at) = known {
            return at + 1;
        }
        let name = self.within(parent, &name());
        self.nodes.push(NestedField { parent, path: path.clone(), name });
        self.nodes.len() - 1
    }

    /// The same, where the index names nested fields as predicates do.
    pub fn node_named(&mut self, parent: Node, path: &Arc<str>) -> Node {
        let around = self.nodes[parent].name.len();
        // What lies below `a.b` is named from there on.
        let own = path.get(around..).unwrap_or(path).trim_start_matches('.').to_owned();
        self.node(parent, path, || own)
    }

    /// The full name of a field of a node.
    pub fn within(&self, node: Node, field: &str) -> String {
        let around = &self.nodes[node].name;
        if around.is_empty() { field.to_owned() } else { format!("{around}.{field}") }
    }

    /// Adds a place to a column, once.
    pub fn add(&mut self, node: Node, column: &Column, place: Place) {
        if !self.places.contains_key(column) {
            self.places.insert(column.clone(), BTreeMap::new());
        }
        let places = self.places.entry(column.clone()).or_default().entry(node).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    /// The fields of a node that hold a column's values.
    pub fn places(&self, node: Node, column: &Column) -> &[Place] {
        self.places.get(column).and_then(|nodes| nodes.get(&node)).map_or(&[], Vec::as_slice)
    }

    /// The nested fields of that path at or below a node, and their names.
    pub fn nested(&self, from: Node, path: &str) -> Vec<(Node, &str)> {
        let below = |mut node: Node| {
            while node != from && node != ROOT {
                node = self.nodes[node].parent;
            }
            node == from
        };
        let named = self.nodes.iter().enumerate().skip(1);
        let found = named.filter(|(node, field)| *field.path == *path && below(*node));
        found.map(|(node, field)| (node, field.name.as_str())).collect()
    }
}
