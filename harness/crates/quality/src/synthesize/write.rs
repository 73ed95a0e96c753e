//! Writes cases to their folder; what is there stays as it is.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::Value;

use super::model::{Made, RuleCases};
use harness_model::value::format_date;

/// From this many events on a case has one a line.
const MAX_PRETTY: usize = 12;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many cases.
    pub cases: usize,
    /// For how many rules.
    pub rules: usize,
}

/// Writes the new cases of rules below a folder of cases. A file that is there is
/// never overwritten: that is an error.
///
/// # Errors
///
/// What keeps a file from being written.
pub fn write(rules: &[RuleCases], folder: &Path) -> io::Result<Written> {
    let mut written = Written::default();
    for rule in rules.iter().filter(|rule| !rule.made.is_empty()) {
        let own = folder.join(&rule.key);
        for made in &rule.made {
            let below = own.join(made.polarity.folder());
            fs::create_dir_all(&below)?;
            let path = below.join(format!("{}.{}", made.name, ending(made)));
            let told = |error: io::Error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            };
            let mut file = File::create_new(&path).map_err(told)?;
            file.write_all(text(made).as_bytes()).map_err(told)?;
            written.cases += 1;
        }
        let options: String = rule.made.iter().map(options).collect();
        if !options.is_empty() {
            let path = own.join("case.toml");
            let is_there = path.exists();
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            let gap = if is_there { "\n" } else { "" };
            file.write_all(format!("{gap}{options}").as_bytes())?;
        }
        written.rules += 1;
    }
    Ok(written)
}

fn ending(made: &Made) -> &'static str {
    if made.events.len() > MAX_PRETTY { "ndjson" } else { "json" }
}

/// The file of a case.
fn text(made: &Made) -> String {
    let value = made.fixture();
    match &value {
        Value::Array(events) if made.events.len() > MAX_PRETTY => {
            let lines = events.iter().map(ToString::to_string);
            lines.collect::<Vec<_>>().join("\n") + "\n"
        }
        value => format!("{value:#}\n"),
    }
}

/// The table of a case in `case.toml`; empty where it has nothing to say.
fn options(made: &Made) -> String {
    let mut text = String::new();
    let stated = &made.options;
    // Writing to a string cannot fail.
    if let Some(now) = stated.now {
        let _ = writeln!(text, "now = \"{}\"", format_date(now));
    }
    if let Some(alerts) = stated.alerts {
        let _ = writeln!(text, "alerts = {alerts}");
    }
    if let Some(outside) = stated.outside {
        let _ = writeln!(text, "outside = {outside}");
    }
    if let Some(completion) = &stated.completion {
        let _ = writeln!(text, "completion = {}", Value::from(completion.as_str()));
    }
    if text.is_empty() {
        return text;
    }
    format!("[{}.{}]\n{text}", made.polarity.folder(), made.name)
}
