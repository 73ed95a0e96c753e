//! `cargo xtask tidy`: the repository's own conventions.

use std::io;

use harness::report::problem;
use harness::{run, snapshot, tidy};

use crate::args::TidyArgs;
use crate::exit::Exit;
use crate::project;

/// Checks and prints what is out of order.
pub(crate) fn run(args: &TidyArgs) -> io::Result<Exit> {
    let Some((project, folders)) = project::open(&args.folders) else {
        return Ok(Exit::Usage);
    };
    let run = run::run(project, None).map_err(io::Error::other)?;
    let mut problems = snapshot::unpaired(&run, &folders.snapshots);
    problems.extend(tidy::check(&args.folders.root));
    let styled = project::styled(false);
    let lines = problems.iter().map(|found| problem::render(found, styled) + "\n");
    project::deliver(lines.collect::<String>().as_bytes(), None)?;
    Ok(if problems.is_empty() { Exit::Ok } else { Exit::Failed })
}
