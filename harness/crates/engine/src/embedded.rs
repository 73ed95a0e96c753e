//! The embedded engine: documents in one tantivy segment, leaves as bitmaps.
//!
//! All documents of a run go into one segment, in order, so a row's number is
//! its document id there. Keywords, numbers and addresses are columns (FAST),
//! text is inverted. Each distinct leaf is evaluated once over all rows
//! ([`super::leaves`]); a predicate is Boolean algebra on the results.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use roaring::RoaringBitmap;
use tantivy::directory::RamDirectory;
use tantivy::schema::Schema;
use tantivy::store::Compressor;
use tantivy::{Index, IndexReader, IndexSettings, Searcher, TantivyDocument};

pub(super) use super::fields::Fields;
use super::fields::{add, fill, name};
use super::leaves::{ColumnLeaves, Source};
use super::rows::Rows;
use super::{Engine, EngineError};
use harness_model::document::{Columns, Document};
use harness_predicate::{Column, Leaf, Predicate, Test};

/// The most memory that the tables of the index begin with, in bytes; they grow.
const WRITER_MEMORY: usize = 64 << 20;
/// The least: small runs are many.
const LEAST_MEMORY: usize = 1 << 20;
/// What each document may add to it.
const MEMORY_OF_A_DOCUMENT: usize = 32 << 10;

/// An index over documents, and the answers that it gave.
pub struct Embedded<'a> {
    documents: &'a [Document],
    columns: &'a Columns,
    rows: Rows,
    fields: Vec<Fields>,
    searcher: Searcher,
    /// Terms too long for the index: row and term, by column.
    oversize: HashMap<usize, Vec<(u32, &'a str)>>,
    /// Answers by column and test.
    answers: Mutex<HashMap<Column, HashMap<Test, RoaringBitmap>>>,
}

impl<'a> Embedded<'a> {
    /// Indexes documents whose cells are numbered by `columns`.
    ///
    /// # Errors
    ///
    /// When tantivy fails or there are more rows than 32 bits count.
    pub fn new(documents: &'a [Document], columns: &'a Columns) -> Result<Self, EngineError> {
        let mut builder = Schema::builder();
        let fields: Vec<Fields> = columns
            .list()
            .iter()
            .enumerate()
            .map(|(n, column)| add(&mut builder, n, column))
            .collect();
        // Nothing is read from the store: the documents are at hand.
        let settings = IndexSettings {
            docstore_compression: Compressor::None,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let memory = documents.len().saturating_mul(MEMORY_OF_A_DOCUMENT);
        let memory = memory.clamp(LEAST_MEMORY, WRITER_MEMORY);
        let mut writer = Index::builder()
            .schema(builder.build())
            .settings(settings)
            .single_segment_index_writer(RamDirectory::create(), memory)?;
        let mut oversize: HashMap<usize, Vec<(u32, &str)>> = HashMap::new();
        for (number, row) in (0..).zip(documents.iter().flat_map(|document| &document.rows)) {
            let mut entry = TantivyDocument::default();
            for (column, cell) in &row.cells {
                for long in fill(&mut entry, fields[*column], cell) {
                    oversize.entry(*column).or_default().push((number, long));
                }
            }
            writer.add_document(entry)?;
        }
        let reader: IndexReader = writer.finalize()?.reader()?;
        Ok(Self {
            documents,
            columns,
            rows: Rows::new(documents)?,
            fields,
            searcher: reader.searcher(),
            oversize,
            answers: Mutex::default(),
        })
    }

    /// The documents whose root row passes each leaf; nested rows are left out.
    ///
    /// # Errors
    ///
    /// As [`Engine::select`].
    pub fn leaves(&self, leaves: &[&Leaf]) -> Result<Vec<RoaringBitmap>, EngineError> {
        self.answer(leaves.iter().copied())?;
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = leaves.iter().map(|leaf| self.leaf(leaf, &self.rows.roots, &answers));
        Ok(rows.map(|rows| self.rows.documents(&rows)).collect())
    }

    /// Evaluates the leaves that have no answer yet, column by column.
    fn answer<'b>(&self, leaves: impl Iterator<Item = &'b Leaf>) -> Result<(), EngineError> {
        let mut open: HashMap<&Column, Vec<&Test>> = HashMap::new();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut asked = std::collections::HashSet::new();
            for leaf in leaves.filter(|leaf| !matches!(leaf.test, Test::Script(_))) {
                let known =
                    answers.get(&leaf.column).is_some_and(|tests| tests.contains_key(&leaf.test));
                if !known && asked.insert((&leaf.column, &leaf.test)) {
                    open.entry(&leaf.column).or_default().push(&leaf.test);
                }
            }
        }
        let fresh: Vec<(&Column, Vec<&Test>)> = open.into_iter().collect();
        let results: Result<Vec<_>, EngineError> = fresh
            .into_par_iter()
            .map(|(column, tests)| {
                let bitmaps = self.column(column, &tests)?;
                Ok((column, tests.into_iter().cloned().zip(bitmaps).collect::<Vec<_>>()))
            })
            .collect();
        for (column, tests) in results? {
            answers.entry(column.clone()).or_default().extend(tests);
        }
        Ok(())
    }

    fn column(&self, column: &Column, tests: &[&Test]) -> Result<Vec<RoaringBitmap>, EngineError> {
        let (Some(id), Some(segment)) =
            (self.columns.id(column), self.searcher.segment_readers().first())
        else {
            return Ok(vec![RoaringBitmap::new(); tests.len()]);
        };
        let empty = Vec::new();
        let source = Source {
            documents: self.documents,
            rows: &self.rows,
            id,
            name: name(id),
            fields: self.fields[id],
            segment,
            searcher: &self.searcher,
            oversize: self.oversize.get(&id).unwrap_or(&empty),
        };
        ColumnLeaves { source, tests }.evaluate(column.kind)
    }

    /// The rows of `universe` that fulfil a predicate.
    fn fulfil(
        &self,
        predicate: &Predicate,
        universe: &RoaringBitmap,
        answers: &HashMap<Column, HashMap<Test, RoaringBitmap>>,
    ) -> RoaringBitmap {
        match predicate {
            Predicate::Const(true) => universe.clone(),
            Predicate::Const(false) => RoaringBitmap::new(),
            Predicate::Leaf(leaf) => self.leaf(leaf, universe, answers),
            Predicate::Not(inner) => universe - self.fulfil(inner, universe, answers),
            Predicate::And(parts) => {
                let mut left = universe.clone();
                // Scripts see only what all else has left over.
                let (scripts, indexed): (Vec<_>, Vec<_>) =
                    parts.iter().partition(|part| has_script(part));
                for part in indexed.into_iter().chain(scripts) {
                    if left.is_empty() {
                        break;
                    }
                    left = self.fulfil(part, &left, answers);
                }
                left
            }
            Predicate::Or(parts) => {
                let mut any = RoaringBitmap::new();
                for part in parts {
                    any |= self.fulfil(part, universe, answers);
                }
                any
            }
            Predicate::AtLeast { count, of } => self.at_least(*count, of, universe, answers),
            Predicate::Nested { path, inner } => {
                let objects = self.fulfil(inner, &self.rows.of(path), answers);
                self.rows.around(&objects, universe)
            }
        }
    }

    /// The rows of `universe` that pass a leaf.
    fn leaf(
        &self,
        leaf: &Leaf,
        universe: &RoaringBitmap,
        answers: &HashMap<Column, HashMap<Test, RoaringBitmap>>,
    ) -> RoaringBitmap {
        let Test::Script(script) = &leaf.test else { return lookup(answers, leaf) & universe };
        let holds = |row: &u32| {
            let (document, position) = self.rows.position(*row);
            let row = &self.documents[document].rows[position];
            script.holds(&|column| self.columns.id(column).and_then(|id| row.cell(id)))
        };
        universe.iter().filter(holds).collect()
    }

    fn at_least(
        &self,
        count: usize,
        of: &[Predicate],
        universe: &RoaringBitmap,
        answers: &HashMap<Column, HashMap<Test, RoaringBitmap>>,
    ) -> RoaringBitmap {
        // reached[n]: rows that fulfil at least n of the parts seen so far.
        let mut reached = vec![RoaringBitmap::new(); count + 1];
        reached[0].clone_from(universe);
        for part in of {
            let rows = self.fulfil(part, universe, answers);
            for n in (1..=count).rev() {
                let more = &reached[n - 1] & &rows;
                reached[n] |= more;
            }
        }
        reached.swap_remove(count)
    }
}

impl Engine for Embedded<'_> {
    fn select(&self, predicates: &[&Predicate]) -> Result<Vec<RoaringBitmap>, EngineError> {
        let mut leaves = Vec::new();
        for predicate in predicates {
            predicate.leaves(&mut |leaf| leaves.push(leaf));
        }
        self.answer(leaves.into_iter())?;
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = &*answers;
        Ok(predicates
            .par_iter()
            .map(|predicate| {
                let roots = self.fulfil(predicate, &self.rows.roots, answers);
                self.rows.documents(&roots)
            })
            .collect())
    }

    fn rows(&self, leaves: &[(&Leaf, Range<u32>)]) -> Result<Vec<Vec<u32>>, EngineError> {
        self.answer(leaves.iter().map(|(leaf, _)| *leaf))?;
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = &*answers;
        let rows = leaves.par_iter().map(|(leaf, documents)| {
            let range = self.rows.of_documents(documents);
            let local = |row: u32| row - range.start;
            if let Test::Script(_) = leaf.test {
                let mut universe = RoaringBitmap::new();
                universe.insert_range(range.clone());
                return self.leaf(leaf, &universe, answers).iter().map(local).collect();
            }
            lookup(answers, leaf).range(range.clone()).map(local).collect()
        });
        Ok(rows.collect())
    }
}

/// Whether some leaf is a script.
fn has_script(predicate: &Predicate) -> bool {
    let mut found = false;
    predicate.leaves(&mut |leaf| found |= matches!(leaf.test, Test::Script(_)));
    found
}

/// The answer to a leaf; empty for a column that no document has.
fn lookup<'a>(
    answers: &'a HashMap<Column, HashMap<Test, RoaringBitmap>>,
    leaf: &Leaf,
) -> &'a RoaringBitmap {
    static EMPTY: std::sync::LazyLock<RoaringBitmap> = std::sync::LazyLock::new(RoaringBitmap::new);
    answers.get(&leaf.column).and_then(|tests| tests.get(&leaf.test)).unwrap_or(&EMPTY)
}
