//! Calls of functions.

use super::Planner;
use super::expression::{Planned, suggestion};
use super::place::is_grouping;
use crate::expr::{Node, Typed};
use crate::functions::{self, Binder};
use harness_query::esql::ast::{ArithmeticOp, Expr, ExprKind, Name, Text};
use harness_query::esql::names;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

impl Planner<'_> {
    pub(super) fn call(
        &mut self,
        name: &Name,
        args: &[Expr],
        star: bool,
        options: &[(Text, Expr)],
        span: Span,
    ) -> Planned {
        let lower = name.text.to_ascii_lowercase();
        if let Some(special) = self.special(&lower, args, options, span) {
            return special;
        }
        if super::AggregateKind::is_aggregate(&lower) {
            return match self.misplaced_aggregate(span) {
                Some(error) => Err(error),
                None => self.aggregate_call(&lower, args, span),
            };
        }
        if is_grouping(&lower) {
            self.check_grouping(span)?;
            self.place.grouping = Some(span);
        }
        let of_time = self.with_timestamp(&lower, args, span)?;
        let args = of_time.as_deref().unwrap_or(args);
        let runs = if lower == "tbucket" { "bucket" } else { lower.as_str() };
        let Some(function) = functions::by_name(runs) else {
            return Err(Self::unknown_function(&lower, name));
        };
        if star {
            let message = format!("[{}] does not take *", name.text);
            return Err(Self::error(span, message));
        }
        let args = self.typed_args(args);
        if is_grouping(&lower) {
            self.place.grouping = None;
        }
        let args = args?;
        let options = self.options(&lower, options, span)?;
        let mut binder = Binder { text: self.text, name: &name.text, span, args, options };
        let bound = (function.bind)(&mut binder)?;
        let node = Node::Call { kernel: bound.kernel, args: binder.args };
        Ok(Typed { node, ty: bound.ty, span })
    }

    /// The arguments of a function of `@timestamp`, with those that go without
    /// saying; `None` for any other function.
    pub(super) fn with_timestamp(
        &self,
        function: &str,
        args: &[Expr],
        span: Span,
    ) -> Result<Option<Vec<Expr>>, Diagnostic> {
        let timestamp = || Expr { kind: ExprKind::Column("@timestamp".to_owned()), span };
        Ok(match (function, args) {
            ("tbucket", [_] | [_, _, _]) | ("trange", [_, _]) => {
                Some(std::iter::once(timestamp()).chain(args.iter().cloned()).collect())
            }
            ("trange", [back]) => {
                let name = Name { text: "now".to_owned(), span };
                let (args, options) = (Vec::new(), Vec::new());
                let now = Expr {
                    kind: ExprKind::Call { name, args, star: false, options },
                    span: back.span,
                };
                let (left, right) = (Box::new(now.clone()), Box::new(back.clone()));
                let kind = ExprKind::Arithmetic { op: ArithmeticOp::Sub, left, right };
                Some(vec![timestamp(), Expr { kind, span: back.span }, now])
            }
            ("tbucket" | "trange", _) => {
                let message = format!("[{}]: wrong number of arguments", self.source(span));
                return Err(Self::error(span, message));
            }
            _ => None,
        })
    }

    pub(super) fn unknown_function(lower: &str, name: &Name) -> Diagnostic {
        if names::is_function(lower) {
            let message = format!("the function `{}`", lower.to_uppercase());
            return Diagnostic::unsupported("esql-unsupported", message, name.span)
                .with_help(why_not(lower));
        }
        let suggestion = suggestion(lower, names::FUNCTIONS.iter().copied(), "did you mean");
        Self::error(name.span, format!("Unknown function [{}]{suggestion}", name.text))
    }
}

/// Why a function that Elasticsearch has is not run.
fn why_not(function: &str) -> &'static str {
    match function {
        "categorize" => "its groups cannot be reproduced offline",
        "score" | "decay" => "scores depend on the statistics of a whole index",
        "registered_domain" => "it needs the public suffix list",
        "text_embedding" | "embedding" | "embed_text" | "knn" => "it needs a model",
        name if name.starts_with("v_") => "vectors are not held here",
        name if name.starts_with("st_") || name.starts_with("to_geo") => {
            "of shapes only points are held here"
        }
        name if name.ends_with("_over_time") => "it is one of time series",
        _ => "it is not run offline",
    }
}
