//! `cargo xtask fuzz`: random rules, cases and queries, to find what breaks us.
//!
//! An input is a function of the seed, the target and its number, so that a run
//! can be repeated on any machine. A process of its own runs them, within limits
//! of memory and stack, and looks at its own time; when it dies, the input that
//! killed it is found by running the last ones again, and written to the corpus,
//! which `--replay` and with it the tests run.

mod random;
mod seeds;
mod session;
mod targets;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harness::files;

use crate::args::FuzzArgs;
use harness_cli::exit::Exit;
use random::Random;
use seeds::Seeds;
use targets::{TARGETS, Target};

/// How much memory a process may have, in KiB of addresses.
const MEMORY: u64 = 3 << 20;
/// How much stack an input may take, in bytes: that of rayon's threads.
const STACK: usize = 2 << 20;
/// How long one input may take, in seconds of its own time.
const SECONDS: f64 = 20.0;
/// How many inputs are run before the process notes how far it is.
const STEP: u64 = 256;

/// What a process says with its exit code beside 0.
const DIFFERS: i32 = 10;
const TOO_SLOW: i32 = 11;
/// What a panic exits with.
const PANICKED: i32 = 101;

/// Fuzzes, replays the corpus, or is the process that runs inputs.
pub(crate) fn run(args: &FuzzArgs) -> io::Result<Exit> {
    if let Some(number) = args.inputs_from {
        return work(args, number);
    }
    if let Some(file) = &args.input {
        return one(args, file);
    }
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| args.target.as_ref().is_none_or(|name| name == target.name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        tell!("error: there is no such target; there are {}", names.join(", "));
        return Ok(Exit::Usage);
    }
    if args.replay {
        return replay(args, &chosen);
    }
    let seeds = Seeds::of(&args.root);
    let share = Duration::from_secs(args.seconds) / u32::try_from(chosen.len()).unwrap_or(1);
    let mut found = 0;
    for target in chosen {
        found += fuzz(args, target, &seeds, share)?;
    }
    Ok(if found == 0 { Exit::Ok } else { Exit::Failed })
}

/// Runs one target for a time; how many inputs failed.
fn fuzz(args: &FuzzArgs, target: &Target, seeds: &Seeds, time: Duration) -> io::Result<usize> {
    let started = Instant::now();
    let (mut next, mut found) = (0, 0);
    while started.elapsed() < time && found < args.most {
        let left = time.saturating_sub(started.elapsed()).as_secs().max(1);
        let (at, status) = process(args, target, next, left, STEP)?;
        if status.success() {
            next = at;
            break;
        }
        // Somewhere among the last inputs; one by one it is the last that began.
        let (at, status) = process(args, target, at, left + 60, 1)?;
        next = at + 1;
        if status.success() {
            continue;
        }
        found += 1;
        let input = (target.make)(seeds, &mut Random::new(args.seed, at));
        let path = args.corpus().join(target.name).join(format!("{}-{at}.txt", args.seed));
        files::write_atomically(&path, input.as_bytes())?;
        tell!("{}: {}: {}", target.name, what(status), path.display());
    }
    let seconds = started.elapsed().as_secs_f64().max(0.001);
    let mut out = io::stdout().lock();
    #[expect(clippy::cast_precision_loss, reason = "a rate to be read")]
    let rate = next as f64 / seconds;
    let line = writeln!(out, "{:<11} {next:>9} inputs, {rate:>8.0}/s, {found} found", target.name);
    line.or_else(
        |error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) },
    )?;
    Ok(found)
}

fn what(status: ExitStatus) -> String {
    match status.code() {
        Some(DIFFERS) => "two ways differ".to_owned(),
        Some(TOO_SLOW) => format!("takes more than {SECONDS} s"),
        Some(PANICKED) => "panics".to_owned(),
        Some(code) => format!("exits with {code}"),
        None => "is killed: stack or memory".to_owned(),
    }
}

/// Runs inputs in a process of their own; the first that is not known to be fine.
fn process(
    args: &FuzzArgs,
    target: &Target,
    from: u64,
    seconds: u64,
    step: u64,
) -> io::Result<(u64, ExitStatus)> {
    let progress = std::env::temp_dir().join(format!("harness-fuzz-{}-at", std::process::id()));
    std::fs::write(&progress, from.to_string())?;
    let mut command = limited()?;
    command.args(["fuzz", target.name, "--seed", &args.seed.to_string()]);
    command.args(["--seconds", &seconds.to_string(), "--inputs-from", &from.to_string()]);
    command.args(["--step", &step.to_string()]).arg("--root").arg(&args.root);
    command.arg("--progress").arg(&progress);
    if args.verbose {
        command.stderr(Stdio::inherit());
    }
    let status = command.status()?;
    let at = std::fs::read_to_string(&progress).ok().and_then(|text| text.trim().parse().ok());
    drop(std::fs::remove_file(&progress));
    Ok((at.unwrap_or(from), status))
}

/// This program once more, with less memory.
fn limited() -> io::Result<Command> {
    let own = std::env::current_exe()?;
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -v {MEMORY}; ulimit -c 0; exec \"$0\" \"$@\"")).arg(own);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}

/// The process: runs inputs until the time is over.
fn work(args: &FuzzArgs, from: u64) -> io::Result<Exit> {
    let Some(target) = TARGETS.iter().find(|one| Some(one.name) == args.target.as_deref()) else {
        return Ok(Exit::Usage);
    };
    let seeds = Seeds::of(&args.root);
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let progress = args.progress.clone();
    let note = move |at: u64| match &progress {
        Some(path) => std::fs::write(path, at.to_string()),
        None => Ok(()),
    };
    let (seed, step) = (args.seed, args.step.max(1));
    watched(move |began| {
        let mut at = from;
        loop {
            if at.is_multiple_of(step) || at == from {
                note(at)?;
            }
            // One input at least, so that running the last ones again ends.
            if at > from && Instant::now() > end {
                break;
            }
            let input = (target.make)(&seeds, &mut Random::new(seed, at));
            began.store(at + 1, Ordering::Relaxed);
            differs((target.run)(&input));
            at += 1;
        }
        note(at)
    })?;
    Ok(Exit::Ok)
}

#[expect(clippy::exit, reason = "what two ways say is told by the exit code")]
fn differs(outcome: Result<(), String>) {
    if let Err(why) = outcome {
        tell!("{why}");
        std::process::exit(DIFFERS);
    }
}

/// Runs one file in this process.
fn one(args: &FuzzArgs, file: &Path) -> io::Result<Exit> {
    let Some(target) = TARGETS.iter().find(|one| Some(one.name) == args.target.as_deref()) else {
        return Ok(Exit::Usage);
    };
    let input = std::fs::read_to_string(file)?;
    watched(move |began| {
        began.store(1, Ordering::Relaxed);
        differs((target.run)(&input));
        Ok(())
    })?;
    Ok(Exit::Ok)
}

/// Runs inputs on a thread with little stack, and looks at its time.
#[expect(clippy::exit, reason = "an input that does not end is told by the exit code")]
fn watched(inputs: impl FnOnce(&AtomicU64) -> io::Result<()> + Send + 'static) -> io::Result<()> {
    static BEGAN: AtomicU64 = AtomicU64::new(0);
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(|| inputs(&BEGAN))?;
    let (mut last, mut since) = (0, used());
    while !worker.is_finished() {
        std::thread::sleep(Duration::from_millis(20));
        let at = BEGAN.load(Ordering::Relaxed);
        if at != last {
            (last, since) = (at, used());
        } else if used() - since > SECONDS {
            std::process::exit(TOO_SLOW);
        }
    }
    match worker.join() {
        Ok(done) => done,
        Err(_) => std::process::exit(PANICKED),
    }
}

/// How much time this process used, in seconds; of the clock where that is not known.
fn used() -> f64 {
    static STARTED: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    // The fields after the name: what all threads used, in hundredths.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: Vec<f64> = after.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
    if ticks.len() == 2 {
        ticks[0] / 100.0 + ticks[1] / 100.0
    } else {
        STARTED.elapsed().as_secs_f64()
    }
}

/// Runs every file of the corpus in a process of its own.
fn replay(args: &FuzzArgs, chosen: &[&Target]) -> io::Result<Exit> {
    let (mut count, mut failed) = (0, 0);
    for target in chosen {
        let folder = args.corpus().join(target.name);
        for file in files::find(&folder, &["*.txt"], &mut Vec::new()) {
            let mut command = limited()?;
            command.args(["fuzz", target.name, "--input"]).arg(&file.path);
            command.stderr(Stdio::inherit());
            let status = command.status()?;
            count += 1;
            if !status.success() {
                failed += 1;
                tell!("{}/{}: {}", target.name, file.relative, what(status));
            }
        }
    }
    tell!("{count} inputs of the corpus, {failed} failed");
    Ok(if failed == 0 { Exit::Ok } else { Exit::Failed })
}

impl FuzzArgs {
    fn corpus(&self) -> PathBuf {
        self.root.join("harness/tests/fuzz-corpus")
    }
}
