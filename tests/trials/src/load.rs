//! What the product takes at its limits: many mailboxes at once with a huge message among them, and a folder with a
//! million messages. Between real servers; an independent client compares both sides after each run.

mod folder;
mod judge;
mod mailboxes;
mod peak;
mod table;

use std::{error::Error, fs, process::ExitCode};

use servers::dovecot::{Dovecot, Encryption, SpecialUse, Storage};

use crate::{args::Load, bench::machine};
use table::Table;

/// Memory of one process at most, in bytes.
const BOUND: u64 = 512 << 20;

/// Measures, prints the table; fails when a promise is not kept.
pub(crate) fn run(load: &Load) -> Result<ExitCode, Box<dyn Error>> {
    let mut table = Table::new(&machine::describe(), load.quick);
    let wanted = |name: &str| load.only.as_ref().is_none_or(|part| name.contains(part.as_str()));
    // Written after each part: a long measurement that is broken off leaves what it has.
    let write = |table: &Table| load.table.as_ref().map_or(Ok(()), |path| fs::write(path, table.markdown()));
    if wanted("mailboxes") {
        mailboxes::measure(load, &mut table)?;
        write(&table)?;
    }
    if wanted("folder") {
        folder::measure(load, &mut table)?;
        write(&table)?;
    }
    if wanted("killed") {
        folder::killed(load, &mut table)?;
        write(&table)?;
    }
    println!("{}", table.markdown());
    Ok(if table.keeps() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A server with nothing that costs time.
fn server(storage: Storage, separator: char) -> servers::Result<Dovecot> {
    let builder = Dovecot::builder().storage(storage).separator(separator).special_use(SpecialUse::None);
    builder.encryption(Encryption::None).without_wire_log().start()
}
