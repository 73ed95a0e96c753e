//! Which events of a case its rule may look at, and why not the others
//! (docs/semantics.md, "Time").

use super::warning::Warning;
use crate::case::Case;
use harness_compile::program::RuleProgram;
use harness_detect::sequence::stream::Moment;
use harness_detect::window::{Clock, Window};
use harness_model::event::Event;
use harness_model::index_pattern;
use harness_predicate::plan::{Plan, Reach};
use harness_rule::model::Rule;
use harness_rule::names::RuleType;

/// The events of a case as a run of its rule sees them.
pub(super) struct Visibility {
    /// The window of the run.
    pub(super) window: Window,
    /// The window and the history before it.
    history: Window,
    places: Vec<Place>,
    /// Whether some filter of the rule looks beyond the window.
    reaches: Vec<Reach>,
    /// The rule's index patterns, and those of its indicators, in words.
    patterns: [String; 2],
    /// The field whose time the rule insists on.
    time_field: String,
}

/// Where an event lies.
struct Place {
    time: Time,
    /// Its place in order.
    moment: Option<Moment>,
    /// Its index, where that keeps it from the rule.
    unseen: Option<String>,
    /// The same of an indicator.
    no_indicator: Option<String>,
    /// Why it is kept from the rule, whatever its time.
    barred: Option<String>,
}

/// The fields by which an event says when it happened; one without any is taken
/// for a fixture that leaves it open.
const STATED: [&str; 2] = ["@timestamp", "event.ingested"];

/// When an event happened.
enum Time {
    /// By the rule's timestamp fields.
    At(Vec<i64>),
    /// It does not say; then it counts as happening when the rule runs.
    Unstated,
    /// It says, but in no field that the rule reads.
    Barred,
}

impl Visibility {
    /// `patterns` are the rule's; `now` is the moment of the run, `nanos` says whether
    /// its sequences count nanoseconds.
    pub(super) fn new(
        case: &Case,
        rule: &Rule,
        patterns: &[String],
        program: &RuleProgram,
        clock: &Clock,
        now: i64,
        nanos: bool,
    ) -> Self {
        let indicators = match program {
            RuleProgram::Conditions(Plan::Threat(plan)) => plan.indicator_index.as_slice(),
            RuleProgram::Conditions(
                Plan::Filter(_) | Plan::Eql(_) | Plan::Threshold(_) | Plan::NewTerms(_),
            )
            | RuleProgram::Pipeline { .. } => &[],
        };
        let whose = if rule.by_default() {
            "Kibana's default index patterns, since the rule states none"
        } else {
            "the rule's index patterns"
        };
        let unseen = |patterns: &[String], event: &Event| {
            let index = event.index.as_deref();
            index.filter(|_| !index_pattern::sees(patterns, index)).map(str::to_owned)
        };
        let place = |event: &Event| {
            let time = match clock.times(event) {
                times if !times.is_empty() => Time::At(times),
                _ if STATED.iter().any(|field| event.date(field).is_some()) => Time::Barred,
                _ => Time::Unstated,
            };
            let field = rule.eql.order();
            let at = match &time {
                Time::Unstated => Some(now),
                Time::At(_) | Time::Barred if rule.rule_type == RuleType::Eql => event.date(field),
                Time::At(times) => times.first().copied(),
                Time::Barred => None,
            };
            let tiebreaker = rule.eql.tiebreaker.as_deref();
            let tiebreaker = tiebreaker.and_then(|field| event.first(field)?.as_i64());
            Place {
                time,
                moment: at.map(|at| match event.nanos(field).filter(|_| nanos) {
                    Some((timestamp_ms, nanos)) => Moment { timestamp_ms, nanos, tiebreaker },
                    None => Moment::new(at, tiebreaker),
                }),
                unseen: unseen(patterns, event),
                no_indicator: unseen(indicators, event),
                barred: None,
            }
        };
        Self {
            window: clock.window(now),
            history: clock.history(now),
            places: case.events.iter().map(place).collect(),
            reaches: program.reaches(),
            patterns: [
                format!("{whose}: {}", in_words(patterns)),
                format!("the rule's indicator patterns: {}", in_words(indicators)),
            ],
            time_field: clock.field().to_owned(),
        }
    }

    /// Keeps an event from the rule, for a reason.
    pub(super) fn bar(&mut self, event: usize, reason: String) {
        if let Some(place) = self.places.get_mut(event) {
            place.barred.get_or_insert(reason);
        }
    }

    /// When each event happened.
    pub(super) fn moments(&self) -> Vec<Option<Moment>> {
        self.places.iter().map(|place| place.moment).collect()
    }

    /// When an event happened, where it says so.
    pub(super) fn stated_time(&self, event: usize) -> Option<i64> {
        let place = self.places.get(event)?;
        match place.time {
            Time::Unstated => None,
            Time::At(_) | Time::Barred => place.moment.map(|moment| moment.timestamp_ms),
        }
    }

    /// Whether a filter may match an event of the case.
    pub(super) fn reaches(&self, event: usize, reach: Reach) -> bool {
        self.places.get(event).is_some_and(|place| self.why_not(place, reach).is_none())
    }

    /// Why a filter may not match an event.
    pub(super) fn barrier(&self, event: usize, reach: Reach) -> Option<String> {
        self.why_not(self.places.get(event)?, reach)
    }

    fn why_not(&self, place: &Place, reach: Reach) -> Option<String> {
        if let Some(reason) = &place.barred {
            return Some(reason.clone());
        }
        let (stretch, name) = match reach {
            Reach::Window => (self.window, "window"),
            Reach::History => (self.history, "history"),
            Reach::Indicators => {
                let index = place.no_indicator.as_ref()?;
                let patterns = &self.patterns[1];
                return Some(format!("its index {index} is outside {patterns}"));
            }
        };
        if let Some(index) = &place.unseen {
            let patterns = &self.patterns[0];
            return Some(format!("its index {index} is outside {patterns}"));
        }
        match &place.time {
            Time::Unstated => None,
            Time::Barred => Some(self.insists()),
            Time::At(times) if times.iter().any(|at| stretch.contains(*at)) => None,
            Time::At(times) => {
                let miss = stretch.miss(*times.first()?)?;
                Some(format!("{miss} the {name}, {stretch}"))
            }
        }
    }

    fn insists(&self) -> String {
        format!("it lacks {}, the timestamp that the rule insists on", self.time_field)
    }

    /// What is odd about the times of a case's events.
    pub(super) fn warnings(&self, case: &Case) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut outside: Vec<&Event> = Vec::new();
        for (event, place) in case.events.iter().zip(&self.places) {
            // An index is stated on purpose; a time is easily missed.
            let elsewhere = place.unseen.is_some() || place.barred.is_some();
            let missed = || self.reaches.iter().all(|reach| self.why_not(place, *reach).is_some());
            match &place.time {
                Time::Unstated => warnings.push(Warning::of_event(
                    "no-time",
                    event,
                    "it has no timestamp and is taken to happen when the rule runs",
                )),
                Time::Barred if !elsewhere && missed() => {
                    warnings.push(Warning::of_event("no-time", event, self.insists()));
                }
                Time::At(_) if !elsewhere && missed() => outside.push(event),
                Time::At(_) | Time::Barred => {}
            }
        }
        warnings.extend(self.outside(case, &outside));
        warnings
    }

    /// That a run of the rule does not look at some events, for their time.
    fn outside(&self, case: &Case, events: &[&Event]) -> Option<Warning> {
        let (stretch, name) = if self.reaches.contains(&Reach::History) {
            (self.history, "history")
        } else {
            (self.window, "window")
        };
        let lie = if events.len() == 1 { "lies" } else { "lie" };
        let of = match case.events.len() {
            1 if events.len() == 1 => "the event".to_owned(),
            all => format!("{} of {all} events", events.len()),
        };
        let meant = case.options.outside.unwrap_or(0) == events.len();
        let help = format!("state outside = {} in case.toml where that is meant", events.len());
        (!meant).then(|| Warning {
            events: events.iter().map(|event| event.id.clone()).collect(),
            help: Some(help),
            ..Warning::of_case(
                "outside-window",
                format!("{of} {lie} outside the {name}, {stretch}"),
            )
        })
    }
}

/// Index patterns in a row, the first few.
fn in_words(patterns: &[String]) -> String {
    let more = if patterns.len() > MAX_NAMED { ", …" } else { "" };
    let shown: Vec<&str> = patterns.iter().take(MAX_NAMED).map(String::as_str).collect();
    format!("{}{more}", shown.join(", "))
}

/// How many index patterns a text names.
const MAX_NAMED: usize = 8;
