//! Mappings that changed: a field of another type answers the same condition otherwise.

use std::collections::{BTreeMap, BTreeSet};

use harness_model::schema::Schema;
use harness_rule::model::Rule;
use harness_rule::tree::Loaded;

use super::model::{Change, Regression, RuleChange};
use super::pairs::Pair;
use super::revision::Revision;

/// A field whose mapping differs between two revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remapped {
    field: String,
    was: Option<String>,
    is: Option<String>,
}

impl Remapped {
    fn sentence(&self) -> String {
        let Self { field, was, is } = self;
        match (was, is) {
            (Some(was), Some(is)) => format!("the field {field} is mapped as {is} now (was {was})"),
            (None, Some(is)) => format!("the field {field} is mapped as {is} now"),
            (_, None) => format!("the field {field} is no longer mapped"),
        }
    }
}

/// The fields that are mapped otherwise than before, of projects whose events have not been
/// looked at.
pub fn remapped(base: &Schema, head: &Schema) -> Vec<Remapped> {
    let names: BTreeSet<&str> =
        base.fields().chain(head.fields()).map(|field| &*field.name).collect();
    let differing = names.into_iter().filter_map(|name| {
        let (was, is) = (base.field(name), head.field(name));
        let is_same = was.as_ref().zip(is.as_ref()).is_some_and(|(was, is)| was == is);
        let named = |field: Option<std::sync::Arc<harness_model::schema::Field>>| {
            field.map(|field| field.ty.name().to_owned())
        };
        (!is_same).then(|| Remapped { field: name.to_owned(), was: named(was), is: named(is) })
    });
    differing.collect()
}

/// Says of each rule which fields that it names are mapped otherwise: what it alerts on is
/// not known then, whatever its text.
pub fn tell(
    regression: &mut Regression,
    [base, head]: [Revision<'_>; 2],
    remapped: &[Remapped],
    is_selected: &dyn Fn(&Loaded) -> bool,
) {
    if remapped.is_empty() {
        return;
    }
    let old: BTreeMap<&str, &Loaded> = base.rules.rules.iter().filter_map(by_id).collect();
    let selected = head.rules.rules.iter().filter(|loaded| is_selected(loaded));
    for (id, new) in selected.filter_map(by_id) {
        let (Some(rule), Some(old)) = (&new.rule, old.get(id)) else { continue };
        let notes: Vec<String> = remapped
            .iter()
            .filter(|one| names_field(rule, &one.field))
            .map(Remapped::sentence)
            .collect();
        if notes.is_empty() {
            continue;
        }
        let place = regression.rules.iter().position(|told| told.path == new.path);
        let told = match place.and_then(|at| regression.rules.get_mut(at)) {
            Some(told) => told,
            None => {
                regression.unchanged = regression.unchanged.saturating_sub(1);
                let told = RuleChange::of(&Pair { old: Some(old), new: Some(new) });
                regression.rules.push(told);
                let Some(told) = regression.rules.last_mut() else { continue };
                told
            }
        };
        if !matches!(told.change, Change::Added | Change::Removed) {
            told.unknown("a field that it names is mapped otherwise now");
        }
        told.notes.extend(notes);
    }
    regression.rules.sort_by(|a, b| a.path.cmp(&b.path));
}

fn by_id(loaded: &Loaded) -> Option<(&str, &Loaded)> {
    loaded.rule.as_ref().map(|rule| (rule.rule_id.value.as_str(), loaded))
}

/// Whether a rule names a field: in its query, its filters, or in what it groups by.
fn names_field(rule: &Rule, field: &str) -> bool {
    let query = rule.query.iter().map(|query| query.text.clone());
    let filters = rule.filters.iter().map(|filter| filter.value.to_string());
    let groups = rule.threshold.iter().flat_map(|own| own.fields.iter());
    let terms = rule.new_terms.iter().flat_map(|own| own.fields.iter());
    let fields = groups.chain(terms).map(|field| field.value.clone());
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '@');
    query.chain(filters).chain(fields).any(|text| {
        text.match_indices(field).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + field.len()..]);
            !before.ends_with(part) && !after.starts_with(part)
        })
    })
}
