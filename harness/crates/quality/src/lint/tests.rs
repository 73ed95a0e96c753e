//! The table of kinds: both examples of each, and the page made of it.

mod page;

use harness_model::schema::{Base, Schema};
use harness_rule::tree::{Loaded, RuleTree};

use super::codes::{Code, Example};
use super::{Finding, Settings, lint};

/// A rule file as it would be loaded.
fn loaded(path: &str, text: &str) -> Loaded {
    let (rule, diagnostics) = harness_rule::parse(text);
    let (path, file) = (path.to_owned(), format!("rules/{path}"));
    let key = harness_rule::tree::key_of(&path).to_owned();
    Loaded { path, key, file, text: text.into(), rule, diagnostics }
}

/// The findings about rule files.
pub(super) fn findings(texts: &[&str]) -> Vec<Finding> {
    let rules = texts.iter().enumerate();
    let rules = rules.map(|(at, text)| loaded(&format!("r{at}.toml"), text)).collect();
    let tree = RuleTree { folder: "rules".to_owned(), rules, ..RuleTree::default() };
    lint(&tree, &Schema::new(Base::Embedded), &Settings::default(), &|_| true)
}

/// A rule that stands beside the examples.
const OTHER: &str = "[rule]\nrule_id = \"1f6a9c0a-7a3e-4a57-9b2c-0d9b8f4e6a22\"\n\
                     name = \"An Example\"\ndescription = \"x\"\nseverity = \"low\"\n\
                     risk_score = 21\ntype = \"query\"\nlanguage = \"kuery\"\n\
                     index = [\"logs-*\"]\nquery = 'event.action: \"unlike the others\"'\n";

fn of_example(example: Example) -> Vec<Finding> {
    let text = example.rule();
    let mut found = findings(&[&text, OTHER]);
    found.retain(|finding| finding.rule == "r0");
    found
}

#[test]
fn both_examples_of_each_kind_are_what_they_say() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let about = code.about();
        let bad = of_example(about.bad);
        if !bad.iter().any(|finding| finding.code == about.name) {
            let found: Vec<_> = bad.iter().map(|one| (one.code, &one.message)).collect();
            wrong.push(format!("{}: the bad example has {found:?}", about.name));
        }
        let good = of_example(about.good);
        let named =
            |finding: &&Finding| finding.code == about.name || finding.level == super::Level::Error;
        if let Some(found) = good.iter().find(named) {
            let found = (found.code, &found.message);
            wrong.push(format!("{}: the good example has {found:?}", about.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The production rules: `LINT_OUT=FILE` writes what is found, a line each.
#[test]
#[ignore = "needs the shared folder"]
fn production_rules_are_linted() {
    let shared = std::env::var("HARNESS_SHARED").expect("HARNESS_SHARED names the folder");
    let root = std::path::Path::new(&shared).join("corpus/rules");
    let tree = harness_rule::tree::load_tree(&root);
    assert!(tree.rules.len() > 1_000);
    let found = lint(&tree, &Schema::new(Base::Embedded), &Settings::default(), &|_| true);
    assert!(found.iter().all(|finding| !finding.message.is_empty()));
    if let Some(out) = std::env::var_os("LINT_OUT") {
        let line = |one: &Finding| {
            let (line, column) = one.place();
            let text = one.span.of(&one.text);
            serde_json::json!({"code": one.code, "level": one.level.name(), "rule": one.rule,
                "line": line, "column": column, "message": one.message, "text": text,
                "evidence": one.evidence, "fix": one.fix.as_ref().map(|fix| &fix.edits[0].text)})
            .to_string()
        };
        let lines: Vec<String> = found.iter().map(line).collect();
        std::fs::write(out, lines.join("\n")).expect("the findings are written");
    }
}
