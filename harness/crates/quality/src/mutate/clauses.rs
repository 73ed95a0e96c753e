//! Changes to the conditions of a rule: clauses, lists, connectives, negations.

use std::collections::BTreeMap;

use super::Operator;
use super::edit::{Change, Edit, Mark, Replaced, blank};
use super::text::{self, Word};
use super::value::{self, ValueEdit};
use crate::clause::clauses::{Stated, hulls, stated, text_of};
use crate::clause::elements::Places;
use crate::clause::tree::Tree;
use harness_predicate::{Column, Origin, Part, Predicate};
use harness_rule::model::Rule;
use harness_rule::names::Language;
use harness_source::span::Span;

/// All changes to one filter of a plan, in the order of the query.
pub(super) fn edits(filter: usize, predicate: &Predicate, rule: &Rule) -> Vec<Edit> {
    let tree = Tree::new(predicate);
    let stated = stated(&tree, rule).into_iter().map(|stated| (stated.node, stated)).collect();
    let hulls = hulls(&tree);
    let places = Places::new(rule);
    let mut finder = Finder { filter, rule, tree: &tree, stated, hulls, places, edits: Vec::new() };
    finder.filters();
    finder.node(0, Place::Condition);
    finder.edits
}

/// What a clause is to a query's text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A condition.
    Condition,
    /// A value between commas: it cannot be negated, and its case is that of
    /// the list.
    Value,
    /// The category of an EQL filter: neither it nor its case can be turned.
    Category,
}

struct Finder<'a> {
    filter: usize,
    rule: &'a Rule,
    tree: &'a Tree<'a>,
    stated: BTreeMap<usize, Stated>,
    hulls: Vec<Option<(Part, Span)>>,
    places: Places,
    edits: Vec<Edit>,
}

impl<'a> Finder<'a> {
    fn node(&mut self, at: usize, place: Place) {
        if let Some(stated) = self.stated.get(&at).cloned() {
            self.clause(&stated, place);
            return;
        }
        let tree = self.tree;
        let mut inside = Place::Condition;
        match tree.nodes[at].predicate {
            Predicate::Const(_) | Predicate::Leaf(_) | Predicate::Nested { .. } => {}
            Predicate::Not(_) => self.drop_not(at),
            Predicate::And(_) | Predicate::Or(_) | Predicate::AtLeast { .. } => {
                self.drop_parts(at);
                self.swap(at);
                if self.flip_list(at) {
                    inside = Place::Value;
                }
            }
        }
        tree.nodes[at].parts.iter().for_each(|part| self.node(*part, inside));
    }

    fn text(&self, part: Part) -> &'a str {
        text_of(self.rule, part)
    }

    /// The place and the text below a node.
    fn place(&self, at: usize) -> (Origin, String) {
        let (part, span) = self.hulls[at].unwrap_or_default();
        let origin = Origin { part, span };
        let text = span.of(self.text(part));
        let words = self.tree.nodes[at].predicate;
        (origin, if text.is_empty() { value::words(words) } else { text.to_owned() })
    }

    fn push(&mut self, edit: Edit, node: usize, with: Predicate) {
        let replaced = Replaced { filter: self.filter, node, with };
        self.edits.push(Edit { change: Change::Filters(vec![replaced]), ..edit });
    }

    /// Leaves out whole filters of the rule.
    fn filters(&mut self) {
        let root = &self.tree.nodes[0];
        let (parts, list) = match root.predicate {
            Predicate::And(parts) => (root.parts.as_slice(), parts.as_slice()),
            other => (&[0][..], std::slice::from_ref(other)),
        };
        let mut numbered: BTreeMap<Part, Vec<usize>> = BTreeMap::new();
        for part in parts {
            match self.hulls[*part] {
                Some((filter @ (Part::Filter(_) | Part::ThreatFilter(_)), _)) => {
                    numbered.entry(filter).or_default().push(*part);
                }
                Some((Part::Query | Part::ThreatQuery | Part::File, _)) | None => {}
            }
        }
        for (part, dropped) in numbered {
            let rest = parts.iter().zip(list).filter(|(part, _)| !dropped.contains(part));
            let with = Predicate::And(rest.map(|(_, predicate)| predicate.clone()).collect());
            let old: Vec<String> =
                dropped.iter().map(|part| value::words(self.tree.nodes[*part].predicate)).collect();
            let origin = Origin { part, span: Span::default() };
            let edit = blank(Operator::DropFilter, origin, old.join(" and "), String::new());
            self.push(edit, 0, with);
        }
    }

    /// Whether a part is all of a filter, which is left out as such.
    fn is_filter(&self, list: usize, part: usize) -> bool {
        let filter = |at: usize| match self.hulls[at] {
            Some((part @ (Part::Filter(_) | Part::ThreatFilter(_)), _)) => Some(part),
            Some((Part::Query | Part::ThreatQuery | Part::File, _)) | None => None,
        };
        let Some(own) = filter(part).filter(|_| list == 0) else { return false };
        self.tree.nodes[list].parts.iter().filter(|part| filter(**part) == Some(own)).count() == 1
    }

    /// What a query has in place of a part that is left out.
    fn nothing(&self, origin: Origin) -> &'static str {
        if self.places.is_category(origin) { "any" } else { "" }
    }

    fn drop_parts(&mut self, at: usize) {
        let node = &self.tree.nodes[at];
        let neutral = matches!(node.predicate, Predicate::And(_));
        let is_list = self.is_list(at);
        if node.parts.len() < 2 {
            return;
        }
        for part in node.parts.clone() {
            if self.hulls[part].is_none() || self.is_filter(at, part) {
                continue;
            }
            let is_value = is_list && self.stated.contains_key(&part);
            let operator = if is_value { Operator::DropValue } else { Operator::DropClause };
            let (mut origin, mut old) = self.place(part);
            let negated = matches!(self.tree.nodes[part].predicate, Predicate::Not(_));
            let marks = if origin.span == Span::default() {
                Vec::new()
            } else {
                let text = self.text(origin.part);
                let alone = self.stated.contains_key(&part) && !negated;
                if !alone {
                    origin.span = text::widened(text, origin.span, negated);
                    origin.span.of(text).clone_into(&mut old);
                }
                vec![Mark { span: origin.span, with: self.nothing(origin).to_owned() }]
            };
            let new = self.nothing(origin).to_owned();
            let edit = Edit { marks, ..blank(operator, origin, old, new) };
            self.push(edit, part, Predicate::Const(neutral));
        }
    }

    /// `and` to `or` and back: every run of parts between which the query
    /// states the connective.
    fn swap(&mut self, at: usize) {
        let node = &self.tree.nodes[at];
        let (list, wanted, operator) = match node.predicate {
            Predicate::And(list) => (list, Word::And, Operator::AndToOr),
            Predicate::Or(list) => (list, Word::Or, Operator::OrToAnd),
            _ => return,
        };
        let mut run: Vec<usize> = Vec::new();
        let mut marks: Vec<Mark> = Vec::new();
        let mut part_of = Part::Query;
        for index in 0..=list.len() {
            let joined = (index > 0).then(|| self.joined(&node.parts, index, wanted)).flatten();
            if let Some((part, span)) = joined {
                if run.is_empty() {
                    run.push(index - 1);
                }
                run.push(index);
                part_of = part;
                let with = wanted.other(span.of(self.text(part)));
                marks.push(Mark { span, with });
                continue;
            }
            if !run.is_empty() {
                self.swap_run(
                    at,
                    list,
                    &std::mem::take(&mut run),
                    operator,
                    part_of,
                    std::mem::take(&mut marks),
                );
            }
        }
    }

    /// The connective before a part, where the text has it.
    fn joined(&self, parts: &[usize], index: usize, wanted: Word) -> Option<(Part, Span)> {
        let (before, own) = (*parts.get(index - 1)?, *parts.get(index)?);
        let ((part, left), (other, right)) = (self.hulls[before]?, self.hulls[own]?);
        if part != other {
            return None;
        }
        Some((part, text::connective(self.text(part), left.end, right.start, wanted)?))
    }

    fn swap_run(
        &mut self,
        at: usize,
        list: &[Predicate],
        run: &[usize],
        operator: Operator,
        part: Part,
        marks: Vec<Mark>,
    ) {
        let swapped: Vec<Predicate> = run.iter().map(|index| list[*index].clone()).collect();
        let outer = !matches!(self.tree.nodes[at].predicate, Predicate::And(_));
        let swapped = if outer { Predicate::And(swapped) } else { Predicate::Or(swapped) };
        let rest = list.iter().enumerate().filter(|(index, _)| !run.contains(index));
        let mut parts: Vec<Predicate> = rest.map(|(_, part)| part.clone()).collect();
        parts.push(swapped);
        let with = if outer { Predicate::Or(parts) } else { Predicate::And(parts) };
        let text = self.text(part);
        let first = marks.first().map_or(Span::default(), |mark| mark.span);
        let old = first.of(text).to_owned();
        let new = marks.first().map_or(String::new(), |mark| mark.with.clone());
        let origin = Origin { part, span: first };
        self.push(Edit { marks, ..blank(operator, origin, old, new) }, at, with);
    }

    fn drop_not(&mut self, at: usize) {
        let Some(inner) = self.tree.nodes[at].parts.first().copied() else { return };
        let with = self.tree.nodes[inner].predicate.clone();
        let (origin, words) = self.place(inner);
        let found = text::negation(self.text(origin.part), origin.span);
        let edit = match found.filter(|_| origin.span != Span::default()) {
            Some(span) => Edit {
                marks: vec![Mark { span, with: String::new() }],
                ..blank(
                    Operator::Negate,
                    Origin { span, ..origin },
                    span.of(self.text(origin.part)).to_owned(),
                    String::new(),
                )
            },
            None => blank(Operator::Negate, origin, format!("not {words}"), words),
        };
        self.push(edit, at, with);
    }

    /// Whether a node lists values of one field.
    fn is_list(&self, at: usize) -> bool {
        let node = &self.tree.nodes[at];
        let column = |part: &usize| -> Option<&Column> {
            self.stated.get(part)?;
            let mut column = None;
            self.tree.nodes[*part].predicate.leaves(&mut |leaf| {
                column.get_or_insert(&leaf.column);
            });
            column
        };
        let mut columns = node.parts.iter().map(column);
        let first = columns.next().flatten();
        matches!(node.predicate, Predicate::Or(_))
            && first.is_some()
            && columns.all(|column| column == first)
    }

    /// A list of EQL as a whole: `:` or `in`; whether it is one.
    fn flip_list(&mut self, at: usize) -> bool {
        let node = &self.tree.nodes[at];
        let joined =
            (1..node.parts.len()).any(|at| self.joined(&node.parts, at, Word::Or).is_some());
        if self.rule.language != Some(Language::Eql) || !self.is_list(at) || joined {
            return false;
        }
        let Some(with) = value::changed(node.predicate, &ValueEdit::FlipCase) else { return true };
        let (origin, words) = self.place(at);
        let edit = self.flipped_operator(origin);
        let edit =
            edit.unwrap_or_else(|| blank(Operator::FlipCase, origin, words, value::words(&with)));
        self.push(edit, at, with);
        true
    }

    /// The operator before a value or a list of EQL, turned.
    fn flipped_operator(&self, origin: Origin) -> Option<Edit> {
        let text = self.text(origin.part);
        let span = text::operator_before(text, origin.span.start)?;
        let (old, new) = (span.of(text).to_owned(), text::flipped(span.of(text)));
        let marks = vec![Mark { span, with: new.clone() }];
        Some(Edit { marks, ..blank(Operator::FlipCase, Origin { span, ..origin }, old, new) })
    }

    fn clause(&mut self, stated: &Stated, place: Place) {
        let at = stated.node;
        let predicate = self.tree.nodes[at].predicate;
        let (origin, old) = self.place(at);
        let placed = origin.span != Span::default();
        let place = if self.places.is_category(origin) { Place::Category } else { place };
        if at == 0 && !Self::is_whole_filter(origin.part) {
            let all = if place == Place::Category { "any" } else { "*" };
            let marks = if placed {
                vec![Mark { span: origin.span, with: all.into() }]
            } else {
                Vec::new()
            };
            let edit =
                Edit { marks, ..blank(Operator::DropClause, origin, old.clone(), all.into()) };
            self.push(edit, at, Predicate::Const(true));
        }
        let parent = self.tree.nodes[at].parent.map(|parent| self.tree.nodes[parent].predicate);
        // After a `not`, leaving that out says the same.
        if place == Place::Condition && !matches!(parent, Some(Predicate::Not(_))) {
            let new = format!("not {old}");
            let before = Span::new(origin.span.start, origin.span.start);
            let marks =
                if placed { vec![Mark { span: before, with: "not ".into() }] } else { Vec::new() };
            let edit = Edit { marks, ..blank(Operator::Negate, origin, old.clone(), new) };
            self.push(edit, at, predicate.clone().negate());
        }
        for change in value::edits(predicate, self.rule.language) {
            if change == ValueEdit::FlipCase && place != Place::Condition {
                continue;
            }
            // Of a value that is stated twice the other one stays.
            if change == ValueEdit::Change && self.has_twin(at) {
                continue;
            }
            let Some(with) = value::changed(predicate, &change) else { continue };
            let new = if placed { text::edited(&old, predicate, &with, &change) } else { None };
            // The operator before a value that stands alone.
            let operator = (placed && new.is_none() && change == ValueEdit::FlipCase)
                .then(|| self.flipped_operator(origin))
                .flatten();
            if let Some(edit) = operator {
                self.push(edit, at, with);
                continue;
            }
            let (new, marks) = match new {
                Some(new) => {
                    let mark = Mark { span: origin.span, with: new.clone() };
                    (new, vec![mark])
                }
                None if placed => {
                    let new = value::words(&with);
                    (new.clone(), vec![Mark { span: origin.span, with: new }])
                }
                None => (value::words(&with), Vec::new()),
            };
            let edit = Edit { marks, ..blank(change.operator(), origin, old.clone(), new) };
            self.push(edit, at, with);
        }
    }

    /// Whether another part of the list says the same.
    fn has_twin(&self, at: usize) -> bool {
        let tree = self.tree;
        let test = |at: usize| match tree.nodes[at].predicate {
            Predicate::Leaf(leaf) => Some((&leaf.column, &leaf.test)),
            _ => None,
        };
        let Some(parent) = tree.nodes[at].parent else { return false };
        let own = test(at);
        let mut parts = tree.nodes[parent].parts.iter();
        own.is_some() && parts.any(|part| *part != at && test(*part) == own)
    }

    fn is_whole_filter(part: Part) -> bool {
        matches!(part, Part::Filter(_) | Part::ThreatFilter(_))
    }
}
