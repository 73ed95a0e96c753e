//! Groups of events that are just enough, and those that are not.

use super::super::name::short as field_name;
use super::super::seed::MOMENT;
use super::Maker;
use harness_model::event::Event;
use harness_predicate::plan::{TermField, ThresholdPlan};
use harness_source::limits;

/// The most events that a count is filled with.
fn max_count() -> usize {
    limits::NEW_COUNT.now()
}

impl Maker<'_> {
    pub(super) fn threshold(&mut self, plan: &ThresholdPlan) {
        let accepts = |_: &Event| true;
        let Some(event) = self.event(0, &accepts) else { return };
        let counted = plan.cardinality.as_ref();
        let terms: Vec<&TermField> =
            plan.fields.iter().chain(counted.map(|(term, _)| term)).collect();
        let Some(event) = self.filled_all(event, &terms) else { return };
        let least = counted.map_or(0, |(_, least)| *least);
        let count = usize::try_from(plan.count.max(least)).unwrap_or(usize::MAX).min(max_count());
        let step = self.step(count + 1);
        // `distinct` values of the field that is counted, in turn.
        let group = |event: &Event, count: usize, distinct: usize| -> Option<Vec<Event>> {
            let events = (0..count).map(|n| {
                let back = i64::try_from(count - 1 - n).ok()?;
                let own = match (counted, n % distinct.max(1)) {
                    (None, _) | (_, 0) => event.clone(),
                    (Some((term, _)), nth) => {
                        self.other(event, &term.field, nth - 1, &plan.filter)?
                    }
                };
                self.at(&own, MOMENT - back * step)
            });
            events.collect()
        };
        let distinct = usize::try_from(least).unwrap_or(1).max(1);
        let enough = group(&event, count, distinct);
        let few = (count > 1).then(|| group(&event, count - 1, distinct.min(count - 1)));
        let poor = (distinct > 1).then(|| group(&event, count, distinct - 1));
        let mut apart = Vec::new();
        for term in &plan.fields {
            let events = group(&event, count, distinct).and_then(|mut events| {
                let last = events.last_mut()?;
                *last = self.other(last, &term.field, 0, &plan.filter)?;
                Some(events)
            });
            apart.push(events);
        }
        self.raises("just_enough", enough);
        self.passes("one_too_few", few.flatten());
        self.passes("one_value_too_few", poor.flatten());
        for (term, events) in plan.fields.iter().zip(apart) {
            let name = match plan.fields.len() {
                1 => "in_two_groups".to_owned(),
                _ => format!("another_{}", field_name(&term.field)),
            };
            self.passes(&name, events);
        }
    }
}
