//! The parsers, fed with what no server and no file should hold.
//!
//! Each [`Target`] takes any bytes and does nothing but panic when something is wrong. The tests change its seeds some
//! thousand times, the same way each time; `cargo xtask fuzz` lets libFuzzer look for new ways.
#![warn(missing_docs)]

mod import;
mod lists;
mod mutation;
mod report;
mod rules;
mod seeds;

pub use mutation::Mutator;

/// Something that reads what strangers write.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Reads.
    pub run: fn(&[u8]),
    /// What it is likely to get.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mean something to it.
    pub words: &'static [&'static str],
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "response", run: engine::fuzzing::response, seeds: seeds::responses, words: seeds::IMAP },
    Target { name: "source", run: engine::fuzzing::source, seeds: seeds::sources, words: seeds::IMAP },
    Target { name: "target", run: engine::fuzzing::target, seeds: seeds::targets, words: seeds::IMAP },
    Target { name: "users", run: lists::users, seeds: seeds::users, words: seeds::IMAP },
    Target { name: "hint", run: engine::fuzzing::hint, seeds: seeds::hints, words: seeds::PATIENCE },
    Target {
        name: "name",
        run: engine::fuzzing::name,
        seeds: seeds::names,
        words: &["&-", "&AOk-", "&2D3c5w-", "é"],
    },
    Target { name: "date", run: engine::fuzzing::date, seeds: seeds::dates, words: seeds::DATES },
    Target { name: "zone", run: engine::fuzzing::zone, seeds: seeds::zones, words: seeds::ZONES },
    Target {
        name: "fingerprint",
        run: lists::fingerprint,
        seeds: seeds::letters,
        words: &["\r\n", "\n", "\r", "\0", "é"],
    },
    Target { name: "text", run: lists::text, seeds: seeds::texts, words: seeds::CELLS },
    Target { name: "workbook", run: lists::workbook, seeds: seeds::workbooks, words: seeds::MARKUP },
    Target { name: "sheet", run: lists::sheet, seeds: seeds::sheets, words: seeds::MARKUP },
    Target { name: "rules", run: rules::rules, seeds: seeds::rules, words: seeds::RULES },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
