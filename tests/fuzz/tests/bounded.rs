//! Every parser stands some thousand changes of what it is likely to get: no panic, no hang, no swelling.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use fuzz::Mutator;

/// Inputs for each parser beside its seeds.
const INPUTS: u64 = 2000;
/// Longest that one input may take.
const LONGEST: Duration = Duration::from_secs(1);
/// Most memory that the whole process may have taken, in KiB.
const MEMORY_KIB: u64 = 256 * 1024;

#[track_caller]
fn stands(name: &str) {
    let target = fuzz::target(name).expect("a target");
    let seeds = (target.seeds)();
    let made = (0..INPUTS).map(|number| Mutator::new(number).made(&seeds, target.words));
    for (number, input) in seeds.iter().cloned().chain(made).enumerate() {
        let run = || {
            let begun = Instant::now();
            let ended = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
            assert!(ended.is_ok(), "{name} does not stand input {number}: {}", input.escape_ascii());
            begun.elapsed()
        };
        // A busy machine may stop us now and then, but not again and again.
        let fast = (0..3).any(|_| run() < LONGEST);
        assert!(fast, "{name} takes too long for input {number}: {}", input.escape_ascii());
    }
    let taken = most_memory_kib();
    assert!(taken < MEMORY_KIB, "{taken} KiB of memory were taken");
}

fn most_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells the most");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

macro_rules! stands {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            stands(stringify!($name));
        })*

        #[test]
        fn every_target_is_tried() {
            let named: Vec<_> = fuzz::TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(named, [$(stringify!($name)),*]);
        }
    };
}

stands! { response source target users hint name date zone fingerprint text workbook sheet rules }

#[test]
fn the_first_seed_of_each_side_is_a_whole_session() {
    let first = |name: &str| (fuzz::target(name).expect("a target").seeds)().swap_remove(0);
    assert_eq!(engine::fuzzing::read_source(&first("source")), Ok(()));
    assert_eq!(engine::fuzzing::write_target(&first("target")), Ok(()));
    let users = ["anna", "bert@old.example", "o\"x"].map(str::to_owned);
    assert_eq!(engine::fuzzing::read_users(&first("users")), Ok(users.into()));
}

#[test]
fn the_same_inputs_are_made_every_time() {
    let target = fuzz::target("source").expect("a target");
    let seeds = (target.seeds)();
    let made = || (0..50).map(|number| Mutator::new(number).made(&seeds, target.words)).collect::<Vec<_>>();
    assert_eq!(made(), made());
    let different: std::collections::BTreeSet<_> = made().into_iter().collect();
    assert!(different.len() > 40, "{} of 50 differ", different.len());
}
