//! Commands: what each does to the columns in sight.

use std::sync::Arc;

use super::branch::without_indices;
use super::place::Part;
use super::scope::Entry;
use super::{
    DEFAULT_LIMIT, MAX_LIMIT, Output, OutputColumn, Plan, Planner, SortKey, Step, StepKind,
};
use crate::eval::FieldUse;
use crate::expr::{Register, Typed};
use crate::fold::{fold, fold_value};
use crate::source::metadata_type;
use crate::types::Type;
use crate::value::Value;
use harness_query::esql::ast::{Command, CommandKind, Expr, Field, Name, Order, Query, Source};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

type Result<T> = std::result::Result<T, Diagnostic>;

impl Planner<'_> {
    pub(super) fn query(&mut self, query: &Query) -> Result<Plan> {
        for setting in &query.settings {
            self.setting(&setting.name, &setting.value);
        }
        self.nested = query.is_nested();
        let mut steps = self.source_steps(&query.source)?;
        let metadata = match &query.source {
            Source::From { metadata, .. } => metadata.iter().map(|it| it.text.clone()).collect(),
            Source::Row { .. } | Source::Other { .. } => Vec::new(),
        };
        let limited = self.commands(&query.commands, &mut steps) || has_limit(&query.source);
        if !limited {
            self.warnings.note(
                Span::default(),
                format!("No limit defined, adding default limit of [{DEFAULT_LIMIT}]"),
            );
        }
        let limit = if limited { MAX_LIMIT } else { DEFAULT_LIMIT };
        let end = Span::new(self.text.len(), self.text.len());
        steps.push(Step::new(StepKind::Limit(limit), end));
        // Where all read the same indices, nothing has to be kept apart.
        if self.read.windows(2).all(|pair| pair[0] == pair[1]) {
            steps = without_indices(steps);
        }
        let mut indices: Vec<String> = Vec::new();
        for pattern in self.read.iter().flatten() {
            if !indices.contains(pattern) {
                indices.push(pattern.clone());
            }
        }
        let output = self.output();
        self.fields.sort_by_key(|field| field.register);
        Ok(Plan {
            text: self.text.into(),
            indices,
            metadata,
            fields: self.fields.clone(),
            registers: self.registers,
            steps,
            output,
            expanded: expanded(&query.commands),
            warnings: self.warnings.clone(),
        })
    }

    /// The first steps of a query; its columns are those in sight.
    pub(super) fn source_steps(&mut self, source: &Source) -> Result<Vec<Step>> {
        match source {
            Source::From { indices, subqueries, metadata, span } if subqueries.is_empty() => {
                let names: Vec<String> = indices.iter().map(|name| name.text.clone()).collect();
                self.read.push(names.clone());
                self.from(metadata);
                let mut steps = vec![Step::new(StepKind::From, *span)];
                if self.nested {
                    steps.push(Step::new(StepKind::Indices(names), *span));
                }
                Ok(steps)
            }
            Source::From { indices, subqueries, metadata, span } => {
                let union = self.union_of(indices, metadata, subqueries, *span)?;
                Ok(vec![Step::new(union, *span)])
            }
            Source::Row { fields, span } => {
                let columns = self.eval(fields);
                self.no_match_behind = Some("ROW".to_owned());
                self.no_search_behind = Some("ROW".to_owned());
                Ok(vec![Step::new(StepKind::Row(columns), *span)])
            }
            Source::Other { keyword, span } => Err(not_run(keyword, *span)),
        }
    }

    /// Plans commands, one after the other; tells whether one of them limits.
    pub(super) fn commands(&mut self, commands: &[Command], steps: &mut Vec<Step>) -> bool {
        let mut limited = false;
        for command in commands {
            limited |= limits(command);
            if let CommandKind::InlineStats(_) = command.kind
                && limited
            {
                let message =
                    "INLINE STATS cannot be used after an explicit or implicit LIMIT command";
                self.errors.push(Self::error(command.span, message));
            }
            let planned = self.command(command);
            let before = std::mem::take(&mut self.before);
            steps.extend(before.into_iter().map(|kind| Step::new(kind, command.span)));
            match planned {
                Ok(kind) => steps.extend(kind.map(|kind| Step::new(kind, command.span))),
                Err(error) => self.errors.push(error),
            }
            self.restrict_search(command);
        }
        limited
    }

    fn setting(&mut self, name: &Name, value: &Expr) {
        let value = self.expr_or_null(value);
        match (name.text.as_str(), fold_value(&value)) {
            ("unmapped_fields", Some(Value::Str(mode))) if mode.eq_ignore_ascii_case("nullify") => {
                self.options.unknown = super::Unknown::Null;
            }
            ("unmapped_fields", Some(Value::Str(mode))) if mode.eq_ignore_ascii_case("fail") => {}
            _ => self.errors.push(Diagnostic::unsupported(
                "esql-unsupported",
                format!("SET {}", name.text),
                name.span,
            )),
        }
    }

    fn from(&mut self, metadata: &[Name]) {
        self.scope.open();
        for name in metadata {
            let Some(ty) = metadata_type(&name.text) else {
                let message = format!("unresolved metadata fields: [?{}]", name.text);
                self.errors.push(Self::error(name.span, message));
                continue;
            };
            let register = self.new_register();
            let text: Arc<str> = name.text.as_str().into();
            self.fields.push(FieldUse { name: text.clone(), ty, register });
            self.scope.push(Entry {
                name: text,
                ty,
                register,
                constant: None,
                steady: None,
                unread: None,
            });
        }
    }

    /// Notes the commands that full-text functions may not follow.
    fn restrict_search(&mut self, command: &Command) {
        if command.kind == CommandKind::Broken {
            return;
        }
        let keyword = self.source(command.span).split_whitespace().next().unwrap_or_default();
        let keyword = keyword.to_uppercase();
        let transparent = matches!(command.kind, CommandKind::Where(_) | CommandKind::Sort(_));
        if !transparent && self.no_search_behind.is_none() {
            self.no_search_behind = Some(keyword.clone());
        }
        let ends = matches!(
            command.kind,
            CommandKind::Stats(_)
                | CommandKind::Limit(_)
                | CommandKind::LimitBy { .. }
                | CommandKind::Dedup
                | CommandKind::Sample(_)
        );
        if ends && self.no_match_behind.is_none() {
            self.no_match_behind = Some(keyword);
        }
    }

    fn command(&mut self, command: &Command) -> Result<Option<StepKind>> {
        Ok(Some(match &command.kind {
            CommandKind::Where(condition) => StepKind::Filter(self.filter(condition)?),
            CommandKind::Eval(fields) => StepKind::Eval(self.eval(fields)),
            CommandKind::Stats(stats) => StepKind::Stats(self.stats(stats, false)?),
            CommandKind::InlineStats(stats) => StepKind::InlineStats(self.stats(stats, true)?),
            CommandKind::Keep(patterns) => {
                self.keep(patterns);
                return Ok(None);
            }
            CommandKind::Drop(patterns) => {
                self.drop_columns(patterns);
                return Ok(None);
            }
            CommandKind::Rename(renames) => {
                self.rename(renames);
                return Ok(None);
            }
            CommandKind::Sort(orders) => StepKind::Sort(self.sort(orders)?),
            CommandKind::Limit(count) => StepKind::Limit(self.limit(count)?),
            CommandKind::Dissect { input, pattern, separator } => {
                self.dissect(input, pattern, separator.as_ref())?
            }
            CommandKind::Grok { input, patterns } => self.grok(input, patterns)?,
            CommandKind::MvExpand(name) => match self.expand(name)? {
                Some(kind) => kind,
                None => return Ok(None),
            },
            CommandKind::Completion { target, prompt, .. } => {
                self.completion(target.as_ref(), prompt, command.span)?
            }
            CommandKind::Enrich { policy, on, with } => {
                self.enrich(policy, on.as_ref(), with, command.span)?
            }
            CommandKind::LookupJoin { index, on } => self.lookup_join(index, on, command.span)?,
            CommandKind::LimitBy { count, keys } => self.limit_by(count, keys)?,
            CommandKind::Dedup => self.dedup(command.span),
            CommandKind::FillNull { value, columns } => {
                self.fill_null(value.as_ref(), columns, command.span)?
            }
            CommandKind::Sample(share) => self.sample(share)?,
            CommandKind::Fork(branches) => self.fork(branches, command.span)?,
            CommandKind::Other { keyword } => return Err(self.left_out(keyword, command.span)),
            CommandKind::Broken => {
                self.scope.uncertain = true;
                return Ok(None);
            }
        }))
    }

    /// The finding for a command that is not run; what it makes of the columns
    /// is not known.
    fn left_out(&mut self, keyword: &str, span: Span) -> Diagnostic {
        self.scope.uncertain = true;
        not_run(keyword, span)
    }

    fn filter(&mut self, condition: &Expr) -> Result<Typed> {
        let typed = self.within(Part::Condition, |planner| planner.expr(condition))?;
        if matches!(typed.ty, Type::Boolean | Type::Null) {
            return Ok(typed);
        }
        let found = typed.ty.name().to_uppercase();
        Err(Self::error(
            condition.span,
            format!("Condition expression needs to be boolean, found [{found}]"),
        ))
    }

    fn eval(&mut self, fields: &[Field]) -> Vec<(Register, Typed)> {
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            let mut typed = self.expr_or_null(&field.expr);
            if typed.ty.is_amount() || typed.ty == Type::Source {
                let message = format!(
                    "a column cannot be of type [{}], found [{}]",
                    typed.ty,
                    self.source(field.expr.span)
                );
                self.errors.push(Self::error(field.expr.span, message));
                typed = Self::literal(Type::Null, None, field.expr.span);
            }
            let register = self.new_register();
            let name = self.field_name(field);
            let constant = fold(&typed);
            let steady = (constant.is_none() && typed.is_steady()).then(|| Arc::new(typed.clone()));
            let ty = typed.ty;
            self.scope.push(Entry { name, ty, register, constant, steady, unread: None });
            columns.push((register, typed));
        }
        columns
    }

    pub(super) fn push(
        &mut self,
        name: Arc<str>,
        ty: Type,
        register: Register,
        constant: Option<Arc<crate::column::Column>>,
    ) {
        self.scope.push(Entry { name, ty, register, constant, steady: None, unread: None });
    }

    fn sort(&mut self, orders: &[Order]) -> Result<Vec<SortKey>> {
        let mut keys = Vec::with_capacity(orders.len());
        for order in orders {
            let expr = self.expr(&order.expr)?;
            if expr.ty == Type::GeoPoint || expr.ty.is_amount() || expr.ty == Type::Source {
                return Err(Self::error(order.expr.span, format!("cannot sort on {}", expr.ty)));
            }
            let nulls_first = order.nulls_first.unwrap_or(order.descending);
            keys.push(SortKey { expr, descending: order.descending, nulls_first });
        }
        Ok(keys)
    }

    pub(super) fn limit(&mut self, count: &Expr) -> Result<usize> {
        let typed = self.expr(count)?;
        match fold_value(&typed) {
            Some(Value::Int(count)) if count >= 0 => Ok(usize::try_from(count).unwrap_or(0)),
            _ => Err(Self::error(
                count.span,
                format!(
                    "value of [{}] must be a non-negative constant integer",
                    self.source(count.span)
                ),
            )),
        }
    }

    fn output(&mut self) -> Output {
        let column = |entry: &Entry| OutputColumn {
            name: entry.name.clone(),
            ty: entry.ty,
            register: entry.register,
        };
        Output {
            columns: self.scope.entries().map(column).collect(),
            replaced: self.scope.replaced().map(column).collect(),
            all_fields_but: self.scope.open.then(|| self.scope.hidden()),
        }
    }
}

/// Whether a command limits the rows, or commands inside it do.
fn limits(command: &Command) -> bool {
    matches!(command.kind, CommandKind::Limit(_) | CommandKind::Fork(_))
}

/// The columns that `MV_EXPAND` names.
fn expanded(commands: &[Command]) -> Vec<Arc<str>> {
    let names = commands.iter().filter_map(|command| match &command.kind {
        CommandKind::MvExpand(name) => Some(name.text.as_str().into()),
        _ => None,
    });
    names.collect()
}

/// Whether a query beside the indices limits its rows.
fn has_limit(source: &Source) -> bool {
    match source {
        Source::From { subqueries, .. } => subqueries
            .iter()
            .any(|query| query.commands.iter().any(limits) || has_limit(&query.source)),
        Source::Row { .. } | Source::Other { .. } => false,
    }
}

fn not_run(keyword: &str, span: Span) -> Diagnostic {
    let why = match keyword {
        "REGISTERED_DOMAIN" => "it needs the public suffix list",
        "USER_AGENT" => "it needs the expressions of an ingest node",
        "IP_LOCATION" => "it needs a database of locations",
        _ => "it is not part of what detection rules use",
    };
    Diagnostic::unsupported(
        "esql-unsupported",
        format!("the command {keyword} is not run offline"),
        span,
    )
    .with_help(why)
}
