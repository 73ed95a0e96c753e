//! The parameters of a field: which are obeyed, which change no verdict, and
//! why the rest cannot be read.

use serde_json::{Map, Value};

/// Those that are read elsewhere, or change no verdict.
const KNOWN: &[&str] = &[
    "type",
    "fields",
    "properties",
    "ignore_above",
    "normalizer",
    "analyzer",
    "search_quote_analyzer",
    "value",
    "format",
    "null_value",
    "scaling_factor",
    "path",
    "index",
    "doc_values",
    "norms",
    "eager_global_ordinals",
    "ignore_malformed",
    "store",
    "meta",
    "time_series_dimension",
    "time_series_metric",
    "depth_limit",
    "split_queries_on_whitespace",
    "fielddata",
    "fielddata_frequency_filter",
    "boost",
    "similarity",
    "term_vector",
    "synthetic_source_keep",
    "dynamic",
    "enabled",
    "subobjects",
    "priority",
    "copy_to",
    "locale",
    "index_prefixes",
    "index_phrases",
];

/// Why a field cannot be read, where some of its parameters change verdicts in
/// ways that the harness does not follow.
pub(super) fn refusal(type_name: &str, definition: &Map<String, Value>) -> Option<String> {
    definition.iter().find_map(|(key, value)| {
        let refused = match key.as_str() {
            "search_analyzer" => definition.get("analyzer") != Some(value),
            "coerce" => !flag(definition, key, true),
            "include_in_parent" | "include_in_root" => flag(definition, key, false),
            "index_options" => {
                type_name == "text" && matches!(value.as_str(), Some("docs" | "freqs"))
            }
            "position_increment_gap" => value != &Value::from(100),
            "script" => return Some("its values are computed by a script".to_owned()),
            "on_script_error" => false,
            known if KNOWN.contains(&known) => false,
            other => return Some(format!("`{other}` is not a parameter that the harness knows")),
        };
        refused.then(|| format!("`{key}: {}` is not supported", plain(value)))
    })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A parameter that is `true` or `false`, as a word too.
pub(super) fn flag(definition: &Map<String, Value>, key: &str, default: bool) -> bool {
    match definition.get(key) {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
        Some(_) | None => default,
    }
}
