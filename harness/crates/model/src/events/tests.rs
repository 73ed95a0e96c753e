use serde_json::{Value, json};

use super::{Opener, Origin};
use harness_source::span::Span;

/// What a file of these values holds, or why it holds no events.
fn read(values: &[Value]) -> Result<Vec<Value>, String> {
    read_from(None, values)
}

/// The same of a file of a data stream.
fn read_from(index: Option<&str>, values: &[Value]) -> Result<Vec<Value>, String> {
    let mut opener = Opener::new(index.map(|index| Origin { index: index.to_owned() }));
    let values = values.iter().cloned();
    let opened = values.map(|value| opener.open(value, Span::default())).collect::<Result<_, _>>();
    let found: Vec<Vec<Value>> = opened.map_err(|found| found.message)?;
    opener.end().map_err(|found| found.message)?;
    Ok(found.concat())
}

fn document() -> Value {
    json!({"@timestamp": "2026-01-05T10:15:00Z", "event": {"action": "a"}})
}

fn hit(id: &str) -> Value {
    json!({"_index": "logs-a-b", "_id": id, "_score": 1.0, "_source": document()})
}

#[test]
fn answers_are_opened_into_their_hits() {
    let (one, two) = (hit("1"), hit("2"));
    let search = json!({"took": 1, "hits": {"total": {"value": 2}, "hits": [one, two]}});
    for (shape, value) in [
        ("a search", search.clone()),
        ("its hits", search["hits"].clone()),
        ("an array of hits", json!([one, two])),
        ("asynchronous", json!({"id": "x", "is_running": false, "response": search})),
        ("Kibana's inspector", json!({"isPartial": false, "rawResponse": search})),
        (
            "Kibana's inspector, around",
            json!({"id": "x", "is_running": false, "rawResponse": search}),
        ),
        ("several searches", json!({"responses": [search["hits"].clone(), search]})),
        ("several documents", json!({"docs": [one, two]})),
        ("a simulated pipeline", json!({"docs": [{"doc": one}, {"doc": two}]})),
        ("EQL events", json!({"hits": {"events": [one, two]}})),
        (
            "EQL sequences, which share an event",
            json!({"hits": {"sequences": [{"events": [one, two]}, {"events": [two, one]}]}}),
        ),
        ("an array of answers", json!([{"hits": {"hits": [one]}}, {"hits": {"hits": [two]}}])),
    ] {
        assert_eq!(read(&[value]), Ok(vec![one.clone(), two.clone()]), "{shape}");
    }
}

#[test]
fn a_bulk_request_gives_id_and_index() {
    let named = json!({"_index": "logs-a-b", "_id": "1", "_source": document()});
    let bulk = [
        json!({"index": {"_index": "logs-a-b", "_id": "1", "routing": "r"}}),
        document(),
        json!({"create": {}}),
        document(),
    ];
    assert_eq!(read(&bulk), Ok(vec![named, json!({"_source": document()})]));
    assert_eq!(
        read(&bulk[..1]),
        Err("the action of a bulk request has no document after it".to_owned())
    );
    assert_eq!(
        read(&[json!({"delete": {"_id": "1"}})]),
        Err("the bulk request has an action `delete`, which states no whole document".to_owned())
    );
}

#[test]
fn what_is_no_document_is_refused_by_its_name() {
    for (value, expected) in [
        (json!({"columns": [{"name": "a"}], "values": [["x"]]}), "an answer of ES|QL"),
        (json!({"columns": [{"name": "a"}], "rows": [["x"]]}), "an answer of ES|QL"),
        (json!({"expected": [document()]}), "an expectation of a pipeline test"),
        (json!({"events": [{"message": "x"}]}), "the input of a pipeline test"),
        (
            json!({"Records": [{"eventName": "x", "eventSource": "y"}]}),
            "a raw log of AWS CloudTrail",
        ),
        (json!({"Events": [{"CloudTrailEvent": "{}"}]}), "a raw log of AWS CloudTrail"),
        (json!({"Event": {"System": {"EventID": 1}}}), "a raw log of the Windows event log"),
        (json!({"eventVersion": "1", "eventSource": "s", "eventName": "n"}), "a raw log of AWS"),
        (json!([{"ts": 1, "uid": "u", "id.orig_h": "h"}]), "a raw log of Zeek"),
        (json!({"error": {"type": "x"}, "status": 400}), "an error of Elasticsearch"),
        (json!({"responses": [{"error": {}, "status": 400}]}), "an error of Elasticsearch"),
        (
            json!({"_index": "i", "_id": "1", "_score": 1.0, "sort": [1]}),
            "the hit has no `_source`",
        ),
        (json!({"docs": [{"_index": "i", "_id": "1", "found": false}]}), "was not found"),
        (json!({"hits": {"hits": [{"_index": "i", "_score": 1}]}}), "the hit has no `_source`"),
        (json!({"hits": {"total": 0, "hits": []}}), "has no hits"),
        (json!({"doc": document()}), "the events lie inside `doc`"),
        (json!({"source": document()}), "the events lie inside `source`"),
        (json!({"fields": {"@timestamp": ["2026-01-05"]}}), "the events lie inside `fields`"),
        (json!({"data": {"results": [document()]}}), "the events lie inside `data.results`"),
        (json!({"value": [hit("1")]}), "the events lie inside `value`"),
    ] {
        let found = read(std::slice::from_ref(&value)).expect_err("no event");
        assert!(found.contains(expected), "{value}: {found}");
    }
}

#[test]
fn an_event_stays_whatever_it_holds() {
    for value in [
        document(),
        hit("1"),
        json!({"@timestamp": "2026-01-05", "hits": {"hits": [{}]}, "events": [1], "Records": []}),
        json!({"hits": {"count": 3}}),
        json!({"hits": 3, "response": {"status_code": 200}, "docs": "x", "fields": {"env": "p"}}),
        json!({"Event": "x", "events": {"count": 1}, "doc": {"a": 1}}),
        json!({"index": {"name": "x"}}),
        json!({"source": {"ip": "198.51.100.1"}}),
        json!({"_index": "i", "event.action": "a"}),
        json!({}),
        json!(null),
        json!(1),
    ] {
        assert_eq!(read(std::slice::from_ref(&value)), Ok(vec![value]));
    }
    let deep = (0..200).fold(document(), |inner, _| json!({"rawResponse": inner}));
    assert!(read(&[deep]).expect_err("too deep").contains("too deep"));
}

#[test]
fn fields_of_a_hit_are_its_document() {
    let fields = json!({
        "@timestamp": ["2026-01-05T10:15:00Z"],
        "process.name": ["a"],
        "process.name.text": ["a"],
    });
    let document = json!({"@timestamp": ["2026-01-05T10:15:00Z"], "process.name": ["a"]});
    let hit = json!({"_index": "logs-a-b", "_id": "1", "fields": fields});
    let found = read(&[json!({"hits": {"hits": [hit]}})]).expect("a hit");
    assert_eq!(found[0]["_source"], document);
    assert_eq!(found[0]["_index"], "logs-a-b");
}

#[test]
fn a_document_may_be_a_text_in_its_hit() {
    let hit = json!({"_id": "1", "_source": document().to_string()});
    assert_eq!(read(&[hit]), Ok(vec![json!({"_id": "1", "_source": document()})]));
}

#[test]
fn files_of_packages_lie_in_their_data_stream() {
    let mut stated = document();
    stated["data_stream"] = json!({"dataset": "a.b"});
    let index = Some("logs-a.b-default");
    let lying = json!({"_index": "logs-a.b-default", "_source": document()});
    let expected = json!({"expected": [document(), null]});
    assert_eq!(read_from(index, &[expected]), Ok(vec![lying.clone()]));
    assert_eq!(read_from(index, &[json!({"events": [document()]})]), Ok(vec![lying.clone()]));
    // A sample of the data stream.
    assert_eq!(read_from(index, &[document()]), Ok(vec![lying]));
    assert_eq!(read(&[json!({"expected": [stated]})]), Ok(vec![stated.clone()]));
    let raw = json!({"events": [{"message": "x"}]});
    assert!(read_from(index, &[raw]).expect_err("raw").contains("the input of a pipeline test"));
}
