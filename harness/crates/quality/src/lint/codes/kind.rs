//! The codes of findings, and what there is to say of each.

use crate::lint::model::Level;

/// What a kind of finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// What is proved of a rule.
    Proved,
    /// Text that means something else than it seems to.
    Traps,
    /// Fields and their values.
    Fields,
    /// Windows, intervals, histories.
    Time,
    /// What a rule says of itself.
    Metadata,
    /// Findings that were accepted.
    Accepted,
}

impl Family {
    /// All families, in the order of the page.
    pub const ALL: [Self; 6] =
        [Self::Proved, Self::Traps, Self::Fields, Self::Time, Self::Metadata, Self::Accepted];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Traps => "traps",
            Self::Fields => "fields",
            Self::Time => "time",
            Self::Metadata => "metadata",
            Self::Accepted => "accepted",
        }
    }

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Proved => "Proved of a rule",
            Self::Traps => "Traps of the languages",
            Self::Fields => "Fields and values",
            Self::Time => "Time",
            Self::Metadata => "Metadata",
            Self::Accepted => "Accepted findings",
        }
    }
}

/// A part of a rule that shows a finding, or that is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// A KQL query.
    Kql(&'static str),
    /// An EQL query.
    Eql(&'static str),
    /// An ES|QL query.
    Esql(&'static str),
    /// Keys of a rule file, in place of those of a KQL rule.
    Toml(&'static str),
    /// An item of the exception list of the rule `process.name: "nc"`.
    Exception(&'static str),
}

impl Example {
    /// The language of its text, for a code block.
    pub const fn language(self) -> &'static str {
        match self {
            Self::Kql(_) => "kql",
            Self::Eql(_) => "eql",
            Self::Esql(_) => "esql",
            Self::Toml(_) => "toml",
            Self::Exception(_) => "json",
        }
    }

    /// Its text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Kql(text)
            | Self::Eql(text)
            | Self::Esql(text)
            | Self::Toml(text)
            | Self::Exception(text) => text,
        }
    }

    /// A whole rule file with it.
    pub fn rule(self) -> String {
        let (kind, language, query) = match self {
            Self::Kql(query) => ("query", "kuery", query),
            Self::Eql(query) => ("eql", "eql", query),
            Self::Esql(query) => ("esql", "esql", query),
            Self::Toml(_) => ("query", "kuery", "event.action: \"started\""),
            Self::Exception(_) => ("query", "kuery", "process.name: \"nc\""),
        };
        let keys = match self {
            Self::Toml(text) => text,
            Self::Exception(_) => {
                "[[rule.exceptions_list]]\nid = \"own\"\nlist_id = \"own\"\n\
                 namespace_type = \"single\"\ntype = \"detection\""
            }
            Self::Kql(_) | Self::Eql(_) | Self::Esql(_) => "",
        };
        let query = format!("query = '''\n{query}\n'''");
        let base = [
            ("rule_id", "rule_id = \"5d0f1c0a-7a3e-4a57-9b2c-0d9b8f4e6a11\""),
            ("name", "name = \"An Example\""),
            ("description", "description = \"An example.\""),
            ("severity", "severity = \"low\""),
            ("risk_score", "risk_score = 21"),
            ("type", &format!("type = \"{kind}\"")),
            ("language", &format!("language = \"{language}\"")),
            ("index", if kind == "esql" { "" } else { "index = [\"logs-*\"]" }),
            ("query", &query),
        ];
        // Tables of the example come after all plain keys.
        let first = keys.find("\n[").or_else(|| keys.starts_with('[').then_some(0));
        let (plain, tables) = first.map_or((keys, ""), |at| keys.split_at(at));
        let stated = |key: &str| plain.lines().any(|line| line.starts_with(&format!("{key} = ")));
        let own = base.iter().filter(|(key, _)| !stated(key)).map(|(_, line)| *line);
        let mut text = "[rule]\n".to_owned();
        for line in own.chain([plain, tables]).filter(|line| !line.is_empty()) {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// What there is to say of a kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The kind.
    pub code: Code,
    /// Its name, stable.
    pub name: &'static str,
    /// What it is about.
    pub family: Family,
    /// How bad it is, where nobody says otherwise.
    pub level: Level,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// A rule that has it.
    pub bad: Example,
    /// The same, mended.
    pub good: Example,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident,)+) => {
        /// A kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)+ }

        impl Code {
            /// All kinds, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
        }
    };
}

codes! {
    /// A condition that no event fulfils.
    NeverTrue,
    /// A condition that every event fulfils.
    AlwaysTrue,
    /// Two conditions that no single value fulfils.
    Contradiction,
    /// A stage whose key cannot be that of one before.
    CannotFollow,
    /// A clause without which the rule is the same.
    NoEffect,
    /// A value of a list that another one covers.
    CoveredValue,
    /// A field of groups or joins that no matching event has.
    ImpossibleField,
    /// A condition that asks for nothing to be there.
    OnlyNegations,
    /// A negation that holds where the field is missing.
    MissingPasses,
    /// A bound that one event reaches.
    LowThreshold,
    /// Two rules with the same events.
    SameRule,
    /// A rule with events that another has too.
    InsideRule,
    /// A rule that is the same as another but for one clause.
    OverlappingRule,
    /// An exception that silences nothing.
    IdleException,
    /// An exception that silences everything.
    TotalException,
    /// A `*` in KQL quotes.
    QuotedWildcard,
    /// A `*` in a phrase of analyzed text.
    WildcardInPhrase,
    /// A `*` in a comparison of whole values.
    WildcardInEquals,
    /// A `?` in KQL.
    LiteralQuestionMark,
    /// A pattern with a space on a field that is not only a keyword.
    WildcardWithSpace,
    /// A tab, a line end or a zero character made by an escape.
    ControlCharacter,
    /// A line end inside a value of KQL without quotes.
    MissingOperator,
    /// A backslash that takes the wildcard after it.
    EscapedWildcard,
    /// A backslash that makes nothing of the letter after it.
    LostBackslash,
    /// Two backslashes where none is an escape.
    DoubleBackslash,
    /// A comparison by case of names that Windows writes in any.
    CaseOnWindows,
    /// A whole analyzed text compared by ES|QL.
    TextAsKeyword,
    /// A blank at the end of a value.
    EdgeBlank,
    /// A value twice in one list.
    DuplicateValue,
    /// Letters of several scripts in one word.
    LookAlike,
    /// Signs of regular expressions in a wildcard pattern.
    RegexInWildcard,
    /// An anchor in a regular expression.
    RegexAnchor,
    /// A range of letters of one case where case does not count.
    RegexCaseRange,
    /// A wildcard in an address.
    AddressWildcard,
    /// A field that no index holds.
    SourceOnlyField,
    /// A pattern on one key of a flattened field.
    FlattenedPattern,
    /// An EQL field that may be unmapped inside of `not (…)`.
    OptionalInNot,
    /// A negated function of several fields.
    ScriptInNot,
    /// `and` beside `or` without parentheses.
    MixedOperators,
    /// A comparison of a list in ES|QL.
    ListInEsql,
    /// A negation that drops what has no value.
    NullInNot,
    /// A text made of a list whose order nobody knows, compared.
    MvConcatOrder,
    /// Rows that do not name their documents.
    MissingIdentity,
    /// A field that belongs to other data.
    ForeignField,
    /// A number compared as a text.
    RangeOnKeyword,
    /// A constant of another type than the field.
    TypeMismatch,
    /// A value that ECS does not know.
    EcsValue,
    /// A field that ECS has dropped.
    DeprecatedField,
    /// Time that no run looks at.
    ScheduleGap,
    /// A sequence longer than the window.
    MaxspanBeyondWindow,
    /// A history that the query cuts.
    CutHistory,
    /// An absence at the end of a sequence.
    EarlyAbsence,
    /// Events without the timestamp that the rule reads.
    NoTimestampFallback,
    /// More alerts than Kibana makes.
    TooManySignals,
    /// A rule id that is none.
    RuleId,
    /// A name that two rules have.
    DuplicateName,
    /// A technique that ATT&CK withdrew.
    AttackRevoked,
    /// An id that ATT&CK does not have.
    AttackUnknown,
    /// An id and a name, a tactic or a page that do not belong together.
    AttackMismatch,
    /// A tactic stated twice.
    AttackDuplicate,
    /// Dates that cannot be.
    Dates,
    /// A score of another severity.
    SeverityScore,
    /// An index pattern close to a known one.
    IndexPattern,
    /// An acceptance that accepts nothing.
    UnusedAcceptance,
    /// An acceptance without a reason.
    AcceptanceReason,
}
