//! Projects on disk, their cases, and the judging of rules on them.

pub mod case;
pub mod config;
pub mod run;
pub mod select;
pub mod verdict;
