//! A row of the tables of functions.

use harness_source::diagnostic::Diagnostic;

use super::binder::{Binder, Bound};

/// A scalar function.
pub(crate) struct Function {
    /// Its name and aliases, in lower case.
    pub(crate) names: &'static [&'static str],
    /// Checks the arguments of a call and makes it runnable.
    pub(crate) bind: fn(&mut Binder<'_>) -> Result<Bound, Diagnostic>,
}
