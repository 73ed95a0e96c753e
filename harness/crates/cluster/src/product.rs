//! Which product answers, and whether it is known to answer as we expect.

use serde_json::Value;

use super::client::Client;
use super::error::{ClusterError, quoted};

/// The product of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// `OpenSearch`.
    OpenSearch,
    /// Elasticsearch.
    Elasticsearch,
}

/// A product and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The product.
    pub product: Product,
    /// Its major version.
    pub major: u32,
    /// As it states it.
    pub number: String,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}", self.product, self.number)
    }
}

impl Version {
    /// Asks a cluster what it is.
    ///
    /// # Errors
    ///
    /// When it gives no answer, or is another product or version.
    pub fn ask(client: &Client) -> Result<Self, ClusterError> {
        Self::read(&client.get("")?)
    }

    /// The product, if searches of this version go over points in time.
    pub fn keeps_points(&self) -> Option<Product> {
        let minor = self.number.split('.').nth(1).and_then(|part| part.parse().ok()).unwrap_or(0);
        let first = match self.product {
            Product::OpenSearch => (2, 4),
            Product::Elasticsearch => (7, 12),
        };
        ((self.major, minor) >= first).then_some(self.product)
    }

    /// Reads what the root of a cluster answers.
    fn read(answer: &Value) -> Result<Self, ClusterError> {
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        let Some(number) = text("/version/number").map(quoted) else {
            return Err(ClusterError::Product("this is no search cluster".to_owned()));
        };
        let part = |at: usize| number.split('.').nth(at).and_then(|part| part.parse::<u32>().ok());
        let (major, minor) = (part(0).unwrap_or(0), part(1).unwrap_or(0));
        let product = match text("/version/distribution") {
            Some("opensearch") => Product::OpenSearch,
            Some(other) => {
                return Err(ClusterError::Product(format!("this is {} {number}", quoted(other))));
            }
            None if text("/tagline") == Some("You Know, for Search") => Product::Elasticsearch,
            None => {
                return Err(ClusterError::Product(format!("this is no search cluster: {number}")));
            }
        };
        let known = match product {
            Product::OpenSearch => matches!(major, 2 | 3),
            Product::Elasticsearch => (major, minor) == (7, 17) || matches!(major, 8 | 9),
        };
        let version = Self { product, major, number };
        if known { Ok(version) } else { Err(ClusterError::Product(format!("this is {version}"))) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(distribution: Option<&str>, tagline: &str, number: &str) -> Result<String, String> {
        let mut answer = json!({ "version": { "number": number }, "tagline": tagline });
        if let Some(distribution) = distribution {
            answer["version"]["distribution"] = distribution.into();
        }
        Version::read(&answer).map(|it| it.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn products_and_versions() {
        let opensearch = |number| check(Some("opensearch"), "The OpenSearch Project", number);
        let elasticsearch = |number| check(None, "You Know, for Search", number);
        for number in ["2.19.1", "2.0.0", "3.1.0"] {
            assert_eq!(opensearch(number), Ok(format!("OpenSearch {number}")));
        }
        for number in ["7.17.28", "8.0.0", "9.1.2"] {
            assert_eq!(elasticsearch(number), Ok(format!("Elasticsearch {number}")));
        }
        for outcome in [
            opensearch("1.3.2"),
            opensearch("4.0.0"),
            elasticsearch("7.16.9"),
            elasticsearch("6.8.0"),
            elasticsearch("x"),
            check(None, "Other", "8.1.0"),
            check(Some("solr"), "You Know, for Search", "8.1.0"),
        ] {
            let message = outcome.expect_err("unknown");
            assert!(message.contains("runs on OpenSearch 2 and 3"), "{message}");
        }
        assert!(Version::read(&json!([])).is_err());
        let points = |product, major, number: &str| {
            Version { product, major, number: number.to_owned() }.keeps_points().is_some()
        };
        assert!(
            points(Product::OpenSearch, 2, "2.19.1") && points(Product::OpenSearch, 3, "3.0.0")
        );
        assert!(!points(Product::OpenSearch, 2, "2.3.0"));
        assert!(points(Product::Elasticsearch, 7, "7.17.28"));
    }
}
