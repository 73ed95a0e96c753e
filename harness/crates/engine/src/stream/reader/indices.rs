//! Names of indices by number, and what each says about its documents.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::fold::Folding;
use super::super::layout::Layout;
use super::super::{Class, EMPTY, Matcher};
use harness_model::document::Cell;

/// The number of an index name; the first is that of no name.
pub type IndexId = usize;

/// The names so far.
#[derive(Debug)]
pub(super) struct Indices {
    names: Vec<Option<Arc<str>>>,
    numbers: HashMap<Arc<str>, IndexId, Folding>,
    /// By name, and by whether it is stated.
    classes: Vec<[Option<OfIndex>; 2]>,
}

/// The classes of an index name.
#[derive(Debug)]
pub(super) struct OfIndex {
    pub(super) name: Class,
    /// By column, where the document has no value of its own.
    pub(super) parts: Vec<Class>,
}

impl Default for Indices {
    fn default() -> Self {
        Self { names: vec![None], numbers: HashMap::default(), classes: vec![[None, None]] }
    }
}

impl Indices {
    /// The number of a name, given on first sight.
    pub(super) fn id(&mut self, name: Option<&str>) -> IndexId {
        let Some(name) = name else { return 0 };
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let (number, name) = (self.names.len(), Arc::<str>::from(name));
        self.names.push(Some(name.clone()));
        self.numbers.insert(name, number);
        self.classes.push([None, None]);
        number
    }

    /// The name of a number.
    pub(super) fn name(&self, index: IndexId) -> Option<&Arc<str>> {
        self.names.get(index)?.as_ref()
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Forgets what names come to, since classes are no longer valid.
    pub(super) fn forget_classes(&mut self) {
        self.classes.iter_mut().for_each(|own| *own = [None, None]);
    }

    /// What a name says, stated by the document or made from its data stream.
    pub(super) fn classes(
        &mut self,
        (index, is_stated): (IndexId, bool),
        layout: &Layout<'_>,
        matcher: &mut Matcher<'_>,
    ) -> &OfIndex {
        let name = self.names[index].as_deref();
        self.classes[index][usize::from(is_stated)]
            .get_or_insert_with(|| of_index(name, is_stated, layout, matcher))
    }
}

fn of_index(
    name: Option<&str>,
    is_stated: bool,
    layout: &Layout<'_>,
    matcher: &mut Matcher<'_>,
) -> OfIndex {
    if let Some(name) = name {
        for target in layout.ingest.targets("_index") {
            matcher.add(target.column(), &Cell::Keyword(vec![name.to_owned()]));
        }
    }
    let own = matcher.intern();
    let cells = name.filter(|_| is_stated).map(|name| layout.ingest.of_index(name));
    let parts = cells.unwrap_or_default().into_iter().map(|(column, cell)| match cell {
        Some(cell) => matcher.class(column, &cell),
        None => EMPTY,
    });
    OfIndex { name: own, parts: parts.collect() }
}

/// The bit of a column that the name of an index may stand in for.
pub(super) fn bit(at: usize) -> u8 {
    1_u8.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0)
}
