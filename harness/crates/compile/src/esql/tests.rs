//! Pipelines against the index: what narrows them changes no result, and where
//! they only filter they say what the reference evaluator says.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::Now;
use crate::rule::compile_filter;
use harness_esql::memory::{Document, MemorySource};
use harness_esql::run::{RunOptions, Table, Truth, run};
use harness_esql::search::SearchFunctions;
use harness_model::document::{self, Columns, Ingest};
use harness_model::event::Event;
use harness_model::schema::{Base, Home, Schema};
use harness_predicate::Part;
use harness_predicate::eval::eval;

fn schema() -> Schema {
    let mut schema = Schema::new(Base::Empty);
    let mapping = json!({"properties": {
        "k": {"type": "keyword"},
        "s": {"type": "keyword", "ignore_above": 3},
        "w": {"type": "wildcard"},
        "n": {"type": "long"},
        "i": {"type": "integer"},
        "b": {"type": "boolean"},
        "a": {"type": "ip"},
        "d": {"type": "date"},
        "t": {"type": "text"},
        "z": {"type": "keyword", "null_value": "none"},
    }});
    schema.add_mapping(&mapping, &json!({})).expect("a mapping");
    schema
}

fn compiled(query: &str, schema: &Schema) -> (PipelinePlan, Pipeline) {
    let context = Context { schema, part: Part::Query, now: Now::at(0) };
    compile(query, context, false, &[]).unwrap_or_else(|errors| panic!("{query}: {errors:?}"))
}

fn narrowed(condition: &str) -> String {
    let schema = schema();
    let (plan, _) = compiled(&format!("from x metadata _index | {condition}"), &schema);
    plan.narrow.to_string().trim().replace('\n', "; ")
}

#[test]
fn leading_conditions_narrow_as_far_as_the_index_can_tell() {
    let table = [
        ("where k == \"a\"", "k = \"a\""),
        ("where \"a\" < k", "k > \"a\""),
        ("where k == \"a\" and length(k) > 2", "k = \"a\""),
        ("where k == \"a\" or length(k) > 2", "every event"),
        ("where k == \"a\" | keep k, n | where n > 2", "all of;   k = \"a\";   n >= 3"),
        ("where k == \"a\" | eval m = n | where n > 2", "k = \"a\""),
        ("where not k == \"a\"", "k exists"),
        ("where k != \"a\"", "k exists"),
        ("where not k != \"a\"", "k = \"a\""),
        ("where not (n > 2 or k is null)", "all of;   n <= 2;   k exists"),
        ("where k is null", "not k exists"),
        ("where z is null", "not z exists"),
        ("where k like \"*\"", "k ~ \"*\""),
        ("where k not like \"*\"", "not k exists"),
        ("where k not like \"a*\"", "k exists"),
        ("where n in (1, 2)", "any of;   n = 1;   n = 2"),
        ("where n not in (1, 2)", "n exists"),
        ("where n < -9223372036854775808", "n in 9223372036854775807..=-9223372036854775808"),
        ("where b and not b", "all of;   b = true;   b = false"),
        ("where a == \"10.0.0.1\"", "a = 10.0.0.1"),
        ("where d >= \"2024-01-01\"", "d >= 2024-01-01T00:00:00.000Z"),
        ("where kql(\"k: a\") and not match(k, \"b\")", "all of;   k = \"a\";   not k = \"b\""),
        // The index sees these otherwise than a column does, or not at all.
        ("where t == \"a\"", "every event"),
        ("where _index == \"x\"", "every event"),
        ("where null", "every event"),
        ("where false", "no event"),
        ("stats c = count(*) by k | where k == \"a\"", "every event"),
    ];
    let found = table.map(|(condition, _)| (condition, narrowed(condition)));
    assert_eq!(found, table.map(|(condition, expected)| (condition, expected.to_owned())));
}

/// A leaf: in ES|QL, as a clause of the Query DSL, the field that it tests,
/// and whether it has two values only.
type LeafCase = (String, Json, &'static str, bool);

fn one_of<T: Clone + std::fmt::Debug + 'static>(of: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(of.to_vec())
}

fn leaf_case() -> impl Strategy<Value = LeafCase> {
    let field = || one_of(&["k", "s", "w", "z"]);
    let word = || one_of(&["a", "ab", "B", "", "*", "long"]);
    let bounds = || one_of(&[("<", "lt"), ("<=", "lte"), (">", "gt"), (">=", "gte")]);
    prop_oneof![
        (field(), word()).prop_map(|(field, word)| {
            (format!("{field} == {word:?}"), json!({"term": {field: word}}), field, false)
        }),
        (field(), word(), word()).prop_map(|(field, a, b)| {
            let clause = json!({"terms": {field: [a, b]}});
            (format!("{field} in ({a:?}, {b:?})"), clause, field, false)
        }),
        (field(), one_of(&["a*", "?b", "*b*", "?"])).prop_map(|(field, glob)| {
            (format!("{field} like {glob:?}"), json!({"wildcard": {field: glob}}), field, false)
        }),
        (field(), one_of(&["[aA].*", "a?b", "(a|B)+"])).prop_map(|(field, regexp)| {
            (format!("{field} rlike {regexp:?}"), json!({"regexp": {field: regexp}}), field, false)
        }),
        field().prop_map(|field| {
            (format!("{field} like \"*\""), json!({"exists": {"field": field}}), field, true)
        }),
        one_of(&["k", "s", "w", "z", "n", "i", "b", "a", "d"]).prop_map(|field| {
            (format!("{field} is not null"), json!({"exists": {"field": field}}), field, true)
        }),
        (one_of(&["n", "i"]), bounds(), -1..3_i64).prop_map(|(field, (op, name), bound)| {
            (
                format!("{field} {op} {bound}"),
                json!({"range": {field: {name: bound}}}),
                field,
                false,
            )
        }),
        (one_of(&["n", "i"]), -1..3_i64).prop_map(|(field, value)| {
            (format!("{value} == {field}"), json!({"term": {field: value}}), field, false)
        }),
        any::<bool>().prop_map(|value| {
            (format!("b == {value}"), json!({"term": {"b": value}}), "b", false)
        }),
        one_of(&["10.0.0.1", "::1"]).prop_map(|address| {
            (format!("a == {address:?}"), json!({"term": {"a": address}}), "a", false)
        }),
        (bounds(), one_of(&["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"])).prop_map(
            |((op, name), moment)| {
                (format!("d {op} {moment:?}"), json!({"range": {"d": {name: moment}}}), "d", false)
            }
        ),
        word().prop_map(|word| {
            // Full-text functions ask for any value.
            let query = format!("match(k, {word:?})");
            (query, json!({"match": {"k": {"query": word, "lenient": true}}}), "k", true)
        }),
    ]
}

#[derive(Clone, Debug)]
enum Condition {
    Leaf(LeafCase),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

fn condition() -> impl Strategy<Value = Condition> {
    leaf_case().prop_map(Condition::Leaf).prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            vec(inner.clone(), 2..4).prop_map(Condition::And),
            vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

impl Condition {
    fn text(&self) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<_> = parts.iter().map(|part| format!("({})", part.text())).collect();
            parts.join(word)
        };
        match self {
            Self::Leaf((text, ..)) => text.clone(),
            Self::Not(inner) => format!("not ({})", inner.text()),
            Self::And(parts) => joined(parts, " and "),
            Self::Or(parts) => joined(parts, " or "),
        }
    }

    /// Three-valued truth, given that of the leaves.
    fn truth(&self, leaf: &dyn Fn(&LeafCase) -> Truth) -> Truth {
        let truths = |parts: &[Self]| parts.iter().map(|part| part.truth(leaf)).collect::<Vec<_>>();
        match self {
            Self::Leaf(case) => leaf(case),
            Self::Not(inner) => match inner.truth(leaf) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Null => Truth::Null,
            },
            Self::And(parts) => match truths(parts) {
                truths if truths.contains(&Truth::False) => Truth::False,
                truths if truths.contains(&Truth::Null) => Truth::Null,
                _ => Truth::True,
            },
            Self::Or(parts) => match truths(parts) {
                truths if truths.contains(&Truth::True) => Truth::True,
                truths if truths.contains(&Truth::Null) => Truth::Null,
                _ => Truth::False,
            },
        }
    }
}

/// None, one, or several different values.
fn some(of: &[Json]) -> impl Strategy<Value = Vec<Json>> + use<> {
    prop::sample::subsequence(of.to_vec(), 0..=of.len().min(2))
}

fn source() -> impl Strategy<Value = Json> {
    let words = || {
        some(&[
            json!("a"),
            json!("ab"),
            json!("B"),
            json!(""),
            json!("long"),
            json!("\u{212a}"),
            json!("A\u{130}"),
        ])
    };
    let numbers = || some(&[json!(-1), json!(0), json!(1), json!(2)]);
    let addresses = some(&[json!("10.0.0.1"), json!("::1"), json!("10.0.0.2")]);
    let moments = some(&[json!("2024-01-01T00:00:00Z"), json!("2024-01-02T00:00:00Z")]);
    let booleans = some(&[json!(true), json!(false)]);
    let nulls = some(&[json!(null), json!("a"), json!("none")]);
    let strings = (words(), words(), words(), words(), nulls);
    (strings, numbers(), numbers(), booleans, addresses, moments).prop_map(
        |((k, s, w, t, z), n, i, b, a, d)| {
            json!({"k": k, "s": s, "w": w, "t": t, "z": z, "n": n, "i": i, "b": b, "a": a, "d": d})
        },
    )
}

/// How many values a field of a document has in the index.
fn kept(source: &Json, field: &str) -> usize {
    let values = source[field].as_array().map_or(&[][..], Vec::as_slice);
    if field == "z" {
        // Null counts as its `null_value`.
        let both = values.contains(&json!(null)) && values.contains(&json!("none"));
        return values.len() - usize::from(both);
    }
    let short = |value: &&Json| field != "s" || value.as_str().is_some_and(|text| text.len() <= 3);
    values.iter().filter(short).count()
}

struct Answers(Vec<(Span, Vec<bool>)>);

impl SearchFunctions for Answers {
    fn matches(&self, search: &Search) -> Result<Vec<bool>, Diagnostic> {
        let found = self.0.iter().find(|(span, _)| *span == search.span);
        Ok(found.map(|(_, rows)| rows.clone()).expect("a compiled function"))
    }
}

/// Documents as the index has them, with the columns of some predicates.
fn indexed(
    predicates: &[&Predicate],
    events: &[Event],
    schema: &Schema,
) -> (Vec<document::Document>, Columns) {
    let mut fields = Vec::new();
    for predicate in predicates {
        predicate.leaves(&mut |leaf| {
            fields.extend(leaf.columns().iter().filter_map(|column| schema.field(&column.name)));
        });
    }
    let mut columns = Columns::default();
    let ingest = Ingest::new(schema, &fields, &mut columns);
    let documents = events.iter().map(|event| ingest.document(event, &mut Vec::new()));
    (documents.collect(), columns)
}

fn events(sources: &[Json]) -> Vec<Event> {
    let sources = (1..).zip(sources);
    sources.map(|(at, json)| Event::from_json(json.clone(), at).expect("an event")).collect()
}

/// Which rows a query is run on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rows {
    All,
    /// Those that its leading `WHERE` may keep.
    Narrowed,
    /// Those of which its leading commands may keep a row.
    Sifted,
}

/// Runs a query on rows; and the number of rows that it was spared.
fn ran(query: &str, sources: &[Json], on: Rows) -> (Result<Vec<String>, String>, usize) {
    let schema = schema();
    let (plan, pipeline) = compiled(query, &schema);
    let events = events(sources);
    let condition = match on {
        Rows::All => &Predicate::Const(true),
        Rows::Narrowed => &plan.narrow,
        Rows::Sifted => &pipeline.sift(query, &plan.searches, &schema),
    };
    let filters: Vec<&Predicate> = plan.searches.iter().chain([condition]).collect();
    let (documents, columns) = indexed(&filters, &events, &schema);
    let rows = |predicate: &Predicate| -> Vec<bool> {
        documents.iter().map(|document| eval(predicate, document, &columns)).collect()
    };
    let found = pipeline.searches.iter().copied().zip(plan.searches.iter().map(rows));
    let kept = rows(condition);
    let kept = (0_u32..).zip(kept).filter(|(_, kept)| *kept).map(|(row, _)| row);
    let kept: Vec<u32> = kept.collect();
    let spared = events.len() - kept.len();
    let documents: Vec<_> = events.iter().map(Document::from).collect();
    let source = MemorySource::read(&pipeline.fields, &documents);
    let options = RunOptions { rows: Some(kept), ..RunOptions::default() };
    let table = run(&pipeline.plan, &source, &Answers(found.collect()), &options);
    (table.map(|table| shown(&table, &source)).map_err(|error| error.to_string()), spared)
}

fn shown(table: &Table, source: &MemorySource) -> Vec<String> {
    let columns = table.all_columns(source, source);
    let row = |row: usize| {
        let cells = columns.iter().map(|column| {
            let values = column.column.values(row).map(|value| value.text(column.ty));
            format!("{}={:?}", column.name, values.collect::<Vec<_>>())
        });
        cells.collect::<Vec<_>>().join(" ")
    };
    (0..table.rows).map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_filter_is_the_reference_evaluator_in_three_values(
        condition in condition(),
        sources in vec(source(), 1..8),
    ) {
        let schema = schema();
        let events = events(&sources);
        let context = Context { schema: &schema, part: Part::Query, now: Now::at(0) };
        let holds = |at: usize| {
            let leaf = |(text, clause, field, two_valued): &LeafCase| {
                let predicate = compile_filter(clause, context);
                let predicate = predicate.unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
                let (documents, columns) = indexed(&[&predicate], &events[at..=at], &schema);
                match eval(&predicate, &documents[0], &columns) {
                    _ if !two_valued && kept(&sources[at], field) != 1 => Truth::Null,
                    true => Truth::True,
                    false => Truth::False,
                }
            };
            condition.truth(&leaf) == Truth::True
        };
        let expected = (0..events.len()).filter(|at| holds(*at));
        let expected: Vec<_> = expected.map(|at| format!("_id=[{:?}]", events[at].id)).collect();
        let query = format!("from x metadata _id | where {} | keep _id", condition.text());
        prop_assert_eq!(ran(&query, &sources, Rows::All).0, Ok(expected), "{}", query);
    }

    #[test]
    fn narrowing_changes_no_table(
        conditions in vec(condition(), 1..3),
        sources in vec(source(), 1..8),
        behind in one_of(&[
            "keep _id",
            "stats rows = count(*), top = max(n)",
            "stats rows = count(*), top = max(n) by k | sort k",
            "inline stats top = max(n) by b | keep _id, top",
            "eval m = n | where k == \"a\" | keep _id, m",
            "keep _id, k, n, t | where t == \"a\"",
            "limit 2 | keep _id",
        ]),
    ) {
        let text = |condition: &Condition| format!("where {}", condition.text());
        let leading: Vec<_> = conditions.iter().map(text).collect();
        let query = format!("from x metadata _id | {} | {behind}", leading.join(" | "));
        let (all, _) = ran(&query, &sources, Rows::All);
        prop_assert_eq!(ran(&query, &sources, Rows::Narrowed).0, all, "{}", query);
    }

    #[test]
    fn sifting_changes_no_table(
        commands in vec(command(), 1..5),
        sources in vec(source(), 1..8),
        behind in one_of(&["keep _id, c", "stats rows = count(*) by c | sort c", "limit 2 | keep _id"]),
    ) {
        let commands = commands.join(" | ");
        let query = format!("from x metadata _id | eval c = k, e = n | {commands} | {behind}");
        let (all, _) = ran(&query, &sources, Rows::All);
        prop_assert_eq!(ran(&query, &sources, Rows::Sifted).0, all, "{}", query);
    }
}

/// A command that makes a column, takes lists apart, or drops rows by columns that were
/// made: `c` is a string, `e` a number.
fn command() -> impl Strategy<Value = String> {
    let text = || {
        one_of(&[
            "c",
            "k",
            "to_lower(c)",
            "to_upper(w)",
            "case(n > 0, k, s == \"ab\", \"a\", w)",
            "case(b, \"a\", i == 1, c)",
            "coalesce(s, c, \"b\")",
            "concat(c, \"b\")",
            "mv_first(w)",
            "mv_concat(k, \"b\")",
            "to_string(k)",
            "substring(c, 1, 1)",
        ])
    };
    let number = || {
        one_of(&[
            "e",
            "i",
            "e + n",
            "-e",
            "length(c)",
            "locate(c, \"b\")",
            "mv_count(k)",
            "mv_max(n)",
            "case(c like \"a*\", 2, i)",
            "coalesce(i, 0)",
        ])
    };
    let asked = prop_oneof![
        (text(), one_of(&["==", "!=", "<"]), one_of(&["a", "ab", "k", "b"]))
            .prop_map(|(text, op, word)| format!("{text} {op} \"{word}\"")),
        (text(), one_of(&["like \"a*\"", "like \"*k?\"", "not like \"*\"", "rlike \"a.*\""]))
            .prop_map(|(text, pattern)| format!("{text} {pattern}")),
        text().prop_map(|text| format!("{text} in (\"a\", \"k\", \"b\")")),
        text().prop_map(|text| format!("{text} is not null")),
        text().prop_map(|text| format!("{text} is null")),
        (one_of(&["starts_with", "ends_with", "contains"]), text())
            .prop_map(|(function, text)| format!("{function}({text}, \"b\")")),
        (number(), one_of(&["==", "!=", "<", ">", ">="]), 0..3)
            .prop_map(|(number, op, bound)| format!("{number} {op} {bound}")),
        (number(), number()).prop_map(|(a, b)| format!("{a} > {b}")),
        Just("case(n > 0, b, c == \"a\", true, false)".to_owned()),
        Just("coalesce(b, c == \"a\")".to_owned()),
    ];
    let asked = asked.boxed();
    let both = (asked.clone(), one_of(&["and", "or"]), asked.clone());
    prop_oneof![
        text().prop_map(|text| format!("eval c = {text}")),
        number().prop_map(|number| format!("eval e = {number}")),
        Just("mv_expand c".to_owned()),
        Just("mv_expand k".to_owned()),
        Just("sort _id".to_owned()),
        asked.clone().prop_map(|condition| format!("where {condition}")),
        asked.prop_map(|condition| format!("where not ({condition})")),
        both.prop_map(|(a, op, b)| format!("where ({a}) {op} ({b})")),
    ]
}

#[test]
fn what_the_query_makes_of_fields_is_seen_through() {
    let sifted = |commands: &str| {
        let schema = schema();
        let query = format!("from x metadata _index | {commands}");
        let (plan, pipeline) = compiled(&query, &schema);
        pipeline.sift(&query, &plan.searches, &schema).to_string().trim().replace('\n', "; ")
    };
    let table = [
        ("eval c = k | where c == \"a\"", "k = \"a\""),
        ("mv_expand k | where k == \"a\"", "k = \"a\""),
        ("eval m = n | where k == \"a\"", "k = \"a\""),
        ("where locate(k, \"a\") > 0", "k ~ \"*a*\""),
        ("where locate(k, \"a\") >= 0", "k exists"),
        ("eval l = length(k) | where l > 3", "k exists"),
        ("where starts_with(k, \"a\")", "k ~ \"a*\""),
        (
            "eval v = case(k == \"a\", \"x\", w like \"b*\", \"y\") | where v is not null",
            "any of;   k = \"a\";   w ~ \"b*\"",
        ),
        ("eval v = case(k == \"a\", \"x\", \"y\") | where v == \"x\"", "k = \"a\""),
        ("eval v = coalesce(k, w) | where v == \"a\"", "any of;   k = \"a\";   w = \"a\""),
        ("eval v = n + 1 | where v > i", "all of;   n exists;   i exists"),
        ("stats c = count(*) by k | where k == \"a\"", "every event"),
        ("limit 3 | where k == \"a\"", "every event"),
    ];
    let found = table.map(|(commands, _)| (commands, sifted(commands)));
    assert_eq!(found, table.map(|(commands, expected)| (commands, expected.to_owned())));
    // Small letters of ASCII may come from beyond.
    let lower = sifted("where to_lower(k) == \"k\"");
    assert!(lower.contains("\u{212a}") || lower.contains('\u{212a}'), "{lower}");
}

#[test]
fn narrowing_spares_rows() {
    let sources = [json!({"k": "a", "n": 1}), json!({"k": ["a", "b"], "n": 1}), json!({"n": 1})];
    for (condition, spared) in [
        ("k == \"a\"", 1),
        ("k == \"b\"", 2),
        ("k != \"a\"", 1),
        ("k is null", 2),
        ("n > 1", 3),
        ("length(k) > 0", 0),
    ] {
        let query = format!("from x | where {condition} | stats c = count(*)");
        assert_eq!(ran(&query, &sources, Rows::Narrowed).1, spared, "{condition}");
    }
}

#[test]
fn a_column_that_may_exist_is_no_error() {
    let check = |query: &str, schema: &Schema, expected: &[&str]| {
        let context = Context { schema, part: Part::Query, now: Now::at(0) };
        let found =
            compile(query, context, false, &[]).map_or_else(|errors| errors, |_| Vec::new());
        let shown = |error: &Diagnostic| {
            let name = error.message.split([']', ',']).next().unwrap_or_default();
            format!("{:?} {name}", error.severity)
        };
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected, "{query}");
    };
    let (mut strict, open) = (Schema::new(Base::Embedded), Schema::new(Base::Embedded));
    strict.unmapped = harness_model::schema::Unmapped::Strict;
    let one = ["Unsupported Unknown column [no.such"];
    // Once for each column, and nothing follows from it.
    let query = "from x | where no.such > 1 | stats c = count(*) by no.such | keep no.such";
    check(query, &open, &one);
    check(query, &strict, &["Error Unknown column [no.such"; 2]);
    check("from x | keep no.such | where no.such > 1", &open, &one);
    check("from x | drop no.such", &open, &one);
    check("from x | keep no.such*", &open, &["Unsupported No matches found for pattern [no.such*"]);
    for (query, column) in [
        ("from x | stats c = count(*) | where no.such > 1", "no.such"),
        ("from x | drop host.name | where host.name == \"a\"", "host.name"),
        ("from x | where process == \"a\"", "process"),
    ] {
        check(query, &open, &[&format!("Error Unknown column [{column}")]);
    }
    // An event that has it gives it a type.
    let mut seen = Schema::new(Base::Embedded);
    seen.observe(&json!({"no": {"such": 5}}), Home::Index);
    check("from x | where no.such > 1", &seen, &[]);
}
