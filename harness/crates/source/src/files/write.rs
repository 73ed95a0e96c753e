//! Writing: whole or not at all, and never through a link out of a folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path};

/// How much of a file's name its part has, in bytes; file systems take 255.
const MAX_NAME: usize = 200;

/// Writes a file whole or not at all: beside it first, then renamed.
///
/// # Errors
///
/// As the file system's, with the path.
pub fn write_atomically(path: &Path, contents: &[u8]) -> io::Result<()> {
    let named = |error: io::Error| at(path, &error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(named)?;
    }
    let beside = path.with_file_name(part_name(path));
    let write = || {
        // What is there was left by another process of that number.
        drop(fs::remove_file(&beside));
        let mut file = File::options().write(true).create_new(true).open(&beside)?;
        // Whoever finds the part and can lock it knows that no one writes it.
        drop(file.lock());
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    // Another process may have swept the part away before it was locked.
    let again = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => write(),
        _ => Err(error),
    };
    write().or_else(again).map_err(|error| {
        // The original error is the one to report.
        drop(fs::remove_file(&beside));
        named(error)
    })
}

/// Writes what was asked for on the command line: into a device or pipe, else
/// to the file, that which a link leads to.
///
/// # Errors
///
/// As the file system's, with the path.
pub fn deliver(path: &Path, contents: &[u8]) -> io::Result<()> {
    let named = |error: io::Error| at(path, &error);
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => Err(at(path, &io::Error::other("is a folder, not a file"))),
        Ok(about) if !about.is_file() => {
            let mut open = File::options().write(true).open(path).map_err(named)?;
            match open.write_all(contents) {
                // Whoever reads the pipe may stop early.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                other => other.map_err(named),
            }
        }
        Ok(_) => {
            let real = path.canonicalize().map_err(named)?;
            sweep(real.parent().unwrap_or(Path::new(".")), real.file_name());
            write_atomically(&real, contents)
        }
        Err(_) if fs::symlink_metadata(path).is_ok() => {
            Err(at(path, &io::Error::other("is a link that leads nowhere")))
        }
        Err(_) => {
            sweep(path.parent().unwrap_or(Path::new(".")), path.file_name());
            write_atomically(path, contents)
        }
    }
}

/// Writes a file below a folder, whole or not at all; no folder on the way may
/// be a link.
///
/// # Errors
///
/// As the file system's, with the path; a link on the way.
pub fn write_below(root: &Path, relative: &str, contents: &[u8]) -> io::Result<()> {
    let mut path = root.to_path_buf();
    for part in Path::new(relative).components() {
        let Component::Normal(part) = part else {
            return Err(at(&path, &io::Error::other("is no place for a file")));
        };
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_symlink() => {
                return Err(at(&path, &io::Error::other("is a link and is not written through")));
            }
            Ok(_) | Err(_) => {}
        }
    }
    write_atomically(&path, contents)
}

/// Removes what interrupted writers left in a folder, of all files or of one.
pub fn sweep(folder: &Path, of: Option<&std::ffi::OsStr>) {
    let start = of.map(|name| stem(&name.to_string_lossy()));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_left = is_part(&name) && start.as_ref().is_none_or(|start| name.starts_with(start));
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_left && is_file && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Whether a name is that of a file that was being written.
fn is_part(name: &str) -> bool {
    let process = name.strip_suffix(".part").and_then(|name| name.rsplit_once('.'));
    process.is_some_and(|(_, id)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

fn part_name(path: &Path) -> OsString {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{}.{}.part", stem(&name), std::process::id()).into()
}

/// As much of a file's name as its part has.
fn stem(name: &str) -> String {
    let mut cut = name.len().min(MAX_NAME);
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    name[..cut].to_owned()
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    let shown = path.display().to_string().escape_debug().to_string();
    io::Error::new(error.kind(), format!("{shown}: {error}"))
}

#[cfg(test)]
mod tests;
