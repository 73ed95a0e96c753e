//! What all threads of a pass share.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::moments::{STATED, TimeFields};
use super::super::rule::Prepared;
use super::model::Setting;
use harness_detect::window::Clock;
use harness_engine::stream::part::Part;
use harness_engine::stream::program::Program;
use harness_engine::stream::reader::FIRST_CAPTURES;
use harness_model::document::{Columns, Ingest};
use harness_model::events::Origin;
use harness_model::index_pattern;
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
    /// What rules look at that look at no more than keys and groups.
    pub(super) keys: Part,
    /// By predicate: whether its rule is such.
    pub(super) reads_keys_only: Vec<bool>,
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
        let times = TimeFields::new(&clocks);
        let mut watched: Vec<Arc<str>> =
            rules.iter().flat_map(|rule| rule.unknown.clone()).collect();
        watched.sort_unstable();
        watched.dedup();
        // What is captured already is known to every index.
        watched.retain(|name| {
            !FIRST_CAPTURES.contains(&&**name) && times.names().all(|own| own != &**name)
        });
        let mut keys = BTreeSet::new();
        let mut fields: BTreeSet<&str> = STATED.into_iter().chain(times.names()).collect();
        for rule in rules.iter().filter(|rule| rule.reads_keys_only()) {
            keys.extend(rule.keys().into_iter().filter_map(|column| columns.id(column)));
            fields.extend(rule.order());
        }
        let paths = ingest.sources(&keys).into_iter().chain(fields.into_iter().map(Arc::from));
        let keys = Part::new(paths);
        let reads_keys_only =
            owners.iter().map(|(rule, _)| rules[*rule].reads_keys_only()).collect();
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
            keys,
            reads_keys_only,
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
