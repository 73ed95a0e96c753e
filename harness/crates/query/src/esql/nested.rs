//! Queries inside a query: where they stand, and what they read.

use super::ast::{Command, CommandKind, Expr, ExprKind, Name, Query, Source};
use harness_source::span::Span;

impl Query {
    /// Its place, settings excluded.
    pub fn span(&self) -> Span {
        let start = self.source.span();
        self.commands.last().map_or(start, |last| start.to(last.span))
    }

    /// The index patterns that it reads, those of queries inside it as well.
    pub fn indices(&self) -> Vec<&Name> {
        let mut found = Vec::new();
        self.add_indices(&mut found);
        found
    }

    fn add_indices<'a>(&'a self, found: &mut Vec<&'a Name>) {
        match &self.source {
            Source::From { indices, subqueries, .. } => {
                found.extend(indices);
                subqueries.iter().for_each(|query| query.add_indices(found));
            }
            Source::Row { .. } | Source::Other { .. } => {}
        }
        self.commands.iter().for_each(|command| command.add_indices(found));
    }

    /// Whether queries or branches stand in it.
    pub fn is_nested(&self) -> bool {
        let beside = match &self.source {
            Source::From { subqueries, .. } => !subqueries.is_empty(),
            Source::Row { .. } | Source::Other { .. } => false,
        };
        beside
            || self.commands.iter().any(|command| match &command.kind {
                CommandKind::Where(condition) => condition.has_query(),
                CommandKind::Fork(_) => true,
                _ => false,
            })
    }
}

impl Command {
    fn add_indices<'a>(&'a self, found: &mut Vec<&'a Name>) {
        match &self.kind {
            CommandKind::Where(condition) => {
                condition.queries().into_iter().for_each(|query| query.add_indices(found));
            }
            CommandKind::Fork(branches) => {
                branches.iter().flatten().for_each(|command| command.add_indices(found));
            }
            _ => {}
        }
    }
}

impl Expr {
    /// The queries in a condition.
    pub fn queries(&self) -> Vec<&Query> {
        match &self.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().flat_map(Self::queries).collect()
            }
            ExprKind::Not(inner) => inner.queries(),
            ExprKind::InQuery { query, .. } => vec![query],
            _ => Vec::new(),
        }
    }

    /// Whether a query stands in a condition.
    pub fn has_query(&self) -> bool {
        !self.queries().is_empty()
    }
}
