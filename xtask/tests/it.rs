//! The tests of the verbs as a person runs them, in one binary.

mod action;
mod bad_input;
mod explain;
#[cfg(unix)]
mod faults;
mod fixtures;
mod fuzz;
mod given_up;
mod help;
#[cfg(unix)]
mod hostile;
mod layouts;
mod regress;
mod regress_examples;
mod schema;
mod select;
mod serve;
mod support;
mod watch;
