//! The case that would have caught a mutant: an event of a case, changed as
//! little as tells the rule from the mutant.
//!
//! A proposal is tried on both before it is made; the reference evaluator
//! judges it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::bdd::{FALSE, Function};
use super::encode::{Atom, Encoder, Replacement};
use super::events::{fixture, near, with};
use super::sat::Answer;
use super::{candidates, fields};
use harness_model::document::{Document, Row};
use harness_model::event::Event;
use harness_predicate::eval::{eval, eval_leaf};
use harness_predicate::plan::Plan;
use harness_predicate::{Leaf, Predicate};
use harness_runner::case::Polarity;
use harness_runner::run::{Subject, Trial};
use harness_source::limits;

/// How many events are taken as a start.
const MAX_STARTS: usize = limits::NEW_STARTS.most;
/// How many sets of changes to one event are tried.
const MAX_TRIES: usize = limits::NEW_CHANGES.most;
/// How many values of one field are tried.
const MAX_VALUES: usize = limits::NEW_VALUES.most;

/// Values of a field that are tried first, so that these leaves are as wanted.
pub(crate) type Suggest<'a> = &'a dyn Fn(&str, &[(Leaf, bool)]) -> Vec<Value>;

/// Looks for an event that a rule and a mutant of it judge differently.
pub(crate) struct Search<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) plan: &'a Plan,
    pub(crate) mutant: &'a Plan,
    /// The filter that the mutant changes.
    pub(crate) filter: usize,
    suggest: Suggest<'a>,
}

/// An event of a case, and where it has to go.
struct Start {
    case: usize,
    event: usize,
    /// How many leaves have to turn.
    cost: usize,
    /// Where the filter of the rule and of the mutant differ: all of it, or what
    /// is found near the event.
    left: Function,
}

/// What leaves have to be.
type Wanted = Vec<(Leaf, bool)>;

impl<'a> Search<'a> {
    pub(crate) fn new(
        subject: &'a Subject<'a>,
        plan: &'a Plan,
        mutant: &'a Plan,
        filter: usize,
    ) -> Self {
        Self { subject, plan, mutant, filter, suggest: &|_, _| Vec::new() }
    }

    /// The same, with values that are tried first.
    pub(crate) fn suggesting(self, suggest: Suggest<'a>) -> Self {
        Self { suggest, ..self }
    }

    /// `gap` is the filter of the rule and of the mutant.
    pub(crate) fn find(
        &self,
        encoder: &mut Encoder,
        replacement: Replacement<'_>,
    ) -> Option<(Value, Polarity)> {
        let judge = |case, at, changed| self.judged(case, at, changed);
        self.find_by(encoder, replacement, &judge)
    }

    /// The same, where `judge` says what becomes of a case with an event changed.
    pub(crate) fn find_by<T>(
        &self,
        encoder: &mut Encoder,
        replacement: Replacement<'_>,
        judge: &dyn Fn(usize, usize, Event) -> Option<T>,
    ) -> Option<T> {
        for start in self.starts(encoder, replacement)?.into_iter().take(MAX_STARTS) {
            let Start { case, event, mut left, .. } = start;
            for _ in 0..MAX_TRIES {
                let truth = self.known(encoder, self.subject.documents_of(case).start + event);
                let Some((_, path)) =
                    encoder.manager.nearest(left, &|variable| truth[variable as usize])
                else {
                    break;
                };
                let own = &self.subject.cases()[case].events[event];
                let failed = match self.changed(encoder, own, &truth, &path) {
                    Ok(changed) => match judge(case, event, changed) {
                        Some(found) => return Some(found),
                        None => path,
                    },
                    Err(failed) => failed,
                };
                // These values of leaves cannot be had together.
                left = encoder.without(left, &failed)?;
            }
        }
        None
    }

    /// Events in the filter's reach, those that need the least change first.
    fn starts(&self, encoder: &mut Encoder, replacement: Replacement<'_>) -> Option<Vec<Start>> {
        let reach = *self.plan.reaches().get(self.filter)?;
        let whole = encoder.difference(replacement);
        if whole.is_none() && encoder.search(replacement) == Answer::Unknown {
            return None;
        }
        let mut starts = Vec::new();
        for case in 0..self.subject.cases().len() {
            for (event, document) in self.subject.documents_of(case).enumerate() {
                if !self.subject.reaches(case, event, reach) {
                    continue;
                }
                let truth = self.known(encoder, document);
                let base = |variable: u32| truth[variable as usize];
                let Some(left) = whole.or_else(|| encoder.near(replacement, &base)) else {
                    continue;
                };
                if let Some((cost, _)) = encoder.manager.nearest(left, &base) {
                    starts.push(Start { case, event, cost, left });
                }
            }
        }
        starts.sort_by_key(|start| start.cost);
        Some(starts)
    }

    /// The truth of every variable on a document; of leaves on its root.
    pub(crate) fn truth(&self, encoder: &Encoder, document: &Document) -> Vec<bool> {
        self.truth_from(encoder, document, 0).collect()
    }

    /// The same on the n-th document of the cases, which is asked for again and again.
    fn known(&self, encoder: &mut Encoder, number: usize) -> Vec<bool> {
        let mut known = encoder.truths.remove(&number).unwrap_or_default();
        if let Some(document) = self.subject.documents().get(number) {
            let more: Vec<bool> = self.truth_from(encoder, document, known.len()).collect();
            known.extend(more);
        }
        encoder.truths.insert(number, known.clone());
        known
    }

    fn truth_from<'t>(
        &'t self,
        encoder: &'t Encoder,
        document: &'t Document,
        start: usize,
    ) -> impl Iterator<Item = bool> + 't {
        encoder.atoms.iter().skip(start).map(move |atom| match atom {
            Atom::Leaf(leaf) => self.holds(leaf, &document.rows[0]),
            Atom::Nested(path, inner) => {
                objects_of(document, path).any(|row| self.fulfils(encoder, *inner, row))
            }
        })
    }

    fn holds(&self, leaf: &Leaf, row: &Row) -> bool {
        eval_leaf(leaf, row, self.subject.columns())
    }

    /// Whether an object fulfils a function of leaves.
    fn fulfils(&self, encoder: &Encoder, function: Function, row: &Row) -> bool {
        encoder.manager.value(function, &|variable| match &encoder.atoms[variable as usize] {
            Atom::Leaf(leaf) => self.holds(leaf, row),
            Atom::Nested(..) => false,
        })
    }

    /// The event with all leaves as they have to be, or what cannot be had.
    pub(crate) fn changed(
        &self,
        encoder: &mut Encoder,
        event: &Event,
        truth: &[bool],
        path: &[(u32, bool)],
    ) -> Result<Event, Vec<(u32, bool)>> {
        let mut by_field: BTreeMap<Arc<str>, Vec<(u32, bool)>> = BTreeMap::new();
        let mut by_path: BTreeMap<String, Vec<(u32, bool)>> = BTreeMap::new();
        for (variable, wanted) in path {
            match &encoder.atoms[*variable as usize] {
                Atom::Leaf(leaf) => {
                    let field = self.subject.field(&leaf.column);
                    by_field.entry(field).or_default().push((*variable, *wanted));
                }
                Atom::Nested(path, _) => {
                    by_path.entry(path.clone()).or_default().push((*variable, *wanted));
                }
            }
        }
        let turns = |list: &[(u32, bool)]| {
            list.iter().any(|(variable, wanted)| truth[*variable as usize] != *wanted)
        };
        let mut event = event.clone();
        for (field, list) in by_field.iter().filter(|(_, list)| turns(list)) {
            let wanted = leaves(encoder, list);
            event = self.with_field(&event, field, &wanted, None).ok_or_else(|| list.clone())?;
        }
        for (path, list) in by_path.iter().filter(|(_, list)| turns(list)) {
            event = self.with_objects(encoder, &event, path, list).ok_or_else(|| list.clone())?;
        }
        Ok(event)
    }

    /// The event with a field so that the leaves on it are as wanted: on the
    /// root, or on the first object of a path.
    fn with_field(
        &self,
        event: &Event,
        field: &str,
        wanted: &Wanted,
        path: Option<&str>,
    ) -> Option<Event> {
        if wanted.iter().any(|(leaf, holds)| *holds && leaf.column.is_absent()) {
            return None;
        }
        let current: Vec<Value> =
            event.values(field).into_iter().filter(|value| !value.is_null()).cloned().collect();
        let mut values = (self.suggest)(field, wanted);
        let ordered = wanted.iter().filter(|(_, value)| *value);
        let ordered = ordered.chain(wanted.iter().filter(|(_, value)| !*value));
        for (leaf, _) in ordered {
            values.extend(candidates::samples(&leaf.test));
        }
        // What a field is compared with.
        for column in wanted.iter().flat_map(|(leaf, _)| leaf.columns()) {
            let other = self.subject.field(column);
            if *other != *field {
                values.extend(event.values(&other).into_iter().cloned());
            }
        }
        let cases = self.subject.cases().iter().flat_map(|case| &case.events);
        values.extend(cases.flat_map(|event| event.values(field)).cloned());
        values.extend(current.iter().flat_map(near));
        let mut seen = Vec::new();
        values.retain(|value| {
            let fresh = !value.is_null() && seen.len() < MAX_VALUES && !seen.contains(value);
            if fresh {
                seen.push(value.clone());
            }
            fresh
        });
        let singles = values.iter().map(|value| vec![value.clone()]);
        let nothing = std::iter::once(Vec::new());
        let more = values.iter().map(|value| {
            let mut all = current.clone();
            all.push(value.clone());
            all
        });
        let few = &values[..values.len().min(12)];
        let pairs = few.iter().flat_map(|a| few.iter().map(|b| vec![a.clone(), b.clone()]));
        let choices = singles.chain(nothing).chain(more).chain(pairs);
        let fits = |event: &Event| {
            let document = self.subject.document(event);
            let row = match path {
                None => document.rows.first(),
                Some(path) => objects_of(&document, path).next(),
            };
            let fits =
                |row: &Row| wanted.iter().all(|(leaf, value)| self.holds(leaf, row) == *value);
            row.is_some_and(fits)
        };
        // What is asked of one field alone is tried on it alone.
        let is_alone = path.is_none()
            && wanted.iter().all(|(leaf, _)| {
                leaf.columns().iter().all(|column| *self.subject.field(column) == *field)
            });
        for choice in choices {
            if is_alone {
                let mut source = Value::Object(Map::new());
                fields::set(&mut source, field, choice.clone());
                if !fits(&Event { source: Arc::new(source), ..bare(event) }) {
                    continue;
                }
            }
            let changed = with(event, field, choice).filter(|changed| fits(changed));
            if changed.is_some() {
                return changed;
            }
        }
        if !is_alone {
            return None;
        }
        let mut several = self.several(event, field, wanted, &values).into_iter();
        several.find_map(|choice| with(event, field, choice).filter(|changed| fits(changed)))
    }

    /// Values that pass many tests of one field: one text of what each asks for, or one
    /// value for each.
    fn several(
        &self,
        event: &Event,
        field: &str,
        wanted: &Wanted,
        values: &[Value],
    ) -> Vec<Vec<Value>> {
        let rows = values.iter().map(|value| {
            let mut source = Value::Object(Map::new());
            fields::set(&mut source, field, vec![value.clone()]);
            self.subject.document(&Event { source: Arc::new(source), ..bare(event) })
        });
        let rows: Vec<Document> = rows.collect();
        let passes =
            |leaf: &Leaf, at: usize| rows[at].rows.first().is_some_and(|row| self.holds(leaf, row));
        let (asked, banned): (Vec<_>, Vec<_>) = wanted.iter().partition(|(_, holds)| *holds);
        let plain = |at: usize| !banned.iter().any(|(leaf, _)| passes(leaf, at));
        let own = asked.iter().map(|(leaf, _)| {
            let found = (0..values.len()).find(|at| passes(leaf, *at) && plain(*at));
            found.map(|at| values[at].clone())
        });
        let Some(own) = own.collect::<Option<Vec<Value>>>() else { return Vec::new() };
        let mut each: Vec<Value> = Vec::new();
        for value in own {
            if !each.contains(&value) {
                each.push(value);
            }
        }
        let texts: Option<Vec<&str>> = each.iter().map(Value::as_str).collect();
        let joined = texts.map(|texts| vec![Value::from(texts.join(" "))]);
        // A list of words is one, a path or a command line has one value.
        let is_list =
            ["args", "type", "category", "ip", "tags"].iter().any(|end| field.ends_with(end));
        match joined {
            Some(joined) if is_list => vec![each, joined],
            Some(joined) => vec![joined, each],
            None => vec![each],
        }
    }

    /// The event with nested objects so that the conditions on them are as wanted.
    fn with_objects(
        &self,
        encoder: &mut Encoder,
        event: &Event,
        path: &str,
        list: &[(u32, bool)],
    ) -> Option<Event> {
        let function = |encoder: &Encoder, variable: u32| match encoder.atoms[variable as usize] {
            Atom::Nested(_, inner) => inner,
            Atom::Leaf(_) => FALSE,
        };
        let mut banned = FALSE;
        for (variable, _) in list.iter().filter(|(_, wanted)| !*wanted) {
            let inner = function(encoder, *variable);
            banned = encoder.manager.or(banned, inner)?;
        }
        let allowed = encoder.manager.not(banned)?;
        let mut objects = fields::objects(&event.source, path);
        for object in &mut objects {
            *object = self.with_object(encoder, event, path, object, allowed)?;
        }
        for (variable, _) in list.iter().filter(|(_, wanted)| *wanted) {
            let inner = function(encoder, *variable);
            let needed = encoder.manager.and(inner, allowed)?;
            let start = objects.first().cloned().unwrap_or_else(|| Value::Object(Map::new()));
            let made = self.with_object(encoder, event, path, &start, needed)?;
            match objects.first_mut() {
                Some(first) => *first = made,
                None => objects.push(made),
            }
        }
        with(event, path, objects)
    }

    /// An object, changed so that it fulfils a function of its leaves.
    fn with_object(
        &self,
        encoder: &mut Encoder,
        event: &Event,
        path: &str,
        object: &Value,
        needed: Function,
    ) -> Option<Value> {
        let mut left = encoder.constrained(needed)?;
        for _ in 0..MAX_TRIES {
            let mut alone = with(event, path, vec![object.clone()])?;
            let document = self.subject.document(&alone);
            let none = Row::default();
            let row = objects_of(&document, path).next().unwrap_or(&none);
            let truth: Vec<bool> = encoder
                .atoms
                .iter()
                .map(|atom| matches!(atom, Atom::Leaf(leaf) if self.holds(leaf, row)))
                .collect();
            let (_, wanted) =
                encoder.manager.nearest(left, &|variable| truth[variable as usize])?;
            let mut by_field: BTreeMap<Arc<str>, Vec<(u32, bool)>> = BTreeMap::new();
            for (variable, value) in wanted {
                if let Atom::Leaf(leaf) = &encoder.atoms[variable as usize] {
                    let field = self.subject.field(&leaf.column);
                    by_field.entry(field).or_default().push((variable, value));
                }
            }
            let mut failed = None;
            for (field, list) in by_field {
                if list.iter().all(|(variable, value)| truth[*variable as usize] == *value) {
                    continue;
                }
                let wanted = leaves(encoder, &list);
                match self.with_field(&alone, &field, &wanted, Some(path)) {
                    Some(changed) => alone = changed,
                    None => {
                        failed = Some(list);
                        break;
                    }
                }
            }
            match failed {
                None => return fields::objects(&alone.source, path).into_iter().next(),
                Some(list) => left = encoder.without(left, &list)?,
            }
        }
        None
    }

    /// The fixture and what the rule makes of it, if the mutant makes something
    /// else of it.
    fn judged(&self, case: usize, at: usize, changed: Event) -> Option<(Value, Polarity)> {
        let events = match self.plan {
            Plan::Filter(_) => vec![changed],
            Plan::Eql(_) | Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => {
                let mut events = self.subject.cases()[case].events.clone();
                *events.get_mut(at)? = changed;
                events
            }
        };
        let trial = self.subject.trial(case, events);
        told_apart(&trial, self.plan, self.mutant, self.subject)
    }
}

/// The fixture of a trial that two plans judge differently.
pub(crate) fn told_apart(
    trial: &Trial<'_>,
    plan: &Plan,
    mutant: &Plan,
    subject: &Subject<'_>,
) -> Option<(Value, Polarity)> {
    let holds = |filter: &Predicate, document: &Document| eval(filter, document, subject.columns());
    let own = trial.alerts(plan, &holds).ok()? > 0;
    let other = trial.alerts(mutant, &holds).ok()? > 0;
    let polarity = if own { Polarity::Positive } else { Polarity::Negative };
    (own != other).then(|| (fixture(trial.events()), polarity))
}

fn leaves(encoder: &Encoder, list: &[(u32, bool)]) -> Wanted {
    let leaf = |(variable, wanted): &(u32, bool)| match &encoder.atoms[*variable as usize] {
        Atom::Leaf(leaf) => Some((leaf.clone(), *wanted)),
        Atom::Nested(..) => None,
    };
    list.iter().filter_map(leaf).collect()
}

/// An event of the same index with nothing in it.
fn bare(event: &Event) -> Event {
    let Event { id, index, index_stated, .. } = event;
    let (id, index, index_stated) = (id.clone(), index.clone(), *index_stated);
    Event { id, index, index_stated, source: Arc::default() }
}

fn objects_of<'d>(document: &'d Document, path: &str) -> impl Iterator<Item = &'d Row> {
    document.rows.iter().filter(move |row| row.path.as_deref() == Some(path))
}
