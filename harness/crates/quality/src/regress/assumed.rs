//! Fields that nothing knows, with the types that their first values would give them.
//!
//! A condition on a field without a type is never true, and two such conditions would be
//! proved to be the same.

use std::collections::BTreeMap;

use harness_model::schema::{Schema, table};
use harness_rule::model::Rule;
use harness_runner::run::home;
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;
use serde_json::Value;

use super::conditions::Version;
use crate::moment::NOW;
use crate::synthesis::unknown;

/// How many fields stand for a pattern of names.
const MAX_OF_PATTERN: usize = 12;

/// A schema that knows all fields of two versions under this one; `None` where it does. What is
/// assumed is noted.
pub(super) fn schema(
    versions: &[Result<Version<'_>, String>; 2],
    new: &Rule,
    schema: &Schema,
    notes: &mut Vec<String>,
) -> Option<Schema> {
    let mut absent: BTreeMap<String, Value> = BTreeMap::new();
    for version in versions.iter().flatten() {
        unknown::of_filters(&version.plan, &mut |name, test| {
            for name in named(name) {
                absent.entry(name).or_insert_with(|| unknown::value_of(test, NOW));
            }
        });
    }
    if absent.is_empty() {
        return None;
    }
    let mut assumed = schema.clone();
    let home = home::of_rule(new);
    for (name, value) in absent {
        let mut source = serde_json::Map::new();
        source.insert(name.clone(), value);
        assumed.observe(&Value::Object(source), home);
        if table::field(&name).is_none() {
            notes.push(format!("nothing knows the field {name}: its type is assumed"));
        }
    }
    Some(assumed)
}

/// The fields of a name: of a pattern some that it stands for, since those that events have
/// are not known.
fn named(name: &str) -> Vec<String> {
    if !name.contains('*') {
        return vec![name.to_owned()];
    }
    let glob = Glob::eql(name);
    let fits = table::names().filter(|own| glob.matches(own, Case::Sensitive));
    let found: Vec<String> = fits.take(MAX_OF_PATTERN).collect();
    if found.is_empty() { vec![name.replace('*', "example")] } else { found }
}
