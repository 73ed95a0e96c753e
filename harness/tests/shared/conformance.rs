//! The recorded verdicts, where they are at hand: through the code of
//! `cargo xtask conformance`, which has the only readers of those formats.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::shared;
use harness::diagnostic::Diagnostic;
use harness::files;
use harness::rule::model::Rule;
use harness::rule::tree;
use harness_conformance::formats::{self, Around, Content};
use harness_conformance::{Outcome, Suite, esql_spec, exceptions, judge, projects};

fn rules(shared: &Path) -> BTreeMap<String, Rule> {
    let tree = tree::load_tree(&shared.join("corpus/rules"));
    let rules = tree.rules.into_iter().filter_map(|loaded| loaded.rule);
    rules.map(|rule| (rule.rule_id.value.clone(), rule)).collect()
}

/// Judges every file that matches, and returns how many cases agreed.
fn check(pattern: &str) -> usize {
    let shared = shared::folder("conformance");
    let rules = rules(&shared);
    let mut suites: Vec<Suite> = Vec::new();
    let mut origins = Vec::new();
    for file in files::find(&shared.join("conformance"), &[pattern], &mut Vec::new()) {
        let text = files::read(&file.path).expect("a readable suite");
        let folder = file.path.parent().expect("a folder");
        let content = formats::read(&text, Around { rules: &rules, folder });
        match content.unwrap_or_else(|found| panic!("{}: {found}", file.relative)) {
            Content::Suites(own) => {
                origins.extend(own.iter().map(|_| file.relative.clone()));
                suites.extend(own);
            }
            Content::Pipelines(_) | Content::Queries(_) | Content::Unsupported(..) => {}
        }
    }
    let mut agree = 0;
    for (judged, path) in judge(suites).expect("the engine runs").iter().zip(origins) {
        for (case, outcome) in judged.suite.cases.iter().zip(&judged.outcomes) {
            let argued = exceptions::find(&path, &judged.suite.name, &case.name).is_some();
            match outcome {
                Outcome::Agree => {
                    assert!(
                        !argued,
                        "{path} {} {} no longer differs",
                        judged.suite.name, case.name
                    );
                    agree += 1;
                }
                Outcome::Unsupported(_) => {}
                Outcome::Disagree(found) => {
                    assert!(
                        argued,
                        "{path} {} {}: {}\n{found:#?}",
                        judged.suite.name, case.name, case.query
                    );
                }
            }
        }
    }
    agree
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn kql_agrees() {
    let agree = check("live/kql.json");
    // The other 19 are argued: patterns on wildcard and constant_keyword fields.
    assert_eq!(agree, 1181);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn lucene_agrees() {
    let agree = check("live/lucene.json");
    assert_eq!(agree, 600);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn query_dsl_agrees() {
    let agree = check("live/dsl.json");
    assert_eq!(agree, 599);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn kql_of_production_rules_agrees() {
    let agree = check("live/corpus-kql.ndjson");
    assert_eq!(agree, 383);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn elasticsearchs_own_kql_agrees() {
    let agree = check("kql/cases.json");
    assert_eq!(agree, 61, "of 63; two are argued");
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn eql_agrees() {
    let agree = check("live/eql.json");
    // The other 21 are argued: texts in a list on an address.
    assert_eq!(agree, 979);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn eql_of_production_rules_agrees() {
    let agree = check("live/corpus-eql.ndjson");
    assert_eq!(agree, 575, "event filters of 478 rules");
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn sequences_agree() {
    let agree = check("live/sequences.json");
    assert_eq!(agree, 600);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn elasticsearchs_own_eql_agrees() {
    let agree = check("eql/cases.json");
    assert_eq!(agree, 242);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn series_of_sequences_agree() {
    let agree = check("eql/sequences.series-spec.json");
    assert_eq!(agree, 25);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn pipelines_agree() {
    let shared = shared::folder("conformance");
    let mut datasets = esql_spec::Datasets::default();
    for index in esql_spec::Datasets::INDICES {
        let data = files::read(&shared.join(format!("conformance/esql/{index}.ndjson")));
        datasets.add(index, &data.expect("a readable dataset")).expect("a known dataset");
    }
    let mut agree = 0;
    for file in files::find(&shared.join("conformance"), &["esql/*.csv-spec"], &mut Vec::new()) {
        let text = files::read(&file.path).expect("a readable suite");
        for case in esql_spec::parse(&text).expect("a whole suite") {
            let outcome = esql_spec::judge(&case, &datasets);
            assert_eq!(outcome, Outcome::Agree, "{} {}", file.relative, case.name);
            agree += 1;
        }
    }
    assert_eq!(agree, 620);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn generated_documents_raise_their_rules() {
    let agree = check("generated/*.json");
    assert_eq!(agree, 4927 - 36, "of 4,927; 36 are argued");
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn thresholds_and_new_terms_agree() {
    let agree = check("live/aggs.json");
    assert_eq!(agree, 240);
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
fn new_terms_of_a_history_agree() {
    let agree = check("rule-types/new_terms.json");
    assert_eq!(agree, 6, "checks of 4 cases");
}

/// EQL cases over an index of two events of our own.
const EQL: &str = r#"[
  { "suite": "own", "index": "extra", "name": "pair",
    "query": "sequence by tags [a where true] [b where true]",
    "expected_event_ids": [1, 2], "join_keys": ["x"] },
  { "suite": "own", "index": "extra", "name": "single",
    "query": "any where version > \"1.9.0\"", "expected_event_ids": [2] }
]"#;

const SERIES: &str = r#"[["pair", ["A1 A3", "  B2"], ["A1 B2"]]]"#;

/// A folder with the data of [`EQL`].
fn data() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("eql-data");
    std::fs::create_dir_all(&folder).expect("a folder");
    let events = r#"
{"sequence": 1, "@timestamp": 1, "event_type": "a", "tags": "x", "version": "1.9.0"}
{"sequence": 2, "@timestamp": 2, "event_type": "b", "tags": ["y", "x"], "version": "1.10.0"}
"#;
    std::fs::write(folder.join("extra.ndjson"), events).expect("a file");
    std::fs::write(folder.join("sample-multi.ndjson"), "{\"id\": 1}\n{\"id\":\n").expect("a file");
    folder
}

fn read(text: &str) -> Result<Content, Diagnostic> {
    formats::read(text, Around { rules: &BTreeMap::new(), folder: &data() })
}

/// The outcome of every case of a file.
fn outcomes(text: &str) -> Vec<Outcome> {
    match read(text) {
        Ok(Content::Suites(suites)) => {
            judge(suites).expect("the engine runs").into_iter().flat_map(|j| j.outcomes).collect()
        }
        Ok(Content::Pipelines(_) | Content::Queries(_) | Content::Unsupported(..)) => {
            panic!("no suites")
        }
        Err(found) => panic!("{found}"),
    }
}

#[test]
fn recorded_sequences_are_judged() {
    assert_eq!(outcomes(EQL), [Outcome::Agree, Outcome::Agree]);
    assert_eq!(outcomes(SERIES), [Outcome::Agree]);
    for (text, from, to) in [
        (EQL, "[1, 2]", "[2, 1]"),
        (EQL, "[1, 2], \"join_keys\": [\"x\"]", "[]"),
        (EQL, "1.9.0", "1.10.0"),
        (EQL, "[\"x\"]", "[\"y\"]"),
        (EQL, "[1, 2]", "[1, -1]"),
        (EQL, "[2]", "[[1], [1, 2]]"),
        (SERIES, "\"A1 B2\"", ""),
        (SERIES, "A1 B2", "A3 B2"),
    ] {
        let found = outcomes(&text.replace(from, to));
        assert!(
            found.iter().any(|o| matches!(o, Outcome::Disagree(_))),
            "{from} → {to}: {found:?}"
        );
    }
    assert_eq!(outcomes(&EQL.replace("[2]", "[[1], [2]]")), [Outcome::Agree, Outcome::Agree]);
}

/// Pipes choose among the events that an EQL query finds.
#[test]
fn pipes_are_judged() {
    let live = |pipes: &str, hits: &str| {
        format!(
            r#"{{ "engine": "own", "suites": [{{ "suite": "pipes",
              "mappings": {{ "properties": {{ "@timestamp": {{ "type": "date" }}, "a": {{ "type": "long" }} }} }},
              "docs": [
                {{ "_id": "x", "_source": {{ "@timestamp": 3, "a": 1 }} }},
                {{ "_id": "y", "_source": {{ "@timestamp": 1, "a": 1 }} }},
                {{ "_id": "z", "_source": {{ "@timestamp": 2, "a": 1 }} }}
              ],
              "cases": [{{ "eql": "any where a == 1{pipes}", "hits": [{hits}] }}] }}] }}"#
        )
    };
    for (pipes, hits, agrees) in [
        ("", r#""x", "y", "z""#, true),
        (" | head 1", r#""y""#, true),
        (" | tail 2", r#""x", "z""#, true),
        (" | tail 2 | head 1", r#""z""#, true),
        (" | head 1", r#""x""#, false),
        (" | head 2", r#""x", "y", "z""#, false),
    ] {
        let found = outcomes(&live(pipes, hits));
        assert_eq!(found[0] == Outcome::Agree, agrees, "{pipes} {hits}: {found:?}");
    }
}

/// A folder of small projects; each is written anew.
fn write_projects(folder: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    for (name, text) in files {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    root
}

fn rule(id: u32, more: &str) -> String {
    format!(
        "[rule]\nname = \"Own\"\ndescription = \"d\"\nrisk_score = 47\nseverity = \"low\"\n\
         rule_id = \"9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a0{id}\"\nauthor = [\"own\"]\nindex = [\"logs-*\"]\n{more}\n"
    )
}

#[test]
fn small_projects_are_judged() {
    let kql = rule(1, "type = \"query\"\nlanguage = \"kuery\"\nquery = \"user.name: ann\"");
    let eql =
        |query: &str| rule(2, &format!("type = \"eql\"\nlanguage = \"eql\"\nquery = \"{query}\""));
    let event = r#"[{"_id": "d1", "user.name": "ann"}, {"_id": "d2", "user.name": "bob"}]"#;
    let notes = "[positive.a]\nalerts = 1\nnote = \"x: alerts for d1\"\n\
                 [positive.b]\nnote = \"x: alerts for d2\"\n\
                 [positive.c]\nnote = \"x: the alert has risk_score 47\"\n\
                 [positive.d]\nnote = \"x: the alert has severity high\"\n";
    let root = write_projects(
        "small-projects",
        &[
            ("a_kql/rules/x/r.toml", &kql),
            ("a_kql/cases/x/r/case.toml", notes),
            ("a_kql/cases/x/r/positive/a.json", event),
            ("a_kql/cases/x/r/positive/b.json", event),
            ("a_kql/cases/x/r/positive/c.json", event),
            ("a_kql/cases/x/r/positive/d.json", event),
            ("a_kql/cases/x/r/negative/e.json", event),
            ("seq_r_one/rules/x/r.toml", &eql("sequence [any where true]")),
            ("seq_r_one/cases/x/r/positive/a.json", event),
            ("seq_r_two/rules/x/r.toml", &eql("any where true")),
            ("seq_r_two/cases/x/r/positive/a.json", event),
            ("seq_a_one/rules/x/r.toml", &eql("any where false")),
            ("seq_a_one/cases/x/r/positive/a.json", event),
            ("keys/rules/x/good.toml", &kql),
            ("keys/rules/x/bad.toml", &eql("any")),
            ("keys/rules/x/untold.toml", &rule(3, "type = \"query\"")),
            (
                "keys/expected.json",
                r#"{"x/good": {"expected": "ok", "source": "own"},
                    "x/bad": {"expected": "ok", "source": "own"},
                    "x/gone": {"expected": "invalid", "source": "own"}}"#,
            ),
            ("broken/rules/x/r.toml", &kql),
            ("broken/cases/x/r/positive/a.json", "[{"),
        ],
    );
    let roots = projects::roots(&root);
    let judged = projects::judge_all(&roots).concat();
    let told = |outcome: &Outcome| match outcome {
        Outcome::Agree => "agrees".to_owned(),
        Outcome::Unsupported(reason) => format!("unsupported: {reason}"),
        Outcome::Disagree(found) => format!("{}, not {}", found.got, found.expected),
    };
    let lines: Vec<String> =
        judged.iter().map(|one| format!("{}: {}", one.name, told(&one.outcome))).collect();
    for line in [
        "a_kql positive a: agrees",
        "a_kql positive b: alerts for d1, not alerts for d2",
        "a_kql positive c: agrees",
        "a_kql positive d: the alert has severity low, not the alert has severity high",
        "a_kql negative e: 1 alert, not 0 alerts",
        "seq_r_one: agrees",
        "seq_r_two: loads: the rule has no negative case, not is invalid",
        "seq_a_one: agrees",
        "x/good: agrees",
        "x/gone: there is no such rule, not is invalid",
        "x/untold: none, not a word in expected.json",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line} in {lines:#?}");
    }
    let starts = |start: &str| lines.iter().any(|line| line.starts_with(start));
    assert!(
        starts("x/bad: is invalid") && starts("broken positive a: error: not JSON"),
        "{lines:#?}"
    );
    assert_eq!(lines.len(), 13, "{lines:#?}");
}

#[test]
fn broken_suites_are_errors_with_a_place() {
    for (text, from, to, place, message) in [
        (EQL, "\"expected_event_ids\": [2] }\n]", "\"expected", "", "EOF"),
        (EQL, "\"join_keys\"", "\"keys\"", "", "unknown field `keys`"),
        (EQL, ", \"expected_event_ids\": [2]", "", "", "missing field `expected_event_ids`"),
        (EQL, "\"query\": \"any", "\"q\": \"any", "", "unknown field `q`"),
        (
            EQL,
            "\"index\": \"extra\", \"name\": \"single\"",
            "\"index\": \"other\", \"name\": \"single\"",
            "\"single\"",
            "no mapping is known for the index `other`",
        ),
        (
            EQL,
            "\"index\": \"extra\", \"name\": \"single\"",
            "\"index\": \"missing-events\", \"name\": \"single\"",
            "\"single\"",
            "missing-events.ndjson: cannot be read",
        ),
        (
            EQL,
            "\"index\": \"extra\", \"name\": \"single\"",
            "\"index\": \"sample-multi\", \"name\": \"single\"",
            "\"single\"",
            "sample-multi.ndjson, line 2",
        ),
        (EQL, "[1, 2]", "[1, 3]", "\"pair\"", "event 3 is not in the data"),
        (EQL, "[1, 2]", "[1]", "\"pair\"", "1 ids are no results of 2 events"),
        (EQL, "[1, 2]", "[[1, 2], 1]", "\"pair\"", "ids beside lists of ids"),
        (SERIES, "]]]", "]", "", "EOF"),
        (SERIES, ", [\"A1 B2\"]", "", "", "invalid length 2"),
        (SERIES, "A3", "AA", "\"pair\"", "`AA` is no letter and number"),
        (SERIES, "\"A1 B2\"", "\"A1 B9\"", "\"pair\"", "`A1 B9` is no event for each stage"),
        (SERIES, "\"A1 B2\"", "\"A1\"", "\"pair\"", "`A1` is no event for each stage"),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text, "{from} is in the text");
        let Err(found) = read(&broken) else { panic!("{from} → {to}: accepted") };
        assert!(found.message.contains(message), "{from} → {to}: {found}");
        assert_eq!(found.code, "suite-format");
        if place.is_empty() {
            assert!(found.span.start > 0, "{from} → {to}: {found:?}");
        } else {
            assert!(found.span.of(&broken).contains(place), "{from} → {to}: {found:?}");
        }
    }
}
