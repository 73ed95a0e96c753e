//! The command line: arguments, standard output, progress and exit codes; everything
//! else is the business of the crates below.
//!
//! `harness` and `cargo xtask` share the [verbs](args::Verb) for authors of rules; the
//! second has others beside them.

#[macro_use]
mod tell;

pub mod args;
mod changed;
pub mod engine;
pub mod exit;
mod gate;
mod git;
pub mod project;
mod revision;
mod select;
mod serve;
mod verbs;

use std::io;
use std::process::ExitCode;

use args::{SchemaVerb, Verb};
use exit::Exit;

/// Runs a verb; `program` is what the person has typed before it.
///
/// # Errors
///
/// What keeps the verb from an outcome.
pub fn run(verb: Verb, program: &'static str) -> io::Result<Exit> {
    project::set_up(match &verb {
        Verb::Test(args) => &args.run.terminal,
        Verb::Coverage(args) => &args.run.terminal,
        Verb::Report(args) => &args.run.terminal,
        Verb::Mutants(args) => &args.run.terminal,
        Verb::New(args) => &args.run.terminal,
        Verb::Lint(args) => &args.run.terminal,
        Verb::Regress(args) => &args.run.terminal,
        Verb::Backtest(args) => &args.run.terminal,
        Verb::Explain(args) => &args.terminal,
        Verb::Init(args) => &args.terminal,
        Verb::Schema(args) => match &args.verb {
            Some(SchemaVerb::Import(import)) => &import.terminal,
            None => &args.terminal,
        },
    });
    match verb {
        Verb::Test(args) => verbs::test::run(&args, program),
        Verb::Coverage(args) => verbs::coverage::run(&args, program),
        Verb::Report(args) => verbs::report::run(&args, program),
        Verb::Mutants(args) => verbs::mutants::run(&args, program),
        Verb::Explain(args) => verbs::explain::run(&args),
        Verb::Init(args) => verbs::init::run(&args, program),
        Verb::New(args) => verbs::new::run(&args),
        Verb::Lint(args) => verbs::lint::run(&args),
        Verb::Regress(args) => verbs::regress::run(&args),
        Verb::Schema(args) => verbs::schema::run(&args),
        Verb::Backtest(args) => verbs::backtest::run(&args),
    }
}

/// The exit code of a verb; tells an error.
pub fn end(outcome: io::Result<Exit>) -> ExitCode {
    match outcome {
        Ok(exit) => exit.into(),
        // The reader of a pipe may stop early, as `head` does; `deliver` keeps the
        // exit codes of verbs that judge.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok.into(),
        Err(error) => {
            tell!("error: {error}");
            engine::exit(&error).into()
        }
    }
}
