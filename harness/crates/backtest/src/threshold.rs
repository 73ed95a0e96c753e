//! Threshold rules: groups of events that are large enough in one of the runs.

use super::composite::{Fields, Slots, path};
use super::filters::scan;
use super::schedule::{Need, Slot};
use super::tally::{self, Held, Tally};
use super::{Found, Ground, Stop, Work};
use harness_detect::terms::key_text;
use harness_predicate::plan::ThresholdPlan;

/// Runs a threshold rule: all its runs that see the period.
pub(super) fn run(
    ground: Ground<'_>,
    work: &Work<'_>,
    plan: &ThresholdPlan,
) -> Result<Found, Stop> {
    let need = Need {
        count: plan.count,
        values: plan.cardinality.as_ref().map(|(_, needed)| *needed),
        open_ms: tally::open_ms(work.rule),
    };
    let mut tally = Tally::new(ground, work, need)?;
    let query = ground.query(&work.program, &plan.filter);
    let fields = Fields::new(ground, &plan.fields, false);
    let counted = plan.cardinality.as_ref().map(|(field, _)| path(ground, field));
    // Of a field that no event has there are no values.
    let lacks_values = matches!(&counted, Some(None)) && need.values > Some(0);
    if let (Some(fields), false, false) = (fields, query.is_nothing(), lacks_values) {
        if query.exact {
            let (clause, width) = (&query.clause, tally.width);
            let slots = Slots { ground, work, clause, fields: &fields, width };
            tally.take(&slots, counted.flatten().as_deref())?;
        } else {
            let mut held = Held::default();
            scan(ground, work, &query, &plan.filter, &mut |candidate| {
                let Some(time) = candidate.time else { return Ok(()) };
                let columns = candidate.columns;
                let own = tally::values(&plan.fields, candidate.document, columns);
                let mut numbers = Vec::new();
                if let Some((field, _)) = &plan.cardinality {
                    let fields = std::slice::from_ref(field);
                    for value in tally::values(fields, candidate.document, columns).concat() {
                        numbers.push(held.number(key_text(Some(&value)).to_string()));
                    }
                }
                for key in tally::combinations(&own)? {
                    let values = numbers.clone();
                    held.add(key, Slot { at: tally.slot(time), count: 1, newest: time, values })?;
                }
                Ok(())
            })?;
            tally.take_held(held);
        }
    }
    let left = work.rule.alert_suppression.is_some().then_some(tally.left);
    Ok(Found { after_suppression: left, ..tally.found })
}
