//! Changes as the history of a rule repository has them: metadata, indices, times, types,
//! languages.

use super::{check, eql, kql, rule, threshold};
use crate::regress::Change::{self, Both, Narrower, Same, Unknown, Wider};
use harness_rule::tree::Loaded;

/// A rule with another text in place of one.
fn edited(old: &Loaded, from: &str, to: &str) -> Loaded {
    assert!(old.text.contains(from), "{from}");
    let text = old.text.replacen(from, to, 1);
    let (rule, diagnostics) = harness_rule::parse(&text);
    assert!(rule.is_some(), "{diagnostics:?}");
    Loaded { text: text.into(), rule, diagnostics, ..old.clone() }
}

/// What an edit changes, and how that is said.
#[track_caller]
fn edit(old: &Loaded, (from, to): (&str, &str), expected: Change, notes: &[&str]) {
    let found = check(old, &edited(old, from, to), expected);
    assert_eq!(found.notes, notes, "{from} → {to}");
}

fn timed(lines: &str, inner: &Loaded) -> Loaded {
    edited(inner, "severity = 'low'", &format!("severity = 'low'\n{lines}"))
}

fn terms(query: &str) -> Loaded {
    rule(&format!(
        "type = 'new_terms'\nlanguage = 'kuery'\nindex = ['logs-a*']\nquery = '''{query}'''\n\
         [rule.new_terms]\nfield = 'new_terms_fields'\nvalue = ['host.id']\n\
         [[rule.new_terms.history_window_start]]\nfield = 'history_window_start'\n\
         value = 'now-7d'"
    ))
}

fn esql(query: &str) -> Loaded {
    rule(&format!("type = 'esql'\nlanguage = 'esql'\nquery = '''{query}'''"))
}

#[test]
fn metadata_changes_no_verdict() {
    let old = kql("user.name:a");
    let words = ("description = 'd'", "description = 'other'\ntags = ['Tactic: Execution']");
    edit(
        &old,
        words,
        Same,
        &["has the tag Tactic: Execution now", "metadata changed: description"],
    );
    let date = ("creation_date = '2026/01/01'", "creation_date = '2026/01/02'");
    edit(&old, date, Same, &["metadata changed: dates"]);
    let stack =
        ("[metadata]", "[metadata]\nmin_stack_version = '8.14.0'\nupdated_date = '2026/01/02'");
    edit(&old, stack, Same, &["the oldest stack is 8.14.0 now"]);
    let found = check(&old, &edited(&old, "description = 'd'", "description = 'e'"), Same);
    assert_eq!(found.reason.as_deref(), Some("only metadata changed"));
    let block = ("severity = 'low'", "severity = 'low'\nbuilding_block_type = 'default'");
    edit(&old, block, Same, &["alerts are hidden now: it is a building block"]);
    // What nobody can run is no less the same.
    let job =
        rule("type = 'machine_learning'\nmachine_learning_job_id = ['j']\nanomaly_threshold = 50");
    edit(&job, date, Same, &["metadata changed: dates"]);
    let score = ("anomaly_threshold = 50", "anomaly_threshold = 75");
    edit(&job, score, Unknown, &["an anomaly alerts from a score of 75 on now (was 50)"]);
    let unknown = esql("from logs-* metadata _id | where no.such.field == \"a\"");
    edit(&unknown, date, Same, &["metadata changed: dates"]);
}

#[test]
fn indices_of_every_type() {
    let stages = "[any where user.name == \"a\"] [any where user.name == \"b\"]";
    let indices = ("index = ['logs-a*']", "index = ['logs-a*', 'logs-b*']");
    for old in [
        kql("user.name:a"),
        eql("any where user.name == \"a\""),
        eql(&format!("sequence by host.id with maxspan=1m {stages}")),
        threshold("user.name:a", "field = ['host.id']\nvalue = 3"),
    ] {
        let old = timed("index = ['logs-a*']", &old);
        edit(&old, indices, Wider, &["reads logs-b* now"]);
        let found =
            check(&old, &edited(&old, indices.0, "index = ['logs-a*', '-logs-ab*']"), Narrower);
        assert_eq!(
            found.lost.map(|lost| lost.events[0]["_index"].clone()),
            Some("logs-abdefault".into())
        );
    }
    // What more indices know is not new.
    edit(&terms("user.name:a"), indices, Both, &["reads logs-b* now"]);
    // What more indices have may end a sequence.
    let until = eql(&format!("sequence by host.id {stages} until [any where user.name == \"c\"]"));
    edit(&timed("index = ['logs-a*']", &until), indices, Unknown, &["reads logs-b* now"]);
    let rows = esql("from logs-a* metadata _id | where user.name == \"a\"");
    edit(&rows, ("from logs-a*", "from logs-a*, logs-b*"), Wider, &[]);
}

#[test]
fn times_of_every_type() {
    let longer = ("from = 'now-9m'", "from = 'now-69m'");
    let note = "a run looks back to now-69m now (was now-9m)";
    let event = timed("from = 'now-9m'", &kql("user.name:a"));
    edit(&event, longer, Same, &[note]);
    edit(&timed("from = 'now-9m'", &terms("user.name:a")), longer, Same, &[note]);
    let groups =
        timed("from = 'now-9m'", &threshold("user.name:a", "field = ['host.id']\nvalue = 3"));
    edit(&groups, longer, Wider, &[note]);
    let stages = "[any where user.name == \"a\"] [any where user.name == \"b\"]";
    let short = eql(&format!("sequence by host.id with maxspan=2m {stages}"));
    edit(&timed("from = 'now-9m'", &short), longer, Same, &[note]);
    let long = eql(&format!("sequence by host.id with maxspan=1h {stages}"));
    edit(&timed("from = 'now-9m'", &long), longer, Wider, &[note]);
    // Runs with gaps between them.
    let seldom = ("from = 'now-9m'", "from = 'now-9m'\ninterval = '1h'");
    for old in [&event, &groups, &timed("from = 'now-9m'", &short)] {
        edit(old, seldom, Narrower, &["it runs every 1h now (was 5m)"]);
    }
    let both = ("from = 'now-9m'", "from = 'now-69m'\ninterval = '1h'");
    edit(&event, both, Same, &[note, "it runs every 1h now (was 5m)"]);
    // What a longer history knows is not new.
    let history = ("'now-7d'", "'now-14d'");
    let note = "the history begins at now-14d now (was now-7d)";
    edit(&terms("user.name:a"), history, Narrower, &[note]);
    // Another field for the time, with and without a fallback.
    let by = ("severity = 'low'", "severity = 'low'\ntimestamp_override = 'event.ingested'");
    let note = "an event happens by event.ingested now (was @timestamp)";
    edit(&event, by, Same, &[note]);
    let strict = format!("{}\ntimestamp_override_fallback_disabled = true", by.1);
    let left_out = "events without that field are left out now";
    edit(&event, (by.0, &strict), Narrower, &[note, left_out]);
    // Rows are looked at alone, groups of them are not.
    let rows =
        timed("from = 'now-9m'", &esql("from logs-* metadata _id | where user.name == \"a\""));
    let note = "a run looks back to now-69m now (was now-9m)";
    edit(&rows, longer, Same, &[note]);
    let groups = esql("from logs-* | stats n = count(*) by user.name | where n > 3");
    edit(&timed("from = 'now-9m'", &groups), longer, Unknown, &[note]);
}

#[test]
fn rules_of_another_type_or_language() {
    let single = kql("user.name:a");
    check(&single, &threshold("user.name:a", "field = ['host.id']\nvalue = 3"), Narrower);
    check(&single, &threshold("user.name:(a or b)", "field = ['host.id']\nvalue = 3"), Both);
    check(&timed("index = ['logs-a*']", &single), &terms("user.name:a"), Narrower);
    let stages = "[any where user.name == \"a\"] [any where user.name == \"b\"]";
    let key = format!("sequence by host.id {stages}");
    check(&single, &eql(&key), Narrower);
    check(&eql("any where user.name == \"c\""), &eql(&format!("sequence {stages}")), Both);
    check(&single, &eql("any where user.name == \"a\""), Same);
    // Both are tried on events of both.
    let rows = esql("from logs-* metadata _id | where user.name == \"b\"");
    check(&timed("index = ['logs-*']", &single), &rows, Both);
    let rows = esql("from logs-* metadata _id | where user.name == \"a\"");
    check(&timed("index = ['logs-*']", &single), &rows, Unknown);
}

#[test]
fn columns_under_other_names_are_the_same() {
    let old =
        esql("from logs-* | stats n = count(*) by user.name | where n > 3 | keep user.name, n");
    let new = esql(
        "from logs-* | stats Esql.n = count(*) by user.name | where Esql.n > 3 | keep user.name, Esql.*",
    );
    check(&old, &new, Same);
    // A language model is no reason not to see it.
    let asked = esql(
        "from logs-* | eval p = user.name | completion q = p with { \"inference_id\": \"m\" }",
    );
    check(&asked, &edited(&edited(&asked, "p = user", "E.p = user"), "q = p", "q = E.p"), Same);
    let more = edited(&new, "Esql.n > 3", "Esql.n > 5");
    check(&old, &more, Narrower);
}
