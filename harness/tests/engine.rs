//! Both engines equal the reference evaluator, on random predicates and documents.
//!
//! Each case is one index of messy documents and forty predicates over it. At
//! least 20,000 predicates are judged a run; `HARNESS_PROPTEST_CASES` sets
//! another number.

use std::cell::Cell;

use crate::support::random::{document, documents, ingest, predicate, schema};
use harness::document::Columns;
use harness::engine::Engine;
use harness::engine::embedded::Embedded;
use harness::engine::stream::Matcher;
use harness::engine::stream::layout::Layout;
use harness::engine::stream::program::Program;
use harness::engine::stream::reader::{FIRST_CAPTURES, Reader};
use harness::ir::Predicate;
use harness::ir::eval::eval;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

use serde_json::json;

const PREDICATES: usize = 40;
const DOCUMENTS: usize = 30;

/// Whether only the whole row tells: a script or an object of a nested field.
fn is_left_open(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Const(_) => false,
        Predicate::Leaf(leaf) => matches!(leaf.test, harness::ir::Test::Script(_)),
        Predicate::Nested { .. } => true,
        Predicate::Not(inner) => is_left_open(inner),
        Predicate::And(parts) | Predicate::Or(parts) | Predicate::AtLeast { of: parts, .. } => {
            parts.iter().any(is_left_open)
        }
    }
}

#[test]
fn the_engine_equals_the_evaluator() {
    let wanted = std::env::var("HARNESS_PROPTEST_CASES").ok();
    let wanted: usize = wanted.map_or(20_000, |text| text.parse().expect("a number"));
    let cases = u32::try_from(wanted.div_ceil(PREDICATES)).expect("fewer cases");
    let config =
        Config { cases, failure_persistence: None, max_shrink_time: 8_000, ..Config::default() };
    let schema = schema();
    let (judged, held) = (Cell::new(0_usize), Cell::new(0_usize));
    let strategy = (vec(document(), 1..DOCUMENTS), vec(predicate(), PREDICATES));
    let outcome = TestRunner::new(config).run(&strategy, |(sources, predicates)| {
        let mut columns = Columns::default();
        let documents = documents(&schema, sources.clone(), &mut columns);
        let engine = Embedded::new(&documents, &columns).expect("an index");
        let asked: Vec<&Predicate> = predicates.iter().collect();
        let answers = engine.select(&asked).expect("answers");
        let program = Program::new(&asked, &columns);
        let mut matcher = Matcher::new(&program);
        let ingest = ingest(&schema, &mut columns.clone());
        let layout = Layout::new(&program, &ingest, &FIRST_CAPTURES);
        let mut reader = Reader::new(&layout);
        for (number, document) in documents.iter().enumerate() {
            let answer = matcher.document(document);
            let text = json!({ "_source": sources[number] }).to_string();
            let row = reader.read(&text).expect("a hit");
            prop_assert_eq!(&row.answer, &answer, "as a text and as a document: {:.2000}", text);
            for (at, predicate) in (0..).zip(&predicates) {
                let expected = eval(predicate, document, &columns);
                if answer.open.contains(&at) {
                    prop_assert!(is_left_open(predicate), "{:.2000}", predicate.to_string());
                    continue;
                }
                prop_assert_eq!(
                    answer.sure.contains(&at),
                    expected,
                    "the stream and the evaluator differ on\n{:.2000}of {:.2000}",
                    predicate.to_string(),
                    sources[number].to_string()
                );
            }
        }
        for (predicate, hits) in predicates.iter().zip(answers) {
            let mut some = false;
            for (number, document) in (0..).zip(&documents) {
                let expected = eval(predicate, document, &columns);
                some |= expected;
                prop_assert_eq!(
                    hits.contains(number),
                    expected,
                    "the engine and the evaluator differ on\n{:.2000}of {:.2000}",
                    predicate.to_string(),
                    sources[number as usize].to_string()
                );
            }
            judged.set(judged.get() + 1);
            held.set(held.get() + usize::from(some));
        }
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        // The reason has the one predicate and document; the whole input is long.
        Err(TestError::Fail(reason, _) | TestError::Abort(reason)) => panic!("{reason}"),
    }
    assert!(judged.get() >= wanted, "only {} predicates", judged.get());
    let share = held.get() * 100 / judged.get();
    assert!((20..=80).contains(&share), "{share}% of the predicates match something");
}
