//! How long a project still takes, out of how it got on so far. Pure: no clock, no database.
//!
//! A message costs time by itself and by its bytes. Both costs are fitted to what was measured, so that a project whose
//! large messages come last is not taken for one that is nearly done.

/// How far a project was at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// Seconds.
    pub(crate) at: f64,
    /// Messages settled until then.
    pub(crate) items: f64,
    /// Their bytes.
    pub(crate) bytes: f64,
}

/// What is to be done in all, and what of it is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Work {
    pub(crate) items: f64,
    pub(crate) items_done: f64,
    pub(crate) bytes: f64,
    pub(crate) bytes_done: f64,
}

/// Why nothing is foretold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Nothing is left to do.
    Done,
    /// Too little was done yet.
    TooEarly,
    /// Nothing was settled lately.
    Still,
}

/// Samples further apart than this have a pause between them in which nobody worked.
const GAP: f64 = 240.0;
/// From this part of the work on something can be said.
const PART: f64 = 0.02;
/// Or from so many seconds of work on.
const LONG: f64 = 300.0;

/// How many seconds of work are left, from the least to the most.
pub(crate) fn seconds_left(samples: &[Sample], work: Work) -> Result<(f64, f64), Silence> {
    let (items_left, bytes_left) =
        ((work.items - work.items_done).max(0.0), (work.bytes - work.bytes_done).max(0.0));
    if items_left <= 0.0 && bytes_left <= 0.0 {
        return Err(Silence::Done);
    }
    let steps = steps(samples);
    let worked: f64 = steps.iter().map(|step| step.at).sum();
    let part = part(work);
    // What was not measured yet is no standstill.
    if steps.is_empty() || (part < PART && worked < LONG) {
        return Err(Silence::TooEarly);
    }
    let whole = Cost::fitted(&steps).ok_or(Silence::Still)?;
    // What happened lately counts as much as everything before: a throttled source stays throttled.
    let lately = &steps[steps.len() - (steps.len() / 3).max(1)..];
    let lately = Cost::fitted(lately).unwrap_or(whole);
    let estimates = [whole.of(items_left, bytes_left), lately.of(items_left, bytes_left)];
    let (low, high) = (estimates[0].min(estimates[1]), estimates[0].max(estimates[1]));
    // The less is known, the wider.
    let margin = 0.08 + 0.25 * (1.0 - part);
    Ok((low * (1.0 - margin), high * (1.0 + margin)))
}

/// The part of the work that is done, from 0 to 1: of messages and of bytes the smaller.
pub(crate) fn part(work: Work) -> f64 {
    let share = |done: f64, all: f64| if all > 0.0 { (done / all).clamp(0.0, 1.0) } else { 1.0 };
    share(work.items_done, work.items).min(share(work.bytes_done, work.bytes))
}

/// What was done from each sample to the next, pauses apart.
fn steps(samples: &[Sample]) -> Vec<Sample> {
    let step = |pair: &[Sample]| {
        let (before, after) = (pair[0], pair[1]);
        Sample {
            at: after.at - before.at,
            items: (after.items - before.items).max(0.0),
            bytes: (after.bytes - before.bytes).max(0.0),
        }
    };
    samples.windows(2).map(step).filter(|step| step.at > 0.0 && step.at <= GAP).collect()
}

/// Seconds for a message and for a byte.
#[derive(Debug, Clone, Copy)]
struct Cost {
    item: f64,
    byte: f64,
}

impl Cost {
    /// Least squares through the origin, neither cost below nothing; then stretched to the time it really took.
    fn fitted(steps: &[Sample]) -> Option<Self> {
        let sum = |of: fn(&Sample) -> f64| steps.iter().map(of).sum::<f64>();
        let (items, bytes, worked) = (sum(|step| step.items), sum(|step| step.bytes), sum(|step| step.at));
        if items <= 0.0 && bytes <= 0.0 {
            return None;
        }
        let (ii, bb, ib) = (
            sum(|step| step.items * step.items),
            sum(|step| step.bytes * step.bytes),
            sum(|step| step.items * step.bytes),
        );
        let (it, bt) = (sum(|step| step.items * step.at), sum(|step| step.bytes * step.at));
        let determinant = ii * bb - ib * ib;
        let alone = |product: f64, square: f64| if square > 0.0 { product / square } else { 0.0 };
        // Both told apart only where they did not always come together.
        let both = (determinant > 1e-6 * ii * bb).then(|| Self {
            item: (it * bb - bt * ib) / determinant,
            byte: (bt * ii - it * ib) / determinant,
        });
        let cost = match both {
            Some(cost) if cost.item >= 0.0 && cost.byte >= 0.0 => cost,
            Some(cost) if cost.item < 0.0 && bytes > 0.0 => Self { item: 0.0, byte: alone(bt, bb) },
            Some(_) if items > 0.0 => Self { item: alone(it, ii), byte: 0.0 },
            // Half of the time for the messages, half for their bytes.
            Some(_) | None => Self {
                item: if items > 0.0 { worked / items / if bytes > 0.0 { 2.0 } else { 1.0 } } else { 0.0 },
                byte: if bytes > 0.0 { worked / bytes / if items > 0.0 { 2.0 } else { 1.0 } } else { 0.0 },
            },
        };
        let fitted = cost.of(items, bytes);
        if fitted <= 0.0 {
            return None;
        }
        let stretch = worked / fitted;
        Some(Self { item: cost.item * stretch, byte: cost.byte * stretch })
    }

    fn of(self, items: f64, bytes: f64) -> f64 {
        self.item * items + self.byte * bytes
    }
}

#[cfg(test)]
mod tests;
