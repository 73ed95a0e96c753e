//! An explanation for machines. The schema is docs/schemas/explain.schema.json.

mod mark;
mod steps;

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::coverage_json::{Place, place};
use super::json::{self, FieldChange, Finding, Head, finding};
use super::words;
use harness_detect::eql::why::{Course, Story};
use harness_model::value::format_date;
use harness_quality::explain::{self, Explained, Findings, Groups, Lacking, Terms};
use harness_runner::case::Polarity;
use harness_runner::run::{CaseRun, RuleRun};
use harness_runner::verdict::Status;
use mark::{Mark, mark};

/// Goes up when a reader of the older form would misread the newer.
const VERSION: u32 = 2;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    rule: Rule<'a>,
    conditions: &'a [String],
    clauses: Vec<Clause<'a>>,
    parts: Vec<Part<'a>>,
    case: Option<Case<'a>>,
    events: Vec<Event<'a>>,
    left_out: LeftOut,
    steps: Vec<steps::Step<'a>>,
    together: Option<Together<'a>>,
}

#[derive(Serialize)]
struct LeftOut {
    events: usize,
    changes: usize,
}

#[derive(Serialize)]
struct Rule<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    status: Status,
    query: Option<&'a str>,
    problems: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    path: &'a str,
    polarity: Option<&'static str>,
    verdict: Option<&'static str>,
    alerts: Vec<json::Alert<'a>>,
    explanations: Vec<json::Explanation<'a>>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Clause<'a> {
    condition: usize,
    place: Place,
    text: &'a str,
    negated: bool,
    tests: Vec<Test<'a>>,
}

#[derive(Serialize)]
struct Test<'a> {
    fields: &'a [String],
    #[serde(rename = "type")]
    kind: &'static str,
    needs: &'a str,
}

#[derive(Serialize)]
struct Part<'a> {
    kind: &'static str,
    place: Place,
    text: &'a str,
}

#[derive(Serialize)]
struct Event<'a> {
    id: &'a str,
    time: Option<String>,
    clauses: Vec<Mark<'a>>,
    conditions: Vec<Condition<'a>>,
}

#[derive(Serialize)]
struct Condition<'a> {
    holds: bool,
    barrier: Option<&'a str>,
    change: Option<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    clauses: &'a [usize],
    fields: Vec<FieldChange<'a>>,
    event: Option<&'a Value>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Together<'a> {
    Sequence {
        steps: Vec<Step<'a>>,
        keys: Vec<Progress<'a>>,
        notes: Vec<&'a str>,
    },
    Groups {
        fields: &'a [String],
        count: u64,
        cardinality: Option<Cardinality<'a>>,
        groups: Vec<Group<'a>>,
        lacking: Vec<Missing<'a>>,
    },
    Terms {
        fields: &'a [String],
        from: String,
        terms: Vec<Term<'a>>,
        lacking: Vec<Missing<'a>>,
    },
    Comparisons {
        events: Vec<Comparison<'a>>,
    },
    Failed {
        reason: &'a str,
    },
}

#[derive(Serialize)]
struct Step<'a> {
    event: String,
    stage: Option<usize>,
    key: &'a [String],
}

#[derive(Serialize)]
struct Progress<'a> {
    key: &'a [String],
    reached: Vec<String>,
    wanted: usize,
    whole: usize,
    lacks: Option<usize>,
    stops: Vec<Stop<'a>>,
}

#[derive(Serialize)]
struct Stop<'a> {
    by: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct Cardinality<'a> {
    field: &'a str,
    count: u64,
}

#[derive(Serialize)]
struct Group<'a> {
    key: &'a [String],
    events: &'a [String],
    count: u64,
    cardinality: Option<u64>,
    alerts: bool,
}

#[derive(Serialize)]
struct Missing<'a> {
    event: &'a str,
    fields: &'a [String],
}

#[derive(Serialize)]
struct Term<'a> {
    key: &'a [String],
    first_seen: String,
    event: &'a str,
    new: bool,
}

#[derive(Serialize)]
struct Comparison<'a> {
    event: &'a str,
    compared: Vec<Compared<'a>>,
    indicators: &'a [String],
}

#[derive(Serialize)]
struct Compared<'a> {
    field: &'a str,
    values: &'a [String],
    with: &'a str,
    negated: bool,
}

/// Writes the explanation as one JSON object.
///
/// # Errors
///
/// As `out`'s.
pub fn render(explained: &Explained, out: &mut dyn Write) -> io::Result<()> {
    let rule = &explained.rule;
    let report = Report {
        version: VERSION,
        rule: Rule {
            head: rule.into(),
            status: rule.status,
            query: rule.about.query.as_ref().map(|query| query.text.as_str()),
            problems: rule.problems.iter().map(finding).collect(),
        },
        conditions: &explained.filters,
        clauses: explained.clauses.iter().map(clause).collect(),
        parts: explained
            .parts
            .iter()
            .map(|part| Part {
                kind: part.kind.name(),
                place: place(part.origin),
                text: &part.text,
            })
            .collect(),
        case: rule.cases.first().map(|run| case(rule, run, explained.expects)),
        events: explained.events.iter().map(event).collect(),
        left_out: LeftOut { events: explained.left_out.events, changes: explained.left_out.turns },
        steps: explained.steps.iter().map(steps::step).collect(),
        together: together(explained),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// What the case expects is left out of events that are no case.
fn case<'a>(rule: &RuleRun, run: &'a CaseRun, expects: Option<Polarity>) -> Case<'a> {
    Case {
        path: &run.case.path,
        polarity: expects.map(Polarity::folder),
        verdict: expects.map(|_| words::verdict(&run.verdict)),
        alerts: run.alerts.iter().map(json::alert).collect(),
        explanations: run.explanations.iter().map(|why| json::explanation(rule, why)).collect(),
        warnings: json::warnings(run),
    }
}

fn clause(clause: &explain::Clause) -> Clause<'_> {
    Clause {
        condition: clause.filter,
        place: place(clause.origin),
        text: &clause.text,
        negated: clause.negated,
        tests: clause.tests.iter().map(test).collect(),
    }
}

fn event(event: &explain::EventView) -> Event<'_> {
    Event {
        id: &event.id,
        time: event.time.map(format_date),
        clauses: event.marks.iter().map(mark).collect(),
        conditions: event.filters.iter().map(condition).collect(),
    }
}

fn condition(outcome: &explain::Outcome) -> Condition<'_> {
    Condition {
        holds: outcome.holds,
        barrier: outcome.barrier.as_deref(),
        change: outcome.turn.as_ref().map(|turn| Change {
            clauses: &turn.clauses,
            fields: turn.fields.iter().map(FieldChange::from).collect(),
            event: turn.event.as_ref(),
        }),
    }
}

fn together(explained: &Explained) -> Option<Together<'_>> {
    Some(match &explained.findings {
        Findings::None => return None,
        Findings::Sequence(story) => sequence(story, explained),
        Findings::Groups(groups) => self::groups(groups),
        Findings::Terms(terms) => self::terms(terms),
        Findings::Comparisons(comparisons) => {
            Together::Comparisons { events: comparisons.iter().map(comparison).collect() }
        }
        Findings::Failed(reason) => Together::Failed { reason },
    })
}

fn sequence<'a>(story: &'a Story, explained: &Explained) -> Together<'a> {
    let steps = story.steps.iter().map(|step| Step {
        event: explained.name(step.event),
        stage: step.stage,
        key: &step.key,
    });
    let key = |course: &'a Course| Progress {
        key: &course.key,
        reached: course.reached.iter().map(|event| explained.name(*event)).collect(),
        wanted: course.wanted,
        whole: course.whole,
        lacks: course.lacks,
        stops: course
            .stops
            .iter()
            .map(|stop| Stop { by: stop.by.name(), text: &stop.text })
            .collect(),
    };
    Together::Sequence {
        steps: steps.collect(),
        keys: story.courses.iter().map(key).collect(),
        notes: story.notes.iter().chain(&story.elsewhere).map(String::as_str).collect(),
    }
}

fn groups(found: &Groups) -> Together<'_> {
    Together::Groups {
        fields: &found.fields,
        count: found.count,
        cardinality: found
            .cardinality
            .as_ref()
            .map(|(field, count)| Cardinality { field, count: *count }),
        groups: found.groups.iter().map(group).collect(),
        lacking: found.lacking.iter().map(missing).collect(),
    }
}

fn terms(found: &Terms) -> Together<'_> {
    Together::Terms {
        fields: &found.fields,
        from: format_date(found.from),
        terms: found.terms.iter().map(self::term).collect(),
        lacking: found.lacking.iter().map(missing).collect(),
    }
}

fn term(term: &explain::Term) -> Term<'_> {
    Term {
        key: &term.key,
        first_seen: format_date(term.first_seen),
        event: &term.event,
        new: term.is_new,
    }
}

fn missing(lacking: &Lacking) -> Missing<'_> {
    Missing { event: &lacking.event, fields: &lacking.fields }
}

fn comparison(found: &explain::Comparison) -> Comparison<'_> {
    Comparison {
        event: &found.event,
        compared: found.compared.iter().map(compared).collect(),
        indicators: &found.indicators,
    }
}

fn test(test: &explain::Tested) -> Test<'_> {
    Test { fields: &test.fields, kind: test.kind, needs: &test.needs }
}

fn group(group: &explain::Group) -> Group<'_> {
    Group {
        key: &group.key,
        events: &group.events,
        count: group.count,
        cardinality: group.cardinality,
        alerts: group.alerts,
    }
}

fn compared(compared: &explain::Compared) -> Compared<'_> {
    Compared {
        field: &compared.field,
        values: &compared.values,
        with: &compared.with,
        negated: compared.negated,
    }
}
