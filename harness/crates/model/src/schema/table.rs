//! The embedded table: types of ECS fields and of Elastic integrations' fields.
//!
//! The table is text, made by `harness/examples/schema_table.rs`, and is
//! searched as it is: start-up costs one scan for the blocks, a lookup one binary search.
//!
//! # Format
//!
//! Names are in byte order. A line `=NAME CODE` opens a block; each line
//! `SHARED REST CODE` after it has the first SHARED bytes of the name above,
//! then REST. CODE is a type: a letter (or `?` and Elasticsearch's name of a
//! type that is not queried), then for strings a limit (`ignore_above`; `-` is
//! a keyword without one, nothing one of 1024), then `~` for a lowercase
//! normalizer, then `+` for a multi-field of the name less its last segment.
//!
//! `open.txt` has names with `*` in place of keys that an integration leaves
//! open, a line `NAME CODE` each; the code of an object says that nothing is
//! stated of the types below it.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::schema::{Access, Field, FieldType};
use crate::value::Resolution;
use crate::value::{DEFAULT_DATE_FORMAT, FloatType, IntegerType};
use harness_text::analysis::{Analyzer, Normalizer};

static FIELDS: &str = include_str!("table/fields.txt");

static OPEN: &str = include_str!("table/open.txt");

/// Where the blocks start.
static BLOCKS: LazyLock<Vec<usize>> =
    LazyLock::new(|| FIELDS.match_indices('=').map(|(start, _)| start).collect());

/// The `ignore_above` that Elastic sets on nearly every keyword.
const KEYWORD_LIMIT: usize = 1024;

/// Fields analyzed by a pattern of separators.
///
/// Elastic's Windows integration indexes script blocks so that hyphenated
/// command names stay one token and everything is lower-cased.
const PATTERN_TEXT: [(&str, &str); 1] = [("powershell.file.script_block_text", r"[\W&&[^-]]+")];

/// Fields that ECS keeps out of the index and out of doc values, but for those
/// below [`SOURCE_ONLY_BELOW`].
const SOURCE_ONLY: [&str; 2] = ["event.original", "gen_ai.agent.description"];

/// The same, wherever ECS reuses it.
const SOURCE_ONLY_BELOW: &str = "x509.public_key_exponent";

/// The `scaled_float` factor: what ECS sets, and the default of Elastic's packages.
const SCALE: f64 = 1000.0;

static DATE_FORMAT: LazyLock<Arc<str>> = LazyLock::new(|| DEFAULT_DATE_FORMAT.into());

/// What the table says about one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its full dotted name.
    pub name: String,
    /// Its type.
    pub ty: FieldType,
    /// Whether it is indexed from the values of its parent, see [`Entry::multi_field_of`].
    is_multi_field: bool,
}

impl Entry {
    fn new(name: String, code: &str) -> Option<Self> {
        let (code, is_multi_field) = flag(code, '+');
        let ty = decode(&name, code)?;
        Some(Self { name, ty, is_multi_field })
    }

    /// The field whose values a multi-field takes; `None` for other fields.
    pub fn multi_field_of(&self) -> Option<&str> {
        let (parent, _) = self.name.rsplit_once('.')?;
        self.is_multi_field.then_some(parent)
    }
}

/// The field of exactly this name.
pub fn field(name: &str) -> Option<Entry> {
    let mut lines = Lines::at_block_of(name);
    while let Some(code) = lines.advance() {
        match lines.name.as_str().cmp(name) {
            Ordering::Less => {}
            Ordering::Equal => return Entry::new(lines.name, code),
            Ordering::Greater => break,
        }
    }
    by_pattern(name)
}

/// How many names are remembered; a project has fewer.
const MAX_KNOWN: usize = 50_000;

/// The same as a field of a schema. What was looked up is remembered: the rules of a
/// project and their mutants ask for the same names again and again.
pub(super) fn known(name: &str) -> Option<Field> {
    static KNOWN: LazyLock<RwLock<FxHashMap<Box<str>, Option<Field>>>> =
        LazyLock::new(RwLock::default);
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return known.clone();
    }
    let found = field(name).map(Field::from);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() < MAX_KNOWN {
        known.insert(name.into(), found.clone());
    }
    found
}

/// Where queries find the values of a field of the table.
pub fn access(name: &str) -> Access {
    let reused = name.strip_suffix(SOURCE_ONLY_BELOW);
    let reused = reused.is_some_and(|object| object.is_empty() || object.ends_with('.'));
    if reused || SOURCE_ONLY.contains(&name) { Access::Source } else { Access::Full }
}

/// Objects whose integration maps whatever lies below them as keywords.
const KEYWORDS_BELOW: [&str; 1] = ["o365.audit.ModifiedProperties."];

fn by_pattern(name: &str) -> Option<Entry> {
    if KEYWORDS_BELOW.iter().any(|prefix| name.starts_with(prefix)) {
        return Entry::new(name.to_owned(), "k");
    }
    let stated = TYPED.iter().find(|(pattern, _)| {
        fits(pattern, name) && pattern.split('.').count() == name.split('.').count()
    });
    stated.and_then(|(_, code)| Entry::new(name.to_owned(), code))
}

/// The open names whose values have a type.
static TYPED: LazyLock<Vec<(&str, &str)>> =
    LazyLock::new(|| open().filter(|(_, code)| !matches!(*code, "o" | "F")).collect());

/// Whether an integration leaves open which keys there are where this name is.
pub fn is_open(name: &str) -> bool {
    open().any(|(pattern, _)| fits(pattern, name))
}

fn open() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPEN.lines().filter_map(|line| line.rsplit_once(' '))
}

/// Whether a name is one that a pattern stands for: a star is any part of a key,
/// at the end also keys below it.
fn fits(pattern: &str, name: &str) -> bool {
    let stated = pattern.split('*').next().unwrap_or_default();
    if !name.starts_with(stated) {
        return false;
    }
    let mut keys = name.split('.');
    for part in pattern.split('.') {
        let (start, end) = part.split_once('*').unwrap_or((part, ""));
        let whole = !part.contains('*');
        let takes = |key: &str| match key.strip_prefix(start) {
            Some(rest) => {
                if whole {
                    rest.is_empty()
                } else {
                    rest.ends_with(end)
                }
            }
            None => false,
        };
        if !keys.next().is_some_and(takes) {
            return false;
        }
    }
    pattern.ends_with(".*") || keys.next().is_none()
}

/// Fields that hold nested objects.
static NESTED: LazyLock<FxHashSet<String>> = LazyLock::new(|| {
    let lines = Lines { rest: FIELDS, name: String::new() };
    lines.filter(|(_, code)| *code == "n").map(|(name, _)| name).collect()
});

/// Whether there is a field of that name that holds nested objects.
pub fn is_nested(name: &str) -> bool {
    NESTED.contains(name)
}

/// All names, in byte order.
pub fn names() -> impl Iterator<Item = String> {
    Lines { rest: FIELDS, name: String::new() }.map(|(name, _)| name)
}

/// All fields whose names begin with `prefix`, in byte order.
pub fn below(prefix: &str) -> impl Iterator<Item = Entry> {
    from(prefix)
        .take_while(move |(name, _)| name.starts_with(prefix))
        .filter_map(|(name, code)| Entry::new(name, code))
}

/// The multi-fields of a field, in byte order.
pub fn multi_fields(parent: &str) -> Vec<Entry> {
    let prefix = format!("{parent}.");
    below(&prefix).filter(|entry| entry.multi_field_of() == Some(parent)).collect()
}

/// The lines from the first name that is not less than `name`.
fn from(name: &str) -> impl Iterator<Item = (String, &'static str)> {
    Lines::at_block_of(name).skip_while(move |(found, _)| found.as_str() < name)
}

/// Where the last block starts whose first name is not greater than `name`; zero if there is none.
fn block(name: &str) -> usize {
    let head = |start: usize| FIELDS[start + 1..].split(' ').next().unwrap_or_default();
    let after = BLOCKS.partition_point(|start| head(*start) <= name);
    after.checked_sub(1).map_or(0, |last| BLOCKS[last])
}

/// Names and codes, line by line.
struct Lines {
    rest: &'static str,
    name: String,
}

impl Lines {
    /// From the start of the block in which a name would be.
    fn at_block_of(name: &str) -> Self {
        Self { rest: &FIELDS[block(name)..], name: String::new() }
    }

    /// Takes the next name; its code.
    fn advance(&mut self) -> Option<&'static str> {
        let (line, rest) = self.rest.split_once('\n')?;
        self.rest = rest;
        let (head, code) = line.rsplit_once(' ')?;
        if let Some(name) = head.strip_prefix('=') {
            name.clone_into(&mut self.name);
        } else {
            let (shared, suffix) = head.split_once(' ')?;
            self.name.truncate(shared.parse().ok()?);
            self.name.push_str(suffix);
        }
        Some(code)
    }
}

impl Iterator for Lines {
    type Item = (String, &'static str);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.advance()?;
        Some((self.name.clone(), code))
    }
}

/// A code without a trailing flag, and whether it was there.
fn flag(code: &str, flag: char) -> (&str, bool) {
    code.strip_suffix(flag).map_or((code, false), |rest| (rest, true))
}

/// The type that a code without its multi-field flag stands for.
fn decode(name: &str, code: &str) -> Option<FieldType> {
    if let Some(other) = code.strip_prefix('?') {
        return Some(FieldType::special(other, DEFAULT_DATE_FORMAT));
    }
    let (code, lowercase) = flag(code, '~');
    let (letter, limit) = (code.get(..1)?, code.get(1..)?);
    let ignore_above = match (letter, limit) {
        ("k", "") => Some(KEYWORD_LIMIT),
        (_, "" | "-") => None,
        (_, limit) => Some(limit.parse().ok()?),
    };
    let normalizer = if lowercase { Normalizer::Lowercase } else { Normalizer::None };
    Some(match letter {
        "k" => FieldType::Keyword { ignore_above, normalizer },
        "c" => FieldType::ConstantKeyword { value: None },
        "w" => FieldType::Wildcard { ignore_above },
        "F" => FieldType::Flattened { ignore_above },
        "t" => FieldType::Text { analyzer: analyzer(name) },
        "m" => FieldType::MatchOnlyText,
        "l" => FieldType::Integer(IntegerType::Long),
        "i" => FieldType::Integer(IntegerType::Integer),
        "s" => FieldType::Integer(IntegerType::Short),
        "b" => FieldType::Integer(IntegerType::Byte),
        "d" => FieldType::Float(FloatType::Double),
        "f" => FieldType::Float(FloatType::Float),
        "h" => FieldType::Float(FloatType::Half),
        "x" => FieldType::Float(FloatType::Scaled(SCALE)),
        "B" => FieldType::Boolean,
        "D" => FieldType::Date { format: DATE_FORMAT.clone(), resolution: Resolution::Millis },
        "I" => FieldType::Ip,
        "v" => FieldType::Version,
        "o" => FieldType::Object,
        "n" => FieldType::Nested,
        _ => return None,
    })
}

fn analyzer(name: &str) -> Analyzer {
    let pattern = PATTERN_TEXT.iter().find(|(field, _)| *field == name);
    pattern
        .and_then(|(_, pattern)| Analyzer::pattern(pattern, true).ok())
        .unwrap_or(Analyzer::Standard)
}

#[cfg(test)]
mod tests;
