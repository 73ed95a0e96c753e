//! Which indices a field is in that no mapping knows: those of the events that
//! have it. Of a field that mappings know, nothing says in which indices it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use harness_compile::rule::CompiledRule;
use harness_compile::unknown::{place, text_of};
use harness_model::event::{Event, flatten};
use harness_model::index_pattern::sees;
use harness_model::schema::Schema;
use harness_predicate::Part;
use harness_predicate::plan::Reach;
use harness_rule::model::Rule;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// The most indices that are told.
const MAX_TOLD: usize = 3;

/// The indices of the events that have each field that no mapping knows.
#[derive(Debug, Default)]
pub(super) struct Whereabouts {
    /// `None` where some event does not say which index it lies in.
    fields: BTreeMap<Arc<str>, Option<BTreeSet<String>>>,
}

impl Whereabouts {
    /// Where the fields are that `schema` took from these events.
    pub(super) fn new<'e>(events: impl Iterator<Item = &'e Event>, schema: &Schema) -> Self {
        let mut found = Self::default();
        if !schema.has_guessed_fields() {
            return found;
        }
        for event in events {
            flatten(&event.source, &mut |path, value| {
                if value.is_null() || !schema.is_guessed(path) {
                    return;
                }
                let all = found.fields.entry(path.into()).or_insert_with(|| Some(BTreeSet::new()));
                match (all.as_mut(), &event.index) {
                    (Some(indices), Some(index)) => drop(indices.insert(index.clone())),
                    (_, _) => *all = None,
                }
            });
        }
        found
    }

    /// The fields that a rule reads and that are in none of its indices, each
    /// where the rule first names it.
    pub(super) fn findings(
        &self,
        rule: &Rule,
        compiled: &CompiledRule,
        schema: &Schema,
    ) -> Vec<(Part, Diagnostic)> {
        let Some(program) = compiled.program.as_ref().filter(|_| !self.fields.is_empty()) else {
            return Vec::new();
        };
        let mut named: Vec<(Arc<str>, &[String], Part, Span)> = Vec::new();
        for (filter, reach) in program.filters().into_iter().zip(program.reaches()) {
            let patterns = match (program.pipeline(), reach, &rule.threat_match) {
                (Some(pipeline), ..) => pipeline.plan.indices.as_slice(),
                (None, Reach::Indicators, Some(threat)) => threat.index.as_slice(),
                (None, Reach::Indicators | Reach::Window | Reach::History, _) => rule.patterns(),
            };
            filter.leaves(&mut |leaf| {
                for column in leaf.columns() {
                    named.push((column.name.clone(), patterns, leaf.origin.part, leaf.origin.span));
                }
            });
        }
        if let Some(pipeline) = program.pipeline() {
            let all = Span::new(0, text_of(rule, Part::Query).len());
            let fields = pipeline.fields.iter().map(|field| field.name.clone());
            named.extend(fields.map(|name| (name, &*pipeline.plan.indices, Part::Query, all)));
        }
        let mut told = BTreeSet::new();
        let mut findings = Vec::new();
        for (name, patterns, part, span) in named {
            let field =
                schema.field(&name).map_or_else(|| name.clone(), |field| field.source.clone());
            let Some(Some(indices)) = self.fields.get(&field) else { continue };
            let seen = indices.iter().any(|index| sees(patterns, Some(index)));
            // Words without a field ask for every field, and name none.
            let text = text_of(rule, part);
            let named = text.is_empty() || text.contains(&*field);
            if !seen && named && told.insert((part, field.clone())) {
                let place = place(text, span, &field);
                findings.push((part, finding(&field, indices, patterns, place)));
            }
        }
        findings
    }
}

fn finding(
    field: &str,
    indices: &BTreeSet<String>,
    patterns: &[String],
    place: Span,
) -> Diagnostic {
    let mut told: Vec<&str> = indices.iter().map(String::as_str).take(MAX_TOLD).collect();
    if indices.len() > told.len() {
        told.push("…");
    }
    let message = format!(
        "no mapping has `{field}`, and the events that have it lie in {}, which the rule does not \
         read",
        told.join(", ")
    );
    let help = format!("the rule reads {}", patterns.join(", "));
    Diagnostic::warning("field-not-in-indices", message, place).with_help(help)
}
