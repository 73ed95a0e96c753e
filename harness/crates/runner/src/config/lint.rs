//! What `harness.toml` says of lint.
//!
//! ```toml
//! [lint]
//! select = ["traps"]                 # kinds or families; all where absent
//! ignore = ["case-on-windows"]
//!
//! [lint.levels]
//! schedule-gap = "error"             # error, warning, note, off
//!
//! [lint.folders."rules/windows".levels]
//! case-on-windows = "warning"
//!
//! [[lint.accept]]
//! rule = "aws/*"
//! code = "rule-id"
//! reason = "ids come from the old system"
//! ```

use std::collections::BTreeMap;

use harness_source::files::table::Table;
use harness_source::span::Span;
use serde::Deserialize;

/// How bad findings of a kind are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LintLevel {
    /// The rule cannot work as it is.
    Error,
    /// The rule most likely does not do what it says.
    Warning,
    /// Worth a thought.
    Note,
    /// Not told.
    Off,
}

/// The choices of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lint {
    /// Only these kinds or families; all where empty.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
    /// Levels by folder, as keys of rules begin, and kind.
    pub levels: Vec<(String, String, LintLevel)>,
    /// Findings that are accepted.
    pub accept: Vec<LintAccept>,
}

/// Findings of a kind that are accepted in some rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintAccept {
    /// The rules, by key; may have `*`.
    pub rule: String,
    /// The kind.
    pub code: String,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub span: Span,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLint {
    select: Vec<String>,
    ignore: Vec<String>,
    levels: BTreeMap<String, LintLevel>,
    /// By folder, as it is named from the root.
    folders: BTreeMap<String, Table<RawFolder>>,
    accept: Vec<RawAccept>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawFolder {
    levels: BTreeMap<String, LintLevel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccept {
    rule: toml::Spanned<String>,
    code: String,
    #[serde(default)]
    reason: String,
}

impl RawLint {
    /// The choices; `key` makes the beginning of keys of a folder.
    ///
    /// # Errors
    ///
    /// A folder that is none of rules.
    pub(super) fn read(self, key: impl Fn(&str) -> Option<String>) -> Result<Lint, String> {
        let all = self.levels.into_iter().map(|(code, level)| (String::new(), code, level));
        let mut levels: Vec<_> = all.collect();
        for (folder, Table(own)) in self.folders {
            let Some(folder) = key(&folder) else {
                return Err(format!("lint.folders.\"{folder}\" is no folder of rules"));
            };
            let own = own.levels.into_iter();
            levels.extend(own.map(|(code, level)| (folder.clone(), code, level)));
        }
        let accept = self.accept.into_iter().map(|own| LintAccept {
            span: Span::new(own.rule.span().start, own.rule.span().end),
            rule: own.rule.into_inner(),
            code: own.code,
            reason: own.reason,
        });
        let accept = accept.collect();
        Ok(Lint { select: self.select, ignore: self.ignore, levels, accept })
    }
}
