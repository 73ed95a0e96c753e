//! Runs a program: all threads in step, in order of preference, each
//! instruction at most once a character. Time is linear in the text.

use std::rc::Rc;

use super::Captures;
use super::node::{Look, Step};
use super::program::{Instruction, Program};

type Slots = Rc<Vec<Option<usize>>>;

/// More steps than were allowed.
#[derive(Debug)]
pub(super) struct Exhausted;

struct Threads {
    list: Vec<(usize, Slots)>,
    /// The generation in which an instruction was last added.
    seen: Vec<u32>,
    generation: u32,
}

impl Threads {
    fn new(size: usize) -> Self {
        Self { list: Vec::new(), seen: vec![0; size], generation: 0 }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.generation += 1;
    }
}

/// The leftmost match at or after `start`, by preference as backtracking finds it.
///
/// # Errors
///
/// A search of more than `steps` steps.
pub(super) fn run(
    program: &Program,
    text: &str,
    start: usize,
    mut steps: usize,
) -> Result<Option<Captures>, Exhausted> {
    let mut current = Threads::new(program.code.len());
    let mut next = Threads::new(program.code.len());
    let empty: Slots = Rc::new(vec![None; program.slots]);
    let mut matched: Option<Slots> = None;
    current.clear();
    let mut chars = text[start..].char_indices();
    let mut stack = Vec::new();
    loop {
        let (at, c) = match chars.next() {
            Some((offset, c)) => (start + offset, Some(c)),
            None => (text.len(), None),
        };
        if matched.is_none() {
            steps = add(program, &mut current, &mut stack, (0, empty.clone()), (text, at), steps)?;
        }
        // Without a match a later place may still begin one.
        if current.list.is_empty() && matched.is_some() {
            break;
        }
        next.clear();
        steps = steps.checked_sub(current.list.len()).ok_or(Exhausted)?;
        for (place, slots) in &current.list {
            match &program.code[*place] {
                Instruction::Match => {
                    matched = Some(slots.clone());
                    break;
                }
                Instruction::Class(class) => {
                    if let Some(c) = c
                        && class.contains(c)
                    {
                        let after = at + c.len_utf8();
                        let thread = (place + 1, slots.clone());
                        let to = (text, after);
                        steps = add(program, &mut next, &mut stack, thread, to, steps)?;
                    }
                }
                Instruction::Split(..)
                | Instruction::Jump(_)
                | Instruction::Save(_)
                | Instruction::Look(_)
                | Instruction::Around { .. } => {}
            }
        }
        if c.is_none() {
            break;
        }
        std::mem::swap(&mut current, &mut next);
    }
    Ok(matched.map(|slots| slots.chunks(2).map(|pair| pair[0].zip(pair[1])).collect()))
}

/// Adds a thread and all that it reaches without taking a character; returns
/// how many steps are left.
fn add(
    program: &Program,
    threads: &mut Threads,
    stack: &mut Vec<(usize, Slots)>,
    thread: (usize, Slots),
    (text, at): (&str, usize),
    mut steps: usize,
) -> Result<usize, Exhausted> {
    stack.push(thread);
    while let Some((place, mut slots)) = stack.pop() {
        steps = steps.checked_sub(1).ok_or(Exhausted)?;
        let Some(seen) = threads.seen.get_mut(place) else { continue };
        if *seen == threads.generation {
            continue;
        }
        *seen = threads.generation;
        match &program.code[place] {
            Instruction::Jump(target) => stack.push((*target, slots)),
            Instruction::Split(first, second) => {
                stack.push((*second, slots.clone()));
                stack.push((*first, slots));
            }
            Instruction::Save(slot) => {
                if let Some(place) = Rc::make_mut(&mut slots).get_mut(*slot) {
                    *place = Some(at);
                }
                stack.push((place + 1, slots));
            }
            Instruction::Look(look) => {
                if holds(*look, text, at) {
                    stack.push((place + 1, slots));
                }
            }
            Instruction::Around { ahead, negative, any } => {
                steps = steps.checked_sub(any.len()).ok_or(Exhausted)?;
                let found = any.iter().any(|steps| {
                    if *ahead {
                        stands_ahead(steps, text, at)
                    } else {
                        stands_behind(steps, text, at)
                    }
                });
                if found != *negative {
                    stack.push((place + 1, slots));
                }
            }
            Instruction::Class(_) | Instruction::Match => threads.list.push((place, slots)),
        }
    }
    Ok(steps)
}

fn stands_ahead(steps: &[Step], text: &str, mut at: usize) -> bool {
    for step in steps {
        match step {
            Step::Look(look) if holds(*look, text, at) => {}
            Step::Look(_) => return false,
            Step::Class(class) => match text[at..].chars().next() {
                Some(c) if class.contains(c) => at += c.len_utf8(),
                _ => return false,
            },
        }
    }
    true
}

fn stands_behind(steps: &[Step], text: &str, mut at: usize) -> bool {
    for step in steps.iter().rev() {
        match step {
            Step::Look(look) if holds(*look, text, at) => {}
            Step::Look(_) => return false,
            Step::Class(class) => match text[..at].chars().next_back() {
                Some(c) if class.contains(c) => at -= c.len_utf8(),
                _ => return false,
            },
        }
    }
    true
}

fn holds(look: Look, text: &str, at: usize) -> bool {
    let before = || text[..at].chars().next_back();
    let behind = || text[at..].chars().next();
    let ascii = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let unicode = |c: char| c.is_alphanumeric() || c == '_';
    match look {
        Look::Start => at == 0,
        Look::End => at == text.len(),
        Look::JavaEnd => {
            matches!(&text[at..], "" | "\n" | "\r" | "\r\n" | "\u{85}" | "\u{2028}" | "\u{2029}")
                && !(text[at..] == *"\n" && text[..at].ends_with('\r'))
        }
        Look::LineStart => before().is_none_or(|c| c == '\n'),
        Look::LineEnd => behind().is_none_or(|c| c == '\n'),
        Look::AsciiBoundary => before().is_some_and(ascii) != behind().is_some_and(ascii),
        Look::NotAsciiBoundary => before().is_some_and(ascii) == behind().is_some_and(ascii),
        Look::UnicodeBoundary => before().is_some_and(unicode) != behind().is_some_and(unicode),
        Look::NotUnicodeBoundary => before().is_some_and(unicode) == behind().is_some_and(unicode),
    }
}
