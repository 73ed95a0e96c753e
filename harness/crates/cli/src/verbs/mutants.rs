//! `harness mutants`.

use std::io::{self, Write};
use std::time::Instant;

use harness_quality::gate::{give_up, misses};
use harness_quality::mutate::{Fixtures, mutate};
use harness_report::digest::Digest;
use harness_report::mutants::{self, Options};
use harness_report::{coverage_json, human};
use harness_runner::run::Session;

use crate::args::{Format, MutantsArgs};
use crate::exit::Exit;
use crate::{gate, project, select};

/// Changes rules, judges the changes by their cases, and prints what was missed.
pub(crate) fn run(args: &MutantsArgs, program: &'static str) -> io::Result<Exit> {
    let started = Instant::now();
    let bar = project::progress(args.run.terminal.no_progress, "loading rules and cases");
    let around = project::around(&args.run.folders, &args.select.names);
    let Some((project, folders)) = project::open(&around) else {
        return Ok(Exit::Usage);
    };
    let mut asked = args.select.clone();
    asked.traits.changed = asked.traits.changed.or_else(|| args.in_diff.clone());
    let Some(selected) = select::select(&asked, &project, &folders) else {
        return Ok(Exit::Usage);
    };
    if asked.traits.list {
        return select::list(&project, &selected);
    }
    if !selected.unknown.is_empty() {
        return Ok(Exit::NothingRan);
    }
    let session = Session::open_selected(project, &selected);
    let engine = session.engine().map_err(io::Error::other)?;
    bar.set_message("mutating");
    let found = mutate(&session, &engine, Fixtures::Propose).map_err(io::Error::other)?;
    let mut run = session.judge(&session.ask(&engine).map_err(io::Error::other)?);
    run.places.flags = project::flags(&around);
    run.places.program = program;
    give_up(&mut run, None, Some(&found));
    bar.finish_and_clear();

    let mut output = Vec::new();
    match args.format {
        Format::Human => {
            let styled = project::styled(project::is_file(args.run.out.as_deref()));
            let amount = args.run.terminal.amount();
            let options = Options { styled, amount, elapsed: started.elapsed() };
            human::warnings(&run, styled, &mut output)?;
            mutants::render(&found, &run.places, options, &mut output)?;
            if let Some(words) = human::warnings_in_words(&run) {
                writeln!(output, "{words}")?;
            }
        }
        Format::Json => coverage_json::render(&Digest::new(&run, None, Some(&found)), &mut output)?,
    }
    project::deliver(&output, args.run.out.as_deref())?;
    let gates = gate::with(folders.gates, args.gate);
    if !gate::passes(&misses(&gates, &run, None, Some(&found))) {
        return Ok(Exit::Gate);
    }
    // Nothing may have changed since a commit; a name that fits no rule is an error.
    if args.deny_warnings && human::warning_count(&run) > 0 {
        return Ok(Exit::Failed);
    }
    let is_idle = found.rules.iter().all(|rule| rule.cases == 0 || rule.is_given_up());
    let nothing = is_idle && asked.traits.changed.is_none();
    Ok(if nothing { Exit::NothingRan } else { Exit::Ok })
}
