//! `harness new`.

mod source;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use harness_quality::synthesize::{self, Making, Seed, Treatment};
use harness_report::new::{self, Options};
use harness_report::{Amount, Lines, printable};
use harness_source::files;
use harness_source::span::plural;

use crate::args::{Format, NewArgs};
use crate::exit::Exit;
use crate::{project, select};

/// Makes cases, writes them and prints what they show.
pub(crate) fn run(args: &NewArgs) -> io::Result<Exit> {
    let started = Instant::now();
    let bar = project::spinner(
        args.run.terminal.no_progress,
        "loading rules and cases",
        "{spinner} {msg} {elapsed}",
    );
    // The folder of cases may be one that is to be made.
    if let Some(folder) = args.run.folders.cases.as_ref().filter(|folder| !folder.exists()) {
        fs::create_dir_all(folder)?;
    }
    let around = project::around(&args.run.folders, &args.select.names);
    let Some((project, folders)) = project::open(&around) else {
        return Ok(Exit::Usage);
    };
    let Some(selected) = select::select(&args.select, &project, &folders) else {
        return Ok(Exit::Usage);
    };
    if args.select.traits.list {
        return select::list(&project, &selected);
    }
    if !selected.unknown.is_empty() {
        return Ok(Exit::NothingRan);
    }
    if !selected.cases.is_empty() {
        tell!("error: cases are made for rules: name the rule instead of a case");
        return Ok(Exit::Usage);
    }
    if selected.keys.is_none() && !args.all {
        tell!("error: name the rules, or make cases of all with --all");
        return Ok(Exit::Usage);
    }
    bar.set_message("making cases");
    let wanted = |key: &str| selected.has(key);
    let is_taken = !args.from.is_empty() || args.engine.engine.is_some();
    if (args.minimize || args.scrub) && !is_taken {
        tell!("--minimize and --scrub are for events, of --from or --engine");
        return Ok(Exit::Usage);
    }
    let made = if is_taken {
        let Some(key) = select::only(&selected, &args.select.names.join(" ")) else {
            tell!("events give the cases of one rule: name one");
            return Ok(Exit::Usage);
        };
        let Some(events) = source::events(args, &project, &key)? else { return Ok(Exit::Usage) };
        bar.set_message("taking cases from events");
        let treatment = Treatment { minimize: args.minimize, scrub: args.scrub };
        let taken =
            synthesize::taken(project, &key, events, treatment).map_err(io::Error::other)?;
        for (old, new) in &taken.replacements.list {
            tell!("{} becomes {new}", printable(old, Lines::Escape));
        }
        if !taken.secrets.is_empty() {
            let fields = taken.secrets.join(", ");
            tell!("nothing is written: something looks like a secret in {fields}");
            return Ok(Exit::Failed);
        }
        taken.rules
    } else {
        let progress = |done: usize, of: usize| {
            bar.set_message(format!("making cases: {done} of {}", plural(of, "rule")));
        };
        let making = Making { seed: Seed(args.seed), progress: &progress };
        synthesize::synthesize(project, &wanted, making).map_err(io::Error::other)?
    };
    let written = if args.dry_run {
        None
    } else {
        bar.set_message("writing cases");
        Some(synthesize::write(&made, &folders.cases)?)
    };
    bar.finish_and_clear();

    let mut output = Vec::new();
    let root = args.run.folders.root();
    match args.format {
        Format::Human => {
            let options = Options {
                styled: project::styled(project::is_file(args.run.out.as_deref())),
                cases: files::shown(&folders.cases),
                written,
                is_short: match args.run.terminal.amount() {
                    Amount::Less => true,
                    Amount::Usual => args.all,
                    Amount::More => false,
                },
                elapsed: started.elapsed(),
            };
            new::render(&made, &options, &mut output)?;
        }
        Format::Json => new::json(&made, &|file| below(&root, file), &mut output)?,
    }
    project::deliver(&output, args.run.out.as_deref())?;
    Ok(if made.is_empty() { Exit::NothingRan } else { Exit::Ok })
}

/// A file below the root, without the way to the root.
fn below(root: &Path, file: &str) -> String {
    let root = files::shown(root);
    let bare = file.strip_prefix(&root).map(|rest| rest.trim_start_matches('/'));
    bare.filter(|rest| !rest.is_empty()).unwrap_or(file).trim_start_matches("./").to_owned()
}
