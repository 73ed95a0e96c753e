//! What all threads of a pass share.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::moments::TimeFields;
use super::super::rule::{Prepared, Reads};
use super::model::Setting;
use harness_detect::window::Clock;
use harness_engine::stream::part::Part;
use harness_engine::stream::program::Program;
use harness_engine::stream::reader::FIRST_CAPTURES;
use harness_model::document::{Columns, Ingest, Place};
use harness_model::events::Origin;
use harness_model::index_pattern;
use harness_model::schema::{Field, Schema};
use harness_predicate::plan::Reach;
use harness_predicate::{Column, Predicate};

/// What the threads share.
pub(super) struct Ground<'a> {
    pub(super) program: Program,
    pub(super) columns: Columns,
    pub(super) ingest: Ingest,
    pub(super) predicates: Vec<Predicate>,
    /// By predicate: the rule, by position, and which of its filters it is.
    pub(super) owners: Vec<(usize, usize)>,
    pub(super) rules: &'a [Prepared<'a>],
    /// The different ways of rules to tell when an event happened.
    pub(super) clocks: Vec<&'a Clock>,
    /// By rule: its way.
    pub(super) clock_of: Vec<usize>,
    pub(super) times: TimeFields,
    /// By rule: which of the fields of `times` orders its events.
    pub(super) order_of: Vec<usize>,
    /// What is handed out of each row: the parts of an index name, times, `watched`, and
    /// keys.
    pub(super) captures: Vec<Arc<str>>,
    /// Which of them are keys.
    pub(super) is_key: Vec<bool>,
    /// Makes documents of keys and groups.
    pub(super) keys: Ingest,
    /// The fields of the queries in ES|QL, and times.
    pub(super) fields: Part,
    /// By predicate: what its rule looks at.
    pub(super) reads: Vec<Reads>,
    /// The fields that rules name and nothing knows.
    pub(super) watched: Vec<Arc<str>>,
    pub(super) names: &'a [String],
    /// By input: the data stream that its path names.
    pub(super) origins: &'a [Option<Origin>],
    /// How many of the inputs, from the first on, hold nothing but indicators.
    pub(super) indicators: usize,
}

impl<'a> Ground<'a> {
    pub(super) fn new(rules: &'a [Prepared<'a>], setting: Setting<'a>) -> Self {
        let mut predicates = Vec::new();
        let mut owners = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            for (filter, predicate) in rule.asked() {
                predicates.push(predicate);
                owners.push((at, filter));
            }
        }
        let mut wanted: Vec<&Column> = rules.iter().flat_map(Prepared::columns).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let fields: Vec<_> =
            wanted.iter().filter_map(|column| setting.schema.field(&column.name)).collect();
        let mut columns = Columns::default();
        let ingest = Ingest::new(setting.schema, &fields, &mut columns);
        let mut clocks: Vec<&Clock> = Vec::new();
        let clock_of = rules.iter().map(|rule| {
            let same = |clock: &&Clock| {
                clock.field() == rule.clock.field() && clock.fallback() == rule.clock.fallback()
            };
            clocks.iter().position(same).unwrap_or_else(|| {
                clocks.push(&rule.clock);
                clocks.len() - 1
            })
        });
        let clock_of = clock_of.collect();
        let program = Program::new(&predicates.iter().collect::<Vec<_>>(), &columns);
        let times = TimeFields::new(&clocks, rules.iter().map(|rule| rule.rule.eql.order()));
        let mut watched: Vec<Arc<str>> =
            rules.iter().flat_map(|rule| rule.unknown.clone()).collect();
        watched.sort_unstable();
        watched.dedup();
        // What is captured already is known to every index.
        watched.retain(|name| {
            !FIRST_CAPTURES.contains(&&**name) && times.names().all(|own| own != &**name)
        });
        let mut keys: Vec<Arc<Field>> = Vec::new();
        let mut reads = Vec::new();
        for rule in rules {
            match (rule.reads(), scalars(setting.schema, &rule.keys())) {
                (Reads::Keys, Some(own)) => {
                    keys.extend(own);
                    reads.push(Reads::Keys);
                }
                (Reads::Keys, None) => reads.push(Reads::Event),
                (other, _) => reads.push(other),
            }
        }
        keys.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        keys.dedup_by(|a, b| a.name == b.name);
        let keys = Ingest::new(setting.schema, &keys, &mut columns);
        let fields = rules.iter().zip(&reads).filter(|(_, reads)| **reads == Reads::Fields);
        let fields = fields.filter_map(|(rule, _)| rule.fields.clone()).flatten();
        let fields = Part::new(fields.chain(times.names().map(Arc::from)));
        let reads = owners.iter().map(|(rule, _)| reads[*rule]).collect();
        let order_of =
            rules.iter().map(|rule| times.number(rule.rule.eql.order()).unwrap_or(0)).collect();
        let first = FIRST_CAPTURES.into_iter().chain(times.names()).map(Arc::from);
        let mut captures: Vec<Arc<str>> = first.chain(watched.iter().cloned()).collect();
        let of_keys = keys.places().into_iter().filter_map(|place| match place {
            Place::Scalars(path) => Some(path),
            Place::Whole(_) | Place::Objects(_) => None,
        });
        let of_keys: BTreeSet<Arc<str>> = of_keys.collect();
        captures.extend(
            of_keys.iter().filter(|path| !captures.contains(path)).cloned().collect::<Vec<_>>(),
        );
        let is_key = captures.iter().map(|path| of_keys.contains(path)).collect();
        let (names, origins) = (&setting.request.names, setting.origins);
        Self {
            program,
            columns,
            ingest,
            predicates,
            owners,
            rules,
            clocks,
            clock_of,
            times,
            order_of,
            captures,
            is_key,
            keys,
            fields,
            reads,
            watched,
            names,
            origins,
            indicators: setting.request.indicators,
        }
    }

    /// By predicate: whether its rule looks at events of an index for it.
    pub(super) fn concerns(&self, index: Option<&str>, is_indicator: bool) -> Vec<bool> {
        // Most rules share their patterns with others.
        let mut known: HashMap<&[String], bool> = HashMap::new();
        let mut sees = |(rule, filter): &(usize, usize)| {
            let rule = &self.rules[*rule];
            let reach = rule.reach(*filter);
            if is_indicator && reach != Reach::Indicators {
                return false;
            }
            let patterns = rule.patterns(reach);
            *known.entry(patterns).or_insert_with(|| index_pattern::sees(patterns, index))
        };
        self.owners.iter().map(&mut sees).collect()
    }

    /// Whether an input holds nothing but indicators.
    pub(super) fn is_indicator(&self, input: usize) -> bool {
        input < self.indicators
    }
}

/// The fields of columns, where documents have all their values as scalars, in no objects
/// that are rows of their own.
fn scalars(schema: &Schema, columns: &[&Column]) -> Option<Vec<Arc<Field>>> {
    let field =
        |column: &&Column| schema.field(&column.name).filter(|field| !field.name.starts_with('_'));
    let fields: Vec<Arc<Field>> = columns.iter().map(field).collect::<Option<_>>()?;
    let places = Ingest::new(schema, &fields, &mut Columns::default()).places();
    let is_scalar = |place: &Place| match place {
        Place::Scalars(_) => true,
        Place::Whole(_) | Place::Objects(_) => false,
    };
    places.iter().all(is_scalar).then_some(fields)
}
