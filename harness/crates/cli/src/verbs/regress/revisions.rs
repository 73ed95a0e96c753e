//! What the arguments compare.

use std::io;
use std::path::Path;

use crate::args::{Folders, RegressArgs};
use crate::git::git;
use crate::revision::Checkout;

/// Two sets of folders; those of revisions are there as long as this is.
pub(super) struct Compared {
    pub(super) base: Folders,
    pub(super) head: Folders,
    /// What is compared, in words.
    pub(super) title: String,
    /// Removes its folders when it is dropped.
    _checkouts: Vec<Checkout>,
}

/// Where a work tree has mostly come from.
const MAIN: [&str; 5] = ["origin/HEAD", "origin/main", "main", "origin/master", "master"];

/// What the arguments compare.
///
/// # Errors
///
/// Names that are no revision and no file.
pub(super) fn compared(args: &RegressArgs) -> io::Result<Compared> {
    let folders = &args.run.folders;
    match (&args.against, args.revisions.as_slice()) {
        (Some(branch), _) => since(folders, branch),
        (None, [one]) if one.contains("..") && !Path::new(one).exists() => {
            let (base, head) = one.split_once("..").unwrap_or((one, ""));
            let head = if head.is_empty() { "HEAD" } else { head.trim_start_matches('.') };
            let old = Checkout::new(&folders.root(), base).map_err(unusable)?;
            let new = Checkout::new(&folders.root(), head).map_err(unusable)?;
            Ok(Compared {
                base: elsewhere(folders, &old),
                head: elsewhere(folders, &new),
                title: format!("{base}..{head}"),
                _checkouts: vec![old, new],
            })
        }
        (None, [one]) if Path::new(one).exists() => {
            Ok(Compared::plain(at(folders, one), folders.clone(), format!("since {one}")))
        }
        (None, [one]) => with_work_tree(folders, one, format!("since {one}")),
        (None, [base, head, ..]) => {
            for path in [base, head] {
                if !Path::new(path).exists() {
                    return Err(unusable(format!("{path} does not exist")));
                }
            }
            let title = format!("{base}, {head}");
            Ok(Compared::plain(at(folders, base), at(folders, head), title))
        }
        (None, []) => match MAIN.into_iter().find(|name| commit(folders, name).is_some()) {
            Some(name) => since(folders, name),
            None => Err(unusable(
                "there is no main branch to compare with: name a revision, a folder or a file",
            )),
        },
    }
}

/// An error of the arguments.
fn unusable(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

impl Compared {
    fn plain(base: Folders, head: Folders, title: String) -> Self {
        Self { base, head, title, _checkouts: Vec::new() }
    }
}

/// The work tree and the revision where it left a branch; the branch itself where that is
/// not known, as in a clone without history.
fn since(folders: &Folders, branch: &str) -> io::Result<Compared> {
    let left = ["merge-base", "--end-of-options", branch, "HEAD"];
    let base = git(&folders.root(), &left, None).ok();
    let base = base.and_then(|text| text.lines().next().map(str::to_owned));
    with_work_tree(folders, base.as_deref().unwrap_or(branch), format!("since {branch}"))
}

fn with_work_tree(folders: &Folders, revision: &str, title: String) -> io::Result<Compared> {
    let checkout = Checkout::new(&folders.root(), revision).map_err(unusable)?;
    let base = elsewhere(folders, &checkout);
    Ok(Compared { base, head: folders.clone(), title, _checkouts: vec![checkout] })
}

/// The commit that a name stands for.
fn commit(folders: &Folders, name: &str) -> Option<String> {
    let name = format!("{name}^{{commit}}");
    git(&folders.root(), &["rev-parse", "--quiet", "--verify", "--end-of-options", &name], None)
        .ok()
}

/// The same folders in a revision.
fn elsewhere(folders: &Folders, checkout: &Checkout) -> Folders {
    Folders {
        root: Some(checkout.place(&folders.root())),
        config: folders.config.as_deref().map(|path| checkout.place(path)),
        rules: folders.rules.iter().map(|path| checkout.place(path)).collect(),
        cases: folders.cases.as_deref().map(|path| checkout.place(path)),
        snapshots: None,
    }
}

/// A project with its own rules, or the rules of a folder or file alone.
fn at(folders: &Folders, path: &str) -> Folders {
    let path = Path::new(path);
    let is_project = path.join("harness.toml").is_file() || path.join("rules").is_dir();
    if is_project {
        let root = Some(path.to_path_buf());
        return Folders { root, config: None, rules: Vec::new(), ..folders.clone() };
    }
    Folders { rules: vec![path.to_path_buf()], ..folders.clone() }
}
