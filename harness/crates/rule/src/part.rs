//! The texts of a rule that errors and clauses point into.

/// Which text of a rule a span points into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// `rule.query`.
    #[default]
    Query,
    /// The n-th entry of `rule.filters`, from zero.
    Filter(usize),
    /// `rule.threat_query`.
    ThreatQuery,
    /// The n-th entry of `rule.threat_filters`, from zero.
    ThreatFilter(usize),
    /// The whole file.
    File,
}
