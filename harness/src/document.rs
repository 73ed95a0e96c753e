//! Documents as the index sees them.
