//! An explanation for people: the query with every clause marked, what was
//! found, the smallest change, and what events are together.

mod events;
mod steps;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::problem::{self, Styled};
use super::segments::segments;
use super::words::{plural, shorten};
use super::{Amount, Lines, printable};
use harness_detect::eql::why::Story;
use harness_model::value::format_date;
use harness_predicate::{Origin, Part};
use harness_quality::explain::{
    Comparison, Explained, Findings, Groups, Lacking, LeftOut, Terms, Truth,
};

/// The most events that are shown where no more are asked for.
const MAX_EVENTS: usize = 20;
/// The most characters of a value.
const MAX_VALUE: usize = 200;
/// The most fields of one clause that are named.
const MAX_FIELDS: usize = 5;

/// Writes the explanation.
///
/// # Errors
///
/// As `out`'s.
pub fn render(
    explained: &Explained,
    (styled, amount): (Styled, Amount),
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = match amount {
        Amount::Less => 0,
        Amount::Usual => MAX_EVENTS,
        Amount::More => usize::MAX,
    };
    let report = Report { explained, styled, shown };
    report.head(out)?;
    report.problems(out)?;
    match explained.rule.cases.first() {
        None => {
            report.query(&|_| None, out)?;
            report.clauses(out)
        }
        Some(_) if amount == Amount::Less => report.outcome(out),
        Some(_) if !explained.steps.is_empty() => {
            report.outcome(out)?;
            report.why(out)?;
            report.steps(out)?;
            report.left_out(out)
        }
        Some(_) => {
            report.outcome(out)?;
            report.why(out)?;
            let mut events = explained.events.iter().take(shown);
            events.try_for_each(|event| report.event(event, out))?;
            report.left_out(out)?;
            report.together(out)
        }
    }
}

struct Report<'a> {
    explained: &'a Explained,
    styled: Styled,
    /// How many events are shown.
    shown: usize,
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

/// A mark and its style.
type Sign = (&'static str, Style);

/// The mark of a truth.
fn sign(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "✓",
        Truth::False => "✗",
        Truth::Unknown => "?",
    }
}

/// The mark of a truth in its colour, for what it decides.
fn mark(truth: Truth) -> Sign {
    let colour = match truth {
        Truth::True => AnsiColor::Green,
        Truth::False => AnsiColor::Red,
        Truth::Unknown => AnsiColor::Yellow,
    };
    (sign(truth), colour.on_default())
}

impl Report<'_> {
    fn left_out(&self, out: &mut dyn Write) -> io::Result<()> {
        let LeftOut { events, turns } = self.explained.left_out;
        let more = self.explained.events.len().saturating_sub(self.shown);
        if events + more > 0 {
            let events = plural(events + more, "more event");
            let how = if more > 0 { "; --verbose shows more" } else { "" };
            writeln!(out, "\nnot shown: {events}, none nearer to an alert than those above{how}")?;
        }
        if turns > 0 {
            let conditions = plural(turns, "condition");
            writeln!(out, "\nsmallest change not computed for {conditions}")?;
        }
        Ok(())
    }

    fn bold(&self, text: &str) -> String {
        self.styled.paint(Style::new().bold(), text)
    }

    /// A truth's mark, before a text.
    fn marked(&self, truth: Truth, text: &str) -> String {
        let (mark, style) = mark(truth);
        self.styled.paint(style, &format!("{mark}{text}"))
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
            let Some((own, style)) = marks(&segment.clauses) else {
                text.push_str(&shown);
                before = &segment.clauses;
                continue;
            };
            // A clause that goes on after another keeps its mark.
            let own = if before == segment.clauses { "" } else { own };
            for (at, line) in shown.split('\n').enumerate() {
                if at > 0 {
                    text.push('\n');
                }
                let line = if at == 0 { format!("{own}{line}") } else { line.to_owned() };
                text.push_str(&self.styled.paint(style, &line));
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
            let place = self.styled.dim(&self.place(clause.origin));
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
            && let Some(program) = &self.explained.rule.program
        {
            writeln!(out)?;
            let text = program.to_string();
            let lines = text.lines();
            lines.map(safe).try_for_each(|line| writeln!(out, "  {line}"))?;
        }
        if !self.explained.parts.is_empty() {
            writeln!(out, "\nand over events")?;
        }
        for part in &self.explained.parts {
            let kind = self.styled.dim(&format!("{:<11}", part.kind.name()));
            let place = self.styled.dim(&self.place(part.origin));
            writeln!(out, "  {kind} {}{place}", self.bold(&one_line(&part.text)))?;
        }
        Ok(())
    }

    /// Where a clause stands, in the rule's file.
    fn place(&self, origin: Origin) -> String {
        let text = match origin.part {
            Part::Query | Part::File => None,
            Part::Filter(number) => Some(format!("filter {}", number + 1)),
            Part::ThreatQuery => Some("threat_query".to_owned()),
            Part::ThreatFilter(number) => Some(format!("threat filter {}", number + 1)),
        };
        let place = self.explained.rule.about.locate(origin);
        let place = place.map(|(line, column)| format!("line {line}, column {column}"));
        let parts: Vec<String> = text.into_iter().chain(place).collect();
        if parts.is_empty() { String::new() } else { format!("  {}", parts.join(", ")) }
    }

    /// What a condition is about, where the rule has several.
    fn label(&self, filter: usize, rest: &str, out: &mut dyn Write) -> io::Result<()> {
        match self.explained.filters.get(filter).map(String::as_str) {
            None | Some("") => Ok(()),
            Some(label) => writeln!(out, "  {label}{rest}"),
        }
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
            let view = self.explained.events.iter().find(|view| view.number == event)?;
            view.time.map(format_date)
        };
        for step in &story.steps {
            let at = time(step.event).unwrap_or_else(|| "no time".to_owned());
            let stage = match step.stage {
                Some(stage) => format!("stage {}", stage + 1),
                None => "until".to_owned(),
            };
            let key = match named(&story.fields, &step.key) {
                key if key.is_empty() => key,
                key => format!("  {key}"),
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
            for (at, line) in course.tell(&story.fields, &name).iter().enumerate() {
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
                let nearest = compared.nearest.as_ref().map_or_else(String::new, |(id, value)| {
                    format!(", the nearest is {} of {}", shorten(&safe(value), MAX_VALUE), safe(id))
                });
                let text = format!(
                    "{} {}, compared: {is} {}{nearest}",
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

/// Matching events that lack fields.
fn lacking(lacking: &[Lacking], empty: bool, out: &mut dyn Write) -> io::Result<()> {
    if empty && lacking.is_empty() {
        writeln!(out, "  no event matches the query")?;
    }
    lacking.iter().try_for_each(|Lacking { event, fields }| {
        writeln!(out, "  {} has no {}", safe(event), safe(&fields.join(", ")))
    })
}
