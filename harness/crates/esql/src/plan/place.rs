//! Where a function may stand: full-text functions in conditions, grouping
//! functions behind `BY`, aggregates in front of it.

use super::Planner;
pub(super) use super::context::{GroupingKey, Part, Place};
use crate::expr::{Node, Typed};
use harness_query::esql::ast::{Expr, ExprKind};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// Whether a function makes groups.
pub(super) fn is_grouping(name: &str) -> bool {
    ["bin", "bucket", "categorize", "tbucket"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The name of the grouping function that an expression calls.
pub(super) fn grouping_call(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Call { name, .. } if is_grouping(&name.text) => Some(&name.text),
        _ => None,
    }
}

impl Planner<'_> {
    /// Plans something that stands in a part of a command.
    pub(super) fn within<T>(&mut self, part: Part, plan: impl FnOnce(&mut Self) -> T) -> T {
        let logical = matches!(part, Part::Condition | Part::Filter(_));
        let place = Place { part, logical, grouping: None };
        let outer = std::mem::replace(&mut self.place, place);
        let planned = plan(self);
        self.place = outer;
        planned
    }

    /// The key that an expression repeats.
    pub(super) fn repeated_key(&self, expr: &Expr) -> Option<Typed> {
        grouping_call(expr)?;
        let text = expr.to_string();
        let key = self.groupings.iter().find(|key| key.text.eq_ignore_ascii_case(&text))?;
        let entry = match self.place.part {
            Part::Group => &key.group,
            Part::Argument(_) | Part::Filter(_) => &key.row,
            Part::Value | Part::Condition | Part::Key => return None,
        };
        let node = Node::Column { register: entry.register, constant: None };
        Some(Typed { node, ty: entry.ty, span: expr.span })
    }

    /// Whether a grouping function may stand here.
    pub(super) fn check_grouping(&self, span: Span) -> Result<(), Diagnostic> {
        let call = self.source(span);
        let message = match (self.place.part, self.place.grouping) {
            (Part::Key, None) => return Ok(()),
            (Part::Key, Some(outer)) => format!(
                "cannot nest grouping functions; found [{call}] inside [{}]",
                self.source(outer)
            ),
            (Part::Group | Part::Argument(_) | Part::Filter(_), _) => {
                format!("can only use grouping function [{call}] as part of the BY clause")
            }
            (Part::Value | Part::Condition, _) => {
                format!("cannot use grouping function [{call}] outside of a STATS command")
            }
        };
        Err(Self::error(span, message))
    }

    /// Whether the condition of `WHERE` is at hand.
    pub(super) fn in_condition(&self) -> bool {
        self.place.part == Part::Condition
    }

    /// Why an aggregate may not stand here; `None` where it may.
    pub(super) fn misplaced_aggregate(&self, span: Span) -> Option<Diagnostic> {
        let call = self.source(span);
        let message = match self.place.part {
            Part::Group => return None,
            Part::Key => format!("cannot use an aggregate [{call}] for grouping"),
            Part::Argument(outer) => format!(
                "nested aggregations [{call}] not allowed inside other aggregations [{}]",
                self.source(outer)
            ),
            Part::Filter(outer) => format!(
                "cannot use aggregate function [{call}] in aggregate WHERE clause [{}]",
                self.source(outer)
            ),
            Part::Value | Part::Condition => {
                format!("aggregate function [{call}] not allowed outside STATS command")
            }
        };
        Some(Self::error(span, message))
    }

    /// Whether a full-text function may stand here.
    pub(super) fn check_search_place(&self, what: &str, span: Span) -> Result<(), Diagnostic> {
        let message = match self.place.part {
            Part::Condition | Part::Filter(_) if self.place.logical => return Ok(()),
            Part::Condition | Part::Filter(_) => format!(
                "invalid condition [{}]: {what} can only be combined by AND, OR and NOT",
                self.source(span)
            ),
            Part::Value | Part::Key | Part::Group | Part::Argument(_) => {
                format!("{what} is only supported in WHERE and STATS commands")
            }
        };
        Err(Self::error(span, message))
    }
}
