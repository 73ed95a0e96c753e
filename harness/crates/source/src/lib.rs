//! What every file of a project is read with: places in texts, findings, files and
//! folders, limits, suggestions.

pub mod codes;
pub mod diagnostic;
pub mod effort;
pub mod files;
pub mod keys;
pub mod likeness;
pub mod limits;
#[cfg(test)]
mod page;
pub mod progress;
pub mod span;
