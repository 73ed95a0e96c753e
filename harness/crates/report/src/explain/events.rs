//! What a rule makes of a case and of each of its events: the verdict first, then
//! the smallest change, then clause by clause.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};

use super::{MAX_FIELDS, Report, Sign, mark, one_line, safe, sign, values};
use crate::failure::{Kind, lines};
use crate::words::plural;
use harness_model::value::format_date;
use harness_quality::explain::{Clause, EventView, FieldChange, Mark, Outcome, Truth, Turn};
use harness_runner::case::Polarity;
use harness_runner::verdict::Verdict;

/// What stands before a clause that decides.
const DECIDES: &str = "▸";

impl Report<'_> {
    /// What the rule makes of the case.
    pub(super) fn outcome(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(run) = self.explained.rule.cases.first() else { return Ok(()) };
        let alerts = match run.alerts.len() {
            0 => "no alert".to_owned(),
            count => plural(count, "alert"),
        };
        let wanted = run.case.options.alerts;
        let judged = match (self.explained.expects, &run.verdict) {
            (_, Verdict::Error(reason)) => format!(": {}", safe(reason)),
            (None, _) => String::new(),
            (Some(_), Verdict::Pass) => ", as it should".to_owned(),
            (Some(Polarity::Negative), _) => ", but none expected".to_owned(),
            (Some(Polarity::Positive), Verdict::Count { expected, .. }) => {
                format!(", but {expected} expected")
            }
            (Some(Polarity::Positive), Verdict::Missed | Verdict::Noisy) => {
                let wanted = wanted.map_or_else(|| "one".to_owned(), |count| count.to_string());
                format!(", but {wanted} expected")
            }
        };
        let style = match (self.explained.expects, &run.verdict) {
            (Some(_), Verdict::Pass) | (None, _) => Style::new().bold(),
            (Some(_), _) => AnsiColor::Red.on_default().bold(),
        };
        let path = safe(&run.case.path);
        writeln!(out, "\n{path}: {}", self.styled.paint(style, &format!("{alerts}{judged}")))?;
        for alert in &run.alerts {
            let events = safe(&alert.events.join(", "));
            writeln!(out, "  {}", self.styled.dim(&format!("alert on {events}")))?;
        }
        for warning in &run.warnings {
            writeln!(out, "  {}", safe(&warning.to_string()))?;
        }
        Ok(())
    }

    /// Why the case fails, as a run tells it.
    pub(super) fn why(&self, out: &mut dyn Write) -> io::Result<()> {
        let rule = &self.explained.rule;
        let Some(run) = rule.cases.first().filter(|_| self.explained.expects.is_some()) else {
            return Ok(());
        };
        // The warnings are told already.
        for line in lines(rule, run) {
            let text = match line.kind {
                Kind::Plain => safe(&line.text),
                Kind::Clause(lead) => format!("{lead} {}", self.bold(&safe(&line.text))),
                Kind::Note => self.styled.dim(&safe(&line.text)),
            };
            let place = line
                .place
                .map_or_else(String::new, |place| format!("  {}", self.styled.dim(&safe(&place))));
            writeln!(out, "  {}{text}{place}", "  ".repeat(line.indent))?;
        }
        if self.explained.events.iter().any(|event| !event.marks.is_empty()) {
            writeln!(out, "\n{}", self.styled.dim(&format!("{DECIDES} marks what decides")))?;
        }
        Ok(())
    }

    pub(super) fn event(&self, event: &EventView, out: &mut dyn Write) -> io::Result<()> {
        let time = event.time.map(|time| format!("  {}", format_date(time))).unwrap_or_default();
        writeln!(
            out,
            "\n{}{}",
            self.bold(&format!("event {}", safe(&event.id))),
            self.styled.dim(&time)
        )?;
        for (filter, outcome) in event.filters.iter().enumerate() {
            self.verdict((filter, outcome), out)?;
        }
        let decides = self.deciding(event);
        self.query(&|clauses| piece(event, clauses, &decides), out)?;
        writeln!(out)?;
        for (filter, outcome) in event.filters.iter().enumerate() {
            let label = self.explained.filters.get(filter).map_or("", String::as_str);
            if !label.is_empty() {
                // Of a condition that asks nothing of this event the outcome is enough.
                if !outcome.holds && outcome.turn.is_none() {
                    continue;
                }
                writeln!(out, "  {label}")?;
            }
            for at in self.clauses_of(filter) {
                let (clause, mark) = (&self.explained.clauses[at], &event.marks[at]);
                self.clause(clause, mark, decides.contains(&at), out)?;
            }
        }
        Ok(())
    }

    /// The positions of the clauses of a condition.
    fn clauses_of(&self, filter: usize) -> Range<usize> {
        let clauses = self.explained.clauses.iter();
        let start = clauses.clone().take_while(|clause| clause.filter < filter).count();
        start..start + clauses.skip(start).take_while(|clause| clause.filter == filter).count()
    }

    /// The clauses that decide on an event: those that the smallest change turns,
    /// and of a condition that holds those that carry it alone.
    fn deciding(&self, event: &EventView) -> BTreeSet<usize> {
        let mut deciding = BTreeSet::new();
        for (filter, outcome) in event.filters.iter().enumerate() {
            match &outcome.turn {
                Some(turn) if !outcome.holds => deciding.extend(turn.clauses.iter().copied()),
                Some(_) | None => {
                    let own = self.clauses_of(filter);
                    deciding
                        .extend(own.filter(|at| event.marks.get(*at).is_some_and(|it| it.decides)));
                }
            }
        }
        deciding
    }

    /// Whether a condition holds on an event, and what turns it.
    fn verdict(&self, (filter, outcome): (usize, &Outcome), out: &mut dyn Write) -> io::Result<()> {
        let label = self.explained.filters.get(filter).map_or("", String::as_str);
        let label = if label.is_empty() { String::new() } else { format!(" as {label}") };
        let (verdict, rest) = match (outcome.holds, &outcome.barrier) {
            (true, None) => ("matches", String::new()),
            (true, Some(barrier)) => ("would match", format!(", but {}", safe(barrier))),
            (false, None) => ("does not match", String::new()),
            (false, Some(barrier)) => ("does not match", format!(", and {}", safe(barrier))),
        };
        let fits = outcome.holds && outcome.barrier.is_none();
        let verdict = self.marked(Self::truth(fits), &format!(" {verdict}{label}{rest}"));
        writeln!(out, "  {verdict}")?;
        match &outcome.turn {
            Some(turn) if !(outcome.holds && self.is_missed()) => {
                self.turn(turn, outcome.holds, out)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the case has too few alerts: then nobody asks how to have none.
    fn is_missed(&self) -> bool {
        let run = self.explained.rule.cases.first().filter(|_| self.explained.expects.is_some());
        run.is_some_and(|run| match run.verdict {
            Verdict::Missed => true,
            Verdict::Count { expected, found } => expected > found,
            Verdict::Pass | Verdict::Noisy | Verdict::Error(_) => false,
        })
    }

    fn clause(
        &self,
        clause: &Clause,
        found: &Mark,
        decides: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let not = if clause.negated { " (must not hold)" } else { "" };
        let text = format!("{} {}", sign(found.truth), one_line(&clause.text));
        let text = self.styled.paint(effect(clause, found, decides).1, &text);
        let has: Vec<_> = found.found.iter().filter(|(_, values)| !values.is_empty()).collect();
        let shown = match (found.found.as_slice(), has.as_slice()) {
            ([_], [(_, found)]) => format!("found {}", values(found)),
            ([_], _) => match &clause.unknown {
                Some(unknown) => one_line(unknown),
                None => "the event has no such field".to_owned(),
            },
            (_, []) => "the event has none of these fields".to_owned(),
            (_, _) => String::new(),
        };
        let note = self.styled.dim(&format!("{not}  {shown}"));
        let lead = if decides { DECIDES } else { " " };
        writeln!(out, "  {lead} {text}{}", note.trim_end())?;
        if found.found.len() < 2 {
            return Ok(());
        }
        for (field, found) in has.iter().take(MAX_FIELDS) {
            let text = format!("found {} in {}", values(found), safe(field));
            writeln!(out, "        {}", self.styled.dim(&text))?;
        }
        let more = has.len().saturating_sub(MAX_FIELDS);
        if more > 0 {
            writeln!(out, "        {}", self.styled.dim(&format!("and in {more} more fields")))?;
        }
        Ok(())
    }

    pub(super) fn turn(&self, turn: &Turn, holds: bool, out: &mut dyn Write) -> io::Result<()> {
        let would = if holds { "would no longer match" } else { "would match" };
        if turn.event.is_none() {
            let count = plural(turn.clauses.len(), "clause");
            let found = if turn.is_impossible {
                "no event can be so".to_owned()
            } else {
                "no event was found that is so".to_owned()
            };
            writeln!(out, "    {would} if {count} turned; {found}:")?;
            for clause in turn.clauses.iter().filter_map(|at| self.explained.clauses.get(*at)) {
                writeln!(out, "      {}", one_line(&clause.text))?;
            }
            return Ok(());
        }
        writeln!(out, "    {would} with {}:", plural(turn.fields.len(), "change"))?;
        for FieldChange { field, from, to } in &turn.fields {
            let (from, to) = (values(from), self.bold(&values(to)));
            writeln!(out, "      {}: {from} → {to}", safe(field))?;
        }
        Ok(())
    }
}

/// The mark of a clause: in colour where it decides.
fn effect(clause: &Clause, found: &Mark, decides: bool) -> Sign {
    let helps = (found.truth == Truth::True) != clause.negated;
    match (decides, helps) {
        (false, _) => (sign(found.truth), Style::new()),
        (true, true) => (sign(found.truth), mark(Truth::True).1),
        (true, false) => (sign(found.truth), mark(Truth::False).1),
    }
}

/// The mark of clauses stated at one place: of those that hold, if any.
fn piece(event: &EventView, clauses: &[usize], decides: &BTreeSet<usize>) -> Option<Sign> {
    let marks = clauses.iter().filter_map(|at| Some((*at, event.marks.get(*at)?)));
    let (at, own) = marks.min_by_key(|(at, own)| {
        let truth = match own.truth {
            Truth::True => 0,
            Truth::False => 1,
            Truth::Unknown => 2,
        };
        (!decides.contains(at), truth)
    })?;
    let style = if decides.contains(&at) { mark(own.truth).1 } else { Style::new() };
    Some((sign(own.truth), style))
}
