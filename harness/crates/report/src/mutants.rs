//! Mutants for people: what no case noticed, and the case that would.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::AnsiColor;

use super::failure::shell;
use super::problem::Styled;
use super::words::{around_change, plural};
use super::{Amount, Lines, printable};
use harness_quality::mutate::{Mutant, Mutants, Outcome, RuleMutants};
use harness_runner::case::Polarity;
use harness_runner::run::Places;

/// How to show it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether to colour.
    pub styled: Styled,
    /// Whether a missed mutant is counted, has a line, or is shown whole with the case that
    /// would catch it.
    pub amount: Amount,
    /// How long it took.
    pub elapsed: Duration,
}

/// The most characters of a line about a mutant.
const WIDTH: usize = 100;

/// Writes the report.
///
/// # Errors
///
/// As `out`'s.
pub fn render(
    mutants: &Mutants,
    places: &Places,
    options: Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let report = Report { places, styled: options.styled, amount: options.amount };
    for rule in &mutants.rules {
        report.rule(rule, out)?;
    }
    let untested = mutants.rules.iter().filter(|rule| rule.cases == 0).count();
    if untested > 0 {
        let rules = plural(untested, "rule");
        writeln!(out, "\n{rules} without cases: every mutant is missed, and none is listed")?;
    }
    let all = || mutants.rules.iter().flat_map(|rule| &rule.mutants);
    let count = |name: &str| all().filter(|mutant| mutant.outcome.name() == name).count();
    if options.amount == Amount::Usual {
        next(mutants, places, out)?;
    }
    writeln!(
        out,
        "\n{} of {}: {} caught, {} missed, {} equivalent, {} unviable in {:.2} s",
        plural(all().count(), "mutant"),
        plural(mutants.rules.iter().filter(|rule| !rule.mutants.is_empty()).count(), "rule"),
        count("caught"),
        count("missed"),
        count("equivalent"),
        count("unviable"),
        options.elapsed.as_secs_f64()
    )
}

/// Says what shows missed mutants whole, and what catches them.
///
/// # Errors
///
/// As `out`'s.
pub fn next(mutants: &Mutants, places: &Places, out: &mut dyn Write) -> io::Result<()> {
    let missed = |mutant: &Mutant| matches!(mutant.outcome, Outcome::Missed { .. });
    let mut rules = mutants.rules.iter().filter(|rule| rule.mutants.iter().any(missed));
    let rule = match (rules.next(), rules.next()) {
        (None, _) => return Ok(()),
        (Some(only), None) => only.key.as_str(),
        (Some(_), Some(_)) => "RULE",
    };
    if places.program.is_empty() {
        return Ok(());
    }
    let (program, flags) = (places.program, &places.flags);
    let whole = shell(program, "mutants", flags, &[rule, "--verbose"]);
    let new = shell(program, "new", flags, &[rule]);
    let line = format!("{whole} shows them whole; {new} writes the cases that are missing");
    writeln!(out, "\nnext: {}", printable(&line, Lines::Escape))
}

struct Report<'a> {
    places: &'a Places,
    styled: Styled,
    amount: Amount,
}

impl Report<'_> {
    fn rule(&self, rule: &RuleMutants, out: &mut dyn Write) -> io::Result<()> {
        let (caught, viable) = rule.score();
        if rule.mutants.is_empty() {
            for bound in &rule.bounds {
                let key = printable(&rule.key, Lines::Escape);
                writeln!(out, "{key}  gave up\n  note: {}", bound.told())?;
            }
            return Ok(());
        }
        let colour = if caught == viable { AnsiColor::Green } else { AnsiColor::Red };
        let score = self.styled.paint(colour.on_default(), &format!("{caught} of {viable} caught"));
        writeln!(out, "{}  {score}", printable(&rule.key, Lines::Escape))?;
        let told = if self.amount == Amount::Less { &[][..] } else { &rule.mutants };
        for mutant in told {
            self.mutant(&rule.key, mutant, out)?;
        }
        for bound in &rule.bounds {
            writeln!(out, "\n  note: {}", bound.told())?;
        }
        Ok(())
    }

    fn mutant(&self, key: &str, mutant: &Mutant, out: &mut dyn Write) -> io::Result<()> {
        let (fixture, polarity) = match &mutant.outcome {
            Outcome::Caught { .. } | Outcome::Equivalent => return Ok(()),
            Outcome::Unviable { reason } => {
                let reason = printable(reason, Lines::Escape);
                return writeln!(out, "  unviable {}: {reason}", mutant.operator);
            }
            Outcome::Missed { fixture, polarity } => (fixture, *polarity),
        };
        let missed = self.styled.paint(AnsiColor::Red.on_default().bold(), "MISSED");
        if self.amount != Amount::More {
            let change = around_change(&mutant.text, WIDTH);
            let change = self.marked(&printable(&change, Lines::Escape));
            let found =
                if fixture.is_some() { "" } else { "  (no case that would catch it was found)" };
            return writeln!(out, "  {missed} {:<13}  {change}{found}", mutant.operator.name());
        }
        writeln!(out, "\n  {missed} {}", mutant.operator)?;
        for line in self.marked(&printable(&mutant.text, Lines::Keep)).lines() {
            writeln!(out, "    {line}")?;
        }
        let Some(fixture) = fixture else {
            return writeln!(out, "  no case that would catch it was found");
        };
        let why = match polarity {
            Polarity::Positive => "the rule alerts on it, the mutant does not",
            Polarity::Negative => "the mutant alerts on it, the rule does not",
        };
        let file = self.places.new_case(key, polarity, "<name>");
        writeln!(out, "  would be caught by {} ({why}):", printable(&file, Lines::Escape))?;
        let text = serde_json::to_string_pretty(fixture).unwrap_or_else(|_| fixture.to_string());
        for line in printable(&text, Lines::Keep).lines() {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    /// The text with its marks in colour.
    fn marked(&self, text: &str) -> String {
        match self.styled {
            Styled::Plain => text.to_owned(),
            Styled::Ansi => {
                let old = AnsiColor::Red.on_default().strikethrough();
                let new = AnsiColor::Green.on_default().bold();
                let mut painted = text.to_owned();
                for (open, close, style) in [("[-", "-]", old), ("{+", "+}", new)] {
                    let mut done = String::with_capacity(painted.len() + 16);
                    let mut rest = painted.as_str();
                    while let Some((before, behind)) = rest.split_once(open) {
                        let Some((inner, after)) = behind.split_once(close) else { break };
                        done.push_str(before);
                        done.push_str(&self.styled.paint(style, &format!("{open}{inner}{close}")));
                        rest = after;
                    }
                    done.push_str(rest);
                    painted = done;
                }
                painted
            }
        }
    }
}
