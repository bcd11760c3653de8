//! Spans of time: how long, how long ago, how long still.

use shared::time::Timestamp;

/// A span in its two largest units.
pub(crate) fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds == 0 => "less than a second".into(),
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) if minutes < 10 => join(&format!("{minutes} min"), seconds % 60, "s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => join(&format!("{hours} h"), minutes, "min"),
        (days, hours, _) => join(&format!("{days} d"), hours, "h"),
    }
}

/// From one moment to another.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> String {
    duration((to.millis() - from.millis()).max(0) as u64 / 1000)
}

/// Time left, as the range it is: a single number would promise too much.
pub(crate) fn left(range: Option<(u64, u64)>) -> String {
    let Some((low, high)) = range else { return "calculating…".into() };
    if high < 60 {
        return "less than a minute".into();
    }
    let (unit, name) = match high {
        0..7200 => (60, "min"),
        7200..172_800 => (3600, "h"),
        _ => (86_400, "d"),
    };
    let (low, high) = (low / unit, high.div_ceil(unit));
    match low {
        0 => format!("up to {high} {name}"),
        low if low == high => format!("about {high} {name}"),
        low => format!("{low}–{high} {name}"),
    }
}

/// Seconds since, as the number and unit that `Intl.RelativeTimeFormat` takes.
pub(super) fn ago(seconds: i64) -> (i64, &'static str) {
    // A clock a little behind the server's must not speak of the future.
    match seconds.max(0) {
        0..10 => (0, "second"),
        seconds @ 10..60 => (-seconds, "second"),
        seconds @ 60..3600 => (-(seconds / 60), "minute"),
        seconds @ 3600..86_400 => (-(seconds / 3600), "hour"),
        seconds => (-(seconds / 86_400), "day"),
    }
}

fn join(large: &str, small: u64, unit: &str) -> String {
    if small == 0 { large.into() } else { format!("{large} {small} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        let told = [0, 59, 60, 95, 600, 659, 3600, 3900, 86_400, 100_000].map(duration);
        assert_eq!(
            told,
            [
                "less than a second",
                "59 s",
                "1 min",
                "1 min 35 s",
                "10 min",
                "10 min",
                "1 h",
                "1 h 5 min",
                "1 d",
                "1 d 3 h"
            ]
        );
    }

    #[test]
    fn time_left_is_a_range() {
        assert_eq!(left(None), "calculating…");
        assert_eq!(left(Some((10, 40))), "less than a minute");
        assert_eq!(left(Some((20, 150))), "up to 3 min");
        assert_eq!(left(Some((180, 300))), "3–5 min");
        assert_eq!(left(Some((120, 120))), "about 2 min");
        assert_eq!(left(Some((7200, 10_000))), "2–3 h");
        assert_eq!(left(Some((100_000, 259_200))), "1–3 d");
    }

    #[test]
    fn the_past_is_never_the_future() {
        assert_eq!(
            [-30, 5, 59, 61, 7300, 200_000].map(ago),
            [(0, "second"), (0, "second"), (-59, "second"), (-1, "minute"), (-2, "hour"), (-2, "day")]
        );
    }

    #[test]
    fn a_pass_that_ended_before_it_began_took_no_time() {
        assert_eq!(between(Timestamp::from_millis(5000), Timestamp::from_millis(1000)), "less than a second");
        assert_eq!(between(Timestamp::from_millis(1000), Timestamp::from_millis(96_000)), "1 min 35 s");
    }
}
