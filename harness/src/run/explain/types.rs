//! Why groups were too small, terms were not new, or no indicator matched.

use super::{Explanation, MAX_EVENTS, View};
use crate::detect::terms::key_list;
use crate::detect::{new_terms, threshold};
use crate::ir::plan::{NewTermsPlan, Plan, TermField, ThreatPlan, ThresholdPlan};
use crate::value::format_date;

/// What there is to say beside the clauses of single events.
pub(super) fn notes(missed: bool, view: &View<'_>) -> Vec<Explanation> {
    let first = view.hits.first().map_or(&[][..], Vec::as_slice);
    if first.is_empty() {
        return Vec::new();
    }
    match view.plan {
        Plan::Threshold(plan) => view.groups(plan, first, missed),
        Plan::NewTerms(plan) if missed => view.old_terms(plan, first),
        Plan::Threat(plan) if missed && view.hits.iter().all(|hits| !hits.is_empty()) => {
            view.unmatched(plan, first)
        }
        Plan::NewTerms(_)
        | Plan::Threat(_)
        | Plan::Filter(_)
        | Plan::Eql(_)
        | Plan::Pipeline(_) => Vec::new(),
    }
}

fn note(event: Option<String>, note: String) -> Explanation {
    Explanation { event, note: Some(note), clauses: Vec::new() }
}

impl View<'_> {
    fn id(&self, event: u32) -> String {
        self.case.events.get(event as usize).map_or_else(String::new, |event| event.id.clone())
    }

    /// The fullest group, or the groups that alert.
    fn groups(&self, plan: &ThresholdPlan, hits: &[u32], missed: bool) -> Vec<Explanation> {
        let groups = match threshold::groups(plan, hits, self.events) {
            Ok(groups) => groups,
            Err(error) => return vec![note(None, error.to_string())],
        };
        if groups.is_empty() {
            return self.lacking(&plan.fields, hits);
        }
        let mut told: Vec<_> =
            groups.into_iter().filter(|group| group.alerts(plan) != missed).collect();
        // Enough events come before enough values, then the order of the groups.
        told.sort_by_key(|group| std::cmp::Reverse((group.count, group.cardinality)));
        told.truncate(if missed { 1 } else { MAX_EVENTS });
        let text = |group: threshold::Group| {
            let name = match key_list(&group.key) {
                key if plan.fields.is_empty() => key,
                key => format!("group {key}: "),
            };
            let values = plan.cardinality.as_ref().zip(group.cardinality);
            let values = values.map_or_else(String::new, |((field, needed), found)| {
                format!(" and {found} of {needed} values of {}", field.field)
            });
            note(None, format!("{name}{} of {} events{values}", group.count, plan.count))
        };
        told.into_iter().map(text).collect()
    }

    /// The terms in the window that were seen before it.
    fn old_terms(&self, plan: &NewTermsPlan, hits: &[u32]) -> Vec<Explanation> {
        let from = self.ground.window.from;
        let time =
            |event: u32| Some(self.events.moments.get(event as usize)?.as_ref()?.timestamp_ms);
        let inside: Vec<u32> =
            hits.iter().copied().filter(|event| time(*event) >= Some(from)).collect();
        if inside.is_empty() {
            return vec![note(None, "no event of the window matches the query".to_owned())];
        }
        let terms = |hits| new_terms::terms(&plan.fields, hits, self.events);
        let (own, all) = match (terms(&inside), terms(hits)) {
            (Ok(own), Ok(all)) => (own, all),
            (Err(error), _) | (_, Err(error)) => return vec![note(None, error.to_string())],
        };
        if own.is_empty() {
            return self.lacking(&plan.fields, &inside);
        }
        let own: std::collections::BTreeSet<_> = own.into_iter().map(|term| term.key).collect();
        let old = all.into_iter().filter(|term| own.contains(&term.key) && term.first_seen <= from);
        let text = |term: new_terms::Term| {
            let (first, from) = (format_date(term.first_seen), format_date(from));
            let key = key_list(&term.key);
            let text =
                format!("{key} is not new: seen at {first}, and the window begins at {from}");
            note(Some(self.id(term.event)), text)
        };
        old.take(MAX_EVENTS).map(text).collect()
    }

    /// The values that no indicator has.
    fn unmatched(&self, plan: &ThreatPlan, hits: &[u32]) -> Vec<Explanation> {
        let text = |event: &u32| {
            let source = self.case.events.get(*event as usize);
            let mut compared = Vec::new();
            for entry in plan.groups.iter().flatten().filter(|entry| !entry.negate) {
                let values = source.map_or_else(Vec::new, |own| own.values(&entry.field.field));
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                if !values.is_empty() {
                    let (field, value) = (&entry.field.field, &entry.value.field);
                    compared.push(format!("{field} {} with {value}", values.join(", ")));
                }
            }
            let text = if compared.is_empty() {
                "it has no value of the fields that are compared".to_owned()
            } else {
                format!("no indicator matches; compared {}", compared.join(", "))
            };
            note(Some(self.id(*event)), text)
        };
        hits.iter().take(MAX_EVENTS).map(text).collect()
    }

    /// Which events lack which of the fields.
    fn lacking(&self, fields: &[TermField], hits: &[u32]) -> Vec<Explanation> {
        let text = |event: &u32| {
            let source = self.case.events.get(*event as usize);
            let lacks = |field: &&TermField| {
                source.is_none_or(|own| own.values(&field.field).iter().all(|v| v.is_null()))
            };
            let lacking: Vec<&str> =
                fields.iter().filter(lacks).map(|field| &*field.field).collect();
            let text = if lacking.is_empty() {
                "its values are not indexed".to_owned()
            } else {
                format!("it has no {}", lacking.join(", "))
            };
            note(Some(self.id(*event)), text)
        };
        hits.iter().take(MAX_EVENTS).map(text).collect()
    }
}
