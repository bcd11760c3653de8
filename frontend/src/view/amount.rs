//! Amounts: bytes, rates, shares of a whole.

use super::locale::{count, tenths};

const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];

/// Bytes in the unit a person would choose, in steps of 1000, as the report writes them.
pub(crate) fn bytes(value: u64) -> String {
    if value < 1000 {
        return format!("{} B", count(value));
    }
    let mut amount = value as f64 / 1000.0;
    let mut unit = 0;
    // What would be written as 1,000.0 of one unit is 1.0 of the next.
    while amount >= 999.95 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    format!("{} {}", tenths(amount), UNITS[unit])
}

/// Messages and bytes a second.
pub(crate) fn rate(items: f64, bytes_per_second: f64) -> String {
    format!("{} messages/s · {}/s", tenths(items), bytes(bytes_per_second.max(0.0) as u64))
}

/// A count and its noun.
pub(crate) fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A share from 0 to 1 as whole percent. Only the whole is 100, and only nothing is 0.
pub(crate) fn percent(fraction: f64) -> u32 {
    if fraction <= 0.0 {
        0
    } else if fraction >= 1.0 {
        100
    } else {
        ((fraction * 100.0).round() as u32).clamp(1, 99)
    }
}

/// A part of a whole from 0 to 1; of nothing, nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part.min(whole) as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_the_unit_that_reads_best() {
        let written = [0, 999, 1000, 1536, 999_949, 999_950, 12_345_678, 3_000_000_000].map(bytes);
        assert_eq!(written, ["0 B", "999 B", "1.0 kB", "1.5 kB", "999.9 kB", "1.0 MB", "12.3 MB", "3.0 GB"]);
        assert_eq!(bytes(u64::MAX), "18,446.7 PB");
    }

    #[test]
    fn a_rate_names_messages_and_bytes() {
        assert_eq!(rate(12.34, 4_500_000.0), "12.3 messages/s · 4.5 MB/s");
        assert_eq!(rate(0.0, -1.0), "0.0 messages/s · 0 B/s");
    }

    #[test]
    fn only_the_whole_is_a_hundred_percent() {
        assert_eq!([0.0, 0.000_1, 0.5, 0.999_9, 1.0].map(percent), [0, 1, 50, 99, 100]);
    }

    #[test]
    fn one_thing_is_not_many() {
        assert_eq!(counted(1, "message", "messages"), "1 message");
        assert_eq!(counted(1200, "message", "messages"), "1,200 messages");
    }

    #[test]
    fn a_share_never_leaves_its_bounds() {
        assert_eq!([share(0, 0), share(5, 0), share(1, 4), share(9, 4)], [0.0, 0.0, 0.25, 1.0]);
    }
}
