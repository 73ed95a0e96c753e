use std::fs::{self, File};
use std::path::PathBuf;

use super::find::MAX_BYTES;
use super::*;

/// A folder that is removed at the end of a test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("harness-tree-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        let folder = path.parent().expect("it is below the folder");
        fs::create_dir_all(folder).expect("the temporary folder is writable");
        fs::write(path, content).expect("the temporary folder is writable");
    }

    /// Each file with the codes of its findings.
    fn load(&self) -> Vec<String> {
        let tree = load_tree(&self.0);
        tree.rules
            .iter()
            .map(|loaded| {
                assert!(!(loaded.has_errors() && loaded.rule.is_some()), "{}", loaded.path);
                let codes: Vec<&str> = loaded.diagnostics.iter().map(|found| found.code).collect();
                format!("{}: {}", loaded.path, codes.join(" ")).trim_end().to_owned()
            })
            .collect()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn rule(id: &str) -> String {
    format!(
        "[rule]\nname = 'N'\nrule_id = '{id}'\ndescription = 'D'\nrisk_score = 1\n\
         severity = 'low'\ntype = 'query'\nquery = 'a'\n"
    )
}

#[test]
fn rules_come_in_the_order_of_their_paths() {
    let folder = Temporary::new("order");
    for (path, id) in [("b.toml", "1"), ("a/z.toml", "2"), ("a.toml", "3"), ("a/b/c.toml", "4")] {
        folder.write(path, rule(id));
    }
    folder.write("notes.md", "no rule");
    folder.write(".hidden.toml", "no rule");
    folder.write(".git/config.toml", "no rule");
    folder.write("_deprecated/d.toml", rule("5"));
    let expected = ["_deprecated/d.toml:", "a.toml:", "a/b/c.toml:", "a/z.toml:", "b.toml:"];
    assert_eq!(folder.load(), expected);
}

#[test]
fn rules_of_one_id_name_each_other() {
    let folder = Temporary::new("duplicates");
    for path in ["a.toml", "b.toml", "c.toml", "d.toml", "e.toml"] {
        folder.write(path, rule("same"));
    }
    folder.write("f.toml", rule("other"));
    let tree = load_tree(&folder.0);
    assert!(tree.rules[..5].iter().all(Loaded::has_errors));
    assert!(tree.rules[5].rule.is_some());
    let error = &tree.rules[1].diagnostics[0];
    let file = |name: &str| files::below(&tree.folder, name);
    let others = [file("a.toml"), file("c.toml"), file("d.toml")].join(", ");
    let message = format!("rule id `same` is also that of {others} and 1 more");
    assert_eq!((error.code, error.message.as_str()), ("rule-id-duplicate", message.as_str()));
    assert_eq!(error.span.of(&tree.rules[1].text), "'same'");
}

#[test]
fn files_that_are_no_text_are_errors() {
    let folder = Temporary::new("text");
    folder.write("empty.toml", "");
    folder.write("latin.toml", b"a = 1\nb = '\xe9'\n");
    let expected = ["empty.toml: rule-empty", "latin.toml: rule-encoding"];
    assert_eq!(folder.load(), expected);
    let tree = load_tree(&folder.0);
    let fault = &tree.rules[1].diagnostics[0];
    assert_eq!(fault.span.of(&tree.rules[1].text), "\u{fffd}");
}

#[test]
fn large_files_are_refused() {
    let folder = Temporary::new("large");
    folder.write("a.toml", "");
    let file = File::options().write(true).open(folder.0.join("a.toml")).expect("it was written");
    file.set_len(MAX_BYTES + 1).expect("sparse files are allowed");
    assert_eq!(folder.load(), ["a.toml: rule-too-large"]);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = Temporary::new("absent");
    let tree = load_tree(&folder.0.join("nowhere"));
    assert_eq!(tree.rules.len(), 1);
    assert_eq!((tree.rules[0].path.as_str(), tree.rules[0].has_errors()), (".", true));
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    use std::os::unix::fs::symlink;

    let outside = Temporary::new("links-outside");
    outside.write("secret.toml", rule("secret"));
    let folder = Temporary::new("links");
    folder.write("a.toml", rule("a"));
    let link = |to: &Path, name: &str| {
        symlink(to, folder.0.join(name)).expect("the temporary folder takes links");
    };
    link(&outside.0, "folder");
    link(&outside.0.join("secret.toml"), "file.toml");
    link(&folder.0, "loop");
    link(Path::new("nowhere"), "nowhere.toml");
    link(&outside.0.join("secret.toml"), "readme");
    let tree = load_tree(&folder.0);
    let found: Vec<(&str, bool, bool)> = tree
        .rules
        .iter()
        .map(|loaded| (loaded.path.as_str(), loaded.rule.is_some(), loaded.has_errors()))
        .collect();
    let expected = [
        ("a.toml", true, false),
        ("file.toml", false, true),
        ("folder", false, true),
        ("loop", false, false),
        ("nowhere.toml", false, true),
    ];
    assert_eq!(found, expected);
}

/// A rule as Kibana's API has it.
fn flat(name: &str, id: &str) -> String {
    format!(
        "{{\"name\": \"{name}\", \"rule_id\": \"{id}\", \"description\": \"D\", \"risk_score\": 1, \
         \"severity\": \"low\", \"type\": \"query\", \"query\": \"a: 1\", \"language\": \"kuery\"}}"
    )
}

#[test]
fn rules_of_all_formats_have_keys() {
    let folder = Temporary::new("formats");
    folder.write("a/toml.toml", rule("1"));
    folder.write("a/one.json", flat("One", "2"));
    folder.write(
        "a/saved.json",
        format!("{{\"attributes\": {}, \"type\": \"security-rule\"}}", flat("S", "3")),
    );
    folder.write("a/one.YML", "name: Y\nrule_id: '4'\ndescription: D\nrisk_score: 1\nseverity: low\ntype: query\nquery: 'a: 1'\n");
    folder.write("a/filed.yaml", "metadata: {maturity: production}\nrule:\n  name: F\n  rule_id: '5'\n  description: D\n  risk_score: 1\n  severity: low\n  type: query\n  query: 'a: 1'\n");
    let export = [
        flat("Root Login (SSH)", "6"),
        flat("Root login: SSH", "7"),
        "{\"list_id\": \"l\", \"type\": \"detection\", \"name\": \"L\"}".to_owned(),
        "{\"list_id\": \"l\", \"item_id\": \"i\", \"entries\": []}".to_owned(),
        "{\"attributes\": {\"actionTypeId\": \".email\"}, \"type\": \"action\"}".to_owned(),
        "{\"exported_count\": 5, \"exported_rules_count\": 2}".to_owned(),
    ];
    folder.write("rules_export.ndjson", export.join("\n"));
    folder.write(
        "page.json",
        format!("{{\"page\": 1, \"total\": 1, \"data\": [{}]}}", flat("P", "8")),
    );
    let tree = load_tree(&folder.0);
    let keys: Vec<(&str, bool)> =
        tree.rules.iter().map(|rule| (rule.key.as_str(), rule.rule.is_some())).collect();
    assert_eq!(
        keys,
        [
            ("a/filed", true),
            ("a/one", true),
            ("a/one_2", false),
            ("a/saved", true),
            ("a/toml", true),
            ("p", true),
            ("root_login_ssh", true),
            ("root_login_ssh_7", true),
        ]
    );
    assert_eq!(tree.exports.len(), 1);
    assert_eq!(tree.problems, []);
}

#[test]
fn what_is_no_rule_is_told_in_a_line() {
    let folder = Temporary::new("foreign");
    for number in 0..5 {
        folder.write(&format!("sigma/{number}.yml"), "title: t\nlogsource: {}\ndetection: {}\n");
        folder.write(
            &format!("endpoint/{number}.toml"),
            "[rule]\nid = 'x'\nname = 'N'\nos_list = ['linux']\n",
        );
        folder.write(&format!("other/{number}.json"), "{\"a\": 1}");
    }
    folder.write(
        "many.yml",
        "title: t\nlogsource: {}\ndetection: {}\n---\ntitle: t\nlogsource: {}\ndetection: {}\n",
    );
    folder.write("main.tf", "resource \"elasticstack_kibana_security_detection_rule\" \"x\" {}");
    folder.write("other.tf", "resource \"aws_instance\" \"x\" {}");
    folder.write("a.yar", "rule x {}");
    folder.write("pyproject.toml", "[tool.ruff]\n");
    folder.write("_config.yaml", "rule_dirs: [rules]\n");
    let tree = load_tree(&folder.0);
    assert_eq!(tree.rules, []);
    let told: Vec<String> =
        tree.problems.iter().map(|problem| problem.diagnostic.message.clone()).collect();
    let file = |name: &str| files::below(&tree.folder, name);
    assert_eq!(
        told,
        [
            format!("7 Sigma rules are not judged ({}, …)", file("many.yml")),
            format!("1 Terraform configuration of rules is not judged ({})", file("main.tf")),
            format!("5 endpoint behaviour rules are not judged ({}, …)", file("endpoint/0.toml")),
            format!("1 file of YARA or YARA-L rules is not judged ({})", file("a.yar")),
            format!("there are no rules in {}", tree.folder),
            format!(
                "5 files hold no rules: {}, {}, {} and 2 more",
                file("other/0.json"),
                file("other/1.json"),
                file("other/2.json")
            ),
        ]
    );
}

#[test]
fn several_folders_are_one_tree() {
    let folder = Temporary::new("several");
    folder.write("rules/linux/a.toml", rule("1"));
    folder.write("blocks/linux/a.toml", rule("2"));
    folder.write("blocks/cases/x.toml", "no rule");
    folder.write("export.ndjson", flat("E", "3"));
    let tree = load_trees(&[
        Folder::at(folder.0.join("rules")),
        Folder {
            path: folder.0.join("blocks"),
            prefix: "blocks/".to_owned(),
            without: vec![folder.0.join("blocks/cases")],
            is_guess: false,
        },
        Folder::at(folder.0.join("export.ndjson")),
    ]);
    let keys: Vec<&str> = tree.rules.iter().map(|rule| rule.key.as_str()).collect();
    assert_eq!(keys, ["blocks/linux/a", "e", "linux/a"]);
    assert!(tree.rules.iter().all(|loaded| Path::new(&loaded.file).is_file()));
}
