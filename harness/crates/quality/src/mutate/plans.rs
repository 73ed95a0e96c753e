//! Changes to what a rule asks of several events.

use super::Operator;
use super::edit::{Change, Edit, Mark};
use crate::clause::clauses::text_of;
use crate::clause::elements::{
    Places, compared_field, counted_field, group_field, keyless, may_lack_key, may_lack_maxspan,
    may_lack_stage, new_field, without_key,
};
use harness_predicate::plan::{
    EqlPlan, EqlSearch, Limit, NewTermsPlan, Plan, Stage, TermField, ThreatPlan, ThresholdPlan,
};
use harness_predicate::{Origin, Part};
use harness_rule::model::Rule;
use harness_source::span::{Span, plural};

/// All changes to a plan but those to its filters.
pub(super) fn edits(plan: &Plan, rule: &Rule) -> Vec<Edit> {
    match plan {
        Plan::Filter(_) => Vec::new(),
        Plan::Eql(plan) => sequence(plan, rule),
        Plan::Threshold(plan) => threshold(plan, rule),
        Plan::NewTerms(plan) => new_terms(plan, rule),
        Plan::Threat(plan) => threat(plan, rule),
    }
}

fn edit(operator: Operator, origin: Origin, words: (String, String), plan: Plan) -> Edit {
    let filters = (0..plan.filters().len()).collect();
    let (old, new) = words;
    let change = Change::Plan(Box::new(plan), filters);
    Edit { operator, origin, old, new, marks: Vec::new(), change }
}

fn field_list(fields: &[TermField]) -> String {
    fields.iter().map(|field| &*field.field).collect::<Vec<_>>().join(", ")
}

/// A count, one less and one more.
fn neighbours(count: u64) -> impl Iterator<Item = u64> {
    [count.checked_sub(1).filter(|count| *count > 0), count.checked_add(1)].into_iter().flatten()
}

fn threshold(plan: &ThresholdPlan, rule: &Rule) -> Vec<Edit> {
    let mut edits = Vec::new();
    let make = |plan| Plan::Threshold(plan);
    for at in 0..plan.fields.len() {
        let mut changed = plan.clone();
        changed.fields.remove(at);
        let origin = group_field(rule, at);
        let words = (
            format!("for each {}", field_list(&plan.fields)),
            format!("for each {}", field_list(&changed.fields)),
        );
        edits.push(edit(Operator::DropGroup, origin, words, make(changed)));
    }
    let unplaced = Origin { part: Part::File, span: Span::default() };
    for count in neighbours(plan.count) {
        let words = |count| format!("at least {}", plural(count, "event"));
        let words = (words(plan.count), words(count));
        let changed = ThresholdPlan { count, ..plan.clone() };
        edits.push(edit(Operator::ChangeCount, unplaced, words, make(changed)));
    }
    if let Some((field, count)) = &plan.cardinality {
        let origin = counted_field(rule);
        let old = format!("at least {} of {}", plural(*count, "value"), field.field);
        let changed = ThresholdPlan { cardinality: None, ..plan.clone() };
        let words = (old.clone(), String::new());
        edits.push(edit(Operator::ChangeCardinality, origin, words, make(changed)));
        for other in neighbours(*count) {
            let new = format!("at least {} of {}", plural(other, "value"), field.field);
            let cardinality = Some((field.clone(), other));
            let changed = ThresholdPlan { cardinality, ..plan.clone() };
            let words = (old.clone(), new);
            edits.push(edit(Operator::ChangeCardinality, origin, words, make(changed)));
        }
    }
    edits
}

fn new_terms(plan: &NewTermsPlan, rule: &Rule) -> Vec<Edit> {
    if plan.fields.len() < 2 {
        return Vec::new();
    }
    let drop = |at: usize| {
        let mut changed = plan.clone();
        changed.fields.remove(at);
        let origin = new_field(rule, at);
        let words = (
            format!("new values of {}", field_list(&plan.fields)),
            format!("new values of {}", field_list(&changed.fields)),
        );
        edit(Operator::DropNewTerm, origin, words, Plan::NewTerms(changed))
    };
    (0..plan.fields.len()).map(drop).collect()
}

fn threat(plan: &ThreatPlan, rule: &Rule) -> Vec<Edit> {
    let mut edits = Vec::new();
    let make = |plan| Plan::Threat(plan);
    for (at, group) in plan.groups.iter().enumerate() {
        for (number, entry) in group.iter().enumerate() {
            let origin = compared_field(rule, at, number);
            let old = entry.to_string();
            // A group of one comparison goes with it, but the last group stays.
            let mut changed = plan.clone();
            changed.groups[at].remove(number);
            changed.groups.retain(|group| !group.is_empty());
            if !changed.groups.is_empty() {
                let words = (old.clone(), String::new());
                edits.push(edit(Operator::ChangeMapping, origin, words, make(changed)));
            }
            let mut changed = plan.clone();
            changed.groups[at][number].negate = !entry.negate;
            let words = (old, changed.groups[at][number].to_string());
            edits.push(edit(Operator::ChangeMapping, origin, words, make(changed)));
        }
    }
    edits
}

/// A search for events over time, taken apart.
struct Search<'a> {
    plan: &'a EqlPlan,
    stages: &'a [Stage],
    until: Option<&'a Stage>,
    maxspan_ms: Option<u64>,
    places: Places,
    rule: &'a Rule,
}

fn sequence(plan: &EqlPlan, rule: &Rule) -> Vec<Edit> {
    let (stages, until, maxspan_ms) = match &plan.search {
        EqlSearch::Events(_) => (&[][..], None, None),
        EqlSearch::Sequence { stages, until, maxspan_ms } => {
            (stages.as_slice(), until.as_ref(), *maxspan_ms)
        }
        EqlSearch::Sample { stages } => (stages.as_slice(), None, None),
    };
    let search = Search { plan, stages, until, maxspan_ms, places: Places::new(rule), rule };
    let mut edits = Vec::new();
    search.keys(&mut edits);
    search.maxspan(&mut edits);
    search.stages(&mut edits);
    search.limits(&mut edits);
    edits
}

impl Search<'_> {
    /// The plan with other stages; `filters` are their places among the old ones.
    fn edit(
        &self,
        operator: Operator,
        origin: Origin,
        new: &str,
        changed: (Vec<Stage>, Option<Stage>, Option<u64>),
        filters: Vec<usize>,
    ) -> Edit {
        let (stages, until, maxspan_ms) = changed;
        let search = match &self.plan.search {
            EqlSearch::Events(filter) => EqlSearch::Events(filter.clone()),
            EqlSearch::Sequence { .. } => EqlSearch::Sequence { stages, until, maxspan_ms },
            EqlSearch::Sample { .. } => EqlSearch::Sample { stages },
        };
        let plan = Plan::Eql(EqlPlan { search, limits: self.plan.limits.clone() });
        let old = origin.span.of(text_of(self.rule, origin.part)).to_owned();
        let placed = !old.is_empty();
        let marks = placed.then(|| Mark { span: origin.span, with: new.to_owned() });
        Edit {
            operator,
            origin,
            old,
            new: new.to_owned(),
            marks: marks.into_iter().collect(),
            change: Change::Plan(Box::new(plan), filters),
        }
    }

    fn all_filters(&self) -> Vec<usize> {
        (0..self.stages.len() + usize::from(self.until.is_some())).collect()
    }

    fn keys(&self, edits: &mut Vec<Edit>) {
        let keys = self.stages.first().map_or(0, |stage| stage.keys.len());
        if !may_lack_key(&self.plan.search) {
            return;
        }
        for at in 0..keys {
            let until = self.until.map(|until| keyless(until, at));
            let changed = (without_key(self.stages, at), until, self.maxspan_ms);
            let origin = self.places.key(at);
            edits.push(self.edit(Operator::DropKey, origin, "", changed, self.all_filters()));
        }
    }

    fn maxspan(&self, edits: &mut Vec<Edit>) {
        let Some(maxspan) = self.maxspan_ms else { return };
        let origin = self.places.maxspan();
        let mut with = |operator, new: &str, maxspan_ms| {
            let changed = (self.stages.to_vec(), self.until.cloned(), maxspan_ms);
            edits.push(self.edit(operator, origin, new, changed, self.all_filters()));
        };
        if may_lack_maxspan(self.stages) {
            with(Operator::DropMaxspan, "", None);
        }
        for other in [maxspan / 2, maxspan.saturating_mul(2)] {
            if other > 0 && other != maxspan {
                with(Operator::ChangeMaxspan, &format!("{other}ms"), Some(other));
            }
        }
    }

    fn stages(&self, edits: &mut Vec<Edit>) {
        let stages = self.stages;
        let rest = (self.until.cloned(), self.maxspan_ms);
        for (at, stage) in stages.iter().enumerate() {
            let origin = self.places.stage(at);
            if may_lack_stage(stages, at) {
                let (mut kept, mut filters) = (stages.to_vec(), self.all_filters());
                kept.remove(at);
                filters.remove(at);
                let changed = (kept, rest.0.clone(), rest.1);
                edits.push(self.edit(Operator::DropStage, origin, "", changed, filters));
            }
            for runs in neighbours(u64::from(stage.runs)) {
                let Some(runs) = u32::try_from(runs).ok().filter(|runs| *runs <= 100) else {
                    continue;
                };
                if stage.runs == 1 {
                    continue;
                }
                let mut kept = stages.to_vec();
                kept[at].runs = runs;
                let new = format!("{} with runs={runs}", origin_text(self.rule, origin));
                let changed = (kept, rest.0.clone(), rest.1);
                let filters = self.all_filters();
                edits.push(self.edit(Operator::ChangeRuns, origin, new.trim(), changed, filters));
            }
        }
        if let EqlSearch::Sequence { .. } = self.plan.search {
            for at in 1..stages.len() {
                let (mut swapped, mut filters) = (stages.to_vec(), self.all_filters());
                swapped.swap(at - 1, at);
                filters.swap(at - 1, at);
                let (left, right) = (self.places.stage(at - 1), self.places.stage(at));
                let changed = (swapped, rest.0.clone(), rest.1);
                let new = origin_text(self.rule, right).to_owned();
                let mut edit = self.edit(Operator::SwapStages, left, &new, changed, filters);
                if !edit.marks.is_empty() {
                    let with = origin_text(self.rule, left).to_owned();
                    edit.marks.push(Mark { span: right.span, with });
                }
                edits.push(edit);
            }
        }
        if self.until.is_some() {
            let mut filters = self.all_filters();
            filters.pop();
            let changed = (stages.to_vec(), None, rest.1);
            let origin = self.places.until();
            edits.push(self.edit(Operator::DropUntil, origin, "", changed, filters));
        }
    }

    fn limits(&self, edits: &mut Vec<Edit>) {
        let words = |limit: &Limit| match limit {
            Limit::Head(count) => format!("head {count}"),
            Limit::Tail(count) => format!("tail {count}"),
        };
        for (at, limit) in self.plan.limits.iter().enumerate() {
            let mut without = self.plan.clone();
            without.limits.remove(at);
            let change = (words(limit), String::new());
            edits.push(edit(Operator::ChangeLimit, Origin::default(), change, Plan::Eql(without)));
            let (Limit::Head(count) | Limit::Tail(count)) = *limit;
            for other in neighbours(count.into()).filter_map(|count| u32::try_from(count).ok()) {
                let changed = match limit {
                    Limit::Head(_) => Limit::Head(other),
                    Limit::Tail(_) => Limit::Tail(other),
                };
                let change = (words(limit), words(&changed));
                let mut plan = self.plan.clone();
                plan.limits[at] = changed;
                edits.push(edit(Operator::ChangeLimit, Origin::default(), change, Plan::Eql(plan)));
            }
        }
    }
}

fn origin_text(rule: &Rule, origin: Origin) -> &str {
    origin.span.of(text_of(rule, origin.part))
}
