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
    /// The most there may be where no project states it; [`Self::now`] is what counts.
    pub most: usize,
    /// Of what.
    pub what: &'static str,
    /// What happens beyond it.
    pub beyond: &'static str,
    /// Whether `harness.toml` can state it.
    pub is_stated: bool,
    at: usize,
}

/// How many times its default a bound can be: it stays one.
const MOST_TIMES: usize = 100;

impl Limit {
    /// The most there may be.
    pub fn now(&self) -> usize {
        match STATED[self.at].load(Ordering::Relaxed) {
            0 => self.most,
            stated => stated,
        }
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
        self.is_stated.then(|| format!("limits.{} in harness.toml allows more", self.key()))
    }
}

/// Sets bounds, by their keys, for the whole process: of several projects that state one,
/// the greatest number counts.
///
/// # Errors
///
/// A key that is no bound's, a bound that is fixed, or a number that is none for it.
pub fn set(asked: &BTreeMap<String, usize>) -> Result<(), String> {
    let stated: Vec<(&Limit, usize)> =
        asked.iter().map(|(key, most)| checked(key, *most)).collect::<Result<_, _>>()?;
    for (limit, most) in stated {
        STATED[limit.at].fetch_max(most, Ordering::Relaxed);
    }
    Ok(())
}

/// The bound of a key, where it can be so much.
///
/// # Errors
///
/// As [`set`].
pub fn checked(key: &str, most: usize) -> Result<(&'static Limit, usize), String> {
    let Some(limit) = ALL.iter().find(|limit| limit.key() == key) else {
        let keys: Vec<String> =
            ALL.iter().filter(|limit| limit.is_stated).map(Limit::key).collect();
        let near = nearest(key, keys.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(format!("limits.{key} is no bound{near}"));
    };
    if !limit.is_stated {
        return Err(format!("limits.{key} cannot be changed"));
    }
    let top = limit.most.saturating_mul(MOST_TIMES);
    if !(1..=top).contains(&most) {
        return Err(format!("limits.{key} is a number from 1 to {top}"));
    }
    Ok((limit, most))
}

const PROBLEM: &str = "the file is an error and not read; the others are";
const SYNTAX: &str = "the query is an error at that place";
const UNSUPPORTED: &str = "the rule is unsupported, with the place";
const CASE: &str = "the case is an error";
const TOLD: &str = "the search for a case ends; the mutant counts as missed without one";
const PROOF: &str = "nothing is proved of them: a mutant counts as missed, `lint` tells nothing";
const BACKTEST: &str = "the rule is unsupported in that backtest, with the reason";
const CLUSTER: &str = "the run ends with an error";
const ASKED: &str =
    "more is asked for, in several requests where it is long, and what does not fit is judged here";
const SOUGHT: &str = "the search for a case ends; the clause or the mutant is told as not shown";

macro_rules! limits {
    (@) => { false };
    (@ stated) => { true };
    ($($(#[$doc:meta])* $name:ident = $most:expr, $what:literal, $beyond:expr $(, $stated:ident)?;)*) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of constants")]
        enum At { $($name),* }
        $(
            #[doc = $what]
            pub const $name: Limit = Limit {
                name: stringify!($name),
                most: $most,
                what: $what,
                beyond: $beyond,
                is_stated: limits!(@ $($stated)?),
                at: At::$name as usize,
            };
        )*
        /// All of them, in the order of the document.
        pub const ALL: &[Limit] = &[$($name),*];
    };
}

/// What projects state, in the order of the table; 0 where none does.
static STATED: [AtomicUsize; ALL.len()] = [const { AtomicUsize::new(0) }; ALL.len()];

limits! {
    FILE_BYTES = 64 << 20, "bytes of a file: fixtures, lists, mappings, `harness.toml`", PROBLEM, stated;
    RULE_BYTES = 16 << 20, "bytes of a rule's file", PROBLEM;
    EVENT_BYTES = 16 << 20, "bytes of JSON of one event, or of a `.json` fixture", PROBLEM, stated;
    FOLDER_DEPTH = 100, "levels of folders below `rules`, `cases`, `exceptions`", "the folder is an error and not looked into";
    FINDINGS = 200, "findings that are told of one file", "one more finding says how many are left out";
    RULE_DEPTH = 128, "levels of tables, objects and arrays of a rule's file", PROBLEM;
    RULE_FINDINGS = 1_000, "findings of one file of rules", "one more finding says how many are left out";
    BROKEN_LINES = 100, "broken values of one file of JSON rules", "one more finding says that the rest is not read";
    YAML_VALUES = 1_000_000, "values of a YAML file; an alias counts as all that it stands for", PROBLEM;
    EVENT_DEPTH = 100, "levels of objects and arrays of an event; a dot in a key is one", PROBLEM;
    ANSWER_DEPTH = 8, "answers of searches that lie in one another in a fixture", PROBLEM;
    MAPPING_DEPTH = 64, "levels of objects of a mapping", "the mapping is an error at that place";
    LIST_VALUES = 65_536, "values of a value list: Kibana's own", UNSUPPORTED;
    LIST_RANGES = 200, "ranges with a dash of a value list: Kibana's own", UNSUPPORTED;
    THRESHOLD_FIELDS = 5, "fields that a threshold groups by: Kibana's own", "the rule is an error at that place";
    KQL_DEPTH = 200, "levels of parentheses of a query in KQL", SYNTAX;
    LUCENE_DEPTH = 100, "levels of parentheses of a query in Lucene syntax", SYNTAX;
    EQL_DEPTH = 100, "levels of an expression in EQL", SYNTAX;
    EQL_ARITHMETIC = 200, "arithmetic operators of one filter of EQL", SYNTAX;
    EQL_RUNS = 100, "events that `with runs` asks for: Elasticsearch's own", SYNTAX;
    ESQL_DEPTH = 100, "levels of an expression in ES|QL", SYNTAX;
    ESQL_BRANCHES = 8, "branches of `FORK`: Elasticsearch's own", SYNTAX;
    ESQL_QUERIES = 8, "queries inside one another in ES|QL", SYNTAX;
    DSL_DEPTH = 100, "levels of clauses of a filter in Query DSL", SYNTAX;
    REGEXP_STATES = 10_003, "states of the automaton of a Lucene regular expression: Lucene's own bound", SYNTAX;
    REGEXP_LENGTH = 1_000, "characters of a Lucene regular expression: Elasticsearch's own", SYNTAX;
    REGEXP_DEPTH = 150, "levels of parentheses, complements and repetitions of a Lucene regular expression", SYNTAX;
    REGEXP_CLASSES = 4_096, "classes of characters that a Lucene regular expression tells apart", SYNTAX;
    REGEXP_PARTITION = 4_000_000, "steps of finding these classes", SYNTAX;
    REGEXP_DERIVATIVES = 3_000_000, "steps of building the automaton of a Lucene regular expression", SYNTAX;
    REGEXP_TRANSITIONS = 2_000_000, "transitions of that automaton", SYNTAX;
    PHRASE_TERMS = 12, "terms of a phrase with slop", UNSUPPORTED;
    SCRIPT_SIZE = 1_000_000, "parts of the script that a condition of EQL on several values becomes", UNSUPPORTED;
    ANALYZER_DEPTH = 50, "levels of groups of an expression of an analyzer", "the mapping is an error at that place";
    EXPRESSION_BYTES = 1 << 20, "bytes of memory of an expression of Java outside ES|QL", SYNTAX;
    SEQUENCE_STAGES = 4_096, "stages of a sequence, each run counted", UNSUPPORTED;
    SAMPLE_STAGES = 16, "stages of a sample", UNSUPPORTED;
    RULE_STEPS = 50_000_000, "steps that compiling one rule takes: states of automata, fields that patterns stand for", "the rule is unsupported: gave up after so many steps; the others are judged", stated;
    RULE_WORK = 400_000_000, "steps of judging one rule on its cases, and as many each of explaining it, of its schedule, its coverage and its mutants: conditions on values, values that ES|QL makes, events of sequences", "the rule is unsupported: gave up after so many steps; the others are judged", stated;
    RUN_FIELDS = 30_000, "fields that all rules of a run read together; a text counts twice", "the rules with which they are more are unsupported; the others are judged";
    VALUE_COMBINATIONS = 1_000_000, "combinations of values that the events of a case form for groups, join keys and new terms", CASE, stated;
    JOIN_KEYS = 10_000, "join keys that one event gives to one stage", CASE;
    SCRIPT_COMBINATIONS = 1 << 20, "combinations of the values of one event that a condition of EQL that runs as a script has to try", CASE, stated;
    INDICATOR_PAIRS = 10_000_000, "values that the events and the indicators of a case have in common", CASE, stated;
    NEW_TERMS_FOUND = 10_000, "new combinations of one run: Kibana's own", "the others raise no alert, as in Kibana";
    ALERT_INDICATORS = 200, "indicators that one alert names: Kibana's own", "the others are not named, as in Kibana";
    ALERT_FIELDS = 100, "fields that an alert of ES|QL shows", "the others are not shown";
    ESQL_ROWS = 20_000_000, "rows that a step of a pipeline makes", CASE;
    ESQL_VALUES = 1_000_000, "values that all steps of a pipeline make together on one case; 200 more for each of its events", CASE, stated;
    ESQL_TEXT = 256 << 20, "bytes of text that all steps of a pipeline make together on one case; 16,384 more for each of its events", CASE, stated;
    ESQL_STRING = 1 << 20, "bytes of one string that a function of ES|QL makes", CASE;
    ESQL_CONSTANT = 10_000, "values of a constant of ES|QL", SYNTAX;
    ESQL_RESULT = 10_000, "rows that a query of ES|QL returns: Elasticsearch's own", "the others are left out, with the warning of Elasticsearch";
    ESQL_LINEAGE = 1 << 20, "events that are noted behind the rows of a step of ES|QL, all rows together", "alerts, explanations and coverage name no events from there on";
    GROK_REFERENCES = 2_000, "patterns that one of `GROK` refers to, and those to others", UNSUPPORTED;
    GROK_LENGTH = 200_000, "bytes of the expression that a pattern of `GROK` stands for", UNSUPPORTED;
    JAVA_REGEX_DEPTH = 100, "levels of groups of an expression of `REPLACE` or `GROK`", UNSUPPORTED;
    JAVA_REGEX_REPEATS = 10, "repeats of one part of such an expression, one after the other", UNSUPPORTED;
    JAVA_REGEX_SIZE = 50_000, "instructions that such an expression becomes", UNSUPPORTED;
    JAVA_REGEX_STEPS = 20_000_000, "steps of one search by such an expression", CASE, stated;
    JAVA_REGEX_COUNT = 10_000, "times that a count of such an expression repeats a part", UNSUPPORTED;
    JAVA_REGEX_BRACKETS = 20, "levels of brackets of such an expression", UNSUPPORTED;
    JAVA_REGEX_RANGES = 2_000_000, "ranges that the classes of all its instructions have", UNSUPPORTED;
    JAVA_REGEX_BUILD = 500_000, "steps of writing these instructions", UNSUPPORTED;
    JAVA_REGEX_LOOKS = 128, "texts that a look-around of such an expression stands for where it is taken apart", UNSUPPORTED;
    SCHEDULE_RUNS = 10_000, "intervals of a rule before a case's moment that `--schedule` looks at; of ES|QL, a tenth of them, shared by the cases of the rule", "earlier runs are left out, and the schedule says so", stated;
    EXPLAINED_CASES = 100, "failed cases of a rule that are explained", "the others fail without an explanation; a warning tells how many";
    EXPLAINED_EVENTS = 100, "events of a case that `explain` shows, the nearest first", "it says how many are left out";
    EXPLAINED_TURNS = 40, "events for which `explain` looks for the smallest change", "it says how many are left out";
    EXPLAINED_TRIES = 4_000, "changes of fields that `explain` tries on ES|QL; of one event 600", "no change is told of the event";
    COVERAGE_ROWS = 10_000_000, "rows that coverage reads again to see what decides in one rule of ES|QL; with many conditions, each counts as several", "a clause without a witness so far counts as not shown to decide", stated;
    MUTANT_TRIES = 400, "variants of cases that are tried for one mutant", TOLD, stated;
    MUTANT_EVENTS = 20_000, "events that all variants for one mutant have together", TOLD, stated;
    MUTANT_READS = 200_000, "events that all trials for the mutants of one rule of ES|QL read together; each trial counts as 8 more", TOLD, stated;
    MUTANT_VARIANTS = 8_000, "variants of cases that are tried for one rule of ES|QL", TOLD;
    MUTANT_TOGETHER = 400, "of them, of one case with several events changed", TOLD;
    MUTANT_VARIED = 40_000, "events that all these variants have together", TOLD;
    PROOF_NODES = 1 << 18, "nodes of the diagrams by which clauses are compared", PROOF;
    PROOF_VARIABLES = 2_000, "different conditions of one rule that are compared", PROOF;
    PROOF_PATTERNS = 1 << 16, "steps of comparing two patterns", PROOF;
    PROOF_CHOICES = 400, "choices that are tried for values that fulfil a condition", SOUGHT;
    LINT_CLAUSES = 2_000, "clauses of a filter that `lint` compares", "they are not compared";
    REGRESS_READS = 160_000, "events that all searches of `regress` on ES|QL read together; of one rule 600 to 20,000", "the difference is unknown, and told so";
    REGRESS_RUNS = 400, "runs of a rule on one stream of events that `regress` looks at", "the difference is unknown, and told so";
    NEW_STARTS = 6, "events that the search for one case of `new` starts from", SOUGHT;
    NEW_CHANGES = 8, "sets of changes to one of them that are tried", SOUGHT;
    NEW_VALUES = 200, "values that are tried in one field", SOUGHT;
    NEW_VARIANTS = 250, "variants of one case of several events that are tried", SOUGHT, stated;
    NEW_COUNT = 2_000, "events that a threshold is filled with", SOUGHT, stated;
    NEW_READS = 20_000, "events that all trials for the first case of one rule of ES|QL read together; each trial counts as 4 more", SOUGHT, stated;
    NEW_MUTANT_READS = 60_000, "events that all trials for the mutants of one rule of ES|QL read together while cases are made", SOUGHT, stated;
    NEW_FEWEST = 600, "sets of real events that are tried to find the fewest that raise a rule", SOUGHT, stated;
    NEW_NEAR = 1_500, "sets of real events near those that are tried", SOUGHT, stated;
    NEW_EVENTS = 40, "events of a case of `new` whose variants are tried", SOUGHT;
    NEW_GROUP = 1_100, "events that are made for one group of ES|QL", SOUGHT;
    NEW_SINGLE = 120, "events that are tried for one change of an event of ES|QL", SOUGHT;
    NEW_STEPS = 32, "changes one after the other that lead to a case of ES|QL; of one event 20", SOUGHT;
    NEW_MUTANT_VARIANTS = 1_500, "variants of cases of ES|QL that are tried on mutants by `new`", SOUGHT;
    NEW_ROUNDS = 3, "times that cases of `new` are judged again after some were dropped", SOUGHT;
    BACKTEST_RUNS = 1_100_000, "runs of a rule in a period: two years of a run each minute", BACKTEST;
    BACKTEST_READINGS = 100_000_000, "readings of events by windows that overlap", BACKTEST;
    BACKTEST_ALERTS = 1_000_000, "events, sequences or samples that a rule finds", BACKTEST;
    BACKTEST_HELD = 1_000_000, "combinations of values and slots of time that a rule holds", BACKTEST;
    BACKTEST_WAYS = 10_000, "groups that one event is in", BACKTEST;
    BACKTEST_PAGES = 2_000, "pages of 10,000 groups that a cluster is asked for", BACKTEST;
    BACKTEST_ROWS = 300_000, "events of one window that a pipeline reads", BACKTEST;
    BACKTEST_BYTES = 256 << 20, "bytes of JSON of these events", BACKTEST;
    BACKTEST_KEPT = 2_000_000, "events of files that one rule keeps", BACKTEST;
    BACKTEST_KEYLESS = 2_000_000, "candidates of a sequence without join keys", BACKTEST;
    BACKTEST_INDICATORS = 100_000, "indicators that one rule compares", BACKTEST;
    BACKTEST_COMPARED = 1_000_000, "different events that are compared with indicators", BACKTEST;
    BACKTEST_SUPPRESSED = 200_000, "events that are read to see what is suppressed", BACKTEST;
    BACKTEST_PAIRS = 100_000, "pairs of rules whose common alerts are counted; 100 are told", "the others are not counted";
    BACKTEST_VALUES = 1_000, "different values of a field that are counted", "the others are not counted";
    BACKTEST_VERSIONS = 10_000, "alerts of a version that are compared with those of another", "only so many are compared, and the report says so";
    CLUSTER_ANSWER = 256 << 20, "bytes of a cluster's answer to a search", CLUSTER, stated;
    CLUSTER_VALUES = 10_000_000, "values of a cluster's answer", CLUSTER, stated;
    CLUSTER_FIELDS = 64 << 20, "bytes of a cluster's answer about fields", CLUSTER;
    CLUSTER_WORDS = 1 << 20, "bytes of a cluster's answer about itself, and of a refusal", CLUSTER;
    CLUSTER_ATTEMPTS = 6, "times that a request is tried", CLUSTER;
    CLUSTER_CLAUSES = 900, "clauses of one request", ASKED;
    CLUSTER_DEPTH = 17, "levels of its clauses", ASKED;
    CLUSTER_TERMS = 60_000, "values of one of its clauses", ASKED;
    CLUSTER_AUTOMATON = 900, "bytes of a pattern in it", ASKED;
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

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
            Those with a key can be stated in `harness.toml`, up to a hundred times as much; less\n\
            makes a run cheaper. The others protect the stack or the memory, end a search whose\n\
            result says so, or are Elasticsearch's and Kibana's own:\n\n\
            ```toml\n[limits]\nmutant_tries = 4_000\n```\n\n\
            This page is made of `harness/crates/source/src/limits.rs`; after a change,\n\
            `UPDATE_PAGES=1 cargo test --workspace --lib limits` writes it anew. What a\n\
            report shows of long lists is shortened beside: it says how much it leaves out.\n\n\
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
                if limit.is_stated { format!("`{}`", limit.key()) } else { String::new() }
            );
        }
        crate::page::check("limits.md", &text);
    }

    #[test]
    fn the_schema_of_the_configuration_has_the_keys() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/schemas/harness.schema.json");
        let text = std::fs::read_to_string(path).expect("the schema is there");
        for limit in ALL {
            let has = text.contains(&format!(
                "\"{}\": {{\"type\": \"integer\", \"minimum\": 1, \"maximum\": {}}}",
                limit.key(),
                limit.most * super::MOST_TIMES
            ));
            assert_eq!(has, limit.is_stated, "limits.{}", limit.key());
        }
    }

    #[test]
    fn projects_state_bounds() {
        let one = |key: &str, most| super::set(&[(key.to_owned(), most)].into());
        assert_eq!(NEW_NEAR.now(), NEW_NEAR.most);
        assert_eq!(one("new_near", 7), Ok(()));
        assert_eq!(NEW_NEAR.now(), 7, "less makes a run cheaper");
        assert_eq!(one("new_near", 2_000), Ok(()));
        assert_eq!(one("new_near", 1_800), Ok(()));
        assert_eq!(NEW_NEAR.now(), 2_000, "the greatest, for the whole process");
        assert!(NEW_NEAR.told().contains("limits.new_near in harness.toml allows more"));
        let bad = |key, most| one(key, most).expect_err("no such bound");
        assert_eq!(
            bad("new_nears", 2_000),
            "limits.new_nears is no bound; did you mean `new_near`?"
        );
        assert_eq!(bad("kql_depth", 2_000), "limits.kql_depth cannot be changed");
        assert_eq!(bad("new_near", 0), "limits.new_near is a number from 1 to 150000");
        assert_eq!(bad("new_near", 1_000_000), "limits.new_near is a number from 1 to 150000");
    }
}
