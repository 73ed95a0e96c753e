//! Clauses on fields that nothing knows: no report loses one.

use crate::support::project::{case, project, query_rule, rule};
use harness::case::{Case, Polarity, parse as parse_events};
use harness::compile::rule::compile_rule;
use harness::coverage::ClauseCoverage;
use harness::explain::{Question, Truth, explain};
use harness::ir::{Origin, Part};
use harness::mutate::{self, Fixtures, Mutant, Outcome};
use harness::report::digest::gap_in_full;
use harness::run::{Project, Run, Session, run};
use harness::schema::{Base, Schema};
use harness::verdict::Status;
use proptest::prelude::*;
use serde_json::{Value, json};

fn negative(name: &str, event: &Value) -> Case {
    let path = format!("r/negative/{name}.json");
    Case { path, polarity: Polarity::Negative, ..case(name, event, None) }
}

fn login(event: &Value) -> Value {
    let mut login = json!({"event": {"category": "authentication"}, "user": {"name": "root"}});
    for (key, value) in event.as_object().into_iter().flatten() {
        login[key] = value.clone();
    }
    login
}

/// A root login, one of somebody else, and something else by root.
fn logins() -> Vec<Case> {
    vec![
        case("root", &login(&json!({})), None),
        negative("other_user", &login(&json!({"user": {"name": "ann"}}))),
        negative("no_login", &login(&json!({"event": {"category": "process"}}))),
    ]
}

fn measured(project: Project) -> (Run, Vec<ClauseCoverage>, Vec<Mutant>) {
    let session = Session::open(project);
    let engine = session.engine().expect("an index");
    let hits = session.ask(&engine).expect("answers");
    let (coverage, mutants) =
        mutate::measure(&session, &engine, Fixtures::Propose).expect("answers");
    let clauses = coverage.rules.into_iter().flat_map(|rule| rule.clauses).collect();
    let mutants = mutants.rules.into_iter().flat_map(|rule| rule.mutants).collect();
    (harness::explain::judge(&session, &hits), clauses, mutants)
}

/// The findings about a rule, as `code: message; help`.
fn told(run: &Run) -> Vec<String> {
    let found = run.rules[0].problems.iter().map(|problem| &problem.diagnostic);
    let found = found.filter(|found| found.code == "unknown-field");
    found
        .map(|found| format!("{}; {}", found.message, found.help.as_deref().unwrap_or_default()))
        .collect()
}

#[test]
fn three_misspelled_exclusions_are_no_full_marks() {
    let right = "event.category:authentication and user.name:root";
    let (run, clauses, mutants) = measured(project(&query_rule(right, ""), logins()));
    assert_eq!(run.rules[0].status, Status::Passed);
    assert!(clauses.iter().all(ClauseCoverage::is_covered), "{clauses:?}");
    let missed = |mutants: &[Mutant]| {
        mutants.iter().filter(|mutant| matches!(mutant.outcome, Outcome::Missed { .. })).count()
    };
    assert_eq!(missed(&mutants), 0);

    for (language, typo) in [
        ("kuery", "not sorce.ip:\"10.0.0.0/8\" and not proces.name:(ansible or salt)"),
        ("lucene", "NOT sorce.ip:\"10.0.0.0/8\" AND NOT proces.name:(ansible OR salt)"),
        (
            "eql",
            "not cidrMatch(sorce.ip, \"10.0.0.0/8\") and not proces.name in (\"ansible\", \"salt\")",
        ),
    ] {
        let text = match language {
            "kuery" => query_rule(&format!("{right} and {typo}"), ""),
            "lucene" => rule(&format!(
                "type = \"query\"\nlanguage = \"lucene\"\n\
                 query = '''event.category:authentication AND user.name:root AND {typo}'''"
            )),
            _ => rule(&format!(
                "type = \"eql\"\nlanguage = \"eql\"\n\
                 query = '''authentication where user.name == \"root\" and {typo}'''"
            )),
        };
        let (run, clauses, mutants) = measured(project(&text, logins()));
        assert_eq!(run.rules[0].status, Status::Passed, "{language}: the verdicts stay");
        let uncovered: Vec<String> =
            clauses.iter().filter_map(|clause| Some(gap_in_full(clause)?.into_owned())).collect();
        let source = "never tried: no mapping and no event has sorce.ip; did you mean source.ip?";
        let process =
            "never tried: no mapping and no event has proces.name; did you mean process.name?";
        assert_eq!(uncovered, [source, process, process], "{language}");
        assert!(missed(&mutants) >= 3, "{language}: {mutants:?}");
        let expected = [
            "no mapping and no event has `sorce.ip`; did you mean `source.ip`?",
            "no mapping and no event has `proces.name`; did you mean `process.name`?",
        ];
        assert_eq!(told(&run), expected, "{language}");
    }
}

#[test]
fn a_misspelled_field_is_the_first_reason_that_a_case_fails() {
    let eql = |condition: &str| {
        rule(&format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''any where {condition}'''"))
    };
    for rule in [
        query_rule("event.category:process and user.nmae:root", ""),
        eql("event.category == \"process\" and user.nmae == \"root\""),
        eql("event.category == \"process\" and user.nmae : \"root\""),
        eql("event.category == \"process\" and user.nmae in (\"root\", \"toor\")"),
        eql("event.category == \"process\" and length(user.nmae) == 4"),
        eql("event.category == \"process\" and user.nmae like~ (\"r*\", \"t*\")"),
        eql("event.category == \"process\" and user.nmae != null"),
    ] {
        let (run, ..) = measured(project(&rule, logins()));
        assert_eq!(run.rules[0].status, Status::Failed, "{rule}");
        let why = &run.rules[0].cases[0].explanations[0];
        let first = why.clauses[0].unknown.as_deref();
        let expected = "no mapping and no event has user.nmae; did you mean user.name?";
        assert_eq!(first, Some(expected), "{rule}\n{why:?}");
        assert!(why.clauses.len() > 1, "{rule}: the other clause fails as well");
    }
}

/// What each clause of an EQL condition is on an event.
fn marks(condition: &str, event: &Value) -> Vec<Truth> {
    let rule =
        rule(&format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''any where {condition}'''"));
    let events = parse_events(&event.to_string()).expect("an event");
    let question = Question::Events("e.json".to_owned(), events);
    let explained = explain(&project(&rule, Vec::new()), "r", question);
    let explained = explained.expect("the engine runs").expect("there is the rule");
    explained.events[0].marks.iter().map(|mark| mark.truth).collect()
}

#[test]
fn each_clause_has_its_own_truth_beside_an_unknown_field() {
    use Truth::{False, True, Unknown};

    let event = json!({"event": {"category": "network", "action": "a"}});
    for (condition, expected) in [
        ("event.action == \"a\" and foo.bar == \"x\"", &[True, Unknown][..]),
        ("event.action == \"b\" and foo.bar == \"x\"", &[False, Unknown]),
        ("event.action == \"a\" or foo.bar == \"x\"", &[True, Unknown]),
        ("event.action == \"a\" and foo.bar != null", &[True, False]),
        (
            "event.category == \"network\" and event.action == \"a\" and length(foo.bar) > 3",
            &[True, True, Unknown],
        ),
    ] {
        assert_eq!(marks(condition, &event), expected, "{condition}");
    }
}

/// What the schema of a random rule says of a field.
#[derive(Clone, Copy, Debug)]
enum Known {
    Not,
    As(&'static str),
    Constant,
    Nested,
}

const NAMES: [&str; 6] = ["a.b", "a.c", "d", "e.f.g", "h", "i.j"];

fn known() -> impl Strategy<Value = Known> {
    prop_oneof![
        3 => Just(Known::Not),
        4 => prop::sample::select(vec!["keyword", "text", "wildcard", "long", "ip", "boolean", "flattened"])
            .prop_map(Known::As),
        1 => Just(Known::Constant),
        1 => Just(Known::Nested),
    ]
}

fn schema(known: &[Known]) -> Schema {
    let mut schema = Schema::new(Base::Empty);
    for (name, known) in NAMES.iter().zip(known) {
        let field = match known {
            Known::Not => continue,
            Known::As(ty) => json!({"type": ty}),
            Known::Constant => json!({"type": "constant_keyword", "value": "v3"}),
            Known::Nested => json!({"type": "object"}),
        };
        let mut mapping = field;
        for part in name.split('.').rev() {
            mapping = json!({"properties": {part: mapping}});
        }
        schema.add_mapping(&mapping, &json!({})).expect("a mapping");
    }
    schema
}

/// A condition over leaves, by number.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(usize, u8),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    (0..NAMES.len(), any::<u8>()).prop_map(|(field, form)| Tree::Leaf(field, form)).prop_recursive(
        3,
        10,
        3,
        |inner| {
            let parts = || prop::collection::vec(inner.clone(), 2..4);
            prop_oneof![
                1 => inner.clone().prop_map(|inner| Tree::Not(Box::new(inner))),
                2 => parts().prop_map(Tree::And),
                2 => parts().prop_map(Tree::Or),
            ]
        },
    )
}

/// Writes a condition; notes where each leaf stands.
struct Writer<'a> {
    known: &'a [Known],
    eql: bool,
    text: String,
    leaves: Vec<(usize, usize)>,
}

impl Writer<'_> {
    fn tree(&mut self, tree: &Tree) {
        match tree {
            Tree::Leaf(field, form) => self.leaf(*field, *form),
            Tree::Not(inner) => {
                self.text.push_str("not (");
                self.tree(inner);
                self.text.push(')');
            }
            Tree::And(parts) => self.list(parts, " and "),
            Tree::Or(parts) => self.list(parts, " or "),
        }
    }

    fn list(&mut self, parts: &[Tree], word: &str) {
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.text.push_str(word);
            }
            self.text.push('(');
            self.tree(part);
            self.text.push(')');
        }
    }

    /// A leaf that no other equals, by its value.
    fn leaf(&mut self, field: usize, form: u8) {
        let (name, number) = (NAMES[field], self.leaves.len());
        let (value, strings) = match self.known[field] {
            Known::As("long") => (number.to_string(), false),
            Known::As("ip") => (format!("10.0.0.{number}"), false),
            Known::As("boolean") => ((number % 2 == 0).to_string(), false),
            _ => (format!("v{number}"), true),
        };
        let bare = value.parse::<i64>().is_ok() || value.parse::<bool>().is_ok();
        let quoted = if bare { value.clone() } else { format!("\"{value}\"") };
        let leaf = match (self.eql, form % 6, strings) {
            (true, 1, true) => format!("{name} like~ \"{value}*\""),
            (true, 2, true) => format!("length({name}) > {}", number + 1),
            (true, 3, true) => format!("{name} : \"{value}\""),
            (true, 4, true) => format!("startsWith~({name}, \"{value}\")"),
            (true, 5, _) => format!("{name} != {quoted}"),
            (true, ..) => format!("{name} == {quoted}"),
            (false, 1, true) => format!("{name}: {value}*"),
            (false, 2, false) if !value.contains(['.', 'e']) => format!("{name} >= {value}"),
            (false, ..) => format!("{name}: {quoted}"),
        };
        let start = self.text.len();
        self.text.push_str(&leaf);
        self.leaves.push((start, self.text.len()));
    }
}

/// Whether EQL takes the fields of a tree.
fn comparable(tree: &Tree, known: &[Known]) -> bool {
    match tree {
        Tree::Leaf(field, _) => !matches!(known[*field], Known::As("text") | Known::Nested),
        Tree::Not(inner) => comparable(inner, known),
        Tree::And(parts) | Tree::Or(parts) => parts.iter().all(|part| comparable(part, known)),
    }
}

fn event() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        (0..9_usize).prop_map(|number| json!(format!("v{number}"))),
        (0..9_usize).prop_map(|number| json!(number)),
        any::<bool>().prop_map(|value| json!(value)),
        (0..9_usize).prop_map(|number| json!(format!("10.0.0.{number}"))),
    ];
    prop::collection::vec(prop::option::of(value), NAMES.len()).prop_map(|values| {
        let named = NAMES.iter().zip(values);
        named.filter_map(|(name, value)| Some(((*name).to_owned(), value?))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_leaf_of_a_text_vanishes(
        tree in tree(),
        known in prop::collection::vec(known(), NAMES.len()),
        mut events in prop::collection::vec(event(), 1..4),
        eql in any::<bool>(),
    ) {
        prop_assume!(!eql || comparable(&tree, &known));
        // What an event has is known by it.
        let unknown = NAMES.iter().zip(&known).filter(|(_, known)| matches!(known, Known::Not));
        for (name, _) in unknown {
            events.iter_mut().filter_map(Value::as_object_mut).for_each(|event| drop(event.remove(*name)));
        }
        let mut writer = Writer { known: &known, eql, text: String::new(), leaves: Vec::new() };
        if eql {
            writer.text.push_str("any where ");
        }
        writer.tree(&tree);
        let Writer { text, leaves, .. } = writer;
        let toml = if eql {
            rule(&format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''{text}'''"))
        } else {
            query_rule(&text, "")
        };
        let cases = || {
            let numbered = events.iter().enumerate();
            let mut cases: Vec<Case> =
                numbered.map(|(at, event)| case(&at.to_string(), event, None)).collect();
            cases[0].polarity = Polarity::Negative;
            cases
        };
        let project = || Project { schema: schema(&known), ..project(&toml, cases()) };
        let loaded = project();
        let parsed = loaded.rules.rules[0].rule.clone().expect("a rule");
        let compiled = compile_rule(&parsed, &loaded.schema, 0);
        prop_assume!(compiled.program.is_some());

        let (run, clauses, mutants) = measured(project());
        let explained = explain(&project(), "r", Question::Rule).expect("the engine runs");
        let explained = explained.expect("there is the rule");
        let covered: Vec<Origin> = clauses.iter().map(|clause| clause.origin).collect();
        let told: Vec<Origin> = explained.clauses.iter().map(|clause| clause.origin).collect();
        let changed: Vec<Origin> = mutants.iter().map(|mutant| mutant.origin).collect();
        for (start, end) in leaves {
            let leaf = &text[start..end];
            // A clause of EQL may stand at its value.
            let within = |origin: &Origin| {
                let span = origin.span;
                origin.part == Part::Query && start <= span.start && span.end <= end
            };
            prop_assert!(covered.iter().any(within), "coverage lacks {leaf} of {text}: {clauses:?}");
            prop_assert!(told.iter().any(within), "explain lacks {leaf} of {text}");
            let own = changed.iter().any(|origin| {
                within(origin) || origin.span.start <= start && end <= origin.span.end
            });
            // Without a case there are no mutants: every one would be missed.
            let untested = run.rules[0].cases.is_empty() && mutants.is_empty();
            prop_assert!(own || untested, "no mutant of {leaf} of {text}");
        }
    }
}

#[test]
fn a_field_that_only_events_of_other_indices_have_is_told() {
    let stated = |index: &str, field: &str| {
        let mut event = login(&json!({}));
        event[field] = json!("x");
        json!({"_index": index, "_source": event})
    };
    for (index, events, expected) in [
        ("logs-a*", vec![stated("logs-b-default", "odd")], true),
        ("logs-a*", vec![stated("logs-b-default", "odd"), stated("logs-a-default", "odd")], false),
        ("logs-b*", vec![stated("logs-b-default", "odd")], false),
        ("logs-a*", vec![stated("logs-b-default", "odd"), login(&json!({"odd": "x"}))], false),
        ("logs-a*", vec![stated("logs-b-default", "message")], false),
    ] {
        let rule = query_rule("odd:x or message:x", &format!("index = [\"{index}\"]"));
        let run = run(project(&rule, vec![case("c", &Value::Array(events), None)]));
        let run = run.expect("the engine runs");
        let mut found = run.rules[0].problems.iter().map(|problem| problem.diagnostic.code);
        let told = found.any(|code| code == "field-not-in-indices");
        assert_eq!(told, expected, "{index}: {:?}", run.rules[0].problems);
    }
}
