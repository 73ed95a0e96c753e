//! `harness coverage`.

use std::io::{self, Write};

use harness_quality::coverage;
use harness_quality::explain;
use harness_quality::gate::misses;
use harness_quality::mutate::{self, Fixtures};
use harness_report::digest::Digest;
use harness_report::table::{self, Detail};
use harness_report::{coverage_json, github, html, human, junit, markdown, navigator};
use harness_runner::run::Session;

use super::test;
use crate::args::{CoverageArgs, CoverageFormat};
use crate::exit::Exit;
use crate::gate;
use crate::project;

/// Runs the rules, measures what their cases cover, and prints it.
pub(crate) fn run(args: &CoverageArgs) -> io::Result<Exit> {
    let bar = project::progress(args.run.no_progress, "loading rules and cases");
    let Some((project, folders)) = project::open(&args.run.folders) else {
        return Ok(Exit::Usage);
    };
    bar.set_message("running");
    let Some(selected) = project::select(&args.select, &project, &folders) else {
        return Ok(Exit::Usage);
    };
    if args.select.list {
        return project::list(&project, &selected);
    }
    let session = Session::open_selected(project, &selected);
    let engine = session.engine().map_err(io::Error::other)?;
    let run = explain::judge(&session, &session.ask(&engine).map_err(io::Error::other)?);
    bar.set_message("measuring");
    let (coverage, mutants) = if args.no_mutants {
        (coverage::measure(&session, &engine).map_err(io::Error::other)?, None)
    } else {
        let measured = mutate::measure(&session, &engine, Fixtures::Propose);
        let (coverage, mutants) = measured.map_err(io::Error::other)?;
        (coverage, Some(mutants))
    };
    bar.finish_and_clear();

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
                    detail: match (args.quiet, selected.keys.is_some()) {
                        (true, _) => Detail::Sums,
                        (false, true) => Detail::Gaps,
                        (false, false) => Detail::Rules,
                    },
                };
                table::render(&digest, options, out)?;
                human::warnings(&run, options.styled, out)?;
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
