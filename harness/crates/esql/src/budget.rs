//! How much the steps of one run may make, so that no query takes all memory.
//!
//! What is counted does not depend on the machine: values and the text of
//! values, of all columns that are computed, one after the other.

use super::column::{Builder, Column};
use super::error::RUN_TIME;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_source::{effort, limits};

/// The most values that all steps of a run may make.
fn max_values() -> usize {
    limits::ESQL_VALUES.now()
}
/// The most text that they may have, in bytes.
pub(super) fn max_text() -> usize {
    limits::ESQL_TEXT.now()
}

/// How many bytes of text are a step of the rule's watchdog.
const BYTES_OF_A_STEP: usize = 32;
/// How many more for each row of the source.
const VALUES_OF_A_ROW: usize = 200;
/// How many more bytes for each row of the source.
const TEXT_OF_A_ROW: usize = 16 << 10;

/// What a run may still make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    values: usize,
    text: usize,
}

/// The most values that a constant may have when a query is planned.
const MAX_CONSTANT: usize = limits::ESQL_CONSTANT.most;

impl Budget {
    /// What a run over so many rows may make.
    pub(super) fn of_rows(rows: usize) -> Self {
        Self {
            values: max_values().saturating_add(rows.saturating_mul(VALUES_OF_A_ROW)),
            text: max_text().saturating_add(rows.saturating_mul(TEXT_OF_A_ROW)),
        }
    }

    /// What constants may be, which planning computes.
    pub(super) fn of_constants() -> Self {
        Self { values: MAX_CONSTANT, text: 16 << 20 }
    }

    /// Counts a column that was computed.
    ///
    /// # Errors
    ///
    /// More than a run may make.
    pub(super) fn spend(&mut self, column: &Column, span: Span) -> Result<(), Diagnostic> {
        self.spend_counts(column.data.len(), column.data.fresh_text(), span)
    }

    /// Counts values that are about to be made.
    ///
    /// # Errors
    ///
    /// More than a run may make.
    pub(super) fn spend_values(&mut self, values: usize, span: Span) -> Result<(), Diagnostic> {
        self.spend_counts(values, 0, span)
    }

    /// Whether a column that is being built is within what is left.
    ///
    /// # Errors
    ///
    /// More than a run may make.
    pub(super) fn check(mut self, builder: &Builder, span: Span) -> Result<(), Diagnostic> {
        self.spend_counts(builder.value_count(), builder.text_len(), span)
    }

    fn spend_counts(&mut self, values: usize, text: usize, span: Span) -> Result<(), Diagnostic> {
        // Past the watchdog of the rule nothing that is made is used.
        if !effort::spend(values.saturating_add(text / BYTES_OF_A_STEP)) {
            return Err(Diagnostic::error(RUN_TIME, "gave up", span));
        }
        let (limit, message) = match (self.values.checked_sub(values), self.text.checked_sub(text))
        {
            (Some(values), Some(text)) => {
                *self = Self { values, text };
                return Ok(());
            }
            (None, _) => {
                (limits::ESQL_VALUES, format!("more than {} values are made", max_values()))
            }
            (_, None) => (
                limits::ESQL_TEXT,
                format!("values of more than {} MiB of text are made", max_text() >> 20),
            ),
        };
        let help = "lists that grow step by step multiply: filter or limit them before";
        let help = limit.more().map_or_else(|| help.to_owned(), |more| format!("{help}; {more}"));
        Err(Diagnostic::error(RUN_TIME, message, span).with_help(help))
    }
}
