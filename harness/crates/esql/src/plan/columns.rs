//! Commands that choose and name columns.

use std::collections::HashMap;
use std::sync::Arc;

use super::Planner;
use super::expression::unreadable;
use harness_query::esql::ast::{NamePattern, Rename};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

impl Planner<'_> {
    pub(super) fn no_match(&self, pattern: &NamePattern) -> Diagnostic {
        let text = self.source(pattern.span);
        if let Some(name) = pattern.plain() {
            return self.unknown(name, pattern.span);
        }
        let suggestion = self.suggestion(text, "did you mean to match");
        let message = format!("No matches found for pattern [{text}]{suggestion}");
        self.missing(text, message, pattern.span)
    }

    /// Columns in the order of the patterns. A column that several match goes
    /// with the most precise of them, among equals with the last.
    pub(super) fn keep(&mut self, patterns: &[NamePattern]) {
        if let [only] = patterns
            && only.is_star()
        {
            return;
        }
        let mut owner: HashMap<Arc<str>, (u8, usize)> = HashMap::new();
        let mut matched = Vec::with_capacity(patterns.len());
        for (index, pattern) in patterns.iter().enumerate() {
            let names = self.scope.matching(pattern);
            let rank = match pattern.plain() {
                Some(_) => 2,
                None if pattern.is_star() => 0,
                None => 1,
            };
            if names.is_empty() && rank > 0 {
                let made = |name: &&str| {
                    self.options.unknown == super::Unknown::Null
                        || self.scope.uncertain
                        || self.scope.may_have(name)
                };
                if let Some(name) = pattern.plain().filter(made) {
                    owner.insert(name.into(), (rank, index));
                    matched.push(vec![name.into()]);
                    continue;
                }
                if !self.scope.uncertain {
                    self.errors.push(self.no_match(pattern));
                }
            }
            for name in &names {
                let slot = owner.entry(name.clone()).or_insert((rank, index));
                if rank >= slot.0 {
                    *slot = (rank, index);
                }
            }
            matched.push(names);
        }
        let mut kept = Vec::new();
        for (index, names) in matched.into_iter().enumerate() {
            for name in names {
                if owner.get(&name).is_some_and(|(_, place)| *place == index) {
                    owner.remove(&name);
                    kept.extend(self.resolve(&name, patterns[index].span));
                }
            }
        }
        self.scope.clear();
        for entry in kept {
            self.scope.push(entry);
        }
    }

    pub(super) fn drop_columns(&mut self, patterns: &[NamePattern]) {
        let mut doomed = Vec::new();
        for pattern in patterns {
            let names = self.scope.matching(pattern);
            if names.is_empty() && !self.scope.uncertain {
                self.errors.push(self.no_match(pattern));
            }
            doomed.extend(names);
        }
        for name in doomed {
            self.scope.remove(&name);
        }
    }

    pub(super) fn rename(&mut self, renames: &[Rename]) {
        let mut renamed: HashMap<String, String> = HashMap::new();
        for Rename { from, to } in renames {
            if let Some(now) = renamed.get(&from.text)
                && self.scope.find(&from.text).is_none()
            {
                let message = format!(
                    "Column [{}] renamed to [{now}] and is no longer available [{}]",
                    from.text,
                    self.source(from.span.to(to.span))
                );
                self.errors.push(Self::error(from.span, message));
                continue;
            }
            let Some(entry) = self.resolve(&from.text, from.span) else { continue };
            if let Some(unread) = &entry.unread {
                self.errors.push(unreadable(&from.text, unread, from.span));
                continue;
            }
            if from.text == to.text {
                continue;
            }
            if self.scope.entry(&from.text).is_none() {
                self.settle();
            }
            self.scope.rename(&from.text, &to.text.as_str().into());
            renamed.insert(from.text.clone(), to.text.clone());
        }
    }

    /// Gives every field of the source an entry, so that order can change.
    pub(super) fn settle(&mut self) {
        let fields: Vec<_> = self.scope.open_fields().cloned().collect();
        let entries: Vec<_> = self.scope.entries().cloned().collect();
        let uncertain = self.scope.uncertain;
        let mut all = Vec::with_capacity(fields.len() + entries.len());
        for name in fields {
            all.extend(self.resolve(&name, Span::default()));
        }
        self.scope.clear();
        self.scope.uncertain = uncertain;
        for entry in all.into_iter().chain(entries) {
            self.scope.push(entry);
        }
    }
}
