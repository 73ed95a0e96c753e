//! The event, changed as little as turns what a filter says of it: with the
//! fewest clauses, and of as many with those whose values are most alike.

use std::cell::OnceCell;

use super::bdd::{FALSE, Function};
use super::distance::{MAX_UNLIKE, unlike};
use super::encode::{Atom, Encoder};
use super::search::{Search, Suggest};
use crate::clause::tree::Tree;
use harness_model::document::Document;
use harness_model::event::Event;
use harness_predicate::Predicate;
use harness_predicate::eval::eval;
use harness_predicate::explain::flips;
use harness_predicate::plan::Plan;
use harness_runner::run::Subject;

/// How many sets of changes are tried.
const MAX_TRIES: usize = 16;

/// What one more clause costs; how unlike values are never outweighs it.
const CLAUSE: u64 = 1 << 32;

/// Turns what one filter of a plan says of events.
pub(crate) struct Counterfactual<'a> {
    subject: &'a Subject<'a>,
    plan: &'a Plan,
    filter: usize,
    tree: Tree<'a>,
    encoder: Encoder,
    /// Where the filter is false, and where it is true: once it is asked for,
    /// and `None` where that is too large.
    wholes: [OnceCell<Option<Function>>; 2],
    suggest: Suggest<'a>,
}

impl<'a> Counterfactual<'a> {
    /// Of the n-th filter of a plan; `None` where there is no such filter.
    pub(crate) fn new(subject: &'a Subject<'a>, plan: &'a Plan, filter: usize) -> Option<Self> {
        let tree = Tree::new(*plan.filters().get(filter)?);
        let (encoder, wholes) = (Encoder::new(), Default::default());
        let suggest: Suggest<'_> = &|_, _| Vec::new();
        Some(Self { subject, plan, filter, tree, encoder, wholes, suggest })
    }

    /// The same, with values that are tried first.
    pub(crate) fn suggesting(self, suggest: Suggest<'a>) -> Self {
        Self { suggest, ..self }
    }

    fn predicate(&self) -> &'a Predicate {
        self.tree.nodes[0].predicate
    }

    /// Whether no event at all makes the filter `wanted`.
    pub(crate) fn is_impossible(&mut self, wanted: bool) -> bool {
        self.whole(wanted) == Some(FALSE)
    }

    /// An event of a case with the fewest clauses turned that make the filter
    /// `wanted` on it; `None` where none was found.
    pub(crate) fn turned(&mut self, (case, event): (usize, usize), wanted: bool) -> Option<Event> {
        let (subject, predicate) = (self.subject, self.predicate());
        let holds = |event: &Event| eval(predicate, &subject.document(event), subject.columns());
        self.turned_to((case, event), wanted, &|event| holds(event) == wanted)
    }

    /// The same, where `accepts` says whether an event is as it has to be.
    pub(crate) fn turned_to(
        &mut self,
        (case, event): (usize, usize),
        wanted: bool,
        accepts: &dyn Fn(&Event) -> bool,
    ) -> Option<Event> {
        let (subject, plan) = (self.subject, self.plan);
        let search = Search::new(subject, plan, plan, self.filter).suggesting(self.suggest);
        let own = subject.cases().get(case)?.events.get(event)?;
        let document = subject.documents().get(subject.documents_of(case).start + event)?;
        if self.encoder.manager.is_half_full() {
            (self.encoder, self.wholes) = (Encoder::new(), Default::default());
        }
        let Some(mut left) = self.whole(wanted) else {
            return self.flipped((own, document), wanted, &search).filter(|event| accepts(event));
        };
        for _ in 0..MAX_TRIES {
            let truth = search.truth(&self.encoder, document);
            let weights = self.weights(&truth, document);
            let encoder = &mut self.encoder;
            let (_, path) = encoder.manager.cheapest(
                left,
                &|variable| truth[variable as usize],
                &|variable| weights[variable as usize],
            )?;
            let failed = match search.changed(encoder, own, &truth, &path) {
                Ok(changed) if accepts(&changed) => return Some(changed),
                Ok(_) => path,
                Err(failed) => failed,
            };
            left = encoder.without(left, &failed)?;
        }
        None
    }

    fn whole(&mut self, wanted: bool) -> Option<Function> {
        let at = usize::from(wanted);
        if let Some(whole) = self.wholes[at].get() {
            return *whole;
        }
        let whole = self.possible(wanted);
        *self.wholes[at].get_or_init(|| whole)
    }

    /// Where the filter is `wanted` on events that there can be.
    fn possible(&mut self, wanted: bool) -> Option<Function> {
        let whole = self.encoder.wanted(&self.tree, wanted)?;
        self.encoder.present(whole)
    }

    /// Of a filter that is too large to be searched: an event with the leaves
    /// turned that its form names.
    fn flipped(
        &mut self,
        (event, document): (&Event, &Document),
        wanted: bool,
        search: &Search<'_>,
    ) -> Option<Event> {
        let flips = flips(self.predicate(), document, self.subject.columns(), wanted)?;
        let path = self.encoder.path(flips.iter().map(|flip| (flip.leaf, flip.needed)))?;
        let truth = search.truth(&self.encoder, document);
        search.changed(&mut self.encoder, event, &truth, &path).ok()
    }

    /// What it costs to turn each variable.
    fn weights(&self, truth: &[bool], document: &Document) -> Vec<u64> {
        let columns = self.subject.columns();
        let atoms = self.encoder.atoms.iter().zip(truth);
        let weights = atoms.map(|(atom, holds)| match atom {
            Atom::Leaf(leaf) if !holds => CLAUSE + unlike(leaf, &document.rows[0], columns),
            Atom::Leaf(_) | Atom::Nested(..) => CLAUSE + MAX_UNLIKE / 2,
        });
        weights.collect()
    }
}
