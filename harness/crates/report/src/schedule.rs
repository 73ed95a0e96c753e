//! Consecutive runs for people: what to look at, and a summary.

use std::io::{self, Write};

use super::words::plural;
use super::{Lines, printable};
use harness_runner::run::Schedule;

/// Writes the cases that have unwanted or repeated alerts or gaps, and what all had.
///
/// # Errors
///
/// As `out`'s.
pub fn render(schedules: &[Schedule], out: &mut dyn Write) -> io::Result<()> {
    let mut last = None;
    for one in schedules.iter().filter(|one| !one.is_clean()) {
        if let Some(note) = one.note.as_ref().filter(|_| last != Some(&one.rule)) {
            writeln!(out, "{}: {note}", printable(&one.file, Lines::Escape))?;
        }
        last = Some(&one.rule);
        let (case, runs) = (printable(&one.case, Lines::Escape), one.runs);
        if !one.gaps.is_empty() {
            let events = one.gaps.join(", ");
            let events = printable(&events, Lines::Escape);
            let none = match runs {
                1 => "the only run does not look".to_owned(),
                runs => format!("none of {runs} runs looks"),
            };
            writeln!(out, "{case}: {none} at {events}")?;
        }
        for events in &one.unwanted {
            let events = events.join(", ");
            let events = printable(&events, Lines::Escape);
            writeln!(out, "{case}: raised an alert on {events} but should not have")?;
        }
        for (events, times) in &one.repeated {
            let events = events.join(", ");
            let events = printable(&events, Lines::Escape);
            writeln!(out, "{case}: {times} of {runs} runs raise an alert on {events}")?;
        }
    }
    let sum = |count: fn(&Schedule) -> usize| schedules.iter().map(count).sum::<usize>();
    let (runs, alerts) = (sum(|one| one.runs), sum(|one| one.alerts));
    let (dropped, gaps) = (sum(|one| one.dropped.len()), sum(|one| one.gaps.len()));
    let unwanted = sum(|one| one.unwanted.len());
    let (repeated, suppressed) = (sum(|one| one.repeated.len()), sum(|one| one.suppressed));
    let [cases, runs, alerts] = [(schedules.len(), "case"), (runs, "run"), (alerts, "alert")]
        .map(|(count, noun)| plural(count, noun));
    let gaps = plural(gaps, "event");
    writeln!(
        out,
        "schedule: {cases}, {runs}, {alerts}: {unwanted} unwanted, {dropped} found again and \
         dropped, {repeated} raised again; {suppressed} suppressed into open alerts; {gaps} seen \
         by no run"
    )
}
