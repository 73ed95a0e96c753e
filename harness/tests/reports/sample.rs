//! Runs, coverage and mutants made up for the reports: every kind of outcome,
//! text that tries to break out, and as many rules as one asks for.

use std::sync::Arc;

use harness::case::{Case, Options, Polarity};
use harness::coverage::{ClauseCoverage, ClauseKind, Coverage, RuleCoverage, Witness};
use harness::diagnostic::Diagnostic;
use harness::event::Event;
use harness::files::Problem;
use harness::ir::{Origin, Part};
use harness::mutate::{Mutant, Mutants, Operator, Outcome, RuleMutants};
use harness::rule::threat::{Reference, Technique, Threat};
use harness::run::{
    About, Alert, CaseRun, Clause, Explanation, Facts, Places, QuerySource, Role, RuleRun, Run,
    Texts, Warning,
};
use harness::span::Span;
use harness::verdict::{Status, Verdict};
use serde_json::json;

/// A name that a careless page would run.
pub(crate) const HOSTILE: &str = "<img src=x onerror=alert(1)>";

/// All that reports are made of.
pub(crate) struct Sample {
    /// The run.
    pub(crate) run: Run,
    /// Its coverage.
    pub(crate) coverage: Coverage,
    /// Its mutants.
    pub(crate) mutants: Mutants,
}

/// Tactics with a technique each; the third has a subtechnique, the last is of no matrix.
const TACTICS: [(&str, &str, &str, &str); 6] = [
    ("TA0001", "Initial Access", "T1566", "Phishing"),
    ("TA0002", "Execution", "T1059", "Command and Scripting Interpreter"),
    ("TA0005", "Defense Evasion", "T1562", "Impair Defenses"),
    ("TA0011", "Command and Control", "T1071", "Application Layer Protocol"),
    ("TA0040", "Impact", "T1486", "Data Encrypted for Impact"),
    ("TA9999", "Of No Matrix", "T9999", "A Technique of Tomorrow"),
];

const VALUES: [&str; 8] =
    ["curl", "wget", "certutil", "bitsadmin", "mshta", "rundll32", "osascript", "python"];

/// At least six rules: one of each status, and more of the first kind.
pub(crate) fn sample(rules: usize) -> Sample {
    let mut sample = Sample {
        run: Run {
            rules: Vec::new(),
            problems: vec![orphan()],
            elsewhere: Vec::new(),
            places: Places {
                rules: "rules".to_owned(),
                cases: "cases".to_owned(),
                ..Places::default()
            },
        },
        coverage: Coverage::default(),
        mutants: Mutants::default(),
    };
    for (key, status) in [
        ("a\"]]>/</script><script>alert(2)</script>", Status::Passed),
        ("linux/failing", Status::Failed),
        ("linux/later", Status::Todo),
        ("linux/untested", Status::Untested),
        ("linux/unsupported", Status::Unsupported),
        ("linux/invalid", Status::Invalid),
    ] {
        sample.add(key, status, 0);
    }
    HOSTILE.clone_into(&mut sample.run.rules[0].name);
    sample.run.rules[0].about.tags.push("\u{1b}[31m<b>@all</b>\u{202e}|`".to_owned());
    for number in 1..rules.saturating_sub(5) {
        let folder = ["aws", "linux", "macos", "windows"][number % 4];
        let value = VALUES[number / 4 % VALUES.len()];
        let key = format!("{folder}/{value}_downloads_a_payload_{number:04}");
        sample.add(&key, Status::Passed, number);
    }
    sample
}

impl Sample {
    fn add(&mut self, key: &str, status: Status, number: usize) {
        let query = query(number);
        let tried = matches!(status, Status::Passed | Status::Failed | Status::Todo);
        let clauses = if tried { clauses(&query, number) } else { Vec::new() };
        let mutants = if tried { mutants(&query, number) } else { Vec::new() };
        self.coverage.rules.push(RuleCoverage { key: key.to_owned(), clauses, bounds: Vec::new() });
        let judged = if tried { cases(key, status) } else { Vec::new() };
        let (key_of, cases_of, bounds) = (key.to_owned(), judged.len(), Vec::new());
        self.mutants.rules.push(RuleMutants { key: key_of, cases: cases_of, mutants, bounds });
        let has_about = status != Status::Invalid;
        self.run.rules.push(RuleRun {
            key: key.to_owned(),
            file: format!("rules/{key}.toml"),
            name: format!("Payload fetched, variant {number:04}"),
            rule_id: format!("00000000-0000-4000-8000-{number:012}"),
            rule_type: "query".to_owned(),
            language: "kuery".to_owned(),
            about: if has_about { about(query, number) } else { About::default() },
            status,
            problems: problems(key, status),
            program: None,
            cases: judged,
        });
    }
}

fn orphan() -> Problem {
    let error =
        Diagnostic::error("orphan-cases", "there is no rule for these cases", Span::default());
    Problem::with_path("cases/gone/rule", error.with_help("delete the folder"))
}

/// Four clauses, the third over two lines, with text that looks like markup.
fn query(number: usize) -> String {
    let values: Vec<String> =
        (0..3).map(|at| format!("{}{}", VALUES[(number + at) % VALUES.len()], number)).collect();
    format!(
        "event.category : process and\n  process.name : ({}) and not user.name : \"</script><!-- é\"",
        values.join(" or ")
    )
}

fn about(query: String, number: usize) -> About {
    let threat = [number % 6, (number / 3 + 1) % 6].map(|at| {
        let (tactic, tactic_name, id, name) = TACTICS[at];
        let entry = |id: &str, name: &str| Reference {
            id: id.to_owned(),
            name: name.to_owned(),
            reference: String::new(),
        };
        let sub = (at == 2).then(|| entry("T1562.001", "Disable or Modify Tools"));
        Threat {
            framework: "MITRE ATT&CK".to_owned(),
            tactic: entry(tactic, tactic_name),
            techniques: vec![Technique {
                technique: entry(id, name),
                subtechniques: sub.into_iter().collect(),
            }],
        }
    });
    About {
        description: "A tool that fetches files starts below a service. & < > are text.".to_owned(),
        severity: ["low", "medium", "high", "critical"][number % 4].to_owned(),
        risk_score: 47,
        tags: vec!["Domain: Endpoint".to_owned(), format!("Variant: {}", number % 7)],
        threat: threat.into(),
        query: Some(QuerySource { text: query, line: 12, column: 10, verbatim: true }),
        filters: vec![r#"{"exists":{"field":"host.id"}}"#.to_owned()],
        texts: Texts::default(),
    }
}

fn clauses(query: &str, number: usize) -> Vec<ClauseCoverage> {
    let find = |needle: &str| {
        let start = query.find(needle).expect("the query has it");
        Span::new(start, start + needle.len())
    };
    let values = query.split_once('(').expect("a list").1.split_once(')').expect("its end").0;
    let mut places: Vec<(String, Span)> =
        vec![("event.category = process".to_owned(), find("event.category : process"))];
    places
        .extend(values.split(" or ").map(|value| (format!("process.name = {value}"), find(value))));
    places.push(("user.name = </script>".to_owned(), find("user.name : \"</script><!-- é\"")));
    let witness =
        |case: &str| Some(Witness { case: format!("linux/x/{case}.json"), event: "#1".to_owned() });
    let mut clauses: Vec<ClauseCoverage> = (0..)
        .zip(places)
        .map(|(at, (text, span))| {
            let state = if number == 0 { at } else { (at + number) % 6 };
            ClauseCoverage {
                origin: Origin { part: Part::Query, span },
                kind: ClauseKind::Clause,
                text,
                unknown: None,
                holds_on: if state == 2 { 0 } else { 3 },
                fails_on: 4,
                decides_true: if state == 2 { None } else { witness("positive/seen") },
                decides_false: if state == 1 || state == 2 {
                    None
                } else {
                    witness("negative/seen")
                },
            }
        })
        .collect();
    clauses.push(ClauseCoverage {
        origin: Origin { part: Part::Filter(0), span: Span::default() },
        kind: ClauseKind::Clause,
        text: "host.id exists".to_owned(),
        unknown: None,
        holds_on: 7,
        fails_on: 0,
        decides_true: witness("positive/seen"),
        decides_false: None,
    });
    clauses
}

fn mutants(query: &str, number: usize) -> Vec<Mutant> {
    let mutant = |operator, text: String, outcome| Mutant {
        operator,
        origin: Origin { part: Part::Query, span: Span::new(0, 5) },
        replacement: String::new(),
        text,
        outcome,
    };
    let fixture = json!({
        "@timestamp": "2026-01-01T00:00:00Z", "event": {"category": "process"}, "host": {"id": "h1"},
        "process": {"name": format!("</script>{number}"), "args": ["-o", "/tmp/payload"]}, "user": {"name": "root"},
    });
    let missed = |fixture, polarity| Outcome::Missed { fixture, polarity };
    let mut mutants = vec![
        mutant(
            Operator::AndToOr,
            query.replacen(" and", " [-and-]{+or+}", 1),
            missed(Some(fixture.clone()), Polarity::Negative),
        ),
        mutant(
            Operator::DropValue,
            query.replacen(" or ", "[- or <b>-]", 1),
            missed(None, Polarity::Positive),
        ),
        mutant(
            Operator::Negate,
            query.replacen("not ", "[-not -]", 1),
            Outcome::Caught { case: "linux/x/positive/seen.json".to_owned() },
        ),
        mutant(Operator::FlipCase, query.to_owned(), Outcome::Equivalent),
        mutant(
            Operator::MoveBound,
            query.to_owned(),
            Outcome::Unviable { reason: "the bound overflows <i>".to_owned() },
        ),
    ];
    for at in 0..number % 12 {
        let text =
            query.replacen("process.name", &format!("[-process.name-]{{+process.name{at}+}}"), 1);
        mutants.push(mutant(
            Operator::ChangeValue,
            text,
            missed(Some(fixture.clone()), Polarity::Negative),
        ));
    }
    mutants
}

fn case(key: &str, polarity: Polarity, name: &str, verdict: Verdict) -> CaseRun {
    let event = Event::from_json(json!({"process": {"name": "curl"}}), 1).expect("an event");
    let alert = Alert {
        events: vec!["#1".to_owned()],
        key: Vec::new(),
        fields: vec![("process.name".to_owned(), vec!["\"curl\"".to_owned()])],
        facts: Facts::default(),
    };
    let alerts = match &verdict {
        Verdict::Pass if polarity == Polarity::Positive => 1,
        Verdict::Pass | Verdict::Missed | Verdict::Error(_) => 0,
        Verdict::Noisy => 1,
        Verdict::Count { found, .. } => *found,
    };
    CaseRun {
        case: Arc::new(Case {
            path: format!("cases/{key}/{}/{name}.json", polarity.folder()),
            name: name.to_owned(),
            polarity,
            events: vec![event],
            options: Options::default(),
        }),
        verdict,
        alerts: vec![alert; alerts],
        explanations: Vec::new(),
        warnings: Vec::new(),
    }
}

fn cases(key: &str, status: Status) -> Vec<CaseRun> {
    let mut cases = vec![
        case(key, Polarity::Positive, "seen", Verdict::Pass),
        case(key, Polarity::Negative, "seen", Verdict::Pass),
    ];
    if status == Status::Failed {
        let mut missed = case(key, Polarity::Positive, "m1", Verdict::Missed);
        missed.explanations.push(Explanation {
            event: Some("#1".to_owned()),
            clauses: vec![Clause {
                origin: Origin::default(),
                clause: "process.name = \"<curl>\"\n::error::x".to_owned(),
                role: Role::Needs,
                holds: false,
                field: "process.name".to_owned(),
                found: vec!["\"wget\"".to_owned()],
                unknown: None,
                hint: None,
                others: 1,
            }],
            ..Explanation::default()
        });
        missed.warnings.push(Warning {
            events: vec!["#1".to_owned()],
            ..Warning::of_case("malformed-value", "process.pid is no number")
        });
        cases.push(missed);
        cases.push(case(key, Polarity::Positive, "m2", Verdict::Count { expected: 1, found: 2 }));
        cases.push(case(key, Polarity::Negative, "m3", Verdict::Noisy));
    }
    if status == Status::Todo {
        let mut later = case(key, Polarity::Negative, "later", Verdict::Noisy);
        let held = Arc::make_mut(&mut later.case);
        held.options.todo = Some("waits for a mapping".to_owned());
        cases.push(later);
    }
    cases
}

fn problems(key: &str, status: Status) -> Vec<Problem> {
    let found = match status {
        Status::Unsupported => {
            Diagnostic::unsupported("rule-type", "jobs are not judged", Span::default())
                .with_help("give its cases records of anomalies")
        }
        Status::Todo => Diagnostic::warning(
            "unknown-field",
            "no mapping and no event has `sorce.ip`",
            Span::new(2, 3),
        )
        .with_help("did you mean `source.ip`?"),
        Status::Invalid => {
            Diagnostic::error("kql-syntax", "expected `)`, found <eof>", Span::new(4, 5))
                .with_help("close the parenthesis")
        }
        Status::Passed | Status::Failed | Status::Untested => return Vec::new(),
    };
    let is_read = matches!(status, Status::Invalid | Status::Todo);
    let text = if is_read { "a\nb:(c" } else { "" };
    vec![Problem { path: format!("rules/{key}.toml"), diagnostic: found, text: text.into() }]
}
