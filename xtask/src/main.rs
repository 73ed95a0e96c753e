//! The runner: `cargo xtask <verb>`.
//!
//! Arguments, standard output, progress and exit codes; everything else is the
//! library's.

#[macro_use]
mod tell;

mod args;
mod engine;
mod exit;
mod gate;
mod project;
mod verbs;

use clap::Parser;

use args::{Cli, Verb};
use exit::Exit;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.verb {
        Verb::Test(args) => verbs::test::run(&args),
        Verb::Coverage(args) => verbs::coverage::run(&args),
        Verb::Mutants(args) => verbs::mutants::run(&args),
        Verb::Explain(args) => verbs::explain::run(&args),
        Verb::Conformance(args) => verbs::conformance::run(&args),
        Verb::Backtest(args) => verbs::backtest::run(&args),
        Verb::Opensearch(args) => verbs::opensearch::run(&args),
        Verb::Tidy(args) => verbs::tidy::run(&args),
        Verb::Bench(args) => verbs::bench::run(&args),
        Verb::Fuzz(args) => verbs::fuzz::run(&args),
    };
    match outcome {
        Ok(exit) => exit.into(),
        // The reader of a pipe may stop early, as `head` does; `deliver` keeps the
        // exit codes of verbs that judge.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Ok.into(),
        Err(error) => {
            tell!("error: {error}");
            engine::exit(&error).into()
        }
    }
}
