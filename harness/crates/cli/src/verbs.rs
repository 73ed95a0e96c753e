//! One module a verb.

pub(crate) mod backtest;
pub(crate) mod coverage;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod mutants;
pub(crate) mod new;
pub(crate) mod regress;
pub(crate) mod report;
pub(crate) mod schema;
pub(crate) mod test;
mod watch;
