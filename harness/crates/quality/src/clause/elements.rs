//! What decides beside clauses: stages, keys and times of sequences, counts,
//! groups, new terms, comparisons with indicators.
//!
//! Each part comes with the plan that lacks it. It is decisive where a case
//! raises fewer alerts than it would without the part.

use std::sync::Arc;

use super::ClauseKind;
use harness_detect::window::span_text;
use harness_predicate::plan::{EqlPlan, EqlSearch, Plan, Stage, ThresholdPlan};
use harness_predicate::{Origin, Part as Text};
use harness_query::eql;
use harness_query::eql::ast::{Body, Field, Query, Term};
use harness_rule::model::Rule;
use harness_rule::names::Language;
use harness_source::span::{Span, plural};

/// A part of a plan that is no condition on one event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) kind: ClauseKind,
    pub(crate) origin: Origin,
    pub(crate) text: String,
    /// The fields that it names.
    pub(crate) fields: Vec<Arc<str>>,
    /// The plan without it.
    pub(crate) without: Plan,
}

/// The parts of a plan, in the order of the rule.
pub(crate) fn parts(plan: &Plan, rule: &Rule) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |kind, origin, text: String, fields: &[&Arc<str>], without| {
        let fields = fields.iter().map(|field| Arc::clone(field)).collect();
        parts.push(Part { kind, origin, text, fields, without });
    };
    match plan {
        Plan::Filter(_) => {}
        Plan::Eql(eql) => return sequence(eql, rule),
        Plan::Threshold(plan) => {
            for (at, field) in plan.fields.iter().enumerate() {
                let mut without = plan.clone();
                without.fields.remove(at);
                let text = format!("for each {}", field.field);
                add(
                    ClauseKind::Group,
                    group_field(rule, at),
                    text,
                    &[&field.field],
                    Plan::Threshold(without),
                );
            }
            if plan.count > 1 {
                let without = ThresholdPlan { count: 1, ..plan.clone() };
                let text = format!("at least {}", plural(plan.count, "event"));
                add(ClauseKind::Count, in_file(None), text, &[], Plan::Threshold(without));
            }
            if let Some((field, count)) = &plan.cardinality {
                let without = ThresholdPlan { cardinality: None, ..plan.clone() };
                let text = format!("at least {} of {}", plural(*count, "value"), field.field);
                let origin = counted_field(rule);
                add(
                    ClauseKind::Cardinality,
                    origin,
                    text,
                    &[&field.field],
                    Plan::Threshold(without),
                );
            }
        }
        Plan::NewTerms(plan) => {
            for (at, field) in plan.fields.iter().enumerate() {
                let mut without = plan.clone();
                without.fields.remove(at);
                let without = match without.fields.as_slice() {
                    [] => Plan::Filter(without.filter),
                    [_, ..] => Plan::NewTerms(without),
                };
                let text = format!("new values of {}", field.field);
                add(ClauseKind::NewTerm, new_field(rule, at), text, &[&field.field], without);
            }
        }
        Plan::Threat(plan) => {
            for (at, group) in plan.groups.iter().enumerate() {
                for (number, entry) in group.iter().enumerate() {
                    let mut without = plan.clone();
                    without.groups[at].remove(number);
                    let without = if without.groups[at].is_empty() {
                        Plan::Filter(without.filter)
                    } else {
                        Plan::Threat(without)
                    };
                    let origin = compared_field(rule, at, number);
                    let fields = [&entry.field.field, &entry.value.field];
                    add(ClauseKind::Mapping, origin, entry.to_string(), &fields, without);
                }
            }
        }
    }
    parts
}

/// A place in the rule's file; an empty one where it is not known.
fn in_file(span: Option<Span>) -> Origin {
    Origin { part: Text::File, span: span.unwrap_or_default() }
}

/// Where a threshold rule states the n-th field that forms groups.
pub(crate) fn group_field(rule: &Rule, at: usize) -> Origin {
    in_file(rule.threshold.as_ref().and_then(|stated| Some(stated.fields.get(at)?.span)))
}

/// Where a threshold rule states the field whose values are counted.
pub(crate) fn counted_field(rule: &Rule) -> Origin {
    let stated = rule.threshold.as_ref();
    in_file(stated.and_then(|stated| Some(stated.cardinality.first()?.field.span)))
}

/// Where a new-terms rule states its n-th field.
pub(crate) fn new_field(rule: &Rule, at: usize) -> Origin {
    in_file(rule.new_terms.as_ref().and_then(|stated| Some(stated.fields.get(at)?.span)))
}

/// Where an indicator match rule states the field of a comparison in a group.
pub(crate) fn compared_field(rule: &Rule, group: usize, number: usize) -> Origin {
    let stated = rule.threat_match.as_ref();
    let entry = stated.and_then(|threat| threat.mapping.get(group)?.entries.get(number));
    in_file(entry.map(|entry| entry.field.span))
}

/// Where an EQL query states its parts.
pub(crate) struct Places(Option<Query>);

impl Places {
    pub(crate) fn new(rule: &Rule) -> Self {
        let text = rule.query.as_ref().filter(|_| rule.language == Some(Language::Eql));
        Self(text.and_then(|query| eql::parse(&query.text).ok()))
    }

    fn at(span: Option<Span>) -> Origin {
        Origin { part: Text::Query, span: span.unwrap_or_default() }
    }

    fn terms(&self) -> &[Term] {
        match self.0.as_ref().map(|query| &query.body) {
            Some(Body::Sequence(sequence)) => &sequence.terms,
            Some(Body::Sample(sample)) => &sample.terms,
            Some(Body::Event(_)) | None => &[],
        }
    }

    /// A stage, brackets and all.
    pub(crate) fn stage(&self, at: usize) -> Origin {
        Self::at(self.terms().get(at).map(|term| term.span))
    }

    /// A join key: of all stages, or of the first.
    pub(crate) fn key(&self, at: usize) -> Origin {
        let by: &[Field] = match self.0.as_ref().map(|query| &query.body) {
            Some(Body::Sequence(sequence)) => &sequence.by,
            Some(Body::Sample(sample)) => &sample.by,
            Some(Body::Event(_)) | None => &[],
        };
        let own = self.terms().first().map_or(&[][..], |term| &term.by);
        Self::at(by.iter().chain(own).nth(at).map(|field| field.span))
    }

    pub(crate) fn maxspan(&self) -> Origin {
        Self::at(match self.0.as_ref().map(|query| &query.body) {
            Some(Body::Sequence(sequence)) => sequence.maxspan.map(|maxspan| maxspan.span),
            Some(Body::Sample(_) | Body::Event(_)) | None => None,
        })
    }

    /// Whether a place is the category of a filter, `file` in `file where …`.
    pub(crate) fn is_category(&self, origin: Origin) -> bool {
        let filters = self.0.iter().flat_map(|query| query.body.filters());
        let mut categories = filters.filter_map(|filter| filter.category.as_ref());
        origin.part == Text::Query && categories.any(|category| category.span == origin.span)
    }

    pub(crate) fn until(&self) -> Origin {
        Self::at(match self.0.as_ref().map(|query| &query.body) {
            Some(Body::Sequence(sequence)) => sequence.until.as_ref().map(|until| until.span),
            Some(Body::Sample(_) | Body::Event(_)) | None => None,
        })
    }
}

fn sequence(plan: &EqlPlan, rule: &Rule) -> Vec<Part> {
    let places = Places::new(rule);
    let mut parts = Vec::new();
    let with = |search| Plan::Eql(EqlPlan { search, limits: plan.limits.clone() });
    let mut add = |kind, origin, text: String, fields: &[&Arc<str>], without| {
        let fields = fields.iter().map(|field| Arc::clone(field)).collect();
        parts.push(Part { kind, origin, text, fields, without });
    };
    let (stages, until, maxspan_ms) = match &plan.search {
        EqlSearch::Events(_) => return parts,
        EqlSearch::Sequence { stages, until, maxspan_ms } => (stages, until.as_ref(), *maxspan_ms),
        EqlSearch::Sample { stages } => (stages, None, None),
    };
    let rebuilt = |stages: Vec<Stage>, until: Option<Stage>, maxspan_ms| match &plan.search {
        EqlSearch::Sample { .. } => with(EqlSearch::Sample { stages }),
        EqlSearch::Sequence { .. } | EqlSearch::Events(_) => {
            with(EqlSearch::Sequence { stages, until, maxspan_ms })
        }
    };
    let keys = stages.first().map_or(&[][..], |stage| &stage.keys);
    for (at, key) in keys.iter().enumerate().filter(|_| may_lack_key(&plan.search)) {
        let without =
            rebuilt(without_key(stages, at), until.map(|stage| keyless(stage, at)), maxspan_ms);
        add(ClauseKind::Key, places.key(at), format!("by {}", key.field), &[&key.field], without);
    }
    if let Some(maxspan) = maxspan_ms.filter(|_| may_lack_maxspan(stages)) {
        let without = rebuilt(stages.clone(), until.cloned(), None);
        add(
            ClauseKind::Maxspan,
            places.maxspan(),
            format!("within {}", span_text(maxspan)),
            &[],
            without,
        );
    }
    for (at, stage) in stages.iter().enumerate() {
        let word = if stage.missing { "no event" } else { "an event" };
        if may_lack_stage(stages, at) {
            let mut without = stages.clone();
            without.remove(at);
            let without = rebuilt(without, until.cloned(), maxspan_ms);
            let text = format!("stage {}: {word}", at + 1);
            add(ClauseKind::Stage, places.stage(at), text, &[], without);
        }
        if stage.runs > 1 {
            let mut without = stages.clone();
            without[at].runs = 1;
            let without = rebuilt(without, until.cloned(), maxspan_ms);
            let text = format!("stage {}: {} times", at + 1, stage.runs);
            add(ClauseKind::Runs, places.stage(at), text, &[], without);
        }
    }
    if until.is_some() {
        let without = rebuilt(stages.clone(), None, maxspan_ms);
        add(ClauseKind::Until, places.until(), "until".to_owned(), &[], without);
    }
    parts
}

/// Whether a search is still one without one of its keys: a sample needs one.
pub(crate) fn may_lack_key(search: &EqlSearch) -> bool {
    match search {
        EqlSearch::Events(_) | EqlSearch::Sequence { .. } => true,
        EqlSearch::Sample { stages } => stages.first().is_some_and(|stage| stage.keys.len() > 1),
    }
}

/// Whether a sequence is still one without its `maxspan`: the absence of an
/// event needs a time.
pub(crate) fn may_lack_maxspan(stages: &[Stage]) -> bool {
    !stages.iter().any(|stage| stage.missing)
}

/// Whether a search is still one without its n-th stage: some event has to be
/// there.
pub(crate) fn may_lack_stage(stages: &[Stage], at: usize) -> bool {
    stages.iter().enumerate().any(|(number, stage)| number != at && !stage.missing)
}

/// All stages without one of their keys.
pub(crate) fn without_key(stages: &[Stage], at: usize) -> Vec<Stage> {
    stages.iter().map(|stage| keyless(stage, at)).collect()
}

/// A stage without one of its keys.
pub(crate) fn keyless(stage: &Stage, at: usize) -> Stage {
    let keys = stage.keys.iter().enumerate().filter(|(number, _)| *number != at);
    Stage { keys: keys.map(|(_, key)| key.clone()).collect(), ..stage.clone() }
}
