//! What is to be done: one rule, compiled for the moments of its cases.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::whereabouts::Whereabouts;
use crate::case::{Case, Fault};
use harness_compile::exception::{self, Compiled};
use harness_compile::program::RuleProgram;
use harness_compile::rule::{CompiledRule, Given, compile_rule};
use harness_compile::unknown::{self, UnknownField};
use harness_compile::{Context, Now};
use harness_detect::anomaly;
use harness_detect::window::Clock;
use harness_model::event::Event;
use harness_model::schema::Schema;
use harness_predicate::plan::TermField;
use harness_predicate::{Column, Leaf, Part, Predicate};
use harness_rule::exception::words::Words;
use harness_rule::exception::{ExceptionTree, Item, Unapplied};
use harness_rule::model::Rule;
use harness_rule::tree::Loaded;
use harness_source::diagnostic::Diagnostic;
use harness_source::files::Problem;
use harness_source::span::Span;

/// One rule and its cases.
pub(super) struct PreparedRule {
    pub(super) loaded: Loaded,
    /// The rule at the latest moment of its cases; `None` where it did not load.
    pub(super) compiled: Option<CompiledRule>,
    /// When the rule looks.
    pub(super) clock: Result<Option<Clock>, Vec<Diagnostic>>,
    pub(super) cases: Vec<Arc<Case>>,
    /// What is wrong with files of its cases.
    pub(super) broken: Vec<Fault>,
    /// For each case, when it is run.
    pub(super) contexts: Vec<CaseContext>,
    /// The same at other moments, where it depends on the moment.
    earlier: Vec<CompiledRule>,
    /// The exceptions that some case is run with.
    exceptions: Vec<Exception>,
    /// Those that Kibana does not apply to such a rule.
    left_out: Vec<LeftOut>,
    /// Whether its sequences count time in nanoseconds.
    pub(super) nanos: bool,
    /// What is wrong with its exceptions.
    pub(super) problems: Vec<Problem>,
}

/// An exception and the events that it is about.
struct Exception {
    list: String,
    item: Item,
    condition: Predicate,
    words: Vec<Words>,
}

/// An exception without effect, and why.
struct LeftOut {
    list: String,
    item: Item,
    reason: String,
}

/// How a case is run.
#[derive(Clone, Debug)]
pub(super) struct CaseContext {
    /// The moment of the run, in milliseconds since 1970.
    pub(super) now: i64,
    /// A position in [`PreparedRule::programs`].
    pub(super) program: usize,
    /// The exceptions that apply, by position.
    exceptions: Vec<usize>,
    /// Those that lapsed before, by position.
    lapsed: Vec<usize>,
}

impl CaseContext {
    /// The same at another moment; the program and the exceptions stay.
    pub(super) fn at(&self, now: i64) -> Self {
        Self { now, ..self.clone() }
    }

    /// Forgets a program and exceptions that are gone.
    fn forget(&mut self) {
        self.program = 0;
        self.exceptions.clear();
    }
}

/// An exception that a case is run with.
pub(super) struct Excepted<'a> {
    /// Its list and its own name.
    pub(super) name: String,
    /// Where a file states it.
    pub(super) place: String,
    pub(super) condition: &'a Predicate,
    /// What has to hold on the event besides.
    pub(super) words: &'a [Words],
    /// Where the condition is among [`PreparedRule::filters`].
    pub(super) filter: usize,
}

/// An exception of a case that does not silence an event.
pub struct Idle<'a> {
    /// Its list and its own name.
    pub name: String,
    /// Where a file states it.
    pub place: String,
    /// Why it does not.
    pub why: Why<'a>,
}

/// Why an exception does not silence an event.
pub enum Why<'a> {
    /// It would, but lapsed before the rule ran.
    Lapsed {
        /// When, in milliseconds since 1970.
        at: i64,
        /// When the rule ran.
        now: i64,
    },
    /// Kibana does not apply it.
    LeftOut(&'a str),
    /// The event is not what it is about.
    Unfit {
        /// What is asked of the index.
        condition: &'a Predicate,
        /// The fields whose words are not in their value list of texts, and those
        /// that are and must not be: those are marked.
        words: Vec<(&'a str, bool)>,
    },
}

impl PreparedRule {
    /// Compiles a rule once, or once for each moment where its plan depends on it.
    pub(super) fn new(
        loaded: Loaded,
        cases: Vec<Arc<Case>>,
        broken: Vec<Fault>,
        tree: &ExceptionTree,
        schema: &Schema,
    ) -> Self {
        let clock = loaded.rule.as_ref().map(Clock::new).transpose();
        let now = |case: &Arc<Case>| now(case, clock.as_ref().ok().and_then(Option::as_ref));
        let nows: Vec<i64> = cases.iter().map(now).collect();
        let latest = nows.iter().copied().max().unwrap_or(0);
        let completion =
            !cases.is_empty() && cases.iter().all(|case| case.options.completion.is_some());
        let anomalies = cases.iter().flat_map(|case| &case.events).any(anomaly::is_record);
        let compile = |rule, now| compile_rule(rule, schema, Given { now, completion, anomalies });
        let compiled = loaded.rule.as_ref().map(|rule| compile(rule, latest));
        let mut moments = vec![latest];
        let mut earlier = Vec::new();
        if let (Some(rule), Some(CompiledRule { program: Some(_), uses_now: true, .. })) =
            (&loaded.rule, &compiled)
        {
            for now in &nows {
                if moments.contains(now) {
                    continue;
                }
                // Date math that leaves the calendar at one moment only is no plan there.
                let compiled = compile(rule, *now);
                if compiled.program.is_some() {
                    moments.push(*now);
                    earlier.push(compiled);
                }
            }
        }
        let mut problems = Vec::new();
        let context = Context { schema, part: Part::File, now: Now::at(latest) };
        let mut left_out = Vec::new();
        let exceptions = exceptions(&loaded, &cases, tree, context, &mut problems, &mut left_out);
        let contexts = cases.iter().zip(nows).map(|(case, now)| {
            let lists = lists(loaded.rule.as_ref(), case);
            let numbered = exceptions.iter().enumerate();
            let named = numbered.filter(|(_, own)| lists.contains(&own.list.as_str()));
            let (lapsed, open): (Vec<_>, Vec<_>) =
                named.partition(|(_, own)| own.item.expires.is_some_and(|expires| expires <= now));
            let program = moments.iter().position(|moment| *moment == now).unwrap_or(0);
            let positions = |own: Vec<(usize, _)>| own.into_iter().map(|(at, _)| at).collect();
            CaseContext { now, program, exceptions: positions(open), lapsed: positions(lapsed) }
        });
        let contexts = contexts.collect();
        let order = loaded.rule.as_ref().and_then(|rule| schema.field(rule.eql.order()));
        let nanos = order.is_some_and(|field| field.is_nanos());
        Self {
            loaded,
            compiled,
            clock,
            cases,
            broken,
            contexts,
            earlier,
            exceptions,
            left_out,
            nanos,
            problems,
        }
    }

    /// The lists of exceptions that some case of it is run with.
    pub(super) fn named_lists(&self) -> Vec<&str> {
        let rule = self.loaded.rule.as_ref();
        self.cases.iter().flat_map(|case| lists(rule, case)).collect()
    }

    /// The same, with what is known of where its fields are.
    pub(super) fn located(mut self, whereabouts: &Whereabouts, schema: &Schema) -> Self {
        if let (Some(rule), Some(compiled)) = (&self.loaded.rule, &self.compiled) {
            let found = whereabouts.findings(rule, compiled, schema).into_iter();
            self.problems.extend(found.map(|(part, found)| self.loaded.locate(part, found)));
        }
        self
    }

    /// What it does with events at the latest moment of the cases.
    pub(super) fn program(&self) -> Option<&RuleProgram> {
        self.compiled.as_ref()?.program.as_ref()
    }

    /// The same at all moments.
    pub(super) fn programs(&self) -> impl Iterator<Item = &RuleProgram> {
        let all = self.compiled.iter().chain(&self.earlier);
        all.filter_map(|compiled| compiled.program.as_ref())
    }

    /// The columns that the rule, its suppression and its exceptions read.
    pub(super) fn columns(&self) -> BTreeSet<&Column> {
        let mut columns: BTreeSet<&Column> =
            self.programs().flat_map(RuleProgram::columns).collect();
        columns.extend(self.grouping().iter().filter_map(|term| term.column.as_ref()));
        for condition in self.exceptions() {
            condition.leaves(&mut |leaf| columns.extend(leaf.columns()));
        }
        columns
    }

    /// Takes the rule out of the run.
    pub(super) fn refuse(&mut self, found: Diagnostic) {
        self.problems.push(self.loaded.problem(found));
        self.compiled = None;
        self.earlier.clear();
        self.exceptions.clear();
        self.contexts.iter_mut().for_each(CaseContext::forget);
    }

    /// The fields that suppression groups by.
    pub(super) fn grouping(&self) -> &[TermField] {
        self.compiled.as_ref().map_or(&[], |compiled| compiled.grouping.as_slice())
    }

    /// The field of a leaf that nothing knows.
    pub(super) fn unknown(&self, leaf: &Leaf) -> Option<&UnknownField> {
        let absent = leaf.absent();
        let mut known = self.compiled.iter().flat_map(|compiled| &compiled.unknown);
        known.find(|unknown| absent.iter().any(|column| column.name == unknown.field))
    }

    /// The conditions of the exceptions.
    pub(super) fn exceptions(&self) -> impl Iterator<Item = &Predicate> {
        self.exceptions.iter().map(|exception| &exception.condition)
    }

    /// The filters of all programs, then the conditions of the exceptions.
    pub(super) fn filters(&self) -> Vec<&Predicate> {
        self.programs().flat_map(RuleProgram::filters).chain(self.exceptions()).collect()
    }

    /// The exceptions of a case.
    pub(super) fn excepted(&self, context: &CaseContext) -> Vec<Excepted<'_>> {
        let start = self.programs().map(|program| program.filters().len()).sum::<usize>();
        let named = context.exceptions.iter().filter_map(|at| {
            let Exception { list, item, condition, words } = self.exceptions.get(*at)?;
            let (name, place) = (format!("{list}/{}", item.name), item.place());
            Some(Excepted { name, place, condition, words, filter: start + at })
        });
        named.collect()
    }

    /// The exceptions of a case that do not silence an event; `holds` says of a
    /// condition whether it does on the event.
    pub(super) fn idle(
        &self,
        case: usize,
        event: &Event,
        holds: &dyn Fn(&Predicate) -> bool,
    ) -> Vec<Idle<'_>> {
        let (Some(case), Some(context)) = (self.cases.get(case), self.contexts.get(case)) else {
            return Vec::new();
        };
        let fits = |own: &Exception| {
            holds(&own.condition) && own.words.iter().all(|words| words.holds(event))
        };
        let idle = |list: &str, item: &Item, why| Idle {
            name: format!("{list}/{}", item.name),
            place: item.place(),
            why,
        };
        let own = |at: &usize| self.exceptions.get(*at);
        let lapsed = context.lapsed.iter().filter_map(own).filter(|own| fits(own));
        let lapsed = lapsed.filter_map(|own| {
            let why = Why::Lapsed { at: own.item.expires?, now: context.now };
            Some(idle(&own.list, &own.item, why))
        });
        let lists = lists(self.loaded.rule.as_ref(), case);
        let left_out = self.left_out.iter().filter(|own| lists.contains(&own.list.as_str()));
        let left_out =
            left_out.map(|own| idle(&own.list, &own.item, Why::LeftOut(own.reason.as_str())));
        let unfit = context.exceptions.iter().filter_map(own).filter(|own| !fits(own));
        let unfit = unfit.map(|Exception { list, item, condition, words }| {
            let words = words.iter().filter(|words| !words.holds(event));
            let words = words.map(|words| (words.field(), words.is_excluded())).collect();
            idle(list, item, Why::Unfit { condition, words })
        });
        lapsed.chain(left_out).chain(unfit).collect()
    }

    /// The program of a case and where its filters are among [`Self::filters`].
    pub(super) fn programmed(&self, context: &CaseContext) -> Option<(&RuleProgram, Range<usize>)> {
        let mut start = 0;
        for (at, program) in self.programs().enumerate() {
            let filters = program.filters().len();
            if at == context.program {
                return Some((program, start..start + filters));
            }
            start += filters;
        }
        None
    }
}

/// The lists that a case is run with: those that it states, else the rule's.
fn lists<'a>(rule: Option<&'a Rule>, case: &'a Case) -> Vec<&'a str> {
    if let Some(stated) = &case.options.exceptions {
        return stated.iter().map(String::as_str).collect();
    }
    rule.map_or_else(Vec::new, Rule::lists)
}

/// All exceptions that some case is run with, once each.
fn exceptions(
    loaded: &Loaded,
    cases: &[Arc<Case>],
    tree: &ExceptionTree,
    context: Context<'_>,
    problems: &mut Vec<Problem>,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Exception> {
    let mut wanted: BTreeMap<&str, Option<&Case>> = BTreeMap::new();
    for case in cases {
        let stated = case.options.exceptions.is_some().then_some(&**case);
        for list in lists(loaded.rule.as_ref(), case) {
            wanted.entry(list).or_insert(stated);
        }
    }
    let mut found = Vec::new();
    for (list, case) in wanted {
        let items = match tree.items(list) {
            Ok(items) => items,
            Err(Unapplied::Broken(broken)) => {
                problems.extend(broken.iter().cloned());
                continue;
            }
            Err(Unapplied::Missing(message)) => {
                problems.push(match case {
                    None => loaded.problem(Diagnostic::unsupported(
                        "exception-list",
                        message,
                        Span::default(),
                    )),
                    Some(case) => Problem::with_path(
                        &case.path,
                        Diagnostic::error("case-toml", message, Span::default()),
                    ),
                });
                continue;
            }
        };
        for item in items {
            let unknown = unknown::of_exception(item, context.schema);
            let unknown = unknown.iter().filter_map(|field| field.finding(context.schema));
            problems.extend(unknown.map(|mut found| {
                found.message = format!("exception `{}`: {}", item.name, found.message);
                tree.problem(item, found)
            }));
            match exception::compile(item, loaded.rule.as_ref(), tree, context) {
                Ok(Compiled::Applied { condition, words }) => {
                    let (list, item) = (list.to_owned(), item.clone());
                    found.push(Exception { list, item, condition, words });
                }
                Ok(Compiled::LeftOut(reason)) => {
                    let message = format!("exception `{}` is not applied: {reason}", item.name);
                    let help = "Kibana applies such a list to rules of type query without \
                                suppression, machine_learning and threat_match only";
                    let warning = Diagnostic::warning("exception-list", message, Span::default());
                    problems.push(tree.problem(item, warning.with_help(help)));
                    left_out.push(LeftOut { list: list.to_owned(), item: item.clone(), reason });
                }
                Err(errors) => problems.extend(errors.into_iter().map(|mut error| {
                    error.message = format!("exception `{}`: {}", item.name, error.message);
                    tree.problem(item, error)
                })),
            }
        }
    }
    found
}

/// The moment of a case: as it states, else its newest event.
pub(super) fn now(case: &Case, clock: Option<&Clock>) -> i64 {
    let newest = || {
        let times = case.events.iter().filter_map(|event| clock.map(|clock| clock.times(event)));
        times.flatten().max()
    };
    case.options.now.or_else(newest).unwrap_or(0)
}
