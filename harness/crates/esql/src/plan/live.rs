//! Which registers are read after each step, from the last step to the first.

use super::{Branch, Grouping, Plan, Step, StepKind};
use crate::expr::{Register, Typed};

/// Notes the live registers in every step.
pub(super) fn annotate(plan: &mut Plan) {
    let mut live = vec![false; plan.registers];
    for column in plan.output.columns.iter().chain(&plan.output.replaced) {
        mark(&mut live, column.register);
    }
    note(&mut plan.steps, &mut live);
}

/// Notes the live registers of some steps, given what is live after them.
fn note(steps: &mut [Step], live: &mut Vec<bool>) {
    for step in steps.iter_mut().rev() {
        step.live.clone_from(live);
        before(step, live);
    }
}

/// What is live before a branch, given what is live after all of them.
fn before_branch(branch: &mut Branch, behind: &[bool]) -> Vec<bool> {
    let mut live = vec![false; behind.len()];
    for (from, to, _) in &branch.columns {
        if let (Some(from), true) = (from, behind.get(*to).copied().unwrap_or(false)) {
            mark(&mut live, *from);
        }
    }
    note(&mut branch.steps, &mut live);
    live
}

fn mark(live: &mut [bool], register: Register) {
    if let Some(slot) = live.get_mut(register) {
        *slot = true;
    }
}

fn clear(live: &mut [bool], register: Register) {
    if let Some(slot) = live.get_mut(register) {
        *slot = false;
    }
}

fn read(live: &mut [bool], typed: &Typed) {
    typed.registers(&mut |register| mark(live, register));
}

/// What is live before a step, given what is live after it.
fn before(step: &mut Step, live: &mut Vec<bool>) {
    match &mut step.kind {
        StepKind::Row(columns) | StepKind::Eval(columns) => {
            for (register, typed) in columns.iter().rev() {
                clear(live, *register);
                read(live, typed);
            }
        }
        StepKind::From | StepKind::Limit(_) | StepKind::Sample(_) | StepKind::Indices(_) => {}
        StepKind::LimitBy { keys, .. } => keys.iter().for_each(|key| read(live, key)),
        StepKind::Union { branches, anew } => {
            let mut ahead = vec![false; live.len()];
            for branch in branches {
                let own = before_branch(branch, live);
                if !*anew {
                    ahead.iter_mut().zip(own).for_each(|(ahead, own)| *ahead |= own);
                }
            }
            *live = ahead;
        }
        StepKind::Member { value, branch, output } => {
            clear(live, *output);
            let mut wanted = vec![false; live.len()];
            branch.columns.iter().for_each(|(_, to, _)| mark(&mut wanted, *to));
            before_branch(branch, &wanted);
            read(live, value);
        }
        StepKind::Join(join) => {
            join.outputs.iter().for_each(|(_, register)| clear(live, *register));
            join.keys.iter().for_each(|key| mark(live, key.left));
        }
        StepKind::Filter(condition) => read(live, condition),
        StepKind::Stats(grouping) => {
            live.fill(false);
            before_grouping(grouping, live);
        }
        StepKind::InlineStats(grouping) => {
            for (register, typed) in grouping.after.iter().rev() {
                clear(live, *register);
                read(live, typed);
            }
            before_grouping(grouping, live);
        }
        StepKind::Sort(keys) => keys.iter().for_each(|key| read(live, &key.expr)),
        StepKind::Expand { from, to } => {
            clear(live, *to);
            mark(live, *from);
        }
        StepKind::Dissect { input, outputs, .. } => {
            outputs.iter().for_each(|register| clear(live, *register));
            read(live, input);
        }
        StepKind::Grok { input, outputs, .. } => {
            outputs.iter().for_each(|(_, _, register)| clear(live, *register));
            read(live, input);
        }
        StepKind::Completion { prompt, output } => {
            clear(live, *output);
            read(live, prompt);
        }
    }
}

fn before_grouping(grouping: &Grouping, live: &mut [bool]) {
    for call in &grouping.aggregates {
        clear(live, call.output);
        call.args.iter().chain(&call.filter).for_each(|typed| read(live, typed));
    }
    for (row, group, _) in &grouping.keys {
        clear(live, *group);
        mark(live, *row);
    }
    for (register, typed) in grouping.before.iter().rev() {
        clear(live, *register);
        read(live, typed);
    }
}
