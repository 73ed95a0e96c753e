//! Constants that do not fit the type of their field.

use harness_model::schema::FieldType;
use harness_rule::names::Language;
use serde_json::json;

use crate::lint::codes::Code;
use crate::lint::evidence::{self, Bench};
use crate::lint::model::Safety;
use crate::lint::target::{Sink, Target};
use crate::lint::uses::{Kind, Op, Use};

pub(super) fn check(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let Some(field) = target.field(&used.field) else { return };
    let is_number = used.value.trim().parse::<f64>().is_ok();
    match (&field.ty, used.op) {
        (
            FieldType::Keyword { .. }
            | FieldType::Wildcard { .. }
            | FieldType::ConstantKeyword { .. }
            | FieldType::FlattenedKey { .. },
            Op::Order,
        ) if is_number => {
            let message = format!(
                "`{}` is a {}: the bound is compared as a text, letter by letter",
                used.field,
                field.ty.name()
            );
            sink.query(Code::RangeOnKeyword, used.span, message)
                .help("name the values, or compare a field that is a number")
                .evidence(wrong(target, used));
        }
        (FieldType::Integer(_) | FieldType::Float(_), Op::Equal | Op::In)
            if target.rule.language == Some(Language::Eql) && used.kind == Kind::Text =>
        {
            let message =
                format!("`{}` is a {}, and the constant a string", used.field, field.ty.name());
            let told = sink.query(Code::TypeMismatch, used.span, message);
            if is_number && !used.value.contains(['e', 'E']) && used.value.trim() == used.value {
                told.help("leave the quotes out").fix(
                    "leave the quotes out",
                    Safety::Safe,
                    &[(used.span, used.value.clone())],
                );
            }
        }
        (FieldType::Boolean, Op::Equal | Op::In)
            if target.rule.language == Some(Language::Eql) && used.kind == Kind::Text =>
        {
            let message = format!("`{}` is a boolean, and the constant a string", used.field);
            let told = sink.query(Code::TypeMismatch, used.span, message);
            if used.value == "true" || used.value == "false" {
                told.help("leave the quotes out").fix(
                    "leave the quotes out",
                    Safety::Safe,
                    &[(used.span, used.value.clone())],
                );
            }
        }
        _ => {}
    }
}

/// An event whose number the comparison of texts puts on the wrong side.
fn wrong(target: &Target<'_>, used: &Use) -> Option<serde_json::Value> {
    let bound: f64 = used.value.trim().parse().ok()?;
    let leaves = target.leaves_at(used.span);
    let leaf = leaves.iter().find(|leaf| *leaf.column.name == *used.field)?;
    let bench = Bench::new(target.schema, leaves.iter().copied());
    let predicate = harness_predicate::Predicate::Leaf((*leaf).clone());
    let raw = target.query();
    let before = raw.get(..used.span.start).unwrap_or_default().trim_end();
    let least = before.ends_with('>') || before.ends_with(">=");
    let candidates = ["9", "99", "10", "100", "1000", "100000", "2", "5000000"];
    candidates.iter().find_map(|text| {
        let number: f64 = text.parse().ok()?;
        let meant = if least { number > bound } else { number < bound };
        let event = evidence::event(&used.field, json!(text));
        (bench.holds(&predicate, &event)? != meant).then_some(event)
    })
}
