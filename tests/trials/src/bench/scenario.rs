//! What is copied, over which line, and by how many at once.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use servers::{Error, Result, verify::Tally};

use super::{
    peer::Peer,
    stage::{ACCOUNTS, Move, Stage},
    table::Table,
};
use crate::measure;

/// One comparison.
pub(super) struct Scenario {
    /// As the table and `--only` name it.
    pub(super) name: &'static str,
    mail: Mail,
    long: bool,
}

enum Mail {
    /// One mailbox, copied and then looked at once more.
    One(&'static str),
    /// Many mailboxes, this many at once.
    Many { at_once: usize },
}

/// Every comparison, in the order of the table.
pub(super) const ALL: [Scenario; 6] = [
    Scenario { name: "small, loopback", mail: Mail::One("small"), long: false },
    Scenario { name: "small, 20 ms", mail: Mail::One("small"), long: true },
    Scenario { name: "mixed, loopback", mail: Mail::One("mixed"), long: false },
    Scenario { name: "mixed, 20 ms", mail: Mail::One("mixed"), long: true },
    Scenario { name: "par, 4 at once, loopback", mail: Mail::Many { at_once: 4 }, long: false },
    Scenario { name: "par, 16 at once, 20 ms", mail: Mail::Many { at_once: 16 }, long: true },
];

/// What one run of one peer took, servers included.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
    pub(super) source: Duration,
    pub(super) target: Duration,
    /// The most memory of one process, in bytes.
    pub(super) memory: u64,
    pub(super) code: Option<i32>,
    pub(super) tally: Tally,
}

impl Scenario {
    /// Lets every peer run in turn, as often as wanted.
    pub(super) fn play(
        &self,
        stage: &mut Stage,
        peers: &[Peer],
        runs: usize,
        table: &mut Table,
    ) -> Result<()> {
        let corpora: Vec<String> = match self.mail {
            Mail::One(name) => vec![name.into()],
            Mail::Many { .. } => (1..=ACCOUNTS).map(|number| format!("par{number:02}")).collect(),
        };
        for corpus in &corpora {
            stage.provide(corpus)?;
        }
        let messages = corpora.iter().map(|corpus| stage.messages(corpus)).sum();
        for run in 1..=runs {
            for peer in peers.iter().filter(|peer| run == 1 || !(self.long && peer.is_slow())) {
                eprintln!("==> {}: {}, run {run} of {runs}", self.name, peer.name);
                let moves: Vec<_> = corpora
                    .iter()
                    .map(|corpus| stage.account(corpus, peer, self.long))
                    .collect::<Result<_>>()?;
                let first = self.pass(stage, peer, &moves)?;
                eprintln!("    {first}");
                table.add(self.name, messages, peer, first);
                if peer.remembers() && matches!(self.mail, Mail::One(_)) {
                    let second = self.pass(stage, peer, &moves)?;
                    eprintln!("    second pass: {second}");
                    table.add(&format!("{}, second pass without changes", self.name), messages, peer, second);
                }
                moves.iter().for_each(|done| stage.clear(done));
            }
        }
        Ok(())
    }

    fn pass(&self, stage: &Stage, peer: &Peer, moves: &[Move]) -> Result<Sample> {
        let at_once = match self.mail {
            Mail::One(_) => 1,
            Mail::Many { at_once } => at_once,
        };
        let before = stage.server_time();
        let begun = Instant::now();
        let usages = all(peer, moves, at_once)?;
        let whole = begun.elapsed();
        let after = stage.server_time();
        let mut tally = Tally::default();
        for done in moves {
            tally += stage.judge(done)?;
        }
        let wall = match usages.as_slice() {
            [one] => one.wall,
            _ => whole,
        };
        Ok(Sample {
            wall,
            cpu: usages.iter().map(|usage| usage.cpu).sum(),
            source: after[0].saturating_sub(before[0]),
            target: after[1].saturating_sub(before[1]),
            memory: usages.iter().map(|usage| usage.memory).max().unwrap_or_default(),
            // Any failure is worth more than a success.
            code: usages.iter().map(|usage| usage.code).find(|code| *code != Some(0)).unwrap_or(Some(0)),
            tally,
        })
    }
}

/// Runs a peer on every mailbox, some at once.
fn all(peer: &Peer, moves: &[Move], at_once: usize) -> Result<Vec<measure::Usage>> {
    let waiting = Mutex::new(moves.iter());
    let work = || {
        let mut usages = Vec::new();
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(one) = next else { return Ok(usages) };
            let command = peer.command(&one.errand)?;
            usages.push(measure::start(&command, &one.errand.folder.join("record"))?.wait()?);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once.min(moves.len())).map(|_| scope.spawn(work)).collect();
        let mut usages = Vec::new();
        for worker in workers {
            let done: Result<Vec<_>> =
                worker.join().map_err(|_| Error::new("running a peer: its thread panicked"))?;
            usages.extend(done?);
        }
        Ok(usages)
    })
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { wall, cpu, memory, code, tally, .. } = self;
        let (wall, cpu, memory) = (wall.as_secs_f64(), cpu.as_secs_f64(), memory >> 20);
        write!(f, "{wall:.3} s, CPU {cpu:.3} s, {memory} MiB, exit {code:?}, {tally}")
    }
}
