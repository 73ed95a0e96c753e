//! All hits of a search, in order, page by page.
//!
//! A scroll keeps one view of the indices on both products and in all versions,
//! and its pages neither skip nor repeat events of one moment; `search_after`
//! needs a tiebreaker for that, which `OpenSearch` 2 does not have.

use serde_json::{Value, json};

use super::Stop;
use crate::engine::cluster::client::{Client, Content};
use crate::engine::cluster::error::ClusterError;
use crate::engine::cluster::search;

/// How long a view is kept between two pages.
const KEEP: &str = "5m";

/// A view that is given back when dropped.
struct View<'a> {
    client: &'a Client,
    id: String,
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        // Else it lapses.
        let body = json!({ "scroll_id": [self.id] });
        let _ = self.client.delete("_search/scroll", Content::Json(&body));
    }
}

/// Visits every hit of a search; how many there were.
pub(super) fn each(
    client: &Client,
    index: &str,
    body: &Value,
    visit: &mut dyn FnMut(&Value) -> Result<(), Stop>,
) -> Result<u64, Stop> {
    let path = format!(
        "{index}/_search?scroll={KEEP}&allow_partial_search_results=false&ignore_unavailable=true"
    );
    let mut answer = search::one(client, &path, body)?;
    let wanted = search::total(&answer)?;
    // A search of no index has no view, and nothing to page through.
    let mut view = id(&answer).ok().map(|id| View { client, id });
    let mut seen = 0;
    loop {
        let hits = search::hits(&answer);
        for hit in hits {
            visit(hit)?;
        }
        seen += hits.len() as u64;
        if hits.is_empty() || seen >= wanted {
            break;
        }
        let Some(view) = &mut view else { break };
        let body = json!({ "scroll": KEEP, "scroll_id": view.id });
        answer = search::one(client, "_search/scroll", &body)?;
        view.id = id(&answer)?;
    }
    if seen != wanted {
        let message = format!("{seen} of {wanted} hits arrived");
        return Err(Stop::Cluster(ClusterError::Incomplete(message)));
    }
    Ok(seen)
}

fn id(answer: &Value) -> Result<String, ClusterError> {
    let id = answer.get("_scroll_id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| ClusterError::Malformed {
        request: "_search".to_owned(),
        reason: "it has no `_scroll_id`".to_owned(),
    })
}
