//! Plans over several events, as data: what `detect` matches.

use std::sync::Arc;

use super::{Column, Predicate};
use harness_model::value::span_text;
use harness_source::limits;
use harness_source::span::plural;
use harness_text::analysis::Analyzer;

/// The most stages of a sequence, each run counted.
pub const MAX_STAGES: usize = limits::SEQUENCE_STAGES.most;

/// The most stages of a sample.
pub const MAX_SAMPLE_STAGES: usize = limits::SAMPLE_STAGES.most;

/// What an EQL query looks for, and which of the results it keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct EqlPlan {
    /// What it looks for.
    pub search: EqlSearch,
    /// `head` and `tail`, in order.
    pub limits: Vec<Limit>,
}

/// What an EQL query looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum EqlSearch {
    /// Single events.
    Events(Predicate),
    /// Events in order.
    Sequence {
        /// The stages, in order; never empty.
        stages: Vec<Stage>,
        /// What ends a sequence before it is complete.
        until: Option<Stage>,
        /// The longest time from first to last event, in milliseconds.
        maxspan_ms: Option<u64>,
    },
    /// Events in any order.
    Sample {
        /// The terms; at least two.
        stages: Vec<Stage>,
    },
}

/// One event of a sequence or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The condition on the event.
    pub filter: Predicate,
    /// The join keys; every stage has the same number.
    pub keys: Vec<KeyField>,
    /// Whether no event may match instead of one.
    pub missing: bool,
    /// How many events in a row: 1 to 100.
    pub runs: u32,
}

/// One join key of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyField {
    /// The field as the query names it.
    pub field: Arc<str>,
    /// Where its values are; `None` for an unmapped field, whose value is always null.
    pub column: Option<Column>,
    /// Whether null is a value.
    pub optional: bool,
    /// What its integers are.
    pub form: KeyForm,
}

/// What the integers of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// Numbers, or there are none.
    Plain,
    /// Booleans.
    Boolean,
    /// Moments.
    Date,
    /// Moments in nanoseconds.
    Nanos,
}

/// Which of the results are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The first so many.
    Head(u32),
    /// The last so many.
    Tail(u32),
}

impl EqlPlan {
    /// The filters, in the order of the query; that of `until` is the last.
    pub fn filters(&self) -> Vec<&Predicate> {
        match &self.search {
            EqlSearch::Events(filter) => vec![filter],
            EqlSearch::Sequence { stages, until, .. } => {
                stages.iter().chain(until).map(|stage| &stage.filter).collect()
            }
            EqlSearch::Sample { stages } => stages.iter().map(|stage| &stage.filter).collect(),
        }
    }

    /// The columns of the join keys, repeated where read repeatedly.
    fn keys(&self) -> Vec<&Column> {
        let stages: Vec<&Stage> = match &self.search {
            EqlSearch::Events(_) => Vec::new(),
            EqlSearch::Sequence { stages, until, .. } => stages.iter().chain(until).collect(),
            EqlSearch::Sample { stages } => stages.iter().collect(),
        };
        stages
            .into_iter()
            .flat_map(|stage| &stage.keys)
            .filter_map(|key| key.column.as_ref())
            .collect()
    }
}

/// A field whose values form groups or are compared, outside any condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermField {
    /// The field as the rule names it.
    pub field: Arc<str>,
    /// Where its values are; `None` for an unmapped field, which no event has.
    pub column: Option<Column>,
    /// What its integers are.
    pub form: KeyForm,
}

/// What a threshold rule counts.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdPlan {
    /// Which events count.
    pub filter: Predicate,
    /// The fields that form groups; one group of all events where empty.
    pub fields: Vec<TermField>,
    /// A group alerts from this many events on.
    pub count: u64,
    /// And from this many distinct values of a field on.
    pub cardinality: Option<(TermField, u64)>,
}

/// What a new-terms rule watches.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTermsPlan {
    /// Which events count, in the history as in the rule's window.
    pub filter: Predicate,
    /// The fields whose combinations of values are looked up; one to three.
    pub fields: Vec<TermField>,
}

/// What an indicator match rule joins.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreatPlan {
    /// Which events are compared.
    pub filter: Predicate,
    /// Which documents are indicators.
    pub indicators: Predicate,
    /// The index patterns of the indicators.
    pub indicator_index: Vec<String>,
    /// One group has to match; all its entries, against one indicator.
    pub groups: Vec<Vec<ThreatEntry>>,
}

/// One comparison of an event with an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreatEntry {
    /// The field of the event.
    pub field: TermField,
    /// The field of the indicator.
    pub value: TermField,
    /// Whether they have to differ.
    pub negate: bool,
    /// How their values are compared.
    pub compare: Compare,
}

impl std::fmt::Display for ThreatEntry {
    /// The two fields and whether they are the same.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let compare = if self.negate { "is not" } else { "is" };
        write!(f, "{} {compare} {}", self.field.field, self.value.field)
    }
}

/// How the values of an event and an indicator are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// As whole values, by case.
    Values,
    /// By their tokens: one in common is enough.
    Tokens(Analyzer),
}

/// The events that a pipeline reads. The pipeline itself is of another module:
/// it runs on them as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelinePlan {
    /// Which events it reads.
    pub filter: Predicate,
    /// Which events its full-text functions match, in the order of the query.
    pub searches: Vec<Predicate>,
    /// A condition that every event fulfils that gets past the leading `WHERE`.
    pub narrow: Predicate,
    /// Its commands, for readers.
    pub commands: Vec<String>,
}

impl PipelinePlan {
    /// What it reads, what its functions match, and what narrows it.
    pub fn filters(&self) -> Vec<&Predicate> {
        let filters = std::iter::once(&self.filter).chain(&self.searches);
        filters.chain(std::iter::once(&self.narrow)).collect()
    }

    /// The same, to change them.
    pub fn filters_mut(&mut self) -> Vec<&mut Predicate> {
        let filters = std::iter::once(&mut self.filter).chain(&mut self.searches);
        filters.chain(std::iter::once(&mut self.narrow)).collect()
    }

    /// The columns of its filters, repeated where read repeatedly.
    pub fn columns(&self) -> Vec<&Column> {
        columns_of(&self.filters())
    }

    /// The same on events that fulfil `condition` as well.
    #[must_use]
    pub fn restrict(self, condition: &Predicate) -> Self {
        Self { filter: Predicate::and([self.filter, condition.clone()]), ..self }
    }
}

impl std::fmt::Display for PipelinePlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "a pipeline")?;
        self.commands.iter().try_for_each(|command| writeln!(f, "  {command}"))?;
        if self.filter != Predicate::Const(true) && self.filter != Predicate::And(Vec::new()) {
            writeln!(f, "of events where")?;
            indented(&self.filter, f)?;
        }
        Ok(())
    }
}

fn columns_of<'a>(filters: &[&'a Predicate]) -> Vec<&'a Column> {
    let mut columns = Vec::new();
    for filter in filters {
        filter.leaves(&mut |leaf| columns.extend(leaf.columns()));
    }
    columns
}

/// What a rule asks of a set of events.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// A condition on single events: an alert each.
    Filter(Predicate),
    /// An EQL query.
    Eql(EqlPlan),
    /// Groups of many events: an alert each.
    Threshold(ThresholdPlan),
    /// Combinations of values that were not seen before: an alert each.
    NewTerms(NewTermsPlan),
    /// Events that match an indicator: an alert each.
    Threat(ThreatPlan),
}

/// Which events a filter of a plan is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Those of the rule's indices and window.
    Window,
    /// Those of the rule's indices, back to the start of the history.
    History,
    /// Indicators, of whatever time.
    Indicators,
}

impl Plan {
    /// Which events each of [`Self::filters`] is asked about.
    pub fn reaches(&self) -> Vec<Reach> {
        let reach = match self {
            Self::NewTerms(_) => Reach::History,
            Self::Threat(_) => return vec![Reach::Window, Reach::Indicators],
            Self::Filter(_) | Self::Eql(_) | Self::Threshold(_) => Reach::Window,
        };
        vec![reach; self.filters().len()]
    }

    /// The conditions on single events, in the order of the query; that on
    /// indicators is the last.
    pub fn filters(&self) -> Vec<&Predicate> {
        match self {
            Self::Filter(filter) => vec![filter],
            Self::Eql(plan) => plan.filters(),
            Self::Threshold(plan) => vec![&plan.filter],
            Self::NewTerms(plan) => vec![&plan.filter],
            Self::Threat(plan) => vec![&plan.filter, &plan.indicators],
        }
    }

    /// Whether the n-th filter has to have a hit: missing stages and `until` do not.
    pub fn wants_event(&self, filter: usize) -> bool {
        match self {
            Self::Eql(plan) => match &plan.search {
                EqlSearch::Sequence { stages, .. } => {
                    stages.get(filter).is_some_and(|stage| !stage.missing)
                }
                EqlSearch::Events(_) | EqlSearch::Sample { .. } => true,
            },
            Self::Filter(_) | Self::Threshold(_) | Self::NewTerms(_) | Self::Threat(_) => true,
        }
    }

    /// The same, to change them.
    pub fn filters_mut(&mut self) -> Vec<&mut Predicate> {
        match self {
            Self::Filter(filter) => vec![filter],
            Self::Threshold(plan) => vec![&mut plan.filter],
            Self::NewTerms(plan) => vec![&mut plan.filter],
            Self::Threat(plan) => vec![&mut plan.filter, &mut plan.indicators],
            Self::Eql(plan) => match &mut plan.search {
                EqlSearch::Events(filter) => vec![filter],
                EqlSearch::Sequence { stages, until, .. } => {
                    stages.iter_mut().chain(until).map(|stage| &mut stage.filter).collect()
                }
                EqlSearch::Sample { stages } => {
                    stages.iter_mut().map(|stage| &mut stage.filter).collect()
                }
            },
        }
    }

    /// The columns that the plan reads, repeated where read repeatedly.
    pub fn columns(&self) -> Vec<&Column> {
        let mut columns = columns_of(&self.filters());
        columns.extend(self.keys());
        columns
    }

    /// Those that are read beside the conditions: of groups, of values that are compared,
    /// and of join keys.
    pub fn keys(&self) -> Vec<&Column> {
        let terms: Vec<&TermField> = match self {
            Self::Eql(plan) => return plan.keys(),
            Self::Filter(_) => Vec::new(),
            Self::Threshold(plan) => {
                plan.fields.iter().chain(plan.cardinality.iter().map(|(field, _)| field)).collect()
            }
            Self::NewTerms(plan) => plan.fields.iter().collect(),
            Self::Threat(plan) => {
                let entries = plan.groups.iter().flatten();
                entries.flat_map(|entry| [&entry.field, &entry.value]).collect()
            }
        };
        terms.into_iter().filter_map(|term| term.column.as_ref()).collect()
    }

    /// The same plan on events that fulfil `condition` as well.
    #[must_use]
    pub fn restrict(self, condition: &Predicate) -> Self {
        let narrow = |filter: Predicate| Predicate::and([filter, condition.clone()]);
        let narrow_stage = |stage: Stage| Stage { filter: narrow(stage.filter), ..stage };
        match self {
            Self::Filter(filter) => Self::Filter(narrow(filter)),
            Self::Threshold(plan) => {
                Self::Threshold(ThresholdPlan { filter: narrow(plan.filter), ..plan })
            }
            Self::NewTerms(plan) => {
                Self::NewTerms(NewTermsPlan { filter: narrow(plan.filter), ..plan })
            }
            Self::Threat(plan) => Self::Threat(ThreatPlan { filter: narrow(plan.filter), ..plan }),
            Self::Eql(EqlPlan { search, limits }) => {
                let search = match search {
                    EqlSearch::Events(filter) => EqlSearch::Events(narrow(filter)),
                    EqlSearch::Sequence { stages, until, maxspan_ms } => EqlSearch::Sequence {
                        stages: stages.into_iter().map(narrow_stage).collect(),
                        until: until.map(narrow_stage),
                        maxspan_ms,
                    },
                    EqlSearch::Sample { stages } => {
                        EqlSearch::Sample { stages: stages.into_iter().map(narrow_stage).collect() }
                    }
                };
                Self::Eql(EqlPlan { search, limits })
            }
        }
    }
}

impl std::fmt::Display for Plan {
    /// An indented tree, one leaf a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |fields: &[TermField]| {
            fields.iter().map(|field| &*field.field).collect::<Vec<_>>().join(", ")
        };
        let plan = match self {
            Self::Filter(filter) => return filter.fmt(f),
            Self::Eql(plan) => plan,
            Self::Threshold(plan) => {
                write!(f, "at least {}", plural(plan.count, "event"))?;
                if let Some((field, count)) = &plan.cardinality {
                    write!(f, " with {} of {}", plural(*count, "value"), field.field)?;
                }
                if !plan.fields.is_empty() {
                    write!(f, " for each {}", names(&plan.fields))?;
                }
                writeln!(f)?;
                return indented(&plan.filter, f);
            }
            Self::NewTerms(plan) => {
                writeln!(f, "new values of {}", names(&plan.fields))?;
                return indented(&plan.filter, f);
            }
            Self::Threat(plan) => {
                for (at, group) in plan.groups.iter().enumerate() {
                    let entries = group.iter().map(ToString::to_string);
                    let word = if at == 0 { "events where " } else { "or where " };
                    writeln!(f, "{word}{}", entries.collect::<Vec<_>>().join(" and "))?;
                }
                indented(&plan.filter, f)?;
                writeln!(f, "of indicators in {}", plan.indicator_index.join(", "))?;
                return indented(&plan.indicators, f);
            }
        };
        match &plan.search {
            EqlSearch::Events(filter) => filter.fmt(f)?,
            EqlSearch::Sequence { stages, until, maxspan_ms } => {
                write!(f, "a sequence")?;
                if let Some(span) = maxspan_ms {
                    write!(f, " within {}", span_text(*span))?;
                }
                writeln!(f)?;
                stages.iter().try_for_each(|stage| stage.describe("then", f))?;
                until.iter().try_for_each(|stage| stage.describe("until", f))?;
            }
            EqlSearch::Sample { stages } => {
                writeln!(f, "a sample")?;
                stages.iter().try_for_each(|stage| stage.describe("and", f))?;
            }
        }
        plan.limits.iter().try_for_each(|limit| match limit {
            Limit::Head(count) => writeln!(f, "the first {count}"),
            Limit::Tail(count) => writeln!(f, "the last {count}"),
        })
    }
}

impl Stage {
    fn describe(&self, word: &str, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{word}{}", if self.missing { " no event" } else { "" })?;
        if self.runs > 1 {
            write!(f, " {} times", self.runs)?;
        }
        for (at, key) in self.keys.iter().enumerate() {
            let mark = if key.optional { "?" } else { "" };
            write!(f, "{}{mark}{}", if at == 0 { " by " } else { ", " }, key.field)?;
        }
        writeln!(f)?;
        indented(&self.filter, f)
    }
}

fn indented(filter: &Predicate, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    filter.to_string().lines().try_for_each(|line| writeln!(f, "  {line}"))
}
