//! When a rule looks, and what it never sees.

use harness_detect::window::{Clock, span_text};
use harness_predicate::plan::{EqlSearch, Plan};
use harness_predicate::{Part, Predicate};
use harness_query::eql;
use harness_query::eql::ast::{Body, Presence};
use harness_source::span::Span;

use super::codes::Code;
use super::key::key;
use super::model::Safety;
use super::target::{Sink, Target};
use crate::moment::NOW;

/// The most alerts that Kibana makes in one run, as it is installed.
const MOST_SIGNALS: u64 = 1_000;

/// The findings about windows, intervals and histories.
pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    let rule = target.rule;
    match Clock::new(rule) {
        Ok(clock) => {
            gap(target, &clock, sink);
            maxspan(target, &clock, sink);
        }
        Err(errors) => errors.into_iter().for_each(|error| sink.told(Part::File, error)),
    }
    history(target, sink);
    absence(target, sink);
    let place = |name: &str| key(&target.loaded.text, name).unwrap_or_default();
    let named = rule.timestamp_override.as_ref().filter(|field| field.value != "@timestamp");
    if let Some(field) = named.filter(|_| rule.timestamp_override_fallback_disabled) {
        let message = format!("an event without `{}` is never seen", field.value);
        let key = "timestamp_override_fallback_disabled";
        sink.file(Code::NoTimestampFallback, place(key), message)
            .help("leave the key out, so that `@timestamp` stands in");
    }
    if let Some(most) = rule.max_signals.filter(|most| *most > MOST_SIGNALS) {
        let message = format!("a run makes {MOST_SIGNALS} alerts at most, and not {most}");
        sink.file(Code::TooManySignals, place("max_signals"), message)
            .help("raise the limit in Kibana as well, or lower this one");
    }
}

/// Runs that are further apart than their windows are long.
fn gap(target: &Target<'_>, clock: &Clock, sink: &mut Sink<'_>) {
    let window = clock.window(NOW);
    let length = window.to.saturating_sub(window.from);
    let missed = clock.interval_ms().saturating_sub(length);
    if missed <= 0 {
        return;
    }
    let rule = target.rule;
    let place = rule.interval.as_ref().or(rule.from.as_ref());
    let message = format!(
        "each run looks {} back and the next comes after {}: {} are never looked at",
        span_text(length.unsigned_abs()),
        span_text(clock.interval_ms().unsigned_abs()),
        span_text(missed.unsigned_abs())
    );
    let needed = clock.interval_ms() / 60_000 + 1;
    let told = sink
        .file(Code::ScheduleGap, place.map_or_else(Span::default, |place| place.span), message)
        .help(format!("set `from` to now-{needed}m or earlier, or a shorter `interval`"));
    if let (Some(from), None) = (&rule.from, &rule.to) {
        told.fix("look further back", Safety::Unsafe, &[(from.span, format!("\"now-{needed}m\""))]);
    }
}

/// Sequences that may take longer than a run looks back.
fn maxspan(target: &Target<'_>, clock: &Clock, sink: &mut Sink<'_>) {
    let Some(Plan::Eql(plan)) = target.compiled.plan() else { return };
    let EqlSearch::Sequence { maxspan_ms: Some(most), .. } = &plan.search else { return };
    let window = clock.window(NOW);
    let length = window.to.saturating_sub(window.from).unsigned_abs();
    if *most <= length {
        return;
    }
    let Ok(query) = eql::parse(target.query()) else { return };
    let Body::Sequence(sequence) = &query.body else { return };
    let Some(maxspan) = sequence.maxspan else { return };
    let message = format!(
        "a run looks {} back, so no sequence that takes longer is found, up to {} or not",
        span_text(length),
        span_text(*most)
    );
    let needed = most / 60_000 + 1;
    sink.query(Code::MaxspanBeyondWindow, maxspan.span, message)
        .help(format!("set `from` to now-{needed}m or earlier, or a shorter `maxspan`"));
}

/// A bound on the time in the query of a new-terms rule.
fn history(target: &Target<'_>, sink: &mut Sink<'_>) {
    let Some(Plan::NewTerms(plan)) = target.compiled.plan() else { return };
    let mut told = None;
    let fields = ["@timestamp", "event.ingested"];
    let parts: Vec<&Predicate> = match &plan.filter {
        Predicate::And(parts) => parts.iter().collect(),
        whole => vec![whole],
    };
    for part in parts {
        if let Predicate::Leaf(leaf) = part
            && fields.contains(&&*leaf.column.name)
            && leaf.origin.part == Part::Query
            && told.is_none()
        {
            told = Some(leaf.origin.span);
        }
    }
    if let Some(place) = told {
        let message = "the bound keeps older events out of the history too, so old terms are new";
        sink.query(Code::CutHistory, place, message.to_owned())
            .help("leave it out: `from` and `history_window_start` say when the rule looks");
    }
}

/// An absence after the last event of a sequence.
fn absence(target: &Target<'_>, sink: &mut Sink<'_>) {
    let Ok(query) = eql::parse(target.query()) else { return };
    let Body::Sequence(sequence) = &query.body else { return };
    if let Some(last) = sequence.terms.last().filter(|term| term.presence == Presence::Missing) {
        let message = "the engine does not wait for this event: the rule alerts while it may \
                       still come";
        sink.query(Code::EarlyAbsence, last.span, message.to_owned())
            .help("let `to` lie so far back that all of it has come, as now-5m");
    }
}
