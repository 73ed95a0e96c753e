//! A tree as a program of the virtual machine.

use super::RegexError;
use super::class::Class;
use super::node::{Look, Node, Step};
use harness_source::effort;
use harness_source::limits;

/// The greatest number of instructions.
const MAX_INSTRUCTIONS: usize = limits::JAVA_REGEX_SIZE.most;

/// The greatest number of ranges that the classes of all instructions have.
const MAX_RANGES: usize = limits::JAVA_REGEX_RANGES.most;
/// The greatest number of steps that it takes to write the instructions.
const MAX_STEPS: usize = limits::JAVA_REGEX_BUILD.most;

/// One instruction.
#[derive(Debug)]
pub(super) enum Instruction {
    /// Takes one character of a set.
    Class(Class),
    /// Goes on at both places, the first one preferred.
    Split(usize, usize),
    /// Goes on elsewhere.
    Jump(usize),
    /// Notes the place.
    Save(usize),
    /// Goes on when the place is such.
    Look(Look),
    /// Goes on when the surroundings are such.
    Around { ahead: bool, negative: bool, any: Vec<Vec<Step>> },
    /// The end of a match.
    Match,
}

/// A program.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) code: Vec<Instruction>,
    /// Two per group.
    pub(super) slots: usize,
    ranges: usize,
    steps: usize,
}

impl Program {
    pub(super) fn compile(node: &Node, groups: usize) -> Result<Self, RegexError> {
        let code = vec![Instruction::Save(0)];
        let mut program = Self { code, slots: groups * 2, ranges: 0, steps: 0 };
        program.emit(node)?;
        if !effort::spend(program.steps + program.code.len() + program.ranges) {
            return Err(too_large());
        }
        program.code.push(Instruction::Save(1));
        program.code.push(Instruction::Match);
        Ok(program)
    }

    fn push(&mut self, instruction: Instruction) -> Result<usize, RegexError> {
        self.ranges += instruction.ranges();
        if self.code.len() >= MAX_INSTRUCTIONS || self.ranges > MAX_RANGES {
            return Err(too_large());
        }
        self.code.push(instruction);
        Ok(self.code.len() - 1)
    }

    fn emit(&mut self, node: &Node) -> Result<(), RegexError> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(too_large());
        }
        match node {
            Node::Empty => {}
            Node::Class(class) => {
                self.push(Instruction::Class(class.clone()))?;
            }
            Node::Concat(nodes) => {
                for node in nodes {
                    self.emit(node)?;
                }
            }
            Node::Alternate(nodes) => self.alternate(nodes)?,
            Node::Repeat { node, min, max, greedy } => self.repeat(node, *min, *max, *greedy)?,
            Node::Capture { index, node } => {
                self.push(Instruction::Save(index * 2))?;
                self.emit(node)?;
                self.push(Instruction::Save(index * 2 + 1))?;
            }
            Node::Look(look) => {
                self.push(Instruction::Look(*look))?;
            }
            Node::Around { ahead, negative, any } => {
                let (ahead, negative, any) = (*ahead, *negative, any.clone());
                self.push(Instruction::Around { ahead, negative, any })?;
            }
        }
        Ok(())
    }

    fn alternate(&mut self, nodes: &[Node]) -> Result<(), RegexError> {
        let mut jumps = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if index + 1 == nodes.len() {
                self.emit(node)?;
                break;
            }
            let split = self.push(Instruction::Split(0, 0))?;
            self.emit(node)?;
            jumps.push(self.push(Instruction::Jump(0))?);
            self.code[split] = Instruction::Split(split + 1, self.code.len());
        }
        for jump in jumps {
            self.code[jump] = Instruction::Jump(self.code.len());
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        node: &Node,
        min: u32,
        max: Option<u32>,
        greedy: bool,
    ) -> Result<(), RegexError> {
        let branch = |into: usize, past: usize| {
            if greedy { Instruction::Split(into, past) } else { Instruction::Split(past, into) }
        };
        let Some(max) = max else {
            self.copies(node, min.saturating_sub(1))?;
            // The last copy is the loop, so that an empty pass through it ends it.
            let skip = if min == 0 { Some(self.push(Instruction::Split(0, 0))?) } else { None };
            let start = self.code.len();
            self.emit(node)?;
            let again = self.push(Instruction::Split(0, 0))?;
            self.code[again] = branch(start, again + 1);
            if let Some(skip) = skip {
                self.code[skip] = branch(start, again + 1);
            }
            return Ok(());
        };
        self.copies(node, min)?;
        let mut splits = Vec::new();
        for _ in min..max {
            splits.push(self.push(Instruction::Split(0, 0))?);
            self.emit(node)?;
        }
        let end = self.code.len();
        for split in splits {
            self.code[split] = branch(split + 1, end);
        }
        Ok(())
    }

    /// A node so often in a row; once where it writes nothing.
    fn copies(&mut self, node: &Node, count: u32) -> Result<(), RegexError> {
        for _ in 0..count {
            let before = self.code.len();
            self.emit(node)?;
            if self.code.len() == before {
                break;
            }
        }
        Ok(())
    }
}

impl Instruction {
    /// How many ranges its classes have.
    fn ranges(&self) -> usize {
        match self {
            Self::Class(class) => class.ranges().len(),
            Self::Around { any, .. } => {
                let steps = any.iter().flatten();
                steps.map(|step| step.class().map_or(1, |class| 1 + class.ranges().len())).sum()
            }
            Self::Split(..) | Self::Jump(_) | Self::Save(_) | Self::Look(_) | Self::Match => 0,
        }
    }
}

fn too_large() -> RegexError {
    RegexError::Unsupported("an expression of this size".into())
}
