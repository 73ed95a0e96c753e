//! A tree as an expression of the `regex` crate, where that can do all of it.

use std::fmt::Write;

use super::class::Class;
use super::node::{Look, Node};
use harness_source::effort;

/// The greatest size of a compiled automaton, in bytes.
const SIZE_LIMIT: usize = 8 << 20;

/// Compiles a tree, or `None` when the crate does not know one of its parts.
pub(super) fn compile(node: &Node) -> Option<regex::Regex> {
    compiled(node, Unknown::Refused)
}

/// Compiles a tree without those parts: it matches wherever the tree does, and perhaps
/// elsewhere.
pub(super) fn loose(node: &Node) -> Option<regex::Regex> {
    compiled(node, Unknown::LeftOut)
}

/// What becomes of parts that the crate does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Refused,
    LeftOut,
}

fn compiled(node: &Node, unknown: Unknown) -> Option<regex::Regex> {
    let mut out = String::new();
    print(node, unknown, &mut out)?;
    // It becomes a machine of about so many states.
    if !effort::spend(out.len() * 16) {
        return None;
    }
    regex::RegexBuilder::new(&out).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build().ok()
}

fn print(node: &Node, unknown: Unknown, out: &mut String) -> Option<()> {
    match node {
        Node::Empty => {}
        Node::Class(class) => print_class(class, out),
        Node::Concat(nodes) => {
            for node in nodes {
                print(node, unknown, out)?;
            }
        }
        Node::Alternate(nodes) => {
            out.push_str("(?:");
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    out.push('|');
                }
                print(node, unknown, out)?;
            }
            out.push(')');
        }
        Node::Repeat { node, min, max, greedy } => {
            out.push_str("(?:");
            print(node, unknown, out)?;
            out.push(')');
            match (min, max) {
                (0, None) => out.push('*'),
                (1, None) => out.push('+'),
                (0, Some(1)) => out.push('?'),
                (min, None) => write!(out, "{{{min},}}").ok()?,
                (min, Some(max)) => write!(out, "{{{min},{max}}}").ok()?,
            }
            if !greedy {
                out.push('?');
            }
        }
        Node::Capture { node, .. } => {
            out.push('(');
            print(node, unknown, out)?;
            out.push(')');
        }
        Node::Look(Look::JavaEnd | Look::NotAsciiBoundary) | Node::Around { .. }
            if unknown == Unknown::LeftOut => {}
        Node::Look(look) => out.push_str(match look {
            Look::Start => r"\A",
            Look::End | Look::JavaEnd => r"\z",
            Look::LineStart => "(?m:^)",
            Look::LineEnd => "(?m:$)",
            Look::AsciiBoundary => r"(?-u:\b)",
            Look::UnicodeBoundary => r"\b",
            Look::NotUnicodeBoundary => r"\B",
            Look::NotAsciiBoundary => return None,
        }),
        Node::Around { .. } => return None,
    }
    Some(())
}

fn print_class(class: &Class, out: &mut String) {
    match class.ranges() {
        [] => out.push_str(r"[^\x{0}-\x{10FFFF}]"),
        [(0, 0x10_FFFF)] => out.push_str("(?s:.)"),
        ranges => {
            out.push('[');
            for (low, high) in ranges {
                // Writing to a string cannot fail. Surrogates are no characters.
                let low = if (0xD800..0xE000).contains(low) { 0xE000 } else { *low };
                let high = if (0xD800..0xE000).contains(high) { 0xD7FF } else { *high };
                if low <= high {
                    let _ = write!(out, "\\x{{{low:X}}}-\\x{{{high:X}}}");
                }
            }
            out.push(']');
        }
    }
}
