//! What is known of one rule's documents: which rows pass which leaf.

use std::collections::HashMap;

use rayon::prelude::*;

use super::bits::Bits;
use super::rows::Rows;
use super::tree::Tree;
use harness_detect as detect;
use harness_engine::{Engine, EngineError};
use harness_predicate::plan::{Plan, Reach};
use harness_predicate::{Column, Leaf, Predicate, Test};
use harness_runner::run::Subject;

/// One rule's documents, and the rows that pass each leaf.
pub(crate) struct TruthTable<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) rows: Rows,
    truth: HashMap<(&'a Column, &'a Test), Bits>,
}

impl<'a> TruthTable<'a> {
    /// Asks an engine for all leaves of all rules at once.
    pub(crate) fn all(
        asked: Vec<(&'a Subject<'a>, Vec<&'a Leaf>)>,
        engine: &dyn Engine,
    ) -> Result<Vec<Self>, EngineError> {
        let distinct: Vec<Vec<&Leaf>> = asked
            .par_iter()
            .map(|(_, leaves)| {
                let mut known = std::collections::HashSet::new();
                let mut leaves = leaves.clone();
                leaves.retain(|leaf| known.insert((&leaf.column, &leaf.test)));
                leaves
            })
            .collect();
        let ranged = asked
            .iter()
            .zip(&distinct)
            .flat_map(|((subject, _), leaves)| leaves.iter().map(|leaf| (*leaf, subject.range())));
        let ranged: Vec<_> = ranged.collect();
        let mut answers = engine.rows(&ranged)?.into_iter();
        let mut tables = Vec::with_capacity(asked.len());
        for ((subject, _), leaves) in asked.into_iter().zip(distinct) {
            let rows = Rows::new(subject.documents());
            let size = rows.size();
            let bits =
                |passed: Vec<u32>| Bits::of(size, passed.into_iter().map(|row| row as usize));
            let keys = leaves.into_iter().map(|leaf| (&leaf.column, &leaf.test));
            let truth = keys.zip(answers.by_ref().map(bits)).collect();
            tables.push(Self { subject, rows, truth });
        }
        Ok(tables)
    }

    /// The rows that pass a leaf; none for one that was not asked about.
    pub(crate) fn truth(&self, leaf: &Leaf) -> Bits {
        let known = self.truth.get(&(&leaf.column, &leaf.test));
        known.cloned().unwrap_or_else(|| Bits::none(self.rows.size()))
    }

    /// The value of every node of a predicate.
    pub(crate) fn values(&self, tree: &Tree<'_>) -> Vec<Bits> {
        tree.values(&self.rows, &|leaf| self.truth(leaf))
    }

    /// The root rows that fulfil a predicate.
    pub(crate) fn select(&self, predicate: &Predicate) -> Bits {
        let mut values = self.values(&Tree::new(predicate));
        values.swap_remove(0)
    }

    /// The documents that a filter may match: of the cases with the n-th plan,
    /// within reach.
    pub(crate) fn reach(&self, plan: usize, reach: Reach) -> Bits {
        let mut seen = Bits::none(self.subject.documents().len());
        for case in 0..self.subject.cases().len() {
            if self.subject.plan_of(case) != plan {
                continue;
            }
            for (event, document) in self.subject.documents_of(case).enumerate() {
                if self.subject.reaches(case, event, reach) {
                    seen.insert(document);
                }
            }
        }
        seen
    }

    /// What each filter of a plan matches: documents within reach.
    pub(crate) fn matched(&self, number: usize, plan: &Plan) -> Vec<Bits> {
        let filters = plan.filters().into_iter().zip(plan.reaches());
        let matched = filters.map(|(filter, reach)| {
            self.rows.documents(&self.select(filter)).and(&self.reach(number, reach))
        });
        matched.collect()
    }

    /// Matched documents as numbers of a case's events.
    pub(crate) fn hits(&self, case: usize, matched: &[Bits]) -> Vec<Vec<u32>> {
        let own = |bits: &Bits| {
            let numbered = (0_u32..).zip(self.subject.documents_of(case));
            numbered.filter(|(_, document)| bits.has(*document)).map(|(event, _)| event).collect()
        };
        matched.iter().map(own).collect()
    }

    /// How many alerts a plan raises on each case; of a rule with several plans
    /// on those of the first.
    pub(crate) fn alerts_of_all(
        &self,
        number: usize,
        plan: &Plan,
    ) -> Vec<Result<usize, detect::Error>> {
        let matched = self.matched(number, plan);
        (0..self.subject.cases().len()).map(|case| self.alerts(plan, case, &matched)).collect()
    }

    /// How many alerts a plan raises on a case.
    pub(crate) fn alerts(
        &self,
        plan: &Plan,
        case: usize,
        matched: &[Bits],
    ) -> Result<usize, detect::Error> {
        self.subject.alerts(plan, case, &self.hits(case, matched))
    }
}
