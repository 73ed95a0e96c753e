//! Variants of cases for a pipeline: other values of the fields that it reads,
//! events less and more, groups split and joined, times moved.

use serde_json::{Value as Json, json};

use crate::synthesis::candidates::samples;
use crate::synthesis::events::{moved, near, renumbered, with};
use harness_compile::esql::Pipeline;
use harness_esql::expr::{Node, Register, Typed};
use harness_esql::memory::MemoryField;
use harness_esql::plan::Step;
use harness_esql::search::SearchQuery;
use harness_esql::value::Value;
use harness_model::event::Event;
use harness_predicate::Test;
use harness_runner::run::Flow;
use harness_text::pattern::{Case, Pattern};

/// The most values of one field that are tried.
const MAX_VALUES: usize = 90;
/// How many of them are those that cases have.
const MAX_SEEN: usize = 20;
/// The most values of a list, and words of a text, that are changed one by one.
const MAX_PARTS: usize = 24;
/// The most variants of one text.
const MAX_TEXTS: usize = 1_500;
/// With so many events changed one by one, copies of the last are tried as well.
const MAX_DOUBLE: usize = 60;
/// With so many values a field is tried in several events at once.
const MAX_TOGETHER: usize = 20;
/// How many copies of an event are added.
const COPIES: [usize; 5] = [1, 2, 3, 5, 9];
/// By how much events are moved, in milliseconds.
const SHIFTS: [i64; 3] = [600_000, 3_600_000, 86_400_000];
/// What a number of a query may count, in milliseconds.
const UNITS: [i64; 3] = [1_000, 60_000, 3_600_000];
/// The most numbers of a query that are taken for times.
const MAX_TIMES: usize = 12;

/// What may stand in the fields that a pipeline reads.
pub(crate) struct PipelineVariants<'a> {
    fields: Vec<(&'a MemoryField, Vec<Json>)>,
    /// What the query names.
    named: Vec<Json>,
}

impl<'a> PipelineVariants<'a> {
    /// Of the fields that some steps read: values that these name and just miss,
    /// and those that cases have.
    pub(crate) fn new(flow: &Flow<'_>, pipeline: &'a Pipeline, steps: &[Step]) -> Self {
        let named = constants(steps);
        let read: Vec<Register> = steps.iter().flat_map(Step::reads).collect();
        let used = pipeline.plan.fields.iter().filter(|field| read.contains(&field.register));
        let used: Vec<&str> = used.map(|field| &*field.name).collect();
        let events = || flow.cases().iter().flat_map(|case| &case.events);
        let values = |field: &MemoryField| {
            let seen = events().flat_map(|event| event.values(&field.path));
            let string = field.mapped.ty().is_string();
            let mut values: Vec<Json> = Vec::new();
            let mut add = |value: &Json, most: usize| {
                let fits = (!string || value.is_string()) && field.mapped.read(value).is_some();
                if fits && values.len() < most && !values.contains(value) {
                    values.push(value.clone());
                }
            };
            seen.clone().for_each(|value| add(value, MAX_SEEN));
            seen.flat_map(near).for_each(|value| add(&value, 2 * MAX_SEEN));
            named.iter().for_each(|value| add(value, MAX_VALUES));
            values
        };
        let fields = pipeline
            .fields
            .iter()
            .filter(|field| used.contains(&&*field.name) && &*field.path != "@timestamp");
        let fields = fields.map(|field| (field, values(field))).collect();
        Self { fields, named }
    }

    /// The event with one field changed.
    pub(crate) fn changed<'e>(&'e self, event: &'e Event) -> impl Iterator<Item = Event> + 'e {
        self.fields.iter().flat_map(move |(field, values)| {
            let own: Vec<Json> = event.values(&field.path).into_iter().cloned().collect();
            let close = own.iter().flat_map(near);
            let mut singles: Vec<Vec<Json>> =
                values.iter().cloned().chain(close).map(|value| vec![value]).collect();
            singles.retain(|single| *single != own);
            let nothing = (!own.is_empty()).then(Vec::new);
            let listed = listed(&own, values);
            let texts = match own.as_slice() {
                [Json::String(text)] => texts(text, &self.named),
                _ => Vec::new(),
            };
            let texts = texts.into_iter().map(|text| vec![Json::String(text)]);
            let choices: Vec<Vec<Json>> =
                singles.into_iter().chain(nothing).chain(listed).chain(texts).collect();
            choices.into_iter().filter_map(|choice| with(event, &field.path, choice))
        })
    }

    /// The events of a case: fewer, more, or several of them changed.
    pub(crate) fn together<'e>(
        &'e self,
        events: &'e [Event],
    ) -> impl Iterator<Item = Vec<Event>> + 'e {
        let several = events.len() > 1;
        let fewer = (0..events.len()).filter(move |_| several).map(move |at| {
            let mut fewer = events.to_vec();
            fewer.remove(at);
            fewer
        });
        let cut = (1..events.len()).map(move |count| events[..count].to_vec());
        let ends = [events.len().saturating_sub(1), 0].into_iter().take(events.len());
        let copies = ends.flat_map(move |at| self.copies(events, at));
        fewer.chain(cut).chain(copies).chain(self.halves(events)).chain(self.times(events))
    }

    /// The events of a case, one of them changed; then a copy of the last as well.
    pub(crate) fn alone<'e>(
        &'e self,
        events: &'e [Event],
    ) -> impl Iterator<Item = Vec<Event>> + 'e {
        let put = move |at: usize, event: Event| {
            let mut all = events.to_vec();
            all[at] = event;
            all
        };
        // Events of a case are often alike.
        let last = events.len().saturating_sub(1);
        let ones = events.iter().enumerate().filter(move |(at, _)| *at < 2 || *at == last);
        let ones =
            ones.flat_map(move |(at, event)| self.changed(event).map(move |own| put(at, own)));
        let twice = events.last().into_iter().flat_map(move |event| {
            let changed = self.changed(event).take(MAX_DOUBLE);
            changed.filter_map(move |own| copied(&put(last, own), last, 1, &|_, _| Some(())))
        });
        ones.chain(twice)
    }

    /// With copies of an event, alike and each with another value of a field.
    fn copies<'e>(
        &'e self,
        events: &'e [Event],
        at: usize,
    ) -> impl Iterator<Item = Vec<Event>> + 'e {
        let alike =
            COPIES.iter().filter_map(move |count| copied(events, at, *count, &|_, _| Some(())));
        let fields = self.fields.iter();
        let varied = fields.flat_map(move |(field, values)| {
            COPIES.iter().filter_map(move |count| {
                copied(events, at, *count, &|event, number| {
                    let old = event.first(&field.path).or(values.first())?;
                    let new = numbered(old, number)?;
                    *event = with(event, &field.path, vec![new])?;
                    Some(())
                })
            })
        });
        alike.chain(varied)
    }

    /// With another value of a field in half of the events, one in all, or none.
    fn halves<'e>(&'e self, events: &'e [Event]) -> impl Iterator<Item = Vec<Event>> + 'e {
        let fields = self.fields.iter().filter(move |_| events.len() > 1);
        fields.flat_map(move |(field, values)| {
            let change = move |value: Vec<Json>, takes: &dyn Fn(usize) -> bool| {
                let changed = events.iter().enumerate().map(|(at, event)| {
                    if takes(at) {
                        with(event, &field.path, value.clone())
                    } else {
                        Some(event.clone())
                    }
                });
                changed.collect::<Option<Vec<Event>>>()
            };
            let half = events.len() / 2;
            let old = events[0].first(&field.path);
            let other = old.map_or_else(Vec::new, near).into_iter().next();
            let split = other.into_iter().flat_map(move |other| {
                let split = [
                    change(vec![other.clone()], &|at| at >= half),
                    change(vec![other], &|at| at % 2 == 1),
                ];
                split.into_iter().flatten()
            });
            let choices = values.iter().take(MAX_TOGETHER).map(|value| vec![value.clone()]);
            let joined = choices.chain([Vec::new()]).flat_map(move |choice| {
                [change(choice.clone(), &|_| true), change(choice, &|at| at < half)]
            });
            split.chain(joined.flatten())
        })
    }

    /// With the last events earlier, and the first so long before the last as the
    /// query may ask for.
    fn times<'e>(&self, events: &'e [Event]) -> impl Iterator<Item = Vec<Event>> + 'e {
        let places = [events.len() / 2, events.len().saturating_sub(1)];
        let moves = places.into_iter().filter(|from| *from > 0).flat_map(move |from| {
            SHIFTS.into_iter().filter_map(move |shift| {
                let moved = events.iter().enumerate().map(|(at, event)| {
                    if at < from {
                        return Some(event.clone());
                    }
                    moved(event, event.timestamp()?.checked_sub(shift)?)
                });
                moved.collect::<Option<Vec<Event>>>()
            })
        });
        let numbers = self.named.iter().filter_map(Json::as_i64).filter(|number| *number > 0);
        let numbers: Vec<i64> = numbers.take(MAX_TIMES).collect();
        let spans = numbers.into_iter().filter(|_| events.len() > 1).flat_map(move |number| {
            UNITS.into_iter().filter_map(move |unit| {
                let last = events.last()?.timestamp()?;
                let time = last.checked_sub(number.checked_mul(unit)?)?;
                let mut all = events.to_vec();
                all[0] = moved(&events[0], time)?;
                Some(all)
            })
        });
        moves.chain(spans)
    }
}

/// With copies of an event, each changed.
fn copied(
    events: &[Event],
    at: usize,
    count: usize,
    change: &dyn Fn(&mut Event, usize) -> Option<()>,
) -> Option<Vec<Event>> {
    let own = events.get(at)?;
    let mut all = events.to_vec();
    for number in 1..=count {
        let mut copy = own.clone();
        "#".clone_into(&mut copy.id);
        change(&mut copy, number)?;
        all.push(copy);
    }
    renumbered(&mut all);
    Some(all)
}

/// Texts with another word in place of one, and with more or less of what a query
/// names.
fn texts(text: &str, named: &[Json]) -> Vec<String> {
    let number = |word: &str| word.parse::<i64>().is_ok();
    let address = |word: &str| harness_model::value::parse_ip(word).is_ok();
    let alike = |a: &str, b: &str| (number(a), address(a)) == (number(b), address(b));
    let known = named.iter().map(|value| match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    });
    let known: Vec<String> = known.filter(|it| !it.is_empty()).collect();
    let mut found = Vec::new();
    let between = if text.contains(' ') { " " } else { "-" };
    let words: Vec<&str> = text.split(between).collect();
    for part in &known {
        if text.contains(&**part) {
            found.push(text.replacen(&**part, "", 1));
            if text.matches(&**part).nth(1).is_some() {
                found.push(text.replace(&**part, ""));
            }
            found.push(format!("{text}{part}"));
        }
        if words.len() > 1 {
            found.push(format!("{text}{between}{part}"));
        }
        for (at, word) in words.iter().enumerate().take(MAX_PARTS).filter(|_| words.len() > 1) {
            if !part.contains(between) && alike(word, part) {
                let mut changed: Vec<&str> = words.clone();
                changed[at] = part;
                found.push(changed.join(between));
            }
        }
    }
    found.retain(|changed| changed != text);
    found.truncate(MAX_TEXTS);
    found
}

/// Lists with a value more, one less, or another in place of one.
fn listed(own: &[Json], values: &[Json]) -> Vec<Vec<Json>> {
    let put = |at: usize, with: Option<&Json>| {
        let mut all = own.to_vec();
        all.splice(at..own.len().min(at + 1), with.cloned());
        all
    };
    // To most conditions a list is null.
    let mut lists: Vec<_> =
        values.iter().take(2).map(|value| put(own.len(), Some(value))).collect();
    if own.len() > 1 {
        for at in 0..own.len().min(MAX_PARTS) {
            lists.push(put(at, None));
            lists.extend(values.iter().map(|value| put(at, Some(value))));
        }
    }
    lists.retain(|list| list != own);
    lists
}

/// A value of the same kind, another for each number.
pub(crate) fn numbered(value: &Json, number: usize) -> Option<Json> {
    match value {
        Json::String(text) => match text.rsplit_once('.') {
            // Of an address the last part.
            Some((net, last)) if harness_model::value::parse_ip(text).is_ok() => {
                let last: usize = last.parse().ok()?;
                Some(json!(format!("{net}.{}", (last + number) % 255)))
            }
            _ => Some(json!(format!("{text}{number}"))),
        },
        Json::Number(own) => own.as_i64()?.checked_add(i64::try_from(number).ok()?).map(Json::from),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Values that pass or just miss what a query asks for.
pub(crate) fn constants(steps: &[Step]) -> Vec<Json> {
    let mut found = Vec::new();
    for step in steps {
        step.expressions(&mut |typed| found.extend(constants_of(typed)));
    }
    found
}

/// Values that pass or just miss what an expression asks for.
pub(crate) fn constants_of(typed: &Typed) -> Vec<Json> {
    let mut found = Vec::new();
    typed.each(&mut |part| match &part.node {
        Node::Literal(column) => {
            for value in column.values(0) {
                match value.to_value() {
                    Value::Str(text) => {
                        // Of a network its address.
                        found.extend(text.split_once('/').map(|(address, _)| json!(address)));
                        let equals = Pattern::Equals(text, Case::Sensitive);
                        found.extend(samples(&Test::Term(equals)));
                    }
                    Value::Bool(value) => found.extend([json!(value), json!(!value)]),
                    Value::Int(_) | Value::Long(_) | Value::ULong(_) => {
                        let own = value.long();
                        let around = [own, own.saturating_add(1), own.saturating_sub(1)];
                        found.extend(around.map(Json::from));
                    }
                    Value::Double(own) => {
                        found.extend([own, own + 1.0, own - 1.0].map(Json::from));
                    }
                    Value::Ip(_) => found.push(json!(value.text(column.ty))),
                    Value::Point(_) | Value::Amount(_) => {}
                }
            }
        }
        Node::Search(search) => match &search.query {
            SearchQuery::Match { value: Value::Str(text), .. }
            | SearchQuery::MultiMatch { value: Value::Str(text), .. }
            | SearchQuery::MatchPhrase { phrase: text, .. } => found.push(json!(text)),
            SearchQuery::Match { .. }
            | SearchQuery::MultiMatch { .. }
            | SearchQuery::Kql(_)
            | SearchQuery::QueryString(_) => {}
        },
        Node::Like { matcher, .. } => {
            for pattern in matcher.patterns() {
                found.extend(samples(&Test::Term(pattern)));
            }
        }
        _ => {}
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_text_become_others_of_their_kind() {
        let named = [json!("root"), json!(1023), json!("10.0.0.0"), json!("a b"), json!("from")];
        let found = texts("for ann from ::1 port 5", &named);
        let expected = [
            "for ann from ::1 port 5 root",
            "root ann from ::1 port 5",
            "for root from ::1 port 5",
            "for ann root ::1 port 5",
            "for ann from ::1 root 5",
            "for ann from ::1 port 5 1023",
            "for ann from ::1 port 1023",
            "for ann from ::1 port 5 10.0.0.0",
            "for ann from 10.0.0.0 port 5",
            "for ann from ::1 port 5 a b",
            "for ann  ::1 port 5",
            "for ann from ::1 port 5from",
        ];
        assert_eq!(found[..expected.len()], expected);
        assert!(found.iter().all(|text| text != "for ann from ::1 port 5"));
        assert_eq!(texts("web-ann", &[json!("root")]), ["web-ann-root", "root-ann", "web-root"]);
        assert_eq!(texts("a+b+c", &[json!("+")]), ["ab+c", "abc", "a+b+c+"]);
        // A single word is a value, not a text.
        assert_eq!(texts("root", &[json!("ro"), json!("x")]), ["ot", "rootro"]);
    }

    #[test]
    fn lists_have_one_value_more_less_or_another() {
        let list = |text: &str| text.chars().map(|c| json!(c.to_string())).collect::<Vec<_>>();
        let shown = |own: &str, values: &str| {
            let found = listed(&list(own), &list(values)).into_iter();
            let text = |list: Vec<Json>| list.iter().filter_map(Json::as_str).collect::<String>();
            found.map(text).collect::<Vec<_>>()
        };
        assert_eq!(shown("ab", "cd"), ["abc", "abd", "b", "cb", "db", "a", "ac", "ad"]);
        assert_eq!(shown("a", "cde"), ["ac", "ad"]);
        assert_eq!(shown("", "c"), ["c"]);
    }

    #[test]
    fn values_are_numbered_in_their_kind() {
        for (value, number, expected) in [
            (json!("ann"), 2, Some(json!("ann2"))),
            (json!("192.0.2.254"), 3, Some(json!("192.0.2.2"))),
            (json!("::1"), 2, Some(json!("::12"))),
            (json!(5), 2, Some(json!(7))),
            (json!(i64::MAX), 1, None),
            (json!(true), 1, None),
        ] {
            assert_eq!(numbered(&value, number), expected, "{value}");
        }
    }
}
