//! Lucene query strings to simple Query DSL clauses, as Elasticsearch's
//! `QueryStringQueryParser` builds them (docs/semantics.md, "Lucene query
//! strings").
//!
//! What analysis decides is decided here: whether a clause has any word at all
//! (one without disappears, even under `NOT`), how a trailing wildcard splits
//! into words, and how patterns and bounds on text fields are normalized, so
//! the clauses that come out mean what they mean in the DSL.

mod leaf;
mod schema;

use harness_query::dsl::{Bool, Node, Operator, Query, QueryString};
use harness_query::lucene::{self, Body, Clause, Clauses, Conjunction, Field, Modifier};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_text::analysis::Token;

/// What a query string needs to know about the fields it searches.
pub trait Fields {
    /// How a field takes the words of a query; aliases are followed.
    fn role(&self, name: &str) -> Role;

    /// The mapped fields that a term can be looked for in: what `*` stands for
    /// as a default, without metadata fields.
    fn searchable(&self) -> Vec<String>;

    /// The mapped fields, without metadata fields, that a name with `*` stands for.
    fn matching(&self, pattern: &str) -> Vec<String>;

    /// The tokens that a text field's search analyzer makes of a text.
    fn tokens(&self, name: &str, text: &str) -> Vec<Token>;

    /// Where wildcards, regular expressions and fuzzy terms on a field look.
    fn pattern_name(&self, name: &str) -> String;

    /// A part of a pattern as a text field's search analyzer normalizes it:
    /// lower-cased, not split.
    fn normalize(&self, name: &str, text: &str) -> String;
}

/// How a field takes the words of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Not mapped, or an object.
    Unmapped,
    /// Analyzed text.
    Text,
    /// Any other type: whole values, normalized by the clause itself.
    Exact,
    /// One value for a whole index, which takes no wildcards and regular
    /// expressions from query strings.
    Constant,
}

/// Where the clauses of a query string are said to come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// From their places in the query string.
    Own,
    /// All from one span of another text.
    At(Span),
}

/// Expands a query string into simple clauses.
///
/// Free text without fields to look in searches all fields, where values that
/// do not fit a field match nothing.
///
/// # Errors
///
/// Syntax errors, and what Elasticsearch rejects whatever the fields are.
pub fn expand(
    query: &QueryString,
    fields: &dyn Fields,
    place: Place,
) -> Result<Query, Vec<Diagnostic>> {
    let put = |span| match place {
        Place::Own => span,
        Place::At(span) => span,
    };
    let ast = lucene::parse(&query.query).map_err(|errors| {
        let moved = errors.into_iter().map(|error| Diagnostic { span: put(error.span), ..error });
        moved.collect::<Vec<_>>()
    })?;
    let all = query.fields.is_empty();
    let mut expander = Expander {
        fields,
        defaults: Vec::new(),
        default_name: all.then_some("*"),
        operator: query.default_operator,
        analyze_wildcard: query.analyze_wildcard,
        lenient: query.lenient || all || query.fields.iter().any(|field| bare(field) == "*"),
        place,
        errors: Vec::new(),
    };
    expander.defaults = expander.default_fields(&query.fields);
    let root = match &ast.root {
        Some(root) => expander.clauses(root, None),
        None => None,
    };
    if !expander.errors.is_empty() {
        return Err(expander.errors);
    }
    let nothing = Query { node: Node::MatchNone, span: put(Span::new(0, query.query.len())) };
    Ok(root.unwrap_or(nothing))
}

/// A field of the `fields` option without its boost.
fn bare(field: &str) -> &str {
    field.split_once('^').map_or(field, |(name, _)| name)
}

/// What a clause contributes to its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occur {
    Must,
    Should,
    MustNot,
}

struct Expander<'a> {
    fields: &'a dyn Fields,
    /// The mapped fields that clauses without a field look in.
    defaults: Vec<String>,
    /// Set when those are all fields: Elasticsearch then treats such clauses
    /// as if they named the field `*`.
    default_name: Option<&'static str>,
    operator: Operator,
    analyze_wildcard: bool,
    lenient: bool,
    place: Place,
    errors: Vec<Diagnostic>,
}

impl Expander<'_> {
    fn default_fields(&self, names: &[String]) -> Vec<String> {
        if names.is_empty() {
            return self.fields.searchable();
        }
        let mut all = Vec::new();
        for name in names.iter().map(|name| bare(name)) {
            match name {
                "*" => all.extend(self.fields.searchable()),
                pattern if pattern.contains('*') => all.extend(self.fields.matching(pattern)),
                name => all.push(name.to_owned()),
            }
        }
        all.retain(|name| self.fields.role(name) != Role::Unmapped);
        if all.is_empty() {
            // That there are no such fields is seen by their names.
            all.extend(names.iter().map(|name| bare(name).to_owned()));
        }
        all.sort();
        all.dedup();
        all
    }

    fn query(&self, node: Node, span: Span) -> Query {
        let span = match self.place {
            Place::Own => span,
            Place::At(span) => span,
        };
        Query { node, span }
    }

    /// A list of clauses; `None` when analysis leaves none of them.
    fn clauses(&mut self, clauses: &Clauses, field: Option<&str>) -> Option<Query> {
        let default = match self.operator {
            Operator::And => Occur::Must,
            Operator::Or => Occur::Should,
        };
        let mut list: Vec<(Occur, Query)> = Vec::new();
        let mut first_is_plain = false;
        for (index, clause) in clauses.items.iter().enumerate() {
            match &clause.body {
                Body::Words(words) if words.len() > 1 => {
                    let made = self.several_words(words, field, clause.span);
                    list.extend(made.into_iter().map(|query| (default, query)));
                }
                _ => {
                    let made = self.clause(clause, field);
                    self.add(&mut list, clause, made);
                }
            }
            if index == 0 {
                first_is_plain = !list.is_empty() && clause.modifier == Modifier::None;
            }
        }
        if list.len() == 1 && first_is_plain {
            return list.pop().map(|(_, query)| query);
        }
        if list.is_empty() {
            return None;
        }
        let mut parts = Bool::default();
        for (occur, query) in list {
            match occur {
                Occur::Must => parts.must.push(query),
                Occur::Should => parts.should.push(query),
                Occur::MustNot => parts.must_not.push(query),
            }
        }
        Some(self.query(Node::Bool(parts), clauses.span))
    }

    /// Lucene's `addClause`: an `AND` or `OR` changes the clause before it as
    /// well, and does so even when its own clause has no words.
    fn add(&self, list: &mut Vec<(Occur, Query)>, clause: &Clause, made: Option<Query>) {
        if let Some((before, _)) = list.last_mut().filter(|(occur, _)| *occur != Occur::MustNot) {
            match (clause.conjunction, self.operator) {
                (Conjunction::And, _) => *before = Occur::Must,
                (Conjunction::Or, Operator::And) => *before = Occur::Should,
                (Conjunction::Or, Operator::Or) | (Conjunction::None, _) => {}
            }
        }
        let Some(query) = made else { return };
        let occur = match (clause.modifier, clause.conjunction, self.operator) {
            (Modifier::Prohibited, ..) => Occur::MustNot,
            (_, Conjunction::And, _)
            | (_, Conjunction::None, Operator::And)
            | (Modifier::Required, _, Operator::Or) => Occur::Must,
            (_, Conjunction::Or, Operator::And) | (Modifier::None, _, Operator::Or) => {
                Occur::Should
            }
        };
        list.push((occur, query));
    }

    fn clause(&mut self, clause: &Clause, field: Option<&str>) -> Option<Query> {
        let field = clause.field.as_ref().map(Field::name).or(field);
        if let Body::Group(clauses) = &clause.body {
            return self.clauses(clauses, field);
        }
        self.leaf(&clause.body, field.or(self.default_name), clause.span)
    }
}

#[cfg(test)]
mod tests;
