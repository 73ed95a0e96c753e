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

use args::Verb;
use exit::Exit;

/// Runs a verb; `program` is what the person has typed before it.
///
/// # Errors
///
/// What keeps the verb from an outcome.
pub fn run(verb: Verb, program: &'static str) -> io::Result<Exit> {
    match &verb {
        Verb::Test(args) => project::set_up(&args.run),
        Verb::Coverage(args) => project::set_up(&args.run),
        Verb::Report(args) => project::set_up(&args.run),
        Verb::Mutants(args) => project::set_up(&args.run),
        Verb::New(args) => project::set_up(&args.run),
        Verb::Lint(args) => project::set_up(&args.run),
        Verb::Regress(args) => project::set_up(&args.run),
        Verb::Backtest(args) => project::set_up(&args.run),
        Verb::Explain(_) | Verb::Init(_) | Verb::Schema(_) => {}
    }
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
