//! The binary `harness`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use harness_cli::args::{self, Verb};
use harness_cli::exit::Exit;

/// That of musl takes twice as long.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What people type.
const PROGRAM: &str = "harness";

/// Runs Elastic detection rules on fixtures, offline.
#[derive(Debug, Parser)]
#[command(
    name = PROGRAM,
    version = concat!(env!("CARGO_PKG_VERSION"), env!("HARNESS_COMMIT_SUFFIX")),
    after_help = args::AFTER_HELP
)]
struct Cli {
    /// What to do.
    #[command(subcommand)]
    verb: Own,
}

/// The files whose form is published for editors.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// harness.toml.
    Config,
    /// case.toml.
    Case,
    /// accepted.toml.
    Accepted,
}

/// The verbs for authors, and what concerns the binary itself.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, and it is used once")]
enum Own {
    #[command(flatten)]
    Verb(Verb),
    /// Print completions for a shell.
    #[command(after_help = "\
Examples:
  {program} completions bash > ~/.local/share/bash-completion/completions/harness
  {program} completions fish > ~/.config/fish/completions/harness.fish")]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the JSON Schema of a file that people write, for editors.
    #[command(after_help = "\
Examples:
  {program} json-schema config > harness.schema.json

Then the first line of harness.toml is #:schema ./harness.schema.json")]
    JsonSchema {
        /// The file.
        form: Form,
    },
    /// Print the manual page, or write one for each verb to a folder.
    #[command(after_help = "\
Examples:
  {program} man | man -l -
  {program} man --out ~/.local/share/man/man1")]
    Man {
        /// The folder of the pages.
        #[arg(long, value_name = "DIR")]
        out: Option<std::path::PathBuf>,
    },
}

fn main() -> ExitCode {
    let mut command = args::named(Cli::command(), PROGRAM);
    let parsed = Cli::from_arg_matches(&command.get_matches_mut());
    let cli = parsed.unwrap_or_else(|error| error.exit());
    harness_cli::end(match cli.verb {
        Own::Verb(verb) => harness_cli::run(verb, PROGRAM),
        Own::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command, PROGRAM, &mut text);
            io::stdout().write_all(&text).map(|()| Exit::Ok)
        }
        Own::JsonSchema { form } => {
            let schema = match form {
                Form::Config => include_str!("../../../../docs/schemas/harness.schema.json"),
                Form::Case => include_str!("../../../../docs/schemas/case.schema.json"),
                Form::Accepted => include_str!("../../../../docs/schemas/accepted.schema.json"),
            };
            io::stdout().write_all(schema.as_bytes()).map(|()| Exit::Ok)
        }
        Own::Man { out: Some(folder) } => {
            clap_mangen::generate_to(command, folder).map(|()| Exit::Ok)
        }
        Own::Man { out: None } => {
            let page = clap_mangen::Man::new(command);
            page.render(&mut io::stdout()).map(|()| Exit::Ok)
        }
    })
}
