//! What is told of two versions of a rule, by hand for each kind of rule, and against
//! brute force for conditions.

mod history;
mod tunings;

use harness_model::schema::{Base, Field, FieldType, Schema};
use harness_predicate::plan::Plan;
use harness_rule::exception::ExceptionTree;
use harness_rule::tree::{Loaded, RuleTree};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::judge::{Judge, Stream};
use super::sight::Sight;
use super::{Change, Revision, between, regress};
use crate::moment::NOW;

fn schema() -> Schema {
    let mut schema = Schema::new(Base::Empty);
    for name in ["user.name", "file.name", "event.category", "event.action", "host.id"] {
        schema.insert(Field::plain(name, FieldType::KEYWORD));
    }
    schema
}

/// A rule with these lines of its own.
fn rule(lines: &str) -> Loaded {
    let id = "rule_id = '11111111-1111-4111-8111-111111111111'";
    let text = format!(
        "[metadata]\ncreation_date = '2026/01/01'\n[rule]\nname = 'A'\ndescription = 'd'\n{id}\n\
         risk_score = 21\nseverity = 'low'\n{lines}\n"
    );
    let (rule, diagnostics) = harness_rule::parse(&text);
    assert!(rule.is_some(), "{diagnostics:?}");
    let (path, key, file) = ("a.toml".to_owned(), "a".to_owned(), "a.toml".to_owned());
    Loaded { path, key, file, text: text.into(), rule, diagnostics }
}

fn kql(query: &str) -> Loaded {
    rule(&format!("type = 'query'\nlanguage = 'kuery'\nquery = '''{query}'''"))
}

fn eql(query: &str) -> Loaded {
    rule(&format!("type = 'eql'\nlanguage = 'eql'\nquery = '''{query}'''"))
}

fn threshold(query: &str, rest: &str) -> Loaded {
    rule(&format!(
        "type = 'threshold'\nlanguage = 'kuery'\nquery = '''{query}'''\n[rule.threshold]\n{rest}"
    ))
}

fn check(old: &Loaded, new: &Loaded, expected: Change) -> super::RuleChange {
    let found = between(old, new, &ExceptionTree::default(), &schema());
    let texts = |loaded: &Loaded| loaded.text.to_string();
    assert_eq!(found.change, expected, "{}\n→\n{}\n{found:?}", texts(old), texts(new));
    let shown = (found.gained.is_some(), found.lost.is_some());
    match expected {
        Change::Same => assert_eq!(shown, (false, false)),
        Change::Narrower => assert_eq!(shown, (false, true)),
        Change::Wider => assert_eq!(shown, (true, false)),
        Change::Both => assert_eq!(shown, (true, true)),
        Change::Unknown | Change::Added | Change::Removed => {}
    }
    // What is the one way round is the other way back.
    let back = between(new, old, &ExceptionTree::default(), &schema());
    let opposite = match expected {
        Change::Narrower => Change::Wider,
        Change::Wider => Change::Narrower,
        other => other,
    };
    assert_eq!(back.change, opposite, "{} back", texts(old));
    found
}

#[test]
fn conditions() {
    use Change::{Both, Narrower, Same, Wider};
    for (old, new, expected) in [
        ("user.name:a", "user.name:a", Same),
        ("user.name:(a or b)", "user.name:b or user.name:a", Same),
        ("user.name:a", "user.name:a and not file.name:x", Narrower),
        ("user.name:(a or b)", "user.name:(a or b or c)", Wider),
        ("user.name:a*", "user.name:ab*", Narrower),
        ("user.name:a", "user.name:b", Both),
        ("not (user.name:a and file.name:b)", "not user.name:a or not file.name:b", Same),
        ("user.name:a and file.name:*", "user.name:a", Wider),
    ] {
        check(&kql(old), &kql(new), expected);
    }
    check(&kql("user.name:a"), &eql("any where user.name == \"a\""), Same);
    check(&eql("file where user.name : \"a\""), &eql("file where user.name == \"a\""), Narrower);
}

#[test]
fn thresholds() {
    let of = |field: &str, count: u64| {
        threshold("user.name:a", &format!("field = [{field}]\nvalue = {count}"))
    };
    check(&of("'host.id'", 5), &of("'host.id'", 5), Change::Same);
    let found = check(&of("'host.id'", 5), &of("'host.id'", 6), Change::Narrower);
    assert_eq!(found.lost.map(|lost| lost.events.len()), Some(5));
    assert_eq!(found.notes, ["6 events are needed now (was 5)"]);
    // Finer groups want more.
    check(&of("'host.id'", 5), &of("'host.id', 'file.name'", 5), Change::Narrower);
    let counted = threshold(
        "user.name:a",
        "field = ['host.id']\nvalue = 5\n[[rule.threshold.cardinality]]\nfield = 'file.name'\n\
         value = 3",
    );
    check(&of("'host.id'", 5), &counted, Change::Narrower);
    let other = threshold("user.name:b", "field = ['host.id']\nvalue = 5");
    check(&of("'host.id'", 5), &other, Change::Both);
    // Fewer, of another kind.
    let fewer = threshold("user.name:a and file.name:x", "field = ['host.id']\nvalue = 3");
    check(&of("'host.id'", 5), &fewer, Change::Both);
}

#[test]
fn sequences() {
    let of = |head: &str, last: &str| {
        eql(&format!("sequence {head} [file where user.name == \"a\"] [file where {last}]"))
    };
    let b = "user.name == \"b\"";
    check(&of("by host.id", b), &of("by host.id", b), Change::Same);
    check(&of("by host.id", b), &of("by host.id", "user.name : \"b\""), Change::Wider);
    let (hour, minute) = (of("by host.id with maxspan=1h", b), of("by host.id with maxspan=1m", b));
    check(&hour, &minute, Change::Narrower);
    check(&of("by host.id", b), &minute, Change::Narrower);
    check(&of("", b), &of("by host.id", b), Change::Narrower);
    check(&of("by host.id", b), &of("by host.id", "user.name == \"c\""), Change::Both);
    let longer = eql(&format!(
        "sequence by host.id [file where user.name == \"a\"] [file where {b}] \
         [file where user.name == \"c\"]"
    ));
    check(&of("by host.id", b), &longer, Change::Narrower);
}

#[test]
fn new_terms_and_indices() {
    let terms = |query: &str, field: &str| {
        rule(&format!(
            "type = 'new_terms'\nlanguage = 'kuery'\nquery = '''{query}'''\n[rule.new_terms]\n\
             field = 'new_terms_fields'\nvalue = ['{field}']\n\
             [[rule.new_terms.history_window_start]]\nfield = 'history_window_start'\n\
             value = 'now-7d'"
        ))
    };
    check(&terms("user.name:a", "host.id"), &terms("user.name:a", "host.id"), Change::Same);
    // What a wider condition finds in the history is no longer new.
    let wider = terms("user.name:(a or b)", "host.id");
    check(&terms("user.name:a", "host.id"), &wider, Change::Both);
    let reads = |index: &str| {
        rule(&format!(
            "type = 'query'\nlanguage = 'kuery'\nindex = [{index}]\nquery = 'user.name:a'"
        ))
    };
    check(&reads("'logs-a*'"), &reads("'logs-a*'"), Change::Same);
    let found = check(&reads("'logs-a*'"), &reads("'logs-a*', 'logs-b*'"), Change::Wider);
    assert_eq!(found.notes, ["reads logs-b* now"]);
    check(&reads("'logs-*'"), &reads("'logs-*', 'logs-b*'"), Change::Same);
}

#[test]
fn pipelines_are_the_same_by_their_words() {
    let of =
        |query: &str| rule(&format!("type = 'esql'\nlanguage = 'esql'\nquery = '''{query}'''"));
    let old = of("from logs-* | where user.name == \"a\"");
    check(&old, &of("from logs-*\n| where user.name == \"a\" // why"), Change::Same);
    check(&old, &of("from logs-* | where user.name == \"b\""), Change::Both);
    check(
        &of("from logs-* metadata _id | where user.name in (\"a\", \"b\") | keep user.name"),
        &of("from logs-* metadata _id | where user.name == \"a\" | sort user.name"),
        Change::Narrower,
    );
}

#[test]
fn what_stands_elsewhere_in_the_file_is_no_change() {
    let of = |query: &str, hours: u8| {
        rule(&format!(
            "type = 'query'\nlanguage = 'kuery'\nquery = '{query}'\nrule_name_override = 'user.name'\n\
             [rule.alert_suppression]\ngroup_by = ['user.name']\n\
             [rule.alert_suppression.duration]\nunit = 'h'\nvalue = {hours}\n\
             [[rule.severity_mapping]]\nfield = 'user.name'\noperator = 'equals'\n\
             value = 'root'\nseverity = 'high'\n\
             [[rule.risk_score_mapping]]\nfield = 'user.name'\noperator = 'equals'\n\
             value = 'root'\nrisk_score = 70"
        ))
    };
    let old = of("user.name:a", 1);
    assert_eq!(check(&old, &of("user.name: (a)", 1), Change::Same).notes, [""; 0]);
    let notes = check(&old, &of("user.name:a", 2), Change::Same).notes;
    assert_eq!(notes, ["an alert comes at most once in 2 hours for each user.name now"]);
}

#[test]
fn rules_are_paired_by_id_and_told_by_path() {
    let tree = |rules: Vec<Loaded>| RuleTree { rules, ..RuleTree::default() };
    let mut moved = kql("user.name:a");
    (moved.path, moved.key) = ("b.toml".to_owned(), "b".to_owned());
    let base = tree(vec![kql("user.name:a")]);
    let told = |base: &RuleTree, head: &RuleTree| {
        let none = ExceptionTree::default();
        let revision = |rules| Revision { rules, exceptions: &none };
        let found = regress(revision(base), revision(head), &schema(), &|_| true);
        let told = found.rules.iter().map(|rule| (rule.path.clone(), rule.change));
        (told.collect::<Vec<_>>(), found.unchanged)
    };
    assert_eq!(told(&base, &base), (vec![], 1));
    assert_eq!(told(&base, &tree(vec![moved])), (vec![("b.toml".into(), Change::Same)], 0));
    assert_eq!(told(&base, &tree(vec![])), (vec![("a.toml".into(), Change::Removed)], 0));
    assert_eq!(told(&tree(vec![]), &base), (vec![("a.toml".into(), Change::Added)], 0));
}

/// A condition on two fields.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "user.name:a",
        "user.name:b",
        "user.name:a*",
        "user.name:*",
        "file.name:a",
        "file.name:b",
        "file.name:*b",
        "user.name:(a or b)",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("not ({one})")),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner, 2..4).prop_map(|all| format!("({})", all.join(" or "))),
        ]
    })
}

/// All events with up to two values of some texts in both fields.
fn events() -> Vec<Value> {
    let texts = ["a", "b", "ab", "c"];
    let mut sets: Vec<Vec<&str>> = vec![vec![]];
    sets.extend(texts.iter().map(|text| vec![*text]));
    for (at, a) in texts.iter().enumerate() {
        sets.extend(texts[at + 1..].iter().map(|b| vec![*a, *b]));
    }
    let user_and_file = |user: &Vec<&str>, file: &Vec<&str>| json!({"user": {"name": user}, "file": {"name": file}});
    sets.iter().flat_map(|user| sets.iter().map(|file| user_and_file(user, file))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// What is told is what brute force finds: of a change that is proved no event of the
    /// domain says otherwise, and an event that is told behaves so.
    #[test]
    fn what_is_told_is_so(a in condition(), b in condition()) {
        let (old, new) = (kql(&a), kql(&b));
        let schema = schema();
        let told = between(&old, &new, &ExceptionTree::default(), &schema);
        let plans: Vec<_> = [&old, &new].map(|loaded| {
            let rule = loaded.rule.as_ref().expect("a rule");
            harness_compile::rule::compile_rule(rule, &schema, NOW).plan().cloned().expect("a plan")
        }).into();
        let judge = Judge::new([&plans[0], &plans[1]], &schema);
        let [sight, _] = sights(&old, &new);
        let alerts = |plan: usize, event: &Value| {
            let stream = Stream::of(vec![event.clone()]);
            judge.alerts(&plans[plan], &stream, &sight).expect("an event that fits")
        };
        let all = events();
        let gains = all.iter().any(|event| alerts(1, event) && !alerts(0, event));
        let loses = all.iter().any(|event| alerts(0, event) && !alerts(1, event));
        match told.change {
            Change::Same => prop_assert!(!gains && !loses),
            Change::Narrower => prop_assert!(!gains),
            Change::Wider => prop_assert!(!loses),
            Change::Both | Change::Unknown | Change::Added | Change::Removed => {}
        }
        for (events, one, other) in [(&told.gained, 1, 0), (&told.lost, 0, 1)] {
            if let Some(example) = events {
                let event = &example.events[0];
                prop_assert!(alerts(one, event) && !alerts(other, event));
            }
        }
        // Two conditions on two fields are never too large to tell.
        prop_assert!(told.change != Change::Unknown, "{:?}", told.reason);
    }
}

/// A sequence over two hosts and three names.
fn sequence() -> impl Strategy<Value = String> {
    let names = || prop::sample::subsequence(vec!["a", "b", "c"], 1..=3);
    let stage = (names(), 1..3_u8).prop_map(|(names, runs)| {
        let runs = if runs > 1 { " with runs=2" } else { "" };
        format!("[any where user.name in (\"{}\")]{runs}", names.join("\", \""))
    });
    let keys = prop::sample::select(vec!["", "by host.id"]);
    let span = prop::sample::select(vec!["", "with maxspan=4s", "with maxspan=8s"]);
    (keys, span, prop::collection::vec(stage, 2..4))
        .prop_map(|(keys, span, stages)| format!("sequence {keys} {span} {}", stages.join(" ")))
}

/// Groups over the same.
fn grouped() -> impl Strategy<Value = (String, String)> {
    let query = prop::sample::select(vec!["user.name:a", "user.name:(a or b)", "user.name:*"]);
    let fields = prop::sample::select(vec!["[]", "['host.id']", "['host.id', 'file.name']"]);
    let counted = prop::option::of(1..4_u8);
    (query, fields, 1..4_u8, counted).prop_map(|(query, fields, value, counted)| {
        let counted = counted.map(|least| {
            format!("\n[[rule.threshold.cardinality]]\nfield = 'event.action'\nvalue = {least}")
        });
        let rest = format!("field = {fields}\nvalue = {value}{}", counted.unwrap_or_default());
        (query.to_owned(), rest)
    })
}

/// Events in the order of their times, the last just before the run.
fn stream() -> impl Strategy<Value = Vec<Value>> {
    let one = || prop::sample::select(vec!["a", "b", "c"]);
    let event = (one(), prop::sample::select(vec!["x", "y"]), one(), one(), 1..4_i64);
    prop::collection::vec(event, 1..9).prop_map(|events| {
        let all: i64 = events.iter().map(|event| event.4).sum();
        let mut at = NOW - 1_000 * (all + 1);
        let event = |(user, host, file, action, step): (&str, &str, &str, &str, i64)| {
            at += 1_000 * step;
            json!({
                "@timestamp": harness_model::value::format_date(at),
                "event": {"category": "file", "action": action},
                "user": {"name": user}, "host": {"id": host}, "file": {"name": file},
            })
        };
        events.into_iter().map(event).collect()
    })
}

/// What two rules see.
fn sights(old: &Loaded, new: &Loaded) -> [Sight; 2] {
    let of = |loaded: &Loaded| loaded.rule.clone().expect("a rule");
    let (before, after) = (of(old), of(new));
    let clock = |rule| harness_detect::window::Clock::new(rule).expect("a clock");
    Sight::of([(&before, &clock(&before)), (&after, &clock(&after))])
}

/// That what is told of two rules holds of streams, and that told events behave so.
fn told_of(old: &Loaded, new: &Loaded, streams: &[Stream]) -> Result<(), TestCaseError> {
    let schema = schema();
    let told = between(old, new, &ExceptionTree::default(), &schema);
    let plans: Vec<Plan> = [old, new]
        .map(|loaded| {
            let rule = loaded.rule.as_ref().expect("a rule");
            harness_compile::rule::compile_rule(rule, &schema, NOW).plan().cloned().expect("a plan")
        })
        .into();
    let judge = Judge::new([&plans[0], &plans[1]], &schema);
    let sights = sights(old, new);
    let alerts = |at: usize, stream: &Stream| {
        judge.alerts(&plans[at], stream, &sights[at]).expect("events that fit")
    };
    for stream in streams {
        let (before, after) = (alerts(0, stream), alerts(1, stream));
        let context = || format!("{}\n→\n{}\n{told:?} on {stream:?}", old.text, new.text);
        let holds = match told.change {
            Change::Same => before == after,
            Change::Narrower => before || !after,
            Change::Wider => after || !before,
            Change::Both | Change::Unknown | Change::Added | Change::Removed => true,
        };
        prop_assert!(holds, "{}", context());
    }
    for (example, one, other) in [(&told.gained, 1, 0), (&told.lost, 0, 1)] {
        let Some(example) = example else { continue };
        // Indicators come after the one event that they are of.
        let is_threat = plans.iter().any(|plan| matches!(plan, Plan::Threat(_)));
        let count = if is_threat { 1 } else { example.events.len() };
        let (events, indicators) = example.events.split_at(count);
        let stream = Stream { events: events.to_vec(), indicators: indicators.to_vec() };
        prop_assert!(alerts(one, &stream) && !alerts(other, &stream), "{told:?}");
    }
    Ok(())
}

fn told_is_so(old: &Loaded, new: &Loaded, streams: &[Vec<Value>]) -> Result<(), TestCaseError> {
    let streams: Vec<Stream> = streams.iter().map(|events| Stream::of(events.clone())).collect();
    told_of(old, new, &streams)
}

/// When a rule runs, and how far it looks.
fn times() -> impl Strategy<Value = String> {
    let from = prop::sample::select(vec!["now-10s", "now-15s", "now-25s"]);
    let interval = prop::sample::select(vec!["5s", "10s"]);
    (from, interval)
        .prop_map(|(from, interval)| format!("from = '{from}'\ninterval = '{interval}'"))
}

fn timed(loaded: &Loaded, times: &str) -> Loaded {
    let text = loaded.text.replacen("severity = 'low'", &format!("severity = 'low'\n{times}"), 1);
    let (rule, diagnostics) = harness_rule::parse(&text);
    assert!(rule.is_some(), "{diagnostics:?}");
    Loaded { text: text.into(), rule, diagnostics, ..loaded.clone() }
}

/// A sample over two hosts and three names.
fn sampled() -> impl Strategy<Value = String> {
    let names = || prop::sample::subsequence(vec!["a", "b", "c"], 1..=3);
    let stage = names()
        .prop_map(|names| format!("[any where user.name in (\"{}\")]", names.join("\", \"")));
    prop::collection::vec(stage, 2..4)
        .prop_map(|stages| format!("sample by host.id {}", stages.join(" ")))
}

/// A rule of new terms over the same.
fn watched() -> impl Strategy<Value = Loaded> {
    let query = prop::sample::select(vec!["user.name:a", "user.name:(a or b)", "user.name:*"]);
    let fields = prop::sample::select(vec!["'host.id'", "'file.name'", "'host.id', 'file.name'"]);
    let history = prop::sample::select(vec!["now-1h", "now-20m"]);
    (query, fields, history).prop_map(|(query, fields, history)| {
        rule(&format!(
            "type = 'new_terms'\nlanguage = 'kuery'\nquery = '''{query}'''\n[rule.new_terms]\n\
             field = 'new_terms_fields'\nvalue = [{fields}]\n\
             [[rule.new_terms.history_window_start]]\nfield = 'history_window_start'\n\
             value = '{history}'"
        ))
    })
}

/// A rule of indicators over the same: they list names as files.
fn listed() -> impl Strategy<Value = Loaded> {
    let query = prop::sample::select(vec!["user.name:a", "user.name:(a or b)", "user.name:*"]);
    let of_threat =
        prop::sample::select(vec!["event.action:a", "event.action:(a or b)", "file.name:*"]);
    (query, of_threat).prop_map(|(query, of_threat)| {
        rule(&format!(
            "type = 'threat_match'\nlanguage = 'kuery'\nquery = '''{query}'''\n\
             threat_index = ['logs-ti_*']\nthreat_language = 'kuery'\n\
             threat_query = '''{of_threat}'''\n[[rule.threat_mapping]]\n\
             [[rule.threat_mapping.entries]]\nfield = 'user.name'\ntype = 'mapping'\n\
             value = 'file.name'"
        ))
    })
}

/// A stream whose first events lie before the windows of runs, in one history or another.
fn with_past(mut events: Vec<Value>, count: usize, minutes: i64) -> Vec<Value> {
    for event in events.iter_mut().take(count) {
        let read = harness_model::event::Event::from_json(event.clone(), 1).expect("an event");
        let at = read.timestamp().expect("a time") - minutes * 60_000;
        event["@timestamp"] = json!(harness_model::value::format_date(at));
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_told_of_sequences_is_so(
        a in sequence(), b in sequence(), streams in prop::collection::vec(stream(), 24),
    ) {
        told_is_so(&eql(&a), &eql(&b), &streams)?;
        // A stage more or less, or another time, is what proofs are about.
        let wider = a.replacen("(\"a\")", "(\"a\", \"b\")", 1).replace("maxspan=4s", "maxspan=8s");
        told_is_so(&eql(&a), &eql(&wider), &streams)?;
    }

    #[test]
    fn what_is_told_of_groups_is_so(
        a in grouped(), b in grouped(), streams in prop::collection::vec(stream(), 24),
    ) {
        told_is_so(&threshold(&a.0, &a.1), &threshold(&b.0, &b.1), &streams)?;
    }

    #[test]
    fn what_is_told_of_times_is_so(
        a in grouped(), s in sequence(), t in times(), u in times(),
        streams in prop::collection::vec(stream(), 24),
    ) {
        let (groups, single) = (threshold(&a.0, &a.1), kql(&a.0));
        told_is_so(&timed(&groups, &t), &timed(&groups, &u), &streams)?;
        told_is_so(&timed(&eql(&s), &t), &timed(&eql(&s), &u), &streams)?;
        told_is_so(&timed(&single, &t), &timed(&single, &u), &streams)?;
        // Groups and sequences are of events on which another rule alerts alone.
        told_is_so(&timed(&single, &t), &timed(&groups, &t), &streams)?;
        told_is_so(&timed(&eql(&s), &t), &timed(&single, &t), &streams)?;
    }

    #[test]
    fn what_is_told_of_samples_is_so(
        a in sampled(), b in sampled(), streams in prop::collection::vec(stream(), 24),
    ) {
        told_is_so(&eql(&a), &eql(&b), &streams)?;
    }

    #[test]
    fn what_is_told_of_new_terms_is_so(
        a in watched(), b in watched(), count in 0..6_usize, minutes in 10..55_i64,
        streams in prop::collection::vec(stream(), 24),
    ) {
        let past = |events: Vec<Value>| with_past(events, count, minutes);
        let streams: Vec<Vec<Value>> = streams.into_iter().map(past).collect();
        told_is_so(&a, &b, &streams)?;
        told_is_so(&kql("user.name:(a or b)"), &a, &streams)?;
    }

    #[test]
    fn what_is_told_of_indicators_is_so(
        a in listed(), b in listed(),
        streams in prop::collection::vec((stream(), stream()), 24),
    ) {
        let pair = |(events, indicators)| Stream { events, indicators };
        told_of(&a, &b, &streams.into_iter().map(pair).collect::<Vec<_>>())?;
    }
}
