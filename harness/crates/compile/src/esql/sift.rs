//! What every row fulfils that gets past the leading commands of a pipeline, as far as
//! the single event can tell: [`narrow`](super::narrow), seen through `EVAL`, `MV_EXPAND`
//! and functions.
//!
//! It is weaker than the pipeline, never stronger, and only spares rows that some `WHERE`
//! drops. Such rows may warn in Elasticsearch, so it serves where nobody asks for warnings:
//! on long logs.

use std::cell::Cell;
use std::collections::HashMap;

use harness_esql::expr::{Kernel, Node, Register, Typed};
use harness_esql::fold::fold_value;
use harness_esql::like::Matcher;
use harness_esql::plan::StepKind;
use harness_esql::value::Value;
use harness_model::schema::Field;
use harness_predicate::{Predicate, Test};
use harness_query::esql::ast::CompareOp;
use harness_source::span::Span;
use harness_text::pattern::glob::{Glob, GlobPart};
use harness_text::pattern::{Case, Pattern};

use super::narrow::{Narrower, all, any, compared, leaf, mirrored, opposite};

/// How many parts of expressions are looked at, and how deep: what columns stand for is
/// looked at anew wherever they are used.
const PARTS: usize = 20_000;
const DEPTH: usize = 100;

/// A condition that every event fulfils of which a row gets past the leading commands;
/// `text` is the query.
pub(super) fn sift(text: &str, narrower: Narrower<'_>) -> Predicate {
    let plan = narrower.plan;
    if plan.is_nested() {
        return Predicate::Const(true);
    }
    let mut sifter = Sifter {
        text,
        narrower,
        columns: HashMap::new(),
        parts: Cell::new(0),
        depth: Cell::new(0),
    };
    let mut kept = Vec::new();
    for step in plan.steps.iter().skip(1) {
        match &step.kind {
            StepKind::Filter(condition) => kept.push(sifter.holds(condition, true)),
            StepKind::Eval(columns) => {
                let columns = columns.iter().map(|(to, value)| (*to, Origin::Value(value)));
                sifter.columns.extend(columns);
            }
            StepKind::Expand { from, to } => {
                sifter.columns.insert(*to, Origin::Column(*from));
            }
            // They drop no row, and what they add is not known here.
            StepKind::Sort(_)
            | StepKind::Join(_)
            | StepKind::Dissect { .. }
            | StepKind::Grok { .. } => {}
            // What the rest makes of a row depends on other rows, or is not known.
            StepKind::Row(_)
            | StepKind::From
            | StepKind::Stats(_)
            | StepKind::InlineStats(_)
            | StepKind::Limit(_)
            | StepKind::LimitBy { .. }
            | StepKind::Sample(_)
            | StepKind::Indices(_)
            | StepKind::Union { .. }
            | StepKind::Member { .. }
            | StepKind::Completion { .. } => break,
        }
    }
    all(kept.into_iter())
}

/// What a column that the query makes has its values from.
#[derive(Clone, Copy)]
enum Origin<'a> {
    /// An expression.
    Value(&'a Typed),
    /// The values of another column, one by one.
    Column(Register),
}

/// What is asked of a value.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    Compared(CompareOp, &'a Value),
    /// One of them.
    Among(&'a [Value]),
    Like(&'a Matcher),
    Matching(&'a Pattern),
    /// Any value at all.
    Exists,
}

struct Sifter<'a> {
    text: &'a str,
    narrower: Narrower<'a>,
    /// The columns that the query has made so far.
    columns: HashMap<Register, Origin<'a>>,
    parts: Cell<usize>,
    depth: Cell<usize>,
}

/// Nothing is known.
const OPEN: Predicate = Predicate::Const(true);

impl<'a> Sifter<'a> {
    /// What `of` says, unless too much was looked at.
    fn within(&self, of: impl FnOnce() -> Predicate) -> Predicate {
        if self.parts.get() == PARTS || self.depth.get() == DEPTH {
            return OPEN;
        }
        self.parts.set(self.parts.get() + 1);
        self.depth.set(self.depth.get() + 1);
        let found = of();
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// What holds wherever a condition has that truth.
    fn holds(&self, condition: &Typed, truth: bool) -> Predicate {
        self.within(|| self.condition(condition, truth))
    }

    fn condition(&self, condition: &Typed, truth: bool) -> Predicate {
        let each = |parts: &[Typed], conjunction: bool| {
            let parts = parts.iter().map(|part| self.holds(part, truth));
            if conjunction { all(parts) } else { any(parts) }
        };
        let tested = |value: &Typed, wanted: Wanted<'_>| {
            // What is false is not null.
            self.passes(value, if truth { wanted } else { Wanted::Exists }, condition.span)
        };
        match &condition.node {
            Node::And(parts) => each(parts, truth),
            Node::Or(parts) => each(parts, !truth),
            Node::Not(inner) => self.holds(inner, !truth),
            Node::IsNull { value, negated } if truth == *negated => {
                self.passes(value, Wanted::Exists, condition.span)
            }
            Node::IsNull { value, .. } if self.made(value).is_some() => OPEN,
            Node::Case { branches, otherwise } => {
                self.branches(branches, otherwise.as_deref(), |value| self.holds(value, truth))
            }
            Node::Coalesce(values) => any(values.iter().map(|value| self.holds(value, truth))),
            Node::Column { register, .. } => match self.columns.get(register) {
                Some(Origin::Value(value)) => self.holds(value, truth),
                Some(Origin::Column(_)) => OPEN,
                None => self.narrower.holds(condition, truth),
            },
            Node::Compare { op, left, right } => {
                let (op, value, constant) = match fold_value(right) {
                    Some(constant) => (*op, left, constant),
                    None => match fold_value(left) {
                        Some(constant) => (mirrored(*op), right, constant),
                        None => return self.both(left, right),
                    },
                };
                let op = if truth { op } else { opposite(op) };
                self.passes(value, Wanted::Compared(op, &constant), condition.span)
            }
            Node::In { value, choices } => {
                match choices.iter().map(fold_value).collect::<Option<Vec<_>>>() {
                    Some(choices) => tested(value, Wanted::Among(&choices)),
                    None => self.passes(value, Wanted::Exists, condition.span),
                }
            }
            // Of a pattern that fits every string, the negation is true of null.
            Node::Like { value, matcher } if !matcher.matches_all() => {
                tested(value, Wanted::Like(matcher))
            }
            Node::Call { kernel, args } => match (self.pattern(condition, args), &args[..]) {
                (Some(pattern), [value, ..]) if truth => {
                    self.passes(value, Wanted::Matching(&pattern), condition.span)
                }
                _ => self.strict(kernel, args),
            },
            Node::Literal(_)
            | Node::Like { .. }
            | Node::IsNull { .. }
            | Node::Search(_)
            | Node::Arithmetic { .. }
            | Node::Negate(_)
            | Node::Convert(_)
            | Node::Now => self.narrower.holds(condition, truth),
        }
    }

    /// Where a value, or one of several, is as it is wanted.
    fn passes(&self, value: &Typed, wanted: Wanted<'_>, span: Span) -> Predicate {
        self.within(|| self.value(value, wanted, span))
    }

    fn value(&self, value: &Typed, wanted: Wanted<'_>, span: Span) -> Predicate {
        let passes = |value: &Typed| self.passes(value, wanted, span);
        let exists = |value: &Typed| self.passes(value, Wanted::Exists, span);
        match &value.node {
            Node::Column { register, .. } => match self.columns.get(register) {
                Some(Origin::Value(made)) => passes(made),
                Some(Origin::Column(from)) => self.register(*from, wanted, span),
                None => self.register(*register, wanted, span),
            },
            Node::Literal(_) => match fold_value(value) {
                Some(constant) => Predicate::Const(wanted.may_be(&constant)),
                None => OPEN,
            },
            Node::Case { branches, otherwise } => {
                self.branches(branches, otherwise.as_deref(), passes)
            }
            Node::Coalesce(values) => any(values.iter().map(passes)),
            Node::Convert(inner) if inner.ty == value.ty => passes(inner),
            Node::Convert(inner) | Node::Negate(inner) => exists(inner),
            Node::Compare { left, right, .. } | Node::Arithmetic { left, right, .. } => {
                self.both(left, right)
            }
            Node::In { value, .. } => exists(value),
            Node::Call { kernel, args } => self.call(value, (kernel, args), wanted, span),
            Node::And(_)
            | Node::Or(_)
            | Node::Not(_)
            | Node::Like { .. }
            | Node::IsNull { .. }
            | Node::Search(_)
            | Node::Now => OPEN,
        }
    }

    /// Where what a function gives is as it is wanted.
    fn call(
        &self,
        call: &Typed,
        (kernel, args): (&Kernel, &[Typed]),
        wanted: Wanted<'_>,
        span: Span,
    ) -> Predicate {
        let [first, ..] = args else { return OPEN };
        match (self.name(call).as_str(), args) {
            ("mv_first" | "mv_last" | "mv_max" | "mv_min" | "mv_dedupe", [_]) => {
                self.passes(first, wanted, span)
            }
            ("mv_count" | "mv_concat" | "mv_sum" | "mv_avg" | "mv_sort", _) => {
                self.passes(first, Wanted::Exists, span)
            }
            ("to_lower", [_]) => match wanted.without_case() {
                Some(patterns) => any(patterns
                    .iter()
                    .map(|pattern| self.passes(first, Wanted::Matching(pattern), call.span))),
                None => self.passes(first, Wanted::Exists, span),
            },
            ("locate", [_, part]) if wanted.is_positive() => match fold_value(part) {
                Some(Value::Str(part)) => {
                    self.passes(first, Wanted::Matching(&containing(&part)), call.span)
                }
                _ => self.strict(kernel, args),
            },
            _ => self.strict(kernel, args),
        }
    }

    /// Where the values of a function that is null where one of them is are there.
    fn strict(&self, kernel: &Kernel, args: &[Typed]) -> Predicate {
        match kernel {
            Kernel::Single(_) | Kernel::Map(_) => {
                all(args.iter().map(|arg| self.passes(arg, Wanted::Exists, arg.span)))
            }
            Kernel::Lists(_) => OPEN,
        }
    }

    fn both(&self, left: &Typed, right: &Typed) -> Predicate {
        let exists = |value: &Typed| self.passes(value, Wanted::Exists, value.span);
        all([exists(left), exists(right)].into_iter())
    }

    /// Where the value of some branch is so, and its condition holds.
    fn branches(
        &self,
        branches: &[(Typed, Typed)],
        otherwise: Option<&Typed>,
        is_so: impl Fn(&Typed) -> Predicate,
    ) -> Predicate {
        let own = branches.iter().map(|(condition, value)| match is_so(value) {
            Predicate::Const(false) => Predicate::Const(false),
            value => all([self.holds(condition, true), value].into_iter()),
        });
        any(own.chain(otherwise.map(&is_so)))
    }

    /// What the query has made a column from.
    fn made(&self, value: &Typed) -> Option<Origin<'a>> {
        let Node::Column { register, .. } = &value.node else { return None };
        self.columns.get(register).copied()
    }

    /// Where a column is as it is wanted.
    fn register(&self, register: Register, wanted: Wanted<'_>, span: Span) -> Predicate {
        match self.columns.get(&register) {
            Some(Origin::Value(made)) => self.passes(made, wanted, span),
            Some(Origin::Column(from)) => self.within(|| self.register(*from, wanted, span)),
            None => {
                let field = self.narrower.field_of(register, true);
                field.map_or(OPEN, |field| tested(&field, wanted, span))
            }
        }
    }

    /// What a call of a function on strings looks for.
    fn pattern(&self, call: &Typed, args: &[Typed]) -> Option<Pattern> {
        let [_, part] = args else { return None };
        let name = self.name(call);
        if !matches!(name.as_str(), "starts_with" | "ends_with" | "contains") {
            return None;
        }
        let Some(Value::Str(part)) = fold_value(part) else { return None };
        Some(match name.as_str() {
            "starts_with" => Pattern::Prefix(part, Case::Sensitive),
            "ends_with" => globbed(vec![GlobPart::Many, GlobPart::Literal(part)]),
            _ => containing(&part),
        })
    }

    /// The name of the function of a call.
    fn name(&self, call: &Typed) -> String {
        let text = call.span.of(self.text);
        let name = text.split('(').next().unwrap_or_default().trim();
        if text.ends_with(')') { name.to_ascii_lowercase() } else { String::new() }
    }
}

fn globbed(parts: Vec<GlobPart>) -> Pattern {
    Pattern::Glob(Glob::from_parts(parts), Case::Sensitive)
}

fn containing(part: &str) -> Pattern {
    globbed(vec![GlobPart::Many, GlobPart::Literal(part.to_owned()), GlobPart::Many])
}

fn is_string(field: &Field) -> bool {
    field.ty.kind() == Some(harness_predicate::Kind::Keyword)
}

/// Where some value of a field is as it is wanted.
fn tested(field: &Field, wanted: Wanted<'_>, span: Span) -> Predicate {
    let compared = |op: CompareOp, constant: &Value| compared(&field.ty, op, constant);
    let tests = match wanted {
        Wanted::Exists => None,
        Wanted::Compared(op, constant) => compared(op, constant).map(|test| vec![test]),
        Wanted::Among(choices) => {
            choices.iter().map(|choice| compared(CompareOp::Eq, choice)).collect()
        }
        Wanted::Like(matcher) => is_string(field)
            .then(|| matcher.patterns().into_iter().map(Test::Term).collect::<Vec<_>>()),
        Wanted::Matching(pattern) => is_string(field).then(|| vec![Test::Term(pattern.clone())]),
    };
    match tests {
        Some(tests) => any(tests.into_iter().map(|test| leaf(field, test, span))),
        None => leaf(field, Test::Exists, span),
    }
}

/// Characters beyond ASCII whose small letters are of ASCII.
const SMALL_IN_ASCII: [&str; 2] = ["\u{212a}", "\u{130}"];

impl Wanted<'_> {
    /// Whether a constant may be so.
    fn may_be(self, constant: &Value) -> bool {
        let equals = |other: &Value| match (constant, other) {
            (Value::Str(a), Value::Str(b)) => Some(a == b),
            (Value::Bool(a), Value::Bool(b)) => Some(a == b),
            _ => None,
        };
        match (self, constant) {
            (Self::Compared(CompareOp::Eq, other), _) => equals(other) != Some(false),
            (Self::Compared(CompareOp::Ne, other), _) => equals(other) != Some(true),
            (Self::Among(choices), _) => choices.iter().any(|one| equals(one) != Some(false)),
            (Self::Like(matcher), Value::Str(text)) => matcher.matches(text),
            (Self::Matching(pattern), Value::Str(text)) => pattern.matches(text),
            (Self::Compared(..) | Self::Like(_) | Self::Matching(_) | Self::Exists, _) => true,
        }
    }

    /// Whether it is a number above zero, or another one than zero.
    fn is_positive(self) -> bool {
        let Self::Compared(op, constant) = self else { return false };
        let bound = match constant {
            Value::Int(value) => i64::from(*value),
            Value::Long(value) => *value,
            _ => return false,
        };
        match op {
            CompareOp::Gt => bound >= 0,
            CompareOp::Ge | CompareOp::Eq => bound >= 1,
            CompareOp::Ne => bound == 0,
            CompareOp::Lt | CompareOp::Le => false,
        }
    }

    /// Patterns of all strings whose small letters are so.
    fn without_case(self) -> Option<Vec<Pattern>> {
        let equal = |value: &Value| match value {
            Value::Str(text) if text.is_ascii() => {
                Some(Pattern::Equals(text.clone(), Case::Insensitive))
            }
            _ => None,
        };
        let own = match self {
            Self::Compared(CompareOp::Eq, value) => vec![equal(value)?],
            Self::Among(values) => values.iter().map(equal).collect::<Option<Vec<_>>>()?,
            Self::Like(matcher) => {
                let patterns = matcher.patterns().into_iter().map(|pattern| match pattern {
                    Pattern::Glob(glob, _) if is_ascii(&glob) => {
                        Some(Pattern::Glob(glob, Case::Insensitive))
                    }
                    _ => None,
                });
                patterns.collect::<Option<Vec<_>>>()?
            }
            Self::Compared(..) | Self::Matching(_) | Self::Exists => return None,
        };
        Some(own.into_iter().chain(SMALL_IN_ASCII.map(containing)).collect())
    }
}

fn is_ascii(glob: &Glob) -> bool {
    glob.parts().iter().all(|part| match part {
        GlobPart::Literal(text) => text.is_ascii(),
        GlobPart::One | GlobPart::Many => true,
    })
}
