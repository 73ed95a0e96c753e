//! Argued exceptions: cases where we hold that Elasticsearch itself would
//! answer otherwise than recorded, each with the reason and its source.

use std::sync::LazyLock;

use serde::Deserialize;

/// One argued exception.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The end of the suite file's path.
    pub file: String,
    /// The suite.
    pub suite: String,
    /// The case.
    pub case: String,
    /// What we answer.
    pub answer: String,
    /// Why that is right.
    pub why: String,
    /// Where one can read it.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    exception: Vec<Exception>,
}

static LIST: LazyLock<Vec<Exception>> = LazyLock::new(|| {
    let list: List = toml::from_str(include_str!("exceptions.toml")).expect("a test reads it");
    list.exception
});

/// All exceptions, as committed.
pub fn all() -> &'static [Exception] {
    &LIST
}

/// The exception for a case, if there is one.
pub fn find(path: &str, suite: &str, case: &str) -> Option<&'static Exception> {
    all().iter().find(|e| path.ends_with(&e.file) && e.suite == suite && e.case == case)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_read_whole() {
        let written = include_str!("exceptions.toml").matches("[[exception]]").count();
        assert_eq!(super::all().len(), written);
        assert!(super::all().iter().all(|e| !e.why.is_empty() && !e.source.is_empty()));
    }
}
