//! A case and what it expects.

use harness_model::event::Event;

/// What a case expects of its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// At least one alert.
    Positive,
    /// No alert.
    Negative,
}

impl Polarity {
    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
        }
    }
}

/// One case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its file, as it opens from the current folder.
    pub path: String,
    /// The file's name without its extension.
    pub name: String,
    /// What it expects.
    pub polarity: Polarity,
    /// The events, in the order of the file; never empty.
    pub events: Vec<Event>,
    /// What `case.toml` says of it.
    pub options: Options,
}

/// What `case.toml` says of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// When the rule runs, in milliseconds since 1970; by default at the newest event.
    pub now: Option<i64>,
    /// The exact number of alerts.
    pub alerts: Option<usize>,
    /// How many events the run does not look at for their time, on purpose.
    pub outside: Option<usize>,
    /// What the model answers to every `COMPLETION` of an ES|QL rule.
    pub completion: Option<String>,
    /// The exception lists that apply, in place of the rule's own.
    pub exceptions: Option<Vec<String>>,
    /// For the reader.
    pub note: Option<String>,
    /// Why the case is not expected to hold yet.
    pub todo: Option<String>,
}

impl Case {
    /// The case with other events.
    pub(crate) fn with_events(&self, events: Vec<Event>) -> Self {
        let Self { path, name, polarity, events: _, options } = self;
        let (path, name, options) = (path.clone(), name.clone(), options.clone());
        Self { path, name, polarity: *polarity, events, options }
    }
}
