//! Value lists of type `text`: Kibana looks the values of an event up in them, by
//! their words (docs/semantics.md, "Exceptions").

use std::collections::BTreeSet;

use harness_model::event::Event;
use harness_text::analysis::Analyzer;

/// An entry whose value list is of type `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    field: String,
    excluded: bool,
    /// The words of each text of the list.
    texts: Vec<BTreeSet<String>>,
}

impl Words {
    /// The entry for a field; `excluded` turns it around.
    pub fn new(field: &str, excluded: bool, texts: &[String]) -> Self {
        let texts = texts.iter().map(|text| words(text)).collect();
        Self { field: field.to_owned(), excluded, texts }
    }

    /// The field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Whether its words must not be listed.
    pub fn is_excluded(&self) -> bool {
        self.excluded
    }

    /// Whether all words of some value of the field stand in one text of the list.
    pub fn holds(&self, event: &Event) -> bool {
        let values = event.values(&self.field);
        let mut values = values.iter().filter_map(|value| value.as_str()).map(words);
        let listed = |words: BTreeSet<String>| {
            !words.is_empty() && self.texts.iter().any(|text| words.is_subset(text))
        };
        values.any(listed) != self.excluded
    }
}

fn words(text: &str) -> BTreeSet<String> {
    Analyzer::Standard.tokens(text).into_iter().map(|token| token.text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_looked_up_by_its_words() {
        let texts = ["Word one additional wording".to_owned(), "two".to_owned()];
        for (value, expected) in [
            (json!("word one"), true),
            (json!("one, WORD"), true),
            (json!("word two"), false),
            (json!("word one additional wording more"), false),
            (json!(["x", "two"]), true),
            (json!("-"), false),
            (json!(2), false),
            (json!(null), false),
        ] {
            let event = Event::from_json(json!({ "a": value }), 1).expect("an event");
            assert_eq!(Words::new("a", false, &texts).holds(&event), expected, "{value}");
            assert_eq!(Words::new("a", true, &texts).holds(&event), !expected, "{value}");
            assert!(Words::new("b", true, &texts).holds(&event));
        }
    }
}
