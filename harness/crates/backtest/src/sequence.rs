//! Sequences: candidates of all stages in order of time, our own state machine.
//!
//! One stream brings every event that some stage's filter matches, with its
//! time, its tiebreaker, its join keys as doc values, and the names of the
//! filters that matched it. Sequences of one key do not see those of another, so
//! many candidates are taken in parts by the hash of their keys: the stream is
//! read again for each part, and memory stays bounded.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::{Value, json};

use super::filters::Reader;
use super::{Found, Ground, Sample, Stop, Work, place, sorted_time, stream, within};
use harness_cluster::dsl::Query;
use harness_detect::eql::{join_value, spec};
use harness_detect::sequence::key::{KeyValue, Real};
use harness_detect::sequence::stream::{Filter, Hits, Moment, Source, Stream};
use harness_detect::sequence::{self, Limit, Match};
use harness_detect::terms::key_text;
use harness_model::value::parse_ip;
use harness_predicate::Kind;
use harness_predicate::plan::{KeyField, KeyForm, Stage};
use harness_source::limits;

/// How many candidates are held at once.
pub(super) const PART: u64 = 500_000;

/// The most candidates of a sequence without join keys, which has no parts.
const KEYLESS: u64 = limits::BACKTEST_KEYLESS.most as u64;

/// How many candidates come in one page.
const PAGE: usize = 5000;

/// How many sequences are looked for in one part.
const MOST: usize = limits::BACKTEST_ALERTS.most;

/// Runs a sequence rule; `found` is what its plan looks for.
pub(super) fn run(
    ground: Ground<'_>,
    work: &Work<'_>,
    (stages, until, maxspan_ms): (&[Stage], Option<&Stage>, Option<u64>),
) -> Result<Found, Stop> {
    let request = Candidates::new(ground, work, stages.iter().chain(until).collect(), false)?;
    let candidates = request.count()?;
    let joined = stages.first().is_some_and(|stage| !stage.keys.is_empty());
    if !joined && candidates > KEYLESS {
        let reason = format!("{candidates} candidates without a join key are more than {KEYLESS}");
        return Err(Stop::Unsupported(reason));
    }
    let parts = if joined { candidates.div_ceil(PART).max(1) } else { 1 };
    let mut found = Found::default();
    for part in 0..parts {
        let table = request.read(part, parts)?;
        let spec = spec(stages, until, maxspan_ms, vec![Limit::Head(MOST)]);
        let (own, ends) = table.hits.split_at(stages.len());
        let hits = Hits { stages: own, until: ends.first().map_or(&[][..], Vec::as_slice) };
        let unsupported = |error: sequence::Error| Stop::Unsupported(error.to_string());
        let stream = Stream::build(&spec, hits, &table).map_err(unsupported)?;
        let matches = sequence::find(&spec, &stream).map_err(unsupported)?;
        if matches.len() == MOST {
            return Err(Stop::Unsupported(format!("it finds more than {MOST} sequences")));
        }
        for one in matches {
            let time = |at: &u32| table.moments.get(*at as usize).map(|it| it.timestamp_ms);
            let time = one.stages.iter().flatten().next_back().and_then(time);
            found.add(time);
            if found.samples.len() < ground.request.samples {
                found.samples.push(sample(&one, time, &table));
            }
        }
    }
    if found.samples.is_empty() {
        return Ok(found);
    }
    request.name(&mut found)?;
    Ok(found)
}

/// A sequence; its events are named later.
fn sample(found: &Match, time: Option<i64>, table: &Table) -> Sample {
    let events: Vec<(String, String)> =
        found.stages.iter().flatten().map(|at| (String::new(), table.number(*at))).collect();
    let key = found.key.iter().map(|value| key_text(value.as_ref()).to_string()).collect();
    Sample { time, key, count: events.len() as u64, events }
}

/// What is asked for one sequence or sample.
pub(super) struct Candidates<'a> {
    ground: Ground<'a>,
    work: &'a Work<'a>,
    /// The stages, `until` last.
    all: Vec<&'a Stage>,
    queries: Vec<Query>,
    /// The keys that some event may have.
    keys: Vec<&'a KeyField>,
    /// For a sample: moments are numbers as join values, and the time that
    /// counts for windows is told.
    sample: bool,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(
        ground: Ground<'a>,
        work: &'a Work<'a>,
        all: Vec<&'a Stage>,
        sample: bool,
    ) -> Result<Self, Stop> {
        let queries = all.iter().map(|stage| ground.query(&work.program, &stage.filter)).collect();
        let mut keys: Vec<&KeyField> = all.iter().flat_map(|stage| &stage.keys).collect();
        for key in &keys {
            let field = key.column.as_ref().and_then(|it| ground.target.schema.field(&it.name));
            if field.is_some_and(|field| field.nested.is_some()) {
                let reason = format!("it joins by {}, which is nested", key.field);
                return Err(Stop::Unsupported(reason));
            }
        }
        keys.retain(|key| key.column.is_some());
        Ok(Self { ground, work, all, queries, keys, sample })
    }

    /// How many there are.
    pub(super) fn count(&self) -> Result<u64, Stop> {
        self.ground.count(&self.query())
    }

    /// The candidates of all stages; each stage's clause has its number as name.
    fn query(&self) -> Value {
        let clause = |(at, query): (usize, &Query)| json!({ "bool": { "filter": [query.clause], "_name": at.to_string() } });
        let clauses: Vec<Value> = self.queries.iter().enumerate().map(clause).collect();
        let any = json!({ "bool": { "should": clauses, "minimum_should_match": 1 } });
        within(self.work, self.ground.period(), &any)
    }

    fn body(&self) -> Value {
        let rule = self.work.rule;
        let timestamp = rule.eql.order();
        let field = |field: &str, ty: &str| json!({ field: { "order": "asc", "unmapped_type": ty, "missing": "_last" } });
        let mut sort = vec![field(timestamp, "date")];
        sort[0][timestamp]["numeric_type"] = json!("date");
        sort.extend(rule.eql.tiebreaker.as_deref().map(|tiebreaker| field(tiebreaker, "long")));
        let mut names: Vec<Value> = Vec::new();
        for key in &self.keys {
            let Some(column) = &key.column else { continue };
            let mut entry = json!({ "field": &*column.name });
            if key.form == KeyForm::Date {
                entry["format"] = json!("epoch_millis");
            }
            if !names.contains(&entry) {
                names.push(entry);
            }
        }
        if self.sample {
            let time = &self.work.time;
            for field in std::iter::once(&time.field).chain(&time.fallback) {
                let entry = json!({ "field": field, "format": "epoch_millis" });
                // Of two forms of one field only the last is given.
                names.retain(|known| known["field"] != entry["field"]);
                names.push(entry);
            }
        }
        json!({
            "size": PAGE,
            "query": self.query(),
            "sort": sort,
            "_source": self.queries.iter().any(|query| !query.exact),
            "docvalue_fields": names,
            "track_total_hits": true,
        })
    }

    /// The candidates of one part of the keys.
    pub(super) fn read(&self, part: u64, parts: u64) -> Result<Table, Stop> {
        let mut table = Table {
            moments: Vec::new(),
            times: Vec::new(),
            ids: Vec::new(),
            values: Vec::new(),
            keys: self.all.iter().map(|stage| stage.keys.clone()).collect(),
            slots: HashMap::new(),
            width: 0,
            part,
            parts,
            hits: self.all.iter().map(|_| Vec::new()).collect(),
        };
        for key in &self.keys {
            if let Some(column) = &key.column {
                let next = table.slots.len();
                table.slots.entry(column.name.clone()).or_insert(next);
            }
        }
        table.width = table.slots.len();
        let reader = Reader::of(self.ground, self.work);
        let mut texts: HashSet<Arc<str>> = HashSet::new();
        let mut position = 0_u64;
        let pattern = &self.ground.target.pattern;
        stream::each(self.ground, pattern, &self.body(), &mut |hit| {
            position += 1;
            let Some(timestamp_ms) = sorted_time(hit) else { return Ok(()) };
            let names = hit.get("matched_queries").and_then(Value::as_array);
            let mut matched: Vec<usize> = names
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str()?.parse().ok())
                .filter(|stage| *stage < self.all.len())
                .collect();
            if matched.iter().any(|stage| !self.queries[*stage].exact) {
                let event = Reader::event(hit)?;
                let holds = |stage: &usize| reader.holds(&self.all[*stage].filter, &event);
                matched.retain(|stage| self.queries[*stage].exact || holds(stage));
            }
            let mut values: Vec<Box<[KeyValue]>> = vec![Box::default(); table.width];
            for key in &self.keys {
                if let Some(column) = &key.column {
                    let slot = table.slots.get(&column.name).copied().unwrap_or_default();
                    let (name, kind) = (&column.name, column.kind);
                    let form = match key.form {
                        KeyForm::Date if self.sample => KeyForm::Plain,
                        form => form,
                    };
                    values[slot] = key_values(hit, name, kind, form, &mut texts)?;
                }
            }
            matched.retain(|stage| table.takes(*stage, &values));
            if matched.is_empty() {
                return Ok(());
            }
            let number = u32::try_from(table.moments.len())
                .map_err(|_| Stop::Unsupported("it has too many candidates".to_owned()))?;
            let tiebreaker = hit.pointer("/sort/1").and_then(Value::as_i64);
            // Beyond every date stands for none.
            let tiebreaker = tiebreaker.filter(|at| *at != i64::MAX);
            table.moments.push(Moment::new(timestamp_ms, tiebreaker));
            if self.sample {
                table.times.push(self.time(hit).unwrap_or(timestamp_ms));
            }
            table.ids.push(position);
            table.values.extend(values);
            for stage in matched {
                table.hits[stage].push(number);
            }
            Ok(())
        })?;
        Ok(table)
    }

    /// The time of a hit that counts for windows.
    fn time(&self, hit: &Value) -> Option<i64> {
        let value = |field: &String| {
            let value = hit.get("fields")?.get(field)?.get(0)?;
            value.as_i64().or_else(|| value.as_str()?.parse().ok())
        };
        let time = &self.work.time;
        value(&time.field).or_else(|| time.fallback.as_ref().and_then(value))
    }

    /// Names the events of samples, which are numbered by their place in the stream.
    pub(super) fn name(&self, found: &mut Found) -> Result<(), Stop> {
        let mut wanted: HashMap<u64, (String, String)> = HashMap::new();
        for (_, number) in found.samples.iter().flat_map(|sample| &sample.events) {
            if let Ok(number) = number.parse() {
                wanted.insert(number, Default::default());
            }
        }
        let last = wanted.keys().copied().max().unwrap_or(0);
        let mut position = 0;
        let enough = "enough";
        let pattern = &self.ground.target.pattern;
        let outcome = stream::each(self.ground, pattern, &self.body(), &mut |hit| {
            position += 1;
            if let Some(slot) = wanted.get_mut(&position) {
                *slot = place(hit);
            }
            if position == last { Err(Stop::Unsupported(enough.to_owned())) } else { Ok(()) }
        });
        match outcome {
            Err(Stop::Unsupported(reason)) if reason == enough => {}
            outcome => drop(outcome?),
        }
        for event in found.samples.iter_mut().flat_map(|sample| &mut sample.events) {
            if let Some(place) = event.1.parse().ok().and_then(|number: u64| wanted.get(&number)) {
                *event = place.clone();
            }
        }
        Ok(())
    }
}

/// The values of a join field of a hit.
fn key_values(
    hit: &Value,
    field: &str,
    kind: Kind,
    form: KeyForm,
    texts: &mut HashSet<Arc<str>>,
) -> Result<Box<[KeyValue]>, Stop> {
    let values = hit.get("fields").and_then(|fields| fields.get(field)).and_then(Value::as_array);
    let mut read = Vec::new();
    for value in values.into_iter().flatten() {
        let number = || value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let found = match kind {
            Kind::Keyword | Kind::Text => value.as_str().map(|text| KeyValue::Text(text.into())),
            Kind::Ip => value.as_str().and_then(|text| parse_ip(text).ok()).map(KeyValue::Ip),
            Kind::Absent => None,
            Kind::Double => value.as_f64().map(|value| KeyValue::Double(Real(value))),
            Kind::Long => match value.as_bool() {
                Some(value) => Some(KeyValue::Bool(value)),
                None => number().map(KeyValue::Long),
            },
        };
        let Some(mut found) = found else {
            return Err(Stop::Unsupported(format!("a value of {field} cannot be read: {value}")));
        };
        join_value(&mut found, form);
        // One text for all its events.
        if let KeyValue::Text(text) = &mut found {
            match texts.get(text) {
                Some(known) => *text = known.clone(),
                None => drop(texts.insert(text.clone())),
            }
        }
        read.push(found);
    }
    Ok(read.into_boxed_slice())
}

/// The candidates of one part, by number.
pub(super) struct Table {
    pub(super) moments: Vec<Moment>,
    /// For a sample: the time of each that counts for windows.
    pub(super) times: Vec<i64>,
    /// The place of each in the stream, from one.
    ids: Vec<u64>,
    /// The values of every slot of every event, row by row.
    values: Vec<Box<[KeyValue]>>,
    /// The keys of each filter, `until` last.
    keys: Vec<Vec<KeyField>>,
    /// Where the values of a column are in a row.
    slots: HashMap<Arc<str>, usize>,
    width: usize,
    /// Which part of the keys this is, of how many.
    part: u64,
    parts: u64,
    /// By filter.
    pub(super) hits: Vec<Vec<u32>>,
}

impl Table {
    pub(super) fn number(&self, event: u32) -> String {
        self.ids.get(event as usize).map(ToString::to_string).unwrap_or_default()
    }

    fn slot(&self, filter: usize, term: usize) -> Option<usize> {
        let column = self.keys.get(filter)?.get(term)?.column.as_ref()?;
        self.slots.get(&column.name).copied()
    }

    /// Whether an event has a key of this part in a stage: the first join field decides.
    fn takes(&self, stage: usize, values: &[Box<[KeyValue]>]) -> bool {
        match self.slot(stage, 0).and_then(|slot| values.get(slot)) {
            Some(own) if !own.is_empty() => own.iter().any(|value| self.is_own(Some(value))),
            Some(_) | None => self.is_own(None),
        }
    }

    /// Whether keys that begin with a value belong to this part.
    fn is_own(&self, value: Option<&KeyValue>) -> bool {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        self.parts == 1 || hasher.finish() % self.parts == self.part
    }
}

impl Source for Table {
    fn moment(&self, event: u32) -> Moment {
        let none = Moment::new(i64::MAX, None);
        self.moments.get(event as usize).copied().unwrap_or(none)
    }

    fn values(&self, filter: Filter, event: u32, term: usize, values: &mut Vec<KeyValue>) {
        let filter = match filter {
            Filter::Stage(stage) => stage,
            Filter::Until => self.keys.len() - 1,
        };
        let row = event as usize * self.width;
        let own = self.slot(filter, term).and_then(|slot| self.values.get(row + slot));
        let own = own.into_iter().flat_map(|own| own.iter());
        // Keys of other parts are theirs, though the event has them, too.
        values.extend(own.filter(|value| term > 0 || self.is_own(Some(value))).cloned());
    }
}
