//! What is made for a rule, and how far it goes.

use serde_json::Value;

use crate::coverage::ClauseCoverage;
use crate::synthesis::events;
use harness_model::event::Event;
use harness_runner::case::{Case, Options, Polarity};

/// A case that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// What it expects.
    pub polarity: Polarity,
    /// What is special about it, as the name of its file.
    pub name: String,
    /// Its events.
    pub events: Vec<Event>,
    /// What `case.toml` has to say of it.
    pub options: Options,
}

impl Made {
    /// Its events as its file holds them.
    pub fn fixture(&self) -> Value {
        events::fixture(&self.events)
    }

    /// What its file would be called below the cases folder.
    pub(super) fn path(&self, key: &str) -> String {
        format!("{key}/{}/{}.json", self.polarity.folder(), self.name)
    }

    /// The case that its file would be.
    pub(super) fn case(&self, key: &str) -> Case {
        Case {
            path: self.path(key),
            name: self.name.clone(),
            polarity: self.polarity,
            events: self.events.clone(),
            options: self.options.clone(),
        }
    }
}

/// What was found for one rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Grown {
    pub(super) made: Vec<Made>,
    /// The clauses that no event can turn.
    pub(super) dead: Vec<Dead>,
}

/// A clause that no event can turn.
#[derive(Clone, Debug)]
pub(super) struct Dead {
    /// Its number.
    pub(super) clause: usize,
    /// Whether it is that it holds, or that it fails.
    pub(super) holds: bool,
    /// Why.
    pub(super) reason: String,
}

/// The cases of one rule, and what they show.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleCases {
    /// The rule's key.
    pub key: String,
    /// Its file, as it opens from the current folder.
    pub file: String,
    /// The cases that are new; each holds.
    pub made: Vec<Made>,
    /// How many positive cases it has, new and old.
    pub positive: usize,
    /// How many negative cases it has, new and old.
    pub negative: usize,
    /// Its clauses, and what decides in which case.
    pub clauses: Vec<ClauseRow>,
    /// How many viable mutants the cases catch, and of how many.
    pub mutants: (usize, usize),
    /// The mutants that no case catches.
    pub missed: Vec<String>,
    /// Why it has no cases, or only some.
    pub reason: Option<String>,
}

impl RuleCases {
    /// How many clauses can decide: all but those of which the opposite is proved.
    pub fn deciding(&self) -> usize {
        self.clauses.iter().filter(|clause| clause.dead.is_none()).count()
    }

    /// How many clauses are covered.
    pub fn covered(&self) -> usize {
        self.clauses.iter().filter(|clause| clause.is_covered()).count()
    }
}

/// A clause, and the cases in which it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseRow {
    /// It in words.
    pub text: String,
    /// A case with an event on which it holds and decides, as `positive/name`.
    pub holds: Option<String>,
    /// A case with an event on which it fails and decides.
    pub fails: Option<String>,
    /// Why no event turns it, where that is proved.
    pub dead: Option<String>,
}

impl ClauseRow {
    /// Whether it decides both ways.
    pub fn is_covered(&self) -> bool {
        self.holds.is_some() && self.fails.is_some()
    }

    pub(super) fn new(clause: &ClauseCoverage) -> Self {
        let short = |path: &str| {
            let mut parts = path.rsplitn(3, '/');
            let (file, folder) = (parts.next().unwrap_or_default(), parts.next());
            let name = file.rsplit_once('.').map_or(file, |(name, _)| name);
            folder.map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"))
        };
        let of = |witness: &Option<crate::coverage::Witness>| {
            witness.as_ref().map(|witness| short(&witness.case))
        };
        let (holds, fails) = (of(&clause.decides_true), of(&clause.decides_false));
        Self { text: clause.text.clone(), holds, fails, dead: None }
    }
}
