//! Documents for the tests of groups, new terms and indicators.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::sequence::stream::Moment;
use super::terms::key_list;
use super::{Detail, Detection, Events};
use harness_model::document::{Columns, Document, Ingest};
use harness_model::event::Event;
use harness_model::schema::{Base, Field, FieldType, Schema};
use harness_model::value::IntegerType;
use harness_predicate::plan::{KeyForm, TermField};
use harness_text::analysis::Analyzer;

/// Typed documents; the field `t` is when each happened.
pub(super) struct Fixture {
    documents: Vec<Document>,
    columns: Columns,
    moments: Vec<Option<Moment>>,
}

/// Fields by their first letter: keywords `k…`, longs `n…`, booleans `b…`,
/// addresses `i…`, texts `x…`.
fn field_type(name: &str) -> FieldType {
    match name.as_bytes()[0] {
        b'n' => FieldType::Integer(IntegerType::Long),
        b'b' => FieldType::Boolean,
        b'i' => FieldType::Ip,
        b'x' => FieldType::Text { analyzer: Analyzer::Standard },
        _ => FieldType::KEYWORD,
    }
}

/// A field to group by; `u…` is not mapped.
pub(super) fn term(name: &str) -> TermField {
    let field = Field::plain(name, field_type(name));
    TermField {
        field: name.into(),
        form: if field.ty == FieldType::Boolean { KeyForm::Boolean } else { KeyForm::Plain },
        column: field.column().filter(|_| !name.starts_with('u')),
    }
}

pub(super) fn terms(names: &str) -> Vec<TermField> {
    names.split_whitespace().map(term).collect()
}

impl Fixture {
    pub(super) fn new(fields: &str, documents: &[Value]) -> Self {
        let mut schema = Schema::new(Base::Empty);
        let fields: Vec<Field> =
            fields.split_whitespace().map(|name| Field::plain(name, field_type(name))).collect();
        fields.iter().for_each(|field| schema.insert(field.clone()));
        let fields: Vec<Arc<Field>> = fields.into_iter().map(Arc::new).collect();
        let mut columns = Columns::default();
        let ingest = Ingest::new(&schema, &fields, &mut columns);
        let event = |source: &Value| Event::from_json(source.clone(), 1).expect("an object");
        let document = |source| ingest.document(&event(source), &mut Vec::new());
        let moment = |source: &Value| {
            let timestamp_ms = source.get("t")?.as_i64()?;
            Some(Moment::new(timestamp_ms, None))
        };
        Self {
            documents: documents.iter().map(document).collect(),
            columns,
            moments: documents.iter().map(moment).collect(),
        }
    }

    pub(super) fn events(&self) -> Events<'_> {
        Events { documents: &self.documents, columns: &self.columns, moments: &self.moments }
    }

    /// All documents.
    pub(super) fn all(&self) -> Vec<u32> {
        (0..).take(self.documents.len()).collect()
    }
}

/// Detections as `key: events` with their detail.
pub(super) fn print(found: &[Detection]) -> Vec<String> {
    let one = |found: &Detection| {
        let events: Vec<String> = found.stages.iter().flatten().map(ToString::to_string).collect();
        let detail = match &found.detail {
            Detail::None => String::new(),
            Detail::Group { count, cardinality: None } => format!(" x{count}"),
            Detail::Group { count, cardinality: Some(values) } => format!(" x{count} of {values}"),
            Detail::Indicators(indicators) => format!(" by {indicators:?}"),
        };
        format!("{}: {}{detail}", key_list(&found.key), events.join(" "))
    };
    found.iter().map(one).collect()
}

/// An array of distinct values: `prefix0`, `prefix1`, ….
pub(super) fn many(prefix: &str, count: usize) -> Value {
    (0..count).map(|n| json!(format!("{prefix}{n}"))).collect()
}

/// Documents with few values, so that they fall together; `time` gives `t`.
pub(super) fn document(time: impl Strategy<Value = Option<i64>>) -> impl Strategy<Value = Value> {
    let some = |values: Vec<Value>| {
        prop::collection::vec(prop::sample::select(values), 0..3).prop_map(Value::from)
    };
    let words = || some(vec![json!("a"), json!("b"), json!("c")]);
    let numbers = some(vec![json!(1), json!(2)]);
    let flags = some(vec![json!(true), json!(false)]);
    let addresses = some(vec![json!("::1"), json!("10.0.0.1")]);
    (words(), words(), numbers, flags, addresses, time)
        .prop_map(|(k, kk, n, b, i, t)| json!({"k": k, "kk": kk, "n": n, "b": b, "i": i, "t": t}))
}
