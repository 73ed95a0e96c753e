//! The scalar functions, by family.
//!
//! A function is a row of a family's table: its names, and a `bind` that
//! checks and casts the arguments and returns the kernel to run. Functions
//! that need more than their arguments (`CASE`, `COALESCE`, `NOW`, `KQL`…)
//! are made by planning itself.

mod binder;
mod bounds;
mod convert;
mod date;
mod encode;
mod function;
mod hash;
mod hyperbolic;
mod ip;
mod json;
mod list;
mod list_numbers;
mod list_sets;
mod math;
mod network;
mod spatial;
mod string;
#[cfg(test)]
mod tests;
mod text;

use std::collections::HashMap;
use std::sync::LazyLock;

pub(super) use binder::{Binder, Bound, argument_error, cast_literal};
pub(super) use function::Function;
pub(super) use list::{Compensated, key};

type Table = &'static [Function];

const FAMILIES: [Table; 16] = [
    bounds::FUNCTIONS,
    convert::FUNCTIONS,
    date::FUNCTIONS,
    encode::FUNCTIONS,
    hash::FUNCTIONS,
    hyperbolic::FUNCTIONS,
    ip::FUNCTIONS,
    json::FUNCTIONS,
    list::FUNCTIONS,
    list_numbers::FUNCTIONS,
    list_sets::FUNCTIONS,
    math::FUNCTIONS,
    network::FUNCTIONS,
    spatial::FUNCTIONS,
    string::FUNCTIONS,
    text::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let functions = FAMILIES.iter().flat_map(|family| family.iter());
    functions
        .flat_map(|function| function.names.iter().map(move |name| (*name, function)))
        .collect()
});

/// A function by its name in lower case.
pub(super) fn by_name(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

#[cfg(test)]
mod table {
    use super::FAMILIES;
    use harness_query::esql::names;

    #[test]
    fn every_function_is_one_that_elasticsearch_has() {
        let functions = FAMILIES.iter().flat_map(|family| family.iter());
        for name in functions.flat_map(|function| function.names) {
            assert!(names::is_function(name), "{name}");
        }
    }
}
