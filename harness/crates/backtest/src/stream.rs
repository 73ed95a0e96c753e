//! All hits of a search, in order, page by page, of one view of the indices.
//!
//! Where the product keeps a point in time, pages follow one another by
//! `search_after`. Hits may have one place in order, and `OpenSearch` 2 knows no
//! tiebreaker: so a page begins after the last place that is known to be
//! complete, and what was there already is passed over. Where there is no point
//! in time, or more hits of one place than a page may hold, a scroll does it.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Ground, Stop, place};
use harness_cluster::client::{Client, Content};
use harness_cluster::error::ClusterError;
use harness_cluster::product::Product;
use harness_cluster::search;

/// How long a view is kept between two pages.
const KEEP: &str = "5m";

/// The longest page that every cluster gives.
const LONGEST: u64 = 10_000;

/// A view that is given back when dropped, also after an error.
struct View<'a> {
    client: &'a Client,
    id: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scroll,
    Point(Product),
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        let (path, body) = match self.kind {
            Kind::Scroll => ("_search/scroll", json!({ "scroll_id": [self.id] })),
            Kind::Point(Product::OpenSearch) => {
                ("_search/point_in_time", json!({ "pit_id": [self.id] }))
            }
            Kind::Point(Product::Elasticsearch) => ("_pit", json!({ "id": self.id })),
        };
        // Else it lapses.
        let _ = self.client.delete(path, Content::Json(&body));
    }
}

impl<'a> View<'a> {
    /// A point in time; `None` where the cluster gives none.
    fn open(client: &'a Client, product: Product, index: &str) -> Result<Option<Self>, Stop> {
        let (path, key) = match product {
            Product::OpenSearch => ("_search/point_in_time", "pit_id"),
            Product::Elasticsearch => ("_pit", "id"),
        };
        let path = format!("{index}/{path}?keep_alive={KEEP}&ignore_unavailable=true");
        let answer = match client.post(&path, Content::Nothing) {
            Ok(answer) => answer,
            // It has none, or does not let us, or there is no such index.
            Err(ClusterError::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let id = answer.get(key).and_then(Value::as_str);
        Ok(id.map(|id| Self { client, id: id.to_owned(), kind: Kind::Point(product) }))
    }
}

type Visit<'a> = dyn FnMut(&Value) -> Result<(), Stop> + 'a;

/// Visits every hit of a search, once each, in order; how many there were.
pub(super) fn each(
    ground: Ground<'_>,
    index: &str,
    body: &Value,
    visit: &mut Visit<'_>,
) -> Result<u64, Stop> {
    let mut taken = Taken::default();
    if let Some(product) = ground.target.points
        && let Some(mut view) = View::open(ground.client, product, index)?
        && let Some(seen) = points(&mut view, body, &mut taken, visit)?
    {
        return Ok(seen);
    }
    scroll(ground.client, index, body, &taken, visit)
}

/// What was visited.
#[derive(Debug, Default)]
struct Taken {
    /// How many hits.
    hits: u64,
    /// After this place, there may be some that were not.
    complete: Option<Value>,
    /// The place after it, where some were.
    open: Option<Value>,
    /// Those.
    members: HashSet<(String, String)>,
}

impl Taken {
    /// Whether a hit is new; then it is taken.
    fn take(&mut self, hit: &Value) -> bool {
        let at = hit.get("sort");
        if self.open.as_ref() != at {
            self.complete = self.open.take();
            self.open = at.cloned();
            self.members.clear();
        }
        let new = self.members.insert(place(hit));
        self.hits += u64::from(new);
        new
    }

    /// How many hits come before the place that is not complete.
    fn before(&self) -> u64 {
        self.hits - u64::try_from(self.members.len()).unwrap_or(self.hits)
    }
}

/// By a point in time; `None` where a page is too short for all hits of one place.
fn points(
    view: &mut View<'_>,
    body: &Value,
    taken: &mut Taken,
    visit: &mut Visit<'_>,
) -> Result<Option<u64>, Stop> {
    let mut size = body.get("size").and_then(Value::as_u64).unwrap_or(LONGEST);
    let mut wanted = None;
    loop {
        let mut body = body.clone();
        body["size"] = json!(size);
        body["pit"] = json!({ "id": view.id, "keep_alive": KEEP });
        if let Some(after) = &taken.complete {
            body["search_after"] = after.clone();
        }
        if wanted.is_some() {
            body["track_total_hits"] = json!(false);
        }
        let path = "_search?allow_partial_search_results=false";
        let answer = search::one(view.client, path, &body)?;
        if let Some(id) = answer.get("pit_id").and_then(Value::as_str) {
            id.clone_into(&mut view.id);
        }
        let total = match wanted {
            Some(total) => total,
            None => *wanted.insert(search::total(&answer)?),
        };
        let complete = taken.complete.clone();
        let hits = search::hits(&answer);
        for hit in hits {
            if taken.take(hit) {
                visit(hit)?;
            }
        }
        if taken.hits >= total || hits.is_empty() {
            whole(taken.hits, total)?;
            return Ok(Some(total));
        }
        if taken.complete == complete {
            // The page was one place from end to end.
            if size >= LONGEST {
                return Ok(None);
            }
            size = size.saturating_mul(4).min(LONGEST);
        }
    }
}

/// By a scroll, but for what was visited.
fn scroll(
    client: &Client,
    index: &str,
    body: &Value,
    taken: &Taken,
    visit: &mut Visit<'_>,
) -> Result<u64, Stop> {
    let path = format!(
        "{index}/_search?scroll={KEEP}&allow_partial_search_results=false&ignore_unavailable=true"
    );
    let mut body = body.clone();
    // A scroll by one field alone loses hits of one place in several segments
    // (`OpenSearch` 2.19.1).
    if let Some(sort) = body.get_mut("sort").and_then(Value::as_array_mut) {
        sort.push(json!({ "_doc": "asc" }));
    }
    let mut answer = search::one(client, &path, &body)?;
    let wanted = search::total(&answer)?;
    // A search of no index has no view, and nothing to page through.
    let mut view = id(&answer).ok().map(|id| View { client, id, kind: Kind::Scroll });
    let mut seen = 0;
    loop {
        let hits = search::hits(&answer);
        for hit in hits {
            seen += 1;
            if seen > taken.before() && !taken.members.contains(&place(hit)) {
                visit(hit)?;
            }
        }
        if hits.is_empty() || seen >= wanted {
            break;
        }
        let Some(view) = &mut view else { break };
        let body = json!({ "scroll": KEEP, "scroll_id": view.id });
        answer = search::one(client, "_search/scroll", &body)?;
        view.id = id(&answer)?;
    }
    whole(seen, wanted)?;
    Ok(seen)
}

fn whole(seen: u64, wanted: u64) -> Result<(), Stop> {
    if seen == wanted {
        return Ok(());
    }
    let message = format!("{seen} of {wanted} hits arrived");
    Err(Stop::Cluster(ClusterError::Incomplete(message)))
}

fn id(answer: &Value) -> Result<String, ClusterError> {
    let id = answer.get("_scroll_id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| ClusterError::Malformed {
        request: "_search".to_owned(),
        reason: "it has no `_scroll_id`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(at: i64, id: &str) -> Value {
        json!({ "_index": "x", "_id": id, "sort": [at] })
    }

    #[test]
    fn pages_begin_behind_the_last_complete_place() {
        let mut taken = Taken::default();
        let new: Vec<bool> =
            [hit(1, "a"), hit(2, "b"), hit(2, "c")].iter().map(|hit| taken.take(hit)).collect();
        assert_eq!(new, [true; 3]);
        assert_eq!((taken.complete.clone(), taken.before()), (Some(json!([1])), 1));
        // The next page has the hits of the open place again, in another order.
        let new: Vec<bool> = [hit(2, "c"), hit(2, "d"), hit(2, "b"), hit(3, "e")]
            .iter()
            .map(|hit| taken.take(hit))
            .collect();
        assert_eq!(new, [false, true, false, true]);
        assert_eq!((taken.complete.clone(), taken.hits, taken.before()), (Some(json!([2])), 5, 4));
    }
}
