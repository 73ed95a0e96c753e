//! What lies at the edges of what a rule looks at: its index patterns and its window.

use super::super::seed;
use super::STEP;
use crate::synthesis::events::renumbered;
use harness_model::event::Event;
use harness_predicate::plan::Reach;
use harness_runner::case::{Case, Options, Polarity};
use harness_runner::run::Subject;

/// Names of indices of which a rule seldom reads all.
const ELSEWHERE: [&str; 3] = ["logs-example.other-default", "example-other", ".internal.example"];

/// How many alerts events raise, at a moment where one is stated.
type Alerts<'a> = dyn Fn(&[Event], Option<i64>) -> Option<usize> + 'a;

/// Where events that raise a rule are just not looked at.
pub(in crate::synthesize) struct Edges<'a> {
    pub(in crate::synthesize) subject: &'a Subject<'a>,
    /// Which events the rule's conditions are asked about.
    pub(in crate::synthesize) reaches: &'a [Reach],
    /// The case of the plain event.
    pub(in crate::synthesize) seed: usize,
    /// How many alerts events raise, at a moment where one is stated; `None` where
    /// that cannot be told.
    pub(in crate::synthesize) alerts: &'a Alerts<'a>,
}

impl Edges<'_> {
    /// The drafts around events that raise the rule.
    pub(in crate::synthesize) fn of(&self, positive: &[Event]) -> Vec<Case> {
        let elsewhere = self.elsewhere(positive);
        elsewhere.into_iter().chain(self.window(positive)).collect()
    }

    fn draft(&self, polarity: Polarity, name: &str, events: Vec<Event>, options: Options) -> Case {
        let mut draft = seed::draft(&self.subject.key(), polarity, name, events);
        draft.options = options;
        draft
    }

    /// The same events in an index that the rule does not read.
    fn elsewhere(&self, positive: &[Event]) -> Option<Case> {
        let silent = |name: &&&str| {
            let events = moved(positive, name);
            (self.alerts)(&events, None) == Some(0)
        };
        let name = ELSEWHERE.iter().find(silent)?;
        let events = moved(positive, name);
        Some(self.draft(Polarity::Negative, "in_another_index", events, Options::default()))
    }

    /// The same events in the first moment of the window, and a moment before it.
    fn window(&self, positive: &[Event]) -> Vec<Case> {
        let times = || positive.iter().filter_map(Event::timestamp);
        let (Some(oldest), Some(newest)) = (times().min(), times().max()) else {
            return Vec::new();
        };
        // The last moment at which a run still looks at all of them.
        let raises = |now: i64| (self.alerts)(positive, Some(now)).is_some_and(|count| count > 0);
        let length = self.subject.window(self.seed);
        let length = length.to.saturating_sub(length.from);
        let last = oldest.saturating_add(length);
        let late = last.saturating_add(STEP);
        let is_edge =
            last > newest && raises(last) && (self.alerts)(positive, Some(late)) == Some(0);
        if !is_edge {
            return Vec::new();
        }
        let at = |now: i64| Options { now: Some(now), ..Options::default() };
        let outside = self.unseen(positive, late);
        let late = Options { outside: (outside > 0).then_some(outside), ..at(late) };
        let mut events = positive.to_vec();
        renumbered(&mut events);
        vec![
            self.draft(Polarity::Positive, "at_the_start_of_the_window", events.clone(), at(last)),
            self.draft(Polarity::Negative, "before_the_window", events, late),
        ]
    }

    /// How many events a run does not look at, for their time.
    fn unseen(&self, events: &[Event], now: i64) -> usize {
        let trial = self.subject.trial_at(self.seed, events.to_vec(), now);
        let missed = |at: &usize| !self.reaches.iter().any(|reach| trial.reaches(*at, *reach));
        (0..events.len()).filter(missed).count()
    }
}

/// The events in another index.
fn moved(events: &[Event], index: &str) -> Vec<Event> {
    let stated = |event: &Event| Event {
        index: Some(index.to_owned()),
        index_stated: true,
        ..event.clone()
    };
    let mut moved: Vec<Event> = events.iter().map(stated).collect();
    renumbered(&mut moved);
    moved
}
