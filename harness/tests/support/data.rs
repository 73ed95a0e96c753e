//! Data of a node, and rules to run on it.

use std::fmt::Write as _;

use crate::node;
use harness::rule::parse;
use harness::rule::tree::Loaded;
use serde_json::{Value, json};

/// How many documents a segment of an index has, until it is merged.
const SEGMENT: usize = 2000;

/// An index of a test, deleted when dropped.
pub(crate) struct Events {
    address: String,
    name: &'static str,
}

impl Drop for Events {
    fn drop(&mut self) {
        node::ask(&self.address, "DELETE", self.name, "");
    }
}

/// Makes an index of documents, `e0` and so on, with fields of these types.
pub(crate) fn index(
    address: &str,
    name: &'static str,
    properties: &Value,
    documents: &[Value],
) -> Events {
    node::ask(address, "DELETE", name, "");
    let mapping = json!({ "mappings": { "properties": properties } });
    let (status, body) = node::ask(address, "PUT", name, &mapping.to_string());
    assert_eq!(status, 200, "{body}");
    let events = Events { address: address.to_owned(), name };
    let numbered: Vec<_> = documents.iter().enumerate().collect();
    for part in numbered.chunks(SEGMENT) {
        let mut lines = String::new();
        for (id, document) in part {
            let _ = writeln!(lines, "{{\"index\":{{\"_id\":\"e{id}\"}}}}\n{document}");
        }
        let path = format!("{name}/_bulk?refresh=true");
        let (status, body) = node::ask(address, "POST", &path, &lines);
        assert!(status == 200 && body.contains("\"errors\":false"), "{body:.500}");
    }
    events
}

/// The keys of a KQL rule.
pub(crate) fn kql(query: &str) -> String {
    format!("type = \"query\"\nlanguage = \"kuery\"\nquery = '{query}'\n")
}

/// The keys of an EQL rule.
pub(crate) fn eql(query: &str) -> String {
    format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''{query}'''\n")
}

/// A rule of these keys of `[rule]`, looking at indices of a pattern.
pub(crate) fn rule(key: &str, pattern: &str, more: &str) -> Loaded {
    let text = format!(
        r#"
[metadata]
maturity = "production"
[rule]
author = ["tests"]
name = "Test {key}"
description = "A rule of a test"
risk_score = 21
rule_id = "9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01"
severity = "low"
index = ["{pattern}"]
{more}
"#
    );
    let (rule, diagnostics) = parse(&text);
    assert!(rule.is_some(), "{key}: {diagnostics:?}");
    let path = format!("{key}.toml");
    let (file, key) = (path.clone(), key.to_owned());
    Loaded { path, key, file, text: text.into(), rule, diagnostics }
}
