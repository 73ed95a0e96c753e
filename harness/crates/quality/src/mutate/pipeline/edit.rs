//! A change of a pipeline.

use crate::clause::esql_text::Mark;
use crate::mutate::Operator;

/// One change of the text.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) operator: Operator,
    /// The change as it is shown.
    pub(super) shown: Vec<Mark>,
    /// What is done to the text, to be tried in this order.
    pub(super) tried: Vec<Vec<Mark>>,
}
