//! Rule types over time: hit sets to alerts.
