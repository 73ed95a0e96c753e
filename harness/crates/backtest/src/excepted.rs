//! What the exceptions of a rule take away from a backtest.

use harness_compile::exception::{self, Compiled};
use harness_compile::{Context, Now};
use harness_model::schema::Schema;
use harness_predicate::{Part, Predicate};
use harness_rule::exception::ExceptionTree;
use harness_rule::exception::words::Words;
use harness_rule::model::Rule;

/// What the exceptions of a rule take away.
#[derive(Default)]
pub(super) struct Excepted {
    /// The conditions on events.
    pub(super) conditions: Vec<Predicate>,
    /// Those that look values up by their words.
    pub(super) worded: Vec<Worded>,
    /// Whether some item lapses at a time.
    pub(super) lapses: bool,
}

/// An exception that looks values up by their words.
pub(super) struct Worded {
    pub(super) item: String,
    pub(super) condition: Predicate,
    pub(super) words: Vec<Words>,
}

impl Excepted {
    /// Reads the lists of a rule as they are at a moment, or says why they cannot be applied.
    pub(super) fn read(
        rule: &Rule,
        schema: &Schema,
        tree: &ExceptionTree,
        now: i64,
    ) -> Result<Self, String> {
        let mut found = Self::default();
        let context = Context { schema, part: Part::File, now: Now::at(now) };
        for list in rule.lists() {
            for item in tree.items(list).map_err(|unapplied| unapplied.to_string())? {
                found.lapses |= item.expires.is_some();
                if item.expires.is_some_and(|at| at <= now) {
                    continue;
                }
                match exception::compile(item, Some(rule), tree, context) {
                    Ok(Compiled::Applied { condition, words }) if words.is_empty() => {
                        found.conditions.push(condition);
                    }
                    Ok(Compiled::Applied { condition, words }) => {
                        let item = item.name.clone();
                        found.worded.push(Worded { item, condition, words });
                    }
                    Ok(Compiled::LeftOut(_)) => {}
                    Err(errors) => {
                        let message = errors.first().map_or("", |error| &error.message);
                        return Err(format!("exception `{}`: {message}", item.name));
                    }
                }
            }
        }
        Ok(found)
    }

    /// The condition that none of them holds, where there is one.
    pub(super) fn none(&self) -> Option<Predicate> {
        let all = self.conditions.iter().cloned();
        (!self.conditions.is_empty()).then(|| Predicate::or(all).negate())
    }
}
