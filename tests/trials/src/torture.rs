//! Moves mailboxes while everything around breaks, and lets an independent judge look at each when it is done.
//!
//! A round is one mailbox: it is written to the source, moved while faults strike, moved on without faults until the
//! product says that it is done, and judged. Rounds go on side by side, because most of a round is waiting.

mod count;
mod fault;
mod lane;
mod ledger;
mod mail;
mod round;
mod run;
mod strike;
mod users;

use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use servers::{Error, Result};

use self::{count::Counts, lane::Lane, round::Round};
use crate::args;

/// Rounds that go on at the same time.
const LANES: usize = 3;
/// After so many violations there is enough to look at.
const ENOUGH: usize = 5;

/// Torments the product for as long as was wanted; fails when a single message was lost or doubled.
pub(crate) fn run(torture: &args::Torture) -> Result<ExitCode> {
    let until = Instant::now() + Duration::from_secs(torture.minutes * 60);
    let seeds = AtomicU64::new(torture.seed);
    let counts = Mutex::new(Counts::default());
    let work = || -> Result<()> {
        let mut lane = Lane::set_up(&torture.binary)?;
        while Instant::now() < until && lock(&counts).violations.len() < ENOUGH {
            let seed = seeds.fetch_add(1, Ordering::Relaxed);
            let done = Round::new(seed).play(&mut lane);
            let mut counts = lock(&counts);
            counts.add(seed, done);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(work)).collect();
        for lane in lanes {
            lane.join().map_err(|_| Error::new("tormenting the product: a thread panicked"))??;
        }
        Ok::<_, Error>(())
    })?;
    let counts = lock(&counts);
    println!("{counts}");
    Ok(if counts.violations.is_empty() && counts.rounds > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
