//! What is foretold of projects that are simulated to their end.

use super::*;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }

    /// Many small ones and a few that are very large.
    fn skewed(&mut self, typical: f64) -> f64 {
        let normal: f64 = (0..6).map(|_| self.next()).sum::<f64>() - 3.0;
        typical * (1.2 * normal).exp()
    }
}

struct Mailbox {
    items: f64,
    bytes: f64,
}

/// A project moved by several workers, noted once a minute; with what it came to.
fn simulated(seed: u64) -> (Vec<Sample>, Work, f64) {
    let mut dice = Dice(seed);
    let count = dice.between(60.0, 300.0) as usize;
    let (typical_items, typical_size) = (dice.between(500.0, 5000.0), dice.between(10e3, 120e3));
    let mut mailboxes: Vec<Mailbox> = (0..count)
        .map(|_| {
            let items = dice.skewed(typical_items).ceil();
            Mailbox { items, bytes: items * dice.skewed(typical_size) }
        })
        .collect();
    let (all_items, all_bytes) = (
        mailboxes.iter().map(|mailbox| mailbox.items).sum::<f64>(),
        mailboxes.iter().map(|mailbox| mailbox.bytes).sum::<f64>(),
    );
    let workers = dice.between(4.0, 16.0) as usize;
    let (item_cost, byte_cost) = (dice.between(0.002, 0.03), 1.0 / dice.between(1e6, 20e6));
    let mut running: Vec<Mailbox> = Vec::new();
    let (mut samples, mut at) = (Vec::new(), 0.0);
    let (mut items, mut bytes) = (0.0, 0.0);
    let mut speed = 1.0;
    loop {
        samples.push(Sample { at, items, bytes });
        while running.len() < workers
            && let Some(mailbox) = mailboxes.pop()
        {
            running.push(mailbox);
        }
        if running.is_empty() {
            break;
        }
        // Servers are faster at some times than at others, and now and then ask for patience.
        speed = (speed * dice.between(0.93, 1.07_f64)).clamp(0.5, 1.5);
        let seconds = if dice.next() < 0.02 { 0.0 } else { 60.0 * speed };
        for mailbox in &mut running {
            let cost = mailbox.items * item_cost + mailbox.bytes * byte_cost;
            let part = (seconds / cost).min(1.0);
            items += mailbox.items * part;
            bytes += mailbox.bytes * part;
            mailbox.items -= mailbox.items * part;
            mailbox.bytes -= mailbox.bytes * part;
        }
        running.retain(|mailbox| mailbox.items > 1e-6);
        at += 60.0;
    }
    let work = Work { items: all_items, items_done: items, bytes: all_bytes, bytes_done: bytes };
    (samples, work, at)
}

/// How the forecast at a part of the work compares with the truth.
struct Judged {
    /// Error of its middle, as a part of what was left.
    error: f64,
    /// The same as a part of the whole.
    off: f64,
    /// Whether the range held the truth.
    held: bool,
}

fn judged(seed: u64, wanted: f64) -> Option<Judged> {
    let (samples, all, end) = simulated(seed);
    let upto = samples.iter().position(|sample| {
        part(Work { items_done: sample.items, bytes_done: sample.bytes, ..all }) >= wanted
    })?;
    let now = samples[upto];
    let left = end - now.at;
    let work = Work { items_done: now.items, bytes_done: now.bytes, ..all };
    let (low, high) = seconds_left(&samples[..=upto], work).ok()?;
    let middle = (low + high) / 2.0;
    let wrong = (middle - left).abs();
    Some(Judged { error: wrong / left.max(60.0), off: wrong / end, held: (low..=high).contains(&left) })
}

#[test]
fn after_a_fifth_of_the_work_the_median_error_is_below_a_quarter() {
    let mut judged: Vec<Judged> = (1..=200).filter_map(|seed| judged(seed, 0.2)).collect();
    assert!(judged.len() > 190, "{} forecasts", judged.len());
    judged.sort_by(|a, b| a.error.total_cmp(&b.error));
    let median = judged[judged.len() / 2].error;
    let held = judged.iter().filter(|judged| judged.held).count() as f64 / judged.len() as f64;
    println!("median error {median:.3}; the range held the truth in {:.0} %", held * 100.0);
    assert!(median <= 0.25, "median error {median}");
    assert!(held >= 0.6, "the range held the truth in {held}");
}

#[test]
fn it_gets_better_as_the_work_goes_on() {
    let median = |wanted: f64| {
        let mut errors: Vec<f64> =
            (1..=100).filter_map(|seed| judged(seed, wanted).map(|judged| judged.off)).collect();
        errors.sort_by(f64::total_cmp);
        errors[errors.len() / 2]
    };
    let (early, late) = (median(0.05), median(0.7));
    assert!(late < early, "off by {early} of the whole at first, by {late} later");
}

#[test]
fn whatever_was_measured_the_range_is_one() {
    for seed in 0..2000 {
        let mut dice = Dice(seed);
        let mut now = Sample { at: 0.0, items: 0.0, bytes: 0.0 };
        let mut samples = vec![now];
        for _ in 0..(dice.between(0.0, 60.0) as usize) {
            now.at += dice.between(-10.0, 500.0);
            now.items += dice.between(-5.0, 900.0).floor();
            now.bytes += if dice.next() < 0.3 { 0.0 } else { dice.skewed(1e6) };
            samples.push(now);
        }
        let work = Work {
            items: dice.between(0.0, 1e6),
            items_done: now.items,
            bytes: dice.between(0.0, 1e12),
            bytes_done: now.bytes,
        };
        if let Ok((low, high)) = seconds_left(&samples, work) {
            assert!(low.is_finite() && high.is_finite() && 0.0 <= low && low <= high, "{seed}: {low} {high}");
        }
    }
}

#[test]
fn nothing_is_said_too_early_and_nothing_when_all_is_done() {
    let work = Work { items: 1000.0, items_done: 10.0, bytes: 1e9, bytes_done: 1e7 };
    let samples = |seconds: f64| {
        [Sample { at: 0.0, items: 0.0, bytes: 0.0 }, Sample { at: seconds, items: 10.0, bytes: 1e7 }]
    };
    assert_eq!(seconds_left(&samples(60.0), work), Err(Silence::TooEarly));
    let more = Work { items_done: 20.0, bytes_done: 2e7, ..work };
    assert!(seconds_left(&samples(60.0), more).is_ok(), "two percent are done");
    assert_eq!(seconds_left(&[], Work { items_done: 1000.0, bytes_done: 1e9, ..work }), Err(Silence::Done));
}

#[test]
fn what_was_not_measured_yet_is_no_standstill() {
    let work = Work { items: 1000.0, items_done: 400.0, bytes: 1e9, bytes_done: 4e8 };
    let sample = |at: f64| Sample { at, items: 400.0, bytes: 4e8 };
    assert_eq!(seconds_left(&[], work), Err(Silence::TooEarly));
    assert_eq!(seconds_left(&[sample(0.0)], work), Err(Silence::TooEarly));
    assert_eq!(seconds_left(&[sample(0.0), sample(60.0)], work), Err(Silence::Still));
}

#[test]
fn a_night_in_which_nobody_worked_is_no_slow_work() {
    let day = |from: f64, items: f64| {
        (0..30).map(move |minute| Sample {
            at: from + f64::from(minute) * 60.0,
            items: items + f64::from(minute) * 100.0,
            bytes: (items + f64::from(minute) * 100.0) * 1e4,
        })
    };
    let samples: Vec<Sample> = day(0.0, 0.0).chain(day(40_000.0, 2900.0)).collect();
    let work = Work { items: 11_600.0, items_done: 5800.0, bytes: 1.16e8, bytes_done: 5.8e7 };
    let (low, high) = seconds_left(&samples, work).expect("a forecast");
    assert!((low..=high).contains(&3480.0), "{low} to {high}");
}
