//! `schema import` from a cluster, and what `schema FIELD` says afterwards.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use crate::support::repository::{Repository, run};
use serde_json::json;

/// A cluster with two generations of a data stream and an index; its address.
fn cluster() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let mapping = |name: &str, kind: &str| json!({"mappings": {"properties": {"acme": {"properties": {name: {"type": kind}}}}}});
    let root = json!({"version": {"distribution": "opensearch", "number": "2.19.1"}});
    let mappings = json!({
        ".ds-logs-acme-default-2026.01.05-000001": mapping("old", "keyword"),
        ".ds-logs-acme-default-2026.02.05-000002": mapping("user", "keyword"),
        "other": mapping("user", "long"),
    });
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
            let lines: Vec<String> =
                lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let first = lines.first().map_or("", String::as_str);
            let (status, body) = match first.split(' ').nth(1) {
                Some("/") => (200, root.to_string()),
                Some("/logs-*,other/_mapping") => (200, mappings.to_string()),
                Some("/none-*/_mapping") => (200, "{}".to_owned()),
                _ => (404, "{}".to_owned()),
            };
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {length}\r\n\r\n{body}"
            );
        }
    });
    address
}

#[test]
fn fields_are_taken_from_a_cluster() {
    let address = cluster();
    let repository = Repository::with_rule("acme.user: x");
    let engine = ["schema", "import", "--engine", &address];
    let (code, text) = run(&repository.0, &engine);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("need --index PATTERN"), "{text}");
    let (code, text) = run(&repository.0, &[&engine[..], &["--index", "none-*"]].concat());
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("no index fits none-*"), "{text}");
    let (code, text) = run(&repository.0, &[&engine[..], &["--index", "logs-*,other"]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("2 fields of 2 mappings written to mappings/cluster.json"), "{text}");
    let written = fs::read_to_string(repository.0.join("mappings/cluster.json")).expect("a file");
    assert!(written.contains("\"logs-acme-default\"") && !written.contains(".ds-"), "{written}");

    let config = "[schema]\nmappings = [\"mappings/cluster.json\"]\n";
    let repository = repository.write("harness.toml", config);
    let (code, text) = run(&repository.0, &["schema", "acme.user", "acme.old", "host.name"]);
    assert_eq!(code, 3, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("mappings/cluster.json, in logs-acme-default, other"), "{text}");
    assert!(lines[1].starts_with("acme.old  not known"), "that of an older index: {text}");
    assert_eq!(lines[2], "host.name  keyword  by the embedded table of fields");
}
