//! `DISSECT`: strings taken apart at fixed delimiters.
//!
//! A pattern is a row of keys `%{…}` with literal delimiters between them
//! (docs/semantics.md, "ES|QL, DISSECT").

use std::collections::BTreeMap;

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DissectError {
    /// Elasticsearch refuses it too.
    #[error("Invalid pattern for dissect: [{0}]")]
    Invalid(String),
    /// What Elasticsearch makes of it is not known.
    #[error("two keys without a delimiter between them in [{0}]")]
    Undelimited(String),
}

/// A parsed pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissect {
    leading: String,
    keys: Vec<Key>,
    separator: String,
    outputs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    /// `None` for a key that is skipped.
    name: Option<String>,
    /// Repeated delimiters after it are swallowed.
    padded: bool,
    /// The place among the parts of a name that are appended.
    order: Option<i64>,
    /// Whether `+` is written.
    append: bool,
    delimiter: String,
}

impl Dissect {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// A pattern without a key that is kept, or one that cannot be read.
    pub fn parse(pattern: &str, separator: &str) -> Result<Self, DissectError> {
        let invalid = || DissectError::Invalid(pattern.to_owned());
        let Some(first) = pattern.find("%{") else { return Err(invalid()) };
        let mut keys = Vec::new();
        let mut rest = &pattern[first..];
        while let Some(body) = rest.strip_prefix("%{") {
            let (inside, behind) = body.split_once('}').ok_or_else(invalid)?;
            let end = behind.find("%{").unwrap_or(behind.len());
            keys.push(key(inside, &behind[..end]).ok_or_else(invalid)?);
            rest = &behind[end..];
        }
        if keys.iter().rev().skip(1).any(|key: &Key| key.delimiter.is_empty()) {
            return Err(DissectError::Undelimited(pattern.to_owned()));
        }
        let mut outputs: Vec<String> = Vec::new();
        for name in keys.iter().filter_map(|key| key.name.as_ref()) {
            if !outputs.contains(name) {
                outputs.push(name.clone());
            }
        }
        if outputs.is_empty() {
            return Err(invalid());
        }
        // One `+` makes all keys of its name append.
        let appending: Vec<_> =
            keys.iter().filter(|key| key.append).filter_map(|key| key.name.clone()).collect();
        for key in &mut keys {
            key.append = key.name.as_ref().is_some_and(|name| appending.contains(name));
        }
        let leading = pattern[..first].to_owned();
        Ok(Self { leading, keys, separator: separator.to_owned(), outputs })
    }

    /// The names of the output columns, in the order of first occurrence.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// The values of the outputs, or `None` when the text does not match.
    pub fn apply(&self, text: &str) -> Option<Vec<String>> {
        let mut rest = text.strip_prefix(self.leading.as_str())?;
        if rest.is_empty() {
            return None;
        }
        let mut values = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            if key.delimiter.is_empty() {
                values.push(rest);
                continue;
            }
            let at = rest.find(key.delimiter.as_str())?;
            values.push(&rest[..at]);
            rest = &rest[at + key.delimiter.len()..];
            while key.padded
                && let Some(behind) = rest.strip_prefix(key.delimiter.as_str())
            {
                rest = behind;
            }
        }
        Some(self.collect(&values))
    }

    fn collect(&self, values: &[&str]) -> Vec<String> {
        let mut parts: BTreeMap<&str, Vec<(i64, &str)>> = BTreeMap::new();
        for (key, value) in self.keys.iter().zip(values) {
            let Some(name) = &key.name else { continue };
            let slot = parts.entry(name).or_default();
            if !key.append {
                slot.clear();
            }
            slot.push((key.order.unwrap_or(i64::MAX), value));
        }
        let outputs = self.outputs.iter().map(|name| {
            let Some(mut list) = parts.remove(name.as_str()) else { return String::new() };
            list.sort_by_key(|(order, _)| *order);
            let texts: Vec<_> = list.into_iter().map(|(_, text)| text).collect();
            texts.join(&self.separator)
        });
        outputs.collect()
    }
}

fn key(inside: &str, delimiter: &str) -> Option<Key> {
    let (inside, padded) = match inside.strip_suffix("->") {
        Some(inside) => (inside, true),
        None => (inside, false),
    };
    let (append, skip, name) = match inside.chars().next() {
        None => (false, true, ""),
        Some('+') => (true, false, &inside[1..]),
        Some('?') => (false, true, &inside[1..]),
        // References between keys and values are not part of ES|QL.
        Some('*' | '&') => return None,
        Some(_) => (false, false, inside),
    };
    let (name, order) = match name.split_once('/') {
        Some((name, order)) if append => (name, Some(order.parse().ok()?)),
        _ => (name, None),
    };
    if name.is_empty() && !skip {
        return None;
    }
    let name = (!skip).then(|| name.to_owned());
    Some(Key { name, padded, order, append, delimiter: delimiter.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies a pattern; outputs as `name=value`.
    fn check(pattern: &str, text: &str, expected: Option<&[&str]>) {
        let dissect = Dissect::parse(pattern, "-").expect(pattern);
        let values = dissect.apply(text);
        let shown: Option<Vec<_>> = values.map(|values| {
            dissect.outputs().iter().zip(values).map(|(name, v)| format!("{name}={v}")).collect()
        });
        let expected = expected.map(|list| list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>());
        assert_eq!(shown, expected, "{pattern} on {text}");
    }

    #[test]
    fn matching() {
        check("%{a} %{b}", "x y z", Some(&["a=x", "b=y z"]));
        check("%{a} %{b};", "x y", None);
        check("%{a};", "x;tail", Some(&["a=x"]));
        check("%{a}", "", None);
        check("<%{a}>", "<x>", Some(&["a=x"]));
        check("<%{a}", "<", None);
        check("%{a},%{b},%{c}", "1,,3", Some(&["a=1", "b=", "c=3"]));
        check("%{a->},%{b}", "1,,,3", Some(&["a=1", "b=3"]));
        check("%{a} %{b}", "x ", Some(&["a=x", "b="]));
    }

    #[test]
    fn modifiers() {
        check("%{+a} %{b} %{+a}", "1 2 3", Some(&["a=1-3", "b=2"]));
        check("%{+a/2} %{+a/1}", "1 2", Some(&["a=2-1"]));
        check("%{a} %{+a}", "1 2", Some(&["a=1-2"]));
        check("%{a} %{a}", "1 2", Some(&["a=2"]));
        check("%{?x} %{} %{a}", "1 2 3", Some(&["a=3"]));
        for bad in
            ["", "abc", "%{}", "%{?a}", "%{*a} %{&a}", "%{a", "%{+} %{b}", "%{+a/x}", "%{a}%{b}"]
        {
            assert!(Dissect::parse(bad, "").is_err(), "{bad}");
        }
    }
}
