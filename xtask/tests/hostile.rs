//! A server that means harm, or is broken: every run on it ends in bounded time and
//! memory, with exit code 6 and the reason, and never looks green.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::repository::Repository;

/// What a run says that got no answer from a cluster.
const CLUSTER: i32 = 6;
/// How long a request may take, in seconds.
const PATIENCE: u64 = 2;
/// How long a run may take: the last request begins within its patience.
const LONGEST: Duration = Duration::from_secs(15);
/// The most memory of a run, in KiB of addresses.
const MEMORY: u64 = 2 << 20;
/// The key that nobody else may see.
const KEY: &str = "c2VjcmV0LWtleQ==";

/// What a server was sent: the heads of all requests.
type Heads = Arc<Mutex<Vec<String>>>;

/// A server on the loopback address that does as it likes with each connection.
fn serve(
    act: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let heads = Heads::default();
    let (log, act) = (heads.clone(), Arc::new(act));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (log, act) = (log.clone(), act.clone());
            std::thread::spawn(move || {
                let head = head(&stream);
                log.lock().expect("a log").push(head);
                // Whoever asked may be gone.
                drop(act(&mut stream));
            });
        }
    });
    (address, heads)
}

/// The first lines of a request.
fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A head of an answer, with more lines.
fn ok(more: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{more}\r\n")
}

/// Bytes as long as somebody reads them.
fn endless(stream: &mut TcpStream, part: &[u8], pause: Duration) -> std::io::Result<()> {
    loop {
        stream.write_all(part)?;
        std::thread::sleep(pause);
    }
}

/// Runs the tests of a repository on a server; what it says. It ends in time, within its
/// memory, and tells no secret.
fn run(address: &str) -> String {
    let repository = Repository::with_rule("a: x").with_cases();
    let mut command = Command::new("sh");
    let limited = format!("ulimit -v {MEMORY}; ulimit -c 0; exec \"$0\" \"$@\"");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_xtask"), "test", "--engine", address]);
    command.args(["--engine-timeout", &PATIENCE.to_string(), "--api-key", KEY]);
    let started = Instant::now();
    let output = command.current_dir(&repository.0).stdin(Stdio::null()).output().expect("a run");
    let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(CLUSTER), "{text}");
    assert!(started.elapsed() < LONGEST, "took {:?}: {text}", started.elapsed());
    assert!(!text.contains("passed") && !text.contains(KEY), "{text}");
    assert!(text.len() < 1_000, "{} bytes of output", text.len());
    text
}

/// A run on such a server says this.
fn check(part: &str, act: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) {
    let text = run(&serve(act).0);
    assert!(text.contains(part), "`{part}` is not in: {text}");
}

const NO_ANSWER: &str = "gave no answer within 2 s";

#[test]
fn a_body_that_drips_runs_out_of_time() {
    check(NO_ANSWER, |stream| {
        stream.write_all(ok("content-length: 1000000\r\n").as_bytes())?;
        endless(stream, b" ", Duration::from_millis(100))
    });
}

#[test]
fn a_head_that_drips_runs_out_of_time() {
    check(NO_ANSWER, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
        endless(stream, b"x", Duration::from_millis(100))
    });
}

#[test]
fn a_head_without_end_is_refused() {
    check("cannot reach http://127.0.0.1:", |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        endless(stream, "x: y\r\n".repeat(1_000).as_bytes(), Duration::ZERO)
    });
}

#[test]
fn a_body_without_end_is_refused() {
    // About itself a cluster says little.
    let long = "cannot be read: it is longer than 1048576 bytes";
    check(long, |stream| {
        stream.write_all(ok("transfer-encoding: chunked\r\n").as_bytes())?;
        let chunk = format!("1000\r\n{}\r\n", "[".repeat(0x1000));
        endless(stream, chunk.as_bytes(), Duration::ZERO)
    });
    check(long, |stream| {
        stream.write_all(ok("connection: close\r\n").as_bytes())?;
        endless(stream, &[b'['; 0x1000], Duration::ZERO)
    });
}

#[test]
fn chunks_of_no_size_are_refused() {
    check("cannot reach http://127.0.0.1:", |stream| {
        stream.write_all(ok("transfer-encoding: chunked\r\n").as_bytes())?;
        stream.write_all(b"ffffffffffffffffffff\r\n{}\r\n")
    });
}

#[test]
fn a_packed_body_is_not_unpacked_beyond_the_limit() {
    // Four GiB of spaces in four MiB; nothing asks for packed answers, and none is unpacked.
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let spaces = vec![b' '; 1 << 20];
    (0..64).for_each(|_| packed.write_all(&spaces).expect("memory takes it"));
    let part = packed.finish().expect("memory takes it");
    for (members, said) in
        [(1, "status 200, invalid utf-8"), (64, "it is longer than 1048576 bytes")]
    {
        let part = part.clone();
        // Members one after the other are one text.
        check(&format!("cannot be read: {said}"), move |stream| {
            stream.write_all(ok("content-encoding: gzip\r\nconnection: close\r\n").as_bytes())?;
            (0..members).try_for_each(|_| stream.write_all(&part))
        });
    }
}

#[test]
fn a_wrong_length_is_no_answer() {
    let root = r#"{"version": {"distribution": "opensearch", "number": "2.19.1"}}"#;
    check("cannot reach http://127.0.0.1:", move |stream| {
        let head = ok(&format!("content-length: {}\r\n", root.len() + 10));
        stream.write_all([&head, root].concat().as_bytes())
    });
    check("cannot be read: status 200, EOF", move |stream| {
        let head = ok(&format!("content-length: {}\r\n", root.len() - 10));
        stream.write_all([&head, root].concat().as_bytes())
    });
}

#[test]
fn a_connection_that_is_kept_and_closed_is_no_answer() {
    let root = r#"{"version": {"distribution": "opensearch", "number": "2.19.1"}}"#;
    let connections = AtomicUsize::new(0);
    check("cannot reach http://127.0.0.1:", move |stream| {
        if connections.fetch_add(1, Ordering::Relaxed) > 0 {
            return Ok(());
        }
        let head = ok(&format!("connection: keep-alive\r\ncontent-length: {}\r\n", root.len()));
        stream.write_all([&head, root].concat().as_bytes())?;
        // Of the next request some is read, and half of an answer given.
        stream.read_exact(&mut [0; 8])?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le")
    });
}

#[test]
fn a_redirect_takes_no_credentials_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let (elsewhere, sent) = serve(|stream| {
            stream.write_all(ok("content-length: 2\r\n").as_bytes())?;
            stream.write_all(b"{}")
        });
        let (address, heads) = serve(move |stream| {
            let head = format!(
                "HTTP/1.1 {status} X\r\nlocation: {elsewhere}/\r\ncontent-length: 0\r\n\r\n"
            );
            stream.write_all(head.as_bytes())
        });
        let text = run(&address);
        assert!(text.contains(&format!("refused GET / with {status}")), "{text}");
        let heads = heads.lock().expect("a log");
        assert!(
            heads.iter().all(|head| head.contains(KEY)),
            "the key is for the cluster: {heads:?}"
        );
        assert_eq!(*sent.lock().expect("a log"), Vec::<String>::new(), "nobody is asked there");
    }
}
