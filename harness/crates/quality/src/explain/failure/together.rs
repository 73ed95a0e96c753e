//! What events are together: a sequence that is not whole, groups that are too
//! small, terms that are not new, indicators that do not match.

use std::collections::{BTreeMap, BTreeSet};

use super::{Failure, MAX_TOLD, note};
use crate::clause::elements::Places;
use crate::explain::findings::{Compared, Comparison, Findings, Groups, Lacking, Terms, findings};
use harness_detect::eql::why::{Course, Story, list, story};
use harness_detect::new_terms;
use harness_model::value::format_date;
use harness_predicate::plan::{EqlPlan, NewTermsPlan, Plan, ThreatPlan};
use harness_runner::run::Explanation;
use harness_source::span::plural;
use harness_source::span::{flat, shorten};

/// How much of a stage is shown.
const MAX_TEXT: usize = 100;

impl Failure<'_> {
    fn findings(&self) -> Findings {
        findings(self.plan, &self.hits, self.case, self.subject)
    }

    /// Why the events that match a query raise no alert together.
    pub(super) fn missed_together(&self) -> Vec<Explanation> {
        if self.hits.iter().all(Vec::is_empty) {
            return Vec::new();
        }
        match (self.findings(), self.plan) {
            (Findings::Groups(groups), _) => small(&groups),
            (Findings::Terms(terms), Plan::NewTerms(plan)) => self.old(plan, &terms),
            (Findings::Failed(reason), _) => vec![note(None, reason)],
            (
                Findings::None
                | Findings::Terms(_)
                | Findings::Sequence(_)
                | Findings::Comparisons(_),
                _,
            ) => Vec::new(),
        }
    }

    /// What raised an alert together.
    pub(super) fn raised(&self) -> Vec<Explanation> {
        match self.findings() {
            Findings::Groups(groups) => {
                let alerting = groups.groups.iter().filter(|group| group.alerts).take(MAX_TOLD);
                alerting.map(|group| note(None, groups.tell(group))).collect()
            }
            Findings::Terms(terms) => {
                let new = terms.terms.iter().filter(|term| term.is_new).take(MAX_TOLD);
                let tell = |key: String, event: &str, seen| {
                    format!("{key} is new: first seen in {event} at {}", format_date(seen))
                };
                new.map(|term| {
                    note(None, tell(named(&terms.fields, &term.key), &term.event, term.first_seen))
                })
                .collect()
            }
            Findings::Comparisons(found) => {
                let matched = found.iter().filter(|one| !one.indicators.is_empty());
                let tell = |one: &Comparison| {
                    let compared: Vec<String> = one.compared.iter().map(Compared::tell).collect();
                    let indicators = shorten(&one.indicators.join(", "), MAX_TEXT);
                    note(
                        Some(one.event.clone()),
                        format!("matches indicator {indicators} by {}", compared.join(", ")),
                    )
                };
                matched.take(MAX_TOLD).map(tell).collect()
            }
            Findings::None | Findings::Sequence(_) | Findings::Failed(_) => Vec::new(),
        }
    }

    /// The terms in the window that were seen before it.
    fn old(&self, plan: &NewTermsPlan, terms: &Terms) -> Vec<Explanation> {
        let (from, hits) = (terms.from, self.hits.first().map_or(&[][..], Vec::as_slice));
        let time = |event: &u32| {
            let moment = self.events().moments.get(*event as usize)?.as_ref()?;
            Some(moment.timestamp_ms)
        };
        let inside: Vec<u32> =
            hits.iter().copied().filter(|event| time(event) >= Some(from)).collect();
        if inside.is_empty() {
            return vec![note(None, "no event of the window matches the query".to_owned())];
        }
        let mut told: Vec<Explanation> = lacking(&terms.lacking);
        let (own, all) = match (
            new_terms::terms(&plan.fields, &inside, self.events()),
            new_terms::terms(&plan.fields, hits, self.events()),
        ) {
            (Ok(own), Ok(all)) => (own, all),
            (Err(error), _) | (_, Err(error)) => return vec![note(None, error.to_string())],
        };
        let own: BTreeMap<_, _> = own.into_iter().map(|term| (term.key, term.event)).collect();
        for term in all.into_iter().filter(|term| term.first_seen <= from).take(MAX_TOLD) {
            let Some(now) = own.get(&term.key) else { continue };
            let (seen, begins) = (format_date(term.first_seen), format_date(from));
            let key: Vec<String> = crate::explain::findings::key(&term.key);
            let text = format!(
                "{} is not new: {} has it at {seen}, and the window begins at {begins}",
                named(&terms.fields, &key),
                self.id(term.event)
            );
            told.push(note(Some(self.id(*now)), text));
        }
        told
    }

    /// Why no event matches an indicator.
    pub(super) fn unmatched(&mut self, plan: &ThreatPlan) -> Vec<Explanation> {
        let mut told = Vec::new();
        for filter in 0..2 {
            if self.hits.get(filter).is_some_and(Vec::is_empty) {
                told.extend(self.nearest(filter, MAX_TOLD));
            }
        }
        if self.hits.iter().any(Vec::is_empty) {
            if told.is_empty() {
                let what = if self.hits[0].is_empty() { "event" } else { "indicator" };
                told.push(note(None, format!("the case has no {what}")));
            }
            return told;
        }
        let Findings::Comparisons(found) = self.findings() else { return told };
        let missed = found.iter().filter(|one| one.indicators.is_empty()).take(MAX_TOLD);
        told.extend(missed.map(|one| note(Some(one.event.clone()), no_indicator(one))));
        if plan.groups.is_empty() {
            told.push(note(None, "the rule compares no fields".to_owned()));
        }
        told
    }

    /// Why events did not become a sequence or sample.
    pub(super) fn unjoined(&mut self, plan: &EqlPlan) -> Vec<Explanation> {
        let named = |event| self.id(event);
        let story = match story(plan, &self.hits, self.events(), &named) {
            Ok(story) => story,
            Err(error) => return vec![note(None, error.to_string())],
        };
        let mut told: Vec<_> = story.notes.iter().map(|text| note(None, text.clone())).collect();
        match story.courses.first() {
            Some(course) => told.extend(self.course(&story, course)),
            None => told.extend(sampled(&story)),
        }
        let empty: Vec<usize> = (0..self.hits.len())
            .filter(|stage| self.plan.wants_event(*stage) && self.hits[*stage].is_empty())
            .collect();
        for stage in empty.into_iter().take(MAX_TOLD) {
            told.push(self.stage(stage, &format!("stage {} has no event", stage + 1)));
            told.extend(self.nearest(stage, 1));
        }
        told
    }

    /// How far the best key came, and what it waits for.
    fn course(&self, story: &Story, course: &Course) -> Vec<Explanation> {
        let name = |event| self.id(event);
        let key = course.named(&story.fields);
        let under = if key.is_empty() { key } else { format!("{key}: ") };
        let reached = match course.reached.as_slice() {
            [] => "no event begins a sequence".to_owned(),
            events => format!(
                "{} of {} events in order ({})",
                events.len(),
                course.wanted,
                list(events, &name)
            ),
        };
        let mut told = vec![note(None, format!("{under}{reached}"))];
        if let Some(next) = &course.next {
            // A stage without any event is told with what is nearest to it.
            if !self.hits[next.stage].is_empty() {
                let waiting = course.waiting().unwrap_or_default();
                told.push(self.stage(next.stage, &waiting));
            }
            told.extend(next.tell_early(&name).into_iter().map(|text| note(None, text)));
        }
        told.extend(course.stops.iter().map(|stop| note(None, stop.text.clone())));
        told.extend(story.elsewhere.iter().map(|text| note(None, text.clone())));
        told
    }

    /// Something to say of a stage, with its text and place.
    fn stage(&self, at: usize, text: &str) -> Explanation {
        let rule = self.subject.rule();
        let origin = Places::new(rule).stage(at);
        let query = rule.query.as_ref().map_or("", |query| &query.text);
        let own = shorten(&flat(origin.span.of(query)), MAX_TEXT);
        let text = if own.is_empty() { text.to_owned() } else { format!("{text}: {own}") };
        Explanation { origin: Some(origin), ..note(None, text) }
    }
}

/// Which stages of a sample have no event under the key that has most.
fn sampled(story: &Story) -> Vec<Explanation> {
    let mut keys: BTreeMap<&[String], BTreeSet<usize>> = BTreeMap::new();
    for step in &story.steps {
        keys.entry(&step.key).or_default().extend(step.stage);
    }
    let Some((key, stages)) =
        keys.into_iter().max_by_key(|(key, stages)| (stages.len(), std::cmp::Reverse(*key)))
    else {
        return Vec::new();
    };
    let lacks = (0..story.stages).filter(|stage| !stages.contains(stage));
    let lacks: Vec<String> = lacks.map(|stage| (stage + 1).to_string()).collect();
    let has: Vec<String> = stages.iter().map(|stage| (stage + 1).to_string()).collect();
    let (stages, key) = (|of: &[String]| plural_list("stage", of), named(&story.fields, key));
    if lacks.is_empty() {
        return Vec::new();
    }
    let text = format!("{key}: {} has an event, {} has none", stages(&has), stages(&lacks));
    vec![note(None, text)]
}

/// Groups that are too small: the largest, and events that are in none.
fn small(groups: &Groups) -> Vec<Explanation> {
    let largest = groups.groups.iter().filter(|group| !group.alerts).take(1);
    let told = largest.map(|group| note(None, groups.tell(group)));
    told.chain(lacking(&groups.lacking)).collect()
}

/// Events that match a query and lack the fields that it groups or compares by.
fn lacking(found: &[Lacking]) -> Vec<Explanation> {
    let told = found.iter().take(MAX_TOLD).map(|one| {
        let fields = one.fields.join(" and no ");
        note(Some(one.event.clone()), format!("matches the query but has no {fields}"))
    });
    let more = found.len().saturating_sub(MAX_TOLD);
    let more = (more > 0).then(|| note(None, format!("{} as well", plural(more, "more event"))));
    told.chain(more).collect()
}

/// What an event was compared by, and the indicator that is nearest.
fn no_indicator(one: &Comparison) -> String {
    let compared = one.compared.iter().filter(|own| !own.negated);
    let compared: Vec<_> = compared.filter(|own| !own.values.is_empty()).collect();
    if compared.is_empty() {
        let fields: Vec<&str> = one.compared.iter().map(|own| own.field.as_str()).collect();
        return format!("has no {} to compare with indicators", fields.join(" and no "));
    }
    let told = compared.iter().map(|own| {
        let nearest = match &own.nearest {
            Some((event, value)) => format!("; the nearest is {value} of {event}"),
            None => "; no indicator has such a value".to_owned(),
        };
        let values = shorten(&own.values.join(", "), MAX_TEXT);
        format!("no indicator has {} = {values}{nearest}", own.with)
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Fields and their values.
fn named(fields: &[String], values: &[String]) -> String {
    let pairs = fields.iter().zip(values).map(|(field, value)| format!("{field} = {value}"));
    pairs.collect::<Vec<_>>().join(", ")
}

/// Numbered things.
fn plural_list(noun: &str, numbers: &[String]) -> String {
    match numbers {
        [one] => format!("{noun} {one}"),
        several => format!("each of {noun}s {}", several.join(", ")),
    }
}
