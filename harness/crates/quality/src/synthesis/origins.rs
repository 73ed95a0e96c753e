//! Where the columns of an ES|QL pipeline come from: which fields of the source lie
//! behind an expression, which aggregates, and what it comes down to in each row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::synthesis::candidates::samples;
use crate::synthesis::pipeline_variants::constants_of;
use harness_esql::column::Column;
use harness_esql::expr::{Node, Register, Typed};
use harness_esql::plan::{AggregateCall, Step, StepKind};
use harness_esql::types::Type;
use harness_esql::value::Ref;
use harness_predicate::Predicate;
use harness_query::esql::ast::CompareOp;
use harness_runner::run::{Program, Subject};
use harness_source::span::Span;

/// How deep definitions are followed.
const MAX_DEPTH: usize = 12;

/// What a register holds.
#[derive(Clone, Copy)]
enum Origin<'a> {
    /// An expression.
    Value(&'a Typed),
    /// What a pattern finds in a text; the number of its step.
    Pattern(usize, &'a Typed),
    Aggregate(&'a AggregateCall),
    /// The same as another, or one value of it.
    Same(Register),
}

/// Where the columns of a pipeline come from.
pub(crate) struct Origins<'a> {
    by: BTreeMap<Register, Origin<'a>>,
    /// The path of each field that is read.
    fields: BTreeMap<Register, &'a str>,
    /// The full-text functions: what each asks, as conditions on fields.
    searches: BTreeMap<Span, (BTreeSet<String>, Vec<Json>)>,
}

impl<'a> Origins<'a> {
    pub(crate) fn new(subject: &Subject<'_>, program: &'a Program) -> Option<Self> {
        let pipeline = program.pipeline()?;
        let mut by = BTreeMap::new();
        for (at, step) in pipeline.plan.steps.iter().enumerate() {
            define(at, step, &mut by);
        }
        let path = |name: &str| pipeline.fields.iter().find(|field| &*field.name == name);
        let fields = pipeline.plan.fields.iter().filter_map(|field| match &*field.name {
            "_source" => Some((field.register, "_source")),
            name => Some((field.register, &*path(name)?.path)),
        });
        let fields = fields.collect();
        let asked = program.documents().map_or(&[][..], |plan| plan.searches.as_slice());
        let searches = pipeline.searches.iter().zip(asked);
        let searches = searches.map(|(span, asked)| (*span, of_search(subject, asked))).collect();
        Some(Self { by, fields, searches })
    }

    /// The fields behind an expression.
    pub(crate) fn fields(&self, typed: &Typed) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.each(typed, true, &mut |part| match &part.node {
            Node::Column { register, .. } => {
                found.extend(self.fields.get(register).map(|path| (*path).to_owned()));
            }
            Node::Search(search) => {
                let asked = self.searches.get(&search.span);
                found.extend(asked.into_iter().flat_map(|(fields, _)| fields.iter().cloned()));
            }
            _ => {}
        });
        if found.remove("_source") {
            // What is taken from the document by name.
            let names = self.constants(typed).into_iter().filter_map(|value| match value {
                Json::String(text) => Some(text),
                _ => None,
            });
            let is_name = |text: &String| {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@');
                text.contains('.') && text.chars().all(plain) && !text.ends_with('x')
            };
            found.extend(names.filter(is_name));
        }
        found
    }

    /// What an expression compares with: its own values first, then those of the
    /// definitions behind it.
    pub(crate) fn constants(&self, typed: &Typed) -> Vec<Json> {
        let mut found = constants_of(typed);
        self.each(typed, true, &mut |part| {
            if let Node::Search(search) = &part.node {
                let asked = self.searches.get(&search.span);
                found.extend(asked.into_iter().flat_map(|(_, values)| values.iter().cloned()));
            }
        });
        self.definitions(typed, &mut |definition| found.extend(constants_of(definition)));
        let mut seen: Vec<Json> = Vec::new();
        found.retain(|value| {
            let fresh = !seen.contains(value);
            if fresh {
                seen.push(value.clone());
            }
            fresh
        });
        found
    }

    /// The aggregates behind an expression, those of the last grouping before it.
    pub(crate) fn aggregates(&self, typed: &Typed) -> Vec<&'a AggregateCall> {
        let mut found: Vec<&'a AggregateCall> = Vec::new();
        self.each(typed, false, &mut |part| {
            if let Node::Column { register, .. } = &part.node
                && let Some(Origin::Aggregate(call)) = self.resolved(*register)
                && !found.iter().any(|known| known.output == call.output)
            {
                found.push(call);
            }
        });
        found
    }

    /// The pattern steps behind an expression.
    pub(crate) fn patterns(&self, typed: &Typed) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        self.each(typed, true, &mut |part| {
            if let Node::Column { register, .. } = &part.node
                && let Some(Origin::Pattern(at, _)) = self.resolved(*register)
            {
                found.insert(at);
            }
        });
        found
    }

    /// The registers that an expression reads, and those behind them in the same row.
    pub(crate) fn registers(&self, typed: &Typed) -> BTreeSet<Register> {
        let mut found = BTreeSet::new();
        self.each(typed, false, &mut |part| {
            if let Node::Column { register, .. } = &part.node {
                found.insert(*register);
            }
        });
        found
    }

    /// The condition with what each branch of a `CASE` asks beside what is asked of its
    /// value, so that one sees how near a row is.
    pub(crate) fn unfolded(&self, typed: &Typed) -> Typed {
        self.unfold(typed, true, MAX_DEPTH)
    }

    /// The expression with the argument of an aggregate in place of its result: what a
    /// row has to be for the aggregate to have such a value.
    pub(crate) fn in_row(&self, typed: &Typed) -> Typed {
        self.replaced(typed, MAX_DEPTH)
    }

    fn resolved(&self, mut register: Register) -> Option<Origin<'a>> {
        for _ in 0..MAX_DEPTH {
            match self.by.get(&register)? {
                Origin::Same(other) => register = *other,
                Origin::Value(Typed { node: Node::Column { register: other, .. }, .. }) => {
                    register = *other;
                }
                found => return Some(*found),
            }
        }
        None
    }

    /// Calls `visit` on every part of an expression and of the definitions behind it;
    /// `through` says whether also on what aggregates are made of.
    fn each(&self, typed: &Typed, through: bool, visit: &mut dyn FnMut(&Typed)) {
        typed.each(&mut |part| visit(part));
        let mut all: Vec<&'a Typed> = Vec::new();
        let mut seen = BTreeSet::new();
        self.behind(typed, through, &mut seen, &mut all);
        // What a register is the same as is seen as a column of its own.
        for register in &seen {
            let node = Node::Column { register: *register, constant: None };
            visit(&Typed { node, ty: Type::Null, span: typed.span });
        }
        all.iter().for_each(|definition| definition.each(&mut |part| visit(part)));
    }

    /// The definitions behind an expression, whatever aggregates lie between.
    fn definitions(&self, typed: &Typed, visit: &mut dyn FnMut(&Typed)) {
        let mut all = Vec::new();
        self.behind(typed, true, &mut BTreeSet::new(), &mut all);
        all.into_iter().for_each(visit);
    }

    fn behind(
        &self,
        typed: &Typed,
        through: bool,
        seen: &mut BTreeSet<Register>,
        all: &mut Vec<&'a Typed>,
    ) {
        let mut open: Vec<Register> = Vec::new();
        typed.registers(&mut |register| open.push(register));
        while let Some(register) = open.pop() {
            if !seen.insert(register) {
                continue;
            }
            let mut add = |typed: &'a Typed| {
                all.push(typed);
                typed.registers(&mut |register| open.push(register));
            };
            match self.by.get(&register) {
                Some(Origin::Value(typed) | Origin::Pattern(_, typed)) => add(typed),
                Some(Origin::Aggregate(call)) if through => {
                    call.args.iter().chain(&call.filter).for_each(add);
                }
                Some(Origin::Same(other)) => open.push(*other),
                Some(Origin::Aggregate(_)) | None => {}
            }
        }
    }

    fn unfold(&self, typed: &Typed, wanted: bool, depth: usize) -> Typed {
        let Some(depth) = depth.checked_sub(1) else { return typed.clone() };
        let with = |node| Typed { node, ty: Type::Boolean, span: typed.span };
        let all = |parts: &[Typed]| {
            parts.iter().map(|part| self.unfold(part, wanted, depth)).collect::<Vec<_>>()
        };
        match &typed.node {
            Node::And(parts) => return with(Node::And(all(parts))),
            Node::Or(parts) => return with(Node::Or(all(parts))),
            Node::Not(inner) => {
                return with(Node::Not(Box::new(self.unfold(inner, !wanted, depth))));
            }
            _ => {}
        }
        if !wanted {
            return typed.clone();
        }
        let ways = self.ways(typed);
        if ways.is_empty() {
            return typed.clone();
        }
        let ways = ways.iter().map(|way| self.unfold(way, true, depth)).collect();
        with(Node::And(vec![typed.clone(), with(Node::Or(ways))]))
    }

    /// The ways in which a condition on a choice may hold.
    fn ways(&self, typed: &Typed) -> Vec<Typed> {
        let with = |node| Typed { node, ty: Type::Boolean, span: typed.span };
        let chosen = |typed: &Typed| -> Option<Typed> {
            let mut typed = typed.clone();
            for _ in 0..MAX_DEPTH {
                let Node::Column { register, .. } = &typed.node else { break };
                let Some(Origin::Value(definition)) = self.resolved(*register) else { break };
                typed = definition.clone();
            }
            matches!(typed.node, Node::Case { .. }).then_some(typed)
        };
        let of = |case: Typed, asked: &Asked<'_>| -> Vec<Typed> {
            let Node::Case { branches, .. } = case.node else { return Vec::new() };
            let ways = branches.into_iter().filter_map(|(condition, value)| {
                let more = asked(&value).ok()?;
                Some(match more {
                    Some(more) => with(Node::And(vec![condition, more])),
                    None => condition,
                })
            });
            ways.collect()
        };
        match &typed.node {
            Node::Column { .. } | Node::Case { .. } if typed.ty == Type::Boolean => {
                let Some(case) = chosen(typed) else {
                    // A condition with a name.
                    return match &typed.node {
                        Node::Column { register, .. } => match self.resolved(*register) {
                            Some(Origin::Value(definition)) if is_condition(definition) => {
                                vec![definition.clone()]
                            }
                            _ => Vec::new(),
                        },
                        _ => Vec::new(),
                    };
                };
                of(case, &|value| match literal(value) {
                    Some(Literal::Value(Ref::Bool(true))) => Ok(None),
                    Some(_) => Err(()),
                    None => Ok(Some(value.clone())),
                })
            }
            Node::Compare { op, left, right } => {
                let (case, other, is_left) = match (chosen(left), chosen(right)) {
                    (Some(case), _) => (case, right, true),
                    (None, Some(case)) => (case, left, false),
                    (None, None) => return Vec::new(),
                };
                of(case, &|value| match (literal(value), literal(other)) {
                    (Some(Literal::Value(a)), Some(Literal::Value(b))) => {
                        let holds = if is_left {
                            compares(*op, a, b, value.ty)
                        } else {
                            compares(*op, b, a, value.ty)
                        };
                        if holds { Ok(None) } else { Err(()) }
                    }
                    (Some(Literal::Null), _) => Err(()),
                    _ => {
                        let (a, b) = (Box::new(value.clone()), other.clone());
                        let (left, right) = if is_left { (a, b) } else { (b, a) };
                        Ok(Some(with(Node::Compare { op: *op, left, right })))
                    }
                })
            }
            Node::In { value, choices } => {
                let Some(case) = chosen(value) else { return Vec::new() };
                of(case, &|value| match literal(value) {
                    Some(Literal::Value(own)) => {
                        let mut known = choices.iter().filter_map(|one| match literal(one)? {
                            Literal::Value(value) => Some(value),
                            Literal::Null => None,
                        });
                        if known.any(|one| compares(CompareOp::Eq, own, one, value.ty)) {
                            Ok(None)
                        } else {
                            Err(())
                        }
                    }
                    Some(Literal::Null) => Err(()),
                    None => Ok(None),
                })
            }
            Node::IsNull { value, negated: true } => {
                let Some(case) = chosen(value) else { return Vec::new() };
                of(case, &|value| match literal(value) {
                    Some(Literal::Null) => Err(()),
                    Some(Literal::Value(_)) => Ok(None),
                    None => {
                        let value = Box::new(value.clone());
                        Ok(Some(with(Node::IsNull { value, negated: true })))
                    }
                })
            }
            _ => Vec::new(),
        }
    }

    fn replaced(&self, typed: &Typed, depth: usize) -> Typed {
        let Some(depth) = depth.checked_sub(1) else { return typed.clone() };
        if let Node::Column { register, .. } = &typed.node {
            return match self.by.get(register) {
                Some(Origin::Aggregate(call)) => match call.args.first() {
                    Some(arg) => arg.clone(),
                    None => typed.clone(),
                },
                Some(Origin::Value(definition)) => self.replaced(definition, depth),
                Some(Origin::Same(other)) => {
                    let node = Node::Column { register: *other, constant: None };
                    Typed { node, ..typed.clone() }
                }
                Some(Origin::Pattern(..)) | None => typed.clone(),
            };
        }
        let mut typed = typed.clone();
        children(&mut typed).into_iter().for_each(|child| *child = self.replaced(child, depth));
        typed
    }
}

/// What is asked of the value of a branch: nothing more, this, or what cannot be.
type Asked<'t> = dyn Fn(&Typed) -> Result<Option<Typed>, ()> + 't;

/// A literal.
enum Literal<'t> {
    Null,
    Value(Ref<'t>),
}

/// The operands, to be changed.
fn children(typed: &mut Typed) -> Vec<&mut Typed> {
    match &mut typed.node {
        Node::Literal(_) | Node::Column { .. } | Node::Search(_) | Node::Now => Vec::new(),
        Node::Call { args: parts, .. }
        | Node::And(parts)
        | Node::Or(parts)
        | Node::Coalesce(parts) => parts.iter_mut().collect(),
        Node::Not(inner) | Node::Negate(inner) | Node::Convert(inner) => vec![inner],
        Node::Compare { left, right, .. } | Node::Arithmetic { left, right, .. } => {
            vec![left, right]
        }
        Node::In { value, choices } => std::iter::once(&mut **value).chain(choices).collect(),
        Node::Like { value, .. } | Node::IsNull { value, .. } => vec![value],
        Node::Case { branches, otherwise } => branches
            .iter_mut()
            .flat_map(|(condition, value)| [condition, value])
            .chain(otherwise.as_deref_mut())
            .collect(),
    }
}

/// Whether an expression is a condition of its own, not a field.
fn is_condition(typed: &Typed) -> bool {
    typed.ty == Type::Boolean && !matches!(typed.node, Node::Column { .. } | Node::Literal(_))
}

/// What a literal is; `None` for what is none.
fn literal(typed: &Typed) -> Option<Literal<'_>> {
    let column: &Arc<Column> = match &typed.node {
        Node::Literal(column) | Node::Column { constant: Some(column), .. } => column,
        Node::Convert(inner) => return literal(inner),
        _ => return None,
    };
    Some(column.first(0).map_or(Literal::Null, Literal::Value))
}

fn compares(op: CompareOp, a: Ref<'_>, b: Ref<'_>, ty: Type) -> bool {
    let order = a.compare(b, ty);
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}

/// The fields of a full-text function, and values that pass it or just miss.
fn of_search(subject: &Subject<'_>, asked: &Predicate) -> (BTreeSet<String>, Vec<Json>) {
    let (mut fields, mut values) = (BTreeSet::new(), Vec::new());
    asked.leaves(&mut |leaf| {
        fields.insert(subject.field(&leaf.column).to_string());
        values.extend(samples(&leaf.test));
    });
    (fields, values)
}

fn define<'a>(at: usize, step: &'a Step, by: &mut BTreeMap<Register, Origin<'a>>) {
    match &step.kind {
        StepKind::Row(columns) | StepKind::Eval(columns) => {
            by.extend(columns.iter().map(|(register, typed)| (*register, Origin::Value(typed))));
        }
        StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => {
            let values = grouping.before.iter().chain(&grouping.after);
            by.extend(values.map(|(register, typed)| (*register, Origin::Value(typed))));
            let keys = grouping.keys.iter().filter(|(row, group, _)| row != group);
            by.extend(keys.map(|(row, group, _)| (*group, Origin::Same(*row))));
            let calls = grouping.aggregates.iter();
            by.extend(calls.map(|call| (call.output, Origin::Aggregate(call))));
        }
        StepKind::Expand { from, to } => {
            if from != to {
                by.insert(*to, Origin::Same(*from));
            }
        }
        StepKind::Dissect { input, .. } | StepKind::Grok { input, .. } => {
            let outputs = step.pattern_outputs().into_iter();
            by.extend(outputs.map(|register| (register, Origin::Pattern(at, input))));
        }
        StepKind::Union { branches, .. } => {
            for branch in branches {
                branch.steps.iter().for_each(|step| define(at, step, by));
                let columns = branch.columns.iter();
                by.extend(columns.filter_map(|(from, to, _)| {
                    from.filter(|from| from != to).map(|from| (*to, Origin::Same(from)))
                }));
            }
        }
        StepKind::Member { branch, .. } => {
            branch.steps.iter().for_each(|step| define(at, step, by));
        }
        StepKind::From
        | StepKind::Filter(_)
        | StepKind::Sort(_)
        | StepKind::Limit(_)
        | StepKind::LimitBy { .. }
        | StepKind::Sample(_)
        | StepKind::Indices(_)
        | StepKind::Join(_)
        | StepKind::Completion { .. } => {}
    }
}
