//! Fields that nothing knows: no mapping, not the embedded table, and no event
//! of the run. Elasticsearch takes a test on them for one that nothing passes;
//! most often the name is misspelled.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use super::esql::Pipeline;
use super::program::RuleProgram;
use harness_model::schema::{Schema, UnknownFields, table};
use harness_predicate::Part;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_rule::exception::{Entry, Item, Test};
use harness_rule::located::Located;
use harness_rule::model::Rule;
use harness_rule::names::Language;
use harness_source::diagnostic::Diagnostic;
use harness_source::likeness::Likeness;
use harness_source::span::Span;
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;

/// The code of findings about such fields.
pub(crate) const CODE: &str = "unknown-field";

/// How alike a name has to be to be looked at: one letter of four may differ.
const LEAST_LIKENESS: f64 = 0.75;

/// A field that nothing knows, where a rule first names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField {
    /// Its name.
    pub field: Arc<str>,
    /// The text that names it.
    pub part: Part,
    /// The place in the text.
    pub span: Span,
    /// The known name that is most like it.
    pub near: Option<Arc<str>>,
}

impl Display for UnknownField {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "no mapping and no event has {}", self.field)?;
        match &self.near {
            Some(near) => write!(f, "; did you mean {near}?"),
            None => Ok(()),
        }
    }
}

impl UnknownField {
    fn new(field: &str, part: Part, span: Span, schema: &Schema) -> Self {
        Self { field: field.into(), part, span, near: nearest(field, schema) }
    }

    /// What there is to say of it; nothing where the project knows the name to
    /// be right.
    pub fn finding(&self, schema: &Schema) -> Option<Diagnostic> {
        let make = match schema.unknown_fields {
            _ if schema.is_vouched(&self.field) => return None,
            UnknownFields::Allow => return None,
            UnknownFields::Warn => Diagnostic::warning,
            UnknownFields::Error => Diagnostic::error,
        };
        let help = match &self.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "map it in harness.toml, or list it in `known_fields` below [schema]".to_owned()
            }
        };
        let message = format!("no mapping and no event has `{}`", self.field);
        Some(make(CODE, message, self.span).with_help(help))
    }
}

/// The unknown fields of a rule, each once for each text that names it, in the
/// order of the texts.
pub(super) fn of_rule(
    rule: &Rule,
    program: Option<&RuleProgram>,
    pipeline: Option<&Pipeline>,
    schema: &Schema,
) -> Vec<UnknownField> {
    let mut found = Finder { schema, told: BTreeSet::new(), found: Vec::new() };
    if let Some(program) = program {
        found.program(rule, program);
    }
    // Of a pipeline that has an error nobody knows the columns.
    let columns_known = pipeline.is_some() || rule.language != Some(Language::Esql);
    for name in stated(rule).filter(|_| columns_known) {
        // The columns of a pipeline are fields to what comes after it.
        if !pipeline.is_some_and(|pipeline| gives(pipeline, name)) {
            found.add(Part::File, name, || name.span);
        }
    }
    found.found
}

/// The unknown fields of an exception; it has no places.
pub fn of_exception(item: &Item, schema: &Schema) -> Vec<UnknownField> {
    let mut found = Finder { schema, told: BTreeSet::new(), found: Vec::new() };
    found.entries(&item.entries, "");
    found.found
}

struct Finder<'a> {
    schema: &'a Schema,
    told: BTreeSet<(Part, Arc<str>)>,
    found: Vec<UnknownField>,
}

impl Finder<'_> {
    fn add(&mut self, part: Part, name: &str, span: impl FnOnce() -> Span) {
        if self.told.contains(&(part, name.into())) || knows(self.schema, name) {
            return;
        }
        self.told.insert((part, name.into()));
        self.found.push(UnknownField::new(name, part, span(), self.schema));
    }

    fn program(&mut self, rule: &Rule, program: &RuleProgram) {
        for filter in program.filters() {
            filter.leaves(&mut |leaf| {
                let (part, span) = (leaf.origin.part, leaf.origin.span);
                for column in leaf.absent() {
                    let place = || place(text_of(rule, part), span, &column.name);
                    self.add(part, &column.name, place);
                }
            });
        }
        let Some(Plan::Eql(eql)) = program.plan() else { return };
        let stages = match &eql.search {
            EqlSearch::Events(_) => return,
            EqlSearch::Sequence { stages, .. } | EqlSearch::Sample { stages } => stages,
        };
        let text = text_of(rule, Part::Query);
        for key in stages.iter().flat_map(|stage| &stage.keys) {
            if key.column.is_none() {
                let all = Span::new(0, text.len());
                self.add(Part::Query, &key.field, || place(text, all, &key.field));
            }
        }
    }

    fn entries(&mut self, entries: &[Entry], prefix: &str) {
        for entry in entries {
            let field = format!("{prefix}{}", entry.field);
            match &entry.test {
                Test::Nested(inner) => self.entries(inner, &format!("{field}.")),
                Test::Match(_)
                | Test::MatchAny(_)
                | Test::Wildcard(_)
                | Test::Exists
                | Test::List { .. } => self.add(Part::File, &field, Span::default),
            }
        }
    }
}

/// The fields that a rule names beside its texts.
fn stated(rule: &Rule) -> impl Iterator<Item = &Located<String>> {
    let threshold = rule.threshold.iter().flat_map(|threshold| {
        threshold.fields.iter().chain(threshold.cardinality.iter().map(|counted| &counted.field))
    });
    let new_terms = rule.new_terms.iter().flat_map(|new_terms| &new_terms.fields);
    let threat = rule.threat_match.iter().flat_map(|threat| &threat.mapping);
    let threat = threat.flat_map(|group| &group.entries);
    let threat = threat.flat_map(|entry| [&entry.field, &entry.value]);
    let groups = rule.alert_suppression.iter().flat_map(|suppression| &suppression.group_by);
    let eql = [&rule.eql.event_category, &rule.eql.timestamp, &rule.eql.tiebreaker];
    let overrides = eql.into_iter().chain([&rule.timestamp_override, &rule.rule_name_override]);
    let severity = rule.severity_mapping.iter().map(|mapping| &mapping.field);
    let score = rule.risk_score_mapping.iter().map(|mapping| &mapping.field);
    let decisive = threshold.chain(new_terms).chain(threat).chain(groups);
    decisive.chain(overrides.flatten()).chain(severity).chain(score)
}

/// Whether a column of that name comes out of a pipeline.
fn gives(pipeline: &Pipeline, name: &str) -> bool {
    let output = &pipeline.plan.output;
    let columns = output.columns.iter().chain(&output.replaced);
    columns.into_iter().any(|column| &*column.name == name)
        || pipeline.plan.metadata.iter().any(|field| field == name)
}

/// Whether some mapping, the table or an event has a field of that name, or one
/// below it; of a pattern, whether it stands for one.
fn knows(schema: &Schema, name: &str) -> bool {
    if !name.contains('*') {
        return schema.knows(name);
    }
    let pattern = Glob::simple(name);
    let embedded = schema.has_embedded_fields();
    !schema.matching(&pattern).is_empty()
        || embedded && table::names().any(|name| pattern.matches(&name, Case::Sensitive))
}

/// The known name that is most like another, if one is; the first of several.
fn nearest(name: &str, schema: &Schema) -> Option<Arc<str>> {
    let likeness = Likeness::new(name);
    let mut best: Option<(f64, Arc<str>)> = None;
    let mut see = |other: &str| {
        if name.len().abs_diff(other.len()) * 4 > name.len().max(other.len()) {
            return;
        }
        let own = likeness.to(other);
        let better = best.as_ref().is_none_or(|(least, known)| {
            own > *least || own.total_cmp(least).is_eq() && other < &**known
        });
        if own >= LEAST_LIKENESS && better && may_be(name, other) {
            best = Some((own, other.into()));
        }
    };
    schema.fields().for_each(|field| see(&field.name));
    if schema.has_embedded_fields() {
        table::names().for_each(|other| see(&other));
    }
    best.map(|(_, name)| name)
}

/// Whether a name may be another one misspelt: where their words differ, it is
/// by one letter and one more of each four.
fn may_be(name: &str, other: &str) -> bool {
    let separator = |c: char| matches!(c, '.' | '_');
    let mut a: Vec<&str> = name.split(separator).collect();
    let mut b: Vec<&str> = other.split(separator).collect();
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    (a, b) = (a.split_off(start), b.split_off(start));
    while a.last().is_some_and(|word| b.last() == Some(word)) {
        a.pop();
        b.pop();
    }
    let (a, b) = (a.join("."), b.join("."));
    let allowed = 1 + a.len().max(b.len()) / 4;
    a.is_empty() && b.is_empty() || Likeness::new(&a).distance(&b) <= allowed
}

/// The text that spans of a part point into.
pub fn text_of(rule: &Rule, part: Part) -> &str {
    match part {
        Part::Query => rule.query.as_ref().map_or("", |query| &query.text),
        Part::ThreatQuery => rule.threat_match.as_ref().map_or("", |threat| &threat.query.text),
        Part::Filter(_) | Part::ThreatFilter(_) | Part::File => "",
    }
}

/// Where the name of a clause's field stands: the last such name that begins
/// before the end of the clause, or the clause.
pub fn place(text: &str, clause: Span, name: &str) -> Span {
    // In quotation marks it is a value.
    let part_of_name = |c: char| c.is_alphanumeric() || "._-@*\"".contains(c);
    let mut places = text.match_indices(name).filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        let behind = text[at + name.len()..].chars().next();
        !before.is_some_and(part_of_name) && !behind.is_some_and(part_of_name)
    });
    let place = places.by_ref().take_while(|(at, _)| *at < clause.end).last();
    place.map_or(clause, |(at, _)| Span::new(at, at + name.len()))
}

#[cfg(test)]
mod tests;
