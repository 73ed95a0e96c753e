//! What is proved of a rule: clauses that cannot hold, or that say nothing.

mod clauses;
mod exceptions;
mod fields;
mod filter;
mod missing;
mod overlap;
mod pairs;
mod pipeline;
mod single;
mod stages;
mod twins;

use harness_compile::program::RuleProgram;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_predicate::{Predicate, Test};
use harness_source::span::Span;
use harness_text::pattern::Pattern;
use serde_json::{Map, Value};

use super::codes::Code;
use super::target::{Sink, Target};
use crate::compare::Bench;
pub(super) use crate::compare::Prover;
use crate::synthesis::fields::set;

use filter::{is_constant, span_of};

pub(super) use exceptions::check as exceptions;
pub(super) use overlap::check as overlap;
pub(super) use overlap::{Proved, witness};

/// The proved findings about one rule.
pub(super) fn check(target: &Target<'_>, prover: &mut Prover<'_>, sink: &mut Sink<'_>) {
    let plan = match &target.compiled.program {
        Some(RuleProgram::Conditions(plan)) => plan,
        // ES|QL has null beside true and false; what is proved of the others is of two values.
        Some(RuleProgram::Pipeline { .. }) => return pipeline::check(target, sink),
        None => return,
    };
    let mut is_dead = false;
    for (number, filter) in plan.filters().into_iter().enumerate() {
        let whole = Whole { target, number, filter };
        let (never, always) = whole.extremes(prover);
        if never {
            whole.tell_never(sink);
            is_dead = true;
            continue;
        }
        if always && plan.wants_event(number) {
            whole.tell_always(sink);
        } else {
            whole.asks_for_something(plan, sink);
            if plan.wants_event(number) {
                missing::check(target, (plan, number), prover, sink);
            }
        }
        let grouped = filter.clone().grouped();
        pairs::check(target, &grouped, sink);
        clauses::check(target, &grouped, prover, sink);
    }
    if !is_dead {
        fields::check(target, plan, prover, sink);
        stages::check(target, plan, sink);
    }
    fields::bounds(target, plan, sink);
}

/// One filter of a plan.
struct Whole<'a> {
    target: &'a Target<'a>,
    number: usize,
    filter: &'a Predicate,
}

impl Whole<'_> {
    /// The place of the filter, and what to call it.
    fn place(&self) -> (Span, String) {
        let span = span_of(self.filter);
        let text = self.target.query();
        let whole = span.unwrap_or_else(|| Span::new(0, text.trim_end().len()));
        match self.target.compiled.plan() {
            Some(Plan::Eql(plan)) if matches!(plan.search, EqlSearch::Sequence { .. }) => {
                (whole, format!("stage {}", self.number + 1))
            }
            Some(Plan::Threat(_)) if self.number == 1 => (whole, "the indicator query".to_owned()),
            Some(_) | None => (whole, "the query".to_owned()),
        }
    }

    /// Whether no event fulfils the filter, and whether every event does, as far as is
    /// proved.
    fn extremes(&self, prover: &mut Prover<'_>) -> (bool, bool) {
        if is_constant(self.filter) {
            return (false, false);
        }
        // An unknown field is told by itself.
        let mut known = true;
        self.filter.leaves(&mut |leaf| known &= !leaf.columns().is_empty());
        let (never, always) = prover.extremes(self.filter).unwrap_or_default();
        (known && never, always)
    }

    fn tell_never(&self, sink: &mut Sink<'_>) {
        let (place, what) = self.place();
        sink.query(Code::NeverTrue, place, format!("no event fulfils {what}"))
            .help("two of its clauses rule each other out");
    }

    fn tell_always(&self, sink: &mut Sink<'_>) {
        let (place, what) = self.place();
        sink.query(Code::AlwaysTrue, place, format!("every event fulfils {what}"))
            .help("leave out what always holds, or mend it");
    }

    /// Tells a filter that an event without any of its fields fulfils, but for what says
    /// which kind of event it is.
    fn asks_for_something(&self, plan: &Plan, sink: &mut Sink<'_>) {
        const KINDS: [&str; 4] =
            ["event.category", "event.dataset", "data_stream.dataset", "event.kind"];
        let mut leaves = Vec::new();
        self.filter.leaves(&mut |leaf| leaves.push(leaf));
        let asks = leaves.iter().filter(|leaf| !KINDS.contains(&&*leaf.column.name)).count();
        if asks == 0 || !plan.wants_event(self.number) {
            return;
        }
        let bench = Bench::new(self.target.schema, leaves.iter().copied());
        let bare = of_kind(self.filter, &KINDS);
        if bench.holds(self.filter, &bare) != Some(true) {
            return;
        }
        let (place, what) = self.place();
        let message =
            format!("{what} asks for nothing to be there: an event without its fields matches");
        sink.query(Code::OnlyNegations, place, message)
            .help("ask for a field with a value as well")
            .evidence(Some(bare));
    }
}

/// An event with the first value that a filter asks each of some fields for.
fn of_kind(filter: &Predicate, fields: &[&str]) -> Value {
    let mut event = Value::Object(Map::new());
    filter.leaves(&mut |leaf| {
        let name = &leaf.column.name;
        if let (true, Test::Term(Pattern::Equals(text, _))) =
            (fields.contains(&&**name), &leaf.test)
            && event.pointer(&format!("/{}", name.replace('.', "/"))).is_none()
        {
            set(&mut event, name, vec![Value::String(text.clone())]);
        }
    });
    event
}
