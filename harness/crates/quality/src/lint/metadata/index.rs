//! Index patterns that are close to the name of a known data stream.

use harness_source::likeness::Likeness;
use harness_source::span::Span;

use crate::lint::codes::Code;
use crate::lint::model::Safety;
use crate::lint::target::{Sink, Target};

/// The names that data streams and indices of agents begin with.
const KNOWN: &[&str] = &[
    ".alerts-security",
    ".ml-anomalies",
    "apm",
    "auditbeat",
    "endgame",
    "filebeat",
    "heartbeat",
    "logs-1password",
    "logs-apache",
    "logs-auditd.log",
    "logs-auditd_manager.auditd",
    "logs-auth0",
    "logs-aws.cloudtrail",
    "logs-aws.guardduty",
    "logs-aws.s3access",
    "logs-aws.vpcflow",
    "logs-aws.waf",
    "logs-aws_bedrock.invocation",
    "logs-azure.activitylogs",
    "logs-azure.auditlogs",
    "logs-azure.graphactivitylogs",
    "logs-azure.aadgraphactivitylogs",
    "logs-azure.identity_protection",
    "logs-azure.platformlogs",
    "logs-azure.signinlogs",
    "logs-box_events",
    "logs-checkpoint",
    "logs-cisco_asa",
    "logs-cisco_ftd",
    "logs-cisco_ios",
    "logs-cloud_defend.file",
    "logs-cloud_defend.process",
    "logs-cloudflare",
    "logs-corelight",
    "logs-crowdstrike.alert",
    "logs-crowdstrike.fdr",
    "logs-cyberarkpas.audit",
    "logs-endpoint.alerts",
    "logs-endpoint.events.api",
    "logs-endpoint.events.file",
    "logs-endpoint.events.library",
    "logs-endpoint.events.network",
    "logs-endpoint.events.process",
    "logs-endpoint.events.registry",
    "logs-endpoint.events.security",
    "logs-fortinet_fortigate.log",
    "logs-gcp.audit",
    "logs-gcp.firewall",
    "logs-gcp.vpcflow",
    "logs-github.audit",
    "logs-gitlab",
    "logs-google_secops.alert",
    "logs-google_workspace.admin",
    "logs-google_workspace.alert",
    "logs-google_workspace.drive",
    "logs-google_workspace.login",
    "logs-iis",
    "logs-jamf_protect",
    "logs-juniper_srx",
    "logs-kubernetes.audit_logs",
    "logs-m365_defender.alert",
    "logs-m365_defender.event",
    "logs-m365_defender.incident",
    "logs-microsoft_defender_endpoint",
    "logs-microsoft_sentinel.alert",
    "logs-mimecast",
    "logs-netflow",
    "logs-network_traffic.dns",
    "logs-network_traffic.flow",
    "logs-network_traffic.http",
    "logs-network_traffic.icmp",
    "logs-network_traffic.amqp",
    "logs-network_traffic.cassandra",
    "logs-network_traffic.dhcpv4",
    "logs-network_traffic.memcached",
    "logs-network_traffic.mongodb",
    "logs-network_traffic.mysql",
    "logs-network_traffic.nfs",
    "logs-network_traffic.pgsql",
    "logs-network_traffic.redis",
    "logs-network_traffic.sip",
    "logs-network_traffic.thrift",
    "logs-network_traffic.tls",
    "logs-nginx",
    "logs-o365.audit",
    "logs-okta.system",
    "logs-osquery_manager",
    "logs-panw.panos",
    "logs-pfsense.log",
    "logs-proofpoint_tap",
    "logs-sentinel_one.alert",
    "logs-sentinel_one_cloud_funnel",
    "logs-slack.audit",
    "logs-snort",
    "logs-sophos",
    "logs-splunk.alert",
    "logs-suricata.eve",
    "logs-sysmon_linux",
    "logs-system.application",
    "logs-system.auth",
    "logs-system.security",
    "logs-system.syslog",
    "logs-system.system",
    "logs-ti_abusech",
    "logs-ti_misp",
    "logs-ti_otx",
    "logs-ti_util",
    "logs-windows.forwarded",
    "logs-windows.powershell",
    "logs-windows.powershell_operational",
    "logs-windows.sysmon_operational",
    "logs-zeek",
    "logs-zoom",
    "logs-zscaler_zia",
    "metrics",
    "metricbeat",
    "ml_beaconing",
    "packetbeat",
    "traces-apm",
    "winlogbeat",
];

/// What data streams are of.
const KINDS: [&str; 3] = ["logs", "metrics", "traces"];

/// How many letters a wrong name may differ by.
const MAX_DISTANCE: usize = 2;

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    let threat = target.rule.threat_match.iter().flat_map(|threat| &threat.index);
    for pattern in target.rule.index.iter().chain(threat) {
        let Some(near) = near(pattern) else { continue };
        let text = &target.loaded.text;
        let quoted = [format!("\"{pattern}\""), format!("'{pattern}'")];
        let place = quoted.iter().find_map(|quoted| {
            let at = text.find(quoted.as_str())?;
            Some(Span::new(at, at + quoted.len()))
        });
        let mended = pattern.replacen(stem(pattern), near, 1);
        let message = format!("no known data stream is called `{}`", stem(pattern));
        let told = sink
            .file(Code::IndexPattern, place.unwrap_or_default(), message)
            .help(format!("did you mean `{mended}`?"));
        if let Some(place) = place {
            let title = format!("write `{mended}`");
            told.fix(title, Safety::Unsafe, &[(place, format!("\"{mended}\""))]);
        }
    }
}

/// The part of a pattern that names something: up to the namespace or the first star.
fn stem(pattern: &str) -> &str {
    let pattern = pattern.strip_prefix('-').unwrap_or(pattern);
    let end = pattern.find('*').unwrap_or(pattern.len());
    pattern[..end].trim_end_matches(['-', '.'])
}

/// The known name that a pattern is nearly, where it is none.
fn near(pattern: &str) -> Option<&'static str> {
    let stem = stem(pattern);
    let is_known = |known: &&&str| {
        // A pattern may stop short of a name, or go on after it.
        known.starts_with(stem)
            || stem
                .strip_prefix(**known)
                .is_some_and(|rest| rest.starts_with(['-', '.', '_']) || rest.is_empty())
    };
    if stem.len() < 4 || KNOWN.iter().any(|known| is_known(&known)) {
        return None;
    }
    let likeness = Likeness::new(stem);
    let kind = KINDS.iter().find(|kind| !stem.contains('-') && likeness.distance(kind) == 1);
    if let Some(kind) = kind {
        return Some(kind);
    }
    let near = KNOWN.iter().map(|known| (likeness.distance(known), *known)).min()?;
    let most = if stem.len() < 8 { 1 } else { MAX_DISTANCE };
    (near.0 <= most && !is_other_dataset(stem, near.1)).then_some(near.1)
}

/// Whether two names of one integration differ in a short data set only: that is
/// another one rather than the same misspelt.
fn is_other_dataset(a: &str, b: &str) -> bool {
    const SHORT: usize = 4;
    match (a.rsplit_once('.'), b.rsplit_once('.')) {
        (Some((own, a)), Some((other, b))) => own == other && a.len().min(b.len()) <= SHORT,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_nearly_a_known_name_is_told() {
        assert_eq!(near("logs-sytem.auth-*"), Some("logs-system.auth"));
        assert_eq!(near("filebaet-*"), Some("filebeat"));
        assert_eq!(near("winlogbeats-*"), Some("winlogbeat"));
        for right in
            ["logs-*", "logs-aws*", "logs-endpoint.events.*", "logs-mine.app-*", "filebeat-8*"]
        {
            assert_eq!(near(right), None, "{right}");
        }
    }
}
