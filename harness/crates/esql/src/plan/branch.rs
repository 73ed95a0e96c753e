//! Queries inside a query: `FROM (…)`, `x IN (FROM …)`, and `FORK`.

use std::collections::HashSet;
use std::sync::Arc;

use super::scope::{Entry, Found, Scope};
use super::{Branch, DEFAULT_LIMIT, Planner, Step, StepKind};
use crate::expr::{Node, Register, Typed};
use crate::types::Type;
use crate::value::Value;
use harness_query::esql::ast::{Command, CommandKind, Expr, Name, Query, Source};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// Steps, and the columns after them.
pub(super) type Pipeline<'a> = (Vec<Step>, Scope<'a>);

impl<'a> Planner<'a> {
    /// Plans a query of its own; the state around it stays as it is.
    pub(super) fn nested(&mut self, query: &Query) -> Result<Pipeline<'a>, Diagnostic> {
        self.apart(Scope::new(self.options.fields), true, |planner| {
            let mut steps = planner.source_steps(&query.source)?;
            planner.commands(&query.commands, &mut steps);
            Ok(steps)
        })
    }

    /// Plans what stands in parentheses: with columns of its own, and without
    /// the steps that the command around it waits for.
    fn apart(
        &mut self,
        scope: Scope<'a>,
        anew: bool,
        plan: impl FnOnce(&mut Self) -> Result<Vec<Step>, Diagnostic>,
    ) -> Result<Pipeline<'a>, Diagnostic> {
        let outer = std::mem::replace(&mut self.scope, scope);
        let waiting = std::mem::take(&mut self.before);
        let place = std::mem::take(&mut self.place);
        let blocked = (self.no_search_behind.clone(), self.no_match_behind.clone());
        if anew {
            (self.no_search_behind, self.no_match_behind) = (None, None);
        }
        let steps = plan(self);
        (self.no_search_behind, self.no_match_behind) = blocked;
        (self.before, self.place) = (waiting, place);
        let inner = std::mem::replace(&mut self.scope, outer);
        Ok((steps?, inner))
    }

    /// `FROM` with queries beside its indices.
    pub(super) fn union_of(
        &mut self,
        indices: &[Name],
        metadata: &[Name],
        queries: &[Query],
        span: Span,
    ) -> Result<StepKind, Diagnostic> {
        let mut parts = Vec::with_capacity(queries.len() + 1);
        if !indices.is_empty() {
            let (subqueries, metadata) = (Vec::new(), metadata.to_vec());
            let source = Source::From { indices: indices.to_vec(), subqueries, metadata, span };
            parts.push(self.nested(&Query {
                settings: Vec::new(),
                source,
                commands: Vec::new(),
            })?);
        }
        for query in queries {
            parts.push(self.nested(query)?);
        }
        let branches = self.merge(parts, "subqueries", span);
        self.block_search("a query in FROM");
        Ok(StepKind::Union { branches, anew: true })
    }

    /// `FORK`
    pub(super) fn fork(
        &mut self,
        branches: &[Vec<Command>],
        span: Span,
    ) -> Result<StepKind, Diagnostic> {
        let mut parts = Vec::with_capacity(branches.len());
        for (number, commands) in (1..).zip(branches) {
            let scope = self.scope.clone();
            parts.push(self.apart(scope, false, |planner| {
                let mut steps = Vec::new();
                planner.commands(commands, &mut steps);
                let end = commands.last().map_or(span, |command| command.span);
                if !commands.iter().any(|it| matches!(it.kind, CommandKind::Limit(_))) {
                    steps.push(Step::new(StepKind::Limit(DEFAULT_LIMIT), end));
                }
                steps.push(Step::new(planner.named_branch(number, end), end));
                Ok(steps)
            })?);
        }
        let branches = self.merge(parts, "FORK branches", span);
        self.block_search("FORK");
        Ok(StepKind::Union { branches, anew: false })
    }

    /// The column that tells which branch a row comes from.
    fn named_branch(&mut self, number: usize, span: Span) -> StepKind {
        let register = self.new_register();
        let name = Value::Str(format!("fork{number}"));
        let typed = Self::literal(Type::Keyword, Some(name), span);
        self.scope.push(Entry::new("_fork".into(), Type::Keyword, register));
        StepKind::Eval(vec![(register, typed)])
    }

    fn block_search(&mut self, keyword: &str) {
        for blocked in [&mut self.no_search_behind, &mut self.no_match_behind] {
            blocked.get_or_insert_with(|| keyword.to_owned());
        }
    }

    /// Makes the columns of all branches those in sight.
    fn merge(&mut self, parts: Vec<Pipeline<'a>>, what: &str, span: Span) -> Vec<Branch> {
        let open = parts.iter().any(|(_, scope)| scope.open);
        let mut merged = Scope::new(self.options.fields);
        merged.uncertain = parts.iter().any(|(_, scope)| scope.uncertain);
        if open {
            merged.open();
        }
        let mut known: HashSet<Arc<str>> = HashSet::new();
        let names = parts.iter().flat_map(|(_, scope)| scope.own_names());
        let names: Vec<Arc<str>> = names.filter(|name| known.insert(name.clone())).collect();
        let mut branches: Vec<Branch> = Vec::with_capacity(parts.len());
        let mut scopes = Vec::with_capacity(parts.len());
        for (steps, scope) in parts {
            branches.push(Branch { steps, shows_source: scope.open, ..Branch::default() });
            scopes.push(scope);
        }
        // Without fields in sight, rows stay those of the source.
        if !open {
            branches.iter_mut().for_each(|branch| branch.shows_source = true);
        }
        for name in names {
            let found: Vec<Option<(Register, Type)>> =
                scopes.iter().map(|scope| self.column_in(scope, &name)).collect();
            if found.iter().all(Option::is_none) {
                merged.remove(&name);
                continue;
            }
            let ty = self.common_column(&name, &found, what, span);
            let register = self.new_register();
            for (branch, found) in branches.iter_mut().zip(&found) {
                branch.columns.push((found.map(|(from, _)| from), register, ty));
            }
            merged.push(Entry::new(name, ty, register));
        }
        self.scope = merged;
        branches
    }

    /// The register and the type of a column of a branch.
    fn column_in(&mut self, scope: &Scope<'a>, name: &str) -> Option<(Register, Type)> {
        let entry = match scope.find(name)? {
            Found::Entry(entry) => entry,
            Found::Field(info) => self.field(name, &info),
        };
        Some((entry.register, entry.ty.without_text()))
    }

    /// The type that a column has in all branches that give it values.
    fn common_column(
        &mut self,
        name: &str,
        found: &[Option<(Register, Type)>],
        what: &str,
        span: Span,
    ) -> Type {
        let mut common = Type::Null;
        for (_, ty) in found.iter().flatten() {
            if common == Type::Null {
                common = *ty;
            } else if *ty != Type::Null && *ty != common {
                let message = format!(
                    "Column [{name}] has conflicting data types in {what}: [{common}] and [{ty}]"
                );
                self.errors.push(Self::error(span, message));
                break;
            }
        }
        common
    }

    /// `x IN (FROM …)`: a column that is computed before the command.
    pub(super) fn is_in_query(
        &mut self,
        value: &Expr,
        query: &Query,
        negated: bool,
        span: Span,
    ) -> Result<Typed, Diagnostic> {
        if !self.in_condition() {
            return Err(Diagnostic::unsupported(
                "esql-unsupported",
                "IN with a query outside of WHERE",
                span,
            ));
        }
        let value = self.expr(value)?;
        let (steps, scope) = self.nested(query)?;
        let mut columns = scope.entries();
        let (Some(column), None, false) = (columns.next(), columns.next(), scope.open) else {
            let message = "a query after IN has exactly one column";
            return Err(Self::error(query.span(), message));
        };
        let (from, ty) = (column.register, column.ty);
        let numbers = value.ty.is_numeric() && ty.is_numeric();
        let fits = value.ty == Type::Null || ty == Type::Null || numbers || value.ty.same_kind(ty);
        if !fits {
            let message = format!(
                "the column of a query after IN must be [{}], found value [{}] type [{ty}]",
                value.ty, column.name
            );
            return Err(Self::error(query.span(), message));
        }
        let columns = vec![(Some(from), from, ty)];
        let as_doubles = numbers && (value.ty == Type::Double || ty == Type::Double);
        let branch = Branch { steps, columns, as_doubles, shows_source: true };
        let output = self.new_register();
        self.before.push(StepKind::Member { value, branch, output });
        let node = Node::Column { register: output, constant: None };
        let found = Self::boolean_node(node, span);
        Ok(if negated { Self::boolean_node(Node::Not(Box::new(found)), span) } else { found })
    }
}

impl Entry {
    /// A column that was made.
    pub(super) fn new(name: Arc<str>, ty: Type, register: Register) -> Self {
        Self { name, ty, register, constant: None, steady: None, unread: None }
    }
}

/// The steps that keep the rows of single `FROM`s, left out.
pub(super) fn without_indices(steps: Vec<Step>) -> Vec<Step> {
    let kept = steps.into_iter().filter(|step| !matches!(step.kind, StepKind::Indices(_)));
    let mut kept: Vec<Step> = kept.collect();
    for step in &mut kept {
        match &mut step.kind {
            StepKind::Union { branches, .. } => {
                for branch in branches {
                    branch.steps = without_indices(std::mem::take(&mut branch.steps));
                }
            }
            StepKind::Member { branch, .. } => {
                branch.steps = without_indices(std::mem::take(&mut branch.steps));
            }
            _ => {}
        }
    }
    kept
}
