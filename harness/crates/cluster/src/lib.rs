//! The cluster engine: the same predicates, asked of `OpenSearch` or Elasticsearch.
//!
//! [`dsl`] turns a predicate into a query, [`corpus`] typed documents into an
//! index of our own, [`Cluster`] asks one of the other. Where a query finds more
//! than the predicate holds on, the reference evaluator decides on what comes
//! back. [`client`] is the only place that speaks HTTP.
//!
//! `ureq` carries the requests: blocking as all of the harness is, rustls
//! without a C library for TLS, no runtime, few dependencies.

pub mod client;
pub mod corpus;
pub mod dsl;
pub mod error;
pub mod index;
pub mod layout;
pub mod product;
pub mod search;
pub mod session;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde_json::{Value, json};

use self::client::Client;
use self::corpus::{Corpus, NUMBER, Prepared};
use self::dsl::Query;
use self::error::ClusterError;
use self::index::Index;
use self::layout::Layout;
use self::search::Search;
use harness_engine::{Engine, EngineError};
use harness_model::document::{Columns, Document};
use harness_predicate::eval::{eval, eval_leaf};
use harness_predicate::{Leaf, Predicate};
use harness_text::analysis::Analyzer;

/// The most hits of one answer; clusters refuse 10,001.
const PAGE: usize = 10_000;

/// The most hits of the first answer to each of many searches.
const FIRST_PAGE: usize = 1000;

/// Documents in an index of a cluster.
pub struct Cluster<'a> {
    client: Arc<Client>,
    index: Index,
    layout: Layout,
    documents: &'a [Document],
    columns: &'a Columns,
    /// Documents that hold what no index takes: the evaluator decides on them.
    beside: Vec<u32>,
}

impl<'a> Cluster<'a> {
    /// Indexes a corpus.
    ///
    /// # Errors
    ///
    /// When the cluster does not take it.
    pub fn new(client: &Arc<Client>, corpus: &Corpus<'a>) -> Result<Self, EngineError> {
        if u32::try_from(corpus.documents.len()).is_err() {
            return Err(EngineError::TooManyDocuments);
        }
        let patterns = corpus.groups.iter().flat_map(|group| group.analyzers.values());
        let asks = patterns.into_iter().any(|analyzer| matches!(analyzer, Analyzer::Pattern(_)));
        let has_pattern = asks && has_pattern_analyzer(client)?;
        let analyzes = |analyzer: &Analyzer| match analyzer {
            Analyzer::Pattern(_) => has_pattern,
            Analyzer::Standard | Analyzer::Simple | Analyzer::Whitespace | Analyzer::Keyword => {
                true
            }
        };
        let prepared = Prepared::new(corpus, &analyzes);
        let index = Index::create(client, |meta| prepared.index(meta))?;
        let numbered = prepared.sources.iter().enumerate();
        index.fill(numbered.filter_map(|(at, source)| Some((at, source.as_ref()?))))?;
        let beside = (0..).zip(&prepared.sources).filter(|(_, source)| source.is_none());
        Ok(Self {
            client: client.clone(),
            index,
            documents: corpus.documents,
            columns: corpus.columns,
            beside: beside.map(|(at, _)| at).collect(),
            layout: prepared.layout,
        })
    }

    /// How many documents no index takes.
    pub fn beside(&self) -> usize {
        self.beside.len()
    }

    /// The name of the index.
    pub fn index(&self) -> &str {
        self.index.name()
    }

    fn search(&self, asked: &Asked, size: usize, after: Option<u32>) -> Search {
        let Asked { query, within } = asked;
        let mut clause = query.clause.clone();
        if *within != (0..self.count()) {
            let numbers = json!({ "gte": within.start, "lt": within.end });
            clause = json!({ "bool": { "filter": [{ "range": { NUMBER: numbers } }, clause] } });
        }
        let mut body = json!({
            "size": size,
            "query": clause,
            "sort": [{ NUMBER: "asc" }],
            "_source": false,
            "track_total_hits": true,
        });
        if let Some(after) = after {
            body["search_after"] = json!([after]);
        }
        Search { index: self.index.name().to_owned(), body }
    }

    /// The documents that each query finds, and whether those are all that it
    /// is about and no more.
    fn find(&self, asked: &[Asked]) -> Result<Vec<(RoaringBitmap, bool)>, ClusterError> {
        let searches: Vec<Search> =
            asked.iter().map(|one| self.search(one, FIRST_PAGE, None)).collect();
        let answers = search::all(&self.client, &searches, &|_| {})?;
        let mut found = Vec::with_capacity(asked.len());
        for (one, answer) in asked.iter().zip(answers) {
            found.push(match answer {
                // The automaton is too large there; the evaluator has its own.
                Err(ClusterError::Refused { reason, .. }) if is_too_large(&reason) => {
                    (one.within.clone().collect(), false)
                }
                answer => (self.pages(one, &answer?)?, one.query.exact),
            });
        }
        Ok(found)
    }

    /// The hits of a first answer and of all that follow.
    fn pages(&self, asked: &Asked, first: &Value) -> Result<RoaringBitmap, ClusterError> {
        let wanted = search::total(first)?;
        let mut found = RoaringBitmap::new();
        let mut last = take(first, &mut found)?;
        while let (true, Some(after)) = (found.len() < wanted, last) {
            let Search { index, body } = self.search(asked, PAGE, Some(after));
            let answer = search::one(&self.client, &format!("{index}/_search"), &body)?;
            last = take(&answer, &mut found)?;
        }
        if found.len() != wanted {
            let message = format!("{} of {wanted} hits arrived", found.len());
            return Err(ClusterError::Incomplete(message));
        }
        Ok(found)
    }

    fn count(&self) -> u32 {
        u32::try_from(self.documents.len()).unwrap_or(u32::MAX)
    }

    fn holds(&self, predicate: &Predicate, document: u32) -> bool {
        let document = self.documents.get(document as usize);
        document.is_some_and(|document| eval(predicate, document, self.columns))
    }
}

/// Whether a cluster refuses a pattern for the size of its automaton.
fn is_too_large(reason: &str) -> bool {
    reason.contains("determini") || reason.contains("automaton is too large")
}

/// Adds the hits of an answer; the last of them.
fn take(answer: &Value, found: &mut RoaringBitmap) -> Result<Option<u32>, ClusterError> {
    let mut last = None;
    for hit in search::hits(answer) {
        let number = hit.pointer("/sort/0").and_then(Value::as_u64);
        let number = number.and_then(|number| u32::try_from(number).ok());
        let number = number.ok_or_else(|| ClusterError::Malformed {
            request: "_search".to_owned(),
            reason: "a hit has no number".to_owned(),
        })?;
        found.insert(number);
        last = Some(number);
    }
    Ok(last)
}

fn has_pattern_analyzer(client: &Client) -> Result<bool, ClusterError> {
    let body = json!({ "analyzer": "pattern", "text": "a" });
    match client.post("_analyze", client::Content::Json(&body)) {
        Ok(_) => Ok(true),
        Err(ClusterError::Refused { status: 400, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A query and the documents that it is asked about.
struct Asked {
    query: Query,
    within: Range<u32>,
}

impl Cluster<'_> {
    /// The documents that fulfil each predicate, among those asked for with it.
    ///
    /// # Errors
    ///
    /// As [`Engine::select`].
    pub fn select_within(
        &self,
        predicates: &[(&Predicate, Range<u32>)],
    ) -> Result<Vec<RoaringBitmap>, EngineError> {
        // Each distinct query is asked once.
        let mut asked: Vec<Asked> = Vec::new();
        let mut known: HashMap<(String, Range<u32>), usize> = HashMap::new();
        let mut plans = Vec::with_capacity(predicates.len());
        for (predicate, within) in predicates {
            let queries = dsl::queries(predicate, &self.layout);
            let exact = queries.iter().all(|query| query.exact);
            let mut own = Vec::new();
            for query in queries.into_iter().filter(|query| !query.is_nothing()) {
                let key = (query.clause.to_string(), within.clone());
                own.push(*known.entry(key).or_insert_with(|| {
                    asked.push(Asked { query, within: within.clone() });
                    asked.len() - 1
                }));
            }
            plans.push((own, exact));
        }
        let found = self.find(&asked)?;
        let mut answers = Vec::with_capacity(predicates.len());
        for ((predicate, within), (own, exact)) in predicates.iter().zip(plans) {
            let mut hits = RoaringBitmap::new();
            let exact = exact && own.iter().all(|at| found[*at].1);
            for at in own {
                hits |= &found[at].0;
            }
            if !exact {
                hits = hits.iter().filter(|at| self.holds(predicate, *at)).collect();
            }
            let beside = self.beside.iter().copied().filter(|at| within.contains(at));
            hits.extend(beside.filter(|at| self.holds(predicate, *at)));
            answers.push(hits);
        }
        Ok(answers)
    }
}

impl Engine for Cluster<'_> {
    fn select(&self, predicates: &[&Predicate]) -> Result<Vec<RoaringBitmap>, EngineError> {
        let all = 0..self.count();
        let predicates: Vec<_> = predicates.iter().map(|it| (*it, all.clone())).collect();
        self.select_within(&predicates)
    }

    /// A cluster names documents, not the objects in them: the evaluator reads
    /// the rows.
    fn rows(&self, leaves: &[(&Leaf, Range<u32>)]) -> Result<Vec<Vec<u32>>, EngineError> {
        let rows = leaves.iter().map(|(leaf, documents)| {
            let range = documents.start as usize..documents.end as usize;
            let own = self.documents.get(range).unwrap_or_default();
            let rows = (0..).zip(own.iter().flat_map(|document| &document.rows));
            rows.filter(|(_, row)| eval_leaf(leaf, row, self.columns)).map(|(at, _)| at).collect()
        });
        Ok(rows.collect())
    }
}
