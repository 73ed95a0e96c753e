//! When a rule looks: its window, its history, and when an event happened.
//!
//! See docs/semantics.md, "Time".

use harness_model::event::Event;
use harness_model::value::DEFAULT_DATE_FORMAT;
use harness_model::value::{DateFormat, Rounding, format_date};
use harness_rule::located::Located;
use harness_rule::model::Rule;
use harness_rule::names::RuleType;
use harness_source::diagnostic::Diagnostic;

pub use harness_model::value::span_text;

/// A stretch of time, both ends inside, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub from: i64,
    /// The last moment.
    pub to: i64,
}

impl Window {
    /// All of time.
    pub const ALWAYS: Self = Self { from: i64::MIN, to: i64::MAX };

    /// Whether a moment lies inside.
    pub fn contains(self, at: i64) -> bool {
        (self.from..=self.to).contains(&at)
    }

    /// How far outside a moment lies, in words; `None` inside.
    pub fn miss(self, at: i64) -> Option<String> {
        if at < self.from {
            Some(format!("{} before", span_text(self.from.abs_diff(at))))
        } else if at > self.to {
            Some(format!("{} after", span_text(at.abs_diff(self.to))))
        } else {
            None
        }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", format_date(self.from), format_date(self.to))
    }
}

/// When a rule looks, as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    from: String,
    to: String,
    interval_ms: i64,
    history: Option<String>,
    timestamp_override: Option<String>,
    fallback: bool,
    format: DateFormat,
}

/// Kibana's defaults.
const FROM: &str = "now-6m";
const TO: &str = "now";
const INTERVAL: &str = "5m";
const DEFAULT_INTERVAL_MS: i64 = 300_000;

/// Where date math is tried that belongs to no run yet: 2026-01-01.
const TRIAL: i64 = 1_767_225_600_000;

impl Clock {
    /// Reads `from`, `to`, `interval`, the history and the timestamp fields of
    /// a rule.
    ///
    /// # Errors
    ///
    /// What is no date math, no interval, or a history that begins within the
    /// window; spans point into the rule's file.
    pub fn new(rule: &Rule) -> Result<Self, Vec<Diagnostic>> {
        let error = |message: String, place: Option<&Located<String>>| {
            let span = place.map_or_else(Default::default, |place| place.span);
            Diagnostic::error("rule-time", message, span)
        };
        let format = DateFormat::parse(DEFAULT_DATE_FORMAT)
            .map_err(|found| vec![error(found.to_string(), None)])?;
        let mut errors = Vec::new();
        let mut math = |key: &str, place: Option<&Located<String>>, default: &str| {
            let text = place.map_or(default, |place| place.value.as_str());
            if let Err(found) = format.resolve(text, TRIAL, Rounding::Down, None) {
                errors.push(error(format!("`rule.{key}`: {found}"), place));
            }
            text.to_owned()
        };
        let from = math("from", rule.from.as_ref(), FROM);
        let to = math("to", rule.to.as_ref(), TO);
        let start = rule.new_terms.as_ref().map(|new_terms| &new_terms.history_window_start);
        let history = start.map(|start| math("new_terms.history_window_start", Some(start), start));
        // The loader checks its form.
        let interval = rule.interval.as_ref().map_or(INTERVAL, |interval| interval.as_str());
        let clock = Self {
            from,
            to,
            interval_ms: interval_ms(interval).unwrap_or(DEFAULT_INTERVAL_MS),
            history,
            timestamp_override: match rule.rule_type {
                // Records of jobs have a field of their own.
                RuleType::MachineLearning => Some("timestamp".to_owned()),
                _ => rule.timestamp_override.as_deref().cloned(),
            },
            fallback: !rule.timestamp_override_fallback_disabled,
            format,
        };
        if errors.is_empty() {
            let window = clock.window(TRIAL);
            if window.from > window.to {
                let message = "`rule.from` lies after `rule.to`: the window is empty".to_owned();
                errors.push(error(message, rule.from.as_ref()));
            }
            if start.is_some() && clock.history(TRIAL).from >= window.from {
                let message = "the history has to begin before `rule.from`".to_owned();
                errors.push(error(message, start));
            }
        }
        if errors.is_empty() { Ok(clock) } else { Err(errors) }
    }

    /// The window of a run.
    pub fn window(&self, now: i64) -> Window {
        Window { from: self.moment_of(&self.from, now), to: self.moment_of(&self.to, now) }
    }

    /// What a run knows of the past: from the start of the history to the end
    /// of the window, or the window itself where a rule has no history.
    pub fn history(&self, now: i64) -> Window {
        let window = self.window(now);
        let Some(start) = &self.history else { return window };
        Window { from: self.moment_of(start, window.to), ..window }
    }

    /// The time between runs, in milliseconds; positive.
    pub fn interval_ms(&self) -> i64 {
        self.interval_ms
    }

    /// When an event happened: all values of `timestamp_override`, or of
    /// `@timestamp` where the event lacks that and the rule allows for it.
    pub fn times(&self, event: &Event) -> Vec<i64> {
        let read = |field: &str| {
            let values = event.values(field).into_iter();
            values.filter_map(|value| self.format.from_json(value).ok()).collect::<Vec<_>>()
        };
        match &self.timestamp_override {
            None => read("@timestamp"),
            Some(field) => {
                let times = read(field);
                if times.is_empty() && self.fallback { read("@timestamp") } else { times }
            }
        }
    }

    /// The moment that a value of a timestamp field states.
    pub fn moment(&self, value: &serde_json::Value) -> Option<i64> {
        self.format.from_json(value).ok()
    }

    /// The field that [`Self::times`] looks at first.
    pub fn field(&self) -> &str {
        self.timestamp_override.as_deref().unwrap_or("@timestamp")
    }

    /// The field that [`Self::times`] looks at where an event lacks the first.
    pub fn fallback(&self) -> Option<&str> {
        let other = self.timestamp_override.as_deref().is_some_and(|field| field != "@timestamp");
        (other && self.fallback).then_some("@timestamp")
    }

    /// What date math comes to. At the ends of time, where there are no dates any more, it
    /// lies as far from `now` as elsewhere, so that no window is longer there.
    fn moment_of(&self, text: &str, now: i64) -> i64 {
        let at = |now: i64| self.format.resolve(text, now, Rounding::Down, None).ok();
        let elsewhere = || now.saturating_add(at(TRIAL).unwrap_or(TRIAL).saturating_sub(TRIAL));
        at(now).unwrap_or_else(elsewhere)
    }
}

/// A positive number of `s`, `m`, `h` or `d`.
fn interval_ms(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let millis = match unit {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).filter(|interval| *interval > 0)
}

#[cfg(test)]
mod tests;
