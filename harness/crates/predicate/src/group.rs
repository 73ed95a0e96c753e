//! Puts together what a rule states as one clause.

use super::{Origin, Predicate};
use harness_source::span::Span;

impl Predicate {
    /// The same condition, in which neighbours of one origin in a list are a
    /// list of their own: a clause over many fields is one part again.
    #[must_use]
    pub fn grouped(self) -> Self {
        match self {
            Self::Const(_) | Self::Leaf(_) => self,
            Self::Not(inner) => Self::Not(Box::new(inner.grouped())),
            Self::Nested { path, inner } => Self::Nested { path, inner: Box::new(inner.grouped()) },
            Self::AtLeast { count, of } => {
                Self::AtLeast { count, of: of.into_iter().map(Self::grouped).collect() }
            }
            Self::And(parts) => Self::And(joined(parts, Self::And)),
            Self::Or(parts) => Self::Or(joined(parts, Self::Or)),
        }
    }

    /// The origin of all leaves, where they have one and the same in a text.
    fn origin(&self) -> Option<Origin> {
        let mut found: Option<Option<Origin>> = None;
        self.leaves(&mut |leaf| {
            found = Some(match found {
                None => Some(leaf.origin),
                Some(before) => before.filter(|origin| *origin == leaf.origin),
            });
        });
        found.flatten().filter(|origin| origin.span != Span::default())
    }
}

fn joined(parts: Vec<Predicate>, list: fn(Vec<Predicate>) -> Predicate) -> Vec<Predicate> {
    let mut runs: Vec<(Option<Origin>, Vec<Predicate>)> = Vec::new();
    for part in parts.into_iter().map(Predicate::grouped) {
        let origin = part.origin();
        match runs.last_mut() {
            Some((before, run)) if origin.is_some() && *before == origin => run.push(part),
            Some(_) | None => runs.push((origin, vec![part])),
        }
    }
    if runs.len() == 1 {
        return runs.into_iter().flat_map(|(_, run)| run).collect();
    }
    let whole = |(_, mut run): (_, Vec<Predicate>)| {
        if run.len() == 1 { run.remove(0) } else { list(run) }
    };
    runs.into_iter().map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Kind, Leaf, Part, Test};

    fn leaf(name: &str, start: usize) -> Predicate {
        let column = Column { name: name.into(), kind: Kind::Keyword };
        let origin = Origin { part: Part::Query, span: Span::new(start, start + 1) };
        Predicate::Leaf(Leaf { column, test: Test::Exists, origin })
    }

    #[test]
    fn neighbours_of_one_origin_become_a_part() {
        let flat = Predicate::Or(vec![leaf("a", 1), leaf("b", 1), leaf("c", 5)]);
        let inner = Predicate::Or(vec![leaf("a", 1), leaf("b", 1)]);
        assert_eq!(flat.grouped(), Predicate::Or(vec![inner.clone(), leaf("c", 5)]));
        assert_eq!(inner.clone().grouped(), inner, "one clause needs no group");
    }
}
