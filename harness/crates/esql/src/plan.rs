//! Typed plans: a query, resolved against the fields that it reads.
//!
//! Planning resolves names, casts literals, checks types and reports what
//! Elasticsearch's verifier would, with places. All errors of a query are
//! collected; one unknown column does not hide the next.

mod aggregate;
mod branch;
mod call;
mod columns;
mod commands;
mod context;
mod expression;
mod fill;
mod join;
mod live;
mod model;
mod operators;
mod options;
mod patterns;
mod place;
mod planner;
mod scope;
mod special;
mod stats;
#[cfg(test)]
mod tests;

use harness_query::esql::ast::Query;
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;

pub use aggregate::AggregateKind;
pub use expression::NO_COLUMN;
pub use model::{
    AggregateCall, Branch, Grouping, Join, JoinKey, JoinTable, Output, OutputColumn, Placed, Plan,
    SortKey, Step, StepKind, Unknown,
};
pub use planner::PlanOptions;
use planner::Planner;

/// How many rows a query without `LIMIT` returns.
pub const DEFAULT_LIMIT: usize = 1_000;
/// The most rows that any query returns.
pub const MAX_LIMIT: usize = limits::ESQL_RESULT.most;

/// Plans a query.
///
/// # Errors
///
/// All errors of the query.
pub fn plan(query: &Query, text: &str, options: PlanOptions<'_>) -> Result<Plan, Vec<Diagnostic>> {
    let mut planner = Planner::new(text, options);
    let mut plan = match planner.query(query) {
        Ok(plan) => plan,
        Err(error) => {
            planner.errors.push(error);
            return Err(planner.errors);
        }
    };
    if !planner.errors.is_empty() {
        return Err(planner.errors);
    }
    live::annotate(&mut plan);
    Ok(plan)
}
