//! Columns: typed values, any number per row.
//!
//! A row without values is null; one with several is a list. Strings are kept
//! once in a dictionary (which may hold duplicates) and referred to by code.

use std::ops::Range;
use std::sync::Arc;

use super::types::Type;
use super::value::{Amount, Point, Ref, Value};

/// Strings, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string of a code; `""` for a code that is none.
    pub fn get(&self, code: u32) -> &str {
        let index = code as usize;
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) };
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Adds a string and returns its code.
    pub fn push(&mut self, text: &str) -> u32 {
        self.text.push_str(text);
        self.ends.push(self.text.len());
        u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX)
    }
}

/// The values of a column, row after row.
#[derive(Clone, Debug)]
pub enum Data {
    /// None at all.
    Null,
    /// Booleans.
    Bool(Vec<bool>),
    /// Integers.
    Int(Vec<i32>),
    /// Longs and moments.
    Long(Vec<i64>),
    /// Unsigned longs.
    ULong(Vec<u64>),
    /// Doubles.
    Double(Vec<f64>),
    /// Strings.
    Str {
        /// The strings.
        dict: Arc<Strings>,
        /// Codes into it, one per value.
        codes: Vec<u32>,
    },
    /// Addresses.
    Ip(Vec<u128>),
    /// Points.
    Point(Vec<Point>),
    /// Amounts of time.
    Amount(Vec<Amount>),
}

impl Data {
    /// Room for values of a type.
    pub fn of(ty: Type) -> Self {
        match ty {
            Type::Null | Type::Unsupported => Self::Null,
            Type::Boolean => Self::Bool(Vec::new()),
            Type::Integer => Self::Int(Vec::new()),
            Type::Long | Type::Date | Type::DateNanos => Self::Long(Vec::new()),
            Type::UnsignedLong => Self::ULong(Vec::new()),
            Type::Double => Self::Double(Vec::new()),
            Type::Keyword | Type::Text | Type::Version | Type::Source => {
                Self::Str { dict: Arc::default(), codes: Vec::new() }
            }
            Type::Ip => Self::Ip(Vec::new()),
            Type::GeoPoint => Self::Point(Vec::new()),
            Type::Period | Type::Duration => Self::Amount(Vec::new()),
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Bool(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Long(values) => values.len(),
            Self::ULong(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Str { codes, .. } => codes.len(),
            Self::Ip(values) => values.len(),
            Self::Point(values) => values.len(),
            Self::Amount(values) => values.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of strings that no other column shares.
    pub fn fresh_text(&self) -> usize {
        match self {
            Self::Str { dict, .. } if Arc::strong_count(dict) == 1 => dict.text.len(),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Long(_)
            | Self::ULong(_)
            | Self::Double(_)
            | Self::Str { .. }
            | Self::Ip(_)
            | Self::Point(_)
            | Self::Amount(_) => 0,
        }
    }

    /// The value at an index.
    pub fn get(&self, index: usize) -> Option<Ref<'_>> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(values) => Ref::Bool(*values.get(index)?),
            Self::Int(values) => Ref::Int(*values.get(index)?),
            Self::Long(values) => Ref::Long(*values.get(index)?),
            Self::ULong(values) => Ref::ULong(*values.get(index)?),
            Self::Double(values) => Ref::Double(*values.get(index)?),
            Self::Str { dict, codes } => Ref::Str(dict.get(*codes.get(index)?)),
            Self::Ip(values) => Ref::Ip(*values.get(index)?),
            Self::Point(values) => Ref::Point(*values.get(index)?),
            Self::Amount(values) => Ref::Amount(*values.get(index)?),
        })
    }

    /// Adds a value; one of another kind is ignored.
    fn push(&mut self, value: Ref<'_>) {
        match (self, value) {
            (Self::Bool(values), Ref::Bool(value)) => values.push(value),
            (Self::Int(values), Ref::Int(value)) => values.push(value),
            (Self::Long(values), Ref::Long(value)) => values.push(value),
            (Self::Long(values), Ref::Int(value)) => values.push(value.into()),
            (Self::ULong(values), Ref::ULong(value)) => values.push(value),
            (Self::Double(values), value @ (Ref::Double(_) | Ref::Int(_) | Ref::Long(_))) => {
                values.push(value.double());
            }
            (Self::Str { dict, codes }, Ref::Str(value)) => {
                codes.push(Arc::make_mut(dict).push(value));
            }
            (Self::Ip(values), Ref::Ip(value)) => values.push(value),
            (Self::Point(values), Ref::Point(value)) => values.push(value),
            (Self::Amount(values), Ref::Amount(value)) => values.push(value),
            (this, value) => debug_assert!(false, "{value:?} does not fit {this:?}"),
        }
    }

    fn gather(&self, indices: impl Iterator<Item = usize>) -> Self {
        fn pick<T: Copy>(values: &[T], indices: impl Iterator<Item = usize>) -> Vec<T> {
            indices.map(|index| values[index]).collect()
        }
        match self {
            Self::Null => Self::Null,
            Self::Bool(values) => Self::Bool(pick(values, indices)),
            Self::Int(values) => Self::Int(pick(values, indices)),
            Self::Long(values) => Self::Long(pick(values, indices)),
            Self::ULong(values) => Self::ULong(pick(values, indices)),
            Self::Double(values) => Self::Double(pick(values, indices)),
            Self::Str { dict, codes } => {
                Self::Str { dict: dict.clone(), codes: pick(codes, indices) }
            }
            Self::Ip(values) => Self::Ip(pick(values, indices)),
            Self::Point(values) => Self::Point(pick(values, indices)),
            Self::Amount(values) => Self::Amount(pick(values, indices)),
        }
    }
}

/// How values belong to rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Every row has all values.
    Constant,
    /// Every row has one value.
    Flat,
    /// Row `i` has the values from `offsets[i]` up to `offsets[i + 1]`.
    Lists(Vec<u32>),
}

/// What one row of a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// One value.
    One(Ref<'a>),
    /// Several.
    Many,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The type of its values.
    pub ty: Type,
    /// The number of rows.
    pub len: usize,
    /// The values.
    pub data: Data,
    /// Which row has which values.
    pub layout: Layout,
}

impl Column {
    /// A column of nulls.
    pub fn null(ty: Type, len: usize) -> Self {
        Self { ty, len, data: Data::of(ty), layout: Layout::Constant }
    }

    /// A column with the same values in every row.
    pub fn constant(ty: Type, values: &[Value], len: usize) -> Self {
        let mut data = Data::of(ty);
        for value in values {
            data.push(value.as_ref());
        }
        Self { ty, len, data, layout: Layout::Constant }
    }

    /// A column of booleans, one per row.
    pub fn booleans(values: Vec<bool>) -> Self {
        Self {
            ty: Type::Boolean,
            len: values.len(),
            data: Data::Bool(values),
            layout: Layout::Flat,
        }
    }

    /// The column seen as another type that is stored alike.
    #[must_use]
    pub fn with_type(mut self, ty: Type) -> Self {
        self.ty = ty;
        self
    }

    /// The indices of a row's values.
    pub fn range(&self, row: usize) -> Range<usize> {
        match &self.layout {
            Layout::Constant => 0..self.data.len(),
            Layout::Flat => row..row + 1,
            Layout::Lists(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
        }
    }

    /// How many values a row has of its own: none where all rows share theirs.
    pub fn range_in_rows(&self, row: usize) -> usize {
        match &self.layout {
            Layout::Constant => 0,
            Layout::Flat | Layout::Lists(_) => self.range(row).len(),
        }
    }

    /// The value at an index of a row's range.
    ///
    /// # Panics
    ///
    /// At an index that lies in the range of no row.
    pub fn value(&self, index: usize) -> Ref<'_> {
        self.data.get(index).expect("ranges of a column lie within its data")
    }

    /// The values of a row.
    pub fn values(&self, row: usize) -> impl DoubleEndedIterator<Item = Ref<'_>> + Clone {
        self.range(row).map(|index| self.value(index))
    }

    /// What a row holds.
    pub fn cell(&self, row: usize) -> Cell<'_> {
        let range = self.range(row);
        match range.len() {
            0 => Cell::Null,
            1 => Cell::One(self.value(range.start)),
            _ => Cell::Many,
        }
    }

    /// The first value of a row.
    pub fn first(&self, row: usize) -> Option<Ref<'_>> {
        let range = self.range(row);
        (!range.is_empty()).then(|| self.value(range.start))
    }

    /// Whether every row has the same values, and at most one.
    pub fn is_single_constant(&self) -> bool {
        self.layout == Layout::Constant && self.data.len() <= 1
    }

    /// Whether some row may have more than one value.
    pub fn may_have_lists(&self) -> bool {
        match &self.layout {
            Layout::Constant => self.data.len() > 1,
            Layout::Flat => false,
            Layout::Lists(offsets) => offsets.windows(2).any(|pair| pair[1] - pair[0] > 1),
        }
    }

    /// The rows at these places.
    #[must_use]
    pub fn gather(&self, rows: &[u32]) -> Self {
        let len = rows.len();
        match &self.layout {
            Layout::Constant => Self { len, ..self.clone() },
            Layout::Flat => {
                let data = self.data.gather(rows.iter().map(|row| *row as usize));
                Self { ty: self.ty, len, data, layout: Layout::Flat }
            }
            Layout::Lists(offsets) => {
                let mut ends = Vec::with_capacity(len + 1);
                let mut end = 0_u32;
                ends.push(0);
                for row in rows {
                    end += offsets[*row as usize + 1] - offsets[*row as usize];
                    ends.push(end);
                }
                let indices = rows.iter().flat_map(|row| {
                    offsets[*row as usize] as usize..offsets[*row as usize + 1] as usize
                });
                let data = self.data.gather(indices);
                Self { ty: self.ty, len, data, layout: Layout::Lists(ends) }
            }
        }
    }
}

/// The place of a row that has no row of the source behind it.
pub const NO_ROW: u32 = u32::MAX;

impl Column {
    /// The rows at these places; null at [`NO_ROW`].
    #[must_use]
    pub fn gather_some(&self, rows: &[u32]) -> Self {
        if !rows.contains(&NO_ROW) {
            return self.gather(rows);
        }
        let mut builder = Builder::new(self.ty, rows.len());
        for row in rows {
            match *row {
                NO_ROW => builder.end_row(),
                row => builder.copy(self, row as usize),
            }
        }
        builder.finish()
    }
}

/// Builds a column row by row.
#[derive(Clone, Debug)]
pub struct Builder {
    ty: Type,
    data: Data,
    offsets: Vec<u32>,
    flat: bool,
}

impl Builder {
    /// An empty column.
    pub fn new(ty: Type, capacity: usize) -> Self {
        let mut offsets = Vec::with_capacity(capacity + 1);
        offsets.push(0);
        Self { ty, data: Data::of(ty), offsets, flat: true }
    }

    /// Adds a value to the row that is open.
    pub fn value(&mut self, value: Ref<'_>) {
        self.data.push(value);
    }

    /// Ends the row that is open.
    pub fn end_row(&mut self) {
        let end = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        self.flat &= self.offsets.last().is_some_and(|start| end == start + 1);
        self.offsets.push(end);
    }

    /// Adds a row with one value.
    pub fn one(&mut self, value: Ref<'_>) {
        self.value(value);
        self.end_row();
    }

    /// Adds a row with one value or none.
    pub fn optional(&mut self, value: Option<Ref<'_>>) {
        if let Some(value) = value {
            self.value(value);
        }
        self.end_row();
    }

    /// Adds a row with the values of a row of a column.
    pub fn copy(&mut self, column: &Column, row: usize) {
        for value in column.values(row) {
            self.value(value);
        }
        self.end_row();
    }

    /// How many values have been added.
    pub fn value_count(&self) -> usize {
        self.data.len()
    }

    /// How many bytes of strings have been added.
    pub fn text_len(&self) -> usize {
        self.data.fresh_text()
    }

    /// The column.
    pub fn finish(self) -> Column {
        let len = self.offsets.len() - 1;
        let layout = if self.flat { Layout::Flat } else { Layout::Lists(self.offsets) };
        Column { ty: self.ty, len, data: self.data, layout }
    }
}
