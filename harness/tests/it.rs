//! The tests over several crates, in one binary: each binary links the engine anew.
//!
//! What needs more than this repository is in [`node`] and [`shared`], and ignored.

mod backtest_files;
mod cluster_faults;
mod engine;
mod exceptions;
mod explain;
mod facade;
mod new;
mod node;
mod order;
mod pipelines;
mod reports;
mod shared;
mod support;
mod time;
mod unknown_fields;
