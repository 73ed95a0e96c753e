//! Fields that nothing knows: those that are misspelt, and those of an object that we
//! know whole. Of other integrations we do not know all fields.

use harness_model::schema::table;
use harness_predicate::Part;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::likeness::Likeness;

use super::foreign::stream;
use crate::lint::model::Level;
use crate::lint::target::{Sink, Target};

/// What the compiler calls such a finding.
const CODE: &str = "unknown-field";

/// Objects of ECS, whose fields are all known.
const OBJECTS: [&str; 27] = [
    "agent",
    "client",
    "cloud",
    "container",
    "data_stream",
    "destination",
    "dll",
    "dns",
    "event",
    "file",
    "group",
    "host",
    "http",
    "log",
    "network",
    "observer",
    "orchestrator",
    "organization",
    "process",
    "registry",
    "rule",
    "server",
    "service",
    "source",
    "tls",
    "url",
    "user",
];

/// Whether a finding of the compiler is told here.
pub(in crate::lint) fn is_one(found: &Diagnostic) -> bool {
    found.code == CODE && (found.severity != Severity::Error)
}

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    for (part, found) in target.compiled.diagnostics.iter().filter(|(_, found)| is_one(found)) {
        let text = match part {
            Part::Query => target.query(),
            Part::File => &target.loaded.text,
            Part::Filter(_) | Part::ThreatQuery | Part::ThreatFilter(_) => "",
        };
        let stated = found.span.of(text).trim_matches(['"', '\'', '`', '?']);
        let at = (*part, found.span);
        let own = target.compiled.unknown.iter().find(|own| (own.part, own.span) == at);
        let name = own.map_or(stated, |own| &own.field);
        let near = own.and_then(|own| own.near.as_deref().map(str::to_owned));
        let near = near.or_else(|| misspelt(name));
        let root = name.split('.').next().unwrap_or_default();
        let is_ecs = OBJECTS.contains(&root);
        // Of other integrations we do not know all fields: a plural or another case of
        // letters is as good a field as its neighbour.
        let near = near.filter(|near| is_ecs || !is_sibling(name, near));
        let is_foreign =
            || table::below(&format!("{root}.")).next().is_some() || reads(target, root);
        let level = match (&near, is_ecs) {
            (Some(_), _) | (None, true) => Level::Warning,
            (None, false) if is_foreign() => continue,
            (None, false) => Level::Note,
        };
        let message = format!("no mapping has `{name}`");
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "map it in harness.toml, or list it in `known_fields` below [schema]".to_owned()
            }
        };
        let told = Diagnostic::warning(CODE, message, found.span).with_help(help);
        sink.diagnostic(*part, told).level(level);
    }
}

/// Whether a rule reads the data of the integration that an object is named after.
fn reads(target: &Target<'_>, object: &str) -> bool {
    let streams = target.rule.patterns().iter().filter_map(|pattern| stream(pattern));
    streams.into_iter().any(|(package, _)| package == object)
}

/// Whether two names are of things that stand beside each other: they differ in several
/// words, or in one by the case of letters, by a plural, or by what stands before it.
fn is_sibling(name: &str, other: &str) -> bool {
    if name.split('.').count() != other.split('.').count() {
        return true;
    }
    let pairs = name.split('.').zip(other.split('.')).filter(|(a, b)| a != b);
    let pairs: Vec<(&str, &str)> = pairs.collect();
    pairs.len() > 1
        || pairs.iter().all(|&(a, b)| {
            let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
            a.eq_ignore_ascii_case(b)
                || long.ends_with(short)
                || long.strip_suffix('s') == Some(short)
        })
}

/// The known name that differs by a letter or two.
fn misspelt(name: &str) -> Option<String> {
    const MOST: usize = 2;
    let likeness = Likeness::new(name);
    let close = |other: &String| name.len().abs_diff(other.len()) <= MOST && name.len() > 6;
    let names = table::names().filter(close);
    let best = names.map(|other| (likeness.distance(&other), other)).min()?;
    (best.0 <= MOST).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_are_told_from_slips() {
        for (name, other, expected) in [
            ("a.rules.verbs", "a.rules.verb", true),
            ("winlog.event_data.RequestId", "winlog.event_data.RequestID", true),
            ("azure.aadgraphlogs.app_id", "azure.graphlogs.app_id", true),
            ("m365.alert.severity", "m365.alerts.severity", true),
            ("winlog.event_data.TargetUsrName", "winlog.event_data.TargetUserName", false),
            ("azure.aadgraph.actor_type", "azure.graph.c_idtyp", true),
            ("okta.actr.id", "okta.actor.id", false),
        ] {
            assert_eq!(is_sibling(name, other), expected, "{name}");
        }
    }
}
