//! `cargo xtask opensearch`: nodes on the loopback address, to test with.
//!
//! The jars come from Maven Central, once; a launcher of some lines starts a node
//! with them. Everything lies below `target/opensearch`: the jars, and a folder
//! for each start, named by its port, which `stop` deletes.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::args::{OpensearchAction, OpensearchArgs};
use crate::exit::Exit;

const LAUNCHER: &str = include_str!("../../node/Node.java");
const JARS: &str = include_str!("../../node/pom.xml");

/// How far the port between nodes lies from that of HTTP.
const BETWEEN_NODES: u16 = 100;

/// How long nodes may take to get ready.
const PATIENCE: Duration = Duration::from_mins(2);

/// Starts or stops nodes.
pub(crate) fn run(args: &OpensearchArgs) -> io::Result<Exit> {
    match args.action {
        OpensearchAction::Start { nodes, port } => start(nodes, port),
        OpensearchAction::Stop { port } => stop(port),
    }
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/opensearch")
}

fn start(nodes: u16, port: u16) -> io::Result<Exit> {
    let home = home();
    let run = home.join(port.to_string());
    if run.exists() {
        eprintln!("there are nodes on port {port}: cargo xtask opensearch stop --port {port}");
        return Ok(Exit::Usage);
    }
    let ports = port.checked_add(BETWEEN_NODES).and_then(|first| first.checked_add(nodes));
    if ports.is_none() || nodes > BETWEEN_NODES {
        eprintln!("the port is too high");
        return Ok(Exit::Usage);
    }
    fs::create_dir_all(&home)?;
    let Some(java) = java() else {
        eprintln!("no Java 17 was found: apt-get install openjdk-17-jdk-headless");
        return Ok(Exit::Usage);
    };
    let lib = jars(&home)?;
    let launcher = home.join("Node.java");
    fs::write(&launcher, LAUNCHER)?;
    fs::create_dir_all(&run)?;
    let first = port + BETWEEN_NODES;
    let mut pids = File::create(run.join("pids"))?;
    let mut running = Vec::new();
    for node in 0..nodes {
        let folder = run.join(format!("node{node}"));
        fs::create_dir_all(folder.join("config"))?;
        let log = File::create(folder.join("log"))?;
        let mut command = Command::new(&java);
        command.arg("-Xmx1g").arg("-cp").arg(lib.join("*")).arg(&launcher).arg(&folder);
        for number in [port + node, first + node, nodes, first] {
            command.arg(number.to_string());
        }
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
            eprintln!("node {node} ended; is a port taken?");
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    let log = fs::read_to_string(run.join("node0/log")).unwrap_or_default();
    let cause = |line: &&str| line.contains("Exception") || line.contains("ERROR");
    for line in log.lines().filter(cause).take(5) {
        eprintln!("{}", harness::report::printable(line, harness::report::Lines::Escape));
    }
    stop(port)?;
    eprintln!("the nodes did not get ready");
    Ok(Exit::Internal)
}

fn println(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Java 17, which `OpenSearch` 2 is made for, else what `java` is.
fn java() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/jvm")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().contains("17"))
        .map(|entry| entry.path().join("bin/java"))
        .filter(|java| java.is_file())
        .collect();
    found.sort();
    let runs = |java: &PathBuf| {
        Command::new(java).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status()
    };
    found.push(PathBuf::from("java"));
    found.into_iter().find(|java| runs(java).is_ok_and(|status| status.success()))
}

/// The folder of the jars, fetched where it is not there yet.
fn jars(home: &Path) -> io::Result<PathBuf> {
    let lib = home.join("lib");
    let current = fs::read_to_string(home.join("pom.xml")).is_ok_and(|text| text == JARS);
    if lib.is_dir() && current {
        return Ok(lib);
    }
    eprintln!("fetching OpenSearch from Maven Central");
    let part = home.join("lib.part");
    for stale in [&lib, &part] {
        if stale.exists() {
            fs::remove_dir_all(stale)?;
        }
    }
    fs::write(home.join("pom.xml"), JARS)?;
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f"]).arg(home.join("pom.xml")).arg("dependency:copy-dependencies");
    // Standard output is for the address of the node.
    maven.arg(format!("-DoutputDirectory={}", part.display())).stdin(Stdio::null());
    maven.stdout(io::stderr());
    let status = maven.status().map_err(|error| {
        io::Error::new(error.kind(), format!("cannot run mvn (apt-get install maven): {error}"))
    })?;
    if !status.success() {
        return Err(io::Error::other("Maven could not fetch OpenSearch"));
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
        eprintln!("there are no nodes on port {port}");
        return Ok(Exit::Ok);
    };
    let pids: Vec<&str> = pids.split_whitespace().collect();
    for (node, pid) in pids.iter().enumerate().filter(|(node, pid)| ours(&run, *node, pid)) {
        let killed = Command::new("kill").arg(pid).status()?;
        if !killed.success() {
            eprintln!("cannot stop node {node}, process {pid}");
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
