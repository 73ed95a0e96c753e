//! From Elasticsearch mapping JSON.
