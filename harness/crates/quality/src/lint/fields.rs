//! Fields and values.

mod ecs;
mod foreign;
mod types;

use super::target::{Sink, Target};

/// The findings about fields and their values.
pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    for used in target.uses {
        types::check(target, used, sink);
    }
    ecs::check(target, sink);
    foreign::check(target, sink);
}
