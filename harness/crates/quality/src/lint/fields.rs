//! Fields and values.

mod ecs;
mod foreign;
mod types;
mod unknown;

use super::target::{Sink, Target};

pub(super) use unknown::is_one as is_unknown_field;

/// The findings about fields and their values.
pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    for used in target.uses {
        types::check(target, used, sink);
    }
    ecs::check(target, sink);
    foreign::check(target, sink);
    unknown::check(target, sink);
}
