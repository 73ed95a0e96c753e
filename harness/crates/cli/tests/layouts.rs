//! Repositories as other people have them: from a clone to a verdict in one command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

const OK: i32 = 0;
const USAGE: i32 = 2;
const FAILED: i32 = 3;
const NOTHING_RAN: i32 = 4;

/// A folder that is removed when dropped.
struct Repository(PathBuf);

impl Repository {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("layout-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // The root is not looked for above it.
        fs::create_dir_all(folder.join(".git")).expect("a folder");
        Self(folder)
    }

    fn write(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    /// A positive and a negative case of a rule.
    fn cases(self, rule: &str) -> Self {
        self.write(&format!("cases/{rule}/positive/p.json"), event("root"))
            .write(&format!("cases/{rule}/negative/n.json"), event("ann"))
    }

    /// Runs the binary in a folder of it: exit code and phrases of its output.
    fn check(&self, folder: &str, arguments: &[&str], code: i32, phrases: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
        let output =
            command.args(arguments).current_dir(self.0.join(folder)).output().expect("a run");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).expect("output is UTF-8");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        for phrase in phrases {
            assert!(text.contains(phrase), "{arguments:?}: no `{phrase}` in\n{text}");
        }
        assert!(text.lines().count() < 40, "{text}");
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn event(user: &str) -> String {
    format!(
        "{{\"@timestamp\": \"2026-01-05T10:15:00Z\", \"event.action\": \"login\", \
         \"user.name\": \"{user}\", \"host.name\": \"h1\"}}"
    )
}

/// A rule as detection-rules keeps it.
fn filed(name: &str, id: &str) -> String {
    format!(
        "[metadata]\ncreation_date = \"2026/01/01\"\nmaturity = \"production\"\n\n[rule]\n\
         author = [\"us\"]\ndescription = \"D\"\nlanguage = \"kuery\"\nname = \"{name}\"\n\
         risk_score = 21\nrule_id = \"{id}\"\nseverity = \"low\"\ntype = \"query\"\n\
         query = 'event.action: login and user.name: root'\n"
    )
}

/// The same as Kibana exports it.
fn flat(name: &str, id: &str, more: &str) -> String {
    format!(
        "{{\"id\": \"x\", \"name\": \"{name}\", \"rule_id\": \"{id}\", \"description\": \"D\", \
         \"risk_score\": 21, \"severity\": \"low\", \"type\": \"query\", \"language\": \"kuery\", \
         \"query\": \"event.action: \\\"login\\\" and user.name: \\\"root\\\"\", \"enabled\": true, \
         \"actions\": [], \"throttle\": null{more}}}"
    )
}

#[test]
fn a_fork_of_detection_rules() {
    let config = "bbr_rules_dirs:\n  - ../../rules_building_block\nfiles:\n  \
                  stack_schema_map: stack-schema-map.yaml\nrule_dirs:\n  - ../../rules\n";
    let repository = Repository::new()
        .write("detection_rules/etc/_config.yaml", config)
        .write(
            "detection_rules/etc/stack-schema-map.yaml",
            "9.1.0:\n  beats: 9.1.0\n  ecs: 9.1.0\n",
        )
        .write("detection_rules/etc/non-ecs-schema.json", "{\"logs-x*\": {\"x.custom\": \"long\"}}")
        .write("rules/linux/root_login.toml", filed("Root Login", "a1"))
        .write("rules_building_block/root_login.toml", filed("Root Login Block", "b1"))
        .write("hunting/linux/hunt.toml", "[hunt]\nname = \"H\"\n")
        .write("pyproject.toml", "[tool.ruff]\n")
        .cases("linux/root_login");
    let sums = "2 rules, 2 cases, 2 events";
    repository.check(".", &["test"], OK, &[sums, "1 passed, 1 untested"]);
    repository.check("rules/linux", &["test"], OK, &[sums]);
    let blocks = repository.cases("rules_building_block/root_login");
    blocks.check(".", &["test"], OK, &["2 rules, 4 cases", "2 passed"]);
}

#[test]
fn a_repository_of_custom_rules() {
    let config = "rule_dirs:\n  - rules\n  - more\nbbr_rules_dirs:\n  - rules_building_block\n\
                  directories:\n  exception_dir: exceptions\n  action_dir: actions\n\
                  files:\n  stack_schema_map: etc/stack-schema-map.yaml\n\
                  auto_gen_schema_file: etc/auto.json\n";
    let list = "[metadata]\nlist_name = \"L\"\nrule_ids = [\"a1\"]\n\n[[exceptions]]\n\
                [exceptions.container]\nlist_id = \"l1\"\nname = \"L\"\ntype = \"rule_default\"\n\
                namespace_type = \"single\"\n\n[[exceptions.items]]\nitem_id = \"i1\"\n\
                list_id = \"l1\"\nname = \"bastion\"\ntype = \"simple\"\n\n\
                [[exceptions.items.entries]]\nfield = \"host.name\"\noperator = \"included\"\n\
                type = \"match\"\nvalue = \"h1\"\n";
    let excepted = format!(
        "{}\n[[rule.exceptions_list]]\nid = \"x\"\nlist_id = \"l1\"\nnamespace_type = \"single\"\n\
         type = \"rule_default\"\n",
        filed("Root Login", "a1")
    );
    let custom = filed("Custom", "a2").replace("user.name: root", "x.known: 3 and y.known: a");
    for folder in ["", "custom/"] {
        let at = |path: &str| format!("{folder}{path}");
        let repository = Repository::new()
            .write(&at("_config.yaml"), config)
            .write(&at("etc/stack-schema-map.yaml"), "9.1.0:\n  ecs: 9.1.0\n  custom: own/c.json\n")
            .write(&at("etc/own/c.json"), "{\"logs-x*\": {\"x.known\": \"long\"}}")
            .write(&at("etc/auto.json"), "{\"logs-y*\": {\"y.known\": \"keyword\"}}")
            .write(&at("exceptions/.gitkeep"), "")
            .write(&at("exceptions/l.toml"), list)
            .write(&at("actions/a.toml"), "[metadata]\n[[actions]]\nid = \"x\"\n")
            .write(&at("rules/login.toml"), &excepted)
            .write(&at("more/custom.toml"), &custom)
            .write(&at("rules_building_block/.gitkeep"), "")
            .cases("login");
        let silenced = ["the exception l1/bastion", "silences it", "2 rules, 2 cases"];
        repository.check(".", &["test"], FAILED, &silenced);
        let explained = ["explain", "custom"];
        repository.check(".", &explained, OK, &["long", "x.known", "y.known"]);
    }
}

#[test]
fn an_export_of_kibana() {
    let excepted = ", \"exceptions_list\": [{\"id\": \"x\", \"list_id\": \"l1\", \
                    \"type\": \"rule_default\", \"namespace_type\": \"single\"}]";
    let export = [
        flat("Root Login (SSH)", "a1", ""),
        flat("Excepted", "a2", excepted),
        "{\"list_id\": \"l1\", \"type\": \"rule_default\", \"name\": \"L\"}".to_owned(),
        "{\"list_id\": \"l1\", \"item_id\": \"i\", \"name\": \"I\", \"entries\": [{\"field\": \
         \"host.name\", \"operator\": \"included\", \"type\": \"match\", \"value\": \"h1\"}]}"
            .to_owned(),
        "{\"attributes\": {\"actionTypeId\": \".email\"}, \"type\": \"action\", \"id\": \"c\"}"
            .to_owned(),
        "{\"exported_count\": 4, \"exported_rules_count\": 2, \"missing_rules\": []}".to_owned(),
    ]
    .join("\n");
    for place in ["rules_export.ndjson", "rules/rules_export.ndjson", "rules/export.json"] {
        let repository = Repository::new().write(place, &export).cases("root_login_ssh");
        repository.check(".", &["test"], OK, &["2 rules, 2 cases", "1 passed, 1 untested"]);
        repository.check("cases", &["test"], OK, &["2 rules, 2 cases"]);
        let by_id = repository.cases("a2");
        by_id.check(".", &["test"], FAILED, &["the exception l1/I", "silences it"]);
    }
    // A rule that Kibana would refuse, at its place in its line.
    let broken = export.replacen("user.name: \\\"root\\\"", "user.name: \\\"root\\\")", 1);
    let repository = Repository::new().write("rules/e.ndjson", &broken).cases("root_login_ssh");
    repository.check(".", &["test"], FAILED, &["rules/e.ndjson:1:", "1 untested, 1 invalid"]);
}

#[test]
fn rules_of_other_formats() {
    let yaml = "name: Y\nrule_id: a2\ndescription: D\nrisk_score: 21\nseverity: low\ntype: query\n\
                language: kuery\nquery: >-\n  event.action: login\n  and user.name: root\n";
    let saved = format!("{{\"attributes\": {}, \"type\": \"security-rule\"}}", flat("S", "a3", ""));
    let repository = Repository::new()
        .write("rules/one.json", flat("J", "a1", ""))
        .write("rules/two.yml", yaml)
        .write("rules/three.json", saved)
        .cases("one")
        .cases("two")
        .cases("three");
    repository.check(".", &["test"], OK, &["3 rules, 6 cases", "3 passed"]);
}

#[test]
fn rules_and_tests_in_two_repositories() {
    let rules = Repository::new()
        .write("rules/login.toml", filed("Root Login", "a1"))
        .write("rules_building_block/block.toml", filed("Block", "b1"));
    let name = rules.0.file_name().expect("a name").to_string_lossy().into_owned();
    let config = format!("rules = [\"../{name}/rules\", \"../{name}/rules_building_block\"]\n");
    let tests = Repository::new().write("harness.toml", config).cases("login");
    let sums = ["2 rules, 2 cases", "1 passed, 1 untested"];
    tests.check(".", &["test"], OK, &sums);
    let config = tests.0.join("harness.toml").display().to_string();
    rules.check(".", &["test", "--config", &config], OK, &sums);
    let (file, cases) = (rules.0.join("rules/login.toml"), tests.0.join("cases"));
    let (file, cases) = (file.display().to_string(), cases.display().to_string());
    rules.check(".", &["test", "--rules", &file, "--cases", &cases], OK, &["1 rule, 2 cases"]);
    let outside = Repository::new().write("harness.toml", "rules = \"../nowhere\"\n");
    outside.check(".", &["test"], USAGE, &["there is no folder ../nowhere", "harness.toml:1:9"]);
}

#[test]
fn rules_of_other_products_are_named() {
    let mut repository = Repository::new();
    for number in 0..300 {
        let endpoint = "[rule]\nid = \"x\"\nname = \"N\"\nos_list = [\"linux\"]\nquery = \"q\"\n";
        repository = repository
            .write(&format!("rules/e/{number}.toml"), endpoint)
            .write(&format!("rules/s/{number}.yml"), "title: t\nlogsource: {}\ndetection: {}\n");
    }
    let named = [
        "300 endpoint behaviour rules are not judged (rules/e/0.toml, …)",
        "300 Sigma rules are not judged",
        "there are no rules in rules",
    ];
    repository.check(".", &["test"], NOTHING_RAN, &named);
    Repository::new().check(".", &["test"], USAGE, &["the folder of rules, rules, is not there"]);
}

#[test]
fn rules_and_cases_are_selected() {
    let repository = Repository::new()
        .write("rules/linux/login.toml", filed("Root Login", "aaaaaaa1"))
        .write("rules/linux/block.toml", filed("Block", "bbbbbbb1").replace("\"low\"", "\"high\""))
        .cases("linux/login")
        .cases("linux/block");
    for (arguments, code, phrase) in [
        (&["rules/linux/login.toml"][..], OK, "1 rule, 2 cases"),
        (&["linux/*"], OK, "2 rules, 4 cases"),
        (&["root login"], OK, "1 rule, 2 cases"),
        (&["--severity", "high"], OK, "1 rule, 2 cases"),
        (&["linux/login/positive/p"], OK, "1 rule, 1 case"),
        (&["cases/linux/login/negative/n.json"], OK, "1 rule, 1 case"),
        (&["linux/login", "positive/p"], OK, "1 rule, 1 case"),
        (&["linux/login", "linux/blok"], NOTHING_RAN, "did you mean `linux/block`?"),
        (&["linux/login", "--list"], OK, "linux/login\n"),
        (&["--type", "eq"], USAGE, "one of query, saved_query, eql"),
        (&["--changed=-x"], USAGE, "is no name of a commit"),
        (&["--status", "failed"], OK, "0 rules"),
        (&["linux/login/positive/p", "--check"], USAGE, "name the rule instead of a case"),
    ] {
        repository.check(".", &[&["test"], arguments].concat(), code, &[phrase]);
    }
    repository.check(".", &["coverage", "linux/login", "--no-mutants"], OK, &["login"]);
}

#[test]
fn one_run_writes_several_reports_and_compares_snapshots() {
    let repository =
        Repository::new().write("rules/login.toml", filed("Login", "a1")).cases("login");
    let reports = ["test", "--junit", "j.xml", "--markdown", "m.md", "--json", "r.json", "-j", "1"];
    repository.check(".", &reports, OK, &["1 rule, 2 cases"]);
    for (file, start) in [("j.xml", "<?xml"), ("m.md", "#"), ("r.json", "{")] {
        let text = fs::read_to_string(repository.0.join(file)).expect("a report");
        assert!(text.starts_with(start), "{file}: {text}");
    }
    repository.check(".", &["test", "--check"], FAILED, &["the rule has no snapshot"]);
    repository.check(".", &["test", "--update"], OK, &["1 snapshot written"]);
    repository.check(".", &["test", "--check"], OK, &["1 passed"]);
    let snapshot = repository.0.join("snapshots/login.snap");
    let text = fs::read_to_string(&snapshot).expect("a snapshot").replace("passed", "failed");
    fs::write(&snapshot, text).expect("a file");
    repository.check(".", &["test", "--check"], FAILED, &["the snapshot differs", "login.snap:"]);
}

#[test]
fn fields_are_imported_and_told() {
    let template = "{\"index_templates\": [{\"name\": \"t\", \"index_template\": {\"template\": \
                    {\"mappings\": {\"properties\": {\"x\": {\"properties\": {\"y\": {\"type\": \"long\"}}}}}}}}]}";
    let repository = Repository::new()
        .write("rules/login.toml", filed("Login", "a1"))
        .write("t.json", template)
        .write(
            "p/fields/f.yml",
            "- name: x\n  type: group\n  fields:\n    - name: z\n      type: ip\n",
        )
        .write("harness.toml", "[schema]\nmappings = [\"mappings/t.json\", \"mappings/p.json\"]\n");
    let imported = ["1 field of 1 mapping written to mappings/t.json", "mappings = ["];
    repository.check(".", &["schema", "import", "t.json"], OK, &imported);
    repository.check(".", &["schema", "import", "p"], OK, &["mappings/p.json"]);
    let known = ["x.y  long  by mappings/t.json", "x.z  ip  by mappings/p.json", "process.name  "];
    repository.check(".", &["schema", "x.y", "x.z", "process.name"], OK, &known);
    let unknown = ["proces.name  not known; did you mean process.name?"];
    repository.check(".", &["schema", "proces.name"], FAILED, &unknown);
}

#[test]
fn the_first_minute() {
    let mut repository = Repository::new();
    for number in 0..30 {
        let name = format!("Login {number}");
        let text = filed(&name, &format!("a{number}"));
        repository = repository.write(&format!("rules/linux/r{number}.toml"), text);
    }
    let next =
        ["linux", "30 untested", "harness lint", "harness new linux/r0", "positive/<name>.json"];
    repository.check(".", &["test"], NOTHING_RAN, &next);
    let written = ["wrote harness.toml", "wrote .github/workflows/", "wrote cases/linux/r0/"];
    repository.check(".", &["init"], OK, &written);
    repository.check(".", &["init"], OK, &["everything is there already"]);
    repository.check(".", &["test"], OK, &["✓ r0", "29 untested", "1 passed"]);
}
