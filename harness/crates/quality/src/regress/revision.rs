//! What is compared.

use harness_rule::exception::ExceptionTree;
use harness_rule::tree::RuleTree;

/// The rules of one revision, with what they read.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    /// The rules.
    pub rules: &'a RuleTree,
    /// The exception lists.
    pub exceptions: &'a ExceptionTree,
}
