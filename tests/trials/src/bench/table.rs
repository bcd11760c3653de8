//! The figures as Markdown: medians, and how many times as long as the product each peer takes.

use std::{fmt::Write, time::Duration};

use super::{peer::Peer, scenario::Sample};
use crate::args;

/// Every sample, by scenario and peer, in the order in which they came.
pub(super) struct Table {
    head: String,
    scenarios: Vec<Scenario>,
}

struct Scenario {
    name: String,
    messages: usize,
    rows: Vec<Row>,
}

struct Row {
    peer: Peer,
    samples: Vec<Sample>,
}

impl Table {
    /// An empty table with a description above it.
    pub(super) fn new(machine: String, bench: &args::Bench) -> Self {
        let quick =
            if bench.quick { " A quick run with a tenth of the messages: not for comparing." } else { "" };
        let head = format!(
            "{machine} Medians of {} runs in turn, each into a fresh account.{quick}\n\nTimes in seconds. *CPU* is that of the \
             program, then of source and target; *memory* is the most of one process; *times* compares medians with the first row.\n",
            bench.runs
        );
        Self { head, scenarios: Vec::new() }
    }

    /// Adds what one run took.
    pub(super) fn add(&mut self, scenario: &str, messages: usize, peer: &Peer, sample: Sample) {
        let index = self.scenarios.iter().position(|one| one.name == scenario).unwrap_or_else(|| {
            self.scenarios.push(Scenario { name: scenario.into(), messages, rows: Vec::new() });
            self.scenarios.len() - 1
        });
        let rows = &mut self.scenarios[index].rows;
        match rows.iter_mut().find(|row| row.peer == *peer) {
            Some(row) => row.samples.push(sample),
            None => rows.push(Row { peer: peer.clone(), samples: vec![sample] }),
        }
    }

    /// Whether nothing was measured.
    pub(super) fn is_empty(&self) -> bool {
        self.scenarios.is_empty()
    }

    /// The whole text.
    pub(super) fn markdown(&self) -> String {
        let mut text = self.head.clone();
        for scenario in &self.scenarios {
            let _ = write!(
                text,
                "\n### {} ({} messages)\n\n| | runs | time | best | times | CPU | source | target | memory MiB | exit | faithful | verdict |\n\
                 |---|---|---|---|---|---|---|---|---|---|---|---|\n",
                scenario.name, scenario.messages
            );
            let own =
                scenario.rows.iter().find(|row| row.peer.is_measure()).map(|row| row.median(|one| one.wall));
            for row in &scenario.rows {
                row.write(own, &mut text);
            }
        }
        text
    }
}

impl Row {
    fn median<T: Ord + Copy>(&self, value: impl Fn(&Sample) -> T) -> T {
        let mut values: Vec<_> = self.samples.iter().map(value).collect();
        values.sort_unstable();
        // With an even number of runs the worse of the two in the middle.
        values[values.len() / 2]
    }

    fn write(&self, own: Option<Duration>, text: &mut String) {
        let seconds = |value: fn(&Sample) -> Duration| self.median(value).as_secs_f64();
        let wall = self.median(|one| one.wall);
        let best = self.samples.iter().map(|one| one.wall).min().unwrap_or(wall);
        let times =
            own.map_or_else(String::new, |own| format!("{:.2}", wall.as_secs_f64() / own.as_secs_f64()));
        let worst = self.samples.iter().map(|one| &one.tally).min_by_key(|tally| tally.faithful);
        let (faithful, verdict) =
            worst.map_or_else(Default::default, |tally| (tally.faithful.to_string(), tally.to_string()));
        let code = self.samples.iter().map(|one| one.code).find(|code| *code != Some(0)).unwrap_or(Some(0));
        let _ = writeln!(
            text,
            "| {} | {} | {:.3} | {:.3} | {times} | {:.2} | {:.2} | {:.2} | {} | {} | {faithful} | {verdict} |",
            self.peer.name,
            self.samples.len(),
            wall.as_secs_f64(),
            best.as_secs_f64(),
            seconds(|one| one.cpu),
            seconds(|one| one.source),
            seconds(|one| one.target),
            self.median(|one| one.memory) >> 20,
            code.map_or("signal".into(), |code| code.to_string()),
        );
    }
}
