//! Rules that cannot alert on some events, since a field that they need is in none.

use harness_compile::program::RuleProgram;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_predicate::{Column, Predicate};

/// What is known of a condition where only the fields are known that have values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    False,
    Open,
    True,
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Open => Self::Open,
            Self::True => Self::False,
        }
    }
}

/// The fields for want of which no event passes a rule's conditions, by name; none where
/// some event may pass. `has` says whether any event has a value in a column.
pub(super) fn missing(program: &RuleProgram, has: &dyn Fn(&Column) -> bool) -> Vec<String> {
    let blind = needed(program).into_iter().find(|own| truth(own, has) == Truth::False);
    let mut fields = Vec::new();
    if let Some(condition) = blind {
        condition.leaves(&mut |leaf| {
            let named = leaf.named().into_iter().filter(|column| !has(column));
            fields.extend(named.map(|column| column.name.to_string()));
        });
    }
    fields.sort();
    fields.dedup();
    fields
}

/// The conditions that have to hold of some event each.
fn needed(program: &RuleProgram) -> Vec<&Predicate> {
    let filters = program.filters();
    let plan = match program {
        RuleProgram::Conditions(plan) => plan,
        RuleProgram::Pipeline { documents, .. } => {
            return vec![&documents.filter, &documents.narrow];
        }
    };
    match plan {
        Plan::Eql(plan) => match &plan.search {
            EqlSearch::Events(_) => filters,
            EqlSearch::Sequence { stages, .. } | EqlSearch::Sample { stages } => {
                let stages = stages.iter().zip(filters);
                stages.filter(|(stage, _)| !stage.missing).map(|(_, filter)| filter).collect()
            }
        },
        Plan::Filter(_) | Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => {
            filters.into_iter().take(1).collect()
        }
    }
}

fn truth(condition: &Predicate, has: &dyn Fn(&Column) -> bool) -> Truth {
    let holds = |holds: bool| if holds { Truth::True } else { Truth::False };
    match condition {
        Predicate::Const(is_true) => holds(*is_true),
        Predicate::Leaf(leaf) if leaf.columns().into_iter().any(has) => Truth::Open,
        Predicate::Leaf(leaf) => holds(leaf.holds_without_values()),
        Predicate::Not(inner) => truth(inner, has).not(),
        Predicate::And(parts) => at_least(parts.len(), parts, has),
        Predicate::Or(parts) => at_least(1, parts, has),
        Predicate::AtLeast { count, of } => at_least(*count, of, has),
        // Whether an event has such objects is not known.
        Predicate::Nested { .. } => Truth::Open,
    }
}

fn at_least(count: usize, parts: &[Predicate], has: &dyn Fn(&Column) -> bool) -> Truth {
    let (mut sure, mut open) = (0, 0);
    for part in parts {
        match truth(part, has) {
            Truth::True => sure += 1,
            Truth::Open => open += 1,
            Truth::False => {}
        }
    }
    match (sure >= count, sure + open >= count) {
        (true, _) => Truth::True,
        (false, true) => Truth::Open,
        (false, false) => Truth::False,
    }
}
