//! Closed sets of names that a rule may use, as enums.

/// An enum whose variants are words of the rule format.
pub(super) trait Named: Copy + 'static {
    /// All variants, in the order in which messages list them.
    const ALL: &'static [Self];

    /// The word.
    fn name(self) -> &'static str;
}

/// The variant of a word.
///
/// # Errors
///
/// The words that there are.
#[expect(private_bounds, reason = "the enums of this module only")]
pub fn of_name<T: Named>(word: &str) -> Result<T, String> {
    let found = T::ALL.iter().find(|variant| variant.name() == word.to_lowercase());
    let names: Vec<&str> = T::ALL.iter().map(|variant| variant.name()).collect();
    found.copied().ok_or_else(|| format!("one of {}", names.join(", ")))
}

macro_rules! named {
    ($(#[$doc:meta])* $enum:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[$variant_doc])* $variant,)+ }

        impl $enum {
            /// The word in a rule file.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Named for $enum {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn name(self) -> &'static str {
                self.as_str()
            }
        }
    };
}

named! {
    /// How a rule finds what it alerts on.
    RuleType {
        /// An alert per matching document.
        Query = "query",
        /// As `query`; the query may live in Kibana.
        SavedQuery = "saved_query",
        /// An EQL event query, sequence or sample.
        Eql = "eql",
        /// An ES|QL pipeline; an alert per row.
        Esql = "esql",
        /// Enough matching documents of one group.
        Threshold = "threshold",
        /// Values that were not seen before.
        NewTerms = "new_terms",
        /// Values that threat intelligence lists.
        ThreatMatch = "threat_match",
        /// Anomalies that a machine-learning job found.
        MachineLearning = "machine_learning",
        /// Alerts of other rules that belong together.
        Correlation = "correlation",
    }
}

named! {
    /// The language of a query.
    Language {
        /// KQL, the Kibana query language.
        Kuery = "kuery",
        /// Lucene's query-string syntax.
        Lucene = "lucene",
        /// The event query language.
        Eql = "eql",
        /// The piped query language.
        Esql = "esql",
    }
}

named! {
    /// How bad an alert is.
    Severity {
        /// Of interest, rarely a threat.
        Low = "low",
        /// Needs a look.
        Medium = "medium",
        /// Needs attention soon.
        High = "high",
        /// Needs attention now.
        Critical = "critical",
    }
}

named! {
    /// The unit of a suppression window.
    DurationUnit {
        /// Seconds.
        Seconds = "s",
        /// Minutes.
        Minutes = "m",
        /// Hours.
        Hours = "h",
    }
}

named! {
    /// What suppression does with documents that lack a field it groups by.
    MissingFields {
        /// They form a group of their own.
        Suppress = "suppress",
        /// Each alerts by itself.
        DoNotSuppress = "doNotSuppress",
    }
}
