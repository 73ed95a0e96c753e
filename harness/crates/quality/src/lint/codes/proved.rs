//! What is proved of a rule.

use super::kind::{About, Code, Example, Family};
use crate::lint::model::Level;

const fn proved(
    code: Code,
    name: &'static str,
    level: Level,
    title: &'static str,
    why: &'static str,
    (bad, good): (Example, Example),
) -> About {
    About { code, name, family: Family::Proved, level, title, why, bad, good }
}

/// A threshold rule on a query.
macro_rules! threshold {
    ($query:literal, $value:literal) => {
        concat!(
            "type = \"threshold\"\nquery = '",
            $query,
            "'\n[rule.threshold]\nfield = [\"user.name\"]\nvalue = ",
            $value
        )
    };
}

pub(super) static TABLE: [About; 15] = [
    proved(
        Code::NeverTrue,
        "never-true",
        Level::Error,
        "a query, or a stage of a sequence, that no event fulfils",
        "clauses rule each other out on every event that there can be, lists and missing fields \
         included, so the rule never alerts",
        (
            Example::Kql("process.name: \"nc\" and not process.name: (nc or ncat)"),
            Example::Kql("process.name: \"nc\" and not process.args: \"-h\""),
        ),
    ),
    proved(
        Code::AlwaysTrue,
        "always-true",
        Level::Warning,
        "a query that every event fulfils",
        "each event of the indices alerts, whatever it says",
        (
            Example::Kql("user.name: \"root\" or not user.name: \"root\""),
            Example::Kql("user.name: \"root\""),
        ),
    ),
    proved(
        Code::Contradiction,
        "contradiction",
        Level::Error,
        "two conditions on one field that no single value fulfils",
        "the field has one value in an event, and both conditions together want two; in ES|QL a \
         list is no way out, since its comparison is null",
        (
            Example::Kql("host.os.type: \"linux\" and host.os.type: \"macos\""),
            Example::Kql("host.os.type: (\"linux\" or \"macos\")"),
        ),
    ),
    proved(
        Code::CannotFollow,
        "cannot-follow",
        Level::Error,
        "a stage of a sequence that cannot follow one before it",
        "the stages are joined by a field that has to be the same, and each asks for another \
         value of it",
        (
            Example::Eql(
                "sequence by process.name with maxspan=1m [process where process.name == \"a\"] \
                 [network where process.name == \"b\"]",
            ),
            Example::Eql(
                "sequence by host.id with maxspan=1m [process where process.name == \"a\"] \
                 [network where process.name == \"b\"]",
            ),
        ),
    ),
    proved(
        Code::NoEffect,
        "no-effect",
        Level::Warning,
        "a clause that says nothing beside another",
        "the rule is the same without it, so it hides a mistake or tells the reader what is not \
         so",
        (
            Example::Kql("process.name: * and process.name: \"nc\" and event.action: \"exec\""),
            Example::Kql("process.name: \"nc\" and event.action: \"exec\""),
        ),
    ),
    proved(
        Code::CoveredValue,
        "covered-value",
        Level::Note,
        "a value in a list that another covers",
        "the wider pattern takes all that the narrower one does; often the wider one was not meant \
         so wide",
        (
            Example::Eql("process where process.name : (\"python*\", \"python3\", \"perl\")"),
            Example::Eql("process where process.name : (\"python*\", \"perl\")"),
        ),
    ),
    proved(
        Code::ImpossibleField,
        "impossible-field",
        Level::Error,
        "a field that groups or joins events and that no matching event has",
        "events without the field form no group, and the query asks for events without it",
        (
            Example::Toml(threshold!("event.action: \"failed\" and not user.name: *", "5")),
            Example::Toml(threshold!("event.action: \"failed\"", "5")),
        ),
    ),
    proved(
        Code::OnlyNegations,
        "only-negations",
        Level::Warning,
        "a query that asks for nothing to be there",
        "a negation holds where the field is missing, so every event without the fields alerts",
        (
            Example::Kql("not user.name: \"root\" and not process.name: \"cron\""),
            Example::Kql("user.name: * and not user.name: \"root\""),
        ),
    ),
    proved(
        Code::MissingPasses,
        "missing-passes",
        Level::Note,
        "a field that has to be other than a value, and may be missing",
        "the clause without its negation needs the field, and with it an event passes that lacks \
         the field: that is told where nothing else of the query asks for it",
        (
            Example::Eql("process where process.name : \"nc\" and user.name != \"root\""),
            Example::Eql(
                "process where process.name : \"nc\" and user.name != null and user.name != \"root\"",
            ),
        ),
    ),
    proved(
        Code::LowThreshold,
        "low-threshold",
        Level::Warning,
        "a threshold that one event reaches",
        "the rule alerts on each group with an event, which is what a rule of type query does with \
         more detail",
        (
            Example::Toml(threshold!("event.action: \"failed\"", "1")),
            Example::Toml(threshold!("event.action: \"failed\"", "5")),
        ),
    ),
    proved(
        Code::SameRule,
        "same-rule",
        Level::Warning,
        "two rules that catch the very same events",
        "each event alerts twice, and a change of one is forgotten in the other",
        (
            Example::Kql("event.action: (\"unlike the others\")"),
            Example::Kql("event.action: \"like none of the others\""),
        ),
    ),
    proved(
        Code::InsideRule,
        "inside-rule",
        Level::Note,
        "a rule whose events another one catches as well",
        "each of its events alerts twice; the event that is shown is one that only the other \
         catches",
        (
            Example::Kql("event.action: \"unlike the others\" and user.name: \"root\""),
            Example::Kql("event.action: \"like none of the others\" and user.name: \"root\""),
        ),
    ),
    proved(
        Code::OverlappingRule,
        "overlapping-rule",
        Level::Note,
        "a rule that is the same as another but for one clause",
        "an event that fulfils the clauses of both alerts twice, and what is mended in one rule is \
         forgotten in the other; the event that is shown is one of both",
        (
            Example::Kql(
                "event.action: \"rare\" and process.args: \"-x\" and process.name: \"nc\"",
            ),
            Example::Kql(
                "event.action: \"rare\" and process.args: \"-y\" and process.name: \"nc\"",
            ),
        ),
    ),
    proved(
        Code::IdleException,
        "idle-exception",
        Level::Warning,
        "an exception that can silence nothing",
        "no event of any rule that names its list fulfils it, so what was meant to be silent is \
         not",
        (
            Example::Exception(
                r#"{"list_id": "own", "name": "backup", "namespace_type": "single", "entries": [{"field": "process.name", "type": "match", "operator": "included", "value": "perl"}]}"#,
            ),
            Example::Exception(
                r#"{"list_id": "own", "name": "backup", "namespace_type": "single", "entries": [{"field": "user.name", "type": "match", "operator": "included", "value": "backup"}]}"#,
            ),
        ),
    ),
    proved(
        Code::TotalException,
        "total-exception",
        Level::Error,
        "an exception that silences every event of a rule",
        "each event that the rule catches fulfils the exception, so the rule never alerts",
        (
            Example::Exception(
                r#"{"list_id": "own", "name": "backup", "namespace_type": "single", "entries": [{"field": "process.name", "type": "exists", "operator": "included"}]}"#,
            ),
            Example::Exception(
                r#"{"list_id": "own", "name": "backup", "namespace_type": "single", "entries": [{"field": "user.name", "type": "match", "operator": "included", "value": "backup"}]}"#,
            ),
        ),
    ),
];
