//! Random messy documents and predicates over them, for tests of engines.

use std::sync::Arc;

use harness::document::{Columns, Document, Ingest, Malformed};
use harness::event::Event;
use harness::ir::{Column, DoubleInterval, Interval, Kind, Leaf, Origin, Phrase, Predicate, Test};
use harness::pattern::glob::Glob;
use harness::pattern::regexp::{Flags, Regexp};
use harness::pattern::{Case, Fuzzy, Order, Pattern, StringRange};
use harness::schema::{Base, Schema};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// The fields of the root, and those of each object of `n` and `n.m`. The last two
/// are in no document, and the last in no schema.
const ROOT: [&str; 13] = [
    "keyword",
    "o.caseless",
    "o.short",
    "wildcard",
    "text",
    "o.spaced",
    "long",
    "double",
    "boolean",
    "date",
    "ip",
    "absent",
    "nowhere",
];
const NESTED: [&str; 3] = ["n.keyword", "n.long", "n.text"];
const INNER: [&str; 2] = ["n.m.keyword", "n.m.text"];

const WORDS: [&str; 14] = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "aB",
    "é",
    "É",
    "a*b",
    "日本",
    "a b",
    "b a b",
    "\u{1F600}a",
    "10.0.0.1",
];

/// The mapping of the documents.
pub(crate) fn schema() -> Schema {
    let mapping = json!({ "properties": {
        "keyword": { "type": "keyword" },
        "o": { "properties": {
            "caseless": { "type": "keyword", "normalizer": "lowercase" },
            "short": { "type": "keyword", "ignore_above": 2 },
            "spaced": { "type": "text", "analyzer": "whitespace" },
        } },
        "wildcard": { "type": "wildcard" },
        "text": { "type": "text" },
        "long": { "type": "long" },
        "double": { "type": "double", "null_value": 1.5 },
        "boolean": { "type": "boolean" },
        "date": { "type": "date" },
        "ip": { "type": "ip" },
        "absent": { "type": "keyword" },
        "n": { "type": "nested", "properties": {
            "keyword": { "type": "keyword" },
            "long": { "type": "long" },
            "text": { "type": "text" },
            "m": { "type": "nested", "properties": {
                "keyword": { "type": "keyword" },
                "text": { "type": "text" },
            } },
        } },
    } });
    let mut schema = Schema::new(Base::Empty);
    schema.add_mapping(&mapping, &Value::Null).expect("a mapping that we know");
    schema
}

fn kind(field: &str) -> Kind {
    match field.rsplit('.').next() {
        Some("text" | "spaced") => Kind::Text,
        Some("long" | "boolean" | "date") => Kind::Long,
        Some("double") => Kind::Double,
        Some("ip") => Kind::Ip,
        Some("nowhere") => Kind::Absent,
        _ => Kind::Keyword,
    }
}

// --- documents ---

/// A string: mostly words, at times one that no index column holds.
fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        320 => select(&WORDS[..]).prop_map(str::to_owned),
        80 => vec(select(&WORDS[..]), 1..6).prop_map(|words| words.join(" ")),
        1 => (65_500_usize..65_600).prop_map(|length| "a".repeat(length)),
        1 => Just("é".repeat(33_000)),
    ]
}

fn scalar(field: &str) -> BoxedStrategy<Value> {
    match (kind(field), field) {
        (_, "boolean") => select(vec![json!(true), json!(false), json!("true"), json!("")]).boxed(),
        (_, "date") => select(vec![
            json!("1970-01-01T00:00:00Z"),
            json!("1970-01-01T00:00:00.003Z"),
            json!(2),
            json!("2024-02-29"),
            json!("no date"),
        ])
        .boxed(),
        (Kind::Long, _) => prop_oneof![
            8 => (-3_i64..4).prop_map(Value::from),
            1 => select(vec![json!(i64::MIN), json!(i64::MAX), json!("2"), json!(1.7), json!("x")]),
        ]
        .boxed(),
        (Kind::Double, _) => prop_oneof![
            8 => (-3_i32..4).prop_map(|half| json!(f64::from(half) / 2.0)),
            1 => select(vec![json!(f64::MAX), json!(-0.0), json!(5e-324), json!("1e2")]),
        ]
        .boxed(),
        (Kind::Ip, _) => select(vec![
            json!("10.0.0.1"),
            json!("10.0.0.255"),
            json!("::ffff:10.0.0.2"),
            json!("::1"),
            json!("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            json!("no address"),
        ])
        .boxed(),
        (Kind::Keyword | Kind::Text | Kind::Absent, _) => prop_oneof![
            20 => string().prop_map(Value::from),
            1 => select(vec![json!(1), json!(true), json!(1.5)]),
        ]
        .boxed(),
    }
}

/// A scalar, null, or arrays of them.
fn messy(scalar: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![6 => scalar, 1 => Just(Value::Null)];
    leaf.prop_recursive(2, 6, 3, |inner| vec(inner, 0..4).prop_map(Value::from))
}

/// An object with some of `fields`, each under `a.b` or `a: {b}`.
fn object(fields: &'static [&'static str], prefix: usize) -> BoxedStrategy<Value> {
    let entries: Vec<_> = fields
        .iter()
        .map(|field| {
            let value = proptest::option::weighted(0.5, messy(scalar(field)));
            (value, any::<bool>()).prop_map(move |entry| (&field[prefix..], entry))
        })
        .collect();
    let place = |entries: Vec<(&str, (Option<Value>, bool))>| {
        let mut object = Map::new();
        for (name, (value, dotted)) in entries {
            let Some(value) = value else { continue };
            match name.split_once('.').filter(|_| !dotted) {
                None => {
                    object.insert(name.to_owned(), value);
                }
                Some((head, rest)) => {
                    let inner = object.entry(head).or_insert_with(|| json!({}));
                    inner[rest] = value;
                }
            }
        }
        Value::Object(object)
    };
    entries.prop_map(place).boxed()
}

/// Objects of a nested field: none, one, or arrays of them.
fn objects(object: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        3 => object.clone(),
        5 => vec(object.clone(), 0..4).prop_map(Value::from),
        1 => vec(vec(object, 0..3), 0..3).prop_map(|lists| json!(lists)),
    ]
}

/// A document.
pub(crate) fn document() -> impl Strategy<Value = Value> {
    let inner = objects(object(&INNER, "n.m.".len()));
    let nested = (object(&NESTED, "n.".len()), proptest::option::of(inner));
    let nested = nested.prop_map(|(mut object, inner)| {
        if let Some(inner) = inner {
            object["m"] = inner;
        }
        object
    });
    let nested = objects(nested.boxed());
    (object(&ROOT[..ROOT.len() - 2], 0), proptest::option::of(nested)).prop_map(
        |(mut root, nested)| {
            if let Some(nested) = nested {
                root["n"] = nested;
            }
            root
        },
    )
}

// --- predicates ---

fn case() -> impl Strategy<Value = Case> {
    select(vec![Case::Sensitive, Case::Insensitive])
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let bound = || proptest::option::of((string(), any::<bool>()));
    let wild = vec(select(vec!["a", "B", "*", "?", "é", "\\*", "日", " "]), 0..6);
    let regexp =
        vec(select(vec!["a", "B", ".", ".*", "(a|b)", "a?", "[^a]", "é", "@", "~a"]), 0..4);
    let short = || select(&WORDS[..]).prop_map(str::to_owned);
    prop_oneof![
        (string(), case()).prop_map(|(text, case)| Pattern::Equals(text, case)),
        (short(), case()).prop_map(|(text, case)| Pattern::Prefix(text, case)),
        (wild, case())
            .prop_map(|(parts, case)| Pattern::Glob(Glob::wildcard(&parts.concat()), case)),
        (regexp, case()).prop_filter_map("a regular expression", |(parts, case)| {
            Regexp::parse(&parts.concat(), Flags::ALL, case).ok().map(Pattern::Regexp)
        }),
        (bound(), bound(), select(vec![Order::Bytes, Order::Versions]))
            .prop_map(|(low, high, order)| Pattern::Range(StringRange { order, low, high })),
        (short(), 0_u8..3, 0_usize..3, any::<bool>()).prop_map(
            |(text, distance, prefix, transpositions)| {
                Pattern::Fuzzy(Fuzzy { text, distance, prefix, transpositions })
            }
        ),
    ]
}

/// Terms at ascending positions, with gaps at times.
fn phrase() -> impl Strategy<Value = Phrase> {
    let term = select(vec!["a", "b", "ab", "日", "é", "A"]).prop_map(str::to_owned);
    let step = prop_oneof![6 => Just(1_u32), 1 => 2_u32..4];
    let slop = prop_oneof![2 => Just(0_u32), 1 => 1_u32..4];
    (vec((term, step), 1..4), slop).prop_map(|(steps, slop)| {
        let mut at = 0;
        let mut place = |(term, step)| {
            at += step;
            (term, at - 1)
        };
        Phrase { terms: steps.into_iter().map(&mut place).collect(), slop }
    })
}

fn long(bound: i64) -> impl Strategy<Value = i64> {
    prop_oneof![8 => -bound..=bound, 1 => select(vec![i64::MIN, i64::MAX])]
}

/// A test of a kind; at times of any other kind.
fn test(kind: Kind) -> BoxedStrategy<Test> {
    let term = || pattern().prop_map(Test::Term).boxed();
    let phrase = || phrase().prop_map(Test::Phrase).boxed();
    let integer = || {
        prop_oneof![
            (long(4), long(4)).prop_map(|(low, high)| Test::Long(Interval { low, high })),
            (long(4), long(4)).prop_map(|(low, high)| Test::Date(Interval { low, high })),
            any::<bool>().prop_map(Test::Bool),
        ]
        .boxed()
    };
    let double = || {
        let bound = || {
            prop_oneof![
                8 => (-3_i32..4).prop_map(|half| f64::from(half) / 2.0),
                1 => select(vec![f64::NEG_INFINITY, f64::INFINITY, -0.0, 5e-324, f64::NAN]),
            ]
        };
        (bound(), bound())
            .prop_map(|(low, high)| Test::Double(DoubleInterval(Interval { low, high })))
            .boxed()
    };
    let ip = || {
        let v4 = |host: u128| 0xffff_0a00_0000 + host;
        let bound = move || {
            prop_oneof![
                4 => (0_u128..4).prop_map(v4),
                1 => select(vec![0, 1, u128::MAX, v4(255)]),
            ]
        };
        (bound(), bound()).prop_map(|(low, high)| Test::Ip(Interval { low, high })).boxed()
    };
    let own = match kind {
        Kind::Keyword | Kind::Absent => term(),
        Kind::Text => prop_oneof![term(), phrase()].boxed(),
        Kind::Long => integer(),
        Kind::Double => double(),
        Kind::Ip => ip(),
    };
    let foreign = prop_oneof![term(), phrase(), integer(), double(), ip()];
    prop_oneof![16 => own, 2 => Just(Test::Exists), 1 => foreign].boxed()
}

fn leaf(fields: &'static [&'static str]) -> BoxedStrategy<Predicate> {
    select(fields)
        .prop_flat_map(|field| {
            let column = Column { name: field.into(), kind: kind(field) };
            test(column.kind).prop_map(move |test| {
                let column = column.clone();
                Predicate::Leaf(Leaf { column, test, origin: Origin::default() })
            })
        })
        .boxed()
}

fn nested(path: &'static str, inner: Predicate) -> Predicate {
    Predicate::Nested { path: path.into(), inner: Box::new(inner) }
}

/// A predicate.
pub(crate) fn predicate() -> impl Strategy<Value = Predicate> {
    let leaf = prop_oneof![
        12 => leaf(&ROOT),
        3 => leaf(&NESTED),
        1 => leaf(&INNER),
        3 => leaf(&NESTED).prop_map(|inner| nested("n", inner)),
        2 => leaf(&INNER).prop_map(|inner| nested("n.m", inner)),
        1 => any::<bool>().prop_map(Predicate::Const),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            2 => inner.clone().prop_map(|inner| Predicate::Not(Box::new(inner))),
            2 => vec(inner.clone(), 0..4).prop_map(Predicate::And),
            2 => vec(inner.clone(), 0..4).prop_map(Predicate::Or),
            1 => (vec(inner.clone(), 0..4), 0_usize..6)
                .prop_map(|(of, count)| Predicate::AtLeast { count, of }),
            2 => (select(vec!["n", "n.m", "o"]), inner).prop_map(|(path, inner)| nested(path, inner)),
        ]
    })
}

/// What types documents.
pub(crate) fn ingest(schema: &Schema, columns: &mut Columns) -> Ingest {
    let fields: Vec<_> = schema.fields().map(Arc::clone).collect();
    Ingest::new(schema, &fields, columns)
}

/// Types documents.
pub(crate) fn documents(
    schema: &Schema,
    sources: Vec<Value>,
    columns: &mut Columns,
) -> Vec<Document> {
    let ingest = ingest(schema, columns);
    let mut malformed: Vec<Malformed> = Vec::new();
    let document = |source| {
        let event = Event::from_json(source, 1).expect("an object");
        ingest.document(&event, &mut malformed)
    };
    sources.into_iter().map(document).collect()
}
