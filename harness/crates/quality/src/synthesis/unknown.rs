//! Fields that nothing knows, and values that give them types.

use harness_model::value::format_date;
use harness_predicate::plan::Plan;
use harness_predicate::{Predicate, Test};
use serde_json::{Value, json};

/// The fields of the filters of a plan that nothing knows, each with a test on it.
pub(crate) fn of_filters(plan: &Plan, see: &mut dyn FnMut(&str, &Test)) {
    plan.filters().into_iter().for_each(|filter| of_filter(filter, see));
}

/// The same of one filter.
pub(crate) fn of_filter(filter: &Predicate, see: &mut dyn FnMut(&str, &Test)) {
    filter.leaves(&mut |leaf| {
        for column in leaf.absent() {
            see(&column.name, &leaf.test);
        }
    });
}

/// A value of the type that a test on a field asks for; a date is the moment `now`, in
/// milliseconds since 1970.
pub(crate) fn value_of(test: &Test, now: i64) -> Value {
    match test {
        Test::Long(_) => json!(1),
        Test::Double(_) => json!(1.5),
        Test::Bool(_) => json!(true),
        Test::Ip(_) => json!("192.0.2.10"),
        Test::Date(_) | Test::Nanos(_) => json!(format_date(now)),
        Test::Exists | Test::Term(_) | Test::Phrase(_) | Test::Script(_) => json!("example"),
    }
}
