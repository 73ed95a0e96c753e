//! What ECS says of fields: the values that it allows, and the fields it has dropped.

use harness_query::eql;
use harness_rule::names::Language;
use harness_source::likeness::nearest;

use crate::lint::codes::Code;
use crate::lint::model::{Level, Safety};
use crate::lint::target::{Sink, Target};
use crate::lint::uses::{Kind, Use};

/// The fields whose values ECS fixes, with the values (ECS 9.5).
const VALUES: [(&str, &[&str]); 6] = [
    (
        "event.kind",
        &["alert", "asset", "enrichment", "event", "metric", "pipeline_error", "signal", "state"],
    ),
    ("event.category", &CATEGORIES),
    (
        "event.type",
        &[
            "access",
            "admin",
            "allowed",
            "change",
            "connection",
            "creation",
            "deletion",
            "denied",
            "device",
            "end",
            "error",
            "group",
            "indicator",
            "info",
            "installation",
            "protocol",
            "start",
            "user",
        ],
    ),
    ("event.outcome", &["failure", "success", "unknown"]),
    ("host.os.type", &["android", "ios", "linux", "macos", "unix", "windows"]),
    (
        "network.direction",
        &["egress", "external", "inbound", "ingress", "internal", "outbound", "unknown"],
    ),
];

const CATEGORIES: [&str; 22] = [
    "api",
    "authentication",
    "configuration",
    "database",
    "driver",
    "email",
    "file",
    "host",
    "iam",
    "intrusion_detection",
    "library",
    "malware",
    "network",
    "package",
    "process",
    "registry",
    "session",
    "threat",
    "vulnerability",
    "web",
    "session",
    "process",
];

/// Values that agents of old had, and some still have.
const OLDER: [(&str, &str); 8] = [
    ("event.category", "network_traffic"),
    ("event.type", "process_started"),
    ("event.type", "process_stopped"),
    ("event.type", "authentication_success"),
    ("event.type", "authentication_failure"),
    ("network.direction", "incoming"),
    ("network.direction", "outgoing"),
    ("network.direction", "unidirectional"),
];

/// Fields that ECS has dropped, and what took their place.
const DROPPED: [(&str, &str); 9] = [
    ("process.ppid", "process.parent.pid"),
    ("process.parent.ppid", "process.parent.parent.pid"),
    ("log.original", "event.original"),
    ("host.user.name", "user.name"),
    ("host.user.id", "user.id"),
    ("agent.hostname", "host.name"),
    ("event.dataset_name", "event.dataset"),
    ("network.iana", "network.iana_number"),
    ("host.containerized", "container.id"),
];

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    // Older agents have values of their own beside those of ECS.
    for used in target.uses {
        value(target, used, sink);
        dropped(target, used, sink);
    }
    category(target, sink);
}

fn value(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let Some((_, allowed)) = VALUES.iter().find(|(field, _)| *field == used.field) else { return };
    let value = used.value.as_str();
    let insensitive = used.case == harness_text::pattern::Case::Insensitive;
    let fits = |known: &&&str| **known == value || insensitive && known.eq_ignore_ascii_case(value);
    if used.kind != Kind::Text
        || !used.is_exact()
        || allowed.iter().any(|known| fits(&known))
        || target.schema.is_vouched(&used.field)
    {
        return;
    }
    // Beside an allowed value it is one of an older source.
    let beside = target.uses.iter().any(|other| {
        other.list == used.list
            && used.list > 0
            && other.field == used.field
            && allowed.contains(&other.value.as_str())
    });
    if OLDER.contains(&(used.field.as_str(), value)) {
        return;
    }
    let same = allowed.iter().find(|known| known.eq_ignore_ascii_case(value));
    let near = same.copied().or_else(|| nearest(value, allowed.iter().copied()));
    let message = format!("`{}` has no value `{value}` in ECS", used.field);
    let raw = used.span.of(target.query());
    let told = sink.query(Code::EcsValue, used.span, message);
    let told = match near {
        Some(near) => told.help(format!("did you mean `{near}`?")),
        None => told.help(format!("ECS has {}", allowed.join(", "))),
    };
    let told = if beside || near.is_none() { told.level(Level::Note) } else { told };
    if let (Some(near), 1) = (near, raw.matches(value).count()) {
        let mended = raw.replacen(value, near, 1);
        told.fix(format!("write `{near}`"), Safety::Unsafe, &[(used.span, mended)]);
    }
}

fn dropped(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    let Some((_, instead)) = DROPPED.iter().find(|(field, _)| *field == used.field) else { return };
    // Where the field does not exist at all the compiler says so.
    if target.field(&used.field).is_none() {
        return;
    }
    let message = format!("ECS has dropped `{}`", used.field);
    sink.query(Code::DeprecatedField, used.span, message).help(format!("use `{instead}`"));
}

/// The category before EQL's `where`.
fn category(target: &Target<'_>, sink: &mut Sink<'_>) {
    let own_field = target.rule.eql.event_category.is_some();
    if target.rule.language != Some(Language::Eql) || own_field {
        return;
    }
    let Ok(query) = eql::parse(target.query()) else { return };
    for category in query.body.filters().into_iter().filter_map(|filter| filter.category.as_ref()) {
        let name = category.name.as_str();
        if CATEGORIES.contains(&name) {
            continue;
        }
        let same = CATEGORIES.iter().find(|known| known.eq_ignore_ascii_case(name)).copied();
        let near = same.or_else(|| nearest(name, CATEGORIES.iter().copied()));
        let message = format!("ECS has no event category `{name}`");
        let told = sink.query(Code::EcsValue, category.span, message);
        match near {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    Safety::Unsafe,
                    &[(category.span, near.to_owned())],
                );
            }
            None => {
                told.help("use `any`, or a category of ECS");
            }
        }
    }
}
