//! The watchdog of one rule: how many steps its compilation, its judgement and each of
//! its measures may take.
//!
//! Steps are counted, not seconds, so that a rule is given up on every machine
//! or on none. What costs most says so by [`spend`]; where nothing is left it
//! may return anything, since [`within`] tells its caller to give up the rule. What is
//! counted has to happen on one thread.

use std::cell::Cell;

use crate::diagnostic::Diagnostic;
use crate::limits::Limit;
use crate::span::Span;

thread_local! {
    /// What is left to the rule that this thread works on; `None` outside.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs something within so many steps; `None` when it took more.
pub fn within<T>(limit: Limit, run: impl FnOnce() -> T) -> Option<T> {
    let outer = LEFT.replace(Some(limit.now()));
    let result = run();
    let left = LEFT.replace(outer);
    left.filter(|left| *left > 0).map(|_| result)
}

/// Takes steps; false when none are left, and whatever comes of it is not used.
pub fn spend(steps: usize) -> bool {
    let Some(left) = LEFT.get() else { return true };
    LEFT.set(Some(left.saturating_sub(steps)));
    left > steps
}

/// Whether none are left.
pub fn is_spent() -> bool {
    LEFT.get() == Some(0)
}

/// That a rule is given up, at what.
pub fn given_up(limit: Limit, at: &str, span: Span) -> Diagnostic {
    let message = format!("gave up after {} steps of {at}", limit.now());
    let found = Diagnostic::unsupported("gave-up", message, span);
    match limit.more() {
        Some(more) => found.with_help(more),
        None => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::RULE_STEPS;

    const MOST: usize = RULE_STEPS.most;

    fn within<T>(run: impl FnOnce() -> T) -> Option<T> {
        super::within(RULE_STEPS, run)
    }

    #[test]
    fn what_takes_too_many_steps_is_given_up() {
        assert!(spend(usize::MAX), "outside there is no bound");
        assert_eq!(within(|| spend(MOST - 1)), Some(true));
        assert_eq!(within(|| spend(MOST)), None);
        assert_eq!(within(|| (0..10).map(|_| spend(MOST / 9)).collect::<Vec<_>>()), None);
        assert_eq!(
            within(|| within(|| spend(MOST))),
            Some(None),
            "an inner rule counts for itself"
        );
        assert!(spend(usize::MAX));
    }
}
