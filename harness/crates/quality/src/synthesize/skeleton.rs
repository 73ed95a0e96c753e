//! What an event of a data stream has beside what a rule asks for: who and where, and
//! the fields that have to fit others. All cases of a rule share it.

use serde_json::{Value, json};

use super::suggest::{Context, System, dataset};
use harness_model::event::Event;

/// A field, and what it has; `{user}`, `{host}` and `{ip}` are the same in all events.
type Filled = (&'static str, Fill);

/// A value.
enum Fill {
    Text(&'static str),
    List(&'static [&'static str]),
    Number(i64),
}

use Fill::{List, Number, Text};

/// By the beginning of a dataset; all that fit are taken, the first of a field counts.
const STREAMS: [(&str, &[Filled]); 25] = [
    (
        "endpoint.events.process",
        &[
            ("event.category", List(&["process"])),
            ("event.type", List(&["start"])),
            ("process.pid", Number(4312)),
            ("process.parent.pid", Number(2104)),
            ("process.parent.entity_id", Text("Zm9vYmFyLTIxMDQ")),
        ],
    ),
    (
        "endpoint.events.file",
        &[
            ("event.category", List(&["file"])),
            ("event.type", List(&["change"])),
            ("process.pid", Number(4312)),
        ],
    ),
    (
        "endpoint.events.network",
        &[
            ("event.category", List(&["network"])),
            ("event.type", List(&["start"])),
            ("network.transport", Text("tcp")),
            ("source.ip", Text("192.0.2.10")),
            ("source.port", Number(49_812)),
            ("destination.ip", Text("198.51.100.24")),
            ("destination.port", Number(443)),
            ("process.pid", Number(4312)),
        ],
    ),
    (
        "endpoint.events.registry",
        &[
            ("event.category", List(&["registry"])),
            ("event.type", List(&["change"])),
            ("process.pid", Number(4312)),
        ],
    ),
    (
        "endpoint.events.library",
        &[
            ("event.category", List(&["library"])),
            ("event.type", List(&["start"])),
            ("process.pid", Number(4312)),
        ],
    ),
    (
        "endpoint",
        &[
            ("agent.type", Text("endpoint")),
            ("agent.id", Text("5e9c0c1a-7c1f-4a55-9d6d-2b6f0a3c7e10")),
            ("process.entity_id", Text("Zm9vYmFyLTQzMTI")),
            ("event.outcome", Text("unknown")),
        ],
    ),
    (
        "aws.cloudtrail",
        &[
            ("cloud.provider", Text("aws")),
            ("cloud.account.id", Text("123456789012")),
            ("cloud.region", Text("eu-north-1")),
            ("aws.cloudtrail.event_type", Text("AwsApiCall")),
            ("aws.cloudtrail.recipient_account_id", Text("123456789012")),
            ("aws.cloudtrail.user_identity.type", Text("IAMUser")),
            ("aws.cloudtrail.user_identity.arn", Text("arn:aws:iam::123456789012:user/{user}")),
            ("event.outcome", Text("success")),
            ("source.ip", Text("{ip}")),
            ("user.name", Text("{user}")),
            ("user_agent.original", Text("aws-cli/2.15.0 Python/3.11.6 Linux/6.5.0")),
        ],
    ),
    (
        "azure.signinlogs",
        &[
            ("azure.signinlogs.category", Text("SignInLogs")),
            ("azure.signinlogs.properties.user_principal_name", Text("{user}@example.com")),
            ("event.category", List(&["authentication"])),
        ],
    ),
    (
        "azure",
        &[
            ("azure.tenant_id", Text("7d3f0c52-51a4-4f0e-9b0a-6f2f4c1d9a11")),
            ("cloud.provider", Text("azure")),
            ("event.outcome", Text("success")),
            ("source.ip", Text("{ip}")),
            ("user.name", Text("{user}@example.com")),
        ],
    ),
    (
        "gcp.audit",
        &[
            ("cloud.provider", Text("gcp")),
            ("cloud.project.id", Text("example-project")),
            ("client.user.email", Text("{user}@example.com")),
            ("event.outcome", Text("success")),
            ("source.ip", Text("{ip}")),
        ],
    ),
    (
        "github",
        &[
            ("github.org", Text("example")),
            ("github.repo", Text("example/app")),
            ("user.name", Text("{user}")),
        ],
    ),
    (
        "google_workspace",
        &[
            ("google_workspace.actor.type", Text("USER")),
            ("organization.id", Text("C0example")),
            ("source.ip", Text("{ip}")),
            ("source.user.email", Text("{user}@example.com")),
            ("user.name", Text("{user}")),
        ],
    ),
    (
        "kubernetes",
        &[
            ("kubernetes.audit.user.username", Text("{user}@example.com")),
            ("kubernetes.audit.stage", Text("ResponseComplete")),
            ("kubernetes.audit.verb", Text("get")),
            ("kubernetes.audit.requestURI", Text("/api/v1/namespaces/default/pods")),
            ("source.ip", Text("{ip}")),
        ],
    ),
    (
        "o365.audit",
        &[
            ("organization.id", Text("7d3f0c52-51a4-4f0e-9b0a-6f2f4c1d9a11")),
            ("event.outcome", Text("success")),
            ("source.ip", Text("{ip}")),
            ("user.id", Text("{user}@example.com")),
        ],
    ),
    (
        "okta",
        &[
            ("okta.actor.alternate_id", Text("{user}@example.com")),
            ("okta.actor.type", Text("User")),
            ("okta.authentication_context.external_session_id", Text("102example")),
            ("event.outcome", Text("success")),
            ("client.ip", Text("{ip}")),
            ("source.ip", Text("{ip}")),
            ("user.name", Text("{user}@example.com")),
        ],
    ),
    ("network_traffic", FLOW),
    ("packetbeat", FLOW),
    ("zeek", FLOW),
    ("suricata", FLOW),
    ("panw", FLOW),
    ("fortinet", FLOW),
    (
        "system.auth",
        &[
            ("event.category", List(&["authentication"])),
            ("process.name", Text("sshd")),
            ("source.ip", Text("{ip}")),
        ],
    ),
    (
        "system.security",
        &[
            ("winlog.channel", Text("Security")),
            ("winlog.provider_name", Text("Microsoft-Windows-Security-Auditing")),
            ("winlog.computer_name", Text("{host}")),
        ],
    ),
    ("windows", &[("winlog.computer_name", Text("{host}"))]),
    ("auditd", &[("process.pid", Number(4312)), ("event.outcome", Text("success"))]),
];

/// Of traffic between two machines.
const FLOW: &[Filled] = &[
    ("event.category", List(&["network"])),
    ("network.transport", Text("tcp")),
    ("source.ip", Text("{ip}")),
    ("source.port", Number(49_812)),
    ("destination.ip", Text("198.51.100.24")),
    ("destination.port", Number(443)),
];

/// The types that fit a category, the usual first, as ECS says.
const TYPES: [(&str, &str); 8] = [
    ("authentication", "start"),
    ("configuration", "change"),
    ("file", "change"),
    ("iam", "change"),
    ("library", "start"),
    ("network", "connection"),
    ("process", "start"),
    ("registry", "change"),
];

/// What an event of the rule's data stream has beside: fields that it lacks, and those
/// that have to fit others. What a rule reads is left as it is by whoever takes these,
/// one after the other.
pub(super) fn beside(context: &Context, event: &Event) -> Vec<(String, Value)> {
    let mut made = Made { event, found: Vec::new() };
    made.parts(context);
    let stream = event.index.as_deref().and_then(dataset);
    if let (Some(index), Some(stream)) = (&event.index, stream) {
        let local = index.split_once(':').map_or(index.as_str(), |(_, local)| local);
        made.add("data_stream.type", json!(local.split('-').next().unwrap_or(local)));
        made.add("data_stream.dataset", json!(stream));
        made.add("data_stream.namespace", json!("default"));
        made.add("event.dataset", json!(stream));
        made.add("event.module", json!(stream.split('.').next().unwrap_or(stream)));
    }
    made.add("event.kind", json!("event"));
    made.add("ecs.version", json!("8.17.0"));
    let [user, host, ip] = context.names();
    let put = |text: &str| {
        json!(text.replace("{user}", user).replace("{host}", host).replace("{ip}", ip))
    };
    let name = event.index.as_deref().unwrap_or_default();
    let stream = stream.unwrap_or(name);
    let category = made.text("event.category");
    for (field, fill) in
        STREAMS.iter().filter(|(start, _)| stream.starts_with(start)).flat_map(|(_, own)| *own)
    {
        // An event of another kind than is usual there has other fields.
        if *field == "event.type" && category.is_some() {
            continue;
        }
        made.add(
            field,
            match fill {
                Text(text) => put(text),
                List(texts) => json!(texts),
                Number(number) => json!(number),
            },
        );
    }
    let usual = TYPES.iter().find(|(own, _)| Some(*own) == category.as_deref());
    if let Some((_, ty)) = usual {
        made.add("event.type", json!([ty]));
    }
    if context.system != System::Other {
        made.add("host.os.type", json!(context.system.name()));
        made.add("host.name", json!(host));
        made.add("host.id", json!("7d3f0c52-51a4-4f0e-9b0a-6f2f4c1d9a10"));
        made.add("user.name", json!(user));
        if context.system == System::Windows {
            made.add("user.domain", json!("EXAMPLE"));
        }
    }
    made.found
}

struct Made<'e> {
    event: &'e Event,
    found: Vec<(String, Value)>,
}

impl Made<'_> {
    /// What a field has, in the event or by what was found.
    fn text(&self, field: &str) -> Option<String> {
        let found = self.found.iter().find(|(own, _)| own == field).map(|(_, value)| value);
        let value = self.event.first(field).or(found)?;
        let first = value.as_array().and_then(|values| values.first()).unwrap_or(value);
        first.as_str().map(str::to_owned)
    }

    fn texts(&self, field: &str) -> Vec<String> {
        self.event
            .values(field)
            .iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    }

    fn add(&mut self, field: &str, value: Value) {
        let known = self.found.iter().any(|(own, _)| own == field);
        if !known && self.event.first(field).is_none() {
            self.found.push((field.to_owned(), value));
        }
    }

    /// The parts of paths and command lines, and what they are parts of.
    fn parts(&mut self, context: &Context) {
        let stream = self.event.index.as_deref().unwrap_or_default();
        let is_machine = context.system != System::Other;
        if is_machine && stream.contains("endpoint.events.") {
            let (name, parent) = context.usual_programs();
            if self.text("process.executable").is_none() {
                self.add("process.name", json!(name));
            }
            if stream.contains("process") && self.text("process.parent.executable").is_none() {
                self.add("process.parent.name", json!(parent));
            }
        }
        for process in ["process", "process.parent"] {
            let (name, path) = (format!("{process}.name"), format!("{process}.executable"));
            match (self.text(&name), self.text(&path)) {
                (Some(name), None) => self.add(&path, json!(context.folder(&name))),
                (None, Some(path)) => self.add(&name, json!(base(&path))),
                (Some(_), Some(_)) | (None, None) => {}
            }
            self.command(process);
        }
        let is_bare = self.texts("process.args").is_empty();
        let is_process = is_machine && stream.contains("endpoint.events.process");
        if let Some(path) = self.text("process.executable").filter(|_| is_process && is_bare)
            && self.text("process.command_line").is_none()
        {
            self.add("process.args", json!([path]));
            self.add("process.command_line", json!(path));
        }
        match (self.text("file.path"), self.text("file.name")) {
            (Some(path), None) => self.add("file.name", json!(base(&path))),
            (None, Some(name)) => {
                let folder = match context.system {
                    System::Windows => "C:\\Users\\alice\\",
                    System::Macos => "/Users/alice/",
                    System::Linux | System::Other => "/home/alice/",
                };
                self.add("file.path", json!(format!("{folder}{name}")));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        let name = self.text("file.name").unwrap_or_default();
        if let Some((_, end)) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
            self.add("file.extension", json!(end));
        }
        let path = self.text("registry.path").unwrap_or_default();
        if let Some((key, value)) = path.rsplit_once('\\') {
            self.add("registry.value", json!(value));
            self.add("registry.key", json!(key));
        }
    }

    /// A command line of its words, and words of a command line.
    fn command(&mut self, process: &str) {
        let (line, args) = (format!("{process}.command_line"), format!("{process}.args"));
        let words = self.texts(&args);
        match (self.text(&line), words.is_empty()) {
            (Some(text), true) if !text.contains(['"', '\'']) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                self.add(&args, json!(words));
            }
            (None, false) => {
                let quoted = words.iter().map(|word| {
                    if word.contains(' ') { format!("\"{word}\"") } else { word.clone() }
                });
                let text = quoted.collect::<Vec<_>>().join(" ");
                // Words are often asked for without the program before them.
                let name = self.text(&format!("{process}.name"));
                let first = words.first().map(|word| base(word).to_lowercase());
                let named = name.filter(|name| first != Some(name.to_lowercase()));
                let text = named.map_or(text.clone(), |name| format!("{name} {text}"));
                self.add(&line, json!(text));
            }
            (Some(_), _) | (None, true) => {}
        }
    }
}

/// The last part of a path.
fn base(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}
