//! What a rule says of itself, and findings that were accepted.

use super::kind::{About, Code, Example, Family};
use crate::lint::model::Level;

const fn about(
    code: Code,
    name: &'static str,
    level: Level,
    title: &'static str,
    why: &'static str,
    (bad, good): (Example, Example),
) -> About {
    About { code, name, family: Family::Metadata, level, title, why, bad, good }
}

macro_rules! threat {
    ($tactic:literal, $tactic_name:literal, $technique:literal, $name:literal) => {
        concat!(
            "[[rule.threat]]\nframework = \"MITRE ATT&CK\"\n[rule.threat.tactic]\nid = \"",
            $tactic,
            "\"\nname = \"",
            $tactic_name,
            "\"\nreference = \"https://attack.mitre.org/tactics/",
            $tactic,
            "/\"\n[[rule.threat.technique]]\nid = \"",
            $technique,
            "\"\nname = \"",
            $name,
            "\"\nreference = \"https://attack.mitre.org/techniques/",
            $technique,
            "/\""
        )
    };
}

const GOOD: Example =
    Example::Toml(threat!("TA0002", "Execution", "T1059", "Command and Scripting Interpreter"));

pub(super) static TABLE: [About; 11] = [
    about(
        Code::RuleId,
        "rule-id",
        Level::Warning,
        "a rule id that is no UUID",
        "Kibana takes any text, and tools that exchange rules take UUIDs only",
        (
            Example::Toml("rule_id = \"my-rule-7\""),
            Example::Toml("rule_id = \"2f4b1c9e-6d0a-4c53-8e7f-91b0a3d5c7e2\""),
        ),
    ),
    about(
        Code::DuplicateName,
        "duplicate-name",
        Level::Warning,
        "a name that two rules have",
        "alerts carry the name, so nobody can tell from which rule one is",
        (Example::Toml("name = \"An Example\""), Example::Toml("name = \"Another Example\"")),
    ),
    about(
        Code::AttackRevoked,
        "attack-revoked",
        Level::Warning,
        "a technique that ATT&CK withdrew",
        "matrices of today do not show it, so the rule is missing from every coverage map",
        (Example::Toml(threat!("TA0002", "Execution", "T1086", "PowerShell")), GOOD),
    ),
    about(
        Code::AttackUnknown,
        "attack-unknown",
        Level::Warning,
        "an id that ATT&CK does not have",
        "no matrix shows an id that is none, so the rule is missing from every coverage map",
        (Example::Toml(threat!("TA0002", "Execution", "T1999", "Command Shells")), GOOD),
    ),
    about(
        Code::AttackMismatch,
        "attack-mismatch",
        Level::Warning,
        "an id beside the name, the tactic or the page of another",
        "one of the two is wrong, and tools read the id",
        (
            Example::Toml(threat!(
                "TA0002",
                "Discovery",
                "T1059",
                "Command and Scripting Interpreter"
            )),
            GOOD,
        ),
    ),
    about(
        Code::AttackDuplicate,
        "attack-duplicate",
        Level::Note,
        "a tactic stated twice",
        "its techniques belong below one entry, and tools count the tactic twice",
        (
            Example::Toml(concat!(
                threat!("TA0002", "Execution", "T1059", "Command and Scripting Interpreter"),
                "\n",
                threat!("TA0002", "Execution", "T1106", "Native API")
            )),
            GOOD,
        ),
    ),
    about(
        Code::Dates,
        "dates",
        Level::Warning,
        "dates that cannot be",
        "a rule is not updated before it is created, and a date is written as year, month and day",
        (
            Example::Toml(
                "[metadata]\ncreation_date = \"2026/03/01\"\nupdated_date = \"2025/03/01\"",
            ),
            Example::Toml(
                "[metadata]\ncreation_date = \"2025/03/01\"\nupdated_date = \"2026/03/01\"",
            ),
        ),
    ),
    about(
        Code::SeverityScore,
        "severity-score",
        Level::Note,
        "a risk score of another severity",
        "Kibana sorts by the score and filters by the severity: low is up to 21, medium to 47, \
         high to 73, critical above",
        (
            Example::Toml("severity = \"low\"\nrisk_score = 99"),
            Example::Toml("severity = \"critical\"\nrisk_score = 99"),
        ),
    ),
    about(
        Code::IndexPattern,
        "index-pattern",
        Level::Warning,
        "an index pattern close to a known one",
        "no data stream that we know has the name, and one that is nearly the same does; a rule \
         without an index runs and never alerts",
        (
            Example::Toml("index = [\"logs-sytem.auth-*\"]"),
            Example::Toml("index = [\"logs-system.auth-*\"]"),
        ),
    ),
    About {
        family: Family::Accepted,
        ..about(
            Code::UnusedAcceptance,
            "unused-acceptance",
            Level::Warning,
            "an acceptance that accepts nothing",
            "the finding is gone, so the acceptance only hides the next one",
            (
                Example::Toml(
                    "# lint: accept edge-blank: the agent pads its names\nfrom = \"now-9m\"",
                ),
                Example::Toml("from = \"now-9m\""),
            ),
        )
    },
    About {
        family: Family::Accepted,
        ..about(
            Code::AcceptanceReason,
            "acceptance-reason",
            Level::Warning,
            "an acceptance without a reason, or of a kind that there is not",
            "whoever reads the rule next cannot tell whether it still holds",
            (
                Example::Toml("# lint: accept schedule-gap\nfrom = \"now-9m\"\ninterval = \"15m\""),
                Example::Toml(
                    "# lint: accept schedule-gap: a sample of the hour is enough\ninterval = \
                     \"15m\"\nfrom = \"now-9m\"",
                ),
            ),
        )
    },
];
