//! Suites on field types: mappings, documents, and all kinds of clauses on each
//! field, without answers.

use serde_json::{Value, json};

/// All kinds of clauses on one field: with values, and with patterns.
fn clauses(field: &str, values: &[Value], patterns: &[&str]) -> Vec<Value> {
    let dsl = |kind: &str, body: Value| json!({ "dsl": { kind: { field: body } } });
    let lucene = |query: String| json!({ "lucene": query });
    let mut all = vec![
        json!({ "dsl": { "exists": { "field": field } } }),
        lucene(format!("_exists_:{field}")),
        lucene(format!("{field}:*")),
    ];
    let query_string =
        |query: &str| json!({ "dsl": { "query_string": { "fields": [field], "query": query } } });
    for value in values {
        for kind in ["term", "match", "match_phrase"] {
            all.push(dsl(kind, value.clone()));
        }
        all.push(dsl("terms", json!([value])));
        for bound in ["gt", "gte", "lt", "lte"] {
            all.push(dsl("range", json!({ bound: value })));
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let quoted = Value::from(text).to_string();
        all.push(lucene(format!("{field}:{quoted}")));
        all.push(lucene(format!("{field}:[{quoted} TO *]")));
        all.push(lucene(format!("NOT {field}:{quoted}")));
        all.push(json!({ "dsl": { "bool": { "must_not": [{ "term": { field: value } }] } } }));
        all.push(query_string(&quoted));
    }
    for pattern in patterns {
        let (bare, regexp) = (pattern.trim_matches('*'), pattern.replace('*', ".*"));
        let regexp = regexp.replace('?', ".");
        let folded = json!({ "value": pattern.to_uppercase(), "case_insensitive": true });
        all.push(dsl("wildcard", json!(pattern)));
        all.push(dsl("wildcard", folded));
        all.push(dsl("prefix", json!(bare)));
        all.push(dsl("regexp", json!(regexp)));
        all.push(dsl("fuzzy", json!(bare)));
        all.push(lucene(format!("{field}:{pattern}")));
        all.push(lucene(format!("{field}:/{regexp}/")));
        all.push(lucene(format!("NOT {field}:{pattern}")));
        all.push(query_string(pattern));
    }
    all
}

/// What a suite asks of a field.
type Asked<'a> = (&'a str, Value, &'a [&'a str]);

fn suite(
    name: &str,
    mappings: &Value,
    documents: &Value,
    asked: &[Asked<'_>],
    more: &Value,
) -> Value {
    let documents = documents.as_array().expect("documents").iter().enumerate();
    let documents: Vec<Value> =
        documents.map(|(id, it)| json!({ "_id": id.to_string(), "_source": it })).collect();
    let mut cases: Vec<Value> = asked
        .iter()
        .flat_map(|(field, values, patterns)| {
            clauses(field, values.as_array().expect("values"), patterns)
        })
        .collect();
    cases.extend(more.as_array().into_iter().flatten().cloned());
    json!({ "suite": name, "settings": {}, "mappings": mappings, "docs": documents, "cases": cases })
}

/// The suites, one for each kind of mapping.
pub(crate) fn suites() -> Vec<Value> {
    vec![
        not_searchable(),
        flattened(),
        moments(),
        copied(),
        runtime(),
        templates(),
        detection(),
        objects(),
        passthrough(),
        ungoverned(),
        split(),
    ]
}

fn not_searchable() -> Value {
    let hidden = |ty: &str| json!({ "type": ty, "index": false, "doc_values": false });
    let valued = |ty: &str| json!({ "type": ty, "index": false });
    let mut keyword = hidden("keyword");
    keyword["fields"] = json!({ "t": { "type": "text" }, "k": { "type": "keyword" } });
    let mapping = json!({ "properties": {
        "kw": keyword, "tx": valued("text"), "lo": hidden("long"), "da": hidden("date"),
        "ip": hidden("ip"), "bo": hidden("boolean"), "du": hidden("double"),
        "dn": hidden("date_nanos"), "da2": valued("date"), "bo2": valued("boolean"),
        "ip2": valued("ip"), "lo2": valued("long"), "kw2": valued("keyword"),
    } });
    let nanos = "2026-01-05T00:00:00.000000001Z";
    let documents = json!([
        {
            "kw": "foo bar", "tx": "foo bar", "lo": 5, "da": "2026-01-05T00:00:00Z",
            "ip": "10.0.0.1", "bo": true, "du": 1.5, "dn": nanos, "da2": "2026-01-05T00:00:00Z",
            "bo2": true, "ip2": "10.0.0.1", "lo2": 5, "kw2": "foo",
        },
        {},
        { "kw": ["x", "foo"], "bo2": [true, false] },
    ]);
    let asked: [Asked<'_>; 15] = [
        ("kw", json!(["foo"]), &["fo*", "*o"]),
        ("tx", json!(["foo"]), &["fo*", "*o"]),
        ("lo", json!([5]), &["5*"]),
        ("da", json!(["2026-01-05"]), &["2026*"]),
        ("ip", json!(["10.0.0.1"]), &["10*"]),
        ("bo", json!([true]), &["tr*"]),
        ("du", json!([1.5]), &["1*"]),
        ("dn", json!([nanos]), &["2026*"]),
        ("da2", json!(["2026-01-05"]), &[]),
        ("bo2", json!([true, false]), &[]),
        ("ip2", json!(["10.0.0.1", "10.0.0.0/8"]), &[]),
        ("lo2", json!([5, "5"]), &[]),
        ("kw2", json!(["foo"]), &["fo*"]),
        ("kw.t", json!(["foo"]), &["fo*"]),
        ("kw.k", json!(["foo bar"]), &["fo*"]),
    ];
    let more = json!([
        { "lucene": "k*:foo" },
        { "lucene": "foo" },
        { "dsl": { "exists": { "field": "k*" } } },
        { "dsl": { "exists": { "field": "*.t" } } },
        { "dsl": { "exists": { "field": "q*" } } },
        { "dsl": { "multi_match": { "query": "foo", "fields": ["kw.t", "tx"], "lenient": true } } },
        { "dsl": { "query_string": { "query": "foo", "fields": ["*"], "lenient": true } } },
    ]);
    suite("not searchable", &mapping, &documents, &asked, &more)
}

fn flattened() -> Value {
    let mapping = json!({ "properties": {
        "req": { "type": "flattened" },
        "o": { "properties": { "req": { "type": "flattened" } } },
        "al": { "type": "alias", "path": "req" },
        "sp": { "type": "flattened", "split_queries_on_whitespace": true },
        "nv": { "type": "flattened", "null_value": "none" },
        "ia": { "type": "flattened", "ignore_above": 3 },
        "ni": { "type": "flattened", "index": false },
        "nd": { "type": "flattened", "doc_values": false },
    } });
    let documents = json!([
        { "req": { "user": "admin", "x": "zed" } },
        { "req": { "user": "bob", "x": "admin" } },
        { "req": { "a": { "b": ["1", "2"] } } },
        { "req": { "user": ["admin", "root"] } },
        { "req": { "user": null } },
        { "req": { "user": "" } },
        { "req": { "n": 5, "t": true, "f": 1.5 } },
        { "req": { "user": "domain admin" } },
        { "o": { "req": { "x": "v" } } },
        { "o.req.x": "v" },
        { "req": { "k.d": "dot" } },
        { "req": [{ "user": "one" }, { "user": "admin", "k": { "d": "dot" } }] },
        { "sp": { "k": "one" } },
        { "sp": { "k": "one two" } },
        { "nv": { "k": null } },
        { "nv": { "k": [null, "x"] } },
        { "ia": { "k": "abcdef" } },
        { "ia": { "k": "abc" } },
        { "ni": { "k": "abc" } },
        { "nd": { "k": "abc" } },
        {},
    ]);
    let asked: [Asked<'_>; 16] = [
        (
            "req.user",
            json!(["admin", "domain admin", ""]),
            &["*min*", "ad*", "ad?in", "*ser*", "*"],
        ),
        ("req.a.b", json!(["2", 2]), &["2*"]),
        ("req", json!(["admin", "domain admin"]), &["*min*", "ad*"]),
        ("req.a", json!(["2"]), &["*2*"]),
        ("req.n", json!([5, "5"]), &["5*"]),
        ("req.t", json!([true, "true"]), &["tr*"]),
        ("req.k.d", json!(["dot"]), &["do*"]),
        ("o.req.x", json!(["v"]), &["v*"]),
        ("al", json!(["admin"]), &["ad*"]),
        ("sp.k", json!(["one two", "one"]), &["on*"]),
        ("nv.k", json!(["none"]), &["no*"]),
        ("ia.k", json!(["abcdef", "abc"]), &["ab*"]),
        ("ni.k", json!(["abc"]), &["ab*"]),
        ("nd.k", json!(["abc"]), &["ab*"]),
        ("ni", json!(["abc"]), &["ab*"]),
        ("nd", json!(["abc"]), &["ab*"]),
    ];
    suite("flattened", &mapping, &documents, &asked, &Value::Null)
}

fn moments() -> Value {
    let own = "strict_date_optional_time_nanos||epoch_second";
    let mapping = json!({ "properties": {
        "t": { "type": "date_nanos" },
        "m": { "type": "date" },
        "s": { "type": "date_nanos", "format": own },
        "e": { "type": "date", "format": own },
    } });
    let dates = [
        "2026-01-05T10:00:00.000000000Z",
        "2026-01-05T10:00:00.000000001Z",
        "2026-01-05T10:00:00.000999999Z",
        "2026-01-05T10:00:00.001Z",
        "2026-01-05",
    ];
    let mut documents: Vec<Value> =
        dates.iter().map(|at| json!({ "t": at, "m": at, "s": at, "e": at })).collect();
    documents.extend([
        json!({ "t": 1_767_607_200_000_i64, "m": 1_767_607_200_000_i64 }),
        json!({ "t": "1767607200000" }),
        json!({ "s": 1_767_607_200, "e": 1_767_607_200 }),
        json!({ "s": "1767607200.123456789" }),
        json!({ "t": ["2026-01-05T10:00:00.5Z", "2026-01-07"] }),
        json!({ "t": "1970-01-01" }),
        json!({ "t": "2262-04-11T00:00:00Z" }),
        json!({}),
    ]);
    let mut values: Vec<Value> = dates.iter().map(|at| json!(at)).collect();
    values.extend([
        json!(1_767_607_200_000_i64),
        json!(1_767_607_200),
        json!("1767607200000"),
        json!("2026-01-05||/d"),
        json!("2026-01-05T10:00:00+01:00"),
        json!("2026"),
        json!("1969-01-01"),
        json!("2263-01-01"),
    ]);
    let asked = ["t", "m", "s", "e"].map(|field| (field, json!(values), ["2026*"].as_slice()));
    let more = json!([
        { "dsl": { "range": { "t": { "gte": "2026-01-05 10:00", "format": "yyyy-MM-dd HH:mm" } } } },
        { "dsl": { "range": { "t": { "gte": "2026-01-05T11:00:00.000000001", "time_zone": "+01:00" } } } },
        { "lucene": "t:[2026-01-05T10:00:00.000000001Z TO 2026-01-05T10:00:00.000999999Z}" },
        { "lucene": "t:>2026-01-05T10:00:00.000000001Z" },
        { "lucene": "t:2026-01-05" },
    ]);
    suite("moments", &mapping, &json!(documents), &asked, &more)
}

fn copied() -> Value {
    let mapping = json!({ "properties": {
        "a": { "type": "keyword", "copy_to": ["b", "c", "deep.e"] },
        "b": { "type": "keyword", "copy_to": "d" },
        "c": { "type": "text" },
        "d": { "type": "keyword" },
        "n": { "type": "long" },
        "m": { "type": "keyword", "copy_to": "n" },
        "o": { "properties": {
            "p": { "type": "text", "copy_to": "c", "fields": { "raw": { "type": "keyword" } } },
            "q": { "type": "keyword", "copy_to": "auto" },
        } },
        "deep": { "properties": { "e": { "type": "keyword" } } },
        "short": { "type": "keyword", "ignore_above": 2, "copy_to": "d" },
    } });
    let documents = json!([
        { "a": "x" }, { "b": "x" }, { "a": ["x", "y"] }, { "c": "y z" }, { "a": "y", "c": "z" },
        { "m": "5" }, { "m": 5 }, { "o": { "p": "x y" } }, { "o": { "q": "x" } },
        { "o": [{ "q": "x" }, { "q": "y" }] }, { "a": null, "b": "y" }, { "short": "xyz" },
        { "short": "x" }, { "d": "x" },
    ]);
    let asked: [Asked<'_>; 7] = [
        ("b", json!(["x", "y"]), &["x*"]),
        ("c", json!(["x", "y z"]), &["x*"]),
        ("d", json!(["x", "xyz"]), &["x*"]),
        ("n", json!([5, "5"]), &[]),
        ("deep.e", json!(["x"]), &["x*"]),
        ("auto", json!(["x"]), &["x*"]),
        ("auto.keyword", json!(["x"]), &["x*"]),
    ];
    suite("copy_to", &mapping, &documents, &asked, &Value::Null)
}

fn runtime() -> Value {
    let ty = |name: &str| json!({ "type": name });
    let mapping = json!({
        "runtime": {
            "k": ty("keyword"), "l": ty("long"), "d": ty("date"), "i": ty("ip"), "b": ty("boolean"),
            "f": ty("double"), "o.k": ty("keyword"), "shadow": ty("keyword"),
        },
        "properties": { "z": ty("keyword"), "shadow": ty("long") },
    });
    let documents = json!([
        { "k": "x" }, { "k": ["x", "y"] }, { "k": 5 }, { "k": true }, { "k": null }, { "k": "" },
        { "l": 5 }, { "l": "5" }, { "l": "no" }, { "l": 5.7 }, { "d": "2026-01-05" },
        { "d": "2026-01-05T10:00:00Z" }, { "d": "no" }, { "i": "10.0.0.1" }, { "i": "no" },
        { "b": true }, { "b": "true" }, { "b": false }, { "b": "maybe" }, { "f": 1.5 },
        { "f": "1.5" }, { "o": { "k": "x" } }, { "o.k": "x" }, { "shadow": 7 },
    ]);
    let asked: [Asked<'_>; 8] = [
        ("k", json!(["x", "5", "true"]), &["x*"]),
        ("l", json!([5, "5"]), &[]),
        ("d", json!(["2026-01-05", "2026-01-05T10:00:00Z"]), &[]),
        ("i", json!(["10.0.0.1", "10.0.0.0/8"]), &[]),
        ("b", json!([true, "true", false]), &[]),
        ("f", json!([1.5, "1.5"]), &[]),
        ("o.k", json!(["x"]), &["x*"]),
        ("shadow", json!(["x", "7"]), &["x*"]),
    ];
    suite("runtime", &mapping, &documents, &asked, &Value::Null)
}

fn templates() -> Value {
    let keyword = json!({ "type": "keyword" });
    let mapping = json!({ "properties": {}, "dynamic_templates": [
        { "a": { "match": "ip_*", "mapping": { "type": "ip" } } },
        { "b": {
            "match_mapping_type": "string", "match": "long_*", "unmatch": "*_text",
            "mapping": { "type": "long" },
        } },
        { "c": { "path_match": "o.*", "path_unmatch": "o.skip*", "mapping": keyword } },
        { "d": { "match_pattern": "regex", "match": "^r\\d+$", "mapping": keyword } },
        { "e": { "match_mapping_type": "long", "mapping": keyword } },
        { "f": { "match": "hid", "mapping": { "type": "keyword", "index": false, "doc_values": false } } },
        { "g": { "match": ["kin", "kin2"], "mapping": { "type": "{dynamic_type}" } } },
        { "h": { "match_mapping_type": "object", "match": "obj", "mapping": { "type": "flattened" } } },
    ] });
    let documents = json!([
        { "s": "x y" }, { "ip_a": "10.1.1.1" }, { "long_x": "5" }, { "long_text": "5" },
        { "o": { "name": "a b" } }, { "o": { "skip_name": "a b" } }, { "kin": "a b" }, { "num": 5 },
        { "r9": "x y" }, { "dt": "2026-01-05" }, { "hid": "x" }, { "obj": { "q": "x y" } },
    ]);
    let asked: [Asked<'_>; 13] = [
        ("s", json!(["x y", "x"]), &["x*"]),
        ("s.keyword", json!(["x y"]), &["x*"]),
        ("ip_a", json!(["10.0.0.0/8"]), &[]),
        ("long_x", json!([5, "5"]), &[]),
        ("long_text", json!(["5"]), &[]),
        ("o.name", json!(["a b", "a"]), &["a*"]),
        ("o.skip_name", json!(["a b", "a"]), &["a*"]),
        ("kin", json!(["a b", "a"]), &["a*"]),
        ("num", json!([5]), &["5*"]),
        ("r9", json!(["x y"]), &["x*"]),
        ("dt", json!(["2026-01-05"]), &[]),
        ("hid", json!(["x"]), &["x*"]),
        ("obj.q", json!(["x y"]), &["x*"]),
    ];
    suite("templates", &mapping, &documents, &asked, &Value::Null)
}

fn detection() -> Value {
    let mapping = json!({
        "numeric_detection": true, "dynamic_date_formats": ["yyyy/MM"], "properties": {},
    });
    let documents = json!([
        { "n": "5" }, { "f": "1.5" }, { "t": "5x" }, { "y": "2026-01-05" }, { "m": "2026/01" },
    ]);
    let asked: [Asked<'_>; 5] = [
        ("n", json!([5, "5"]), &[]),
        ("f", json!([1.5, "1.5"]), &[]),
        ("t", json!(["5x"]), &["5*"]),
        ("y", json!(["2026", "2026-01-05"]), &["2026*"]),
        ("m", json!(["2026/01"]), &[]),
    ];
    suite("detection", &mapping, &documents, &asked, &Value::Null)
}

fn objects() -> Value {
    let mapping = json!({ "subobjects": false, "date_detection": false, "properties": {
        "a": { "type": "keyword" }, "a.b": { "type": "keyword" }, "a.b.c": { "type": "text" },
    } });
    let documents = json!([
        { "a": "x", "a.b": "y", "a.b.c": "z w" },
        { "m.n": "x" },
        { "a.b": ["y", "x"] },
        { "day": "2026-01-05" },
    ]);
    let asked: [Asked<'_>; 6] = [
        ("a", json!(["x"]), &["x*"]),
        ("a.b", json!(["y"]), &["y*"]),
        ("a.b.c", json!(["z"]), &["z*"]),
        ("m.n", json!(["x"]), &["x*"]),
        ("day", json!(["2026", "2026-01-05"]), &["2026*"]),
        ("day.keyword", json!(["2026-01-05"]), &["2026*"]),
    ];
    suite("objects", &mapping, &documents, &asked, &Value::Null)
}

fn passthrough() -> Value {
    let keyword = json!({ "type": "keyword" });
    let mapping = json!({ "properties": {
        "attributes": {
            "type": "passthrough", "priority": 10, "dynamic": true,
            "properties": { "x": keyword, "own": keyword },
        },
        "resource": { "properties": { "attributes": {
            "type": "passthrough", "priority": 20, "properties": { "x": keyword, "y": keyword },
        } } },
        "own": keyword,
    } });
    let documents = json!([
        { "attributes": { "x": "one" } },
        { "resource": { "attributes": { "x": "two", "y": "q" } } },
        { "own": "a", "attributes": { "own": "b" } },
        { "attributes": { "dyn": "d" } },
        { "attributes.x": "one" },
    ]);
    let asked: [Asked<'_>; 9] = [
        ("x", json!(["one", "two"]), &["o*"]),
        ("attributes.x", json!(["one"]), &["o*"]),
        ("resource.attributes.x", json!(["two"]), &["t*"]),
        ("y", json!(["q"]), &["q*"]),
        ("resource.attributes.y", json!(["q"]), &["q*"]),
        ("own", json!(["a", "b"]), &["a*"]),
        ("attributes.own", json!(["b"]), &["b*"]),
        ("attributes.dyn", json!(["d"]), &["d*"]),
        ("dyn", json!(["d"]), &["d*"]),
    ];
    suite("passthrough", &mapping, &documents, &asked, &Value::Null)
}

/// Objects with another `dynamic`.
fn ungoverned() -> Value {
    let mapping = json!({ "dynamic": false, "properties": {
        "a": { "type": "keyword" },
        "o": { "dynamic": true, "properties": {} },
        "p": { "dynamic": "runtime", "properties": {} },
    } });
    let documents = json!([
        { "a": "x", "b": "x" },
        { "o": { "q": "x" } },
        { "p": { "q": "x", "n": 5, "d": "2026-01-05", "f": 1.5, "b": true } },
        { "p": { "d": "2026-01-05T10:00:00Z", "b": false } },
    ]);
    let asked: [Asked<'_>; 7] = [
        ("b", json!(["x"]), &["x*"]),
        ("o.q", json!(["x"]), &["x*"]),
        ("p.q", json!(["x"]), &["x*"]),
        ("p.n", json!([5]), &[]),
        ("p.d", json!(["2026-01-05"]), &[]),
        ("p.f", json!([1.5]), &[]),
        ("p.b", json!([true, false]), &[]),
    ];
    suite("dynamic", &mapping, &documents, &asked, &Value::Null)
}

fn split() -> Value {
    let mapping = json!({ "properties": {
        "s": { "type": "keyword", "split_queries_on_whitespace": true },
        "k": { "type": "keyword" },
    } });
    let documents = json!([
        { "s": "one", "k": "one" }, { "s": "one two", "k": "one two" }, { "s": "two" },
    ]);
    let asked: [Asked<'_>; 2] =
        [("s", json!(["one two", "one"]), &["on*"]), ("k", json!(["one two", "one"]), &["on*"])];
    let more = json!([
        { "lucene": "s:(one two)" },
        { "lucene": "k:(one two)" },
        { "lucene": "s:one\\ two" },
        { "dsl": { "match": { "s": { "query": "one two", "operator": "and" } } } },
    ]);
    suite("split", &mapping, &documents, &asked, &more)
}
