//! Random trees print and parse back to themselves; random text never panics.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::eql::ast::{
    Arithmetic, Body, Call, Category, Comparison, Demand, EventFilter, Expr, ExprKind, Field,
    Literal, Matcher, Maxspan, Membership, Pipe, Presence, Query, Sample, Sequence, Term, Text,
    TimeUnit,
};
use crate::eql::functions::Function;
use crate::eql::parse;
use harness_source::span::Span;
use harness_text::pattern::Case;

const NOWHERE: Span = Span::new(0, 0);

/// Takes the spans out of a tree.
trait Erase {
    fn erase(&mut self);
}

impl<T: Erase> Erase for Vec<T> {
    fn erase(&mut self) {
        self.iter_mut().for_each(Erase::erase);
    }
}

impl Erase for Field {
    fn erase(&mut self) {
        self.span = NOWHERE;
    }
}

impl Erase for Text {
    fn erase(&mut self) {
        self.span = NOWHERE;
    }
}

impl Erase for Expr {
    fn erase(&mut self) {
        self.span = NOWHERE;
        match &mut self.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Field(field) => field.erase(),
            ExprKind::Call(call) => call.args.erase(),
            ExprKind::Negative(inner) | ExprKind::Not(inner) => inner.erase(),
            ExprKind::Arithmetic { left, right, .. } | ExprKind::Compare { left, right, .. } => {
                left.erase();
                right.erase();
            }
            ExprKind::Match { target, values, .. } => {
                target.erase();
                values.erase();
            }
            ExprKind::In { target, values, .. } => {
                target.erase();
                values.erase();
            }
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.erase(),
        }
    }
}

impl Erase for EventFilter {
    fn erase(&mut self) {
        self.span = NOWHERE;
        if let Some(category) = &mut self.category {
            category.span = NOWHERE;
        }
        self.condition.erase();
    }
}

impl Erase for Term {
    fn erase(&mut self) {
        self.span = NOWHERE;
        self.filter.erase();
        self.by.erase();
    }
}

impl Erase for Query {
    fn erase(&mut self) {
        match &mut self.body {
            Body::Event(filter) => filter.erase(),
            Body::Sequence(sequence) => {
                sequence.span = NOWHERE;
                sequence.by.erase();
                sequence.terms.erase();
                if let Some(until) = &mut sequence.until {
                    until.erase();
                }
                if let Some(maxspan) = &mut sequence.maxspan {
                    maxspan.span = NOWHERE;
                }
            }
            Body::Sample(sample) => {
                sample.span = NOWHERE;
                sample.by.erase();
                sample.terms.erase();
            }
        }
    }
}

fn at(kind: ExprKind) -> Expr {
    Expr { kind, span: NOWHERE }
}

fn case() -> impl Strategy<Value = Case> {
    prop_oneof![Just(Case::Sensitive), Just(Case::Insensitive)]
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c\"'\\\\*?/ ]{0,6}", any::<String>()]
}

fn text() -> impl Strategy<Value = Text> {
    string().prop_map(|value| Text { value, span: NOWHERE })
}

fn field() -> impl Strategy<Value = Field> {
    let name = prop_oneof![
        4 => "[a-z@_][a-z0-9_]{0,3}(\\.[a-z][a-z0-9]{0,3}){0,2}",
        1 => Just("sequence".to_owned()),
        1 => "[a-c.`/ -]{1,6}",
    ];
    let demand = prop_oneof![Just(Demand::Required), Just(Demand::Optional)];
    (name, demand).prop_map(|(name, demand)| Field { name, demand, span: NOWHERE })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        (0..=i64::MAX).prop_map(Literal::Integer),
        (0.0..f64::MAX).prop_map(Literal::Float),
        (0.0..10.0).prop_map(Literal::Float),
        string().prop_map(Literal::String),
    ]
}

fn arithmetic() -> impl Strategy<Value = Arithmetic> {
    prop_oneof![
        Just(Arithmetic::Add),
        Just(Arithmetic::Subtract),
        Just(Arithmetic::Multiply),
        Just(Arithmetic::Divide),
        Just(Arithmetic::Modulo),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![
        Just(Comparison::Equal),
        Just(Comparison::NotEqual),
        Just(Comparison::Less),
        Just(Comparison::LessEqual),
        Just(Comparison::Greater),
        Just(Comparison::GreaterEqual),
    ]
}

fn matcher() -> impl Strategy<Value = Matcher> {
    prop_oneof![
        Just(Matcher::Colon),
        case().prop_map(Matcher::Like),
        case().prop_map(Matcher::Regex),
    ]
}

fn call(inner: impl Strategy<Value = Expr> + Clone) -> impl Strategy<Value = Expr> {
    let functions: Vec<Function> = Function::all().collect();
    let function = prop::sample::select(functions);
    (function, case(), 0..3_usize, vec(inner, 4)).prop_map(|(function, case, more, mut args)| {
        let (least, most) = function.arity();
        args.truncate((least + more).min(most.unwrap_or(4)).min(4));
        let case = if function.allows(case) { case } else { Case::Sensitive };
        at(ExprKind::Call(Call { function, case, args }))
    })
}

fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        literal().prop_map(|literal| at(ExprKind::Literal(literal))),
        field().prop_map(|field| at(ExprKind::Field(field))),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            call(inner.clone()),
            boxed.clone().prop_map(|inner| at(ExprKind::Negative(inner))),
            boxed.clone().prop_map(|inner| at(ExprKind::Not(inner))),
            (arithmetic(), boxed.clone(), boxed.clone())
                .prop_map(|(op, left, right)| at(ExprKind::Arithmetic { op, left, right })),
            (comparison(), boxed.clone(), boxed.clone())
                .prop_map(|(op, left, right)| at(ExprKind::Compare { op, left, right })),
            (matcher(), boxed.clone(), vec(text(), 1..3))
                .prop_map(|(op, target, values)| at(ExprKind::Match { op, target, values })),
            (boxed, vec(inner.clone(), 1..3), case(), any::<bool>()).prop_map(
                |(target, values, case, negated)| {
                    let membership = if negated { Membership::NotIn } else { Membership::In };
                    at(ExprKind::In { target, values, case, membership })
                }
            ),
            vec(inner.clone(), 2..4).prop_map(|parts| at(ExprKind::And(parts))),
            vec(inner, 2..4).prop_map(|parts| at(ExprKind::Or(parts))),
        ]
    })
}

fn filter() -> impl Strategy<Value = EventFilter> {
    let category = string().prop_map(|name| Category { name, span: NOWHERE });
    (option::of(category), expression()).prop_map(|(category, condition)| EventFilter {
        category,
        condition,
        span: NOWHERE,
    })
}

fn term(keys: usize, runs: u32) -> impl Strategy<Value = Term> {
    (filter(), vec(field(), keys), 1..=runs).prop_map(|(filter, by, runs)| Term {
        presence: Presence::Present,
        filter,
        by,
        runs,
        span: NOWHERE,
    })
}

fn maxspan() -> impl Strategy<Value = Maxspan> {
    (1..100_000_u64, prop::sample::select(TimeUnit::NAMES.to_vec()))
        .prop_map(|(value, (_, unit))| Maxspan { value, unit, span: NOWHERE })
}

fn sequence() -> impl Strategy<Value = Body> {
    (0..3_usize).prop_flat_map(|keys| {
        let terms = vec((term(keys, 100), any::<bool>()), 1..4);
        let parts = (vec(field(), 0..3), maxspan(), terms, term(keys, 100));
        (parts, option::of(term(keys, 1))).prop_map(|((by, maxspan, terms, last), until)| {
            let terms = terms.into_iter().map(|(mut term, missing)| {
                if missing {
                    term.presence = Presence::Missing;
                }
                term
            });
            let terms = terms.chain([last]).collect();
            Body::Sequence(Sequence { by, maxspan: Some(maxspan), terms, until, span: NOWHERE })
        })
    })
}

fn sample() -> impl Strategy<Value = Body> {
    (0..3_usize).prop_flat_map(|keys| {
        (vec(field(), 1..3), vec(term(keys, 1), 2..4))
            .prop_map(|(by, terms)| Body::Sample(Sample { by, terms, span: NOWHERE }))
    })
}

fn query() -> impl Strategy<Value = Query> {
    let pipe = (any::<bool>(), 0..=i32::MAX.cast_unsigned())
        .prop_map(|(head, count)| if head { Pipe::Head(count) } else { Pipe::Tail(count) });
    prop_oneof![
        (prop_oneof![filter().prop_map(Body::Event), sequence()], vec(pipe, 0..3))
            .prop_map(|(body, pipes)| Query { body, pipes }),
        sample().prop_map(|body| Query { body, pipes: Vec::new() }),
    ]
}

proptest! {
    #[test]
    fn printed_trees_parse_to_themselves(query in query()) {
        let text = query.to_string();
        let mut parsed = parse(&text).map_err(|errors| TestCaseError::fail(format!("{text}\n{errors:?}")))?;
        parsed.erase();
        prop_assert_eq!(parsed, query, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_rejected(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn nearly_eql_is_read_or_rejected(
        words in vec(
            prop::sample::select(vec![
                "any", "where", "a", "?", ".", "==", "=", "\"x\"", "\"", "'", "`", "`b`", "(", ")",
                "[", "![", "]", "in", "in~", "not", "and", "or", ",", "sequence", "by", "with",
                "maxspan", "runs", "until", "1", "1s", "2.5", "-", "|", "head", "length", "/*",
                "*/", "//", "\n", "\\", "\"\"\"", ":", "like", "sample", "é", "~",
            ]),
            0..30,
        ),
        space in prop::sample::select(vec!["", " "]),
    ) {
        if let Ok(query) = parse(&words.join(space)) {
            let text = query.to_string();
            prop_assert_eq!(parse(&text).map(|query| query.to_string()), Ok(text));
        }
    }
}
