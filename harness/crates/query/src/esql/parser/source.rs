//! Where rows come from: `FROM`, with index patterns and queries, and `ROW`.

use super::{Parser, Result};
use crate::esql::ast::{Name, Source, Text};
use crate::esql::lexer::{Lexer, SYNTAX, TokenKind};
use crate::esql::names::SOURCES;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

impl Parser<'_> {
    /// The source command.
    pub(super) fn source(&mut self) -> Result<Source> {
        let start = self.token.span.start;
        if self.at_word("from") {
            return self.from(start);
        }
        if self.take_word("row") {
            let fields = self.fields()?;
            return Ok(Source::Row { fields, span: Span::new(start, self.end) });
        }
        for keyword in SOURCES {
            if self.at_word(keyword) {
                let span = self.advance().span;
                self.skip_command();
                return Ok(Source::Other { keyword: keyword.to_uppercase(), span });
            }
        }
        let error = self.unexpected("FROM or ROW");
        Err(match &self.token.kind {
            TokenKind::Word(_) => {
                let near = self.unknown_word("command", self.token.span, &["from", "row"]);
                Diagnostic { help: near.help, ..error }
            }
            _ => error,
        })
    }

    fn from(&mut self, start: usize) -> Result<Source> {
        // The token after FROM need not be one of the expression language.
        self.advance();
        let (mut indices, mut subqueries) = (Vec::new(), Vec::new());
        let mut seen_star = false;
        loop {
            if self.take("(") {
                subqueries.push(self.subquery()?);
            } else {
                let index = self.index()?;
                check_pattern(&index, &mut seen_star)?;
                indices.push(index);
            }
            if !self.take(",") {
                break;
            }
        }
        let bracket = self.take("[");
        let mut metadata: Vec<Name> = Vec::new();
        if self.take_word("metadata") {
            loop {
                let name = self.name()?;
                if metadata.iter().any(|known| known.text == name.text) {
                    let message = format!("metadata field [{}] already declared", name.text);
                    return Err(Diagnostic::error(SYNTAX, message, name.span));
                }
                metadata.push(name);
                if !self.take(",") {
                    break;
                }
            }
        }
        if bracket {
            self.expect("]")?;
        }
        Ok(Source::From { indices, subqueries, metadata, span: Span::new(start, self.end) })
    }

    /// An index pattern, in quotes or without.
    pub(super) fn index(&mut self) -> Result<Name> {
        if let TokenKind::Text(_) = self.token.kind {
            let Text { text, span } = self.string()?;
            return Ok(Name { text, span });
        }
        match self.rescan(Lexer::index_pattern) {
            Some((text, span)) => Ok(Name { text, span }),
            None => Err(self.unexpected("an index pattern")),
        }
    }
}

/// Whether Elasticsearch takes the names of a pattern for those of indices.
/// Quotes may hold several; one after a wildcard may be an exclusion of any form.
fn check_pattern(pattern: &Name, seen_star: &mut bool) -> Result<()> {
    for name in pattern.text.split(',').map(str::trim) {
        let local = name.split("::").next().unwrap_or_default();
        *seen_star |= name.contains('*');
        let bare = local.replace('*', "");
        let date_math = bare.trim_start_matches('-').starts_with('<');
        // A cluster has rules of its own, and date math makes a name first.
        if bare.is_empty() || bare.contains(':') || date_math {
            continue;
        }
        let included = bare.strip_prefix('-').unwrap_or(&bare);
        if *seen_star && included.len() < bare.len() {
            continue;
        }
        let why = if included.starts_with(['_', '-', '+']) {
            "must not start with '_', '-', or '+'"
        } else if included.contains(['\\', '/', '?', '"', '<', '>', '|', ' ', '#']) {
            "must not contain the following characters [' ','\"','*',',','/','<','>','?','\\','|','#']"
        } else if included == "." || included == ".." {
            "must not be '.' or '..'"
        } else if included.len() > 255 {
            "index name is too long"
        } else {
            continue;
        };
        let message = format!("invalid index name [{included}], {why}");
        return Err(Diagnostic::error(SYNTAX, message, pattern.span));
    }
    Ok(())
}
