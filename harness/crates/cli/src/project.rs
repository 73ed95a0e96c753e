//! Opens a project: its folders, its configuration, its rules and cases.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fmt, fs};

use anstream::ColorChoice;
use harness_model::value::format_date;
use harness_report::checkout::Checkout;
use harness_report::page::Head;
use harness_report::problem::{self, Styled};
use harness_rule::tree;
use harness_runner::config::{self, Folders as Found, Given};
use harness_runner::run::Project;
use harness_source::diagnostic::Diagnostic;
use harness_source::files::{self, Problem};
use harness_source::progress;
use harness_source::span::Span;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::args::{Colour, Folders, PageArgs, TerminalArgs};
use crate::git::git;

/// Where everything is, with the command line over `harness.toml`.
pub fn folders(args: &Folders) -> Result<Found, Problem> {
    for (flag, folder) in [("--root", args.root.as_ref()), ("--cases", args.cases.as_ref())] {
        folder.map_or(Ok(()), |folder| is_folder(flag, folder))?;
    }
    for rules in args.rules.iter().filter(|rules| !rules.is_file()) {
        is_folder("--rules", rules)?;
    }
    let Folders { root: _, config, rules, cases, snapshots } = args.clone();
    config::folders_with(&args.root(), Given { config, rules, cases, snapshots })
}

/// The flags by which another verb finds the same rules and cases.
pub fn flags(args: &Folders) -> Vec<String> {
    let root = args.root.as_ref().filter(|root| *root != Path::new("."));
    let config = args.config.as_ref();
    let mut named: Vec<(&str, &PathBuf)> = Vec::new();
    named.extend(root.map(|root| ("--root", root)));
    named.extend(config.map(|config| ("--config", config)));
    named.extend(args.rules.iter().map(|rules| ("--rules", rules)));
    named.extend(args.cases.as_ref().map(|cases| ("--cases", cases)));
    let words = named.into_iter().map(|(flag, path)| [flag.to_owned(), path.display().to_string()]);
    words.flatten().collect()
}

/// Whether a flag names a folder.
fn is_folder(flag: &str, folder: &Path) -> Result<(), Problem> {
    let path = files::shown(folder);
    let (what, help) = match fs::metadata(folder) {
        Ok(about) if about.is_dir() => return Ok(()),
        Ok(_) => ("is a file, not a folder", Some("name the folder, and a rule as a filter")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => ("does not exist", None),
        Err(_) => ("cannot be read", None),
    };
    let message = format!("the folder of {flag}, {path}, {what}");
    let mut error = Diagnostic::error("usage", message, Span::default());
    error.help = help.map(str::to_owned);
    Err(Problem::with_path(path, error))
}

/// Prepares what all that a verb does depends on: threads and colours.
pub fn set_up(args: &TerminalArgs) {
    match args.color {
        Colour::Auto => {}
        Colour::Always => ColorChoice::Always.write_global(),
        Colour::Never => ColorChoice::Never.write_global(),
    }
    if let Some(jobs) = args.jobs {
        // It is the first use of the threads, and says nothing where it is not.
        drop(rayon::ThreadPoolBuilder::new().num_threads(jobs.into()).build_global());
    }
}

/// The folders for rules that are named: a file of rules that lies in none of them is one
/// of rules, too, so that a rule of no project is a rule.
pub fn around(args: &Folders, names: &[String]) -> Folders {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let is_file = |name: &&String| tree::is_file_of_rules(&real(Path::new(name)));
    let files: Vec<&String> = names.iter().filter(is_file).collect();
    // Most names are those of rules: then the configuration is read by whoever opens it.
    let found = if files.is_empty() { None } else { folders(args).ok() };
    let Some(found) = found else { return args.clone() };
    let own = found.rules.iter().map(|folder| &folder.path).chain([&found.cases]);
    let own: Vec<PathBuf> = own.map(|path| real(path)).collect();
    let is_outside = |name: &&String| !own.iter().any(|own| real(Path::new(name)).starts_with(own));
    let outside: Vec<&String> = files.into_iter().filter(is_outside).collect();
    let mut around = args.clone();
    // Other names are those of rules of the project.
    if !outside.is_empty() && outside.len() < names.len() && args.rules.is_empty() {
        around.rules.extend(found.rules.into_iter().map(|folder| folder.path));
    }
    around.rules.extend(outside.into_iter().map(PathBuf::from));
    around
}

/// Loads a project, or shows what is wrong with its configuration.
pub fn open(args: &Folders) -> Option<(Project, Found)> {
    let opened = folders(args)
        .map_err(|problem| vec![problem])
        .and_then(|found| config::open(&found).map(|project| (project, found)));
    match opened {
        Ok(opened) => Some(opened),
        Err(problems) => {
            for problem in problems {
                tell_styled!("{}", problem::render(&problem, Styled::Ansi));
            }
            None
        }
    }
}

/// The repository around the current folder: that of the workflow, else the one
/// that git has, else the folder itself.
pub fn checkout() -> Checkout {
    let here = env::current_dir().unwrap_or_default();
    let workflow = env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
    let workflow = workflow.filter(|root| here.starts_with(root));
    let git = || here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    let root = workflow.or_else(git).unwrap_or_else(|| here.clone());
    Checkout { root, here }
}

/// What a page says of the project at a root.
pub fn head(root: &Path, page: &PageArgs) -> Head {
    let folder = root.canonicalize().unwrap_or_default();
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let commit =
        git(root, &["describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"], None);
    let now = || format_date(now_millis());
    Head {
        project: page.title.clone().unwrap_or_else(|| name.into_owned()),
        commit: commit.ok().map(|commit| commit.trim().to_owned()),
        time: page.title.is_some().then(now),
        tool: format!("harness {}", env!("CARGO_PKG_VERSION")),
        live: None,
    }
}

/// The moment, in milliseconds since 1970.
pub fn now_millis() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// Writes a report to its file, whole or not at all, or to standard output without
/// one and for `-`.
///
/// Whoever reads standard output may stop early, as `head` does: the exit code
/// is that of the run all the same.
pub fn deliver(output: &[u8], out: Option<&Path>) -> io::Result<()> {
    let written = match out.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            return files::deliver(path, output)
                .map_err(|error| io::Error::new(error.kind(), format!("--out {error}")));
        }
        None => io::stdout().lock().write_all(output),
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Whether a report goes to a file.
pub fn is_file(out: Option<&Path>) -> bool {
    out.is_some_and(|path| path != Path::new("-"))
}

/// Whether standard output takes colours.
pub fn styled(to_file: bool) -> Styled {
    let choice = anstream::AutoStream::choice(&io::stdout());
    if to_file || choice == anstream::ColorChoice::Never { Styled::Plain } else { Styled::Ansi }
}

/// What is done and how many rules of all, on standard error, for people at a terminal
/// only.
pub fn progress(hidden: bool, message: &'static str) -> ProgressBar {
    spinner(hidden, message, "{spinner} {msg}{of} {elapsed}")
}

/// A spinner that tells by its message alone how far it is.
pub fn spinner(hidden: bool, message: &'static str, template: &str) -> ProgressBar {
    if hidden || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.with_key("of", |_: &ProgressState, line: &mut dyn fmt::Write| {
            let (done, all) = progress::seen();
            if all > 1 {
                // A line that cannot be written is none to be seen.
                let _ = write!(line, ": {done} of {all} rules");
            }
        }));
    }
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A bar on standard error that counts to `all` and tells the time left, for
/// people at a terminal only.
pub fn counted(hidden: bool, all: usize) -> ProgressBar {
    if hidden || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(all as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} rules, {eta} left") {
        bar.set_style(style);
    }
    bar
}
