//! What a check looks at, and where it puts what it finds.

use std::sync::Arc;

use harness_compile::program::RuleProgram;
use harness_compile::rule::CompiledRule;
use harness_model::schema::{Field, FieldType, Schema};
use harness_predicate::{Leaf, Part};
use harness_rule::model::Rule;
use harness_rule::tree::Loaded;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::span::Span;
use serde_json::Value;

use super::codes::Code;
use super::model::{Edit, Finding, Fix, Level, Safety};
use super::uses::Use;

/// One rule, read and compiled.
pub(super) struct Target<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) rule: &'a Rule,
    pub(super) schema: &'a Schema,
    pub(super) compiled: &'a CompiledRule,
    /// The constants that the query compares fields with.
    pub(super) uses: &'a [Use],
}

impl<'a> Target<'a> {
    /// The text of the query; empty where there is none.
    pub(super) fn query(&self) -> &'a str {
        self.rule.query.as_ref().map_or("", |query| &query.text)
    }

    /// What is known of a field.
    pub(super) fn field(&self, name: &str) -> Option<Arc<Field>> {
        self.schema.field(name)
    }

    /// Whether a field is analyzed text.
    pub(super) fn is_text(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| {
            matches!(field.ty, FieldType::Text { .. } | FieldType::MatchOnlyText)
        })
    }

    /// The leaves of the plan that stand at a place of the query.
    pub(super) fn leaves_at(&self, place: Span) -> Vec<&'a Leaf> {
        let mut found = Vec::new();
        for filter in self.compiled.program.iter().flat_map(RuleProgram::filters) {
            filter.leaves(&mut |leaf| {
                let own = leaf.origin.span;
                let meets = own.start < place.end && place.start < own.end;
                if leaf.origin.part == Part::Query && meets {
                    found.push(leaf);
                }
            });
        }
        found
    }
}

/// Takes the findings about one file.
pub(super) struct Sink<'a> {
    loaded: &'a Loaded,
    found: Vec<Finding>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(loaded: &'a Loaded) -> Self {
        Self { loaded, found: Vec::new() }
    }

    /// What the reader or the compiler says; what the harness does not do is no fault
    /// of the rule.
    pub(super) fn told(&mut self, part: Part, found: Diagnostic) {
        if found.severity != Severity::Unsupported {
            self.diagnostic(part, found);
        }
    }

    /// The same, to say more of it.
    pub(super) fn diagnostic(&mut self, part: Part, found: Diagnostic) -> Told<'_> {
        let level = match found.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Unsupported => Level::Note,
        };
        let loaded = self.loaded;
        let problem = loaded.locate(part, found);
        self.found.push(Finding {
            code: problem.diagnostic.code,
            level,
            rule: loaded.key(),
            path: problem.path,
            text: problem.text,
            span: problem.diagnostic.span,
            message: problem.diagnostic.message,
            help: problem.diagnostic.help,
            evidence: None,
            fix: None,
        });
        let at = self.found.len() - 1;
        Told { loaded, finding: &mut self.found[at], part }
    }

    /// Whether there is a finding of a kind that meets a place of the query.
    pub(super) fn has(&self, code: Code, span: Span) -> bool {
        let query = self.loaded.rule.as_ref().and_then(|rule| rule.query.as_ref());
        let span = query.map_or(span, |query| query.locate(span));
        let meets = |one: &Finding| one.span.start < span.end && span.start < one.span.end;
        self.found.iter().any(|one| one.code == code.name() && meets(one))
    }

    /// A finding at a place of the query.
    pub(super) fn query(&mut self, code: Code, span: Span, message: String) -> Told<'_> {
        self.at(code, Part::Query, span, message)
    }

    /// A finding at a place of the file.
    pub(super) fn file(&mut self, code: Code, span: Span, message: String) -> Told<'_> {
        self.at(code, Part::File, span, message)
    }

    /// A finding at a place of a part.
    pub(super) fn at(&mut self, code: Code, part: Part, span: Span, message: String) -> Told<'_> {
        let about = code.about();
        self.diagnostic(part, Diagnostic::warning(about.name, message, span)).level(about.level)
    }

    /// By place; what is told twice, once.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut found = self.found;
        // What the compiler says of such a field our own finding says better.
        let own = |found: &Finding| found.code == Code::SourceOnlyField.name();
        let places: Vec<Span> = found.iter().filter(|one| own(one)).map(|one| one.span).collect();
        found.retain(|one| {
            let within = |place: &Span| one.span.start <= place.start && place.end <= one.span.end;
            one.code != "field-not-searchable" || !places.iter().any(within)
        });
        found.sort_by(|a, b| {
            (a.span.start, a.span.end, a.code, &a.message).cmp(&(
                b.span.start,
                b.span.end,
                b.code,
                &b.message,
            ))
        });
        found.dedup();
        found
    }
}

/// A finding that was told, to say more of it.
pub(super) struct Told<'a> {
    loaded: &'a Loaded,
    finding: &'a mut Finding,
    part: Part,
}

impl Told<'_> {
    /// What to do about it.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        self.finding.help = Some(help.into());
        self
    }

    /// An event that shows it.
    pub(super) fn evidence(self, event: Option<Value>) -> Self {
        self.finding.evidence = event;
        self
    }

    /// Another level than that of its code.
    pub(super) fn level(self, level: Level) -> Self {
        self.finding.level = level;
        self
    }

    /// A change that mends it: another text at places of the part. Left out where
    /// the file writes the text with escapes.
    pub(super) fn fix(
        self,
        title: impl Into<String>,
        safety: Safety,
        edits: &[(Span, String)],
    ) -> Self {
        let located: Option<Vec<Edit>> = edits.iter().map(|edit| self.located(edit)).collect();
        if let Some(mut edits) = located {
            edits.sort_by_key(|edit| edit.span);
            self.finding.fix = Some(Fix { title: title.into(), safety, edits });
        }
        self
    }

    fn located(&self, (span, text): &(Span, String)) -> Option<Edit> {
        let span = match self.part {
            Part::File => *span,
            Part::Query => {
                let query = self.loaded.rule.as_ref()?.query.as_ref()?;
                query.offset?;
                query.locate(*span)
            }
            Part::Filter(_) | Part::ThreatQuery | Part::ThreatFilter(_) => return None,
        };
        Some(Edit { span, text: text.clone() })
    }
}
