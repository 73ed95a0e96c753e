//! The events of a cluster that cases of a rule can be taken from: those that fulfil its
//! conditions, and those that miss them by one clause.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Ground, Outcome, Request, Stop, Work, by_time, place, prepare, within};
use crate::scan::Reader;
use crate::target::{Target, encoded};
use harness_cluster::client::Client;
use harness_cluster::error::ClusterError;
use harness_cluster::search;
use harness_model::event::Event;
use harness_predicate::Predicate;
use harness_predicate::plan::Plan;
use harness_rule::exception::ExceptionTree;
use harness_rule::tree::Loaded;

/// The most events that fulfil one condition; the newest are taken.
const MAX_FULFILLING: usize = 500;
/// The most events that miss one clause of it.
const MAX_MISSING: usize = 20;
/// The most clauses of a condition of which one is missed at a time.
const MAX_CLAUSES: usize = 40;

/// The events that a rule is about, newest first.
///
/// # Errors
///
/// When the cluster does not answer, or the rule cannot be asked of it.
pub fn near(
    client: &Client,
    request: &Request,
    loaded: &Loaded,
    exceptions: &ExceptionTree,
) -> Result<Vec<Event>, ClusterError> {
    let mut target = Target::read(client, &request.index)?;
    let threat = loaded.rule.as_ref().and_then(|rule| rule.threat_match.as_ref());
    for index in threat.iter().flat_map(|threat| &threat.index) {
        target.also(client, index)?;
    }
    let ground = Ground { client, target: &target, request };
    let work = prepare(0, loaded, ground, exceptions).map_err(|outcome| {
        ClusterError::Config(match outcome {
            Outcome::NoIndex => "none of the indices is one of the rule's".to_owned(),
            Outcome::Unsupported(reason) | Outcome::Invalid(reason) => reason,
            Outcome::Ran(_) => "it ran".to_owned(),
        })
    })?;
    let mut taker = Taker { ground, work: &work, seen: BTreeSet::new(), events: Vec::new() };
    for (number, filter) in work.program.filters().into_iter().enumerate() {
        let place = match work.program.plan() {
            Some(Plan::Threat(plan)) if number == 1 => Some(plan.indicator_index.join(",")),
            _ => None,
        };
        taker.take(filter, MAX_FULFILLING, place.as_deref())?;
        for missing in short_of(filter) {
            taker.take(&missing, MAX_MISSING, place.as_deref())?;
        }
    }
    Ok(taker.events)
}

/// The condition with one of its clauses turned, for each.
fn short_of(filter: &Predicate) -> Vec<Predicate> {
    let Predicate::And(clauses) = filter else { return vec![filter.clone().negate()] };
    let turned = (0..clauses.len().min(MAX_CLAUSES)).map(|at| {
        let numbered = clauses.iter().enumerate();
        Predicate::and(numbered.map(|(number, clause)| {
            if number == at { clause.clone().negate() } else { clause.clone() }
        }))
    });
    turned.collect()
}

struct Taker<'a> {
    ground: Ground<'a>,
    work: &'a Work<'a>,
    seen: BTreeSet<(String, String)>,
    events: Vec<Event>,
}

impl Taker<'_> {
    /// Takes the events of the period, or, of indicators, all those of their indices.
    fn take(
        &mut self,
        condition: &Predicate,
        most: usize,
        indicators: Option<&str>,
    ) -> Result<(), ClusterError> {
        let query = self.ground.query(&self.work.program, condition);
        if query.is_nothing() {
            return Ok(());
        }
        let body = json!({
            "size": most,
            "query": match indicators {
                None => within(self.work, self.ground.period(), &query.clause),
                Some(_) => query.clause.clone(),
            },
            "sort": by_time(&self.work.time, "desc"),
        });
        let pattern = indicators.map_or_else(|| self.ground.target.pattern.clone(), encoded);
        let path =
            format!("{pattern}/_search?allow_partial_search_results=false&ignore_unavailable=true");
        let answer = search::one(self.ground.client, &path, &body)?;
        for hit in search::hits(&answer) {
            if self.seen.insert(place(hit)) {
                self.events.push(event(hit)?);
            }
        }
        Ok(())
    }
}

fn event(hit: &Value) -> Result<Event, ClusterError> {
    Reader::event(hit).map_err(|stop| match stop {
        Stop::Cluster(error) => error,
        Stop::Unsupported(reason) => ClusterError::Config(reason),
        Stop::Again => ClusterError::Config("an event cannot be read".to_owned()),
    })
}
