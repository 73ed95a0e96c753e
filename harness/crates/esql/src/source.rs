//! Where rows come from.

use std::sync::Arc;

use super::column::Column;
use super::types::Type;
use harness_model::lookup::Table;

/// What planning knows of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// The type of the column; [`Type::Unsupported`] where ES|QL reads none.
    pub ty: Type,
    /// Why there is no column of it.
    pub unread: Option<Unread>,
}

/// Why a field is no column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// ES|QL reads no fields of this type of the mapping.
    Type(Arc<str>),
    /// The harness does not read it, and why.
    Here(Arc<str>),
}

/// The fields of the indices that a query reads.
pub trait Fields {
    /// One field by its full name.
    fn field(&self, name: &str) -> Option<FieldInfo>;

    /// The names of all fields, in ascending order.
    fn names(&self) -> &[Arc<str>];

    /// Whether the indices may have a field of a name that is not known here,
    /// so that its type is missing rather than the field.
    fn may_have(&self, _name: &str) -> bool {
        false
    }

    /// A table that the project states for `LOOKUP JOIN` and `ENRICH`.
    fn lookup(&self, _name: &str) -> Option<Arc<Table>> {
        None
    }
}

/// Rows of documents, column by column.
pub trait Source {
    /// How many rows there are.
    fn rows(&self) -> usize;

    /// The values of a field or of a metadata field (`_id`, `_index`,
    /// `_version`, `_source`, `_ignored`, …), with the type that
    /// [`Fields::field`] or [`metadata_type`] states. A field that no row has
    /// may be absent.
    fn column(&self, name: &str) -> Option<Arc<Column>>;
}

/// The type of a metadata field; `None` for a name that is none.
pub fn metadata_type(name: &str) -> Option<Type> {
    Some(match name {
        "_id" | "_index" | "_index_mode" | "_ignored" | "_tsid" | "_slice" => Type::Keyword,
        "_version" => Type::Long,
        "_score" => Type::Double,
        "_source" => Type::Source,
        _ => return None,
    })
}
