//! Detection rules in the Elastic TOML format: text → [`Rule`].
//!
//! Reads everything that the format and Kibana's schema know, and judges it by
//! itself: types, ranges, keys that a rule type needs. It reads no query and no
//! date math; that is the business of `compile` and `detect`.
//!
//! # Invariants
//!
//! - A file either gives a rule or at least one error, never both.
//! - All findings of a file are reported at once, in the order of their positions.
//! - No key is dropped silently: what is not understood is a warning.

mod located;
pub mod model;
mod names;
mod parse;
mod parts;
mod read;
mod suggest;
mod table;
pub mod threat;
pub mod tree;

pub use model::Rule;
pub use parse::parse;
pub use tree::load_tree;
