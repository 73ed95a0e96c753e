//! `harness report`: the page of all rules, to a file or served.

use std::io;
use std::path::Path;
use std::thread;

use harness_report::digest::Digest;
use harness_report::html;

use super::{coverage, watch};
use crate::args::ReportVerbArgs;
use crate::exit::Exit;
use crate::project;
use crate::serve::Served;

/// Writes the page, or serves it until Ctrl-C.
pub(crate) fn run(args: &ReportVerbArgs, program: &'static str) -> io::Result<Exit> {
    if !args.serve {
        let out = args.run.out.as_deref().unwrap_or(Path::new("report.html"));
        return match page(args, program, None)? {
            Ok(page) => {
                project::deliver(&page, Some(out))?;
                if project::is_file(Some(out)) && !args.run.terminal.quiet {
                    tell!("{} written", out.display());
                }
                Ok(Exit::Ok)
            }
            Err(exit) => Ok(exit),
        };
    }
    let served = Served::start(args.port)?;
    let renew = || -> io::Result<Exit> {
        match page(args, program, Some(served.next()))? {
            Ok(page) => {
                if served.replace(page) == 1 {
                    tell!("serving http://{}; Ctrl-C ends it", served.address());
                }
                Ok(Exit::Ok)
            }
            Err(exit) => Ok(exit),
        }
    };
    if args.watch {
        return watch::run(&args.run.folders, &|_| renew());
    }
    match renew()? {
        Exit::Ok => loop {
            thread::park();
        },
        exit => Ok(exit),
    }
}

/// The page; `live` is its version where it is served.
fn page(
    args: &ReportVerbArgs,
    program: &'static str,
    live: Option<u64>,
) -> io::Result<Result<Vec<u8>, Exit>> {
    let measured = match coverage::measure(&args.run, &args.select, !args.no_mutants, program)? {
        Ok(measured) => measured,
        Err(exit) => return Ok(Err(exit)),
    };
    let digest = Digest::new(&measured.run, Some(&measured.coverage), measured.mutants.as_ref());
    let mut head = project::head(&args.run.folders.root(), &args.page);
    head.live = live;
    let mut page = Vec::new();
    html::render(&digest, &project::checkout(), &head, &mut page)?;
    Ok(Ok(page))
}
