//! Commands: what each does to the columns in sight.

use std::collections::HashMap;
use std::sync::Arc;

use super::scope::Entry;
use super::{
    DEFAULT_LIMIT, MAX_LIMIT, Output, OutputColumn, Plan, Planner, SortKey, Step, StepKind,
};
use crate::diagnostic::Diagnostic;
use crate::esql::dissect::{Dissect, DissectError};
use crate::esql::eval::FieldUse;
use crate::esql::expr::{Register, Typed};
use crate::esql::fold::{fold, fold_value};
use crate::esql::grok::{Grok, GrokError};
use crate::esql::source::metadata_type;
use crate::esql::types::Type;
use crate::esql::value::Value;
use crate::query::esql::ast::{
    Command, CommandKind, Expr, Field, Name, NamePattern, Order, Query, Rename, Source, Text,
};
use crate::span::Span;

type Result<T> = std::result::Result<T, Diagnostic>;

impl Planner<'_> {
    pub(super) fn query(&mut self, query: &Query) -> Result<Plan> {
        for setting in &query.settings {
            self.setting(&setting.name, &setting.value);
        }
        let mut steps = Vec::new();
        let (mut indices, mut metadata_names) = (Vec::new(), Vec::new());
        match &query.source {
            Source::From { indices: names, metadata, span } => {
                indices = names.iter().map(|name| name.text.clone()).collect();
                metadata_names = metadata.iter().map(|name| name.text.clone()).collect();
                self.from(metadata);
                steps.push(step(StepKind::From, *span));
            }
            Source::Row { fields, span } => {
                let columns = self.eval(fields);
                self.no_match_behind = Some("ROW".to_owned());
                self.no_search_behind = Some("ROW".to_owned());
                steps.push(step(StepKind::Row(columns), *span));
            }
            Source::Other { keyword, span } => return Err(not_run(keyword, *span)),
        }
        let mut limited = false;
        for command in &query.commands {
            limited |= matches!(command.kind, CommandKind::Limit(_));
            if let CommandKind::InlineStats(_) = command.kind
                && limited
            {
                let message =
                    "INLINE STATS cannot be used after an explicit or implicit LIMIT command";
                self.errors.push(Self::error(command.span, message));
            }
            match self.command(command) {
                Ok(kind) => steps.extend(kind.map(|kind| step(kind, command.span))),
                Err(error) => self.errors.push(error),
            }
            self.restrict_search(command);
        }
        if !limited {
            self.warnings.note(
                Span::default(),
                format!("No limit defined, adding default limit of [{DEFAULT_LIMIT}]"),
            );
        }
        let limit = if limited { MAX_LIMIT } else { DEFAULT_LIMIT };
        steps.push(step(StepKind::Limit(limit), Span::new(self.text.len(), self.text.len())));
        let output = self.output();
        self.fields.sort_by_key(|field| field.register);
        Ok(Plan {
            text: self.text.into(),
            indices,
            metadata: metadata_names,
            fields: self.fields.clone(),
            registers: self.registers,
            steps,
            output,
            warnings: self.warnings.clone(),
        })
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
            self.scope.push(Entry { name: text, ty, register, constant: None, unsupported: None });
        }
    }

    /// Notes the commands that full-text functions may not follow.
    fn restrict_search(&mut self, command: &Command) {
        let keyword = self.source(command.span).split_whitespace().next().unwrap_or_default();
        let keyword = keyword.to_uppercase();
        let transparent = matches!(command.kind, CommandKind::Where(_) | CommandKind::Sort(_));
        if !transparent && self.no_search_behind.is_none() {
            self.no_search_behind = Some(keyword.clone());
        }
        let ends = matches!(command.kind, CommandKind::Stats(_) | CommandKind::Limit(_));
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
            CommandKind::Enrich { .. } => return Err(not_run("ENRICH", command.span)),
            CommandKind::LookupJoin { .. } => return Err(not_run("LOOKUP JOIN", command.span)),
            CommandKind::Other { keyword } => return Err(not_run(keyword, command.span)),
        }))
    }

    fn filter(&mut self, condition: &Expr) -> Result<Typed> {
        let typed = self.expr(condition)?;
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
            let typed = self.expr_or_null(&field.expr);
            let register = self.new_register();
            let name = self.field_name(field);
            self.push(name, typed.ty, register, fold(&typed));
            columns.push((register, typed));
        }
        columns
    }

    fn push(
        &mut self,
        name: Arc<str>,
        ty: Type,
        register: Register,
        constant: Option<Arc<crate::esql::column::Column>>,
    ) {
        self.scope.push(Entry { name, ty, register, constant, unsupported: None });
    }

    fn no_match(&self, pattern: &NamePattern) -> Diagnostic {
        let text = self.source(pattern.span);
        if let Some(name) = pattern.plain() {
            return self.unknown(name, pattern.span);
        }
        let suggestion = self.suggestion(text, "did you mean to match");
        let message = format!("No matches found for pattern [{text}]{suggestion}");
        self.missing(text, message, pattern.span)
    }

    /// Columns in the order of the patterns. A column that several match goes
    /// with the most precise of them, among equals with the last.
    fn keep(&mut self, patterns: &[NamePattern]) {
        if let [only] = patterns
            && only.is_star()
        {
            return;
        }
        let mut owner: HashMap<Arc<str>, (u8, usize)> = HashMap::new();
        let mut matched = Vec::with_capacity(patterns.len());
        for (index, pattern) in patterns.iter().enumerate() {
            let names = self.scope.matching(pattern);
            let rank = match pattern.plain() {
                Some(_) => 2,
                None if pattern.is_star() => 0,
                None => 1,
            };
            if names.is_empty() && rank > 0 {
                let made = |name: &&str| {
                    self.options.unknown == super::Unknown::Null || self.scope.may_have(name)
                };
                if let Some(name) = pattern.plain().filter(made) {
                    owner.insert(name.into(), (rank, index));
                    matched.push(vec![name.into()]);
                    continue;
                }
                self.errors.push(self.no_match(pattern));
            }
            for name in &names {
                let slot = owner.entry(name.clone()).or_insert((rank, index));
                if rank >= slot.0 {
                    *slot = (rank, index);
                }
            }
            matched.push(names);
        }
        let mut kept = Vec::new();
        for (index, names) in matched.into_iter().enumerate() {
            for name in names {
                if owner.get(&name).is_some_and(|(_, place)| *place == index) {
                    owner.remove(&name);
                    kept.extend(self.resolve(&name, patterns[index].span));
                }
            }
        }
        self.scope.clear();
        for entry in kept {
            self.scope.push(entry);
        }
    }

    fn drop_columns(&mut self, patterns: &[NamePattern]) {
        let mut doomed = Vec::new();
        for pattern in patterns {
            let names = self.scope.matching(pattern);
            if names.is_empty() {
                self.errors.push(self.no_match(pattern));
            }
            doomed.extend(names);
        }
        for name in doomed {
            self.scope.remove(&name);
        }
    }

    fn rename(&mut self, renames: &[Rename]) {
        let mut renamed: HashMap<String, String> = HashMap::new();
        for Rename { from, to } in renames {
            if let Some(now) = renamed.get(&from.text)
                && self.scope.find(&from.text).is_none()
            {
                let message = format!(
                    "Column [{}] renamed to [{now}] and is no longer available [{}]",
                    from.text,
                    self.source(from.span.to(to.span))
                );
                self.errors.push(Self::error(from.span, message));
                continue;
            }
            let Some(entry) = self.resolve(&from.text, from.span) else { continue };
            if let Some(mapped) = &entry.unsupported {
                let message =
                    format!("Cannot use field [{}] with unsupported type [{mapped}]", from.text);
                self.errors.push(Self::error(from.span, message));
                continue;
            }
            if from.text == to.text {
                continue;
            }
            if self.scope.entry(&from.text).is_none() {
                self.settle();
            }
            self.scope.rename(&from.text, &to.text.as_str().into());
            renamed.insert(from.text.clone(), to.text.clone());
        }
    }

    /// Gives every field of the source an entry, so that order can change.
    fn settle(&mut self) {
        let fields: Vec<_> = self.scope.open_fields().cloned().collect();
        let entries: Vec<_> = self.scope.entries().cloned().collect();
        let mut all = Vec::with_capacity(fields.len() + entries.len());
        for name in fields {
            all.extend(self.resolve(&name, Span::default()));
        }
        self.scope.clear();
        for entry in all.into_iter().chain(entries) {
            self.scope.push(entry);
        }
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

    fn limit(&mut self, count: &Expr) -> Result<usize> {
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

    fn string_input(&mut self, input: &Expr, command: &str) -> Result<Typed> {
        let typed = self.expr(input)?;
        if typed.ty.is_string() || typed.ty == Type::Null {
            return Ok(typed);
        }
        Err(Self::error(
            input.span,
            format!(
                "{command} only supports KEYWORD or TEXT values, found expression [{}] type [{}]",
                self.source(input.span),
                typed.ty.name().to_uppercase()
            ),
        ))
    }

    fn dissect(
        &mut self,
        input: &Expr,
        pattern: &Text,
        separator: Option<&Text>,
    ) -> Result<StepKind> {
        let input = self.string_input(input, "Dissect")?;
        let separator = separator.map_or("", |separator| separator.text.as_str());
        let dissect = Dissect::parse(&pattern.text, separator).map_err(|error| match error {
            DissectError::Invalid(_) => Self::error(pattern.span, error.to_string()),
            DissectError::Undelimited(_) => {
                Diagnostic::unsupported("esql-unsupported", error.to_string(), pattern.span)
            }
        })?;
        let mut outputs = Vec::new();
        for name in dissect.outputs() {
            let register = self.new_register();
            self.push(name.as_str().into(), Type::Keyword, register, None);
            outputs.push(register);
        }
        Ok(StepKind::Dissect { input, dissect: Arc::new(dissect), outputs })
    }

    fn grok(&mut self, input: &Expr, patterns: &[Text]) -> Result<StepKind> {
        let input = self.string_input(input, "Grok")?;
        let mut groks = Vec::with_capacity(patterns.len());
        let mut columns: Vec<(String, Type)> = Vec::new();
        for pattern in patterns {
            let grok = Grok::new(&pattern.text).map_err(|error| match error {
                GrokError::Invalid(why) => Self::error(pattern.span, why),
                GrokError::Unsupported(why) => {
                    Diagnostic::unsupported("esql-unsupported", why, pattern.span)
                }
            })?;
            for output in grok.outputs() {
                match columns.iter().find(|(name, _)| *name == output.name) {
                    None => columns.push((output.name.clone(), output.ty)),
                    Some((_, ty)) if *ty == output.ty => {}
                    Some(_) => {
                        return Err(Self::error(
                            pattern.span,
                            format!(
                                "Invalid GROK pattern [{}]: the attribute [{}] is defined multiple times with different types",
                                pattern.text, output.name
                            ),
                        ));
                    }
                }
            }
            groks.push(Arc::new(grok));
        }
        columns.sort();
        let mut outputs = Vec::with_capacity(columns.len());
        for (name, ty) in columns {
            let register = self.new_register();
            self.push(name.as_str().into(), ty, register, None);
            outputs.push((name, ty, register));
        }
        Ok(StepKind::Grok { input, groks, outputs })
    }

    fn expand(&mut self, name: &Name) -> Result<Option<StepKind>> {
        let Some(entry) = self.resolve(&name.text, name.span) else { return Ok(None) };
        if let Some(mapped) = &entry.unsupported {
            let message =
                format!("Cannot use field [{}] with unsupported type [{mapped}]", name.text);
            return Err(Self::error(name.span, message));
        }
        let to = self.new_register();
        let name = name.text.as_str().into();
        let expanded = Entry { name, register: to, constant: None, ..entry.clone() };
        self.scope.replace(expanded);
        Ok(Some(StepKind::Expand { from: entry.register, to }))
    }

    fn completion(&mut self, target: Option<&Name>, prompt: &Expr, span: Span) -> Result<StepKind> {
        let prompt = self.expr(prompt)?;
        if !(prompt.ty.is_string() || prompt.ty == Type::Null) {
            return Err(Self::error(
                span,
                format!("prompt must be of type [text] but is [{}]", prompt.ty),
            ));
        }
        let output = self.new_register();
        let name = target.map_or("completion", |name| name.text.as_str());
        self.push(name.into(), Type::Keyword, output, None);
        if !self.options.completion {
            let help = "state the model's answer as `completion` in the case's case.toml";
            return Err(Diagnostic::unsupported(
                "esql-completion",
                "COMPLETION asks a language model, which is not at hand offline",
                span,
            )
            .with_help(help));
        }
        Ok(StepKind::Completion { prompt, output })
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

fn step(kind: StepKind, span: Span) -> Step {
    Step { kind, span, live: Vec::new() }
}

fn not_run(keyword: &str, span: Span) -> Diagnostic {
    let why = match keyword {
        "ENRICH" => "it needs the data of an enrich policy",
        "LOOKUP JOIN" => "it needs a lookup index",
        _ => "it is not part of what detection rules use",
    };
    Diagnostic::unsupported(
        "esql-unsupported",
        format!("the command {keyword} is not run offline"),
        span,
    )
    .with_help(why)
}
