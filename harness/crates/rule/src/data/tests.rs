use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use harness_source::span::Span;

/// The values of a text as JSON, or the first finding.
fn read(path: &str, text: &str) -> Result<Vec<Value>, String> {
    let (values, errors) = format(path, text).values(text);
    match errors.first() {
        Some(error) => Err(format!("{} {}", error.span.start, error.message)),
        None => Ok(values.iter().map(Placed::to_json).collect()),
    }
}

#[test]
fn the_content_tells_the_format() {
    let expected = Ok(vec![json!({"a": "x"})]);
    for (path, text) in [
        ("r.toml", "a = 'x'"),
        ("r", "a = \"x\""),
        ("r.json", "{\"a\": \"x\"}"),
        ("r.txt", " {\"a\": \"x\"}"),
        ("r.yml", "a: x"),
        ("r.YAML", "---\na: 'x'\n"),
        ("r.yaml", "{\"a\": \"x\"}"),
    ] {
        assert_eq!(read(path, text), expected, "{path}: {text}");
    }
    assert_eq!(read("r.toml", "[a]\nb = 1"), Ok(vec![json!({"a": {"b": 1}})]));
    assert_eq!(read("r.json", "[{\"a\": 1}]"), Ok(vec![json!([{"a": 1}])]));
}

#[test]
fn values_of_all_formats_are_the_same() {
    let expected =
        json!({"t": "a\nb", "i": -5, "f": 1.5, "b": true, "l": [1, "x"], "o": {"k": "v"}});
    for (path, text) in [
        ("r.toml", "t = \"a\\nb\"\ni = -5\nf = 1.5\nb = true\nl = [1, 'x']\no = { k = 'v' }\n"),
        (
            "r.json",
            r#"{"t": "a\nb", "i": -5, "f": 1.5, "b": true, "l": [1, "x"], "o": {"k": "v"}, "n": null}"#,
        ),
        ("r.yaml", "t: |-\n  a\n  b\ni: -5\nf: 1.5\nb: true\nl:\n- 1\n- x\no: {k: v}\nn: ~\n"),
    ] {
        assert_eq!(read(path, text), Ok(vec![expected.clone()]), "{path}");
    }
}

#[test]
fn json_and_yaml_hold_several_values() {
    let expected = Ok(vec![json!({"a": 1}), json!({"a": 2})]);
    assert_eq!(read("r.ndjson", "{\"a\":1}\n{\"a\":2}\n"), expected);
    assert_eq!(read("r.json", "{\n\"a\":1\n}{\"a\":2}"), expected);
    assert_eq!(read("r.yaml", "a: 1\n---\na: 2\n"), expected);
    // A broken line does not hide the others.
    let (values, errors) = format("r.ndjson", "{").values("{\"a\":1}\n{\"a\":}\n{\"a\":2}\n");
    assert_eq!((values.len(), errors.len()), (2, 1));
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    for (path, text, expected) in [
        ("r.json", "{\"a\" 1}", "5 not JSON: expected `:`"),
        ("r.json", "{\"a\": 1,}", "8 not JSON: trailing comma"),
        ("r.json", "{'a': 1}", "1 not JSON: a key is a string in double quotes"),
        ("r.json", "{\"a\": 1 \"b\": 2}", "8 not JSON: expected `,` or `}`"),
        ("r.json", "{\"a\": 1, \"a\": 2}", "9 not JSON: the key `a` is stated twice"),
        ("r.json", "{\"a\": [1", "8 not JSON: the text ends too early"),
        ("r.json", "{\"a\": nul}", "6 not JSON: expected ident"),
        ("r.yaml", "a: 1\na: 2\n", "8 the key `a` is stated twice"),
        ("r.yaml", "? [a]\n: 1\n", "2 a key is a plain value"),
    ] {
        assert_eq!(read(path, text), Err(expected.to_owned()), "{text}");
    }
    for (path, text) in [("r.json", "{\"a\":[".repeat(200)), ("r.yaml", "[".repeat(200))] {
        assert!(read(path, &text).is_err_and(|error| error.contains("deep")), "{path}");
    }
    let bomb = (0..20).fold("a0: &a0 [x, x]\n".to_owned(), |text, at| {
        let alias = format!("*a{at}, ").repeat(10);
        format!("{text}a{next}: &a{next} [{alias}]\n", next = at + 1)
    });
    assert_eq!(read("r.yaml", &bomb).map_err(|error| error.contains("too many")), Err(true));
}

#[test]
fn yaml_has_anchors_and_plain_words() {
    let text = "x: &base {type: query, n: 1}\nr:\n  <<: *base\n  n: 2\n";
    let base = json!({"type": "query", "n": 1});
    assert_eq!(read("r.yaml", text), Ok(vec![json!({"x": base, "r": {"type": "query", "n": 2}})]));
    let text = "a: 2026-01-05\nb: 8.12.0\nc: '1'\nd: no\ne: 1e3\nf: +5\ng: now-9m\nh: .\n";
    let plain = json!({
        "a": "2026-01-05", "b": "8.12.0", "c": "1", "d": "no", "e": 1000.0, "f": 5, "g": "now-9m",
        "h": "."
    });
    assert_eq!(read("r.yaml", text), Ok(vec![plain]));
}

#[test]
fn parts_of_a_text_are_found_in_the_file() {
    for (path, text) in [
        ("r.toml", "q = 'a: \"x\" and b: y'"),
        ("r.toml", "q = \"a: \\\"x\\\" and b: y\""),
        ("r.json", "{\"q\": \"a: \\\"x\\\" and\\n \\u00e4b: y\"}"),
        ("r.yaml", "q: |\n    a: \"x\"\n      and b: y\n"),
        ("r.yaml", "q: >-\n  a: \"x\"\n  and b: y\n"),
        ("r.yaml", "q: 'a: \"x\" and '' b: y'\n"),
        ("r.yaml", "q: a \"x\" and b: y\n".trim_end()),
    ] {
        let (values, errors) = format(path, text).values(text);
        if path == "r.yaml" && !errors.is_empty() {
            // A plain scalar may not hold a colon and a blank.
            continue;
        }
        let query = values[0].get("q").expect("a query");
        let decoded = query.text().expect("a text");
        let raw = query.span.of(text);
        let places = Places::find(raw, query.span.start, decoded).expect("it is there");
        for word in ["x", "and", "b: y"] {
            let at = decoded.find(word).expect("a word of it");
            let found = places.locate(Span::new(at, at + word.len())).expect("a place");
            assert_eq!(found.of(text), word, "{text}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_gives_values_or_errors(text in "\\PC{0,60}|[-a\\[\\]{}:,\"'0-9&*<|> \n]{0,60}") {
        for path in ["a.json", "a.yaml", "a.toml"] {
            let (values, errors) = format(path, &text).values(&text);
            for value in &values {
                prop_assert!(text.get(value.span.range()).is_some(), "{path}");
            }
            for error in errors {
                prop_assert!(error.span.end <= text.len(), "{path}");
            }
        }
    }

    #[test]
    fn json_is_what_serde_reads(value in "[\\[\\]{}:,\"a0-9.\\\\ ]{0,30}") {
        let text = format!("[{value}]");
        let (values, errors) = json::Json.values(&text);
        if let Ok(expected) = serde_json::from_str::<Value>(&text) {
            // A key that is stated twice is an error here; so is a number beyond 64 bits a null.
            if errors.is_empty() && !text.contains("null") {
                let found = values[0].to_json();
                prop_assert!(found == expected || text.bytes().filter(u8::is_ascii_digit).count() > 17);
            }
        } else {
            prop_assert!(!errors.is_empty() || values.len() != 1);
        }
    }
}
