//! ES|QL pipelines.
