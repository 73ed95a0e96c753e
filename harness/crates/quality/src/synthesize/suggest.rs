//! Values that a reviewer finds plausible: by field, by what a pattern asks for, and
//! by the system that a rule is about.

use serde_json::{Value, json};

use super::choice::Seed;
use harness_predicate::{Column, Kind, Leaf, Test};
use harness_rule::model::Rule;
use harness_text::pattern::Pattern;
use harness_text::pattern::glob::{Glob, GlobPart};

/// The system that the events of a rule come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    Macos,
    Windows,
    /// A service, or not known.
    Other,
}

impl System {
    /// As `host.os.type` names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Macos => "macos",
            Self::Windows => "windows",
            Self::Other => "",
        }
    }
}

/// What values of a rule's events have in common.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(super) system: System,
    choice: Seed,
}

impl Context {
    pub(super) fn new(rule: &Rule, index: Option<&str>, choice: Seed) -> Self {
        let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
        let index = index.unwrap_or_default();
        let states = |name: &str| {
            text.contains(&format!("\"{name}\"")) || text.contains(&format!(":{name}"))
        };
        let tagged = |name: &str| rule.tags.iter().any(|tag| tag == &format!("OS: {name}"));
        let system = if states("windows") || index.contains("win") || tagged("Windows") {
            System::Windows
        } else if states("macos") || tagged("macOS") {
            System::Macos
        } else if states("linux") || index.contains("auditd") || tagged("Linux") {
            System::Linux
        } else if text.contains(".exe")
            || index.starts_with("endgame")
            || index.contains("system.security")
        {
            System::Windows
        } else if index.contains("endpoint") {
            System::Linux
        } else {
            System::Other
        };
        Self { system, choice }
    }

    /// Values of a field that are tried first, so that these leaves are as wanted.
    pub(crate) fn values(&self, field: &str, wanted: &[(Leaf, bool)]) -> Vec<Value> {
        let mut values = Vec::new();
        let passing = wanted.iter().filter(|(_, holds)| *holds).map(|(leaf, _)| leaf);
        let mut is_asked = false;
        for leaf in passing {
            match &leaf.test {
                Test::Exists => {}
                Test::Term(Pattern::Glob(glob, _)) => {
                    is_asked = true;
                    if glob.parts().iter().all(|part| *part == GlobPart::Many) {
                        values.extend(self.usual(field, leaf.column.kind));
                    }
                    values.push(json!(self.filled(field, glob)));
                }
                Test::Term(Pattern::Regexp(regexp)) => {
                    is_asked = true;
                    let text = crate::synthesis::regexp::sample(regexp.source());
                    values.extend(text.filter(|text| regexp.matches(text)).map(Value::from));
                }
                Test::Term(Pattern::Prefix(prefix, _)) => {
                    is_asked = true;
                    values.push(json!(format!("{prefix}{}", tail(field, prefix))));
                }
                Test::Term(_)
                | Test::Phrase(_)
                | Test::Long(_)
                | Test::Date(_)
                | Test::Nanos(_)
                | Test::Bool(_)
                | Test::Double(_)
                | Test::Ip(_)
                | Test::Script(_) => is_asked = true,
            }
        }
        // A value of the same kind that just misses is better than any other.
        let is_typed = wanted
            .iter()
            .any(|(leaf, _)| matches!(leaf.test, Test::Bool(_) | Test::Date(_) | Test::Nanos(_)));
        if !is_asked && !is_typed {
            let kind = wanted.first().map_or(Kind::Keyword, |(leaf, _)| leaf.column.kind);
            values.extend(self.usual(field, kind));
            if is_file(field) {
                values.push(json!(self.elsewhere()));
            }
        }
        values
    }

    /// A file where programs of the system are not.
    fn elsewhere(&self) -> &'static str {
        match self.system {
            System::Windows => "C:\\Users\\alice\\example.exe",
            System::Linux | System::Macos | System::Other => "/home/alice/example",
        }
    }

    /// Text for a pattern, with something between what it states.
    fn filled(&self, field: &str, glob: &Glob) -> String {
        let parts = glob.parts();
        let mut text = String::new();
        for (at, part) in parts.iter().enumerate() {
            match part {
                GlobPart::Literal(literal) => text.push_str(literal),
                GlobPart::One => {
                    let next = parts.get(at + 1);
                    let drive =
                        matches!(next, Some(GlobPart::Literal(next)) if next.starts_with(':'));
                    text.push(if drive { 'C' } else { '1' });
                }
                GlobPart::Many => {
                    let next = match parts.get(at + 1) {
                        Some(GlobPart::Literal(next)) => next.as_str(),
                        Some(GlobPart::One | GlobPart::Many) | None => "",
                    };
                    let fill = if at == 0 {
                        self.head(field, next)
                    } else if at + 1 == parts.len() {
                        tail(field, &text)
                    } else {
                        middle(field, &text, next)
                    };
                    text.push_str(&fill);
                }
            }
        }
        text
    }

    /// What may stand before a text.
    fn head(&self, field: &str, next: &str) -> String {
        let text = match next.chars().next() {
            Some('\\') if field.contains("registry") => "HKLM",
            Some('\\') if is_path(field) && next.starts_with("\\Users") => "C:",
            Some('\\') if is_path(field) => "C:\\Users\\alice",
            Some('/') if is_path(field) => "/opt",
            Some(_) if is_path(field) && self.system == System::Windows => "C:\\Windows\\",
            Some(_) if is_path(field) => "/usr/bin/",
            Some(' ') if is_command(field) => "example",
            Some(_) if is_command(field) && self.system == System::Windows => "cmd.exe /c ",
            Some(_) if is_command(field) => "sh -c ",
            Some('.' | '-' | '_' | '/' | ':' | '@' | ' ' | '\\') => "example",
            Some(_) | None => "",
        };
        text.to_owned()
    }

    /// Values for a field that only has to be there.
    pub(super) fn any_value(&self, field: &str, column: Option<&Column>) -> Vec<Value> {
        self.usual(field, column.map_or(Kind::Keyword, |column| column.kind))
    }

    /// Values that a field often has, by its name, else by what its column holds.
    pub(super) fn usual(&self, field: &str, kind: Kind) -> Vec<Value> {
        let known = known(field);
        if !known.is_empty() {
            return known.iter().map(|value| json!(value)).collect();
        }
        match kind {
            Kind::Long => {
                vec![json!(4312), json!(1), json!("2026-01-05T10:00:00.000Z"), json!(true)]
            }
            Kind::Double => vec![json!(12.5)],
            Kind::Ip => vec![json!("192.0.2.10"), json!("198.51.100.24"), json!("2001:db8::10")],
            Kind::Keyword | Kind::Text | Kind::Absent => {
                let texts = self.texts(field);
                let (before, after) = texts.split_at(self.choice.start(field, texts.len()));
                after.iter().chain(before).map(|value| json!(value)).collect()
            }
        }
    }

    fn texts(&self, field: &str) -> &'static [&'static str] {
        let windows = self.system == System::Windows;
        let last = field.rsplit('.').next().unwrap_or(field);
        if field.ends_with("dataset") {
            return &["example.log"];
        }
        if field.ends_with("process.name") || field.ends_with("parent.name") {
            return if windows { &["notepad.exe", "explorer.exe"] } else { &["ls", "sshd"] };
        }
        match last {
            "executable" if windows => {
                &["C:\\Windows\\System32\\notepad.exe", "C:\\Windows\\explorer.exe"]
            }
            "executable" => &["/usr/bin/ls", "/usr/sbin/sshd"],
            "path" if field.contains("registry") => {
                &["HKLM\\SOFTWARE\\Example\\Settings", "HKU\\S-1-5-18\\Software\\Example"]
            }
            "path" if windows => &["C:\\Users\\alice\\Documents\\notes.txt", "C:\\Temp\\notes.txt"],
            "path" => &["/home/alice/notes.txt", "/srv/example/notes.txt"],
            "working_directory" | "directory" if windows => &["C:\\Users\\alice"],
            "working_directory" | "directory" => &["/home/alice"],
            "command_line" if windows => &["notepad.exe notes.txt", "explorer.exe"],
            "command_line" => &["ls -l", "sshd -D"],
            "args" if windows => &["notepad.exe", "notes.txt"],
            "args" => &["ls", "-l"],
            "original_file_name" | "pe_original_file_name" => &["NOTEPAD.EXE", "Explorer.EXE"],
            "sha256" => &["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
            "sha1" => &["a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"],
            "md5" => &["098f6bcd4621d373cade4e832627b4f6"],
            "subject_name" => &["Example Ltd", "Another Ltd"],
            "arn" => {
                &["arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:role/app"]
            }
            "email" => &["alice@example.com", "bob@example.org"],
            "domain" if field.contains("user") => &["EXAMPLE", "WORKGROUP"],
            "domain" | "registered_domain" => &["example.com", "example.org"],
            "entity_id" => &["Zm9vYmFyLTEyMzQ", "Zm9vYmFyLTU2Nzg"],
            "extension" => &["txt", "log"],
            "action" => &["example-action", "another-action"],
            "name" if field.contains("question") => &["www.example.com", "www.example.org"],
            "name" if field.contains("file") => &["notes.txt", "example.log"],
            "name" if field.contains("user") => &["alice", "bob"],
            "name" if field.contains("host") => &["host-1.example.com", "host-2.example.com"],
            "name" if field.ends_with("_leader.name") && !windows => &["bash", "sshd"],
            "name" if field.contains("group") => &["staff", "guests"],
            "id" if field.contains("user") && windows => {
                &["S-1-5-21-1111111111-2222222222-3333333333-1001", "S-1-5-18"]
            }
            "id" if field.contains("user") && self.system != System::Other => &["1000", "1001"],
            "id" if field.contains("account") => &["123456789012", "210987654321"],
            "id" => &["a1b2c3d4-0001", "a1b2c3d4-0002"],
            "original" if field.contains("user_agent") => &["Mozilla/5.0 (X11; Linux x86_64)"],
            "original" | "full" if field.contains("url") => {
                &["https://www.example.com/", "https://example.org/a"]
            }
            "country_iso_code" => &["NO", "NZ"],
            "country_name" => &["Norway", "New Zealand"],
            "region" => &["eu-north-1", "us-east-1"],
            _ => &["example", "another"],
        }
    }

    /// Where a program of that name is.
    pub(super) fn folder(&self, name: &str) -> String {
        match self.system {
            System::Windows => format!("C:\\Windows\\System32\\{name}"),
            System::Linux | System::Macos | System::Other => format!("/usr/bin/{name}"),
        }
    }

    /// Who and where the events of a rule are: a user, a machine, an address.
    pub(super) fn names(&self) -> [&'static str; 3] {
        let at = |list: &[&'static str], what: &str| {
            list.get(self.choice.start(what, list.len())).copied().unwrap_or_default()
        };
        [at(&USERS, "user"), at(&HOSTS, "host"), at(&ADDRESSES, "ip")]
    }

    /// A program of the system, and one that starts others.
    pub(super) fn usual_programs(&self) -> (&'static str, &'static str) {
        match self.system {
            System::Windows => ("notepad.exe", "explorer.exe"),
            System::Macos => ("ls", "zsh"),
            System::Linux | System::Other => ("ls", "bash"),
        }
    }
}

const USERS: [&str; 4] = ["alice", "bob", "carol", "dave"];
const HOSTS: [&str; 3] = ["host-1.example.com", "host-2.example.com", "host-3.example.com"];
const ADDRESSES: [&str; 3] = ["192.0.2.10", "198.51.100.24", "203.0.113.7"];

/// The dataset in the name of a data stream.
pub(super) fn dataset(index: &str) -> Option<&str> {
    let index = index.split_once(':').map_or(index, |(_, local)| local);
    let mut parts = index.splitn(3, '-');
    let (kind, dataset) = (parts.next()?, parts.next()?);
    parts.next()?;
    ["logs", "metrics", "traces"].contains(&kind).then_some(dataset)
}

fn is_file(field: &str) -> bool {
    ["path", "executable"].iter().any(|end| field.ends_with(end)) && !field.contains("registry")
}

fn is_path(field: &str) -> bool {
    is_file(field) || field.ends_with("directory")
}

fn is_command(field: &str) -> bool {
    field.contains("command_line") || field.contains("script_block")
}

/// What ECS allows for a field; the usual first.
fn known(field: &str) -> &'static [&'static str] {
    match field {
        "event.kind" => &["event", "alert", "state"],
        "event.category" => {
            &["process", "file", "network", "authentication", "registry", "iam", "configuration"]
        }
        "event.type" => {
            &["start", "end", "change", "creation", "deletion", "access", "info", "allowed"]
        }
        "event.outcome" => &["success", "failure", "unknown"],
        "host.os.type" => &["linux", "windows", "macos"],
        "host.os.family" => &["debian", "windows", "darwin"],
        "host.os.platform" => &["ubuntu", "windows", "darwin"],
        "network.direction" => &["egress", "ingress", "internal", "external"],
        "network.transport" => &["tcp", "udp", "icmp"],
        "network.protocol" => &["http", "dns", "tls", "ssh"],
        "network.type" => &["ipv4", "ipv6"],
        "cloud.provider" => &["aws", "azure", "gcp"],
        "http.request.method" => &["GET", "POST", "PUT", "DELETE"],
        _ => &[],
    }
}

/// What may stand after a text.
fn tail(field: &str, before: &str) -> String {
    let text = match before.chars().last() {
        Some('\\') if is_file(field) => "example.exe",
        Some('.' | '-' | '_' | ':' | '@' | '=' | '/' | '\\' | ' ') => "example",
        Some(_) if is_command(field) => " example",
        Some(_) | None => "",
    };
    text.to_owned()
}

/// What may stand between two texts.
fn middle(field: &str, before: &str, next: &str) -> String {
    let last = before.chars().last();
    let first = next.chars().next();
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let text = match (last, first) {
        (_, Some(':' | '/')) if before.ends_with("http") => "://www.example.com",
        (_, Some(':' | '/')) if before.ends_with("wss:") => "//www.example.com",
        (Some('\\'), Some('\\')) | (Some('/'), Some('/')) if before.ends_with("sers\\") => "alice",
        (Some('/'), Some('/')) if before.ends_with("home/") || before.ends_with("sers/") => "alice",
        (Some('\\' | '/'), _) | (_, Some('\\' | '/')) => "example",
        (Some(' '), Some(' ')) if is_command(field) => "--example",
        (Some(' '), _) | (_, Some(' ')) if is_command(field) => "",
        _ if is_command(field) => " ",
        _ if word(last) && word(first) => "-",
        _ => "example",
    };
    text.to_owned()
}
