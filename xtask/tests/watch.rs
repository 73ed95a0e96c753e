//! `test --watch`: what is saved is judged at once. The times are printed and not judged:
//! `cargo test --package xtask --test it watch -- --nocapture`.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::support::repository::{Repository, rule};

/// Where nothing is told for so long, nothing will be.
const LIMIT: Duration = Duration::from_mins(2);

/// A run that watches, and its lines.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Watching {
    fn start(repository: &Repository) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["test", "--watch", "--verbose"]).current_dir(&repository.0);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("a run");
        let (send, lines) = channel();
        let stdout = child.stdout.take().expect("it is piped");
        let stderr = child.stderr.take().expect("it is piped");
        let pipes: [Box<dyn Read + Send>; 2] = [Box::new(stdout), Box::new(stderr)];
        for pipe in pipes {
            let send = send.clone();
            thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    if send.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Self { child, lines }
    }

    /// Waits for lines that hold these texts, in any order; all lines until then.
    fn until(&self, texts: &[&str]) -> String {
        let mut seen = String::new();
        while !texts.iter().all(|text| seen.contains(text)) {
            let line = self.lines.recv_timeout(LIMIT);
            let line = line.unwrap_or_else(|_| panic!("no {texts:?} in\n{seen}"));
            seen.push_str(&line);
            seen.push('\n');
        }
        seen
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the times are for people")]
fn what_is_saved_is_judged_at_once() {
    let other = rule("Another", "a: y").replace("1d485649", "2d485649");
    let repository = Repository::with_rule("a: x").with_cases().write("rules/other.toml", other);
    let watching = Watching::start(&repository);
    watching.until(&["1 passed, 1 untested", "watching for changes"]);
    let event = r#"{"@timestamp": "2026-01-05T10:15:00Z", "a": "y"}"#;
    let steps = [
        ("rules/r.toml", rule("A rule", "a: z"), "1 rule, 2 cases, 2 events", "1 failed"),
        ("rules/r.toml", rule("A rule", "a: x"), "1 rule, 2 cases, 2 events", "1 passed"),
        ("cases/r/positive/p.json", event.to_owned(), "1 rule, 2 cases, 2 events", "1 failed"),
        ("cases/r/positive/p.json", event.replace('y', "x"), "1 rule, 2 cases", "1 passed"),
        ("cases/other/positive/p.json", event.to_owned(), "1 rule, 1 case, 1 event", "other"),
    ];
    for (path, text, ran, verdict) in steps {
        let file = repository.0.join(path);
        fs::create_dir_all(file.parent().expect("a folder above")).expect("a folder");
        let saved = Instant::now();
        fs::write(&file, text).expect("a file");
        let told = watching.until(&[ran, verdict, "ms after the change"]);
        let folder = path.trim_end_matches("/positive/p.json");
        assert!(told.contains(folder), "the change is named:\n{told}");
        println!("{path}: {verdict} {} ms after it was saved", saved.elapsed().as_millis());
    }
}
