//! What the events of a case are together: a sequence, groups, terms,
//! comparisons with indicators.

use harness_detect::eql::why::{Story, story};
use harness_detect::sequence::key::Key;
use harness_detect::terms::key_text;
use harness_detect::{Detail, Error, Events, new_terms, threat, threshold};
use harness_model::event::Event;
use harness_predicate::plan::{NewTermsPlan, Plan, TermField, ThreatPlan, ThresholdPlan};
use harness_runner::run::Subject;
use harness_source::likeness::Likeness;

/// The most groups, terms or events that are told.
const MAX_TOLD: usize = 50;

/// So many indicators are looked at for the one that is nearest.
const MAX_COMPARED: usize = 10_000;

/// What the events of a case are together.
#[derive(Clone, Debug, PartialEq)]
pub enum Findings {
    /// Nothing: each event is judged alone.
    None,
    /// Steps of sequences or samples.
    Sequence(Story),
    /// Groups that are counted.
    Groups(Groups),
    /// Combinations of values, new and old.
    Terms(Terms),
    /// Comparisons with indicators, one an event.
    Comparisons(Vec<Comparison>),
    /// The search fails, for this reason.
    Failed(String),
}

/// Groups of a threshold rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// The fields that form them.
    pub fields: Vec<String>,
    /// How many events a group needs.
    pub count: u64,
    /// A field, and how many distinct values of it a group needs.
    pub cardinality: Option<(String, u64)>,
    /// The largest first, then by key.
    pub groups: Vec<Group>,
    /// Matching events that are in no group.
    pub lacking: Vec<Lacking>,
}

impl Groups {
    /// How large a group is, and how large it has to be.
    pub(super) fn tell(&self, group: &Group) -> String {
        let pairs = self.fields.iter().zip(&group.key);
        let key: Vec<String> = pairs.map(|(field, value)| format!("{field} = {value}")).collect();
        let key = if key.is_empty() { key.concat() } else { format!("{}: ", key.join(", ")) };
        let values = self.cardinality.as_ref().zip(group.cardinality);
        let values = values.map_or_else(String::new, |((field, needed), found)| {
            format!(", {found} of {needed} values of {field}")
        });
        format!("{key}{} of {} events{values}", group.count, self.count)
    }
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its values.
    pub key: Vec<String>,
    /// The ids of its events, oldest first.
    pub events: Vec<String>,
    /// How many were counted.
    pub count: u64,
    /// How many distinct values there are of the field that is counted.
    pub cardinality: Option<u64>,
    /// Whether it is large enough.
    pub alerts: bool,
}

/// An event that matches the query and lacks a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// Its id.
    pub event: String,
    /// The fields.
    pub fields: Vec<String>,
}

/// Combinations of values of a new-terms rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The fields.
    pub fields: Vec<String>,
    /// When the window begins, in milliseconds since 1970: what was seen up to
    /// then is old.
    pub from: i64,
    /// The earliest first.
    pub terms: Vec<Term>,
    /// Matching events without such a combination.
    pub lacking: Vec<Lacking>,
}

/// One combination of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The values.
    pub key: Vec<String>,
    /// When it was seen first, in milliseconds since 1970.
    pub first_seen: i64,
    /// The id of the event that it was seen in.
    pub event: String,
    /// Whether that is new.
    pub is_new: bool,
}

/// An event and the indicators that match it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The event's id.
    pub event: String,
    /// What was compared.
    pub compared: Vec<Compared>,
    /// The ids of the indicators that match.
    pub indicators: Vec<String>,
}

/// One comparison of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The field of the event.
    pub field: String,
    /// Its values, as JSON.
    pub values: Vec<String>,
    /// The field of the indicators.
    pub with: String,
    /// Whether they have to differ.
    pub negated: bool,
    /// Of an event that no indicator matches: the one whose value is most like
    /// its own, and that value as JSON.
    pub nearest: Option<(String, String)>,
}

impl Compared {
    /// It in words.
    pub(super) fn tell(&self) -> String {
        let is = if self.negated { "is not" } else { "=" };
        format!("{} {is} {}", self.field, self.values.join(", "))
    }
}

/// Tells what the events that the filters match are together.
pub(super) fn findings(
    plan: &Plan,
    hits: &[Vec<u32>],
    case: usize,
    subject: &Subject<'_>,
) -> Findings {
    let own = Own { case: &subject.cases()[case].events, events: subject.events(case) };
    let first = hits.first().map_or(&[][..], Vec::as_slice);
    let found = match plan {
        Plan::Filter(_) => return Findings::None,
        Plan::Eql(plan) => {
            story(plan, hits, own.events, &|event| own.id(event)).map(Findings::Sequence)
        }
        Plan::Threshold(plan) => own.groups(plan, first).map(Findings::Groups),
        Plan::NewTerms(plan) => {
            own.terms(plan, first, subject.window(case).from).map(Findings::Terms)
        }
        Plan::Threat(plan) => {
            let indicators = hits.get(1).map_or(&[][..], Vec::as_slice);
            own.comparisons(plan, first, indicators).map(Findings::Comparisons)
        }
    };
    match found {
        Ok(Findings::Sequence(story)) if story == Story::default() => Findings::None,
        Ok(found) => found,
        Err(error) => Findings::Failed(error.to_string()),
    }
}

/// The events of the case.
struct Own<'a> {
    case: &'a [Event],
    events: Events<'a>,
}

impl Own<'_> {
    fn id(&self, event: u32) -> String {
        self.case.get(event as usize).map_or_else(String::new, |event| event.id.clone())
    }

    fn groups(&self, plan: &ThresholdPlan, hits: &[u32]) -> Result<Groups, Error> {
        let mut groups = threshold::groups(plan, hits, self.events)?;
        groups.sort_by_key(|group| std::cmp::Reverse((group.count, group.cardinality)));
        let in_groups: Vec<u32> = groups.iter().flat_map(|group| &group.events).copied().collect();
        let group = |group: threshold::Group| Group {
            alerts: group.alerts(plan),
            key: key(&group.key),
            events: group.events.iter().map(|event| self.id(*event)).collect(),
            count: group.count,
            cardinality: group.cardinality,
        };
        Ok(Groups {
            fields: names(&plan.fields),
            count: plan.count,
            cardinality: plan
                .cardinality
                .as_ref()
                .map(|(field, needed)| (field.field.to_string(), *needed)),
            lacking: self.lacking(&plan.fields, hits, &in_groups),
            groups: groups.into_iter().take(MAX_TOLD).map(group).collect(),
        })
    }

    fn terms(&self, plan: &NewTermsPlan, hits: &[u32], from: i64) -> Result<Terms, Error> {
        let terms = new_terms::terms(&plan.fields, hits, self.events)?;
        let term = |term: new_terms::Term| Term {
            key: key(&term.key),
            first_seen: term.first_seen,
            event: self.id(term.event),
            is_new: term.first_seen > from,
        };
        Ok(Terms {
            fields: names(&plan.fields),
            from,
            lacking: self.lacking(&plan.fields, hits, &[]),
            terms: terms.into_iter().take(MAX_TOLD).map(term).collect(),
        })
    }

    fn comparisons(
        &self,
        plan: &ThreatPlan,
        hits: &[u32],
        indicators: &[u32],
    ) -> Result<Vec<Comparison>, Error> {
        let found = threat::find(plan, hits, indicators, self.events, usize::MAX)?;
        let matching = |event: u32| {
            let own = found.iter().find(|found| found.stages.first() == Some(&Some(event)));
            match own.map(|found| &found.detail) {
                Some(Detail::Indicators(own)) => own.iter().map(|at| self.id(*at)).collect(),
                Some(Detail::None | Detail::Group { .. }) | None => Vec::new(),
            }
        };
        let comparison = |event: &u32| {
            let matched = matching(*event);
            let compared = plan.groups.iter().flatten().map(|entry| {
                let values = self.values(*event, &entry.field.field);
                let with = entry.value.field.to_string();
                let asks = matched.is_empty() && !entry.negate;
                let nearest = asks.then(|| self.nearest(&values, indicators, &with)).flatten();
                let (field, negated) = (entry.field.field.to_string(), entry.negate);
                Compared { field, values, with, negated, nearest }
            });
            Comparison { event: self.id(*event), compared: compared.collect(), indicators: matched }
        };
        Ok(hits.iter().take(MAX_TOLD).map(comparison).collect())
    }

    /// The indicator whose value is most like one of these.
    fn nearest(&self, own: &[String], indicators: &[u32], field: &str) -> Option<(String, String)> {
        let wanted: Vec<Likeness> = own.iter().map(|value| Likeness::new(value)).collect();
        let values = indicators.iter().take(MAX_COMPARED).flat_map(|indicator| {
            self.values(*indicator, field).into_iter().map(|value| (*indicator, value))
        });
        let ranked = values.map(|(indicator, value)| {
            let likeness = wanted.iter().map(|own| own.to(&value)).fold(0.0, f64::max);
            (likeness, indicator, value)
        });
        // Of those as much alike the first.
        let best = ranked.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, indicator, value)| (self.id(indicator), value))
    }

    fn values(&self, event: u32, field: &str) -> Vec<String> {
        let event = self.case.get(event as usize);
        let values = event.map_or_else(Vec::new, |event| event.values(field));
        values.into_iter().filter(|value| !value.is_null()).map(ToString::to_string).collect()
    }

    /// The events that lack fields, beside those that are known to have them.
    fn lacking(&self, fields: &[TermField], hits: &[u32], having: &[u32]) -> Vec<Lacking> {
        let lacking = hits.iter().filter(|event| !having.contains(event)).map(|event| {
            let lacks = |field: &&TermField| self.values(*event, &field.field).is_empty();
            let fields = fields.iter().filter(lacks).map(|field| field.field.to_string());
            Lacking { event: self.id(*event), fields: fields.collect() }
        });
        lacking.filter(|lacking| !lacking.fields.is_empty()).take(MAX_TOLD).collect()
    }
}

/// The values of a key, as text.
pub(super) fn key(key: &Key) -> Vec<String> {
    key.iter().map(|value| key_text(value.as_ref()).to_string()).collect()
}

fn names(fields: &[TermField]) -> Vec<String> {
    fields.iter().map(|field| field.field.to_string()).collect()
}
