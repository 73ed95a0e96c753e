//! A rule that is ready for the events of files: its plan, what its exceptions take
//! away, and which events its filters may match.

use std::collections::BTreeSet;
use std::sync::Arc;

use harness_compile::esql::Pipeline;
use harness_compile::program::RuleProgram;
use harness_compile::rule::{Given, compile_rule};
use harness_detect::anomaly;
use harness_detect::window::Clock;
use harness_model::event::Event;
use harness_model::index_pattern;
use harness_model::schema::Schema;
use harness_predicate::plan::{EqlPlan, EqlSearch, Plan, Reach, TermField};
use harness_predicate::{Column, Kind, Leaf, Origin, Part, Predicate, Test};
use harness_rule::exception::ExceptionTree;
use harness_rule::model::Rule;
use harness_rule::names::RuleType;
use harness_rule::tree::Loaded;
use harness_text::pattern::{Case, Pattern};

use crate::Outcome;
use crate::excepted::{Excepted, Worded};
use crate::prepared::judgeable;

/// A rule that runs.
pub(super) struct Prepared<'a> {
    /// Its position among all rules.
    pub(super) at: usize,
    pub(super) rule: &'a Rule,
    pub(super) clock: Clock,
    pub(super) program: RuleProgram,
    /// For a pipeline: what the events fulfil that it makes rows of.
    sift: Option<Predicate>,
    /// The paths that the pipeline reads; none where it asks for whole documents.
    pub(super) fields: Option<BTreeSet<Arc<str>>>,
    /// The fields that suppression groups alerts by.
    pub(super) grouping: Vec<TermField>,
    /// Exceptions that look values up by their words: a condition and the words.
    worded: Vec<Worded>,
    /// The index patterns of its events.
    patterns: Vec<String>,
    /// Those of its indicators.
    indicators: Vec<String>,
    /// Whether its sequences count nanoseconds.
    pub(super) nanos: bool,
    /// Whether the plan or the exceptions depend on the time of the run.
    pub(super) asks_for_time: bool,
    /// The fields that it names and nothing knows.
    pub(super) unknown: Vec<Arc<str>>,
    /// Whether only indicators are looked for.
    pub(super) is_collecting: bool,
}

impl<'a> Prepared<'a> {
    /// Compiles a rule for a run at `now`, or says why it does not run.
    pub(super) fn new(
        at: usize,
        loaded: &'a Loaded,
        schema: &Schema,
        tree: &ExceptionTree,
        now: i64,
    ) -> Result<Self, Outcome> {
        let Some(rule) = &loaded.rule else {
            let first = loaded.diagnostics.first();
            return Err(Outcome::Invalid(first.map_or_else(String::new, |it| it.message.clone())));
        };
        let worst = loaded.diagnostics.iter().max_by_key(|found| found.severity);
        judgeable(worst, "the events")?;
        let clock = Clock::new(rule).map_err(|errors| {
            Outcome::Invalid(errors.first().map_or_else(String::new, |it| it.message.clone()))
        })?;
        let given = Given { now, completion: false, anomalies: true };
        let compiled = compile_rule(rule, schema, given);
        let worst = compiled.diagnostics.iter().max_by_key(|(_, found)| found.severity);
        judgeable(worst.map(|(_, found)| found), "the events")?;
        let program =
            compiled.program.ok_or_else(|| Outcome::Invalid("it has no plan".to_owned()))?;
        let sift = match (&program, &rule.query) {
            (RuleProgram::Pipeline { documents, pipeline }, Some(query)) => {
                Some(pipeline.sift(&query.text, &documents.searches, schema))
            }
            (RuleProgram::Conditions(_) | RuleProgram::Pipeline { .. }, _) => None,
        };
        let excepted = Excepted::read(rule, schema, tree, now).map_err(Outcome::Unsupported)?;
        let mut program = match excepted.none() {
            None => program,
            Some(left) => silenced(program, &left),
        };
        if rule.rule_type == RuleType::MachineLearning {
            program = program.restrict(&of_records());
        }
        let patterns = match &program {
            RuleProgram::Conditions(_) => rule.patterns().to_vec(),
            RuleProgram::Pipeline { pipeline, .. } => pipeline.plan.indices.clone(),
        };
        let indicators = match program.plan() {
            Some(Plan::Threat(plan)) => plan.indicator_index.clone(),
            Some(Plan::Filter(_) | Plan::Eql(_) | Plan::Threshold(_) | Plan::NewTerms(_))
            | None => Vec::new(),
        };
        Ok(Self {
            at,
            rule,
            clock,
            sift,
            fields: program.pipeline().and_then(|pipeline| paths(rule, pipeline)),
            program,
            grouping: compiled.grouping,
            worded: excepted.worded,
            patterns,
            indicators,
            nanos: schema.field(rule.eql.order()).is_some_and(|field| field.is_nanos()),
            asks_for_time: compiled.uses_now || excepted.lapses,
            unknown: compiled.unknown.iter().map(|unknown| unknown.field.clone()).collect(),
            is_collecting: false,
        })
    }

    /// Whether it alerts on what an anomaly job recorded.
    pub(super) fn is_learning(&self) -> bool {
        self.rule.rule_type == RuleType::MachineLearning
    }

    /// Whether it compares events with indicators.
    pub(super) fn is_threat(&self) -> bool {
        matches!(self.program.plan(), Some(Plan::Threat(_)))
    }

    /// The filters of the program in their order.
    pub(super) fn filters(&self) -> Vec<&Predicate> {
        self.program.filters()
    }

    /// What is asked of each event, with the number of the filter. A pipeline reads what
    /// passes two of its filters; indicators come before what they are compared with.
    pub(super) fn asked(&self) -> Vec<(usize, Predicate)> {
        if let Some(documents) = self.program.documents() {
            let all = [&documents.filter, &documents.narrow].into_iter().chain(&self.sift).cloned();
            return vec![(0, Predicate::and(all))];
        }
        let all = self.program.filters().into_iter().cloned().enumerate();
        all.filter(|(filter, _)| !self.is_collecting || self.reach(*filter) == Reach::Indicators)
            .collect()
    }

    /// Which events a filter is asked about.
    pub(super) fn reach(&self, filter: usize) -> Reach {
        self.program.reaches().get(filter).copied().unwrap_or(Reach::Window)
    }

    /// All columns that are read: by filters, by groups and by exceptions.
    pub(super) fn columns(&self) -> Vec<&Column> {
        let mut columns = self.program.columns();
        if let Some(sift) = &self.sift {
            sift.leaves(&mut |leaf| columns.extend(leaf.columns()));
        }
        columns.extend(self.grouping.iter().filter_map(|term| term.column.as_ref()));
        for worded in &self.worded {
            worded.condition.leaves(&mut |leaf| columns.extend(leaf.columns()));
        }
        columns
    }

    /// What it looks at of an event that its filters match.
    pub(super) fn reads(&self) -> Reads {
        // A tiebreaker and nanoseconds are read of the event.
        let is_ordered = self.nanos || self.rule.eql.tiebreaker.is_some();
        if !self.worded.is_empty() || self.is_learning() || is_ordered {
            return Reads::Event;
        }
        let plan = match &self.program {
            RuleProgram::Conditions(plan) => plan,
            RuleProgram::Pipeline { documents, .. }
                if documents.searches.is_empty() && self.fields.is_some() =>
            {
                return Reads::Fields;
            }
            RuleProgram::Pipeline { .. } => return Reads::Event,
        };
        match plan {
            Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => Reads::Keys,
            Plan::Eql(EqlPlan { search, limits }) => match search {
                EqlSearch::Events(_) if limits.is_empty() => Reads::Event,
                EqlSearch::Events(_) | EqlSearch::Sequence { .. } | EqlSearch::Sample { .. } => {
                    Reads::Keys
                }
            },
            Plan::Filter(_) => Reads::Event,
        }
    }

    /// The columns of its keys and groups.
    pub(super) fn keys(&self) -> Vec<&Column> {
        let grouping = self.grouping.iter().filter_map(|term| term.column.as_ref());
        self.program.keys().into_iter().chain(grouping).collect()
    }

    /// The patterns of the indices whose events a filter of that reach may match.
    pub(super) fn patterns(&self, reach: Reach) -> &[String] {
        match reach {
            Reach::Window | Reach::History => &self.patterns,
            Reach::Indicators => &self.indicators,
        }
    }

    /// Whether a filter of that reach may match events of an index.
    pub(super) fn sees(&self, index: Option<&str>, reach: Reach) -> bool {
        index_pattern::sees(self.patterns(reach), index)
    }

    /// Whether an exception that looks up words, or what an anomaly job says of its
    /// record, keeps an event from the rule; `holds` says whether a condition does.
    pub(super) fn bars(&self, event: &Event, holds: &dyn Fn(&Predicate) -> bool) -> bool {
        let worded = self.worded.iter().any(|Worded { condition, words, .. }| {
            holds(condition) && words.iter().all(|words| words.holds(event))
        });
        let learning = self.rule.machine_learning.as_ref().filter(|_| self.is_learning());
        worded || learning.is_some_and(|learning| anomaly::why_not(learning, event).is_some())
    }
}

/// What a rule looks at of an event that its filters match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reads {
    /// Its times and the columns of keys and groups.
    Keys,
    /// Its times and the fields of a query.
    Fields,
    /// All of it.
    Event,
}

/// The paths of the fields that a query reads; none where it asks for whole documents.
fn paths(rule: &Rule, pipeline: &Pipeline) -> Option<BTreeSet<Arc<str>>> {
    if rule.query.as_ref().is_none_or(|query| query.text.contains("_source")) {
        return None;
    }
    let fields = pipeline.fields.iter();
    Some(
        fields
            .flat_map(|field| [&field.name, &field.path].into_iter().chain(&field.copied))
            .cloned()
            .collect(),
    )
}

/// The program on events that no exception covers; a covered indicator is none.
fn silenced(program: RuleProgram, left: &Predicate) -> RuleProgram {
    match program.restrict(left) {
        RuleProgram::Conditions(Plan::Threat(mut plan)) => {
            plan.indicators = Predicate::and([plan.indicators, left.clone()]);
            RuleProgram::Conditions(Plan::Threat(plan))
        }
        other @ (RuleProgram::Conditions(
            Plan::Filter(_) | Plan::Eql(_) | Plan::Threshold(_) | Plan::NewTerms(_),
        )
        | RuleProgram::Pipeline { .. }) => other,
    }
}

/// The condition that an event lies among the records of anomaly jobs.
fn of_records() -> Predicate {
    let prefix = Pattern::Prefix(anomaly::INDEX.to_owned(), Case::Sensitive);
    Predicate::Leaf(Leaf {
        column: Column { name: "_index".into(), kind: Kind::Keyword },
        test: Test::Term(prefix),
        origin: Origin { part: Part::File, ..Origin::default() },
    })
}
