//! An explanation for people: the query with every clause marked, what was
//! found, the smallest change, and what events are together.

mod steps;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::problem::{self, Styled};
use super::segments::segments;
use super::words::{plural, shorten};
use super::{Lines, printable};
use crate::case::Polarity;
use crate::detect::eql::why::Story;
use crate::explain::{
    Clause, Comparison, EventView, Explained, FieldChange, Findings, Groups, Lacking, LeftOut,
    Mark, Outcome, Terms, Truth, Turn,
};
use crate::ir::Part;
use crate::value::format_date;
use crate::verdict::Verdict;

/// The most characters of a value.
const MAX_VALUE: usize = 200;
/// The most fields of one clause that are named.
const MAX_FIELDS: usize = 5;

/// Writes the explanation.
///
/// # Errors
///
/// As `out`'s.
pub fn render(explained: &Explained, styled: Styled, out: &mut dyn Write) -> io::Result<()> {
    let report = Report { explained, styled };
    report.head(out)?;
    report.problems(out)?;
    match explained.rule.cases.first() {
        None => {
            report.query(&|_| None, out)?;
            report.clauses(out)
        }
        Some(_) if !explained.steps.is_empty() => {
            report.outcome(out)?;
            report.steps(out)?;
            report.left_out(out)
        }
        Some(_) => {
            report.outcome(out)?;
            explained.events.iter().try_for_each(|event| report.event(event, out))?;
            report.left_out(out)?;
            report.together(out)
        }
    }
}

struct Report<'a> {
    explained: &'a Explained,
    styled: Styled,
}

fn safe(text: &str) -> String {
    printable(text, Lines::Escape).into_owned()
}

/// JSON values, shortened; `nothing` for none.
fn values(values: &[String]) -> String {
    match values {
        [] => "nothing".to_owned(),
        values => shorten(&safe(&values.join(", ")), MAX_VALUE),
    }
}

/// A mark and its colour.
type Sign = (&'static str, AnsiColor);

/// The mark and the colour of a truth.
fn mark(truth: Truth) -> Sign {
    match truth {
        Truth::True => ("✓", AnsiColor::Green),
        Truth::False => ("✗", AnsiColor::Red),
        Truth::Unknown => ("?", AnsiColor::Yellow),
    }
}

impl Report<'_> {
    fn left_out(&self, out: &mut dyn Write) -> io::Result<()> {
        let LeftOut { events, turns } = self.explained.left_out;
        if events > 0 {
            writeln!(out, "\nleft out: {} at the end of the case", plural(events, "event"))?;
        }
        if turns > 0 {
            writeln!(out, "\nleft out: {}", plural(turns, "smallest change"))?;
        }
        Ok(())
    }

    fn bold(&self, text: &str) -> String {
        self.styled.paint(Style::new().bold(), text)
    }

    /// A truth's mark, before a text.
    fn marked(&self, truth: Truth, text: &str) -> String {
        let (mark, colour) = mark(truth);
        self.styled.paint(colour.on_default(), &format!("{mark}{text}"))
    }

    fn truth(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }

    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let rule = &self.explained.rule;
        writeln!(out, "{}  {}", self.bold(&safe(&rule.key)), safe(&rule.name))?;
        let mut facts = vec![safe(&rule.rule_type), safe(&rule.language)];
        facts.retain(|fact| !fact.is_empty());
        if !self.explained.clauses.is_empty() {
            facts.push(plural(self.explained.clauses.len(), "clause"));
        }
        writeln!(out, "{}", self.styled.dim(&facts.join(", ")))
    }

    fn problems(&self, out: &mut dyn Write) -> io::Result<()> {
        for problem in &self.explained.rule.problems {
            writeln!(out, "\n{}", problem::render(problem, self.styled))?;
        }
        Ok(())
    }

    /// The query, each piece with the mark of the clauses that state it.
    fn query(
        &self,
        marks: &dyn Fn(&[usize]) -> Option<Sign>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Some(query) = &self.explained.rule.about.query else { return Ok(()) };
        let origins = self.explained.clauses.iter().map(|clause| clause.origin);
        let mut text = String::new();
        let mut before: &[usize] = &[];
        let segments = segments(query.text.trim_end(), Part::Query, origins);
        for segment in &segments {
            let shown = printable(segment.text, Lines::Keep);
            let Some((own, colour)) = marks(&segment.clauses) else {
                text.push_str(&shown);
                before = &segment.clauses;
                continue;
            };
            // A clause that goes on behind another keeps its mark.
            let own = if before == segment.clauses { "" } else { own };
            for (at, line) in shown.split('\n').enumerate() {
                if at > 0 {
                    text.push('\n');
                }
                let line = if at == 0 { format!("{own}{line}") } else { line.to_owned() };
                text.push_str(&self.styled.paint(colour.on_default(), &line));
            }
            before = &segment.clauses;
        }
        writeln!(out)?;
        let lines = text.trim_start_matches(['\n', '\r']).lines();
        lines.map(str::trim_end).try_for_each(|line| writeln!(out, "    {line}"))
    }

    /// The clauses of the rule alone: types, and what they need.
    fn clauses(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut filter = None;
        for clause in &self.explained.clauses {
            if filter != Some(clause.filter) {
                filter = Some(clause.filter);
                writeln!(out)?;
                self.label(clause.filter, "", out)?;
            }
            let place = self.styled.dim(&self.place(clause));
            let word = if clause.negated { "must not" } else { "needs" };
            let text = self.bold(&one_line(&clause.text));
            if let [test] = clause.tests.as_slice() {
                let kind = self.styled.dim(&format!("{:<8}", test.kind));
                writeln!(out, "  {word:<8}  {kind}  {text}{place}")?;
                continue;
            }
            writeln!(out, "  {word:<8}  {text}{place}")?;
            for test in clause.tests.iter().take(MAX_FIELDS) {
                let (fields, needs) = (safe(&test.fields.join(", ")), one_line(&test.needs));
                let shown = if test.kind == "script" { needs } else { format!("{fields} {needs}") };
                let kind = self.styled.dim(&format!("{:<8}", test.kind));
                writeln!(out, "            {kind}  {shown}")?;
            }
            let more = clause.tests.len().saturating_sub(MAX_FIELDS);
            if more > 0 {
                writeln!(out, "            or {more} more tests")?;
            }
        }
        if self.explained.clauses.is_empty()
            && let Some(plan) = &self.explained.rule.plan
        {
            writeln!(out)?;
            let text = plan.to_string();
            let lines = text.lines();
            lines.map(safe).try_for_each(|line| writeln!(out, "  {line}"))?;
        }
        if !self.explained.parts.is_empty() {
            writeln!(out, "\nand over events")?;
        }
        for part in &self.explained.parts {
            let kind = self.styled.dim(&format!("{:<11}", part.kind.name()));
            writeln!(out, "  {kind} {}", self.bold(&one_line(&part.text)))?;
        }
        Ok(())
    }

    /// Where a clause stands, in the rule's file.
    fn place(&self, clause: &Clause) -> String {
        match (clause.origin.part, &self.explained.rule.about.query) {
            (Part::Query, Some(query)) => {
                let (line, column) = query.locate(clause.origin.span.start);
                format!("  line {line}, column {column}")
            }
            (Part::Query | Part::File, _) => String::new(),
            (Part::Filter(number), _) => format!("  filter {}", number + 1),
            (Part::ThreatQuery, _) => "  threat_query".to_owned(),
            (Part::ThreatFilter(number), _) => format!("  threat filter {}", number + 1),
        }
    }

    /// What a condition is about, where the rule has several.
    fn label(&self, filter: usize, rest: &str, out: &mut dyn Write) -> io::Result<()> {
        match self.explained.filters.get(filter).map(String::as_str) {
            None | Some("") => Ok(()),
            Some(label) => writeln!(out, "  {label}{rest}"),
        }
    }

    /// What the rule makes of the case.
    fn outcome(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(run) = self.explained.rule.cases.first() else { return Ok(()) };
        let alerts = match run.alerts.len() {
            0 => "no alert".to_owned(),
            count => plural(count, "alert"),
        };
        let judged = match (self.explained.expects, &run.verdict) {
            (_, Verdict::Error(reason)) => format!(": {}", safe(reason)),
            (None, _) => String::new(),
            (Some(_), Verdict::Pass) => ", as it should".to_owned(),
            (Some(Polarity::Positive), Verdict::Count { expected, .. }) => {
                format!(", not {expected}")
            }
            (Some(_), Verdict::Missed | Verdict::Noisy | Verdict::Count { .. }) => {
                ", as it should not".to_owned()
            }
        };
        let colour = match (self.explained.expects, &run.verdict) {
            (Some(_), Verdict::Pass) | (None, _) => Style::new().bold(),
            (Some(_), _) => AnsiColor::Red.on_default().bold(),
        };
        let path = safe(&run.case.path);
        writeln!(out, "\n{path}: {}{judged}", self.styled.paint(colour, &alerts))?;
        for alert in &run.alerts {
            let events = safe(&alert.events.join(", "));
            writeln!(out, "  {}", self.styled.dim(&format!("alert on {events}")))?;
        }
        for warning in &run.warnings {
            writeln!(out, "  {}", safe(&warning.to_string()))?;
        }
        if self.explained.events.is_empty() && self.explained.steps.is_empty() {
            for why in &run.explanations {
                let lead = why.event.iter().map(|event| format!("event {event}"));
                let parts: Vec<String> = lead.chain(why.note.clone()).collect();
                writeln!(out, "  {}", safe(&parts.join(": ")))?;
            }
        }
        Ok(())
    }

    fn event(&self, event: &EventView, out: &mut dyn Write) -> io::Result<()> {
        let time = event.time.map(|time| format!("  {}", format_date(time))).unwrap_or_default();
        writeln!(
            out,
            "\n{}{}",
            self.bold(&format!("event {}", safe(&event.id))),
            self.styled.dim(&time)
        )?;
        self.query(&|clauses| truth_of(event, clauses).map(mark), out)?;
        writeln!(out)?;
        let mut start = 0;
        for (filter, outcome) in event.filters.iter().enumerate() {
            let own = self.explained.clauses[start..].iter();
            let count = own.take_while(|clause| clause.filter == filter).count();
            self.filter((filter, outcome), start..start + count, event, out)?;
            start += count;
        }
        Ok(())
    }

    /// A condition on an event: its clauses, whether it holds, and what turns it.
    fn filter(
        &self,
        (filter, outcome): (usize, &Outcome),
        clauses: std::ops::Range<usize>,
        event: &EventView,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let label = self.explained.filters.get(filter).map_or("", String::as_str);
        let verdict = match (outcome.holds, &outcome.barrier) {
            (true, None) => "matches".to_owned(),
            (true, Some(barrier)) => format!("would match, but {}", safe(barrier)),
            (false, None) => "does not match".to_owned(),
            (false, Some(barrier)) => format!("does not match, and {}", safe(barrier)),
        };
        let fits = outcome.holds && outcome.barrier.is_none();
        let verdict = self.marked(Self::truth(fits), &format!(" {verdict}"));
        if !label.is_empty() {
            writeln!(out, "  {verdict} as {label}")?;
            // Of a condition that asks nothing of this event the outcome is enough.
            if !outcome.holds && outcome.turn.is_none() {
                return Ok(());
            }
        }
        let mut pairs = self.explained.clauses[clauses.clone()].iter().zip(&event.marks[clauses]);
        pairs.try_for_each(|(clause, mark)| self.clause(clause, mark, out))?;
        if label.is_empty() {
            writeln!(out, "  {verdict}")?;
        }
        match &outcome.turn {
            Some(turn) => self.turn(turn, outcome.holds, out),
            None => Ok(()),
        }
    }

    fn clause(&self, clause: &Clause, found: &Mark, out: &mut dyn Write) -> io::Result<()> {
        let not = if clause.negated { " (must not hold)" } else { "" };
        let text = self.marked(found.truth, &format!(" {}", one_line(&clause.text)));
        let has = found.found.iter().filter(|(_, values)| !values.is_empty());
        let has: Vec<_> = has.collect();
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
        writeln!(out, "    {text}{}", note.trim_end())?;
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

    fn turn(&self, turn: &Turn, holds: bool, out: &mut dyn Write) -> io::Result<()> {
        let would = if holds { "would no longer match" } else { "would match" };
        if turn.event.is_none() {
            let count = plural(turn.clauses.len(), "clause");
            writeln!(out, "    {would} if {count} turned; no event was found that does so:")?;
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

    fn together(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.explained.findings {
            Findings::None => Ok(()),
            Findings::Sequence(story) => self.sequence(story, out),
            Findings::Groups(groups) => self.groups(groups, out),
            Findings::Terms(terms) => self.terms(terms, out),
            Findings::Comparisons(comparisons) => self.comparisons(comparisons, out),
            Findings::Failed(reason) => writeln!(out, "\nthe search fails: {}", safe(reason)),
        }
    }

    /// The timeline: events by time with the stages that take them, and how far
    /// each key came.
    fn sequence(&self, story: &Story, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n{}", self.bold("timeline"))?;
        let time = |event: u32| {
            let view = self.explained.events.get(event as usize)?;
            view.time.map(format_date)
        };
        for step in &story.steps {
            let at = time(step.event).unwrap_or_else(|| "no time".to_owned());
            let stage = match step.stage {
                Some(stage) => format!("stage {}", stage + 1),
                None => "until".to_owned(),
            };
            let key = if step.key.is_empty() {
                String::new()
            } else {
                format!("  key {}", shorten(&safe(&step.key.join(", ")), MAX_VALUE))
            };
            let name = safe(&self.explained.name(step.event));
            writeln!(out, "  {}  {name}  {stage}{}", self.styled.dim(&at), self.styled.dim(&key))?;
        }
        if story.steps.is_empty() {
            writeln!(out, "  no event matches a stage")?;
        }
        for note in &story.notes {
            writeln!(out, "  {}", safe(note))?;
        }
        let name = |event: u32| self.explained.name(event);
        for course in &story.courses {
            for (at, line) in course.tell(&name).iter().enumerate() {
                let whole = at == 0 && course.whole > 0;
                let whole =
                    if whole { self.marked(Truth::True, " complete: ") } else { String::new() };
                writeln!(out, "  {whole}{}", safe(line))?;
            }
        }
        story.elsewhere.iter().try_for_each(|note| writeln!(out, "  {}", safe(note)))
    }

    fn groups(&self, found: &Groups, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n{}", self.bold("groups"))?;
        for group in &found.groups {
            let key = if found.fields.is_empty() {
                "all events".to_owned()
            } else {
                named(&found.fields, &group.key)
            };
            let values = found.cardinality.as_ref().zip(group.cardinality);
            let values = values.map_or_else(String::new, |((field, needed), count)| {
                format!(", {count} of {needed} values of {}", safe(field))
            });
            let text = format!(" {key}: {} of {} events{values}", group.count, found.count);
            writeln!(out, "  {}", self.marked(Self::truth(group.alerts), &text))?;
        }
        lacking(&found.lacking, found.groups.is_empty(), out)
    }

    fn terms(&self, found: &Terms, out: &mut dyn Write) -> io::Result<()> {
        let from = format_date(found.from);
        writeln!(out, "\n{}  the window begins at {from}", self.bold("values"))?;
        for term in &found.terms {
            let word = if term.is_new { "new" } else { "old" };
            let (key, seen) = (named(&found.fields, &term.key), format_date(term.first_seen));
            let text = format!(" {key}: {word}, first seen at {seen} in {}", safe(&term.event));
            writeln!(out, "  {}", self.marked(Self::truth(term.is_new), &text))?;
        }
        lacking(&found.lacking, found.terms.is_empty(), out)
    }

    fn comparisons(&self, found: &[Comparison], out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n{}", self.bold("indicators"))?;
        if found.is_empty() {
            writeln!(out, "  no event matches the query")?;
        }
        for one in found {
            let indicators = match one.indicators.as_slice() {
                [] => "no indicator matches".to_owned(),
                ids => shorten(&safe(&ids.join(", ")), MAX_VALUE),
            };
            let text = format!(" {}: {indicators}", safe(&one.event));
            writeln!(out, "  {}", self.marked(Self::truth(!one.indicators.is_empty()), &text))?;
            for compared in &one.compared {
                let is = if compared.negated { "is not" } else { "is" };
                let text = format!(
                    "{} {}, compared: {is} {}",
                    safe(&compared.field),
                    values(&compared.values),
                    safe(&compared.with)
                );
                writeln!(out, "      {}", self.styled.dim(&text))?;
            }
        }
        Ok(())
    }
}

/// Fields and their values.
fn named(fields: &[String], values: &[String]) -> String {
    let pairs = fields.iter().zip(values).map(|(field, value)| format!("{field} = {value}"));
    shorten(&safe(&pairs.collect::<Vec<_>>().join(", ")), MAX_VALUE)
}

/// A text in one line, made safe and shortened.
fn one_line(text: &str) -> String {
    shorten(&safe(&super::words::flat(text)), MAX_VALUE)
}

/// The truth of clauses stated at one place: of the ones that hold, if any.
fn truth_of(event: &EventView, clauses: &[usize]) -> Option<Truth> {
    let truths = clauses.iter().filter_map(|at| Some(event.marks.get(*at)?.truth));
    truths.min_by_key(|truth| match truth {
        Truth::True => 0,
        Truth::False => 1,
        Truth::Unknown => 2,
    })
}

/// Matching events that lack fields.
fn lacking(lacking: &[Lacking], empty: bool, out: &mut dyn Write) -> io::Result<()> {
    if empty && lacking.is_empty() {
        writeln!(out, "  no event matches the query")?;
    }
    lacking.iter().try_for_each(|Lacking { event, fields }| {
        writeln!(out, "  {} has no {}", safe(event), safe(&fields.join(", ")))
    })
}
