//! Why a cluster gave no answer.

use harness_engine::EngineError;

/// Why a cluster gave no answer; never a part of an answer instead.
///
/// No message holds a credential. What a server wrote is shortened, and its
/// control characters are escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// What was given cannot be used: an address, a certificate, a credential.
    #[error("{0}")]
    Config(String),
    /// No node could be reached.
    #[error("cannot reach {address}: {reason}")]
    Unreachable {
        /// The address, without credentials.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// No answer within the time limit.
    #[error("{address} gave no answer within {seconds} s")]
    Timeout {
        /// The address, without credentials.
        address: String,
        /// The time limit.
        seconds: u64,
    },
    /// The cluster stayed too busy.
    #[error("the cluster is overloaded: {attempts} attempts were answered with {status}")]
    Overloaded {
        /// The last HTTP status.
        status: u16,
        /// How often it was asked.
        attempts: u32,
    },
    /// The cluster refused a request.
    #[error("the cluster refused {request} with {status}: {reason}")]
    Refused {
        /// What was asked for.
        request: String,
        /// The HTTP status.
        status: u16,
        /// The cluster's reason.
        reason: String,
    },
    /// An answer that cannot be read.
    #[error("the answer to {request} cannot be read: {reason}")]
    Malformed {
        /// What was asked for.
        request: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Some shards did not answer.
    #[error("{failed} of {total} shards failed: {reason}")]
    Shards {
        /// How many failed.
        failed: u64,
        /// How many were asked.
        total: u64,
        /// The first reason.
        reason: String,
    },
    /// An answer without all that it announces.
    #[error("the answer is incomplete: {0}")]
    Incomplete(String),
    /// Another product, or a version that is not known to answer the same.
    #[error("{0}; the harness runs on OpenSearch 2 and 3 and on Elasticsearch 7.17, 8 and 9")]
    Product(String),
    /// Somebody stopped the run.
    #[error("interrupted")]
    Interrupted,
}

/// A text of a server, fit to be printed: short, without control characters.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 300;
    let mut short = String::new();
    for c in text.chars().take(MOST) {
        if c.is_control() { short.extend(c.escape_default()) } else { short.push(c) }
    }
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

impl From<ClusterError> for EngineError {
    fn from(error: ClusterError) -> Self {
        Self::Remote(Box::new(error))
    }
}
