//! What needs recorded verdicts and production rules, which are no part of this repository.
//!
//! Its tests are ignored; `.ci/run` runs them where the folder is.

mod conformance;
mod esql_corpus;
mod esql_scenarios;
mod generated;
mod lint_fixes;
mod scenarios;

use std::path::{Path, PathBuf};

/// The folder that holds `part`: `HARNESS_SHARED`, or `../shared` beside the repository.
pub(crate) fn folder(part: &str) -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("HARNESS_SHARED").map_or(beside, PathBuf::from);
    let needed = folder.join(part);
    assert!(
        needed.is_dir(),
        "there is no folder {}; HARNESS_SHARED names its own",
        needed.display()
    );
    folder
}
