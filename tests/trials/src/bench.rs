//! The product beside its peers: same servers, same mail, in turn.

pub(crate) mod machine;
mod peer;
mod scenario;
mod stage;
mod table;

use std::{fs, process::ExitCode};

use servers::{Result, error::Doing};

use self::{scenario::Scenario, stage::Stage, table::Table};
use crate::args;

/// Measures and prints the table.
pub(crate) fn run(bench: &args::Bench) -> Result<ExitCode> {
    let machine = machine::describe();
    let peers = peer::found(&bench.binary);
    let wanted = |scenario: &&Scenario| bench.only.as_ref().is_none_or(|part| scenario.name.contains(part));
    let mut stage = Stage::set_up(bench.quick)?;
    let mut table = Table::new(machine, bench);
    for scenario in scenario::ALL.iter().filter(wanted) {
        scenario.play(&mut stage, &peers, bench.runs, &mut table)?;
        // Written after each scenario: a long measurement that is broken off leaves what it has.
        if let Some(path) = &bench.table {
            fs::write(path, table.markdown()).doing(|| format!("writing {}", path.display()))?;
        }
    }
    println!("{}", table.markdown());
    Ok(if table.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
