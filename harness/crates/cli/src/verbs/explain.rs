//! `harness explain`.

use std::io::{self, Read};
use std::path::Path;

use harness_model::event::Event;
use harness_model::events::{self, max_event};
use harness_quality::explain::{Question, explain};
use harness_report::problem::{self, Styled};
use harness_report::{self as report, Lines, explain_json, printable};
use harness_runner::case::Case;
use harness_runner::select::{Unfound, find_case};
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::files::{self, Problem, max_file};
use harness_source::span::Span;

use crate::args::{ExplainArgs, Format, SelectArgs};
use crate::exit::Exit;
use crate::{project, select};

/// Explains a rule, alone or on events.
pub(crate) fn run(args: &ExplainArgs) -> io::Result<Exit> {
    let asked = SelectArgs { names: vec![args.rule.clone()], traits: args.traits.clone() };
    let around = project::around(&args.folders, &asked.names);
    let Some((project, folders)) = project::open(&around) else { return Ok(Exit::Usage) };
    let Some(selected) = select::select(&asked, &project, &folders) else {
        return Ok(Exit::Usage);
    };
    if args.traits.list {
        return select::list(&project, &selected);
    }
    if !selected.unknown.is_empty() {
        return Ok(Exit::NothingRan);
    }
    let Some(key) = select::only(&selected, &args.rule) else { return Ok(Exit::Usage) };
    let cases = project.cases.rules.get(&key).map_or(&[][..], Vec::as_slice);
    // A case may be named with its rule.
    let case = selected.cases.get(&key).filter(|cases| cases.len() == 1);
    let case = case.and_then(|cases| cases.first());
    let named: Vec<&String> = if args.events.is_empty() {
        case.into_iter().collect()
    } else {
        args.events.iter().collect()
    };
    let question = match named.as_slice() {
        [] => Question::Rule,
        named => match question(named, cases) {
            Ok(question) => question,
            Err(Refused::Unfound(named, unfound)) => {
                return Ok(refuse(&named, &key, unfound));
            }
            Err(Refused::Problem(problem)) => {
                tell_styled!("{}", problem::render(&problem, Styled::Ansi));
                return Ok(Exit::Failed);
            }
        },
    };
    let Some(explained) = explain(&project, &key, question).map_err(io::Error::other)? else {
        return Err(io::Error::other("the rule is gone"));
    };
    let mut output = Vec::new();
    match args.format {
        Format::Human => {
            let styled = project::styled(project::is_file(args.out.as_deref()));
            let amount = args.terminal.amount();
            report::explain::render(&explained, (styled, amount), &mut output)?;
        }
        Format::Json => explain_json::render(&explained, &mut output)?,
    }
    project::deliver(&output, args.out.as_deref())?;
    let broken = explained.rule.problems.iter().any(|problem| {
        matches!(problem.diagnostic.severity, Severity::Error | Severity::Unsupported)
    });
    Ok(if broken { Exit::Failed } else { Exit::Ok })
}

/// Why there is nothing to explain a rule on.
enum Refused {
    Unfound(String, Unfound),
    Problem(Problem),
}

/// A case by its name; else the events of files, or of standard input.
fn question(named: &[&String], cases: &[Case]) -> Result<Question, Refused> {
    let mut all = Vec::new();
    for name in named {
        match find_case(cases, name) {
            Ok(at) if named.len() == 1 => return Ok(Question::Case(cases[at].clone())),
            Ok(at) => all.extend(cases[at].events.iter().cloned()),
            Err(Unfound::Unknown(_)) if *name == "-" || Path::new(name).is_file() => {
                all.extend(events_of(name)?);
            }
            Err(unfound) => return Err(Refused::Unfound((*name).clone(), unfound)),
        }
    }
    // Those without an id are called by their number.
    if named.len() > 1 {
        for (at, event) in all.iter_mut().enumerate().filter(|(_, event)| event.id.starts_with('#'))
        {
            event.id = format!("#{}", at + 1);
        }
    }
    let names = named.iter().map(|name| if *name == "-" { "standard input" } else { name });
    Ok(Question::Events(names.collect::<Vec<&str>>().join(", "), all))
}

/// The events of a file, or of standard input.
fn events_of(named: &str) -> Result<Vec<Event>, Refused> {
    let (path, text) = if named == "-" {
        ("standard input", stdin())
    } else {
        (named, files::read(Path::new(named)))
    };
    let text = text.map_err(|found| Refused::Problem(Problem::with_path(path, found)))?;
    events::parse_file(&text, Path::new(path)).map_err(|diagnostic| {
        let text = if text.len() > max_event() { "" } else { &*text }.into();
        Refused::Problem(Problem { path: path.to_owned(), diagnostic, text })
    })
}

/// The text of standard input.
pub(super) fn stdin() -> Result<String, Diagnostic> {
    let mut bytes = Vec::new();
    match io::stdin().lock().take(max_file() + 1).read_to_end(&mut bytes) {
        Ok(_) => files::decode(bytes),
        Err(error) => {
            let message = format!("cannot be read: {error}");
            Err(Diagnostic::error("unreadable", message, Span::default()))
        }
    }
}

/// Says that a name is that of no case of a rule and of no file, and what is close.
fn refuse(named: &str, rule: &str, unfound: Unfound) -> Exit {
    let safe = |text: &str| printable(text, Lines::Escape).into_owned();
    let (named, rule) = (safe(named), safe(rule));
    let (problem, lead, offers) = match unfound {
        Unfound::Unknown(close) => {
            (format!("there is no case or file `{named}` of {rule}"), "did you mean", close)
        }
        Unfound::Ambiguous(all) => {
            (format!("`{named}` is not one case of {rule}"), "it may be", all)
        }
    };
    tell!("error: {problem}");
    let offers: Vec<String> = offers.iter().map(|offer| format!("`{}`", safe(offer))).collect();
    if !offers.is_empty() {
        tell!("  {lead} {}?", offers.join(" or "));
    }
    Exit::Usage
}
