//! Every bound that a project can meet, in one table: what is bounded, and what
//! happens beyond it. docs/limits.md is made of it.
//!
//! No bound is of time: what is counted is the same on every machine.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::likeness::nearest;

/// One bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub name: &'static str,
    /// The most there may be where no project asks for more; [`Self::now`] is what counts.
    pub most: usize,
    /// Of what.
    pub what: &'static str,
    /// What happens beyond it.
    pub beyond: &'static str,
    /// Whether `harness.toml` can raise it.
    pub is_raised: bool,
    at: usize,
}

/// How many times its default a bound can be raised to: it stays one.
const MOST_TIMES: usize = 100;

impl Limit {
    /// The most there may be.
    pub fn now(&self) -> usize {
        RAISED[self.at].load(Ordering::Relaxed).max(self.most)
    }

    /// The same with another number, for tests of what happens beyond it.
    #[must_use]
    pub const fn of(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Its key below `[limits]` of `harness.toml`.
    pub fn key(&self) -> String {
        self.name.to_lowercase()
    }

    /// That it applied, in a sentence.
    pub fn told(&self) -> String {
        let Self { name, what, beyond, .. } = self;
        let more = self.more().map_or_else(String::new, |more| format!("; {more}"));
        format!("more than {} {what} ({name}): {beyond}{more}", self.now())
    }

    /// What allows more, where anything does.
    pub fn more(&self) -> Option<String> {
        self.is_raised.then(|| format!("limits.{} in harness.toml allows more", self.key()))
    }
}

/// Raises bounds, by their keys, for the whole process; a bound that was raised further
/// stays so.
///
/// # Errors
///
/// A key that is no bound's, a bound that is fixed, or a number that is none for it.
pub fn raise(asked: &BTreeMap<String, usize>) -> Result<(), String> {
    let raised: Vec<(&Limit, usize)> =
        asked.iter().map(|(key, most)| checked(key, *most)).collect::<Result<_, _>>()?;
    for (limit, most) in raised {
        RAISED[limit.at].fetch_max(most, Ordering::Relaxed);
    }
    Ok(())
}

/// The bound of a key, where it can be raised to so much.
///
/// # Errors
///
/// As [`raise`].
pub fn checked(key: &str, most: usize) -> Result<(&'static Limit, usize), String> {
    let Some(limit) = ALL.iter().find(|limit| limit.key() == key) else {
        let keys: Vec<String> =
            ALL.iter().filter(|limit| limit.is_raised).map(Limit::key).collect();
        let near = nearest(key, keys.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(format!("limits.{key} is no bound{near}"));
    };
    if !limit.is_raised {
        return Err(format!("limits.{key} cannot be raised"));
    }
    let top = limit.most.saturating_mul(MOST_TIMES);
    if !(limit.most..=top).contains(&most) {
        return Err(format!("limits.{key} is a number from {} to {top}", limit.most));
    }
    Ok((limit, most))
}

const PROBLEM: &str = "the file is an error and not read; the others are";
const SYNTAX: &str = "the query is an error at that place";
const UNSUPPORTED: &str = "the rule is unsupported, with the place";
const CASE: &str = "the case is an error";
const TOLD: &str = "the search for a case ends; the mutant counts as missed without one";
const SOUGHT: &str = "the search for a case ends; the clause or the mutant is told as not shown";

macro_rules! limits {
    (@) => { false };
    (@ raised) => { true };
    ($($(#[$doc:meta])* $name:ident = $most:expr, $what:literal, $beyond:expr $(, $raised:ident)?;)*) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of constants")]
        enum At { $($name),* }
        $(
            #[doc = $what]
            pub const $name: Limit = Limit {
                name: stringify!($name),
                most: $most,
                what: $what,
                beyond: $beyond,
                is_raised: limits!(@ $($raised)?),
                at: At::$name as usize,
            };
        )*
        /// All of them, in the order of the document.
        pub const ALL: &[Limit] = &[$($name),*];
    };
}

/// What bounds were raised to, in the order of the table.
static RAISED: [AtomicUsize; ALL.len()] = [const { AtomicUsize::new(0) }; ALL.len()];

limits! {
    FILE_BYTES = 64 << 20, "bytes of a file: fixtures, lists, mappings, `harness.toml`", PROBLEM, raised;
    RULE_BYTES = 16 << 20, "bytes of a rule's file", PROBLEM;
    EVENT_BYTES = 16 << 20, "bytes of JSON of one event, or of a `.json` fixture", PROBLEM, raised;
    FOLDER_DEPTH = 100, "levels of folders below `rules`, `cases`, `exceptions`", "the folder is an error and not looked into";
    FINDINGS = 200, "findings that are told of one file", "one more finding says how many are left out";
    EVENT_DEPTH = 100, "levels of objects and arrays of an event; a dot in a key is one", PROBLEM;
    KQL_DEPTH = 200, "levels of parentheses of a query in KQL", SYNTAX;
    LUCENE_DEPTH = 100, "levels of parentheses of a query in Lucene syntax", SYNTAX;
    EQL_DEPTH = 100, "levels of an expression in EQL", SYNTAX;
    ESQL_DEPTH = 100, "levels of an expression in ES|QL", SYNTAX;
    DSL_DEPTH = 100, "levels of clauses of a filter in Query DSL", SYNTAX;
    REGEXP_STATES = 10_003, "states of the automaton of a Lucene regular expression: Lucene's own bound", SYNTAX;
    SEQUENCE_STAGES = 4_096, "stages of a sequence, each run counted", UNSUPPORTED;
    SAMPLE_STAGES = 16, "stages of a sample", UNSUPPORTED;
    RULE_STEPS = 50_000_000, "steps that compiling one rule takes: states of automata, fields that patterns stand for", "the rule is unsupported: gave up after so many steps; the others are judged", raised;
    RULE_WORK = 400_000_000, "steps that judging one rule on its cases takes, and as many each for explaining what fails, for its coverage and for its mutants: conditions on values, values that ES|QL makes, events of sequences", "the rule is unsupported: gave up after so many steps; the others are judged", raised;
    RUN_FIELDS = 30_000, "fields that all rules of a run read together; a text counts twice", "the rules with which they are more are unsupported; the others are judged";
    VALUE_COMBINATIONS = 1_000_000, "combinations of values that the events of a case form for groups, join keys and new terms", CASE, raised;
    SCRIPT_COMBINATIONS = 1 << 20, "combinations of the values of one event that a condition of EQL that runs as a script has to try", CASE, raised;
    INDICATOR_PAIRS = 10_000_000, "values that the events and the indicators of a case have in common", CASE, raised;
    ESQL_ROWS = 20_000_000, "rows that a step of a pipeline makes", CASE;
    ESQL_VALUES = 1_000_000, "values that all steps of a pipeline make together on one case; 200 more for each of its events", CASE, raised;
    ESQL_TEXT = 256 << 20, "bytes of text that all steps of a pipeline make together on one case; 16,384 more for each of its events", CASE, raised;
    ESQL_STRING = 1 << 20, "bytes of one string that a function of ES|QL makes", CASE;
    JAVA_REGEX_DEPTH = 100, "levels of groups of an expression of `REPLACE` or `GROK`", UNSUPPORTED;
    JAVA_REGEX_REPEATS = 10, "repeats of one part of such an expression, one after the other", UNSUPPORTED;
    JAVA_REGEX_SIZE = 50_000, "instructions that such an expression becomes", UNSUPPORTED;
    JAVA_REGEX_STEPS = 20_000_000, "steps of one search by such an expression", CASE, raised;
    SCHEDULE_RUNS = 10_000, "intervals of a rule before a case's moment that `--schedule` looks at; of ES|QL, a tenth of them, shared by the cases of the rule", "earlier runs are left out, and the schedule says so", raised;
    COVERAGE_ROWS = 10_000_000, "rows that coverage reads again to see what decides in one rule of ES|QL; with many conditions, each counts as several", "a clause without a witness so far counts as not shown to decide", raised;
    MUTANT_TRIES = 400, "variants of cases that are tried for one mutant", TOLD, raised;
    MUTANT_EVENTS = 20_000, "events that all variants for one mutant have together", TOLD, raised;
    MUTANT_READS = 200_000, "events that all trials for the mutants of one rule of ES|QL read together; each trial counts as 8 more", TOLD, raised;
    NEW_STARTS = 6, "events that the search for one case of `new` starts from", SOUGHT;
    NEW_CHANGES = 8, "sets of changes to one of them that are tried", SOUGHT;
    NEW_VALUES = 200, "values that are tried in one field", SOUGHT;
    NEW_VARIANTS = 250, "variants of one case of several events that are tried", SOUGHT, raised;
    NEW_COUNT = 2_000, "events that a threshold is filled with", SOUGHT, raised;
    NEW_READS = 20_000, "events that all trials for the first case of one rule of ES|QL read together; each trial counts as 4 more", SOUGHT, raised;
    NEW_MUTANT_READS = 60_000, "events that all trials for the mutants of one rule of ES|QL read together while cases are made", SOUGHT, raised;
    NEW_FEWEST = 600, "sets of real events that are tried to find the fewest that raise a rule", SOUGHT, raised;
    NEW_NEAR = 1_500, "sets of real events near those that are tried", SOUGHT, raised;
    CLUSTER_ANSWER = 256 << 20, "bytes of a cluster's answer to a search; 64 MiB about fields, 1 MiB about itself", "the run ends with an error", raised;
    CLUSTER_VALUES = 10_000_000, "values of a cluster's answer", "the run ends with an error", raised;
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use super::{ALL, NEW_NEAR};

    /// Digits in groups of three, or a power of two as bytes.
    fn shown(most: usize) -> String {
        if most >= 1 << 20 && most.is_multiple_of(1 << 20) {
            return format!("{} × 2<sup>20</sup>", most >> 20);
        }
        let digits = most.to_string();
        let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group));
        groups.collect::<Vec<_>>().join(",")
    }

    #[test]
    fn the_document_is_made_of_the_table() {
        let mut text = "# Limits\n\n\
            Rules, cases and configuration are other people's files. What they may ask for is\n\
            bounded, and a bound is never applied in silence. Bounds count, they do not measure\n\
            time: a run ends the same on every machine.\n\n\
            Those with a key can be raised in `harness.toml`, to a hundred times as much at most;\n\
            the others protect the stack, or are Elasticsearch's own:\n\n\
            ```toml\n[limits]\nmutant_tries = 4_000\n```\n\n\
            This page is made of `harness/crates/source/src/limits.rs`; after a change,\n\
            `HARNESS_UPDATE_LIMITS=1 cargo test --workspace --lib limits` writes it anew.\n\n\
            | name | most | of what | beyond it | key |\n|---|---|---|---|---|\n"
            .to_owned();
        for limit in ALL {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} |",
                limit.name,
                shown(limit.most),
                limit.what.replace('|', "\\|"),
                limit.beyond,
                if limit.is_raised { format!("`{}`", limit.key()) } else { String::new() }
            );
        }
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/limits.md"));
        if std::env::var_os("HARNESS_UPDATE_LIMITS").is_some() {
            std::fs::write(path, &text).expect("the document is writable");
        }
        let written = std::fs::read_to_string(path).expect("the document is there");
        assert_eq!(written, text, "docs/limits.md differs from the table");
    }

    #[test]
    fn the_schema_of_the_configuration_has_the_keys() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/schemas/harness.schema.json");
        let text = std::fs::read_to_string(path).expect("the schema is there");
        for limit in ALL {
            let has = text.contains(&format!(
                "\"{}\": {{\"type\": \"integer\", \"minimum\": {}}}",
                limit.key(),
                limit.most
            ));
            assert_eq!(has, limit.is_raised, "limits.{}", limit.key());
        }
    }

    #[test]
    fn bounds_are_raised_and_never_lowered() {
        let one = |key: &str, most| super::raise(&[(key.to_owned(), most)].into());
        assert_eq!(NEW_NEAR.now(), NEW_NEAR.most);
        assert_eq!(one("new_near", 2_000), Ok(()));
        assert_eq!(one("new_near", 1_800), Ok(()));
        assert_eq!(NEW_NEAR.now(), 2_000, "for the whole process");
        assert!(NEW_NEAR.told().contains("limits.new_near in harness.toml allows more"));
        let bad = |key, most| one(key, most).expect_err("no such bound");
        assert_eq!(
            bad("new_nears", 2_000),
            "limits.new_nears is no bound; did you mean `new_near`?"
        );
        assert_eq!(bad("kql_depth", 2_000), "limits.kql_depth cannot be raised");
        assert_eq!(bad("new_near", 10), "limits.new_near is a number from 1500 to 150000");
        assert_eq!(bad("new_near", 1_000_000), "limits.new_near is a number from 1500 to 150000");
    }
}
