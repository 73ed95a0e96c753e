//! The material that tests on recorded verdicts and production rules need.

use std::path::{Path, PathBuf};

/// The folder that holds `part`: `HARNESS_SHARED`, or `../shared` beside the
/// repository. Says that the test is skipped where there is none.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn shared(part: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("HARNESS_SHARED").map_or(beside, PathBuf::from);
    let needed = folder.join(part);
    if needed.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no folder {}", needed.display());
    None
}
