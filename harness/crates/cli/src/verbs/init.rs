//! `harness init`.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use harness_quality::synthesize::{self, Making};
use harness_report::{Lines, printable};
use harness_rule::names::RuleType;
use harness_runner::config::Folders;
use harness_runner::run::Project;
use harness_source::files;

use crate::args::InitArgs;
use crate::exit::Exit;
use crate::project;

/// How many rules are tried for the first case.
const MAX_TRIED: usize = 8;

/// The git repository that this program is installed from: that of the build, else of the
/// manifest; empty where neither says it.
const REPOSITORY: &str = match option_env!("HARNESS_REPOSITORY") {
    Some(address) if !address.is_empty() => address,
    _ => env!("CARGO_PKG_REPOSITORY"),
};

/// Where the workflow lies.
const WORKFLOW: &str = ".github/workflows/detection-rules.yml";

/// Writes what a repository needs, and nothing over what it has.
pub(crate) fn run(args: &InitArgs, program: &str) -> io::Result<Exit> {
    let Some((project, folders)) = project::open(&args.folders) else { return Ok(Exit::Usage) };
    let root = args.folders.root();
    let rules = project.rules.rules.len();
    tell!("{} in {}", harness_source::span::plural(rules, "rule"), files::shown(&root));
    let mut written: Vec<String> = Vec::new();
    let config = configuration(&root, &project, &folders);
    if add(&root, "harness.toml", &config)? {
        written.push("harness.toml".to_owned());
    }
    let mut is_open = false;
    if !args.no_ci && add(&root, WORKFLOW, &workflow(rules > 0, REPOSITORY))? {
        written.push(WORKFLOW.to_owned());
        is_open = REPOSITORY.is_empty();
    }
    let mut first = None;
    if project.cases.rules.is_empty() {
        let made = first_cases(project)?;
        if let Some(rule) = made.iter().find(|rule| !rule.made.is_empty()) {
            let one = std::slice::from_ref(rule);
            let cases = synthesize::write(one, &folders.cases)?.cases;
            let folder = files::below(&files::shown(&folders.cases), &rule.key);
            written.push(format!("{folder}/ ({cases} cases)"));
            first = Some(rule.key.clone());
        }
    }
    let safe = |text: &str| printable(text, Lines::Escape).into_owned();
    let mut lines: Vec<String> =
        written.iter().map(|path| format!("wrote {}", safe(path))).collect();
    if lines.is_empty() {
        lines.push("everything is there already".to_owned());
    }
    if is_open {
        lines.push(format!(
            "fill in HARNESS_REPOSITORY in {WORKFLOW}: the git repository that harness is installed \
             from"
        ));
    }
    let rule = first.as_deref().unwrap_or("RULE");
    lines.push(format!("\nNext:\n  {program} test            runs the rules on their cases"));
    lines.push(format!(
        "  {program} explain {}    shows what the clauses of a rule need",
        safe(rule)
    ));
    lines.push(format!("  {program} new RULE        writes the first cases of another rule"));
    project::deliver(format!("{}\n", lines.join("\n")).as_bytes(), None)?;
    Ok(Exit::Ok)
}

/// Writes a file that is not there yet; whether it was written.
fn add(root: &Path, relative: &str, text: &str) -> io::Result<bool> {
    if root.join(relative).exists() {
        return Ok(false);
    }
    files::write_below(root, relative, text.as_bytes())?;
    Ok(true)
}

/// A configuration that says what is so without it.
fn configuration(root: &Path, project: &Project, folders: &Folders) -> String {
    let below = |path: &Path| {
        let path = path.strip_prefix(root).unwrap_or(path);
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    };
    let own = ["_config.yaml", "detection_rules/etc/_config.yaml"];
    let stated = own.iter().find(|config| root.join(config).is_file());
    let mut rules: BTreeSet<String> = folders
        .rules
        .iter()
        .filter(|folder| !folder.is_guess)
        .map(|folder| below(&folder.path))
        .collect();
    if rules.is_empty() {
        let first = |path: &str| path.split('/').next().unwrap_or(path).to_owned();
        rules.extend(project.rules.rules.iter().map(|loaded| first(&loaded.path)));
    }
    let quoted: Vec<String> = rules.iter().map(|path| format!("{path:?}")).collect();
    let rules = match (stated, quoted.as_slice()) {
        (Some(config), _) => format!("# The rules lie where {config} says."),
        (None, [one]) => format!("rules = {one}"),
        (None, several) => format!("rules = [{}]", several.join(", ")),
    };
    format!(
        "{rules}\ncases = {:?}\n\n# [schema]\n# mappings = [\"mappings/custom.json\"]   # fields of \
         your own, as Elasticsearch shows them\n# known_fields = [\"my.*\"]\n\n# [gates.\"rules\"]\n\
         # require_pairs = true\n# min_clauses = 80\n",
        below(&folders.cases)
    )
}

/// A workflow that runs the rules, with the outcome in the pull request. Where the program
/// is installed from is one line, which says so where nobody knows it.
fn workflow(has_rules: bool, repository: &str) -> String {
    let fill = if repository.is_empty() { "# To fill in: the" } else { "# The" };
    let gate = if has_rules { "" } else { " || test $? = 4" };
    format!(
        r#"name: detection rules

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

env:
  {fill} git repository that harness is installed from.
  HARNESS_REPOSITORY: "{repository}"

jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Install harness
        run: cargo install --locked --git "${{HARNESS_REPOSITORY:?is to be filled in}}" harness-cli
      - name: Test the rules
        run: harness test --format github --junit rules.xml --markdown rules.md{gate}
      - name: Show the outcome
        if: always()
        run: cat rules.md >> "$GITHUB_STEP_SUMMARY"
"#
    )
}

/// Cases for the first rules that they can be made for.
fn first_cases(mut project: Project) -> io::Result<Vec<synthesize::RuleCases>> {
    let is_plain = |kind: RuleType| matches!(kind, RuleType::Query | RuleType::Eql);
    let rules = &mut project.rules.rules;
    rules.retain(|loaded| {
        loaded.rule.as_ref().is_some_and(|rule| is_plain(rule.rule_type) && !rule.is_deprecated())
    });
    rules.truncate(MAX_TRIED);
    synthesize::synthesize(project, &|_| true, Making::default()).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::workflow;

    #[test]
    fn a_workflow_says_where_the_program_is_from_or_that_it_is_to_be_filled_in() {
        for (repository, expected) in [
            (
                "",
                "  # To fill in: the git repository that harness is installed from.\n  HARNESS_REPOSITORY: \"\"\n",
            ),
            (
                "https://git.example/h",
                "  # The git repository that harness is installed from.\n  HARNESS_REPOSITORY: \"https://git.example/h\"\n",
            ),
        ] {
            let text = workflow(true, repository);
            assert_eq!(text.matches("HARNESS_REPOSITORY: ").count(), 1, "{text}");
            assert!(text.contains(expected), "{text}");
        }
    }
}
