//! The files of a git revision in a folder of their own; the work tree and the index of
//! the person stay as they are.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, io, process};

use crate::git::git;

/// A folder that is gone when this is dropped.
pub(crate) struct Checkout {
    folder: PathBuf,
    /// The work tree that it is a revision of.
    top: PathBuf,
}

impl Drop for Checkout {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

impl Checkout {
    /// Writes the files of a revision of the repository around a folder.
    ///
    /// # Errors
    ///
    /// Folders outside of git, names that are no revision, and a full disk.
    pub(crate) fn new(around: &Path, revision: &str) -> io::Result<Self> {
        let top = PathBuf::from(line(around, &["rev-parse", "--show-toplevel"], None)?);
        let tree = format!("{revision}^{{tree}}");
        let tree = line(around, &["rev-parse", "--verify", "--end-of-options", &tree], None)
            .map_err(|_| io::Error::other(format!("git knows no revision {revision}")))?;
        let folder = fresh()?;
        let checkout = Self { folder, top };
        let index = checkout.folder.join("index");
        git(&checkout.top, &["read-tree", &tree], Some(&index))?;
        let files = checkout.files();
        fs::create_dir(&files)?;
        let prefix = format!("--prefix={}/", files.display());
        git(&checkout.top, &["checkout-index", "--all", &prefix], Some(&index))?;
        Ok(checkout)
    }

    fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Where a path of the work tree is in this revision; a path elsewhere is itself.
    pub(crate) fn place(&self, path: &Path) -> PathBuf {
        let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
        let top = self.top.canonicalize().unwrap_or_else(|_| self.top.clone());
        let inside = whole.ok().and_then(|whole| Some(whole.strip_prefix(top).ok()?.to_path_buf()));
        inside.map_or_else(|| path.to_path_buf(), |inside| self.files().join(inside))
    }
}

/// A folder that nobody else has.
fn fresh() -> io::Result<PathBuf> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("harness-{}-{number}", process::id()));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| folder),
        }
    }
}

/// The first line that git prints.
fn line(folder: &Path, arguments: &[&str], index: Option<&Path>) -> io::Result<String> {
    let text = git(folder, arguments, index)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
