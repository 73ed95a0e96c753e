//! Opens a project: its folders, its configuration, its rules and cases.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::config::{self, Folders as Found};
use harness::files::{Problem, write_atomically};
use harness::report::problem::{self, Styled};
use harness::run::Project;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Folders;

/// Where everything is, with the command line over `harness.toml`.
pub(crate) fn folders(args: &Folders) -> Result<Found, Problem> {
    let mut found = config::folders(&args.root)?;
    let set = |place: &mut PathBuf, given: &Option<PathBuf>| {
        if let Some(given) = given {
            place.clone_from(given);
        }
    };
    set(&mut found.rules, &args.rules);
    set(&mut found.cases, &args.cases);
    set(&mut found.snapshots, &args.snapshots);
    Ok(found)
}

/// Loads a project, or shows what is wrong with its configuration.
pub(crate) fn open(args: &Folders) -> Option<(Project, Found)> {
    let opened = folders(args)
        .map_err(|problem| vec![problem])
        .and_then(|found| config::open(&found).map(|project| (project, found)));
    match opened {
        Ok(opened) => Some(opened),
        Err(problems) => {
            for problem in problems {
                anstream::eprintln!("{}", problem::render(&problem, Styled::Ansi));
            }
            None
        }
    }
}

/// The folders of rules and cases as links from the root name them.
pub(crate) fn places(args: &Folders, found: &Found) -> (String, String) {
    let relative = |folder: &Path| {
        let below = folder.strip_prefix(&args.root).unwrap_or(folder);
        // Where the machine keeps the repository is nobody's business.
        let below =
            if below.is_absolute() { below.file_name().map_or(below, Path::new) } else { below };
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    };
    (relative(&found.rules), relative(&found.cases))
}

/// Writes a report to its file, whole or not at all, or to standard output.
pub(crate) fn deliver(output: &[u8], out: Option<&Path>) -> io::Result<()> {
    match out {
        Some(path) => write_atomically(path, output),
        None => io::stdout().lock().write_all(output),
    }
}

/// Whether standard output takes colours.
pub(crate) fn styled(to_file: bool) -> Styled {
    let choice = anstream::AutoStream::choice(&io::stdout());
    if to_file || choice == anstream::ColorChoice::Never { Styled::Plain } else { Styled::Ansi }
}

/// A spinner on standard error, for people at a terminal only.
pub(crate) fn progress(hidden: bool, message: &'static str) -> ProgressBar {
    if hidden || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A bar on standard error that counts to `all` and tells the time left, for
/// people at a terminal only.
#[cfg(feature = "cluster")]
pub(crate) fn counted(hidden: bool, all: usize) -> ProgressBar {
    if hidden || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(all as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} rules, {eta} left") {
        bar.set_style(style);
    }
    bar
}
