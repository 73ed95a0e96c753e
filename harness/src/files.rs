//! Files below a root: found by pattern, read with limits, never outside it.
//!
//! Rules and fixtures are untrusted: a link that leads out of the root, a file
//! that is too large or not UTF-8 is a [`Problem`], and is not read.

mod names;
mod text;

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub use names::{below, is_aside, shown};

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 64 << 20;

/// A diagnostic, the file that it is about and that file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path for people: it opens from the current folder.
    pub path: String,
    /// What is wrong; its span points into `text`.
    pub diagnostic: Diagnostic,
    /// The text; empty where the file could not be read or has no use for it.
    pub text: String,
}

impl Problem {
    /// A problem with a path as a whole.
    pub fn with_path(path: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { path: path.into(), diagnostic, text: String::new() }
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
pub fn find(root: &Path, patterns: &[&str], problems: &mut Vec<Problem>) -> Vec<Found> {
    // The paths found have no `.` parts, so the root must have none either.
    let clean: PathBuf = root.components().filter(|part| *part != Component::CurDir).collect();
    let root = clean.as_path();
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let Ok(real_root) = root.canonicalize() else { return Vec::new() };
    let mut found = Vec::new();
    for pattern in patterns {
        let pattern = format!("{}/{pattern}", glob::Pattern::escape(&root.to_string_lossy()));
        let Ok(paths) = glob::glob(&pattern) else { continue };
        for path in paths {
            match path {
                Ok(path) => found.extend(check(root, &real_root, path, problems)),
                Err(error) => problems
                    .push(unreadable(&relative(root, error.path()), &error.error().to_string())),
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn check(
    root: &Path,
    real_root: &Path,
    path: PathBuf,
    problems: &mut Vec<Problem>,
) -> Option<Found> {
    let name = relative(root, &path);
    match path.canonicalize() {
        Ok(real) if !real.starts_with(real_root) => {
            let message = "the link leads out of the root and is not followed";
            problems.push(Problem::with_path(
                name,
                Diagnostic::error("outside-root", message, Span::default()),
            ));
            None
        }
        Ok(real) => real.is_file().then_some(Found { relative: name, path }),
        Err(error) => {
            problems.push(unreadable(&name, &error.to_string()));
            None
        }
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).or_else(|_| path.strip_prefix(".")).unwrap_or(path);
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn unreadable(path: &str, reason: &str) -> Problem {
    let message = format!("cannot be read: {reason}");
    Problem::with_path(path, Diagnostic::error("unreadable", message, Span::default()))
}

/// Reads a UTF-8 file of at most [`MAX_FILE`] bytes, without its byte order mark.
///
/// # Errors
///
/// What keeps it from being read.
pub fn read(path: &Path) -> Result<String, Diagnostic> {
    let error = |code, message: String| Diagnostic::error(code, message, Span::default());
    let size =
        fs::metadata(path).map_err(|e| error("unreadable", format!("cannot be read: {e}")))?.len();
    if size > MAX_FILE {
        let message = format!("has {size} bytes, more than the limit of {MAX_FILE}");
        return Err(error("too-large", message));
    }
    let bytes = fs::read(path).map_err(|e| error("unreadable", format!("cannot be read: {e}")))?;
    text::decode(bytes)
}

/// Writes a file whole or not at all: beside it first, then renamed.
///
/// # Errors
///
/// As the file system's.
pub fn write_atomically(path: &Path, contents: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(name);
    let mut file = fs::File::create(&beside)?;
    let written = file.write_all(contents).and_then(|()| file.sync_all());
    written.and_then(|()| fs::rename(&beside, path)).inspect_err(|_| {
        // The original error is the one to report.
        drop(fs::remove_file(&beside));
    })
}
