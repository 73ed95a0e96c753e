//! Values that a reviewer finds plausible: by field, and by what a pattern asks for.

use serde_json::{Value, json};

use harness_predicate::{Kind, Leaf, Test};
use harness_text::pattern::Pattern;
use harness_text::pattern::glob::{Glob, GlobPart};

/// Values of a field that are tried first, so that these leaves are as wanted.
pub(super) fn values(field: &str, wanted: &[(Leaf, bool)]) -> Vec<Value> {
    let mut values = Vec::new();
    let passing = wanted.iter().filter(|(_, holds)| *holds).map(|(leaf, _)| leaf);
    let mut is_asked = false;
    for leaf in passing {
        match &leaf.test {
            Test::Exists => {}
            Test::Term(Pattern::Glob(glob, _)) => {
                is_asked = true;
                values.push(json!(filled(field, glob)));
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
    if !is_asked {
        let kind = wanted.first().map_or(Kind::Keyword, |(leaf, _)| leaf.column.kind);
        values.extend(usual(field, kind));
    }
    values
}

/// Text for a pattern, with something between what it states.
fn filled(field: &str, glob: &Glob) -> String {
    let parts = glob.parts();
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            GlobPart::Literal(literal) => text.push_str(literal),
            GlobPart::One => text.push('1'),
            GlobPart::Many => {
                let next = match parts.get(at + 1) {
                    Some(GlobPart::Literal(next)) => next.as_str(),
                    Some(GlobPart::One | GlobPart::Many) | None => "",
                };
                let fill = if at == 0 {
                    head(field, next)
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

fn is_path(field: &str) -> bool {
    ["path", "executable", "directory"].iter().any(|end| field.ends_with(end))
}

fn is_command(field: &str) -> bool {
    field.contains("command_line") || field.ends_with("args")
}

/// What may stand before a text.
fn head(field: &str, next: &str) -> String {
    if is_path(field) || next.starts_with('\\') {
        if next.contains('\\') || next.ends_with(".exe") || next.ends_with(".dll") {
            let joined = if next.starts_with('\\') { "C:" } else { "C:\\Windows\\" };
            return if next.starts_with("\\Users") || !next.starts_with('\\') {
                joined.to_owned()
            } else {
                "C:\\Users\\alice".to_owned()
            };
        }
        return if next.starts_with('/') { "/usr".to_owned() } else { "/tmp/".to_owned() };
    }
    if is_command(field) && !next.starts_with(' ') {
        return "cmd ".to_owned();
    }
    match next.chars().next() {
        Some('.' | '-' | '_' | '/' | ':' | '@' | ' ') => "example".to_owned(),
        Some(_) | None => String::new(),
    }
}

/// What may stand after a text.
fn tail(field: &str, before: &str) -> String {
    let ends = |c: char| before.ends_with(c);
    if is_path(field) || ends('\\') || ends('/') {
        if ends('\\') {
            return "example.exe".to_owned();
        }
        if ends('/') {
            return "example".to_owned();
        }
    }
    match before.chars().last() {
        Some('.' | '-' | '_' | ':' | '@' | '=') => "example".to_owned(),
        Some(' ') => "1".to_owned(),
        Some(_) | None => String::new(),
    }
}

/// What may stand between two texts.
fn middle(field: &str, before: &str, next: &str) -> String {
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if is_command(field) {
        return if before.ends_with(' ') || next.starts_with(' ') {
            "x".into()
        } else {
            " ".into()
        };
    }
    if before.ends_with('\\') && next.starts_with('\\') {
        return "alice".to_owned();
    }
    if before.ends_with('/') && next.starts_with('/') {
        return "alice".to_owned();
    }
    let joins = word(before.chars().last()) && word(next.chars().next());
    if joins { "-".to_owned() } else { "x".to_owned() }
}

/// What ECS allows for a field, or what is often there; the usual first.
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

/// Values that a field often has, by its name, else by what its column holds.
pub(super) fn usual(field: &str, kind: Kind) -> Vec<Value> {
    let known = known(field);
    if !known.is_empty() {
        return known.iter().map(|value| json!(value)).collect();
    }
    match kind {
        Kind::Long => vec![json!(4312), json!(1), json!("2026-01-05T10:00:00.000Z"), json!(true)],
        Kind::Double => vec![json!(12.5)],
        Kind::Ip => vec![json!("192.0.2.10"), json!("198.51.100.24"), json!("2001:db8::10")],
        Kind::Keyword | Kind::Text | Kind::Absent => {
            texts(field).iter().map(|value| json!(value)).collect()
        }
    }
}

fn texts(field: &str) -> &'static [&'static str] {
    let last = field.rsplit('.').next().unwrap_or(field);
    if field.ends_with("process.name") || field.ends_with("process.parent.name") {
        return &["example.exe", "sample"];
    }
    match last {
        "executable" | "path" => &["/usr/bin/example", "C:\\Program Files\\Example\\example.exe"],
        "command_line" => &["example --run", "example.exe /run"],
        "args" => &["example", "--run"],
        "sha256" => &["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        "sha1" => &["a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"],
        "md5" => &["098f6bcd4621d373cade4e832627b4f6"],
        "arn" => &["arn:aws:iam::123456789012:user/alice"],
        "email" => &["alice@example.com", "bob@example.org"],
        "domain" => &["example.com", "example.org"],
        "entity_id" => &["Zm9vYmFyLTEyMzQ", "Zm9vYmFyLTU2Nzg"],
        "extension" => &["txt", "exe"],
        "name" if field.contains("user") => &["alice", "bob"],
        "name" if field.contains("host") => &["host-1.example.com", "host-2.example.com"],
        "id" => &["a1b2c3d4-0001", "a1b2c3d4-0002"],
        _ => &["example", "another"],
    }
}

/// What events of an index have, whatever they are about.
pub(super) fn skeleton(index: &str) -> Vec<(&'static str, Value)> {
    let on_hosts =
        ["endpoint", "windows", "system", "auditd", "winlogbeat", "auditbeat", "endgame"];
    if on_hosts.iter().any(|name| index.contains(name)) {
        return vec![
            ("host.id", json!("7d3f0c52-51a4-4f0e-9b0a-6f2f4c1d9a10")),
            ("host.name", json!("host-1.example.com")),
            ("user.id", json!("S-1-5-21-1111111111-2222222222-3333333333-1001")),
            ("user.name", json!("alice")),
        ];
    }
    Vec::new()
}
