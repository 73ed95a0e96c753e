//! A version of a rule as what it asks of events.

use crate::moment::NOW;
use harness_compile::exception::{self, Compiled};
use harness_compile::program::RuleProgram;
use harness_compile::rule::compile_rule;
use harness_compile::{Context, Now};
use harness_detect::window::Clock;
use harness_model::schema::Schema;
use harness_predicate::plan::Plan;
use harness_predicate::{Part, Predicate};
use harness_rule::exception::ExceptionTree;
use harness_rule::model::Rule;
use harness_source::diagnostic::{Diagnostic, Severity};

/// A version that can be judged.
pub(super) struct Version<'r> {
    pub(super) rule: &'r Rule,
    /// The plan on events that no exception silences.
    pub(super) plan: Plan,
    pub(super) clock: Clock,
}

impl<'r> Version<'r> {
    /// Compiles a rule with its exceptions.
    ///
    /// # Errors
    ///
    /// Why it cannot be judged.
    pub(super) fn new(
        rule: &'r Rule,
        exceptions: &ExceptionTree,
        schema: &Schema,
    ) -> Result<Self, String> {
        let first = |found: &[Diagnostic]| {
            found.first().map_or_else(|| "it is invalid".to_owned(), |one| one.message.clone())
        };
        let compiled = compile_rule(rule, schema, NOW);
        let fatal = compiled.diagnostics.iter().map(|(_, found)| found);
        if let Some(found) = fatal.clone().find(|found| found.severity != Severity::Warning) {
            return Err(found.message.clone());
        }
        let Some(RuleProgram::Conditions(plan)) = compiled.program else {
            return Err("it has no condition".to_owned());
        };
        let clock = Clock::new(rule).map_err(|found| first(&found))?;
        let context = Context { schema, part: Part::File, now: Now::at(NOW) };
        let mut silenced = Vec::new();
        for list in &rule.exceptions_list {
            for item in exceptions.lists.get(&list.list_id).into_iter().flatten() {
                match exception::compile(item, Some(rule), exceptions, context) {
                    Ok(Compiled::Applied { condition, words }) if words.is_empty() => {
                        silenced.push(condition);
                    }
                    Ok(Compiled::Applied { .. }) => {
                        return Err("an exception compares with a list of texts".to_owned());
                    }
                    Ok(Compiled::LeftOut(_)) => {}
                    Err(found) => return Err(first(&found)),
                }
            }
        }
        let plan = if silenced.is_empty() {
            plan
        } else {
            plan.restrict(&Predicate::or(silenced).negate())
        };
        Ok(Self { rule, plan, clock })
    }
}
