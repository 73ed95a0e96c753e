//! Documents as the index sees them: typed values by column.
//!
//! [`Ingest`] turns an event's JSON into rows of typed cells, as Elasticsearch's
//! document parser would under a [`Schema`]: the root row, and one row for each
//! object of a `nested` field (docs/semantics.md, "Documents become values").
//! Only the columns that somebody asks for are filled.

pub mod refuse;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use crate::column::{Column, Kind};
use crate::event::Event;
use crate::schema::{Field, FieldType, Schema};
use crate::value::{self, DateFormat, Scale};
use harness_text::analysis::{Normalizer, Token};

/// Columns by number: the order of first mention.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    list: Vec<Column>,
    ids: HashMap<Column, ColumnId>,
}

/// The number of a column in its [`Columns`].
pub type ColumnId = usize;

impl Columns {
    /// The number of `column`, given on first sight.
    pub fn intern(&mut self, column: &Column) -> ColumnId {
        if let Some(id) = self.ids.get(column) {
            return *id;
        }
        let id = self.list.len();
        self.list.push(column.clone());
        self.ids.insert(column.clone(), id);
        id
    }

    /// The number of a known column.
    pub fn id(&self, column: &Column) -> Option<ColumnId> {
        self.ids.get(column).copied()
    }

    /// All columns, by number.
    pub fn list(&self) -> &[Column] {
        &self.list
    }
}

/// One event as rows: the root first, then its nested objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Never empty; parents come before their children.
    pub rows: Vec<Row>,
}

/// The root of a document, or one object of a nested field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// The nested field; `None` at the root.
    pub path: Option<Arc<str>>,
    /// Position of the row around it in [`Document::rows`]; 0 at the root.
    pub parent: usize,
    /// Values by column, each column once, in ascending order.
    pub cells: Vec<(ColumnId, Cell)>,
}

impl Row {
    /// The values of a column.
    pub fn cell(&self, column: ColumnId) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&column, |(id, _)| *id).ok()?;
        Some(&self.cells[at].1)
    }
}

/// The values of one column in one row; never empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Of [`Kind::Keyword`].
    Keyword(Vec<String>),
    /// Of [`Kind::Text`]: the tokens of each value.
    Text(Vec<Vec<Token>>),
    /// Of [`Kind::Long`].
    Long(Vec<i64>),
    /// Of [`Kind::Double`].
    Double(Vec<f64>),
    /// Of [`Kind::Ip`].
    Ip(Vec<u128>),
}

/// A value that does not fit its field: it is skipped, as under
/// `ignore_malformed`, and reported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` cannot hold {value}: {reason}")]
pub struct Malformed {
    /// The field.
    pub field: Arc<str>,
    /// The value, as JSON.
    pub value: String,
    /// Why it does not fit.
    pub reason: String,
}

/// A wanted field with all that its values need.
#[derive(Debug)]
pub struct Target {
    field: Arc<Field>,
    column: ColumnId,
    date: Option<DateFormat>,
}

impl Target {
    /// The column that it fills.
    pub fn column(&self) -> ColumnId {
        self.column
    }

    /// Where whole strings are kept as they are: the longest that is kept, and what is
    /// done to them before.
    pub fn strings(&self) -> Option<(Option<usize>, Normalizer)> {
        match self.field.ty {
            FieldType::Keyword { ignore_above, normalizer } => Some((ignore_above, normalizer)),
            FieldType::Wildcard { ignore_above } => Some((ignore_above, Normalizer::None)),
            _ => None,
        }
    }

    /// The cell of one scalar; `None` where the field does not index it, or cannot.
    pub fn cell(&self, leaf: &Value) -> Option<Cell> {
        let leaf = match (leaf, &self.field.null_value) {
            (Value::Null, None) => return None,
            (Value::Null, Some(text)) => &Value::String(text.to_string()),
            (leaf, _) => leaf,
        };
        typed(leaf, self).ok().flatten()
    }

    /// Whether an object may be one value of it.
    fn takes_objects(&self) -> bool {
        matches!(self.field.ty, FieldType::Range { .. } | FieldType::Geometry(_))
    }
}

/// A place in documents from which columns are filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Scalars of that path.
    Scalars(Arc<str>),
    /// All that lies at or below that path.
    Whole(Arc<str>),
    /// The objects of a nested field, which are rows of their own.
    Objects(Arc<str>),
}

/// Turns events into documents under one schema.
#[derive(Debug)]
pub struct Ingest {
    /// Wanted fields by the path that their values come from.
    targets: HashMap<Arc<str>, Vec<Target>>,
    /// Nested fields above wanted fields.
    nested: BTreeSet<Arc<str>>,
    /// Wanted `flattened` roots: they take every leaf below.
    flattened: Vec<Arc<str>>,
    /// Wanted keys of such roots: they take every leaf below with its key.
    keyed: Vec<(Arc<str>, Target)>,
    /// Columns with one value for all documents.
    constants: Vec<(ColumnId, String)>,
    /// Fields whose value may be read off the index name.
    from_index: Vec<(ColumnId, Arc<str>)>,
}

impl Ingest {
    /// Prepares to fill the columns of `fields`.
    pub fn new(schema: &Schema, fields: &[Arc<Field>], columns: &mut Columns) -> Self {
        let mut ingest = Self {
            targets: HashMap::new(),
            nested: BTreeSet::new(),
            flattened: Vec::new(),
            keyed: Vec::new(),
            constants: Vec::new(),
            from_index: Vec::new(),
        };
        for field in fields {
            let Some(column) = field.column() else { continue };
            let column = columns.intern(&column);
            let mut around = field.nested.clone();
            while let Some(path) = around {
                around = schema.nested_around(&path);
                ingest.nested.insert(path);
            }
            if ingest
                .targets
                .get(&field.source)
                .is_some_and(|targets| targets.iter().any(|target| target.column == column))
            {
                continue;
            }
            let date = match &field.ty {
                FieldType::Date { format, resolution } => {
                    DateFormat::parse(format).ok().map(|format| format.with(*resolution))
                }
                FieldType::Range { format, .. } => DateFormat::parse(format).ok(),
                FieldType::Flattened { .. } => {
                    ingest.flattened.push(field.name.clone());
                    None
                }
                FieldType::ConstantKeyword { value: Some(value) } => {
                    ingest.constants.push((column, value.clone()));
                    continue;
                }
                _ => None,
            };
            if let Some(root) = schema.keyed_root(&field.name) {
                let target = Target { field: field.clone(), column, date };
                ingest.keyed.push((root.into(), target));
                continue;
            }
            if IndexPart::of(&field.name).is_some() {
                ingest.from_index.push((column, field.name.clone()));
            }
            // An event may state a multi-field by its own name, as exports do.
            let mut paths = BTreeSet::from([&field.source, &field.name]);
            paths.extend(schema.copied_to(&field.source));
            for path in paths {
                let target = Target { field: field.clone(), column, date: date.clone() };
                ingest.targets.entry(path.clone()).or_default().push(target);
            }
        }
        ingest
    }

    /// The typed document of an event; `malformed` takes the values that do not fit.
    pub fn document(&self, event: &Event, malformed: &mut Vec<Malformed>) -> Document {
        let mut filler = Filler { ingest: self, rows: vec![RowBuilder::default()], malformed };
        let mut path = String::new();
        filler.meta("_id", Some(&event.id));
        filler.meta("_index", event.index.as_ref());
        filler.value(&event.source, &mut path, 0);
        let rows = &mut filler.rows;
        for (column, value) in &self.constants {
            rows[0].cells.insert(*column, Cell::Keyword(vec![value.clone()]));
        }
        for (column, field) in &self.from_index {
            let stated = event.index.as_deref().filter(|_| event.index_stated);
            let part = stated.zip(IndexPart::of(field));
            if let Some(value) = part.and_then(|(index, part)| part.read(index)) {
                rows[0].cells.entry(*column).or_insert_with(|| Cell::Keyword(vec![value]));
            }
        }
        Document { rows: filler.rows.into_iter().map(RowBuilder::finish).collect() }
    }
}

/// What whoever reads documents without [`Event`]s has to know.
impl Ingest {
    /// All places from which columns are filled, and those of the objects that are rows.
    pub fn places(&self) -> Vec<Place> {
        let roots = self.flattened.iter().chain(self.keyed.iter().map(|(root, _)| root));
        let whole: BTreeSet<&Arc<str>> = roots.collect();
        let mut places: Vec<Place> =
            whole.iter().map(|root| Place::Whole((*root).clone())).collect();
        let mut all: Vec<(&Arc<str>, &Vec<Target>)> = self.targets.iter().collect();
        all.sort_unstable_by_key(|(path, _)| *path);
        for (path, targets) in all {
            if targets.iter().any(Target::takes_objects) {
                places.push(Place::Whole(path.clone()));
            } else if !whole.contains(path) {
                places.push(Place::Scalars(path.clone()));
            }
        }
        places.extend(self.nested.iter().map(|path| Place::Objects(path.clone())));
        places
    }

    /// The fields that a scalar of a path fills.
    pub fn targets(&self, path: &str) -> &[Target] {
        self.targets.get(path).map_or(&[], Vec::as_slice)
    }

    /// The paths from which some columns are filled.
    pub fn sources(&self, columns: &BTreeSet<ColumnId>) -> BTreeSet<Arc<str>> {
        let own = |targets: &[Target]| targets.iter().any(|it| columns.contains(&it.column));
        let plain = self.targets.iter().filter(|(_, targets)| own(targets));
        let keyed = self.keyed.iter().filter(|(_, target)| columns.contains(&target.column));
        plain.map(|(path, _)| path).chain(keyed.map(|(root, _)| root)).cloned().collect()
    }

    /// The document of scalars, each with its path, of an event without an id and an index
    /// of its own.
    pub fn gathered<'p>(&self, scalars: impl IntoIterator<Item = (&'p str, Value)>) -> Document {
        let rows = vec![RowBuilder::default()];
        let mut filler = Filler { ingest: self, rows, malformed: &mut Vec::new() };
        scalars.into_iter().for_each(|(path, value)| filler.leaf(&value, path, 0));
        let rows = &mut filler.rows;
        for (column, cell) in self.constants() {
            rows[0].cells.insert(column, cell);
        }
        Document { rows: filler.rows.into_iter().map(RowBuilder::finish).collect() }
    }

    /// The cells of the root row that a value at a path fills.
    pub fn cells(&self, path: &str, value: &Value) -> Vec<(ColumnId, Cell)> {
        let rows = vec![RowBuilder::default()];
        let mut filler = Filler { ingest: self, rows, malformed: &mut Vec::new() };
        filler.value(value, &mut path.to_owned(), 0);
        filler.rows.swap_remove(0).cells.into_iter().collect()
    }

    /// The cells that every document has.
    pub fn constants(&self) -> Vec<(ColumnId, Cell)> {
        let constant =
            |(column, value): &(ColumnId, String)| (*column, Cell::Keyword(vec![value.clone()]));
        self.constants.iter().map(constant).collect()
    }

    /// The cells that a stated index fills where a document has none.
    pub fn of_index(&self, index: &str) -> Vec<(ColumnId, Option<Cell>)> {
        let read = |(column, field): &(ColumnId, Arc<str>)| {
            let value = IndexPart::of(field).and_then(|part| part.read(index));
            (*column, value.map(|value| Cell::Keyword(vec![value])))
        };
        self.from_index.iter().map(read).collect()
    }
}

/// The same fields with every text a keyword: their values are the texts as they
/// stand in an event, in rows as those of the fields themselves.
pub fn verbatim(fields: &[Arc<Field>]) -> Vec<Arc<Field>> {
    let untouched = |field: &Arc<Field>| match field.ty.kind() {
        Some(Kind::Text) => {
            let ty = FieldType::Wildcard { ignore_above: None };
            Arc::new(Field { ty, ..Field::clone(field) })
        }
        Some(Kind::Keyword | Kind::Long | Kind::Double | Kind::Ip | Kind::Absent) | None => {
            field.clone()
        }
    };
    fields.iter().map(untouched).collect()
}

/// The event, with those of the fields that its stated index name stands in for
/// (docs/semantics.md, "Constant fields") that are read.
pub fn with_stated_fields<'e>(event: &'e Event, reads: &dyn Fn(&str) -> bool) -> Cow<'e, Event> {
    let mut stated = Cow::Borrowed(event);
    let Some(index) = event.index.as_deref().filter(|_| event.index_stated) else { return stated };
    for (field, part) in IndexPart::FIELDS {
        if !reads(field) || event.first(field).is_some() {
            continue;
        }
        if let Some(value) = part.read(index)
            && let Value::Object(source) = Arc::make_mut(&mut stated.to_mut().source)
        {
            source.insert(field.to_owned(), Value::String(value));
        }
    }
    stated
}

/// What a data stream's name says about its documents.
#[derive(Clone, Copy)]
enum IndexPart {
    Type,
    Dataset,
    Namespace,
    Module,
}

impl IndexPart {
    /// The fields that an index name may state.
    const FIELDS: [(&str, Self); 5] = [
        ("data_stream.type", Self::Type),
        ("data_stream.dataset", Self::Dataset),
        ("event.dataset", Self::Dataset),
        ("data_stream.namespace", Self::Namespace),
        ("event.module", Self::Module),
    ];

    /// The part that stands in for a missing field (docs/semantics.md, "Constant fields").
    fn of(field: &str) -> Option<Self> {
        Self::FIELDS.iter().find(|(name, _)| *name == field).map(|(_, part)| *part)
    }

    fn read(self, index: &str) -> Option<String> {
        let mut parts = index.splitn(3, '-');
        let (kind, dataset, namespace) = (parts.next()?, parts.next()?, parts.next()?);
        if !matches!(kind, "logs" | "metrics" | "traces" | "synthetics") {
            return None;
        }
        let part = match self {
            Self::Type => kind,
            Self::Dataset => dataset,
            Self::Namespace => namespace,
            Self::Module => dataset.split('.').next()?,
        };
        Some(part.to_owned())
    }
}

#[derive(Default)]
struct RowBuilder {
    path: Option<Arc<str>>,
    parent: usize,
    cells: BTreeMap<ColumnId, Cell>,
}

impl RowBuilder {
    fn finish(self) -> Row {
        Row { path: self.path, parent: self.parent, cells: self.cells.into_iter().collect() }
    }
}

struct Filler<'a> {
    ingest: &'a Ingest,
    rows: Vec<RowBuilder>,
    malformed: &'a mut Vec<Malformed>,
}

impl Filler<'_> {
    fn meta(&mut self, name: &str, value: Option<&String>) {
        if let Some((value, targets)) = value.zip(self.ingest.targets.get(name)) {
            for target in targets {
                push(&mut self.rows[0], target.column, Cell::Keyword(vec![value.clone()]));
            }
        }
    }

    fn value(&mut self, value: &Value, path: &mut String, row: usize) {
        match value {
            Value::Array(values) => {
                for value in values {
                    self.value(value, path, row);
                }
            }
            Value::Object(_) if self.whole(value, path, row) => {}
            Value::Object(map) => {
                let row = match self.ingest.nested.get(path.as_str()) {
                    Some(nested) => self.nested_row(nested.clone(), row),
                    None => row,
                };
                let length = path.len();
                for (key, value) in map {
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(key);
                    self.value(value, path, row);
                    path.truncate(length);
                }
            }
            leaf => self.leaf(leaf, path, row),
        }
    }

    /// Points and ranges are objects that are one value; whether this is one.
    fn whole(&mut self, value: &Value, path: &str, row: usize) -> bool {
        let Some(targets) = self.ingest.targets.get(path) else { return false };
        let mut any = false;
        for target in targets.iter().filter(|target| target.takes_objects()) {
            self.cell(value, target, row);
            any = true;
        }
        any
    }

    fn nested_row(&mut self, path: Arc<str>, parent: usize) -> usize {
        self.rows.push(RowBuilder { path: Some(path), parent, cells: BTreeMap::new() });
        self.rows.len() - 1
    }

    fn leaf(&mut self, leaf: &Value, path: &str, row: usize) {
        if let Some(targets) = self.ingest.targets.get(path) {
            for target in targets {
                self.cell(leaf, target, row);
            }
        }
        for root in &self.ingest.flattened {
            let below = path.strip_prefix(&**root).is_some_and(|rest| rest.starts_with('.'));
            if let Some(targets) = self.ingest.targets.get(root).filter(|_| below) {
                for target in targets {
                    self.cell(leaf, target, row);
                }
            }
        }
        for (root, target) in &self.ingest.keyed {
            let key = path.strip_prefix(&**root).and_then(|rest| rest.strip_prefix('.'));
            if let Some((key, text)) = key.zip(value::keyword_text(leaf)) {
                let keyed = Value::String(format!("{key}\0{text}"));
                self.cell(&keyed, target, row);
            }
        }
    }

    fn cell(&mut self, leaf: &Value, target: &Target, row: usize) {
        let replaced;
        let leaf = match (leaf, &target.field.null_value) {
            (Value::Null, None) => return,
            (Value::Null, Some(text)) => {
                replaced = Value::String(text.to_string());
                &replaced
            }
            (leaf, _) => leaf,
        };
        match typed(leaf, target) {
            Ok(Some(cell)) => push(&mut self.rows[row], target.column, cell),
            Ok(None) => {}
            Err(reason) => self.malformed.push(Malformed {
                field: target.field.name.clone(),
                value: leaf.to_string(),
                reason,
            }),
        }
    }
}

/// The cell of one scalar; `None` when the field does not index it.
fn typed(leaf: &Value, target: &Target) -> Result<Option<Cell>, String> {
    let text = || value::keyword_text(leaf).ok_or_else(|| "it is no scalar".to_owned());
    Ok(Some(match &target.field.ty {
        FieldType::Keyword { ignore_above, normalizer } => {
            return text().map(|text| keyword(&text, *ignore_above, *normalizer));
        }
        FieldType::Wildcard { ignore_above }
        | FieldType::Flattened { ignore_above }
        | FieldType::FlattenedKey { ignore_above, .. } => {
            return text().map(|text| keyword(&text, *ignore_above, Normalizer::None));
        }
        FieldType::ConstantKeyword { .. } | FieldType::Version => Cell::Keyword(vec![text()?]),
        FieldType::Text { .. } | FieldType::MatchOnlyText => {
            let tokens = target
                .field
                .ty
                .analyzer()
                .map(|analyzer| text().map(|text| analyzer.tokens(&text)));
            Cell::Text(vec![tokens.unwrap_or_else(|| Ok(Vec::new()))?])
        }
        FieldType::Integer(ty) => {
            Cell::Long(vec![value::long_from_json(leaf, *ty).map_err(|error| error.to_string())?])
        }
        FieldType::Float(ty) => Cell::Double(vec![
            value::double_from_json(leaf, *ty).map_err(|error| error.to_string())?,
        ]),
        FieldType::Boolean => {
            let value = value::boolean_from_json(leaf).map_err(|error| error.to_string())?;
            Cell::Long(vec![i64::from(value)])
        }
        FieldType::Date { .. } => match &target.date {
            Some(format) => {
                Cell::Long(vec![format.from_json(leaf).map_err(|error| error.to_string())?])
            }
            None => return Err("its date format is not supported".to_owned()),
        },
        FieldType::Ip => {
            let text = text()?;
            Cell::Ip(vec![value::parse_ip(&text).map_err(|error| error.to_string())?])
        }
        FieldType::Unsigned => Cell::Keyword(vec![Scale::Unsigned.from_json(leaf, None)?]),
        FieldType::Range { scale, .. } => {
            Cell::Keyword(vec![scale.from_json(leaf, target.date.as_ref())?])
        }
        FieldType::Geometry(_) => Cell::Keyword(vec![leaf.to_string()]),
        FieldType::Object | FieldType::Nested | FieldType::Other(_) | FieldType::Refused(_) => {
            return Ok(None);
        }
    }))
}

fn keyword(text: &str, ignore_above: Option<usize>, normalizer: Normalizer) -> Option<Cell> {
    let too_long = |limit| text.len() > limit && text.encode_utf16().count() > limit;
    if ignore_above.is_some_and(too_long) {
        return None;
    }
    Some(Cell::Keyword(vec![normalizer.apply(text).into_owned()]))
}

fn push(row: &mut RowBuilder, column: ColumnId, cell: Cell) {
    use std::collections::btree_map::Entry;
    match row.cells.entry(column) {
        Entry::Vacant(entry) => {
            entry.insert(cell);
        }
        Entry::Occupied(mut entry) => match (entry.get_mut(), cell) {
            (Cell::Keyword(old), Cell::Keyword(new)) => old.extend(new),
            (Cell::Text(old), Cell::Text(new)) => old.extend(new),
            (Cell::Long(old), Cell::Long(new)) => old.extend(new),
            (Cell::Double(old), Cell::Double(new)) => old.extend(new),
            (Cell::Ip(old), Cell::Ip(new)) => old.extend(new),
            // One column has one kind, so these pairs never meet.
            (
                Cell::Keyword(_) | Cell::Text(_) | Cell::Long(_) | Cell::Double(_) | Cell::Ip(_),
                _,
            ) => {}
        },
    }
}

impl Cell {
    /// How its values are stored.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Keyword(_) => Kind::Keyword,
            Self::Text(_) => Kind::Text,
            Self::Long(_) => Kind::Long,
            Self::Double(_) => Kind::Double,
            Self::Ip(_) => Kind::Ip,
        }
    }
}
