//! Where rules lie.

use std::path::PathBuf;

/// Endings of files that may hold rules; what they hold is told by their content.
const ENDINGS: [&str; 6] = ["toml", "json", "ndjson", "jsonl", "yaml", "yml"];

/// A folder of rules, or a file of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// What the paths of its rules begin with: empty, or with `/` at the end.
    pub prefix: String,
    /// Folders below it that hold other things.
    pub without: Vec<PathBuf>,
    /// Whether nobody says that there are rules in it.
    pub is_guess: bool,
}

impl Folder {
    /// A folder whose rules are named by their paths below it.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }
}

/// Whether files of an ending may hold rules.
pub(super) fn is_ending(ending: &str) -> bool {
    ENDINGS.iter().any(|own| own.eq_ignore_ascii_case(ending))
}
