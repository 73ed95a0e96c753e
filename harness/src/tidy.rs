//! Conventions of the repository that a test can hold.

use std::path::Path;

use crate::files::Problem;

/// What is out of order below `root`.
pub fn check(_root: &Path) -> Vec<Problem> {
    Vec::new()
}
