//! Faults around a run: links, pipes, devices, names, kills. Each has its exit
//! code and its message, and nothing outside the repository is read or written.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const OK: i32 = 0;
const INTERNAL: i32 = 1;
const USAGE: i32 = 2;
const FAILED: i32 = 3;
/// A user without rights.
const NOBODY: u32 = 65_534;

/// A repository with rules `a/r0`, `a/r1`, …, removed when dropped.
struct Repository(PathBuf);

impl Drop for Repository {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

const ROOT: &str = r#"{"user.name": "root"}"#;
const BOB: &str = r#"{"user.name": "bob"}"#;

impl Repository {
    fn empty() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("faults-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// Rules that hold on their cases.
    fn of(rules: usize) -> Self {
        let repository = Self::empty();
        for number in 0..rules {
            repository.rule(number, ROOT, BOB);
        }
        repository
    }

    fn rule(&self, number: usize, positive: &str, negative: &str) {
        let text = format!(
            "[metadata]\nmaturity = \"production\"\n[rule]\nauthor = [\"t\"]\nname = \"T\"\n\
             description = \"d\"\nrisk_score = 21\nseverity = \"low\"\nindex = [\"logs-*\"]\n\
             rule_id = \"{number:08}-0000-4000-8000-000000000000\"\ntype = \"query\"\n\
             language = \"kuery\"\nquery = 'user.name: root'\n"
        );
        self.write(&format!("rules/a/r{number}.toml"), &text);
        self.write(&format!("cases/a/r{number}/positive/p.json"), positive);
        self.write(&format!("cases/a/r{number}/negative/n.json"), negative);
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    fn link(&self, to: impl AsRef<Path>, path: &str) {
        symlink(to, self.0.join(path)).expect("a link");
    }

    fn pipe(&self, path: &str) {
        let made = Command::new("mkfifo").arg(self.0.join(path)).status().expect("mkfifo runs");
        assert!(made.success());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).arg("--root").arg(&self.0);
        command
    }

    /// The exit code and all output, in bounded time.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut child = self.command(arguments);
        let log = self.0.with_extension("log");
        let out = File::create(&log).expect("a file");
        let child = child.stdout(out.try_clone().expect("a file")).stderr(out).stdin(Stdio::null());
        let mut child = child.spawn().expect("a run");
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            if started.elapsed() > Duration::from_mins(2) {
                drop(child.kill());
                panic!("{arguments:?} does not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let text = fs::read_to_string(&log).expect("output is UTF-8");
        drop(fs::remove_file(&log));
        assert!(!text.contains("panicked"), "{text}");
        (status.code().expect("an exit code"), text)
    }

    /// Checks the exit code of `test` and what it says.
    fn says(&self, code: i32, parts: &[&str]) {
        let (found, text) = self.run(&["test"]);
        assert_eq!(found, code, "{text}");
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Whether a file's name has an ending.
fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == ending)
}

#[test]
fn a_closed_pipe_keeps_the_exit_code() {
    let repository = Repository::empty();
    (0..30).for_each(|number| repository.rule(number, BOB, ROOT));
    for arguments in
        [&["test"][..], &["test", "--format", "json"], &["coverage", "--format", "junit"]]
    {
        let mut child = repository.command(arguments);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a run");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("a child").code(), Some(FAILED), "{arguments:?}");
    }
}

#[test]
fn a_full_standard_error_stops_nothing() {
    let repository = Repository::of(1);
    let full = || File::options().write(true).open("/dev/full").expect("Linux has it");
    let mut update = repository.command(&["test", "--update"]);
    let status = update.stdout(Stdio::null()).stderr(full()).status().expect("a run");
    assert_eq!(status.code(), Some(OK));
    assert_eq!(repository.files("snapshots/a"), ["r0.snap"]);
    let mut test = repository.command(&["test"]);
    let status = test.stdout(full()).stderr(Stdio::null()).status().expect("a run");
    assert_eq!(status.code(), Some(INTERNAL));
}

#[test]
fn what_is_no_file_is_told_and_not_read() {
    let repository = Repository::of(1);
    repository.pipe("cases/a/r0/positive/pipe.json");
    repository.pipe("cases/a/r0/case.toml");
    fs::create_dir(repository.0.join("cases/a/r0/negative/folder.json")).expect("a folder");
    repository.link("/dev/zero", "cases/a/r0/negative/zero.json");
    repository.says(
        FAILED,
        &[
            "positive/pipe.json",
            "a/r0/case.toml",
            "is not a regular file",
            "negative/folder.json",
            "is a folder, not a file",
            "negative/zero.json",
            "the link leads out of the root and is not followed",
        ],
    );
    let repository = Repository::of(1);
    repository.pipe("harness.toml");
    repository.says(USAGE, &["harness.toml", "is not a regular file"]);
    let repository = Repository::of(1);
    repository.write("harness.toml", "[schema]\nmappings = [\"m.json\"]\n");
    repository.pipe("m.json");
    repository.says(USAGE, &["m.json", "is not a regular file"]);
}

#[test]
fn names_that_are_not_utf_8_are_told() {
    let repository = Repository::of(1);
    let name = OsStr::from_bytes(b"pr\xfcfung.json");
    fs::write(repository.0.join("cases/a/r0/negative").join(name), ROOT).expect("a file");
    repository.says(FAILED, &["the name is not UTF-8", "negative/pr\u{fffd}fung.json"]);
    let repository = Repository::of(1);
    fs::create_dir(repository.0.join("exceptions")).expect("a folder");
    fs::write(repository.0.join("exceptions").join(name), "[]").expect("a file");
    repository.says(FAILED, &["the name is not UTF-8"]);
}

#[test]
fn names_with_control_characters_are_escaped() {
    let repository = Repository::of(1);
    repository.write("cases/a/r0/negative/red\u{1b}[31m\n::error::.json", ROOT);
    let (code, text) = repository.run(&["test"]);
    assert_eq!(code, FAILED);
    assert!(!text.contains('\u{1b}') && !text.contains("\n::error::"), "{text}");
}

#[test]
fn links_are_not_followed_out_of_the_root() {
    let repository = Repository::of(1);
    repository.link("/proc/self/environ", "harness.toml");
    let (code, text) = repository.run(&["test"]);
    assert_eq!(code, USAGE, "{text}");
    assert!(text.contains("leads out of the root") && !text.contains("PATH="), "{text}");
    let repository = Repository::of(1);
    repository.link("nowhere", "harness.toml");
    repository.says(USAGE, &["harness.toml", "cannot be read"]);
    let repository = Repository::of(1);
    repository.write("harness.toml", "[schema]\nmappings = [\"m.json\"]\n");
    repository.link("/dev/zero", "m.json");
    repository.says(USAGE, &["m.json", "leads out of the root"]);
    let repository = Repository::of(1);
    repository.link("..", "cases/a/r0/l1");
    repository.link("..", "cases/a/r0/l2");
    repository.says(FAILED, &["a/r0/l1", "a/r0/l2", "the link to a folder is not followed"]);
    let (outside, repository) = (Repository::of(2), Repository::empty());
    repository.link(outside.0.join("rules"), "rules");
    repository.says(USAGE, &["rules", "leads out of the root", "name its place"]);
    let rules = outside.0.join("rules");
    let given = ["test", "--rules", rules.to_str().expect("UTF-8")];
    assert_ne!(repository.run(&given).0, USAGE);
}

#[test]
fn snapshots_are_not_written_through_links() {
    let outside = Repository::empty();
    let repository = Repository::of(1);
    fs::create_dir(repository.0.join("snapshots")).expect("a folder");
    repository.link(&outside.0, "snapshots/a");
    let (code, text) = repository.run(&["test", "--update"]);
    assert_eq!(code, INTERNAL, "{text}");
    assert!(text.contains("snapshots/a: is a link and is not written through"), "{text}");
    assert_eq!(outside.files("."), Vec::<String>::new());
}

/// Runs a command in a shell that set something up before.
fn after(setting: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{setting}; exec \"$0\" \"$@\""));
    shell.arg(command.get_program()).args(command.get_args());
    shell
}

#[test]
fn on_a_full_disk_nothing_is_written_half() {
    let repository = Repository::of(2);
    for arguments in [&["test", "--update"][..], &["test", "--out"]] {
        let report = repository.0.join("report");
        let mut command = repository.command(arguments);
        if arguments.contains(&"--out") {
            command = repository.command(&["test", "--out", report.to_str().expect("UTF-8")]);
        }
        // No file takes a byte, which is an error as that of a full disk is.
        let output = after("trap '' XFSZ; ulimit -f 0", &command).output().expect("a run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(INTERNAL), "{arguments:?}: {said}");
        assert!(said.contains("error: ") && said.contains("File too large"), "{said}");
        assert_eq!(repository.files("snapshots/a"), Vec::<String>::new());
        assert!(!report.exists());
    }
}

#[test]
fn in_folders_that_are_read_only_errors_name_the_file() {
    let repository = Repository::of(1);
    let folder = repository.0.join("snapshots/a");
    fs::create_dir_all(&folder).expect("a folder");
    fs::set_permissions(&folder, Permissions::from_mode(0o555)).expect("it is ours");
    let mut command = repository.command(&["test", "--update"]);
    // Nothing is read-only to root.
    if File::create(folder.join("probe")).is_ok() {
        drop(fs::remove_file(folder.join("probe")));
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().expect("a run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(INTERNAL), "{said}");
    assert!(said.contains("snapshots/a/r0.snap: Permission denied"), "{said}");
    assert_eq!(repository.files("snapshots/a"), Vec::<String>::new());
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("it is ours");
}

#[test]
fn folders_that_cannot_be_read_are_told() {
    let repository = Repository::of(1);
    let folder = repository.0.join("cases/a/r0/negative");
    fs::set_permissions(&folder, Permissions::from_mode(0o000)).expect("it is ours");
    let mut command = repository.command(&["test"]);
    if fs::read_dir(&folder).is_ok() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().expect("a run");
    let said = String::from_utf8_lossy(&output.stdout);
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("it is ours");
    assert_eq!(output.status.code(), Some(FAILED), "{said}");
    assert!(said.contains("cases/a/r0/negative") && said.contains("Permission denied"), "{said}");
}

#[test]
fn errors_of_writing_name_the_file() {
    let repository = Repository::of(1);
    repository.write("snapshots/a", "a file in the way");
    let (code, text) = repository.run(&["test", "--update"]);
    assert_eq!(code, INTERNAL);
    assert!(text.contains("snapshots/a/r0.snap: "), "{text}");
    let out = repository.0.join("harness/report");
    repository.write("harness", "");
    let (code, text) = repository.run(&["test", "--out", out.to_str().expect("UTF-8")]);
    assert_eq!(code, INTERNAL);
    assert!(text.contains("harness/report: "), "{text}");
}

#[test]
fn a_gate_that_never_fires_and_lists_for_tables_are_errors() {
    for (config, said) in [
        ("[gates.\"rules/nosuch\"]\nmin_clauses = 100\n", "there is no rule in `nosuch`"),
        ("[gates.\"rules/../x\"]\nmin_clauses = 100\n", "is not a plain path"),
        ("schema = []\n", "expected a table"),
        ("gates = { \"rules/a\" = [] }\n", "expected a table"),
    ] {
        let repository = Repository::of(1);
        repository.write("harness.toml", config);
        repository.says(USAGE, &[said]);
    }
    for (limits, said) in [
        ("mutant_try = 1_000", "limits.mutant_try is no bound; did you mean `mutant_tries`?"),
        ("esql_depth = 1_000", "limits.esql_depth cannot be changed"),
        ("mutant_tries = 0", "limits.mutant_tries is a number from 1 to 40000"),
        ("mutant_tries = -1", "expected usize"),
    ] {
        let repository = Repository::of(1);
        repository.write("harness.toml", &format!("[limits]\n{limits}\n"));
        repository.says(USAGE, &[said, "harness.toml:2"]);
    }
    let repository = Repository::of(1);
    repository.write("harness.toml", "[limits]\nmutant_tries = 1_000\n");
    repository.says(OK, &["1 passed"]);
    let repository = Repository::of(1);
    repository.write("cases/a/r0/case.toml", "[positive]\np = []\n");
    repository.says(FAILED, &["expected a table"]);
}

#[test]
fn a_run_that_is_killed_leaves_nothing_half() {
    let repository = Repository::of(150);
    let (code, text) = repository.run(&["test", "--update"]);
    assert_eq!(code, OK, "{text}");
    let texts = || -> Vec<String> {
        let names = repository.files("snapshots/a").into_iter();
        let whole = names.filter(|name| has_ending(name, "snap"));
        whole
            .map(|name| fs::read_to_string(repository.0.join("snapshots/a").join(name)))
            .collect::<Result<_, _>>()
            .expect("snapshots are UTF-8")
    };
    let wanted = texts();
    assert_eq!(wanted.len(), 150);
    let signals = ["KILL", "TERM", "INT", "KILL", "HUP", "KILL"];
    for (kill, signal) in (0..).zip(signals) {
        fs::remove_dir_all(repository.0.join("snapshots")).expect("a folder");
        let mut update =
            repository.command(&["test", "--update", "--format", "json", "--out", "report"]);
        let update = update.current_dir(&repository.0).stderr(Stdio::null());
        let mut child = update.spawn().expect("a run");
        // Until it writes, and then a little.
        let started = Instant::now();
        while repository.files("snapshots/a").is_empty()
            && started.elapsed() < Duration::from_mins(1)
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(3 * kill));
        let id = child.id().to_string();
        drop(
            Command::new("kill").args([&format!("-{signal}"), &id]).stderr(Stdio::null()).status(),
        );
        let status = child.wait().expect("an end");
        assert!(status.code().is_none_or(|code| [OK, 130].contains(&code)), "{status}");
        // The report is written whole or not at all.
        if let Ok(report) = fs::read_to_string(repository.0.join("report")) {
            serde_json::from_str::<serde_json::Value>(&report).expect("JSON");
        }
        assert!(texts().iter().all(|text| wanted.contains(text)), "a snapshot is half written");
    }
    // What was left behind is swept away.
    repository.write("snapshots/a/r7.snap.1.part", "half");
    let (code, _) = repository.run(&["test", "--update"]);
    assert_eq!((code, texts()), (OK, wanted));
    let parts = repository.files("snapshots/a").into_iter().filter(|name| has_ending(name, "part"));
    assert_eq!(parts.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn a_report_whose_writing_is_killed_is_the_old_one_or_whole() {
    let repository = Repository::of(100);
    let report = repository.0.join("report");
    let out = report.to_str().expect("UTF-8");
    let mut write = repository.command(&["coverage", "--format", "json", "--out", out]);
    let write = write.stdout(Stdio::null()).stderr(Stdio::null());
    assert_eq!(write.status().expect("a run").code(), Some(OK));
    let whole = fs::read_to_string(&report).expect("a report");
    for kill in 0..8 {
        fs::write(&report, "old").expect("a file");
        let mut child = write.spawn().expect("a run");
        // Until something stands beside the report, and then a little.
        let names = || repository.files(".").into_iter();
        let begun = || names().any(|name| name.starts_with("report") && name != "report");
        let old = || fs::read_to_string(&report).is_ok_and(|text| text == "old");
        while old() && !begun() && child.try_wait().expect("a child").is_none() {}
        std::thread::sleep(Duration::from_micros(50 * kill));
        drop(child.kill());
        assert!(child.wait().expect("an end").code().is_none_or(|code| code == OK));
        let text = fs::read_to_string(&report).expect("a report");
        assert!(text == "old" || text == whole, "{} of {} bytes", text.len(), whole.len());
    }
    assert_eq!(write.status().expect("a run").code(), Some(OK));
    assert_eq!(fs::read_to_string(&report).expect("a report"), whole);
}

#[test]
#[cfg(target_os = "linux")]
fn signals_end_a_run_at_once() {
    let repository = Repository::of(1);
    for (signal, code) in [("INT", 130), ("TERM", 130), ("HUP", 130)] {
        // It waits for its events on a pipe that nobody writes to. What runs in the
        // background may have been told to ignore some signals.
        let explain = repository.command(&["explain", "a/r0", "-"]);
        let mut run = Command::new("env");
        run.arg("--default-signal=INT,TERM,HUP").arg(explain.get_program());
        run.args(explain.get_args()).current_dir(&repository.0);
        let run = run.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = run.spawn().expect("a run");
        std::thread::sleep(Duration::from_millis(300));
        let (id, started) = (child.id().to_string(), Instant::now());
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(sent.expect("kill runs").success());
        let status = child.wait().expect("an end");
        assert!(status.code().is_none_or(|found| found == code), "{signal}: {status}");
        assert!(started.elapsed() < Duration::from_secs(10), "{signal}: {:?}", started.elapsed());
    }
}

#[test]
fn two_runs_at_once_write_the_same() {
    let repository = Repository::of(60);
    let update = || {
        let mut command = repository.command(&["test", "--update"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a run")
    };
    let mut both = [update(), update()];
    for child in &mut both {
        assert_eq!(child.wait().expect("a child").code(), Some(OK));
    }
    let names = repository.files("snapshots/a");
    assert_eq!(names.len(), 60, "{names:?}");
}

#[test]
fn a_report_is_written_into_a_device() {
    let repository = Repository::of(1);
    // A link to the device, so that a fault would replace the link at most.
    repository.link("/dev/null", "null");
    let null = repository.0.join("null");
    let (code, text) = repository.run(&["test", "--out", null.to_str().expect("UTF-8")]);
    assert_eq!(code, OK, "{text}");
    assert!(fs::symlink_metadata(&null).expect("it is there").is_symlink());
}
