//! Query trees and a schema to predicates: all errors at once.

pub mod query_string;
