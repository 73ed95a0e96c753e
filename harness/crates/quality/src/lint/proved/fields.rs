//! Fields that a matching event cannot have, and bounds that one event reaches.

use harness_predicate::plan::{EqlSearch, Plan, TermField};
use harness_predicate::{Column, Leaf, Origin, Predicate, Test};
use harness_rule::located::Located;
use harness_rule::model::Rule;
use harness_source::span::Span;

use crate::compare::Prover;
use crate::lint::codes::Code;
use crate::lint::key::key;
use crate::lint::target::{Sink, Target};

/// Tells the fields that form groups and that no matching event has.
pub(super) fn check(
    target: &Target<'_>,
    plan: &Plan,
    prover: &mut Prover<'_>,
    sink: &mut Sink<'_>,
) {
    let (filter, fields): (&Predicate, Vec<&TermField>) = match plan {
        Plan::Threshold(own) => {
            let counted = own.cardinality.iter().map(|(field, _)| field);
            (&own.filter, own.fields.iter().chain(counted).collect())
        }
        Plan::NewTerms(own) => (&own.filter, own.fields.iter().collect()),
        Plan::Filter(filter) => (filter, Vec::new()),
        Plan::Threat(own) => {
            let entries = own.groups.iter().flatten().filter(|entry| !entry.negate);
            (&own.filter, entries.map(|entry| &entry.field).collect())
        }
        Plan::Eql(own) => {
            match &own.search {
                EqlSearch::Events(filter) => groups(target, filter, prover, sink),
                EqlSearch::Sequence { stages, .. } | EqlSearch::Sample { stages } => {
                    for stage in stages {
                        for field in stage.keys.iter().filter(|key| !key.optional) {
                            let Some(column) = &field.column else { continue };
                            if lacks(prover, &stage.filter, column) {
                                let place =
                                    super::filter::span_of(&stage.filter).unwrap_or_default();
                                let message = format!(
                                    "no event of this stage has `{}`, by which it is joined",
                                    field.field
                                );
                                sink.query(Code::ImpossibleField, place, message);
                            }
                        }
                    }
                }
            }
            return;
        }
    };
    for field in fields {
        if field.column.as_ref().is_some_and(|column| lacks(prover, filter, column)) {
            let place = place(target.rule, &field.field);
            let message = format!("no event that matches has `{}`", field.field);
            sink.file(Code::ImpossibleField, place, message)
                .help("the query asks for events without the field");
        }
    }
    groups(target, filter, prover, sink);
}

/// The fields of suppression.
fn groups(target: &Target<'_>, filter: &Predicate, prover: &mut Prover<'_>, sink: &mut Sink<'_>) {
    for field in &target.compiled.grouping {
        if field.column.as_ref().is_some_and(|column| lacks(prover, filter, column)) {
            let place = place(target.rule, &field.field);
            let message =
                format!("no event that matches has `{}`, which alerts are grouped by", field.field);
            sink.file(Code::ImpossibleField, place, message)
                .help("the query asks for events without the field");
        }
    }
}

/// Whether no event that fulfils a filter has a value in a column; not of one that no
/// event fulfils.
fn lacks(prover: &mut Prover<'_>, filter: &Predicate, column: &Column) -> bool {
    if prover.is_never(filter) != Some(false) {
        return false;
    }
    let (column, test) = (column.clone(), Test::Exists);
    let exists = Predicate::Leaf(Leaf { column, test, origin: Origin::default() });
    prover.is_never(&Predicate::and([filter.clone(), exists])) == Some(true)
}

/// Where the rule's file names a field beside its query.
fn place(rule: &Rule, name: &str) -> Span {
    let threshold = rule.threshold.iter().flat_map(|own| {
        own.fields.iter().chain(own.cardinality.iter().map(|counted| &counted.field))
    });
    let new_terms = rule.new_terms.iter().flat_map(|own| &own.fields);
    let groups = rule.alert_suppression.iter().flat_map(|own| &own.group_by);
    let threat = rule.threat_match.iter().flat_map(|own| &own.mapping);
    let threat = threat.flat_map(|group| group.entries.iter().map(|entry| &entry.field));
    let mut all = threshold.chain(new_terms).chain(groups).chain(threat);
    let found: Option<&Located<String>> = all.find(|field| field.value == name);
    found.map_or_else(Span::default, |field| field.span)
}

/// Tells bounds that a single event reaches.
pub(super) fn bounds(target: &Target<'_>, plan: &Plan, sink: &mut Sink<'_>) {
    let Plan::Threshold(own) = plan else { return };
    let text = &target.loaded.text;
    let at = |name: &str| {
        let from = text.find("[rule.threshold").unwrap_or(0);
        let inner = key(text.get(from..).unwrap_or_default(), name);
        inner.map_or_else(Span::default, |span| Span::new(span.start + from, span.end + from))
    };
    if own.count <= 1 && own.cardinality.is_none() {
        let message = "one event reaches the threshold, so the rule counts nothing".to_owned();
        sink.file(Code::LowThreshold, at("value"), message)
            .help("raise the value, or make it a rule of type query");
    }
    if let Some((field, most)) = &own.cardinality
        && *most <= 1
    {
        let message =
            format!("every group has one value of `{}`, so this bound says nothing", field.field);
        sink.file(Code::LowThreshold, at("value"), message).help("raise it, or leave it out");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Bench;
    use crate::compare::tests::{events, predicate, schema};
    use harness_predicate::Kind;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// No event that fulfils the filter has a field that it lacks.
        #[test]
        fn fields_that_events_lack_are_those_of_brute_force(filter in predicate()) {
            let schema = schema();
            let column = Column { name: "user.name".into(), kind: Kind::Keyword };
            if !lacks(&mut Prover::new(&schema), &filter, &column) {
                return Ok(());
            }
            let mut leaves = Vec::new();
            filter.leaves(&mut |leaf| leaves.push(leaf));
            let bench = Bench::new(&schema, leaves.into_iter());
            for event in events(2) {
                let has = !event["user"]["name"].as_array().is_some_and(Vec::is_empty);
                prop_assert!(!has || bench.holds(&filter, &event) == Some(false), "{}", event);
            }
        }
    }
}
