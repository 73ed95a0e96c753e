//! Windows, intervals, histories.

use super::kind::{About, Code, Example, Family};
use crate::lint::model::Level;

const fn time(
    code: Code,
    name: &'static str,
    level: Level,
    title: &'static str,
    why: &'static str,
    (bad, good): (Example, Example),
) -> About {
    About { code, name, family: Family::Time, level, title, why, bad, good }
}

const SEQUENCE: &str = "sequence by host.id with maxspan=1h [process where process.name : \"a\"] \
                        [process where process.name : \"b\"]";

pub(super) static TABLE: [About; 6] = [
    time(
        Code::ScheduleGap,
        "schedule-gap",
        Level::Error,
        "time that no run looks at",
        "the rule runs less often than its window is long, so events between two windows never \
         alert",
        (
            Example::Toml("from = \"now-9m\"\ninterval = \"15m\""),
            Example::Toml("from = \"now-16m\"\ninterval = \"15m\""),
        ),
    ),
    time(
        Code::MaxspanBeyondWindow,
        "maxspan-beyond-window",
        Level::Warning,
        "a sequence that may be longer than the window",
        "a run sees its window only, so a sequence that takes longer than that is never found, \
         whatever `maxspan` says",
        (
            Example::Eql(SEQUENCE),
            Example::Toml(
                "type = \"eql\"\nlanguage = \"eql\"\nfrom = \"now-70m\"\nquery = '''\nsequence by host.id with \
                 maxspan=1h [process where process.name : \"a\"] [process where process.name : \
                 \"b\"]\n'''",
            ),
        ),
    ),
    time(
        Code::CutHistory,
        "cut-history",
        Level::Error,
        "a query of a new-terms rule that cuts its own history",
        "the history is searched with the same query, so a bound on the time keeps older events \
         out of it and all terms are new",
        (
            Example::Toml(
                "type = \"new_terms\"\nquery = '@timestamp >= \"now-1h\" and event.action: \"a\"'\n\
                 [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
                 [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\n\
                 value = \"now-7d\"",
            ),
            Example::Toml(
                "type = \"new_terms\"\nquery = 'event.action: \"a\"'\n\
                 [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
                 [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\n\
                 value = \"now-7d\"",
            ),
        ),
    ),
    time(
        Code::EarlyAbsence,
        "early-absence",
        Level::Note,
        "an absence at the end of a sequence",
        "the engine does not wait: what has not come when the rule runs counts as absent, so the \
         rule alerts early, and on what comes in time after the run",
        (
            Example::Eql(
                "sequence by host.id with maxspan=1m [process where process.name : \"a\"] \
                 ![process where process.name : \"b\"]",
            ),
            Example::Eql(
                "sequence by host.id with maxspan=1m [process where process.name : \"a\"] \
                 [process where process.name : \"b\"]",
            ),
        ),
    ),
    time(
        Code::NoTimestampFallback,
        "no-timestamp-fallback",
        Level::Warning,
        "events without the timestamp that the rule reads are left out",
        "with the fallback disabled an event without the field of `timestamp_override` is never \
         seen",
        (
            Example::Toml(
                "timestamp_override = \"event.ingested\"\n\
                 timestamp_override_fallback_disabled = true",
            ),
            Example::Toml("timestamp_override = \"event.ingested\""),
        ),
    ),
    time(
        Code::TooManySignals,
        "too-many-signals",
        Level::Note,
        "more alerts than Kibana makes in one run",
        "Kibana stops at `xpack.alerting.rules.run.alerts.max`, by default 1000, whatever the rule \
         says",
        (Example::Toml("max_signals = 5000"), Example::Toml("max_signals = 1000")),
    ),
];
