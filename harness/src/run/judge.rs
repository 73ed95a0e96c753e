//! Judges one rule on its cases.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::about;
use super::explain::{self, View};
use super::{Alert, CaseRun, Fixtures, RuleRun, Work};
use crate::case::{Case, Polarity};
use crate::detect;
use crate::detect::eql::{Detection, Events, key_text};
use crate::detect::sequence::stream::Moment;
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Event;
use crate::files::Problem;
use crate::index_pattern;
use crate::ir::plan::Plan;
use crate::rule::model::Rule;
use crate::span::Span;
use crate::verdict::{self, Status};

/// Judges a rule; `hits` are those of its filters over all documents, `ranges`
/// the documents of each case.
pub(super) fn rule(
    work: &Work,
    hits: &[RoaringBitmap],
    fixtures: &Fixtures,
    ranges: &[Range<u32>],
) -> RuleRun {
    let loaded = &work.loaded;
    let key = loaded.key();
    let mut problems = loaded.problems();
    let found = work.compiled.iter().flat_map(|compiled| &compiled.diagnostics);
    problems.extend(found.map(|(part, found)| loaded.locate(*part, found.clone())));
    let worst = problems.iter().map(|problem| problem.diagnostic.severity).max();
    let (status, cases) = match (worst, work.plan(), &loaded.rule) {
        (Some(Severity::Unsupported), ..) => (Status::Unsupported, Vec::new()),
        (Some(Severity::Warning) | None, Some(plan), Some(rule)) => {
            let trial = Trial { plan, rule, hits, fixtures };
            let cases = work.cases.iter().zip(ranges);
            let runs: Vec<_> = cases.map(|(case, range)| trial.case(case, range)).collect();
            let status = verdict::status(runs.iter().map(|run| (&*run.case, &run.verdict)));
            problems.extend(missing_polarity(&key, &runs));
            (status, runs)
        }
        (Some(Severity::Error | Severity::Warning) | None, ..) => (Status::Invalid, Vec::new()),
    };
    let text = |pick: fn(&Rule) -> String| loaded.rule.as_ref().map(pick);
    RuleRun {
        name: text(|rule| rule.name.clone()).unwrap_or_else(|| key.clone()),
        rule_id: text(|rule| rule.rule_id.value.clone()).unwrap_or_default(),
        rule_type: text(|rule| rule.rule_type.to_string()).unwrap_or_default(),
        language: text(|rule| rule.language.map(|l| l.to_string()).unwrap_or_default())
            .unwrap_or_default(),
        key,
        about: about::about(loaded),
        status,
        problems,
        plan: work.plan().cloned(),
        cases,
    }
}

fn missing_polarity(key: &str, cases: &[CaseRun]) -> Option<Problem> {
    let has = |polarity| cases.iter().any(|run| run.case.polarity == polarity);
    let (message, folder) = match (has(Polarity::Positive), has(Polarity::Negative)) {
        (true, false) => ("the rule has no negative case", "negative"),
        (false, true) => ("the rule has no positive case", "positive"),
        (true, true) | (false, false) => return None,
    };
    let diagnostic = Diagnostic::error("unpaired", message, Span::default());
    Some(Problem::with_path(
        key,
        diagnostic.with_help(format!("add cases/{key}/{folder}/<case>.json")),
    ))
}

/// One rule on its cases.
struct Trial<'a> {
    plan: &'a Plan,
    rule: &'a Rule,
    /// The events that each filter of the plan matches, over the whole run.
    hits: &'a [RoaringBitmap],
    fixtures: &'a Fixtures,
}

impl Trial<'_> {
    fn case(&self, case: &Arc<Case>, range: &Range<u32>) -> CaseRun {
        let documents = range.start as usize..range.end as usize;
        let events = Events {
            documents: &self.fixtures.documents[documents.clone()],
            columns: &self.fixtures.columns,
            moments: &case.events.iter().map(|event| self.moment(event)).collect::<Vec<_>>(),
        };
        let sees = |event: &Event| index_pattern::sees(&self.rule.index, event.index.as_deref());
        let own = |hits: &RoaringBitmap| -> Vec<u32> {
            let numbered = (0..).zip(range.clone()).zip(&case.events);
            let hit = numbered.filter(|((_, at), event)| hits.contains(*at) && sees(event));
            hit.map(|((number, _), _)| number).collect()
        };
        let hits: Vec<Vec<u32>> = self.hits.iter().map(own).collect();
        let size = usize::try_from(self.rule.max_signals.unwrap_or(DEFAULT_MAX_SIGNALS));
        let found = detect::detect(self.plan, &hits, events, size.unwrap_or(usize::MAX));
        let mut warnings = self.fixtures.warnings[documents].concat();
        let detections = found.unwrap_or_else(|error| {
            warnings.push(error.to_string());
            Vec::new()
        });
        let fields = read_fields(self.plan, &self.fixtures.sources);
        let alerts: Vec<Alert> =
            detections.iter().map(|found| alert(found, &case.events, &fields)).collect();
        let verdict = verdict::judge(case, alerts.len());
        let view = View {
            case,
            plan: self.plan,
            patterns: &self.rule.index,
            events,
            hits: &hits,
            sources: &self.fixtures.sources,
        };
        let explanations = explain::explain(&verdict, &view);
        CaseRun { case: case.clone(), verdict, alerts, explanations, warnings }
    }

    /// When an event happened, by the rule's own fields.
    fn moment(&self, event: &Event) -> Option<Moment> {
        let field = self.rule.eql.timestamp.as_deref().unwrap_or("@timestamp");
        let tiebreaker = self.rule.eql.tiebreaker.as_deref();
        let tiebreaker = tiebreaker.and_then(|field| event.first(field)?.as_i64());
        Some(Moment { timestamp_ms: event.date(field)?, tiebreaker })
    }
}

/// Kibana's default of `max_signals`.
const DEFAULT_MAX_SIGNALS: u64 = 100;

fn alert(found: &Detection, events: &[Event], fields: &[Arc<str>]) -> Alert {
    let members: Vec<&Event> =
        found.stages.iter().flatten().filter_map(|at| events.get(*at as usize)).collect();
    let read = |field: &Arc<str>| {
        let values: Vec<String> = members
            .iter()
            .map(|event| {
                let values: Vec<_> =
                    event.values(field).into_iter().map(ToString::to_string).collect();
                values.join(", ")
            })
            .collect();
        let some = values.iter().any(|value| !value.is_empty());
        some.then(|| (field.to_string(), values))
    };
    Alert {
        events: members.iter().map(|event| event.id.clone()).collect(),
        key: found.key.iter().map(|value| key_text(value.as_ref()).to_string()).collect(),
        fields: fields.iter().filter_map(read).collect(),
    }
}

/// The fields that a plan reads, once each, in the order of the query.
fn read_fields(plan: &Plan, sources: &BTreeMap<Arc<str>, Arc<str>>) -> Vec<Arc<str>> {
    let mut fields: Vec<Arc<str>> = Vec::new();
    for column in plan.columns() {
        let source = sources.get(&column.name).unwrap_or(&column.name);
        if !fields.contains(source) {
            fields.push(source.clone());
        }
    }
    fields
}
