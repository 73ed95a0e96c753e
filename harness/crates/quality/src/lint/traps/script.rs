//! Negated functions of several fields: what an event that lacks one of them does.

use std::collections::BTreeSet;

use harness_predicate::{Leaf, Predicate, Test};
use harness_rule::names::Language;

use crate::lint::codes::Code;
use crate::lint::target::{Sink, Target};

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    if target.rule.language != Some(Language::Eql) {
        return;
    }
    let Some(plan) = target.compiled.plan() else { return };
    for filter in plan.filters() {
        within(filter, false, &mut BTreeSet::new(), &mut |leaf| {
            let fields: Vec<String> =
                leaf.columns().iter().map(|column| format!("`{}`", column.name)).collect();
            let message =
                format!("an event without {} passes this negation", fields.join(" or without "));
            sink.query(Code::ScriptInNot, leaf.origin.span, message)
                .help("ask for the fields with `!= null` as well");
        });
    }
}

/// The scripts over several fields that have to fail, and that fail without values:
/// unless a condition beside them asks for the fields. The compilers bound the depth.
fn within<'p>(
    predicate: &'p Predicate,
    negated: bool,
    present: &mut BTreeSet<&'p str>,
    tell: &mut dyn FnMut(&Leaf),
) {
    match predicate {
        Predicate::Leaf(leaf) => {
            let columns = leaf.columns();
            let names: BTreeSet<&str> = columns.iter().map(|column| &*column.name).collect();
            let is_script = matches!(leaf.test, Test::Script(_));
            if negated
                && is_script
                && names.len() > 1
                && !leaf.holds_without_values()
                && !names.iter().all(|name| present.contains(name))
            {
                tell(leaf);
            }
        }
        Predicate::Not(inner) => within(inner, !negated, present, tell),
        Predicate::And(parts) => {
            let mut known = present.clone();
            for part in parts {
                if let (Predicate::Leaf(leaf), false) = (part, negated) {
                    known.extend(leaf.columns().into_iter().map(|column| &*column.name));
                }
            }
            parts.iter().for_each(|part| within(part, negated, &mut known, tell));
        }
        Predicate::Or(parts) | Predicate::AtLeast { of: parts, .. } => {
            parts.iter().for_each(|part| within(part, negated, present, tell));
        }
        Predicate::Const(_) | Predicate::Nested { .. } => {}
    }
}
