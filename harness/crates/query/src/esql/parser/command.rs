//! The frame of each command.

use super::{Parser, Result};
use crate::esql::ast::{
    Aggregate, Command, CommandKind, Expr, Field, Name, NamePattern, Order, Rename, Stats,
};
use crate::esql::lexer::{Lexer, TokenKind};
use crate::esql::names::COMMANDS;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

impl Parser<'_> {
    /// One command after a pipe.
    pub(super) fn command(&mut self) -> Result<Command> {
        let start = self.token.span.start;
        let kind = self.command_kind()?;
        Ok(Command { kind, span: Span::new(start, self.end) })
    }

    fn command_kind(&mut self) -> Result<CommandKind> {
        let TokenKind::Word(word) = &self.token.kind else {
            return Err(self.unexpected("a command"));
        };
        let keyword = word.to_ascii_lowercase();
        let place = self.token.clone();
        self.advance();
        Ok(match keyword.as_str() {
            "where" => CommandKind::Where(self.boolean()?),
            "eval" => CommandKind::Eval(self.fields()?),
            "stats" => CommandKind::Stats(self.stats()?),
            "inlinestats" => CommandKind::InlineStats(self.stats()?),
            "inline" => {
                self.expect_word("stats")?;
                CommandKind::InlineStats(self.stats()?)
            }
            "keep" => CommandKind::Keep(self.name_patterns()?),
            "drop" => CommandKind::Drop(self.name_patterns()?),
            "rename" => CommandKind::Rename(self.renames()?),
            "sort" => CommandKind::Sort(self.orders()?),
            "limit" => self.limit()?,
            "dissect" => self.dissect()?,
            "grok" => self.grok()?,
            "mv_expand" => CommandKind::MvExpand(self.name()?),
            "completion" => self.completion()?,
            "dedup" => CommandKind::Dedup,
            "fillnull" => self.fill_null()?,
            "sample" => CommandKind::Sample(self.constant_operand()?),
            "fork" => self.fork()?,
            "enrich" => self.enrich()?,
            "lookup" => self.lookup_join()?,
            known if COMMANDS.contains(&known) => {
                self.skip_command();
                CommandKind::Other { keyword: keyword.to_uppercase() }
            }
            _ => return Err(self.unknown_word("command", place.span, COMMANDS)),
        })
    }

    /// A constant, which may have a sign.
    pub(super) fn constant_operand(&mut self) -> Result<Expr> {
        Ok(self.sign()?.expr)
    }

    pub(super) fn fields(&mut self) -> Result<Vec<Field>> {
        let mut fields = vec![self.field()?];
        while self.take(",") {
            fields.push(self.field()?);
        }
        Ok(fields)
    }

    /// `name = expression` or an expression.
    fn field(&mut self) -> Result<Field> {
        let mut ahead = self.ahead();
        if ahead.name().is_ok() && ahead.at("=") {
            let name = self.name()?;
            self.expect("=")?;
            return self.unnamed_field(Some(name));
        }
        self.unnamed_field(None)
    }

    fn unnamed_field(&mut self, name: Option<Name>) -> Result<Field> {
        let start = self.token.span.start;
        let expr = self.boolean()?;
        Ok(Field { name, expr, span: Span::new(start, self.end) })
    }

    fn stats(&mut self) -> Result<Stats> {
        let mut aggregates = Vec::new();
        if !self.at_word("by") {
            aggregates.push(self.aggregate()?);
            while self.take(",") {
                aggregates.push(self.aggregate()?);
            }
        }
        let by = if self.take_word("by") { self.fields()? } else { Vec::new() };
        Ok(Stats { aggregates, by })
    }

    fn aggregate(&mut self) -> Result<Aggregate> {
        let start = self.token.span.start;
        let field = self.field()?;
        let filter = if self.take_word("where") { Some(self.boolean()?) } else { None };
        Ok(Aggregate { field, filter, span: Span::new(start, self.end) })
    }

    pub(super) fn name_patterns(&mut self) -> Result<Vec<NamePattern>> {
        let mut patterns = vec![self.name_pattern()?];
        while self.take(",") {
            patterns.push(self.name_pattern()?);
        }
        Ok(patterns)
    }

    fn name_pattern(&mut self) -> Result<NamePattern> {
        match self.rescan(Lexer::name_pattern)? {
            Some(pattern) => Ok(pattern),
            None => Err(self.unexpected("a column name or pattern")),
        }
    }

    pub(super) fn plain_name(&mut self) -> Result<Name> {
        let NamePattern { parts, span } = self.name_pattern()?;
        if parts.len() > 1 {
            let message = format!("wildcards are not allowed here: `{}`", span.of(self.text));
            return Err(Diagnostic::error(super::SYNTAX, message, span));
        }
        Ok(Name { text: parts.concat(), span })
    }

    fn renames(&mut self) -> Result<Vec<Rename>> {
        let mut renames = Vec::new();
        loop {
            let first = self.plain_name()?;
            if self.take("=") {
                renames.push(Rename { from: self.plain_name()?, to: first });
            } else {
                self.expect_word("as")?;
                renames.push(Rename { from: first, to: self.plain_name()? });
            }
            if !self.take(",") {
                return Ok(renames);
            }
        }
    }

    fn orders(&mut self) -> Result<Vec<Order>> {
        let mut orders = Vec::new();
        loop {
            let expr = self.boolean()?;
            let descending = if self.take_word("asc") { false } else { self.take_word("desc") };
            let mut nulls_first = None;
            if self.take_word("nulls") {
                nulls_first = Some(self.take_word("first"));
                if nulls_first == Some(false) {
                    self.expect_word("last")?;
                }
            }
            orders.push(Order { expr, descending, nulls_first });
            if !self.take(",") {
                return Ok(orders);
            }
        }
    }

    fn dissect(&mut self) -> Result<CommandKind> {
        let input = self.primary()?.expr;
        let pattern = self.string()?;
        let mut separator = None;
        if self.take_word("append_separator") {
            self.expect("=")?;
            separator = Some(self.string()?);
        }
        Ok(CommandKind::Dissect { input, pattern, separator })
    }

    fn grok(&mut self) -> Result<CommandKind> {
        let input = self.primary()?.expr;
        let mut patterns = vec![self.string()?];
        while self.take(",") {
            patterns.push(self.string()?);
        }
        Ok(CommandKind::Grok { input, patterns })
    }

    fn completion(&mut self) -> Result<CommandKind> {
        let mut ahead = self.ahead();
        let mut target = None;
        if ahead.name().is_ok() && ahead.at("=") {
            target = Some(self.name()?);
            self.expect("=")?;
        }
        let prompt: Expr = self.primary()?.expr;
        let mut options = Vec::new();
        if self.take_word("with") {
            self.expect("{")?;
            options = self.map_entries()?;
        }
        Ok(CommandKind::Completion { target, prompt, options })
    }
}
