//! `cargo xtask opensearch`: nodes on the loopback address, to test with.
//!
//! The jars come from Maven Central, once; a small launcher starts a node with
//! them. Everything lies below `target/opensearch`: a folder of jars for each
//! version, and one for each start, named by its port, which `stop` deletes.

pub(crate) mod release;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use self::release::{Parts, Release};
use crate::args::{OpensearchAction, OpensearchArgs};
use harness_cli::exit::Exit;

const LAUNCHER: &str = include_str!("../../node/Node.java");

/// How far the port between nodes lies from that of HTTP.
const BETWEEN_NODES: u16 = 100;

/// How long nodes may take to get ready.
const PATIENCE: Duration = Duration::from_mins(2);

/// Starts or stops nodes.
pub(crate) fn run(args: &OpensearchArgs) -> io::Result<Exit> {
    match args.action {
        OpensearchAction::Start { version, nodes, port } => start(version, nodes, port),
        OpensearchAction::Stop { port } => stop(port),
    }
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/opensearch")
}

fn start(release: Release, nodes: u16, port: u16) -> io::Result<Exit> {
    let home = home();
    let run = home.join(port.to_string());
    if run.exists() {
        tell!("there are nodes on port {port}: cargo xtask opensearch stop --port {port}");
        return Ok(Exit::Usage);
    }
    let ports = port.checked_add(BETWEEN_NODES).and_then(|first| first.checked_add(nodes));
    if ports.is_none() || nodes > BETWEEN_NODES {
        tell!("the port is too high");
        return Ok(Exit::Usage);
    }
    let parts = release.parts();
    let (Some(java), Some(compiler)) = (java("java", parts.java), java("javac", 17)) else {
        tell!("no JDK 17 was found: apt-get install openjdk-17-jdk-headless");
        if parts.java > 17 {
            tell!("and Java {}: HARNESS_JAVA=/path/to/bin/java", parts.java);
        }
        return Ok(Exit::Usage);
    };
    let folder = home.join(release.name());
    fs::create_dir_all(&folder)?;
    let lib = jars(&folder, &parts)?;
    let classes = compile(&home, &compiler)?;
    fs::create_dir_all(&run)?;
    let first = port + BETWEEN_NODES;
    let mut pids = File::create(run.join("pids"))?;
    let mut running = Vec::new();
    for node in 0..nodes {
        let folder = run.join(format!("node{node}"));
        fs::create_dir_all(folder.join("config"))?;
        let log = File::create(folder.join("log"))?;
        let mut command = Command::new(&java);
        let path = std::env::join_paths([classes.clone(), lib.join("*")]);
        let mut modules = OsString::from("-Dnode.plugins=");
        modules.push(lib.with_file_name("plugins"));
        command.arg("-Xmx1g").arg(modules).arg("-cp").arg(path.map_err(io::Error::other)?);
        command.arg("Node").arg(&folder);
        for number in [port + node, first + node, nodes, first] {
            command.arg(number.to_string());
        }
        command.args([parts.product, parts.number]).args(parts.plugins);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn()?;
        writeln!(pids, "{}", child.id())?;
        running.push(child);
    }
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if ready(port, nodes) {
            println(&format!("http://127.0.0.1:{port}"))?;
            return Ok(Exit::Ok);
        }
        let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
        if let Some(node) = running.iter_mut().position(ended) {
            tell!("node {node} ended; is a port taken?");
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    let log = fs::read_to_string(run.join("node0/log")).unwrap_or_default();
    let cause = |line: &&str| line.contains("Exception") || line.contains("ERROR");
    for line in log.lines().filter(cause).take(5) {
        tell!("{}", harness::report::printable(line, harness::report::Lines::Escape));
    }
    stop(port)?;
    tell!("the nodes did not get ready");
    Ok(Exit::Internal)
}

fn println(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// A tool of Java of at least a version: installed where Linux keeps them, else
/// `HARNESS_JAVA`, else what the path has.
fn java(tool: &str, least: u16) -> Option<PathBuf> {
    let stated = std::env::var_os("HARNESS_JAVA").map(PathBuf::from);
    let installed = fs::read_dir("/usr/lib/jvm").into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> =
        installed.map(|entry| entry.path().join("bin").join(tool)).collect();
    // The oldest that will do comes first.
    found.sort();
    found.extend(stated.filter(|_| tool == "java"));
    found.push(PathBuf::from(tool));
    found.into_iter().find(|java| version(java).is_some_and(|version| version >= least))
}

/// The version that a tool of Java states.
fn version(tool: &Path) -> Option<u16> {
    let output = Command::new(tool).arg("-version").stdin(Stdio::null()).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let number = text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?;
    number.parse().ok().filter(|_| output.status.success())
}

/// The folder of the launcher's classes.
fn compile(home: &Path, compiler: &Path) -> io::Result<PathBuf> {
    let (source, classes) = (home.join("Node.java"), home.join("classes"));
    fs::write(&source, LAUNCHER)?;
    let mut command = Command::new(compiler);
    command.args(["--release", "17", "-d"]).arg(&classes).arg(&source).stdin(Stdio::null());
    if command.stdout(io::stderr()).status()?.success() {
        Ok(classes)
    } else {
        Err(io::Error::other("the launcher of nodes does not compile"))
    }
}

/// The folder of the jars, fetched where it is not there yet.
fn jars(folder: &Path, parts: &Parts) -> io::Result<PathBuf> {
    let (lib, plugins) = (folder.join("lib"), folder.join("plugins"));
    let pom = parts.pom();
    let current = fs::read_to_string(folder.join("pom.xml")).is_ok_and(|text| text == pom);
    if lib.is_dir() && current {
        return Ok(lib);
    }
    tell!("fetching {} {} from Maven Central", parts.product, parts.number);
    let part = folder.join("lib.part");
    for stale in [&lib, &part, &plugins] {
        if stale.exists() {
            fs::remove_dir_all(stale)?;
        }
    }
    fs::write(folder.join("pom.xml"), pom)?;
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f"]).arg(folder.join("pom.xml"));
    maven.arg("dependency:copy-dependencies");
    // Standard output is for the address of the node.
    maven.arg(format!("-DoutputDirectory={}", part.display())).stdin(Stdio::null());
    maven.stdout(io::stderr());
    let status = maven.status().map_err(|error| {
        io::Error::new(error.kind(), format!("cannot run mvn (apt-get install maven): {error}"))
    })?;
    if !status.success() {
        return Err(io::Error::other(format!("Maven could not fetch {}", parts.product)));
    }
    if parts.modules {
        fs::create_dir_all(&plugins)?;
        for entry in fs::read_dir(&part)?.filter_map(Result::ok) {
            let name = entry.file_name();
            if parts.is_plugin(&name.to_string_lossy()) {
                fs::rename(entry.path(), plugins.join(name))?;
            }
        }
    }
    fs::rename(&part, &lib)?;
    Ok(lib)
}

/// Whether all nodes have found each other.
fn ready(port: u16, nodes: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let path = format!("/_cluster/health?wait_for_nodes={nodes}&wait_for_status=green&timeout=1s");
    let patient = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let asked = write!(stream, "GET {path} HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n");
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    patient.is_ok() && asked.is_ok() && read.is_ok() && answer.split(' ').nth(1) == Some("200")
}

fn stop(port: u16) -> io::Result<Exit> {
    let run = home().join(port.to_string());
    let Ok(pids) = fs::read_to_string(run.join("pids")) else {
        tell!("there are no nodes on port {port}");
        return Ok(Exit::Ok);
    };
    let pids: Vec<&str> = pids.split_whitespace().collect();
    for (node, pid) in pids.iter().enumerate().filter(|(node, pid)| ours(&run, *node, pid)) {
        let killed = Command::new("kill").arg(pid).status()?;
        if !killed.success() {
            tell!("cannot stop node {node}, process {pid}");
        }
    }
    let started = Instant::now();
    let runs = || pids.iter().enumerate().any(|(node, pid)| ours(&run, node, pid));
    while runs() && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(100));
    }
    fs::remove_dir_all(&run)?;
    Ok(Exit::Ok)
}

/// Whether a process is still the node that was started: numbers are given again.
fn ours(run: &Path, node: usize, pid: &str) -> bool {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let folder = run.join(format!("node{node}"));
    String::from_utf8_lossy(&command).split('\0').any(|arg| Path::new(arg) == folder)
}
