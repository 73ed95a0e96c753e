//! ES|QL of production rules, where they are at hand: every query parses, and
//! what does not plan is known by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::shared;
use harness::compile::esql::{Pipeline, compile};
use harness::compile::{Context, Now};
use harness::diagnostic::Severity;
use harness::esql::memory::{Document, MemorySource};
use harness::esql::run::{RunOptions, run};
use harness::esql::search::{Search, SearchFunctions};
use harness::event::Event;
use harness::files;
use harness::ir::Part;
use harness::rule::model::Rule;
use harness::rule::names::Language;
use harness::rule::tree;
use harness::schema::{Base, Home, Schema, table};

fn rules(shared: &Path) -> Vec<Rule> {
    let tree = tree::load_tree(&shared.join("corpus/rules"));
    let rules = tree.rules.into_iter().filter_map(|loaded| loaded.rule);
    rules.filter(|rule| rule.language == Some(Language::Esql)).collect()
}

fn events(shared: &Path) -> Vec<Event> {
    let mut events = Vec::new();
    for file in files::find(&shared.join("corpus/events"), &["*.ndjson"], &mut Vec::new()) {
        let text = files::read(&file.path).expect("readable events");
        events.extend(harness::case::parse(&text).expect("events"));
    }
    events
}

/// Finds nothing, or everything.
struct Always(bool, usize);

impl SearchFunctions for Always {
    fn matches(&self, _: &Search) -> Result<Vec<bool>, harness::diagnostic::Diagnostic> {
        Ok(vec![self.0; self.1])
    }
}

fn text(rule: &Rule) -> &str {
    rule.query.as_ref().map_or("", |query| query.text.as_str())
}

/// Runs a pipeline over events; its errors, with full-text functions that find
/// nothing and everything.
fn failures(pipeline: &Pipeline, events: &[Event]) -> Vec<String> {
    let documents: Vec<_> = events.iter().map(Document::from).collect();
    let source = MemorySource::read(&pipeline.fields, &documents);
    let options = RunOptions { now: 1_767_225_600_000, ..RunOptions::default() };
    let search = [false, true].map(|found| Always(found, events.len()));
    let runs = search.iter().map(|search| run(&pipeline.plan, &source, search, &options));
    runs.filter_map(|result| result.err().map(|error| error.to_string())).collect()
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
#[expect(clippy::print_stdout, reason = "the list is the point")]
fn queries_of_production_rules_plan_and_run() {
    let shared = shared::folder("corpus/rules");
    let events = events(&shared);
    let mut schema = Schema::new(Base::Embedded);
    events.iter().for_each(|event| {
        schema.observe(&event.source, event.index.as_deref().map(Home::of).unwrap_or_default());
    });
    let context = Context { schema: &schema, part: Part::Query, now: Now::at(0) };
    let mut rules_by_column: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut parsed, mut planned, mut completion, mut refused) = (0, 0, 0, 0);
    for rule in rules(&shared) {
        let query = text(&rule);
        harness::query::esql::parse(query).unwrap_or_else(|error| panic!("{}: {error}", rule.name));
        parsed += 1;
        let whole = compile(query, context, false, &[]);
        if let Err(errors) = &whole
            && errors.iter().any(|error| error.code == "esql-completion")
        {
            completion += 1;
        }
        // With an answer at hand, the rule has to run.
        match whole.or_else(|_| compile(query, context, true, &[])) {
            Err(errors) => {
                for error in errors {
                    assert_eq!(error.severity, Severity::Unsupported, "{}: {error}", rule.name);
                    let column = error.message.strip_prefix("Unknown column [");
                    let column = column.and_then(|rest| rest.split(']').next());
                    let column = column.unwrap_or_else(|| panic!("{}: {error}", rule.name));
                    rules_by_column.entry(column.to_owned()).or_default().insert(rule.name.clone());
                }
                refused += 1;
            }
            Ok((_, pipeline)) => {
                planned += 1;
                for events in [&[][..], &events] {
                    let failed = failures(&pipeline, events);
                    assert_eq!(failed, Vec::<String>::new(), "{}", rule.name);
                }
            }
        }
    }
    println!("{parsed} parsed, {planned} planned and run, {completion} ask a model");
    println!("{refused} name columns whose type no source states:");
    let typed = typed_fields(&shared);
    for (column, rules) in &rules_by_column {
        let known = MISSING.iter().find(|(name, _)| name == column);
        let (_, cause) = known.unwrap_or_else(|| panic!("{column} has no cause"));
        let rules: Vec<_> = rules.iter().map(String::as_str).collect();
        println!("  {column}: {} ({})", cause.told(), rules.join("; "));
        assert!(cause.holds(column, &schema), "{column}: {cause:?}");
        assert!(!typed.contains(column), "{column}: rule-field-types.csv has its type");
    }
    let found: Vec<&str> = rules_by_column.keys().map(String::as_str).collect();
    assert_eq!(found, MISSING.map(|(name, _)| name), "a cause for each column, in order");
    assert_eq!(parsed, planned + refused);
}

/// The fields whose type the corpus' own list states.
fn typed_fields(shared: &Path) -> BTreeSet<String> {
    let list = files::read(&shared.join("corpus/rule-field-types.csv")).expect("a list");
    let rows = list.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let typed = rows.filter(|row| row.get(2).is_some_and(|ty| !ty.is_empty()));
    typed.filter_map(|row| row.first().map(|name| (*name).to_owned())).collect()
}

/// Why the embedded table lacks a column.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// The lists have fields of its package below this path, but not this one.
    NotListed(&'static str),
    /// The lists have no field at all below this path.
    NoPackage(&'static str),
    /// The lists have it under this name.
    Elsewhere(&'static str),
}

impl Cause {
    fn told(self) -> String {
        match self {
            Self::NotListed(path) => format!("the lists have other fields of {path}"),
            Self::NoPackage(path) => format!("the lists have no field of {path}"),
            Self::Elsewhere(name) => format!("the lists have {name}"),
        }
    }

    /// Whether the embedded table bears it out.
    fn holds(self, column: &str, schema: &Schema) -> bool {
        let below = |path: &str| table::below(&format!("{path}.")).next().is_some();
        let inside = |path: &str| column.starts_with(&format!("{path}."));
        let here = match self {
            Self::NotListed(path) => inside(path) && below(path),
            Self::NoPackage(path) => inside(path) && !below(path),
            Self::Elsewhere(name) => column.ends_with(name) && schema.field(name).is_some(),
        };
        here && table::field(column).is_none()
    }
}

/// The columns of production rules that the embedded table lacks, in order.
/// `schemas/` has no type of them: where the lists end, the harness must not
/// guess, so their rules wait for a mapping.
const MISSING: [(&str, Cause); 24] = [
    ("application.name", Cause::NoPackage("application")),
    ("aws.bedrock_agentcore.operation", Cause::NoPackage("aws.bedrock_agentcore")),
    ("aws.bedrock_agentcore.request_payload.prompt", Cause::NoPackage("aws.bedrock_agentcore")),
    ("aws.cloudtrail.session_credential_from_console", Cause::NotListed("aws.cloudtrail")),
    (
        "azure.aadgraphactivitylogs.properties.actor_type",
        Cause::NoPackage("azure.aadgraphactivitylogs"),
    ),
    (
        "azure.aadgraphactivitylogs.properties.api_version",
        Cause::NoPackage("azure.aadgraphactivitylogs"),
    ),
    (
        "azure.aadgraphactivitylogs.properties.app_id",
        Cause::NoPackage("azure.aadgraphactivitylogs"),
    ),
    (
        "azure.aadgraphactivitylogs.properties.client_auth_method",
        Cause::NoPackage("azure.aadgraphactivitylogs"),
    ),
    (
        "azure.aadgraphactivitylogs.properties.scopes",
        Cause::NoPackage("azure.aadgraphactivitylogs"),
    ),
    (
        "azure.aadgraphactivitylogs.properties.session_id",
        Cause::NoPackage("azure.aadgraphactivitylogs"),
    ),
    (
        "azure.aadgraphactivitylogs.properties.sign_in_activity_id",
        Cause::NoPackage("azure.aadgraphactivitylogs"),
    ),
    ("gen_ai.guardrail_id", Cause::NotListed("gen_ai")),
    ("gen_ai.request.model.id", Cause::NotListed("gen_ai")),
    ("network_traffic.dhcpv4.client_mac", Cause::Elsewhere("dhcpv4.client_mac")),
    ("network_traffic.dhcpv4.option.message_type", Cause::Elsewhere("dhcpv4.option.message_type")),
    (
        "network_traffic.dhcpv4.option.server_identifier",
        Cause::Elsewhere("dhcpv4.option.server_identifier"),
    ),
    ("network_traffic.dhcpv4.transaction_id", Cause::Elsewhere("dhcpv4.transaction_id")),
    ("o365.audit.AuthenticationType", Cause::NotListed("o365.audit")),
    ("o365.audit.Platform", Cause::NotListed("o365.audit")),
    ("o365.audit.Target.Type", Cause::NotListed("o365.audit")),
    (
        "okta.authentication_context.root_session_id",
        Cause::NotListed("okta.authentication_context"),
    ),
    ("powershell.file.script_block_unique_symbols", Cause::NotListed("powershell.file")),
    ("token.id", Cause::NoPackage("token")),
    ("winlog.event_data.RequestId", Cause::NotListed("winlog.event_data")),
];
