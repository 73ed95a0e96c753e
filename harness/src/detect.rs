//! Rule types over time: hit sets to alerts.

pub mod sample;
pub mod sequence;
