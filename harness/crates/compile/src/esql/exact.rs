//! Conditions of `WHERE` as predicates that say neither more nor less: for proofs.
//!
//! Three truths are two predicates: where a condition is true, and where it is
//! false. A leaf that tests a column tells of its one value; of none or of several
//! it is null. So each column is two here: one that holds its value where it is
//! single, and one that only exists where it has any. A leaf that no test can
//! express is two unknowns, the same ones wherever it is written alike.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::narrow::{compared, mirrored, opposite};
use harness_esql::expr::{Node, Typed};
use harness_esql::fold::fold_value;
use harness_esql::types::Type;
use harness_model::schema::FieldType;
use harness_model::value::IntegerType;
use harness_model::value::Resolution;
use harness_predicate::{Column, Kind, Leaf, Origin, Predicate, Test};
use harness_query::esql::ast::CompareOp;
use harness_source::span::{Span, flat};
use harness_text::pattern::{Case, Pattern};

/// Functions that give a value or null, null where an argument is null, and never end a
/// query.
const HARMLESS: [&str; 26] = [
    "abs",
    "cidr_match",
    "concat",
    "ends_with",
    "left",
    "length",
    "ltrim",
    "mv_count",
    "mv_first",
    "mv_last",
    "mv_max",
    "mv_min",
    "right",
    "rtrim",
    "starts_with",
    "to_boolean",
    "to_datetime",
    "to_double",
    "to_integer",
    "to_ip",
    "to_long",
    "to_lower",
    "to_string",
    "to_upper",
    "to_version",
    "trim",
];

/// Where a condition is true and where it is false, on one row; elsewhere it is
/// null.
#[derive(Clone, Debug)]
pub struct Exact {
    /// Where it is true.
    pub holds: Predicate,
    /// Where it is false.
    fails: Predicate,
}

impl Exact {
    fn negate(self) -> Self {
        Self { holds: self.fails, fails: self.holds }
    }
}

/// A condition of a query; `search` knows what its full-text functions match.
/// `None` where it could end the query on some row.
pub fn exact(
    condition: &Typed,
    text: &str,
    search: &dyn Fn(Span) -> Option<Predicate>,
) -> Option<Exact> {
    let mut harmless = true;
    condition.each(&mut |part| harmless &= is_harmless(part, text));
    harmless.then(|| Exactly { text, search }.condition(condition))?
}

/// Whether a part can only give a value or null, its own parts aside.
fn is_harmless(part: &Typed, text: &str) -> bool {
    match &part.node {
        Node::Call { .. } => {
            let call = part.span.of(text);
            let name = call.split('(').next().unwrap_or_default().trim();
            call.ends_with(')') && HARMLESS.iter().any(|known| known.eq_ignore_ascii_case(name))
        }
        // What cannot be converted is null.
        Node::Convert(_)
        | Node::Literal(_)
        | Node::Column { .. }
        | Node::And(_)
        | Node::Or(_)
        | Node::Not(_)
        | Node::Compare { .. }
        | Node::Arithmetic { .. }
        | Node::Negate(_)
        | Node::In { .. }
        | Node::Like { .. }
        | Node::IsNull { .. }
        | Node::Case { .. }
        | Node::Coalesce(_)
        | Node::Search(_)
        | Node::Now => true,
    }
}

struct Exactly<'a> {
    text: &'a str,
    search: &'a dyn Fn(Span) -> Option<Predicate>,
}

impl Exactly<'_> {
    fn condition(&self, condition: &Typed) -> Option<Exact> {
        let all = |parts: &[Typed]| {
            parts.iter().map(|part| self.condition(part)).collect::<Option<Vec<_>>>()
        };
        let holds =
            |parts: &[Exact]| parts.iter().map(|part| part.holds.clone()).collect::<Vec<_>>();
        let fails =
            |parts: &[Exact]| parts.iter().map(|part| part.fails.clone()).collect::<Vec<_>>();
        Some(match &condition.node {
            Node::And(parts) => {
                let parts = all(parts)?;
                Exact { holds: Predicate::and(holds(&parts)), fails: Predicate::or(fails(&parts)) }
            }
            Node::Or(parts) => {
                let parts = all(parts)?;
                Exact { holds: Predicate::or(holds(&parts)), fails: Predicate::and(fails(&parts)) }
            }
            Node::Not(inner) => self.condition(inner)?.negate(),
            Node::Search(found) => two_valued((self.search)(found.span)?),
            Node::Literal(_) => {
                let value = fold_value(condition);
                let is = |wanted| {
                    Predicate::Const(value == Some(harness_esql::value::Value::Bool(wanted)))
                };
                Exact { holds: is(true), fails: is(false) }
            }
            Node::IsNull { value, negated } => match self.column(value) {
                Some(name) if *negated => two_valued(some(&name)),
                Some(name) => two_valued(some(&name).negate()),
                None => self.unknown(condition),
            },
            _ => self.tested(condition).unwrap_or_else(|| self.unknown(condition)),
        })
    }

    /// A test of the single value of a column.
    fn tested(&self, condition: &Typed) -> Option<Exact> {
        match &condition.node {
            Node::Compare { op, left, right } => {
                let (op, column, constant) = match self.column(left) {
                    Some(_) => (*op, left, right),
                    None => (mirrored(*op), right, left),
                };
                let name = self.column(column)?;
                let (field, value) = (field_type(column.ty)?, fold_value(constant)?);
                // Of two operators that exclude each other one is the negation.
                let (op, negated) = match op {
                    CompareOp::Eq | CompareOp::Gt | CompareOp::Ge => (op, false),
                    CompareOp::Ne | CompareOp::Lt | CompareOp::Le => (opposite(op), true),
                };
                let test = compared(&field, op, &value)?;
                let (test, negated) = match test {
                    Test::Bool(false) => (Test::Bool(true), !negated),
                    test => (test, negated),
                };
                let exact = single(&name, [test]);
                Some(if negated { exact.negate() } else { exact })
            }
            Node::In { value, choices } => {
                let (name, field) = (self.column(value)?, field_type(value.ty)?);
                let tests = choices
                    .iter()
                    .map(|choice| compared(&field, CompareOp::Eq, &fold_value(choice)?));
                Some(single(&name, tests.collect::<Option<Vec<_>>>()?))
            }
            Node::Like { value, matcher } => {
                let name = self.column(value)?;
                if matcher.matches_all() {
                    return Some(two_valued(some(&name)));
                }
                Some(single(&name, matcher.patterns().into_iter().map(Test::Term)))
            }
            Node::Column { constant: None, .. } if condition.ty == Type::Boolean => {
                Some(single(&self.column(condition)?, [Test::Bool(true)]))
            }
            _ => None,
        }
    }

    /// The name of a column as the query writes it.
    fn column(&self, value: &Typed) -> Option<String> {
        let is_column = matches!(value.node, Node::Column { constant: None, .. });
        is_column.then(|| flat(value.span.of(self.text)))
    }

    fn unknown(&self, condition: &Typed) -> Exact {
        let text = flat(condition.span.of(self.text));
        let leaf = |truth: &str| {
            let pattern = Pattern::Equals(text.clone(), Case::Sensitive);
            leaf(&format!("\0{truth}"), Kind::Keyword, Test::Term(pattern))
        };
        let mut needed = BTreeSet::new();
        self.needed(condition, &mut needed);
        let there = || needed.iter().map(|name| some(name));
        let at = |truth: &str| Predicate::and(std::iter::once(leaf(truth)).chain(there()));
        Exact { holds: at("true"), fails: at("false") }
    }

    /// The columns without which a value is null.
    fn needed(&self, value: &Typed, found: &mut BTreeSet<String>) {
        match &value.node {
            Node::Column { .. } => found.extend(self.column(value)),
            Node::Compare { left, right, .. } | Node::Arithmetic { left, right, .. } => {
                self.needed(left, found);
                self.needed(right, found);
            }
            Node::Call { args, .. } => args.iter().for_each(|arg| self.needed(arg, found)),
            Node::Negate(inner) | Node::Convert(inner) => self.needed(inner, found),
            Node::In { value, .. } | Node::Like { value, .. } => self.needed(value, found),
            Node::Literal(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Not(_)
            | Node::IsNull { .. }
            | Node::Case { .. }
            | Node::Coalesce(_)
            | Node::Search(_)
            | Node::Now => {}
        }
    }
}

fn leaf(name: &str, kind: Kind, test: Test) -> Predicate {
    let column = Column { name: Arc::from(name), kind };
    Predicate::Leaf(Leaf { column, test, origin: Origin::default() })
}

fn two_valued(holds: Predicate) -> Exact {
    Exact { fails: holds.clone().negate(), holds }
}

/// A condition on the one value of a column, which passes some test.
fn single(name: &str, tests: impl IntoIterator<Item = Test>) -> Exact {
    let column = format!("\0one {name}");
    let tests = tests.into_iter().map(|test| leaf(&column, Kind::Keyword, test));
    let holds = Predicate::or(tests.collect::<Vec<_>>());
    let one = leaf(&column, Kind::Keyword, Test::Exists);
    Exact { fails: Predicate::and(vec![one, holds.clone().negate()]), holds }
}

/// Whether a column has any value: its single one, or several.
fn some(name: &str) -> Predicate {
    let exists = |prefix: &str| leaf(&format!("\0{prefix} {name}"), Kind::Keyword, Test::Exists);
    Predicate::or(vec![exists("one"), exists("many")])
}

/// The type of a field whose values compare as those of a column do.
fn field_type(ty: Type) -> Option<FieldType> {
    Some(match ty {
        Type::Keyword | Type::Text => FieldType::Wildcard { ignore_above: None },
        Type::Integer | Type::Long => FieldType::Integer(IntegerType::Long),
        Type::Boolean => FieldType::Boolean,
        Type::Date => {
            FieldType::Date { format: String::new().into(), resolution: Resolution::Millis }
        }
        Type::Ip => FieldType::Ip,
        _ => return None,
    })
}
