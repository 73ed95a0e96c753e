//! Commands that make columns of one string, or rows of one list.

use std::sync::Arc;

use super::expression::unreadable;
use super::scope::Entry;
use super::{Planner, StepKind};
use crate::dissect::{Dissect, DissectError};
use crate::expr::Typed;
use crate::grok::{Grok, GrokError};
use crate::types::Type;
use harness_query::esql::ast::{Expr, Name, Text};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

type Result<T> = std::result::Result<T, Diagnostic>;

impl Planner<'_> {
    pub(super) fn string_input(&mut self, input: &Expr, command: &str) -> Result<Typed> {
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

    pub(super) fn dissect(
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

    pub(super) fn grok(&mut self, input: &Expr, patterns: &[Text]) -> Result<StepKind> {
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

    pub(super) fn expand(&mut self, name: &Name) -> Result<Option<StepKind>> {
        let Some(entry) = self.resolve(&name.text, name.span) else { return Ok(None) };
        if let Some(unread) = &entry.unread {
            return Err(unreadable(&name.text, unread, name.span));
        }
        let to = self.new_register();
        let name = name.text.as_str().into();
        let expanded = Entry { name, register: to, constant: None, steady: None, ..entry.clone() };
        self.scope.replace(expanded);
        Ok(Some(StepKind::Expand { from: entry.register, to }))
    }

    pub(super) fn completion(
        &mut self,
        target: Option<&Name>,
        prompt: &Expr,
        span: Span,
    ) -> Result<StepKind> {
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
}
