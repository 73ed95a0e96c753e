//! JSON straight to the classes of a row: a visitor over the tree of wanted keys. What
//! nobody wants is skipped, and no value is built.
//!
//! What is skipped is only looked at as far as syntax goes: a key that is stated twice,
//! or levels beyond the bound, are not seen there. Whoever uses a row reads its text
//! again, whole.

mod indices;
mod row;
mod state;
mod visitor;

use std::cell::RefCell;
use std::sync::Arc;

use serde::de::DeserializeSeed;

use super::Matcher;
use super::layout::Layout;
use harness_model::event::DATA_STREAM;
pub use indices::IndexId;
pub use row::{Row, Scalar};
use state::State;
use visitor::Root;

/// Reads rows, one after the other.
#[derive(Debug)]
pub struct Reader<'a> {
    state: RefCell<State<'a>>,
}

/// The scalars that the first captures have to be, in this order: of these an index
/// name is made.
pub const FIRST_CAPTURES: [&str; 3] = DATA_STREAM;

impl<'a> Reader<'a> {
    /// With nothing seen yet.
    pub fn new(layout: &'a Layout<'a>) -> Self {
        Self { state: RefCell::new(State::new(layout)) }
    }

    /// Reads one document or hit; `None` where the text is not surely such, and has to be
    /// read in another way.
    pub fn read(&mut self, text: &str) -> Option<Row> {
        self.state.get_mut().begin();
        let mut input = serde_json::Deserializer::from_str(text);
        let read = Root { state: &self.state }.deserialize(&mut input);
        read.and_then(|()| input.end()).ok()?;
        self.state.get_mut().end()
    }

    /// Calls `visit` with the scalars of the last row that are handed out, by number.
    pub fn captured(&mut self, visit: &mut dyn FnMut(usize, Scalar<'_>)) {
        self.state.get_mut().captured(visit);
    }

    /// The number of an index name.
    pub fn index(&mut self, name: Option<&str>) -> IndexId {
        self.state.get_mut().indices.id(name)
    }

    /// The name of an index by its number.
    pub fn index_name(&mut self, index: IndexId) -> Option<&Arc<str>> {
        self.state.get_mut().indices.name(index)
    }

    /// How many numbers of index names there are.
    pub fn indices(&mut self) -> usize {
        self.state.get_mut().indices.len()
    }

    /// Forgets the names of indices: their numbers are no longer valid.
    pub fn forget_indices(&mut self) {
        self.state.get_mut().indices = indices::Indices::default();
    }

    /// Marks the columns that some row so far has a value in; what lies below a field that
    /// takes all of it counts for all of its columns.
    pub fn present(&mut self, columns: &mut [bool]) {
        self.state.get_mut().present(columns);
    }

    /// What a document fulfils that was read in another way.
    pub fn matcher(&mut self) -> &mut Matcher<'a> {
        &mut self.state.get_mut().matcher
    }
}
