//! Reading a table key by key.

use std::collections::BTreeSet;

use crate::data::{Data, Entries, Placed};
use crate::located::Located;
use crate::read::{Node, Read, Sink};
use crate::suggest::suggest;
use harness_source::diagnostic::Diagnostic;

/// A table and the keys that were asked for.
pub(super) struct Table<'a> {
    node: Node<'a>,
    entries: &'a Entries,
    asked: BTreeSet<&'static str>,
}

impl<'a> Node<'a> {
    /// The value as a table.
    pub(super) fn table(self) -> Option<Table<'a>> {
        let Data::Table(entries) = self.value else { return self.mismatch("a table") };
        Some(Table::new(self, entries))
    }
}

impl<'a> Table<'a> {
    pub(super) fn new(node: Node<'a>, entries: &'a Entries) -> Self {
        Self { node, entries, asked: BTreeSet::new() }
    }

    /// The root table of a document.
    pub(super) fn root(root: &'a Placed, text: &'a str, sink: &'a Sink) -> Option<Self> {
        let path = String::new();
        Node { value: &root.data, span: root.span, path, text, sink }.table()
    }

    /// The value of a key in its place.
    pub(super) fn node(&mut self, key: &'static str) -> Option<Node<'a>> {
        self.asked.insert(key);
        let entry = self.entries.get(key)?;
        Some(self.node.child(&entry.value, self.path(key)))
    }

    /// The value of a key, where there is one.
    pub(super) fn get<T: Read>(&mut self, key: &'static str) -> Option<T> {
        T::read(self.node(key)?)
    }

    /// The value of a key; reports its absence.
    pub(super) fn require<T: Read>(&mut self, key: &'static str) -> Option<T> {
        self.demand(key);
        self.get(key)
    }

    /// A text that is not blank; reports one that is.
    pub(super) fn filled(&mut self, key: &'static str) -> Option<Located<String>> {
        let text: Located<String> = self.get(key)?;
        if text.trim().is_empty() {
            let message = format!("`{}` is empty", self.path(key));
            self.report(Diagnostic::error("rule-value-range", message, text.span));
        }
        Some(text)
    }

    /// The same of a key that has to be there.
    pub(super) fn require_filled(&mut self, key: &'static str) -> Option<Located<String>> {
        self.demand(key);
        self.filled(key)
    }

    /// One of a few words; reports another one.
    pub(super) fn one_of(&mut self, key: &'static str, words: &[&str]) -> Option<String> {
        let word: Located<String> = self.require(key)?;
        if !words.contains(&word.as_str()) {
            let message = format!("unknown value {:?} of `{}`", word.value, self.path(key));
            let error = Diagnostic::error("rule-value-unknown", message, word.span);
            self.report(error.with_help(format!("one of {}", words.join(", "))));
        }
        Some(word.value)
    }

    /// Reports a key that is there without the other.
    pub(super) fn together(&self, one: &str, other: &str) {
        for (key, needed) in [(one, other), (other, one)] {
            if self.has(key) && !self.has(needed) {
                self.missing(needed, &format!(", and `{key}` needs it"));
            }
        }
    }

    /// Reports the absence of a key.
    pub(super) fn demand(&self, key: &str) {
        if !self.has(key) {
            self.missing(key, "");
        }
    }

    /// Reports an array, where there is one, of fewer or more items than that.
    pub(super) fn limit_items(&self, key: &str, least: usize, most: usize) {
        let Some(entry) = self.entries.get(key) else {
            return;
        };
        let Some(items) = entry.value.items().map(<[_]>::len) else {
            return;
        };
        if (least..=most).contains(&items) {
            return;
        }
        let range = match (least, most) {
            (1, 1) => "exactly 1".to_owned(),
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) => format!("{least} to {most}"),
        };
        let message = format!("`{}` has {items} items, expected {range}", self.path(key));
        self.node.child(&entry.value, self.path(key)).error("rule-value-range", message);
    }

    /// An integer not below `least`.
    pub(super) fn at_least(&mut self, key: &'static str, least: i64) -> Option<u64> {
        self.within(key, least, i64::MAX)
    }

    /// An integer in a range with both ends.
    pub(super) fn within(&mut self, key: &'static str, least: i64, most: i64) -> Option<u64> {
        let number: Located<i64> = self.get(key)?;
        if (least..=most).contains(&number.value) {
            return u64::try_from(number.value).ok();
        }
        let path = self.path(key);
        let range = if most == i64::MAX {
            format!("at least {least}")
        } else {
            format!("from {least} to {most}")
        };
        let message = format!("`{path}` is {}, expected {range}", number.value);
        self.report(Diagnostic::error("rule-value-range", message, number.span));
        None
    }

    /// Whether the key is there, of whatever type.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Reports the absence of a key; `why` continues the sentence.
    pub(super) fn missing(&self, key: &str, why: &str) {
        self.node.error("rule-key-missing", format!("`{}` is missing{why}", self.path(key)));
    }

    pub(super) fn report(&self, diagnostic: Diagnostic) {
        self.node.sink.report(diagnostic);
    }

    /// Warns that a key has no effect.
    pub(super) fn unused(&self, key: &str, why: &str) {
        if let Some(entry) = self.entries.get(key) {
            let message = format!("`{}` has no effect {why}", self.path(key));
            self.report(Diagnostic::warning("rule-key-unused", message, entry.key));
        }
    }

    /// Warns about keys that nobody asked for.
    pub(super) fn finish(self) {
        for (name, entry) in self.entries {
            let name = name.as_str();
            if self.asked.contains(name) {
                continue;
            }
            let message = format!("unknown key `{}`", self.path(name));
            let mut warning = Diagnostic::warning("rule-key-unknown", message, entry.key);
            if !self.node.sink.is_full() {
                let absent = self.asked.iter().copied().filter(|asked| !self.has(asked));
                warning.help = suggest(name, absent);
            }
            self.report(warning);
        }
    }

    fn path(&self, key: &str) -> String {
        if self.node.path.is_empty() {
            return key.to_owned();
        }
        format!("{}.{key}", self.node.path)
    }
}
