//! What becomes of a cluster that misbehaves: a clear error, never fewer hits.
//!
//! A small server in this file answers as each test says; no node is needed.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::cluster::Cluster;
use harness::cluster::client::{Client, Credentials, Options};
use harness::cluster::corpus::{Corpus, Group};
use harness::cluster::error::ClusterError;
use harness::cluster::index::Index;
use harness::cluster::product::Version;
use harness::document::{Columns, Ingest};
use harness::engine::{Engine, EngineError};
use harness::event::Event;
use harness::ir::{Leaf, Origin, Predicate, Test};
use harness::schema::{Base, Field, FieldType, Schema};
use serde_json::{Value, json};

/// How the server answers a request.
enum Reply {
    Status(u16, String),
    /// To another address.
    Redirect(String),
    /// A status line and half of what it announces.
    Half,
    /// Nothing; the connection is closed.
    Nothing,
    /// Nothing, and the connection stays open.
    Silence,
}

fn ok(body: &Value) -> Reply {
    Reply::Status(200, body.to_string())
}

/// What was asked: method and path, and the header that says who asks.
#[derive(Clone, Debug, Default)]
struct Asked {
    lines: Vec<String>,
    authorization: Option<String>,
}

/// A server on the loopback address that answers by a function.
fn serve(answer: impl Fn(&str, &str) -> Reply + Send + 'static) -> (String, Arc<Mutex<Asked>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Asked::default()));
    let log = asked.clone();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            if let Some(kept) = converse(stream, &answer, &log) {
                open.push(kept);
            }
        }
    });
    (address, asked)
}

/// Reads one request and answers it; the stream, where it is to stay open.
fn converse(
    stream: TcpStream,
    answer: &impl Fn(&str, &str) -> Reply,
    log: &Mutex<Asked>,
) -> Option<TcpStream> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => log.lock().ok()?.authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = first.rsplit_once(' ').map_or("", |(line, _)| line).to_owned();
    log.lock().ok()?.lines.push(line.clone());
    let mut stream = stream;
    let mut send = |status: u16, length: usize, body: &str| {
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
    };
    match answer(&line, &String::from_utf8_lossy(&body)) {
        Reply::Status(status, body) => send(status, body.len(), &body),
        Reply::Redirect(to) => {
            let _ = write!(
                stream,
                "HTTP/1.1 307 X\r\nlocation: {to}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
        }
        Reply::Half => send(200, 1000, "{\"version\":"),
        Reply::Nothing => {}
        Reply::Silence => return Some(stream),
    }
    None
}

fn root() -> Value {
    json!({ "version": { "distribution": "opensearch", "number": "2.19.1" } })
}

fn client(address: &str, timeout: Duration) -> Client {
    let options = Options { timeout, ..Options::new(address) };
    Client::new(&options).expect("an address")
}

fn ask(answer: impl Fn(&str, &str) -> Reply + Send + 'static) -> Result<Version, ClusterError> {
    Version::ask(&client(&serve(answer).0, Duration::from_secs(20)))
}

#[test]
fn a_busy_server_is_asked_again() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let version = ask(move |_, _| match counted.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Status(429, String::new()),
        1 => Reply::Status(503, "not JSON".to_owned()),
        2 => Reply::Nothing,
        _ => ok(&root()),
    });
    assert_eq!(version.map(|it| it.number), Ok("2.19.1".to_owned()));
    assert_eq!(count.load(Ordering::Relaxed), 4);
}

#[test]
fn a_server_that_stays_busy_is_an_error() {
    let error = ask(|_, _| Reply::Status(429, "{}".to_owned())).expect_err("it stays busy");
    assert_eq!(error, ClusterError::Overloaded { status: 429, attempts: 6 });
}

#[test]
fn broken_answers_are_errors() {
    let error = ask(|_, _| Reply::Status(200, "{\"version\": ".to_owned())).expect_err("broken");
    assert!(matches!(error, ClusterError::Malformed { .. }), "{error}");
    let error = ask(|_, _| Reply::Half).expect_err("half a body");
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
    let error = ask(|_, _| Reply::Nothing).expect_err("no answer");
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
    let error = ask(|_, _| Reply::Status(401, r#"{"error":"who\u0007?"}"#.to_owned()));
    let message = error.expect_err("refused").to_string();
    assert_eq!(message, "the cluster refused GET / with 401: who\\u{7}?");
    let error = ask(|_, _| ok(&json!({ "tagline": "x" }))).expect_err("no cluster");
    assert!(matches!(error, ClusterError::Product(_)), "{error}");
}

#[test]
fn a_silent_server_runs_out_of_time() {
    let (address, _) = serve(|_, _| Reply::Silence);
    let started = Instant::now();
    let error = Version::ask(&client(&address, Duration::from_secs(1))).expect_err("silence");
    assert_eq!(error, ClusterError::Timeout { address, seconds: 1 });
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn no_server_is_an_error_and_another_address_is_tried() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = format!("http://{}", gone.local_addr().expect("an address"));
    drop(gone);
    let error = Version::ask(&client(&closed, Duration::from_secs(20))).expect_err("nobody");
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
    let (address, _) = serve(|_, _| ok(&root()));
    let both = client(&format!("{closed},{address}"), Duration::from_secs(20));
    assert!(Version::ask(&both).is_ok());
}

#[test]
fn credentials_are_sent_and_not_told() {
    let (address, asked) = serve(|_, _| Reply::Status(403, "{}".to_owned()));
    let mut options = Options::new(&address);
    options.credentials = Credentials::ApiKey("hidden-word".to_owned());
    let error = Version::ask(&Client::new(&options).expect("an address")).expect_err("refused");
    assert!(!error.to_string().contains("hidden-word"), "{error}");
    let authorization = asked.lock().expect("a log").authorization.clone();
    assert_eq!(authorization.as_deref(), Some("ApiKey hidden-word"));
}

#[test]
fn credentials_that_a_server_repeats_are_not_told() {
    let basic = |password: &str| Credentials::Basic {
        user: "me".to_owned(),
        password: password.to_owned(),
    };
    // In base64 the second one has a slash.
    for (credentials, hidden) in [
        (Credentials::ApiKey("c2VjcmV0/a2V5".to_owned()), "c2VjcmV0"),
        (basic("hidden-word"), "hidden-word"),
        (basic("hidden-word"), "bWU6aGlkZGVuLXdvcmQ="),
    ] {
        let (key, word) = ("ApiKey c2VjcmV0\\/a2V5 c2VjcmV0/a2V5", "bWU6aGlkZGVuLXdvcmQ=");
        let body = format!("{} {key} Basic {word} me:hidden-word", "x".repeat(200));
        let answers = [
            Reply::Status(401, body.clone()),
            Reply::Status(401, format!("{{\"error\":\"{body}\"}}")),
            Reply::Status(200, format!("{{\"{key}\" {word}")),
        ];
        for answer in answers {
            let answer = Mutex::new(Some(answer));
            let (address, _) = serve(move |_, _| {
                answer.lock().expect("no panic").take().unwrap_or(Reply::Nothing)
            });
            let mut options = Options::new(&address);
            options.credentials = credentials.clone();
            let client = Client::new(&options).expect("an address");
            let error = Version::ask(&client).expect_err("refused").to_string();
            assert!(!error.contains(hidden), "{error}");
        }
    }
}

#[test]
fn answers_are_bounded_by_what_was_asked() {
    let error = ask(|_, _| Reply::Status(200, format!("[{}1]", "1,".repeat(1 << 20))));
    let error = error.expect_err("too long").to_string();
    assert!(error.ends_with("it is longer than 1048576 bytes"), "{error}");
    let error = ask(|_, _| Reply::Status(500, "x".repeat(2 << 20))).expect_err("too long");
    assert!(matches!(error, ClusterError::Malformed { .. }), "{error}");
}

#[test]
fn redirects_are_not_followed() {
    let (elsewhere, asked) = serve(|_, _| ok(&root()));
    let (address, _) = serve(move |_, _| Reply::Redirect(elsewhere.clone()));
    let error = Version::ask(&client(&address, Duration::from_secs(20))).expect_err("elsewhere");
    assert!(matches!(error, ClusterError::Refused { status: 307, .. }), "{error}");
    assert_eq!(asked.lock().expect("a log").lines, Vec::<String>::new());
}

#[test]
fn an_interruption_does_not_wait_for_an_answer() {
    let (address, _) = serve(|_, _| Reply::Silence);
    let interrupted = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let options = Options { interrupted: interrupted.clone(), ..Options::new(&address) };
    let client = Client::new(&options).expect("an address");
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        interrupted.store(true, Ordering::Relaxed);
    });
    let started = Instant::now();
    assert_eq!(Version::ask(&client).expect_err("interrupted"), ClusterError::Interrupted);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// Two documents with a keyword `k`, indexed at a server that answers searches
/// with `response`; what `k` exists on.
fn select(bulk: &Value, response: &Value) -> (Result<Vec<u64>, EngineError>, Vec<String>) {
    let (bulk, response) = (bulk.clone(), response.clone());
    let (address, asked) = serve(move |line, _| match line {
        _ if line.contains("_bulk") => ok(&bulk),
        _ if line.contains("_msearch") => ok(&json!({ "responses": [response] })),
        _ => ok(&json!({})),
    });
    let mut schema = Schema::new(Base::Empty);
    let field = Field::plain("k", FieldType::KEYWORD);
    let column = field.column().expect("a keyword");
    schema.insert(field);
    let fields: Vec<_> = schema.fields().cloned().collect();
    let mut columns = Columns::default();
    let ingest = Ingest::new(&schema, &fields, &mut columns);
    let event = |value: &str| Event::from_json(json!({ "k": value }), 1).expect("an object");
    let events = [event("a"), event("b")];
    let documents: Vec<_> =
        events.iter().map(|event| ingest.document(event, &mut Vec::new())).collect();
    let events: Vec<&Event> = events.iter().collect();
    let groups = vec![Group::new(&schema, &fields, &events, 0)];
    let corpus = Corpus { documents: &documents, columns: &columns, groups };
    let client = Arc::new(client(&address, Duration::from_secs(20)));
    let predicate = Predicate::Leaf(Leaf { column, test: Test::Exists, origin: Origin::default() });
    let outcome = Cluster::new(&client, &corpus).and_then(|cluster| cluster.select(&[&predicate]));
    let outcome = outcome.map(|hits| hits[0].iter().map(u64::from).collect());
    let lines = asked.lock().expect("a log").lines.clone();
    (outcome, lines)
}

fn items(statuses: [u16; 2]) -> Value {
    let item = |status: u16| json!({ "index": { "status": status, "error": { "reason": "why" } } });
    json!({ "items": statuses.map(item) })
}

fn answer(failed: u64, total: u64, hits: &[u64]) -> Value {
    let hits: Vec<Value> = hits.iter().map(|hit| json!({ "sort": [hit] })).collect();
    json!({
        "timed_out": false,
        "_shards": { "total": 2, "failed": failed, "failures": [{ "reason": { "reason": "lost" } }] },
        "hits": { "total": { "value": total, "relation": "eq" }, "hits": hits },
    })
}

#[test]
fn fewer_hits_than_there_are_are_an_error() {
    let good = items([201, 201]);
    let (outcome, lines) = select(&good, &answer(0, 2, &[0, 1]));
    assert_eq!(outcome.expect("an answer"), [0, 1]);
    let made = lines.first().expect("a request").trim_start_matches("PUT /");
    let made = made.split('?').next().unwrap_or_default();
    let deleted = format!("DELETE /{made}?ignore_unavailable=true");
    assert_eq!(lines.last(), Some(&deleted), "the index is deleted");

    let failing = [
        ("1 of 2 shards failed: lost", select(&good, &answer(1, 2, &[0, 1]))),
        ("the answer is incomplete: 0 of 2 hits arrived", select(&good, &answer(0, 2, &[]))),
        ("the cluster refused document 1 with 400: why", select(&items([201, 400]), &json!({}))),
        (
            "the answer is incomplete: not every document of a bulk request was answered",
            select(&json!({ "items": [] }), &json!({})),
        ),
        (
            "the cluster refused _msearch with 400: odd: why",
            select(&good, &json!({ "status": 400, "error": { "type": "odd", "reason": "why" } })),
        ),
        (
            "the answer to _msearch cannot be read: it says nothing of shards",
            select(&good, &json!({})),
        ),
    ];
    for (wanted, (outcome, lines)) in failing {
        assert_eq!(outcome.expect_err(wanted).to_string(), wanted);
        let last = lines.last().expect("a request");
        assert!(last.starts_with("DELETE /harness-"), "{wanted}: the index is deleted, {last}");
    }
}

#[test]
fn an_interrupted_run_deletes_what_it_made() {
    let interrupted = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (address, asked) = serve(|_, _| ok(&json!({})));
    let options = Options { interrupted: interrupted.clone(), ..Options::new(&address) };
    let client = Arc::new(Client::new(&options).expect("an address"));
    let index = Index::create(&client, |_| json!({})).expect("an index");
    interrupted.store(true, Ordering::Relaxed);
    let error = index.fill(std::iter::empty::<(usize, Value)>()).expect_err("interrupted");
    assert_eq!(error, ClusterError::Interrupted);
    drop(index);
    let lines = asked.lock().expect("a log").lines.clone();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].starts_with("DELETE /harness-"), "{lines:?}");
}

/// A server that loses what it does not like: closes connections where `breaks` says so.
fn made(breaks: fn(&str, usize) -> Option<Reply>) -> (Result<(), ClusterError>, Vec<String>) {
    let count = AtomicUsize::new(0);
    let (address, asked) = serve(move |line, _| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        breaks(line, number).unwrap_or_else(|| ok(&json!({})))
    });
    let client = Arc::new(client(&address, Duration::from_secs(20)));
    let outcome = Index::create(&client, |_| json!({}))
        .and_then(|index| index.fill(std::iter::empty::<(usize, Value)>()));
    let lines = asked.lock().expect("a log").lines.clone();
    (outcome, lines)
}

#[test]
fn an_index_whose_making_was_not_answered_is_used() {
    let (outcome, lines) = made(|_, number| match number {
        0 => Some(Reply::Nothing),
        1 => Some(Reply::Status(
            400,
            r#"{"error":{"type":"resource_already_exists_exception","reason":"it is there"}}"#
                .to_owned(),
        )),
        _ => None,
    });
    assert_eq!(outcome, Ok(()));
    assert_eq!(lines.len(), 4, "made twice, refreshed, deleted: {lines:?}");
    assert_eq!(lines[0], lines[1]);
    let (outcome, lines) = made(|line, _| {
        let refused = r#"{"error":{"type":"invalid_index_name_exception","reason":"why"}}"#;
        line.starts_with("PUT").then(|| Reply::Status(400, refused.to_owned()))
    });
    let error = outcome.expect_err("refused for another reason").to_string();
    assert!(error.ends_with("with 400: invalid_index_name_exception: why"), "{error}");
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn a_cluster_that_is_gone_is_not_waited_for_twice() {
    let (outcome, lines) = made(|line, _| (!line.starts_with("PUT")).then_some(Reply::Nothing));
    assert!(matches!(outcome, Err(ClusterError::Unreachable { .. })), "{outcome:?}");
    let count = |verb: &str| lines.iter().filter(|line| line.starts_with(verb)).count();
    assert_eq!((count("PUT"), count("POST"), count("DELETE")), (1, 6, 1), "{lines:?}");
}

#[test]
fn many_documents_come_in_several_requests_each_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sent = seen.clone();
    let (address, asked) = serve(move |line, body| {
        let mut items = Vec::new();
        if line.contains("_bulk") {
            for id in body.lines().step_by(2) {
                let id: Value = serde_json::from_str(id).expect("an action");
                let id = id["index"]["_id"].as_str().and_then(|id| id.parse().ok());
                sent.lock().expect("a list").push(id.expect("a number"));
                items.push(json!({ "index": { "status": 201 } }));
            }
        }
        ok(&json!({ "items": items }))
    });
    let client = Arc::new(client(&address, Duration::from_secs(20)));
    let index = Index::create(&client, |_| json!({})).expect("an index");
    index.fill((0..12_345).map(|number| (number, json!({ "k": number })))).expect("all of them");
    let mut seen: Vec<usize> = seen.lock().expect("a list").clone();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..12_345), "each once");
    let lines = asked.lock().expect("a log").lines.clone();
    assert_eq!(lines.iter().filter(|line| line.contains("_bulk")).count(), 7);
}

#[test]
fn documents_that_are_refused_end_all_requests() {
    let (address, _) = serve(|line, _| match line {
        _ if line.contains("_bulk") => Reply::Status(413, "{}".to_owned()),
        _ => ok(&json!({})),
    });
    let client = Arc::new(client(&address, Duration::from_secs(20)));
    let index = Index::create(&client, |_| json!({})).expect("an index");
    let endless = (0..).map(|number| (number, json!({ "k": number })));
    let error = index.fill(endless).expect_err("refused");
    assert!(matches!(error, ClusterError::Refused { status: 413, .. }), "{error}");
}
