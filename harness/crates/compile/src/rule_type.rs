//! What a rule type adds to its query: groups, new terms, indicators.

use super::program::RuleProgram;
use super::rule::{Findings, compile_kql, compile_lucene, conjunction};
use super::{Context, Now};
use harness_model::schema::{FieldType, Schema};
use harness_model::value::Resolution;
use harness_predicate::plan::{
    Compare, KeyForm, NewTermsPlan, Plan, TermField, ThreatEntry, ThreatPlan, ThresholdPlan,
};
use harness_predicate::{Part, Predicate};
use harness_rule::located::Located;
use harness_rule::model::{NewTerms, Rule, Threshold};
use harness_rule::names::{Language, RuleType};
use harness_rule::threat::{MappingEntry, ThreatMatch};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_text::analysis::Analyzer;

/// Makes the program of a rule out of that of its query; reports all that is
/// wrong with what its type adds, even where the query is.
pub(super) fn extend(
    rule: &Rule,
    base: Option<RuleProgram>,
    schema: &Schema,
    now: Now<'_>,
    found: &mut Findings,
) -> Option<RuleProgram> {
    let mut types = Types { schema, found };
    let incomplete = |what: &str| {
        let message = format!("the rule has no {what}");
        (Part::File, Diagnostic::error("rule-type", message, Span::default()))
    };
    match rule.rule_type {
        RuleType::Query | RuleType::SavedQuery | RuleType::Eql | RuleType::Esql => base,
        RuleType::MachineLearning => {
            let reason = "machine_learning rules need the results of anomaly jobs";
            let reason = Diagnostic::unsupported("rule-type", reason, Span::default())
                .with_help("let cases state records, as hits of the index .ml-anomalies-*");
            types.found.extend(base.as_ref().map(|_| (Part::Query, reason)));
            base
        }
        RuleType::Correlation => {
            let reason = "correlation rules read the alerts of other rules";
            let reason = Diagnostic::unsupported("rule-type", reason, Span::default());
            types.found.push((Part::File, reason));
            base
        }
        RuleType::Threshold => {
            let Some(threshold) = &rule.threshold else {
                types.found.push(incomplete("threshold"));
                return None;
            };
            let plan = types.threshold(threshold);
            Some(RuleProgram::Conditions(Plan::Threshold(ThresholdPlan {
                filter: filter(base)?,
                ..plan?
            })))
        }
        RuleType::NewTerms => {
            let Some(new_terms) = &rule.new_terms else {
                types.found.push(incomplete("new terms"));
                return None;
            };
            let plan = types.new_terms(new_terms);
            Some(RuleProgram::Conditions(Plan::NewTerms(NewTermsPlan {
                filter: filter(base)?,
                ..plan?
            })))
        }
        RuleType::ThreatMatch => {
            let Some(threat) = &rule.threat_match else {
                types.found.push(incomplete("indicators"));
                return None;
            };
            let plan = types.threat(threat, now);
            Some(RuleProgram::Conditions(Plan::Threat(ThreatPlan {
                filter: filter(base)?,
                ..plan?
            })))
        }
    }
}

/// The plan that counts the events of `filter`.
///
/// # Errors
///
/// Fields that form no groups.
pub fn threshold(
    filter: Predicate,
    threshold: &Threshold,
    schema: &Schema,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let plan = Types { schema, found: &mut found }.threshold(threshold);
    plan.map(|plan| Plan::Threshold(ThresholdPlan { filter, ..plan })).ok_or_else(|| bare(found))
}

/// The plan that looks for new terms among the events of `filter`.
///
/// # Errors
///
/// Fields that form no groups.
pub fn new_terms(
    filter: Predicate,
    new_terms: &NewTerms,
    schema: &Schema,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let plan = Types { schema, found: &mut found }.new_terms(new_terms);
    plan.map(|plan| Plan::NewTerms(NewTermsPlan { filter, ..plan })).ok_or_else(|| bare(found))
}

fn bare(found: Findings) -> Vec<Diagnostic> {
    found.into_iter().map(|(_, found)| found).collect()
}

/// The fields that suppression groups alerts by.
pub(super) fn grouping(rule: &Rule, schema: &Schema, found: &mut Findings) -> Vec<TermField> {
    let own = rule.alert_suppression.iter().filter(|_| rule.rule_type != RuleType::Esql);
    let names = own.flat_map(|suppression| &suppression.group_by);
    let mut types = Types { schema, found };
    names.filter_map(|name| types.group_field(name)).collect()
}

/// The condition of a query that is one; these types have no other.
fn filter(base: Option<RuleProgram>) -> Option<Predicate> {
    match base? {
        RuleProgram::Conditions(Plan::Filter(filter)) => Some(filter),
        RuleProgram::Conditions(
            Plan::Eql(_) | Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_),
        )
        | RuleProgram::Pipeline { .. } => None,
    }
}

/// A part of a plan whose filter is still to come.
const PENDING: Predicate = Predicate::Const(true);

struct Types<'a> {
    schema: &'a Schema,
    found: &'a mut Findings,
}

impl Types<'_> {
    fn threshold(&mut self, threshold: &Threshold) -> Option<ThresholdPlan> {
        let fields = self.group_fields(&threshold.fields);
        let cardinality = match threshold.cardinality.first() {
            None => None,
            Some(counted) => Some((self.group_field(&counted.field)?, counted.value)),
        };
        Some(ThresholdPlan {
            filter: PENDING,
            fields: fields?,
            count: threshold.value,
            cardinality,
        })
    }

    fn new_terms(&mut self, new_terms: &NewTerms) -> Option<NewTermsPlan> {
        Some(NewTermsPlan { filter: PENDING, fields: self.group_fields(&new_terms.fields)? })
    }

    fn threat(&mut self, threat: &ThreatMatch, now: Now<'_>) -> Option<ThreatPlan> {
        let context = Context { schema: self.schema, part: Part::ThreatQuery, now };
        let text = threat.query.text.as_str();
        let query = match threat.language {
            Language::Kuery => compile_kql(text, context),
            Language::Lucene => compile_lucene(text, context),
            Language::Eql | Language::Esql => {
                let message = format!("indicators are not chosen in `{}`", threat.language);
                Err(vec![Diagnostic::error("rule-language", message, Span::new(0, text.len()))])
            }
        };
        let query = query.map_err(|errors| {
            self.found.extend(errors.into_iter().map(|error| (Part::ThreatQuery, error)));
        });
        let filters =
            conjunction(&threat.filters, Part::ThreatFilter, self.schema, now, self.found);
        let mut groups = Vec::new();
        for group in &threat.mapping {
            groups.push(group.entries.iter().map(|entry| self.entry(entry)).collect::<Vec<_>>());
        }
        let groups = groups.into_iter().map(|group| group.into_iter().collect());
        Some(ThreatPlan {
            filter: PENDING,
            groups: groups.collect::<Option<Vec<Vec<ThreatEntry>>>>()?,
            indicators: Predicate::and([query.ok()?, filters?]),
            indicator_index: threat.index.clone(),
        })
    }

    fn entry(&mut self, entry: &MappingEntry) -> Option<ThreatEntry> {
        let (field, value) = (self.field(&entry.field), self.field(&entry.value));
        let (field, field_analyzer) = field?;
        let (value, value_analyzer) = value?;
        let compare = field_analyzer.or(value_analyzer).map_or(Compare::Values, Compare::Tokens);
        Some(ThreatEntry { field, value, negate: entry.negate, compare })
    }

    fn group_fields(&mut self, names: &[Located<String>]) -> Option<Vec<TermField>> {
        let fields: Vec<_> = names.iter().map(|name| self.group_field(name)).collect();
        fields.into_iter().collect()
    }

    /// A field whose values form groups: not text, as for Elasticsearch.
    fn group_field(&mut self, name: &Located<String>) -> Option<TermField> {
        let (field, analyzer) = self.field(name)?;
        if analyzer.is_none() {
            return Some(field);
        }
        let message = format!("`{}` is a text field, which cannot form groups", name.value);
        let mut error = Diagnostic::error("group-by-text", message, name.span);
        let keyword = format!("{}.keyword", name.value);
        error = match self.schema.field(&keyword) {
            Some(_) => error.with_help(format!("use `{keyword}`")),
            None => error.with_help("map it as a keyword in `harness.toml`"),
        };
        self.found.push((Part::File, error));
        None
    }

    /// A field, and how its values become tokens where it is text.
    fn field(&mut self, name: &Located<String>) -> Option<(TermField, Option<Analyzer>)> {
        let mut field = self.schema.field(&name.value);
        // Where nobody mapped a text, its keyword stands in: so integrations map it.
        if self.schema.is_guessed(&name.value) {
            field = self.schema.field(&format!("{}.keyword", name.value)).or(field);
        }
        let ty = field.as_ref().map(|field| &field.ty);
        if let Some(ty @ (FieldType::Other(_) | FieldType::Range { .. } | FieldType::Geometry(_))) =
            ty
        {
            let ty = ty.name();
            let message = format!("`{}` is of the type {ty}, which is not read", name.value);
            let reason = Diagnostic::unsupported("field-type", message, name.span);
            self.found.push((Part::File, reason));
            return None;
        }
        if let Some(FieldType::Refused(why)) = ty {
            let message = format!("the mapping of `{}` is not read: {why}", name.value);
            let reason = Diagnostic::unsupported("field-type", message, name.span);
            self.found.push((Part::File, reason));
            return None;
        }
        let analyzer = ty.and_then(FieldType::analyzer).cloned();
        if analyzer.is_none() && field.as_ref().is_some_and(|field| !field.access.has_doc_values())
        {
            let message = format!("`{}` has no doc values, which groups are made of", name.value);
            let error = Diagnostic::error("field-not-searchable", message, name.span);
            self.found.push((Part::File, error));
            return None;
        }
        let term = TermField {
            field: name.value.as_str().into(),
            form: match ty {
                Some(FieldType::Boolean) => KeyForm::Boolean,
                Some(FieldType::Date { resolution: Resolution::Nanos, .. }) => KeyForm::Nanos,
                Some(FieldType::Date { .. }) => KeyForm::Date,
                _ => KeyForm::Plain,
            },
            column: field.and_then(|field| field.column()),
        };
        Some((term, analyzer))
    }
}
