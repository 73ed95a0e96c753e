//! Values that were never seen before, and those that were: at the edges of the history.

use super::super::name::short as field_name;
use super::Maker;
use harness_model::event::Event;
use harness_predicate::plan::{NewTermsPlan, TermField};

/// How long ago an event is that no history takes in, in milliseconds.
const LONG_AGO: i64 = 4_000 * 86_400_000;

impl Maker<'_> {
    pub(super) fn new_terms(&mut self, plan: &NewTermsPlan) {
        let Some(event) = self.event(0, &|_| true) else { return };
        let terms: Vec<&TermField> = plan.fields.iter().collect();
        let Some(event) = self.filled_all(event, &terms) else { return };
        self.raises("never_seen_before", Some(vec![event.clone()]));
        let window = self.subject.window(self.seed);
        let both = |millis: i64| Some(vec![self.at(&event, millis)?, event.clone()]);
        let knows = |millis: i64| both(millis).is_some_and(|events| self.alerts(&events) == 0);
        // The history is one stretch: its first moment lies between these two.
        let mut known = window.from.saturating_sub(1);
        let mut unknown = window.from.saturating_sub(LONG_AGO);
        if !knows(known) {
            return;
        }
        while !knows(unknown) && known - unknown > 1 {
            let middle = unknown + (known - unknown) / 2;
            *(if knows(middle) { &mut known } else { &mut unknown }) = middle;
        }
        let (first, before) = (both(known), both(unknown));
        let earlier = first.as_ref().and_then(|events| events.first().cloned());
        self.passes("seen_at_the_start_of_the_history", first);
        self.outside("seen_before_the_history", before);
        let Some(earlier) = earlier else { return };
        for term in &plan.fields {
            let other = self.other(&earlier, &term.field, 0, &plan.filter);
            let events: Option<Vec<Event>> = other.map(|other| vec![other, event.clone()]);
            self.raises(&format!("seen_with_another_{}", field_name(&term.field)), events);
        }
    }

    /// Keeps a draft that raises the rule with one event that it does not look at.
    fn outside(&mut self, name: &str, events: Option<Vec<Event>>) {
        let count = self.drafts.len();
        self.raises(name, events);
        if let Some(draft) = self.drafts.get_mut(count) {
            draft.options.outside = Some(1);
        }
    }
}
