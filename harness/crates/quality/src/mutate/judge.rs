//! Judges the mutants of one rule by its cases.

use super::edit::{Change, Edit, Replaced};
use super::{Fixtures, Mutant, Outcome, RuleMutants, perturb};
use crate::clause::bits::Bits;
use crate::clause::tree::{Coupling, Tree};
use crate::clause::truth_table::TruthTable;
use crate::synthesis::encode::{Encoder, Replacement};
use crate::synthesis::{reachability, search};
use harness_predicate::plan::Plan;
use harness_predicate::{Leaf, Origin, Predicate};
use harness_runner::case::Polarity;
use harness_runner::verdict::{self, Verdict};
use harness_source::effort;
use harness_source::limits::Limit;

/// One plan of a rule on the cases that it is the plan of.
struct Ground<'s> {
    number: usize,
    plan: &'s Plan,
    filters: Vec<Filter<'s>>,
    /// What each filter matches, within reach.
    matched: Vec<Bits>,
    /// The cases that hold under the plan.
    cases: Vec<usize>,
}

/// One filter of a plan, evaluated.
struct Filter<'s> {
    tree: Tree<'s>,
    values: Vec<Bits>,
    care: Vec<Bits>,
    reach: Bits,
}

/// Judges all mutants of a rule; `edits` are by plan.
pub(super) fn rule(table: &TruthTable<'_>, edits: &[Vec<Edit>], fixtures: Fixtures) -> RuleMutants {
    let subject = table.subject;
    let grounds: Vec<Ground<'_>> = subject
        .plans()
        .into_iter()
        .enumerate()
        .map(|(number, plan)| Ground::new(table, number, plan))
        .collect();
    let (encoder, bounds) = (Vec::new(), Vec::new());
    let mut judge = Judge { table, grounds, edits, fixtures, encoder, bounds };
    let count = edits.first().map_or(0, Vec::len);
    // Past the watchdog nothing of it is used.
    let mutants = (0..count).map_while(|at| (!effort::is_spent()).then(|| judge.mutant(at)));
    let mutants = mutants.collect();
    let (key, cases) = (subject.key(), subject.cases().len());
    RuleMutants { key, cases, mutants, bounds: judge.bounds }
}

impl<'s> Ground<'s> {
    fn new(table: &'s TruthTable<'_>, number: usize, plan: &'s Plan) -> Self {
        let filters = plan.filters().into_iter().zip(plan.reaches()).map(|(filter, reach)| {
            let tree = Tree::new(filter);
            let values = table.values(&tree);
            let care = tree.care(&table.rows, &values, Coupling::Independent);
            Filter { tree, values, care, reach: table.reach(number, reach) }
        });
        let filters: Vec<Filter<'_>> = filters.collect();
        let matched: Vec<Bits> = filters
            .iter()
            .map(|filter| table.rows.documents(&filter.values[0]).and(&filter.reach))
            .collect();
        let subject = table.subject;
        let holds = |case: &usize| {
            let alerts = table.alerts(plan, *case, &matched);
            let case = &subject.cases()[*case];
            case.options.todo.is_none()
                && alerts.is_ok_and(|alerts| verdict::judge(case, alerts) == Verdict::Pass)
        };
        let own = (0..subject.cases().len()).filter(|case| subject.plan_of(*case) == number);
        let cases = own.filter(holds).collect();
        Self { number, plan, filters, matched, cases }
    }

    /// What a changed filter matches.
    fn rematched(&self, table: &TruthTable<'_>, one: &Replaced) -> Bits {
        let filter = &self.filters[one.filter];
        let node = &filter.tree.nodes[one.node];
        let universe = filter.tree.universe(one.node, &table.rows);
        let truth = |leaf: &Leaf| table.truth(leaf);
        let value = match &one.with {
            Predicate::Const(true) => universe,
            Predicate::Const(false) => Bits::none(table.rows.size()),
            with => Tree::new(with).values_in(&table.rows, &universe, &truth),
        };
        let root = match node.nested {
            // On root rows a node turns the outcome where it is cared for.
            None => {
                let turned = value.xor(&filter.values[one.node]).and(&filter.care[one.node]);
                filter.values[0].xor(&turned)
            }
            // Several objects of one document may turn at once.
            Some(_) => filter.tree.root_with(&table.rows, &filter.values, one.node, value),
        };
        table.rows.documents(&root).and(&filter.reach)
    }
}

struct Judge<'s, 'a> {
    table: &'s TruthTable<'a>,
    grounds: Vec<Ground<'s>>,
    edits: &'s [Vec<Edit>],
    fixtures: Fixtures,
    /// By filter of the first plan.
    encoder: Vec<Encoder>,
    /// The limits that ended the search for a case.
    bounds: Vec<Limit>,
}

impl Judge<'_, '_> {
    fn mutant(&mut self, at: usize) -> Mutant {
        let edit = &self.edits[0][at];
        let rule = self.table.subject.rule();
        let outcome = self.outcome(at);
        Mutant {
            operator: edit.operator,
            origin: edit.origin,
            replacement: edit.new.clone(),
            text: edit.text(rule),
            outcome,
        }
    }

    fn outcome(&mut self, at: usize) -> Outcome {
        for ground in &self.grounds {
            // Where dates fold clauses away the changes differ, too.
            let alike = self.edits[ground.number].len() == self.edits[0].len();
            let Some(edit) = self.edits[ground.number].get(at).filter(|_| alike) else { continue };
            match self.caught(ground, edit) {
                Ok(Some(case)) => {
                    return Outcome::Caught { case: self.table.subject.cases()[case].path.clone() };
                }
                Ok(None) => {}
                Err(reason) => return Outcome::Unviable { reason },
            }
        }
        let edit = &self.edits[0][at];
        if self.is_equivalent(edit) {
            return Outcome::Equivalent;
        }
        let found = match &edit.change {
            // Cases are made of cases.
            _ if self.fixtures == Fixtures::Skip || self.table.subject.cases().is_empty() => None,
            Change::Filters(replaced) => self.proposal(edit, replaced),
            Change::Plan(..) => {
                let (subject, plan) = (self.table.subject, self.grounds[0].plan);
                perturb::propose(subject, plan, edit).unwrap_or_else(|bound| {
                    if !self.bounds.contains(&bound) {
                        self.bounds.push(bound);
                    }
                    None
                })
            }
        };
        match found {
            Some((fixture, polarity)) => Outcome::Missed { fixture: Some(fixture), polarity },
            None => Outcome::Missed { fixture: None, polarity: Polarity::Negative },
        }
    }

    /// The first case whose verdict turns.
    fn caught(&self, ground: &Ground<'_>, edit: &Edit) -> Result<Option<usize>, String> {
        let (plan, matched, moved) = match &edit.change {
            Change::Filters(replaced) => {
                let mut matched = ground.matched.clone();
                for one in replaced {
                    matched[one.filter] = ground.rematched(self.table, one);
                }
                (ground.plan, matched, false)
            }
            Change::Plan(plan, filters) => {
                let matched = filters.iter().map(|at| ground.matched[*at].clone()).collect();
                (&**plan, matched, true)
            }
        };
        let subject = self.table.subject;
        for case in &ground.cases {
            let mut documents = subject.documents_of(*case);
            let same = !moved
                && documents.all(|document| {
                    let differs =
                        |(new, old): (&Bits, &Bits)| new.has(document) != old.has(document);
                    !matched.iter().zip(&ground.matched).any(differs)
                });
            if same {
                continue;
            }
            let alerts = self.table.alerts(plan, *case, &matched).map_err(|e| e.to_string())?;
            if verdict::judge(&subject.cases()[*case], alerts) != Verdict::Pass {
                return Ok(Some(*case));
            }
        }
        Ok(None)
    }

    /// Whether the change is proved to change nothing.
    fn is_equivalent(&mut self, edit: &Edit) -> bool {
        match &edit.change {
            Change::Plan(plan, filters) => {
                // The same filters in the same places, and all else the same.
                let own = self.grounds[0].plan;
                let bare = |filter: &Predicate| filter.clone().at(Origin::default());
                let filters_of =
                    |plan: &Plan| plan.filters().into_iter().map(bare).collect::<Vec<_>>();
                filters.len() == own.filters().len()
                    && filters_of(plan) == filters_of(own)
                    && shape(plan) == shape(own)
            }
            Change::Filters(replaced) => replaced.iter().all(|one| {
                let needed = reachability::needed(self.grounds[0].plan, one.filter);
                let differs = |encoder: &mut Encoder, replacement: Replacement<'_>| {
                    encoder.differs(replacement)
                };
                self.with_formulas(one, &needed, differs) == Some(false)
            }),
        }
    }

    fn with_formulas<T>(
        &mut self,
        one: &Replaced,
        needed: &Predicate,
        ask: impl Fn(&mut Encoder, Replacement<'_>) -> Option<T>,
    ) -> Option<T> {
        if self.encoder.len() <= one.filter {
            self.encoder.resize_with(one.filter + 1, Encoder::new);
        }
        let tree = &self.grounds[0].filters[one.filter].tree;
        let encoder = &mut self.encoder[one.filter];
        encoder.tidy();
        ask(encoder, Replacement { tree, node: one.node, with: &one.with, needed })
    }

    fn proposal(
        &mut self,
        edit: &Edit,
        replaced: &[Replaced],
    ) -> Option<(serde_json::Value, Polarity)> {
        let subject = self.table.subject;
        let plan = self.grounds[0].plan;
        let mutant = edit.change.apply(plan);
        let one = replaced.first()?;
        let needed = reachability::needed(plan, one.filter);
        let search = search::Search::new(subject, plan, &mutant, one.filter);
        self.with_formulas(one, &needed, |encoder, replacement| search.find(encoder, replacement))
    }
}

/// A plan in words without what its filters say.
fn shape(plan: &Plan) -> String {
    let mut plan = plan.clone();
    let count = plan.filters().len();
    for at in 0..count {
        super::edit::with_filter(&mut plan, at, &|_| Predicate::Const(true));
    }
    plan.to_string()
}
