//! Exit codes.

use std::process::ExitCode;

/// What the exit code of a verb means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything held.
    Ok = 0,
    /// The runner itself failed. (Wrong usage is 2, from the argument parser.)
    Internal = 1,
    /// The arguments or the configuration cannot be used.
    Usage = 2,
    /// Cases, rules or conformance cases failed.
    Failed = 3,
    /// Nothing ran or was judged.
    NothingRan = 4,
    /// Rules do not pass a gate.
    Gate = 5,
    /// A cluster did not answer, or not as one that we know.
    Cluster = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
