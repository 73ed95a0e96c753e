//! `harness coverage`.

use std::io::{self, Write};

use harness_quality::coverage::{self, Coverage};
use harness_quality::explain;
use harness_quality::gate::{give_up, misses};
use harness_quality::mutate::{self, Fixtures, Mutants};
use harness_report::Amount;
use harness_report::digest::Digest;
use harness_report::mutants as report;
use harness_report::table::{self, Detail};
use harness_report::{coverage_json, github, html, human, junit, markdown, navigator};
use harness_runner::config::Folders;
use harness_runner::run::{Run, Session};
use harness_runner::select::Selected;

use super::test;
use crate::args::{CoverageArgs, CoverageFormat, RunArgs, SelectArgs};
use crate::exit::Exit;
use crate::{gate, project, select};

/// A run with all that was measured on it.
pub(super) struct Measured {
    pub(super) run: Run,
    pub(super) coverage: Coverage,
    pub(super) mutants: Option<Mutants>,
    selected: Selected,
    folders: Folders,
}

/// Runs the rules and measures what their cases cover; the exit code where there is
/// nothing to measure, which was told.
pub(super) fn measure(
    args: &RunArgs,
    asked: &SelectArgs,
    mutants: bool,
    program: &'static str,
) -> io::Result<Result<Measured, Exit>> {
    let bar = project::progress(args.terminal.no_progress, "loading rules and cases");
    let around = project::around(&args.folders, &asked.names);
    let Some((project, folders)) = project::open(&around) else {
        return Ok(Err(Exit::Usage));
    };
    bar.set_message("running");
    let Some(selected) = select::select(asked, &project, &folders) else {
        return Ok(Err(Exit::Usage));
    };
    if asked.traits.list {
        return select::list(&project, &selected).map(Err);
    }
    if !selected.unknown.is_empty() {
        return Ok(Err(Exit::NothingRan));
    }
    let session = Session::open_selected(project, &selected);
    let engine = session.engine().map_err(io::Error::other)?;
    let mut run = explain::judge(&session, &session.ask(&engine).map_err(io::Error::other)?);
    run.places.flags = project::flags(&around);
    run.places.program = program;
    bar.set_message("measuring");
    let (coverage, mutants) = if mutants {
        let measured = mutate::measure(&session, &engine, Fixtures::Propose);
        let (coverage, mutants) = measured.map_err(io::Error::other)?;
        (coverage, Some(mutants))
    } else {
        (coverage::measure(&session, &engine).map_err(io::Error::other)?, None)
    };
    give_up(&mut run, Some(&coverage), mutants.as_ref());
    bar.finish_and_clear();
    Ok(Ok(Measured { run, coverage, mutants, selected, folders }))
}

/// Runs the rules, measures what their cases cover, and prints it.
pub(crate) fn run(args: &CoverageArgs, program: &'static str) -> io::Result<Exit> {
    let measured = match measure(&args.run, &args.select, !args.no_mutants, program)? {
        Ok(measured) => measured,
        Err(exit) => return Ok(exit),
    };
    let Measured { run, coverage, mutants, selected, folders } = measured;
    let digest = Digest::new(&run, Some(&coverage), mutants.as_ref());
    let checkout = project::checkout();
    let head = project::head(&args.run.folders.root(), &args.page);
    let render = |format: CoverageFormat| -> io::Result<Vec<u8>> {
        let mut output = Vec::new();
        let out = &mut output;
        match format {
            CoverageFormat::Human => {
                let options = table::Options {
                    styled: project::styled(project::is_file(args.run.out.as_deref())),
                    detail: match (args.run.terminal.amount(), selected.keys.is_some()) {
                        (Amount::Less, _) => Detail::Sums,
                        (Amount::Usual, false) => Detail::Rules,
                        (Amount::Usual, true) | (Amount::More, _) => Detail::Gaps,
                    },
                };
                table::render(&digest, options, out)?;
                human::warnings(&run, options.styled, out)?;
                if let Some(found) = mutants.as_ref().filter(|_| options.detail == Detail::Gaps) {
                    report::next(found, &run.places, out)?;
                }
                if let Some(words) = human::warnings_in_words(&run) {
                    writeln!(out, "\n{words}")?;
                }
            }
            CoverageFormat::Json => coverage_json::render(&digest, out)?,
            CoverageFormat::Junit => junit::render(&digest, out)?,
            CoverageFormat::Markdown => markdown::render(&digest, out)?,
            CoverageFormat::Github => github::render(&digest, &checkout, out)?,
            CoverageFormat::Navigator => navigator::render(&digest, out)?,
            CoverageFormat::Html => html::render(&digest, &checkout, &head, out)?,
        }
        Ok(output)
    };
    project::deliver(&render(args.format)?, args.run.out.as_deref())?;
    let (junit, markdown) = (CoverageFormat::Junit, CoverageFormat::Markdown);
    let beside = args.reports.files(junit, markdown, CoverageFormat::Json);
    let page = args.html.as_deref().map(|file| (CoverageFormat::Html, file));
    for (format, file) in beside.chain(page) {
        project::deliver(&render(format)?, Some(file))?;
    }
    let gates = gate::with(folders.gates, args.gate);
    let passed = gate::passes(&misses(&gates, &run, Some(&coverage), mutants.as_ref()));
    Ok(if passed { test::exit(&run, args.deny_warnings) } else { Exit::Gate })
}
