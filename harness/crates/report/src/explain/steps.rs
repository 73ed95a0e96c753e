//! A pipeline, command by command: rows, clauses on them, and groups.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{MAX_VALUE, Report, Sign, named, one_line, safe, sign, values};
use crate::words::{plural, shorten};
use harness_quality::explain::{Apart, EventView, RowGroup, RowMark, Seen, StepView, Truth};

/// The most rows of one clause, and groups of one command, that are shown.
const MAX_ROWS: usize = 5;
/// For so many events it is shown what turns them.
const MAX_EVENTS: usize = 10;

/// The mark of a clause on all rows; none where there are no rows. It is in colour
/// where it may be what rows were lost by.
fn overall(seen: &Seen, negated: bool, step: &StepView) -> Option<Sign> {
    let own = match (seen.holds, seen.fails, seen.unknown) {
        (0, 0, 0) => return None,
        (_, 0, 0) => sign(Truth::True),
        (0, 0, _) => sign(Truth::Unknown),
        (0, _, _) => sign(Truth::False),
        (_, _, _) => "±",
    };
    let against = if negated { seen.holds } else { seen.fails + seen.unknown };
    let all = seen.holds + seen.fails + seen.unknown;
    let colour = match (step.rows_out < step.rows_in, against) {
        (false, _) => return Some((own, Style::new())),
        (true, 0) => AnsiColor::Green,
        (true, against) if against == all => AnsiColor::Red,
        (true, _) => AnsiColor::Yellow,
    };
    Some((own, colour.on_default()))
}

impl Report<'_> {
    /// The query with its marks, and each command.
    pub(super) fn steps(&self, out: &mut dyn Write) -> io::Result<()> {
        self.query(
            &|clauses| {
                let steps = self.explained.steps.iter();
                let seen = steps.flat_map(|step| step.clauses.iter().map(move |seen| (step, seen)));
                seen.filter(|(_, seen)| clauses.contains(&seen.clause)).find_map(|(step, seen)| {
                    let negated = self.explained.clauses[seen.clause].negated;
                    overall(seen, negated, step)
                })
            },
            out,
        )?;
        self.explained.steps.iter().enumerate().try_for_each(|(at, step)| {
            writeln!(out)?;
            self.step((at, step), out)?;
            // The first conditions are about events: what turns each of them.
            let later = &self.explained.steps[at + 1..];
            let last = self.is_leading(step) && !later.iter().any(|step| self.is_leading(step));
            if last { self.turns(out) } else { Ok(()) }
        })
    }

    fn is_leading(&self, step: &StepView) -> bool {
        let own = step.clauses.first().and_then(|seen| self.explained.clauses.get(seen.clause));
        let about_events = self.explained.events.iter().any(|event| !event.filters.is_empty());
        about_events && own.is_some_and(|clause| clause.filter == 0)
    }

    fn step(&self, (at, step): (usize, &StepView), out: &mut dyn Write) -> io::Result<()> {
        let rows = match (at, step.rows_in == step.rows_out) {
            (0, _) => plural(step.rows_out, "row"),
            (_, true) => format!("all of {}", plural(step.rows_in, "row")),
            (_, false) => format!("{} → {}", step.rows_in, plural(step.rows_out, "row")),
        };
        let text = self.bold(&shorten(&one_line(&step.text), 100));
        let place = step.inside.as_ref().map(|name| self.styled.dim(&format!("{name}: ")));
        writeln!(out, "  {}{text}  {}", place.unwrap_or_default(), self.styled.dim(&rows))?;
        for seen in &step.clauses {
            self.seen(seen, step, out)?;
        }
        if step.keys.is_empty() && step.groups.len() < 2 {
            return Ok(());
        }
        for group in step.groups.iter().take(MAX_ROWS) {
            self.group(step, group, out)?;
        }
        let more = step.count.saturating_sub(MAX_ROWS);
        if more > 0 {
            writeln!(
                out,
                "    {}",
                self.styled.dim(&format!("and {}", plural(more, "more group")))
            )?;
        }
        Ok(())
    }

    fn group(&self, step: &StepView, group: &RowGroup, out: &mut dyn Write) -> io::Result<()> {
        let events = if group.events.is_empty() {
            String::new()
        } else {
            let events = shorten(&safe(&group.events.join(", ")), 60);
            self.styled.dim(&format!("  {events}"))
        };
        let (key, rows) = (named(&step.keys, &group.key), plural(group.rows, "row"));
        writeln!(out, "    group {key}: {rows}{events}")
    }

    fn seen(&self, seen: &Seen, step: &StepView, out: &mut dyn Write) -> io::Result<()> {
        let Some(clause) = self.explained.clauses.get(seen.clause) else { return Ok(()) };
        let rows = seen.holds + seen.fails + seen.unknown;
        let (own, style) = overall(seen, clause.negated, step).unwrap_or((" ", Style::new()));
        let text = self.styled.paint(style, &format!("{own} {}", one_line(&clause.text)));
        let not = if clause.negated { " (must not hold)" } else { "" };
        if let (1, [row]) = (rows, seen.rows.as_slice()) {
            let note = self.styled.dim(&format!("{not}  {}", found(row)));
            return writeln!(out, "    {text}{}", note.trim_end());
        }
        let counts = [(seen.holds, "true"), (seen.fails, "false"), (seen.unknown, "unknown")];
        let counts: Vec<(usize, &str)> =
            counts.into_iter().filter(|(count, _)| *count > 0).collect();
        let note = match counts.as_slice() {
            [] => "no row got this far".to_owned(),
            [(_, word)] => format!("{word} on all {rows} rows"),
            several => {
                let told = several.iter().map(|(count, word)| format!("{word} on {count}"));
                format!("{} of {rows} rows", told.collect::<Vec<_>>().join(", "))
            }
        };
        writeln!(out, "    {text}{}", self.styled.dim(&format!("{not}  {note}")))?;
        // Where all rows agree, the values are seldom news.
        if seen.holds == rows {
            return Ok(());
        }
        for row in seen.rows.iter().take(MAX_ROWS) {
            let events = match row.events.as_slice() {
                [] => "a row".to_owned(),
                events => shorten(&safe(&events.join(", ")), 60),
            };
            let truth = self.marked(row.mark.truth, &format!(" {events}"));
            writeln!(out, "        {truth}{}", self.styled.dim(&format!("  {}", found(row))))?;
        }
        let more = rows.saturating_sub(MAX_ROWS.min(seen.rows.len()));
        if more > 0 {
            writeln!(
                out,
                "        {}",
                self.styled.dim(&format!("and {}", plural(more, "more row")))
            )?;
        }
        Ok(())
    }

    /// What turns each event at the first condition.
    fn turns(&self, out: &mut dyn Write) -> io::Result<()> {
        let told = self.explained.events.iter().filter_map(|EventView { id, filters, .. }| {
            let outcome = filters.first()?;
            (outcome.barrier.is_some() || outcome.turn.is_some()).then_some((id, outcome))
        });
        let more = told.clone().count().saturating_sub(MAX_EVENTS);
        for (id, outcome) in told.take(MAX_EVENTS) {
            let event = format!(" event {}", safe(id));
            if let Some(barrier) = &outcome.barrier {
                let text = self.marked(Truth::False, &format!("{event} is not read"));
                writeln!(out, "    {text}: {}", safe(barrier))?;
            }
            if let Some(turn) = &outcome.turn {
                writeln!(out, "    {}", self.marked(Self::truth(outcome.holds), &event))?;
                self.turn(turn, outcome.holds, out)?;
            }
        }
        if more > 0 {
            writeln!(
                out,
                "    {}",
                self.styled.dim(&format!("and {}", plural(more, "more event")))
            )?;
        }
        Ok(())
    }
}

/// What a clause found in a row.
fn found(row: &RowMark) -> String {
    let read = &row.mark.found;
    let mut told = match read.as_slice() {
        [] => String::new(),
        [(_, found)] => format!("found {}", values(found)),
        several => {
            let told =
                several.iter().map(|(field, found)| format!("{} {}", safe(field), values(found)));
            told.collect::<Vec<_>>().join(", ")
        }
    };
    if let Some(Apart { value, bound, by }) = &row.apart {
        // Of a column and its bound, which the clause names, the value is told already.
        let plain = matches!(read.as_slice(), [(_, found)] if found.as_slice() == [value.as_str()]);
        let sides = if plain { String::new() } else { format!(": {value} against {bound}") };
        // What binary fractions leave over is no news.
        let rounded = (by.abs() * 1e9).round() / 1e9;
        let place = if rounded <= 0.0 {
            "at the bound".to_owned()
        } else if *by < 0.0 {
            format!("{rounded} below the bound")
        } else {
            format!("{rounded} above the bound")
        };
        told = format!("{told}{sides}, {place}");
    }
    shorten(&told, MAX_VALUE)
}
