//! What happened in all rounds together.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use servers::Result;

use super::{fault::Fault, round::Story};

/// Sums over all rounds.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) rounds: usize,
    messages: usize,
    starts: usize,
    copies_after_moves: usize,
    brought_back: usize,
    faults: BTreeMap<Fault, [usize; 2]>,
    codes: BTreeMap<(Fault, String), usize>,
    pub(super) violations: Vec<(u64, String)>,
}

impl Counts {
    /// Adds what became of a round.
    pub(super) fn add(&mut self, seed: u64, done: Result<Story>) {
        self.rounds += 1;
        match done {
            Ok(story) => {
                let kinds: BTreeSet<_> = story.faults.iter().map(|(fault, _)| fault.name()).collect();
                let kinds: Vec<_> = kinds.iter().filter_map(|name| name.split(' ').next()).collect();
                eprintln!(
                    "round {seed}: {} messages, {}, {} starts",
                    story.messages,
                    kinds.join(" "),
                    story.starts
                );
                self.messages += story.messages;
                self.starts += story.starts;
                self.copies_after_moves += story.copies_after_moves;
                self.brought_back += story.brought_back;
                for (fault, midway) in story.faults {
                    let [all, hit] = self.faults.entry(fault).or_default();
                    *all += 1;
                    *hit += usize::from(midway);
                }
                for end in story.ends {
                    *self.codes.entry(end).or_default() += 1;
                }
                self.note(seed, story.violations);
            }
            Err(error) => self.note(seed, vec![error.to_string()]),
        }
    }

    fn note(&mut self, seed: u64, violations: Vec<String>) {
        for violation in violations {
            eprintln!("VIOLATION in round {seed}: {violation}");
            self.violations.push((seed, violation));
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, messages, starts, copies_after_moves, brought_back, .. } = self;
        writeln!(f, "{rounds} rounds, {messages} messages moved, {starts} starts of the program\n")?;
        writeln!(f, "| fault | times | while it ran | it ended with |\n|---|---|---|---|")?;
        for (fault, [all, midway]) in &self.faults {
            let codes = self.codes.iter().filter(|((of, _), _)| of == fault);
            let codes: Vec<_> = codes.map(|((_, code), count)| format!("{code} ({count})")).collect();
            writeln!(f, "| {} | {all} | {midway} | {} |", fault.name(), codes.join(", "))?;
        }
        writeln!(f, "\nMessages that users moved and that are now in both places: {copies_after_moves}.")?;
        writeln!(f, "Messages that users deleted on the target and that came back: {brought_back}.")?;
        for (seed, violation) in &self.violations {
            writeln!(
                f,
                "\nVIOLATION: {violation}\nRepeat it: cargo xtask torture --minutes 1 --seed {seed}"
            )?;
        }
        write!(f, "\n{} violations", self.violations.len())
    }
}
