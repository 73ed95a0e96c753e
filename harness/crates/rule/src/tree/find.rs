//! The files below a folder that may hold rules.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::folder::{Folder, is_ending};
use crate::kind::{self, Foreign};
use harness_source::diagnostic::Diagnostic;
use harness_source::files;
use harness_source::limits;
use harness_source::span::Span;

/// Files larger than this are refused.
pub(super) const MAX_BYTES: u64 = limits::RULE_BYTES.most as u64;

/// Folders deeper than this are refused.
const MAX_DEPTH: usize = limits::FOLDER_DEPTH.most;

/// A file to read, or why it is not read.
pub(super) struct Found {
    /// Below the root, behind its prefix.
    pub(super) path: String,
    /// As it opens from the current folder; `None` for the root itself.
    pub(super) file: Option<String>,
    pub(super) outcome: Result<PathBuf, Diagnostic>,
}

/// All files that look like rules, and all places that could not be searched.
pub(super) fn find(folder: &Folder) -> Vec<Found> {
    let Folder { path: root, prefix, without, is_guess: _ } = folder;
    let shown = files::shown(root);
    let root_real = root.canonicalize().ok();
    if root.is_file() {
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        let path = format!("{prefix}{name}");
        return vec![Found { path, file: Some(shown), outcome: Ok(root.clone()) }];
    }
    let mut found = Vec::new();
    let mut folders = vec![(root.clone(), String::new(), 0)];
    while let Some((folder, below, depth)) = folders.pop() {
        let entries = match read_sorted(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                let file =
                    (!below.is_empty()).then(|| files::below(&shown, below.trim_end_matches('/')));
                let path = if below.is_empty() { "." } else { below.trim_end_matches('/') };
                let path = format!("{prefix}{path}");
                found.push(Found { path, file, outcome: Err(unreadable(&error)) });
                continue;
            }
        };
        for entry in entries {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let path = format!("{below}{name}");
            let is_rule = is_wanted(&name);
            let outcome = match fs::symlink_metadata(&entry) {
                Ok(about) if about.is_symlink() => {
                    let real = entry.canonicalize();
                    let leads_to_folder = real.as_ref().is_ok_and(|real| real.is_dir());
                    if !is_rule && (name.starts_with('.') || !leads_to_folder) {
                        continue;
                    }
                    Err(link(real, root_real.as_deref().unwrap_or(root)))
                }
                Ok(about) if about.is_dir() => {
                    if name.starts_with('.') || without.contains(&entry) {
                        continue;
                    }
                    if depth < MAX_DEPTH {
                        folders.push((entry, format!("{path}/"), depth + 1));
                        continue;
                    }
                    Err(refused("rule-io", format!("folders are nested deeper than {MAX_DEPTH}")))
                }
                _ if !is_rule => continue,
                Ok(about) if !about.is_file() => {
                    Err(refused("rule-io", "not a regular file".to_owned()))
                }
                Ok(_) => Ok(entry),
                Err(error) => Err(unreadable(&error)),
            };
            let file = Some(files::below(&shown, &path));
            found.push(Found { path: format!("{prefix}{path}"), file, outcome });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Whether a file may hold rules, or rules of something else, by its name.
fn is_wanted(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let known = is_ending(ending) || ending == "tf" || foreign(name).is_some();
    known && !name.starts_with('.') && !matches!(name, "_config.yaml" | "_config.yml")
}

/// Whether a file configures Terraform.
pub(super) fn is_terraform(path: &str) -> bool {
    path.strip_suffix(".json").unwrap_or(path).rsplit('.').next() == Some("tf")
}

/// What rules a file has by its name alone.
pub(super) fn foreign(path: &str) -> Option<&'static Foreign> {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "yar" | "yara" | "yaral" => Some(&kind::YARA),
        "rules" => Some(&kind::SNORT),
        _ => None,
    }
}

fn read_sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

fn refused(code: &'static str, message: String) -> Diagnostic {
    Diagnostic::error(code, message, Span::default())
}

fn unreadable(error: &io::Error) -> Diagnostic {
    refused("rule-io", format!("cannot be read: {error}"))
}

/// The finding about a symbolic link; what it leads to inside the root is read there anyway.
fn link(real: io::Result<PathBuf>, root: &Path) -> Diagnostic {
    match real {
        Ok(real) if real.starts_with(root) => {
            let message = "symbolic links are not followed";
            Diagnostic::warning("rule-link", message, Span::default())
        }
        Ok(_) => refused("rule-link", "symbolic link that leads out of the folder".to_owned()),
        Err(error) => refused("rule-link", format!("symbolic link that leads nowhere: {error}")),
    }
}

pub(super) fn read_limited(file: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("larger than {} MiB", MAX_BYTES >> 20);
        return Err(refused("rule-too-large", message));
    }
    Ok(bytes)
}
