//! Cases that are made of rules: on random rules of each language they hold under the
//! reference evaluator, and a clause decides in them where one can.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::project::{project, query_rule, rule};
use harness::case::{Case, Polarity};
use harness::config;
use harness::event::Event;
use harness::ir::eval::eval;
use harness::report;
use harness::run::{RuleUnderTest, Session};
use harness::synthesize::{Made, Making, RuleCases, Seed, Taken, Treatment, synthesize, taken};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What is made for a rule without cases.
fn made(rule: &str) -> RuleCases {
    let mut empty = project(rule, Vec::new());
    empty.cases.rules.clear();
    let mut rules = synthesize(empty, &|_| true, Making::default()).expect("the engine runs");
    assert_eq!(rules.len(), 1);
    rules.remove(0)
}

fn case(made: &Made) -> Case {
    Case {
        path: format!("r/{}/{}.json", made.polarity.folder(), made.name),
        name: made.name.clone(),
        polarity: made.polarity,
        events: made.events.clone(),
        options: made.options.clone(),
    }
}

/// The cases that the reference evaluator judges otherwise than they expect.
fn wrong(rule: &str, made: &[Made]) -> Vec<String> {
    let cases: Vec<Case> = made.iter().map(case).collect();
    let session = Session::open(project(rule, cases));
    let Some(RuleUnderTest::Conditions(subject)) = session.rule_under_test(0) else {
        return vec!["not judged".to_owned()];
    };
    let plan = subject.plans()[0];
    let numbered = subject.cases().iter().enumerate();
    let wrong = numbered.filter(|(number, case)| {
        let trial = subject.trial(*number, case.events.clone());
        let holds = |filter: &_, document: &_| eval(filter, document, subject.columns());
        let alerts = trial.alerts(plan, &holds).expect("a verdict");
        let expected = case.options.alerts.is_none_or(|stated| stated == alerts);
        (alerts > 0) != (case.polarity == Polarity::Positive) || !expected
    });
    wrong.map(|(_, case)| case.path.clone()).collect()
}

const FIELDS: [&str; 5] =
    ["process.name", "user.name", "event.action", "file.path", "host.os.type"];
const VALUES: [&str; 6] = ["curl", "wget", "root", "alice", "start", "/etc/shadow"];

/// A clause: a field, and the values that it may have.
fn clause() -> impl Strategy<Value = (usize, Vec<usize>)> {
    (0..FIELDS.len(), prop::collection::vec(0..VALUES.len(), 1..3))
}

#[derive(Clone, Debug)]
enum Condition {
    Clause(usize, Vec<usize>),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = clause().prop_map(|(field, values)| Condition::Clause(field, values));
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            prop::collection::vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

impl Condition {
    /// The condition in a language; `clause` writes a field and its values.
    fn text(&self, clause: &dyn Fn(&str, &[&str]) -> String) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.text(clause)).collect();
            format!("({})", parts.join(&format!(" {word} ")))
        };
        match self {
            Self::Clause(field, values) => {
                let values: Vec<&str> = values.iter().map(|value| VALUES[*value]).collect();
                clause(FIELDS[*field], &values)
            }
            Self::Not(inner) => format!("(not {})", inner.text(clause)),
            Self::And(parts) => joined(parts, "and"),
            Self::Or(parts) => joined(parts, "or"),
        }
    }
}

fn quoted(values: &[&str], between: &str) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    quoted.join(between)
}

fn kuery(field: &str, values: &[&str]) -> String {
    format!("{field}:({})", quoted(values, " or "))
}

fn lucene(field: &str, values: &[&str]) -> String {
    format!("{field}:({})", quoted(values, " OR "))
}

fn eql(field: &str, values: &[&str]) -> String {
    format!("{field} : ({})", quoted(values, ", "))
}

fn eql_rule(query: &str) -> String {
    rule(&format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''{query}'''"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_made_holds(condition in condition()) {
        let lucene_text = condition.text(&lucene).replace("(not ", "(NOT ");
        let lucene_text = lucene_text.replace(" and ", " AND ").replace(" or ", " OR ");
        let lucene = format!("type = \"query\"\nlanguage = \"lucene\"\nquery = '''{lucene_text}'''");
        let eql = condition.text(&eql);
        let sequence = format!("sequence by user.id with maxspan=1m [any where {eql}] [any where {eql}]");
        for text in [
            query_rule(&condition.text(&kuery), ""),
            rule(&lucene),
            eql_rule(&format!("any where {eql}")),
            eql_rule(&sequence),
        ] {
            let found = made(&text);
            prop_assert_eq!(wrong(&text, &found.made), [""; 0], "{}", text);
        }
    }
}

/// A pipeline on events: a condition, and groups that are large and unlike enough.
#[derive(Clone, Debug)]
struct Pipeline {
    condition: Condition,
    key: usize,
    counted: usize,
    least: usize,
    distinct: usize,
}

fn counted() -> impl Strategy<Value = Pipeline> {
    (condition(), 0..FIELDS.len(), 0..FIELDS.len(), 1..5_usize, 0..4_usize).prop_map(
        |(condition, key, counted, least, distinct)| Pipeline {
            condition,
            key,
            counted,
            least,
            distinct,
        },
    )
}

impl Pipeline {
    fn text(&self) -> String {
        let clause =
            |field: &str, values: &[&str]| format!("{field} in ({})", quoted(values, ", "));
        format!(
            "from logs-* | where {} | stats n = count(*), d = count_distinct({}) by {} \
             | where n >= {} and d >= {}",
            self.condition.text(&clause),
            FIELDS[self.counted],
            FIELDS[self.key],
            self.least,
            self.distinct,
        )
    }

    /// How many alerts events raise, by the words of the query alone: ES|QL's null does
    /// not hold, nor does its negation, and a list is null.
    fn alerts(&self, events: &[Event]) -> usize {
        let mut groups: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
        for event in events.iter().filter(|event| self.condition.holds(event) == Some(true)) {
            let mut keys: Vec<String> = texts(event, FIELDS[self.key]);
            if keys.is_empty() {
                keys.push("null".to_owned());
            }
            for key in keys {
                groups.entry(key).or_default().push(event);
            }
        }
        let passes = |events: &&Vec<&Event>| {
            let values = events.iter().flat_map(|event| texts(event, FIELDS[self.counted]));
            let values: BTreeSet<String> = values.collect();
            events.len() >= self.least && values.len() >= self.distinct
        };
        groups.values().filter(passes).count()
    }
}

fn texts(event: &Event, field: &str) -> Vec<String> {
    let all = event.values(field).into_iter().filter_map(Value::as_str).map(str::to_owned);
    all.collect::<BTreeSet<String>>().into_iter().collect()
}

impl Condition {
    /// Its truth in three values.
    fn holds(&self, event: &Event) -> Option<bool> {
        match self {
            Self::Clause(field, values) => {
                let own = texts(event, FIELDS[*field]);
                let [own] = own.as_slice() else { return None };
                Some(values.iter().any(|value| VALUES[*value] == own))
            }
            Self::Not(inner) => inner.holds(event).map(|holds| !holds),
            Self::And(parts) => joined(parts, event, false),
            Self::Or(parts) => joined(parts, event, true),
        }
    }
}

fn joined(parts: &[Condition], event: &Event, strong: bool) -> Option<bool> {
    let truths: Vec<Option<bool>> = parts.iter().map(|part| part.holds(event)).collect();
    match truths.contains(&Some(strong)) {
        true => Some(strong),
        false if truths.contains(&None) => None,
        false => Some(!strong),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_made_of_pipelines_holds(pipeline in counted()) {
        let text = rule(&format!("type = \"esql\"\nlanguage = \"esql\"\nquery = \'\'\'{}\'\'\'", pipeline.text()));
        // What the rule does not read at all is looked at by those who know of windows.
        let beside = ["in_another_index", "before_the_window", "other_event"];
        for made in made(&text).made.iter().filter(|made| !beside.contains(&made.name.as_str())) {
            let raises = pipeline.alerts(&made.events) > 0;
            prop_assert_eq!(raises, made.polarity == Polarity::Positive, "{}: {:?}", text, made);
        }
    }

    #[test]
    fn what_is_made_of_groups_history_and_indicators_holds(
        condition in condition(),
        fields in prop::collection::btree_set(0..FIELDS.len(), 1..3),
        count in 1..6_usize,
        distinct in 1..4_usize,
    ) {
        let query = condition.text(&kuery);
        let names: Vec<&str> = fields.iter().map(|field| FIELDS[*field]).collect();
        let listed = quoted(&names, ", ");
        for text in [
            rule(&format!(
                "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \'\'\'{query}\'\'\'\n\
                 [rule.threshold]\nfield = [{listed}]\nvalue = {count}\n\
                 [[rule.threshold.cardinality]]\nfield = \"source.ip\"\nvalue = {distinct}",
            )),
            rule(&format!(
                "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = \'\'\'{query}\'\'\'\n\
                 [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [{listed}]\n\
                 [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-{count}d\"",
            )),
            rule(&format!(
                "type = \"threat_match\"\nlanguage = \"kuery\"\nquery = \'\'\'{query}\'\'\'\n\
                 threat_index = [\"logs-ti_*\"]\nthreat_query = \"threat.indicator.type:file\"\n\
                 threat_language = \"kuery\"\n\
                 [[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"{}\"\n\
                 type = \"mapping\"\nvalue = \"threat.indicator.name\"", names[0],
            )),
        ] {
            let found = made(&text);
            prop_assert_eq!(wrong(&text, &found.made), [""; 0], "{}", text);
        }
    }
}

#[test]
fn a_rule_gets_cases_that_pin_down_its_clauses() {
    for text in [
        query_rule("process.name:(curl or wget) and not user.name:root", ""),
        query_rule("process.args:*shadow* and event.outcome:success", ""),
        eql_rule("process where process.name == \"curl\" and process.args_count > 3"),
        eql_rule(
            "sequence by host.id with maxspan=30s [process where process.name : \"a.exe\"] \
             [network where destination.port == 443]",
        ),
        rule(
            "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \"event.outcome:failure\"\n\
             [rule.threshold]\nfield = [\"user.name\"]\nvalue = 5",
        ),
        rule(
            "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = \"event.action:login\"\n\
             [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\", \"source.ip\"]\n\
             [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"",
        ),
        rule(
            "type = \"esql\"\nlanguage = \"esql\"\nquery = '''from logs-* metadata _id, _index, _version \
             | where event.action == \"login\" and event.outcome != \"success\"'''",
        ),
        rule(
            "type = \"esql\"\nlanguage = \"esql\"\nquery = '''from logs-* | where event.action == \"login\" \
             | stats n = count(*), hosts = count_distinct(host.name) by user.name \
             | where n >= 6 and hosts > 2'''",
        ),
        // A choice that is counted, a pattern, an address that has to be there.
        rule(
            "type = \"esql\"\nlanguage = \"esql\"\nquery = '''from logs-* | where source.ip is not null \
             | eval failed = case(event.outcome == \"failure\", 1, 0), passed = case(event.outcome == \"success\", 1, 0) \
             | stats f = sum(failed), p = sum(passed) by source.ip | where f >= 5 and p >= 2'''",
        ),
        rule(
            "type = \"esql\"\nlanguage = \"esql\"\nquery = '''from logs-* metadata _id, _index, _version \
             | grok message \"name=(?<name>[a-z]{4}) from %{IP:from}\" \
             | where name == \"root\"'''",
        ),
    ] {
        let found = made(&text);
        assert_eq!(found.reason, None, "{text}");
        assert!(found.positive > 0 && found.negative > 0, "{text}");
        assert_eq!(found.covered(), found.clauses.len(), "{text}: {:?}", found.clauses);
    }
}

#[test]
fn the_same_rule_gets_the_same_cases_and_none_twice() {
    let text = query_rule("process.name:(curl or wget) and user.name:*", "");
    let first = made(&text);
    assert_eq!(first, made(&text));
    // What is there is kept, and nothing is added to it.
    let cases = first.made.iter().map(case).collect();
    let again =
        synthesize(project(&text, cases), &|_| true, Making::default()).expect("the engine runs");
    assert_eq!(again[0].made, [], "{:?}", again[0].made);
    assert_eq!(again[0].positive + again[0].negative, first.made.len());
}

/// A field pattern that stands for no field is no field of an event.
#[test]
fn patterns_of_fields_are_no_fields() {
    let found = made(&query_rule("no.such.thing.*:* or process.name:curl", ""));
    assert!(found.positive > 0 && found.negative > 0, "{:?}", found.reason);
    let text = format!("{:?}", found.made);
    assert!(!text.contains("no.such"), "{text}");
}

#[test]
fn a_clause_that_no_event_can_turn_is_dead() {
    let found = made(&query_rule("process.name:curl and process.name:*", ""));
    let dead: Vec<&str> = found
        .clauses
        .iter()
        .filter(|row| row.dead.is_some())
        .map(|row| row.text.as_str())
        .collect();
    assert_eq!(dead, ["process.name exists"]);
}

/// The cases that are taken for a rule from events, and what was replaced in them.
fn from_events(rule: &str, events: Vec<Value>, treatment: Treatment) -> Taken {
    let mut empty = project(rule, Vec::new());
    empty.cases.rules.clear();
    let numbered = (1_usize..).zip(events);
    let events = numbered.map(|(n, event)| Event::from_json(event, n).expect("an event"));
    taken(empty, "r", events.collect(), treatment).expect("the engine runs")
}

/// Secrets and identities, none of which may be told to anybody.
fn planted() -> Vec<String> {
    let body = |n: usize| format!("{:0>24}", format!("Qz7kM{n}Rt9Lm2xW4"));
    let upper = |n: usize| body(n).to_uppercase().replace('0', "A")[4..20].to_owned();
    let kinds: [&dyn Fn(usize) -> String; 20] = [
        &|n| format!("AKIA{}", upper(n)),
        &|n| format!("ghp_{}", body(n)),
        &|n| format!("xoxb-{}", body(n)),
        &|n| format!("eyJ{}.{}", body(n), body(n)),
        &|n| format!("wJa1rXU{n}tnFEMI/K7MDENG/bPxRfiCYz9kK{n}Q"),
        &|n| format!("glpat-{}", body(n)),
        &|n| format!("AIza{}{}", body(n), body(n)),
        &|n| format!("person{n}@corp{n}.internal"),
        &|n| format!("10.{n}.{}.77", n + 3),
        &|n| format!("fd00:1234::{:x}", n + 4_096),
        &|n| format!("7d3f0c52-51a4-4f0e-9b0a-6f2f4c1d{:04x}", n + 256),
        &|n| format!("S-1-5-21-3623811015-3361044348-30300820-{}", 1_100 + n),
        &|n| format!("0a:1b:2c:3d:4e:{n:02x}"),
        &|n| format!("4827193650{n:02}"),
        &|n| format!("build-{n}.corp.internal"),
        &|n| format!("i-0abc{n:013x}"),
        &|n| format!("AROA{}", upper(n)),
        &|n| format!("+4791234{n:03}"),
        &|n| format!("hunter{n}winter"),
        &|n| format!("jsmith{n}"),
    ];
    (0..10).flat_map(|n| kinds.map(|kind| kind(n))).collect()
}

#[test]
fn of_two_hundred_planted_texts_none_is_left_and_the_verdicts_stay() {
    let all = planted();
    assert_eq!(all.len(), 200);
    let events = || {
        all.chunks(20).enumerate().map(|(n, own)| {
        let (password, user) = (&own[18], &own[19]);
        json!({
            "@timestamp": format!("2026-01-05T10:0{n}:00.000Z"),
            "event": {"category": "process", "type": "start"},
            "host": {"name": own[14], "ip": [own[8], own[9]], "mac": [own[12]], "id": own[10]},
            "user": {"name": user, "id": own[11], "email": own[7]},
            "cloud": {"account": {"id": own[13]}, "instance": {"id": own[15]}},
            "process": {
                "name": format!("tool{n}"),
                "working_directory": format!("/home/{user}/work"),
                "command_line": format!(
                    "tool{n} --password {password} --key {} --user {user} https://{user}:{password}@{}/x",
                    own[4], own[14]
                ),
                "args": ["--token", own[1], own[2], own[5]],
                "env_vars": [format!("AWS_ACCESS_KEY_ID={}", own[0]), format!("API_KEY={}", own[6])],
            },
            "message": format!(
                "{} called {} from {}:443 ({}) with Bearer {} as {}:{user}, sid {}",
                own[7], own[17], own[8], own[9], own[3], own[16], own[11]
            ),
            "related": {"user": [user], "hosts": [own[14]]},
        })
    })
    };
    let names: Vec<String> = (0..10).map(|n| format!("tool{n}")).collect();
    let rule = query_rule(&format!("process.name:({})", names.join(" or ")), "");
    let plain = from_events(&rule, events().collect(), Treatment::default());
    let treatment = Treatment { scrub: true, ..Treatment::default() };
    let done = from_events(&rule, events().collect(), treatment);
    assert_eq!(done.secrets, [""; 0]);
    assert_eq!(done.rules[0].made.len(), plain.rules[0].made.len());
    assert_eq!(done.rules[0].positive, 10, "{:?}", done.rules[0].reason);
    assert_eq!(done.rules[0].clauses, plain.rules[0].clauses);
    let text: String = done.rules[0].made.iter().map(|made| made.fixture().to_string()).collect();
    let before: String =
        plain.rules[0].made.iter().map(|made| made.fixture().to_string()).collect();
    for planted in &all {
        assert!(before.contains(planted.as_str()), "{planted} was never there");
        assert!(!text.contains(planted.as_str()), "{planted} is left: {text}");
    }
}

/// Events of people, hosts and their programs, of which few are special.
fn stream(special: &[Value]) -> Vec<Value> {
    let usual = (0..40).map(|n| {
        json!({
            "@timestamp": format!("2026-01-05T10:{:02}:00.000Z", n % 50),
            "event": {"category": "process", "action": "start", "outcome": "success"},
            "host": {"id": format!("h{}", n % 3)},
            "user": {"name": format!("ann{}", n % 5)},
            "process": {"name": "bash"},
        })
    });
    usual.chain(special.iter().cloned()).collect()
}

#[test]
fn rules_of_all_types_take_cases_from_events() {
    let at = |second: usize, rest: Value| {
        let mut event = json!({"@timestamp": format!("2026-01-05T10:50:{second:02}.000Z")});
        let own = event.as_object_mut().expect("an object");
        own.extend(rest.as_object().expect("an object").clone());
        event
    };
    let failed = |second, user: &str| {
        at(
            second,
            json!({"event": {"action": "login", "outcome": "failure"}, "user": {"name": user}}),
        )
    };
    let sequence = eql_rule(
        "sequence by host.id with maxspan=30s [any where process.name == \"curl\"] \
         [any where process.name == \"sh\"]",
    );
    let threshold = rule(
        "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \"event.outcome:failure\"\n\
         [rule.threshold]\nfield = [\"user.name\"]\nvalue = 3",
    );
    let terms = rule(
        "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = \"event.action:login\"\n\
         [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
         [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"",
    );
    let counted = rule(
        "type = \"esql\"\nlanguage = \"esql\"\nquery = '''from logs-* | where event.action == \"login\" \
         | stats n = count(*) by user.name | where n >= 3'''",
    );
    let several = |name: &str| at(5, json!({"host": {"id": "h1"}, "process": {"name": name}}));
    let logins: Vec<Value> =
        (10..16).map(|n| failed(n, if n % 2 == 0 { "eve" } else { "dan" })).collect();
    for (text, special, fewest) in [
        (query_rule("process.name:curl and host.id:h1", ""), vec![several("curl")], 1),
        (
            sequence,
            vec![several("curl"), at(9, json!({"host": {"id": "h1"}, "process": {"name": "sh"}}))],
            2,
        ),
        (threshold, logins.clone(), 3),
        (terms, vec![failed(10, "eve")], 1),
        (counted, logins, 3),
    ] {
        let treatment = Treatment { minimize: true, ..Treatment::default() };
        let done = from_events(&text, stream(&special), treatment);
        let made = &done.rules[0].made;
        let positive = made.iter().find(|made| made.polarity == Polarity::Positive);
        assert_eq!(positive.map(|made| made.events.len()), Some(fewest), "{text}: {made:?}");
        assert!(done.rules[0].negative > 0 || fewest == 1, "{text}: {made:?}");
        assert!(!format!("{made:?}").contains("success"), "{text}: {made:?}");
    }
}

#[test]
fn a_seed_makes_the_same_bytes_and_another_seed_others() {
    let text = query_rule("event.action:login and user.name:* and source.ip:*", "");
    let of = |seed: u64| {
        let mut empty = project(&text, Vec::new());
        empty.cases.rules.clear();
        let making = Making { seed: Seed(seed), ..Making::default() };
        synthesize(empty, &|_| true, making).expect("the engine runs").remove(0).made
    };
    assert_eq!(of(7), of(7));
    assert!((1..10).any(|seed| of(seed) != of(0)));
}

/// The names of what is made.
fn names(made: &[Made]) -> Vec<String> {
    made.iter().map(|made| format!("{}/{}", made.polarity.folder(), made.name)).collect()
}

#[test]
fn what_a_reader_looks_for_is_there() {
    for (text, expected) in [
        (
            eql_rule(
                "sequence by host.id with maxspan=30s [process where process.name == \"a\"] \
                 [file where true] with runs=2 ![network where true] until [process where event.type == \"end\"]",
            ),
            vec![
                "positive/in_order",
                "positive/at_the_end_of_maxspan",
                "negative/one_second_too_late",
                "negative/no_event_1",
                "negative/one_event_2_too_few",
                "negative/with_event_3",
                "negative/in_wrong_order",
                "negative/another_host_id",
                "negative/ended_before",
                "negative/in_another_index",
                "positive/at_the_start_of_the_window",
                "negative/before_the_window",
            ],
        ),
        (
            rule(
                "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \"event.outcome:failure\"\n\
                 [rule.threshold]\nfield = [\"user.name\"]\nvalue = 5\n\
                 [[rule.threshold.cardinality]]\nfield = \"source.ip\"\nvalue = 3",
            ),
            vec![
                "positive/just_enough",
                "negative/one_too_few",
                "negative/one_value_too_few",
                "negative/in_two_groups",
                "negative/before_the_window",
            ],
        ),
        (
            rule(
                "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = \"event.action:login\"\n\
                 [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
                 [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"",
            ),
            vec![
                "positive/never_seen_before",
                "negative/seen_at_the_start_of_the_history",
                "positive/seen_before_the_history",
                "positive/seen_with_another_user_name",
            ],
        ),
        (
            rule(
                "type = \"threat_match\"\nlanguage = \"kuery\"\nquery = \"destination.ip:*\"\n\
                 threat_index = [\"logs-ti_*\"]\nthreat_query = \"@timestamp >= \\\"now-30d\\\"\"\n\
                 threat_language = \"kuery\"\n\
                 [[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"destination.ip\"\n\
                 type = \"mapping\"\nvalue = \"threat.indicator.ip\"",
            ),
            vec![
                "positive/known_indicator",
                "negative/outdated_indicator",
                "negative/another_destination_ip",
            ],
        ),
    ] {
        let found = made(&text);
        let names = names(&found.made);
        for name in expected {
            assert!(names.iter().any(|own| own == name), "{name} is not among {names:?}: {text}");
        }
    }
}

/// The rules whose cases docs/new-sets.md shows.
const SHOWN: [&str; 3] =
    ["azure/disk_image_by_mail", "gcp/secrets_read_in_a_burst", "aws/account_in_a_new_region"];

/// The page of cases in full is what is made of our own rules.
#[test]
fn the_sets_that_are_shown_are_those_that_are_made() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut page = "# Cases made of three rules\n\n\
        What `harness new` makes of three rules of this repository where they have no cases: a\n\
        condition, a threshold, new terms. The page is made by a test;\n\
        `UPDATE_PAGES=1 cargo test --workspace --test it sets` writes it anew.\n"
        .to_owned();
    for key in SHOWN {
        let folders = config::folders(&root).expect("a configuration");
        let mut own = config::open(&folders).expect("a project");
        own.cases.rules.clear();
        let rule = own.rules.rules.iter().find(|rule| rule.key() == key).expect("a rule");
        let query = rule.rule.as_ref().and_then(|rule| rule.query.as_ref());
        let query = query.map_or("", |query| query.text.trim()).to_owned();
        let made = synthesize(own, &|own| own == key, Making::default()).expect("the engine runs");
        let options = report::new::Options {
            styled: report::problem::Styled::Plain,
            cases: "cases".to_owned(),
            written: None,
            is_short: false,
            elapsed: std::time::Duration::ZERO,
        };
        let mut text = Vec::new();
        report::new::render(&made, &options, &mut text).expect("memory holds it");
        let text = String::from_utf8(text).expect("text");
        // The sums below the rule say how long it took.
        let text = text.rsplit_once("\n\n").map_or(&*text, |(own, _)| own);
        assert!(made[0].reason.is_none(), "{key}: {:?}", made[0].reason);
        let shown = format!("\n## {key}\n\n```text\n{query}\n```\n\n```text\n{text}\n```\n");
        page.push_str(&shown);
    }
    let path = root.join("docs/new-sets.md");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &page).expect("the page is writable");
    }
    let written = std::fs::read_to_string(&path).expect("the page is there");
    assert_eq!(written, page, "docs/new-sets.md differs from what is made");
}
