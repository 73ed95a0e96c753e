//! What needs a cluster, and the cluster to test with: the address in `HARNESS_CLUSTER`.
//!
//! Its tests are ignored; `.ci/cluster` starts a node and runs them.

mod backtest;
mod backtest_corpus;
mod cluster;
mod cluster_fields;
mod cluster_types;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use harness::cluster::client::{Client, Options};
use harness::cluster::product::Version;

/// The address of a node.
pub(crate) fn address() -> String {
    let address = std::env::var("HARNESS_CLUSTER").ok().filter(|text| !text.is_empty());
    address.expect("HARNESS_CLUSTER names a node (cargo xtask opensearch start)")
}

/// A client of that node.
pub(crate) fn client() -> Arc<Client> {
    let client = Client::new(&Options::new(&address())).expect("an address");
    Version::ask(&client).expect("a product that we know");
    Arc::new(client)
}

/// Sends a request as it is; status and body.
pub(crate) fn ask(address: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("a node");
    write!(
        stream,
        "{method} /{path} HTTP/1.0\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a status");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    (status, if chunked { joined(body) } else { body.to_owned() })
}

/// A body that comes in chunks, each behind its length.
fn joined(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("a length");
        whole.push_str(&rest[..length]);
        body = rest[length..].trim_start();
    }
    whole
}
