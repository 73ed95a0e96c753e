//! Gates of the command line, and what the rules that they apply to lack.

use harness_quality::gate::Miss;
use harness_report::{Lines, printable};
use harness_runner::config::{Gate, Gates};

use crate::args::GateArgs;

/// The gates of the configuration and, for all rules, that of the command line.
pub(crate) fn with(mut gates: Gates, args: GateArgs) -> Gates {
    let GateArgs { min_clauses, min_mutants, require_pairs } = args;
    let gate = Gate { min_clauses, min_mutants, require_pairs, max_alerts: None };
    gates.folders.push((String::new(), gate));
    gates
}

/// Names the rules that do not pass on standard error; whether there are none.
pub(crate) fn passes(misses: &[Miss]) -> bool {
    for Miss { key, reason } in misses {
        tell!("gate: {}: {reason}", printable(key, Lines::Escape));
    }
    misses.is_empty()
}
