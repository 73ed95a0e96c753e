//! What several tests share.

pub(crate) mod clauses;
pub(crate) mod data;
pub(crate) mod project;
pub(crate) mod random;
pub(crate) mod schema;
pub(crate) mod solver;
