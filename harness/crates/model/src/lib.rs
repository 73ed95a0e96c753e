//! Values, columns, events, mappings and documents.

pub mod column;
pub mod document;
pub mod event;
pub mod events;
pub mod index_pattern;
pub mod lookup;
pub mod schema;
pub mod value;
