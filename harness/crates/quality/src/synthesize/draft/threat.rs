//! Indicators that are there, outdated, and of another value.

use super::super::name::short as field_name;
use super::{Maker, others};
use harness_model::event::Event;
use harness_model::index_pattern;
use harness_predicate::plan::ThreatPlan;

/// How much earlier an indicator is that no rule asks for, in milliseconds.
const LONG_AGO: i64 = 1_000 * 86_400_000;

impl Maker<'_> {
    pub(super) fn threat(&mut self, plan: &ThreatPlan) {
        let plain = self.event(1, &|_| true);
        let indicator = plain.and_then(|event| {
            let name = plan.indicator_index.first()?.split(',').next()?.replace('*', "default");
            let sees = index_pattern::sees(&plan.indicator_index, Some(&name));
            let source = event.source.clone();
            sees.then_some(Event { index: Some(name), index_stated: true, source, ..event })
        });
        let (Some(event), Some(indicator)) = (self.event(0, &|_| true), indicator) else { return };
        for group in &plan.groups {
            let (mut event, mut indicator) = (event.clone(), indicator.clone());
            let mut is_made = true;
            for entry in group {
                let Some(own) = self.filled(&event, &entry.field, &plan.filter) else {
                    is_made = false;
                    break;
                };
                let value = own.first(&entry.field.field).cloned();
                let value = match (value, entry.negate) {
                    (Some(value), false) => Some(value),
                    (value, _) => others(value.as_ref(), 0).into_iter().next(),
                };
                let set = value.and_then(|value| {
                    self.set(&indicator, &entry.value.field, &value, &plan.indicators)
                });
                let Some(set) = set else {
                    is_made = false;
                    break;
                };
                (event, indicator) = (own, set);
            }
            if !is_made {
                continue;
            }
            self.raises("known_indicator", Some(vec![event.clone(), indicator.clone()]));
            let outdated = indicator.timestamp().and_then(|at| self.at(&indicator, at - LONG_AGO));
            self.passes("outdated_indicator", outdated.map(|old| vec![event.clone(), old]));
            for entry in group {
                let field = &entry.field.field;
                let other = self.other(&event, field, 0, &plan.filter);
                let events = other.map(|other| vec![other, indicator.clone()]);
                self.passes(&format!("another_{}", field_name(field)), events);
            }
        }
    }
}
