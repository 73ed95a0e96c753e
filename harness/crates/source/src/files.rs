//! Files below a root: found by pattern, read with limits, never outside it.
//!
//! Rules and fixtures are untrusted: a link that leads out of the root, a device,
//! a file that is too large or not UTF-8 is a [`Problem`], and is not read.

pub mod table;
mod write;

mod names;
mod pack;
mod size;
mod text;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use glob::{MatchOptions, Pattern};

use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::span::Span;

pub use names::{below, is_aside, shown};
pub use pack::unpacked;
pub use size::max_file;
pub use text::decode;
pub use write::{deliver, sweep, write_atomically, write_below};

/// How deep folders may nest.
const MAX_DEPTH: usize = limits::FOLDER_DEPTH.most;

/// How many findings about one file are told.
const MAX_FINDINGS: usize = limits::FINDINGS.most;

/// A diagnostic, the file that it is about and that file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path for people: it opens from the current folder.
    pub path: String,
    /// What is wrong; its span points into `text`.
    pub diagnostic: Diagnostic,
    /// The text, shared by all problems of the file; empty where the file could
    /// not be read or has no use for it.
    pub text: Arc<str>,
}

impl Problem {
    /// A problem with a path as a whole.
    pub fn with_path(path: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { path: path.into(), diagnostic, text: Arc::default() }
    }

    /// What is wrong with one file: the first findings, and how many there are more.
    pub fn of_file(path: &str, text: &Arc<str>, found: Vec<Diagnostic>) -> Vec<Self> {
        let left = found.get(MAX_FINDINGS..).unwrap_or_default();
        let (more, worst) = (left.len(), left.iter().map(|found| found.severity).max());
        let locate =
            |diagnostic| Self { path: path.to_owned(), diagnostic, text: Arc::clone(text) };
        let mut problems: Vec<Self> = found.into_iter().take(MAX_FINDINGS).map(locate).collect();
        if more > 0 {
            let message = format!("{more} more findings of this file are not shown");
            let told = Diagnostic::error("too-many", message, Span::default());
            let severity = worst.unwrap_or(told.severity);
            problems.push(Self::with_path(path, Diagnostic { severity, ..told }));
        }
        problems
    }
}

/// A file below a root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Relative to the root, with `/`.
    pub relative: String,
    /// For opening it.
    pub path: PathBuf,
}

/// Finds the files below `root` that match one of the glob `patterns`
/// (relative to it), in order of their relative paths. A root that does not
/// exist has no files.
///
/// Links to folders are not followed, and what cannot be read as a file is a
/// problem: links that lead out of the root, devices, names that are not UTF-8.
pub fn find(root: &Path, patterns: &[&str], problems: &mut Vec<Problem>) -> Vec<Found> {
    let real_root = match root.canonicalize() {
        Ok(real) => real,
        Err(_) if fs::symlink_metadata(root).is_err_and(|error| is_absent(&error)) => {
            return Vec::new();
        }
        Err(error) => {
            problems.push(unreadable(".", &error.to_string()));
            return Vec::new();
        }
    };
    let patterns: Vec<Wanted> =
        patterns.iter().filter_map(|pattern| Wanted::new(pattern)).collect();
    let mut found = Vec::new();
    let mut folders = vec![(root.to_path_buf(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        let entries = match read_sorted(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                let path = if prefix.is_empty() { "." } else { prefix.trim_end_matches('/') };
                problems.push(unreadable(path, &error.to_string()));
                continue;
            }
        };
        for path in entries {
            let name = path.file_name().unwrap_or_default();
            let relative = format!("{prefix}{}", name.to_string_lossy());
            let is_file = patterns.iter().any(|wanted| wanted.file.matches_with(&relative, MATCH));
            let is_folder = patterns.iter().any(|wanted| wanted.may_lie_below(&relative));
            let kind = Kind::of(&path, &real_root);
            let reason = match kind {
                Ok(Kind::File) if !is_file => continue,
                Ok(Kind::Folder | Kind::LinkToFolder) if !is_folder => continue,
                Ok(Kind::Outside | Kind::Special) | Err(_) if !is_file && !is_folder => continue,
                Ok(Kind::File | Kind::Folder) if name.to_str().is_none() => refused(
                    "not-utf-8",
                    "the name is not UTF-8",
                    "give it a name of UTF-8, so that it can be named and read",
                ),
                Ok(Kind::File) => {
                    found.push(Found { relative, path });
                    continue;
                }
                Ok(Kind::Folder) if patterns.iter().any(|wanted| wanted.names(&relative)) => {
                    refused("not-a-file", "is a folder, not a file", "rename or remove it")
                }
                Ok(Kind::Folder) if depth < MAX_DEPTH => {
                    folders.push((path, format!("{relative}/"), depth + 1));
                    continue;
                }
                Ok(Kind::Folder) => {
                    let message = format!("folders are nested deeper than {MAX_DEPTH}");
                    Diagnostic::error("too-deep", message, Span::default())
                }
                Ok(Kind::LinkToFolder) => refused(
                    "link",
                    "the link to a folder is not followed",
                    "put the files themselves here",
                ),
                Ok(Kind::Outside) => refused(
                    "outside-root",
                    "the link leads out of the root and is not followed",
                    "put the file itself here",
                ),
                Ok(Kind::Special) => not_regular(),
                Err(error) => {
                    problems.push(unreadable(&relative, &error.to_string()));
                    continue;
                }
            };
            problems.push(Problem::with_path(relative, reason));
        }
    }
    found.sort();
    found
}

/// How paths match patterns.
const MATCH: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// A pattern of files that are looked for.
struct Wanted {
    file: Pattern,
    /// The patterns of the folders that lead to it; `None` is any number of them.
    folders: Vec<Option<Pattern>>,
    /// Whether it says anything about the names of the files.
    named: bool,
}

impl Wanted {
    fn new(pattern: &str) -> Option<Self> {
        let mut parts: Vec<&str> = pattern.split('/').collect();
        let name = parts.pop()?;
        let folder = |part: &&str| match *part {
            "**" => Some(None),
            part => Some(Some(Pattern::new(part).ok()?)),
        };
        let folders = parts.iter().map(folder).collect::<Option<_>>()?;
        Some(Self { file: Pattern::new(pattern).ok()?, folders, named: name != "*" })
    }

    /// Whether files that are looked for may lie below a folder.
    fn may_lie_below(&self, folder: &str) -> bool {
        let mut wanted = self.folders.iter();
        folder.split('/').all(|part| match wanted.next() {
            Some(Some(pattern)) => pattern.matches_with(part, MATCH),
            Some(None) => {
                // Whatever follows.
                wanted = [].iter();
                true
            }
            None => self.folders.iter().any(Option::is_none),
        })
    }

    /// Whether a path has a name that is stated for files.
    fn names(&self, path: &str) -> bool {
        self.named && self.file.matches_with(path, MATCH)
    }
}

/// What lies at a path.
enum Kind {
    /// A regular file, or a link to one inside the root.
    File,
    Folder,
    LinkToFolder,
    /// A link that leads out of the root.
    Outside,
    /// A device, a pipe, a socket.
    Special,
}

impl Kind {
    fn of(path: &Path, real_root: &Path) -> io::Result<Self> {
        let mut about = fs::symlink_metadata(path)?;
        let is_link = about.is_symlink();
        if is_link {
            if !path.canonicalize()?.starts_with(real_root) {
                return Ok(Self::Outside);
            }
            about = fs::metadata(path)?;
        }
        Ok(match (about.is_dir(), about.is_file()) {
            (true, _) if is_link => Self::LinkToFolder,
            (true, _) => Self::Folder,
            (false, true) => Self::File,
            (false, false) => Self::Special,
        })
    }
}

fn read_sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn refused(code: &'static str, message: &str, help: &str) -> Diagnostic {
    Diagnostic::error(code, message, Span::default()).with_help(help)
}

fn not_regular() -> Diagnostic {
    refused(
        "not-a-file",
        "is not a regular file",
        "put a file here; devices and pipes are not read",
    )
}

fn unreadable(path: &str, reason: &str) -> Problem {
    let message = format!("cannot be read: {reason}");
    Problem::with_path(path, Diagnostic::error("unreadable", message, Span::default()))
}

/// Whether `path` is there; a link that leads out of `root`, or nowhere, is an error.
///
/// # Errors
///
/// Why what is there must not be read.
pub fn exists_below(root: &Path, path: &Path) -> Result<bool, Diagnostic> {
    let error = |error: &io::Error| {
        Diagnostic::error("unreadable", format!("cannot be read: {error}"), Span::default())
    };
    match fs::symlink_metadata(path) {
        Err(absent) if is_absent(&absent) => return Ok(false),
        Err(other) => return Err(error(&other)),
        Ok(_) => {}
    }
    let real = path.canonicalize().map_err(|found| error(&found))?;
    let real_root = root.canonicalize().map_err(|found| error(&found))?;
    if real.starts_with(real_root) {
        return Ok(true);
    }
    Err(refused(
        "outside-root",
        "the link leads out of the root and is not followed",
        "put the file or folder itself here, or name its place on the command line",
    ))
}

/// Reads a text file of at most [`max_file`] bytes, as [`decode`] does.
///
/// # Errors
///
/// What keeps it from being read.
pub fn read(path: &Path) -> Result<String, Diagnostic> {
    let error = |code, message: String| Diagnostic::error(code, message, Span::default());
    let unreadable = |found: io::Error| error("unreadable", format!("cannot be read: {found}"));
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(not_regular());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(max_file() + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > max_file() {
        return Err(size::too_large());
    }
    text::decode(bytes)
}
