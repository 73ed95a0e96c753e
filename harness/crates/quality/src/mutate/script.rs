//! Changes inside scripts: constants, and how values are compared.

use super::Operator;
use super::value::other_case;
use harness_predicate::script::{Comparison, Expr, Function, Script, ScriptValue};

/// The most nodes that a list becomes when its case is turned.
const MAX_NODES: usize = 10_000;

/// A change to the n-th node of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScriptEdit {
    node: usize,
    change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// An integer moves by this much.
    Move(i8),
    /// A string becomes another.
    Value,
    /// A comparison takes its bound in or leaves it out.
    Bound,
}

impl ScriptEdit {
    pub(super) fn operator(&self) -> Operator {
        match self.change {
            Change::Move(_) | Change::Bound => Operator::MoveBound,
            Change::Value => Operator::ChangeValue,
        }
    }
}

/// The changes that a script allows.
pub(super) fn edits(script: &Script) -> Vec<ScriptEdit> {
    let mut edits = Vec::new();
    let mut node = 0;
    visit(&script.expr, &mut |expr| {
        let changes: &[Change] = match expr {
            Expr::Constant(ScriptValue::Integer(_)) => &[Change::Move(-1), Change::Move(1)],
            Expr::Constant(ScriptValue::String(_)) => &[Change::Value],
            Expr::Call(Function::Compare(comparison), _) if *comparison != Comparison::Equal => {
                &[Change::Bound]
            }
            Expr::Constant(_) | Expr::Input(_) | Expr::Call(..) => &[],
        };
        edits.extend(changes.iter().map(|change| ScriptEdit { node, change: *change }));
        node += 1;
    });
    edits
}

fn visit(expr: &Expr, see: &mut dyn FnMut(&Expr)) {
    see(expr);
    if let Expr::Call(_, args) = expr {
        args.iter().for_each(|arg| visit(arg, see));
    }
}

fn visit_mut(expr: &mut Expr, see: &mut dyn FnMut(&mut Expr)) {
    see(expr);
    if let Expr::Call(_, args) = expr {
        args.iter_mut().for_each(|arg| visit_mut(arg, see));
    }
}

/// The script changed; `None` where that cannot be.
pub(super) fn apply(script: &Script, edit: &ScriptEdit) -> Option<Script> {
    let mut changed = script.clone();
    let (mut at, mut done) = (0, false);
    visit_mut(&mut changed.expr, &mut |expr| {
        if at == edit.node {
            done = change(expr, edit.change);
        }
        at += 1;
    });
    done.then_some(changed)
}

fn change(expr: &mut Expr, change: Change) -> bool {
    match (expr, change) {
        (Expr::Constant(ScriptValue::Integer(value)), Change::Move(by)) => {
            match value.checked_add(by.into()) {
                Some(moved) => *value = moved,
                None => return false,
            }
        }
        (Expr::Constant(ScriptValue::String(text)), Change::Value) => text.push('x'),
        (Expr::Call(Function::Compare(comparison), _), Change::Bound) => {
            *comparison = match comparison {
                Comparison::Equal => return false,
                Comparison::Less => Comparison::LessEqual,
                Comparison::LessEqual => Comparison::Less,
                Comparison::Greater => Comparison::GreaterEqual,
                Comparison::GreaterEqual => Comparison::Greater,
            }
        }
        (Expr::Constant(_) | Expr::Input(_) | Expr::Call(..), _) => return false,
    }
    true
}

/// The script with the case of its functions turned; `None` where none has one.
pub(super) fn flipped(script: &Script) -> Option<Script> {
    let mut expr = script.expr.clone();
    flip(&mut expr).then(|| Script { expr, inputs: script.inputs.clone() })
}

/// Turns the case of all functions of an expression; whether any has one.
fn flip(expr: &mut Expr) -> bool {
    let Expr::Call(function, args) = expr else { return false };
    let mut any = false;
    for arg in args.iter_mut() {
        any |= flip(arg);
    }
    match function {
        // The text that is looked into comes first.
        Function::Between(case)
        | Function::EndsWith(case)
        | Function::IndexOf(case)
        | Function::StartsWith(case)
        | Function::StringContains(case) => {
            if !args.iter().skip(1).any(may_have_letters) {
                return any;
            }
            *case = other_case(*case);
        }
        Function::EqualsInsensitive if args.iter().any(is_lettered) => {
            *function = Function::Compare(Comparison::Equal);
        }
        Function::Compare(Comparison::Equal) if args.iter().any(is_lettered) => {
            *function = Function::EqualsInsensitive;
        }
        Function::In if args.iter().skip(1).any(is_lettered) => {
            let [target, values @ ..] = args.as_slice() else { return any };
            if size(target).saturating_mul(values.len()) > MAX_NODES {
                return any;
            }
            let equal = |value: &Expr| {
                Expr::Call(Function::EqualsInsensitive, vec![target.clone(), value.clone()])
            };
            *expr = Expr::Call(Function::Or, values.iter().map(equal).collect());
        }
        Function::And
        | Function::Or
        | Function::Not
        | Function::IsNull
        | Function::Compare(_)
        | Function::In
        | Function::EqualsInsensitive
        | Function::Matches(_)
        | Function::Negative
        | Function::Arithmetic(_)
        | Function::CidrMatch(_)
        | Function::Meets(..)
        | Function::Concat
        | Function::Length
        | Function::Number
        | Function::String
        | Function::Substring => return any,
    }
    true
}

/// Whether an expression is a text in which case can matter.
fn is_lettered(expr: &Expr) -> bool {
    matches!(expr, Expr::Constant(ScriptValue::String(text))
        if text.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// Whether the value of an expression can be a text in which case matters.
fn may_have_letters(expr: &Expr) -> bool {
    !matches!(expr, Expr::Constant(_)) || is_lettered(expr)
}

/// How many nodes an expression has.
fn size(expr: &Expr) -> usize {
    let mut nodes = 0;
    visit(expr, &mut |_| nodes += 1);
    nodes
}
