//! Fields that belong to other data than the index patterns name.

use crate::lint::codes::Code;
use crate::lint::target::{Sink, Target};

/// Fields by the integrations that fill them: what begins so is theirs alone.
const OWNED: [(&str, &[&str]); 26] = [
    ("aws.", &["aws", "amazon", "awsfargate", "aws_bedrock", "aws_logs", "wiz"]),
    ("azure.", &["azure"]),
    ("o365.", &["o365"]),
    ("okta.", &["okta", "entityanalytics_okta"]),
    ("gcp.", &["gcp"]),
    ("google_workspace.", &["google_workspace"]),
    ("gsuite.", &["gsuite", "google_workspace"]),
    ("github.", &["github"]),
    ("gitlab.", &["gitlab"]),
    ("kubernetes.audit.", &["kubernetes", "aws", "azure", "gcp"]),
    ("winlog.", &["windows", "system", "winlog", "microsoft", "forwarded"]),
    ("auditd.", &["auditd", "auditd_manager"]),
    ("crowdstrike.", &["crowdstrike"]),
    ("sentinel_one.", &["sentinel_one"]),
    ("sentinel_one_cloud_funnel.", &["sentinel_one_cloud_funnel"]),
    ("m365_defender.", &["m365_defender", "microsoft"]),
    ("zeek.", &["zeek", "corelight"]),
    ("suricata.", &["suricata", "corelight"]),
    ("panw.", &["panw"]),
    ("cyberarkpas.", &["cyberarkpas"]),
    ("zoom.", &["zoom"]),
    ("fortinet.", &["fortinet"]),
    ("cisco.", &["cisco"]),
    ("jamf_protect.", &["jamf_protect"]),
    ("slack.", &["slack"]),
    ("powershell.", &["windows", "winlog", "system", "forwarded", "microsoft"]),
];

/// Data sets whose fields carry their name, by integration.
const DATASETS: [(&str, &[&str]); 3] = [
    (
        "azure",
        &[
            "activitylogs",
            "auditlogs",
            "signinlogs",
            "platformlogs",
            "identity_protection",
            "graphactivitylogs",
        ],
    ),
    ("aws", &["cloudtrail", "guardduty", "vpcflow", "s3access", "waf", "inspector"]),
    ("gcp", &["audit", "firewall", "vpcflow", "dns"]),
];

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    let patterns: Vec<&str> = target.rule.index.iter().map(String::as_str).collect();
    let streams: Option<Vec<(&str, &str)>> = patterns.iter().map(|name| stream(name)).collect();
    let Some(streams) = streams.filter(|streams| !streams.is_empty()) else { return };
    let mut told: Vec<&str> = Vec::new();
    for used in target.uses {
        let field = used.field.as_str();
        if told.contains(&field) || target.field(field).is_none() {
            continue;
        }
        let owner = OWNED.iter().find(|(prefix, _)| field.starts_with(prefix));
        let Some((_, owners)) = owner else { continue };
        let is_theirs =
            |(package, _): &(&str, &str)| owners.iter().any(|owner| package.starts_with(owner));
        let own = streams.iter().any(is_theirs);
        if own && !other_dataset(field, &streams) {
            continue;
        }
        told.push(field);
        let message = format!(
            "no event of {} has `{field}`",
            patterns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        );
        sink.query(Code::ForeignField, used.span, message)
            .help("name the data stream that has the field, or a field of this one");
    }
}

/// Whether a field is of a data set of its integration that no pattern names.
fn other_dataset(field: &str, streams: &[(&str, &str)]) -> bool {
    let mut parts = field.split('.');
    let (Some(package), Some(dataset)) = (parts.next(), parts.next()) else { return false };
    let Some((_, known)) = DATASETS.iter().find(|(own, _)| *own == package) else { return false };
    // A pattern that names the integration only takes all of its data sets.
    known.contains(&dataset)
        && streams.iter().all(|(own, named)| {
            *own == package && known.iter().any(|known| known == named) && *named != dataset
        })
}

/// The integration and the data set that a pattern of data streams names; nothing where
/// it may stand for any.
pub(super) fn stream(pattern: &str) -> Option<(&str, &str)> {
    let rest = pattern.strip_prefix("logs-")?;
    let end = rest.find(['.', '-', '*']).unwrap_or(rest.len());
    let package = &rest[..end];
    // `logs-*` and `logs-a*` are of many integrations.
    if package.is_empty() || rest[end..].starts_with('*') && package.len() < 3 {
        return None;
    }
    let dataset = rest[end..].strip_prefix('.').unwrap_or_default();
    let dataset = dataset.split(['-', '*', '.']).next().unwrap_or_default();
    Some((package, dataset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_integrations_and_data_sets() {
        assert_eq!(stream("logs-aws.cloudtrail-*"), Some(("aws", "cloudtrail")));
        assert_eq!(stream("logs-okta*"), Some(("okta", "")));
        assert_eq!(stream("logs-*"), None);
        assert_eq!(stream("filebeat-*"), None);
        let azure = [("azure", "auditlogs")];
        assert!(other_dataset("azure.signinlogs.category", &azure));
        assert!(!other_dataset("azure.auditlogs.category", &azure));
        assert!(!other_dataset("azure.correlation_id", &azure));
        assert!(!other_dataset("azure.signinlogs.category", &[("azure", "")]));
    }
}
