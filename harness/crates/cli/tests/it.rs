//! The binary `harness`, in one binary of tests.

mod binary;
mod layouts;
