//! `cargo xtask tidy`: the repository's own conventions, as far as a program can
//! hold them.
//!
//! Crates use only crates of a lower rank and modules form no circles
//! ([`crates`], [`modules`]); every path that the documents name exists, and the
//! "uses" column of ARCHITECTURE.md is what the manifests say ([`documents`]);
//! every snapshot belongs to a rule, every source file to a crate ([`forgotten`]), and
//! every code of a finding to the table of codes ([`codes`]).

mod codes;
mod crates;
mod documents;
mod forgotten;
mod modules;
mod paths;

use std::io;

use harness::files::Problem;
use harness::report::problem::{self, Styled};
use harness::{run, snapshot};

use crate::args::{PROGRAM, TidyArgs};
use harness_cli::exit::Exit;
use harness_cli::project;

/// Checks and prints what is out of order.
pub(crate) fn run(args: &TidyArgs) -> io::Result<Exit> {
    let Some((project, folders)) = project::open(&args.folders) else {
        return Ok(Exit::Usage);
    };
    let mut run = run::run(project).map_err(io::Error::other)?;
    run.places.program = PROGRAM;
    let root = &args.folders.root();
    let mut problems: Vec<Problem> = snapshot::unpaired(&run, &folders.snapshots);
    let crates = crates::read(root, &mut problems);
    problems.extend(crates::upward(&crates));
    problems.extend(crates.iter().flat_map(|one| modules::circles(root, one)));
    problems.extend(codes::unlisted(root));
    problems.extend(forgotten::forgotten(root, &crates));
    problems.extend(documents::stale_paths(root));
    problems.extend(documents::uses(root, &crates, args.write)?);
    for problem in &problems {
        anstream::println!("{}", problem::render(problem, Styled::Ansi));
    }
    Ok(if problems.is_empty() { Exit::Ok } else { Exit::Failed })
}
