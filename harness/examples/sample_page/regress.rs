//! A change of rules made up for its page: each kind of change, hostile text.

use harness::regress::{Change, Deciding, Edition, Example, Presence, Regression, RuleChange};
use serde_json::json;

const HOSTILE: &str = "<img src=x onerror=alert(1)>";

/// One rule of each kind.
pub(crate) fn sample() -> Regression {
    let query = |tail: &str| format!("event.category : process and\n  process.name : (curl{tail})");
    let edition = |query: &str| {
        let (key, hash) = ("linux/rule".to_owned(), "0123456789abcdef".to_owned());
        Some(Edition { key, query: query.to_owned(), hash })
    };
    let example = |name: &str| {
        let decided_by = vec![Deciding {
            text: format!("process.name = {name:?}"),
            presence: Presence::Gone,
            holds: true,
        }];
        let events = vec![json!({"event": {"category": "process"}, "process": {"name": name}})];
        Some(Example { events, decided_by })
    };
    let (short, long) = (query(" or wget"), query(" or </script><b>"));
    let with_root = format!("user.name == \"root\" AND {short}");
    let without_root = format!("user.name != \"root\"\n  and {long}");
    let rules = [
        (Change::Narrower, Some(&long), Some(&short)),
        (Change::Wider, Some(&short), Some(&long)),
        (Change::Both, Some(&with_root), Some(&without_root)),
        (Change::Same, Some(&short), Some(&short)),
        (Change::Unknown, Some(&short), Some(&long)),
        (Change::Added, None, Some(&long)),
        (Change::Removed, Some(&short), None),
    ];
    let rules = rules.into_iter().map(|(change, before, after)| RuleChange {
        path: format!("linux/a_rule_with_quite_a_long_name_{}", change.name()),
        file: String::new(),
        name: format!("{HOSTILE} {}", change.name()),
        rule_id: String::new(),
        before: before.and_then(|query| edition(query)),
        after: after.and_then(|query| edition(query)),
        change,
        gained: matches!(change, Change::Wider | Change::Both).then(|| example("<b>")).flatten(),
        lost: matches!(change, Change::Narrower | Change::Both).then(|| example("wget")).flatten(),
        notes: vec![format!("a sixth failure is needed now {HOSTILE}")],
        cases: Vec::new(),
        reason: (change == Change::Unknown).then(|| "the search was given up".to_owned()),
        data: None,
        accepted: (change == Change::Narrower).then(|| format!("agreed {HOSTILE}")),
    });
    Regression { rules: rules.collect(), unchanged: 1_993, ..Regression::default() }
}
