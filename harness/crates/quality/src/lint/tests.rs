//! The table of kinds: both examples of each, and the page made of it.

mod golden;
mod kinds;
mod page;

use harness_model::schema::{Base, Schema};
use harness_rule::tree::{Loaded, RuleTree};

use super::codes::{Code, Example};
use super::{Finding, Rules, Settings, lint};
use harness_rule::exception::{self, ExceptionTree};

/// A rule file as it would be loaded.
fn loaded(path: &str, text: &str) -> Loaded {
    let (rule, diagnostics) = harness_rule::parse(text);
    let (path, file) = (path.to_owned(), format!("rules/{path}"));
    let key = harness_rule::tree::key_of(&path).to_owned();
    Loaded { path, key, file, text: text.into(), rule, diagnostics }
}

/// The findings about rule files.
pub(super) fn findings(texts: &[&str], exceptions: &ExceptionTree) -> Vec<Finding> {
    let rules = texts.iter().enumerate();
    let rules = rules.map(|(at, text)| loaded(&format!("r{at}.toml"), text)).collect();
    let tree = RuleTree { folder: "rules".to_owned(), rules, ..RuleTree::default() };
    let schema = &Schema::new(Base::Embedded);
    lint(Rules { tree: &tree, exceptions, schema }, &Settings::default(), &|_| true)
}

/// The findings about one rule file under some choices.
pub(super) fn findings_with(text: &str, settings: &Settings) -> Vec<Finding> {
    let rules = vec![loaded("r0.toml", text)];
    let tree = RuleTree { folder: "rules".to_owned(), rules, ..RuleTree::default() };
    let (exceptions, schema) = (&ExceptionTree::default(), &Schema::new(Base::Embedded));
    lint(Rules { tree: &tree, exceptions, schema }, settings, &|_| true)
}

pub(super) fn found_codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}

/// A rule that stands beside the examples.
const OTHER: &str = "[rule]\nrule_id = \"1f6a9c0a-7a3e-4a57-9b2c-0d9b8f4e6a22\"\n\
                     name = \"An Example\"\ndescription = \"x\"\nseverity = \"low\"\n\
                     risk_score = 21\ntype = \"query\"\nlanguage = \"kuery\"\n\
                     index = [\"logs-*\"]\nquery = 'event.action: \"unlike the others\"'\n";

/// Another one, of several clauses.
fn second() -> String {
    OTHER
        .replace("1f6a9c0a", "2f6a9c0a")
        .replace("An Example", "A Second Example")
        .replace("unlike the others\"", "rare\" and process.args: \"-x\" and user.name: \"root\"")
}

fn of_example(example: Example) -> Vec<Finding> {
    let text = example.rule();
    let exceptions =
        if let Example::Exception(item) = example { list(item) } else { ExceptionTree::default() };
    let mut found = findings(&[OTHER, &second(), &text], &exceptions);
    found.retain(|finding| finding.rule == "r2" || finding.rule.is_empty());
    found
}

/// An exception list with one item, as it is read from a folder.
fn list(item: &str) -> ExceptionTree {
    let name = format!("harness-lint-{}-{}", std::process::id(), item.len());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("the folder is made");
    std::fs::write(folder.join("own.ndjson"), item).expect("the list is written");
    let tree = exception::load_tree(&folder);
    std::fs::remove_dir_all(&folder).expect("the folder is removed");
    assert!(tree.problems.is_empty() && tree.broken.is_empty(), "{:?}", tree.broken);
    tree
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
#[ignore = "needs HARNESS_SHARED"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn production_rules_are_linted() {
    let shared = std::env::var("HARNESS_SHARED").expect("HARNESS_SHARED names the folder");
    let root = std::path::Path::new(&shared).join("corpus/rules");
    let tree = harness_rule::tree::load_tree(&root);
    assert!(tree.rules.len() > 1_000);
    let (exceptions, schema) = (&ExceptionTree::default(), &Schema::new(Base::Embedded));
    let rules = Rules { tree: &tree, exceptions, schema };
    let started = std::time::Instant::now();
    let found = lint(rules, &Settings::default(), &|_| true);
    println!("{} rules in {:?}", tree.rules.len(), started.elapsed());
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

/// The safe fixes of production rules: proved to change nothing.
#[test]
#[ignore = "needs HARNESS_SHARED"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn safe_fixes_keep_what_rules_catch() {
    use super::Safety;
    use super::fix::fixed;
    use crate::compare::Prover;
    use harness_compile::rule::compile_rule;
    use harness_predicate::Predicate;

    let shared = std::env::var("HARNESS_SHARED").expect("HARNESS_SHARED names the folder");
    let tree = harness_rule::tree::load_tree(&std::path::Path::new(&shared).join("corpus/rules"));
    let (exceptions, schema) = (&ExceptionTree::default(), &Schema::new(Base::Embedded));
    let rules = Rules { tree: &tree, exceptions, schema };
    let found = lint(rules, &Settings::default(), &|_| true);
    let all = fixed(&found, Safety::Safe);
    let mut unknown = 0;
    for one in &all {
        let plan = |text: &str| {
            let (rule, _) = harness_rule::parse(text);
            compile_rule(&rule.expect("a rule"), schema, crate::moment::NOW).plan().cloned()
        };
        let (Some(before), Some(after)) = (plan(&one.before), plan(&one.after)) else {
            unknown += 1;
            continue;
        };
        assert_eq!(before.filters().len(), after.filters().len(), "{}", one.path);
        let mut prover = Prover::new(schema);
        for (a, b) in before.filters().into_iter().zip(after.filters()) {
            for (a, b) in [(a, b), (b, a)] {
                let beyond = Predicate::and([a.clone(), b.clone().negate()]);
                match prover.is_never(&beyond) {
                    Some(same) => assert!(same, "{}", one.path),
                    None => unknown += 1,
                }
            }
        }
    }
    println!("{} files mended, {unknown} comparisons given up", all.len());
    assert!(all.len() > 50 && unknown * 10 < all.len());
}
