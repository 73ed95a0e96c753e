//! Commands that hold commands, or look into a table beside the pipe.

use super::{Parser, Result};
use crate::esql::ast::{Command, CommandKind, Name};
use crate::esql::lexer::SYNTAX;
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;

/// The most branches of `FORK`.
const MAX_BRANCHES: usize = limits::ESQL_BRANCHES.most;

impl Parser<'_> {
    /// `FORK (…) (…)`
    pub(super) fn fork(&mut self) -> Result<CommandKind> {
        let mut branches = Vec::new();
        while self.take("(") {
            if branches.len() == MAX_BRANCHES {
                let message = format!("FORK supports up to {MAX_BRANCHES} branches");
                return Err(Diagnostic::error(SYNTAX, message, self.token.span));
            }
            branches.push(self.branch()?);
        }
        if branches.is_empty() {
            return Err(self.unexpected("`(`"));
        }
        Ok(CommandKind::Fork(branches))
    }

    fn branch(&mut self) -> Result<Vec<Command>> {
        self.enter_query()?;
        let mut commands = vec![self.command()?];
        while self.take("|") {
            commands.push(self.command()?);
        }
        self.expect(")")?;
        self.queries -= 1;
        Ok(commands)
    }

    /// `LIMIT n`, or `LIMIT n BY a, b`
    pub(super) fn limit(&mut self) -> Result<CommandKind> {
        let count = self.primary()?.expr;
        if !self.take_word("by") {
            return Ok(CommandKind::Limit(count));
        }
        let mut keys = vec![self.boolean()?];
        while self.take(",") {
            keys.push(self.boolean()?);
        }
        Ok(CommandKind::LimitBy { count, keys })
    }

    /// `FILLNULL value ON a, b*`
    pub(super) fn fill_null(&mut self) -> Result<CommandKind> {
        let value = if self.take_word("default") { None } else { Some(self.constant_operand()?) };
        self.expect_word("on")?;
        Ok(CommandKind::FillNull { value, columns: self.name_patterns()? })
    }

    /// `ENRICH policy ON column WITH name = field, …`
    pub(super) fn enrich(&mut self) -> Result<CommandKind> {
        let policy = self.index()?;
        let on = if self.take_word("on") { Some(self.plain_name()?) } else { None };
        let mut with = Vec::new();
        if self.take_word("with") {
            loop {
                let first = self.plain_name()?;
                with.push(if self.take("=") {
                    (Some(first), self.plain_name()?)
                } else {
                    (None, first)
                });
                if !self.take(",") {
                    break;
                }
            }
        }
        Ok(CommandKind::Enrich { policy, on, with })
    }

    /// `LOOKUP JOIN index ON key, …`, or on a condition
    pub(super) fn lookup_join(&mut self) -> Result<CommandKind> {
        self.expect_word("join")?;
        let index: Name = self.index()?;
        self.expect_word("on")?;
        let mut on = vec![self.boolean()?];
        while self.take(",") {
            on.push(self.boolean()?);
        }
        Ok(CommandKind::LookupJoin { index, on })
    }
}
