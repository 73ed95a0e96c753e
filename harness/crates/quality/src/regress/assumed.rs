//! Fields that nothing knows, with the types that their first values would give them.
//!
//! A condition on a field without a type is never true, and two such conditions would be
//! proved to be the same.

use std::collections::BTreeMap;

use harness_model::schema::{Schema, table};
use harness_model::value::format_date;
use harness_predicate::Test;
use harness_predicate::plan::Plan;
use harness_rule::exception::ExceptionTree;
use harness_rule::model::Rule;
use harness_runner::run::home;
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;
use serde_json::{Value, json};

use super::conditions::Version;
use crate::moment::NOW;

/// How many fields stand for a pattern of names.
const MAX_OF_PATTERN: usize = 12;

/// A schema that knows all fields of two versions; `None` where this one does. What is
/// assumed is noted.
pub(super) fn schema(
    versions: [(&Rule, &ExceptionTree); 2],
    schema: &Schema,
    notes: &mut Vec<String>,
) -> Option<Schema> {
    let mut absent: BTreeMap<String, Value> = BTreeMap::new();
    for (rule, exceptions) in versions {
        let Ok(version) = Version::new(rule, exceptions, schema) else { continue };
        see(&version.plan, &mut |name, value| {
            for name in named(name) {
                absent.entry(name).or_insert_with(|| value.clone());
            }
        });
    }
    if absent.is_empty() {
        return None;
    }
    let mut assumed = schema.clone();
    let home = home::of_rule(versions[1].0);
    for (name, value) in absent {
        let mut source = serde_json::Map::new();
        source.insert(name.clone(), value);
        assumed.observe(&Value::Object(source), home);
        if !is_known(&name) {
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

fn is_known(name: &str) -> bool {
    table::names().any(|own| own == name)
}

/// The fields of a plan that nothing knows, with a value that what is asked of them fits.
fn see(plan: &Plan, see: &mut dyn FnMut(&str, Value)) {
    for filter in plan.filters() {
        filter.leaves(&mut |leaf| {
            for column in leaf.absent() {
                see(&column.name, value_of(&leaf.test));
            }
        });
    }
}

fn value_of(test: &Test) -> Value {
    match test {
        Test::Long(_) => json!(1),
        Test::Double(_) => json!(1.5),
        Test::Bool(_) => json!(true),
        Test::Ip(_) => json!("192.0.2.10"),
        Test::Date(_) | Test::Nanos(_) => json!(format_date(NOW)),
        Test::Exists | Test::Term(_) | Test::Phrase(_) | Test::Script(_) => json!("example"),
    }
}
