//! The tree of an expression.

use super::class::Class;
use harness_source::limits;

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// The empty string.
    Empty,
    /// One character of a set.
    Class(Class),
    /// One after the other.
    Concat(Vec<Node>),
    /// The first that leads to a match.
    Alternate(Vec<Node>),
    /// Again and again.
    Repeat { node: Box<Node>, min: u32, max: Option<u32>, greedy: bool },
    /// A capturing group.
    Capture { index: usize, node: Box<Node> },
    /// A place.
    Look(Look),
    /// What stands before or after a place: any of some sequences.
    Around { ahead: bool, negative: bool, any: Vec<Vec<Step>> },
}

/// A place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
    /// The end, or the last line break: Java's `$`.
    JavaEnd,
    /// After a line feed, or the start.
    LineStart,
    /// Before a line feed, or the end.
    LineEnd,
    /// Between a word character of ASCII and another.
    AsciiBoundary,
    /// Not so.
    NotAsciiBoundary,
    /// Between a word character of Unicode and another.
    UnicodeBoundary,
    /// Not so.
    NotUnicodeBoundary,
}

/// One step of a look-around.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// A character.
    Class(Class),
    /// A place.
    Look(Look),
}

impl Step {
    /// The class of a character.
    pub(super) fn class(&self) -> Option<&Class> {
        match self {
            Self::Class(class) => Some(class),
            Self::Look(_) => None,
        }
    }
}

/// How many sequences a look-around may stand for.
const MAX_SEQUENCES: usize = limits::JAVA_REGEX_LOOKS.most;
/// How long each may be.
const MAX_STEPS: usize = 32;

impl Node {
    /// Whether Java's `$` occurs outside look-arounds.
    pub(super) fn has_java_end(&self) -> bool {
        match self {
            Self::Look(look) => *look == Look::JavaEnd,
            Self::Concat(nodes) | Self::Alternate(nodes) => nodes.iter().any(Self::has_java_end),
            Self::Repeat { node, .. } | Self::Capture { node, .. } => node.has_java_end(),
            Self::Empty | Self::Class(_) | Self::Around { .. } => false,
        }
    }

    /// The sequences that a look-around's body stands for, or `None` when
    /// they are too many or of no fixed length. `open` tells that what follows
    /// the body does not matter, so that a repeat at its end may stop early.
    pub(super) fn sequences(&self, open: bool) -> Option<Vec<Vec<Step>>> {
        match self {
            Self::Empty => Some(vec![Vec::new()]),
            Self::Class(class) => Some(vec![vec![Step::Class(class.clone())]]),
            Self::Look(look) => Some(vec![vec![Step::Look(*look)]]),
            Self::Capture { node, .. } => node.sequences(open),
            Self::Alternate(nodes) => {
                let mut all = Vec::new();
                for node in nodes {
                    all.extend(node.sequences(open)?);
                    if all.len() > MAX_SEQUENCES {
                        return None;
                    }
                }
                Some(all)
            }
            Self::Concat(nodes) => {
                let mut all = vec![Vec::new()];
                for (index, node) in nodes.iter().enumerate() {
                    all = product(&all, &node.sequences(open && index + 1 == nodes.len())?)?;
                }
                Some(all)
            }
            Self::Repeat { node, min, max, .. } => {
                let max = if open { *min } else { (*max)? };
                let one = node.sequences(false)?;
                let mut power = vec![Vec::new()];
                let mut all = Vec::new();
                for count in 0..=max {
                    if count >= *min {
                        all.extend(power.iter().cloned());
                    }
                    if all.len() > MAX_SEQUENCES {
                        return None;
                    }
                    if count < max {
                        power = product(&power, &one)?;
                    }
                }
                Some(all)
            }
            Self::Around { .. } => None,
        }
    }
}

fn product(left: &[Vec<Step>], right: &[Vec<Step>]) -> Option<Vec<Vec<Step>>> {
    if left.len() * right.len() > MAX_SEQUENCES {
        return None;
    }
    let mut all = Vec::with_capacity(left.len() * right.len());
    for a in left {
        for b in right {
            if a.len() + b.len() > MAX_STEPS {
                return None;
            }
            all.push([a.as_slice(), b.as_slice()].concat());
        }
    }
    Some(all)
}

/// A possessive repeat of one class: greedy, and then not followed by one
/// more, unless the greatest number is reached.
pub(super) fn possessive(class: &Class, min: u32, max: Option<u32>) -> Node {
    let no_more =
        Node::Around { ahead: true, negative: true, any: vec![vec![Step::Class(class.clone())]] };
    let repeat = |min, max| Node::Repeat {
        node: Box::new(Node::Class(class.clone())),
        min,
        max,
        greedy: true,
    };
    match max {
        None => Node::Concat(vec![repeat(min, None), no_more]),
        Some(max) if max == min => repeat(min, Some(max)),
        Some(max) => Node::Alternate(vec![
            repeat(max, Some(max)),
            Node::Concat(vec![repeat(min, Some(max.saturating_sub(1))), no_more]),
        ]),
    }
}
