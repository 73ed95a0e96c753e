//! What inputs are made of: the project's own rules and cases, and small grammars.

use std::path::Path;

use harness::files;

use super::random::Random;

/// Texts by kind.
#[derive(Debug, Default)]
pub(super) struct Seeds {
    pub(super) rules: Vec<String>,
    pub(super) cases: Vec<String>,
    pub(super) kql: Vec<String>,
    pub(super) eql: Vec<String>,
    pub(super) esql: Vec<String>,
    pub(super) lucene: Vec<String>,
}

const FIELDS: &[&str] = &[
    "user.name",
    "host.name",
    "process.name",
    "process.command_line",
    "process.pid",
    "source.ip",
    "destination.port",
    "event.action",
    "event.category",
    "message",
    "@timestamp",
    "no.such",
    "user.*",
];
const VALUES: &[&str] = &[
    "root",
    "bob",
    "a",
    "b",
    "\"a b\"",
    "1",
    "22",
    "443",
    "10.0.0.1",
    "ro*",
    "true",
    "\"\"",
    "2026-01-05T10:00:00Z",
    "\"curl -s http://x | sh\"",
];
const PATTERNS: &[&str] = &[
    "a.*b",
    "(a|b)+",
    "[a-z]{1,3}",
    ".*",
    "ro?t",
    "~(a)&b*",
    "<1-20>",
    "#",
    "a{2,}",
    "(a+)+",
    "\\\\.",
];

impl Seeds {
    /// Reads the rules and cases of a project.
    pub(super) fn of(root: &Path) -> Self {
        let mut seeds = Self::default();
        let texts = |folder: &str, patterns: &[&str]| -> Vec<String> {
            let found = files::find(&root.join(folder), patterns, &mut Vec::new());
            found.iter().filter_map(|file| files::read(&file.path).ok()).collect()
        };
        seeds.rules = texts("rules", &["**/*.toml"]);
        seeds.cases = texts("cases", &["**/*.json", "**/*.ndjson"]);
        seeds.cases.retain(|text| text.len() < 20_000);
        for text in &seeds.rules {
            let Some(rule) = harness::rule::parse(text).0 else { continue };
            let Some(query) = &rule.query else { continue };
            let language = rule.language.map(|language| language.to_string()).unwrap_or_default();
            match language.as_str() {
                "kuery" => seeds.kql.push(query.text.clone()),
                "eql" => seeds.eql.push(query.text.clone()),
                "esql" => seeds.esql.push(query.text.clone()),
                _ => seeds.lucene.push(query.text.clone()),
            }
        }
        seeds
    }

    /// A condition in KQL or Lucene.
    pub(super) fn clause(random: &mut Random, depth: usize) -> String {
        let field = random.pick(FIELDS);
        match random.below(if depth == 0 { 4 } else { 8 }) {
            0 => format!("{field}:*"),
            1 => format!("{field} : ({} or {})", random.pick(VALUES), random.pick(VALUES)),
            2 => format!("{field} >= {}", random.pick(VALUES)),
            3 => format!("{field}:{}", random.pick(VALUES)),
            4 => format!("not {}", Self::clause(random, depth - 1)),
            5 => format!("({})", Self::clause(random, depth - 1)),
            kind => {
                let word = if kind == 6 { "and" } else { "or" };
                let (left, right) =
                    (Self::clause(random, depth - 1), Self::clause(random, depth - 1));
                format!("{left} {word} {right}")
            }
        }
    }

    /// A condition in EQL or ES|QL.
    pub(super) fn condition(random: &mut Random, depth: usize) -> String {
        let field = random.pick(&FIELDS[..11]);
        let text = |random: &mut Random| {
            format!("\"{}\"", random.pick(&["root", "a", "b*", "", "10.0.0.1"]))
        };
        match random.below(if depth == 0 { 6 } else { 9 }) {
            0 => format!("{field} == {}", text(random)),
            1 => format!("{field} in ({}, {})", text(random), text(random)),
            2 => format!("{field} like {}", text(random)),
            3 => format!("process.pid > {}", random.below(50)),
            4 => format!("length({field}) % {} == 1", random.below(4)),
            5 => format!("{field} : ({}, {})", text(random), text(random)),
            6 => format!("not ({})", Self::condition(random, depth - 1)),
            kind => {
                let word = if kind == 7 { "and" } else { "or" };
                let (left, right) =
                    (Self::condition(random, depth - 1), Self::condition(random, depth - 1));
                format!("({left} {word} {right})")
            }
        }
    }

    /// A query in EQL.
    pub(super) fn eql_query(random: &mut Random) -> String {
        let condition = |random: &mut Random| Self::condition(random, 2);
        if random.once_in(3) {
            return format!("any where {}", condition(random));
        }
        let by = random.pick(&["", " by host.name", " by user.name, host.name"]);
        if random.once_in(5) {
            let by = if by.is_empty() { " by host.name" } else { by };
            let (first, second) = (condition(random), condition(random));
            return format!("sample{by} [any where {first}] [any where {second}]");
        }
        let span =
            random.pick(&["", " with maxspan=1m", " with maxspan=2s", " with maxspan=9999d"]);
        let mut query = format!("sequence{by}{span}");
        for at in 0..2 + random.below(3) {
            let missing = if at > 0 && !span.is_empty() && random.once_in(6) { "!" } else { "" };
            let runs = if missing.is_empty() && random.once_in(5) { " with runs=2" } else { "" };
            query = format!("{query} {missing}[any where {}]{runs}", condition(random));
        }
        if random.once_in(4) {
            query = format!("{query} until [any where {}]", condition(random));
        }
        query
    }

    /// A pipeline in ES|QL.
    pub(super) fn pipeline(random: &mut Random) -> String {
        let mut query = "from logs-*".to_owned();
        for _ in 0..=random.below(5) {
            let field = random.pick(&FIELDS[..11]);
            let next = match random.below(10) {
                0 => format!("where {field} == \"root\""),
                1 => format!("where {field} rlike \"{}\"", random.pick(PATTERNS)),
                2 => format!("eval x = {}", Self::expression(random, 3)),
                3 => format!("eval y = date_trunc({} days, @timestamp)", random.below(40)),
                4 => format!("stats c = count(*), v = values({field}) by host.name"),
                5 => format!("mv_expand {field}"),
                6 => format!("grok message \"%{{WORD:w}} (?<z>{})\"", random.pick(PATTERNS)),
                7 => "dissect message \"%{a} %{+b->} %{?c}\"".to_owned(),
                8 => format!("sort {field} desc | limit {}", random.below(5)),
                _ => format!("keep {field}, host.*, @timestamp"),
            };
            query.push_str(" | ");
            query.push_str(&next);
        }
        query
    }

    fn expression(random: &mut Random, depth: usize) -> String {
        let field = random.pick(&FIELDS[..11]);
        if depth == 0 {
            return random
                .pick(&[field, "1", "9223372036854775807", "\"a\"", "null", "-0.5", "now()"])
                .to_owned();
        }
        let one = Self::expression(random, depth - 1);
        let two = Self::expression(random, depth - 1);
        match random.below(12) {
            0 => format!("{one} + {two}"),
            1 => format!("{one} * {two}"),
            2 => format!("mv_append({one}, {two})"),
            3 => format!("concat(to_string({one}), to_string({two}))"),
            4 => format!("case({field} == \"root\", {one}, {two})"),
            5 => format!("date_diff(\"month\", @timestamp, to_datetime({one}))"),
            6 => format!("replace(to_string({one}), \"{}\", \"$0$0\")", random.pick(PATTERNS)),
            7 => format!("repeat(to_string({one}), {})", random.below(2000)),
            8 => format!("coalesce({one}, {two})"),
            9 => format!("mv_sort(mv_dedupe({one}))"),
            10 => format!("split(to_string({one}), \",\")"),
            _ => format!("to_long({one}) % to_long({two})"),
        }
    }

    /// A pattern of one of our kinds.
    pub(super) fn pattern(random: &mut Random) -> String {
        (0..=random.below(3)).map(|_| random.pick(PATTERNS)).collect()
    }

    /// Events of one case, as JSON.
    pub(super) fn events(random: &mut Random) -> String {
        let time = |random: &mut Random| match random.below(12) {
            0 => "-9223372036854775808".to_owned(),
            1 => "9223372036854775807".to_owned(),
            2 => "\"no date\"".to_owned(),
            _ => format!("\"2026-01-05T10:{:02}:{:02}Z\"", random.below(60), random.below(60)),
        };
        let events = (0..=random.below(6)).map(|_| {
            let mut fields = vec![format!("\"@timestamp\":{}", time(random))];
            for field in &FIELDS[..10] {
                let value = match (random.below(8), *field) {
                    (0, _) => continue,
                    (1, _) => "[\"root\",\"a\",null,1]".to_owned(),
                    (2, _) => {
                        random.pick(&["null", "{}", "[]", "1e300", "true", "\"\""]).to_owned()
                    }
                    (_, "process.pid" | "destination.port") => random.below(50).to_string(),
                    (_, "source.ip") => "\"10.0.0.1\"".to_owned(),
                    _ => format!("\"{}\"", random.pick(&["root", "a", "b", "bob", "a b c"])),
                };
                fields.push(format!("\"{field}\":{value}"));
            }
            format!("{{{}}}", fields.join(","))
        });
        let events: Vec<String> = events.collect();
        format!("[{}]", events.join(","))
    }
}
