//! Traps of the languages: text that means something else than it seems to.

mod backslash;
mod esql;
mod fields;
mod operators;
mod optional;
mod regex;
mod script;
mod values;
mod wildcard;

use super::target::{Sink, Target};

pub(super) use values::cut;

/// The findings of all traps.
pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    for used in target.uses {
        wildcard::check(target, used, sink);
        backslash::check(target, used, sink);
        values::check(target, used, sink);
        regex::check(target, used, sink);
        fields::check(target, used, sink);
    }
    values::duplicates(target, sink);
    values::fields(target, sink);
    backslash::filters(target, sink);
    fields::source_only(target, sink);
    operators::check(target, sink);
    optional::check(target, sink);
    script::check(target, sink);
    esql::check(target, sink);
}
