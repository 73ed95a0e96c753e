//! What the cases of a rule have to show: that each clause decides both ways, and
//! that each mutant is another rule.

use std::collections::BTreeMap;

use super::evaluate::Nodes;
use crate::clause::tree::Tree;
use crate::clause::{ClauseKind, clauses, elements};
use crate::mutate::edit::{Change, Replaced};
use crate::mutate::edits_of;
use harness_predicate::eval::eval;
use harness_predicate::plan::{EqlSearch, Plan, Reach};
use harness_predicate::{Origin, Part, Predicate};
use harness_runner::run::{Subject, Trial};

/// All that there is to show of one plan of a rule.
pub(super) struct Goals<'a> {
    subject: &'a Subject<'a>,
    pub(super) plan: &'a Plan,
    pub(super) trees: Vec<Tree<'a>>,
    reaches: Vec<Reach>,
    pub(super) list: Vec<Goal>,
}

/// One thing to show.
pub(super) enum Goal {
    /// The rule alerts.
    Alerts,
    /// The rule does not.
    Silence,
    /// A clause holds, or fails, on an event where it decides: at one of these nodes.
    Clause(Vec<Replaced>),
    /// A change to conditions is noticed.
    Filters(Vec<Replaced>),
    /// A change to what is asked of several events is noticed; the filters are these
    /// of the rule.
    Plan { plan: Box<Plan>, filters: Vec<usize> },
    /// A part that is no clause decides.
    Part { without: Box<Plan>, kind: ClauseKind },
}

impl Goal {
    /// The changes at single nodes that it is about.
    pub(super) fn replaced(&self) -> &[Replaced] {
        match self {
            Self::Clause(places) => places,
            Self::Filters(replaced) => replaced,
            Self::Alerts | Self::Silence | Self::Plan { .. } | Self::Part { .. } => &[],
        }
    }

    /// Whether it is about several events together.
    pub(super) fn is_together(&self) -> bool {
        matches!(self, Self::Plan { .. } | Self::Part { .. })
    }
}

/// A case, evaluated.
struct View<'t> {
    trial: &'t Trial<'t>,
    /// By filter and event; none where the filter does not reach it.
    nodes: Vec<Vec<Option<Nodes>>>,
    hits: Vec<Vec<u32>>,
    alerts: usize,
}

fn is_hit(nodes: Option<&Nodes>) -> bool {
    nodes.is_some_and(|nodes| nodes.values[0])
}

/// What a case shows.
pub(super) struct Shown {
    /// By goal.
    pub(super) met: Vec<bool>,
    pub(super) alerts: usize,
}

impl<'a> Goals<'a> {
    pub(super) fn new(subject: &'a Subject<'a>, plan: &'a Plan) -> Self {
        let filters = plan.filters();
        let trees: Vec<Tree<'a>> = filters.iter().map(|filter| Tree::new(filter)).collect();
        let mut list = vec![Goal::Alerts, Goal::Silence];
        list.extend(of_clauses(&trees, subject));
        for edit in edits_of(plan, subject) {
            list.push(match edit.change {
                Change::Filters(replaced) => Goal::Filters(replaced),
                Change::Plan(plan, filters) => Goal::Plan { plan, filters },
            });
        }
        for part in elements::parts(plan, subject.rule()) {
            list.push(Goal::Part { without: Box::new(part.without), kind: part.kind });
        }
        Self { subject, plan, trees, reaches: plan.reaches(), list }
    }

    /// The clause that a goal is about: its number, and whether it is that it holds.
    pub(super) fn clause(&self, at: usize) -> Option<(usize, bool)> {
        matches!(self.list.get(at)?, Goal::Clause(_)).then(|| ((at - 2) / 2, at % 2 == 1))
    }

    /// What a case shows; `None` where it cannot be judged.
    pub(super) fn shown(&self, trial: &Trial<'_>) -> Option<Shown> {
        Some(self.all(&self.view(trial)?))
    }

    /// How many alerts a case raises.
    pub(super) fn alerts(&self, trial: &Trial<'_>) -> Option<usize> {
        Some(self.view(trial)?.alerts)
    }

    /// Whether a case raises the rule, or some clause decides in it.
    pub(super) fn is_near(&self, trial: &Trial<'_>) -> bool {
        let Some(view) = self.view(trial) else { return false };
        let mut clauses = self.list.iter().filter(|goal| matches!(goal, Goal::Clause(_)));
        view.alerts > 0 || clauses.any(|goal| self.is_met(goal, &view))
    }

    /// What a case shows, where one thing is among it.
    pub(super) fn shown_with(&self, trial: &Trial<'_>, at: usize) -> Option<Shown> {
        let view = self.view(trial)?;
        self.is_met(self.list.get(at)?, &view).then(|| self.all(&view))
    }

    fn all(&self, view: &View<'_>) -> Shown {
        let met = self.list.iter().map(|goal| self.is_met(goal, view)).collect();
        Shown { met, alerts: view.alerts }
    }

    fn view<'t>(&self, trial: &'t Trial<'t>) -> Option<View<'t>> {
        let columns = self.subject.columns();
        let documents = trial.documents();
        let filters = self.trees.iter().zip(&self.reaches);
        let nodes = filters.map(|(tree, reach)| {
            let own = documents.iter().enumerate().map(|(event, document)| {
                trial.reaches(event, *reach).then(|| Nodes::new(tree, document, columns))
            });
            own.collect::<Vec<_>>()
        });
        let nodes: Vec<Vec<Option<Nodes>>> = nodes.collect();
        let numbers = |nodes: &Vec<Option<Nodes>>| -> Vec<u32> {
            let numbered = (0_u32..).zip(nodes).filter(|(_, nodes)| is_hit(nodes.as_ref()));
            numbered.map(|(number, _)| number).collect()
        };
        let hits: Vec<Vec<u32>> = nodes.iter().map(numbers).collect();
        let alerts = trial.detected(self.plan, &hits).ok()?;
        Some(View { trial, nodes, hits, alerts })
    }

    /// Whether a node with another condition turns its filter on an event.
    fn turns(&self, one: &Replaced, event: usize, view: &View<'_>) -> bool {
        let Some(own) = &view.nodes[one.filter][event] else { return false };
        let (document, columns) = (&view.trial.documents()[event], self.subject.columns());
        let tree = &self.trees[one.filter];
        if tree.nodes[one.node].nested.is_some() {
            let whole = tree.nodes[0].predicate;
            return eval(&one.apply(whole), document, columns) != own.values[0];
        }
        own.care[one.node] && eval(&one.with, document, columns) != own.values[one.node]
    }

    fn is_met(&self, goal: &Goal, view: &View<'_>) -> bool {
        let View { trial, nodes, hits, alerts } = view;
        let (alerts, size) = (*alerts, trial.documents().len());
        match goal {
            Goal::Alerts => alerts > 0,
            Goal::Silence => alerts == 0,
            Goal::Clause(places) => {
                places.iter().any(|one| (0..size).any(|event| self.turns(one, event, view)))
            }
            Goal::Filters(replaced) => {
                let mut changed = hits.clone();
                let mut differs = false;
                for one in replaced {
                    let own = &nodes[one.filter];
                    let list = (0..size).filter(|event| {
                        is_hit(own[*event].as_ref()) != self.turns(one, *event, view)
                    });
                    let list: Vec<u32> = list.filter_map(|at| u32::try_from(at).ok()).collect();
                    differs |= list != changed[one.filter];
                    changed[one.filter] = list;
                }
                differs && is_told(trial, self.plan, &changed, alerts)
            }
            Goal::Plan { plan, filters } => {
                let own: Vec<Vec<u32>> = filters.iter().map(|at| hits[*at].clone()).collect();
                is_told(trial, plan, &own, alerts)
            }
            Goal::Part { without, kind } => {
                let columns = self.subject.columns();
                let holds = |filter: &Predicate, document: &_| eval(filter, document, columns);
                trial.alerts(without, &holds).is_ok_and(|other| match kind {
                    ClauseKind::NewTerm => other != alerts,
                    _ => other > alerts,
                })
            }
        }
    }
}

/// That each clause decides both ways. A filter of the rule is one statement,
/// whatever the number of stages that it narrows.
fn of_clauses(trees: &[Tree<'_>], subject: &Subject<'_>) -> Vec<Goal> {
    let mut known: BTreeMap<(usize, Origin, usize), usize> = BTreeMap::new();
    let mut found: Vec<Vec<(usize, usize)>> = Vec::new();
    for (filter, tree) in trees.iter().enumerate() {
        let mut ordinals: BTreeMap<Part, usize> = BTreeMap::new();
        for stated in clauses::stated(tree, subject.rule()) {
            let ordinal = ordinals.entry(stated.origin.part).or_default();
            let key = match stated.origin.part {
                Part::Filter(_) => (usize::MAX, stated.origin, *ordinal),
                _ => (filter, stated.origin, *ordinal),
            };
            *ordinal += 1;
            let at = *known.entry(key).or_insert_with(|| {
                found.push(Vec::new());
                found.len() - 1
            });
            found[at].push((filter, stated.node));
        }
    }
    let goals = found.iter().flat_map(|places| {
        [false, true].map(|holds| {
            let with = Predicate::Const(!holds);
            let places = places.iter();
            let places = places.map(|(filter, node)| Replaced {
                filter: *filter,
                node: *node,
                with: with.clone(),
            });
            Goal::Clause(places.collect())
        })
    });
    goals.collect()
}

/// Whether a plan makes something else of a case than the rule does.
fn is_told(trial: &Trial<'_>, plan: &Plan, hits: &[Vec<u32>], alerts: usize) -> bool {
    let other = match plan {
        Plan::Filter(_) => Ok(hits.first().map_or(0, Vec::len)),
        Plan::Eql(eql) if matches!(eql.search, EqlSearch::Events(_)) && eql.limits.is_empty() => {
            Ok(hits.first().map_or(0, Vec::len))
        }
        Plan::Eql(_) | Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => {
            trial.detected(plan, hits)
        }
    };
    other.is_ok_and(|other| (other > 0) != (alerts > 0))
}
