//! A repository of rules and cases, run once for all tests of a process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use harness_quality::explain;
use harness_report::problem::{self, Styled, one_line};
use harness_report::snapshot;
use harness_rule::tree::{self, Folder};
use harness_runner::config;
use harness_runner::run::{RuleRun, Run};
use harness_source::files;
use harness_source::likeness::nearest;

use crate::RuleOutcome;

/// A repository of rules, and how they came out on their cases.
///
/// ```no_run
/// use harness::Suite;
///
/// let suite = Suite::at(env!("CARGO_MANIFEST_DIR"));
/// suite.rule("rules/linux/root_login.toml").assert_passes();
/// for rule in suite.rules() {
///     println!("{}: {:?}", rule.key(), rule.status());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Suite {
    root: PathBuf,
    opened: Arc<OnceLock<Opened>>,
}

/// A run, or why there is none, as people read it.
type Opened = Result<Ran, String>;

#[derive(Debug)]
struct Ran {
    run: Arc<Run>,
    rules: Vec<Folder>,
    snapshots: PathBuf,
}

/// The suites of this process, by root.
static SUITES: LazyLock<Mutex<BTreeMap<PathBuf, Arc<OnceLock<Opened>>>>> =
    LazyLock::new(Mutex::default);

impl Suite {
    /// The suite of a folder: that of the nearest `harness.toml` at or above it within
    /// the repository, else the folder itself with its `rules/` and `cases/`.
    ///
    /// It is read and run once in a process, when the first rule is asked for; what
    /// keeps it from being run is told by every rule.
    pub fn at(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        let root = config::root(folder);
        let root = root.canonicalize().unwrap_or(root);
        let mut suites = SUITES.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = Arc::clone(suites.entry(root.clone()).or_default());
        Self { root, opened }
    }

    /// The outcome of one rule, named by its file, or by its path below the folder of
    /// rules. A rule that is not there does not pass.
    pub fn rule(&self, path: impl AsRef<Path>) -> RuleOutcome {
        let path = path.as_ref();
        let named = files::shown(path);
        let ran = match self.ran() {
            Ok(ran) => ran,
            Err(why) => return RuleOutcome::missing(&named, why.clone()),
        };
        let key = self.key(path, &ran.rules);
        match ran.run.rules.iter().position(|rule| Some(&rule.key) == key.as_ref()) {
            Some(rule) => RuleOutcome::judged(&ran.run, rule),
            None => RuleOutcome::missing(&named, unknown(&named, &ran.run.rules)),
        }
    }

    /// The outcomes of all rules, in the order of their paths; where the suite cannot
    /// be run, one outcome that says why.
    pub fn rules(&self) -> Vec<RuleOutcome> {
        match self.ran() {
            Ok(ran) => {
                (0..ran.run.rules.len()).map(|rule| RuleOutcome::judged(&ran.run, rule)).collect()
            }
            Err(why) => vec![RuleOutcome::missing(&files::shown(&self.root), why.clone())],
        }
    }

    /// What is wrong with files that belong to no rule, such as cases whose rule is
    /// gone; a line each.
    pub fn problems(&self) -> Vec<String> {
        match self.ran() {
            Ok(ran) => ran.run.problems.iter().map(one_line).collect(),
            Err(why) => vec![why.clone()],
        }
    }

    /// Snapshots without a rule, and rules with cases and without a snapshot; a line
    /// each.
    pub fn snapshot_problems(&self) -> Vec<String> {
        match self.ran() {
            Ok(ran) => snapshot::unpaired(&ran.run, &ran.snapshots).iter().map(one_line).collect(),
            Err(why) => vec![why.clone()],
        }
    }

    /// Asserts that every rule file that `pattern` matches passes, and that no file
    /// of cases is left over. The pattern is relative to the root of the suite and
    /// may have `*` and `**`.
    ///
    /// # Panics
    ///
    /// With the reports of the rules that do not pass, or where no file matches.
    #[track_caller]
    pub fn assert_passes(&self, pattern: &str) {
        let mut problems = Vec::new();
        let found = files::find(&self.root, &[pattern], &mut problems);
        let mut told: Vec<String> = problems.iter().map(one_line).collect();
        if found.is_empty() {
            told.push(format!("no file matches {pattern} in {}", self.root.display()));
        }
        let outcomes = found.iter().map(|file| self.rule(&file.path));
        let failed = outcomes.filter(|outcome| outcome.status() != crate::Status::Passed);
        told.extend(failed.map(|outcome| outcome.to_string()));
        told.extend(self.problems());
        told.dedup();
        assert!(told.is_empty(), "{}", told.join("\n\n"));
    }

    fn ran(&self) -> Result<&Ran, &String> {
        self.opened.get_or_init(|| open(&self.root)).as_ref()
    }

    /// The path below a folder of rules, without its ending.
    fn key(&self, path: &Path, folders: &[Folder]) -> Option<String> {
        let own = folders.iter().map(|folder| folder.path.join(path));
        let places = [path.to_path_buf(), self.root.join(path)].into_iter().chain(own);
        let files = places.flat_map(|place| [place.clone(), toml(place)]);
        let file = files.filter(|file| file.is_file()).find_map(|file| file.canonicalize().ok())?;
        folders.iter().find_map(|folder| {
            let below = file.strip_prefix(folder.path.canonicalize().ok()?).ok()?;
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            Some(format!("{}{}", folder.prefix, tree::key_of(&parts.join("/"))))
        })
    }
}

/// The path with `.toml` behind it.
fn toml(mut path: PathBuf) -> PathBuf {
    path.as_mut_os_string().push(".toml");
    path
}

fn unknown(named: &str, rules: &[RuleRun]) -> String {
    let near = nearest(named, rules.iter().map(|rule| rule.file.as_str()));
    let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    format!("there is no such rule in the suite{near}")
}

fn open(root: &Path) -> Opened {
    let told = |problems: Vec<files::Problem>| {
        let told = problems.iter().map(|one| problem::render(one, Styled::Plain));
        told.collect::<Vec<_>>().join("\n")
    };
    let folders = config::folders(root).map_err(|problem| told(vec![problem]))?;
    let project = config::open(&folders).map_err(told)?;
    let run = explain::run(project).map_err(|error| error.to_string())?;
    Ok(Ran { run: Arc::new(run), rules: folders.rules, snapshots: folders.snapshots })
}
