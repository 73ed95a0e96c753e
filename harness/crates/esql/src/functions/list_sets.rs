//! Lists as sets.

use std::collections::HashSet;

use super::list::{key, push_new, same_kind};
use super::{Binder, Bound, Function};
use crate::expr::List;
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["mv_contains"], bind: mv_contains },
    Function { names: &["mv_intersects"], bind: mv_intersects },
    Function { names: &["mv_intersection"], bind: mv_intersection },
    Function { names: &["mv_union"], bind: mv_union },
    Function { names: &["mv_difference"], bind: mv_difference },
];

fn set(list: List<'_>) -> HashSet<Vec<u8>> {
    list.iter().map(key).collect()
}

fn mv_contains(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    same_kind(b)?;
    Ok(Bound::lists(Type::Boolean, |args, out| {
        let all = set(args[0]);
        out.push(Value::Bool(args[1].iter().all(|value| all.contains(&key(value)))));
        Ok(())
    }))
}

fn mv_intersects(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    same_kind(b)?;
    Ok(Bound::lists(Type::Boolean, |args, out| {
        let all = set(args[0]);
        out.push(Value::Bool(args[1].iter().any(|value| all.contains(&key(value)))));
        Ok(())
    }))
}

fn mv_intersection(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    let ty = same_kind(b)?;
    Ok(Bound::lists(ty, |args, out| {
        let other = set(args[1]);
        let mut seen = HashSet::new();
        for value in args[0].iter().filter(|value| other.contains(&key(*value))) {
            push_new(out, &mut seen, value);
        }
        Ok(())
    }))
}

fn mv_union(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    let ty = same_kind(b)?;
    Ok(Bound::lists(ty, |args, out| {
        let mut seen = HashSet::new();
        for value in args[0].iter().chain(args[1].iter()) {
            push_new(out, &mut seen, value);
        }
        Ok(())
    }))
}

fn mv_difference(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    let ty = same_kind(b)?;
    Ok(Bound::lists(ty, |args, out| {
        let other = set(args[1]);
        let left = args[0].iter().filter(|value| !other.contains(&key(*value)));
        out.extend(left.map(Ref::to_value));
        Ok(())
    }))
}
