//! The part of JSON Schema that docs/schemas uses. A keyword outside of that
//! part is an error, so no rule of a schema goes unchecked; `.ci/browser` checks
//! real reports with a full validator as well.

use regex::Regex;
use serde_json::{Map, Value};

/// What is wrong with `value` by `schema`, with its place; empty when valid.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check { root: schema, faults: Vec::new() };
    check.value(schema, value, "$");
    check.faults
}

struct Check<'a> {
    root: &'a Value,
    faults: Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, value: &Value, place: &str) {
        for (keyword, rule) in schema.as_object().expect("a schema is an object") {
            if let Some(fault) = self.keyword(keyword, rule, schema, value, place) {
                self.faults.push(format!("{place}: {fault}"));
            }
        }
    }

    fn keyword(
        &mut self,
        keyword: &str,
        rule: &Value,
        schema: &Value,
        value: &Value,
        place: &str,
    ) -> Option<String> {
        let fault = |fine: bool| (!fine).then(|| format!("{value} breaks {keyword} {rule}"));
        match keyword {
            "$schema" | "$id" | "$defs" | "title" | "description" => None,
            "$ref" => {
                let name = rule.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
                let target = &self.root["$defs"][name.expect("a reference to a definition")];
                let target = target.clone();
                self.value(&target, value, place);
                None
            }
            "type" => fault(match rule {
                Value::Array(names) => names.iter().any(|name| is(name, value)),
                name => is(name, value),
            }),
            "const" => fault(rule == value),
            "enum" => fault(rule.as_array().expect("choices").contains(value)),
            "minimum" => fault(value.as_f64().is_none_or(|n| n >= rule.as_f64().expect("a bound"))),
            "maximum" => fault(value.as_f64().is_none_or(|n| n <= rule.as_f64().expect("a bound"))),
            "minItems" => {
                let least = rule.as_u64().expect("a count");
                fault(value.as_array().is_none_or(|items| items.len() as u64 >= least))
            }
            "pattern" => {
                let pattern = Regex::new(rule.as_str().expect("a pattern")).expect("a pattern");
                fault(value.as_str().is_none_or(|text| pattern.is_match(text)))
            }
            "anyOf" => {
                let choices = rule.as_array().expect("choices");
                let fits = |choice: &Value| {
                    let mut check = Check { root: self.root, faults: Vec::new() };
                    check.value(choice, value, place);
                    check.faults.is_empty()
                };
                fault(choices.iter().any(fits))
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(rule, item, &format!("{place}[{at}]"));
                }
                None
            }
            "required" => {
                let object = value.as_object()?;
                let keys = rule.as_array().expect("keys").iter().filter_map(Value::as_str);
                let missing: Vec<_> = keys.filter(|key| !object.contains_key(*key)).collect();
                (!missing.is_empty()).then(|| format!("lacks {}", missing.join(", ")))
            }
            "properties" => {
                let object = value.as_object()?;
                for (key, rule) in rule.as_object().expect("properties") {
                    if let Some(value) = object.get(key) {
                        self.value(rule, value, &format!("{place}.{key}"));
                    }
                }
                None
            }
            "additionalProperties" => {
                assert_eq!(*rule, Value::Bool(false), "only false is known");
                let none = Map::new();
                let known = schema["properties"].as_object().unwrap_or(&none);
                let odd: Vec<_> =
                    value.as_object()?.keys().filter(|key| !known.contains_key(*key)).collect();
                (!odd.is_empty()).then(|| format!("has unknown {odd:?}"))
            }
            _ => panic!("unknown keyword {keyword}"),
        }
    }
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().expect("the name of a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("unknown type {other}"),
    }
}
