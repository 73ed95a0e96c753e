//! Requests to a cluster: time limits, retries, credentials.
//!
//! Every request of ours may be sent twice without harm: documents have ids of
//! our own, searches change nothing. So connections that fail, and answers that
//! say that the cluster is busy, are tried again after a pause, at the next of
//! the given addresses.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::http::{Method, Request, Response, Uri};
#[cfg(feature = "tls")]
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Body};

use super::error::{ClusterError, quoted};
use harness_source::limits;

/// The largest answer to a search or to documents that is read, in bytes.
fn max_answer() -> u64 {
    limits::CLUSTER_ANSWER.now() as u64
}

/// The largest answer about fields that is read, in bytes.
const MAX_FIELDS: u64 = limits::CLUSTER_FIELDS.most as u64;

/// The largest answer about the cluster itself, and refusal, that is read, in bytes.
const MAX_WORDS: u64 = limits::CLUSTER_WORDS.most as u64;

/// The most values that an answer may hold: each takes many times its text in memory.
fn max_values() -> usize {
    limits::CLUSTER_VALUES.now()
}

/// How often a request is tried.
const ATTEMPTS: u32 = 6;
const _: () = assert!(ATTEMPTS as usize == limits::CLUSTER_ATTEMPTS.most, "the table has it");

/// The pause before the second attempt; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long a cluster may take that gave no answer before, however patient the run is.
const LAST_WORD: Duration = Duration::from_secs(5);

/// How to reach a cluster.
#[derive(Clone, Debug)]
pub struct Options {
    /// Addresses of nodes, separated by commas.
    pub addresses: String,
    /// Who asks.
    pub credentials: Credentials,
    /// A PEM file of authorities to trust in place of the public ones.
    pub authorities: Option<PathBuf>,
    /// Whether any certificate will do.
    pub insecure: bool,
    /// How long a request may take.
    pub timeout: Duration,
    /// Set when the run is to stop.
    pub interrupted: Arc<AtomicBool>,
}

impl Options {
    /// Nodes that ask for nothing.
    pub fn new(addresses: &str) -> Self {
        Self {
            addresses: addresses.to_owned(),
            credentials: Credentials::None,
            authorities: None,
            insecure: false,
            timeout: Duration::from_mins(1),
            interrupted: Arc::default(),
        }
    }
}

/// Who asks; never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody in particular.
    None,
    /// A user.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// An API key, encoded as the cluster gave it.
    ApiKey(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic(…)",
            Self::ApiKey(_) => "ApiKey(…)",
        })
    }
}

impl Credentials {
    fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Basic { user, password } => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            Self::ApiKey(key) => Some(format!("ApiKey {key}")),
        }
    }

    /// The password, where it is long enough to be found in a text.
    fn words(&self) -> Option<Secret> {
        match self {
            Self::Basic { password, .. } if password.len() >= 4 => {
                Some(Secret(format!("password {password}")))
            }
            Self::None | Self::Basic { .. } | Self::ApiKey(_) => None,
        }
    }
}

/// What a request carries.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// No body.
    Nothing,
    /// One value.
    Json(&'a Value),
    /// Values a line, as they are.
    Lines(&'a [u8]),
}

/// A connection to a cluster.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    /// Without credentials and trailing slashes.
    addresses: Vec<String>,
    /// Which address answered last.
    current: AtomicUsize,
    authorization: Option<Secret>,
    /// What else must not be told: a password.
    words: Option<Secret>,
    timeout: Duration,
    interrupted: Arc<AtomicBool>,
    /// Whether the cluster gave no answer to the last request.
    lost: AtomicBool,
}

#[derive(Clone)]
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Secret {
    /// The text without the credential, however a server repeats it.
    fn stripped(&self, text: String) -> String {
        let credential = self.0.split_once(' ').map_or(self.0.as_str(), |(_, text)| text);
        // JSON may escape a slash.
        let escaped = credential.replace('/', "\\/");
        let mut text = text;
        for secret in [credential, &escaped] {
            if !secret.is_empty() && text.contains(secret) {
                text = text.replace(secret, "…");
            }
        }
        text
    }
}

impl Client {
    /// Prepares a connection; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// What of the options cannot be used.
    pub fn new(options: &Options) -> Result<Self, ClusterError> {
        let mut credentials = options.credentials.clone();
        let mut addresses = Vec::new();
        for given in options.addresses.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let (address, inline) = address(given)?;
            addresses.push(address);
            if credentials == Credentials::None {
                credentials = inline;
            }
        }
        if addresses.is_empty() {
            return Err(ClusterError::Config("no address of a cluster was given".to_owned()));
        }
        let words = credentials.words();
        let authorization = credentials.header();
        if authorization.as_ref().is_some_and(|text| !text.bytes().all(|b| (32..127).contains(&b)))
        {
            let message = "the credentials hold characters that no header may hold".to_owned();
            return Err(ClusterError::Config(message));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("detection-rule-harness/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(options.timeout));
        #[cfg(feature = "tls")]
        let config = {
            let mut tls = TlsConfig::builder().disable_verification(options.insecure);
            if let Some(path) = &options.authorities {
                tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates(path)?)));
            }
            config.tls_config(tls.build())
        };
        #[cfg(not(feature = "tls"))]
        if let Some(address) = addresses.iter().find(|address| address.starts_with("https:")) {
            let message = format!("{address} needs a build with the feature tls");
            return Err(ClusterError::Config(message));
        }
        let agent = config.build().new_agent();
        Ok(Self {
            agent,
            addresses,
            current: AtomicUsize::new(0),
            authorization: authorization.map(Secret),
            words,
            timeout: options.timeout,
            interrupted: options.interrupted.clone(),
            lost: AtomicBool::new(false),
        })
    }

    /// Whether the run is to stop.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Interrupted`] when it is.
    pub fn check(&self) -> Result<(), ClusterError> {
        if self.interrupted.load(Ordering::Relaxed) {
            Err(ClusterError::Interrupted)
        } else {
            Ok(())
        }
    }

    /// Asks for something.
    pub fn get(&self, path: &str) -> Result<Value, ClusterError> {
        self.check()?;
        self.send(&Method::GET, path, Content::Nothing)
    }

    /// Sends something to be worked on.
    pub fn post(&self, path: &str, content: Content<'_>) -> Result<Value, ClusterError> {
        self.check()?;
        self.send(&Method::POST, path, content)
    }

    pub(super) fn put(&self, path: &str, content: &Value) -> Result<Value, ClusterError> {
        self.check()?;
        self.send(&Method::PUT, path, Content::Json(content))
    }

    /// Deletes also after an interruption.
    pub fn delete(&self, path: &str, content: Content<'_>) -> Result<Value, ClusterError> {
        self.send(&Method::DELETE, path, content)
    }

    /// Sends a request until it is answered; the answer's JSON.
    ///
    /// Where a cluster gave no answer, it is not waited for once more: whoever
    /// deletes what a run made asks once, and not for long.
    fn send(
        &self,
        method: &Method,
        path: &str,
        content: Content<'_>,
    ) -> Result<Value, ClusterError> {
        let outcome = self.tries(method, path, content);
        let lost =
            matches!(outcome, Err(ClusterError::Unreachable { .. } | ClusterError::Timeout { .. }));
        self.lost.store(lost, Ordering::Relaxed);
        outcome
    }

    fn tries(
        &self,
        method: &Method,
        path: &str,
        content: Content<'_>,
    ) -> Result<Value, ClusterError> {
        let request = format!("{method} /{}", path.split('?').next().unwrap_or_default());
        let mut pause = PAUSE;
        let mut attempt = 1;
        let started = Instant::now();
        let attempts = if self.is_lost() { 1 } else { ATTEMPTS };
        loop {
            let current = self.current.load(Ordering::Relaxed) % self.addresses.len();
            let outcome = self.attempt(method, &self.addresses[current], path, content);
            let (error, wait) = match outcome {
                Ok((status @ 200..300, body, _)) => return self.json(&request, status, body),
                Ok((status @ (429 | 502 | 503 | 504), _, asked)) => {
                    (ClusterError::Overloaded { status, attempts: attempt }, asked)
                }
                Ok((status, body, _)) => {
                    let text = self.stripped(String::from_utf8_lossy(&body).into_owned());
                    return Err(refused(&request, status, &text));
                }
                Err(Failure::Retry(error)) => (error, None),
                Err(Failure::Final(error)) => return Err(error),
            };
            if attempt == attempts || started.elapsed() > self.timeout {
                return Err(error);
            }
            self.current.store(current + 1, Ordering::Relaxed);
            let wait = wait.unwrap_or(pause).min(LONGEST_PAUSE);
            if *method == Method::DELETE {
                std::thread::sleep(wait);
            } else {
                self.wait(wait)?;
            }
            pause *= 2;
            attempt += 1;
        }
    }

    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Sleeps, but not through an interruption.
    pub(super) fn wait(&self, time: Duration) -> Result<(), ClusterError> {
        let end = Instant::now() + time;
        loop {
            self.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    fn attempt(
        &self,
        method: &Method,
        address: &str,
        path: &str,
        content: Content<'_>,
    ) -> Result<(u16, Vec<u8>, Option<Duration>), Failure> {
        let call = Call {
            agent: self.agent.clone(),
            method: method.clone(),
            url: format!("{address}/{path}"),
            authorization: self.authorization.clone(),
            content: match content {
                Content::Nothing => None,
                Content::Json(value) => Some(("application/json", value.to_string().into_bytes())),
                Content::Lines(lines) => Some(("application/x-ndjson", lines.to_vec())),
            },
            limit: limit(path),
            time: self.is_lost().then(|| self.timeout.min(LAST_WORD)),
        };
        // What makes or deletes something is waited for, so that nothing is left.
        let reads = *method == Method::GET || *method == Method::POST && !path.contains("_bulk");
        let (send, answer) = std::sync::mpsc::channel();
        std::thread::spawn(move || send.send(call.answer()));
        loop {
            match answer.recv_timeout(Duration::from_millis(50)) {
                Ok(answer) => return answer.map_err(|error| self.failure(address, &error)),
                Err(RecvTimeoutError::Timeout) if reads => self.check().map_err(Failure::Final)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let (address, reason) = (address.to_owned(), "the request was lost".to_owned());
                    return Err(Failure::Final(ClusterError::Unreachable { address, reason }));
                }
            }
        }
    }

    /// A text of the server without our own credentials.
    fn stripped(&self, text: String) -> String {
        let secrets = self.authorization.iter().chain(&self.words);
        secrets.fold(text, |text, secret| secret.stripped(text))
    }

    fn json(&self, request: &str, status: u16, body: Vec<u8>) -> Result<Value, ClusterError> {
        let malformed = |reason: String| ClusterError::Malformed {
            request: request.to_owned(),
            reason: quoted(&reason),
        };
        let values = body.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
        if values > max_values() {
            return Err(malformed(format!("it holds more than {} values", max_values())));
        }
        let text = String::from_utf8(body)
            .map_err(|error| malformed(format!("status {status}, {}", error.utf8_error())))?;
        let text = match &self.authorization {
            Some(secret) => secret.stripped(text),
            None => text,
        };
        serde_json::from_str(&text).map_err(|error| malformed(format!("status {status}, {error}")))
    }

    fn failure(&self, address: &str, error: &ureq::Error) -> Failure {
        let address = address.to_owned();
        match error {
            ureq::Error::Timeout(_) => {
                let seconds = self.timeout.as_secs();
                Failure::Final(ClusterError::Timeout { address, seconds })
            }
            ureq::Error::BodyExceedsLimit(most) => Failure::Final(ClusterError::Malformed {
                request: address,
                reason: format!("it is longer than {most} bytes"),
            }),
            ureq::Error::BadUri(reason) => Failure::Final(ClusterError::Config(reason.clone())),
            other => {
                let reason = quoted(&self.stripped(other.to_string()));
                Failure::Retry(ClusterError::Unreachable { address, reason })
            }
        }
    }
}

/// One request on its way.
struct Call {
    agent: Agent,
    method: Method,
    url: String,
    authorization: Option<Secret>,
    /// Its type and itself.
    content: Option<(&'static str, Vec<u8>)>,
    /// The largest answer, in bytes.
    limit: u64,
    /// How long it may take, where that is shorter than for others.
    time: Option<Duration>,
}

impl Call {
    /// The status, the body, and how long the server asks to wait.
    fn answer(self) -> Result<(u16, Vec<u8>, Option<Duration>), ureq::Error> {
        let mut request = Request::builder().method(self.method.clone()).uri(&self.url);
        if let Some(Secret(authorization)) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let mut response = match &self.content {
            None => self.run(request.body(())?)?,
            Some((kind, body)) => {
                self.run(request.header("content-type", *kind).body(body.as_slice())?)?
            }
        };
        let status = response.status().as_u16();
        let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let after = after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let limit = if (200..300).contains(&status) { self.limit } else { MAX_WORDS };
        let body = response.body_mut().with_config().limit(limit).read_to_vec()?;
        Ok((status, body, after))
    }

    fn run(&self, request: Request<impl AsSendBody>) -> Result<Response<Body>, ureq::Error> {
        // Views are deleted with a body.
        let config = self.agent.configure_request(request).allow_non_standard_methods(true);
        match self.time {
            Some(time) => self.agent.run(config.timeout_global(Some(time)).build()),
            None => self.agent.run(config.build()),
        }
    }
}

/// The largest answer to a request, in bytes.
fn limit(path: &str) -> u64 {
    match path.split('?').next().unwrap_or_default() {
        "" => MAX_WORDS,
        path if path.ends_with("_mapping") || path.ends_with("_field_caps") => MAX_FIELDS,
        _ => max_answer(),
    }
}

enum Failure {
    /// Another attempt may help.
    Retry(ClusterError),
    Final(ClusterError),
}

fn refused(request: &str, status: u16, body: &str) -> ClusterError {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    let reason = match parsed.as_ref().and_then(|body| body.get("error")) {
        Some(error) => reason(error),
        None => quoted(body),
    };
    ClusterError::Refused { request: request.to_owned(), status, reason }
}

/// The innermost reason that an error object states.
pub(crate) fn reason(error: &Value) -> String {
    let mut at = error;
    // Each step goes deeper into a finite value.
    loop {
        let cause =
            at.get("caused_by").or_else(|| at.get("root_cause").and_then(|list| list.get(0)));
        let failed = at.get("failed_shards").and_then(|list| list.get(0));
        match cause.or_else(|| failed.and_then(|shard| shard.get("reason"))) {
            Some(inner) if inner.is_object() => at = inner,
            Some(_) | None => break,
        }
    }
    let kind = at.get("type").and_then(Value::as_str).unwrap_or_default();
    match at.get("reason").and_then(Value::as_str).or_else(|| at.as_str()) {
        Some(reason) if kind.is_empty() => quoted(reason),
        Some(reason) => quoted(&format!("{kind}: {reason}")),
        None => quoted(&error.to_string()),
    }
}

/// An address without the credentials that it may hold, and those.
fn address(given: &str) -> Result<(String, Credentials), ClusterError> {
    let error = |why: &str| Err(ClusterError::Config(why.to_owned()));
    let Some((scheme, rest)) = given.split_once("://") else {
        return error("the address of a cluster begins with http:// or https://");
    };
    if !matches!(scheme, "http" | "https") {
        return error("the address of a cluster begins with http:// or https://");
    }
    if rest.contains(['?', '#', '\\']) || rest.contains(char::is_whitespace) {
        return error(
            "the address of a cluster names a host and perhaps a path; in a password, escape \
             `?` as %3F and `#` as %23",
        );
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (inline, host) = match authority.rsplit_once('@') {
        Some((inline, host)) => (Some(inline), host),
        None => (None, authority),
    };
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    let odd = |port: &str| !port.bytes().all(|byte| byte.is_ascii_digit());
    if host.is_empty() || port.is_some_and(odd) {
        return error("the address of a cluster names a host, perhaps a port and a path");
    }
    let credentials = match inline.map(|inline| inline.split_once(':').unwrap_or((inline, ""))) {
        Some((user, password)) => {
            Credentials::Basic { user: unescape(user), password: unescape(password) }
        }
        None => Credentials::None,
    };
    let path = path.trim_end_matches('/');
    let slash = if path.is_empty() { "" } else { "/" };
    let address = format!("{scheme}://{host}{slash}{path}");
    if let Err(found) = address.parse::<Uri>() {
        return Err(ClusterError::Config(format!("the address of a cluster is none: {found}")));
    }
    Ok((address, credentials))
}

/// Resolves `%41`.
fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match digits.filter(|_| *byte == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(feature = "tls")]
fn certificates(path: &std::path::Path) -> Result<Vec<Certificate<'static>>, ClusterError> {
    let error = |why: String| ClusterError::Config(format!("{}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|found| error(found.to_string()))?;
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate.to_owned()),
            Ok(_) => {}
            Err(why) => return Err(error(why.to_string())),
        }
    }
    if found.is_empty() { Err(error("it holds no certificate".to_owned())) } else { Ok(found) }
}

#[cfg(test)]
mod tests;
