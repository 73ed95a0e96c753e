//! What is fuzzed: an input is made from random numbers, and run.
//!
//! A target fails by a panic, by too much time, memory or stack, or by saying
//! how two ways differ.
#![expect(clippy::unnecessary_wraps, reason = "all targets are of one type")]

use std::collections::BTreeMap;
use std::path::Path;

use harness::compile::Context;
use harness::compile::Now;
use harness::compile::rule::{compile_filter, compile_kql, compile_lucene};
use harness::esql::{dissect::Dissect, grok::Grok};
use harness::ir::Part;
use harness::pattern::Case;
use harness::pattern::glob::Glob;
use harness::pattern::regexp::{Flags, Regexp};
use harness::query::{dsl, eql, esql};
use harness::schema::{Base, Schema};
use harness::value::{DateFormat, Rounding};
use harness_conformance::formats;
use serde_json::Value;

use super::random::Random;
use super::seeds::Seeds;
use super::session;

/// One thing to fuzz.
pub(super) struct Target {
    pub(super) name: &'static str,
    /// Makes an input.
    pub(super) make: fn(&Seeds, &mut Random) -> String,
    /// Runs it.
    pub(super) run: fn(&str) -> Result<(), String>,
}

/// All of them; the first ones read one text each.
pub(super) const TARGETS: &[Target] = &[
    Target { name: "kql", make: |s, r| query(r, &s.kql, |r| Seeds::clause(r, 3)), run: kql },
    Target {
        name: "lucene",
        make: |s, r| query(r, &s.lucene, |r| Seeds::clause(r, 3)),
        run: lucene,
    },
    Target { name: "eql", make: |s, r| query(r, &s.eql, Seeds::eql_query), run: eql_text },
    Target { name: "esql", make: |s, r| query(r, &s.esql, Seeds::pipeline), run: esql_text },
    Target {
        name: "dsl",
        make: |_, r| query(r, &dsl_seeds(), |_| DSL[0].to_owned()),
        run: dsl_text,
    },
    Target { name: "rule", make: |s, r| query(r, &s.rules, |_| String::new()), run: rule },
    Target { name: "case", make: |s, r| query(r, &s.cases, Seeds::events), run: case },
    Target { name: "mapping", make: |_, r| changed(r, MAPPING), run: mapping },
    Target { name: "config", make: |_, r| changed(r, CONFIG), run: config },
    Target { name: "exceptions", make: |_, r| changed(r, EXCEPTION), run: exceptions },
    Target { name: "suite", make: |_, r| changed(r, SUITE), run: suite },
    Target { name: "regexp", make: |_, r| query(r, &[], Seeds::pattern), run: regexp },
    Target { name: "grok", make: |_, r| query(r, &[], grok_seed), run: grok },
    Target { name: "dissect", make: |_, r| changed(r, "%{a} %{+b->} %{?c},%{d}"), run: dissect },
    Target {
        name: "date",
        make: |_, r| changed(r, "yyyy-MM-dd'T'HH:mm\n2026-01-05T10:00:00Z||+1M/d"),
        run: date,
    },
    Target { name: "session", make: session::make, run: session::run },
    Target { name: "explain", make: session::make, run: session::explain },
    Target { name: "mutants", make: session::make, run: session::mutants },
];

const DSL: &[&str] = &[
    r#"{"bool":{"must":[{"term":{"user.name":{"value":"a"}}},{"range":{"process.pid":{"gte":1,"lt":"9"}}}],"must_not":{"exists":{"field":"host.name"}},"minimum_should_match":"1"}}"#,
    r#"{"match_phrase":{"message":{"query":"a b a","slop":2}}}"#,
    r#"{"query_string":{"query":"user.*:a AND /b.*/","fields":["message"],"default_operator":"and"}}"#,
    r#"{"meta":{"negate":true},"query":{"wildcard":{"process.name":{"value":"*a?","case_insensitive":true}}}}"#,
];
const MAPPING: &str = r#"{"properties":{"a":{"type":"keyword","normalizer":"lowercase","fields":{"t":{"type":"text","analyzer":"p"}}},"n":{"type":"nested","properties":{"b":{"type":"date","format":"epoch_second||yyyy-MM"}}},"f":{"type":"flattened","depth_limit":5},"l":{"type":"alias","path":"a"},"c":{"type":"constant_keyword","value":"x","copy_to":"a"}}}"#;
const CONFIG: &str = "rules = \"rules\"\ncases = \"cases\"\n[schema]\nmappings = [\"m.json\"]\nunmapped = \"strict\"\n[gates.\"rules/a\"]\nmin_clauses = 90\nrequire_pairs = true\n";
const EXCEPTION: &str = r#"{"item_id":"i","list_id":"l","name":"n","type":"simple","os_types":["linux"],"expire_time":"2026-01-05","entries":[{"field":"user.name","type":"match_any","operator":"included","value":["a","b"]},{"field":"n","type":"nested","entries":[{"field":"b","type":"exists","operator":"excluded"}]}]}"#;
const SUITE: &str = r#"{"suites":[{"name":"s","mapping":{"properties":{"a":{"type":"keyword"}}},"documents":[{"a":"x"},{"a":["y",null]}],"cases":[{"name":"c","language":"kuery","query":"a:x","expected":[0]}]}]}"#;

fn dsl_seeds() -> Vec<String> {
    DSL.iter().map(|text| (*text).to_owned()).collect()
}

fn changed(random: &mut Random, text: &str) -> String {
    random.changed(text, &[])
}

/// A seed or a text of a grammar, mostly with changes.
fn query(random: &mut Random, seeds: &[String], grammar: fn(&mut Random) -> String) -> String {
    let text = if seeds.is_empty() || random.once_in(3) {
        grammar(random)
    } else {
        seeds[random.below(seeds.len())].clone()
    };
    if random.once_in(5) { text } else { random.changed(&text, seeds) }
}

fn grok_seed(random: &mut Random) -> String {
    let known = [
        "%{WORD:a}",
        "%{IP:b} ",
        "%{NUMBER:n:int}",
        "%{GREEDYDATA:d}",
        "(?<c>a+)",
        "(?=x)",
        "(?!b)",
    ];
    let mut text: String = (0..=random.below(3)).map(|_| random.pick(&known)).collect();
    text.push_str(&Seeds::pattern(random));
    text
}

thread_local! {
    static SCHEMA: Schema = Schema::new(Base::Embedded);
}

fn with_context<T>(ask: impl FnOnce(Context<'_>) -> T) -> T {
    SCHEMA
        .with(|schema| ask(Context { schema, part: Part::Query, now: Now::at(1_767_600_000_000) }))
}

fn kql(text: &str) -> Result<(), String> {
    with_context(|context| drop(compile_kql(text, context)));
    Ok(())
}

fn lucene(text: &str) -> Result<(), String> {
    with_context(|context| drop(compile_lucene(text, context)));
    Ok(())
}

/// What is printed parses to the same.
fn eql_text(text: &str) -> Result<(), String> {
    let Ok(query) = eql::parse(text) else { return Ok(()) };
    let printed = query.to_string();
    match eql::parse(&printed) {
        Ok(again) if again.to_string() == printed => Ok(()),
        Ok(again) => Err(format!("printed as {printed}, then as {again}")),
        Err(errors) => Err(format!("printed as {printed}, which does not parse: {errors:?}")),
    }
}

fn esql_text(text: &str) -> Result<(), String> {
    let Ok(query) = esql::parse(text) else { return Ok(()) };
    let printed = query.to_string();
    match esql::parse(&printed) {
        Ok(again) if again.to_string() == printed => Ok(()),
        Ok(again) => Err(format!("printed as {printed}, then as {again}")),
        Err(error) => Err(format!("printed as {printed}, which does not parse: {error}")),
    }
}

fn dsl_text(text: &str) -> Result<(), String> {
    if let Ok(json) = serde_json::from_str::<Value>(text) {
        drop(dsl::parse::parse(&json, harness::span::Span::default()));
        with_context(|context| drop(compile_filter(&json, context)));
    }
    Ok(())
}

fn rule(text: &str) -> Result<(), String> {
    drop(harness::rule::parse(text));
    Ok(())
}

fn case(text: &str) -> Result<(), String> {
    drop(harness::case::parse(text));
    Ok(())
}

fn mapping(text: &str) -> Result<(), String> {
    if let Ok(json) = serde_json::from_str::<Value>(text) {
        drop(Schema::new(Base::Empty).add_mapping(&json, &json["settings"]));
    }
    Ok(())
}

/// A folder of this process for targets that read files.
fn folder() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("harness-fuzz-{}", std::process::id()))
}

fn written(name: &str, text: &str) -> Result<std::path::PathBuf, String> {
    let path = folder().join(name);
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(|e| e.to_string())?;
    std::fs::write(&path, text).map_err(|error| error.to_string())?;
    Ok(folder())
}

fn config(text: &str) -> Result<(), String> {
    drop(harness::config::folders(&written("harness.toml", text)?));
    Ok(())
}

fn exceptions(text: &str) -> Result<(), String> {
    drop(harness::exception::load_tree(&written("exceptions/l.ndjson", text)?.join("exceptions")));
    Ok(())
}

fn suite(text: &str) -> Result<(), String> {
    let rules = BTreeMap::new();
    drop(formats::read(text, formats::Around { rules: &rules, folder: &folder() }));
    Ok(())
}

fn regexp(text: &str) -> Result<(), String> {
    for case in [Case::Sensitive, Case::Insensitive] {
        if let Ok(regexp) = Regexp::parse(text, Flags::ALL, case) {
            let _ = ["", "a", "root", &"ab".repeat(2_000), text].map(|text| regexp.matches(text));
        }
        let _ = Glob::wildcard(text).matches(&"ab".repeat(2_000), case);
    }
    Ok(())
}

fn grok(text: &str) -> Result<(), String> {
    if let Ok(grok) = Grok::new(text) {
        for subject in ["", "x a 10.0.0.1 b", &"a1 ".repeat(300)] {
            let mut lists = vec![Vec::new(); grok.outputs().len()];
            drop(grok.apply(subject, &mut lists));
        }
    }
    Ok(())
}

fn dissect(text: &str) -> Result<(), String> {
    if let Ok(dissect) = Dissect::parse(text, "-") {
        let _ = ["", "a b c,d", &" ,".repeat(3_000)].map(|text| dissect.apply(text));
    }
    Ok(())
}

fn date(text: &str) -> Result<(), String> {
    let (format, date) = text.split_once('\n').unwrap_or(("strict_date_optional_time", text));
    for format in [format, "strict_date_optional_time||epoch_millis", "epoch_second"] {
        let Ok(format) = DateFormat::parse(format) else { continue };
        for now in [0, i64::MIN, i64::MAX] {
            for rounding in [Rounding::Down, Rounding::Up] {
                drop(format.resolve(date, now, rounding, Some("+18:00")));
            }
        }
        drop(format.from_json(&Value::String(date.to_owned())));
    }
    Ok(())
}
