//! Backtests for people and machines.

mod html;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::told::named;
use super::words::{plural, shorten};
use super::{Amount, Lines, printable};
use harness_backtest::{
    Backtest, Exclusion, Found, Outcome, Overlap, RuleBacktest, Sample, Source,
};
use harness_model::value::format_date;
use harness_source::limits::Limit;

pub use html::html;

/// The bars of a histogram, from the lowest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The most days of a histogram that are drawn one by one.
const DRAWN: usize = 60;

/// Writes a backtest as text: the noisiest rule first, then what did not run.
///
/// # Errors
///
/// As `out`'s.
pub fn human(backtest: &Backtest, amount: Amount, out: &mut dyn Write) -> io::Result<()> {
    let safe = |text: &str| printable(text, Lines::Escape).into_owned();
    let request = &backtest.request;
    writeln!(
        out,
        "{}: {}, {} to {}",
        shorten(&safe(&request.index), MAX_INDEX),
        indices(backtest),
        format_date(request.from),
        format_date(request.to)
    )?;
    for line in read(&backtest.source) {
        writeln!(out, "{}", safe(&line))?;
    }
    for note in &backtest.notes {
        writeln!(out, "note: {}", safe(note))?;
    }
    for rule in &backtest.rules {
        let Outcome::Ran(found) = &rule.outcome else { continue };
        if found.alerts == 0 {
            continue;
        }
        let between = if amount == Amount::Less { "" } else { "\n" };
        let (key, severity) = (safe(&rule.key), safe(&rule.severity));
        writeln!(out, "{between}{:>10}  {key}  {severity}", found.alerts)?;
        if amount == Amount::Less {
            continue;
        }
        if let Some(left) = found.after_suppression {
            writeln!(out, "{left:>10}  after suppression")?;
        }
        writeln!(out, "            {}", days(found))?;
        if found.late > 0 {
            writeln!(out, "            {} came too late", plural(found.late, "event"))?;
        }
        for bound in &found.bounds {
            writeln!(out, "            {}", bound.told())?;
        }
        for (field, (value, alerts)) in shared(found) {
            writeln!(out, "            {alerts} with {}: {}", safe(field), safe(value))?;
        }
        if let Some(exclusion) = &rule.exclusion {
            writeln!(out, "            {}", safe(&excluding(exclusion)))?;
        }
        for sample in &found.samples {
            writeln!(out, "            {}", safe(&told(sample)))?;
        }
    }
    if !backtest.overlap.is_empty() {
        writeln!(out, "\nalerts on the same events:")?;
    }
    for Overlap { rules: (a, b), events } in backtest.overlap.iter().take(PAIRS) {
        writeln!(out, "{events:>10}  {} and {}", safe(a), safe(b))?;
    }
    let blind = backtest.rules.iter().filter(|rule| rule.seen == Some(0)).count();
    if blind > 0 {
        let rules = plural(blind, "rule");
        writeln!(out, "\n{rules} without an event in the indices that they read")?;
    }
    human_missing(backtest, out)?;
    if amount == Amount::More {
        let silent = |rule: &&RuleBacktest| matches!(&rule.outcome, Outcome::Ran(found) if found.alerts == 0);
        let silent: Vec<String> = backtest
            .rules
            .iter()
            .filter(silent)
            .map(|rule| format!("\n  {}", safe(&rule.key)))
            .collect();
        if !silent.is_empty() {
            writeln!(out, "\nsilent:{}", silent.concat())?;
        }
    }
    not_run(backtest, amount, out)?;
    let counts = Counts::of(backtest);
    writeln!(
        out,
        "\nbacktest: {}, {} of {}, {} silent, {} without an index, {} unsupported, {} \
         invalid",
        plural(backtest.rules.len(), "rule"),
        plural(counts.alerts, "alert"),
        counts.noisy,
        counts.silent,
        counts.no_index,
        counts.unsupported,
        counts.invalid
    )
}

/// Writes why rules did not run, a line a reason and a few of its rules.
fn not_run(backtest: &Backtest, amount: Amount, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for rule in &backtest.rules {
        let reason = match &rule.outcome {
            Outcome::Unsupported(reason) => ("unsupported", reason.as_str()),
            Outcome::Invalid(reason) => ("invalid", reason.as_str()),
            Outcome::Ran(_) | Outcome::NoIndex => continue,
        };
        reasons.entry(reason).or_default().push(&rule.key);
    }
    if reasons.is_empty() || amount == Amount::Less {
        return Ok(());
    }
    writeln!(out, "\nnot run:")?;
    for ((word, reason), keys) in reasons {
        let named = if amount == Amount::More { keys.join(", ") } else { named(&keys) };
        let (named, reason) = (printable(&named, Lines::Escape), printable(reason, Lines::Escape));
        writeln!(out, "  {named}: {word}: {reason}")?;
    }
    Ok(())
}

/// The most characters of the names of files.
const MAX_INDEX: usize = 120;

/// How many rules without a field are shown.
const WITHOUT: usize = 20;

/// Writes which rules saw events, but none with a field that they need.
fn human_missing(backtest: &Backtest, out: &mut dyn Write) -> io::Result<()> {
    let lacking = |rule: &&RuleBacktest| rule.seen > Some(0) && !rule.missing.is_empty();
    let all: Vec<&RuleBacktest> = backtest.rules.iter().filter(lacking).collect();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nsilent for want of fields:")?;
    for rule in all.iter().take(WITHOUT) {
        let key = printable(&rule.key, Lines::Escape);
        let fields: Vec<String> = rule
            .missing
            .iter()
            .map(|field| format!("`{}`", printable(field, Lines::Escape)))
            .collect();
        let events = plural(rule.seen.unwrap_or(0), "event");
        writeln!(out, "  {key}: no {} in {events}", fields.join(", "))?;
    }
    match all.len().saturating_sub(WITHOUT) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

/// What an exclusion would do.
fn excluding(exclusion: &Exclusion) -> String {
    let Exclusion { field, value, alerts, cases } = exclusion;
    let cases = match cases {
        0 => "there is no positive case to lose".to_owned(),
        cases => format!("none of {}", plural(*cases, "positive case")),
    };
    format!("excluding {field}: {value} takes away {}, {cases}", plural(*alerts, "alert"))
}

/// Writes a backtest as one JSON object (docs/formats.md).
///
/// # Errors
///
/// As `out`'s.
pub fn json(backtest: &Backtest, out: &mut dyn Write) -> io::Result<()> {
    let request = &backtest.request;
    let counts = Counts::of(backtest);
    let mut whole = json!({
        "from": format_date(request.from),
        "to": format_date(request.to),
        "notes": backtest.notes,
        "summary": {
            "rules": backtest.rules.len(),
            "alerts": counts.alerts,
            "noisy": counts.noisy,
            "silent": counts.silent,
            "no_index": counts.no_index,
            "unsupported": counts.unsupported,
            "invalid": counts.invalid,
        },
        "rules": backtest.rules.iter().map(rule).collect::<Vec<_>>(),
    });
    match &backtest.source {
        Source::Cluster => {
            whole["index"] = json!(request.index);
            whole["indices"] = json!(backtest.indices);
        }
        Source::Files { events, bytes, millis, broken, broken_lines, is_partial } => {
            whole["files"] = json!(backtest.indices);
            whole["events"] = json!(events);
            whole["bytes"] = json!(bytes);
            whole["seconds"] = json!(std::time::Duration::from_millis(*millis).as_secs_f64());
            whole["broken"] = json!(broken);
            whole["broken_lines"] = json!(broken_lines);
            whole["partial"] = json!(is_partial);
            let overlap = |one: &Overlap| json!({ "rules": [one.rules.0, one.rules.1], "events": one.events });
            whole["overlap"] = json!(backtest.overlap.iter().map(overlap).collect::<Vec<_>>());
        }
    }
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

#[derive(Default)]
struct Counts {
    alerts: u64,
    noisy: usize,
    silent: usize,
    no_index: usize,
    unsupported: usize,
    invalid: usize,
}

impl Counts {
    fn of(backtest: &Backtest) -> Self {
        let mut counts = Self::default();
        for rule in &backtest.rules {
            match &rule.outcome {
                Outcome::Ran(found) if found.alerts == 0 => counts.silent += 1,
                Outcome::Ran(found) => {
                    counts.noisy += 1;
                    counts.alerts += found.alerts;
                }
                Outcome::NoIndex => counts.no_index += 1,
                Outcome::Unsupported(_) => counts.unsupported += 1,
                Outcome::Invalid(_) => counts.invalid += 1,
            }
        }
        counts
    }
}

fn rule(rule: &RuleBacktest) -> Value {
    let mut told = Map::new();
    let texts = [
        ("rule", &rule.key),
        ("name", &rule.name),
        ("rule_id", &rule.rule_id),
        ("type", &rule.rule_type),
        ("severity", &rule.severity),
    ];
    for (key, value) in texts {
        told.insert(key.to_owned(), json!(value));
    }
    if let Some(seen) = rule.seen {
        told.insert("events".to_owned(), json!(seen));
    }
    if !rule.missing.is_empty() {
        told.insert("missing_fields".to_owned(), json!(rule.missing));
    }
    if let Some(Exclusion { field, value, alerts, cases }) = &rule.exclusion {
        let exclusion =
            json!({ "field": field, "value": value, "alerts": alerts, "positive_cases": cases });
        told.insert("exclusion".to_owned(), exclusion);
    }
    let outcome = match &rule.outcome {
        Outcome::Ran(found) => {
            told.insert("alerts".to_owned(), json!(found.alerts));
            if let Some(left) = found.after_suppression {
                told.insert("after_suppression".to_owned(), json!(left));
            }
            if let Some((first, last)) = found.extent {
                told.insert("first".to_owned(), json!(format_date(first)));
                told.insert("last".to_owned(), json!(format_date(last)));
            }
            told.insert("days".to_owned(), json!(found.days));
            if !found.hours.is_empty() {
                told.insert("hours".to_owned(), json!(found.hours));
            }
            if found.late > 0 {
                told.insert("late".to_owned(), json!(found.late));
            }
            if !found.bounds.is_empty() {
                let bounds: Vec<String> = found.bounds.iter().map(Limit::told).collect();
                told.insert("bounds".to_owned(), json!(bounds));
            }
            if !found.top.is_empty() {
                let values = |values: &Vec<(String, u64)>| -> Vec<Value> {
                    let value = |(value, alerts): &(String, u64)| json!({ "value": value, "alerts": alerts });
                    values.iter().map(value).collect()
                };
                let top: Map<String, Value> = found
                    .top
                    .iter()
                    .map(|(field, all)| (field.clone(), json!(values(all))))
                    .collect();
                told.insert("top".to_owned(), Value::Object(top));
            }
            let samples: Vec<Value> = found.samples.iter().map(sample).collect();
            told.insert("samples".to_owned(), json!(samples));
            "ran"
        }
        Outcome::NoIndex => "no-index",
        Outcome::Unsupported(reason) => {
            told.insert("reason".to_owned(), json!(reason));
            "unsupported"
        }
        Outcome::Invalid(reason) => {
            told.insert("reason".to_owned(), json!(reason));
            "invalid"
        }
    };
    told.insert("outcome".to_owned(), json!(outcome));
    Value::Object(told)
}

/// How many pairs of rules are shown.
const PAIRS: usize = 10;

/// The values that at least half of the alerts of a noisy rule have.
fn shared(found: &Found) -> Vec<(&str, &(String, u64))> {
    const NOISY: u64 = 10;
    let first = found.top.iter().filter_map(|(field, all)| Some((field.as_str(), all.first()?)));
    let shared = first.filter(|(_, (_, alerts))| alerts * 2 >= found.alerts);
    if found.alerts < NOISY { Vec::new() } else { shared.collect() }
}

fn sample(sample: &Sample) -> Value {
    let events: Vec<Value> =
        sample.events.iter().map(|(index, id)| json!({ "index": index, "id": id })).collect();
    json!({
        "time": sample.time.map(format_date),
        "events": events,
        "key": sample.key,
        "count": sample.count,
    })
}

fn indices(backtest: &Backtest) -> String {
    let one = backtest.indices == 1;
    let word = match backtest.source {
        Source::Cluster if one => "index",
        Source::Cluster => "indices",
        Source::Files { .. } if one => "file",
        Source::Files { .. } => "files",
    };
    format!("{} {word}", backtest.indices)
}

/// What was read of files, a line each.
fn read(source: &Source) -> Vec<String> {
    let Source::Files { events, bytes, millis, broken, broken_lines, is_partial } = source else {
        return Vec::new();
    };
    let seconds = std::time::Duration::from_millis(*millis).as_secs_f64();
    let mut lines = Vec::new();
    if *is_partial {
        lines.push("partial: the run was interrupted, and not all was read".to_owned());
    }
    let megabytes = bytes / 1_000_000;
    lines.push(format!("{}, {megabytes} MB, {seconds:.1} s", plural(*events, "event")));
    if *broken > 0 {
        lines.push(format!("{} not read:", plural(*broken, "piece")));
        lines.extend(broken_lines.iter().map(|line| format!("  {line}")));
        let more = broken.saturating_sub(broken_lines.len() as u64);
        if more > 0 {
            lines.push(format!("  and {more} more"));
        }
    }
    lines
}

fn told(sample: &Sample) -> String {
    let mut parts: Vec<String> = sample.time.map(format_date).into_iter().collect();
    if !sample.key.is_empty() {
        parts.push(sample.key.join(", "));
    }
    if sample.events.is_empty() {
        let word = if sample.count == 1 { "event" } else { "events" };
        parts.push(format!("{} {word}", sample.count));
    }
    parts.extend(sample.events.iter().map(|(index, id)| format!("{index}/{id}")));
    parts.join("  ")
}

/// The days of a rule in a line: from the first to the last, a bar each.
fn days(found: &Found) -> String {
    let (Some((first, _)), Some((last, _))) =
        (found.days.first_key_value(), found.days.last_key_value())
    else {
        return String::new();
    };
    let most = found.days.values().copied().max().unwrap_or(1).max(1);
    let count = found.days.len();
    let word = if count == 1 { "day" } else { "days" };
    if count > DRAWN {
        return format!("{first} to {last}, on {count} {word}, at most {most} a day");
    }
    let bar = |alerts: &u64| {
        let level = (alerts * BARS.len() as u64).div_ceil(most).clamp(1, BARS.len() as u64) - 1;
        BARS[usize::try_from(level).unwrap_or(0)]
    };
    let bars: String = found.days.values().map(bar).collect();
    format!("{first} to {last}, on {count} {word}, at most {most} a day {bars}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness_backtest::Request;

    fn backtest() -> Backtest {
        let rule = |key: &str, outcome: Outcome| RuleBacktest {
            key: key.to_owned(),
            name: "A\u{1b}[31m name".to_owned(),
            rule_id: "id".to_owned(),
            rule_type: "query".to_owned(),
            severity: "low".to_owned(),
            outcome,
            seen: None,
            missing: Vec::new(),
            exclusion: None,
        };
        let days = [("2026-01-01", 1), ("2026-01-03", 8)];
        let found = Found {
            alerts: 9,
            after_suppression: Some(4),
            days: days.into_iter().map(|(day, alerts)| (day.to_owned(), alerts)).collect(),
            samples: vec![Sample {
                events: vec![("logs-a".to_owned(), "x\u{1b}".to_owned())],
                time: Some(0),
                key: vec!["root".to_owned()],
                count: 1,
            }],
            ..Found::default()
        };
        Backtest {
            request: Request {
                index: "logs-*".to_owned(),
                from: 0,
                to: 86_400_000,
                samples: 1,
                batch: 1,
            },
            indices: 2,
            notes: vec![],
            rules: vec![
                rule("a/loud", Outcome::Ran(found)),
                rule("a/quiet", Outcome::Ran(Found::default())),
                rule("a/other", Outcome::NoIndex),
                rule("a/odd", Outcome::Unsupported("a reason".to_owned())),
            ],
            source: Source::Cluster,
            overlap: Vec::new(),
        }
    }

    #[test]
    fn the_noisiest_rules_are_told_and_what_did_not_run() {
        let mut out = Vec::new();
        human(&backtest(), Amount::Usual, &mut out).expect("memory");
        let text = String::from_utf8(out).expect("text");
        let wanted = "\
logs-*: 2 indices, 1970-01-01T00:00:00.000Z to 1970-01-02T00:00:00.000Z

         9  a/loud  low
         4  after suppression
            2026-01-01 to 2026-01-03, on 2 days, at most 8 a day ▁█
            1970-01-01T00:00:00.000Z  root  logs-a/x\\u{1b}

not run:
  a/odd: unsupported: a reason

backtest: 4 rules, 9 alerts of 1, 1 silent, 1 without an index, 1 unsupported, 0 invalid
";
        assert_eq!(text, wanted);
    }

    #[test]
    fn the_page_escapes_what_it_shows() {
        let mut backtest = backtest();
        backtest.rules[0].name = "<script>alert(1)</script>".to_owned();
        let mut out = Vec::new();
        html(&backtest, Some(5), &crate::page::Head::default(), &mut out).expect("memory");
        let page = String::from_utf8(out).expect("text");
        // The rules are data, which `.ci/browser` looks at in a browser.
        assert!(page.contains(r#""name":"\u003cscript>alert(1)\u003c/script>""#), "{page}");
        assert_eq!(page.matches("<script").count(), 2, "the data and the code");
        assert!(!page.contains('\u{1b}') && page.contains("a reason"), "{page}");
        assert!(page.contains(r#""2026-01-03":8"#), "{page}");
        assert!(page.contains(r#""after":4"#), "{page}");
        // A namespace is no address.
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains("http://") && !page.contains("https://"), "it needs only itself");
    }

    #[test]
    fn machines_get_every_rule() {
        let mut out = Vec::new();
        json_of(&mut out);
        let value: Value = serde_json::from_slice(&out).expect("JSON");
        let outcomes: Vec<_> =
            (0..4).map(|at| value["rules"][at]["outcome"].as_str().unwrap_or_default()).collect();
        assert_eq!(outcomes, ["ran", "ran", "no-index", "unsupported"]);
        assert_eq!(value["rules"][0]["days"]["2026-01-03"], 8);
        assert_eq!(value["rules"][0]["after_suppression"], 4);
        assert_eq!(value["rules"][1].get("after_suppression"), None);
        assert_eq!(value["rules"][0]["samples"][0]["events"][0]["index"], "logs-a");
        assert_eq!(value["summary"]["alerts"], 9);
        assert!(!out.contains(&0x1b), "control characters are escaped");
    }

    fn json_of(out: &mut Vec<u8>) {
        super::json(&backtest(), out).expect("memory");
    }
}
