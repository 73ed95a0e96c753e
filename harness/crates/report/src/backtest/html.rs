//! A backtest as one page that needs nothing but itself: no script, no request.

use std::io::{self, Write};

use super::{Counts, indices, read, told};
use crate::xml::escape;
use harness_backtest::{Backtest, Found, Outcome};
use harness_model::value::format_date;

/// What the page may do: show itself.
const POLICY: &str = "default-src 'none'; style-src 'nonce-harness'";

const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 0 auto; padding: 1rem; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0; }
dt { opacity: .75; } dd { margin: 0; font-size: 1.4rem; font-weight: 600; }
details { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .5rem 0; }
summary { display: grid; grid-template-columns: 7rem 1fr 14rem; gap: 1rem; align-items: center; cursor: pointer; }
summary b { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 14rem; height: 2rem; } rect { fill: #3b6fd4; }
summary small { opacity: .75; } ul { overflow-wrap: anywhere; } code { font-size: .9em; }
@media (max-width: 40rem) { summary { grid-template-columns: 5rem 1fr; } svg { grid-column: 1 / -1; width: 100%; } }
";

/// Writes the page: the noisiest rule first, then what did not run.
///
/// # Errors
///
/// As `out`'s.
pub fn html(backtest: &Backtest, out: &mut dyn Write) -> io::Result<()> {
    let request = &backtest.request;
    writeln!(
        out,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Backtest of {index}</title>
<style nonce="harness">
{STYLE}</style>
</head>
<body>
<h1>Backtest of {index}</h1>
<p>{}, {} to {}</p>"#,
        indices(backtest),
        format_date(request.from),
        format_date(request.to),
        index = escape(&request.index),
    )?;
    for line in read(&backtest.source) {
        writeln!(out, "<p>{}</p>", escape(&line))?;
    }
    for note in &backtest.notes {
        writeln!(out, "<p>{}</p>", escape(note))?;
    }
    let counts = Counts::of(backtest);
    let figures = [
        ("Rules", backtest.rules.len().to_string()),
        ("Alerts", counts.alerts.to_string()),
        ("Rules with alerts", counts.noisy.to_string()),
        ("Silent", counts.silent.to_string()),
        ("Without an index", counts.no_index.to_string()),
        ("Unsupported", counts.unsupported.to_string()),
        ("Invalid", counts.invalid.to_string()),
    ];
    writeln!(out, "<dl>")?;
    for (name, figure) in figures {
        writeln!(out, "<div><dt>{name}</dt><dd>{figure}</dd></div>")?;
    }
    writeln!(out, "</dl>\n<main>\n<h2>Rules with alerts</h2>")?;
    for rule in &backtest.rules {
        let Outcome::Ran(found) = &rule.outcome else { continue };
        if found.alerts == 0 {
            continue;
        }
        let (name, key, severity) = (escape(&rule.name), escape(&rule.key), escape(&rule.severity));
        let left = found.after_suppression;
        let left = left.map(|left| format!(" <small>{left} after suppression</small>"));
        writeln!(
            out,
            "<details><summary><b>{}</b><span>{name}{}</span>{}</summary>",
            found.alerts,
            left.unwrap_or_default(),
            histogram(found)
        )?;
        writeln!(out, "<p><code>{key}</code>, {severity}</p>\n<ul>")?;
        for sample in &found.samples {
            writeln!(out, "<li>{}</li>", escape(&told(sample)))?;
        }
        writeln!(out, "</ul></details>")?;
    }
    if !backtest.overlap.is_empty() {
        writeln!(out, "<h2>Alerts on the same events</h2>\n<ul>")?;
        for one in &backtest.overlap {
            let (a, b) = (escape(&one.rules.0), escape(&one.rules.1));
            writeln!(out, "<li>{}: <code>{a}</code> and <code>{b}</code></li>", one.events)?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(out, "<h2>Not run</h2>\n<ul>")?;
    for rule in &backtest.rules {
        let (word, reason) = match &rule.outcome {
            Outcome::Unsupported(reason) => ("unsupported", reason),
            Outcome::Invalid(reason) => ("invalid", reason),
            Outcome::Ran(_) | Outcome::NoIndex => continue,
        };
        writeln!(out, "<li><code>{}</code>: {word}: {}</li>", escape(&rule.key), escape(reason))?;
    }
    writeln!(out, "</ul>\n</main>\n</body>\n</html>")
}

/// The days that have alerts as bars, in order.
fn histogram(found: &Found) -> String {
    let most = found.days.values().copied().max().unwrap_or(1).max(1);
    let count = found.days.len();
    let bar = |(at, (day, alerts)): (usize, (&String, &u64))| {
        // Whole hundredths; a day with alerts has a bar.
        let height = (alerts * 100).div_ceil(most);
        let (top, day) = (100 - height, escape(day));
        format!(
            "<rect x=\"{at}\" y=\"{top}\" width=\"0.9\" height=\"{height}\">\
             <title>{day}: {alerts}</title></rect>"
        )
    };
    let bars = found.days.iter().enumerate().map(bar).collect::<Vec<_>>().concat();
    let title = format!("alerts on {count} days, at most {most} a day");
    format!(
        "<svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {} 100\" \
         preserveAspectRatio=\"none\">{bars}</svg>",
        count.max(1)
    )
}
