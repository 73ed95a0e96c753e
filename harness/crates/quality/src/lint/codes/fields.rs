//! Fields and values.

use super::kind::{About, Code, Example, Family};
use crate::lint::model::Level;

const fn field(
    code: Code,
    name: &'static str,
    level: Level,
    title: &'static str,
    why: &'static str,
    (bad, good): (Example, Example),
) -> About {
    About { code, name, family: Family::Fields, level, title, why, bad, good }
}

pub(super) static TABLE: [About; 5] = [
    field(
        Code::ForeignField,
        "foreign-field",
        Level::Warning,
        "a field that belongs to other data than the rule reads",
        "the index patterns name data of one kind and the field is of another, so no event has it",
        (
            Example::Toml(
                "index = [\"logs-aws.cloudtrail-*\"]\nquery = 'azure.signinlogs.category: \"x\"'",
            ),
            Example::Toml(
                "index = [\"logs-azure.signinlogs-*\"]\nquery = 'azure.signinlogs.category: \"x\"'",
            ),
        ),
    ),
    field(
        Code::RangeOnKeyword,
        "range-on-keyword",
        Level::Warning,
        "a number compared as a text",
        "the field holds texts, which are compared letter by letter: \"9\" comes after \"10\"",
        (Example::Kql("event.code >= 4700"), Example::Kql("event.code: (4720 or 4722 or 4724)")),
    ),
    field(
        Code::TypeMismatch,
        "type-mismatch",
        Level::Warning,
        "a constant of another type than the field",
        "Elasticsearch converts the constant where it can and fails or finds nothing where not; \
         as a constant of the field's type it says what it means",
        (
            Example::Eql("process where process.pid == \"4\""),
            Example::Eql("process where process.pid == 4"),
        ),
    ),
    field(
        Code::EcsValue,
        "ecs-value",
        Level::Warning,
        "a value that ECS does not know",
        "ECS fixes the values of this field, and data in ECS has no other; values are compared by \
         case",
        (Example::Kql("event.outcome: \"Success\""), Example::Kql("event.outcome: \"success\"")),
    ),
    field(
        Code::DeprecatedField,
        "deprecated-field",
        Level::Warning,
        "a field that ECS has dropped",
        "newer data does not have the field, and another took its place",
        (Example::Kql("process.ppid: 4"), Example::Kql("process.parent.pid: 4")),
    ),
];
