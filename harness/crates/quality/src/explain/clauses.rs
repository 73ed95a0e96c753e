//! The clauses of one condition, and what they are on an event.

use super::hint::hint;
use super::{Clause, Mark, Tested, Truth};
use crate::clause::bits::Bits;
use crate::clause::clauses::{Stated, stated};
use crate::clause::rows::Rows;
use crate::clause::tree::{Coupling, Tree};
use harness_model::document::Document;
use harness_model::event::Event;
use harness_predicate::eval::eval_leaf;
use harness_predicate::explain::known;
use harness_predicate::{Kind, Leaf, Predicate, Test};
use harness_runner::run::Subject;

/// One condition of a plan.
pub(super) struct Filter<'a> {
    subject: &'a Subject<'a>,
    tree: Tree<'a>,
    stated: Vec<Stated>,
}

impl<'a> Filter<'a> {
    pub(super) fn new(predicate: &'a Predicate, subject: &'a Subject<'a>) -> Self {
        let tree = Tree::new(predicate);
        let stated = stated(&tree, subject.rule());
        Self { subject, tree, stated }
    }

    /// The whole.
    pub(super) fn predicate(&self) -> &'a Predicate {
        self.tree.nodes[0].predicate
    }

    /// How many clauses there are.
    pub(super) fn size(&self) -> usize {
        self.stated.len()
    }

    /// The first clause that has a leaf.
    pub(super) fn clause_of(&self, leaf: &Leaf) -> Option<usize> {
        self.stated.iter().position(|stated| {
            let mut found = false;
            self.tree.nodes[stated.node].predicate.leaves(&mut |own| found |= own == leaf);
            found
        })
    }

    /// The n-th clause, and whether it stands below a negation.
    pub(super) fn clause(&self, at: usize) -> Option<(&Stated, bool)> {
        let stated = self.stated.get(at)?;
        Some((stated, self.is_negated(stated.node)))
    }

    /// Of the n-th clause, where nothing knows its field: that, and what may be meant.
    pub(super) fn unknown_of(&self, at: usize) -> Option<String> {
        self.unknown(self.stated.get(at)?.node)
    }

    /// Whether the n-th clause states a negation itself, as `!=` does.
    pub(super) fn says_not(&self, at: usize) -> bool {
        let node = self.stated.get(at).map(|stated| self.tree.nodes[stated.node].predicate);
        matches!(node, Some(Predicate::Not(_)))
    }

    /// Which clauses decide on an event: the outcome would turn if one of them did.
    pub(super) fn decide(&self, document: &Document) -> Vec<bool> {
        let rows = Rows::new(std::slice::from_ref(document));
        let values = self.values(document, &rows);
        let care = self.tree.care(&rows, &values, Coupling::Coupled);
        self.stated.iter().map(|stated| care[stated.node].count() > 0).collect()
    }

    fn values(&self, document: &Document, rows: &Rows) -> Vec<Bits> {
        let columns = self.subject.columns();
        self.tree.values(rows, &|leaf| {
            let numbered = document.rows.iter().enumerate();
            let passed = numbered.filter(|(_, row)| eval_leaf(leaf, row, columns));
            Bits::of(rows.size(), passed.map(|(at, _)| at))
        })
    }

    /// How many other values of the same list would do as well as the n-th clause.
    pub(super) fn others(&self, at: usize) -> usize {
        let Some(node) = self.stated.get(at).map(|stated| &self.tree.nodes[stated.node]) else {
            return 0;
        };
        let (Predicate::Leaf(leaf), Some(parent)) = (node.predicate, node.parent) else { return 0 };
        let list = &self.tree.nodes[parent];
        if !matches!(list.predicate, Predicate::Or(_)) {
            return 0;
        }
        let same = list.parts.iter().filter(|part| {
            let other = self.tree.nodes[**part].predicate;
            matches!(other, Predicate::Leaf(other) if other.column == leaf.column)
        });
        same.count().saturating_sub(1)
    }

    /// What is easily overlooked about the values that fail the n-th clause.
    pub(super) fn hint(&self, at: usize, event: &Event) -> Option<String> {
        let node = &self.tree.nodes[self.stated.get(at)?.node];
        let Predicate::Leaf(leaf) = node.predicate else { return None };
        hint(&leaf.test, &event.values(&self.subject.field(&leaf.column)))
    }

    /// The clauses, as the rule states them; `number` is that of the condition.
    pub(super) fn clauses(&self, number: usize) -> impl Iterator<Item = Clause> {
        self.stated.iter().map(move |stated| Clause {
            filter: number,
            origin: stated.origin,
            text: stated.text.clone(),
            negated: self.is_negated(stated.node),
            tests: self.tests(stated.node),
            unknown: self.unknown(stated.node),
        })
    }

    fn unknown(&self, node: usize) -> Option<String> {
        let mut unknown = None;
        self.tree.nodes[node].predicate.leaves(&mut |leaf| {
            unknown = unknown.take().or_else(|| self.subject.unknown(leaf));
        });
        unknown.map(ToString::to_string)
    }

    fn is_negated(&self, node: usize) -> bool {
        let mut negated = false;
        let mut at = node;
        while let Some(parent) = self.tree.nodes[at].parent {
            negated ^= matches!(self.tree.nodes[parent].predicate, Predicate::Not(_));
            at = parent;
        }
        negated
    }

    fn tests(&self, node: usize) -> Vec<Tested> {
        let mut tests = Vec::new();
        self.tree.nodes[node].predicate.leaves(&mut |leaf| {
            let test = Tested {
                fields: self.fields(leaf),
                kind: kind(leaf),
                needs: leaf.test.to_string(),
            };
            if !tests.contains(&test) {
                tests.push(test);
            }
        });
        tests
    }

    /// The fields that a leaf reads, once each.
    fn fields(&self, leaf: &Leaf) -> Vec<String> {
        let mut fields: Vec<String> = Vec::new();
        for column in leaf.named() {
            let field = self.subject.field(column).to_string();
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }

    /// What each clause is on an event.
    pub(super) fn marks(&self, document: &Document, event: &Event) -> Vec<Mark> {
        let columns = self.subject.columns();
        let rows = Rows::new(std::slice::from_ref(document));
        let values = self.values(document, &rows);
        let decide = self.decide(document);
        let mark = |(stated, decides): (&Stated, bool)| {
            let truth = if values[stated.node].count() > 0 {
                Truth::True
            } else if self.is_unknown(stated.node, document, &rows) {
                Truth::Unknown
            } else {
                Truth::False
            };
            // Of a clause over many fields those that make it true are enough.
            let holding =
                |leaf: &Leaf| document.rows.iter().any(|row| eval_leaf(leaf, row, columns));
            let mut found =
                self.found(stated.node, event, &|leaf| truth != Truth::True || holding(leaf));
            if found.is_empty() {
                found = self.found(stated.node, event, &|_| true);
            }
            Mark { truth, found, decides }
        };
        self.stated.iter().zip(decide).map(mark).collect()
    }

    /// The fields of the leaves below a node, with their values.
    fn found(
        &self,
        node: usize,
        event: &Event,
        counts: &dyn Fn(&Leaf) -> bool,
    ) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        self.tree.nodes[node].predicate.leaves(&mut |leaf| {
            if !counts(leaf) {
                return;
            }
            for field in self.fields(leaf) {
                if found.iter().all(|(known, _)| *known != field) {
                    let values = event.values(&field).into_iter().map(ToString::to_string);
                    let values = values.collect();
                    found.push((field, values));
                }
            }
        });
        found
    }

    /// Whether no test of a clause that fails has a value to tell; that a field
    /// exists tells nothing when its values are asked as well.
    fn is_unknown(&self, node: usize, document: &Document, rows: &Rows) -> bool {
        let mut open = vec![node];
        let mut asks = false;
        while let Some(at) = open.pop() {
            open.extend(&self.tree.nodes[at].parts);
            let Predicate::Leaf(leaf) = self.tree.nodes[at].predicate else { continue };
            if leaf.test == Test::Exists {
                continue;
            }
            asks = true;
            let universe = self.tree.universe(at, rows);
            let tells = |row: usize| known(leaf, &document.rows[row], self.subject.columns());
            if universe.iter().any(|row| tells(row).is_some()) {
                return false;
            }
        }
        asks
    }
}

/// What a leaf takes its values to be.
fn kind(leaf: &Leaf) -> &'static str {
    match &leaf.test {
        Test::Script(_) => "script",
        Test::Date(_) | Test::Nanos(_) => "date",
        Test::Bool(_) => "boolean",
        Test::Exists
        | Test::Term(_)
        | Test::Phrase(_)
        | Test::Long(_)
        | Test::Double(_)
        | Test::Ip(_) => match leaf.column.kind {
            Kind::Keyword => "keyword",
            Kind::Text => "text",
            Kind::Long => "long",
            Kind::Double => "double",
            Kind::Ip => "ip",
            Kind::Absent => "unknown",
        },
    }
}
