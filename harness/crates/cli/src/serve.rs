//! Serves one page on loopback, read-only, and tells when there is a newer one.
//!
//! Only requests that name the loopback address are answered, so that no page of the
//! internet reads the report by a name that leads here.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tiny_http::{Header, Method, Request, Response, Server};

/// How long a browser waits for a change before it asks again.
const PATIENCE: Duration = Duration::from_secs(25);

/// How many browsers may wait.
const MAX_WAITING: usize = 32;

/// How soon a browser asks again, in milliseconds.
const RETRY: u32 = 500;

const TEXT: &str = "text/plain; charset=utf-8";

/// A page that is served.
pub(crate) struct Served {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    page: Mutex<Page>,
    changed: Condvar,
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Page {
    bytes: Arc<Vec<u8>>,
    /// Goes up with each page; 0 before the first.
    version: u64,
}

impl State {
    fn page(&self) -> MutexGuard<'_, Page> {
        // Whoever holds it only swaps the page.
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Served {
    /// Listens on the loopback address; on a free port where none is given.
    ///
    /// # Errors
    ///
    /// When the port is taken.
    pub(crate) fn start(port: u16) -> io::Result<Self> {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let refused = |error| io::Error::other(format!("{at} cannot be listened on: {error}"));
        let server = Server::http(at).map_err(refused)?;
        let address = server.server_addr().to_ip().unwrap_or(at);
        let state = Arc::new(State::default());
        let own = Arc::clone(&state);
        thread::spawn(move || {
            for request in server.incoming_requests() {
                answer(request, address, &own);
            }
        });
        Ok(Self { address, state })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The version of the next page.
    pub(crate) fn next(&self) -> u64 {
        self.state.page().version + 1
    }

    /// Serves another page from now on, and says which version it is.
    pub(crate) fn replace(&self, bytes: Vec<u8>) -> u64 {
        let mut page = self.state.page();
        *page = Page { bytes: Arc::new(bytes), version: page.version + 1 };
        self.state.changed.notify_all();
        page.version
    }
}

fn answer(request: Request, address: SocketAddr, state: &Arc<State>) {
    let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
    let refusal = if !is_local(&request, address) {
        Some((403, "this page is served to this machine only"))
    } else if !matches!(request.method(), Method::Get | Method::Head) {
        Some((405, "this page can only be read"))
    } else if path != "/" && path != "/changes" {
        Some((404, "there is one page here: /"))
    } else {
        None
    };
    if let Some((status, text)) = refusal {
        respond(request, Response::from_string(text).with_status_code(status), TEXT);
        return;
    }
    if path == "/" {
        let bytes = Arc::clone(&state.page().bytes);
        respond(request, Response::from_data(bytes.as_slice()), "text/html; charset=utf-8");
        return;
    }
    let after = query.strip_prefix("after=").and_then(|text| text.parse().ok()).unwrap_or(0);
    if state.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING {
        state.waiting.fetch_sub(1, Ordering::Relaxed);
        let text = "too many browsers wait for a change";
        respond(request, Response::from_string(text).with_status_code(503), TEXT);
        return;
    }
    let state = Arc::clone(state);
    thread::spawn(move || {
        let event =
            if is_newer(&state, after) { "event: change\ndata: page" } else { ": none yet" };
        let events = Response::from_string(format!("retry: {RETRY}\n{event}\n\n"));
        respond(request, events, "text/event-stream");
        state.waiting.fetch_sub(1, Ordering::Relaxed);
    });
}

/// Whether there is a newer page, or comes one in time.
fn is_newer(state: &State, after: u64) -> bool {
    let waited =
        state.changed.wait_timeout_while(state.page(), PATIENCE, |page| page.version <= after);
    waited.map_or_else(|broken| broken.into_inner().0.version, |(page, _)| page.version) > after
}

/// Whether a request names this machine.
fn is_local(request: &Request, address: SocketAddr) -> bool {
    let port = address.port();
    let names = [address.to_string(), format!("localhost:{port}")];
    let host = request.headers().iter().find(|header| header.field.equiv("Host"));
    host.is_some_and(|host| names.iter().any(|name| host.value == name.as_str()))
}

/// Answers, with a kind of content.
fn respond<R: io::Read>(request: Request, response: Response<R>, kind: &str) {
    let headers = [
        ("Content-Type", kind),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ];
    let headers = headers.iter().filter_map(|(name, value)| Header::from_bytes(*name, *value).ok());
    let response = headers.fold(response, Response::with_header);
    // A browser that is gone needs no answer.
    drop(request.respond(response));
}
