//! `harness explain`.

use std::io::{self, Read};
use std::path::Path;

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
    let Some((project, folders)) = project::open(&args.folders) else { return Ok(Exit::Usage) };
    let asked = SelectArgs { names: vec![args.rule.clone()], traits: args.traits.clone() };
    let Some(selected) = select::select(&asked, &project, &folders) else {
        return Ok(Exit::Usage);
    };
    if args.traits.list {
        return select::list(&project, &selected);
    }
    let Some(key) = select::only(&selected, &args.rule) else { return Ok(Exit::Usage) };
    let cases = project.cases.rules.get(&key).map_or(&[][..], Vec::as_slice);
    // A case may be named with its rule.
    let case = selected.cases.get(&key).filter(|cases| cases.len() == 1);
    let case = case.and_then(|cases| cases.first());
    let question = match args.events.as_ref().or(case) {
        None => Question::Rule,
        Some(named) => match question(named, cases) {
            Ok(question) => question,
            Err(Refused::Unfound(unfound)) => {
                return Ok(refuse(named, &key, unfound));
            }
            Err(Refused::Problem(problem)) => {
                tell_styled!("{}", problem::render(&problem, Styled::Ansi));
                return Ok(Exit::Failed);
            }
        },
    };
    let Some(explained) = explain(project, &key, question).map_err(io::Error::other)? else {
        return Err(io::Error::other("the rule is gone"));
    };
    let mut output = Vec::new();
    match args.format {
        Format::Human => {
            let styled = project::styled(project::is_file(args.out.as_deref()));
            report::explain::render(&explained, styled, &mut output)?;
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
    Unfound(Unfound),
    Problem(Problem),
}

/// A case by its name; else the events of a file, or of standard input.
fn question(named: &str, cases: &[Case]) -> Result<Question, Refused> {
    match find_case(cases, named) {
        Ok(at) => return Ok(Question::Case(cases[at].clone())),
        Err(Unfound::Unknown(_)) if named == "-" || Path::new(named).is_file() => {}
        Err(unfound) => return Err(Refused::Unfound(unfound)),
    }
    let (path, text) = if named == "-" {
        ("standard input", stdin())
    } else {
        (named, files::read(Path::new(named)))
    };
    let text = text.map_err(|found| Refused::Problem(Problem::with_path(path, found)))?;
    let events = events::parse_file(&text, Path::new(path)).map_err(|diagnostic| {
        let text = if text.len() > max_event() { "" } else { &*text }.into();
        Refused::Problem(Problem { path: path.to_owned(), diagnostic, text })
    })?;
    Ok(Question::Events(path.to_owned(), events))
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
