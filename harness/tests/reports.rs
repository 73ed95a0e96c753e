//! The reports: each in its format, complete, the same twice, and unmoved by
//! text that tries to break out.

mod sample;
mod xsd;

use std::fs;
use std::io;
use std::path::Path;

use crate::support::schema;
use harness::limits;
use harness::report::checkout::Checkout;
use harness::report::digest::Digest;
use harness::report::page::Head;
use harness::report::problem::Styled;
use harness::report::table::{self, Detail};
use harness::report::{coverage_json, github, html, json, junit, markdown, navigator};
use harness::run::{Run, Schedule};
use roxmltree::{Document, Node};
use sample::{HOSTILE, Sample, sample};
use serde_json::Value;

/// What `render` writes of a sample with everything measured.
fn render(
    sample: &Sample,
    render: impl Fn(&Digest<'_>, &mut dyn io::Write) -> io::Result<()>,
) -> String {
    let digest = Digest::new(&sample.run, Some(&sample.coverage), Some(&sample.mutants));
    let mut out = Vec::new();
    render(&digest, &mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// What `render` writes of a run alone.
fn bare(run: &Run, render: impl Fn(&Digest<'_>, &mut dyn io::Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&Digest::new(run, None, None), &mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// Reads a JSON text and what is wrong with it by a schema of docs/schemas.
fn judged(schema: &str, text: &str) -> (Value, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas").join(schema);
    let rules = fs::read_to_string(&path).expect("the schema is there");
    let rules: Value = serde_json::from_str(&rules).expect("the schema is JSON");
    let value = serde_json::from_str(text).expect("JSON");
    let faults = schema::faults(&rules, &value);
    (value, faults)
}

/// Reads a JSON text that fulfils a schema.
#[track_caller]
fn valid(schema: &str, text: &str) -> Value {
    let (value, faults) = judged(schema, text);
    assert_eq!(faults, [""; 0], "{schema}");
    value
}

#[test]
fn the_json_of_a_run_is_valid() {
    let sample = sample(8);
    let mut out = Vec::new();
    let schedule = Schedule {
        rule: "a/b".to_owned(),
        file: "rules/a/b.toml".to_owned(),
        case: "cases/a/b/negative/c.json".to_owned(),
        interval: "5 minutes".to_owned(),
        runs: 3,
        alerts: 1,
        dropped: vec![(vec!["1".to_owned()], 2)],
        repeated: Vec::new(),
        suppressed: 0,
        unwanted: vec![vec!["1".to_owned()]],
        gaps: vec!["2".to_owned()],
        note: None,
    };
    json::render(&sample.run, Some(&[schedule]), &mut out).expect("a vector takes everything");
    let text = String::from_utf8(out).expect("text");
    let value = valid("run.schema.json", &text);
    assert_eq!(value["schedules"][0]["dropped"][0]["runs"], 2);
    assert_eq!(value["rules"].as_array().map(Vec::len), Some(8));
    assert_eq!(value["rules"][0]["name"], HOSTILE);
}

#[test]
fn the_json_of_coverage_is_valid() {
    let sample = sample(8);
    let value = valid("coverage.schema.json", &render(&sample, coverage_json::render));
    // By hand: three of six clauses of the first kind of rule are covered.
    let first = &value["rules"][0];
    assert_eq!(first["totals"]["clauses"]["part"], 3);
    assert_eq!(first["totals"]["clauses"]["percent"], 50);
    assert_eq!(first["clauses"][1]["gap"], "never decides when false");
    assert_eq!(first["clauses"][2]["gap"], "never true");
    assert_eq!(first["clauses"][5]["place"]["part"], "filter");
    assert_eq!(first["mutants"][0]["fixture"]["host"]["id"], "h1");
    assert_eq!(value["totals"]["equivalent"], 5);
    valid("coverage.schema.json", &bare(&sample.run, coverage_json::render));
}

#[test]
fn a_limit_that_ended_a_measurement_is_told() {
    let mut sample = sample(8);
    sample.coverage.rules[0].bounds.push(limits::COVERAGE_ROWS);
    sample.mutants.rules[0].bounds.push(limits::MUTANT_READS);
    let value = valid("coverage.schema.json", &render(&sample, coverage_json::render));
    let names: Vec<_> = value["rules"][0]["bounds"].as_array().into_iter().flatten().collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(value["rules"][1].get("bounds"), None);
    let options = table::Options { styled: Styled::Plain, detail: Detail::Rules };
    let table = render(&sample, |digest, out| table::render(digest, options, out));
    let github = render(&sample, |digest, out| github::render(digest, &Checkout::default(), out));
    let layer: Value = serde_json::from_str(&render(&sample, navigator::render)).expect("JSON");
    let layer = layer["description"].to_string();
    let junit = render(&sample, junit::render);
    let page = render(&sample, |digest, out| {
        html::render(digest, &Checkout::default(), &Head::default(), out)
    });
    for text in [render(&sample, markdown::render), table, github, layer, junit, page] {
        let told = |name: &str| text.matches(&format!("({name}): ")).count();
        assert_eq!((told("COVERAGE_ROWS"), told("MUTANT_READS")), (1, 1), "{text}");
    }
}

#[test]
fn a_schema_refuses_what_it_does_not_know() {
    let text = render(&sample(6), coverage_json::render);
    for (from, to, fault) in [
        ("\"gap\"", "\"gaps\"", "$.rules[0].clauses[0]: has unknown [\"gaps\"]"),
        ("\"gap\"", "\"gaps\"", "$.rules[0].clauses[0]: lacks gap"),
        ("\"version\": 2", "\"version\": 3", "$.version: 3 breaks const 2"),
        ("\"kuery\"", "7", "$.rules[0].language: 7 breaks type \"string\""),
        ("\"passed\"", "\"fine\"", "$.totals.statuses[0].status: \"fine\" breaks enum"),
    ] {
        let (_, faults) = judged("coverage.schema.json", &text.replacen(from, to, 1));
        assert!(faults.iter().any(|found| found.starts_with(fault)), "no {fault} in {faults:?}");
    }
}

#[test]
fn a_navigator_layer_is_valid() {
    let sample = sample(120);
    let value = valid("navigator-layer.schema.json", &render(&sample, navigator::render));
    let techniques = value["techniques"].as_array().expect("techniques");
    let ids: Vec<&str> = techniques.iter().filter_map(|it| it["techniqueID"].as_str()).collect();
    assert_eq!(ids, ["T1566", "T1059", "T1562", "T1562.001", "T1071", "T1486", "T9999"]);
    assert_eq!(techniques[3]["tactic"], "defense-evasion");
    assert!(techniques[1]["comment"].as_str().is_some_and(|text| text.ends_with(" more")));
    let unscored = techniques.iter().filter(|it| it["score"].is_null());
    let unscored: Vec<_> = unscored.map(|it| &it["techniqueID"]).collect();
    assert_eq!(unscored, [""; 0], "every technique has a rule with clauses");
    valid("navigator-layer.schema.json", &bare(&sample.run, navigator::render));
}

/// The number in an attribute.
fn number(node: Node<'_, '_>, name: &str) -> usize {
    node.attribute(name).expect("the attribute").parse().expect("a number")
}

#[test]
fn junit_is_well_formed_and_its_counts_are_true() {
    let text = render(&sample(8), junit::render);
    let document = Document::parse(&text).expect("well-formed XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let tagged =
        |node: Node<'_, '_>, tag| node.descendants().filter(|n| n.has_tag_name(tag)).count();
    let mut sums = [0; 3];
    let suites: Vec<_> = root.children().filter(Node::is_element).collect();
    for suite in &suites {
        assert_eq!(suite.tag_name().name(), "testsuite");
        for (attribute, tag) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ] {
            assert_eq!(number(*suite, attribute), tagged(*suite, tag), "{attribute}");
        }
        let order: Vec<_> =
            suite.children().filter(Node::is_element).map(|n| n.tag_name().name()).collect();
        let places = ["properties", "testcase", "system-out"];
        assert!(order.is_sorted_by_key(|name| places.iter().position(|place| place == name)));
        for (sum, name) in sums.iter_mut().zip(["tests", "failures", "errors"]) {
            *sum += number(*suite, name);
        }
    }
    assert_eq!(["tests", "failures", "errors"].map(|name| number(root, name)), sums);
    snapshot("junit", &bare(&sample(6).run, junit::render));
    // Three cases fail, one file is invalid, one belongs to no rule.
    assert_eq!(sums[1..], [3, 2]);
    assert_eq!(suites.len(), 9);
    let name = suites[0].descendants().find(|n| n.attribute("name") == Some("rule.name"));
    assert_eq!(name.and_then(|n| n.attribute("value")), Some(HOSTILE));
}

/// What is wrong with a `JUnit` report by docs/schemas/junit.xsd.
fn junit_faults(text: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas/junit.xsd");
    let schema = fs::read_to_string(path).expect("the schema is there");
    let schema = Document::parse(&schema).expect("the schema is XML");
    xsd::faults(&schema, &Document::parse(text).expect("well-formed XML"))
}

#[test]
fn junit_is_valid_by_its_schema() {
    let sample = sample(20);
    let text = render(&sample, junit::render);
    assert_eq!(junit_faults(&text), [""; 0]);
    assert_eq!(junit_faults(&bare(&sample.run, junit::render)), [""; 0]);
    assert_eq!(junit_faults(&bare(&Run::default(), junit::render)), [""; 0]);
    for (from, to, fault) in [
        ("tests=\"", "count=\"", "<testsuites>: has unknown count"),
        ("tests=\"", "count=\"", "<testsuites>: lacks tests"),
        ("failures=\"", "failures=\"-", "<testsuites>: failures is"),
        ("<properties>", "<system-out/><properties>", "<testsuite>: cannot hold"),
        ("<skipped ", "<system-out/><skipped ", "<testcase>: cannot hold"),
        ("<testsuite ", "text<testsuite ", "<testsuites>: holds text"),
        ("<skipped ", "<skip/><skipped ", "<skip>: is unknown"),
    ] {
        let faults = junit_faults(&text.replacen(from, to, 1));
        assert!(faults.iter().any(|found| found.starts_with(fault)), "no {fault} in {faults:?}");
    }
}

#[test]
fn no_rule_that_is_red_is_green_in_junit() {
    let sample = sample(6);
    let text = bare(&sample.run, junit::render);
    let document = Document::parse(&text).expect("well-formed XML");
    let suite = |key: &str| {
        let mut all = document.descendants();
        all.find(|n| n.has_tag_name("testsuite") && n.attribute("name") == Some(key))
            .expect("a suite")
    };
    assert_eq!(number(suite("linux/invalid"), "errors"), 1);
    for key in ["linux/untested", "linux/unsupported", "linux/later"] {
        assert_eq!((number(suite(key), "skipped"), number(suite(key), "errors")), (1, 0), "{key}");
    }
}

#[test]
fn annotations_are_one_line_each_and_at_their_place() {
    let sample = sample(6);
    let text = render(&sample, |digest, out| github::render(digest, &Checkout::default(), out));
    for line in text.lines() {
        let level = line.strip_prefix("::").and_then(|rest| rest.split(' ').next());
        assert!(matches!(level, Some("error" | "warning" | "notice")), "{line}");
    }
    snapshot("github", &text);
}

#[test]
fn markdown_shows_what_failed_and_keeps_text_in_code() {
    let text = render(&sample(7), markdown::render);
    snapshot("markdown", &text);
    // Outside of code spans no line may hold markup of a rule.
    let outside: String = text.replace("``", "`").split('`').step_by(2).collect();
    assert!(!outside.contains("<img") && !outside.contains("<script"), "{outside}");
}

#[test]
fn the_table_lists_the_worst_first() {
    let sample = sample(8);
    for (detail, gaps) in [(Detail::Rules, false), (Detail::Gaps, true), (Detail::Sums, false)] {
        let options = table::Options { styled: Styled::Plain, detail };
        let text = render(&sample, |digest, out| table::render(digest, options, out));
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(text.contains("never true"), gaps);
        assert_eq!(text.contains("linux/failing"), detail != Detail::Sums);
        assert!(text.contains("8 rules: 3 passed, 1 failed"), "{text}");
        let rows: Vec<&str> =
            text.lines().filter(|line| line.starts_with(['✗', '✓', '…'])).collect();
        if detail == Detail::Rules {
            let wanted = "✗ linux/failing                               2/5  █████░░░░░  50 % 3/6      ███░░░░░░░  33 % 1/3";
            assert_eq!(
                rows[0].split_whitespace().collect::<Vec<_>>(),
                wanted.split_whitespace().collect::<Vec<_>>()
            );
            assert_eq!(rows.len(), 6);
        }
    }
}

#[test]
fn a_page_holds_all_data_and_no_markup_of_rules() {
    let sample = sample(8);
    let text = render(&sample, |digest, out| {
        html::render(digest, &Checkout::default(), &Head::default(), out)
    });
    assert_eq!(text.matches("<script").count(), 8 + 1 + 1, "one a rule, the index, the code");
    assert_eq!(text.matches("</script>").count(), 10);
    // A namespace is no address.
    let text = text.replace("http://www.w3.org/2000/svg", "");
    assert!(!text.contains("<img") && !text.contains("http://") && !text.contains("https://"));
    let index: Value = serde_json::from_str(script(&text, "index")).expect("JSON");
    assert_eq!(index["rules"][0]["name"], HOSTILE);
    assert_eq!(index["rules"].as_array().map(Vec::len), Some(8));
}

/// The data of a page below an id.
#[track_caller]
fn script<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = page.split_once(&format!("id=\"{id}\">")).expect("the script is there").1;
    begin.split_once("</script>").expect("it ends").0
}

/// What a page says: the text of its body without scripts, the index, and the rule
/// that fails.
#[test]
fn a_page_reads_as_it_did() {
    let sample = sample(6);
    let page = render(&sample, |digest, out| {
        html::render(digest, &Checkout::default(), &Head::default(), out)
    });
    let body = page.split_once("<body").expect("a body").1.split("<script").next();
    let tags = body.expect("text").split('<').filter_map(|part| Some(part.split_once('>')?.1));
    let words: Vec<&str> = tags.map(str::trim).filter(|text| !text.is_empty()).collect();
    let data = |id: &str| -> Value { serde_json::from_str(script(&page, id)).expect("JSON") };
    let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("text");
    let (index, failing) = (data("index"), data("rule-1"));
    let parts = [
        words.join(" | "),
        pretty(&index["problems"]),
        pretty(&index["rules"][1]),
        pretty(&failing["cases"]),
    ];
    snapshot("html", &parts.join("\n\n"));
}

/// Compares with the file of tests/reports/snapshots.
#[track_caller]
fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "reports/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn a_page_of_two_thousand_rules_is_small_enough() {
    let text = render(&sample(2_000), |digest, out| {
        html::render(digest, &Checkout::default(), &Head::default(), out)
    });
    assert!(text.len() < 5_000_000, "{} bytes", text.len());
}

#[test]
fn every_report_is_the_same_twice() {
    let all = |sample: &Sample| {
        let options = table::Options { styled: Styled::Ansi, detail: Detail::Gaps };
        [
            render(sample, coverage_json::render),
            render(sample, junit::render),
            render(sample, markdown::render),
            render(sample, navigator::render),
            render(sample, |digest, out| github::render(digest, &Checkout::default(), out)),
            render(sample, |digest, out| {
                html::render(digest, &Checkout::default(), &Head::default(), out)
            }),
            render(sample, |digest, out| table::render(digest, options, out)),
        ]
    };
    assert_eq!(all(&sample(20)), all(&sample(20)));
}

#[test]
fn a_run_of_nothing_is_a_report_too() {
    let run = Run::default();
    valid("coverage.schema.json", &bare(&run, coverage_json::render));
    valid("navigator-layer.schema.json", &bare(&run, navigator::render));
    assert!(bare(&run, markdown::render).contains("nothing ran"));
    assert!(bare(&run, junit::render).contains("tests=\"0\""));
    assert!(
        bare(&run, |digest, out| html::render(digest, &Checkout::default(), &Head::default(), out))
            .contains("</html>")
    );
}
