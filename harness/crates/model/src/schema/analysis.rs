//! The named analyzers and normalizers of index settings.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use harness_text::analysis::{Analyzer, Normalizer};

/// The named parts of `settings.analysis`, and why some cannot be run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Analysis {
    normalizers: BTreeMap<String, Result<Normalizer, String>>,
    analyzers: BTreeMap<String, Result<Analyzer, String>>,
}

impl Analysis {
    /// Reads index settings; what cannot be run matters where a field names it.
    pub(super) fn read(settings: &Value) -> Self {
        let root = settings.get("index").unwrap_or(settings);
        let parts = |kind: &str| {
            let entries = root.pointer(&format!("/analysis/{kind}")).and_then(Value::as_object);
            entries.into_iter().flatten()
        };
        Self {
            normalizers: parts("normalizer").map(|(n, d)| (n.clone(), normalizer(d))).collect(),
            analyzers: parts("analyzer").map(|(n, d)| (n.clone(), analyzer(d))).collect(),
        }
    }

    /// The normalizer that a field names.
    pub(super) fn normalizer(&self, field: &Map<String, Value>) -> Result<Normalizer, String> {
        let Some(name) = field.get("normalizer").and_then(Value::as_str) else {
            return Ok(Normalizer::None);
        };
        match self.normalizers.get(name) {
            Some(known) => known.clone().map_err(|why| format!("normalizer `{name}`: {why}")),
            None if name == "lowercase" => Ok(Normalizer::Lowercase),
            None => Err(format!("normalizer `{name}` is not defined in the settings")),
        }
    }

    /// The analyzer that a field names below `key`; the standard one by default.
    pub(super) fn analyzer(
        &self,
        field: &Map<String, Value>,
        key: &str,
    ) -> Result<Analyzer, String> {
        let Some(name) = field.get(key).and_then(Value::as_str) else {
            return Ok(Analyzer::Standard);
        };
        match self.analyzers.get(name) {
            Some(known) => known.clone().map_err(|why| format!("analyzer `{name}`: {why}")),
            None => Analyzer::by_name(name)
                .ok_or_else(|| format!("analyzer `{name}` is not defined in the settings")),
        }
    }
}

fn normalizer(definition: &Value) -> Result<Normalizer, String> {
    let filters = definition.get("filter").cloned().unwrap_or_default();
    let filters = match filters {
        Value::String(name) => vec![Value::String(name)],
        Value::Array(names) => names,
        _ => Vec::new(),
    };
    match filters.as_slice() {
        [] => Ok(Normalizer::None),
        [Value::String(name)] if name == "lowercase" => Ok(Normalizer::Lowercase),
        other => Err(format!("filters {} are not supported", Value::from(other.to_vec()))),
    }
}

fn analyzer(definition: &Value) -> Result<Analyzer, String> {
    match definition.get("type").and_then(Value::as_str) {
        Some("pattern") => {
            let pattern = definition.get("pattern").and_then(Value::as_str).unwrap_or("\\W+");
            let lowercase = definition.get("lowercase").and_then(Value::as_bool).unwrap_or(true);
            Analyzer::pattern(pattern, lowercase)
        }
        Some(name) => Analyzer::by_name(name)
            .ok_or_else(|| format!("analyzer type `{name}` is not supported")),
        None => Err("the analyzer has no type".to_owned()),
    }
}
