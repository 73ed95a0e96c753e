//! The watchdog of one rule: how many steps its compilation may take.
//!
//! Steps are counted, not seconds, so that a rule is given up on every machine
//! or on none. What costs most says so by [`spend`]; where nothing is left it
//! may return anything, since [`within`] tells its caller to give up the rule.

use std::cell::Cell;

use crate::limits;

/// How many steps one rule may take.
pub const MOST: usize = limits::RULE_STEPS.most;

thread_local! {
    /// What is left to the rule that this thread compiles; `None` outside.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs something within [`MOST`] steps; `None` when it took more.
pub fn within<T>(run: impl FnOnce() -> T) -> Option<T> {
    let outer = LEFT.replace(Some(MOST));
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

#[cfg(test)]
mod tests {
    use super::*;

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
