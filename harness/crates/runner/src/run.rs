//! Wires it: rules × cases → [`Run`], plain data that reports render.

mod about;
mod alert;
mod compare;
mod explanation;
mod facts;
mod flow;
pub mod home;
mod judge;
mod model;
mod narrow;
mod pipeline;
mod prepared_rule;
mod schedule;
mod subject;
mod under_test;
mod visibility;
mod warning;
mod whereabouts;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use roaring::RoaringBitmap;

use crate::case::{Case, CaseTree, Fault};
use crate::select::Selected;
use harness_engine::embedded::Embedded;
use harness_engine::{Engine, EngineError};
use harness_model::document::{Columns, Document, refuse};
use harness_model::event::Event;
use harness_model::schema::{Field, Schema};
use harness_predicate::{Column, Kind, Predicate};
use harness_rule::exception::ExceptionTree;
use harness_rule::tree::{Loaded, RuleTree};
use harness_source::diagnostic::Diagnostic;
use harness_source::effort;
use harness_source::files::{self, Problem};
use harness_source::likeness::nearest;
use harness_source::limits::{self, Limit};
use harness_source::progress;
use harness_source::span::Span;

use prepared_rule::PreparedRule;
use whereabouts::Whereabouts;

pub use about::{About, QuerySource, Texts};
pub use alert::{Facts, RiskScore, Stated, Suppressed};
pub use compare::{Comparison, Difference};
pub use explanation::{Clause, Explanation, FieldChange, Role};
pub use flow::{Flow, Prepared, Program, Variant};
use model::Fixtures;
pub use model::{Alert, CaseRun, Places, RuleRun};
use model::{events, wanted};
pub use prepared_rule::{Idle, Why};
pub use schedule::Schedule;
pub use subject::{Subject, Trial};
pub use under_test::RuleUnderTest;
pub use warning::Warning;

/// What a run works on.
#[derive(Clone, Debug)]
pub struct Project {
    /// The rules.
    pub rules: RuleTree,
    /// Their cases.
    pub cases: CaseTree,
    /// The exception lists.
    pub exceptions: ExceptionTree,
    /// The fields.
    pub schema: Schema,
    /// What of its mappings cannot be read.
    pub problems: Vec<Problem>,
}

/// The outcome of all rules on all their cases.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// By path.
    pub rules: Vec<RuleRun>,
    /// What is wrong with files that belong to no rule.
    pub problems: Vec<Problem>,
    /// What is wrong with files of rules that were not selected; it fails nothing.
    pub elsewhere: Vec<Problem>,
    /// Where the files lie.
    pub places: Places,
}

/// Runs every rule on its cases.
///
/// # Errors
///
/// When the engine fails; nothing was judged then.
pub fn run(project: Project) -> Result<Run, EngineError> {
    let session = Session::open(project);
    let hits = session.hits()?;
    Ok(session.judge(&hits))
}

/// Rules, compiled, and all their events, typed: what can be judged.
pub struct Session {
    problems: Vec<Problem>,
    elsewhere: Vec<Problem>,
    places: Places,
    prepared: Vec<PreparedRule>,
    fixtures: Fixtures,
    schema: Schema,
}

/// The events that each filter of each rule matches: by rule, and in the order
/// of [`RuleProgram::filters`](harness_compile::program::RuleProgram::filters). A rule that
/// asks for the time has a program for each moment of its cases.
pub type Hits = Vec<Vec<RoaringBitmap>>;

impl Session {
    /// Compiles every rule, and types the events of its cases.
    pub fn open(project: Project) -> Self {
        Self::open_selected(project, &Selected::default())
    }

    /// The same for the rules that were selected.
    pub fn open_selected(project: Project, selected: &Selected) -> Self {
        let is_all = selected.keys.is_none();
        let Project { rules, cases, exceptions, mut schema, problems: mut rest } = project;
        // All fixtures decide on dynamic fields, so that a filter changes no type.
        home::observe(&mut schema, &rules, &cases);
        let places = Places { rules: rules.folder, cases: cases.folder, ..Places::default() };
        let (mut by_rule, mut faults) = (cases.rules, cases.problems);
        let events = by_rule.values().flatten().flat_map(|case| &case.events);
        let whereabouts = Whereabouts::new(events, &schema);
        let selected: Vec<Loaded> =
            rules.rules.into_iter().filter(|rule| selected.has(&rule.key)).collect();
        let mut problems = Vec::new();
        if is_all {
            let keys: BTreeSet<String> = selected.iter().map(Loaded::key).collect();
            problems.extend(orphans(&by_rule, &keys, &places));
        }
        let paired: Vec<(Loaded, Vec<Arc<Case>>, Vec<Fault>)> = selected
            .into_iter()
            .map(|rule| {
                let key = rule.key();
                let mut cases = by_rule.remove(&key).unwrap_or_default();
                let own = |fault: &mut Fault| fault.belongs_to(&key);
                let mut broken: Vec<Fault> = faults.extract_if(.., own).collect();
                cases.retain(|case| {
                    let refused = refused(&key, &rule.text, case, &schema);
                    let takes = refused.is_none();
                    broken.extend(refused);
                    takes
                });
                (rule, cases.into_iter().map(Arc::new).collect(), broken)
            })
            .collect();
        progress::begin(paired.len());
        let mut prepared: Vec<PreparedRule> = paired
            .into_par_iter()
            .map(|(loaded, cases, broken)| {
                let prepared = PreparedRule::new(loaded, cases, broken, &exceptions, &schema);
                progress::tick();
                prepared.located(&whereabouts, &schema)
            })
            .collect();
        within_fields(&mut prepared);
        // What a rule's own list is broken by is told with the rule.
        let named: BTreeSet<&str> = prepared.iter().flat_map(PreparedRule::named_lists).collect();
        let lists = exceptions.broken.iter().filter(|(list, _)| !named.contains(list.as_str()));
        rest.extend(faults.into_iter().map(|fault| fault.problem));
        for problem in exceptions.problems.iter().chain(lists.flat_map(|(_, all)| all)) {
            // What concerns all lists of a file stands with each of them.
            if !rest.contains(problem) {
                rest.push(problem.clone());
            }
        }
        let mut elsewhere = Vec::new();
        if is_all { &mut problems } else { &mut elsewhere }.append(&mut rest);
        let fixtures = Fixtures::new(&prepared, &schema);
        Self { problems, elsewhere, places, prepared, fixtures, schema }
    }

    /// Asks the embedded engine which events each filter matches.
    ///
    /// # Errors
    ///
    /// As [`Engine::select`].
    pub fn hits(&self) -> Result<Hits, EngineError> {
        self.ask(&self.engine()?)
    }

    /// An embedded engine over this session's events.
    ///
    /// # Errors
    ///
    /// When it cannot index them.
    pub fn engine(&self) -> Result<Embedded<'_>, EngineError> {
        Embedded::new(&self.fixtures.documents, &self.fixtures.columns)
    }

    /// All events of all cases as typed rows, in the order of their cases.
    pub fn documents(&self) -> (&[Document], &Columns) {
        (&self.fixtures.documents, &self.fixtures.columns)
    }

    /// All events of all cases, in the order of their cases.
    pub fn events(&self) -> Vec<&Event> {
        events(&self.prepared)
    }

    /// The fields that some rule reads, in the order of their columns.
    pub fn fields(&self) -> Vec<Arc<Field>> {
        wanted(&self.prepared, &self.schema)
    }

    /// What is known of fields.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// By rule: its filters, and the documents of its own cases.
    pub fn filters(&self) -> Vec<(Vec<&Predicate>, Range<u32>)> {
        let rules = self.prepared.iter().zip(&self.fixtures.ranges);
        rules.map(|(prepared, cases)| (prepared.filters(), own(cases))).collect()
    }

    /// The keys of all rules, in the order of [`Run::rules`].
    pub fn keys(&self) -> Vec<String> {
        self.prepared.iter().map(|prepared| prepared.loaded.key()).collect()
    }

    /// Every rule in the order of [`Run::rules`], to be judged otherwise; `None` for a
    /// rule that is not judged.
    pub fn rules_under_test(&self) -> Vec<Option<RuleUnderTest<'_>>> {
        (0..self.prepared.len()).map(|rule| self.rule_under_test(rule)).collect()
    }

    /// The n-th rule of [`Run::rules`]; `None` where it is not judged.
    pub fn rule_under_test(&self, rule: usize) -> Option<RuleUnderTest<'_>> {
        let prepared = self.prepared.get(rule)?;
        let subject = Subject::new(prepared, self.fixtures.ranges.get(rule)?, &self.fixtures)?;
        RuleUnderTest::new(prepared, subject, &self.schema)
    }

    /// Asks `engine`, which holds this session's events.
    ///
    /// # Errors
    ///
    /// As [`Engine::select`].
    pub fn ask(&self, engine: &dyn Engine) -> Result<Hits, EngineError> {
        let filters: Vec<Vec<&Predicate>> =
            self.prepared.iter().map(PreparedRule::filters).collect();
        let mut hits = engine.select(&filters.concat())?.into_iter();
        Ok(filters.iter().map(|own| hits.by_ref().take(own.len()).collect()).collect())
    }

    /// Judges every rule on its cases, by the hits of its filters; why cases fail
    /// is what `explain::judge` of the crate quality says.
    pub fn judge(&self, hits: &Hits) -> Run {
        self.judge_within(hits, limits::RULE_WORK)
    }

    /// The same where each rule may take so many steps.
    pub fn judge_within(&self, hits: &Hits, most: Limit) -> Run {
        progress::begin(self.prepared.len());
        let rules = self
            .prepared
            .par_iter()
            .zip(hits)
            .zip(&self.fixtures.ranges)
            .map(|((prepared, hits), ranges)| {
                let run = judge::rule(prepared, hits, &self.fixtures, ranges, &self.places, most);
                progress::tick();
                run
            })
            .collect();
        Run {
            rules,
            problems: self.problems.clone(),
            elsewhere: self.elsewhere.clone(),
            places: self.places.clone(),
        }
    }

    /// Runs every rule on its cases again and again, an interval apart; `run` is that of
    /// the same hits, and gives up the rules for which it takes too many steps.
    pub fn schedule(&self, hits: &Hits, run: &mut Run) -> Vec<Schedule> {
        let rules = self.prepared.par_iter().zip(hits).zip(&self.fixtures.ranges);
        let found: Vec<Option<Vec<Schedule>>> = rules
            .map(|((prepared, hits), ranges)| {
                let rule = || schedule::rule(prepared, hits, &self.fixtures, ranges);
                effort::within(limits::RULE_WORK, rule)
            })
            .collect();
        for (rule, _) in run.rules.iter_mut().zip(&found).filter(|(_, found)| found.is_none()) {
            rule.give_up("its schedule");
        }
        found.into_iter().flatten().flatten().collect()
    }
}

/// A case with a document that no index takes.
fn refused(rule: &str, text: &str, case: &Case, schema: &Schema) -> Option<Fault> {
    let why = |event: &Event| {
        Some(format!("event {}: {}", event.id, refuse::refused(event, schema, text)?))
    };
    let error =
        Diagnostic::error("refused-document", case.events.iter().find_map(why)?, Span::default());
    let help = "Elasticsearch refuses to index such a document, so no rule ever sees it";
    Some(Fault {
        relative: format!("{rule}/{}/{}", case.polarity.folder(), case.name),
        polarity: Some(case.polarity),
        problem: Problem::with_path(&case.path, error.with_help(help)),
    })
}

/// From so many folders of cases without a rule on, the rules are elsewhere.
const MAX_ORPHANS: usize = 10;

/// Cases that no rule owns.
fn orphans(
    cases: &BTreeMap<String, Vec<Case>>,
    rules: &BTreeSet<String>,
    places: &Places,
) -> Vec<Problem> {
    let orphans: Vec<&String> = cases.keys().filter(|key| !rules.contains(*key)).collect();
    if let [first, second, third, ..] = orphans[..]
        && orphans.len() >= MAX_ORPHANS
    {
        let message = format!(
            "no rules belong to the cases of {} folders: {first}, {second}, {third} and {} more",
            orphans.len(),
            orphans.len() - 3
        );
        let error = Diagnostic::error("orphan-cases", message, Span::default());
        let help = "name the folder of all rules by --rules or in harness.toml, and a rule of it \
                    as an argument";
        return vec![Problem::with_path(&places.cases, error.with_help(help))];
    }
    orphans
        .into_iter()
        .map(|key| {
            let file = files::below(&places.rules, &format!("{key}.toml"));
            let message = format!("there is no rule {file} for these cases");
            let help = match nearest(key, rules.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near}/?"),
                None => "move the folder to its rule's path, or delete it".to_owned(),
            };
            let diagnostic = Diagnostic::error("orphan-cases", message, Span::default());
            Problem::with_path(files::below(&places.cases, key), diagnostic.with_help(help))
        })
        .collect()
}

/// The most fields of the index that all rules of a run read together; text is two.
const MAX_FIELDS: usize = limits::RUN_FIELDS.most;

/// Refuses the rules with which a run would read too many fields, in their order.
fn within_fields(prepared: &mut [PreparedRule]) {
    let size = |column: &Column| if column.kind == Kind::Text { 2 } else { 1 };
    let mut known: BTreeSet<Column> = BTreeSet::new();
    let mut sum = 0;
    for rule in prepared {
        let fresh: Vec<Column> =
            rule.columns().into_iter().filter(|column| !known.contains(*column)).cloned().collect();
        let more: usize = fresh.iter().map(size).sum();
        if sum + more > MAX_FIELDS {
            let message = format!(
                "reads {} fields, and the rules of a run may read {MAX_FIELDS} together",
                rule.columns().len()
            );
            let help = "name the fields instead of a pattern such as `user.*`, or run fewer rules";
            let found = Diagnostic::unsupported("too-many-fields", message, Span::default());
            rule.refuse(found.with_help(help));
            continue;
        }
        sum += more;
        known.extend(fresh);
    }
}

/// The documents of all cases of a rule; they follow one another.
fn own(cases: &[Range<u32>]) -> Range<u32> {
    let start = cases.first().map_or(0, |range| range.start);
    start..cases.last().map_or(start, |range| range.end)
}
