//! Amounts: bytes, rates, shares of a whole.

use shared::under_way::UnderWay;

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

/// How far a bar is: that of what is looked at again, else of what is complete.
pub(crate) fn bar_of(under_way: UnderWay, complete: u64, of: u64) -> f64 {
    if under_way.is_again() { share(under_way.done, under_way.jobs) } else { share(complete, of) }
}

/// How far it is where something that was complete is looked at again; none: nothing is.
pub(crate) fn under_way_in_words(under_way: UnderWay) -> Option<String> {
    under_way.is_again().then(|| {
        format!(
            "Under way: {} of {} through. {} that {} complete {} looked at again.",
            count(under_way.done),
            counted(under_way.jobs, "mailbox", "mailboxes"),
            count(under_way.again),
            if under_way.again == 1 { "was" } else { "were" },
            if under_way.again == 1 { "is" } else { "are" }
        )
    })
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
    fn what_was_complete_and_is_under_way_tells_how_far_that_is_and_anything_else_what_is_complete() {
        let again = UnderWay { again: 2, jobs: 4, done: 1 };
        assert_eq!((percent(bar_of(again, 4, 4)), percent(bar_of(UnderWay::default(), 3, 4))), (25, 75));
        let told = "Under way: 1 of 4 mailboxes through. 2 that were complete are looked at again.";
        assert_eq!(under_way_in_words(again).as_deref(), Some(told));
        assert_eq!(under_way_in_words(UnderWay { again: 0, ..again }), None);
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
