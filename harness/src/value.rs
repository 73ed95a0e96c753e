//! Scalars as Elasticsearch reads them: numbers, booleans, addresses, dates.
