//! Where in JSON the values are that somebody wants: a tree of keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::fold::Folding;
use super::program::Program;
use harness_model::document::{Cell, ColumnId, Ingest, Place, Target};

/// The place of a node in its tree.
pub(super) type NodeId = u32;

/// Above everything.
pub(super) const ROOT: NodeId = 0;

/// The wanted places of documents, for all threads.
#[derive(Debug)]
pub struct Layout<'a> {
    pub(super) program: &'a Program,
    pub(super) ingest: &'a Ingest,
    nodes: Vec<Node>,
    pub(super) slots: Vec<Slot<'a>>,
    pub(super) constants: Vec<(ColumnId, Cell)>,
    /// The columns that the name of an index may stand in for.
    pub(super) of_index: Vec<ColumnId>,
}

/// What is wanted at one path.
#[derive(Debug, Default)]
pub(super) struct Node {
    kids: HashMap<Box<str>, NodeId, Folding>,
    /// Its scalars, by position among the slots.
    pub(super) slot: Option<usize>,
    /// All that lies here and below goes to [`Ingest::cells`], under this path.
    pub(super) whole: Option<Arc<str>>,
    /// Its objects are rows of their own.
    pub(super) objects: Option<Arc<str>>,
    /// Whether objects below are such rows.
    pub(super) has_objects: bool,
}

/// The scalars of one path.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    /// The columns that they fill and somebody tests.
    pub(super) targets: Vec<&'a Target>,
    /// Which of those that are handed out they are.
    pub(super) capture: Option<usize>,
}

/// Where a key leads to.
pub(super) enum Child {
    Nowhere,
    Node(NodeId),
    /// To a path below a node that takes all.
    Below(String),
}

impl<'a> Layout<'a> {
    /// The places that `program` tests, and the paths whose scalars are handed out.
    pub fn new(program: &'a Program, ingest: &'a Ingest, captures: &[&str]) -> Self {
        let index = ingest.of_index("");
        let mut layout = Self {
            program,
            ingest,
            nodes: vec![Node::default()],
            slots: Vec::new(),
            constants: ingest.constants(),
            of_index: index.into_iter().map(|(column, _)| column).collect(),
        };
        for place in ingest.places() {
            match place {
                Place::Scalars(path) => {
                    let tested = |target: &&Target| program.reads(target.column());
                    let targets: Vec<&Target> =
                        ingest.targets(&path).iter().filter(tested).collect();
                    if !targets.is_empty() {
                        layout.slot(&path).targets = targets;
                    }
                }
                Place::Whole(path) => {
                    let node = layout.node(&path);
                    layout.nodes[node].whole = Some(path);
                }
                Place::Objects(path) => {
                    let node = layout.node(&path);
                    layout.nodes[node].objects = Some(path.clone());
                    for (dot, _) in path.match_indices('.') {
                        let above = layout.node(&path[..dot]);
                        layout.nodes[above].has_objects = true;
                    }
                }
            }
        }
        for (number, path) in captures.iter().enumerate() {
            layout.slot(path).capture = Some(number);
        }
        layout
    }

    fn node(&mut self, path: &str) -> usize {
        let mut at = 0;
        for key in path.split('.') {
            let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            let kid = *self.nodes[at].kids.entry(key.into()).or_insert(next);
            if kid == next {
                self.nodes.push(Node::default());
            }
            at = kid as usize;
        }
        at
    }

    fn slot(&mut self, path: &str) -> &mut Slot<'a> {
        let node = self.node(path);
        let next = self.slots.len();
        let slot = *self.nodes[node].slot.get_or_insert(next);
        if slot == next {
            self.slots.push(Slot { targets: Vec::new(), capture: None });
        }
        &mut self.slots[slot]
    }

    pub(super) fn at(&self, node: NodeId) -> &Node {
        &self.nodes[node as usize]
    }

    /// Where a key leads to from a node; a dotted key is several.
    pub(super) fn child(&self, node: NodeId, key: &str) -> Child {
        if let Some(kid) = self.at(node).kids.get(key) {
            return Child::Node(*kid);
        }
        if !key.contains('.') {
            return Child::Nowhere;
        }
        let mut at = node;
        let mut rest = key;
        loop {
            if let Some(root) = self.at(at).whole.as_ref().filter(|_| at != node) {
                return Child::Below(format!("{root}.{rest}"));
            }
            let (first, more) = rest.split_once('.').unwrap_or((rest, ""));
            let Some(kid) = self.at(at).kids.get(first) else { return Child::Nowhere };
            at = *kid;
            if first.len() == rest.len() {
                return Child::Node(at);
            }
            rest = more;
        }
    }
}

impl Node {
    /// Whether a value here, or below, is looked at.
    pub(super) fn is_leaf(&self) -> bool {
        self.kids.is_empty()
    }
}
