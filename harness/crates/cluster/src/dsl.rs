//! Predicates as queries of the Query DSL: a pure function.
//!
//! What a cluster cannot decide as the reference evaluator does is *residual*:
//! scripts, phrases with gaps, the order of versions, queries beyond a cluster's
//! limits. A residual leaf is replaced so that the query finds every document
//! that the predicate holds on, and perhaps more ([`Query::exact`] says which);
//! the evaluator decides on what comes back.

use serde_json::{Map, Value, json};

use super::layout::{Layout, Node, Place, ROOT, Stored};
use harness_predicate::{Column, DoubleInterval, Interval, Leaf, Phrase, Predicate, Test};
use harness_source::limits;
use harness_text::pattern::glob::{Glob, GlobPart};
use harness_text::pattern::regexp::{Flags, Regexp};
use harness_text::pattern::{Case, Fuzzy, Order, Pattern, StringRange};

/// The most clauses of one query; clusters refuse 1,024.
pub const MAX_CLAUSES: usize = limits::CLUSTER_CLAUSES.most;

/// The deepest that clauses nest; clusters refuse 20.
const MAX_DEPTH: usize = limits::CLUSTER_DEPTH.most;

/// The most values of one `terms` clause; clusters refuse 65,536.
const MAX_TERMS: usize = limits::CLUSTER_TERMS.most;

/// The longest text that becomes an automaton, in bytes; clusters refuse 1,001
/// characters of a regular expression, and automata of 1,001 states in a row.
const MAX_AUTOMATON: usize = limits::CLUSTER_AUTOMATON.most;

/// The greatest slop that cannot reach across the gap between two values.
const MAX_SLOP: u32 = 50;

/// The longest token of the whitespace analyzer, in UTF-16 units.
const MAX_TOKEN: usize = 255;

/// A query, and whether it says all.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The clause.
    pub clause: Value,
    /// Whether it finds exactly the documents of the predicate, not more.
    pub exact: bool,
}

impl Query {
    /// Whether it finds nothing, whatever there is.
    pub fn is_nothing(&self) -> bool {
        self.clause == nothing()
    }
}

/// The queries whose hits, taken together, hold every document that a
/// predicate holds on: more than one where it has too many alternatives.
pub fn queries(predicate: &Predicate, layout: &Layout) -> Vec<Query> {
    let Predicate::Or(parts) = predicate else { return vec![query(predicate, layout)] };
    let mut chunks: Vec<(usize, Vec<Predicate>)> = vec![(0, Vec::new())];
    for part in parts {
        let clauses = clauses(part);
        match chunks.last_mut() {
            Some((sum, chunk)) if *sum + clauses <= MAX_CLAUSES => {
                *sum += clauses;
                chunk.push(part.clone());
            }
            Some(_) | None => chunks.push((clauses, vec![part.clone()])),
        }
    }
    // One value among many is one clause however many they are.
    let whole = query(predicate, layout);
    if whole.exact || chunks.len() == 1 {
        return vec![whole];
    }
    chunks.into_iter().map(|(_, chunk)| query(&Predicate::Or(chunk), layout)).collect()
}

/// The query of a predicate.
pub fn query(predicate: &Predicate, layout: &Layout) -> Query {
    let mut writer = Writer { layout, clauses: MAX_CLAUSES, exact: true };
    let clause = writer.predicate(predicate, At { node: ROOT, depth: 0, side: Side::Above });
    Query { clause, exact: writer.exact }
}

/// The query that narrows nothing.
pub fn widened() -> Query {
    Query { clause: everything(), exact: false }
}

/// All documents.
pub fn everything() -> Value {
    json!({ "match_all": {} })
}

/// No document.
fn nothing() -> Value {
    json!({ "match_none": {} })
}

/// About how many clauses a predicate becomes.
fn clauses(predicate: &Predicate) -> usize {
    let mut count = 0;
    predicate.leaves(&mut |_| count += 1);
    count.max(1)
}

/// From which side a residual leaf is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// By more documents.
    Above,
    /// By fewer documents: below a negation.
    Below,
}

/// Where a clause stands.
#[derive(Clone, Copy)]
struct At {
    node: Node,
    depth: usize,
    side: Side,
}

impl At {
    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn negated(self) -> Self {
        let side = if self.side == Side::Above { Side::Below } else { Side::Above };
        Self { side, ..self.deeper() }
    }
}

struct Writer<'a> {
    layout: &'a Layout,
    /// How many clauses are left.
    clauses: usize,
    exact: bool,
}

impl Writer<'_> {
    fn predicate(&mut self, predicate: &Predicate, at: At) -> Value {
        if at.depth > MAX_DEPTH && !matches!(predicate, Predicate::Const(_)) {
            return self.residual(at);
        }
        match predicate {
            Predicate::Const(true) | Predicate::AtLeast { count: 0, .. } => everything(),
            Predicate::Const(false) => nothing(),
            Predicate::Leaf(leaf) => self.leaf(leaf, at),
            Predicate::Not(_) => self.all(std::slice::from_ref(predicate), at),
            Predicate::And(parts) if parts.is_empty() => everything(),
            Predicate::And(parts) if parts.len() == 1 => self.predicate(&parts[0], at),
            Predicate::And(parts) => self.all(parts, at),
            Predicate::Or(parts) if parts.is_empty() => nothing(),
            Predicate::Or(parts) if parts.len() == 1 => self.predicate(&parts[0], at),
            Predicate::Or(parts) => {
                let parts = self.any(parts, at.deeper());
                should(&parts, 1)
            }
            Predicate::AtLeast { count, of } if *count > of.len() => nothing(),
            Predicate::AtLeast { count, of } => {
                let parts: Vec<Value> =
                    of.iter().map(|part| self.predicate(part, at.deeper())).collect();
                should(&parts, *count)
            }
            Predicate::Nested { path, inner } => self.nested(path, inner, at),
        }
    }

    /// A conjunction; what it negates is set apart, so that it nests less.
    fn all(&mut self, parts: &[Predicate], at: At) -> Value {
        let (mut filter, mut must_not) = (Vec::new(), Vec::new());
        for part in parts {
            match part {
                Predicate::Not(inner) => match &**inner {
                    Predicate::Or(parts) => must_not.extend(self.any(parts, at.negated())),
                    inner => must_not.push(self.predicate(inner, at.negated())),
                },
                part => filter.push(self.predicate(part, at.deeper())),
            }
        }
        let mut clause = Map::new();
        if !filter.is_empty() {
            clause.insert("filter".to_owned(), Value::Array(filter));
        }
        if !must_not.is_empty() {
            clause.insert("must_not".to_owned(), Value::Array(must_not));
        }
        json!({ "bool": clause })
    }

    /// The parts of a disjunction; equal values of one column are one part.
    fn any(&mut self, parts: &[Predicate], at: At) -> Vec<Value> {
        let mut terms: Vec<(&Column, Vec<&str>)> = Vec::new();
        let mut clauses = Vec::new();
        for part in parts {
            match part {
                Predicate::Leaf(Leaf {
                    column,
                    test: Test::Term(Pattern::Equals(value, Case::Sensitive)),
                    ..
                }) => match terms
                    .iter_mut()
                    .find(|(of, values)| *of == column && values.len() < MAX_TERMS)
                {
                    Some((_, values)) => values.push(value),
                    None => terms.push((column, vec![value])),
                },
                part => clauses.push(self.predicate(part, at)),
            }
        }
        for (column, values) in terms {
            let leaf = |writer: &mut Self, place: &Place| match (place.stored, values.as_slice()) {
                (stored, _) if !is_string(stored) => writer.odd(stored, at),
                (_, [value]) => term(&place.field, value),
                (_, values) => json!({ "terms": { &place.field: values } }),
            };
            clauses.push(self.places(column, at, leaf));
        }
        clauses
    }

    fn nested(&mut self, path: &str, inner: &Predicate, at: At) -> Value {
        let layout = self.layout;
        let mut parts = Vec::new();
        for (node, name) in layout.nested(at.node, path) {
            if node == at.node {
                parts.push(self.predicate(inner, at));
                continue;
            }
            let query = self.predicate(inner, At { node, ..at.deeper().deeper() });
            parts.push(json!({ "nested": { "path": name, "query": query } }));
        }
        match parts.len() {
            0 => nothing(),
            1 => parts.remove(0),
            _ => should(&parts, 1),
        }
    }

    /// A leaf: it holds in any of the places of its column.
    fn leaf(&mut self, leaf: &Leaf, at: At) -> Value {
        if leaf.columns().is_empty() {
            return if leaf.holds_without_values() { everything() } else { nothing() };
        }
        if let Test::Script(_) = leaf.test {
            return self.residual(at);
        }
        self.places(&leaf.column, at, |writer, place| writer.test(&leaf.test, place, at))
    }

    fn places(
        &mut self,
        column: &Column,
        at: At,
        write: impl Fn(&mut Self, &Place) -> Value,
    ) -> Value {
        let layout = self.layout;
        let places = layout.places(at.node, column);
        if self.clauses < places.len() {
            return self.residual(at);
        }
        self.clauses -= places.len();
        let mut parts: Vec<Value> = places.iter().map(|place| write(self, place)).collect();
        match parts.len() {
            0 => nothing(),
            1 => parts.remove(0),
            _ => should(&parts, 1),
        }
    }

    /// Stands for what the evaluator has to decide.
    fn residual(&mut self, at: At) -> Value {
        self.exact = false;
        if at.side == Side::Above { everything() } else { nothing() }
    }

    /// The same, among documents that the clause finds.
    fn residual_within(&mut self, clause: Value, at: At) -> Value {
        self.exact = false;
        if at.side == Side::Above { clause } else { nothing() }
    }

    /// A test on a field of another kind: it holds on nothing, but for fields
    /// that cannot be asked.
    fn odd(&mut self, stored: Stored, at: At) -> Value {
        if stored == Stored::Elsewhere { self.residual(at) } else { nothing() }
    }

    fn test(&mut self, test: &Test, place: &Place, at: At) -> Value {
        let field = place.field.as_str();
        match (test, place.stored) {
            (_, Stored::Elsewhere) | (Test::Script(_), _) => self.residual(at),
            (Test::Exists, _) => exists(field),
            (Test::Term(pattern), stored) if is_string(stored) => self.pattern(pattern, place, at),
            (Test::Phrase(phrase), Stored::Text) => self.phrase(phrase, field, at),
            (Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval), Stored::Long) => {
                integers(field, *interval, None)
            }
            (Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval), Stored::Date) => {
                integers(field, *interval, Some("epoch_millis"))
            }
            (
                Test::Long(interval) | Test::Date(interval) | Test::Nanos(interval),
                Stored::Boolean,
            ) => {
                let values = [false, true].into_iter();
                let values = values.filter(|value| interval.contains(i64::from(*value)));
                json!({ "terms": { field: values.collect::<Vec<bool>>() } })
            }
            (Test::Bool(value), Stored::Long) => json!({ "term": { field: i64::from(*value) } }),
            (Test::Bool(value), Stored::Boolean) => json!({ "term": { field: value } }),
            (Test::Bool(value), Stored::Date) => {
                let at = i64::from(*value);
                integers(field, Interval { low: at, high: at }, Some("epoch_millis"))
            }
            (Test::Double(interval), Stored::Double) => doubles(field, *interval),
            (Test::Ip(interval), Stored::Ip) => addresses(field, *interval),
            // A test on a column of another kind; `compile` makes none.
            (
                Test::Term(_)
                | Test::Phrase(_)
                | Test::Long(_)
                | Test::Date(_)
                | Test::Nanos(_)
                | Test::Bool(_)
                | Test::Double(_)
                | Test::Ip(_),
                _,
            ) => nothing(),
        }
    }

    fn pattern(&mut self, pattern: &Pattern, place: &Place, at: At) -> Value {
        let field = place.field.as_str();
        if !takes(place.stored, pattern) || is_long(pattern) {
            return self.residual_within(exists(field), at);
        }
        match pattern {
            // Without regard to case or with wildcards, Lucene does not match the empty text.
            Pattern::Equals(value, Case::Insensitive) if value.is_empty() => term(field, value),
            Pattern::Glob(glob, case) if glob.parts().is_empty() => {
                self.pattern(&Pattern::Equals(String::new(), *case), place, at)
            }
            Pattern::Equals(value, Case::Sensitive) => term(field, value),
            Pattern::Fuzzy(Fuzzy { text, distance, .. }) if *distance == 0 || text.is_empty() => {
                term(field, text)
            }
            Pattern::Equals(value, Case::Insensitive) => {
                json!({ "term": { field: { "value": value, "case_insensitive": true } } })
            }
            Pattern::Prefix(prefix, case) => cased("prefix", field, prefix, *case),
            // Text fields may analyze wildcards; regular expressions they take as they are.
            Pattern::Glob(glob, case) if place.stored == Stored::Text => {
                let expression = expression(glob);
                self.regexp(&expression, Flags::NONE, *case, field, at)
            }
            Pattern::Glob(glob, case) => cased("wildcard", field, &glob.to_string(), *case),
            Pattern::Regexp(regexp) => self.lucene(regexp, field, at),
            Pattern::Range(range) => self.range(range, place, at),
            // Versions of Lucene differ on what follows a prefix that is the whole term.
            Pattern::Fuzzy(fuzzy) if fuzzy.text.chars().count() <= fuzzy.prefix => {
                let clause = cased("prefix", field, &fuzzy.text, Case::Sensitive);
                self.residual_within(clause, at)
            }
            Pattern::Fuzzy(fuzzy) => json!({ "fuzzy": { field: {
                "value": fuzzy.text,
                "fuzziness": fuzzy.distance,
                "prefix_length": fuzzy.prefix,
                "transpositions": fuzzy.transpositions,
                // Other ways to rewrite it stop after some terms.
                "rewrite": "constant_score",
                "max_expansions": 1000,
            } } }),
        }
    }

    fn lucene(&mut self, regexp: &Regexp, field: &str, at: At) -> Value {
        self.regexp(regexp.source(), regexp.flags(), regexp.case(), field, at)
    }

    fn regexp(&mut self, source: &str, flags: Flags, case: Case, field: &str, at: At) -> Value {
        // Since Lucene 10, a tilde may be but a tilde, and nothing in any case something.
        let tilde = flags.has(Flags::COMPLEMENT) && source.contains('~');
        let differs = tilde || source.is_empty();
        if source.len() > MAX_AUTOMATON || differs {
            return self.residual_within(exists(field), at);
        }
        let mut clause = json!({ "value": source, "flags": flag_names(flags) });
        if case == Case::Insensitive {
            clause["case_insensitive"] = Value::Bool(true);
        }
        json!({ "regexp": { field: clause } })
    }

    fn range(&mut self, range: &StringRange, place: &Place, at: At) -> Value {
        let field = place.field.as_str();
        match (range.order, place.stored) {
            (Order::Bytes, Stored::Version) | (Order::Versions, _)
                if (range.order, place.stored) != (Order::Versions, Stored::Version) =>
            {
                return self.residual_within(exists(field), at);
            }
            (Order::Bytes | Order::Versions, _) => {}
        }
        let mut bounds = Map::new();
        if let Some((low, inside)) = &range.low {
            bounds.insert(if *inside { "gte" } else { "gt" }.to_owned(), json!(low));
        }
        if let Some((high, inside)) = &range.high {
            bounds.insert(if *inside { "lte" } else { "lt" }.to_owned(), json!(high));
        }
        // Without bounds some clusters ask for the field, others for a term.
        if bounds.is_empty() {
            bounds.insert("gte".to_owned(), json!(""));
        }
        json!({ "range": { field: bounds } })
    }

    /// A phrase without gaps is analyzed by white space; of others, their terms
    /// are asked for.
    fn phrase(&mut self, phrase: &Phrase, field: &str, at: At) -> Value {
        let words: Vec<&str> = phrase.terms.iter().map(|(text, _)| text.as_str()).collect();
        let gapless = phrase.terms.windows(2).all(|pair| pair[0].1 + 1 == pair[1].1);
        let plain = |word: &&str| {
            let token = !word.is_empty() && !word.chars().any(is_space);
            token && word.encode_utf16().count() < MAX_TOKEN
        };
        match words.as_slice() {
            [] => everything(),
            [word] => term(field, word),
            words if gapless && phrase.slop == 0 && words.iter().all(plain) => {
                json!({ "match_phrase": { field: {
                    "query": words.join(" "), "analyzer": "whitespace",
                } } })
            }
            words => {
                let terms: Vec<Value> = words.iter().map(|word| term(field, word)).collect();
                if phrase.slop > MAX_SLOP || self.clauses < terms.len() {
                    return self.residual_within(exists(field), at);
                }
                self.clauses -= terms.len();
                self.residual_within(json!({ "bool": { "filter": terms } }), at)
            }
        }
    }
}

/// Whether patterns apply to a field.
fn is_string(stored: Stored) -> bool {
    match stored {
        Stored::Keyword | Stored::Constant | Stored::Flattened | Stored::Version | Stored::Text => {
            true
        }
        Stored::Long
        | Stored::Date
        | Stored::Boolean
        | Stored::Double
        | Stored::Ip
        | Stored::Elsewhere => false,
    }
}

/// Whether a pattern needs too large an automaton.
fn is_long(pattern: &Pattern) -> bool {
    let length = match pattern {
        Pattern::Equals(_, Case::Sensitive) | Pattern::Range(_) => 0,
        Pattern::Equals(text, Case::Insensitive) | Pattern::Prefix(text, _) => text.len(),
        Pattern::Glob(glob, _) => glob.to_string().len(),
        Pattern::Regexp(regexp) => regexp.source().len(),
        Pattern::Fuzzy(fuzzy) => fuzzy.text.len(),
    };
    length > MAX_AUTOMATON
}

/// Whether a cluster asks such a pattern of such a field: keys of flattened
/// fields take no automata, constants neither order nor expressions.
fn takes(stored: Stored, pattern: &Pattern) -> bool {
    match stored {
        Stored::Flattened => matches!(
            pattern,
            Pattern::Equals(_, Case::Sensitive)
                | Pattern::Prefix(_, Case::Sensitive)
                | Pattern::Range(_)
        ),
        Stored::Constant => {
            !matches!(pattern, Pattern::Range(_) | Pattern::Fuzzy(_) | Pattern::Regexp(_))
        }
        Stored::Keyword
        | Stored::Version
        | Stored::Text
        | Stored::Long
        | Stored::Date
        | Stored::Boolean
        | Stored::Double
        | Stored::Ip
        | Stored::Elsewhere => true,
    }
}

/// What Java or Unicode may take for white space.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn should(parts: &[Value], least: usize) -> Value {
    json!({ "bool": { "should": parts, "minimum_should_match": least } })
}

fn exists(field: &str) -> Value {
    json!({ "exists": { "field": field } })
}

fn term(field: &str, value: &str) -> Value {
    json!({ "term": { field: value } })
}

fn cased(clause: &str, field: &str, value: &str, case: Case) -> Value {
    let mut inner = json!({ "value": value });
    if case == Case::Insensitive {
        inner["case_insensitive"] = Value::Bool(true);
    }
    json!({ clause: { field: inner } })
}

fn integers(field: &str, interval: Interval<i64>, format: Option<&str>) -> Value {
    if interval.low > interval.high {
        return nothing();
    }
    let mut bounds = Map::new();
    // The ends of the numbers are no dates.
    if interval.low != i64::MIN || format.is_none() {
        bounds.insert("gte".to_owned(), json!(interval.low));
    }
    if interval.high != i64::MAX || format.is_none() {
        bounds.insert("lte".to_owned(), json!(interval.high));
    }
    if bounds.is_empty() {
        return exists(field);
    }
    if let Some(format) = format {
        bounds.insert("format".to_owned(), json!(format));
    }
    json!({ "range": { field: bounds } })
}

fn doubles(field: &str, DoubleInterval(interval): DoubleInterval) -> Value {
    let Interval { low, high } = interval;
    if low.is_nan()
        || high.is_nan()
        || low > high
        || low == f64::INFINITY
        || high == f64::NEG_INFINITY
    {
        return nothing();
    }
    let mut bounds = Map::new();
    // An index orders the two zeros; they are one number.
    if low.is_finite() {
        bounds.insert("gte".to_owned(), json!(if low == 0.0 { -0.0 } else { low }));
    }
    if high.is_finite() {
        bounds.insert("lte".to_owned(), json!(if high == 0.0 { 0.0 } else { high }));
    }
    if bounds.is_empty() { exists(field) } else { json!({ "range": { field: bounds } }) }
}

fn addresses(field: &str, interval: Interval<u128>) -> Value {
    if interval.low > interval.high {
        return nothing();
    }
    let (low, high) = (address(interval.low), address(interval.high));
    json!({ "range": { field: { "gte": low, "lte": high } } })
}

/// An address as text: mapped ones as IPv4, as clusters print them.
pub fn address(value: u128) -> String {
    let address = std::net::Ipv6Addr::from(value);
    address.to_ipv4_mapped().map_or_else(|| address.to_string(), |v4| v4.to_string())
}

/// A wildcard pattern as a regular expression without optional operators.
fn expression(glob: &Glob) -> String {
    let mut expression = String::new();
    for part in glob.parts() {
        match part {
            GlobPart::One => expression.push('.'),
            GlobPart::Many => expression.push_str(".*"),
            GlobPart::Literal(text) => {
                for c in text.chars() {
                    if c.is_ascii_punctuation() || c == ' ' {
                        expression.push('\\');
                    }
                    expression.push(c);
                }
            }
        }
    }
    expression
}

/// Optional operators as the `regexp` clause names them.
fn flag_names(flags: Flags) -> String {
    if flags == Flags::ALL {
        return "ALL".to_owned();
    }
    let names = [
        (Flags::INTERSECTION, "INTERSECTION"),
        (Flags::COMPLEMENT, "COMPLEMENT"),
        (Flags::EMPTY, "EMPTY"),
        (Flags::ANY_STRING, "ANYSTRING"),
        (Flags::AUTOMATON, "AUTOMATON"),
        (Flags::INTERVAL, "INTERVAL"),
    ];
    let on: Vec<&str> =
        names.into_iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, name)| name).collect();
    if on.is_empty() { "NONE".to_owned() } else { on.join("|") }
}

#[cfg(test)]
mod tests;
