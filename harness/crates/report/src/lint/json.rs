//! Findings as one JSON object.

use std::io::{self, Write};

use harness_quality::lint::Finding;
use serde_json::{Value, json};

/// Writes `{"findings": […]}`.
///
/// # Errors
///
/// As `out`'s.
pub fn json(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<Value> = findings.iter().map(finding).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "findings": findings }))?;
    writeln!(out)
}

fn finding(finding: &Finding) -> Value {
    let (line, column) = finding.place();
    let fix = finding.fix.as_ref().map(|fix| {
        let edits = fix.edits.iter().map(
            |edit| json!({ "start": edit.span.start, "end": edit.span.end, "text": edit.text }),
        );
        json!({
            "title": fix.title,
            "safety": fix.safety.name(),
            "edits": edits.collect::<Vec<_>>(),
        })
    });
    let message = match &finding.help {
        Some(help) => format!("{}; {help}", finding.message),
        None => finding.message.clone(),
    };
    json!({
        "code": finding.code,
        "level": finding.level.name(),
        "rule": finding.rule,
        "path": finding.path,
        "line": line,
        "column": column,
        "message": message,
        "evidence": finding.evidence,
        "fix": fix,
    })
}
