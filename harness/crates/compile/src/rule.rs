//! A rule and a schema to what it asks of an event.

use std::cell::Cell;
use std::sync::Arc;

pub(super) use super::condition::{Findings, conjunction};
pub use super::condition::{compile_filter, compile_kql, compile_lucene};
use super::esql::{self, Pipeline};
use super::program::RuleProgram;
use super::unknown::{self, UnknownField};
use super::{Context, Now, constant, eql, rule_type};
use harness_model::schema::Schema;
use harness_predicate::plan::{PipelinePlan, Plan, TermField};
use harness_predicate::{Part, Predicate};
use harness_query as query;
use harness_rule::model::Rule;
use harness_rule::names::{Language, RuleType};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_source::{effort, limits};

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct CompiledRule {
    /// What it does with events; `None` after an error.
    pub program: Option<RuleProgram>,
    /// What is wrong, or why the rule cannot be judged, with its place.
    pub diagnostics: Vec<(Part, Diagnostic)>,
    /// The fields that suppression groups alerts by; ES|QL has columns of its own.
    pub grouping: Vec<TermField>,
    /// The fields that it names and nothing knows.
    pub unknown: Vec<UnknownField>,
    /// Whether the program depends on the time of the run.
    pub uses_now: bool,
}

impl CompiledRule {
    /// The plan of a rule that has conditions.
    pub fn plan(&self) -> Option<&Plan> {
        self.program.as_ref()?.plan()
    }

    /// The pipeline of an ES|QL rule.
    pub fn pipeline(&self) -> Option<&Pipeline> {
        self.program.as_ref()?.pipeline().map(|pipeline| &**pipeline)
    }
}

/// What a rule's cases say about the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The time of the run in milliseconds since 1970.
    pub now: i64,
    /// The cases state what a model answers to `COMPLETION`.
    pub completion: bool,
    /// The cases state what anomaly jobs recorded.
    pub anomalies: bool,
}

impl From<i64> for Given {
    /// A run at that time.
    fn from(now: i64) -> Self {
        Self { now, ..Self::default() }
    }
}

/// Compiles a rule, given the time of the run.
pub fn compile_rule(rule: &Rule, schema: &Schema, given: impl Into<Given>) -> CompiledRule {
    let given = given.into();
    effort::within(limits::RULE_STEPS, || compiled(rule, schema, given)).unwrap_or_else(|| {
        let help = "its regular expressions or the fields of its patterns are too many together: \
                    make it several rules";
        let span = rule.query.as_ref().map_or(Span::default(), |query| query.span);
        let found = effort::given_up(limits::RULE_STEPS, "compiling it", span);
        let found = match limits::RULE_STEPS.more() {
            Some(more) => found.with_help(format!("{help}; {more}")),
            None => found.with_help(help),
        };
        CompiledRule {
            program: None,
            diagnostics: vec![(Part::File, found)],
            grouping: Vec::new(),
            uses_now: false,
            unknown: Vec::new(),
        }
    })
}

fn compiled(rule: &Rule, schema: &Schema, given: Given) -> CompiledRule {
    let Given { now, completion, anomalies } = given;
    let asked = Cell::new(false);
    let now = Now::watched(now, &asked);
    let mut diagnostics = Vec::new();
    let query = query(rule, Context { schema, part: Part::Query, now }, completion);
    // Its columns are known where only a filter is wrong.
    let pipeline = query.as_ref().ok().and_then(RuleProgram::pipeline).cloned();
    let base = filtered(query, rule, schema, now, &mut diagnostics);
    let program = if anomalies && rule.rule_type == RuleType::MachineLearning {
        base
    } else {
        rule_type::extend(rule, base, schema, now, &mut diagnostics)
    };
    let grouping = rule_type::grouping(rule, schema, &mut diagnostics);
    let unknown = unknown::of_rule(rule, program.as_ref(), pipeline.as_deref(), schema);
    let findings = unknown.iter().filter_map(|one| Some((one.part, one.finding(schema)?)));
    diagnostics.extend(findings);
    let context = Context { schema, part: Part::Query, now };
    let constant = constant::of_rule(rule, program.as_ref(), context, &eql_options(rule, schema));
    diagnostics.extend(constant.into_iter().map(|found| (Part::Query, found)));
    CompiledRule { program, diagnostics, grouping, unknown, uses_now: asked.get() }
}

/// The pipeline of a rule, or what would be it if its query had this text.
///
/// # Errors
///
/// As [`esql::compile`].
pub fn pipelined(
    rule: &Rule,
    text: &str,
    context: Context<'_>,
    completion: bool,
) -> Result<(PipelinePlan, Pipeline), Vec<Diagnostic>> {
    let groups = rule.alert_suppression.iter().flat_map(|suppression| &suppression.group_by);
    let groups: Vec<&str> = groups.map(|field| field.value.as_str()).collect();
    esql::compile(text, context, completion, &groups)
}

/// A query with the filters of its rule.
fn filtered(
    query: Result<RuleProgram, Vec<Diagnostic>>,
    rule: &Rule,
    schema: &Schema,
    now: Now<'_>,
    found: &mut Findings,
) -> Option<RuleProgram> {
    let program = query.map_err(|errors| {
        found.extend(errors.into_iter().map(|error| (Part::Query, error)));
    });
    let filter = conjunction(&rule.filters, Part::Filter, schema, now, found);
    Some(program.ok()?.restrict(&filter?))
}

/// The plan of a rule that states no query.
const EVERY: Plan = Plan::Filter(Predicate::Const(true));

fn query(
    rule: &Rule,
    context: Context<'_>,
    completion: bool,
) -> Result<RuleProgram, Vec<Diagnostic>> {
    let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
    let plan = match (rule.rule_type, rule.language) {
        (_, Some(Language::Esql)) => {
            let (documents, pipeline) = pipelined(rule, text, context, completion)?;
            return Ok(RuleProgram::Pipeline { documents, pipeline: Arc::new(pipeline) });
        }
        (RuleType::MachineLearning | RuleType::Correlation, _) => Ok(EVERY),
        (RuleType::Query, _) if rule.query.is_none() => Ok(EVERY),
        (_, Some(Language::Kuery) | None) => compile_kql(text, context).map(Plan::Filter),
        (_, Some(Language::Lucene)) => compile_lucene(text, context).map(Plan::Filter),
        (_, Some(Language::Eql)) => {
            let options = eql_options(rule, context.schema);
            eql::compile(&query::eql::parse(text)?, context, &options).map(Plan::Eql)
        }
    };
    plan.map(RuleProgram::Conditions)
}

/// How the EQL query of a rule is compiled.
fn eql_options<'a>(rule: &'a Rule, schema: &Schema) -> eql::Options<'a> {
    let category = rule.eql.event_category.as_ref();
    eql::Options {
        category_field: category.map_or(eql::CATEGORY_FIELD, |field| field.as_str()),
        unmapped: schema.unmapped,
    }
}

/// The query and the filters of a rule, or all that is wrong with them; what
/// the rule type adds is left out.
///
/// # Errors
///
/// What keeps the query or a filter from being compiled.
pub fn compile_base(
    rule: &Rule,
    schema: &Schema,
    now: i64,
) -> Result<RuleProgram, Vec<Diagnostic>> {
    let (mut found, now) = (Vec::new(), Now::at(now));
    let query = query(rule, Context { schema, part: Part::Query, now }, false);
    let program = filtered(query, rule, schema, now, &mut found);
    program.ok_or_else(|| found.into_iter().map(|(_, found)| found).collect())
}
