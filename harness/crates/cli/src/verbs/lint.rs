//! `harness lint`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use harness_quality::lint::fix::{self, Fixed};
use harness_quality::lint::{Code, Finding, Level, Rules, Safety, Settings, lint};
use harness_report::lint as report;
use harness_rule::tree::Loaded;
use harness_runner::run::Project;
use harness_runner::select::Selected;
use harness_source::files;

use crate::args::{LintArgs, LintFormat};
use crate::exit::Exit;
use crate::{project, select};

/// Tells what is wrong with rules, and mends it.
pub(crate) fn run(args: &LintArgs) -> io::Result<Exit> {
    if let Some(name) = &args.explain {
        return explain(name, args);
    }
    for name in args.select.iter().chain(&args.ignore) {
        if !Settings::knows(name) && name != "all" {
            tell!("note: no finding of lint itself is called `{name}`");
        }
    }
    let bar = project::progress(args.run.terminal.no_progress, "reading rules");
    let around = project::around(&args.run.folders, &args.which.names);
    let Some((mut project, folders)) = project::open(&around) else {
        return Ok(Exit::Usage);
    };
    let Some(selected) = select::select(&args.which, &project, &folders) else {
        return Ok(Exit::Usage);
    };
    if args.which.traits.list {
        return select::list(&project, &selected);
    }
    let mut settings = Settings::of(&folders);
    if !args.select.is_empty() {
        settings.select.clone_from(&args.select);
    }
    settings.ignore.extend(args.ignore.iter().cloned());
    let mut findings = found(&project, &settings, &selected);
    bar.finish_and_clear();
    if args.fix {
        let safety = if args.unsafe_fixes { Safety::Unsafe } else { Safety::Safe };
        let fixed = fix::fixed(&findings, safety);
        if !mend(&fixed, args)? {
            return Ok(Exit::Ok);
        }
        if !fixed.is_empty() {
            project = match project::open(&around) {
                Some((project, _)) => project,
                None => return Ok(Exit::Usage),
            };
            findings = found(&project, &settings, &selected);
        }
    }
    let keys: Vec<String> = project
        .rules
        .rules
        .iter()
        .filter(|rule| selected.has(&rule.key))
        .map(Loaded::key)
        .collect();
    let mut output = Vec::new();
    let (out, checkout) = (&mut output, project::checkout());
    match args.format {
        LintFormat::Human => {
            let styled = project::styled(project::is_file(args.run.out.as_deref()));
            let amount = args.run.terminal.amount();
            report::human(&findings, keys.len(), (styled, amount), out)?;
        }
        LintFormat::Json => report::json(&findings, out)?,
        LintFormat::Github => report::github(&findings, &checkout, out)?,
        LintFormat::Junit => report::junit(&findings, &keys, out)?,
        LintFormat::Sarif => report::sarif(&findings, &checkout, out)?,
        LintFormat::Markdown => report::markdown(&findings, keys.len(), &checkout, out)?,
    }
    project::deliver(&output, args.run.out.as_deref())?;
    let least = if args.deny_warnings { Level::Warning } else { Level::Error };
    Ok(match keys.is_empty() {
        true => Exit::NothingRan,
        false if findings.iter().any(|finding| finding.level >= least) => Exit::Failed,
        false => Exit::Ok,
    })
}

fn found(project: &Project, settings: &Settings, selected: &Selected) -> Vec<Finding> {
    let Project { rules: tree, exceptions, schema, .. } = project;
    let rules = Rules { tree, exceptions, schema };
    lint(rules, settings, &|loaded| selected.has(&loaded.key))
}

/// Writes mended files; whether anybody wanted it.
fn mend(fixed: &[Fixed], args: &LintArgs) -> io::Result<bool> {
    if args.unsafe_fixes {
        for one in fixed {
            tell!("{}", fix::diff(one).trim_end());
        }
        if !args.yes && !fixed.is_empty() && !confirmed()? {
            tell!("nothing was changed");
            return Ok(false);
        }
    }
    for one in fixed {
        files::write_atomically(Path::new(&one.path), one.after.as_bytes())?;
    }
    let count: usize = fixed.iter().map(|one| one.fixes).sum();
    tell!("mended {count} findings in {} files", fixed.len());
    Ok(true)
}

/// Whether the person at the terminal says yes; nobody there is a no.
fn confirmed() -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        tell!("to change the files, add --yes");
        return Ok(false);
    }
    let mut error = io::stderr().lock();
    write!(error, "change these files? [y/N] ")?;
    error.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

fn explain(name: &str, args: &LintArgs) -> io::Result<Exit> {
    let Some(code) = Code::named(name) else {
        let names = Code::ALL.iter().map(|code| code.name());
        tell!("no finding of lint is called `{name}`");
        match harness_source::likeness::nearest(name, names) {
            Some(near) => tell!("  did you mean `{near}`?"),
            None => tell!("  docs/lint.md lists them all"),
        }
        return Ok(Exit::Usage);
    };
    let mut output = Vec::new();
    report::explain(code.about(), &mut output)?;
    project::deliver(&output, args.run.out.as_deref())?;
    Ok(Exit::Ok)
}
