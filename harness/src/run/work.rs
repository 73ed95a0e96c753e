//! What is to be done: one rule, compiled for the moments of its cases.

use std::ops::Range;
use std::sync::Arc;

use crate::case::Case;
use crate::compile::esql::Pipeline;
use crate::compile::rule::{CompiledRule, Given, compile_rule};
use crate::detect::window::Clock;
use crate::diagnostic::Diagnostic;
use crate::ir::Predicate;
use crate::ir::plan::Plan;
use crate::rule::tree::Loaded;
use crate::schema::Schema;

/// One rule and its cases.
pub(super) struct Work {
    pub(super) loaded: Loaded,
    /// The rule at the latest moment of its cases; `None` where it did not load.
    pub(super) compiled: Option<CompiledRule>,
    /// When the rule looks.
    pub(super) clock: Result<Option<Clock>, Vec<Diagnostic>>,
    pub(super) cases: Vec<Arc<Case>>,
    /// For each case, when it is run.
    pub(super) settings: Vec<Setting>,
    /// The plan at other moments, where it depends on the moment.
    earlier: Vec<CompiledRule>,
}

/// How a case is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// The moment of the run, in milliseconds since 1970.
    pub(super) now: i64,
    /// The plan: a position in [`Work::plans`].
    pub(super) plan: usize,
}

impl Work {
    /// Compiles a rule once, or once for each moment where its plan depends on it.
    pub(super) fn new(loaded: Loaded, cases: Vec<Arc<Case>>, schema: &Schema) -> Self {
        let clock = loaded.rule.as_ref().map(Clock::new).transpose();
        let now = |case: &Arc<Case>| now(case, clock.as_ref().ok().and_then(Option::as_ref));
        let nows: Vec<i64> = cases.iter().map(now).collect();
        let latest = nows.iter().copied().max().unwrap_or(0);
        let completion =
            !cases.is_empty() && cases.iter().all(|case| case.options.completion.is_some());
        let compile = |rule, now| compile_rule(rule, schema, Given { now, completion });
        let compiled = loaded.rule.as_ref().map(|rule| compile(rule, latest));
        let mut moments = vec![latest];
        let mut earlier = Vec::new();
        if let (Some(rule), Some(CompiledRule { plan: Some(_), uses_now: true, .. })) =
            (&loaded.rule, &compiled)
        {
            for now in &nows {
                if moments.contains(now) {
                    continue;
                }
                // Date math that leaves the calendar at one moment only is no plan there.
                let compiled = compile(rule, *now);
                if compiled.plan.is_some() {
                    moments.push(*now);
                    earlier.push(compiled);
                }
            }
        }
        let setting = |now: i64| Setting {
            now,
            plan: moments.iter().position(|moment| *moment == now).unwrap_or(0),
        };
        let settings = nows.into_iter().map(setting).collect();
        Self { loaded, compiled, clock, cases, settings, earlier }
    }

    /// The plan at the latest moment of the cases.
    pub(super) fn plan(&self) -> Option<&Plan> {
        self.compiled.as_ref()?.plan.as_ref()
    }

    /// The plans at all moments.
    pub(super) fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.compiled.iter().chain(&self.earlier).filter_map(|compiled| compiled.plan.as_ref())
    }

    /// What an ES|QL rule does with the events of a case.
    pub(super) fn pipeline(&self, setting: Setting) -> Option<&Pipeline> {
        let compiled = self.compiled.iter().chain(&self.earlier).nth(setting.plan)?;
        compiled.pipeline.as_deref()
    }

    /// The filters of all plans.
    pub(super) fn filters(&self) -> Vec<&Predicate> {
        self.plans().flat_map(Plan::filters).collect()
    }

    /// The plan of a case and where its filters are among [`Self::filters`].
    pub(super) fn planned(&self, setting: Setting) -> Option<(&Plan, Range<usize>)> {
        let mut start = 0;
        for (at, plan) in self.plans().enumerate() {
            let filters = plan.filters().len();
            if at == setting.plan {
                return Some((plan, start..start + filters));
            }
            start += filters;
        }
        None
    }
}

/// The moment of a case: as it states, else its newest event.
pub(super) fn now(case: &Case, clock: Option<&Clock>) -> i64 {
    let newest = || {
        let times = case.events.iter().flat_map(|event| clock.map(|clock| clock.times(event)));
        times.flatten().max()
    };
    case.options.now.or_else(newest).unwrap_or(0)
}
