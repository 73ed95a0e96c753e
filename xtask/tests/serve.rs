//! `report --serve --watch`: who is answered, and how a change arrives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::repository::Repository;

/// A server that ends with its test.
struct Serving {
    child: Child,
    address: SocketAddr,
}

impl Serving {
    fn of(repository: &Repository) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["report", "--serve", "--watch", "--port", "0", "--no-progress", "--root"])
            .arg(&repository.0)
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("standard error")).lines();
        let told = lines.find_map(|line| {
            let line = line.expect("text");
            Some(line.strip_prefix("serving http://")?.split(';').next()?.to_owned())
        });
        // What else it says is read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let address = told.expect("it says where it is").parse().expect("an address");
        Self { child, address }
    }

    /// The answer to a request of these lines.
    fn ask(&self, lines: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a timeout");
        write!(stream, "{lines}\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        String::from_utf8(answer).expect("text")
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}", self.address))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_page_is_for_this_machine_and_follows_the_files() {
    let repository = Repository::with_rule("a: x").with_cases();
    let serving = Serving::of(&repository);
    assert!(serving.address.ip().is_loopback(), "{}", serving.address);

    let page = serving.get("/");
    assert!(
        page.starts_with("HTTP/1.1 200") && page.contains("name=\"harness-live\" content=\"1\"")
    );
    assert!(page.contains("connect-src 'self'") && page.contains("Cache-Control: no-store"));
    let port = serving.address.port();
    for (request, status) in [
        (format!("GET / HTTP/1.1\r\nHost: localhost:{port}"), 200),
        (format!("GET / HTTP/1.1\r\nHost: evil.example:{port}"), 403),
        ("GET / HTTP/1.1\r\nHost: evil.example".to_owned(), 403),
        ("GET / HTTP/1.0".to_owned(), 403),
        (format!("POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 0", serving.address), 405),
        (format!("GET /../harness.toml HTTP/1.1\r\nHost: {}", serving.address), 404),
    ] {
        let answer = serving.ask(&request);
        assert!(answer.contains(&format!(" {status} ")), "{request}: {answer}");
    }

    // A page that is behind is told at once; one that is not when a file has changed.
    assert!(serving.get("/changes?after=0").contains("event: change"));
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| serving.get("/changes?after=1"));
        let case = repository.0.join("cases/r/positive/other.json");
        std::fs::write(case, r#"{"a": ["x", "z"]}"#).expect("a file");
        waiting.join().expect("an answer")
    });
    assert!(waiting.contains("event: change"), "{waiting}");
    assert!(serving.get("/").contains("\"name\":\"other\""));
}
