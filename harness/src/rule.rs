//! Detection rules in the Elastic TOML format.
