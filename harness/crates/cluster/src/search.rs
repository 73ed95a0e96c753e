//! Searches in batches, to the last hit.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, Content, reason};
use super::error::ClusterError;

/// The most searches of one request.
const BATCH: usize = 100;

/// The most bytes of one request.
const BATCH_BYTES: usize = 4 << 20;

/// How often a search is sent that a busy cluster turned down.
const ATTEMPTS: u32 = 6;

/// One search.
#[derive(Clone, Debug)]
pub struct Search {
    /// The indices, joined by commas.
    pub index: String,
    /// The body.
    pub body: Value,
}

/// What one search answers: a response without errors of any shard, or why the
/// cluster refused it.
pub(crate) type Answer = Result<Value, ClusterError>;

/// Runs searches; answers come in their order.
///
/// # Errors
///
/// When the cluster cannot answer at all. A search that it refuses is an answer.
pub fn all(
    client: &Client,
    searches: &[Search],
    progress: &dyn Fn(usize),
) -> Result<Vec<Answer>, ClusterError> {
    let mut answers = Vec::with_capacity(searches.len());
    let mut rest = searches;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(BATCH).take_while(|search| {
            let before = bytes;
            bytes += search.body.to_string().len();
            before == 0 || bytes <= BATCH_BYTES
        });
        let (batch, later) = rest.split_at(fits.count().max(1));
        answers.extend(some(client, batch)?);
        progress(answers.len());
        rest = later;
    }
    Ok(answers)
}

/// One request, again for those searches that were turned down for the moment.
fn some(client: &Client, batch: &[Search]) -> Result<Vec<Answer>, ClusterError> {
    let mut answers: Vec<Option<Answer>> = batch.iter().map(|_| None).collect();
    let mut pause = Duration::from_millis(200);
    let mut attempt = 1;
    loop {
        let open: Vec<usize> =
            answers.iter().enumerate().filter(|(_, it)| it.is_none()).map(|(at, _)| at).collect();
        if open.is_empty() {
            return Ok(answers.into_iter().flatten().collect());
        }
        let mut lines = String::new();
        for search in open.iter().filter_map(|at| batch.get(*at)) {
            let header = json!({
                "index": search.index,
                "allow_partial_search_results": false,
                "ignore_unavailable": false,
            });
            let _ = writeln!(lines, "{header}\n{}", search.body);
        }
        let path = "_msearch?max_concurrent_searches=8&typed_keys=false";
        let answer = client.post(path, Content::Lines(lines.as_bytes()))?;
        let responses = answer.get("responses").and_then(Value::as_array);
        let Some(responses) = responses.filter(|list| list.len() == open.len()) else {
            let message = "not every search of a request was answered".to_owned();
            return Err(ClusterError::Incomplete(message));
        };
        let mut busy = None;
        for (at, response) in open.into_iter().zip(responses) {
            match complete("_msearch", response.clone()) {
                Err(ClusterError::Refused { status: status @ (429 | 503), .. }) => {
                    busy = Some(status);
                }
                outcome => answers[at] = Some(outcome),
            }
        }
        if let Some(status) = busy {
            if attempt == ATTEMPTS {
                return Err(ClusterError::Overloaded { status, attempts: attempt });
            }
            client.wait(pause)?;
            pause *= 2;
            attempt += 1;
        }
    }
}

/// One search by itself.
pub fn one(client: &Client, path: &str, body: &Value) -> Result<Value, ClusterError> {
    complete(path, client.post(path, Content::Json(body))?)
}

/// The response, if it is one of all shards and within time.
fn complete(request: &str, response: Value) -> Result<Value, ClusterError> {
    let number = |pointer: &str| response.pointer(pointer).and_then(Value::as_u64);
    if let Some(error) = response.get("error") {
        let status = number("/status").and_then(|it| u16::try_from(it).ok()).unwrap_or(0);
        let request = request.to_owned();
        return Err(ClusterError::Refused { request, status, reason: reason(error) });
    }
    let (Some(total), Some(failed)) = (number("/_shards/total"), number("/_shards/failed")) else {
        let reason = "it says nothing of shards".to_owned();
        return Err(ClusterError::Malformed { request: request.to_owned(), reason });
    };
    if failed > 0 {
        let first = response.pointer("/_shards/failures/0/reason");
        let reason = first.map(reason).unwrap_or_default();
        return Err(ClusterError::Shards { failed, total, reason });
    }
    let flag = |key: &str| response.get(key).and_then(Value::as_bool).unwrap_or(false);
    if flag("timed_out") {
        return Err(ClusterError::Incomplete("a search ran out of time".to_owned()));
    }
    if flag("terminated_early") {
        return Err(ClusterError::Incomplete("a search ended early".to_owned()));
    }
    Ok(response)
}

/// How many documents a search matches.
pub fn total(response: &Value) -> Result<u64, ClusterError> {
    let exact = response.pointer("/hits/total/relation").and_then(Value::as_str) == Some("eq");
    let total = response.pointer("/hits/total/value").and_then(Value::as_u64);
    total.filter(|_| exact).ok_or_else(|| ClusterError::Malformed {
        request: "_search".to_owned(),
        reason: "it does not say how many documents match".to_owned(),
    })
}

/// The hits of a response.
pub fn hits(response: &Value) -> &[Value] {
    response.pointer("/hits/hits").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
