//! Every bound that a project can meet, in one table: what is bounded, and what
//! happens beyond it. docs/limits.md is made of it.
//!
//! No bound is of time: what is counted is the same on every machine.

/// One bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub name: &'static str,
    /// The most there may be.
    pub most: usize,
    /// Of what.
    pub what: &'static str,
    /// What happens beyond it.
    pub beyond: &'static str,
}

impl Limit {
    /// That it applied, in a sentence.
    pub fn told(&self) -> String {
        let Self { name, most, what, beyond } = self;
        format!("more than {most} {what} ({name}): {beyond}")
    }
}

const PROBLEM: &str = "the file is an error and not read; the others are";
const SYNTAX: &str = "the query is an error at that place";
const UNSUPPORTED: &str = "the rule is unsupported, with the place";
const CASE: &str = "the case is an error";
const TOLD: &str = "the search for a case ends; the mutant counts as missed without one";
const SOUGHT: &str = "the search for a case ends; the clause or the mutant is told as not shown";

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $most:expr, $what:literal, $beyond:expr;)*) => {
        $(
            #[doc = $what]
            pub const $name: Limit =
                Limit { name: stringify!($name), most: $most, what: $what, beyond: $beyond };
        )*
        /// All of them, in the order of the document.
        pub const ALL: &[Limit] = &[$($name),*];
    };
}

limits! {
    FILE_BYTES = 64 << 20, "bytes of a file: fixtures, lists, mappings, `harness.toml`", PROBLEM;
    RULE_BYTES = 16 << 20, "bytes of a rule's file", PROBLEM;
    EVENT_BYTES = 16 << 20, "bytes of JSON of one event, or of a `.json` fixture", PROBLEM;
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
    RULE_STEPS = 50_000_000, "steps that compiling one rule takes: states of automata, fields that patterns stand for", "the rule is unsupported: gave up after so many steps; the others are judged";
    RUN_FIELDS = 30_000, "fields that all rules of a run read together; a text counts twice", "the rules with which they are more are unsupported; the others are judged";
    VALUE_COMBINATIONS = 1_000_000, "combinations of values that the events of a case form for groups, join keys and new terms", CASE;
    SCRIPT_COMBINATIONS = 1 << 20, "combinations of the values of one event that a condition of EQL that runs as a script has to try", CASE;
    INDICATOR_PAIRS = 10_000_000, "values that the events and the indicators of a case have in common", CASE;
    ESQL_ROWS = 20_000_000, "rows that a step of a pipeline makes", CASE;
    ESQL_VALUES = 1_000_000, "values that all steps of a pipeline make together on one case; 200 more for each of its events", CASE;
    ESQL_TEXT = 256 << 20, "bytes of text that all steps of a pipeline make together on one case; 16,384 more for each of its events", CASE;
    ESQL_STRING = 1 << 20, "bytes of one string that a function of ES|QL makes", CASE;
    JAVA_REGEX_DEPTH = 100, "levels of groups of an expression of `REPLACE` or `GROK`", UNSUPPORTED;
    JAVA_REGEX_REPEATS = 10, "repeats of one part of such an expression, one after the other", UNSUPPORTED;
    JAVA_REGEX_SIZE = 50_000, "instructions that such an expression becomes", UNSUPPORTED;
    JAVA_REGEX_STEPS = 20_000_000, "steps of one search by such an expression", CASE;
    SCHEDULE_RUNS = 10_000, "intervals of a rule before a case's moment that `--schedule` looks at", "earlier runs are left out, and the schedule says so";
    COVERAGE_ROWS = 10_000_000, "rows that coverage reads again to see what decides in one rule of ES|QL", "a clause without a witness so far counts as not shown to decide";
    MUTANT_TRIES = 400, "variants of cases that are tried for one mutant", TOLD;
    MUTANT_EVENTS = 20_000, "events that all variants for one mutant have together", TOLD;
    MUTANT_READS = 200_000, "events that all trials for the mutants of one rule of ES|QL read together; each trial counts as 8 more", TOLD;
    NEW_STARTS = 6, "events that the search for one case of `new` starts from", SOUGHT;
    NEW_CHANGES = 8, "sets of changes to one of them that are tried", SOUGHT;
    NEW_VALUES = 200, "values that are tried in one field", SOUGHT;
    NEW_VARIANTS = 250, "variants of one case of several events that are tried", SOUGHT;
    NEW_COUNT = 2_000, "events that a threshold is filled with", SOUGHT;
    NEW_READS = 20_000, "events that all trials for the first case of one rule of ES|QL read together; each trial counts as 4 more", SOUGHT;
    NEW_MUTANT_READS = 60_000, "events that all trials for the mutants of one rule of ES|QL read together while cases are made", SOUGHT;
    NEW_FEWEST = 600, "sets of real events that are tried to find the fewest that raise a rule", SOUGHT;
    NEW_NEAR = 1_500, "sets of real events near those that are tried", SOUGHT;
    CLUSTER_ANSWER = 256 << 20, "bytes of a cluster's answer to a search; 64 MiB about fields, 1 MiB about itself", "the run ends with an error";
    CLUSTER_VALUES = 10_000_000, "values of a cluster's answer", "the run ends with an error";
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use super::ALL;

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
            This page is made of `harness/crates/source/src/limits.rs`; after a change,\n\
            `HARNESS_UPDATE_LIMITS=1 cargo test --workspace --lib limits` writes it anew.\n\n\
            | name | most | of what | beyond it |\n|---|---|---|---|\n"
            .to_owned();
        for limit in ALL {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} |",
                limit.name,
                shown(limit.most),
                limit.what.replace('|', "\\|"),
                limit.beyond
            );
        }
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/limits.md"));
        if std::env::var_os("HARNESS_UPDATE_LIMITS").is_some() {
            std::fs::write(path, &text).expect("the document is writable");
        }
        let written = std::fs::read_to_string(path).expect("the document is there");
        assert_eq!(written, text, "docs/limits.md differs from the table");
    }
}
