//! The documents that the suites query.

use std::collections::BTreeMap;

use crate::analysis::Normalizer;
use crate::esql::memory::{Mapped, MemoryField, MemorySource};
use crate::value::DateFormat;

/// Sources by the name of their index.
#[derive(Clone, Debug, Default)]
pub struct Datasets {
    sources: BTreeMap<String, MemorySource>,
    empty: MemorySource,
}

impl Datasets {
    /// The indices that the suites know.
    pub const INDICES: [&'static str; 2] = ["employees", "hosts"];

    /// Reads the documents of an index, one JSON object a line.
    ///
    /// # Errors
    ///
    /// An index that the suites do not know, or a line that is no JSON.
    pub fn add(&mut self, index: &str, ndjson: &str) -> Result<(), String> {
        let fields = match index {
            "employees" => employees()?,
            "hosts" => hosts(),
            other => return Err(format!("no mapping is known for the index `{other}`")),
        };
        let mut documents = Vec::new();
        for (number, line) in ndjson.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
        {
            let document = serde_json::from_str(line)
                .map_err(|error| format!("{index}, line {}: {error}", number + 1))?;
            documents.push(document);
        }
        let fields: Vec<_> =
            fields.into_iter().map(|(name, mapped)| MemoryField::new(name, mapped)).collect();
        self.sources.insert(index.to_owned(), MemorySource::new(index, &fields, &documents));
        Ok(())
    }

    /// The source of an index; the empty one for none.
    pub(super) fn source(&self, index: Option<&str>) -> Option<&MemorySource> {
        match index {
            None => Some(&self.empty),
            Some(index) => self.sources.get(index),
        }
    }
}

const KEYWORD: Mapped = Mapped::Keyword { ignore_above: None, normalizer: Normalizer::None };

fn employees() -> Result<Vec<(&'static str, Mapped)>, String> {
    let date = DateFormat::parse("strict_date_optional_time||epoch_millis")
        .map_err(|error| error.to_string())?;
    Ok(vec![
        ("avg_worked_seconds", Mapped::Long),
        ("birth_date", Mapped::Date(date.clone())),
        ("emp_no", Mapped::Integer),
        ("first_name", KEYWORD),
        ("gender", KEYWORD),
        ("height", Mapped::Double),
        ("height.float", Mapped::Float),
        ("height.half_float", Mapped::HalfFloat),
        ("height.scaled_float", Mapped::ScaledFloat(100.0)),
        ("hire_date", Mapped::Date(date)),
        ("is_rehired", Mapped::Boolean),
        ("job_positions", KEYWORD),
        ("languages", Mapped::Integer),
        ("languages.byte", Mapped::Integer),
        ("languages.long", Mapped::Long),
        ("languages.short", Mapped::Integer),
        ("last_name", KEYWORD),
        ("salary", Mapped::Integer),
        ("salary_change", Mapped::Double),
        ("salary_change.int", Mapped::Integer),
        ("salary_change.keyword", KEYWORD),
        ("salary_change.long", Mapped::Long),
        ("still_hired", Mapped::Boolean),
    ])
}

fn hosts() -> Vec<(&'static str, Mapped)> {
    vec![("card", KEYWORD), ("host", KEYWORD), ("ip0", Mapped::Ip), ("ip1", Mapped::Ip)]
}
