//! Findings as SARIF 2.1.0, for code scanning.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use harness_quality::lint::{Code, Finding, Level};
use harness_source::span::{Span, line_column};
use serde_json::{Value, json};

use crate::checkout::Checkout;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes a log with one run.
///
/// # Errors
///
/// As `out`'s.
pub fn sarif(findings: &[Finding], checkout: &Checkout, out: &mut dyn Write) -> io::Result<()> {
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        codes.insert(finding.code, 0);
    }
    codes.values_mut().enumerate().for_each(|(at, number)| *number = at);
    let rules: Vec<Value> = codes.keys().map(|code| rule(code)).collect();
    let results: Vec<Value> =
        findings.iter().map(|finding| result(finding, codes[finding.code], checkout)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "harness",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn rule(code: &str) -> Value {
    match Code::named(code).map(Code::about) {
        Some(about) => json!({
            "id": code,
            "shortDescription": { "text": about.title },
            "fullDescription": { "text": about.why },
            "defaultConfiguration": { "level": level(about.level) },
        }),
        None => json!({ "id": code }),
    }
}

/// SARIF's words are ours.
fn level(level: Level) -> &'static str {
    level.name()
}

fn result(finding: &Finding, rule: usize, checkout: &Checkout) -> Value {
    let mut text = finding.message.clone();
    if let Some(help) = &finding.help {
        text = format!("{text}; {help}");
    }
    let location = json!({ "uri": uri(&checkout.link(&finding.path)) });
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": level(finding.level),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": location,
            "region": region(&finding.text, finding.span),
        } }],
        "partialFingerprints": { "rule/v1": format!("{}:{}", finding.rule, finding.code) },
    });
    if let Some(fix) = &finding.fix {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                json!({
                    "deletedRegion": region(&finding.text, edit.span),
                    "insertedContent": { "text": edit.text },
                })
            })
            .collect();
        result["fixes"] = json!([{
            "description": { "text": fix.title },
            "artifactChanges": [{ "artifactLocation": location, "replacements": replacements }],
        }]);
    }
    if let Some(event) = &finding.evidence {
        result["properties"] = json!({ "evidence": event });
    }
    result
}

fn region(text: &str, span: Span) -> Value {
    let (line, column) = line_column(text, span.start);
    let (end_line, end_column) = line_column(text, span.end.max(span.start));
    json!({
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut text = String::new();
    for byte in path.bytes() {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
