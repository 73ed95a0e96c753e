//! Functions that need more than their arguments.

use std::sync::Arc;

use super::Planner;
use super::expression::Planned;
use crate::expr::{Node, Typed};
use crate::fold::fold_value;
use crate::functions::{Binder, argument_error};
use crate::search::{Search, SearchQuery};
use crate::types::Type;
use crate::value::Value;
use harness_query::esql::ast::{Expr, ExprKind, Name, Text};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// Whether the index answers a function of this name.
pub(super) fn is_search(name: &str) -> bool {
    let known = ["kql", "match", "match_phrase", "multi_match", "qstr"];
    known.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a function counts otherwise in a condition than as a value.
pub(super) fn is_condition(name: &str) -> bool {
    is_search(name)
        || ["is_null", "is_not_null"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

impl Planner<'_> {
    /// The call of a special function; `None` for any other name.
    pub(super) fn special(
        &mut self,
        name: &str,
        args: &[Expr],
        options: &[(Text, Expr)],
        span: Span,
    ) -> Option<Planned> {
        Some(match name {
            "case" => self.case(args, span),
            "coalesce" => self.coalesce(args, span),
            "now" => Ok(Typed { node: Node::Now, ty: Type::Date, span }),
            "is_null" | "is_not_null" if self.place.logical => {
                self.null_test(args, name == "is_not_null", span)
            }
            name if is_search(name) => self.search(name, args, options, span),
            _ => return None,
        })
    }

    /// The tests for null of the first versions, which later ones have as
    /// operators alone; conditions of old rules use them.
    fn null_test(&mut self, args: &[Expr], negated: bool, span: Span) -> Planned {
        let [value] = args else {
            let message = format!("[{}] expects exactly one argument", self.source(span));
            return Err(Self::error(span, message));
        };
        let value = Box::new(self.expr(value)?);
        Ok(Self::boolean_node(Node::IsNull { value, negated }, span))
    }

    /// The arguments of a call; an error when one of them has one.
    pub(super) fn typed_args(&mut self, args: &[Expr]) -> Result<Vec<Typed>, Diagnostic> {
        let before = self.errors.len();
        let typed: Vec<_> = args.iter().map(|arg| self.expr_or_null(arg)).collect();
        // One error is told, and not what follows from it.
        if self.errors.len() > before
            && let Some(last) = self.errors.pop()
        {
            return Err(last);
        }
        Ok(typed)
    }

    /// The type that some arguments share; those of another number type are cast.
    fn shared(
        &self,
        name: &str,
        mut args: Vec<Typed>,
        indices: &[usize],
        span: Span,
    ) -> Result<(Type, Vec<Typed>), Diagnostic> {
        let binder = Binder { text: self.text, name, span, args, options: Vec::new() };
        let ty = binder.common_type(indices.iter().copied())?;
        args = binder.args;
        for index in indices {
            let arg = &args[*index];
            if arg.ty != ty && arg.ty.is_numeric() {
                let span = arg.span;
                let node = Node::Convert(Box::new(arg.clone()));
                args[*index] = Typed { node, ty, span };
            }
        }
        Ok((ty, args))
    }

    fn case(&mut self, args: &[Expr], span: Span) -> Planned {
        let args = self.typed_args(args)?;
        let count = args.len();
        if count < 2 {
            let message = format!("[{}] expects at least 2 arguments", self.source(span));
            return Err(Self::error(span, message));
        }
        let pairs = count / 2;
        for pair in 0..pairs {
            let condition = &args[pair * 2];
            if !matches!(condition.ty, Type::Boolean | Type::Null) {
                return Err(argument_error(self.text, span, count, pair * 2, "boolean", condition));
            }
        }
        let mut values: Vec<_> = (0..pairs).map(|pair| pair * 2 + 1).collect();
        if count % 2 == 1 {
            values.push(count - 1);
        }
        let (ty, mut args) = self.shared("case", args, &values, span)?;
        let otherwise = if count % 2 == 1 { args.pop().map(Box::new) } else { None };
        let mut branches = Vec::with_capacity(pairs);
        let mut args = args.into_iter();
        while let (Some(condition), Some(value)) = (args.next(), args.next()) {
            branches.push((condition, value));
        }
        Ok(Typed { node: Node::Case { branches, otherwise }, ty, span })
    }

    fn coalesce(&mut self, args: &[Expr], span: Span) -> Planned {
        let args = self.typed_args(args)?;
        if args.is_empty() {
            let message = format!("[{}] expects at least one argument", self.source(span));
            return Err(Self::error(span, message));
        }
        let indices: Vec<_> = (0..args.len()).collect();
        let (ty, args) = self.shared("coalesce", args, &indices, span)?;
        Ok(Typed { node: Node::Coalesce(args), ty, span })
    }

    /// `field : query`.
    pub(super) fn match_operator(&mut self, field: &Name, query: &Expr, span: Span) -> Planned {
        self.check_search_place("[:] operator", span)?;
        self.check_searchable("[:] operator", true, span)?;
        let (field, ty) = self.search_field(&field.text, field.span)?;
        let value = self.search_value(query, span)?;
        self.check_query(ty, query, span)?;
        Ok(Self::search_node(SearchQuery::Match { field, value }, Vec::new(), span))
    }

    fn search(
        &mut self,
        name: &str,
        args: &[Expr],
        options: &[(Text, Expr)],
        span: Span,
    ) -> Planned {
        let what = format!("[{}] function", name.to_uppercase());
        self.check_search_place(&what, span)?;
        self.check_searchable(&what, !matches!(name, "kql" | "qstr"), span)?;
        self.place.logical = false;
        let options = self.options(name, options, span)?;
        let query = match (name, args) {
            ("kql", [query]) => SearchQuery::Kql(self.search_text(query, span)?),
            ("qstr", [query]) => SearchQuery::QueryString(self.search_text(query, span)?),
            ("match", [field, value]) => {
                let (field, ty) = self.searched(field, span)?;
                let searched = self.search_value(value, span)?;
                self.check_query(ty, value, span)?;
                SearchQuery::Match { field, value: searched }
            }
            ("match_phrase", [field, phrase]) => {
                let place = field.span;
                let (field, ty) = self.searched(field, span)?;
                if !(ty.is_string() || ty == Type::Null) {
                    let message = format!(
                        "first argument of [{}] must be [string], found value [{}] type [{ty}]",
                        self.source(span),
                        self.source(place)
                    );
                    return Err(Self::error(place, message));
                }
                SearchQuery::MatchPhrase { field, phrase: self.search_text(phrase, span)? }
            }
            ("multi_match", [value, fields @ ..]) if !fields.is_empty() => {
                let searched = self.search_value(value, span)?;
                let mut names = Vec::with_capacity(fields.len());
                for field in fields {
                    let (name, ty) = self.searched(field, span)?;
                    self.check_query(ty, value, span)?;
                    names.push(name);
                }
                SearchQuery::MultiMatch { fields: names, value: searched }
            }
            _ => {
                let message = format!(
                    "error building [{name}]: wrong number of arguments in [{}]",
                    self.source(span)
                );
                return Err(Self::error(span, message));
            }
        };
        Ok(Self::search_node(query, options, span))
    }

    /// The field that is the argument of a search, and its type.
    fn searched(&mut self, field: &Expr, call: Span) -> Result<(String, Type), Diagnostic> {
        let named = match &field.kind {
            ExprKind::Cast { operand, .. } => operand,
            _ => field,
        };
        match &named.kind {
            ExprKind::Column(name) => self.search_field(name, named.span),
            _ => Err(self.no_field(field.span, call)),
        }
    }

    /// Whether a field of a type can be searched for a value.
    fn check_query(&mut self, field: Type, query: &Expr, call: Span) -> Result<(), Diagnostic> {
        let found = self.expr(query)?.ty;
        let fits = field == Type::Null
            || found.is_string()
            || found == field
            || (found.is_numeric() && field.is_numeric())
            || (found.is_numeric() && field.is_date());
        if fits {
            return Ok(());
        }
        let message = format!(
            "first argument of [{}] is [{field}] so second argument must also be [{field}] but was [{found}]",
            self.source(call)
        );
        Err(Self::error(query.span, message))
    }

    fn search_node(query: SearchQuery, options: Vec<(String, Value)>, span: Span) -> Typed {
        Self::boolean_node(Node::Search(Arc::new(Search { query, options, span })), span)
    }

    fn no_field(&self, field: Span, call: Span) -> Diagnostic {
        let message = format!(
            "[{}] cannot operate on [{}], which is not a field from an index mapping",
            self.source(call),
            self.source(field)
        );
        Self::error(field, message)
    }

    fn check_searchable(&self, what: &str, by_field: bool, span: Span) -> Result<(), Diagnostic> {
        let blocker = if by_field { &self.no_match_behind } else { &self.no_search_behind };
        match blocker {
            None => Ok(()),
            Some(command) => {
                Err(Self::error(span, format!("{what} cannot be used after {command}")))
            }
        }
    }

    fn search_field(&mut self, name: &str, span: Span) -> Result<(String, Type), Diagnostic> {
        let Some(entry) = self.resolve(name, span) else {
            return Ok((name.to_owned(), Type::Null));
        };
        let field = self.fields.iter().find(|field| field.register == entry.register);
        match field {
            Some(field) => Ok((field.name.to_string(), entry.ty)),
            None => Err(Self::error(
                span,
                format!("cannot operate on [{name}], which is not a field from an index mapping"),
            )),
        }
    }

    fn search_value(&mut self, expr: &Expr, call: Span) -> Result<Value, Diagnostic> {
        let typed = self.expr(expr)?;
        fold_value(&typed).ok_or_else(|| {
            let message = format!(
                "argument of [{}] cannot be null and must be a constant, received [{}]",
                self.source(call),
                self.source(expr.span)
            );
            Self::error(expr.span, message)
        })
    }

    fn search_text(&mut self, expr: &Expr, call: Span) -> Result<String, Diagnostic> {
        match self.search_value(expr, call)? {
            Value::Str(text) => Ok(text),
            _ => {
                let message = format!(
                    "argument of [{}] must be [string], found value [{}]",
                    self.source(call),
                    self.source(expr.span)
                );
                Err(Self::error(expr.span, message))
            }
        }
    }
}
