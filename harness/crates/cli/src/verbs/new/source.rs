//! Where events come from that cases are taken of.

use std::io;
use std::path::Path;

use harness_backtest::Request;
use harness_engine::EngineError;
use harness_model::event::Event;
use harness_model::events;
use harness_report::problem::{self, Styled};
use harness_runner::run::Project;
use harness_source::files::{self, Problem};

use crate::args::NewArgs;
use crate::engine::cluster;
use crate::verbs::backtest::given::period;
use crate::verbs::explain;

/// The events of the command line: of files, or of a cluster; `None` where the arguments
/// cannot be used, which was told.
pub(super) fn events(
    args: &NewArgs,
    project: &Project,
    key: &str,
) -> io::Result<Option<Vec<Event>>> {
    if args.engine.engine.is_some() {
        return of_cluster(args, project, key);
    }
    match of_files(&args.from) {
        Ok(events) => Ok(Some(events)),
        Err(problem) => {
            tell_styled!("{}", problem::render(&problem, Styled::Ansi));
            Ok(None)
        }
    }
}

fn of_cluster(args: &NewArgs, project: &Project, key: &str) -> io::Result<Option<Vec<Event>>> {
    let (Some(index), Some(from)) = (&args.index, &args.from_time) else {
        tell!("error: events of a cluster need --index PATTERN and --from-time TIME");
        return Ok(None);
    };
    let to = ("--to-time", args.to_time.as_deref());
    let Some((from, to)) = period(("--from-time", from), to) else { return Ok(None) };
    let request = Request { index: index.clone(), from, to, samples: 0, batch: 1 };
    let Some(loaded) = project.rules.rules.iter().find(|loaded| loaded.key() == key) else {
        return Ok(None);
    };
    let client = cluster::connect(&args.engine).map_err(io::Error::other)?;
    let Some(client) = client else { return Ok(None) };
    let found = harness_backtest::near(&client, &request, loaded, &project.exceptions);
    found.map(Some).map_err(|error| io::Error::other(EngineError::from(error)))
}

/// The files of a folder that hold events.
const EVENTS: [&str; 6] =
    ["**/*.json", "**/*.ndjson", "**/*.jsonl", "**/*.json.gz", "**/*.ndjson.gz", "**/*.jsonl.gz"];

/// The events of files, folders and standard input.
fn of_files(named: &[String]) -> Result<Vec<Event>, Problem> {
    let mut found = Vec::new();
    for name in named {
        if name == "-" {
            let text = explain::stdin();
            found.push(("standard input".to_owned(), text));
            continue;
        }
        let path = Path::new(name);
        if path.is_dir() {
            let mut problems = Vec::new();
            let files = files::find(path, &EVENTS, &mut problems);
            if let Some(problem) = problems.into_iter().next() {
                return Err(problem);
            }
            found.extend(
                files.iter().map(|file| (files::shown(&file.path), files::read(&file.path))),
            );
        } else {
            found.push((name.clone(), files::read(path)));
        }
    }
    let mut all = Vec::new();
    for (path, text) in found {
        let text = text.map_err(|found| Problem::with_path(&path, found))?;
        let events = events::parse_file(&text, Path::new(&path));
        all.extend(events.map_err(|found| Problem::with_path(&path, found))?);
    }
    Ok(all)
}
