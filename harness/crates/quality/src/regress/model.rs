//! What is told of changed rules.

use harness_rule::tree::Loaded;
use serde_json::Value;

use super::direction::Direction;
use super::on_data::OnData;
use super::pairs::Pair;
use super::revision;

/// All rules of two revisions, compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regression {
    /// The rules that were added, removed or changed, by path.
    pub rules: Vec<RuleChange>,
    /// How many rules are the same, byte for byte.
    pub unchanged: usize,
    /// Accepted changes that are none any more, a sentence each.
    pub stale: Vec<String>,
    /// On which data alerts were compared, where they were.
    pub data: Option<String>,
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It alerts on the same events: proved.
    Same,
    /// It no longer alerts on some events, and on no others: proved.
    Narrower,
    /// It alerts on more events, and on all of before: proved.
    Wider,
    /// It alerts on some events that it did not, and no longer on others.
    Both,
    /// Not all of it is known.
    Unknown,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

impl Change {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Narrower => "narrower",
            Self::Wider => "wider",
            Self::Both => "both",
            Self::Unknown => "unknown",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }

    /// Whether events are lost, or may be.
    pub fn may_lose(self) -> bool {
        match self {
            Self::Narrower | Self::Both | Self::Unknown | Self::Removed => true,
            Self::Same | Self::Wider | Self::Added => false,
        }
    }
}

/// One rule that was added, removed or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleChange {
    /// Its path below the rules, of the new version where there is one.
    pub path: String,
    /// Its file as it opens from the current folder.
    pub file: String,
    /// Its name.
    pub name: String,
    /// Its id.
    pub rule_id: String,
    /// The version before, where there is one.
    pub before: Option<Edition>,
    /// The new version, where there is one.
    pub after: Option<Edition>,
    /// What became of it.
    pub change: Change,
    /// Events that alert now and did not before.
    pub gained: Option<Example>,
    /// Events that alerted before and no longer do.
    pub lost: Option<Example>,
    /// What else changed, a sentence each.
    pub notes: Vec<String>,
    /// The cases whose alerts differ.
    pub cases: Vec<CaseChange>,
    /// Why not all of it is known.
    pub reason: Option<String>,
    /// The alerts of both versions on data, where that was asked for.
    pub data: Option<OnData>,
    /// Why the change is wanted, where somebody has accepted it.
    pub accepted: Option<String>,
}

/// A version of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Its key among the rules of its revision.
    pub key: String,
    /// Its query; empty where it has none.
    pub query: String,
    /// Stands for all of its text.
    pub hash: String,
}

/// Events on which only one of two versions alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The events, in order.
    pub events: Vec<Value>,
    /// The clauses that make the difference on one of them, where single events differ.
    pub decided_by: Vec<Deciding>,
}

/// A clause of one version or of both that turns the outcome on an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// It in words.
    pub text: String,
    /// Which versions have it.
    pub presence: Presence,
    /// Whether it holds on the event.
    pub holds: bool,
}

/// Which of two versions have a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The new one.
    New,
    /// The old one.
    Gone,
    /// Both.
    Kept,
}

impl Presence {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Kept => "kept",
        }
    }
}

/// A case that raises another number of alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseChange {
    /// Its path.
    pub case: String,
    /// How many alerts the old version raises.
    pub before: usize,
    /// How many the new one raises.
    pub after: usize,
}

impl RuleChange {
    pub(super) fn of(pair: &Pair<'_>) -> Self {
        let shown = pair.new.or(pair.old);
        let rule = shown.and_then(|loaded| loaded.rule.as_ref());
        let mut notes = Vec::new();
        if let (Some(old), Some(new)) = (pair.old, pair.new) {
            if old.path != new.path {
                notes.push(format!("moved from {}", old.path));
            }
            let name = |loaded: &Loaded| loaded.rule.as_ref().map(|rule| rule.name.clone());
            if let (Some(old), Some(new)) = (name(old), name(new))
                && old != new
            {
                notes.push(format!("renamed from {old}"));
            }
        }
        Self {
            path: shown.map(|loaded| loaded.path.clone()).unwrap_or_default(),
            file: shown.map(|loaded| loaded.file.clone()).unwrap_or_default(),
            name: rule.map(|rule| rule.name.clone()).unwrap_or_default(),
            rule_id: rule.map(|rule| rule.rule_id.value.clone()).unwrap_or_default(),
            before: pair.old.map(Edition::of),
            after: pair.new.map(Edition::of),
            change: match (pair.old, pair.new) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                (Some(_), Some(_)) => Change::Unknown,
            },
            gained: None,
            lost: None,
            notes,
            cases: Vec::new(),
            reason: None,
            data: None,
            accepted: None,
        }
    }

    pub(super) fn unknown(&mut self, reason: impl Into<String>) {
        self.change = Change::Unknown;
        self.reason = Some(reason.into());
    }

    /// Takes what is known of both directions.
    pub(super) fn decide(&mut self, gained: Direction, lost: Direction) {
        let reason = match (&gained, &lost) {
            (Direction::Never, Direction::Unknown(why)) => {
                Some(format!("nothing is gained: proved; {why}"))
            }
            (Direction::Unknown(why), Direction::Never) => {
                Some(format!("nothing is lost: proved; {why}"))
            }
            (Direction::Unknown(why), _) | (_, Direction::Unknown(why)) => Some((*why).to_owned()),
            (Direction::Never | Direction::Shown(_), Direction::Never | Direction::Shown(_)) => {
                None
            }
        };
        self.change = match (&gained, &lost) {
            (Direction::Never, Direction::Never) => Change::Same,
            (Direction::Never, Direction::Shown(_)) => Change::Narrower,
            (Direction::Shown(_), Direction::Never) => Change::Wider,
            (Direction::Shown(_), Direction::Shown(_)) => Change::Both,
            (Direction::Unknown(_), _) | (_, Direction::Unknown(_)) => Change::Unknown,
        };
        let events = |direction| match direction {
            Direction::Shown(events) => Some(Example { events, decided_by: Vec::new() }),
            Direction::Never | Direction::Unknown(_) => None,
        };
        (self.gained, self.lost, self.reason) = (events(gained), events(lost), reason);
    }
}

impl Edition {
    fn of(loaded: &Loaded) -> Self {
        let query = loaded.rule.as_ref().and_then(|rule| rule.query.as_ref());
        Self {
            key: loaded.key.clone(),
            query: query.map(|query| query.text.clone()).unwrap_or_default(),
            hash: revision::hash(loaded),
        }
    }
}
