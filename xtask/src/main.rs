//! The runner of this repository: `cargo xtask <verb>` has the verbs of `harness`, and
//! those that only this repository needs.

#[macro_use]
extern crate harness_cli;

mod args;
mod verbs;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, PROGRAM, Verb};

fn main() -> std::process::ExitCode {
    let mut command = harness_cli::args::named(Cli::command(), PROGRAM);
    let parsed = Cli::from_arg_matches(&command.get_matches_mut());
    let cli = parsed.unwrap_or_else(|error| error.exit());
    harness_cli::end(match cli.verb {
        Verb::Author(verb) => harness_cli::run(verb, PROGRAM),
        Verb::Conformance(args) => verbs::conformance::run(&args),
        Verb::Opensearch(args) => verbs::opensearch::run(&args),
        Verb::Tidy(args) => verbs::tidy::run(&args),
        Verb::Bench(args) => verbs::bench::run(&args),
        Verb::Fuzz(args) => verbs::fuzz::run(&args),
    })
}
