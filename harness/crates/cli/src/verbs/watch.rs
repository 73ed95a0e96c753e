//! `--watch`: does again what a change touches.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecursiveMode, Watcher};

use harness_runner::config::Folders;
use harness_runner::run::Project;
use harness_source::files;

use crate::args::Folders as Args;
use crate::exit::Exit;
use crate::project;

/// Editors write a file in several steps; a change ends when nothing follows for so long.
const QUIET: Duration = Duration::from_millis(30);

/// How many changed files a line names.
const MAX_NAMED: usize = 3;

/// Does all by `test`, and after each change what its files touch, without an end.
pub(super) fn run(
    args: &Args,
    test: &dyn Fn(Option<&BTreeSet<PathBuf>>) -> io::Result<Exit>,
) -> io::Result<Exit> {
    // What is wrong is told as it is without watching.
    let Ok(folders) = project::folders(args) else { return test(None) };
    let (send, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // Nobody listens any more at the end.
        drop(send.send(event));
    })
    .map_err(io::Error::other)?;
    for (path, mode) in watched(&folders, &args.root()) {
        watcher.watch(&path, mode).map_err(io::Error::other)?;
    }
    test(None)?;
    tell!("watching for changes; Ctrl-C ends it");
    while let Some(paths) = next(&changes, &folders.snapshots) {
        let started = Instant::now();
        let named: Vec<String> =
            paths.iter().take(MAX_NAMED).map(|path| files::shown(path)).collect();
        let more = paths.len().saturating_sub(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        tell!("\n{}{more}", named.join(", "));
        test(Some(&paths))?;
        tell!("{} ms after the change", started.elapsed().as_millis());
    }
    Ok(Exit::Ok)
}

/// What is watched, as far as it is there.
fn watched(folders: &Folders, root: &Path) -> Vec<(PathBuf, RecursiveMode)> {
    let rules = folders.rules.iter().map(|folder| &folder.path);
    let others = [&folders.cases, &folders.exceptions, &folders.lookups];
    let all = rules.chain(others).chain(&folders.mappings).chain(&folders.fills);
    let below = all.map(|path| (path.clone(), RecursiveMode::Recursive));
    let own = [(root.to_path_buf(), RecursiveMode::NonRecursive)];
    let mut seen = BTreeSet::new();
    let all = below.chain(own).filter(|(path, _)| path.exists());
    all.filter(|(path, _)| seen.insert(path.clone())).collect()
}

/// The files of the next change; `None` where nothing is watched any more.
fn next(changes: &Receiver<notify::Result<Event>>, snapshots: &Path) -> Option<BTreeSet<PathBuf>> {
    let snapshots = snapshots.canonicalize().unwrap_or_else(|_| snapshots.to_path_buf());
    let mut paths = BTreeSet::new();
    loop {
        let event = if paths.is_empty() {
            changes.recv().ok()?
        } else {
            match changes.recv_timeout(QUIET) {
                Ok(event) => event,
                Err(_) => return Some(paths),
            }
        };
        let Ok(Event { kind, paths: own, .. }) = event else { continue };
        if matches!(kind, EventKind::Access(_) | EventKind::Other) {
            continue;
        }
        // What lies in a new folder already may be told by nothing else.
        let is_new = matches!(kind, EventKind::Create(_));
        let is_own = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_told = is_new || !path.is_dir();
            !files::is_aside(&name) && !path.starts_with(&snapshots) && is_told
        };
        paths.extend(own.iter().map(|path| real(path)).filter(is_own));
    }
}

/// A path without links, also of a file that is gone.
fn real(path: &Path) -> PathBuf {
    let here = |folder: &Path| folder.as_os_str().is_empty();
    let parent = path.parent().map(|folder| if here(folder) { Path::new(".") } else { folder });
    let parent = parent.and_then(|parent| parent.canonicalize().ok());
    match (parent, path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => path.to_path_buf(),
    }
}

/// The rules that changed files touch; `None` for all.
pub(super) fn touched(
    paths: &BTreeSet<PathBuf>,
    project: &Project,
    folders: &Folders,
) -> Option<BTreeSet<String>> {
    let cases = real(&folders.cases);
    let mut keys = BTreeSet::new();
    let mut left: BTreeSet<&PathBuf> = paths.iter().collect();
    for loaded in &project.rules.rules {
        if left.remove(&real(Path::new(&loaded.file)))
            || paths.contains(&real(Path::new(&loaded.file)))
        {
            keys.insert(loaded.key.clone());
        }
        let own = cases.join(&loaded.key);
        for path in paths.iter().filter(|path| path.starts_with(&own)) {
            keys.insert(loaded.key.clone());
            left.remove(path);
        }
    }
    left.is_empty().then_some(keys)
}
